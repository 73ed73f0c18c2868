"""Forty different people served at a real window over a real store, by key events alone.

Thirty-two are new, eight came before. What is typed counts as data; every other key is counted.
Chinese arrives as an input method commits it. Nothing waits longer than a teller would look.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from branchdesk.app.terminal import Terminal
from branchdesk.app.window import open_door
from branchdesk.devices.paths import terminal_home
from branchdesk.devices.settings import Settings
from branchdesk.domain.consent import Purpose
from branchdesk.domain.identity import DocumentType, normalise_document
from branchdesk.domain.names import mask_name, normalise_name
from branchdesk.domain.person import Channel
from branchdesk.domain.phones import normalise_phone
from branchdesk.ui.counter.presenter import CounterPresenter
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.window import Desk
from tests.e2e.office_process import (
    PASSPHRASES,
    REPOSITORY,
    do,
    enrol,
    found_office,
    free_port,
    serving,
)

USUAL_KEYS_MAX, RETURNING_KEYS_MAX = 12, 10
NEW, RETURNING = 32, 8
# People and firms of every kind of document, and one whose name is sixty characters long.
SAMPLE = (*range(30), 53, 70)
CAME_BEFORE = range(101, 101 + RETURNING)
ALT, PLAIN = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True)
class Person:
    """Somebody as they stand at the counter, and what they ask for."""

    name: str
    phone: str
    channel: Channel
    purposes: tuple[Purpose, ...]
    offers: tuple[str, ...] = ("PHONE10",)
    document: tuple[DocumentType, str] | None = None
    interests: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Whether this is name, phone, channel, two consents and one voucher, and nothing more."""
        extras = (self.document, self.interests, self.needs)
        return not any(extras) and len(self.purposes) == 2 and len(self.offers) == 1


def people() -> tuple[list[Person], list[dict[str, Any]]]:
    """Return the walk-ins, and the sample lines of those who came before."""
    lines = (REPOSITORY / "resources/sample/walkins.jsonl").read_text(encoding="utf-8").splitlines()
    sample = [json.loads(line) for line in lines]
    walk_ins = [_walk_in(place, sample[at]) for place, at in enumerate(SAMPLE)]
    before = [{**sample[at], "issue": []} for at in CAME_BEFORE]
    return walk_ins, before


def _walk_in(place: int, line: dict[str, Any]) -> Person:
    channel = tuple(Channel)[place % len(Channel)]
    document = line.get("document")
    if document is None:
        marketing = (Purpose.MARKETING_PHONE, Purpose.MARKETING_MESSAGE, Purpose.PARTNER_SHARE)
        purposes = (Purpose.SERVICE, marketing[place % len(marketing)])
        return Person(line["name"], line["phone"], channel, purposes)
    return Person(
        line["name"],
        line["phone"],
        channel,
        (Purpose.SERVICE, Purpose.SENSITIVE),
        ("PHONE10", "SALON") if place % 3 == 0 else ("PHONE10",),
        (DocumentType(document["type"]), document["number"]),
        tuple(line.get("interests", ())),
        tuple(line.get("needs", ())),
    )


