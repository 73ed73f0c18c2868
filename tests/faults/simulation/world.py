"""The simulated bank: a real head office, some terminals, the network between them, and the time.

It is founded once a process and then copied for every case, so that a case begins in milliseconds.
"""

import atexit
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import select, true

from branchdesk.headoffice import backup_file
from branchdesk.headoffice.authority import read_ca
from branchdesk.headoffice.back_up import back_up
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import open_database
from branchdesk.headoffice.offer_books import OfferBook, read_books
from branchdesk.headoffice.office import Office, init_office, open_office, restore_office
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.vault import KeyVault
from branchdesk.persistence.store import create_store, open_store
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.sync.enrol import checked_enrolment, enrolment_request
from tests.faults.simulation.campaign import COSTS, OUTLETS, SLOTS_IN_ALL, small_campaign
from tests.faults.simulation.machine import Disk, LyingClock, Power, PoweredRandomness, Time
from tests.faults.simulation.network import URL, Network
from tests.faults.simulation.terminal import DATA_KEY, Machine

PASSPHRASE = "the passphrase of a simulated bank"
# Two terminals share an outlet; the others have one each.
_JOINED = (OUTLETS[0], OUTLETS[0], OUTLETS[1], OUTLETS[2])
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Founded:
    """A bank whose terminals have joined and synchronised once; ``root`` is copied, never used."""

    root: Path
    vault: KeyVault
    now_ms: int


@dataclass(frozen=True, slots=True)
class OfficeBackup:
    """A backup of head office: whom it calls frozen, and what it allows of each offer."""

    path: Path
    frozen: frozenset[int]
    allowed_minor: dict[int, int]


@dataclass(slots=True)
class World:
    """Everything of one case. ``machines`` are in the order in which they came to be.

    ``allowed_minor`` is what may be committed at most of each offer, as this simulation knows it;
    ``frozen`` are terminals and ``revoked`` grants by head office's word. ``gave_up`` says that a
    restored head office was told to wait for no more terminals; ``freed_minor`` is what people
    took back of each offer since the last backup. ``redeemed`` are the vouchers (grant, slot) of
    which a head office that burnt down knew a redemption: it told their issuers, who remember.
    """

    root: Path
    time: Time
    chance: random.Random
    vault: KeyVault
    office: Office
    network: Network
    machines: list[Machine] = field(default_factory=list)
    allowed_minor: dict[int, int] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    revoked: set[int] = field(default_factory=set)
    paper: dict[str, list[str]] = field(default_factory=dict)
    backup: OfficeBackup | None = None
    is_restored: bool = False
    gave_up: bool = False
    freed_minor: Counter[int] = field(default_factory=Counter)
    redeemed: set[tuple[int, int]] = field(default_factory=set)
    steps: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    _folders: int = 0

    def one(self) -> Machine:
        """Choose a machine."""
        return self.chance.choice(self.machines)

    def books(self) -> list[OfferBook]:
        """Return head office's books of all offers."""
        with self.office.context.database.read() as connection:
            return read_books(connection, true())

    def allow(self, offer: int, amount_minor: int) -> None:
        """Note a new budget; a restored head office may not know of the highest one."""
        before = self.allowed_minor[offer] if self.is_restored else 0
        self.allowed_minor[offer] = max(before, amount_minor)

    def back_up(self) -> None:
        """Back head office up, by its own way."""
        path = self.new_folder()
        with quick_seals():
            back_up(self.office.context, path, PASSPHRASE)
        self.backup = OfficeBackup(path, frozenset(self.frozen), dict(self.allowed_minor))
        self.freed_minor.clear()

    def restore(self, backup: OfficeBackup) -> None:
        """Lose head office and make it again from a backup, by its own way."""
        home = self.new_folder()
        with self.office.context.database.read() as connection:
            known = connection.execute(select(redemptions.c.grant, redemptions.c.slot))
            self.redeemed.update((row.grant, row.slot) for row in known)
        self.office.close()
        with quick_seals():
            restore_office(
                home, PASSPHRASE, backup.path,
                clock_ms=lambda: self.time.now_ms, randomness=self.chance.randbytes,
            )  # fmt: skip
        self.office = self.network.office = open_quickly(home, self.vault, self.time, self.chance)
        self.frozen, self.is_restored = set(backup.frozen), True
        for offer, then_minor in backup.allowed_minor.items():
            # A revocation after the backup is forgotten, and what it freed may be lent already.
            highest = max(self.allowed_minor[offer], then_minor)
            self.allowed_minor[offer] = highest + self.freed_minor[offer]
        self.freed_minor.clear()

    def new_folder(self) -> Path:
        """Name a folder for a copy."""
        self._folders += 1
        return self.root / f"copy-{self._folders}"

    def switch_on(self, name: str, disk: Disk) -> Machine:
        """Switch on a machine whose disk has a terminal's store on it."""
        power, chance = Power(), random.Random(self.chance.getrandbits(64))
        clock = LyingClock(self.time, power, chance)
        clock.reboot()
        randomness = PoweredRandomness(self.time, power, chance)
        store = open_store(disk.folder, DATA_KEY, clock, randomness)
        machine = Machine(name, disk, clock, randomness, self.network, store, self.paper)
        machine.answers()
        self.machines.append(machine)
        return machine

    def close(self) -> None:
        """Switch everything off."""
        for machine in self.machines:
            machine.store.close()
        self.office.close()


