"""Syncing: all sent, waiting, offline, held back, under way; and the road check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from branchdesk.application.models import SyncProgress, SyncReport, SyncStage
from branchdesk.application.ports import Power
from branchdesk.application.redemption_records import Outcome
from branchdesk.application.waiting import RefusedItem
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.sync.state import Tab
from tests.fakes.background import InlineBackground
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter

_HOUR_MS: Final = 3_600_000


def _open(bench: Bench) -> None:
    bench.desk.shell.open(Screen.SYNC)
    bench.settle()


def _serve(bench: Bench, people: int = 7) -> None:
    for number in range(people):
        bench.behind.register("张伟", f"1380013{number:04d}", "PHONE10", "SPEND200")
        bench.behind.clock.advance(9 * 60_000)
    bench.timers.fire("status")


def all_sent(bench: Bench) -> None:
    enter(bench)
    _serve(bench)
    bench.desk.shell.sync()
    _open(bench)


def waiting(bench: Bench) -> None:
    enter(bench)
    _serve(bench)
    _open(bench)


def offline(bench: Bench) -> None:
    bench.behind.sync_answer = EnvironmentFault("office_unreachable", reason="no_line")
    waiting(bench)
    bench.behind.clock.advance(26 * _HOUR_MS)
    bench.desk.shell.sync()


def held_back(bench: Bench) -> None:
    enter(bench)
    _serve(bench)
    bench.desk.shell.sync()
    store = bench.behind.store
    last = store.state.head.seq
    for place, (verdict, code) in enumerate(
        (
            ("effect_refused", "slot_used"),
            ("flagged", "duplicate_customer"),
            ("parked", "unknown_event_version"),
            ("flagged", "a_word_of_tomorrow"),
        )
    ):
        store.hold(last - place, verdict, code)
    store.state = replace(store.state, refused=(RefusedItem("campaign", "bad_signature"),))
    answer = bench.behind.sync_answer
    assert isinstance(answer, SyncReport)
    bench.behind.sync_answer = replace(answer, refused=((0, "office_restored"),))
    bench.desk.shell.sync()
    _open(bench)


def decided(bench: Bench) -> None:
    enter(bench)
    _serve(bench, 1)
    bench.desk.shell.sync()
    outcomes = (
        Outcome(7, "double_redemption", "701-9", "no_loss", "nobody", 0, ""),
        Outcome(
            9, "double_redemption", "702-4", "bank_bears", "bank", 5_000, "两个网点都按规定核对过"
        ),
        Outcome(12, "double_redemption", "702-1", "outlet_bears", "B001", 5_000, "未核对手机尾号"),
    )
    state = bench.behind.store.state
    bench.behind.store.state = replace(state, told=replace(state.told, outcomes=outcomes))
    _open(bench)


def under_way(bench: Bench) -> None:
    waiting(bench)
    assert isinstance(bench.background, InlineBackground)
    bench.background.held.add(Lane.NETWORK)
    bench.desk.sync_screen.sync()
    bench.behind.watch.tell(SyncProgress(SyncStage.PUSH, 12, 23))
    bench.timers.fire("sync_progress")


def road_ready(bench: Bench) -> None:
    enter(bench)
    _serve(bench)
    bench.behind.store.lend("RATE50", slots=40)
    bench.behind.clock.advance(24 * _HOUR_MS)
    bench.desk.shell.sync()
    _open(bench)
    bench.desk.sync_screen.choose(Tab.ROAD.value)


def road_faults(bench: Bench) -> None:
    behind = bench.behind
    enter(bench)
    _serve(bench)
    behind.store.warned = ("second_file_failed",)
    behind.store.state = replace(behind.store.state, clock_state="suspect")
    behind.machine.printer_names, behind.machine.runs_on = (), Power(12, on_mains=False)
    behind.with_pin = ("T001",)
    bench.timers.fire("status")
    _open(bench)
    bench.desk.sync_screen.choose(Tab.ROAD.value)


def stick(bench: Bench) -> None:
    waiting(bench)
    bench.desk.sync_screen.choose(Tab.STICK.value)


def stick_writing(bench: Bench) -> None:
    stick(bench)
    assert isinstance(bench.background, InlineBackground)
    bench.background.held.add(Lane.NETWORK)
    bench.desk.sync_screen.stick.export("van-day.bdsync")
    bench.behind.stick_watch.tell(SyncProgress(SyncStage.EXPORT, 12_500, 31_200))
    bench.timers.fire("stick")


def stick_written(bench: Bench) -> None:
    stick(bench)
    bench.desk.sync_screen.stick.export("branchdesk-V001-3-20261102-1530.bdsync")


def stick_refused(bench: Bench) -> None:
    stick(bench)
    bench.behind.stick_answer = ContractFault("stick_other_terminal", terminal=9, own=3)
    bench.desk.sync_screen.stick.take_over("reply.bdsync")


def stick_taken_over(bench: Bench) -> None:
    stick(bench)
    bench.behind.stick_answer = SyncReport(23, 23, 23, 2, 7, 0)
    bench.desk.sync_screen.stick.take_over("reply.bdsync")


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "sync_all_sent": all_sent,
    "sync_waiting": waiting,
    "sync_offline": offline,
    "sync_held_back": held_back,
    "sync_decided": decided,
    "sync_under_way": under_way,
    "sync_road_ready": road_ready,
    "sync_road_faults": road_faults,
    "sync_stick": stick,
    "sync_stick_writing": stick_writing,
    "sync_stick_written": stick_written,
    "sync_stick_refused": stick_refused,
    "sync_stick_taken_over": stick_taken_over,
}