class Files(QObject):
    """Stands where the system opens a finished document."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        """Take note of a document."""
        self.opened.append(url.toLocalFile())


@dataclass
class Hands:
    """A teller at the keyboard; ``keys`` counts all but the data."""

    bot: QtBot
    desk: Desk
    keys: int = 0
    counted: dict[str, list[int]] = field(default_factory=dict)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Press one key wherever the cursor is."""
        self.keys += 1
        QTest.keyClick(self.focused(), key, modifier)

    def enter(self) -> None:
        """Press Enter."""
        self.press(Qt.Key.Key_Return)

    def write(self, text: str) -> None:
        """Write data: by key what is on the keys, by input method the rest."""
        if text.isascii():
            QTest.keyClicks(self.focused(), text)
            return
        QApplication.sendEvent(self.focused(), QInputMethodEvent("pin", []))
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(self.focused(), event)

    def at(self, name: str) -> None:
        """Look until the cursor is where it is expected."""
        self.bot.waitUntil(lambda: self.focused().objectName() == name, timeout=20_000)

    def focused(self) -> QWidget:
        """Return the control with the cursor."""
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def note(self, kind: str) -> None:
        """Take down how many keys a customer cost, and count anew."""
        self.counted.setdefault(kind, []).append(self.keys)
        self.keys = 0

    # -- the jobs ------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in and wait for the desk."""
        self.at("staff")
        self.write("T001")
        self.enter()
        self.write(PASSPHRASES["BRANCHDESK_PIN"])
        self.enter()
        self.at("field_name")
        self.bot.waitUntil(lambda: bool(self.desk.counter.state.offers), timeout=20_000)
        self.keys = 0

    def serve_new(self, person: Person) -> None:
        """Serve a walk-in from the name to the next one's name."""
        self.write(person.name)
        self.enter()
        self.write(person.phone)
        if person.document is not None:
            self.write_document(*person.document)
        self.enter()
        self.pick(tuple(Channel).index(person.channel))
        if person.interests or person.needs:
            self.write_interests(person)
        self.enter()
        for purpose in person.purposes:
            self.pick(tuple(Purpose).index(purpose))
        self.tick(person.offers)
        self.finish()
        self.note("usual" if person.is_usual else "with more")

    def write_document(self, kind: DocumentType, number: str) -> None:
        """Write what may be left out between phone and channel."""
        self.press(Qt.Key.Key_Tab)
        self.pick(tuple(DocumentType).index(kind))
        self.enter()
        self.write(number)

    def write_interests(self, person: Person) -> None:
        """Write what may be left out after the channel."""
        self.press(Qt.Key.Key_Tab)
        self.enter()
        self.write("、".join(person.interests))
        self.enter()
        self.write("、".join(person.needs))

    def serve_returning(self, phone: str, offer: str) -> None:
        """Serve somebody who is found by the last four digits."""
        self.press(Qt.Key.Key_F3)
        self.write(phone[-4:])
        self.enter()
        self.bot.waitUntil(lambda: self.desk.counter.state.person is not None, timeout=20_000)
        self.tick((offer,))
        self.finish()
        self.note("returning")

    def pick(self, place: int) -> None:
        """Pick a choice or tick a consent by its digit."""
        self.press(Qt.Key(Qt.Key.Key_1 + place))

    def tick(self, offers: tuple[str, ...]) -> None:
        """Tick offers by the numbers on their cards."""
        for offer in offers:
            self.bot.waitUntil(lambda offer=offer: self.number(offer) > 0, timeout=20_000)  # type: ignore[misc]  # a default binds the loop's value
            self.press(Qt.Key(Qt.Key.Key_0 + self.number(offer)), ALT)

    def number(self, offer: str) -> int:
        """Read the number on an offer's card; 0 while it cannot be had."""
        cards = self.desk.counter.state.offers
        return next((card.number for card in cards if card.code == offer), 0)

    def finish(self) -> None:
        """Issue, print, and say by going on that the paper came out."""
        self.press(Qt.Key.Key_F9)
        counter = self.desk.counter
        self.bot.waitUntil(
            lambda: counter.state.result is not None or counter.state.note is not None,
            timeout=20_000,
        )
        assert counter.state.note is None, (counter.state.note, counter.state.errors)
        assert counter.state.result is not None
        assert counter.state.result.trouble is None
        if counter.state.result.vouchers:
            self.bot.waitUntil(lambda: _has_paper(counter), timeout=20_000)
        self.at("next_person")
        self.enter()
        self.at("field_name")


def _has_paper(counter: CounterPresenter) -> bool:
    """Say whether the file is open, so that the teller can see the paper come out."""
    return counter.state.result is not None and counter.state.result.is_open


