"""The terminal's store: the application's ``Store``, ``Outbox`` and ``Drafts`` over SQLCipher."""

from contextlib import AbstractContextManager
from pathlib import Path

from branchdesk.application.models import CheckReport, Enrolment, Proof, Rejoining, Session
from branchdesk.application.ports import Clock, Randomness, Reading, Unit
from branchdesk.persistence import log, making, office_rows, opening
from branchdesk.persistence.ballast import BALLAST_BYTES
from branchdesk.persistence.check import check_store, quick_check
from branchdesk.persistence.drafts import SqliteDrafts
from branchdesk.persistence.engine import Sql
from branchdesk.persistence.folder import StoreFolder
from branchdesk.persistence.opening import Machine, StartReport
from branchdesk.persistence.outbox import SqliteOutbox
from branchdesk.persistence.past_epochs import next_identity
from branchdesk.persistence.tables import handed_codes
from branchdesk.persistence.write_lane import WriteLane
from branchdesk.protocol.chain import open_ack
from branchdesk.protocol.enrolment import KeyUse

__all__ = [
    "SqliteStore",
    "StartReport",
    "StoreFolder",
    "create_store",
    "open_store",
    "recover_store",
]

# Room for some thousands of registrations after the reserve is whole.
FREE_BYTES_MIN = 4 * BALLAST_BYTES
_HAND_OVER = Sql(lambda: handed_codes.insert().prefix_with("OR IGNORE"))


class SqliteStore:
    """Implements the ``Store`` port; ``outbox`` and ``drafts`` implement theirs.

    Safe to use from several threads, one at a time; a unit of work cannot be opened inside another.
    """

    def __init__(self, lane: WriteLane, report: StartReport) -> None:
        self._lane = lane
        self._database = lane.surroundings.database
        self.start_report = report
        self.outbox = SqliteOutbox(lane)
        self.drafts = SqliteDrafts(lane)

    def write(self, session: Session) -> AbstractContextManager[Unit]:
        """Open a unit of work for ``session``; commit on leaving, roll back on an exception."""
        return self._lane.unit(session)

    def read(self) -> AbstractContextManager[Reading]:
        """Open a consistent view."""
        return self._lane.reading()

    def check(self) -> CheckReport:
        """Compare the store with its log: chain, commitments, projections, second file."""
        with self._lane.reading():
            return check_store(self._lane.surroundings, self._lane.files)

    def quick_check(self) -> tuple[str, ...]:
        """Check pages and the chain of the unsent tail; return what is wrong, in stable words."""
        with self._lane.reading():
            return quick_check(self._lane.surroundings)

    def proof(self) -> Proof | None:
        """Return the newest signed acknowledgement, or None before the first."""
        with self._lane.reading():
            ack_bytes = office_rows.signed_marks(self._database)[2]
            if not ack_bytes:
                return None
            keys = office_rows.keys_for(self._database, KeyUse.ACK)
            ack = open_ack(ack_bytes, keys, None)
            record = office_rows.key_record(self._database, KeyUse.ACK, ack.key_id)
        assert record is not None, "the key that verified it is kept"
        root_key = self._lane.surroundings.identity.enrolment.root_key
        return Proof(ack, ack_bytes, record[0], record[1], root_key)

    def pending_one_time_codes(self) -> tuple[tuple[str, str, int], ...]:
        """Return (staff, one-time code, expiry in Unix ms) that the vault has not been given."""
        with self._lane.reading():
            return tuple(row[:3] for row in office_rows.waiting_codes(self._database))

    def one_time_codes_handed(self) -> None:
        """Note that the vault now has every pending code."""
        with self._lane.local_write():
            for *_, item in office_rows.waiting_codes(self._database):
                self._database.run(_HAND_OVER, {"item": item})

    def rejoining(self) -> Rejoining:
        """Return which terminal this is, with its certificates, the present one last."""
        identity = self._lane.surroundings.identity
        return Rejoining(identity.certificate.terminal, identity.certificates)

    def begin_epoch(self, enrolment: Enrolment) -> None:
        """Take over a new enrolment of this terminal: its next epoch begins, everything stays.

        Raises ContractFault ``enrolment_foreign`` for another bank, terminal or an older epoch.
        """
        with self._lane.reading():
            present = self._lane.surroundings.identity
            tail = log.load_tail(self._database)
            identity = next_identity(self._database, present, enrolment, tail)
        self._lane.begin_epoch(identity)

    def free_bytes(self) -> int:
        """Return what the disk has left, the reserve not counted."""
        return self._lane.ballast.free_bytes()

    def free_space_ok(self) -> bool:
        """Say whether a shift may open: the reserve is whole and there is room beside it."""
        ballast = self._lane.ballast
        return ballast.ensure() and ballast.free_bytes() >= FREE_BYTES_MIN

    def warnings(self) -> tuple[str, ...]:
        """Return what a person should know now: ``second_file_full``, ``disk_nearly_full`` …"""
        lane = self._lane
        ballast = "" if lane.ballast.is_whole() else "disk_nearly_full"
        return tuple(filter(None, (lane.files.warning, ballast)))

    def close(self) -> None:
        """Release the store; safe to call twice."""
        self._lane.close()


def create_store(
    folder: StoreFolder,
    data_key: bytes,
    enrolment: Enrolment,
    clock: Clock,
    randomness: Randomness,
) -> SqliteStore:
    """Make the store of a newly enrolled terminal and open it.

    ``data_key`` is 32 bytes. Raises ContractFault for an enrolment that does not verify,
    EnvironmentFault ``store_exists``, ``store_in_use`` or ``disk_full``.
    """
    machine = Machine(clock, randomness)
    making.create(folder, data_key, enrolment, machine)
    return SqliteStore(*opening.open_lane(folder, data_key, machine))


def open_store(
    folder: StoreFolder,
    data_key: bytes,
    clock: Clock,
    randomness: Randomness,
    migrations: Path | None = None,
) -> SqliteStore:
    """Open a store; ``start_report`` says what was found.

    Raises EnvironmentFault ``store_missing``, ``store_in_use``, ``store_key_wrong``,
    ``store_damaged`` (with ``recovery``: whether :func:`recover_store` can help), ``store_newer``,
    ``store_diverged`` or ``store_not_encrypted``; nothing is then changed.
    """
    machine = Machine(clock, randomness, migrations)
    return SqliteStore(*opening.open_lane(folder, data_key, machine))


def recover_store(
    folder: StoreFolder, data_key: bytes, clock: Clock, randomness: Randomness
) -> SqliteStore:
    """Rebuild a lost or damaged database from the second event file and the keys' twin.

    The old database is kept aside. Marks of head office are not in those files, because the next
    synchronisation asks head office for its head anyway, nor are half-typed forms. What head office
    was asked and never answered lies beside them and stays in doubt.
    """
    machine = Machine(clock, randomness)
    making.recover(folder, data_key, machine)
    return SqliteStore(*opening.open_lane(folder, data_key, machine))
