"""Who acts from the command line: the home, the store unlocked by a PIN or the passphrase."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.batches import read_object, run_batch, text_field
from branchdesk.app.commands.pins import NEW_PIN, PIN, pin_from
from branchdesk.app.terminal import UNATTENDED, Terminal
from branchdesk.application.models import Session
from branchdesk.devices.paths import terminal_home
from branchdesk.errors import RuleViolation

# What is done with the fields of one line, by whom, and with which second person beside.
Line = Callable[[Terminal, Session, Mapping[str, object], str], object]


def terminal_of(options: argparse.Namespace) -> Terminal:
    """Return the terminal whose home the command names."""
    return Terminal(terminal_home(Path(options.home) if options.home else None))


def acting(
    options: argparse.Namespace,
    act: Callable[[Terminal, Session], int],
    *,
    alone: bool = False,
    even_unlisted: bool = False,
) -> int:
    """Run ``act`` with the store unlocked; ``alone`` allows the passphrase without a person.

    ``even_unlisted`` lets the PIN of somebody who is not on the list do what nobody has to answer
    for: beside a key store it is all that opens a terminal which was enrolled by them.
    """
    with terminal_of(options) as terminal:
        if options.staff:
            try:
                signed_in = terminal.sign_in(options.staff, pin_from(PIN), recorded=False)
            except RuleViolation as error:
                # The store is open only behind the right PIN.
                if not (even_unlisted and error.code == "staff_unknown" and terminal.is_open):
                    raise
                return act(terminal, UNATTENDED)
            if signed_in.must_choose_pin:
                raise RuleViolation("pin_must_be_chosen", variable=NEW_PIN)
            return act(terminal, signed_in.session)
        if not alone:
            terminal.require_enrolled()
            raise RuleViolation("staff_missing", field="--staff", variable=PIN)
        terminal.unlock_unattended()
        return act(terminal, UNATTENDED)


def acting_by_line(line: Line) -> Callable[[argparse.Namespace, Answers], int]:
    """Return a command that does every JSON line of ``options.file`` as somebody signed in."""

    def run(options: argparse.Namespace, answers: Answers) -> int:
        def act(terminal: Terminal, session: Session) -> int:
            def do(text: str) -> object:
                return line(terminal, session, read_object(text), options.second or "")

            return run_batch(options.file, answers, do)

        return acting(options, act)

    return run


def intent_in(terminal: Terminal, fields: Mapping[str, object]) -> str:
    """Return the intent of a line, or a new one, so that the answer can always name it."""
    return text_field(fields, "intent", default=str(terminal.randomness.intent_id()))