@dataclass
class Day:
    """What the day left behind."""

    terminal: Terminal
    hands: Hands
    files: Files
    walk_ins: list[Person]
    before: list[dict[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of an enrolled terminal that knows eight people."""
    folder = tmp_path_factory.mktemp("forty")
    office, home, port = folder / "office", folder / "terminal", free_port()
    found_office(office)
    with serving(office, port):
        enrol(office, home)
    _, before = people()
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in before)
    do(home, "register", "-", "--staff", "T001", stdin=lines)
    return home


@pytest.fixture(scope="module")
def day(home: Path, fonts: QApplication, request: pytest.FixtureRequest) -> Iterator[Day]:
    """Serve everybody once; the tests look at what is left."""
    patch = pytest.MonkeyPatch()
    for name, value in PASSPHRASES.items():
        patch.setenv(name, value)
    files = Files()
    QDesktopServices.setUrlHandler("file", files, "take")
    window = MainWindow("light")
    window.show()
    settings = Settings(language="zh", sync_interval_s=0, auto_lock_s=0)
    opening = open_door(window, terminal_home(home), settings)
    walk_ins, before = people()
    try:
        bot = QtBot(request)
        bot.waitUntil(lambda: opening.desk is not None, timeout=60_000)
        hands = _served(bot, window, walk_ins, before)
        # Paper is finished while the next person is being served; after the last nobody hurries it.
        bot.waitUntil(lambda: len(files.opened) == NEW + RETURNING, timeout=60_000)
        yield Day(opening.terminal, hands, files, walk_ins, before)
    finally:
        QDesktopServices.unsetUrlHandler("file")
        window.close()
        opening.close()
        window.deleteLater()
        fonts.processEvents()
        patch.undo()


def _served(
    bot: QtBot, window: MainWindow, walk_ins: list[Person], before: list[dict[str, Any]]
) -> Hands:
    window.activateWindow()
    QApplication.processEvents()
    desk = window.findChild(Desk)
    assert isinstance(desk, Desk)
    hands = Hands(bot, desk)
    hands.sign_in()
    for place, person in enumerate(walk_ins):
        hands.serve_new(person)
        # Somebody who came before stands between the new ones, as they do.
        if place % 4 == 3:
            hands.serve_returning(str(before[place // 4]["phone"]), "PHONE10")
    return hands


def test_forty_different_people_were_served(day: Day) -> None:
    names = {person.name for person in day.walk_ins} | {str(line["name"]) for line in day.before}
    assert len(names) == len(day.walk_ins) + len(day.before) == NEW + RETURNING
    assert {person.channel for person in day.walk_ins} == set(Channel)
    kinds = {person.document[0] for person in day.walk_ins if person.document}
    assert kinds == set(DocumentType)
    written = "".join(person.name for person in day.walk_ins)
    assert any(ord(character) > 0xFFFF for character in written)
    assert "·" in written


def test_a_usual_walk_in_costs_at_most_twelve_keys_beyond_the_data(day: Day) -> None:
    usual = day.hands.counted["usual"]
    assert len(usual) >= 10
    assert max(usual) <= USUAL_KEYS_MAX, usual


def test_somebody_who_comes_back_costs_at_most_ten(day: Day) -> None:
    returning = day.hands.counted["returning"]
    assert len(returning) == RETURNING
    assert max(returning) <= RETURNING_KEYS_MAX, returning


def test_the_store_holds_exactly_what_was_typed(day: Day) -> None:
    held = [_held(day.terminal, person.phone) for person in day.walk_ins]
    assert held == [_typed(person) for person in day.walk_ins]


def test_somebody_who_came_back_has_one_record_and_the_voucher(day: Day) -> None:
    with day.terminal.store.read() as reading:
        for line in day.before:
            found = reading.search(normalise_phone(str(line["phone"]))[-11:], 5)
            assert [one.name for one in found] == [mask_name(normalise_name(str(line["name"])))]
            vouchers = reading.vouchers(customer=found[0].customer)
            assert [voucher.offer_code for voucher in vouchers] == ["PHONE10"]


def test_everything_was_printed_and_handed_to_the_system(day: Day) -> None:
    with day.terminal.store.read() as reading:
        assert reading.vouchers(unprinted=True) == ()
        assert {voucher.printed for voucher in reading.vouchers()} == {1}
        count = len(reading.vouchers())
    assert count == RETURNING + sum(len(person.offers) for person in day.walk_ins)
    assert len(day.files.opened) == NEW + RETURNING
    assert all(Path(path).stat().st_size > 0 for path in day.files.opened)


def test_the_store_still_agrees_with_its_log(day: Day) -> None:
    report = day.terminal.store.check()
    assert report.ok, report.problems


def _typed(person: Person) -> Mapping[str, object]:
    kind, number = person.document or ("", "")
    written = normalise_document(kind, number).number if number else ""
    return {
        "name": normalise_name(person.name),
        "phone": normalise_phone(person.phone),
        "document": (str(kind), written),
        "channel": person.channel.value,
        "interests": person.interests,
        "needs": person.needs,
        "purposes": {purpose: (purpose in person.purposes) for purpose in Purpose},
        "offers": list(person.offers),
    }


def _held(terminal: Terminal, phone: str) -> Mapping[str, object]:
    with terminal.store.read() as reading:
        (line,) = reading.search(normalise_phone(phone).removeprefix("+"), 5)
        record = reading.customer(line.customer)
        vouchers = reading.vouchers(customer=line.customer)
    assert record is not None
    page = terminal.show_customer_page(line.customer)
    return {
        "name": record.name,
        "phone": record.phone,
        "document": (record.document_type, record.document_number),
        "channel": record.channel,
        "interests": record.interests,
        "needs": record.needs,
        "purposes": {standing.purpose: standing.granted for standing in page.consents},
        "offers": [voucher.offer_code for voucher in vouchers],
    }
