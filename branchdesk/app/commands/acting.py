"""Who acts from the command line: the home, the store unlocked by a PIN or the passphrase."""

import argparse
from collections.abc import Callable
from pathlib import Path

from branchdesk.app.commands.pins import NEW_PIN, PIN, pin_from
from branchdesk.app.terminal import UNATTENDED, Terminal
from branchdesk.application.models import Session
from branchdesk.devices.paths import terminal_home
from branchdesk.errors import RuleViolation


def terminal_of(options: argparse.Namespace) -> Terminal:
    """Return the terminal whose home the command names."""
    return Terminal(terminal_home(Path(options.home) if options.home else None))


def acting(
    options: argparse.Namespace, act: Callable[[Terminal, Session], int], *, alone: bool = False
) -> int:
    """Run ``act`` with the store unlocked; ``alone`` allows the passphrase without a person."""
    with terminal_of(options) as terminal:
        if options.staff:
            signed_in = terminal.sign_in(options.staff, pin_from(PIN), recorded=False)
            if signed_in.must_choose_pin:
                raise RuleViolation("pin_must_be_chosen", variable=NEW_PIN)
            return act(terminal, signed_in.session)
        if not alone:
            terminal.require_enrolled()
            raise RuleViolation("staff_missing", field="--staff", variable=PIN)
        terminal.unlock_unattended()
        return act(terminal, UNATTENDED)
