"""Do something with one of the person's vouchers: print, reprint, void, replace.

Asked in place, with a reason where the paper of before loses its worth. This module must not know
Qt.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from branchdesk.application.models import Session
from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.state import Focus, PaperQuestion
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.serving.papers import REASONS, PaperAct
from branchdesk.ui.shell.services import DeskServices, PrintedDocument


class PaperDesk:
    """One voucher at a time; ``layout`` is the one that vouchers are printed in now."""

    def __init__(
        self, acts: Acts, services: DeskServices, screen: Screen, layout: Callable[[], str]
    ) -> None:
        self._acts, self._services, self._screen = acts, services, screen
        self._layout = layout

    def open(self, voucher: str) -> None:
        """Ask what is to be done with a voucher, when anything may be."""
        lines = self._screen.state.page.vouchers
        line = next((line for line in lines if line.voucher == voucher), None)
        if self._acts.subject() is None or line is None or not line.acts:
            return
        self._acts.forget_undo()
        asked = replace(
            self._screen.state, papers=PaperQuestion(line), granting=None, merging="", note=None
        )
        self._screen.show(asked)
        self._screen.focus(Focus.PAPER)

    def choose(self, word: str) -> None:
        """Do what needs no reason, and ask for the reason of the rest."""
        question, subject = self._screen.state.papers, self._acts.subject()
        if question is None or subject is None or word not in question.line.acts:
            return
        act = PaperAct(word)
        if act in REASONS:
            asked = replace(question, act=act)
            self._screen.show(replace(self._screen.state, papers=asked))
            self._screen.focus(Focus.PAPER)
        elif act is PaperAct.PRINT:
            voucher = question.line.voucher
            self._run(partial(self._print, subject[0], voucher), phrase("customer.paper.printed"))
        else:
            confirm = partial(self._services.papers.confirm_printed, subject[0])
            voucher = question.line.voucher
            self._acts.run(lambda: confirm(voucher), phrase("customer.paper.confirmed"))

    def act(self, reason: str) -> None:
        """Do what was chosen, for a reason."""
        question, subject = self._screen.state.papers, self._acts.subject()
        if question is None or subject is None or question.act is None:
            return
        act, voucher = question.act, question.line.voucher
        if reason not in REASONS[act]:
            return
        session = subject[0]
        intent = self._acts.intent_for((act, voucher, reason))
        if act is PaperAct.VOID:
            void = self._services.papers.void
            done = phrase("customer.paper.voided")
            self._acts.run(lambda: void(session, voucher, reason, intent), done)
            return
        papers = self._services.papers
        sign = papers.reprint if act is PaperAct.REPRINT else papers.replace

        def sign_and_print() -> PrintedDocument:
            return self._print(session, sign(session, voucher, reason, intent).voucher)

        is_copy = act is PaperAct.REPRINT
        said = phrase("customer.paper.reprinted" if is_copy else "customer.paper.replaced")
        self._run(sign_and_print, said)

    def leave(self) -> None:
        """Do nothing; from a reason, step back to what may be done."""
        question = self._screen.state.papers
        if question is not None and question.act is not None:
            self._screen.show(replace(self._screen.state, papers=replace(question, act=None)))
            self._screen.focus(Focus.PAPER)
            return
        self._screen.show(replace(self._screen.state, papers=None))
        self._screen.focus(Focus.PAGE)

    def _run(self, job: Callable[[], PrintedDocument], said: Phrase) -> None:
        self._acts.run(job, said, then=self._show)

    def _print(self, session: Session, voucher: str) -> PrintedDocument:
        return self._services.print_vouchers(session, (voucher,), self._layout())

    def _show(self, document: PrintedDocument) -> None:
        self._services.show_document(document.path)
