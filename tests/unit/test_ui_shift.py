"""The shift screen, as its presenter decides it: without Qt."""

from dataclasses import replace

import pytest

from branchdesk.application.models import CampaignInForce, Session
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.campaign import Role
from branchdesk.errors import EnvironmentFault
from branchdesk.ui.kit.words import Phrase, Tone
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shift.presenter import ShiftPresenter
from branchdesk.ui.shift.state import ResetWish, ShiftField, ShiftState, Step, Typed, Words
from branchdesk.ui.sign_in.presenter import Entry
from tests.fakes.background import InlineBackground, ManualBackground
from tests.fakes.desk import PIN, FakeDesk
from tests.fakes.vault import Held

TELLER, SUPERVISOR = Session("T001"), Session("S001", Role.SUPERVISOR)


class Around:
    """The view and the window that the presenter talks to."""

    def __init__(self) -> None:
        self.shown: list[ShiftState] = []
        self.asked: list[object] = []
        self.work = 0
        self.refusals: list[Phrase] = []

    def render(self, state: ShiftState) -> None:
        self.shown.append(state)

    def reset_taken(self) -> None:
        self.asked.append("reset_taken")

    def reset_refused(self, reason: Phrase) -> None:
        self.refusals.append(reason)

    def work_done(self) -> None:
        self.work += 1

    def open_screen(self, screen: Screen) -> None:
        self.asked.append(screen)

    def shift_opened(self, session: Session) -> None:
        self.asked.append(session)

    def hand_over(self, entry: Entry) -> None:
        self.asked.append(entry)

    def sign_out(self) -> None:
        self.asked.append("sign_out")

    def pause(self, word: str) -> None:
        self.asked.append(word)


class Duty:
    """A presenter over a desk, with somebody signed in and the screen in sight."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        session: Session = TELLER,
        background: InlineBackground | ManualBackground | None = None,
    ) -> None:
        self.behind, self.around = behind or FakeDesk(), Around()
        services = self.behind.services()
        self.presenter = ShiftPresenter(
            self.around, background or InlineBackground(), services.shift, self.around,
            self.behind.clock.now_ms, self.behind.show_document,
        )  # fmt: skip
        with self.behind.store.read() as reading:
            found = reading.open_shift()
        session = replace(session, shift="" if found is None else found[0])
        self.presenter.start(session, self.campaigns())
        self.presenter.opened()

    def campaigns(self) -> tuple[CampaignInForce, ...]:
        with self.behind.store.read() as reading:
            return reading.campaigns()

    @property
    def state(self) -> ShiftState:
        return self.around.shown[-1]

    def told(self, lines: str) -> list[str]:
        """Return the label keys of some lines, with the offer's name where they have one."""
        return [_key(line.label) for line in getattr(self.state, lines)]

    def value(self, label: str) -> Phrase:
        """Return what the one line with this label says."""
        (line,) = (line for line in self.state.work if _key(line.label) == label)
        assert isinstance(line.value, Phrase)
        return line.value


def _key(label: Words) -> str:
    assert isinstance(label, Phrase)
    name = label.facts.get("name")
    return f"{label.key} {name.zh}" if isinstance(name, Bilingual) else label.key


def off_duty(outlet: str = "") -> Duty:
    return Duty(FakeDesk(on_duty=False, outlet=outlet))


def counted() -> Duty:
    """Return a desk whose shift began with twelve gifts."""
    duty = off_duty()
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    duty.presenter.opened()
    return duty


def test_without_a_shift_opening_one_comes_first_and_takes_nothing_but_the_button() -> None:
    duty = off_duty()
    assert (duty.state.step, duty.state.place_wanted) == (Step.OPENING, False)
    duty.presenter.submit(Typed())
    (session,) = duty.around.asked
    assert isinstance(session, Session)
    assert session.shift.startswith("T001-")
    with duty.behind.store.read() as reading:
        assert reading.open_shift() == (session.shift, "B001")


def test_who_wants_to_serve_first_goes_to_the_counter() -> None:
    duty = off_duty()
    duty.presenter.back()
    assert duty.around.asked == [Screen.COUNTER]
    duty.behind.register("王小二", "13800001231")
    duty.presenter.opened()
    assert duty.state.step is Step.OVERVIEW


