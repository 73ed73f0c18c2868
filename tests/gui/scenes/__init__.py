"""The scenes that are pictured and measured: every screen in its telling states.

Each is reached the way a person reaches it, by the window's own intents. A module a screen.
"""

from collections.abc import Callable
from typing import Final

from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.scenes import (
    books,
    counter,
    customer,
    enrol,
    help_panel,
    practice,
    rejoin,
    settings_panel,
    shift,
    sign_in,
    sync,
    verdict,
)
from tests.gui.scenes.acting import enter


def shortcuts(bench: Bench) -> None:
    enter(bench)
    bench.desk.shortcuts.open()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    **sign_in.SCENES,
    **counter.SCENES,
    **customer.SCENES,
    **sync.SCENES,
    **shift.SCENES,
    **books.SCENES,
    **enrol.SCENES,
    **practice.SCENES,
    **rejoin.SCENES,
    **help_panel.SCENES,
    **verdict.SCENES,
    **settings_panel.SCENES,
    "shortcuts": shortcuts,
}


def behind(name: str) -> FakeDesk:
    """Return the desk that a scene needs behind it."""
    if name == "counter_no_campaign":
        return FakeDesk(campaigns=(), lent=False)
    if name in enrol.SCENES:
        return FakeDesk(enrolled=False, on_duty=False)
    if name in shift.OFF_DUTY:
        return FakeDesk(on_duty=False, outlet="" if name == "shift_opening" else "V001")
    desk = FakeDesk()
    desk.is_practice = name.startswith("practice")
    if name in {"sign_in", "practice_sign_in"}:
        desk.hint = ("T001", "S001", PIN)
    return desk
