"""Read the catalogue of texts for people from its files."""

from pathlib import Path

import msgspec

from branchdesk.application.texts import Texts
from branchdesk.errors import EnvironmentFault


def load_texts(folder: Path) -> Texts:
    """Merge every ``*.json`` in ``folder``; of two files with one key the first by name wins.

    Raises EnvironmentFault ``texts_unreadable`` naming the file.
    """
    merged: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            entries = msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, str]])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EnvironmentFault("texts_unreadable", file=file.name) from error
        merged = {**entries, **merged}
    if not merged:
        raise EnvironmentFault("texts_unreadable", file=folder.name)
    return Texts(merged)
