"""The shift: opened, paused, handed over, closed; PINs changed and reset."""

from collections.abc import Callable
from typing import Final

from branchdesk.application.models import Session
from branchdesk.application.shifts import CloseShift, OpenShift
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shift.state import ShiftField, Step, Typed
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.desk import PIN
from tests.fakes.vault import Held
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter

OFF_DUTY: Final = frozenset(
    {"shift_opening", "shift_opening_van", "shift_place_missing", "shift_served_first"}
)


def enter_supervisor(bench: Bench) -> None:
    bench.desk.sign_in.submit(Credentials("S001", PIN))
    bench.settle()


def opening(bench: Bench) -> None:
    enter(bench)


def opening_van(bench: Bench) -> None:
    store, randomness, van = bench.behind.store, bench.behind.randomness, Session("T001")
    for stop in ("菜市场 南门", "湖滨小区 东门"):
        OpenShift(store, randomness)(van, stop)
        CloseShift(store, randomness)(van)
    enter(bench)


def place_missing(bench: Bench) -> None:
    enter(bench)
    bench.desk.shift.submit(Typed({}, {"GIFTBOX": "12"}))


def served_first(bench: Bench) -> None:
    enter(bench)
    bench.desk.shift.back()


def uncounted(bench: Bench) -> None:
    overview(bench)
    bench.desk.shift.choose(Step.FLOAT)


def overview(bench: Bench) -> None:
    bench.behind.register("王小二", "13800001231", "PHONE10", "SPEND200")
    bench.behind.register("王𬭼", "13800001232", "PHONE10")
    enter(bench)
    bench.desk.shell.open(Screen.SHIFT)


def staff(bench: Bench) -> None:
    bench.behind.vault.held["T001"] = Held(tries=10)
    enter_supervisor(bench)
    bench.desk.shell.open(Screen.SHIFT)
    bench.desk.shift_view.staff.reset_wanted.emit("T001")


def handing(bench: Bench) -> None:
    _count(bench)
    bench.desk.shift.choose(Step.HANDING)


def handing_alone(bench: Bench) -> None:
    del bench.behind.vault.held["S001"]
    handing(bench)


def handing_refused(bench: Bench) -> None:
    handing(bench)
    fields = {ShiftField.COLLEAGUE: "S001", ShiftField.PIN: PIN}
    bench.desk.shift.submit(Typed(fields, {"GIFTBOX": "11"}))


def closing(bench: Bench) -> None:
    _count(bench)
    bench.desk.shift.choose(Step.CLOSING)


def closed(bench: Bench) -> None:
    closing(bench)
    bench.desk.shift.submit(Typed({ShiftField.WORD: "送出一件未登记"}, {"GIFTBOX": "11"}))


def change_pin(bench: Bench) -> None:
    overview(bench)
    bench.desk.shift.choose(Step.PIN)
    fields = {ShiftField.OLD_PIN: "000000", ShiftField.NEW_PIN: "975310",
              ShiftField.AGAIN: "975310"}  # fmt: skip
    bench.desk.shift.submit(Typed(fields))


def paused(bench: Bench) -> None:
    overview(bench)
    bench.desk.shift.pause("请到其他窗口")


def _count(bench: Bench) -> None:
    """Open a shift that began with twelve gifts."""
    store, randomness = bench.behind.store, bench.behind.randomness
    CloseShift(store, randomness)(Session("T001"))
    OpenShift(store, randomness)(Session("T001"), counts={"GIFTBOX": 12})
    overview(bench)


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "shift_opening": opening,
    "shift_opening_van": opening_van,
    "shift_place_missing": place_missing,
    "shift_served_first": served_first,
    "shift_overview": overview,
    "shift_uncounted": uncounted,
    "shift_staff": staff,
    "shift_handing": handing,
    "shift_handing_alone": handing_alone,
    "shift_handing_refused": handing_refused,
    "shift_closing": closing,
    "shift_closed": closed,
    "shift_change_pin": change_pin,
    "shift_paused": paused,
}
