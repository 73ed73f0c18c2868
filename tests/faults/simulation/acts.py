"""What happens in the simulation, and how often."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.simulation import decisions, mishaps, people, redeeming
from tests.faults.simulation.world import World


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens, ``weight`` times as often as an act of weight 1."""

    name: str
    weight: int
    run: Callable[[World], None]


ACTS = (
    Act("register", 26, people.register),
    Act("issue", 34, people.issue),
    Act("print", 8, people.print_vouchers),
    Act("synchronise", 14, people.synchronise),
    Act("power cut", 5, mishaps.power_cut),
    Act("power cut in sync", 1, mishaps.power_cut_while_synchronising),
    Act("restart", 1, mishaps.restart),
    Act("clock", 2, mishaps.clock_jumps),
    Act("weather", 4, mishaps.weather),
    Act("days", 1, mishaps.days_pass),
    Act("budget", 1, decisions.budget_changes),
    Act("void", 3, people.void),
    Act("reprint", 3, people.reprint),
    Act("ask twice", 2, decisions.ask_twice),
    Act("redeem", 16, redeeming.redeem),
    Act("redeem twice", 2, redeeming.on_two_terminals),
    Act("undo", 3, redeeming.undo),
    Act("ask again", 3, redeeming.ask_again),
    Act("release", 1, redeeming.release),
    Act("give back", 2, people.give_back),
    Act("join again", 2, decisions.join_again),
)
# What breaks a terminal for good comes seldom, so that the others have something to break.
RARE_ACTS = (
    Act("erase", 4, people.erase),
    Act("newer program", 2, people.newer_program),
    Act("back up", 7, decisions.back_up),
    Act("restore", 6, decisions.restore),
    Act("give up", 1, decisions.give_up),
    Act("revoke", 3, decisions.revoke_grant),
    Act("freeze", 1, decisions.freeze),
    Act("image", 6, mishaps.take_image),
    Act("put back", 2, mishaps.put_image_back),
    Act("clone", 2, mishaps.clone),
    Act("lose database", 2, mishaps.lose_database),
    Act("lose second file", 2, mishaps.lose_second_file),
    Act("old database", 2, mishaps.old_database),
)
RARE = 0.04
