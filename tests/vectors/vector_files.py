"""Reads the golden vectors back into values for tests; knows the files and judges nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from second_implementation import Context, Place

HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class TokenVector:
    """One line of ``tokens.json`` with its names resolved to keys."""

    id: str
    text: str
    verdict: str
    reason: str
    context: Context
    fields: dict[str, Any] | None
    short_code: str | None


def load(name: str) -> dict[str, Any]:
    """Return the JSON object in a vector file."""
    content: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return content


def token_vectors() -> tuple[TokenVector, ...]:
    """Return every vector of ``tokens.json``."""
    content = load("tokens.json")
    return tuple(_token_vector(row, content) for row in content["vectors"])


def _token_vector(row: dict[str, Any], content: dict[str, Any]) -> TokenVector:
    return TokenVector(
        id=row["id"],
        text=row["text"],
        verdict=row["verdict"],
        reason=row["reason"],
        context=_context(row["context"], content),
        fields=row["fields"],
        short_code=row["short_code"],
    )


def _context(row: dict[str, Any], content: dict[str, Any]) -> Context:
    keys, holder_keys, holder = content["keys"], content["holder_keys"], row["holder"]
    return Context(
        grant_keys=tuple(bytes.fromhex(keys[name]["public"]) for name in row["grant_keys"]),
        now_s=row["now"],
        revoked=frozenset((grant, slot) for grant, slot in row["revoked"]),
        void=row["void"],
        used=row["used"],
        newest_copy=row["newest_copy"],
        activated=row["activated"],
        place=Place(**row["place"]) if row["place"] else None,
        holder=(bytes.fromhex(holder_keys[holder["key"]]), holder["phone"]) if holder else None,
    )
