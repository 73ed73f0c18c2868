"""What became of vouchers, and by what right they are redeemed here, read into the models."""

import json
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, or_, select

from branchdesk.application.redemption_records import (
    Allowance,
    Keeper,
    Outcome,
    RedemptionRecord,
    VoucherStanding,
    VoucherUse,
)
from branchdesk.domain.names import mask_name
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.redemption_tables import (
    allowances,
    book_entries,
    keepers,
    known_copies,
    outcomes,
    redemptions,
    releases,
    reprints,
    resignations,
    used_elsewhere,
    voids,
)
from branchdesk.persistence.tables import (
    customers,
    events,
    forks,
    past_enrolments,
    revocations,
    slots,
    vouchers,
)
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import Token, decode_grant, decode_voucher


def _is_it(table: Table) -> ColumnElement[bool]:
    return and_(table.c.grant_number == bindparam("of_grant"), table.c.slot == bindparam("of_slot"))


_REVOKED = Sql(
    lambda: select(revocations.c.item).where(
        revocations.c.what == "grant",
        revocations.c.number == bindparam("of_grant"),
        revocations.c.first_slot <= bindparam("of_slot"),
        revocations.c.last_slot >= bindparam("of_slot"),
    )
)
_VOID = Sql(lambda: select(voids.c.position).where(_is_it(voids)))
_RELEASED = Sql(
    lambda: select(releases.c.position).where(
        releases.c.grant_number == bindparam("of_grant"),
        releases.c.first_slot <= bindparam("of_slot"),
        releases.c.last_slot >= bindparam("of_slot"),
    )
)
_HERE = Sql(
    lambda: (
        select(
            redemptions.c.redemption, redemptions.c.amount_minor, redemptions.c.at_ms,
            redemptions.c.basis, redemptions.c.undone_ms,
        )
        .where(_is_it(redemptions))
        .order_by(redemptions.c.position)
    )
)  # fmt: skip
_ELSEWHERE = Sql(
    lambda: (
        select(
            used_elsewhere.c.what, used_elsewhere.c.redemption, used_elsewhere.c.amount_minor,
            used_elsewhere.c.at_ms, used_elsewhere.c.outlet,
        )
        .where(_is_it(used_elsewhere))
        .order_by(used_elsewhere.c.item)
    )
)  # fmt: skip
_REPRINTS = Sql(
    lambda: (
        select(reprints.c.copy, reprints.c.voucher)
        .where(_is_it(reprints))
        .order_by(reprints.c.copy)
    )
)
_ORIGINAL = Sql(
    lambda: (
        select(vouchers.c.voucher)
        .join(slots, slots.c.number == vouchers.c.number)
        .where(_is_it(slots))
    )
)
_KNOWN_COPY = Sql(lambda: select(known_copies.c.copy).where(_is_it(known_copies)))
_FATE = Sql(
    lambda: select(book_entries.c.fate, book_entries.c.used_day).where(_is_it(book_entries))
)
_REDEMPTIONS = (
    select(
        redemptions.c.redemption, redemptions.c.at_ms, redemptions.c.undone_ms,
        events.c.envelope, events.c.payload, customers.c.name,
    )
    .join(events, events.c.position == redemptions.c.position)
    .outerjoin(
        slots,
        and_(
            slots.c.grant_number == redemptions.c.grant_number, slots.c.slot == redemptions.c.slot
        ),
    )
    .outerjoin(vouchers, vouchers.c.number == slots.c.number)
    .outerjoin(customers, customers.c.customer == vouchers.c.customer)
)  # fmt: skip
_ONE = Sql(lambda: _REDEMPTIONS.where(redemptions.c.redemption == bindparam("which")))
_SINCE = Sql(
    lambda: _REDEMPTIONS.where(redemptions.c.at_ms >= bindparam("since_ms")).order_by(
        redemptions.c.at_ms.desc(), redemptions.c.position.desc()
    )
)
_KEEPERS = Sql(
    lambda: (
        select(keepers.c.outlet, keepers.c.terminal, keepers.c.issuers, resignations.c.position)
        .outerjoin(
            resignations,
            and_(
                resignations.c.outlet == keepers.c.outlet, resignations.c.item == keepers.c.number
            ),
        )
        .order_by(keepers.c.outlet)
    )
)
_OUTCOME_FIELDS = (
    outcomes.c.number, outcomes.c.kind, outcomes.c.grant_number, outcomes.c.slot,
    outcomes.c.decision, outcomes.c.liable, outcomes.c.loss_minor, outcomes.c.word,
)  # fmt: skip
_OUTCOMES = Sql(
    lambda: select(*_OUTCOME_FIELDS).order_by(outcomes.c.item.desc()).limit(bindparam("most"))
)
_OUTCOMES_OF = Sql(
    lambda: select(*_OUTCOME_FIELDS).where(_is_it(outcomes)).order_by(outcomes.c.item.desc())
)
_ALLOWANCE = Sql(
    lambda: select(allowances.c.amount_minor, allowances.c.epoch, allowances.c.through_seq).where(
        allowances.c.offer == bindparam("of_offer")
    )
)
# What head office has of an earlier epoch is settled; what is still to be sent of one is not.
_IS_TOLD = or_(
    select(past_enrolments.c.epoch)
    .where(past_enrolments.c.epoch == events.c.epoch, past_enrolments.c.acked_seq >= events.c.seq)
    .exists(),
    select(forks.c.epoch)
    .where(forks.c.epoch == events.c.epoch, forks.c.shown_seq >= events.c.seq)
    .exists(),
)
_ALLOWED_USE = Sql(
    lambda: (
        select(func.coalesce(func.sum(redemptions.c.amount_minor), 0))
        .join(events, events.c.position == redemptions.c.position)
        .where(
            redemptions.c.basis == Basis.ALLOWANCE.value,
            redemptions.c.offer == bindparam("of_offer"),
            redemptions.c.undone_ms.is_(None),
            or_(
                and_(
                    events.c.epoch == bindparam("of_epoch"),
                    events.c.seq > bindparam("after_seq"),
                ),
                and_(events.c.epoch != bindparam("of_epoch"), ~_IS_TOLD),
            ),
        )
    )
)


