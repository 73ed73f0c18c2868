"""The commands about vouchers that were issued here: void, reprint."""

import argparse
from collections.abc import Mapping

from branchdesk.app.commands.acting import acting_by_line, intent_in
from branchdesk.app.commands.answers import plain
from branchdesk.app.commands.batches import refuse_unknown, text_field
from branchdesk.app.commands.pins import SECOND_PIN, pin_from
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import IssuedVoucher, Session


def add_voucher_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about vouchers that were issued here."""
    for name, line, text in (
        ("void", _void, f"void vouchers, with --second and {SECOND_PIN} where two must"),
        ("reprint", _reprint, "sign vouchers anew for another paper"),
    ):
        batch = commands.add_parser(name, help=f"{text}: one JSON object a line")
        batch.add_argument("file", metavar="FILE|-")
        batch.set_defaults(run=acting_by_line(line))


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
    terminal.void_voucher(
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
    return voucher_fields(terminal.reprint_voucher(session, voucher, reason, intent))
