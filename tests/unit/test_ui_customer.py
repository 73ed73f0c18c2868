"""The customer's page, as its presenter decides it: without Qt, over the real use cases."""

from dataclasses import replace
from typing import Any

import pytest

from branchdesk.application.models import CustomerLine, Session
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.ui.customer.presenter import CustomerPresenter
from branchdesk.ui.customer.state import (
    CustomerState,
    Erasure,
    Focus,
    Grant,
    Granting,
    Head,
    VoucherLine,
)
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.person_fields import Edit, Field
from branchdesk.ui.serving.second_person import SecondField, SecondTyped
from branchdesk.ui.shell.state import Screen
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.desk import DOCUMENT, PIN, FakeDesk

PHONE = "13800005678"
HOSTILE = '<b>王</b>&amp;<img src="x">'


class Page:
    """A presenter with everything around it, and the hands of a teller."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
        **instead: Any,
    ) -> None:
        self.behind, self.timers = behind or FakeDesk(), ManualTimers()
        own = replace(self.behind.customer_services(), **instead)
        services = replace(self.behind.services(), customer=own)
        self.commits = 0
        self.served: list[CustomerLine] = []
        self.changed: list[tuple[str, CustomerLine | None]] = []
        self.opened: list[Screen] = []
        self.presenter = CustomerPresenter(
            self, background or InlineBackground(), self.timers, services, self
        )
        self.presenter.start(Session("T001"), self.behind.store.state.campaigns)

    def render(self, state: CustomerState) -> None:
        del state

    def work_done(self) -> None:
        self.commits += 1

    def voucher_layout(self) -> str:
        return "80"

    def layout_chosen(self, layout: str) -> None:
        del layout

    def open_screen(self, screen: Screen) -> None:
        self.opened.append(screen)

    def show_customer(self, customer: str) -> None:
        self.presenter.choose(customer)

    def serve_customer(self, line: CustomerLine) -> None:
        self.served.append(line)

    def customer_changed(self, customer: str, line: CustomerLine | None) -> None:
        self.changed.append((customer, line))

    def sync(self) -> None: ...

    def lock(self) -> None: ...

    @property
    def state(self) -> CustomerState:
        return self.presenter.state

    @property
    def head(self) -> Head:
        assert self.state.head is not None
        return self.state.head

    def type(self, field: Field, text: str) -> None:
        self.presenter.correction.edit(Edit(field, text))

    def events(self) -> list[str]:
        return [decode_envelope(event.envelope).type for event in self.behind.store.state.events]

    def newest(self) -> str:
        return self.state.page.days[0].lines[0].title.key

    def standing(self, purpose: Purpose) -> str:
        return next(c for c in self.state.page.consents if c.purpose is purpose).standing.key


def known(*offers: str, document: str = DOCUMENT, **instead: Any) -> Page:
    """Return the open page of somebody who was served here; services can be put ``instead``."""
    behind = FakeDesk()
    customer = behind.register("欧阳䶮", PHONE, *offers, document=document)
    page = Page(behind, **instead)
    page.presenter.choose(customer)
    return page


@pytest.fixture
def page() -> Page:
    return known("PHONE10")


# -- finding ---------------------------------------------------------------------


def test_somebody_is_found_by_the_end_of_the_phone_and_their_page_opens_at_enter() -> None:
    page = Page()
    customer = page.behind.register("欧阳䶮", PHONE)
    page.presenter.search("5678")
    page.presenter.take_found()
    page.timers.fire_short()
    assert page.head.line.customer == customer
    assert page.state.search.found is None
    assert page.state.focus.where is Focus.PAGE


def test_of_several_found_the_list_is_offered() -> None:
    page = Page()
    for tail in "12":
        page.behind.register("王小明", f"1380000567{tail}")
    page.presenter.search("王")
    page.timers.fire_short()
    page.presenter.take_found()
    assert page.state.head is None
    assert page.state.focus.where is Focus.FOUND


def test_the_page_shows_everything_masked(page: Page) -> None:
    assert (page.head.line.name, page.head.line.phone) == ("欧阳*", "138****5678")
    assert DOCUMENT not in repr(page.state)
    assert "13800005678" not in repr(page.state)
    assert [line.number for line in page.state.page.vouchers] == ["1"]
    assert page.newest() == "timeline.voucher_issued"
    assert page.standing(Purpose.SERVICE) == "customer.consent.granted"
    assert page.standing(Purpose.MARKETING_PHONE) == "customer.consent.unasked"
    assert {card.status for card in page.state.page.offers} >= {"eligible", "blocked"}


def test_who_is_unknown_by_now_is_said_and_nobody_is_shown() -> None:
    page = Page()
    page.presenter.choose("nobody")
    assert page.state.head is None
    assert page.state.note is not None
    assert page.state.note.phrase.key == "error.customer_unknown"


def test_people_seen_before_are_offered_again_newest_first() -> None:
    page = Page()
    customers = [page.behind.register("王小明", f"138000056{tail}") for tail in range(70, 80)]
    for customer in customers:
        page.presenter.choose(customer)
    page.presenter.choose(customers[-2])
    page.presenter.back()
    seen = [line.customer for line in page.state.recent]
    assert seen == [customers[-2], customers[-1], *reversed(customers[2:-2])][:8]


def test_people_served_before_a_restart_are_offered_to_who_served_them() -> None:
    behind = FakeDesk()
    first = behind.register("王小明", "13800005670")
    second = behind.register("王大明", "13800005671", "PHONE10")
    page = Page(behind)
    assert [line.customer for line in page.state.recent] == [second, first]
    page.presenter.choose(first)
    page.presenter.back()
    assert [line.customer for line in page.state.recent] == [first, second]
    page.presenter.start(Session("S001"), behind.store.state.campaigns)
    assert page.state.recent == ()


def test_people_served_at_the_counter_are_there_as_soon_as_the_page_is_opened() -> None:
    behind = FakeDesk()
    first = behind.register("王小明", "13800005670")
    page = Page(behind)
    page.presenter.choose(first)
    page.presenter.back()
    second = behind.register("王大明", "13800005671", "PHONE10")
    page.presenter.opened()
    assert [line.customer for line in page.state.recent] == [second, first]
    page.presenter.choose(first)
    page.presenter.back()
    page.presenter.opened()
    assert [line.customer for line in page.state.recent] == [first, second]


def test_somebody_else_who_signs_in_sees_nobody(page: Page) -> None:
    page.presenter.start(Session("T001"), page.behind.store.state.campaigns)
    assert page.state.head is not None
    page.presenter.start(Session("S001"), page.behind.store.state.campaigns)
    assert page.state.head is None
    assert page.state.recent == ()


def test_an_answer_about_somebody_left_behind_shows_nobody() -> None:
    background, behind = ManualBackground(), FakeDesk()
    customer = behind.register("欧阳䶮", PHONE)
    page = Page(behind, background)
    page.presenter.choose(customer)
    page.presenter.back()
    background.run_all()
    assert page.state.head is None


def test_serving_hands_the_masked_customer_to_the_counter(page: Page) -> None:
    page.presenter.serve()
    assert [(line.name, line.vouchers) for line in page.served] == [("欧阳*", 1)]


# -- revealing -------------------------------------------------------------------


def test_a_reveal_is_for_a_reason_and_ten_seconds_and_stands_in_the_timeline(page: Page) -> None:
    page.presenter.ask_reveal()
    assert page.state.focus.where is Focus.REVEAL
    page.presenter.reveal("verify")
    assert (page.head.line.name, page.head.line.document) == ("欧阳䶮", DOCUMENT)
    assert page.head.revealing.seconds_left == 10
    assert page.newest() == "timeline.revealed"
    page.timers.fire("customer_mask")
    assert page.head.line.name == "欧阳*"


def test_a_corrected_name_is_not_shown_as_it_was_before(page: Page) -> None:
    page.presenter.ask_reveal()
    page.presenter.reveal("verify")
    assert page.head.line.name == "欧阳䶮"
    page.presenter.correction.ask()
    page.presenter.correction.edit(Edit(Field.NAME, "欧阳燕"))
    page.presenter.correction.choose_reason("typed_wrong")
    page.presenter.correction.save()
    assert (page.head.line.name, page.head.revealing.is_open) == ("欧阳*", False)


@pytest.mark.parametrize("leave", ["hide", "back", "choose"])
def test_what_was_revealed_is_masked_as_soon_as_it_is_left(page: Page, leave: str) -> None:
    other = page.behind.register("王小明", "13800009999")
    page.presenter.ask_reveal()
    page.presenter.reveal("contact")
    assert "欧阳䶮" in repr(page.head)
    if leave == "choose":
        page.presenter.choose(other)
    else:
        getattr(page.presenter, leave)()
    assert "欧阳䶮" not in repr(page.state)
    assert page.head.line.customer == (other if leave == "choose" else page.head.line.customer)


def test_without_a_known_reason_nothing_is_shown(page: Page) -> None:
    page.presenter.reveal("verify")
    page.presenter.ask_reveal()
    page.presenter.reveal("curiosity")
    assert page.head.line.name == "欧阳*"
    assert facts.CUSTOMER_REVEALED not in page.events()


# -- consents --------------------------------------------------------------------


def test_a_consent_is_withdrawn_in_one_step_and_put_back_by_undo(page: Page) -> None:
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.standing(Purpose.SERVICE) == "customer.consent.withdrawn"
    assert page.newest() == "timeline.consent_withdrawn"
    assert page.state.can_undo
    page.presenter.acts.undo()
    assert page.standing(Purpose.SERVICE) == "customer.consent.granted"
    assert page.events().count(facts.CONSENT_ANSWERED) == 2
    assert not page.state.can_undo
    assert page.commits == 2


def test_a_withdrawn_consent_says_when_and_by_whom_and_nobody_agreed_by_word_of_mouth(
    page: Page,
) -> None:
    page.presenter.consents.change(Purpose.SERVICE)
    line = next(c for c in page.state.page.consents if c.purpose is Purpose.SERVICE)
    assert line.standing.key == "customer.consent.withdrawn"
    assert line.given is not None
    assert line.given.key == "customer.consent.answered"
    assert line.given.facts["staff"] == "T001"
    assert line.given.facts["how"] == Phrase("customer.consent.no_verbal")
    (told,) = page.state.page.days[0].lines[0].details
    assert told.facts["how"] == Phrase("customer.consent.no_verbal")


def test_undo_is_offered_for_ten_seconds_only(page: Page) -> None:
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.timers.set["customer_undo"][0] == 10_000
    page.timers.fire("customer_undo")
    assert (page.state.can_undo, page.state.note) == (False, None)
    page.presenter.acts.undo()
    assert page.standing(Purpose.SERVICE) == "customer.consent.withdrawn"


def test_a_consent_is_granted_anew_in_the_way_it_was_said(page: Page) -> None:
    page.presenter.consents.change(Purpose.MARKETING_PHONE)
    assert page.state.granting == Granting(Purpose.MARKETING_PHONE)
    assert page.state.focus.where is Focus.GRANT
    assert facts.CONSENT_ANSWERED not in page.events()
    page.presenter.consents.grant(Grant(Purpose.MARKETING_PHONE, ConsentHow.PAPER))
    line = next(c for c in page.state.page.consents if c.purpose is Purpose.MARKETING_PHONE)
    assert line.granted
    assert line.given is not None
    assert line.given.facts["version"] == line.version
    assert page.state.granting is None


def test_a_signature_is_kept_with_the_consent_it_was_drawn_for(page: Page) -> None:
    page.presenter.consents.change(Purpose.MARKETING_PHONE)
    page.presenter.consents.sign()
    assert page.state.focus.where is Focus.SIGN
    page.presenter.consents.grant(
        Grant(Purpose.MARKETING_PHONE, ConsentHow.SIGNATURE, (((100, 500), (2_000, 900)),))
    )
    assert page.presenter.page is not None
    found = next(c for c in page.presenter.page.consents if c.purpose is Purpose.MARKETING_PHONE)
    assert (found.granted, found.how, found.has_signature) == (True, ConsentHow.SIGNATURE, True)
    assert page.state.granting is None


def test_an_empty_signature_is_refused_beside_the_pad_and_escape_leads_back(page: Page) -> None:
    page.presenter.consents.change(Purpose.MARKETING_PHONE)
    page.presenter.consents.sign()
    page.presenter.consents.grant(Grant(Purpose.MARKETING_PHONE, ConsentHow.SIGNATURE))
    assert page.state.granting is not None
    assert page.state.granting.error is not None
    assert page.state.granting.error.key == "error.signature_empty"
    assert facts.CONSENT_ANSWERED not in page.events()
    page.presenter.back()
    assert page.state.granting == Granting(Purpose.MARKETING_PHONE)


def test_a_signature_needs_the_consent_for_sensitive_data() -> None:
    page = known(document="")
    page.presenter.consents.change(Purpose.SENSITIVE)
    page.presenter.consents.change(Purpose.MARKETING_PHONE)
    page.presenter.consents.sign()
    page.presenter.consents.grant(
        Grant(Purpose.MARKETING_PHONE, ConsentHow.SIGNATURE, (((100, 500), (2_000, 900)),))
    )
    assert page.state.granting is not None
    assert page.state.granting.error is not None
    assert page.state.granting.error.key == "error.consent_signature_sensitive"


def test_a_grant_that_was_not_asked_for_is_not_recorded(page: Page) -> None:
    page.presenter.consents.grant(Grant(Purpose.MARKETING_PHONE, ConsentHow.PAPER))
    assert facts.CONSENT_ANSWERED not in page.events()


def test_a_withdrawal_that_fails_is_said_and_can_be_tried_again(page: Page) -> None:
    page.behind.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.state.note is not None
    assert (page.state.note.phrase.key, page.state.note.tone) == ("error.disk_full", Tone.DANGER)
    assert page.standing(Purpose.SERVICE) == "customer.consent.granted"
    assert not page.state.busy
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.standing(Purpose.SERVICE) == "customer.consent.withdrawn"


def test_while_one_act_is_done_nothing_else_is_begun() -> None:
    background, behind = ManualBackground(), FakeDesk()
    customer = behind.register("欧阳䶮", PHONE)
    page = Page(behind, background)
    page.presenter.choose(customer)
    background.run_all()
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.state.busy
    waiting = len(background.waiting)
    page.presenter.consents.change(Purpose.SERVICE)
    page.presenter.erasing.ask()
    page.presenter.correction.ask()
    page.presenter.ask_reveal()
    page.presenter.back()
    assert len(background.waiting) == waiting
    assert (page.state.erasing, page.state.correcting) == (None, None)
    assert page.head.line.customer == customer
    background.run_all()
    assert page.events().count(facts.CONSENT_ANSWERED) == 1


# -- correcting ------------------------------------------------------------------


def test_a_correction_shows_what_changes_before_it_is_saved(page: Page) -> None:
    page.presenter.correction.ask()
    assert page.state.focus.where is Focus.NAME
    page.type(Field.PHONE, "13900001234")
    page.type(Field.INTERESTS, "理财、出国留学")
    assert page.state.correcting is not None
    assert [(c.field, c.before, c.after) for c in page.state.correcting.changes[:1]] == [
        (Field.PHONE, "138****5678", "13900001234")
    ]
    page.presenter.correction.choose_reason("changed")
    page.presenter.correction.save()
    assert page.state.correcting is None
    assert page.head.line.phone == "139****1234"
    assert page.head.interests == ("理财", "出国留学")
    assert page.newest() == "timeline.corrected"
    assert "13900001234" not in repr(page.state)


def test_the_form_begins_without_anybodys_data_in_the_clear(page: Page) -> None:
    page.presenter.correction.ask()
    assert page.state.correcting is not None
    form = page.state.correcting.form
    assert (form.name, form.phone, form.document_number) == ("", "", "")
    assert page.state.correcting.changes == ()


def test_saving_needs_a_change_and_a_reason(page: Page) -> None:
    page.presenter.correction.ask()
    page.presenter.correction.save()
    assert page.state.note is not None
    assert page.state.note.phrase.key == "customer.correct.nothing"
    page.type(Field.NAME, "欧阳燕")
    page.presenter.correction.save()
    assert page.state.correcting is not None
    assert set(page.state.correcting.errors) == {"reason"}
    assert page.state.focus.where is Focus.CORRECT_REASON
    assert facts.CUSTOMER_CORRECTED not in page.events()


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        (Field.NAME, "王\u202e小明", "error.name_control_character"),
        (Field.PHONE, "1390000123", "error.phone_length"),
        (Field.DOCUMENT_NUMBER, "110105194912310021", "error.document_check_digit"),
        (Field.NEEDS, "很" * 31, "error.tag_too_long"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    page: Page, field: Field, text: str, error: str
) -> None:
    page.presenter.correction.ask()
    page.type(field, text)
    page.presenter.correction.choose_reason("typed_wrong")
    page.presenter.correction.save()
    assert page.state.correcting is not None
    assert {name: words.key for name, words in page.state.correcting.errors.items()} == {
        field.value: error
    }
    assert page.state.focus.where.value == field.value
    page.type(field, "")
    assert page.state.correcting.errors == {}


def test_a_document_is_taken_off_the_record(page: Page) -> None:
    page.presenter.correction.ask()
    page.presenter.correction.remove_document(True)
    page.presenter.correction.choose_reason("checked")
    page.presenter.correction.save()
    assert page.head.line.document == ""


def test_a_document_needs_the_consent_for_sensitive_data() -> None:
    page = known(document="")
    page.presenter.consents.change(Purpose.SENSITIVE)
    page.presenter.correction.ask()
    page.type(Field.DOCUMENT_NUMBER, DOCUMENT)
    page.presenter.correction.choose_reason("checked")
    page.presenter.correction.save()
    assert page.state.correcting is not None
    assert page.state.correcting.errors["document_number"].key == "error.consent_sensitive_missing"


def test_what_stands_open_on_the_page_can_be_corrected_back(page: Page) -> None:
    page.presenter.correction.ask()
    page.type(Field.CHANNEL, "event")
    page.type(Field.NEEDS, "明年购房")
    page.presenter.correction.choose_reason("typed_wrong")
    page.presenter.correction.save()
    assert page.head.needs == ("明年购房",)
    assert page.state.can_undo
    page.presenter.acts.undo()
    assert page.head.needs == ()
    assert page.events().count(facts.CUSTOMER_CORRECTED) == 2


def test_a_half_typed_correction_is_given_up_at_the_second_escape(page: Page) -> None:
    page.presenter.correction.ask()
    page.type(Field.NAME, "欧阳燕")
    page.presenter.back()
    assert page.state.correcting is not None
    assert page.state.note is not None
    page.timers.fire("customer_leaving")
    page.presenter.back()
    assert page.state.correcting is not None
    page.presenter.back()
    assert page.state.correcting is None
    assert page.state.head is not None


def test_a_correction_that_was_cut_short_is_not_saved_twice() -> None:
    lost = iter([EnvironmentFault("store_busy", retryable=True)])

    def correct(*given: Any) -> None:
        page.behind.customer_services().correct(*given)
        for fault in lost:
            raise fault

    page = known(correct=correct)
    page.presenter.correction.ask()
    page.type(Field.NAME, "欧阳燕")
    page.presenter.correction.choose_reason("changed")
    page.presenter.correction.save()
    assert page.state.correcting is not None
    page.presenter.correction.save()
    assert page.state.correcting is None
    assert page.events().count(facts.CUSTOMER_CORRECTED) == 1


def test_the_counter_hears_how_a_corrected_customer_is_shown_now(page: Page) -> None:
    page.presenter.correction.ask()
    page.type(Field.PHONE, "13900001234")
    page.presenter.correction.choose_reason("changed")
    page.presenter.correction.save()
    assert [(line.phone if line else None) for _, line in page.changed] == ["139****1234"]


# -- erasing ---------------------------------------------------------------------


def erase(page: Page, reason: str = "asked", second: str = "S001", pin: str = PIN) -> None:
    """Ask for it and try."""
    page.presenter.erasing.ask()
    page.presenter.erasing.erase(Erasure(reason, second, pin))


def errors(page: Page) -> dict[str, str]:
    """Return what stands beside the fields of the second person."""
    assert page.state.erasing is not None
    return {place: words.key for place, words in page.state.erasing.errors.items()}


def test_two_people_erase_and_nothing_of_the_person_is_left_or_found(page: Page) -> None:
    customer = page.head.line.customer
    erase(page)
    assert page.head.erased
    assert page.newest() == "timeline.erased"
    assert page.state.page.consents == ()
    assert [line.number for line in page.state.page.vouchers] == ["1"]
    assert "欧阳" not in repr(page.state)
    assert PIN not in repr(page.state)
    page.presenter.search("5678")
    page.timers.fire_short()
    assert page.state.search.found == ()
    assert page.changed[-1] == (customer, None)
    assert customer not in [line.customer for line in page.state.recent]


@pytest.mark.parametrize(
    ("given", "place", "error"),
    [
        (("", "S001", PIN), "reason", "customer.reason_missing"),
        (("asked", " ", PIN), "second", "customer.erase.second_missing"),
        (("asked", "S001", ""), "pin", "customer.erase.pin_missing"),
        (("asked", "T001", PIN), "second", "error.second_person_same"),
        (("asked", "X999", PIN), "second", "error.staff_unknown"),
        (("asked", "S001", "135790"), "pin", "error.pin_wrong"),
    ],
)
def test_who_may_not_stand_by_is_told_beside_the_field(
    page: Page, given: tuple[str, str, str], place: str, error: str
) -> None:
    erase(page, *given)
    assert errors(page) == {place: error}
    assert page.state.focus.where.value == f"erase_{place}"
    assert not page.head.erased


def test_after_five_wrong_pins_the_second_person_is_locked_out(page: Page) -> None:
    for _ in range(6):
        erase(page, pin="135790")
    assert errors(page) == {"pin": "error.pin_locked"}


def test_a_full_disk_erases_nobody_and_says_so(page: Page) -> None:
    page.behind.store.fail_commit = EnvironmentFault("disk_full")
    erase(page)
    assert page.state.note is not None
    assert page.state.note.phrase.key == "error.disk_full"
    assert page.state.erasing is not None


def test_locking_closes_the_erasing(page: Page) -> None:
    page.presenter.erasing.ask()
    page.presenter.hide(is_locked=True)
    assert page.state.erasing is None


def test_a_look_at_another_screen_keeps_the_erasing_but_no_pin(page: Page) -> None:
    page.presenter.erasing.ask()
    before = page.state.erasing
    assert before is not None
    page.presenter.hide()
    page.presenter.opened()
    after = page.state.erasing
    assert after is not None
    assert after.looks_away == before.looks_away + 1
    assert page.state.focus.where is Focus.ERASE_REASON
    page.presenter.choose(page.behind.register("李小龙", "13800001111"))
    assert page.state.erasing is None


def test_what_was_being_typed_of_somebody_erased_meanwhile_is_put_away(page: Page) -> None:
    page.presenter.erasing.ask()
    erase_elsewhere = page.behind.customer_services().erase
    erase_elsewhere(Session("T001"), page.head.line.customer, "asked", "S001", PIN)
    page.presenter.freshen()
    assert (page.head.erased, page.state.erasing) == (True, None)


def test_nothing_can_be_done_to_an_erased_person(page: Page) -> None:
    erase(page)
    before = page.behind.store.state.head.seq
    page.presenter.ask_reveal()
    page.presenter.reveal("verify")
    page.presenter.correction.ask()
    page.presenter.serve()
    erase(page)
    assert page.behind.store.state.head.seq == before
    assert (page.state.correcting, page.state.erasing, page.served) == (None, None, [])


# -- the same person twice -------------------------------------------------------


def twin(page: Page) -> str:
    """Register somebody with the same phone, and read the page again."""
    other = page.behind.register("欧阳燕", PHONE)
    page.presenter.opened()
    return other


def test_a_merge_is_proposed_for_a_reason_and_taken_back(page: Page) -> None:
    other = twin(page)
    assert [line.customer for line in page.state.page.same] == [other]
    page.presenter.merges.ask(other)
    assert page.state.focus.where is Focus.MERGE
    page.presenter.merges.propose("told")
    assert page.state.page.same == ()
    assert [line.standing.key for line in page.state.page.merges] == ["customer.merge.kept"]
    assert page.newest() == "timeline.merge_proposed"
    told = page.state.page.days[0].lines[0].details[0]
    assert told == phrase("timeline.other", name="欧阳*", phone="138****5678")
    page.presenter.merges.undo(page.state.page.merges[0].merge)
    assert page.state.page.merges == ()
    assert [line.customer for line in page.state.page.same] == [other]
    assert page.newest() == "timeline.merge_undone"


def test_a_proposal_just_made_can_be_undone_at_once(page: Page) -> None:
    page.presenter.merges.ask(twin(page))
    page.presenter.merges.propose("papers")
    page.presenter.acts.undo()
    assert page.state.page.merges == ()


def test_the_other_record_shows_the_proposal_from_its_side(page: Page) -> None:
    other = twin(page)
    page.presenter.merges.ask(other)
    page.presenter.merges.propose("told")
    page.presenter.choose(other)
    assert [line.standing.key for line in page.state.page.merges] == ["customer.merge.other"]


def test_a_merge_that_was_proposed_meanwhile_is_refused_in_words(page: Page) -> None:
    other, customer = twin(page), page.head.line.customer
    page.presenter.merges.ask(other)
    page.behind.customer_services().propose_merge(Session("T001"), other, customer, "told")
    page.presenter.merges.propose("told")
    assert page.state.note is not None
    assert page.state.note.phrase.key == "error.merge_exists"


def test_without_a_known_reason_nothing_is_proposed(page: Page) -> None:
    page.presenter.merges.ask(twin(page))
    page.presenter.merges.propose("because")
    assert facts.MERGE_PROPOSED not in page.events()


# -- backing out -----------------------------------------------------------------


def test_escape_backs_out_step_by_step(page: Page) -> None:
    page.presenter.consents.change(Purpose.MARKETING_PHONE)
    page.presenter.ask_reveal()
    page.presenter.search("王")
    page.presenter.back()
    assert page.state.search.query == ""
    page.presenter.back()
    assert not page.head.revealing.asking
    page.presenter.back()
    assert page.state.granting is None
    page.presenter.erasing.ask()
    page.presenter.back()
    assert page.state.erasing is None
    page.presenter.back()
    assert page.state.head is None
    assert page.opened == []
    page.presenter.back()
    assert page.opened == [Screen.COUNTER]


def test_opening_places_the_cursor_where_work_goes_on(page: Page) -> None:
    page.presenter.opened()
    assert page.state.focus.where is Focus.PAGE
    page.presenter.back()
    page.presenter.opened()
    assert page.state.focus.where is Focus.SEARCH


def test_a_bug_of_ours_gets_one_honest_sentence() -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("secret of a customer")

    page = known(answer_consent=broken)
    page.presenter.consents.change(Purpose.SERVICE)
    assert page.state.note is not None
    assert page.state.note.phrase.key == "desk.unexpected"


@pytest.mark.parametrize("name", [HOSTILE, "欧" * 60, "𬭼䶮", "A&B <i>"])
def test_any_name_that_can_be_registered_can_be_shown_and_corrected(name: str) -> None:
    behind = FakeDesk()
    customer = behind.register(name, PHONE)
    page = Page(behind)
    page.presenter.choose(customer)
    page.presenter.ask_reveal()
    page.presenter.reveal("verify")
    assert page.head.line.name == name
    page.presenter.correction.ask()
    page.type(Field.NAME, name + "一")
    page.presenter.correction.choose_reason("typed_wrong")
    if len(name) < 60:
        page.presenter.correction.save()
        assert page.newest() == "timeline.corrected"


def test_a_refusal_of_the_same_intent_asks_for_a_new_one() -> None:
    asked: list[object] = []

    def answer(*_: object, intent: str | None = None, **__: object) -> None:
        asked.append(intent)
        raise RuleViolation("intent_reused", intent=intent)

    page = known(answer_consent=answer)
    page.presenter.consents.change(Purpose.SERVICE)
    page.presenter.consents.change(Purpose.SERVICE)
    assert len(set(asked)) == 2


def _with_voucher(*offers: str, printed: bool = True, **instead: Any) -> tuple[Page, str]:
    """Return the page of somebody who holds one voucher, and the voucher."""
    page = Page(**instead)
    customer = page.behind.register("欧阳䶮", PHONE, *(offers or ("PHONE10",)))
    page.presenter.choose(customer)
    voucher = page.presenter.state.page.vouchers[0].voucher
    if printed:
        page.presenter.papers.open(voucher)
        page.presenter.papers.choose("came_out")
    return page, voucher


def _line(page: Page) -> VoucherLine:
    return page.presenter.state.page.vouchers[-1]


def test_a_voucher_not_known_to_be_printed_is_printed_or_said_to_have_come_out() -> None:
    page, voucher = _with_voucher(printed=False)
    papers = page.presenter.papers
    papers.open(voucher)
    question = page.presenter.state.papers
    assert question is not None
    assert [act.value for act in question.line.acts] == ["print", "came_out", "void"]
    assert page.presenter.state.focus.where is Focus.PAPER
    papers.choose("print")
    assert page.behind.paper.printed[-1][1] == "80"
    assert page.behind.shown
    question = page.presenter.state.papers
    assert question is not None, "whether it came out is asked at once"
    assert question.is_handed
    assert page.presenter.state.focus.where is Focus.PAPER
    assert _line(page).standing.key == "customer.voucher.unprinted"
    papers.choose("came_out")
    assert page.presenter.state.papers is None
    assert [act.value for act in _line(page).acts] == ["reprint", "replace", "void"]


def test_a_copy_that_nothing_here_can_open_stays_unprinted_and_says_where_it_lies() -> None:
    page, voucher = _with_voucher()
    page.behind.has_reader = False
    papers = page.presenter.papers
    papers.open(voucher)
    papers.choose("reprint")
    papers.act("damaged")
    assert page.presenter.state.note is not None
    assert page.presenter.state.note.phrase.key == "paper.not_opened"
    assert page.presenter.state.note.phrase.facts == {"path": "vouchers.pdf"}
    assert _line(page).standing.key == "customer.voucher.unprinted"
    # Nothing came out of anything: to print it is what is offered first, and the cursor is there.
    question = page.presenter.state.papers
    assert question is not None
    assert (question.is_handed, question.line.acts[0].value) == (False, "print")
    assert page.presenter.state.focus.where is Focus.PAPER
    page.behind.has_reader = True
    papers.choose("print")
    question = page.presenter.state.papers
    assert question is not None
    assert question.is_handed


def test_a_reprint_asks_why_prints_at_once_and_shows_the_copy() -> None:
    page, voucher = _with_voucher()
    papers = page.presenter.papers
    papers.open(voucher)
    papers.choose("reprint")
    assert page.behind.shown == []
    papers.act("damaged")
    assert len(page.behind.shown) == 1
    assert page.presenter.state.note is not None
    assert page.presenter.state.note.phrase.key == "customer.paper.reprinted"
    papers.choose("came_out")
    assert _line(page).standing.key == "customer.voucher.copy"
    with page.behind.store.read() as reading:
        record = reading.voucher(voucher)
        assert record is not None
        assert (record.copy, record.printed) == (1, 1)


def test_a_void_needs_a_reason_and_leaves_nothing_to_do() -> None:
    page, voucher = _with_voucher()
    papers = page.presenter.papers
    papers.open(voucher)
    papers.act("mistake")
    papers.choose("void")
    papers.act("because")
    assert _line(page).standing.key == "customer.voucher.good"
    papers.act("mistake")
    assert (_line(page).standing.key, _line(page).acts) == ("customer.voucher.void", ())
    papers.open(voucher)
    assert page.presenter.state.papers is None


def _takes_two(page: Page) -> None:
    """Let every void of the campaign in force take two people."""
    state = page.behind.store.state
    (found,) = state.campaigns
    offers = tuple(replace(offer, void_alone_minor=0) for offer in found.campaign.offers)
    campaign = replace(found.campaign, offers=offers)
    page.behind.store.state = replace(state, campaigns=(replace(found, campaign=campaign),))


def test_a_void_above_a_value_asks_for_the_second_person_and_keeps_the_reason() -> None:
    page, voucher = _with_voucher()
    _takes_two(page)
    papers = page.presenter.papers
    papers.open(voucher)
    papers.choose("void")
    papers.act("mistake")
    question = page.presenter.state.papers
    assert question is not None
    assert question.second is not None
    assert page.presenter.state.focus.where is Focus.PAPER_SECOND
    assert _line(page).standing.key == "customer.voucher.good"

    for typed, place, where in (
        (SecondTyped("", ""), SecondField.STAFF, Focus.PAPER_SECOND),
        (SecondTyped("T001", PIN), SecondField.STAFF, Focus.PAPER_SECOND),
        (SecondTyped("S001", ""), SecondField.PIN, Focus.PAPER_PIN),
        (SecondTyped("S001", "135790"), SecondField.PIN, Focus.PAPER_PIN),
    ):
        papers.act_with(typed)
        question = page.presenter.state.papers
        assert question is not None
        assert place in question.errors
        assert page.presenter.state.focus.where is where

    papers.act_with(SecondTyped(" S001 ", PIN))
    assert _line(page).standing.key == "customer.voucher.void"
    assert page.presenter.state.papers is None
    event = page.behind.store.state.events[-1]
    fields = facts.decode_payload(facts.VOUCHER_VOIDED, event.payload)
    assert (fields["second"], fields["reason"]) == ("S001", "mistake")


def test_a_replacement_above_a_value_whose_paper_jams_is_done_once() -> None:
    page, voucher = _with_voucher()
    _takes_two(page)
    papers = page.presenter.papers
    papers.open(voucher)
    papers.choose("replace")
    papers.act("damaged")
    page.behind.paper.jam = EnvironmentFault("printer_jam", retryable=True)
    papers.act_with(SecondTyped("S001", PIN))
    assert page.presenter.state.note is not None
    papers.act_with(SecondTyped("S001", PIN))
    assert len(page.behind.vouchers()) == 2
    assert page.behind.shown


def test_a_replacement_prints_the_fresh_voucher_and_voids_the_old_one() -> None:
    page, voucher = _with_voucher()
    papers = page.presenter.papers
    papers.open(voucher)
    papers.choose("replace")
    papers.act("damaged")
    lines = {line.voucher: line.standing.key for line in page.presenter.state.page.vouchers}
    assert lines.pop(voucher) == "customer.voucher.void"
    assert list(lines.values()) == ["customer.voucher.unprinted"]
    question = page.presenter.state.papers
    assert question is not None
    assert question.line.voucher in lines, "it is the fresh one that may have come out"


def test_paper_that_jams_after_a_reprint_is_not_signed_twice() -> None:
    page, voucher = _with_voucher()
    papers = page.presenter.papers
    page.behind.paper.jam = EnvironmentFault("printer_jam", retryable=True)
    papers.open(voucher)
    papers.choose("reprint")
    papers.act("lost")
    assert page.presenter.state.note is not None
    assert page.presenter.state.note.tone is Tone.DANGER
    page.behind.paper.jam = None
    papers.act("lost")
    with page.behind.store.read() as reading:
        record = reading.voucher(voucher)
        assert record is not None
        assert (record.copy, record.printed) == (1, 0)


def test_backing_out_of_papers_goes_one_step_at_a_time() -> None:
    page, voucher = _with_voucher()
    page.presenter.papers.open(voucher)
    page.presenter.papers.choose("void")
    page.presenter.back()
    question = page.presenter.state.papers
    assert question is not None
    assert question.act is None
    page.presenter.back()
    assert page.presenter.state.papers is None
    assert page.presenter.state.head is not None