def test_a_van_is_asked_where_it_stands() -> None:
    duty = off_duty("V001")
    assert duty.state.place_wanted
    duty.presenter.submit(Typed({ShiftField.PLACE: "  "}))
    assert duty.state.errors[ShiftField.PLACE].key == "error.place_missing"
    assert (duty.state.focus, duty.around.asked) == (ShiftField.PLACE, [])
    duty.presenter.edited(ShiftField.PLACE)
    assert (duty.state.errors, duty.state.focus) == ({}, "")
    duty.presenter.submit(Typed({ShiftField.PLACE: "菜市场"}))
    with duty.behind.store.read() as reading:
        assert reading.places(3) == ("菜市场",)


@pytest.mark.parametrize("text", ["twelve", "1.5", "-1", "１２", "1234567"])
def test_a_count_that_is_no_number_is_said_beside_it(text: str) -> None:
    duty = off_duty()
    duty.presenter.submit(Typed({}, {"GIFTBOX": text}))
    assert duty.state.errors["GIFTBOX"].key == "shift.count_bad"
    assert duty.around.asked == []


def test_the_overview_says_who_where_and_what_is_unsent() -> None:
    duty = Duty()
    duty.behind.register("王小二", "13800001231", "PHONE10")
    duty.presenter.opened()
    assert duty.told("facts") == ["shift.place", "shift.holder", "shift.opened_at"]
    assert duty.told("work") == [
        "shift.registered",
        "shift.issued_of 10元话费券",
        "shift.unprinted",
    ]
    assert duty.state.work[-1].tone is Tone.WARNING
    assert "shift.kind.customer" in duty.told("unsent")


def test_without_a_colleague_who_has_a_pin_the_hand_over_says_what_to_do() -> None:
    duty = counted()
    duty.presenter.choose(Step.HANDING)
    assert not duty.state.is_stuck
    duty.presenter.back()
    del duty.behind.vault.held["S001"]
    duty.presenter.choose(Step.HANDING)
    assert duty.state.is_stuck
    duty.presenter.choose(Step.CLOSING)
    assert not duty.state.is_stuck


def test_a_colleague_takes_over_by_their_pin() -> None:
    duty = counted()
    duty.presenter.choose(Step.HANDING)
    assert duty.state.colleagues == (("S001", "S001 赵立新"),)
    (gift,) = duty.state.gifts
    assert gift.expected == 12
    fields = {ShiftField.COLLEAGUE: "S001", ShiftField.PIN: "000000"}
    duty.presenter.submit(Typed(fields, {"GIFTBOX": "12"}))
    assert duty.state.errors[ShiftField.PIN].key == "error.pin_wrong"
    duty.presenter.submit(Typed({**fields, ShiftField.PIN: PIN}, {"GIFTBOX": "11"}))
    problem = duty.state.errors[ShiftField.WORD]
    assert problem.key == "error.float_differs"
    (name,) = problem.facts["offers"]  # type: ignore[misc]  # a list of names
    assert name.zh == "粮油礼盒"
    word = {ShiftField.WORD: "送出一件未登记"}
    duty.presenter.submit(Typed({**fields, ShiftField.PIN: PIN, **word}, {"GIFTBOX": "11"}))
    entry = duty.around.asked[-1]
    assert isinstance(entry, Entry)
    assert (entry.staff.code, entry.session.staff) == ("S001", "S001")
    assert entry.session.shift


def test_closing_shows_the_summary_saves_the_slip_and_leads_to_the_door() -> None:
    duty = counted()
    duty.presenter.choose(Step.CLOSING)
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    assert duty.state.step is Step.CLOSED
    assert "shift.closed_at" in duty.told("facts")
    assert duty.told("work")[-1] == "shift.gift_of 粮油礼盒"
    assert duty.around.work == 1
    duty.behind.paper.jam = EnvironmentFault("file_unwritable", path="x", reason="full")
    duty.presenter.print_slip()
    assert duty.state.message is not None
    assert (duty.state.message.key, duty.state.tone) == ("error.file_unwritable", Tone.DANGER)
    duty.presenter.print_slip()
    assert (len(duty.behind.slips), duty.behind.shown) == (1, ["shift.pdf"])
    assert duty.state.message is not None
    assert duty.state.message.key == "shift.slip_saved"
    duty.behind.has_reader = False
    duty.presenter.print_slip()
    assert (duty.state.message.key, duty.state.tone) == ("paper.not_opened", Tone.WARNING)
    duty.presenter.back()
    assert duty.state.step is Step.CLOSED
    duty.presenter.leave()
    assert duty.around.asked[-1] == "sign_out"


def test_an_open_shift_says_what_it_began_with_and_what_should_be_there_now() -> None:
    duty = counted()
    assert duty.value("shift.gift_of 粮油礼盒").facts == {"first": 12, "expected": 12}


