"""``branchdesk office import-sync``: what a terminal without a line sends by hand.

Nobody at head office decides anything here, as nobody does when a terminal sends it over the line.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.office_acting import office_home, office_passphrase
from branchdesk.app.stick import refuse_other_file
from branchdesk.devices.stick_file import reading_stick, writing_stick
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office import Office, open_office


def add_import_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``import-sync``."""
    stick = verbs.add_parser("import-sync", help="take a terminal's export from a stick")
    stick.add_argument("file", metavar="FILE")
    stick.add_argument("--reply", required=True, metavar="FILE", help="what is carried back")
    stick.add_argument("--durable", choices=("commit", "backup"), default="commit")
    stick.set_defaults(run=_import_sync)


def _import_sync(options: argparse.Namespace, answers: Answers) -> int:
    source, target = Path(options.file), Path(options.reply)
    if source.exists() and target.exists() and source.samefile(target):
        raise RuleViolation("reply_is_export", field="--reply", path=target.name[:80])
    refuse_other_file(target)
    with open_office(office_home(options), office_passphrase()) as opened:
        by_backup = options.durable == "backup"
        office = Office(replace(opened.context, durable_by_backup=by_backup))
        with reading_stick(source) as export, writing_stick(target) as reply:
            taken, fork = office.import_stick(export, reply)
    answers.give({**plain(taken), "reply": options.reply})
    if fork is not None:
        # Kept as evidence, with a case open; the reply tells the terminal.
        raise fork
    return 0
