"""``branchdesk office conflicts``, ``keeper``, ``close``: what head office decides and settles."""

import argparse
from typing import Any, Final

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import (
    acting_at_office,
    office_home,
    office_passphrase,
    with_office,
)
from branchdesk.headoffice.honouring import REDEMPTION_CASES
from branchdesk.headoffice.office import Office, open_office
from branchdesk.headoffice.office_people import Approval

_SIDES: Final = ("first", "second", "redemption")


def add_case_parsers(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs."""
    conflicts = verbs.add_parser("conflicts", help="cases that wait for a person; decide one")
    conflicts.add_argument("--resolve", type=int, metavar="CASE")
    conflicts.add_argument("--liable", metavar="OUTLET|bank|nobody", help="who bears the loss")
    conflicts.add_argument("--reason", default="")
    conflicts.set_defaults(run=_conflicts)

    keeper = verbs.add_parser("keeper", help="name the terminal that redeems for an outlet")
    keeper.add_argument("outlet", metavar="OUTLET")
    keeper.add_argument("terminal", type=int, metavar="TERMINAL")
    keeper.set_defaults(run=_keeper)

    close = verbs.add_parser("close", help="close expired slots; serve does it every hour")
    close.set_defaults(run=_close)


def _conflicts(options: argparse.Namespace, answers: Answers) -> int:
    if options.resolve is not None:
        return _resolve(options, answers)
    with open_office(office_home(options), office_passphrase()) as office:
        listed = office.cases()
    answers.give_all([_told(answers, case) for case in listed], "cli.cases_none")
    return 0


def _resolve(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        return office.resolve(options.resolve, options.liable or "", options.reason, approval)

    return acting_at_office(options, answers, act)


def _keeper(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        return office.name_keeper(options.outlet, options.terminal, approval)

    return acting_at_office(options, answers, act)


def _close(options: argparse.Namespace, answers: Answers) -> int:
    return with_office(options, answers, lambda office: office.close_expired())


def _told(answers: Answers, case: dict[str, Any]) -> dict[str, object]:
    """Return a case; people read when it was raised, and a redemption in words."""
    if answers.as_json:
        return case
    raised: dict[str, object] = {"case": case["case"], "raised_at_ms": case["opened_ms"]}
    if case["kind"] not in REDEMPTION_CASES:
        rest = {name: value for name, value in case.items() if name != "opened_ms"}
        return {**raised, **rest}
    facts: dict[str, Any] = case["facts"]
    words: dict[str, object] = {
        "voucher": facts["voucher"], "offer": facts["offer"], "liable": facts["liable"],
        "loss_yuan": f"{facts['loss_minor'] / 100:.2f}",
    }  # fmt: skip
    for side in _SIDES:
        if side in facts:
            words |= {
                f"{side}_outlet": facts[side]["outlet"], f"{side}_staff": facts[side]["staff"],
            }  # fmt: skip
    told = answers.texts.say(f"case.{case['kind']}", answers.language, **words)
    return {**raised, "told": told}