def test_what_is_not_printed_means_the_same_before_and_after_the_closing() -> None:
    duty = closed_duty()
    assert duty.value("shift.unprinted").facts["count"] == 1
    duty.presenter.open_next()
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    duty.behind.register("李小三", "13800001232", "PHONE10")
    duty.presenter.opened()
    assert duty.value("shift.unprinted").facts["count"] == 1
    assert duty.value("shift.unprinted_all").facts["count"] == 2
    duty.presenter.choose(Step.CLOSING)
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    assert duty.value("shift.unprinted").facts["count"] == 1


def test_a_closing_that_counted_otherwise_says_why_beside_the_count() -> None:
    duty = counted()
    duty.presenter.choose(Step.CLOSING)
    duty.presenter.submit(Typed({ShiftField.WORD: "送出一件未登记"}, {"GIFTBOX": "11"}))
    assert duty.value("shift.gift_of 粮油礼盒").facts == {"counted": 11, "expected": 12}
    assert duty.value("shift.word").facts["text"] == "送出一件未登记"


def closed_duty() -> Duty:
    """Return a desk whose counted shift was closed, its summary still shown."""
    duty = counted()
    duty.behind.register("王小二", "13800001231", "PHONE10")
    duty.presenter.choose(Step.CLOSING)
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    assert duty.state.step is Step.CLOSED
    return duty


def test_after_a_closing_another_shift_is_opened_without_signing_out() -> None:
    duty = closed_duty()
    duty.presenter.open_next()
    assert duty.state.step is Step.OPENING
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    duty.presenter.opened()
    assert (duty.state.step, duty.state.notice) == (Step.OVERVIEW, None)
    assert duty.told("work") == [
        "shift.registered", "shift.unprinted", "shift.unprinted_all", "shift.gift_of 粮油礼盒",
    ]  # fmt: skip


def test_business_after_a_closing_shows_the_new_shift_with_totals_of_its_own() -> None:
    duty = closed_duty()
    duty.behind.clock.advance(3_600_000)
    duty.behind.register("李小三", "13800001232")
    duty.presenter.opened()
    assert duty.state.step is Step.OVERVIEW
    assert "shift.closed_at" not in duty.told("facts")
    opened = duty.state.facts[-1].value
    assert isinstance(opened, Phrase)
    assert opened.key == "shift.at_by_itself"
    (people, *_) = duty.state.work
    assert isinstance(people.value, Phrase)
    assert people.value.facts["count"] == 1
    assert "shift.issued_of 10元话费券" not in duty.told("work")
    assert duty.state.has_slip
    duty.presenter.print_slip()
    (slip,) = duty.behind.slips
    assert slip.shift.registered == 1
    assert slip.shift.closed_ms is not None


def test_a_shift_that_opened_by_itself_is_completed_with_its_count_and_closed() -> None:
    duty = closed_duty()
    duty.behind.register("李小三", "13800001232")
    duty.presenter.opened()
    assert duty.state.notice is not None
    assert (duty.state.notice.key, duty.state.can_count) == ("shift.by_itself_uncounted", True)
    duty.presenter.choose(Step.FLOAT)
    assert [gift.expected for gift in duty.state.gifts] == [None]
    duty.presenter.submit(Typed({}, {"GIFTBOX": " "}))
    assert duty.state.message is not None
    assert duty.state.message.key == "shift.count_nothing"
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    assert (duty.state.step, duty.state.can_count) == (Step.OVERVIEW, False)
    duty.presenter.choose(Step.CLOSING)
    (gift,) = duty.state.gifts
    assert gift.expected == 12
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    assert duty.state.step is Step.CLOSED
    assert duty.state.facts[-1].label == Phrase("shift.closed_at")


def test_who_comes_back_the_same_day_finds_the_summary_and_the_next_day_the_opening() -> None:
    duty = closed_duty()
    duty.presenter.start(TELLER, duty.campaigns())
    duty.presenter.opened()
    assert duty.state.step is Step.CLOSED
    duty.behind.clock.advance(24 * 3_600_000)
    duty.presenter.start(TELLER, duty.campaigns())
    duty.presenter.opened()
    assert duty.state.step is Step.OPENING


