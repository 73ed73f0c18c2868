"""The counter after something was done elsewhere: what is shown is what the store holds now."""

import pytest

from branchdesk.application.customer_page import Correction
from branchdesk.application.models import Session
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import Edit, Field
from branchdesk.ui.counter.state import ConsentLine
from branchdesk.ui.kit.words import Phrase, Tone
from branchdesk.ui.serving.papers import ALONE, NOT_PRINTED
from tests.fakes.desk import DOCUMENT, PIN, FakeDesk
from tests.unit.test_ui_counter import Counter

SUPERVISOR = Session("S001")


class Served(Counter):
    """A counter at which somebody is being served, with one offer in the basket."""

    def __init__(self) -> None:
        super().__init__(FakeDesk())
        self.customer = self.behind.register("欧阳䶮", "13800003333", "PHONE10", document=DOCUMENT)
        self.pages = self.behind.customer_services()
        self.type(Field.NEEDS, "买房")
        self.presenter.search("3333")
        self.timers.fire_short()
        self.presenter.choose(self.customer)
        self.presenter.toggle("SPEND200")
        assert self.basket() == ["SPEND200"]

    def withdraw(self, purpose: Purpose) -> None:
        self.pages.answer_consent(
            SUPERVISOR, self.customer, purpose, granted=False, how=ConsentHow.VERBAL
        )

    def basket(self) -> list[str]:
        return [line.code for line in self.state.basket]

    def consent(self, purpose: Purpose) -> ConsentLine:
        return next(line for line in self.state.consents if line.purpose is purpose)


@pytest.fixture
def served() -> Served:
    return Served()


def said(served: Served) -> str:
    assert served.state.note is not None
    assert served.state.note.tone is Tone.WARNING
    return served.state.note.phrase.key


def test_a_consent_withdrawn_elsewhere_is_unticked_and_says_what_it_takes_away(
    served: Served,
) -> None:
    assert served.consent(Purpose.SERVICE).granted
    served.withdraw(Purpose.SERVICE)
    served.presenter.opened()
    line = served.consent(Purpose.SERVICE)
    assert (line.granted, line.locked, line.needed) == (False, False, True)
    assert line.about.key == "counter.consent_withdrawn"
    assert served.basket() == []
    assert said(served) == "counter.basket_lost"
    assert served.state.note is not None
    reason = served.state.note.phrase.facts["reason"]
    assert isinstance(reason, Phrase)
    assert reason.key == "eligibility.consent_service_withdrawn"


def test_what_was_typed_and_chosen_comes_back_with_the_consent(served: Served) -> None:
    served.withdraw(Purpose.SERVICE)
    served.presenter.opened()
    served.pages.answer_consent(
        SUPERVISOR, served.customer, Purpose.SERVICE, granted=True, how=ConsentHow.PAPER
    )
    served.presenter.opened()
    assert (served.basket(), served.state.form.needs) == (["SPEND200"], "买房")
    assert served.consent(Purpose.SERVICE).locked


def test_a_refusal_reads_the_person_again_without_leaving_the_counter(served: Served) -> None:
    served.withdraw(Purpose.SERVICE)
    served.presenter.submit()
    assert served.state.note is not None
    assert served.state.note.phrase.key == "error.consent_service_withdrawn"
    assert not served.consent(Purpose.SERVICE).granted


def test_a_corrected_name_and_phone_are_shown_and_kept_with_the_draft(served: Served) -> None:
    correction = Correction(name="欧阳晓", phone="13900004444", reason="mistyped")
    served.pages.correct(SUPERVISOR, served.customer, correction, None)
    served.presenter.freshen()
    person = served.state.person
    assert person is not None
    assert (person.phone[-4:], served.basket()) == ("4444", ["SPEND200"])
    served.timers.fire("draft")
    kept = served.behind.drafts.kept["counter"]
    assert kept["person"][2] == person.phone  # type: ignore[index]  # JSON-ready content


def test_a_person_erased_elsewhere_is_let_go_and_not_kept(served: Served) -> None:
    served.pages.erase(Session("T001"), served.customer, "asked", "S001", PIN)
    served.presenter.freshen()
    assert (served.state.person, served.basket()) == (None, [])
    assert said(served) == "counter.person_erased"
    kept = served.behind.drafts.kept["counter"]
    assert kept["person"] is None
    served.presenter.edit(Edit(Field.NAME, "王"))
    assert served.state.form.needs == "买房"


def test_a_merge_proposed_meanwhile_is_said_once(served: Served) -> None:
    other = served.behind.register("欧阳严", "13800004444")
    served.pages.propose_merge(SUPERVISOR, other, served.customer, "told")
    served.presenter.freshen()
    assert said(served) == "counter.person_merged"
    served.presenter.edit(Edit(Field.NEEDS, "买车"))
    served.presenter.freshen()
    assert served.state.note is None


def test_a_voucher_voided_elsewhere_is_shown_as_void(served: Served) -> None:
    (voucher,) = served.behind.vouchers()
    void = served.behind.services().papers.void
    void(SUPERVISOR, voucher.voucher, NOT_PRINTED, None, ALONE)
    served.presenter.freshen()
    person = served.state.person
    assert person is not None
    assert person.known is not None
    assert [held.standing for held in person.known.vouchers] == ["void"]
