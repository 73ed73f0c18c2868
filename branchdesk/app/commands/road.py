"""The command that says whether a van may leave, and prints the slip of it."""

import argparse
from typing import cast

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers
from branchdesk.app.road import RoadWords
from branchdesk.app.terminal import Terminal
from branchdesk.application.check_road import RoadReport
from branchdesk.application.models import Session
from branchdesk.documents.models import Language
from branchdesk.errors import RuleViolation


def add_road_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``road-check``."""
    road = commands.add_parser("road-check", help="whether a van may leave: a line a thing")
    road.add_argument("--out", metavar="FILE.pdf", default="", help="print the slip")
    road.set_defaults(run=_road_check)


def _road_check(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        report = terminal.check_road(session.staff)
        _give_lines(report, answers)
        answers.space()
        out = ""
        if options.out:
            out = terminal.road_slips(report, cast(Language, answers.language), options.out)
        words = RoadWords(answers.texts, answers.language)
        answers.give(
            {
                "ready": report.ready,
                "verdict": words.verdict(report),
                "checked_time_ms": report.checked_ms,
                "checked_by": session.staff,
                **({"out": out} if out else {}),
            }
        )
        return 0 if report.ready else RuleViolation.exit_code

    return acting(options, act, alone=True)


def _give_lines(report: RoadReport, answers: Answers) -> None:
    words = RoadWords(answers.texts, answers.language)
    lines = [
        {
            "check": line.subject,
            "standing": line.standing,
            "word": line.word,
            "value": words.value(line),
            "advice": words.advice(line),
        }
        for line in report.lines
    ]
    answers.give_all(lines, "cli.none", ("standing", "check", "value", "advice"))
