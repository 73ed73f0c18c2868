"""The terminal's commands: enrol, sync, register, issue, print, status, check, proof."""

import argparse
from pathlib import Path

from branchdesk.app.commands.acting import acting, terminal_of
from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.batches import (
    read_object,
    refuse_unknown,
    run_batch,
    text_field,
)
from branchdesk.app.commands.books import add_book_parsers
from branchdesk.app.commands.line_formats import describe_lines
from branchdesk.app.commands.pins import NEW_PIN, PIN, pin_from
from branchdesk.app.commands.redemption import add_redemption_parsers
from branchdesk.app.commands.shifts import add_shift_parsers
from branchdesk.app.commands.vouchers import add_voucher_parsers, voucher_fields
from branchdesk.app.proof import proof_fields, save_proof
from branchdesk.app.terminal import Terminal
from branchdesk.application.intents import intent_uuid, part_of
from branchdesk.application.models import IssuedVoucher, Session, TerminalCondition
from branchdesk.application.print_vouchers import LAYOUTS
from branchdesk.application.show_customers import FindCustomers
from branchdesk.domain.person import parse_registration
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation

# What people see of a batch line's answer; tokens and intents are for programs.
_REGISTERED = ("customer", "duplicates", "vouchers")
_OUTCOMES_SHOWN = 5
_ISSUED = ("offer", "short_code", "face_minor", "expires_on", "customer")


