"""The program's door: no words open the window, words run a command (DESIGN section 9).

Options that every command knows may stand anywhere. Exit: 0 done, 2 usage, 3 rule, 4 environment,
5 contract.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    wished = _window(words)
    if wished is not None:
        # The window paints before anything else is imported; commands never pay for it.
        from branchdesk.app.open_window import open_window

        return open_window(*wished)
    from branchdesk.app.commands.run import run_command

    return run_command(words)


def _window(words: Sequence[str]) -> tuple[str, str] | None:
    """Return the home and the language to open the window with, "" as usual; None for a command."""
    given = {"--home": "", "--language": ""}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name not in given or not (equals or rest):
            return None
        given[name] = value if equals else rest.pop(0)
    if given["--language"] not in {"", "zh", "en"}:
        return None
    return given["--home"], given["--language"]


if __name__ == "__main__":
    sys.exit(main())
