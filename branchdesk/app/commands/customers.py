"""The commands about one customer: show, consent, correct, erase, merge."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict

from branchdesk.app.commands.acting import acting, acting_by_line, intent_in
from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.batches import refuse_unknown, text_field
from branchdesk.app.commands.line_formats import describe_lines
from branchdesk.app.commands.pins import SECOND_PIN, pin_from
from branchdesk.app.terminal import Terminal
from branchdesk.application.customer_page import ConsentStanding, Correction, CustomerPage
from branchdesk.application.models import Session
from branchdesk.domain.consent import (
    ConsentHow,
    parse_consent_how,
    parse_purpose,
    parse_signature,
)
from branchdesk.errors import RuleViolation

_CORRECTED_TEXTS = ("name", "phone", "channel", "reason")
_CORRECTED_LISTS = ("interests", "needs")


def add_customer_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about one customer."""
    customer = commands.add_parser("customer", help="one customer's page, masked")
    customer.add_argument("customer", metavar="ID")
    customer.set_defaults(run=_customer)

    for name, line, text in (
        ("consent", _consent, "give or take back a consent: one JSON object a line"),
        ("correct", _correct, "correct customers: one JSON object a line"),
        ("merge", _merge, "propose or undo merges: one JSON object a line"),
        ("erase", _erase, f"erase people with --second and {SECOND_PIN}: one JSON object a line"),
    ):
        batch = commands.add_parser(name, help=text)
        batch.add_argument("file", metavar="FILE|-")
        batch.set_defaults(run=acting_by_line(line))
        describe_lines(batch, name)


def _customer(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        answers.give(_page_fields(terminal.show_customer_page(options.customer)))
        return 0

    return acting(options, act)


def _page_fields(page: CustomerPage) -> dict[str, object]:
    fields = asdict(page)
    fields["consents"] = [_standing_fields(standing) for standing in page.consents]
    return fields


def _standing_fields(standing: ConsentStanding) -> dict[str, object]:
    """Return an answer; of a purpose that nobody was asked about everything is null."""
    fields = asdict(standing)
    if standing.is_asked:
        return fields
    return dict.fromkeys(fields) | {"purpose": standing.purpose}


def _consent(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    refuse_unknown(fields, "customer", "purpose", "granted", "how", "signature", "intent")
    customer, intent = text_field(fields, "customer"), intent_in(terminal, fields)
    purpose = parse_purpose(text_field(fields, "purpose"))
    granted = fields.get("granted")
    if not isinstance(granted, bool):
        raise RuleViolation("field_type", field="granted", expected="boolean")
    terminal.answer_consent(
        session,
        customer,
        purpose,
        granted=granted,
        how=parse_consent_how(fields.get("how", ConsentHow.VERBAL)),
        signature=parse_signature(fields.get("signature")),
        intent=intent,
    )
    return {"customer": customer, "purpose": purpose, "granted": granted, "intent": intent}


def _correct(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    texts = {name: text_field(fields, name) for name in _CORRECTED_TEXTS if name in fields}
    lists = {name: _texts(fields, name) for name in _CORRECTED_LISTS if name in fields}
    refuse_unknown(fields, "customer", "intent", "document", *_CORRECTED_TEXTS, *_CORRECTED_LISTS)
    customer, intent = text_field(fields, "customer"), intent_in(terminal, fields)
    correction = Correction(
        name=texts.get("name"),
        phone=texts.get("phone"),
        channel=texts.get("channel"),
        interests=lists.get("interests"),
        needs=lists.get("needs"),
        reason=texts.get("reason", ""),
        **_document(fields),
    )
    terminal.correct_customer(session, customer, correction, intent)
    return {"customer": customer, "corrected": True, "intent": intent}


def _merge(
    terminal: Terminal, session: Session, fields: Mapping[str, object], _second: str
) -> object:
    intent, reason = intent_in(terminal, fields), text_field(fields, "reason", default="")
    if "undo" in fields:
        refuse_unknown(fields, "undo", "reason", "intent")
        merge = text_field(fields, "undo")
        terminal.undo_merge(session, merge, reason, intent)
        return {"merge": merge, "undone": True, "intent": intent}
    refuse_unknown(fields, "kept", "other", "reason", "intent")
    kept, other = text_field(fields, "kept"), text_field(fields, "other")
    merge = terminal.propose_merge(session, kept, other, reason, intent)
    return {"merge": merge, "kept": kept, "other": other, "intent": intent}


def _erase(
    terminal: Terminal, session: Session, fields: Mapping[str, object], second: str
) -> object:
    refuse_unknown(fields, "customer", "reason", "intent")
    customer, intent = text_field(fields, "customer"), intent_in(terminal, fields)
    reason = text_field(fields, "reason", default="")
    pin = pin_from(SECOND_PIN) if second else ""
    terminal.erase_customer(session, customer, reason, second, pin, intent=intent)
    return {"customer": customer, "erased": True, "intent": intent}


def _texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = fields[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RuleViolation("field_type", field=name, expected="text_list")
    return tuple(value)


def _document(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the document's two fields as a correction has them; null takes the document away."""
    if "document" not in fields:
        return {}
    shown = fields["document"]
    if shown is None:
        return {"document_type": "", "document_number": ""}
    if not isinstance(shown, dict):
        raise RuleViolation("field_type", field="document", expected="document")
    refuse_unknown(shown, "type", "number")
    return {
        "document_type": text_field(shown, "type"), "document_number": text_field(shown, "number"),
    }  # fmt: skip
