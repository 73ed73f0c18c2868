"""Vectors whose token is genuine and whose surroundings decide, with every precedence."""

from collections.abc import Iterator
from typing import Final

from cases_good import U32
from second_implementation import NO_HOLDER, day_starts_at_s, holder_pseudonym
from vector_parts import (
    EXPIRES,
    HOLDER_KEYS,
    HOME,
    ISSUE_FROM,
    ISSUED_AT,
    PHONE,
    Json,
    Made,
    Vector,
    at,
    genuine,
    make,
    shows,
)

BOOK: Final = 0b101
LATE: Final = day_starts_at_s(EXPIRES + 1)
EARLY: Final = ISSUED_AT - 86_400
NOT_HERE: Final = at(HOME, offer_here=False)
OFFLINE: Final = at(HOME, terminal=99)
WRONG_PHONE: Final[Json] = {"holder": shows("+8613900139000")}


def context_vectors() -> Iterator[Vector]:
    """Yield every vector between forged and good."""
    yield from _single()
    yield from _timing()
    yield from _places()
    yield from _holders()
    yield from _order()


def _as(verdict: str, name: str, made: Made, **changes: object) -> Vector:
    return genuine(f"{verdict.replace('_', '-')}-{name}", made, (verdict, verdict), **changes)


def _single() -> Iterator[Vector]:
    yield _as("revoked", "whole-grant", make(), revoked=[[70_001, None]])
    yield _as("revoked", "one-slot", make(), revoked=[[70_001, 42]])
    yield _as("revoked", "among-others", make(), revoked=[[1, None], [70_001, 42], [2, 42]])
    yield _as("revoked", "largest-grant", make(g_number=U32), revoked=[[U32, None]])
    yield _as("revoked", "grant-zero", make(g_number=0), revoked=[[0, None]])
    yield _as("void", "plain", make(), void=True)
    yield _as("void", "copy", make(v_copy=1), void=True)
    yield _as("used", "plain", make(), used=True)
    yield _as("used", "copy", make(v_copy=255), used=True)
    for copy, newest in ((0, 1), (0, 255), (1, 2), (254, 255)):
        made = make(v_copy=copy)
        yield _as("superseded", f"copy-{copy}-of-{newest}", made, newest_copy=newest)
    for policy in range(4):
        made = make(g_policy_byte=4 | policy)
        yield _as("not_activated", f"policy-{policy}", made)


def _timing() -> Iterator[Vector]:
    first = day_starts_at_s(2265)
    yield _as("not_yet", "second-before-issue-day", make(), now=first - 1)
    yield _as("not_yet", "day-zero", make(), now=day_starts_at_s(0))
    yield _as("not_yet", "unix-zero", make(), now=0)
    yield _as("not_yet", "before-window", make(), now=day_starts_at_s(ISSUE_FROM) - 1)
    yield _as("not_yet", "in-window-before-issue-day", make(), now=day_starts_at_s(ISSUE_FROM))
    # 2026-03-14 23:00 UTC is already the 15th in UTC+8, so only the hours before count.
    yield _as("not_yet", "day-by-utc-plus-8", make(), now=first - 3_600)
    yield _as("expired", "first-second-after", make(), now=LATE)
    yield _as("expired", "years-later", make(), now=U32)
    one_day = make(v_expires_day=2265)
    yield _as("expired", "day-after-issue", one_day, now=day_starts_at_s(2266))
    # By UTC the last day still has eight hours to go.
    yield _as("expired", "still-good-by-utc", make(), now=LATE + 8 * 3_600 - 1)
    long = make(v_expires_day=EXPIRES + 200)
    yield _as("expired", "long-voucher", long, now=day_starts_at_s(EXPIRES + 201))


