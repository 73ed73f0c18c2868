"""One synchronisation, as stages: what takes authority away, then our facts, then what gives.

    urgent feed → head office's head → push → ask for grants → content feed → push what that made

Facts go out before anything comes in, and nothing that comes in can stop them: a bad urgent page is
reported only after the push. This module knows stages, not the wire and not the store.
"""

from collections.abc import Callable

from branchdesk.application.models import SyncProgress, SyncReport, SyncStage
from branchdesk.application.ports import Clock, OfficeLine, Outbox, Randomness
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.protocol import codec
from branchdesk.protocol.chain import Ack
from branchdesk.protocol.feed import Lane, open_page
from branchdesk.protocol.http import GrantsWish
from branchdesk.sync.office_word import count_unsent
from branchdesk.sync.push import Pusher

_PAGES_MAX = 10_000


class _Run:
    """What one synchronisation has done so far."""

    def __init__(
        self, progress: Callable[[SyncProgress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.tell = progress
        self.cancelled = cancelled
        self.pushed = 0
        self.pulled = 0
        self.refused: list[tuple[int, str]] = []


class Synchronise:
    """Bring every record to head office and fetch what it sends."""

    def __init__(
        self, outbox: Outbox, line: OfficeLine, clock: Clock, randomness: Randomness
    ) -> None:
        self._outbox, self._line = outbox, line
        self._clock, self._randomness = clock, randomness

    def __call__(
        self,
        progress: Callable[[SyncProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SyncReport:
        """Synchronise once and say what went and came.

        ``cancelled`` is asked between requests; what was acknowledged until then stays. Raises
        EnvironmentFault when there is no line and ContractFault when an answer does not verify;
        whatever was not properly acknowledged is sent again next time.
        """
        run = _Run(progress or _nobody, cancelled or _never)
        fault = self._pull_urgent(run)
        pusher = Pusher(self._outbox, self._line, self._clock, self._randomness)
        run.tell(SyncProgress(SyncStage.HEAD))
        ack = self._push(run, pusher, pusher.ask_head())
        if fault is not None:
            raise fault
        self._take(run, ack)
        # Taking a grant is an event of ours, and the desk went on working: that goes too.
        return self._report(run, self._push(run, pusher, ack))

    def _pull_urgent(self, run: _Run) -> ContractFault | None:
        """Pull the urgent lane; a bad page is reported only once our facts are safe."""
        try:
            self._pull(run, Lane.URGENT, SyncStage.URGENT)
        except ContractFault as bad_page:
            return bad_page
        return None

    def _push(self, run: _Run, pusher: Pusher, ack: Ack) -> Ack:
        start, total = ack.seq, self._outbox.head().seq - ack.seq
        if total:
            run.tell(SyncProgress(SyncStage.PUSH, 0, total))

        def reached(seq: int) -> None:
            run.tell(SyncProgress(SyncStage.PUSH, seq - start, max(total, seq - start)))

        last = pusher.push_from(ack, run.cancelled, reached)
        run.pushed += last.seq - start
        return last

    def _take(self, run: _Run, ack: Ack) -> None:
        """Ask for grants, then pull the lane that brings them."""
        if run.cancelled():
            return
        run.tell(SyncProgress(SyncStage.GRANTS))
        # A restored head office counts on this: only it makes the wish word of having told all.
        wish = GrantsWish(ack.ho_epoch, count_unsent(self._outbox, ack))
        try:
            self._line.ask_grants(wish)
        except RuleViolation as refusal:
            # A frozen or outdated terminal is denied grants, never the rest of the feed.
            run.refused.append((0, refusal.code))
        self._pull(run, Lane.CONTENT, SyncStage.CONTENT)

    def _pull(self, run: _Run, lane: Lane, stage: SyncStage) -> None:
        """Pull a lane to its end; every page is verified and applied whole."""
        terminal = self._outbox.signer().terminal
        run.tell(SyncProgress(stage))
        for _ in range(_PAGES_MAX):
            if run.cancelled():
                return
            cursor = self._outbox.cursor(lane)
            data = self._line.feed(lane, cursor)
            # Keys are read anew for each page, because the page before may have brought one.
            keys = self._outbox.ack_keys()
            page = open_page(data, keys, terminal=terminal, lane=lane, cursor=cursor)
            if page.items:
                outcome = self._outbox.apply_page(page)
                run.pulled += outcome.applied
                run.refused += outcome.refused
            if not page.more:
                return
            if not page.items or self._outbox.cursor(lane) <= cursor:
                raise codec.malformed("feed", "no_progress", lane=lane.value)
        raise codec.malformed("feed", "too_many_pages", lane=lane.value)

    def _report(self, run: _Run, ack: Ack) -> SyncReport:
        return SyncReport(
            pushed=run.pushed,
            acked_seq=ack.seq,
            durable_seq=ack.durable_seq,
            unsent=max(self._outbox.head().seq - ack.seq, 0),
            pulled=run.pulled,
            parked=self._outbox.parked(),
            refused=tuple(run.refused),
        )


def _nobody(progress: SyncProgress) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False
