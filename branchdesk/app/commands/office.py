"""``branchdesk office …``: what head office's people do from the command line."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.office_acting import (
    acting_at_office,
    office_home,
    office_passphrase,
    with_office,
)
from branchdesk.app.commands.office_cases import add_case_parsers
from branchdesk.app.commands.office_life import add_life_parsers
from branchdesk.app.commands.office_recovery import add_recovery_parsers
from branchdesk.app.commands.office_stick import add_import_parser
from branchdesk.app.commands.pins import NEW_PIN, pin_from
from branchdesk.devices.vault import check_pin
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation, os_reason
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.context import GRANT_NUMBER_FIRST
from branchdesk.headoffice.office import Office, init_office, open_office
from branchdesk.headoffice.office_people import Approval


def add_office_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``office`` with its verbs."""
    office = commands.add_parser(
        "office", help="head office: init, serve, publish, status, audit …"
    )
    verbs = office.add_subparsers(dest="verb", metavar="VERB", required=True)

    init = verbs.add_parser("init", help="found a head office in --home")
    init.add_argument("--database", metavar="URL", help="postgresql://…; SQLite when left out")
    init.add_argument("--url", metavar="URL", help="the address that terminals will use")
    init.set_defaults(run=_init)

    serve = verbs.add_parser("serve", help="answer terminals over TLS until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8443)
    serve.add_argument("--workers", type=int, default=1)
    serve.add_argument("--durable", choices=("commit", "backup"), default="commit")
    serve.set_defaults(run=_serve)

    publish = verbs.add_parser("publish", help="sign a campaign and send it to every terminal")
    publish.add_argument("file", metavar="FILE", help="campaign as YAML or JSON")
    publish.add_argument("--check", action="store_true", help="only say whether it is good")
    publish.set_defaults(run=_publish)

    code = verbs.add_parser("enrol-code", help="make a one-time code for a new terminal")
    code.add_argument("--outlet", metavar="CODE", help="needed for a new terminal")
    code.add_argument("--kind", choices=("counter", "van"))
    code.add_argument("--terminal", type=int, help="enrol this terminal anew, under its next epoch")
    code.add_argument("--qr", metavar="FILE.png", help="also save the code as a QR picture")
    code.set_defaults(run=_enrol_code)

    _add_staff(verbs)

    revoke = verbs.add_parser("revoke", help="freeze a terminal, or take back a grant")
    revoke.add_argument("number", type=int, metavar="TERMINAL|GRANT")
    revoke.add_argument("--reason", default="")
    revoke.set_defaults(run=_revoke)

    budget = verbs.add_parser("budget", help="set the budget of an offer, in fen")
    budget.add_argument("offer", metavar="OFFER", help="code or number")
    budget.add_argument("amount_minor", type=int)
    budget.set_defaults(run=_budget)

    book = verbs.add_parser("lend-book", help="lend slots for a book of numbered vouchers")
    book.add_argument("terminal", type=int, metavar="TERMINAL")
    book.add_argument("offer", metavar="OFFER", help="code or number")
    book.add_argument("count", type=int, metavar="COUNT")
    book.set_defaults(run=_lend_book)

    _add_customer(verbs)
    add_recovery_parsers(verbs)
    add_life_parsers(verbs)
    add_import_parser(verbs)
    add_case_parsers(verbs)
    for name, run, text in (
        ("status", _status, "terminals, offers and what is committed"),
        ("audit", _audit, "verify every chain, signature and budget again"),
    ):
        verbs.add_parser(name, help=text).set_defaults(run=run)


def _add_staff(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    staff = verbs.add_parser("staff", help="who may sign in, codes for first PINs, forgotten PINs")
    acts = staff.add_subparsers(dest="what", metavar="WHAT", required=True)
    acts.add_parser("list", help="a person a line").set_defaults(run=_staff_list)
    for name, run, text in (
        ("code", _staff_code, "make a one-time code for a first PIN"),
        ("reset", _staff_reset, "approve a new PIN that a supervisor has asked for"),
    ):
        act = acts.add_parser(name, help=text)
        act.add_argument("code", metavar="STAFF")
        act.set_defaults(run=run)
    person = acts.add_parser("add", help=f"name one of head office's own people; PIN in {NEW_PIN}")
    person.add_argument("code", metavar="CODE")
    person.add_argument("--name", required=True)
    person.set_defaults(run=_staff_add)


def _add_customer(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    customer = verbs.add_parser("customer", help="one customer: consents, duplicates, merges")
    customer.add_argument("customer", metavar="ID")
    customer.set_defaults(run=_customer)


def _init(options: argparse.Namespace, answers: Answers) -> int:
    answers.give(
        init_office(office_home(options), office_passphrase(), options.database, options.url)
    )
    return 0


def _serve(options: argparse.Namespace, answers: Answers) -> int:
    from branchdesk.headoffice.serving import serve

    serve(
        office_home(options),
        office_passphrase(),
        options.host,
        options.port,
        options.workers,
        durable=options.durable,
        on_listening=lambda url: answers.give({"url": url}),
    )
    return 0


def _publish(options: argparse.Namespace, answers: Answers) -> int:
    mapping = read_campaign_file(Path(options.file))

    if options.check:
        return with_office(options, answers, lambda office: _checked(office, mapping))
    return acting_at_office(options, answers, lambda office, _: office.publish(mapping))


def _checked(office: Office, mapping: Mapping[str, object]) -> object:
    campaign = office.check_campaign(mapping)
    return {"campaign": campaign.code, "version": campaign.version, "ok": True}


def _enrol_code(options: argparse.Namespace, answers: Answers) -> int:
    if options.terminal is None and not options.outlet:
        raise RuleViolation("outlet_missing", field="--outlet")

    def act(office: Office, approval: Approval) -> object:
        made = office.enrol_code(options.outlet, options.kind, options.terminal, approval)
        if options.qr:
            _save_qr(made.code, Path(options.qr))
        return made

    # A code that begins a terminal's next epoch gives a copied or stolen one its authority back.
    return acting_at_office(options, answers, act, by_two=options.terminal is not None)


def _save_qr(code: str, path: Path) -> None:
    from branchdesk.documents.qr import encode_text, to_png

    try:
        path.write_bytes(to_png(encode_text(code), scale=8, quiet=4))
    except OSError as error:
        raise EnvironmentFault(
            "file_unwritable", path=str(path), reason=os_reason(error)
        ) from error


def _staff_code(options: argparse.Namespace, answers: Answers) -> int:
    return acting_at_office(options, answers, lambda office, _: office.one_time_code(options.code))


def _staff_reset(options: argparse.Namespace, answers: Answers) -> int:
    return acting_at_office(options, answers, lambda office, _: office.reset_pin(options.code))


def _staff_add(options: argparse.Namespace, answers: Answers) -> int:
    pin = check_pin(pin_from(NEW_PIN))

    def act(office: Office, _: Approval) -> object:
        office.add_person(options.code, options.name, pin)
        return {"staff": options.code, "name": options.name, "role": "office"}

    return acting_at_office(options, answers, act)


def _staff_list(options: argparse.Namespace, answers: Answers) -> int:
    with open_office(office_home(options), office_passphrase()) as office:
        answers.give_all((*office.people(), *office.staff()), "cli.staff_none")
    return 0


def _revoke(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        # Terminals and grants are numbered in ranges of their own, so a number names one thing.
        is_grant = options.number >= GRANT_NUMBER_FIRST
        revoke = office.revoke_grant if is_grant else office.revoke_terminal
        return revoke(options.number, options.reason, approval)

    return acting_at_office(options, answers, act, by_two=True)


def _budget(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        number = _offer_number(office, options.offer)
        changed = office.budget(number, options.amount_minor, approval)
        if changed.is_target:
            used_minor = changed.committed_minor + changed.reserve_minor
            answers.say(
                "cli.budget_target", budget_minor=changed.budget_minor, used_minor=used_minor
            )
        return changed

    return acting_at_office(options, answers, act)


def _lend_book(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office, approval: Approval) -> object:
        number = _offer_number(office, options.offer)
        return office.lend_book(options.terminal, number, options.count, approval)

    return acting_at_office(options, answers, act)


def _offer_number(office: Office, text: str) -> int:
    offers = office.status()["offers"]
    assert isinstance(offers, list)
    for offer in offers:
        if text in {offer["code"], str(offer["offer"])}:
            return int(offer["offer"])
    raise RuleViolation("offer_unknown", field="offer", offer=text[:40],
                        known=[offer["code"] for offer in offers])  # fmt: skip


def _status(options: argparse.Namespace, answers: Answers) -> int:
    return with_office(options, answers, lambda office: office.status())


def _customer(options: argparse.Namespace, answers: Answers) -> int:
    return with_office(options, answers, lambda office: office.customer(options.customer))


def _audit(options: argparse.Namespace, answers: Answers) -> int:
    with open_office(office_home(options), office_passphrase()) as office:
        found = office.audit()
    answers.give(
        {
            "ok": found.ok,
            "checked": found.checked,
            "violations": [violation.as_json() for violation in found.violations],
        }
    )
    return 0 if found.ok else ContractFault.exit_code
