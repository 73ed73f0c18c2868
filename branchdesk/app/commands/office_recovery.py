"""``branchdesk office backup|restore|learning|keys``: whole copies, the way back, new keys."""

import argparse
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import (
    acting_at_office,
    office_home,
    office_passphrase,
    with_office,
)
from branchdesk.application.reasons import check_says_why
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office import Office, restore_office
from branchdesk.headoffice.office_people import Approval
from branchdesk.headoffice.rotate_key import ROTATED


def _add_keys_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = verbs.add_parser("keys", help="the keys that head office signs with")
    acts = keys.add_subparsers(dest="act", metavar="ACT", required=True)
    rotate = acts.add_parser("rotate", help="sign with a new key; takes two people")
    rotate.add_argument("use", choices=ROTATED, metavar="USE", help="grant or bundle")
    rotate.set_defaults(run=_rotate)


def _rotate(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        return office.rotate_key(office_passphrase(), options.use, approval)

    done = acting_at_office(options, answers, act, by_two=True)
    answers.say("cli.key_rotated")
    return done


def add_recovery_parsers(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs."""
    _add_keys_parser(verbs)
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
    check_says_why(options.reason, "--reason")
    return acting_at_office(
        options,
        answers,
        lambda office, approval: office.end_learning(options.reason, approval),
        by_two=True,
    )
