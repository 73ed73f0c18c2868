"""One simulated terminal: a disk, clocks, the real store on them, and what it has answered for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from branchdesk.application.models import (
    IssuedVoucher,
    PrintedDocument,
    Session,
    SyncReport,
    TerminalState,
)
from branchdesk.application.ports import Outbox
from branchdesk.application.print_vouchers import PrintableVoucher
from branchdesk.application.redemption_records import Redeemed
from branchdesk.devices.paths import resource
from branchdesk.errors import BranchDeskError
from branchdesk.persistence import sealed_log
from branchdesk.persistence.store import SqliteStore, open_store, recover_store
from branchdesk.protocol.chain import Head
from branchdesk.sync.past_epochs import send_past
from branchdesk.sync.synchronise import Synchronise
from tests.faults.simulation.machine import (
    Disk,
    Image,
    LyingClock,
    PoweredRandomness,
    PowerLost,
)
from tests.faults.simulation.network import Network, SimulatedLine

DATA_KEY = b"a data key of a simulated machine"[:32]
SESSION = Session("T001")


class Printer:
    """Implements ``Paper``: notes what came out."""

    def __init__(self) -> None:
        self.came_out: set[str] = set()

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Print the vouchers."""
        del layout
        self.came_out.update(page.record.voucher for page in vouchers)
        return PrintedDocument(path, 1, 1, len(vouchers))


@dataclass(slots=True)
class Machine:
    """A computer that is, or once was a copy of, a terminal.

    ``answered`` are the heads after each act that was answered, ``vouchers`` what was handed
    over; ``redeemed`` is by redemption. ``paper`` is what people carry about, from all machines:
    every token of a voucher that ever came out.
    ``is_copy`` says that its files were put back or copied once: then it may be on a branch.
    ``fault`` is how the last synchronisation ended, "" for well.
    """

    name: str
    disk: Disk
    clock: LyingClock
    randomness: PoweredRandomness
    network: Network
    store: SqliteStore
    paper: dict[str, list[str]]
    printer: Printer = field(default_factory=Printer)
    answered: list[Head] = field(default_factory=list)
    vouchers: dict[str, IssuedVoucher] = field(default_factory=dict)
    customers: list[str] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    redeemed: dict[str, Redeemed] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    images: list[Image] = field(default_factory=list)
    is_copy: bool = False
    fault: str = ""
    problem: str = ""

    @property
    def state(self) -> TerminalState:
        """Which terminal the store says it is."""
        with self.store.read() as reading:
            return reading.terminal()

    def answers(self) -> None:
        """Note that everything in the log now was answered for."""
        head = self.store.outbox.head()
        if not self.answered or self.answered[-1] != head:
            self.answered.append(head)

    def hand_over(self, vouchers: Sequence[IssuedVoucher]) -> None:
        """Note what a person was given; the same voucher again is the same voucher."""
        for voucher in vouchers:
            known = self.vouchers.setdefault(voucher.voucher, voucher)
            assert known.token == voucher.token, f"{voucher.voucher} was handed over twice"
            self.carried(voucher)
        self.answers()

    def carried(self, voucher: IssuedVoucher) -> None:
        """Note a paper that somebody leaves with."""
        tokens = self.paper.setdefault(voucher.voucher, [])
        if voucher.token not in tokens:
            tokens.append(voucher.token)

    def ask(self, request: bytes) -> bytes:
        """Ask head office about a voucher while somebody waits."""
        return self._line(self.store.outbox).redeem(request)

    def check_answered(self) -> None:
        """Raise AssertionError unless the last thing that was answered for is in the log."""
        for head in self.answered[-1:]:
            here = self.store.outbox.hash_at(head.epoch, head.seq)
            assert here == head.hash, f"{self.name} lost what it had answered: {head}"

    def synchronise(self) -> SyncReport | None:
        """Synchronise once; a failure of the network or an answer that proves nothing is noted."""
        self.fault = self.problem = ""
        outbox = self.store.outbox
        try:
            for past in outbox.past():
                send_past(past, self._line(past), self.clock, self.randomness)
            return Synchronise(outbox, self._line(outbox), self.clock, self.randomness)()
        except BranchDeskError as error:
            self.fault = error.code
            self.problem = str(error)
            return None

    def _line(self, outbox: Outbox) -> SimulatedLine:
        return SimulatedLine(self.network, self.name, outbox.signer(), self.clock)

    def with_power_cut(self, act: Callable[[], object], moments: int) -> bool:
        """Run ``act`` and cut the power after so many moments; say whether that came first.

        The machine then starts again from what its disk held at that moment.
        """
        kept = Disk(self.disk.root.with_name(f"{self.disk.root.name}.cut"))
        power = self.clock.power
        power.cut_after(moments, lambda: self.disk.copy_to(kept.root))
        try:
            with patch.object(sealed_log, "_sync", power.before(sealed_log._sync)):
                act()
        except PowerLost:
            self.store.close()
            self.disk.become(kept)
            kept.remove()
            self.start_again()
            return True
        finally:
            power.stay()
        return False

    def start_again(self) -> None:
        """Boot and open the store."""
        self.clock.reboot()
        self.store = self.open()

    def restart(self) -> None:
        """Close the program and open it again."""
        self.store.close()
        self.store = self.open()

    def open(self) -> SqliteStore:
        """Open the store."""
        return open_store(
            self.disk.folder, DATA_KEY, self.clock, self.randomness, resource("migrations/terminal")
        )

    def recover(self) -> None:
        """Make the database anew from the second event file; the store is closed already."""
        self.store = recover_store(self.disk.folder, DATA_KEY, self.clock, self.randomness)

    def image(self, root: Path) -> Image:
        """Copy the disk as it is."""
        return Image(
            self.disk.copy_to(root), len(self.answered), frozenset(self.customers),
            frozenset(self.vouchers), frozenset(self.redeemed),
        )  # fmt: skip

    def put_back(self, image: Image) -> None:
        """Replace the disk by an earlier copy, as from a backup of the whole machine."""
        self.store.close()
        self.disk.become(image.disk)
        del self.answered[image.answered :]
        self.customers = [one for one in self.customers if one in image.customers]
        self.vouchers = {v: told for v, told in self.vouchers.items() if v in image.vouchers}
        self.redeemed = {r: done for r, done in self.redeemed.items() if r in image.redeemed}
        self.is_copy = True
        self.start_again()
