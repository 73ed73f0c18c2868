"""``branchdesk shift …`` and ``branchdesk staff …``: who serves here, and who may."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers
from branchdesk.app.commands.pins import SECOND_PIN, pin_from
from branchdesk.app.paper import require_writable
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.application.shift_records import GiftCount, ShiftRecord
from branchdesk.application.shifts import ClosedShift, ShiftOverview, ShowShift
from branchdesk.application.waiting import UnsentKind
from branchdesk.errors import RuleViolation

Json = dict[str, object]


def add_shift_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``shift`` and ``staff`` with their verbs."""
    shift = commands.add_parser("shift", help="open, hand over, close or show the shift")
    verbs = shift.add_subparsers(dest="verb", metavar="VERB", required=True)
    opening = verbs.add_parser("open", help="open a shift; a van names its stop")
    opening.add_argument("--place", default="", help="where: the outlet itself when left out")
    handing = verbs.add_parser("handover", help=f"to --second, whose PIN is in {SECOND_PIN}")
    closing = verbs.add_parser("close", help="close it and say what is still unsent")
    closing.add_argument("--slip", metavar="FILE.pdf", help="also save the summary as a slip")
    for counting in (opening, handing, closing):
        counting.add_argument("--gift", action="append", default=[], metavar="OFFER=COUNT",
                              help="gifts of an offer as counted now")  # fmt: skip
    for ending in (handing, closing):
        ending.add_argument("--word", default="", help="why counted and expected differ")
    showing = verbs.add_parser("show", help="how the shift stands")
    for parser, run in (
        (opening, _open), (handing, _hand_over), (closing, _close), (showing, _show),
    ):  # fmt: skip
        parser.set_defaults(run=run)

    staff = commands.add_parser("staff", help="who may sign in here")
    acts = staff.add_subparsers(dest="verb", metavar="VERB", required=True)
    acts.add_parser("list", help="a person a line, and how they stand").set_defaults(run=_list)
    reset = acts.add_parser("reset", help="a supervisor asks head office for somebody's new PIN")
    reset.add_argument("who", metavar="STAFF")
    reset.add_argument("--reason", required=True)
    reset.set_defaults(run=_reset)


def _open(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        shift = terminal.open_shift(session, options.place, _counts(options.gift))
        # One that was open stays as it is: the place and the counts asked for are not taken.
        already: Json = {"already_open": shift == session.shift}
        answers.give({**_overview_fields(ShowShift(terminal.store)()), **already})
        return 0

    return acting(options, act)


def _hand_over(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        second = options.second or ""
        pin = pin_from(SECOND_PIN) if second else ""
        terminal.hand_over_shift(session, second, pin, _counts(options.gift), options.word)
        answers.give(_overview_fields(ShowShift(terminal.store)()))
        return 0

    return acting(options, act)


def _close(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        if options.slip:
            require_writable(Path(options.slip))
        closed = terminal.close_shift(session, _counts(options.gift), options.word)
        slip: Json = {}
        if options.slip:
            slip["slip"] = terminal.print_shift(closed, str(Path(options.slip))).path
        answers.give({**_closed_fields(closed), **slip})
        return 0

    return acting(options, act)


def _show(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        answers.give(_overview_fields(ShowShift(terminal.store)()))
        return 0

    return acting(options, act, alone=True)


def _list(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        lines = [
            {"code": line.code, "name": line.name, "role": line.role, "way": line.way,
             "locked_s": -(-line.locked_ms // 1000)}
            for line in terminal.list_staff()
        ]  # fmt: skip
        answers.give_all(lines, "cli.staff_none")
        return 0

    return acting(options, act, alone=True)


def _reset(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        terminal.request_pin_reset(session, options.who, options.reason)
        answers.give({"staff": options.who, "asked_by": session.staff, "reset_asked": True})
        return 0

    return acting(options, act)


def _counts(given: Sequence[str]) -> dict[str, int]:
    """Read ``OFFER=COUNT``; raises RuleViolation ``count_unreadable``."""
    counts = {}
    for text in given:
        offer, _, number = text.partition("=")
        if not (offer and number.isascii() and number.isdigit() and len(number) <= 9):
            raise RuleViolation("count_unreadable", field="--gift", found=text[:40])
        counts[offer] = int(number)
    return counts


def _overview_fields(overview: ShiftOverview) -> Json:
    fields: Json = {"open": overview.shift is not None, "outlet": overview.outlet}
    if overview.shift is not None:
        fields |= _shift_fields(overview.shift)
        fields["gifts"] = [
            {"offer": gift.offer_code, "first": gift.first, "expected": gift.expected}
            for gift in overview.shift.gifts
        ]
    return {
        **fields,
        "vouchers": [{"offer": code, "left": left} for code, left in overview.vouchers],
        "unprinted": overview.unprinted,
        "unsent": _kind_fields(overview.unsent),
    }


def _closed_fields(closed: ClosedShift) -> Json:
    return {
        **_shift_fields(closed.shift),
        "gifts": [_gift_fields(gift) for gift in closed.gifts],
        "word": closed.word,
        "unprinted": closed.unprinted,
        "unsent": closed.unsent,
        "unsent_kinds": _kind_fields(closed.kinds),
    }


def _shift_fields(shift: ShiftRecord) -> Json:
    return {
        "shift": shift.shift,
        "place": shift.place,
        "opened_by": shift.opened_by,
        "staff": shift.holder,
        "opened_ms": shift.opened_ms,
        "closed_ms": shift.closed_ms,
        "registered": shift.registered,
        "issued": [
            {"offer": line.offer_code, "issued": line.issued, "printed": line.printed}
            for line in shift.issued
        ],
        "handovers": [
            {
                "at_ms": handover.at_ms,
                "from": handover.giver,
                "to": handover.taker,
                "gifts": [_gift_fields(gift) for gift in handover.gifts],
                "word": handover.word,
            }
            for handover in shift.handovers
        ],
    }


def _gift_fields(gift: GiftCount) -> Json:
    return {"offer": gift.offer_code, "counted": gift.counted, "expected": gift.expected}


def _kind_fields(kinds: Sequence[UnsentKind]) -> list[Json]:
    return [
        {"type": kind.event_type, "count": kind.count, "since_ms": kind.since_ms} for kind in kinds
    ]
