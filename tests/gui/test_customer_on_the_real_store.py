"""The customer's page over its own threads, the encrypted store and the vault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from branchdesk.app.made_up import PIN, SUPERVISOR
from branchdesk.app.practice.window import Practice
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.customer.presenter import CustomerPresenter
from branchdesk.ui.customer.state import Erasure, Grant
from branchdesk.ui.serving.person_fields import Edit, Field
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.state import Credentials
from branchdesk.ui.window import Desk

SIGNATURE = (((200, 400), (1_500, 900), (3_000, 300)),)


class RealDesk:
    """A window over a made-up bank, and the wait for its answers."""

    def __init__(self, desk: Desk, practice: Practice, qtbot: QtBot) -> None:
        self.desk, self.practice, self._qtbot = desk, practice, qtbot

    @property
    def page(self) -> CustomerPresenter:
        return self.desk.customer

    def until(self, come: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(come, timeout=60_000)

    def newest(self) -> str:
        days = self.page.state.page.days
        return days[0].lines[0].title.key if days else ""

    def granted(self, purpose: Purpose) -> bool:
        return any(c.granted for c in self.page.state.page.consents if c.purpose is purpose)


@pytest.fixture
def real(
    fonts: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RealDesk]:
    """Return a desk with the teller signed in, on a store of its own."""
    del fonts
    monkeypatch.setenv("BRANCHDESK_SECOND", str(tmp_path / "second"))
    practice = Practice(tmp_path / "practice", DeskSettings(sync_every_ms=0))
    window = MainWindow("light")
    qtbot.addWidget(window)
    practice.furnish(window)
    window.show()
    desk = window.findChild(Desk)
    assert isinstance(desk, Desk)
    made = RealDesk(desk, practice, qtbot)
    desk.sign_in.submit(Credentials("T001", PIN))
    made.until(lambda: bool(desk.counter.state.offers))
    yield made
    window.close()
    practice.close()


def test_a_person_is_shown_withdraws_is_corrected_and_is_forgotten(real: RealDesk) -> None:
    page = real.page
    real.desk.neighbours.open_screen(Screen.CUSTOMER)
    page.search("申屠嘉")
    page.take_found()
    real.until(lambda: page.state.head is not None)

    page.ask_reveal()
    page.reveal("verify")
    real.until(lambda: real.newest() == "timeline.revealed")
    assert page.state.head is not None
    assert page.state.head.line.name == "申屠嘉"
    page.back()
    assert page.state.head.line.name != "申屠嘉"

    page.consents.change(Purpose.MARKETING_MESSAGE)
    real.until(lambda: not real.granted(Purpose.MARKETING_MESSAGE))
    page.acts.undo()
    real.until(lambda: real.granted(Purpose.MARKETING_MESSAGE))
    for purpose, grant in (
        (Purpose.SENSITIVE, Grant(Purpose.SENSITIVE, ConsentHow.PAPER)),
        (
            Purpose.MARKETING_PHONE,
            Grant(Purpose.MARKETING_PHONE, ConsentHow.SIGNATURE, SIGNATURE),
        ),
    ):
        page.consents.change(purpose)
        if grant.strokes:
            page.consents.sign()
        page.consents.grant(grant)
        real.until(lambda purpose=purpose: real.granted(purpose))  # type: ignore[misc]  # bound now

    page.correction.ask()
    page.correction.edit(Edit(Field.PHONE, "13900008765"))
    page.correction.choose_reason("typed_wrong")
    page.correction.save()
    real.until(lambda: real.newest() == "timeline.corrected")
    assert page.state.head.line.phone == "139****8765"

    page.serve()
    person = real.desk.counter.state.person
    assert person is not None
    assert person.phone == "139****8765"
    real.desk.neighbours.open_screen(Screen.CUSTOMER)

    page.erasing.ask()
    page.erasing.erase(Erasure("asked", SUPERVISOR, "975310"))
    real.until(lambda: page.state.erasing is not None and bool(page.state.erasing.errors))
    assert not page.state.head.erased
    page.erasing.erase(Erasure("asked", SUPERVISOR, PIN))
    real.until(lambda: page.state.head is not None and page.state.head.erased)
    assert real.desk.counter.state.person is None
    for query in ("申屠嘉", "8765", "1007"):
        page.search(query)
        real.until(lambda: page.state.search.found is not None and not page.state.search.is_asked)
        assert page.state.search.found == ()
        page.search("")


def test_a_voucher_is_printed_reprinted_and_replaced_on_the_real_store(
    real: RealDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[object] = []

    def open_url(url: object) -> bool:
        shown.append(url)
        return True

    monkeypatch.setattr("branchdesk.app.desk.services.QDesktopServices.openUrl", open_url)
    page = real.page
    real.desk.neighbours.open_screen(Screen.CUSTOMER)
    page.search("申屠嘉")
    page.take_found()
    real.until(lambda: bool(page.state.page.vouchers))
    voucher = page.state.page.vouchers[0].voucher

    def standing(of: str) -> str:
        return next(v.standing.key for v in page.state.page.vouchers if v.voucher == of)

    page.papers.open(voucher)
    page.papers.choose(page.state.page.vouchers[0].acts[0].value)
    page.papers.act("lost")
    real.until(lambda: page.state.papers is not None and page.state.papers.is_handed)
    page.papers.choose("came_out")
    real.until(lambda: not page.state.busy and standing(voucher) != "customer.voucher.unprinted")
    page.papers.open(voucher)
    page.papers.choose("replace")
    page.papers.act("damaged")
    real.until(lambda: standing(voucher) == "customer.voucher.void")
    assert real.newest() in {"timeline.voucher_printed", "timeline.voucher_issued"}
    assert shown
