"""Who acts at head office from the command line: the home, the passphrase, one person or two."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.pins import PIN, SECOND_PIN, pin_from
from branchdesk.devices.paths import HOME_VARIABLE
from branchdesk.errors import EnvironmentFault
from branchdesk.headoffice.office import Office, open_office
from branchdesk.headoffice.office_people import Approval, Credentials

PASSPHRASE_VARIABLE = "BRANCHDESK_OFFICE_PASSPHRASE"  # noqa: S105  # A name, not a secret.


def office_passphrase() -> str:
    """Return the passphrase that seals head office's private keys."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not passphrase:
        raise EnvironmentFault("office_passphrase_missing", variable=PASSPHRASE_VARIABLE)
    return passphrase


def office_home(options: argparse.Namespace) -> Path:
    """Return the folder of the head office that the command names."""
    named = options.home or os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("BranchDeskOffice", appauthor=False))


def with_office(
    options: argparse.Namespace, answers: Answers, act: Callable[[Office], object]
) -> int:
    """Open the office, run ``act`` and print what it returns."""
    with open_office(office_home(options), office_passphrase()) as office:
        answers.give(act(office))
    return 0


def acting_at_office(
    options: argparse.Namespace,
    answers: Answers,
    act: Callable[[Office, Approval], object],
    *,
    by_two: bool = False,
) -> int:
    """Run an act by head office's own people; until any are named it says that one worked alone.

    A list that ``act`` returns is printed an answer a line.
    """
    with open_office(office_home(options), office_passphrase()) as office:
        approval = office.approve(
            _credentials(options.staff, PIN), _credentials(options.second, SECOND_PIN),
            by_two=by_two,
        )  # fmt: skip
        done = act(office, approval)
        if isinstance(done, list):
            answers.give_all(done, "cli.none")
        else:
            answers.give(done)
    if approval.is_alone:
        answers.say("cli.office_alone")
    return 0


def _credentials(code: str | None, variable: str) -> Credentials | None:
    return Credentials(code, pin_from(variable)) if code else None
