"""Make the bytes of one batch from a run of our own chain, within what head office takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from branchdesk.application.ports import Outbox, Randomness
from branchdesk.errors import ContractFault
from branchdesk.protocol.batch import (
    COMPRESSED_BYTES_MAX,
    PLAIN_BYTES_MAX,
    Batch,
    SentEvent,
)
from branchdesk.protocol.chain import NONCE_BYTES, Head
from branchdesk.protocol.event import event_hash

# Room for the map around the events and for the sealed keys, which count towards the plain limit.
_PLAIN_EVENTS_BYTES_MAX = PLAIN_BYTES_MAX // 2
_EVENT_OVERHEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class MadeBatch:
    """A batch as sent, the head it ends in, and the nonce that its answer must repeat."""

    data: bytes
    head: Head
    nonce: bytes


def make_batch(
    outbox: Outbox, randomness: Randomness, after: Head, events: Sequence[SentEvent]
) -> MadeBatch:
    """Sign and encode ``events``, which follow ``after`` in our chain; one or more of them."""
    seq = after.seq + len(events)
    head = Head(after.terminal, after.epoch, seq, event_hash(events[-1].envelope))
    nonce = randomness.bytes(NONCE_BYTES)
    signature, keys = outbox.sign_head(head), outbox.sealed_keys(events)
    batch = Batch(after, tuple(events), head, signature, nonce, keys)
    return MadeBatch(batch.encode(), head, nonce)


def make_fitting_batch(
    outbox: Outbox, randomness: Randomness, after: Head, events: Sequence[SentEvent]
) -> MadeBatch:
    """Make a batch of as many of ``events`` as head office takes at once, halved until it fits.

    Raises ContractFault ``batch_too_large`` when not even one does.
    """
    events = within_plain_limit(events)
    while True:
        made = make_batch(outbox, randomness, after, events)
        if len(made.data) <= COMPRESSED_BYTES_MAX:
            return made
        if len(events) == 1:
            raise ContractFault("batch_too_large", bytes=len(made.data))
        events = events[: len(events) // 2]


def within_plain_limit(events: Sequence[SentEvent]) -> Sequence[SentEvent]:
    """Return the first of ``events`` that fit into one batch before compression; at least one."""
    size = 0
    for count, event in enumerate(events):
        size += len(event.envelope) + len(event.payload) + len(event.salt) + _EVENT_OVERHEAD_BYTES
        if size > _PLAIN_EVENTS_BYTES_MAX and count:
            return events[:count]
    return events
