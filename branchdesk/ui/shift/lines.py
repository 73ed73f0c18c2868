"""Put what is known of a shift into lines. Pure: the same facts give the same words. No Qt."""

import datetime
from collections.abc import Mapping, Sequence

from branchdesk.application.models import Session
from branchdesk.application.shift_records import ShiftRecord
from branchdesk.application.shifts import ClosedShift, ShiftOverview, by_word
from branchdesk.application.staff_pins import StaffLine, StaffWay
from branchdesk.application.waiting import UnsentKind
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.campaign import Role
from branchdesk.domain.clock import china_date, china_time
from branchdesk.ui.kit.formats import age_phrase, clock_text
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.shift.state import GiftField, Line, StaffRow, Words

Names = Mapping[str, Bilingual]
_TONES = {
    StaffWay.PIN: Tone.SUCCESS,
    StaffWay.CODE_WAITING: Tone.INFO,
    StaffWay.RESET_WAITING: Tone.INFO,
    StaffWay.LOCKED: Tone.WARNING,
    StaffWay.DESTROYED: Tone.DANGER,
    StaffWay.NOTHING: Tone.QUIET,
}


def fact_lines(
    shift: ShiftRecord,
    overview: ShiftOverview,
    staff: Sequence[StaffLine],
    today: datetime.date,
) -> tuple[Line, ...]:
    """Say where, who and since when; another day than ``today`` is named."""
    names = {line.code: line.name for line in staff}

    def person(code: str) -> Words:
        return phrase("shift.person", name=names.get(code, ""), code=code)

    place = phrase("shift.text", text=shift.place)
    if shift.place == overview.outlet:
        place = phrase("shift.outlet", name=overview.outlet_name, code=overview.outlet)
    lines = [
        Line(phrase("shift.place"), place),
        Line(phrase("shift.holder"), person(shift.holder)),
    ]
    if shift.opened_by != shift.holder:
        lines.append(Line(phrase("shift.opened_by"), person(shift.opened_by)))
    key = "shift.at_by_itself" if shift.by_itself else "shift.text"
    opened = phrase(key, text=_moment_text(shift.opened_ms, today))
    lines.append(Line(phrase("shift.opened_at"), opened))
    if shift.closed_ms is not None:
        closed = phrase("shift.text", text=_moment_text(shift.closed_ms, today))
        lines.append(Line(phrase("shift.closed_at"), closed))
    return tuple(lines)


def notice(overview: ShiftOverview, today: datetime.date) -> Phrase | None:
    """Say what is odd about the open shift: begun on another day, or by itself and uncounted."""
    shift = overview.shift
    if shift is None:
        return None
    at = _moment_text(shift.opened_ms, today)
    if china_date(shift.opened_ms) != today:
        return phrase("shift.of_another_day", at=at)
    if shift.by_itself:
        key = "shift.by_itself_uncounted" if uncounted(overview) else "shift.by_itself"
        return phrase(key, at=at)
    return None


def uncounted(overview: ShiftOverview) -> frozenset[str]:
    """Return the offers whose gifts nobody counted in a shift that opened by itself."""
    shift = overview.shift
    if shift is None or not shift.by_itself:
        return frozenset()
    return frozenset(overview.gift_offers) - {gift.offer_code for gift in shift.gifts}


def work_lines(shift: ShiftRecord, names: Names) -> tuple[Line, ...]:
    """Say what the shift did: people, vouchers by offer, what is not known to be printed."""
    lines = [Line(phrase("shift.registered"), phrase("shift.people", count=shift.registered))]
    lines += [
        Line(
            phrase("shift.issued_of", name=_name(names, line.offer_code)),
            phrase("shift.issued", count=line.issued),
        )
        for line in shift.issued
    ]
    lines.append(_unprinted("shift.unprinted", shift.unprinted))
    return tuple(lines)


def earlier_lines(shift: ShiftRecord, unprinted: int) -> tuple[Line, ...]:
    """Say how many vouchers of the whole terminal are not on paper, when earlier ones are among."""
    if unprinted <= shift.unprinted:
        return ()
    return (_unprinted("shift.unprinted_all", unprinted),)


def float_lines(shift: ShiftRecord, names: Names) -> tuple[Line, ...]:
    """Say with how many gifts the open shift began and how many should be there now."""
    return tuple(
        Line(
            phrase("shift.gift_of", name=_name(names, gift.offer_code)),
            phrase("shift.float", first=gift.first, expected=gift.expected),
        )
        for gift in shift.gifts
    )


def _unprinted(key: str, count: int) -> Line:
    tone = Tone.WARNING if count else Tone.QUIET
    return Line(phrase(key), phrase("shift.issued", count=count), tone)


def opening_lines(overview: ShiftOverview, names: Names) -> tuple[Line, ...]:
    """Say what may be issued in the shift that is about to open."""
    return tuple(
        Line(_name(names, code), phrase("shift.slots", count=left))
        for code, left in overview.vouchers
    )


def count_lines(closed: ClosedShift, names: Names) -> tuple[Line, ...]:
    """Say what was counted at the end, whether it is what was expected, and why it is not."""
    lines = []
    for gift in closed.gifts:
        key = "shift.counted" if gift.expected is None else "shift.counted_of"
        told = phrase(key, counted=gift.counted, expected=gift.expected)
        tone = Tone.WARNING if gift.differs else Tone.QUIET
        label = phrase("shift.gift_of", name=_name(names, gift.offer_code))
        lines.append(Line(label, told, tone))
    if closed.word:
        lines.append(Line(phrase("shift.word"), phrase("shift.text", text=closed.word)))
    return tuple(lines)


def unsent_lines(kinds: Sequence[UnsentKind], now_ms: int) -> tuple[Line, ...]:
    """Say what head office does not have yet, by kind and age."""
    return tuple(
        Line(
            phrase(f"shift.kind.{kind.event_type}"),
            phrase(
                "shift.unsent_since",
                count=kind.count,
                age=age_phrase(max(0, now_ms - kind.since_ms)),
            ),
        )
        for kind in by_word(kinds)
    )


def gift_fields(overview: ShiftOverview, names: Names) -> tuple[GiftField, ...]:
    """Return the offers whose gifts can be counted, with what is expected in this shift."""
    counted = () if overview.shift is None else overview.shift.gifts
    expected = {gift.offer_code: gift.expected for gift in counted}
    return tuple(
        GiftField(code, _name(names, code), expected.get(code)) for code in overview.gift_offers
    )


def staff_rows(staff: Sequence[StaffLine], session: Session) -> tuple[StaffRow, ...]:
    """Say who may sign in here and how they stand."""
    return tuple(
        StaffRow(
            line.code,
            line.name,
            phrase(f"role.{line.role.value}"),
            phrase(f"shift.way.{line.way.value}", minutes=-(-line.locked_ms // 60_000)),
            _TONES[line.way],
            can_reset=_can_reset(line, session),
        )
        for line in staff
    )


def _can_reset(line: StaffLine, session: Session) -> bool:
    mine = session.role is Role.SUPERVISOR and line.code != session.staff
    return mine and line.way in {StaffWay.PIN, StaffWay.LOCKED, StaffWay.DESTROYED}


def _moment_text(ms: int, today: datetime.date) -> str:
    """Write the time of day, and the day where it is not ``today``."""
    at = china_time(ms)
    return clock_text(ms) if at.date() == today else at.strftime("%m-%d %H:%M")


def _name(names: Names, offer_code: str) -> Words:
    return names.get(offer_code) or phrase("shift.text", text=offer_code)
