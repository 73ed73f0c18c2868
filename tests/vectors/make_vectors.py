"""Write ``tokens.json`` and ``short_codes.json``, the same bytes every time.

Run ``python tests/vectors/make_vectors.py`` after changing a case, and say in the commit why the
format's vectors changed: other implementations depend on them.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cases_context import context_vectors
from cases_forged import forged_vectors
from cases_good import good_vectors
from cases_short_codes import bad_codes, good_codes
from second_implementation import key_id_of
from vector_parts import (
    HOLDER_KEYS,
    KEYLESS,
    NEXT_OFFICE,
    OFFICE,
    OTHER_TERMINAL,
    STRANGER,
    TERMINAL,
    Json,
    public_of,
    seed_of,
)

HERE: Final = Path(__file__).resolve().parent
WARNING: Final = "TEST ONLY: these private seeds are public; never trust the keys they make."


def tokens_json() -> str:
    """Return the text of ``tokens.json``."""
    vectors = [
        vector.as_json() for vector in (*good_vectors(), *forged_vectors(), *context_vectors())
    ]
    head: Json = {
        "about": "Golden vectors of the voucher token, version 1. README.md says how to use them.",
        "warning": WARNING,
        "keys": _keys(),
        "holder_keys": {name: key.hex() for name, key in HOLDER_KEYS.items()},
    }
    return _one_a_line(head, {"vectors": vectors})


def short_codes_json() -> str:
    """Return the text of ``short_codes.json``."""
    head: Json = {"about": "Short codes as typed. README.md says how to use them."}
    return _one_a_line(head, {"good": list(good_codes()), "bad": list(bad_codes())})


def _keys() -> Json:
    grant = {name: _signing_key(name, "grant") for name in (OFFICE, NEXT_OFFICE, STRANGER)}
    terminal = {name: _signing_key(name, "terminal") for name in (TERMINAL, OTHER_TERMINAL)}
    keyless = {
        name: {
            "role": "grant",
            "public": key.hex(),
            "key_id": key_id_of(key).hex(),
            "test_only_seed": None,
        }
        for name, key in KEYLESS.items()
    }
    return {**grant, **terminal, **keyless}


def _signing_key(name: str, role: str) -> Json:
    public = public_of(name)
    return {
        "role": role,
        "public": public.hex(),
        "key_id": key_id_of(public).hex(),
        "test_only_seed": seed_of(name).hex(),
    }


def _one_a_line(head: Json, lists: dict[str, list[Json]]) -> str:
    """Return JSON with one list item a line, so that a change shows as a changed line."""
    ids = [str(item["id"]) for items in lists.values() for item in items]
    if len(ids) != len(set(ids)):
        raise ValueError(f"ids used twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    parts = [f"{_dump(name)}: {json.dumps(value, indent=1)}" for name, value in head.items()]
    for name, items in lists.items():
        parts.append(f"{_dump(name)}: [\n{_lines(items)}\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(items: Iterable[Json]) -> str:
    return ",\n".join(_dump(item) for item in items)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def main() -> None:
    """Write both files beside this program."""
    (HERE / "tokens.json").write_text(tokens_json(), encoding="utf-8", newline="\n")
    (HERE / "short_codes.json").write_text(short_codes_json(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
