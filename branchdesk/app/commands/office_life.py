"""``branchdesk office shrink|lost``: ask slots back, and give a lost terminal up."""

import argparse
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import acting_at_office, with_office
from branchdesk.application.reasons import check_says_why
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office import Office
from branchdesk.headoffice.office_people import Approval


def add_life_parsers(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs."""
    shrink = verbs.add_parser("shrink", help="ask a terminal for its unused slots of a grant")
    shrink.add_argument("grant", type=int, metavar="GRANT")
    shrink.add_argument("keep", type=int, metavar="KEEP", help="how many unused slots it may keep")
    shrink.add_argument("--reason", default="")
    shrink.set_defaults(run=_shrink)

    lost = verbs.add_parser("lost", help="what a lost terminal could cost; freeze and revoke it")
    lost.add_argument("terminal", type=int, metavar="TERMINAL")
    lost.add_argument("--confirm", action="store_true", help="do it; takes two people")
    lost.add_argument("--reason", default="")
    lost.add_argument("--letter", metavar="FILE.pdf", help="the letter for the outlet")
    lost.set_defaults(run=_lost)


def _shrink(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        return office.shrink(options.grant, options.keep, options.reason, approval)

    return acting_at_office(options, answers, act)


def _lost(options: argparse.Namespace, answers: Answers) -> int:
    if not options.confirm:
        done = with_office(options, answers, lambda office: office.exposure(options.terminal))
        answers.say("cli.lost_not_done", terminal=options.terminal)
        return done
    if not options.reason.strip():
        raise RuleViolation("reason_missing", field="--reason")
    check_says_why(options.reason, "--reason")
    from branchdesk.app.lost_letter import write_lost_letter
    from branchdesk.app.paper import require_writable

    letter = Path(options.letter or f"lost-terminal-{options.terminal}.pdf")
    # What is taken back cannot be given again: the paper is made sure of first.
    require_writable(letter)

    def act(office: Office, approval: Approval) -> object:
        found = office.give_up(options.terminal, options.reason, approval)
        write_lost_letter(found, letter, answers.texts, "en" if answers.language == "en" else "zh")
        return found

    done = acting_at_office(options, answers, act, by_two=True)
    answers.say("cli.lost_done", letter=str(letter))
    return done
