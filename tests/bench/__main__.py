"""``make bench``: every speed promise as a ratio measured in one run, one JSON object a row.

Each module beside this one has ``rows()``, which measures its job and the yardstick in the same run
and returns ``{"job", "ours", "beside", "ratio", "goal", "met"}``. ``PRETTY=1`` prints a table;
words on the command line choose modules.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

COLUMNS = ("job", "ours", "beside", "ratio", "goal", "met")


def modules() -> list[str]:
    """Return the names of the benchmarks, or those asked for."""
    found = sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
    )
    return [name for name in found if name in sys.argv[1:] or not sys.argv[1:]]


def rows() -> Iterator[Mapping[str, object]]:
    """Measure everything asked for; a module that cannot measure says so and fails the run."""
    for name in modules():
        module = importlib.import_module(f"tests.bench.{name}")
        if hasattr(module, "rows"):
            yield from module.rows()


def main() -> int:
    """Print the rows; exit 1 when a goal was not met."""
    met = True
    for row in rows():
        met = met and bool(row["met"])
        if os.environ.get("PRETTY"):
            mark = "met " if row["met"] else "MISS"
            print(f"{mark} {row['ratio']!s:>9}  goal {row['goal']!s:<9} {row['job']}")
            print(f"{'':15} ours {row['ours']}, beside {row['beside']}")
        else:
            print(json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False))
        sys.stdout.flush()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
