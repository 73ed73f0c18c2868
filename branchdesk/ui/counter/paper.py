"""What happens after the commit: the result, the paper, and what is not known to be printed.

The desk makes a file and has the system open it; whether paper came out, people say. Printing can
fail without anything being lost: the vouchers are issued and can be printed again.
This module must not know Qt.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from branchdesk.application.confirm_printed import IN_DOUBT
from branchdesk.application.customer_page import CustomerPage
from branchdesk.application.models import VoucherRecord
from branchdesk.ui.counter.attempt import Outcome
from branchdesk.ui.counter.lines import voucher_lines, waiting_lines
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import ResultState
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.papers import ALONE, NOT_PRINTED, handed_over
from branchdesk.ui.shell.services import DeskServices, PrintedDocument


class PaperDesk:
    """Shows what was issued and puts it on paper."""

    def __init__(
        self,
        background: Background,
        services: DeskServices,
        screen: Screen,
        committed: Callable[[], object],
    ) -> None:
        self._background, self._services, self._screen = background, services, screen
        self._committed = committed
        self._serial = 0
        self._waiting, self._asking = Latest(background), Latest(background)
        self._busy = False

    def issued(self, outcome: Outcome) -> None:
        """Show an outcome and print its vouchers."""
        book = self._screen.book
        lines = voucher_lines(outcome.vouchers, book)
        key = "counter.done_registered" if outcome.registered else "counter.done_issued"
        if outcome.registered and lines:
            key = "counter.done_both"
        nothing = phrase("counter.nothing_to_print")
        trouble = None if outcome.trouble is None else book.error(outcome.trouble)
        result = ResultState(
            phrase(key, count=len(lines)), lines, nothing, Tone.QUIET, False, trouble=trouble
        )
        self._show_result(result)
        self.print_result()

    def print_result(self) -> None:
        """Print the vouchers of the result."""
        result = self._screen.state.result
        if result is None or not result.vouchers or self._busy:
            return
        waiting = phrase("counter.printing", count=len(result.vouchers))
        self._show_result(
            replace(result, print_phrase=waiting, print_tone=Tone.INFO, can_print=False)
        )
        self._print(tuple(line.voucher for line in result.vouchers))

    def print_waiting(self) -> None:
        """Print everything that is not known to be printed."""
        vouchers = tuple(line.voucher for line in self._screen.state.waiting)
        if vouchers and not self._busy:
            self._print(vouchers)

    def came_out(self, vouchers: Sequence[str]) -> None:
        """Take vouchers off the list whose paper somebody holds in their hands."""
        session = self._screen.session
        if session is not None and vouchers and all(map(self._is_waiting, vouchers)):
            confirm = self._services.papers.confirm_printed
            words = phrase("counter.waiting_confirmed", count=len(vouchers))
            self._settle(lambda: confirm(session, vouchers, IN_DOUBT), words)

    def result_came_out(self) -> None:
        """Record that the vouchers of the result are on paper, once their file was opened.

        Whoever goes on without saying so leaves them on the list of those not known to be.
        """
        result, session = self._screen.state.result, self._screen.session
        if session is None or result is None or not result.is_open:
            return
        confirm, layout = self._services.papers.confirm_printed, self._screen.state.layout
        vouchers = tuple(line.voucher for line in result.vouchers)
        self._background.submit(
            Lane.STORE,
            lambda: confirm(session, vouchers, layout),
            lambda _: self._committed(),
            self._screen.note_fault,
        )

    def ask_void(self, voucher: str) -> None:
        """Ask by number, holder and offer whether this one is to be void for good."""
        line = next(
            (found for found in self._screen.state.waiting if found.voucher == voucher), None
        )
        if line is None or self._busy:
            return
        page = self._services.customer.page

        def ask(found: CustomerPage) -> None:
            if self._is_waiting(voucher):
                asked = replace(line, holder=found.name)
                self._screen.show(replace(self._screen.state, voiding=asked))

        self._asking.submit(Lane.STORE, lambda: page(line.customer), ask, self._screen.note_fault)

    def leave_void(self) -> bool:
        """Keep the voucher that was asked about; return whether one was."""
        was_asked = self._screen.state.voiding is not None
        if was_asked:
            self._screen.show(replace(self._screen.state, voiding=None))
        return was_asked

    def void(self) -> None:
        """Void the voucher that was asked about: its paper never came out."""
        session, line = self._screen.session, self._screen.state.voiding
        if session is None or line is None:
            return
        self.leave_void()
        voucher = line.voucher
        if self._is_waiting(voucher):
            void, intent = self._services.papers.void, self._services.new_intent()
            words = phrase("counter.waiting_voided", number=line.number)
            self._settle(lambda: void(session, voucher, NOT_PRINTED, intent, ALONE), words)

    def _is_waiting(self, voucher: str) -> bool:
        listed = any(line.voucher == voucher for line in self._screen.state.waiting)
        return listed and not self._busy

    def _settle(self, job: Callable[[], object], words: Phrase) -> None:
        self._busy = True
        self._background.submit(
            Lane.STORE,
            job,
            lambda _: self._settled(Note(words, Tone.SUCCESS)),
            lambda error: self._settled(Note(self._screen.book.error(error), Tone.DANGER)),
        )

    def _settled(self, note: Note) -> None:
        self._busy = False
        self._screen.show(replace(self._screen.state, note=note))
        self._committed()
        self.read_waiting()

    def open_document(self) -> None:
        """Hand the document to the system once more."""
        result = self._screen.state.result
        if result is not None and result.document:
            self._hand_over(result.document, phrase("counter.opened_again"))

    def forget_result(self) -> None:
        """The next person: no answer about the last one's paper is shown any more."""
        self._serial += 1
        self._busy = False

    def read_waiting(self) -> None:
        """Ask what was issued and is not known to be printed."""
        self._waiting.submit(Lane.STORE, self._services.unprinted, self._show_waiting)

    def _print(self, vouchers: tuple[str, ...]) -> None:
        layout = self._screen.state.layout
        self._busy = True
        services = self._services
        self._background.submit(
            Lane.STORE,
            lambda: services.draw_vouchers(vouchers, layout),
            partial(self._drawn, self._serial, vouchers),
            partial(self._not_printed, self._serial),
        )

    def _drawn(self, serial: int, vouchers: tuple[str, ...], document: PrintedDocument) -> None:
        # The paper is wanted even when the desk has gone on to the next person.
        if serial != self._serial:
            self._services.show_document(document.path)
        else:
            self._busy = False
            words = phrase("counter.opened", items=document.items, pages=document.pages)
            self._hand_over(document.path, words, vouchers)
        self.read_waiting()

    def _not_printed(self, serial: int, error: Exception) -> None:
        if serial == self._serial:
            self._busy = False
            reason = self._screen.book.error(error)
            self._say(Note(phrase("counter.not_printed", reason=reason), Tone.DANGER))
        self.read_waiting()

    def _hand_over(self, path: str, words: Phrase, vouchers: tuple[str, ...] = ()) -> None:
        is_open = self._services.show_document(path)
        note = handed_over(path, Note(words, Tone.INFO), is_open=is_open)
        self._say(note, path, vouchers if is_open else (), is_open=is_open)

    def _say(
        self, note: Note, document: str = "", handed: tuple[str, ...] = (), *, is_open: bool = False
    ) -> None:
        result = self._screen.state.result
        if result is None:
            self._screen.show(replace(self._screen.state, note=note, handed=handed))
            return
        self._show_result(
            replace(
                result,
                print_phrase=note.phrase,
                print_tone=note.tone,
                can_print=not document,
                document=document,
                is_open=is_open,
            )
        )

    def _show_result(self, result: ResultState) -> None:
        self._screen.show(replace(self._screen.state, result=result))

    def _show_waiting(self, records: tuple[VoucherRecord, ...]) -> None:
        result = self._screen.state.result
        shown = () if result is None else tuple(line.voucher for line in result.vouchers)
        lines = waiting_lines(records, self._screen.book)
        waiting = tuple(line for line in lines if line.voucher not in shown)
        asked = self._screen.state.voiding
        is_there = asked is not None and any(line.voucher == asked.voucher for line in waiting)
        voiding = asked if is_there else None
        self._screen.show(replace(self._screen.state, waiting=waiting, voiding=voiding))
