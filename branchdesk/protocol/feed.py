"""The signed feed from head office down to one terminal, and the bodies of its items.

Two lanes, each with its own cursor. ``urgent`` takes away (keys, revocations, freezes, erasures)
and is pulled before the push; ``content`` gives (staff, campaign, grants) and is pulled after it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.signing import RecordKind, SigningKey, open_record, sign_record

PAGE_BYTES_MAX = 8 << 20
PAGE_ITEMS_MAX = 500


class Lane(StrEnum):
    """Which of the two queues of the feed an item is in."""

    URGENT = "urgent"
    CONTENT = "content"


class ItemKind(StrEnum):
    """What a feed item carries; its body is deterministic CBOR with the fields of ``ITEM_FIELDS``.

    An unknown kind is kept and skipped, so that an older terminal never stops at a newer feed.
    """

    KEY = "key"
    """A head-office key record, signed by root: ``record``."""
    REVOCATION = "revocation"
    """A terminal frozen, or a grant or some of its slots taken back."""
    STAFF = "staff"
    """Somebody who may sign in at this terminal, without a PIN; ``one_time_code`` or empty."""
    CAMPAIGN = "campaign"
    """A campaign bundle, signed by the bundle key: ``record``, and the secrets it needs."""
    GRANT = "grant"
    """125 grant bytes, with the campaign that its offer belongs to."""
    SUBJECT = "subject"
    """Keyed hashes of somebody another outlet registered, with what they were issued."""
    ERASURE = "erasure"
    """Somebody was erased: key, rows and hashes of that customer go wherever they are held."""
    NOTICE = "notice"
    """What became of an event: parked, effect refused, flagged."""
    KEEPER = "keeper"
    """Which terminal redeems the vouchers of an outlet's terminals (policy 2)."""
    ALLOWANCE = "allowance"
    """How much of an offer this terminal may redeem offline, whoever issued it (policy 3)."""
    USED = "used"
    """A voucher of this outlet was redeemed, undone or voided elsewhere or by head office."""
    COPY = "copy"
    """A newer copy of a voucher exists; older ones are superseded."""
    RETURN = "return"
    """Head office asks for the unused slots of a grant back, down to ``keep`` of them."""
    OUTCOME = "outcome"
    """How a case that concerns this outlet was decided."""


