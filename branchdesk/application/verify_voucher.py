"""Say what a scanned or typed voucher is worth, offline, with the reasons."""

from branchdesk.application.models import VoucherRecord
from branchdesk.application.ports import Clock, Reading, Store
from branchdesk.domain.offer import RedemptionPolicy
from branchdesk.protocol.short_code import fingerprint, looks_like_short_code, parse_short_code
from branchdesk.protocol.token import (
    Token,
    china_day,
    day_of,
    decode_grant,
    decode_voucher,
)
from branchdesk.protocol.verdict import Judgement, Standing, Verdict, judge, read_and_authenticate


class VerifyVoucher:
    """Judge a voucher with what this terminal knows."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self, text: str) -> Judgement:
        """Return the verdict on a token text or short code.

        Raises RuleViolation when a short code is mistyped (its check character does not fit).
        """
        today = china_day(self._clock.now_ms() // 1000)
        with self._store.read() as reading:
            if looks_like_short_code(text):
                return self._by_short_code(reading, text, today)
            found = read_and_authenticate(text, reading.grant_keys())
            if found.verdict is not Verdict.GOOD or found.token is None:
                return found
            return self._judge(reading, found.token, today)

    def _by_short_code(self, reading: Reading, text: str, today: int) -> Judgement:
        code = parse_short_code(text)
        record = reading.voucher(f"{code.grant}-{code.slot}")
        if record is None:
            return Judgement(Verdict.NEEDS_LINE, None, {"grant": code.grant, "slot": code.slot})
        for copy in reading.copies(record.grant, record.slot):
            if fingerprint(copy) == code.fingerprint:
                token = Token(decode_grant(record.grant_bytes), decode_voucher(copy))
                return self._judge(reading, token, today)
        return Judgement(Verdict.FORGED, None, {"rule": "short_code_fingerprint"})

    @staticmethod
    def _judge(reading: Reading, token: Token, today: int) -> Judgement:
        record = reading.voucher(f"{token.grant.number}-{token.voucher.slot}")
        here = token.grant.terminal == reading.terminal().terminal
        found = judge(token, _standing(reading, token, record, here=here), today)
        return Judgement(found.verdict, token, {**token_facts(token), "here": here})


def token_facts(token: Token) -> dict[str, object]:
    """Return what an authentic token says, in the words of the command line."""
    grant, voucher = token.grant, token.voucher
    return {
        "grant": grant.number,
        "slot": voucher.slot,
        "terminal": grant.terminal,
        "offer": grant.offer,
        "face_minor": grant.face_minor,
        "remaining_minor": grant.face_minor,
        "policy": grant.policy,
        "issued_on": day_of(china_day(voucher.issued_at)).isoformat(),
        "expires_on": day_of(voucher.expires).isoformat(),
        "copy": voucher.copy,
    }


def _standing(
    reading: Reading, token: Token, record: VoucherRecord | None, *, here: bool
) -> Standing:
    """Gather what is known here, and decide the place by the policy of DESIGN section 5.

    Policies 1 and 2 are redeemed offline by the issuing terminal; a keeper named by head office
    comes with redemption itself. Policy 0 always asks head office.
    """
    number, slot = token.grant.number, token.voucher.slot
    used_minor = reading.used_minor(number, slot)
    place: Verdict | None = None
    if token.grant.policy == RedemptionPolicy.ONLINE:
        place = Verdict.NEEDS_LINE
    elif token.grant.policy in {RedemptionPolicy.HOME, RedemptionPolicy.KEEPER} and not here:
        place = Verdict.NOT_HERE
    return Standing(
        revoked=record is not None and record.revoked,
        void=record is not None and record.is_void,
        used=used_minor > 0 and used_minor >= token.grant.face_minor,
        newest_copy=reading.newest_copy(number, slot),
        place=place,
    )
