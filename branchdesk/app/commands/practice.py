"""``branchdesk practice``: the window on a made-up bank that touches nothing real."""

import argparse
from pathlib import Path

from branchdesk.app.commands.answers import Answers


def add_practice_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add ``practice``."""
    practice = commands.add_parser("practice", help="the window, on made-up people and keys")
    practice.set_defaults(run=_practice)


def _practice(options: argparse.Namespace, answers: Answers) -> int:
    from branchdesk.app.made_up import PIN, STAFF, SUPERVISOR
    from branchdesk.app.practice.window import run_practice
    from branchdesk.devices.paths import terminal_home

    home = terminal_home(Path(options.home) if options.home else None)

    def ready() -> None:
        # Said once it can be used: sign in with these.
        answers.give({"staff": STAFF, "supervisor": SUPERVISOR, "pin": PIN})

    return run_practice(home, ready)
