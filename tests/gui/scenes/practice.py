"""Practice: the band over every page, and the way into it from the door."""

from collections.abc import Callable
from typing import Final

from branchdesk.errors import RuleViolation
from tests.gui.conftest import Bench
from tests.gui.scenes import counter


def practice_sign_in(bench: Bench) -> None:
    bench.desk.sign_in.start()


def practice_counter(bench: Bench) -> None:
    counter.filled(bench)


def opened_beside(bench: Bench) -> None:
    bench.desk.sign_in_view.practise.click()


def open_already(bench: Bench) -> None:
    bench.behind.practice_fault = RuleViolation("practice_open")
    bench.desk.sign_in_view.practise.click()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "practice_sign_in": practice_sign_in,
    "practice_counter": practice_counter,
    "sign_in_practice_opened": opened_beside,
    "sign_in_practice_open": open_already,
}