def _places() -> Iterator[Vector]:
    def made(policy: int) -> Made:
        return make(g_policy_byte=policy)

    for policy in range(4):
        everything = at(HOME, offer_here=False, online=True, keeper=True, allowance=True)
        yield _as("not_here", f"offer-elsewhere-policy-{policy}", made(policy), place=everything)
    for policy in (1, 2):
        online = at(HOME, terminal=99, online=True)
        yield _as("not_here", f"policy-{policy}-not-released", made(policy), place=online)
        yield _as("needs_line", f"policy-{policy}-elsewhere-offline", made(policy), place=OFFLINE)
        released = at(HOME, terminal=99, released=True)
        yield _as("needs_line", f"policy-{policy}-released-offline", made(policy), place=released)
        tempting = at(HOME, terminal=99, allowance=True)
        name = f"policy-{policy}-allowance-does-not-help"
        yield _as("needs_line", name, made(policy), place=tempting)
    yield _as("needs_line", "policy-2-home-but-not-keeper", made(2), place=at(HOME))
    yield _as("needs_line", "policy-0-home-offline", made(0), place=at(HOME))
    helped = at(HOME, keeper=True, allowance=True, released=True)
    yield _as("needs_line", "policy-0-nothing-helps", made(0), place=helped)
    yield _as("needs_line", "policy-3-no-allowance", made(3), place=OFFLINE)
    yield _as("needs_line", "policy-3-home-no-allowance", made(3), place=at(HOME, keeper=True))
    keeper = at(HOME, terminal=99, keeper=True)
    yield _as("needs_line", "policy-1-keeper-does-not-help", made(1), place=keeper)


def _holders() -> Iterator[Vector]:
    bound = make(phone=PHONE)
    phones = {
        "another-phone": "+8613900139000",
        "one-digit-off": "+8613800138001",
        "no-plus": "8613800138000",
        "no-country-code": "13800138000",
        "international-prefix": "008613800138000",
        "spaced": "+86 138 0013 8000",
        "full-width": "+８６１３８００１３８０００",
        "line-end": PHONE + "\n",
        "tail-only": "8000",
        "empty": "",
    }
    for name, phone in phones.items():
        yield _as("holder_mismatch", name, bound, holder=shows(phone))
    yield _as(
        "holder_mismatch", "key-of-another-campaign", bound, holder=shows(PHONE, "campaign-2")
    )
    key = HOLDER_KEYS["campaign-1"]
    for name, number, slot in (("another-grant", 70_002, 42), ("another-slot", 70_001, 43)):
        made = make(v_holder=holder_pseudonym(key, number, slot, PHONE))
        yield _as("holder_mismatch", f"of-{name}", made, holder=shows(PHONE))
    nearly = holder_pseudonym(key, 70_001, 42, PHONE)
    for name, holder in (
        ("reversed", nearly[::-1]),
        ("last-bit-off", nearly[:3] + bytes([nearly[3] ^ 1])),
        ("three-bytes", nearly[:3] + b"\0"),
        ("nearly-zeros", NO_HOLDER[:3] + b"\x01"),
    ):
        made = make(v_holder=holder)
        yield _as("holder_mismatch", f"bytes-{name}", made, holder=shows(PHONE))


def _order() -> Iterator[Vector]:
    """Each step hides the ones after it; every rung is tried with all lower rungs wrong."""
    book = make(g_policy_byte=BOOK, phone=PHONE)
    rungs: tuple[tuple[str, Json], ...] = (
        ("revoked", {"revoked": [[70_001, 42]]}),
        ("void", {"void": True}),
        ("used", {"used": True}),
        ("superseded", {"newest_copy": 1}),
        ("not_activated", {"activated": False}),
        ("not_yet", {"now": EARLY}),
    )
    lower: Json = {"place": NOT_HERE, **WRONG_PHONE}
    for rung, (verdict, _) in enumerate(rungs):
        wrong: Json = {"activated": True}
        for _, change in rungs[rung:]:
            wrong |= change
        name = f"order-{rung}-{verdict.replace('_', '-')}"
        yield genuine(f"{name}-first", book, (verdict, verdict), **(lower | wrong))
        late = lower | wrong | {"now": LATE}
        expected = "expired" if verdict == "not_yet" else verdict
        yield genuine(f"{name}-first-after-expiry", book, (expected, expected), **late)
        for other, (_, change) in enumerate(rungs[rung + 1 :], rung + 1):
            pair: Json = {"activated": True} | rungs[rung][1] | change
            pair_name = f"{name}-before-{rungs[other][0].replace('_', '-')}"
            yield genuine(pair_name, book, (verdict, verdict), **pair)
    open_book: Json = {"activated": True, **WRONG_PHONE}
    for verdict, place in (("not_here", NOT_HERE), ("needs_line", OFFLINE)):
        name = f"order-{verdict.replace('_', '-')}-before-holder"
        yield genuine(name, book, (verdict, verdict), place=place, **open_book)
    both = at(HOME, terminal=99, offer_here=False)
    name = "order-not-here-before-needs-line"
    yield genuine(name, book, ("not_here", "not_here"), place=both, **open_book)
    name = "order-holder-last"
    last = ("holder_mismatch", "holder_mismatch")
    yield genuine(name, book, last, place=at(HOME), **open_book)
