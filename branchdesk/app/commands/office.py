"""``branchdesk office …``: what head office's people do from the command line."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.devices.paths import HOME_VARIABLE
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.context import GRANT_NUMBER_FIRST
from branchdesk.headoffice.office import Office, init_office, open_office

PASSPHRASE_VARIABLE = "BRANCHDESK_OFFICE_PASSPHRASE"  # noqa: S105  # A name, not a secret.


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
    code.add_argument("--outlet", required=True, metavar="CODE")
    code.add_argument("--kind", choices=("counter", "van"))
    code.add_argument("--terminal", type=int, help="enrol this terminal anew, under its next epoch")
    code.add_argument("--qr", metavar="FILE.png", help="also save the code as a QR picture")
    code.set_defaults(run=_enrol_code)

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

    revoke = verbs.add_parser("revoke", help="freeze a terminal, or take back a grant")
    revoke.add_argument("number", type=int, metavar="TERMINAL|GRANT")
    revoke.add_argument("--reason", default="")
    revoke.set_defaults(run=_revoke)

    budget = verbs.add_parser("budget", help="set the budget of an offer, in fen")
    budget.add_argument("offer", metavar="OFFER", help="code or number")
    budget.add_argument("amount_minor", type=int)
    budget.set_defaults(run=_budget)

    _add_customer(verbs)
    for name, run, text in (
        ("status", _status, "terminals, offers and what is committed"),
        ("conflicts", _conflicts, "cases that wait for a person"),
        ("audit", _audit, "verify every chain, signature and budget again"),
    ):
        verbs.add_parser(name, help=text).set_defaults(run=run)


def _add_customer(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    customer = verbs.add_parser("customer", help="one customer: consents, duplicates, merges")
    customer.add_argument("customer", metavar="ID")
    customer.set_defaults(run=_customer)


def office_passphrase() -> str:
    """Return the passphrase that seals head office's private keys."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not passphrase:
        raise EnvironmentFault("office_passphrase_missing", variable=PASSPHRASE_VARIABLE)
    return passphrase


def _home(options: argparse.Namespace) -> Path:
    named = options.home or os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("BranchDeskOffice", appauthor=False))


def _with_office(
    options: argparse.Namespace, answers: Answers, act: Callable[[Office], object]
) -> int:
    with open_office(_home(options), office_passphrase()) as office:
        answers.give(act(office))
    return 0


def _acting_alone(
    options: argparse.Namespace, answers: Answers, act: Callable[[Office], object]
) -> int:
    """Run an act that head office's own staff will do by name; until then it says so."""
    done = _with_office(options, answers, act)
    answers.say("cli.office_alone")
    return done


def _init(options: argparse.Namespace, answers: Answers) -> int:
    answers.give(init_office(_home(options), office_passphrase(), options.database, options.url))
    return 0


def _serve(options: argparse.Namespace, answers: Answers) -> int:
    from branchdesk.headoffice.serving import serve

    serve(
        _home(options),
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

    def act(office: Office) -> object:
        if options.check:
            campaign = office.check_campaign(mapping)
            return {"campaign": campaign.code, "version": campaign.version, "ok": True}
        return office.publish(mapping)

    return _acting_alone(options, answers, act)


def _enrol_code(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office) -> object:
        made = office.enrol_code(options.outlet, options.kind, options.terminal)
        if options.qr:
            _save_qr(made.code, Path(options.qr))
        return made

    return _acting_alone(options, answers, act)


def _save_qr(code: str, path: Path) -> None:
    from branchdesk.documents.qr import encode_text, to_png

    try:
        path.write_bytes(to_png(encode_text(code), scale=8, quiet=4))
    except OSError as error:
        raise EnvironmentFault("file_unwritable", path=str(path), reason=error.strerror) from error


def _staff_code(options: argparse.Namespace, answers: Answers) -> int:
    return _acting_alone(options, answers, lambda office: office.one_time_code(options.code))


def _staff_reset(options: argparse.Namespace, answers: Answers) -> int:
    return _acting_alone(options, answers, lambda office: office.reset_pin(options.code))


def _staff_list(options: argparse.Namespace, answers: Answers) -> int:
    with open_office(_home(options), office_passphrase()) as office:
        for member in office.staff():
            answers.give(member)
    return 0


def _revoke(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office) -> object:
        # Terminals and grants are numbered in ranges of their own, so a number names one thing.
        is_grant = options.number >= GRANT_NUMBER_FIRST
        revoke = office.revoke_grant if is_grant else office.revoke_terminal
        return revoke(options.number, options.reason)

    return _acting_alone(options, answers, act)


def _budget(options: argparse.Namespace, answers: Answers) -> int:
    def act(office: Office) -> object:
        return office.budget(_offer_number(office, options.offer), options.amount_minor)

    return _acting_alone(options, answers, act)


def _offer_number(office: Office, text: str) -> int:
    offers = office.status()["offers"]
    assert isinstance(offers, list)
    for offer in offers:
        if text in {offer["code"], str(offer["offer"])}:
            return int(offer["offer"])
    raise RuleViolation("offer_unknown", field="offer", offer=text[:40],
                        known=[offer["code"] for offer in offers])  # fmt: skip


def _status(options: argparse.Namespace, answers: Answers) -> int:
    return _with_office(options, answers, lambda office: office.status())


def _customer(options: argparse.Namespace, answers: Answers) -> int:
    return _with_office(options, answers, lambda office: office.customer(options.customer))


def _conflicts(options: argparse.Namespace, answers: Answers) -> int:
    with open_office(_home(options), office_passphrase()) as office:
        for case in office.cases():
            answers.give(case)
    return 0


def _audit(options: argparse.Namespace, answers: Answers) -> int:
    with open_office(_home(options), office_passphrase()) as office:
        found = office.audit()
    answers.give(
        {
            "ok": found.ok,
            "checked": found.checked,
            "violations": [violation.as_json() for violation in found.violations],
        }
    )
    return 0 if found.ok else ContractFault.exit_code
