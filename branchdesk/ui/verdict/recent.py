"""Put the day's redemptions into words: a line each, and one of them as it is shown.

Pure; this module must not know Qt.
"""

from branchdesk.application.list_redemptions import RedemptionLine
from branchdesk.domain.clock import china_date, china_time
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.verdict import Judgement
from branchdesk.ui.kit.formats import clock_text, money_text
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.verdict.state import Answer, FactLine, RecentLine

_NOBODY = "—"


def recent_lines(found: tuple[RedemptionLine, ...], now_ms: int) -> tuple[RecentLine, ...]:
    """Return a line a redemption, in their order."""
    return tuple(_line(one, now_ms) for one in found)


def recent_answer(found: RedemptionLine, judgement: Judgement, now_ms: int) -> Answer:
    """Return what is shown of one redemption, and of what its voucher is worth now."""
    record, token = found.record, found.record.token
    amount = money_text(record.amount_minor)
    number = voucher_id(token.grant.number, token.voucher.slot)
    facts = (
        FactLine(phrase("verdict.amount"), _joined(_offer(found), _plain(amount))),
        FactLine(phrase("verdict.recent.when"), _joined(_plain(_at(record.at_ms, now_ms)),
                                                        _plain(_staff(found)))),
        FactLine(phrase("verdict.recent.holder"), _plain(record.holder or _NOBODY)),
        FactLine(phrase("verdict.number"), _joined(_plain(number), _plain(found.short_code))),
        FactLine(phrase("verdict.recent.now"), phrase(f"verdict.{judgement.verdict.value}")),
    )  # fmt: skip
    tone, icon, word, advice = _head(found, now_ms)
    return Answer(judgement.verdict, tone, icon, phrase(word), advice, facts)


def _head(found: RedemptionLine, now_ms: int) -> tuple[Tone, str, str, Phrase]:
    record = found.record
    if record.undone_ms is not None:
        advice = phrase("verdict.recent.advice_undone", at=_at(record.undone_ms, now_ms))
        return Tone.INFO, "undo", "verdict.undone", advice
    if found.until_ms is None:
        return Tone.INFO, "ticket", "verdict.redeemed", phrase("verdict.recent.advice_late")
    advice = phrase("verdict.recent.advice_until", until=_at(found.until_ms, now_ms))
    return Tone.INFO, "ticket", "verdict.redeemed", advice


def _line(found: RedemptionLine, now_ms: int) -> RecentLine:
    record = found.record
    return RecentLine(
        record.redemption, _at(record.at_ms, now_ms), _offer(found),
        money_text(record.amount_minor), found.short_code, record.holder or _NOBODY, _staff(found),
        _standing(found, now_ms),
    )  # fmt: skip


def _standing(found: RedemptionLine, now_ms: int) -> Phrase:
    if found.record.undone_ms is not None:
        return phrase("verdict.undone")
    if found.until_ms is None:
        return phrase("verdict.recent.late")
    return phrase("verdict.recent.until", until=_at(found.until_ms, now_ms))


def _offer(found: RedemptionLine) -> Phrase:
    if found.offer is None:
        return phrase("serving.value", amount=money_text(found.record.token.grant.face_minor))
    return phrase("verdict.recent.offer", name=found.offer.name)


def _staff(found: RedemptionLine) -> str:
    return found.staff_name or found.record.staff


def _at(ms: int, now_ms: int) -> str:
    """Write a time of day, with its day where that is not today's."""
    if china_date(ms) == china_date(now_ms):
        return clock_text(ms)
    return f"{china_time(ms):%m-%d %H:%M}"


def _plain(text: str) -> Phrase:
    return phrase("verdict.recent.plain", text=text)


def _joined(first: Phrase, then: Phrase) -> Phrase:
    return phrase("verdict.joined", first=first, then=then)
