"""The door: signing in, refused, locked out, a first PIN, a locked window."""

from collections.abc import Callable
from typing import Final

from branchdesk.errors import RuleViolation
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.desk import ONE_TIME_CODE, PIN
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill


def sign_in(bench: Bench) -> None:
    bench.desk.sign_in.start()


def sign_in_refused(bench: Bench) -> None:
    bench.desk.sign_in.submit(Credentials("T001", "135790"))


def sign_in_locked_out(bench: Bench) -> None:
    bench.behind.tries_left = 0
    bench.desk.sign_in.submit(Credentials("T001", PIN))


def sign_in_destroyed(bench: Bench) -> None:
    refusal = RuleViolation("pin_destroyed", staff="T001")
    bench.behind.sign_in_fault = refusal
    bench.desk.sign_in.submit(Credentials("T001", PIN))


def choose_pin(bench: Bench) -> None:
    bench.behind.first_time = True
    bench.desk.sign_in.submit(Credentials("T001", ONE_TIME_CODE))


def locked(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.shell.lock()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "sign_in": sign_in,
    "sign_in_refused": sign_in_refused,
    "sign_in_locked_out": sign_in_locked_out,
    "sign_in_destroyed": sign_in_destroyed,
    "choose_pin": choose_pin,
    "locked": locked,
}
