"""Vectors that must be called good: every field at its ends, every way a text may look."""

from collections.abc import Iterator
from typing import Final

from second_implementation import LIFETIME_DAYS_MAX, day_starts_at_s, holder_pseudonym
from vector_parts import (
    EXPIRES,
    GOOD,
    HOLDER_KEYS,
    HOME,
    ISSUE_FROM,
    ISSUE_UNTIL,
    ISSUED_AT,
    NEXT_OFFICE,
    OFFICE,
    OTHER_TERMINAL,
    PHONE,
    STRANGER,
    Vector,
    at,
    context,
    genuine,
    make,
    public_of,
    shows,
)

U16: Final = 2**16 - 1
U24: Final = 2**24 - 1
U32: Final = 2**32 - 1


def good_vectors() -> Iterator[Vector]:
    """Yield every good vector."""
    yield from _fields()
    yield from _days()
    yield from _texts()
    yield from _trust()
    yield from _standing()
    yield from _places()
    yield from _holders()


def _fields() -> Iterator[Vector]:
    yield genuine("good-plain", make())
    for policy in range(8):
        book = "-book" if policy & 4 else ""
        made = make(g_policy_byte=policy)
        yield genuine(f"good-policy-{policy & 3}{book}", made, activated=bool(policy & 4))
    for name, value in (("zero", 0), ("one", 1), ("largest", U32)):
        yield genuine(f"good-grant-number-{name}", make(g_number=value))
        yield genuine(f"good-terminal-number-{name}", make(g_terminal=value))
        yield genuine(f"good-offer-number-{name}", make(g_offer=value))
        yield genuine(f"good-face-{name}", make(g_face_minor=value))
    yield genuine("good-one-slot", make(g_slots=1, v_slot=1))
    yield genuine("good-first-slot", make(v_slot=1))
    yield genuine("good-last-slot", make(v_slot=500))
    yield genuine("good-largest-slot", make(g_slots=U24, v_slot=U24))
    yield genuine("good-first-slot-of-most", make(g_slots=U24, v_slot=1))
    for copy in (1, 2, 127, 128, 255):
        yield genuine(f"good-copy-{copy}", make(v_copy=copy))
    yield genuine("good-holder-bytes-unasked", make(v_holder=bytes.fromhex("ffffffff")))
    yield genuine("good-holder-smallest-unasked", make(v_holder=bytes.fromhex("00000001")))


def _days() -> Iterator[Vector]:
    first, last = day_starts_at_s(ISSUE_FROM), day_starts_at_s(ISSUE_UNTIL + 1) - 1
    yield genuine("good-issued-first-second", make(v_issued_at_s=first))
    yield genuine("good-issued-last-second", make(v_issued_at_s=last), now=last)
    one_day = make(g_issue_from_day=2265, g_issue_until_day=2265, v_issued_at_s=ISSUED_AT)
    yield genuine("good-window-of-one-day", one_day)
    widest = make(g_issue_from_day=0, g_issue_until_day=U16)
    yield genuine("good-window-widest", widest)
    day_zero = day_starts_at_s(0)
    oldest = make(g_issue_from_day=0, g_issue_until_day=0, v_issued_at_s=day_zero, v_expires_day=0)
    yield genuine("good-everything-on-day-zero", oldest, now=day_zero)
    newest = make(g_issue_from_day=0, g_issue_until_day=U16, v_issued_at_s=U32, v_expires_day=U16)
    yield genuine("good-issued-and-expires-largest", newest, now=U32)
    issue_day = make(v_expires_day=2265)
    yield genuine("good-expires-on-issue-day", issue_day, now=ISSUED_AT)
    longest = make(v_expires_day=ISSUE_UNTIL + LIFETIME_DAYS_MAX)
    yield genuine("good-expires-366-days-after-window", longest)
    yield genuine("good-last-second-of-last-day", make(), now=day_starts_at_s(EXPIRES + 1) - 1)
    yield genuine("good-first-second-of-issue-day", make(), now=day_starts_at_s(2265))
    yield genuine("good-the-second-of-issue", make(), now=ISSUED_AT)
    yield genuine("good-after-the-window", make(), now=day_starts_at_s(ISSUE_UNTIL + 1))
    leap = make(
        g_issue_from_day=1520, g_issue_until_day=1520, v_issued_at_s=1709136000, v_expires_day=1520
    )
    yield genuine("good-leap-day", leap, now=1709222399)