def standing(database: Database, outlet: str, grant: int, slot: int) -> VoucherStanding:
    """Return what is known of one voucher; ``outlet`` is this terminal's own."""
    which = {"of_grant": grant, "of_slot": slot}
    told = database.rows(_ELSEWHERE, which)
    copies = database.rows(_REPRINTS, which)
    original = database.row(_ORIGINAL, which)
    known = database.row(_KNOWN_COPY, which)
    fate, given_day = database.row(_FATE, which) or ("", 0)
    return VoucherStanding(
        is_revoked=database.row(_REVOKED, which) is not None,
        is_void=database.row(_VOID, which) is not None or any(row[0] == "voided" for row in told),
        is_released=database.row(_RELEASED, which) is not None,
        uses=_uses(database.rows(_HERE, which), told, outlet),
        newest_copy=max(copies[-1][0] if copies else 0, known[0] if known else 0),
        copies=(*(() if original is None else (original[0],)), *(row[1] for row in copies)),
        fate=fate,
        given_day=given_day,
    )


def one_redemption(database: Database, redemption: str) -> RedemptionRecord | None:
    """Return one redemption by this terminal; None for any other text."""
    row = database.row(_ONE, {"which": redemption})
    return None if row is None else _record(row)


def redemptions_since(database: Database, since_ms: int) -> tuple[RedemptionRecord, ...]:
    """Return every redemption by this terminal from a moment on, the newest first."""
    return tuple(_record(row) for row in database.rows(_SINCE, {"since_ms": since_ms}))


def _record(row: Row) -> RedemptionRecord:
    redemption, at_ms, undone_ms, envelope, payload, name = row
    fields = facts.decode_payload(facts.VOUCHER_REDEEMED, payload)
    token = Token(decode_grant(fields["grant_bytes"]), decode_voucher(fields["voucher"]))
    return RedemptionRecord(
        redemption, token, Basis(fields["basis"]), fields["amount_minor"], at_ms, fields["answer"],
        decode_envelope(envelope).staff, mask_name(name) if name else "", undone_ms,
    )  # fmt: skip


def named_keepers(database: Database) -> tuple[Keeper, ...]:
    """Return which terminals keep vouchers, by outlet."""
    return tuple(
        Keeper(outlet, terminal, frozenset(json.loads(issuers)), resigned is not None)
        for outlet, terminal, issuers, resigned in database.rows(_KEEPERS)
    )


def newest_outcomes(database: Database, limit: int) -> tuple[Outcome, ...]:
    """Return the cases that were decided last, newest first."""
    return tuple(_outcome(row) for row in database.rows(_OUTCOMES, {"most": limit}))


def outcomes_of(database: Database, grant: int, slot: int) -> tuple[Outcome, ...]:
    """Return the decided cases about one voucher, newest first."""
    rows = database.rows(_OUTCOMES_OF, {"of_grant": grant, "of_slot": slot})
    return tuple(_outcome(row) for row in rows)


def _outcome(row: Row) -> Outcome:
    case, kind, grant, slot, decision, liable, loss_minor, reason = row
    voucher = facts.voucher_id(grant, slot)
    return Outcome(case, kind, voucher, decision, liable, loss_minor, reason)


def allowance(database: Database, offer: int) -> Allowance:
    """Return what may be redeemed of an offer with no line, and what of it is not settled yet."""
    row = database.row(_ALLOWANCE, {"of_offer": offer})
    if row is None:
        return Allowance()
    amount_minor, epoch, through_seq = row
    used = database.row(
        _ALLOWED_USE, {"of_offer": offer, "of_epoch": epoch, "after_seq": through_seq}
    )
    return Allowance(amount_minor, 0 if used is None else int(used[0]))


def _uses(here: list[Row], told: list[Row], outlet: str) -> tuple[VoucherUse, ...]:
    """Return every redemption once: head office tells of our own online ones too."""
    undone = {row[1] for row in told if row[0] == "undone"}
    ours = {UUID(row[0]).bytes for row in here}
    elsewhere = [
        VoucherUse(str(UUID(bytes=name)), amount, at_ms, where, "", name in undone)
        for what, name, amount, at_ms, where in told
        if what == "redeemed" and name not in ours
    ]
    own = [
        VoucherUse(name, amount, at_ms, outlet, basis,
                   undone_ms is not None or UUID(name).bytes in undone)
        for name, amount, at_ms, basis, undone_ms in here
    ]  # fmt: skip
    return (*elsewhere, *own)
