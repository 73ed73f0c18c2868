"""``branchdesk office conflicts``, ``keeper``, ``close``: what head office decides and settles."""

import argparse
from typing import Any

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import (
    acting_at_office,
    office_home,
    office_passphrase,
    with_office,
)
from branchdesk.headoffice.case_news import sides_of
from branchdesk.headoffice.office import Office, open_office
from branchdesk.headoffice.office_people import Approval
from branchdesk.protocol.facts import voucher_id


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
    answers.give_all([case_in_words(answers, case) for case in listed], "cli.cases_none")
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


def case_in_words(answers: Answers, case: dict[str, Any]) -> dict[str, object]:
    """Return a case; people read when it was raised, and what they have words for in words."""
    if answers.as_json:
        return case
    raised: dict[str, object] = {"case": case["case"], "raised_at_ms": case["opened_ms"]}
    key = f"case.{case['kind']}"
    if answers.texts.has(key):
        words = _words(answers, {**case, **case["facts"]})
        return {**raised, "told": answers.texts.say(key, answers.language, **words)}
    rest = {name: value for name, value in case.items() if name != "opened_ms"}
    return {**raised, **rest}


def _words(answers: Answers, facts: dict[str, Any]) -> dict[str, object]:
    """Return the facts of a case as its words name them: money in yuan, lists in a line."""
    words: dict[str, object] = {}
    for name, value in facts.items():
        if name.endswith("_minor"):
            words[f"{name.removesuffix('_minor')}_yuan"] = f"{value / 100:.2f}"
        elif name in sides_of(facts):
            words |= {f"{name}_outlet": value["outlet"], f"{name}_staff": value["staff"]}
        elif isinstance(value, list):
            words[name] = _line(answers, value)
        else:
            words[name] = value
    return words


def _line(answers: Answers, listed: list[Any]) -> str:
    separator = ", " if answers.language == "en" else "、"
    named = [_item(item) if isinstance(item, dict) else str(item) for item in listed]
    return separator.join(named) or "0"


def _item(item: dict[str, Any]) -> str:
    """Name what a history of a copy did: one voucher, or ranges of a grant's slots."""
    if "slot" in item:
        return voucher_id(item["grant"], item["slot"])
    if "slots" in item:
        ranges = ", ".join(f"{first}–{last}" for first, last in item["slots"])
        return f"{item['grant']}: {ranges}"
    return f"#{item['seq']}"
