"""What is believed of head office's word about our chain, over the line or from a stick."""

from collections.abc import Sequence

from branchdesk.application.models import Notice
from branchdesk.application.ports import Outbox
from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.chain import Ack


def check_ours(outbox: Outbox, ack: Ack) -> None:
    """Raise ``fork_detected`` unless this acknowledges our own chain at our own hash.

    Its word is then kept as evidence, and this terminal issues no more.
    """
    head = outbox.head()
    if (ack.terminal, ack.epoch) != (head.terminal, head.epoch):
        problem = "epoch"
    elif ack.seq > head.seq:
        problem = "ahead"
    elif outbox.hash_at(ack.epoch, ack.seq) != ack.hash:
        problem = "hash"
    else:
        return
    if problem != "epoch":
        outbox.note_fork(ack, ack.encode())
    raise ContractFault(
        "fork_detected", problem=problem, seq=ack.seq, own_seq=head.seq, epoch=ack.epoch
    )


def count_unsent(outbox: Outbox, ack: Ack) -> int:
    """Count the events of all epochs that head office has neither signed nor been shown.

    ``ack`` is its newest word about the present epoch.
    """
    past = sum(one.head().seq - one.marks().acked_seq for one in outbox.past())
    return max(outbox.head().seq - ack.seq, 0) + past


def read_notice(epoch: int, item: Sequence[object]) -> Notice:
    """Return what head office said of one event, from ``[seq, verdict, code]``."""
    if [type(part) for part in item] != [int, str, str]:
        raise codec.malformed("events_answer", "wrong_type", field="notices")
    seq, verdict, code = item
    return Notice(epoch, int(str(seq)), str(verdict), str(code))
