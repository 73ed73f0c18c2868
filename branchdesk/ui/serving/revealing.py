"""Show a customer's masked fields in the clear: for a reason that is recorded, and a few seconds.

The store records who looked before anything is shown. This module must not know Qt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from branchdesk.application.models import Session
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.serving.finding import SearchLine

REVEAL_MS: Final = 10_000
REASONS: Final = ("verify", "correct", "contact")
_SECOND_MS: Final = 1_000


class RevealCustomer(Protocol):
    """Show personal fields in the clear, and record that somebody looked."""

    def __call__(
        self, session: Session, customer: str, fields: Sequence[str], reason: str
    ) -> Mapping[str, str]:
        """Return the fields asked for."""


@dataclass(frozen=True, slots=True)
class Revealing:
    """Whether a reason is asked for, or what is shown in the clear for how many seconds still."""

    asking: bool = False
    clear: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds_left: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything is shown in the clear."""
        return bool(self.clear)

    def over(self, line: SearchLine) -> SearchLine:
        """Return a masked line with what is shown in the clear in its place."""
        return replace(
            line,
            name=self.clear.get("name", line.name),
            phone=self.clear.get("phone", line.phone),
            document=self.clear.get("document_number", line.document),
        )


MASKED: Final = Revealing()


class RevealDesk:
    """Asks for a reason, shows, counts the seconds, and hides again.

    ``show`` is given each new ``Revealing``; ``recorded`` hears that somebody looked.
    """

    def __init__(
        self,
        background: Background,
        timers: Timers,
        reveal: RevealCustomer,
        *,
        show: Callable[[Revealing], object],
        recorded: Callable[[], object],
        failed: Callable[[Exception], object],
        timer: str,
    ) -> None:
        self._background, self._timers, self._reveal = background, timers, reveal
        self._show, self._recorded, self._failed = show, recorded, failed
        self._mask_timer, self._count_timer = timer, f"{timer}_count"
        self._sent: Revealing | None = None
        self.now = MASKED

    def ask(self) -> bool:
        """Ask for the reason; False when everything is shown already."""
        if self.now.is_open:
            return False
        self._say(Revealing(asking=True))
        return True

    def reveal(self, session: Session, line: SearchLine, reason: str) -> None:
        """Reveal a customer for a reason that somebody chose."""
        if not self.now.asking or self._sent is self.now or reason not in REASONS:
            return
        asked = self._sent = self.now
        fields = ("name", "phone", *(("document_number",) if line.document else ()))
        self._background.submit(
            Lane.STORE,
            lambda: self._reveal(session, line.customer, fields, reason),
            partial(self._revealed, asked),
            self._not_revealed,
        )

    def mask(self) -> None:
        """Hide what was revealed, and ask no more for a reason."""
        self._timers.cancel(self._mask_timer)
        self._timers.cancel(self._count_timer)
        if self.now != MASKED:
            self._say(MASKED)

    def _revealed(self, asked: Revealing, clear: Mapping[str, str]) -> None:
        # Somebody else may be served by now, or the window locked: then nothing is shown.
        if self.now is asked:
            self._say(Revealing(clear=clear, seconds_left=REVEAL_MS // _SECOND_MS))
            self._timers.restart(self._mask_timer, REVEAL_MS, self.mask)
            self._timers.restart(self._count_timer, _SECOND_MS, self._count)
        self._recorded()

    def _not_revealed(self, error: Exception) -> None:
        self._sent = None
        self._failed(error)

    def _count(self) -> None:
        # Only the number shown; the other timer ends it, however late a tick of this one comes.
        left = max(1, self.now.seconds_left - 1)
        self._say(replace(self.now, seconds_left=left))
        self._timers.restart(self._count_timer, _SECOND_MS, self._count)

    def _say(self, now: Revealing) -> None:
        self.now = now
        self._show(now)
