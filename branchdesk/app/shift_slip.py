"""What a slip says of a closed shift: from the read model to finished words."""

from collections.abc import Sequence

from branchdesk.application.print_shift import PrintableShift
from branchdesk.application.shifts import GiftCount, by_word
from branchdesk.application.waiting import UnsentKind
from branchdesk.documents.labels import Labels
from branchdesk.documents.slip import Slip, SlipSection
from branchdesk.domain.clock import china_time


def shift_slip(shift: PrintableShift, labels: Labels, *, is_practice: bool = False) -> Slip:
    """Say what paper shows of a closed shift, in the language of ``labels``."""
    told, terminal = shift.closed.shift, shift.terminal
    who = told.holder if shift.holder is None else f"{shift.holder.name} {told.holder}"
    opened, closed = _clock(told.opened_ms), _clock(told.closed_ms or told.opened_ms)
    head = SlipSection(
        labels("slip.shift"),
        (
            (labels("slip.terminal"), str(terminal.terminal)),
            (labels("slip.place"), told.place),
            (labels("slip.staff"), who),
            (labels("slip.opened"), opened),
            (labels("slip.closed"), closed),
        ),
    )
    sections = [head, _work(shift, labels)]
    if shift.closed.gifts:
        rows = tuple(_gift(gift, shift, labels) for gift in shift.closed.gifts)
        word = shift.closed.word
        note = labels("slip.word", word=word) if word else ""
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
