"""The window's resident memory after forty customers and after two thousand more.

The real window on a real store of an enrolled terminal, with a head office that lends as it goes;
every customer is registered, issued a voucher and printed. Beside it a bare Qt window's memory.
"""

import tempfile
from pathlib import Path
from typing import Any

from tests.bench.event_loop import at_work
from tests.e2e.office_process import do, enrol, found_office, free_port, serving

FIRST, MORE = 40, 2_000
_MB_MAX, _GROWTH_MAX = 220.0, 1.05


def rows() -> list[dict[str, Any]]:
    """Measure and return two rows."""
    with tempfile.TemporaryDirectory() as folder:
        office, home = Path(folder) / "office", Path(folder) / "terminal"
        found_office(office)
        with serving(office, free_port()):
            enrol(office, home)
            do(home, "sync")
            found = at_work("serve", str(home), str(FIRST), str(FIRST + MORE))
    first, last = found[str(FIRST)], found[str(FIRST + MORE)]
    bare = at_work("idle", "1")["resident_mb"]
    return [
        {
            "job": f"resident memory of the window after {FIRST} customers, MB",
            "ours": first,
            "beside": {"a bare Qt window": bare},
            "ratio": round(first / bare, 2),
            "goal": f"< {_MB_MAX:.0f} MB",
            "met": first < _MB_MAX,
        },
        {
            "job": f"resident memory of the window after {MORE:,} customers more, MB",
            "ours": last,
            "beside": {f"after {FIRST}": first},
            "ratio": round(last / first, 3),
            "goal": f"<= {_GROWTH_MAX}x",
            "met": last <= first * _GROWTH_MAX,
        },
    ]
