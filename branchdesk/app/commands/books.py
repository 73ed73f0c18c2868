"""The commands about books of numbered vouchers: print in advance, enter afterwards, status."""

import argparse
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from branchdesk.app.commands.acting import acting, intent_in
from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.batches import read_object, refuse_unknown, run_batch, text_field
from branchdesk.app.commands.line_formats import describe_lines
from branchdesk.app.commands.pins import SECOND_PIN, pin_from
from branchdesk.app.terminal import Terminal
from branchdesk.application.book_records import BookEntry, BookRecord, Fate
from branchdesk.application.models import Session, Staff, TerminalState
from branchdesk.application.print_vouchers import LAYOUTS
from branchdesk.domain.running_number import running_number
from branchdesk.errors import RuleViolation


def add_book_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about books."""
    book = commands.add_parser("book", help="numbered vouchers, printed in advance")
    acts = book.add_subparsers(dest="act", metavar="ACT", required=True)

    printing = acts.add_parser("print", help=f"make a book, with --second and {SECOND_PIN}")
    what = printing.add_mutually_exclusive_group(required=True)
    what.add_argument("--offer", metavar="CODE")
    what.add_argument("--book", metavar="BOOK", help="made before, not known to be on paper")
    printing.add_argument("--count", type=int, metavar="N")
    printing.add_argument("--layout", choices=LAYOUTS, default="a4x8")
    printing.add_argument("--out", required=True, metavar="FILE.pdf")
    printing.add_argument("--register", metavar="FILE.pdf", help="else FILE-register.pdf beside it")
    printing.add_argument("--intent", metavar="I")
    printing.set_defaults(run=_print)

    entering = acts.add_parser("enter", help=f"enter numbers, with --second and {SECOND_PIN}")
    entering.add_argument("file", metavar="FILE|-")
    entering.set_defaults(run=_enter)
    describe_lines(entering, "book enter")

    acts.add_parser("status", help="what is open of each book").set_defaults(run=_status)


def _print(options: argparse.Namespace, answers: Answers) -> int:
    out = Path(options.out)
    register = options.register or str(out.with_name(f"{out.stem}-register.pdf"))

    def act(terminal: Terminal, session: Session) -> int:
        second, paths = _second(options), (options.out, register)
        if options.book:
            printed = terminal.papers.print_book.again(
                session, options.book, second, paths, layout=options.layout
            )
        else:
            printed = terminal.papers.print_book(
                session, options.offer, options.count or 0, second, paths,
                layout=options.layout, intent=options.intent,
            )  # fmt: skip
        with terminal.store.read() as reading:
            state = reading.terminal()
        answers.give(
            {
                **_book_fields(state, printed.record),
                "pages": printed.vouchers.pages, "bytes": printed.vouchers.bytes,
                "items": printed.vouchers.items, "out": printed.vouchers.path,
                "register": printed.register.path, "register_pages": printed.register.pages,
            }
        )  # fmt: skip
        return 0

    return acting(options, act)


def _enter(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        # Once for all lines: the second person stands beside for the whole register.
        second = terminal.second_person(terminal.store, session, *_second(options))

        def enter(line: str) -> object:
            return _enter_line(terminal, session, second, read_object(line))

        return run_batch(options.file, answers, enter)

    return acting(options, act)


def _enter_line(
    terminal: Terminal, session: Session, second: Staff, fields: Mapping[str, object]
) -> object:
    refuse_unknown(fields, "number", "fate", "customer", "used_on", "intent")
    number, intent = text_field(fields, "number"), intent_in(terminal, fields)
    fate = _fate(text_field(fields, "fate"))
    entry = BookEntry(number, fate, text_field(fields, "customer", default=""), _day(fields))
    record = terminal.papers.enter_book(session, second, entry, intent)
    return {"number": number, "voucher": record.voucher, "fate": fate, "intent": intent}


def _status(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        with terminal.store.read() as reading:
            state, books = reading.terminal(), reading.books()
        for book in books:
            counts = {fate.value: 0 for fate in Fate}
            for fate in book.fates.values():
                counts[fate.value] += 1
            still = [_number(state, book, slot) for slot in book.open_slots]
            told = {"on_paper": book.is_on_paper, **counts, "not_entered": len(still)}
            answers.give({**_book_fields(state, book), **told, "open_numbers": still})
        return 0

    return acting(options, act, alone=True)


def _book_fields(state: TerminalState, book: BookRecord) -> dict[str, object]:
    return {
        "book": book.book, "offer": book.offer_code, "grant": book.grant,
        "first_number": _number(state, book, book.first_slot),
        "last_number": _number(state, book, book.last_slot), "count": len(book.slots),
    }  # fmt: skip


def _number(state: TerminalState, book: BookRecord, slot: int) -> str:
    return running_number(state.outlet, state.terminal, book.number_of(slot))


def _second(options: argparse.Namespace) -> tuple[str, str]:
    """Return the second person and their PIN; who is not named has none to be asked for."""
    second = options.second or ""
    return second, pin_from(SECOND_PIN) if second else ""


def _fate(word: str) -> Fate:
    if word not in set(Fate):
        raise RuleViolation("book_fate", field="fate", found=word[:20], allowed=[*Fate])
    return Fate(word)


def _day(fields: Mapping[str, object]) -> date | None:
    if "used_on" not in fields:
        return None
    try:
        return date.fromisoformat(text_field(fields, "used_on"))
    except ValueError as error:
        raise RuleViolation("field_type", field="used_on", expected="date") from error
