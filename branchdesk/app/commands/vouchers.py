"""The commands about vouchers that were issued here: void, reprint, replace, release, printed."""

import argparse
from collections.abc import Mapping

from branchdesk.app.commands.acting import acting, acting_by_line, intent_in
from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.batches import refuse_unknown, text_field
from branchdesk.app.commands.line_formats import describe_lines
from branchdesk.app.commands.pins import SECOND_PIN, pin_from
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import IssuedVoucher, Session


def add_voucher_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about vouchers that were issued here."""
    for name, line, text in (
        ("void", _void, f"void vouchers, with --second and {SECOND_PIN} where two must"),
        ("reprint", _reprint, "sign vouchers anew for another paper"),
        ("replace", _replace, "void vouchers and give fresh ones in their place"),
        ("release", _release, "sign away that vouchers are redeemed here"),
        ("confirm-printed", _confirm_printed, "say that papers came out after all"),
    ):
        batch = commands.add_parser(name, help=f"{text}: one JSON object a line")
        batch.add_argument("file", metavar="FILE|-")
        batch.set_defaults(run=acting_by_line(line))
        describe_lines(batch, name)
    unprinted = commands.add_parser("unprinted", help="issued, not known to be printed; one a line")
    unprinted.set_defaults(run=_unprinted)


def voucher_fields(voucher: IssuedVoucher) -> dict[str, object]:
    """Return a voucher as every command prints it."""
    fields = plain(voucher)
    fields["offer"] = fields.pop("offer_code")
    return fields


def _void(
    terminal: Terminal, session: Session, fields: Mapping[str, object], second: str
) -> object:
    refuse_unknown(fields, "voucher", "reason", "intent")
    voucher, intent = text_field(fields, "voucher"), intent_in(terminal, fields)
    terminal.papers.void(
        session,
        voucher,
        text_field(fields, "reason", default=""),
        second=second,
        second_pin=pin_from(SECOND_PIN) if second else "",
        intent=intent,
    )
    return {"voucher": voucher, "voided": True, "intent": intent}


def _reprint(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    refuse_unknown(fields, "voucher", "reason", "intent")
    voucher, intent = text_field(fields, "voucher"), intent_in(terminal, fields)
    reason = text_field(fields, "reason", default="")
    return voucher_fields(terminal.papers.reprint(session, voucher, reason, intent))


def _replace(
    terminal: Terminal, session: Session, fields: Mapping[str, object], second: str
) -> object:
    refuse_unknown(fields, "voucher", "reason", "intent")
    voucher, intent = text_field(fields, "voucher"), intent_in(terminal, fields)
    fresh = terminal.papers.replace(
        session,
        voucher,
        text_field(fields, "reason", default=""),
        second=second,
        second_pin=pin_from(SECOND_PIN) if second else "",
        intent=intent,
    )
    return {**voucher_fields(fresh), "replaced": voucher}


def _release(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    refuse_unknown(fields, "voucher", "reason")
    voucher = text_field(fields, "voucher")
    terminal.papers.release(session, voucher, text_field(fields, "reason", default=""))
    return {"voucher": voucher, "released": True}


def _confirm_printed(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    refuse_unknown(fields, "voucher")
    (record,) = terminal.papers.confirm_printed(session, (text_field(fields, "voucher"),))
    return {"voucher": record.voucher, "copy": record.copy, "printed": True}


def _unprinted(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        with terminal.store.read() as reading:
            found = reading.vouchers(unprinted=True)
        lines = [
            {
                "voucher": record.voucher, "number": record.number, "offer": record.offer_code,
                "customer": record.customer, "copy": record.copy,
                "issued_at_ms": record.issued_at_ms,
            }
            for record in found
        ]  # fmt: skip
        answers.give_all(lines, "cli.unprinted_none")
        return 0

    return acting(options, act, alone=True)
