"""Half-typed forms, kept through power cuts; personal, so deleted for good when discarded."""

import json
from collections.abc import Mapping

from sqlalchemy import bindparam, delete, insert, select

from branchdesk.persistence.engine import Sql
from branchdesk.persistence.tables import drafts
from branchdesk.persistence.write_lane import WriteLane

_PUT = Sql(lambda: insert(drafts).prefix_with("OR REPLACE"))
_GET = Sql(lambda: select(drafts.c.content).where(drafts.c.name == bindparam("name")))
_DROP = Sql(lambda: delete(drafts).where(drafts.c.name == bindparam("name")))


class SqliteDrafts:
    """Implements the ``Drafts`` port; the store overwrites deleted rows."""

    def __init__(self, lane: WriteLane) -> None:
        self._lane = lane
        self._database = lane.surroundings.database

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """Keep the newest content of a draft, durably; JSON values only."""
        data = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with self._lane.local_write():
            self._database.run(_PUT, {"name": name, "content": data})

    def load(self, name: str) -> Mapping[str, object] | None:
        """Return a draft's content."""
        with self._lane.reading():
            row = self._database.row(_GET, {"name": name})
        if row is None:
            return None
        content: Mapping[str, object] = json.loads(row[0].decode("utf-8", "surrogatepass"))
        return content

    def discard(self, name: str) -> None:
        """Forget a draft."""
        with self._lane.local_write():
            self._database.run(_DROP, {"name": name})
