"""What one screen shows of one customer: the person masked, consents, vouchers, and what happened.

Read models only. Who may see more, and how these are gathered, is decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import ConsentHow, Purpose


class TimelineKind(StrEnum):
    """What happened to a customer, for the timeline; text ``timeline.<kind>``."""

    REGISTERED = "registered"
    CORRECTED = "corrected"
    REVEALED = "revealed"
    CONSENT_GRANTED = "consent_granted"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    VOUCHER_ISSUED = "voucher_issued"
    VOUCHER_ENTERED = "voucher_entered"
    VOUCHER_PRINTED = "voucher_printed"
    VOUCHER_REPRINTED = "voucher_reprinted"
    VOUCHER_VOIDED = "voucher_voided"
    VOUCHER_RELEASED = "voucher_released"
    VOUCHER_REDEEMED = "voucher_redeemed"
    REDEMPTION_UNDONE = "redemption_undone"
    MERGE_PROPOSED = "merge_proposed"
    MERGE_UNDONE = "merge_undone"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened: when (Unix ms), by whom, and facts for its text.

    ``facts`` hold codes and masked values, never a personal field in the clear.
    """

    at_ms: int
    staff: str
    kind: TimelineKind
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """The last answer to one purpose: what was shown, what was said, when, to whom.

    ``at_ms`` is 0 and ``text_version`` empty while nobody has asked yet; ``was_granted`` says that
    it was agreed to at some time.
    """

    purpose: Purpose
    granted: bool
    text_version: str
    how: ConsentHow
    at_ms: int
    staff: str
    has_signature: bool = False
    was_granted: bool = False

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was agreed to and taken back; who never agreed has only refused."""
        return self.is_asked and self.was_granted and not self.granted

    @property
    def is_asked(self) -> bool:
        """Whether anybody has asked yet."""
        return self.at_ms > 0


VOUCHER_STANDINGS: Final = ("good", "partly_used", "used", "expired", "void", "revoked")


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher that was issued to the customer.

    ``standing`` is one of VOUCHER_STANDINGS; ``copy`` the newest, 0 being the original, and
    ``printed`` counts the printings of that copy.
    """

    voucher: str
    number: str
    offer_code: str
    name: Bilingual
    face_minor: int
    issued_at_ms: int
    expires_on: date
    printed: int
    standing: str
    copy: int = 0
    is_book: bool = False


@dataclass(frozen=True, slots=True)
class MergeStanding:
    """Another record that is proposed to be the same person; ``merge`` names the proposal.

    ``kept`` tells whether the record shown is the one that is kept.
    """

    merge: str
    other: str
    other_name: str
    other_phone: str
    kept: bool
    at_ms: int
    staff: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Everything about one customer, masked. After an erasure only the ledger's side is left.

    ``timeline`` is newest first; ``more`` counts entries that did not fit.
    """

    customer: str
    name: str
    phone: str
    document_type: str
    document: str
    channel: str
    referrer: str
    interests: tuple[str, ...]
    needs: tuple[str, ...]
    registered_ms: int
    registered_by: str
    consents: tuple[ConsentStanding, ...]
    vouchers: tuple[HeldVoucher, ...]
    timeline: tuple[TimelineEntry, ...]
    more: int = 0
    merges: tuple[MergeStanding, ...] = ()
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to change of a customer; None leaves a field as it is, "" empties it.

    ``interests`` and ``needs`` are whole new lists. ``reason`` is recorded.
    """

    name: str | None = None
    phone: str | None = None
    document_type: str | None = None
    document_number: str | None = None
    channel: str | None = None
    interests: tuple[str, ...] | None = None
    needs: tuple[str, ...] | None = None
    reason: str = ""

    def __repr__(self) -> str:
        return f"Correction(reason={self.reason!r})"
