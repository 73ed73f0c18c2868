"""Write money, ages and days the way a bank does. This module must not know Qt or any screen."""

import re
import unicodedata
from typing import Final

from branchdesk.domain.clock import china_time
from branchdesk.ui.kit.words import Phrase, phrase

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
_AMOUNT: Final = re.compile(r"(?=.*\d)\d{0,9}(\.\d{0,2})?", re.ASCII)


def money_text(minor: int) -> str:
    """Write an amount in fen as yuan: ``¥1,234.50``, without decimals when it is whole."""
    yuan, fen = divmod(minor, 100)
    return f"¥{yuan:,}.{fen:02d}" if fen else f"¥{yuan:,}"


def minor_of(text: str) -> int | None:
    """Read an amount in yuan, as typed, in fen; None when it is none with at most two decimals.

    Full-width digits, a yuan sign and thousands commas are taken as they are meant.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("¥￥").replace(",", "").strip()
    if _AMOUNT.fullmatch(plain) is None:
        return None
    yuan, _, fen = plain.partition(".")
    return int(yuan or "0") * 100 + int(fen.ljust(2, "0") or "0")


def clock_text(ms: int) -> str:
    """Write the hour and minute in UTC+8 of a wall time."""
    return china_time(ms).strftime("%H:%M")


def age_phrase(age_ms: int) -> Phrase:
    """Say how long ago something was, in the largest unit that fits."""
    if age_ms < _MINUTE_MS:
        return phrase("desk.age.now")
    if age_ms < _HOUR_MS:
        return phrase("desk.age.minutes", count=age_ms // _MINUTE_MS)
    if age_ms < _DAY_MS:
        return phrase("desk.age.hours", count=age_ms // _HOUR_MS)
    return phrase("desk.age.days", count=age_ms // _DAY_MS)