def _texts() -> Iterator[Vector]:
    made = make()
    digits = made.digits
    full_width = digits.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    mixed = full_width[:200] + digits[200:]
    texts = {
        "prefix-short": "HTTPS://B.CN/V/" + digits,
        "prefix-long": "HTTPS://CAMPAIGN.EXAMPLE-BANK.COM.CN/2026/Q1/VOUCHER#" + digits,
        "prefix-with-digits-inside": "HTTPS://B2.EXAMPLE.CN:8443/2026/V?" + digits,
        "prefix-lower-case": "https://example.cn/v/" + digits,
        "prefix-one-letter": "A" + digits,
        "prefix-chinese": "兑换码：" + digits,
        "full-width": full_width,
        "full-width-mixed": mixed,
        "full-width-behind-prefix": "ＨＴＴＰＳ：／／" + full_width,
        "line-end": digits + "\n",
        "carriage-return-line-end": digits + "\r\n",
        "tab-after": digits + "\t",
        "spaces-around": "  " + digits + "  ",
        "scanner-framing": "\x02" + digits + "\x03",
        "byte-order-mark": "\ufeff" + digits,
        "quoted": f'"{digits}"',
        "word-after": digits + " END",
        "chinese-after": digits + "。",
        "minus-is-junk": "-" + digits,
        "junk-digits-before": "123 456 " + digits,
        "other-token-before": make(v_slot=7).digits + " " + digits,
        "arabic-digits-are-junk": "\u0661\u0662" + digits + "\u0663",
        "superscripts-are-junk": "\u00b2" + digits + "\u00b3",
        "mathematical-digits-are-junk": digits + "\U0001d7ce\U0001d7cf",
    }
    for name, text in texts.items():
        yield Vector(f"good-text-{name}", text, context(), GOOD, made)
    tiniest = make(
        g_number=0,
        g_terminal=0,
        g_offer=0,
        g_face_minor=0,
        g_slots=1,
        g_issue_from_day=0,
        g_policy_byte=0,
        v_slot=1,
    )
    yield genuine("good-smallest-numbers-together", tiniest)


def _trust() -> Iterator[Vector]:
    yield genuine("good-key-among-many", make(), grant_keys=[STRANGER, NEXT_OFFICE, OFFICE])
    later = make(office=NEXT_OFFICE)
    yield genuine("good-later-grant-key", later, grant_keys=[OFFICE, NEXT_OFFICE])
    both = [OFFICE, NEXT_OFFICE]
    yield genuine("good-earlier-grant-key-still-trusted", make(), grant_keys=both)
    second = make(signer=OTHER_TERMINAL, g_terminal=13, g_terminal_key=public_of(OTHER_TERMINAL))
    yield genuine("good-other-terminal", second)
    # Nothing ties a terminal number to a key but the grant itself.
    moved = make(signer=OTHER_TERMINAL, g_terminal_key=public_of(OTHER_TERMINAL))
    yield genuine("good-terminal-enrolled-anew", moved)
    own = make(signer=OFFICE, g_terminal_key=public_of(OFFICE))
    yield genuine("good-terminal-key-equals-grant-key", own)


def _standing() -> Iterator[Vector]:
    made = make()
    yield genuine("good-another-grant-revoked", made, revoked=[[70_002, None]])
    yield genuine("good-another-slot-revoked", made, revoked=[[70_001, 41], [70_001, 43]])
    yield genuine("good-same-slot-of-another-grant-revoked", made, revoked=[[70_002, 42]])
    for copy, newest in ((1, 1), (2, 1), (255, 255), (255, 0)):
        copied = make(v_copy=copy)
        yield genuine(f"good-copy-{copy}-newest-known-{newest}", copied, newest_copy=newest)
    yield genuine("good-activated-means-nothing-outside-books", made, activated=True)


def _places() -> Iterator[Vector]:
    def at_place(name: str, policy: int, **place: bool | int) -> Vector:
        made = make(g_policy_byte=policy)
        return genuine(f"good-place-{name}", made, place=at(HOME, **place))

    yield at_place("policy-0-online", 0, online=True)
    yield at_place("policy-0-online-elsewhere", 0, online=True, terminal=99)
    yield at_place("policy-1-home-offline", 1)
    yield at_place("policy-1-home-online", 1, online=True)
    yield at_place("policy-1-elsewhere-released", 1, online=True, terminal=99, released=True)
    yield at_place("policy-2-keeper-offline", 2, terminal=99, keeper=True)
    yield at_place("policy-2-elsewhere-released", 2, online=True, terminal=99, released=True)
    yield at_place("policy-3-allowance-offline", 3, terminal=99, allowance=True)
    yield at_place("policy-3-online", 3, online=True, terminal=99)


def _holders() -> Iterator[Vector]:
    bound = make(phone=PHONE)
    yield genuine("good-holder-right-phone", bound, holder=shows(PHONE))
    yield genuine("good-holder-nobody-asks", bound)
    yield genuine("good-no-holder-any-phone", make(), holder=shows(PHONE))
    for name, phone in (("hong-kong", "+85251234567"), ("longest", "+123456789012345")):
        made = make(phone=phone)
        yield genuine(f"good-holder-{name}", made, holder=shows(phone))
    reprint = make(phone=PHONE, v_copy=3)
    yield genuine("good-holder-same-on-a-copy", reprint, holder=shows(PHONE))
    other = holder_pseudonym(HOLDER_KEYS["campaign-2"], 70_001, 42, PHONE)
    made = make(v_holder=other)
    yield genuine("good-holder-other-campaign", made, holder=shows(PHONE, "campaign-2"))
    largest = make(g_number=U32, g_slots=U24, v_slot=U24, phone=PHONE)
    yield genuine("good-holder-largest-numbers", largest, holder=shows(PHONE))