def test_a_shift_left_open_over_midnight_says_since_which_day_it_is_open() -> None:
    duty = counted()
    duty.behind.clock.advance(24 * 3_600_000)
    duty.presenter.opened()
    assert duty.state.notice is not None
    assert duty.state.notice.key == "shift.of_another_day"
    assert "-" in str(duty.state.notice.facts["at"])
    duty.presenter.choose(Step.CLOSING)
    duty.presenter.submit(Typed({}, {"GIFTBOX": "12"}))
    opened, closed = duty.state.facts[-2:]
    assert isinstance(opened.value, Phrase)
    assert isinstance(closed.value, Phrase)
    assert "-" in str(opened.value.facts["text"])
    assert "-" not in str(closed.value.facts["text"])


def test_ones_own_pin_is_changed_with_the_old_one() -> None:
    duty = Duty()
    duty.presenter.choose(Step.PIN)
    fields = {ShiftField.OLD_PIN: PIN, ShiftField.NEW_PIN: "975310", ShiftField.AGAIN: "975311"}
    duty.presenter.submit(Typed(fields))
    assert duty.state.errors[ShiftField.AGAIN].key == "sign_in.pins_differ"
    duty.presenter.submit(Typed({**fields, ShiftField.OLD_PIN: "000000",
                                 ShiftField.AGAIN: "975310"}))  # fmt: skip
    assert duty.state.errors[ShiftField.OLD_PIN].key == "error.pin_wrong"
    duty.presenter.submit(Typed({**fields, ShiftField.NEW_PIN: "111111",
                                 ShiftField.AGAIN: "111111"}))  # fmt: skip
    assert duty.state.errors[ShiftField.NEW_PIN].key == "error.pin_weak"
    duty.presenter.submit(Typed({**fields, ShiftField.AGAIN: "975310"}))
    assert duty.behind.vault.held["T001"].pin == "975310"
    assert duty.state.message is not None
    assert (duty.state.step, duty.state.message.key) == (Step.OVERVIEW, "shift.pin_changed")


def test_only_a_supervisor_may_ask_for_a_colleagues_reset() -> None:
    assert [row.can_reset for row in Duty().state.staff] == [False, False]
    behind = FakeDesk()
    behind.vault.held["T001"] = Held(tries=10)
    duty = Duty(behind, SUPERVISOR)
    assert [(row.code, row.can_reset) for row in duty.state.staff] == [
        ("S001", False), ("T001", True),
    ]  # fmt: skip
    assert duty.state.staff[1].way.key == "shift.way.destroyed"
    duty.presenter.request_reset(ResetWish("T001", " "))
    assert [refusal.key for refusal in duty.around.refusals] == ["error.reason_missing"]
    duty.presenter.request_reset(ResetWish("T001", "忘记"))
    assert duty.around.asked == ["reset_taken"]
    assert duty.state.staff[1].way.key == "shift.way.reset_waiting"
    assert not duty.state.staff[1].can_reset


def test_pausing_is_the_windows() -> None:
    duty = Duty()
    duty.presenter.pause("马上回来")
    assert duty.around.asked == ["马上回来"]


def test_a_step_of_somebody_else_is_gone_and_ones_own_stays_after_a_lock() -> None:
    duty = Duty()
    duty.presenter.choose(Step.PIN)
    duty.presenter.start(replace(TELLER, shift="S1"), duty.campaigns())
    assert duty.presenter.state.step is Step.PIN
    duty.presenter.start(replace(SUPERVISOR, shift="S1"), duty.campaigns())
    assert duty.presenter.state.step is Step.OVERVIEW


def test_pressing_twice_opens_once() -> None:
    background = ManualBackground()
    duty = Duty(FakeDesk(on_duty=False), background=background)
    background.run_all()
    duty.presenter.submit(Typed())
    duty.presenter.submit(Typed())
    assert len(background.waiting) == 1


def test_no_pin_is_kept_in_a_state_or_shown_in_a_repr() -> None:
    duty = Duty()
    duty.presenter.choose(Step.PIN)
    typed = Typed({ShiftField.OLD_PIN: "135792"})
    assert "135792" not in repr(typed)
    fields = {ShiftField.OLD_PIN: "135792", ShiftField.NEW_PIN: "975310",
              ShiftField.AGAIN: "975310"}  # fmt: skip
    duty.presenter.submit(Typed(fields))
    assert "135792" not in repr(duty.around.shown)


def test_a_shift_that_finds_the_disk_nearly_full_is_not_opened_and_says_why() -> None:
    duty = off_duty()
    duty.behind.store.has_free_space = False
    duty.presenter.submit(Typed())
    assert duty.state.message is not None
    assert (duty.state.message.key, duty.state.step) == ("error.disk_space_low", Step.OPENING)
    assert duty.around.asked == []
