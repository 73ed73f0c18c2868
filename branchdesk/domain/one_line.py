"""What people write freely in one line: a place, a reason, a word why a count differs.

Nothing in it is refused, because it is nobody's name; what cannot be seen is left out, so that a
line reads on screen and paper as it was meant. This module must not know where a line is kept.
"""

from branchdesk.domain.names import without_unseen


def one_line(text: str, limit: int) -> str:
    """Return at most ``limit`` characters on one line, blanks tidied, nothing invisible left."""
    seen = without_unseen(" ".join(text.split()))
    return " ".join(seen.split())[:limit].rstrip()
