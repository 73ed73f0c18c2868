"""Look at a voucher from every side that this terminal knows: standing, day, place, holder."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from branchdesk.application.models import CampaignInForce, VoucherRecord
from branchdesk.application.place import Place, Why, place_of
from branchdesk.application.ports import Reading
from branchdesk.application.redemption_records import VoucherStanding
from branchdesk.domain.clock import ClockState
from branchdesk.domain.offer import Offer
from branchdesk.domain.phones import normalise_phone
from branchdesk.errors import RuleViolation
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.short_code import (
    ShortCode,
    fingerprint,
    looks_like_short_code,
    parse_short_code,
)
from branchdesk.protocol.token import (
    Token,
    china_day,
    day_number,
    day_of,
    decode_grant,
    decode_voucher,
)
from branchdesk.protocol.verdict import (
    Judgement,
    Standing,
    Verdict,
    holds,
    judge,
    read_and_authenticate,
)

TAIL_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """A judgement with what it rests on; ``token`` is None for a short code of no known row.

    ``place`` says by what right this terminal could redeem; ``is_holder_checked`` whether the phone
    that was shown was compared with something.
    """

    judgement: Judgement
    place: Place = field(default_factory=Place)
    standing: VoucherStanding = field(default_factory=VoucherStanding)
    offer: Offer | None = None
    code: ShortCode | None = None
    is_holder_checked: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.judgement.verdict

    @property
    def token(self) -> Token | None:
        """The authentic token, if there is one."""
        return self.judgement.token


@dataclass(frozen=True, slots=True)
class _Holder:
    is_wrong: bool = False
    is_checked: bool = False
    needs_office: bool = False


def look_at_voucher(
    reading: Reading, text: str, now_ms: int, *, phone: str = "", phone_tail: str = ""
) -> Look:
    """Judge a token's text or short code; ``phone`` or its tail is what the customer shows.

    Raises RuleViolation for a mistyped short code or phone, ``phone_tail_invalid``, and
    ``phone_needed`` when only the full number can be compared here.
    """
    if looks_like_short_code(text):
        return _by_short_code(reading, parse_short_code(text), now_ms, phone, phone_tail)
    found = read_and_authenticate(text, reading.grant_keys())
    if found.verdict is not Verdict.GOOD or found.token is None:
        return Look(found)
    return look_at_token(reading, found.token, now_ms, phone=phone, phone_tail=phone_tail)


def look_at_token(
    reading: Reading, token: Token, now_ms: int, *, phone: str = "", phone_tail: str = ""
) -> Look:
    """Judge an authentic token."""
    grant, slot = token.grant, token.voucher.slot
    standing = reading.standing(grant.number, slot)
    in_force, offer = offer_numbered(reading, grant.offer)
    place = place_of(reading, token, standing)
    holder = _holder(reading, token, in_force, phone, phone_tail)
    if holder.needs_office and place.basis is not None:
        place = Place(None, Verdict.NEEDS_LINE, Why.HOLDER)
    last_day = last_good_day(token.voucher.expires, standing.given_day, offer)
    today, place = _day(reading, token, now_ms, place, last_day)
    is_home = grant.terminal == reading.terminal().terminal
    known = Standing(
        revoked=standing.is_revoked,
        void=standing.is_void,
        used=_is_used(grant.face_minor, standing, offer),
        newest_copy=standing.newest_copy,
        activated=standing.fate == "used" or not is_home,
        last_day=last_day,
        place=place.verdict,
        wrong_holder=holder.is_wrong,
    )
    judged = judge(token, known, today)
    facts = {
        **token_facts(token, standing.used_minor), "here": is_home,
        **book_facts(standing.fate, standing.given_day, last_day),
        **_why(judged.verdict, place, standing),
    }  # fmt: skip
    judgement = Judgement(judged.verdict, token, facts)
    return Look(judgement, place, standing, offer, None, holder.is_checked)


def offer_numbered(reading: Reading, number: int) -> tuple[CampaignInForce | None, Offer | None]:
    """Return the offer of a token with its campaign, where one in force here has it."""
    for found in reading.campaigns():
        for code, known in found.numbers.items():
            if known == number:
                return found, found.campaign.offer(code)
    return None, None


def last_good_day(signed: int, given_day: int, offer: Offer | None) -> int:
    """Return the day number of a voucher's last good day.

    That is the ``signed`` one, but a book's number was signed before anybody knew when it would be
    handed out: from its ``given_day`` (0 is unknown) it is good for as long as its offer says.
    """
    if not given_day or offer is None:
        return signed
    return min(signed, day_number(offer.expires_on(day_of(given_day))))


def book_facts(fate: str, given_day: int, last_day: int) -> dict[str, object]:
    """Return what was entered of a book's number, in words that every desk understands."""
    if fate != "used":
        return {"fate": fate} if fate else {}
    given_on, expires_on = (day_of(day).isoformat() for day in (given_day, last_day))
    return {"fate": fate, "given_on": given_on, "expires_on": expires_on}


