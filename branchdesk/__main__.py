"""The program's door: no words open the window, words run a command (DESIGN section 9).

Options that every command knows may stand anywhere. Exit: 0 done, 2 usage, 3 rule, 4 environment,
5 contract.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        # The window paints before anything else is imported; commands never pay for it.
        from branchdesk.app.window import run_window

        return run_window()
    from branchdesk.app.commands.run import run_command

    return run_command(words)


if __name__ == "__main__":
    sys.exit(main())
