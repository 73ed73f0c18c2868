"""Sixty hostile names through every screen beside the counter's form: they show literally."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pytest
from PySide6.QtWidgets import QWidget

from branchdesk.application.models import Session, Staff
from branchdesk.application.shifts import CloseShift, OpenShift
from branchdesk.application.waiting import RefusedItem
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.campaign import Campaign
from branchdesk.domain.names import mask_name, normalise_name
from branchdesk.domain.one_line import one_line
from branchdesk.errors import RuleViolation
from branchdesk.ui.customer.state import Erasure
from branchdesk.ui.kit.toast import Toast, ToastStack
from branchdesk.ui.kit.words import Phrase
from branchdesk.ui.serving.person_fields import Edit, Field
from branchdesk.ui.shell.actions import ActionId
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shift.state import ShiftField, Step, Typed
from branchdesk.ui.sync.state import Tab
from tests.fakes.background import ManualTimers
from tests.fakes.bank import SUPERVISOR, TELLER, in_force, sample_campaign
from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.literally import shown, spoken, tips
from tests.gui.scenes.acting import enter
from tests.gui.scenes.verdict import token_of
from tests.gui.stage import settle
from tests.hostile_names import hostile_names, some_hostile_names

Build = Callable[..., Bench]
PHONE: Final = "13800005678"
# The names of a part go into one campaign, an offer each.
PART: Final = 5


def allowed() -> tuple[str, ...]:
    """Return those of the names that somebody may bear, as they are kept."""
    kept = []
    for name in some_hostile_names():
        try:
            kept.append(normalise_name(name))
        except RuleViolation:
            continue
    return tuple(kept)


NAMES: Final = allowed()
PARTS: Final = [NAMES[first : first + PART] for first in range(0, len(NAMES), PART)]


def missing(wanted: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return what stands in none of the texts, letter by letter."""
    return [name for name in wanted if not any(name in text for text in texts)]


def look(bench: Bench) -> list[str]:
    """Let what was made be shown, and return everything that can be seen; tips are checked too."""
    settle()
    tips(bench.window)
    return shown(bench.window)


def test_enough_names_of_every_kind_are_let_in() -> None:
    assert len(NAMES) >= 48
    kinds = ("<", "&", "=", "{", "%", "\\", "·", "\u200c", "i i i")
    assert [kind for kind in kinds if not any(kind in name for name in NAMES)] == []


# -- the customer's page -------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_a_customers_page_shows_each_name_literally_and_after_erasing_nowhere(
    build: Build, part: Sequence[str]
) -> None:
    bench = build()
    enter(bench)
    bench.desk.actions.actions[ActionId.OPEN_CUSTOMER].trigger()
    for number, name in enumerate(part):
        phone = f"1380000{number:04}"
        customer = bench.behind.register(name, phone, "PHONE10")
        twin = bench.behind.register(f"张{number}", phone)
        _found(bench, name, phone)
        bench.desk.neighbours.show_customer(customer)
        _revealed_and_corrected(bench, name)
        bench.desk.neighbours.show_customer(twin)
        _merged(bench, name)
        bench.desk.neighbours.show_customer(customer)
        _erased(bench, name)


def _found(bench: Bench, name: str, phone: str) -> None:
    bench.desk.customer.search(phone)
    bench.settle()
    assert missing([mask_name(name)], look(bench)) == []


def _revealed_and_corrected(bench: Bench, name: str) -> None:
    page = bench.desk.customer
    page.ask_reveal()
    page.reveal("verify")
    assert name in look(bench)
    page.correction.ask()
    typed = f"新{name}"[:60]
    page.correction.edit(Edit(Field.NAME, typed))
    page.correction.choose_reason("typed_wrong")
    texts = look(bench)
    # In the field, and beside it what is put in place of what.
    assert typed in texts
    assert any(text.endswith(f"{mask_name(name)} → {typed}") for text in texts), texts
    page.correction.edit(Edit(Field.NAME, name))
    page.correction.leave()
    page.correction.leave()


def _merged(bench: Bench, name: str) -> None:
    page, masked = bench.desk.customer, mask_name(name)
    (same,) = page.state.page.same
    assert missing([f"{masked}  138"], look(bench)) == []
    assert missing([masked], spoken(bench.desk.customer_view.same)) == []
    page.merges.ask(same.customer)
    page.merges.propose("told")
    assert missing([f"{masked}  138"], look(bench)) == []


def _erased(bench: Bench, name: str) -> None:
    page = bench.desk.customer
    page.erasing.ask()
    assert missing([mask_name(name)], look(bench)) == []
    page.erasing.erase(Erasure("asked", "S001", PIN))
    assert name not in look(bench)
    assert page.state.head is not None
    assert page.state.head.erased


# -- what head office names ----------------------------------------------------


ISSUED: Final = ("PHONE10", "SPEND200", "GIFTBOX", "FEEFREE", "SALON")


def hostile_campaign(part: Sequence[str]) -> Campaign:
    """Return the sample campaign with hostile names for everything that is shown of it."""
    plain = sample_campaign()

    def named(place: int) -> Bilingual:
        return Bilingual(part[place % len(part)], part[(place + 1) % len(part)])

    return replace(
        plain,
        name=named(0),
        offers=tuple(
            replace(offer, name=named((*ISSUED, offer.code).index(offer.code)))
            for offer in plain.offers
        ),
        talk_tracks=tuple(
            replace(track, title=named(n), text=named(n + 1))
            for n, track in enumerate(plain.talk_tracks)
        ),
        outlets=tuple(
            replace(outlet, name=part[n % len(part)]) for n, outlet in enumerate(plain.outlets)
        ),
    )


