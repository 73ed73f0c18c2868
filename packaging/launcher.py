"""What the installed program starts with: the command line, made ready for a frozen build.

It must not know any command.
"""

import multiprocessing
import os
import sys

from branchdesk.__main__ import main

if __name__ == "__main__":
    # Head office's workers are started by running this program again; this is where they turn off.
    multiprocessing.freeze_support()
    if sys.platform == "linux" and not {"LC_ALL", "LC_CTYPE", "LANG"} & set(os.environ):
        # A bare environment has no UTF-8 locale, and Qt would say so on stderr at every start.
        os.environ["LC_CTYPE"] = "C.UTF-8"
    sys.exit(main())
