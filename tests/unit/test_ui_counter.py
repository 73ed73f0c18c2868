"""The counter, as its presenter decides it: without Qt, over the real use cases in memory."""

from dataclasses import replace

import pytest

from branchdesk.application.models import Session
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import DocumentType
from branchdesk.errors import EnvironmentFault
from branchdesk.ui.counter.draft import Draft, from_content, to_content
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field, FormState, form_from_draft
from branchdesk.ui.counter.presenter import CounterPresenter
from branchdesk.ui.counter.state import CounterState, Focus
from branchdesk.ui.kit.words import Note, Tone, phrase
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.bank import sample_campaign
from tests.fakes.desk import DOCUMENT, FakeDesk


class Counter:
    """A presenter with everything around it, and the hands of a teller."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
    ) -> None:
        self.behind, self.timers = behind or FakeDesk(), ManualTimers()
        self.commits = 0
        self.layouts: list[str] = []
        self.talks: list[bool] = []
        self.heard: list[Tone] = []
        self.shown: list[CounterState] = []
        self.background = background or InlineBackground()
        self.presenter = CounterPresenter(
            self, self.background, self.timers, self.behind.services(), self
        )
        self.presenter.start(Session("T001"), self.behind.store.state.campaigns)

    def render(self, state: CounterState) -> None:
        self.shown.append(state)

    def work_done(self) -> None:
        self.commits += 1

    def sound(self, tone: Tone) -> None:
        self.heard.append(tone)

    def voucher_layout(self) -> str:
        return "80"

    def layout_chosen(self, layout: str) -> None:
        self.layouts.append(layout)

    def talk_shown(self, *, is_open: bool) -> None:
        self.talks.append(is_open)

    @property
    def state(self) -> CounterState:
        return self.presenter.state

    def type(self, field: Field, text: str) -> None:
        self.presenter.edit(Edit(field, text))

    def agree(self, *purposes: Purpose) -> None:
        for purpose in purposes:
            self.presenter.answer(ConsentAnswer(purpose, granted=True, how=ConsentHow.PAPER))

    def fill(self, name: str = "王𬭼", phone: str = "13900001234") -> None:
        self.type(Field.NAME, name)
        self.type(Field.PHONE, phone)
        self.agree(Purpose.SERVICE)
        self.timers.fire_short()


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_walk_in_is_registered_issued_and_printed_in_one_go(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.toggle_number(2)
    counter.presenter.submit()
    result = counter.state.result
    assert result is not None
    assert [line.name for line in result.vouchers] == [
        sample_campaign().offer("PHONE10").name,
        sample_campaign().offer("SPEND200").name,
    ]
    assert all(len(line.short_code) == 20 for line in result.vouchers)
    assert counter.behind.paper.printed == [(tuple(line.voucher for line in result.vouchers), "a4")]
    assert counter.behind.shown == ["vouchers.pdf"]
    assert counter.behind.drafts.kept == {}
    assert counter.commits == 1
    assert counter.state.focus.where is Focus.RESULT


def test_every_wrong_field_is_named_in_words_beside_it_and_the_draft_is_kept(
    counter: Counter,
) -> None:
    counter.type(Field.NAME, "王\u202e小明")
    counter.type(Field.PHONE, "1390000123")
    counter.type(Field.DOCUMENT_NUMBER, "110105194912310021")
    counter.agree(Purpose.SERVICE)
    counter.presenter.submit()
    assert {field: phrase.key for field, phrase in counter.state.errors.items()} == {
        Field.NAME: "error.name_control_character",
        Field.PHONE: "error.phone_length",
        Field.DOCUMENT_NUMBER: "error.document_check_digit",
        Field.CONSENTS: "error.consent_sensitive_missing",
    }
    assert counter.state.focus.where is Focus.NAME
    counter.timers.fire("draft")
    assert counter.behind.drafts.kept["counter"]["form"]["phone"] == "1390000123"  # type: ignore[index]  # JSON-ready content
    assert counter.behind.vouchers() == ()


def test_correcting_a_field_takes_its_error_away_at_once(counter: Counter) -> None:
    counter.presenter.submit()
    assert Field.NAME in counter.state.errors
    counter.type(Field.NAME, "王")
    assert Field.NAME not in counter.state.errors
    assert Field.PHONE in counter.state.errors


def test_one_single_problem_is_shown_beside_its_field_too(counter: Counter) -> None:
    counter.fill(phone="1390000123")
    counter.presenter.submit()
    assert list(counter.state.errors) == [Field.PHONE]
    assert counter.state.focus.where is Focus.PHONE


def test_a_known_phone_is_noticed_while_typing_and_can_be_adopted(counter: Counter) -> None:
    customer = counter.behind.register("李小龙", "13800001111")
    counter.type(Field.PHONE, "138 0000 1111")
    counter.timers.fire_short()
    hint = counter.state.hints[Field.PHONE][0]
    assert hint.customer == customer
    assert hint.phrase.facts == {"name": "李**", "phone": "138****1111"}
    counter.presenter.choose(customer)
    assert counter.state.person is not None
    assert counter.state.person.name == "李**"


def test_somebody_known_to_another_outlet_is_noticed_without_a_record(counter: Counter) -> None:
    from branchdesk.application.register_customer import person_hashes

    with counter.behind.store.read() as reading:
        hashes = person_hashes(reading, "+8613800002222", None)
    counter.behind.store.meet_elsewhere(hashes)
    counter.type(Field.PHONE, "13800002222")
    counter.timers.fire_short()
    hint = counter.state.hints[Field.PHONE][0]
    assert (hint.customer, hint.phrase.key) == ("", "counter.known_elsewhere")


def test_offers_say_what_is_missing_and_become_eligible_when_it_is_there(
    counter: Counter,
) -> None:
    assert counter.state.offers_note is not None
    assert counter.state.offers_note.key == "eligibility.consent_missing"
    counter.agree(Purpose.SERVICE)
    counter.timers.fire_short()
    cards = {card.code: card for card in counter.state.offers}
    assert cards["PHONE10"].status == "eligible"
    assert cards["RATE50"].status == "blocked"
    assert cards["RATE50"].reasons
    assert [card.number for card in counter.state.offers] == [1, 2, 3, 4, 5, 0]


def test_all_that_is_missing_for_an_offer_is_said_in_one_sentence(counter: Counter) -> None:
    counter.behind.store.lend("RATE50", number=990)
    counter.fill()
    card = next(card for card in counter.state.offers if card.code == "RATE50")
    assert [reason.key for reason in card.reasons] == ["eligibility.fact_elsewhere"]
    missing = card.reasons[0].facts["missing"]
    assert isinstance(missing, list)
    assert len(missing) > 1
    assert [phrase.key.partition(".")[0] for phrase in missing] == ["fact"] * len(missing)


def test_an_offer_that_is_no_longer_earned_leaves_the_basket(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    assert [line.code for line in counter.state.basket] == ["PHONE10"]
    counter.presenter.answer(ConsentAnswer(Purpose.SERVICE, False, ConsentHow.PAPER))
    counter.timers.fire_short()
    assert counter.state.basket == ()


def test_a_blocked_offer_cannot_be_put_into_the_basket(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("RATE50")
    assert counter.state.basket == ()


def test_an_old_answer_about_offers_never_replaces_a_newer_one() -> None:
    background = ManualBackground()
    counter = Counter(background=background)
    background.run_all()
    counter.agree(Purpose.SERVICE)
    counter.timers.fire("look")
    counter.presenter.answer(ConsentAnswer(Purpose.SERVICE, False, ConsentHow.PAPER))
    counter.timers.fire("look")
    while background.waiting:
        background.run(-1)
    assert all(card.status != "eligible" for card in counter.state.offers)


def test_a_registered_customer_is_found_served_and_printed(counter: Counter) -> None:
    customer = counter.behind.register("欧阳䶮", "13800003333", document=DOCUMENT)
    counter.presenter.search("欧阳")
    counter.timers.fire_short()
    assert [line.customer for line in counter.state.search.found or ()] == [customer]
    counter.presenter.choose(customer)
    counter.timers.fire_short()
    assert not counter.state.can_submit
    counter.presenter.toggle("PHONE10")
    counter.presenter.toggle("GIFTBOX")
    counter.presenter.submit()
    assert [voucher.offer_code for voucher in counter.behind.vouchers()] == ["PHONE10", "GIFTBOX"]
    assert counter.state.result is not None
    assert counter.state.result.is_open


def test_personal_data_is_shown_only_for_a_reason_and_a_while(counter: Counter) -> None:
    customer = counter.behind.register("欧阳䶮", "13800003333", document=DOCUMENT)
    counter.presenter.search("欧阳")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    before = counter.behind.store.state.head.seq
    counter.presenter.person.ask()
    assert counter.behind.store.state.head.seq == before
    counter.presenter.person.reveal("verify")
    assert counter.state.person is not None
    assert (counter.state.person.name, counter.state.person.document) == ("欧阳䶮", DOCUMENT)
    assert counter.behind.store.state.head.seq == before + 1
    counter.timers.fire("mask")
    assert counter.state.person.name == "欧阳*"
    counter.presenter.person.ask()
    counter.presenter.person.reveal("verify")
    counter.presenter.hide()
    assert counter.state.person.name == "欧阳*"


def test_the_seconds_until_it_is_hidden_again_are_counted_on_the_screen(counter: Counter) -> None:
    customer = counter.behind.register("欧阳䶮", "13800003333")
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    counter.presenter.person.ask()
    counter.presenter.person.reveal("verify")
    assert counter.timers.set["mask"][0] == 10_000
    shown = []
    for _ in range(12):
        assert counter.state.person is not None
        shown.append(counter.state.person.revealing.seconds_left)
        counter.timers.fire("mask_count")
    assert shown == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1]
    counter.timers.fire("mask")
    assert counter.state.person is not None
    assert counter.state.person.name == "欧阳*"
    assert "mask_count" not in counter.timers.set


def test_choosing_a_reason_twice_is_recorded_once() -> None:
    background, behind = ManualBackground(), FakeDesk()
    customer = behind.register("欧阳䶮", "13800003333")
    counter = Counter(behind, background)
    background.run_all()
    counter.presenter.search("3333")
    counter.timers.fire("search")
    background.run_all()
    counter.presenter.choose(customer)
    counter.presenter.person.ask()
    before = behind.store.state.head.seq
    for _ in range(2):
        counter.presenter.person.reveal("contact")
    background.run_all()
    assert behind.store.state.head.seq == before + 1


def test_a_reveal_that_is_answered_after_locking_shows_nothing() -> None:
    background = ManualBackground()
    behind = FakeDesk()
    customer = behind.register("欧阳䶮", "13800003333")
    counter = Counter(behind, background)
    background.run_all()
    counter.presenter.search("3333")
    counter.timers.fire("search")
    background.run_all()
    counter.presenter.choose(customer)
    counter.presenter.person.ask()
    counter.presenter.person.reveal("verify")
    counter.presenter.hide()
    background.run_all()
    assert counter.state.person is not None
    assert counter.state.person.name == "欧阳*"


def test_a_jam_loses_nothing_and_printing_again_works(counter: Counter) -> None:
    counter.behind.paper.jam = EnvironmentFault("printer_offline")
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    result = counter.state.result
    assert result is not None
    assert result.can_print
    assert result.print_tone is Tone.DANGER
    assert len(counter.behind.vouchers()) == 1
    counter.presenter.paper.print_result()
    assert counter.state.result is not None
    assert counter.state.result.is_open
    assert len(counter.behind.vouchers()) == 1


def test_what_is_not_known_to_be_printed_is_listed_and_printed_on_demand() -> None:
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    counter = Counter(behind)
    assert [line.number for line in counter.state.waiting] == ["1", "2"]
    waiting = tuple(line.voucher for line in counter.state.waiting)
    counter.presenter.print_waiting()
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "counter.opened"
    assert counter.state.handed == waiting, "all are chosen, but nobody has said that they came out"
    assert [line.voucher for line in counter.state.waiting] == list(waiting)
    counter.presenter.paper.came_out(waiting)
    assert counter.state.waiting == ()
    assert [voucher.printed for voucher in behind.vouchers()] == [1, 1]


def test_whoever_goes_on_says_that_the_paper_came_out(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.toggle("SPEND200")
    counter.presenter.submit()
    assert [voucher.printed for voucher in counter.behind.vouchers()] == [0, 0]
    counter.presenter.next_person()
    assert [voucher.printed for voucher in counter.behind.vouchers()] == [1, 1]
    assert counter.state.waiting == ()
    assert counter.commits == 2


@pytest.mark.parametrize("way", ["not_out", "back", "document"])
def test_paper_of_which_nobody_says_that_it_came_out_stays_on_the_list(
    counter: Counter, way: str
) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    ways = {
        "not_out": counter.presenter.leave_unprinted,
        "back": counter.presenter.back,
        "document": lambda: counter.presenter.scan_document(DocumentType.RESIDENT_ID, DOCUMENT),
    }
    ways[way]()
    assert counter.state.result is None
    assert [line.number for line in counter.state.waiting] == ["1"]
    assert [voucher.printed for voucher in counter.behind.vouchers()] == [0]


def test_where_nothing_opens_a_pdf_that_is_said_and_the_voucher_stays_on_the_list(
    counter: Counter,
) -> None:
    counter.behind.has_reader = False
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    result = counter.state.result
    assert result is not None
    assert (result.print_phrase.key, result.print_tone) == ("paper.not_opened", Tone.WARNING)
    assert result.print_phrase.facts == {"path": "vouchers.pdf"}
    assert (result.document, result.is_open, result.can_print) == ("vouchers.pdf", False, False)
    counter.presenter.next_person()
    assert [line.number for line in counter.state.waiting] == ["1"]
    counter.presenter.print_waiting()
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "paper.not_opened"
    assert counter.state.handed == ()


def test_a_file_is_tried_again_once_there_is_a_reader(counter: Counter) -> None:
    counter.behind.has_reader = False
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    counter.behind.has_reader = True
    counter.presenter.paper.open_document()
    assert counter.behind.shown == ["vouchers.pdf", "vouchers.pdf"]
    assert counter.state.result is not None
    assert counter.state.result.print_phrase.key == "counter.opened_again"
    counter.presenter.next_person()
    assert counter.state.waiting == ()


def submitting() -> tuple[Counter, ManualBackground]:
    """Return a desk at which one voucher was just submitted; what it asked for waits to be run."""
    background = ManualBackground()
    counter = Counter(background=background)
    background.run_all()
    counter.fill()
    background.run_all()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    return counter, background


def test_an_answer_that_cannot_be_recorded_is_said_and_the_voucher_stays_on_the_list() -> None:
    counter, background = submitting()
    background.run_all()
    counter.behind.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    counter.presenter.next_person()
    background.run_all()
    assert [line.number for line in counter.state.waiting] == ["1"]
    assert counter.state.note is not None
    assert counter.state.note.tone is Tone.DANGER


def void_for_good(counter: Counter, voucher: str) -> None:
    counter.presenter.paper.ask_void(voucher)
    counter.presenter.paper.void()


def test_a_voucher_is_void_only_after_it_was_named_and_agreed_to() -> None:
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    counter = Counter(behind)
    first, second = counter.state.waiting
    counter.presenter.paper.void()
    counter.presenter.paper.ask_void(first.voucher)
    asked = counter.state.voiding
    assert asked is not None
    assert (asked.number, asked.name) == (first.number, first.name)
    assert asked.holder.startswith("单")
    assert "雨晴" not in asked.holder
    counter.presenter.back()
    assert counter.state.voiding is None
    counter.presenter.paper.void()
    assert counter.state.waiting == (first, second)
    counter.presenter.paper.ask_void(first.voucher)
    counter.presenter.paper.void()
    counter.presenter.paper.void()
    assert counter.state.waiting == (second,)
    assert counter.state.note == Note(phrase("counter.waiting_voided", number="1"), Tone.SUCCESS)


def test_a_refusal_counts_every_red_mark_and_says_on_which_side(counter: Counter) -> None:
    counter.type(Field.NAME, "王\u202e小明")
    counter.type(Field.PHONE, "13900001234")
    counter.type(Field.DOCUMENT_NUMBER, DOCUMENT)
    counter.presenter.submit()
    assert counter.state.note is not None
    assert counter.state.note.phrase == phrase("counter.correct_both", count=3, left=1, right=2)
    assert counter.state.focus.where is Focus.NAME


def test_a_missing_signature_takes_the_cursor_to_the_pad(counter: Counter) -> None:
    counter.fill()
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)
    counter.agree(Purpose.SENSITIVE)
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)
    counter.presenter.focus(Focus.SUBMIT)
    counter.presenter.submit()
    assert counter.state.focus.where is Focus.SIGNATURE
    assert counter.state.note is not None
    assert counter.state.note.phrase == phrase("counter.correct_consents", count=1)


def test_what_came_out_or_never_will_leaves_the_list_one_by_one() -> None:
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    counter = Counter(behind)
    first, second = (line.voucher for line in counter.state.waiting)
    counter.presenter.paper.came_out(("9-9",))
    counter.presenter.paper.came_out((first,))
    assert [line.voucher for line in counter.state.waiting] == [second]
    void_for_good(counter, second)
    assert counter.state.waiting == ()
    assert counter.state.note is not None
    assert counter.state.note == Note(phrase("counter.waiting_voided", number="2"), Tone.SUCCESS)
    assert counter.behind.shown == []
    assert [(v.printed, v.is_void) for v in behind.vouchers()] == [(1, False), (0, True)]


def test_a_void_that_the_store_refuses_says_why_and_keeps_the_line() -> None:
    behind = FakeDesk()
    behind.register("单雨晴", "13800005678", "PHONE10")
    counter = Counter(behind)
    (line,) = counter.state.waiting
    behind.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    void_for_good(counter, line.voucher)
    assert counter.state.note is not None
    assert counter.state.note.tone is Tone.DANGER
    assert counter.state.waiting == (line,)


def test_paper_is_handed_over_even_when_the_desk_went_on_to_the_next_person() -> None:
    counter, background = submitting()
    while counter.state.result is None:
        background.run()
    counter.presenter.next_person()
    background.run_all()
    assert counter.behind.shown == ["vouchers.pdf"]
    assert counter.state.result is None
    assert [line.number for line in counter.state.waiting] == ["1"], "nobody saw it come out"


def test_a_full_disk_keeps_the_form_and_the_next_attempt_is_the_same_intent(
    counter: Counter,
) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.behind.store.fail_commit = EnvironmentFault("disk_full")
    counter.presenter.submit()
    assert counter.state.result is None
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "error.disk_full"
    kept = from_content(counter.behind.drafts.kept["counter"])
    counter.presenter.submit()
    assert counter.state.result is not None
    with counter.behind.store.read() as reading:
        customer = reading.vouchers()[0].customer
    assert kept.intents[""].replace("-", "") in customer


def test_after_a_crash_the_draft_comes_back_and_submitting_again_issues_nothing_twice() -> None:
    behind = FakeDesk()
    first = Counter(behind)
    first.fill()
    first.presenter.toggle("PHONE10")
    behind.drafts.discard = lambda name: None  # type: ignore[method-assign]  # the power fails before this
    first.presenter.submit()
    assert len(behind.vouchers()) == 1
    second = Counter(behind)
    assert second.state.note is not None
    assert second.state.note.phrase.key == "counter.draft_submitted"
    assert second.state.form.name == "王𬭼"
    del behind.drafts.discard
    second.timers.fire_short()
    second.presenter.submit()
    assert len(behind.vouchers()) == 1


def test_a_half_typed_form_is_restored_with_a_note(counter: Counter) -> None:
    counter.fill()
    counter.timers.fire_short()
    restored = Counter(counter.behind)
    assert restored.state.form == counter.state.form
    assert restored.state.note is not None
    assert restored.state.note.phrase.key == "counter.draft_restored"


def sign_in(counter: Counter, staff: str) -> None:
    counter.presenter.start(Session(staff), counter.behind.store.state.campaigns)


def test_whoever_takes_the_desk_over_asks_for_consent_anew_and_reads_whose_form_it_is(
    counter: Counter,
) -> None:
    counter.fill()
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)
    counter.presenter.form.sign((((1, 1), (9, 9)),))
    sign_in(counter, "T002")
    assert counter.state.form.name == "王𬭼"
    assert (counter.state.form.consents, counter.state.form.signature) == ((), ())
    assert not any(line.granted for line in counter.state.consents)
    assert counter.state.note is not None
    assert counter.state.note.phrase == phrase("counter.draft_of_other_form", code="T001")
    counter.presenter.submit()
    assert counter.state.result is None
    assert from_content(counter.behind.drafts.kept["counter"]).form.consents == ()


def test_unlocking_keeps_what_the_same_person_was_told(counter: Counter) -> None:
    counter.fill()
    before = counter.state.form
    sign_in(counter, "T001")
    assert counter.state.form == before
    assert counter.state.note is None


def test_after_a_restart_a_draft_of_somebody_else_holds_no_consent_either(
    counter: Counter,
) -> None:
    counter.fill()
    counter.timers.fire_short()
    counter.presenter.close()
    kept = counter.behind.drafts.kept["counter"]
    counter.behind.drafts.kept["counter"] = {**kept, "staff": "S001"}
    restored = Counter(counter.behind)
    assert restored.state.form == replace(counter.state.form, consents=())
    assert restored.state.note is not None
    assert restored.state.note.phrase == phrase("counter.draft_of_other_form", code="S001")


def test_a_customer_somebody_else_chose_is_named_as_theirs(counter: Counter) -> None:
    counter.fill()
    counter.presenter.submit()
    counter.presenter.next_person()
    counter.presenter.search("王")
    counter.timers.fire_short()
    counter.presenter.take_found()
    sign_in(counter, "T002")
    assert counter.state.person is not None
    assert counter.state.note is not None
    assert counter.state.note.phrase == phrase("counter.draft_of_other_person", code="T001")


def test_closing_the_window_keeps_what_was_typed_last(counter: Counter) -> None:
    counter.type(Field.NAME, "张")
    counter.presenter.close()
    assert Counter(counter.behind).state.form.name == "张"


def test_a_draft_of_another_version_never_breaks_the_form() -> None:
    strange: dict[str, object] = {
        "name": 7,
        "phone": "139",
        "consents": [["service", "yes", "paper"], ["unknown", True, "paper"], "x"],
    }
    assert form_from_draft(strange) == FormState(phone="139")
    assert from_content({"form": 3, "person": ["C1"], "basket": "x", "intents": []}) == Draft()


def test_a_draft_survives_its_own_writing() -> None:
    form = FormState(name="㛃", needs="购房").answered(
        ConsentAnswer(Purpose.SERVICE, granted=False, how=ConsentHow.SIGNATURE)
    )
    draft = Draft(form, None, ("PHONE10",), {"": "i-1"}, submitted=True, staff="T001")
    assert from_content(to_content(draft)) == draft


def test_half_typed_work_is_cleared_only_when_asked_twice(counter: Counter) -> None:
    counter.fill()
    counter.presenter.next_person()
    assert counter.state.form.name == "王𬭼"
    assert counter.state.note is not None
    counter.presenter.next_person()
    assert counter.state.form == FormState()
    assert counter.behind.drafts.kept == {}


def test_the_warning_before_clearing_goes_away_by_itself(counter: Counter) -> None:
    counter.fill()
    counter.presenter.back()
    counter.timers.fire("clearing")
    assert counter.state.note is None
    counter.presenter.back()
    assert counter.state.form.name == "王𬭼"


def test_backing_out_goes_one_step_at_a_time(counter: Counter) -> None:
    customer = counter.behind.register("欧阳䶮", "13800003333")
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.back()
    assert (counter.state.search.query, counter.state.search.found) == ("", None)
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    counter.presenter.person.ask()
    counter.presenter.back()
    assert counter.state.person is not None
    assert not counter.state.person.revealing.asking
    counter.presenter.back()
    assert counter.state.person is None


def test_nothing_typed_reaches_a_form_that_is_being_saved_or_is_done(counter: Counter) -> None:
    counter.fill()
    counter.presenter.submit()
    counter.type(Field.NAME, "赵")
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    assert counter.state.form.name == "王𬭼"
    assert counter.commits == 1


def test_the_next_person_begins_with_an_empty_desk(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    counter.presenter.next_person()
    assert counter.state.form.is_blank
    assert counter.state.result is None
    assert counter.state.basket == ()
    assert counter.state.focus.where is Focus.NAME


def test_the_second_refused_voucher_leaves_the_first_and_says_why(counter: Counter) -> None:
    customer = counter.behind.register("欧阳䶮", "13800003333")
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    counter.timers.fire_short()
    counter.presenter.toggle("PHONE10")
    counter.presenter.toggle("GIFTBOX")
    number = next(
        number
        for number, held in counter.behind.store.state.tables.grants.items()
        if held.offer_code == "GIFTBOX"
    )
    counter.behind.store.revoke(number)
    counter.presenter.submit()
    result = counter.state.result
    assert result is not None
    assert len(result.vouchers) == 1
    assert result.trouble is not None
    assert result.trouble.key == "error.grant_exhausted"


def test_the_chosen_layout_is_printed_and_remembered(counter: Counter) -> None:
    counter.presenter.choose_layout("80")
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.submit()
    assert counter.behind.paper.printed[0][1] == "80"
    assert counter.layouts == ["80"]


def test_a_fault_of_our_own_gets_one_honest_sentence(counter: Counter) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    services = replace(counter.behind.services(), register_customer=broken)  # type: ignore[arg-type]  # broken on purpose
    presenter = CounterPresenter(counter, InlineBackground(), counter.timers, services, counter)
    presenter.start(Session("T001"), counter.behind.store.state.campaigns)
    presenter.edit(Edit(Field.NAME, "王"))
    presenter.edit(Edit(Field.PHONE, "13900001234"))
    presenter.answer(ConsentAnswer(Purpose.SERVICE, granted=True, how=ConsentHow.PAPER))
    presenter.submit()
    assert presenter.state.note is not None
    assert presenter.state.note.phrase.key == "desk.unexpected"
    assert not presenter.state.busy


def test_what_changes_together_is_drawn_once(counter: Counter) -> None:
    counter.fill()
    counter.presenter.toggle("PHONE10")
    assert len(counter.shown[-1].basket) == 1
    drawn = len(counter.shown)
    with counter.presenter.together():
        counter.presenter.focus(Focus.PHONE)
        with counter.presenter.together():
            counter.presenter.focus(Focus.SUBMIT)
        assert len(counter.shown) == drawn
    assert [state.focus.where for state in counter.shown[drawn:]] == [Focus.SUBMIT]


def test_the_next_person_is_drawn_once_and_then_as_the_answers_arrive() -> None:
    background = ManualBackground()
    counter = Counter(background=background)
    background.run_all()
    counter.type(Field.NAME, "王𬭼")
    counter.presenter.next_person()
    drawn = len(counter.shown)
    counter.presenter.next_person()
    assert len(counter.shown) == drawn + 1
    assert counter.shown[-1].form == FormState()
