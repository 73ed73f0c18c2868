"""Redeem the voucher that is shown, or undo that: the steps over the two lanes.

What was begun is always carried to its end, also when the check was closed meanwhile: head
office's answer is recorded whether somebody looks or not. This module must not know Qt.
"""

from collections.abc import Callable
from typing import TypeVar

from branchdesk.application.models import Session
from branchdesk.application.redeem_voucher import Question
from branchdesk.application.redemption_records import Redeemed, Redeeming, Undone
from branchdesk.application.undo_redemption import UndoQuestion
from branchdesk.errors import BranchDeskError
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.verdict.services import RedeemServices

T = TypeVar("T")


class Redemptions:
    """Carries a redemption or an undo through, and says what came of it."""

    def __init__(self, background: Background, services: RedeemServices) -> None:
        self._background, self._services = background, services

    def redeem(
        self,
        session: Session,
        asked: Redeeming,
        intent: str,
        done: Callable[[Redeemed], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Redeem by our own right, or ask head office first."""
        services = self._services

        def begun(step: Redeemed | Question) -> None:
            if isinstance(step, Question):
                self._ask(step.request, lambda data: settle(step, data), lambda e: lost(step, e))
            else:
                done(step)

        def settle(question: Question, data: bytes) -> None:
            self._store(lambda: services.settle(session, question, data), done, failed)

        def lost(question: Question, error: Exception) -> None:
            if not isinstance(error, BranchDeskError):
                failed(error)
                return
            self._store(lambda: services.unanswered(session, question, error), done, failed)

        self._store(lambda: services.begin(session, asked, intent), begun, failed)

    def undo(
        self,
        session: Session,
        redemption: str,
        reason: str,
        intent: str,
        *,
        done: Callable[[Undone], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Undo what this terminal redeemed; head office agrees first where it honoured it."""
        services = self._services

        def begun(step: Undone | UndoQuestion) -> None:
            if isinstance(step, UndoQuestion):
                self._ask(step.request, lambda data: settle(step, data), lambda e: lost(step, e))
            else:
                done(step)

        def settle(question: UndoQuestion, data: bytes) -> None:
            self._store(lambda: services.settle_undo(session, question, data), done, failed)

        def lost(question: UndoQuestion, error: Exception) -> None:
            if not isinstance(error, BranchDeskError):
                failed(error)
                return
            self._store(lambda: services.undo_unanswered(question, error), done, failed)

        self._store(lambda: services.begin_undo(session, redemption, reason, intent), begun, failed)

    def _store(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self._background.submit(Lane.STORE, job, done, failed)

    def _ask(
        self,
        request: bytes,
        done: Callable[[bytes], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self._background.submit(
            Lane.NETWORK, lambda: self._services.ask_office(request), done, failed
        )