ITEM_FIELDS: Mapping[ItemKind, Mapping[str, type]] = {
    ItemKind.KEY: {"record": bytes},
    # ``what``: "terminal" (number is a terminal) or "grant"; ``slots``: empty means all of them.
    ItemKind.REVOCATION: {"what": str, "number": int, "slots": list, "reason": str},
    # ``role``: teller | supervisor; ``active`` false removes; ``one_time_code``: text or "".
    ItemKind.STAFF: {
        "code": str, "name": str, "role": str, "active": bool, "one_time_code": str,
        "code_expires_ms": int,
    },
    # ``offers``: offer code → offer number at head office; ``holder_key``: 32 bytes.
    ItemKind.CAMPAIGN: {"record": bytes, "offers": dict, "holder_key": bytes},
    ItemKind.GRANT: {"grant": bytes, "campaign": str, "offer_code": str},
    # ``hashes``: 16-byte keyed hashes; ``issued``: offer code → [day number, …], one a voucher.
    ItemKind.SUBJECT: {"subject": str, "hashes": list, "issued": dict},
    ItemKind.ERASURE: {"customer": str},
    # ``verdict``: parked | effect_refused | flagged | resolved; ``code``: a stable word.
    ItemKind.NOTICE: {"epoch": int, "seq": int, "verdict": str, "code": str, "facts": dict},
    # ``terminal`` keeps, ``issuers`` are the terminals whose vouchers it redeems, itself included.
    # ``resign`` true asks the keeper to sign the right away, so that another can be named.
    ItemKind.KEEPER: {"outlet": str, "terminal": int, "issuers": list, "resign": bool},
    # What this terminal redeemed on the allowance up to ``through_seq`` of ``epoch`` is settled;
    # everything after it counts against ``amount_minor``.
    ItemKind.ALLOWANCE: {"offer": int, "amount_minor": int, "epoch": int, "through_seq": int},
    # ``what``: redeemed | undone | voided; ``at_ms`` by head office's clock.
    ItemKind.USED: {
        "grant": int, "slot": int, "redemption": bytes, "what": str, "amount_minor": int,
        "outlet": str, "at_ms": int,
    },
    ItemKind.COPY: {"grant": int, "slot": int, "copy": int},
    ItemKind.RETURN: {"grant": int, "keep": int, "reason": str},
    # ``liable``: an outlet's code, or "bank"; ``decision``: a stable word; ``word``: the reason.
    ItemKind.OUTCOME: {
        "case": int, "kind": str, "grant": int, "slot": int, "decision": str, "liable": str,
        "loss_minor": int, "word": str, "facts": dict,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One numbered item of a terminal's feed; ``body`` is deterministic CBOR."""

    number: int
    kind: str
    body: bytes

    def fields(self) -> dict[str, Any]:
        """Decode the body of a known kind; raises ContractFault ``malformed``."""
        return codec.decode_map(
            self.body, ITEM_FIELDS[ItemKind(self.kind)], what=f"feed.{self.kind}",
            bytes_max=PAGE_BYTES_MAX,
        )  # fmt: skip

    def is_known(self) -> bool:
        """Say whether this program knows the kind."""
        return self.kind in ItemKind.__members__.values()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """The items after ``cursor`` of one lane; ``more`` when another page waits."""

    terminal: int
    lane: Lane
    cursor: int
    items: tuple[FeedItem, ...]
    more: bool

    def next_cursor(self) -> int:
        """Return the cursor to ask with next time."""
        return self.items[-1].number if self.items else self.cursor


def sign_page(page: FeedPage, key: SigningKey) -> bytes:
    """Return the page signed by the acknowledgement key, as it travels."""
    body = codec.encode(
        {
            "terminal": page.terminal,
            "lane": page.lane.value,
            "cursor": page.cursor,
            "items": [[item.number, item.kind, item.body] for item in page.items],
            "more": page.more,
        }
    )
    return sign_record(RecordKind.FEED, body, key).encode()


def open_page(
    data: bytes, keys: dict[bytes, bytes], *, terminal: int, lane: Lane, cursor: int | None
) -> FeedPage:
    """Read a page meant for this terminal, lane and cursor; ``keys`` are acknowledgement keys.

    Without a ``cursor`` the page may begin anywhere, and the caller sees whether that fits. Raises
    ContractFault ``malformed``, ``unsigned``, ``bad_signature`` or ``wrong_page``.
    """
    record = open_record(data, RecordKind.FEED, keys, bytes_max=PAGE_BYTES_MAX)
    fields = codec.decode_map(
        record.body,
        {"terminal": int, "lane": str, "cursor": int, "items": list, "more": bool},
        what="feed",
        bytes_max=PAGE_BYTES_MAX,
    )
    cursor = fields["cursor"] if cursor is None else cursor
    if (fields["terminal"], fields["lane"], fields["cursor"]) != (terminal, lane.value, cursor):
        raise ContractFault("wrong_page", terminal=fields["terminal"], cursor=fields["cursor"])
    items = tuple(_item(value) for value in fields["items"])
    numbers = [cursor, *(item.number for item in items)]
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise codec.malformed("feed", "order")
    return FeedPage(terminal, lane, cursor, items, fields["more"])


def item(number: int, kind: ItemKind, /, **fields: object) -> FeedItem:
    """Build an item, checking its fields against the contract.

    The two first parameters go by position: a revocation has a field called ``number`` itself.
    """
    codec.check_map(fields, ITEM_FIELDS[kind], what=f"feed.{kind.value}")
    return FeedItem(number, kind.value, codec.encode(fields))


def _item(value: object) -> FeedItem:
    if (
        isinstance(value, list)
        and [type(part) for part in value] == [int, str, bytes]
        and 0 < value[0] < 1 << 62
    ):
        return FeedItem(*value)
    raise codec.malformed("feed", "wrong_type", field="items")
