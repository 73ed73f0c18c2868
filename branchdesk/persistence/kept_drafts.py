"""The draft that outlives a lost database: the questions that head office never answered.

It lies sealed in a file of its own beside the second event file. That file only grows, and what a
customer showed must be gone once the answer is there: so this one is written anew each time.
"""

import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select

from branchdesk.application.office_questions import DRAFT
from branchdesk.application.ports import Randomness
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.folder import StoreFolder, sync_folder
from branchdesk.persistence.sealed_log import SealedLog
from branchdesk.persistence.tables import drafts, events

QUESTIONS_PURPOSE: Final = b"BRANCHDESK-QUESTIONS-1"
PUT_DRAFT = Sql(lambda: insert(drafts).prefix_with("OR REPLACE"))
GET_DRAFT = Sql(lambda: select(drafts.c.content).where(drafts.c.name == bindparam("name")))
DROP_DRAFT = Sql(lambda: delete(drafts).where(drafts.c.name == bindparam("name")))
_IS_RECORDED = Sql(
    lambda: select(events.c.position).where(events.c.event_id == bindparam("event_id"))
)
_NAME: Final = {"name": DRAFT}


class KeptDrafts:
    """Keeps the questions in step with the database; a draft of another name is none of its own.

    Nothing here raises for a disk that fails: the database has the questions, and the next change
    or start writes them again.
    """

    def __init__(self, folder: StoreFolder, data_key: bytes, randomness: Randomness) -> None:
        self._file = SealedLog(folder.questions, data_key, QUESTIONS_PURPOSE, randomness.bytes)

    def keep(self, name: str, content: bytes) -> None:
        """Write what a draft holds now, before the commit that says the same; b"" for nothing.

        Whichever of the two a power cut leaves, :meth:`bring_back` finds every open question.
        """
        if name != DRAFT:
            return
        with contextlib.suppress(OSError):
            if content:
                self._file.rewrite(iter([content]))
                self._file.close()
            elif self._file.path.exists():
                self._file.path.unlink()
                sync_folder(self._file.path.parent)

    def bring_back(self, database: Database) -> None:
        """Ask again what either knows to be open, and forget what the log has the answer to."""
        row = database.row(GET_DRAFT, _NAME)
        ours = {} if row is None else _decoded(row[0])
        kept = self._load()
        found = {
            intent: question for intent, question in {**kept, **ours}.items()
            if database.row(_IS_RECORDED, {"event_id": bytes.fromhex(intent)}) is None
        }  # fmt: skip
        content = encoded_draft(found) if found else b""
        if found != kept:
            self.keep(DRAFT, content)
        if found and found != ours:
            database.run(PUT_DRAFT, {**_NAME, "content": content})
        elif found != ours:
            database.run(DROP_DRAFT, _NAME)

    def _load(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            if self._file.exists():
                return next((_decoded(frame.content) for frame in self._file.frames()), {})
        return {}


def encoded_draft(content: Mapping[str, object]) -> bytes:
    """Return a draft as it is stored; JSON values only."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content.decode("utf-8", "surrogatepass"))
    return found
