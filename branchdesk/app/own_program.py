"""How this very program is started once more, in a process of its own."""

import sys


def own_program() -> list[str]:
    """Return the words that start it; a packaged program carries no interpreter to name."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "branchdesk"]
