"""Do something with one of the person's vouchers: print, reprint, void, replace.

Asked in place, with a reason where the paper of before loses its worth. This module must not know
Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from branchdesk.application.confirm_printed import IN_DOUBT
from branchdesk.errors import RuleViolation
from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.state import Focus, PaperQuestion
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.papers import ALONE, REASONS, PaperAct, Second, handed_over
from branchdesk.ui.serving.second_person import SecondField, SecondTyped, missing_of, place_of
from branchdesk.ui.shell.services import DeskServices, PrintedDocument

_FOCUS: Final = {SecondField.STAFF: Focus.PAPER_SECOND, SecondField.PIN: Focus.PAPER_PIN}


class PaperDesk:
    """One voucher at a time; ``layout`` is the one that vouchers are printed in now."""

    def __init__(
        self, acts: Acts, services: DeskServices, screen: Screen, layout: Callable[[], str]
    ) -> None:
        self._acts, self._services, self._screen = acts, services, screen
        self._layout = layout
        self._handed = ""
        self._is_open = False

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
            self._run(partial(self._draw, voucher), phrase("customer.paper.opened"))
        else:
            confirm = partial(self._services.papers.confirm_printed, subject[0])
            voucher = question.line.voucher
            said = phrase("customer.paper.confirmed")
            self._acts.run(lambda: confirm((voucher,), IN_DOUBT), said)

    def act(self, reason: str) -> None:
        """Do what was chosen, for a reason."""
        question, subject = self._screen.state.papers, self._acts.subject()
        if question is None or subject is None or question.act is None:
            return
        if reason not in REASONS[question.act]:
            return
        self._show_question(replace(question, reason=reason, errors={}))
        self._do(question.act, question.line.voucher, reason, ALONE)

    def act_with(self, typed: SecondTyped) -> None:
        """Do it with the second person beside, once both fields say who that is."""
        question = self._screen.state.papers
        if question is None or question.act is None or question.second is None:
            return
        missing = missing_of(typed)
        if missing:
            self._refuse(missing)
        elif self._acts.subject() is not None:
            second = (typed.staff.strip(), typed.pin)
            self._do(question.act, question.line.voucher, question.reason, second)

    def _do(self, act: PaperAct, voucher: str, reason: str, second: Second) -> None:
        subject = self._acts.subject()
        assert subject is not None, "asked before"
        session, papers = subject[0], self._services.papers
        intent = self._acts.intent_for((act, voucher, reason))
        if act is PaperAct.VOID:
            self._acts.run(
                lambda: papers.void(session, voucher, reason, intent, second),
                phrase("customer.paper.voided"),
                refused=self._refused_beside,
            )
            return

        def sign_and_draw() -> tuple[str, PrintedDocument]:
            if act is PaperAct.REPRINT:
                signed = papers.reprint(session, voucher, reason, intent)
            else:
                signed = papers.replace(session, voucher, reason, intent, second)
            return self._draw(signed.voucher)

        is_copy = act is PaperAct.REPRINT
        said = phrase("customer.paper.reprinted" if is_copy else "customer.paper.replaced")
        self._run(sign_and_draw, said)

    def _refused_beside(self, error: Exception) -> bool:
        """Ask for the second person where there must be one, and say what is wrong with them."""
        question = self._screen.state.papers
        if question is None or not isinstance(error, RuleViolation):
            return False
        if error.code == "void_second_missing":
            told = phrase("customer.paper.two", **error.facts)
            self._show_question(replace(question, second=told, errors={}))
            self._screen.focus(Focus.PAPER_SECOND)
            return True
        place = None if question.second is None else place_of(error)
        if place is None:
            return False
        self._refuse({place: self._screen.book.error(error)})
        return True

    def _refuse(self, errors: Mapping[SecondField, Phrase]) -> None:
        question = self._screen.state.papers
        assert question is not None, "what is refused was asked"
        self._show_question(replace(question, errors=errors))
        self._screen.focus(_FOCUS[next(iter(errors))])

    def _show_question(self, question: PaperQuestion) -> None:
        self._screen.show(replace(self._screen.state, papers=question, note=None))

    def leave(self) -> None:
        """Do nothing; from a reason, step back to what may be done."""
        question = self._screen.state.papers
        if question is not None and question.act is not None:
            self._show_question(PaperQuestion(question.line))
            self._screen.focus(Focus.PAPER)
            return
        self._screen.show(replace(self._screen.state, papers=None))
        self._screen.focus(Focus.PAGE)

    def page_read(self) -> None:
        """Ask about a voucher that was signed just now, since the page knows it only from here."""
        self._ask_whether_out()
        self._handed = ""

    def _ask_whether_out(self) -> None:
        lines = self._screen.state.page.vouchers
        line = next((line for line in lines if line.voucher == self._handed), None)
        if line is not None and PaperAct.CAME_OUT in line.acts:
            self._handed = ""
            # What nothing opened came out nowhere: printing it is offered first.
            asked = PaperQuestion(line, is_handed=self._is_open)
            self._screen.show(replace(self._screen.state, papers=asked))
            self._screen.focus(Focus.PAPER)

    def _run(self, job: Callable[[], tuple[str, PrintedDocument]], said: Phrase) -> None:
        then = partial(self._hand_over, said)
        self._acts.run(job, said, then=then, refused=self._refused_beside)

    def _draw(self, voucher: str) -> tuple[str, PrintedDocument]:
        return voucher, self._services.draw_vouchers((voucher,), self._layout())

    def _hand_over(self, said: Phrase, drawn: tuple[str, PrintedDocument]) -> None:
        voucher, document = drawn
        is_open = self._services.show_document(document.path)
        note = handed_over(document.path, Note(said, Tone.INFO), is_open=is_open)
        self._handed, self._is_open = voucher, is_open
        self._screen.show(replace(self._screen.state, note=note))
        self._ask_whether_out()
