"""The help: at the door, beside the work, searched, and with nothing found."""

from collections.abc import Callable
from typing import Final

from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill


def at_the_door(bench: Bench) -> None:
    bench.desk.open_help()


def beside_the_work(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.open_help()


def searched(bench: Bench) -> None:
    beside_the_work(bench)
    bench.desk.help_view.search.setText("F9")


def found_nothing(bench: Bench) -> None:
    beside_the_work(bench)
    bench.desk.help_view.search.setText("<b>量子</b>")


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "help_sign_in": at_the_door,
    "help_counter": beside_the_work,
    "help_searched": searched,
    "help_nothing": found_nothing,
}
