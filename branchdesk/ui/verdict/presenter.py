"""Drive the check of a voucher: a scan, or a code typed by hand, and what it is worth.

It opens over any screen and leaves that screen as it was. This module must not know Qt.
"""

from typing import Final, Protocol

from branchdesk.application.models import CampaignInForce
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.verdict.lines import answer
from branchdesk.ui.verdict.services import VerdictServices
from branchdesk.ui.verdict.state import Answer, Step, VerdictState

_CUT_SHORT: Final = "length"


class VerdictScreen(Protocol):
    """The view."""

    def render(self, state: VerdictState) -> None:
        """Show a state."""


class VerdictNeighbours(Protocol):
    """What the check may ask of the window around it."""

    def covered(self) -> None:
        """The check was opened or closed: what the keys may do has changed."""

    def sound(self, tone: Tone) -> None:
        """Let an answer be heard."""


class VerdictPresenter:
    """Drives the check of one voucher after the other."""

    def __init__(
        self,
        view: VerdictScreen,
        background: Background,
        services: VerdictServices,
        neighbours: VerdictNeighbours,
    ) -> None:
        self._view, self._services, self._neighbours = view, services, neighbours
        self._latest = Latest(background)
        self.state = VerdictState()

    @property
    def is_open(self) -> bool:
        """Whether it lies over the screen."""
        return self.state.step is not Step.CLOSED

    def ask(self) -> None:
        """Open, or begin anew, for a code typed by hand."""
        self._latest.drop()
        self._show(Step.ASKING)

    def check(self, text: str) -> None:
        """Say what a scanned or typed voucher is worth."""
        if not text.strip():
            self._show(Step.ASKING, error=phrase("verdict.empty"))
            return
        services = self._services
        self._show(Step.CHECKING, text)

        def look() -> tuple[Judgement, tuple[CampaignInForce, ...]]:
            return services.verify(text), services.campaigns()

        self._latest.submit(Lane.STORE, look, self._found, self._failed)

    def close(self) -> None:
        """Go away; the screen below is as it was."""
        self._latest.drop()
        if self.is_open:
            self._show(Step.CLOSED)

    def _found(self, found: tuple[Judgement, tuple[CampaignInForce, ...]]) -> None:
        judgement, campaigns = found
        if judgement.verdict is Verdict.FORGED and judgement.facts.get("rule") == _CUT_SHORT:
            # Nobody forged it: it was not copied whole.
            self._show(Step.ASKING, self.state.typed, error=phrase("verdict.incomplete"))
            return
        found_out = answer(judgement, campaigns)
        self._show(Step.ANSWER, answer=found_out)
        self._neighbours.sound(found_out.tone)

    def _failed(self, error: Exception) -> None:
        # A mistyped code is corrected where it was typed.
        self._neighbours.sound(Tone.DANGER)
        self._show(Step.ASKING, self.state.typed, error=error_phrase(error))

    def _show(
        self,
        step: Step,
        typed: str = "",
        *,
        error: Phrase | None = None,
        answer: Answer | None = None,
    ) -> None:
        was_open = self.is_open
        self.state = VerdictState(step, typed, error, answer, self.state.serial + 1)
        self._view.render(self.state)
        if was_open is not self.is_open:
            self._neighbours.covered()