def add_terminal_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add every command of a terminal."""
    for name, run, text in (
        ("enrol", _enrol, "join head office by its one code"),
        ("rejoin", _rejoin, "join again as this terminal, by a code that two people made for it"),
    ):
        joining = commands.add_parser(name, help=text)
        joining.add_argument("--code", required=True)
        joining.set_defaults(run=run)

    pin = commands.add_parser("pin", help=f"choose a new PIN, given in {NEW_PIN}")
    pin.set_defaults(run=_pin)

    for name, run, text in (
        ("register", _register, "register walk-ins: one JSON object a line"),
        ("issue", _issue, "issue vouchers: one JSON object a line"),
    ):
        batch = commands.add_parser(name, help=text)
        batch.add_argument("file", metavar="FILE|-")
        batch.set_defaults(run=run)
        describe_lines(batch, name)

    printing = commands.add_parser("print", help="make papers")
    papers = printing.add_subparsers(dest="paper", metavar="PAPER", required=True)
    vouchers = papers.add_parser("vouchers", help="vouchers as PDF")
    chosen = vouchers.add_mutually_exclusive_group()
    chosen.add_argument("--intent", nargs="+", action="extend", metavar="I", default=[])
    chosen.add_argument("--unprinted", action="store_true", help="the default")
    chosen.add_argument("--all", action="store_true")
    vouchers.add_argument("--layout", required=True, choices=LAYOUTS)
    vouchers.add_argument("--out", required=True, metavar="FILE.pdf")
    vouchers.set_defaults(run=_print_vouchers)

    add_redemption_parsers(commands)
    add_shift_parsers(commands)
    add_voucher_parsers(commands)
    add_book_parsers(commands)

    customers = commands.add_parser("customers", help="find customers; a person a line, masked")
    customers.add_argument("query")
    customers.set_defaults(run=_customers)

    proof = commands.add_parser("proof", help="save head office's newest signed acknowledgement")
    proof.add_argument("--out", required=True, metavar="FILE")
    proof.set_defaults(run=_proof)

    for name, run, text in (
        ("sync", _sync, "bring everything to head office and fetch what it sends"),
        ("status", _status, "where this terminal stands"),
        ("check", _check, "compare the store with its log"),
        ("recover", _recover, "rebuild a lost or damaged store from the second event file"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)


def _enrol(options: argparse.Namespace, answers: Answers) -> int:
    with terminal_of(options) as terminal:
        staff = options.staff or ""
        state = terminal.enrol(options.code, staff, pin_from(PIN) if staff else "")
        answers.give({"terminal": state.terminal, "outlet": state.outlet, "epoch": state.epoch})
        # The campaign and the first grants are fetched at once; a line that fails now is no
        # failure of the enrolment, and the next sync brings them.
        try:
            terminal.synchronise()
        except (EnvironmentFault, ContractFault) as error:
            answers.say("cli.enrolled_not_synced", reason=error.code)
        if staff:
            terminal.require_listed(staff)
    return 0


def _rejoin(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        state = terminal.rejoin(options.code)
        answers.give({"terminal": state.terminal, "outlet": state.outlet, "epoch": state.epoch})
        try:
            terminal.synchronise()
        except (EnvironmentFault, ContractFault) as error:
            answers.say("cli.rejoined_not_synced", reason=error.code)
        return 0

    return acting(options, act, alone=True)


def _pin(options: argparse.Namespace, answers: Answers) -> int:
    if not options.staff:
        raise RuleViolation("staff_required")
    with terminal_of(options) as terminal:
        signed_in = terminal.sign_in(options.staff, pin_from(PIN), recorded=False)
        terminal.choose_pin(signed_in.session, pin_from(NEW_PIN))
        answers.give({"staff": options.staff, "pin_set": True})
    return 0


def _register(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        with terminal.store.read() as reading:
            campaigns = reading.campaigns()
        texts = campaigns[0].campaign.consent_texts if campaigns else ()

        def register(line: str) -> object:
            registration = parse_registration(read_object(line), texts)
            done = terminal.register_customer(session, registration)
            answer: dict[str, object] = {
                "customer": done.customer,
                "duplicates": [
                    {"customer": match.customer, "why": match.why.value}
                    for match in done.duplicates
                ],
                "intent": done.intent,
            }
            if done.vouchers:
                answer["vouchers"] = [voucher_fields(voucher) for voucher in done.vouchers]
            return answer

        return run_batch(options.file, answers, register, _REGISTERED)

    return acting(options, act)


def _issue(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        def issue(line: str) -> IssuedVoucher:
            fields = read_object(line)
            refuse_unknown(fields, "customer", "offer", "intent")
            return terminal.issue_voucher(
                session,
                text_field(fields, "customer"),
                text_field(fields, "offer"),
                text_field(fields, "intent") if "intent" in fields else None,
            )

        return run_batch(options.file, answers, lambda line: voucher_fields(issue(line)), _ISSUED)

    return acting(options, act)


def _print_vouchers(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        with terminal.store.read() as reading:
            number = reading.terminal().terminal
            offers = [code for found in reading.campaigns() for code in found.numbers]
            intents = [
                event_id
                for text in options.intent
                for whole in (intent_uuid(text, number, terminal.randomness),)
                for event_id in (whole, *(part_of(whole, f"issue:{code}") for code in offers))
            ]
            found = reading.vouchers(intents=intents, unprinted=not (options.all or options.intent))
        ids = [record.voucher for record in found if not (record.is_void or record.is_book)]
        answers.give(terminal.print_vouchers(session, ids, options.layout, options.out))
        return 0

    return acting(options, act)


def _customers(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        found = FindCustomers(terminal.store)(options.query)
        answers.give_all(found, "cli.customers_none", query=options.query)
        return 0

    return acting(options, act)


def _sync(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        report = terminal.synchronise()
        with terminal.store.read() as reading:
            condition = reading.terminal().condition
        answers.give({**plain(report), "state": condition})
        if condition is TerminalCondition.FROZEN:
            # The records arrived, so it is no failure; but nobody can go on issuing here.
            answers.say("cli.terminal_frozen")
        return 0

    return acting(options, act, alone=True, even_unlisted=True)


def _status(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        with terminal.store.read() as reading:
            state, grants, clock = reading.terminal(), reading.grants(), reading.clock_state()
            decided = reading.outcomes(_OUTCOMES_SHOWN)
        answers.give(
            {
                "terminal": state.terminal,
                "outlet": state.outlet,
                "epoch": state.epoch,
                "seq": state.head.seq,
                "acked_seq": state.acked_seq,
                "durable_seq": state.durable_seq,
                "unsent": state.unsent,
                "parked": terminal.store.outbox.parked(),
                "state": state.condition,
                "grants": [
                    {
                        "grant": grant.grant,
                        "offer": grant.offer,
                        "code": grant.code,
                        "slots": grant.slots,
                        "used": grant.used,
                        "returned": grant.returned,
                        "policy": grant.policy,
                        "issue_until": grant.issue_until,
                        "revoked": grant.revoked,
                    }
                    for grant in grants
                ],
                "clock": clock,
                "outcomes": [plain(outcome) for outcome in decided],
            }
        )
        return 0

    return acting(options, act, alone=True)


def _check(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        report = terminal.store.check()
        answers.give(report)
        return 0 if report.ok else EnvironmentFault.exit_code

    return acting(options, act, alone=True)


def _recover(options: argparse.Namespace, answers: Answers) -> int:
    with terminal_of(options) as terminal:
        if options.staff:
            data_key = terminal.vault.unlock(options.staff, pin_from(PIN)).data_key
        else:
            data_key = terminal.vault.unlock_unattended()
        report = terminal.recover(data_key).check()
        answers.give(report)
        return 0 if report.ok else EnvironmentFault.exit_code


def _proof(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        proof = terminal.store.proof()
        if proof is None:
            raise RuleViolation("proof_missing")
        save_proof(proof, Path(options.out))
        answers.give(proof_fields(proof))
        return 0

    return acting(options, act, alone=True)
