"""The commands about one customer: show, consent, correct, erase, merge."""

import argparse

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session


def add_customer_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about one customer."""
    customer = commands.add_parser("customer", help="one customer's page, masked")
    customer.add_argument("customer", metavar="ID")
    customer.set_defaults(run=_customer)


def _customer(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        answers.give(terminal.show_customer_page(options.customer))
        return 0

    return acting(options, act)
