"""How much of a voucher may be used at once, for which purchase, and until when it is undone.

This module must not know who redeems, or how it is recorded.
"""

from branchdesk.domain.offer import Offer
from branchdesk.errors import RuleViolation

MINUTE_MS = 60_000


def check_purchase(least: int | None, purchase_minor: int) -> None:
    """Refuse a purchase below an offer's threshold, or none named where there is one.

    Raises RuleViolation ``purchase_missing`` or ``spend_below``.
    """
    if least is None or purchase_minor >= least:
        return
    if not purchase_minor:
        raise RuleViolation("purchase_missing", field="purchase_minor", min_spend_minor=least)
    raise RuleViolation(
        "spend_below", field="purchase_minor", min_spend_minor=least,
        purchase_minor=purchase_minor,
    )  # fmt: skip


def is_partial(use_minor: int, face_minor: int) -> bool:
    """Say whether using ``use_minor`` leaves something of the face value; 0 means all of it."""
    return 0 < use_minor < face_minor


def amount_used(offer: Offer | None, face_minor: int, remaining_minor: int, use_minor: int) -> int:
    """Return how much is used when ``use_minor`` is asked for; 0 asks for all that is left.

    Raises RuleViolation ``partial_not_allowed`` or ``amount_too_large``.
    """
    if not use_minor:
        return remaining_minor
    if is_partial(use_minor, face_minor) and (offer is None or not offer.partial_use):
        raise RuleViolation("partial_not_allowed", field="use_minor", face_minor=face_minor)
    if use_minor > remaining_minor:
        raise RuleViolation(
            "amount_too_large", field="use_minor", use_minor=use_minor,
            remaining_minor=remaining_minor,
        )  # fmt: skip
    return use_minor


def check_undo_time(undo_minutes: int, redeemed_ms: int, now_ms: int) -> None:
    """Refuse to undo what was redeemed longer ago than the offer allows.

    A clock that was set back does not make it younger. Raises RuleViolation ``undo_too_late``.
    """
    if undo_until_ms(undo_minutes, redeemed_ms, now_ms) is None:
        raise RuleViolation("undo_too_late", limit_minutes=undo_minutes)


def undo_until_ms(undo_minutes: int, redeemed_ms: int, now_ms: int) -> int | None:
    """Return the last moment at which it can be undone; None when that is over."""
    if abs(now_ms - redeemed_ms) > undo_minutes * MINUTE_MS:
        return None
    return redeemed_ms + undo_minutes * MINUTE_MS