def token_facts(token: Token, used_minor: int = 0) -> dict[str, object]:
    """Return what an authentic token says, in the words of the command line."""
    grant, voucher = token.grant, token.voucher
    return {
        "voucher": voucher_id(grant.number, voucher.slot),
        "grant": grant.number,
        "slot": voucher.slot,
        "terminal": grant.terminal,
        "offer": grant.offer,
        "face_minor": grant.face_minor,
        "remaining_minor": max(0, grant.face_minor - used_minor),
        "policy": grant.policy,
        "issued_on": day_of(china_day(voucher.issued_at)).isoformat(),
        "expires_on": day_of(voucher.expires).isoformat(),
        "copy": voucher.copy,
    }


def record_of(reading: Reading, token: Token) -> VoucherRecord | None:
    """Return the row of a voucher that was issued here."""
    return reading.voucher(voucher_id(token.grant.number, token.voucher.slot))


def _by_short_code(
    reading: Reading, code: ShortCode, now_ms: int, phone: str, phone_tail: str
) -> Look:
    place = Place(None, Verdict.NEEDS_LINE, Why.SHORT_CODE)
    named: dict[str, object] = {"grant": code.grant, "slot": code.slot}
    record = reading.voucher(voucher_id(code.grant, code.slot))
    if record is None:
        facts = {**named, "why": Why.SHORT_CODE.value}
        return Look(Judgement(Verdict.NEEDS_LINE, None, facts), place, code=code)
    copies = (record.voucher_bytes, *reading.standing(code.grant, code.slot).copies)
    signed = next((data for data in copies if fingerprint(data) == code.fingerprint), None)
    if signed is None:
        rule = {"rule": "short_code_fingerprint"}
        return Look(Judgement(Verdict.FORGED, None, {**rule}), place, code=code)
    token = Token(decode_grant(record.grant_bytes), decode_voucher(signed))
    found = look_at_token(reading, token, now_ms, phone=phone, phone_tail=phone_tail)
    return replace(found, code=code)


def _is_used(face_minor: int, standing: VoucherStanding, offer: Offer | None) -> bool:
    in_parts = offer is not None and offer.partial_use
    return standing.used_minor >= face_minor or (standing.used_minor > 0 and not in_parts)


def _day(
    reading: Reading, token: Token, now_ms: int, place: Place, last_day: int
) -> tuple[int, Place]:
    """Return the day to judge by, and the place.

    A suspect clock never makes a voucher too early or too late by itself: then it is judged by the
    earliest that it can be, by head office's signed time, and head office is asked on its last day
    and before its first one is known to have come.
    """
    today = china_day(max(0, now_ms) // 1000)
    if reading.clock_state() != ClockState.SUSPECT:
        return today, place
    begins = max(token.grant.issue_from, china_day(token.voucher.issued_at))
    least = china_day(reading.earliest_ms() // 1000)
    if place.basis is not None and not begins <= least < last_day:
        place = Place(None, Verdict.NEEDS_LINE, Why.CLOCK)
    return max(least, begins), place


def _holder(
    reading: Reading, token: Token, in_force: CampaignInForce | None, phone: str, phone_tail: str
) -> _Holder:
    if not phone and not phone_tail:
        return _Holder()
    record = record_of(reading, token)
    person = None if record is None or not record.customer else reading.customer(record.customer)
    if not phone:
        tail = _tail(phone_tail)
        if person is None:
            raise RuleViolation("phone_needed", field="phone")
        return _Holder(is_wrong=not person.phone.endswith(tail), is_checked=True)
    shown = normalise_phone(phone)
    if person is not None and person.phone == shown:
        # A corrected number is the holder's too, though the paper was signed over the old one.
        return _Holder(is_checked=True)
    if in_force is None:
        return _Holder(needs_office=True)
    is_held = holds(token, in_force.holder_key, shown)
    return _Holder(is_wrong=not is_held, is_checked=any(token.voucher.holder))


def _tail(text: str) -> str:
    digits = text.strip()
    if len(digits) != TAIL_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise RuleViolation("phone_tail_invalid", field="phone_tail", digits=TAIL_DIGITS)
    return digits


def _why(verdict: Verdict, place: Place, standing: VoucherStanding) -> Mapping[str, object]:
    """Return the facts that explain a verdict and that the token does not say itself."""
    if verdict is Verdict.SUPERSEDED:
        return {"newest_copy": standing.newest_copy}
    if verdict is Verdict.USED:
        last = max(standing.standing_uses, key=lambda use: use.at_ms)
        uses = [
            {"redemption": use.redemption, "amount_minor": use.amount_minor,
             "outlet": use.outlet, "used_at_ms": use.at_ms}
            for use in standing.standing_uses
        ]  # fmt: skip
        return {"used_outlet": last.outlet, "used_at_ms": last.at_ms, "uses": uses}
    if verdict is place.verdict and place.why is not None:
        kept = {"keeper": place.keeper} if place.keeper else {}
        return {"why": place.why.value, **kept}
    return {}
