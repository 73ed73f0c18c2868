"""Propose that two records are one person, and take that back. This module must not know Qt."""

from collections.abc import Callable
from dataclasses import replace

from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.customer.state import Focus
from branchdesk.ui.customer.timeline import MERGE_REASONS, UNDONE
from branchdesk.ui.kit.words import phrase


class MergeDesk:
    """The record shown is the one that is kept; both stay until head office has decided."""

    def __init__(self, acts: Acts, services: CustomerServices, screen: Screen) -> None:
        self._acts, self._services, self._screen = acts, services, screen

    def ask(self, other: str) -> None:
        """Ask why another record is the same person."""
        if self._acts.subject() is None:
            return
        self._acts.forget_undo()
        self._screen.show(replace(self._screen.state, merging=other, granting=None, note=None))
        self._screen.focus(Focus.MERGE)

    def propose(self, reason: str) -> None:
        """Propose it for the reason chosen."""
        subject, other = self._acts.subject(), self._screen.state.merging
        if subject is None or not other or reason not in MERGE_REASONS:
            return
        session, page = subject
        self._acts.run(
            lambda: self._services.propose_merge(session, page.customer, other, reason),
            phrase("customer.merge.proposed"),
            undo=self._taking_back,
        )

    def undo(self, merge: str) -> None:
        """Take a standing proposal back."""
        subject = self._acts.subject()
        if subject is not None:
            session = subject[0]
            self._acts.run(
                lambda: self._services.undo_merge(session, merge, UNDONE),
                phrase("customer.merge.undone"),
            )

    def _taking_back(self, merge: str) -> Callable[[], object]:
        return lambda: self.undo(merge)
