"""Short codes as people type them: what must be read, and what must be refused and why."""

from collections.abc import Iterator
from typing import Final

from cases_good import U24, U32, good_vectors
from second_short_code import CROCKFORD, ShortCode, format_short_code
from vector_parts import Json, code_of

PLAIN: Final = ShortCode(70_001, 42, bytes.fromhex("3a5c7e"))


def good_codes() -> Iterator[Json]:
    """Yield codes that decode, each with its canonical printing."""
    for name, code in (
        ("plain", PLAIN),
        ("smallest", ShortCode(0, 1, bytes(3))),
        ("largest", ShortCode(U32, U24, b"\xff" * 3)),
        ("grant-largest", ShortCode(U32, 1, bytes(3))),
        ("slot-largest", ShortCode(0, U24, bytes(3))),
        ("digest-largest", ShortCode(0, 1, b"\xff" * 3)),
        ("grant-one", ShortCode(1, 1, bytes.fromhex("000001"))),
        ("alternating", ShortCode(0xAAAAAAAA, 0x555555, bytes.fromhex("aaaaaa"))),
        ("counting", ShortCode(0x01234567, 0x89ABCD, bytes.fromhex("ef0123"))),
    ):
        yield _good(name, format_short_code(code), code)
    every = "".join(f"{value:05b}" for value in range(32))
    for half, bits in (("lower", every[:80]), ("upper", every[80:])):
        code = _from_bits(bits)
        yield _good(f"alphabet-{half}-half", format_short_code(code), code)
    yield from _typings()
    yield from _of_tokens()


def _from_bits(bits: str) -> ShortCode:
    value = int(bits, 2)
    return ShortCode(value >> 48, value >> 24 & U24, (value & U24).to_bytes(3, "big"))


def _good(name: str, typed: str, code: ShortCode) -> Json:
    return {
        "id": f"good-{name}",
        "typed": typed,
        "canonical": format_short_code(code),
        "grant": code.grant_number,
        "slot": code.slot,
        "digest": code.digest.hex(),
    }


def _typings() -> Iterator[Json]:
    printed = format_short_code(PLAIN)
    bare = printed.replace("-", "")
    for name, typed in (
        ("no-hyphens", bare),
        ("lower-case", printed.lower()),
        ("lower-case-no-hyphens", bare.lower()),
        ("mixed-case", printed.swapcase()[:9] + printed[9:]),
        ("hyphens-elsewhere", "-".join(bare[at : at + 3] for at in range(0, 17, 3))),
        ("hyphen-after-each", "-".join(bare)),
        ("hyphens-doubled", printed.replace("-", "--")),
        ("hyphen-at-both-ends", f"-{printed}-"),
        ("spaces-for-hyphens", printed.replace("-", " ")),
        ("spaces-around", f"  {printed} "),
        ("letter-o-for-zero", printed.replace("0", "O")),
        ("small-o-for-zero", printed.replace("0", "o")),
    ):
        yield _good(f"typed-{name}", typed, PLAIN)
    ones = _from_bits("00001" * 16)
    text = format_short_code(ones)
    for letter in "IiLl":
        yield _good(f"typed-{letter}-for-one-{ord(letter)}", text.replace("1", letter), ones)
    yield _good("typed-mixed-ones", text.replace("1", "I", 3).replace("1", "l", 5), ones)


def _of_tokens() -> Iterator[Json]:
    """Tie twenty codes to tokens of the other file."""
    made = [(vector.id, vector.made) for vector in good_vectors() if vector.made is not None]
    seen: set[str] = set()
    for token_id, token in made:
        printed = code_of(token)
        if printed in seen or len(seen) == 20:
            continue
        seen.add(printed)
        value = 0
        for symbol in printed.replace("-", "")[:16]:
            value = value << 5 | CROCKFORD.index(symbol)
        code = _from_bits(f"{value:080b}")
        yield {**_good(f"of-{token_id}", printed, code), "token": token_id}


def bad_codes() -> Iterator[Json]:
    """Yield codes that must be refused, each for one reason."""
    for name, typed, reason in (*_bad_lengths(), *_bad_letters(), *_bad_checks(), *_bad_slots()):
        yield {"id": f"{reason.replace('_', '-')}-{name}", "typed": typed, "reason": reason}


Bad = tuple[str, str, str]


def _bad_lengths() -> Iterator[Bad]:
    bare = format_short_code(PLAIN).replace("-", "")
    for name, typed in (
        ("empty", ""),
        ("only-hyphens", "---"),
        ("one-symbol", bare[0]),
        ("no-check-symbol", bare[:-1]),
        ("first-symbol-missing", bare[1:]),
        ("one-more", bare + "0"),
        ("one-more-in-front", "0" + bare),
        ("twice", bare + bare),
        ("half", bare[:8]),
        ("very-long", "0" * 1_000),
    ):
        yield name, typed, "length"


def _bad_letters() -> Iterator[Bad]:
    bare = format_short_code(PLAIN).replace("-", "")
    letters = {
        "u": "U",
        "small-u": "u",
        "asterisk": "*",
        "tilde": "~",
        "dollar": "$",
        "equals": "=",
        "dot": ".",
        "slash": "/",
        "underscore": "_",
        "chinese": "券",
        "cyrillic-a": "\u0410",
        "dotless-i": "\u0131",
        "long-s": "\u017f",
        "arabic-digit": "\u0661",
        "zero-byte": "\0",
        "em-dash": "\u2014",
        "zero-width-space": "\u200b",
    }
    for name, letter in letters.items():
        yield name, bare[:7] + letter + bare[8:], "alphabet"
    yield "u-as-check-symbol", bare[:-1] + "U", "alphabet"
    yield "qr-text-prefix", "HTTPS://B.CN/V/1", "alphabet"


def _bad_checks() -> Iterator[Bad]:
    bare = format_short_code(PLAIN).replace("-", "")
    for at, symbol in enumerate(bare):
        other = CROCKFORD[(CROCKFORD.index(symbol) + 1) % 32]
        yield f"symbol-{at + 1}-one-up", bare[:at] + other + bare[at + 1 :], "check_character"
    last = CROCKFORD.index(bare[-1])
    for distance in (2, 8, 16, 31):
        wrong = bare[:-1] + CROCKFORD[(last + distance) % 32]
        yield f"check-symbol-{distance}-off", wrong, "check_character"
    for at in range(16):
        pair = bare[at : at + 2]
        if pair[0] != pair[1] and set(pair) != {"0", "Z"}:
            swapped = bare[:at] + pair[::-1] + bare[at + 2 :]
            yield f"symbols-{at + 1}-and-{at + 2}-swapped", swapped, "check_character"
    yield "lower-case", bare[:-1].lower() + CROCKFORD[(last + 1) % 32].lower(), "check_character"


def _bad_slots() -> Iterator[Bad]:
    for name, code in (
        ("plain", ShortCode(70_001, 0, bytes.fromhex("3a5c7e"))),
        ("everything-zero", ShortCode(0, 0, bytes(3))),
        ("everything-else-largest", ShortCode(U32, 0, b"\xff" * 3)),
    ):
        yield name, format_short_code(code), "slot_zero"
