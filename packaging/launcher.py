"""What the installed program starts with: the command line, made ready for a frozen build.

It must not know any command.
"""

import multiprocessing
import sys

from branchdesk.__main__ import main

if __name__ == "__main__":
    # Head office's workers are started by running this program again; this is where they turn off.
    multiprocessing.freeze_support()
    sys.exit(main())
