"""Show head office our branch after a fork, so that both sides know of it.

A copied or restored terminal finds the fork by asking; head office finds it only when it sees the
other bytes. It then keeps them as evidence, opens a case and freezes the grants. Nothing that comes
back here is an acknowledgement: no mark is touched, only how much was shown.
"""

from branchdesk.application.ports import OfficeLine, Outbox, Randomness
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.batch import EVENTS_MAX
from branchdesk.protocol.chain import Head, open_ack
from branchdesk.sync.make_batch import make_fitting_batch

# Runs of one synchronisation: a longer branch is shown in several.
_RUNS_MAX = 40
_BEFORE = EVENTS_MAX // 2


def show_branch(
    outbox: Outbox, line: OfficeLine, randomness: Randomness, office_seq: int, shown_seq: int
) -> None:
    """Send our branch from where it parts to its end, beginning after what was shown before.

    ``office_seq`` is head office's own place. Gives up quietly when the line breaks or what comes
    back is neither a fork nor head office's signed word that it holds this very run; the caller
    raises what it found in any case.
    """
    own = outbox.head()
    after_seq = shown_seq or max(0, min(office_seq, own.seq) - _BEFORE)
    is_parting_known = shown_seq > 0
    for _ in range(_RUNS_MAX):
        if after_seq >= own.seq:
            return
        answer = _answer_to(outbox, line, randomness, own, after_seq)
        if answer is None:
            return
        differs_at, end_seq = answer
        # When even the event before the run differs, the branches part further back.
        if not is_parting_known and differs_at == after_seq and after_seq:
            after_seq = max(0, after_seq - EVENTS_MAX)
            continue
        is_parting_known = True
        outbox.note_shown(own.epoch, end_seq)
        after_seq = end_seq


def _answer_to(
    outbox: Outbox, line: OfficeLine, randomness: Randomness, own: Head, after_seq: int
) -> tuple[int, int] | None:
    """Send the run after ``after_seq``; return where head office differs first and its last seq.

    Where head office holds all of the run itself, the first difference lies after it.
    """
    after_hash = outbox.hash_at(own.epoch, after_seq)
    events = outbox.events_after(after_seq, EVENTS_MAX)
    if after_hash is None or not events:
        return None
    after = Head(own.terminal, own.epoch, after_seq, after_hash)
    made = make_fitting_batch(outbox, randomness, after, events)
    try:
        data, _ = line.push(made.data)
        # An answer to something else would pass the whole run for known, and it would be lost.
        ack = open_ack(data, outbox.ack_keys(), made.nonce)
    except BranchDeskError as answer:
        seq = answer.facts.get("seq")
        is_fork = answer.code == "fork" and isinstance(seq, int)
        return (int(str(seq)), made.head.seq) if is_fork else None
    return (made.head.seq + 1, made.head.seq) if ack.head() == made.head else None
