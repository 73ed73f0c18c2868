"""Write what a scanner sends around a code so that people can read it: STX is ``\\x02``.

This module must not know Qt.
"""

import re
from typing import Final

_WRITTEN: Final = re.compile(r"\\x([0-9A-Fa-f]{2})")


def readable(sent: str) -> str:
    """Return a text with its control characters, and the backslash, written out."""
    return "".join(
        character if character.isprintable() and character != "\\" else f"\\x{ord(character):02x}"
        for character in sent
    )


def as_sent(typed: str) -> str:
    """Return the characters that a text of :func:`readable` stands for."""
    return _WRITTEN.sub(lambda found: chr(int(found.group(1), 16)), typed)
