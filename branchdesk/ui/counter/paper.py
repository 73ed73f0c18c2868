"""What happens after the commit: the result, the paper, and what is not known to be printed.

Printing can fail without anything being lost: the vouchers are issued and can be printed again.
This module must not know Qt.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from branchdesk.application.models import VoucherRecord
from branchdesk.ui.counter.attempt import Outcome
from branchdesk.ui.counter.lines import voucher_lines, waiting_lines
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import ResultState
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.words import Note, Phrase, Tone, phrase
from branchdesk.ui.serving.papers import ALONE, NOT_PRINTED
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
        self._waiting = Latest(background)
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

    def came_out(self, voucher: str) -> None:
        """Take a voucher off the list whose paper somebody holds in their hands."""
        session = self._screen.session
        if session is not None and self._is_waiting(voucher):
            confirm = self._services.papers.confirm_printed
            words = phrase("counter.waiting_confirmed")
            self._settle(lambda: confirm(session, voucher), words)

    def void(self, voucher: str) -> None:
        """Void a voucher whose paper never came out: nobody holds it, so nothing else is asked."""
        session = self._screen.session
        if session is not None and self._is_waiting(voucher):
            void, intent = self._services.papers.void, self._services.new_intent()
            words = phrase("counter.waiting_voided")
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
        """Hand the printed document to the system."""
        result = self._screen.state.result
        if result is not None and result.document:
            self._services.show_document(result.document)

    def forget_result(self) -> None:
        """The next person: no answer about the last one's paper is shown any more."""
        self._serial += 1
        self._busy = False

    def read_waiting(self) -> None:
        """Ask what was issued and is not known to be printed."""
        self._waiting.submit(Lane.STORE, self._services.unprinted, self._show_waiting)

    def _print(self, vouchers: tuple[str, ...]) -> None:
        session, layout = self._screen.session, self._screen.state.layout
        assert session is not None
        self._busy = True
        services = self._services
        self._background.submit(
            Lane.STORE,
            lambda: services.print_vouchers(session, vouchers, layout),
            partial(self._printed, self._serial),
            partial(self._not_printed, self._serial),
        )

    def _printed(self, serial: int, document: PrintedDocument) -> None:
        # The paper is wanted even when the desk has gone on to the next person.
        self._services.show_document(document.path)
        words = phrase("counter.printed", items=document.items, pages=document.pages)
        self._ended(serial, words, Tone.SUCCESS, document.path)

    def _not_printed(self, serial: int, error: Exception) -> None:
        reason = self._screen.book.error(error)
        self._ended(serial, phrase("counter.not_printed", reason=reason), Tone.DANGER, "")

    def _ended(self, serial: int, words: Phrase, tone: Tone, document: str) -> None:
        if serial == self._serial:
            self._busy = False
            self._say(words, tone, document)
        self.read_waiting()

    def _say(self, words: Phrase, tone: Tone, document: str) -> None:
        result = self._screen.state.result
        if result is None:
            self._screen.show(replace(self._screen.state, note=Note(words, tone)))
            return
        self._show_result(
            replace(
                result,
                print_phrase=words,
                print_tone=tone,
                can_print=tone is Tone.DANGER,
                document=document,
            )
        )

    def _show_result(self, result: ResultState) -> None:
        self._screen.show(replace(self._screen.state, result=result))

    def _show_waiting(self, records: tuple[VoucherRecord, ...]) -> None:
        result = self._screen.state.result
        shown = () if result is None else tuple(line.voucher for line in result.vouchers)
        lines = waiting_lines(records, self._screen.book)
        waiting = tuple(line for line in lines if line.voucher not in shown)
        self._screen.show(replace(self._screen.state, waiting=waiting))
