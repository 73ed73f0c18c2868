"""Half-typed forms, kept through power cuts; personal, so deleted for good when discarded."""

import json
from collections.abc import Mapping

from branchdesk.persistence.kept_drafts import DROP_DRAFT, GET_DRAFT, PUT_DRAFT, encoded_draft
from branchdesk.persistence.write_lane import WriteLane


class SqliteDrafts:
    """Implements the ``Drafts`` port; the store overwrites deleted rows."""

    def __init__(self, lane: WriteLane) -> None:
        self._lane = lane
        self._database = lane.surroundings.database

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """Keep the newest content of a draft, durably; JSON values only."""
        data = encoded_draft(content)
        with self._lane.local_write():
            self._database.run(PUT_DRAFT, {"name": name, "content": data})
            self._lane.files.drafts.keep(name, data)

    def load(self, name: str) -> Mapping[str, object] | None:
        """Return a draft's content."""
        with self._lane.reading():
            row = self._database.row(GET_DRAFT, {"name": name})
        if row is None:
            return None
        content: Mapping[str, object] = json.loads(row[0].decode("utf-8", "surrogatepass"))
        return content

    def discard(self, name: str) -> None:
        """Forget a draft."""
        with self._lane.local_write():
            self._database.run(DROP_DRAFT, {"name": name})
            self._lane.files.drafts.keep(name, b"")
