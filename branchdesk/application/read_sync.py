"""Everything the sync screen tells: what waits, what head office signed for, what it held back."""

from dataclasses import dataclass
from typing import Final

from branchdesk.application.models import Proof, TerminalState
from branchdesk.application.ports import Store
from branchdesk.application.redemption_records import Outcome
from branchdesk.application.waiting import HeldEvent, RefusedItem, SignedMark, Waiting

HELD_MAX: Final = 50
DECIDED_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class SyncPage:
    """The truth as of one moment; ``held`` are the newest of ``held_total``.

    ``decided`` are the cases that head office decided last, newest first. ``signed`` is None before
    the first acknowledgement.
    """

    terminal: TerminalState
    waiting: Waiting
    signed: SignedMark | None
    held: tuple[HeldEvent, ...]
    held_total: int
    refused: tuple[RefusedItem, ...]
    decided: tuple[Outcome, ...]
    clock: str


class ReadSync:
    """Read where synchronising stands."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self) -> SyncPage:
        """Return what the screen tells, as of now."""
        signed = _signed(self._store.proof())
        with self._store.read() as reading:
            held = reading.held()
            return SyncPage(
                terminal=reading.terminal(),
                waiting=reading.waiting(),
                signed=signed,
                held=held[:HELD_MAX],
                held_total=len(held),
                refused=reading.refused_items(),
                decided=reading.outcomes(DECIDED_MAX),
                clock=reading.clock_state(),
            )


def _signed(proof: Proof | None) -> SignedMark | None:
    if proof is None:
        return None
    return SignedMark(proof.ack.seq, proof.ack.durable_seq, proof.ack.time_ms)
