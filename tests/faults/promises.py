"""What a terminal has answered, and whether what is left of it on a disk keeps every word.

An answer is a small mapping: ``customers``, ``erasing`` (asked, so here or gone), ``erased``,
``vouchers`` (id to customer), ``seq``, ``acked``, ``cursors`` (lane to number), ``draft`` (a number
that only grows), ``papers`` (paths below the home), ``redeemed`` (id to voucher), ``voided`` and
``copies`` (voucher to the newest copy's number), ``pins`` (staff to PIN). ``fault`` is
no promise, but the code of what the machine was blamed for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from branchdesk.application.ports import Reading
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.domain.person import parse_registration
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.store import SqliteStore, create_store, open_store, recover_store
from branchdesk.protocol.feed import Lane
from tests.builders import DATA_KEY, SESSION, enrolment, store_folder
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness
from tests.faults.keys import vault_at

DRAFT = "counter"
Answer = Mapping[str, Any]


@dataclass(slots=True)
class Promised:
    """Everything answered so far."""

    store: bool = False
    customers: set[str] = field(default_factory=set)
    erasing: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    vouchers: dict[str, str] = field(default_factory=dict)
    seq: int = 0
    acked: int = 0
    draft: int = 0
    cursors: dict[str, int] = field(default_factory=dict)
    papers: set[str] = field(default_factory=set)
    redeemed: dict[str, str] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    copies: dict[str, int] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, answer: Answer) -> None:
        """Add an answer; raises AssertionError when a slot is given out a second time."""
        if "fault" in answer:
            self.faults.append(answer["fault"])
            return
        # Whoever says how long the log is has a store.
        self.store = self.store or "seq" in answer
        self.pins.update(answer.get("pins", {}))
        self.customers |= set(answer.get("customers", ()))
        self.erasing |= set(answer.get("erasing", ()))
        self.erased |= set(answer.get("erased", ()))
        self.papers |= set(answer.get("papers", ()))
        self.voided |= set(answer.get("voided", ()))
        self.redeemed.update(answer.get("redeemed", {}))
        self.copies.update(answer.get("copies", {}))
        for voucher, customer in answer.get("vouchers", {}).items():
            assert voucher not in self.vouchers, f"{voucher} was given out twice"
            self.vouchers[voucher] = customer
        for word in ("seq", "acked", "draft"):
            setattr(self, word, max(getattr(self, word), answer.get(word, 0)))
        for lane, number in answer.get("cursors", {}).items():
            self.cursors[lane] = max(self.cursors.get(lane, 0), number)

    def forget_marks(self) -> None:
        """Promise no more what a recovery cannot bring back: head office's marks and drafts."""
        self.acked = self.draft = 0
        self.cursors.clear()


@dataclass(frozen=True, slots=True)
class Kept:
    """A store that came up again; ``recovered`` when it was made anew from the files beside it."""

    store: SqliteStore
    randomness: SeededRandomness
    recovered: bool = False


def judge(home: Path, promised: Promised, seed: int) -> bool:
    """Bring a terminal up again and assert that it kept its promises and can go on working.

    ``seed`` is one that nobody used on this terminal before. Returns whether the database had to be
    recovered.
    """
    expect_keys(home, promised, seed)
    kept = come_up(home, promised, seed)
    try:
        expect_all(home, kept, promised)
        report = kept.store.check()
        assert report.ok, report.problems
        go_on(kept, seed)
        assert kept.store.quick_check() == ()
    finally:
        kept.store.close()
    return kept.recovered


def expect_keys(home: Path, promised: Promised, seed: int) -> None:
    """Assert that everybody who was let in still is, and that the file can be read."""
    vault = vault_at(home, seed)
    assert set(promised.pins) <= set(vault.staff_codes())
    for staff, pin in promised.pins.items():
        assert vault.unlock(staff, pin).data_key == DATA_KEY


