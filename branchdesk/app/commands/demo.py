"""``branchdesk demo``: the main job end to end, with made-up people."""

import argparse
from pathlib import Path

from branchdesk.app.commands.answers import Answers


def add_demo_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``demo``."""
    demo = commands.add_parser("demo", help="a head office, a terminal and 200 walk-ins, for real")
    demo.add_argument("--headless", action="store_true", help="do the job and leave, no window")
    demo.add_argument("--out", metavar="DIR", default="branchdesk-demo")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace, answers: Answers) -> int:
    from branchdesk.app.demo import run_demo

    return run_demo(Path(options.out), headless=options.headless, answers=answers)
