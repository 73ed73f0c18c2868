"""``branchdesk office backup|restore|learning``: a copy that is whole, and the way back from it."""

import argparse
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import (
    acting_at_office,
    office_home,
    office_passphrase,
    with_office,
)
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office import restore_office


def add_recovery_parsers(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs."""
    backup = verbs.add_parser("backup", help="write a sealed backup and raise the durable marks")
    backup.add_argument("file", metavar="FILE")
    backup.set_defaults(run=_backup)

    restore = verbs.add_parser("restore", help="make a head office from a backup, in --home")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--database", metavar="URL", help="an empty PostgreSQL to restore into")
    restore.set_defaults(run=_restore)

    learning = verbs.add_parser("learning", help="which terminals a restored office waits for")
    learning.add_argument("--end", action="store_true", help="wait no more; takes two people")
    learning.add_argument("--reason", default="", help="why the missing ones will not come back")
    learning.set_defaults(run=_learning)


def _backup(options: argparse.Namespace, answers: Answers) -> int:
    path = Path(options.file)
    return with_office(options, answers, lambda office: office.back_up(path, office_passphrase()))


def _restore(options: argparse.Namespace, answers: Answers) -> int:
    done = restore_office(
        office_home(options), office_passphrase(), Path(options.file), options.database
    )
    answers.give(done)
    answers.say("cli.office_restored", awaited=len(done.awaited))
    return 0


def _learning(options: argparse.Namespace, answers: Answers) -> int:
    if not options.end:
        return with_office(options, answers, lambda office: office.learning())
    if not options.reason.strip():
        raise RuleViolation("reason_missing", field="--reason")
    return acting_at_office(
        options,
        answers,
        lambda office, approval: office.end_learning(options.reason, approval),
        by_two=True,
    )