@contextmanager
def simulated_world(chance: random.Random) -> Iterator[World]:
    """Yield a bank with two to four terminals that joined; everything in it follows ``chance``."""
    founded = _founded()
    root = Path(tempfile.mkdtemp(prefix="simulation-", dir=_folder()))
    try:
        for part in sorted(founded.root.iterdir()):
            Disk(part).copy_to(root / part.name)
        time = Time(founded.now_ms)
        office = open_quickly(root / "office", founded.vault, time, chance)
        network = Network(office, chance)
        world = World(root, time, chance, founded.vault, office, network)
        try:
            for number in range(1, chance.randint(2, len(_JOINED)) + 1):
                world.switch_on(f"machine {number}", Disk(root / str(number)))
            world.allowed_minor = {
                book.offer: SLOTS_IN_ALL * COSTS[book.code] for book in world.books()
            }
            yield world
        finally:
            world.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def open_quickly(home: Path, vault: KeyVault, time: Time, chance: random.Random) -> Office:
    """Open an office without stretching its passphrase again."""
    context = OfficeContext(
        home, open_database(home, ""), vault, lambda: time.now_ms, chance.randbytes, threads=1
    )
    return Office(context)


def quick_seals() -> AbstractContextManager[object]:
    """Stretch no passphrase: Argon2 is meant to be slow, and is tried elsewhere."""
    return patch.object(
        backup_file,
        "stretch_passphrase",
        lambda words, salt: sha256(words.encode() + salt).digest(),
    )


def _folder() -> Path | None:
    return _MEMORY if _MEMORY.is_dir() else None


@cache
def _founded() -> Founded:
    root = Path(tempfile.mkdtemp(prefix="simulation-bank-", dir=_folder()))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    time, chance = Time(), random.Random("founding")
    init_office(
        root / "office", PASSPHRASE, url=URL, clock_ms=lambda: time.now_ms,
        randomness=chance.randbytes,
    )  # fmt: skip
    with open_office(root / "office", PASSPHRASE, lambda: time.now_ms, chance.randbytes) as office:
        office.publish(small_campaign())
        for number, outlet in enumerate(_JOINED, 1):
            _join(office, Disk(root / str(number)), outlet, time, chance=chance)
        vault = office.context.vault
    return Founded(root, vault, time.now_ms)


def _join(office: Office, disk: Disk, outlet: str, time: Time, *, chance: random.Random) -> None:
    token = decode_enrolment_code(office.enrol_code(outlet).code).token
    seed = chance.randbytes(32)
    answer = office.enrol(enrolment_request(token, seed, "simulation", "machine")).encode()
    enrolment = checked_enrolment(answer, URL, read_ca(office.context.home), seed)
    power = Power()
    clock, randomness = LyingClock(time, power, chance), PoweredRandomness(time, power, chance)
    store = create_store(disk.folder, DATA_KEY, enrolment, clock, randomness)
    machine = Machine("", disk, clock, randomness, Network(office, chance), store, {})
    assert machine.synchronise() is not None, machine.problem
    store.close()