def come_up(home: Path, promised: Promised, seed: int) -> Kept:
    """Open the store as a person would: recover it where the program says that this helps."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(seed)
    try:
        return Kept(open_store(folder, DATA_KEY, clock, randomness), randomness)
    except EnvironmentFault as fault:
        if fault.facts.get("recovery"):
            store = recover_store(folder, DATA_KEY, clock, randomness)
            return Kept(store, randomness, recovered=True)
        if fault.code != "store_missing" or promised.store:
            raise
    # Nobody was told of a store, so the enrolment that was cut short is done once more.
    answer = enrolment(clock.now_ms())
    return Kept(create_store(folder, DATA_KEY, answer, clock, randomness), randomness)


def expect_all(home: Path, kept: Kept, promised: Promised) -> None:
    """Assert that everything answered is there, and no slot was used twice."""
    with kept.store.read() as reading:
        vouchers = {record.voucher: record.customer for record in reading.vouchers()}
        numbers = [record.number for record in reading.vouchers()]
        used = sum(line.used for line in reading.grants())
        head = reading.terminal().head
        for customer in promised.customers - promised.erasing:
            assert reading.customer(customer) is not None, f"{customer} is lost"
        for customer in promised.erased:
            assert reading.customer(customer) is None, f"{customer} is back"
        _expect_vouchers(reading, promised)
    lost = {v: c for v, c in promised.vouchers.items() if vouchers.get(v) != c}
    assert not lost, f"answered and lost: {lost}"
    assert len(numbers) == len(set(numbers)) == used, "slots and running numbers differ"
    assert head.seq >= promised.seq
    for path in promised.papers:
        data = (home / path).read_bytes()
        assert data.startswith(b"%PDF"), f"{path} is no document"
        assert data.rstrip().endswith(b"%%EOF"), f"{path} is cut short"
    if not kept.recovered:
        _expect_marks(kept.store, promised)


def _expect_vouchers(reading: Reading, promised: Promised) -> None:
    """Assert that what happened to vouchers stands, and that none can be used once more."""
    for redemption, voucher in promised.redeemed.items():
        assert reading.redemption(redemption) is not None, f"{redemption} is lost"
        record = reading.voucher(voucher)
        assert record is not None
        used = reading.standing(record.grant, record.slot).used_minor
        assert used == record.face_minor, f"{voucher} is used to {used}, not once and whole"
    for voucher in promised.voided:
        record = reading.voucher(voucher)
        assert record is not None
        assert record.is_void, f"{voucher} is good again"
    for voucher, copy in promised.copies.items():
        record = reading.voucher(voucher)
        assert record is not None
        assert record.copy >= copy, f"copy {copy} of {voucher} is lost"


def _expect_marks(store: SqliteStore, promised: Promised) -> None:
    """Assert what the second event file does not carry: head office's marks and drafts."""
    for lane, number in promised.cursors.items():
        assert store.outbox.cursor(Lane(lane)) >= number, f"the feed {lane} went back"
    with store.read() as reading:
        unsent = reading.terminal().unsent
        assert reading.terminal().head.seq - unsent >= promised.acked, "a mark went back"
    draft = store.drafts.load(DRAFT)
    assert not promised.draft or (draft is not None and draft["number"] >= promised.draft)


def go_on(kept: Kept, seed: int) -> None:
    """Serve one more customer, with a voucher where there is a grant."""
    with kept.store.read() as reading:
        in_force = reading.campaigns()
        has_grant = any(line.code == "PHONE10" for line in reading.grants())
        before = {record.voucher for record in reading.vouchers()}
    if not in_force:
        return
    line = {
        "name": "后来", "phone": f"137{seed % 100_000_000:08d}", "channel": "counter",
        "consents": ["service"], "issue": ["PHONE10"] if has_grant else [],
    }  # fmt: skip
    use_case = RegisterCustomer(kept.store, ManualClock(), kept.randomness)
    done = use_case(SESSION, parse_registration(line, bank.sample_campaign().consent_texts))
    assert not before & {voucher.voucher for voucher in done.vouchers}, "a slot was used twice"
