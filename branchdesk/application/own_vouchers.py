"""The voucher an act is about: issued here, and still worth something.

Void, replace, reprint and release share what they refuse; each says itself what it needs besides.
"""

from typing import Final

from branchdesk.application.models import VoucherRecord
from branchdesk.application.ports import Reading
from branchdesk.application.reasons import check_names_nobody, needed_reason
from branchdesk.errors import RuleViolation

FIELD: Final = "voucher"


def own_voucher(reading: Reading, voucher: str) -> VoucherRecord:
    """Return a voucher issued here; raises RuleViolation ``voucher_unknown``."""
    record = reading.voucher(voucher)
    if record is None:
        raise RuleViolation("voucher_unknown", field=FIELD, voucher=voucher[:64])
    return record


def check_not_void(record: VoucherRecord) -> None:
    """Raise RuleViolation ``voucher_void`` or ``voucher_revoked``: nothing is left to act on."""
    if record.is_void:
        raise RuleViolation("voucher_void", field=FIELD, voucher=record.voucher)
    if record.revoked:
        raise RuleViolation("voucher_revoked", field=FIELD, voucher=record.voucher)


def check_unused(reading: Reading, record: VoucherRecord) -> None:
    """Raise RuleViolation ``voucher_redeemed`` when any part of it was redeemed.

    Also ``voucher_released`` when it was signed away: head office may honour it at any moment, and
    nobody here can know whether it has.
    """
    standing = reading.standing(record.grant, record.slot)
    if standing.used_minor:
        raise _redeemed(record, standing.used_minor)
    if standing.is_released:
        raise RuleViolation("voucher_released", voucher=record.voucher)


def check_not_used_up(reading: Reading, record: VoucherRecord) -> None:
    """Raise RuleViolation ``voucher_redeemed`` when nothing of it is left."""
    used_minor = reading.standing(record.grant, record.slot).used_minor
    if used_minor and used_minor >= record.face_minor:
        raise _redeemed(record, used_minor)


def check_not_of_book(record: VoucherRecord) -> None:
    """Raise RuleViolation ``voucher_of_book``: its number is on a page and in a register."""
    if record.is_book:
        raise RuleViolation("voucher_of_book", field=FIELD, voucher=record.voucher)


def reason_about(
    reading: Reading, record: VoucherRecord, reason: str, missing: RuleViolation
) -> str:
    """Return the reason for an act on a voucher, in which its holder is not named.

    Raises ``missing`` when there is none, or RuleViolation ``reason_too_long`` or
    ``reason_names_person``.
    """
    words = needed_reason(reason, missing)
    person = reading.customer(record.customer)
    if person is not None:
        check_names_nobody(words, person)
    return words


def refs_of(record: VoucherRecord) -> dict[str, int | str]:
    """Return what an event about a voucher refers to."""
    return {
        "customer": record.customer, "grant": record.grant, "slot": record.slot,
        "voucher": record.voucher,
    }  # fmt: skip


def _redeemed(record: VoucherRecord, used_minor: int) -> RuleViolation:
    return RuleViolation(
        "voucher_redeemed", field=FIELD, voucher=record.voucher, used_minor=used_minor
    )
