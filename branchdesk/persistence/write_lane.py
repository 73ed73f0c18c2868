"""The one lane through which an open store is read and written, whoever asks.

One connection, one thread at a time. A commit goes to the database, then to the files beside it;
only then does the caller get its answer.
"""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from branchdesk.application.models import Session
from branchdesk.application.ports import Fact
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence import log
from branchdesk.persistence.ballast import Ballast
from branchdesk.persistence.event_files import EventFiles
from branchdesk.persistence.faults import translated
from branchdesk.persistence.folder import FolderLock, remove_set_aside
from branchdesk.persistence.identity import Identity, encode_owner_of
from branchdesk.persistence.past_epochs import begin_marks
from branchdesk.persistence.reading import SqliteReading
from branchdesk.persistence.unit import SqliteUnit, Surroundings
from branchdesk.protocol import facts


@dataclass(slots=True)
class WriteLane:
    """An open store's parts and the order in which they are used."""

    surroundings: Surroundings
    files: EventFiles
    ballast: Ballast
    folder_lock: FolderLock
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _busy: bool = False
    _closed: bool = False
    _pages_due: bool = False

    @contextmanager
    def unit(self, session: Session) -> Iterator[SqliteUnit]:
        """Open a unit of work: commit on leaving, roll back on an exception, then the files."""
        database, identity = self.surroundings.database, self.surroundings.identity
        with self._entered():
            self._before_writing()
            try:
                with database.transaction():
                    unit = SqliteUnit(self.surroundings, log.load_tail(database), session)
                    yield unit
                    if unit.erases:
                        # Until the twin is made anew, a start must not trust it.
                        self.files.doubt_twin(encode_owner_of(identity))
                    unit.finish(self.files.settled)
            except BaseException as error:
                self.surroundings.campaigns.forget()
                self._make_room(error)
                raise
            self.files.append(unit.entries, unit.keys)
            if self.files.behind and self.ballast.release():
                self.files.catch_up(database)
            if self.files.is_twin_doubtful:
                self.files.renew_twin(database)
            if unit.erases:
                self._pages_due = True
                self._clear_pages()

    def begin_epoch(self, identity: Identity) -> None:
        """Begin the epoch of a new enrolment with the event that says so.

        What is kept of the terminal stays; what head office signed goes with the epoch before.
        Raises EnvironmentFault, and nothing has changed then.
        """
        before = self.surroundings
        around, database = replace(before, identity=identity), before.database
        with self._entered():
            self._before_writing()
            try:
                with database.transaction():
                    tail = _first_of_epoch(log.load_tail(database), identity)
                    begin_marks(database, before.identity, identity)
                    unit = SqliteUnit(around, tail, Session(staff=""))
                    enrolled = {"certificate": identity.enrolment.certificate}
                    event_id = around.randomness.intent_id()
                    unit.record(Fact(facts.TERMINAL_ENROLLED, event_id, enrolled, {}))
                    # Until the twin says whose store this is now, a start must not trust it.
                    self.files.doubt_twin(encode_owner_of(identity))
                    unit.finish(self.files.settled)
            except BaseException as error:
                self.files.doubt_twin(encode_owner_of(before.identity))
                self._make_room(error)
                raise
            self.surroundings = around
            self.files.append(unit.entries, unit.keys)
            self.files.renew_twin(database)

    @contextmanager
    def local_write(self) -> Iterator[None]:
        """Open a transaction for what is no history: marks, drafts."""
        with self._entered():
            self._before_writing()
            try:
                with self.surroundings.database.transaction():
                    yield
            except EnvironmentFault as fault:
                self._make_room(fault)
                raise

    @contextmanager
    def reading(self) -> Iterator[SqliteReading]:
        """Open a view that nobody writes into while it lasts."""
        around = self.surroundings
        with self._entered():
            tail = log.load_tail(around.database)
            yield SqliteReading(
                around.database, around.identity, tail, around.campaigns, around.clock
            )

    def close(self) -> None:
        """Release database, files and lock; safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self.surroundings.database.close()
            finally:
                self.files.close()
                self.folder_lock.release()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise EnvironmentFault("store_closed")
            if self._busy:
                raise RuntimeError("a unit of work is already open in this thread")
            self._busy = True
            try:
                # Reading can fail as well as writing, and whoever reads is told the same words.
                with translated(str(self.surroundings.database.path)):
                    yield
            finally:
                self._busy = False

    def _clear_pages(self) -> None:
        """Leave no older image of an erased person's pages; tried again while the disk is full."""
        database = self.surroundings.database
        with contextlib.suppress(EnvironmentFault, OSError):
            database.clear_old_pages()
            if database.path is not None:
                remove_set_aside(database.path)
            self._pages_due = False

    def _before_writing(self) -> None:
        if self.files.behind:
            self.files.catch_up(self.surroundings.database)
        if self._pages_due:
            self._clear_pages()
        if not self.ballast.is_whole():
            self.ballast.ensure()

    def _make_room(self, error: BaseException) -> None:
        if isinstance(error, EnvironmentFault) and error.code == "disk_full":
            error.facts["reserve_released"] = self.ballast.release()


def _first_of_epoch(tail: log.Tail, identity: Identity) -> log.Tail:
    epoch = identity.certificate.epoch
    return replace(tail, epoch=epoch, seq=0, hash=identity.geneses[epoch])
