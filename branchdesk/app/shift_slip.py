"""What a slip says of a closed shift: from the read model to finished words."""

from collections.abc import Sequence

from branchdesk.application.print_shift import PrintableShift
from branchdesk.application.shift_records import GiftCount, Handover
from branchdesk.application.shifts import by_word
from branchdesk.application.waiting import UnsentKind
from branchdesk.documents.labels import Labels
from branchdesk.documents.slip import Slip, SlipSection
from branchdesk.domain.clock import china_time


def shift_slip(shift: PrintableShift, labels: Labels, *, is_practice: bool = False) -> Slip:
    """Say what paper shows of a closed shift, in the language of ``labels``."""
    told, terminal = shift.closed.shift, shift.terminal
    opened, closed = _clock(told.opened_ms), _clock(told.closed_ms or told.opened_ms)
    head = SlipSection(
        labels("slip.shift"),
        (
            (labels("slip.terminal"), str(terminal.terminal)),
            (labels("slip.place"), told.place),
            (labels("slip.opened_by"), _person(shift, told.opened_by)),
            (labels("slip.opened"), opened),
            (labels("slip.closed"), closed),
            (labels("slip.staff"), _person(shift, told.holder)),
        ),
    )
    sections = [head, *(_handover(handover, shift, labels) for handover in told.handovers)]
    sections.append(_work(shift, labels))
    if shift.closed.gifts:
        rows = tuple(_gift(gift, shift, labels) for gift in shift.closed.gifts)
        note = _why(shift.closed.word, labels)
        sections.append(SlipSection(labels("slip.gifts"), rows, note))
    sections.append(_unsent(shift.closed.kinds, labels))
    signatures = (labels("slip.signed_by"), labels("slip.checked_by"))
    band = labels("voucher.practice") if is_practice else ""
    return Slip(labels("slip.title"), terminal.outlet_name, tuple(sections), signatures, band)


def _work(shift: PrintableShift, labels: Labels) -> SlipSection:
    told = shift.closed.shift
    rows = [(labels("slip.registered"), str(told.registered))]
    rows += [
        (_name(shift, line.offer_code, labels), labels("slip.issued", issued=line.issued))
        for line in told.issued
    ]
    rows.append((labels("slip.unprinted"), str(shift.closed.unprinted)))
    return SlipSection(labels("slip.work"), tuple(rows))


def _handover(handover: Handover, shift: PrintableShift, labels: Labels) -> SlipSection:
    rows = (
        (labels("slip.giver"), _person(shift, handover.giver)),
        (labels("slip.taker"), _person(shift, handover.taker)),
        *(_gift(gift, shift, labels) for gift in handover.gifts),
    )
    heading = labels("slip.handover", at=_clock(handover.at_ms, "%m-%d %H:%M"))
    return SlipSection(heading, rows, _why(handover.word, labels))


def _why(word: str, labels: Labels) -> str:
    return labels("slip.word", word=word) if word else ""


def _person(shift: PrintableShift, code: str) -> str:
    return f"{shift.staff_names.get(code, '')} {code}".strip()


def _gift(gift: GiftCount, shift: PrintableShift, labels: Labels) -> tuple[str, str]:
    key = "slip.counted" if gift.expected is None else "slip.counted_of"
    value = labels(key, counted=gift.counted, expected=gift.expected)
    return _name(shift, gift.offer_code, labels), value


def _unsent(kinds: Sequence[UnsentKind], labels: Labels) -> SlipSection:
    if not kinds:
        return SlipSection(labels("slip.unsent"), (), labels("slip.unsent_none"))
    rows = tuple(
        (labels(f"slip.kind.{kind.event_type}"),
         labels("slip.since", count=kind.count, since=_clock(kind.since_ms, "%m-%d %H:%M")))
        for kind in by_word(kinds)
    )  # fmt: skip
    return SlipSection(labels("slip.unsent"), rows, labels("slip.unsent_note"))


def _name(shift: PrintableShift, offer_code: str, labels: Labels) -> str:
    name = shift.offer_names.get(offer_code)
    return offer_code if name is None else name.in_language(labels.language)


def _clock(time_ms: int, form: str = "%Y-%m-%d %H:%M") -> str:
    return china_time(time_ms).strftime(form)
