"""The program's door: no words open the window, words run a command (DESIGN section 9).

Options that every command knows may stand anywhere. Exit: 0 done, 2 usage, 3 rule, 4 environment,
5 contract.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    home = _window_home(words)
    if home is not None:
        # The window paints before anything else is imported; commands never pay for it.
        from branchdesk.app.open_window import open_window

        return open_window(home)
    from branchdesk.app.commands.run import run_command

    return run_command(words)


def _window_home(words: Sequence[str]) -> str | None:
    """Return the ``--home`` to open the window on, "" for the usual one, None for a command."""
    if not words:
        return ""
    if len(words) == 2 and words[0] == "--home":
        return words[1]
    if len(words) == 1 and words[0].startswith("--home="):
        return words[0].removeprefix("--home=")
    return None


if __name__ == "__main__":
    sys.exit(main())
