"""Show head office our branch after a fork, so that both sides know of it.

A copied or restored terminal finds the fork by asking; head office finds it only when it sees the
other bytes. It then keeps them as evidence, opens a case and freezes the grants. Nothing that comes
back here is an acknowledgement: no mark is touched.
"""

from branchdesk.application.ports import OfficeLine, Outbox, Randomness
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.batch import EVENTS_MAX
from branchdesk.protocol.chain import Head
from branchdesk.sync.make_batch import make_fitting_batch

_STEPS_MAX = 20
_BEFORE = EVENTS_MAX // 2


def show_branch(outbox: Outbox, line: OfficeLine, randomness: Randomness, office_seq: int) -> None:
    """Send the run around the place where head office differs, back to where the branches part.

    ``office_seq`` is head office's own place. Gives up quietly when the line breaks or head office
    does not call it a fork; the caller raises what it found in any case.
    """
    own = outbox.head()
    after_seq = max(0, min(office_seq, own.seq) - _BEFORE)
    for _ in range(_STEPS_MAX):
        differs_at = _answer_to(outbox, line, randomness, own, after_seq)
        # When even the event before the run differs, the branches part further back.
        if differs_at != after_seq or after_seq == 0:
            return
        after_seq = max(0, after_seq - EVENTS_MAX)


def _answer_to(
    outbox: Outbox, line: OfficeLine, randomness: Randomness, own: Head, after_seq: int
) -> int | None:
    """Send the run after ``after_seq``; return where head office sees the first difference."""
    after_hash = outbox.hash_at(own.epoch, after_seq)
    events = outbox.events_after(after_seq, EVENTS_MAX)
    if after_hash is None or not events:
        return None
    after = Head(own.terminal, own.epoch, after_seq, after_hash)
    try:
        line.push(make_fitting_batch(outbox, randomness, after, events).data)
    except BranchDeskError as answer:
        seq = answer.facts.get("seq")
        return seq if answer.code == "fork" and isinstance(seq, int) else None
    return None