def at_work(build: Build, part: Sequence[str]) -> Bench:
    """Return a desk in a bank where everything and everybody has a hostile name."""
    behind = FakeDesk(campaigns=(in_force(hostile_campaign(part)),))
    staff = (Staff(TELLER.code, part[0], TELLER.role), Staff(SUPERVISOR.code, part[1 % len(part)],
                                                            SUPERVISOR.role))  # fmt: skip
    behind.store.state = replace(behind.store.state, staff={one.code: one for one in staff})
    bench = build(behind)
    enter(bench)
    return bench


@pytest.mark.parametrize("part", PARTS)
def test_offers_talk_places_and_staff_named_by_head_office_are_shown_literally(
    build: Build, part: Sequence[str]
) -> None:
    bench = at_work(build, part)
    customer = bench.behind.register("王小二", PHONE, *ISSUED)
    assert missing(part, look(bench)) == []
    assert missing(part, spoken(bench.window)) == []
    _in_the_talk_track(bench, part)
    _at_the_status_bar(bench, part)
    bench.desk.neighbours.show_customer(customer)
    assert missing(part, look(bench)) == []
    _on_the_shift_screen(bench, part)
    _in_the_verdict(bench, part)
    assert bench.window.windowTitle() == bench.desk.wardrobe.look().words.say("app.name")


def _in_the_talk_track(bench: Bench, part: Sequence[str]) -> None:
    tracks, read = hostile_campaign(part).talk_tracks, list[str]()
    for _ in tracks:
        read += look(bench)
        bench.desk.counter.talk.turn(1)
    assert missing([track.text.zh for track in tracks if track.offer is None], read) == []


def _in_the_verdict(bench: Bench, part: Sequence[str]) -> None:
    for record in bench.behind.vouchers():
        bench.desk.check_voucher(token_of(bench, record.voucher))
        name = part[ISSUED.index(record.offer_code) % len(part)]
        assert missing([name], [*look(bench)]) == []
        assert missing([name], spoken(bench.desk.verdict_view.answer)) == []


def _at_the_status_bar(bench: Bench, part: Sequence[str]) -> None:
    bench.timers.fire("status")
    bar = bench.window.findChild(QWidget, "status")
    assert missing([f"{part[0]} T001"], [*look(bench), *spoken(bar)]) == []
    assert any(part[0] in tip for tip in tips(bar))


def _on_the_shift_screen(bench: Bench, part: Sequence[str]) -> None:
    bench.desk.shell.open(Screen.SHIFT)
    assert missing([f"{part[0]} T001", f"{part[1 % len(part)]} S001"], look(bench)) == []
    bench.desk.shift.choose(Step.HANDING)
    colleagues = look(bench)
    assert any(part[1 % len(part)] in text for text in colleagues)


# -- what people type into the shift, what head office answers -----------------


@pytest.mark.parametrize("part", PARTS)
def test_places_and_words_of_a_shift_are_shown_as_they_were_typed(
    build: Build, part: Sequence[str]
) -> None:
    behind = FakeDesk(on_duty=False, outlet="V001")
    for place in part:
        OpenShift(behind.store, behind.randomness)(Session("T001"), place)
        CloseShift(behind.store, behind.randomness)(Session("T001"))
    bench = build(behind)
    enter(bench)
    # Each stop of before is a button that fills the field.
    assert missing(part, look(bench)) == []
    bench.desk.shift.submit(Typed({ShiftField.PLACE: part[0]}, {"GIFTBOX": "12"}))
    bench.desk.shell.open(Screen.SHIFT)
    assert missing(part[:1], look(bench)) == []
    for word in part:
        # What a queue reads while the desk is paused.
        bench.desk.shift.pause(word)
        assert missing([word], look(bench)) == []
        enter(bench)


def test_nobody_turns_a_place_or_a_word_around_with_what_cannot_be_seen(build: Build) -> None:
    unseen = [name for name in hostile_names() if one_line(name, 60) not in {"", name}]
    bench = build(FakeDesk(on_duty=False))
    OpenShift(bench.behind.store, bench.behind.randomness)(Session("T001"), "南\u202e门\u2066")
    enter(bench)
    bench.desk.shell.open(Screen.SHIFT)
    assert len(unseen) > 10
    assert "南门" in look(bench)


@pytest.mark.parametrize("part", PARTS)
def test_codes_that_head_office_gave_are_shown_literally(build: Build, part: Sequence[str]) -> None:
    bench = build()
    enter(bench)
    for number in range(len(part)):
        bench.behind.register("张伟", f"1380013{number:04}", "PHONE10")
    store = bench.behind.store
    store.acknowledge(store.state.head.seq, store.state.head.seq)
    for place, code in enumerate(part):
        store.hold(store.state.head.seq - place, "flagged", code)
    store.state = replace(store.state, refused=(RefusedItem(part[0], part[-1]),))
    bench.desk.shell.open(Screen.SYNC)
    bench.desk.sync_screen.choose(Tab.ANSWERS.value)
    assert missing(part, look(bench)) == []


def test_a_toast_says_each_name_literally_to_eye_and_ear(build: Build) -> None:
    bench = build()
    stack = ToastStack(bench.window, ManualTimers())
    stack.dress(bench.desk.wardrobe.look())
    for name in NAMES:
        stack.say(Toast(Phrase("kit.remove", {"name": name}), undo="name"))
        settle()
        said = bench.desk.wardrobe.look().words.say("kit.remove", name=name)
        assert said in shown(stack)
        assert name in said
        assert any(said in text for text in spoken(stack))
