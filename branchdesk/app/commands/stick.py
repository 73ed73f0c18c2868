"""The commands that synchronise by file, for a terminal that no line reaches."""

import argparse
from pathlib import Path

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.stick import export_to_stick, import_from_stick
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session, SyncProgress


def add_stick_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``export-sync`` and ``import-sync``."""
    export = commands.add_parser("export-sync", help="write what is unsent to a file")
    export.add_argument("file", metavar="FILE")
    export.add_argument(
        "--after", type=int, metavar="SEQ", help="begin here, when head office lacks earlier events"
    )
    export.set_defaults(run=_export)

    reply = commands.add_parser("import-sync", help="take over head office's reply to an export")
    reply.add_argument("file", metavar="FILE")
    reply.set_defaults(run=_import)


def _export(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        path = Path(options.file)
        done = export_to_stick(terminal, path, _nobody, _never, options.after)
        answers.give({"file": options.file, **plain(done)})
        return 0

    return acting(options, act, alone=True)


def _import(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        answers.give(import_from_stick(terminal, Path(options.file), _nobody, _never))
        return 0

    return acting(options, act, alone=True)


def _nobody(progress: SyncProgress) -> None:
    """Tell nobody: a command is ended by its signal."""


def _never() -> bool:
    return False
