"""``branchdesk return``: give unused slots back to head office."""

import argparse

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.application.return_slots import ReturnSlots


def add_slot_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    back = commands.add_parser("return", help="give unused slots back; a grant a line")
    back.add_argument("--grant", type=int, metavar="N", help="only of this one")
    back.add_argument("--keep", type=int, default=0, metavar="N", help="unused slots that stay")
    back.set_defaults(run=_return)


def _return(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        give_back = ReturnSlots(terminal.store, terminal.randomness)
        done = give_back(session, options.grant, options.keep)
        answers.give_all(list(done), "cli.nothing_to_return")
        return 0

    return acting(options, act)
