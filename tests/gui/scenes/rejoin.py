"""Joining again: the banner that leads there, asked, refused, under way, and arrived."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from branchdesk.application.models import ForkNotice, TerminalCondition
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.ui.rejoin.state import RejoinStep
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter
from tests.gui.scenes.enrol import CODE


def found_out(bench: Bench) -> None:
    enter(bench)
    store = bench.behind.store
    store.state = replace(
        store.state, condition=TerminalCondition.FROZEN, fork=ForkNotice(9, 1)
    )  # fmt: skip
    bench.timers.fire("status")


def asking(bench: Bench) -> None:
    found_out(bench)
    bench.desk.join_again()


def for_another(bench: Bench) -> None:
    asking(bench)
    bench.behind.join_fault = RuleViolation("enrolment_code_for_other", terminal=3)
    bench.desk.rejoin.submit(CODE)


def no_line(bench: Bench) -> None:
    asking(bench)
    bench.behind.join_fault = EnvironmentFault("office_unreachable", problem="no_line")
    bench.desk.rejoin.submit(CODE)


def joining(bench: Bench) -> None:
    asking(bench)
    bench.desk.rejoin_view.render(replace(bench.desk.rejoin.state, step=RejoinStep.JOINING))


def done(bench: Bench) -> None:
    asking(bench)
    bench.desk.rejoin.submit(CODE)


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "rejoin_found_out": found_out,
    "rejoin_asking": asking,
    "rejoin_for_another": for_another,
    "rejoin_no_line": no_line,
    "rejoin_joining": joining,
    "rejoin_done": done,
}
