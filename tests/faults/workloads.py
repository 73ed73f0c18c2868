"""A terminal's jobs, done by the real use cases on the real store, told answer by answer.

A new job is a function and one line in ``WORKLOADS``. Each works on a folder that was prepared once
and copied, so it may be killed, cut off or refused by the disk at any instruction.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.customer_page import Correction
from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.issue_voucher import issued_answer
from branchdesk.application.print_shift import PrintShift
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.replace_voucher import ReplaceVoucher
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.shifts import CloseShift, OpenShift
from branchdesk.devices.vault import FileVault
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.persistence.store import (
    StoreFolder,
    create_store,
    recover_store,
)
from branchdesk.protocol.feed import FeedItem, Lane
from branchdesk.protocol.sealing import public_seal_key
from branchdesk.protocol.verdict import Verdict
from tests.builders import (
    DATA_KEY,
    SEAL_SECRET,
    SESSION,
    Terminal,
    enrolment,
    grant_item,
    make_terminal,
    staff_item,
    store_folder,
)
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness
from tests.fakes.vault import FakeVault
from tests.faults.desk import (
    PAPERS,
    PEOPLE,
    PIN,
    Desk,
    Tell,
    attempt,
    open_desk,
    paper,
    print_vouchers,
    serve,
    sign,
)
from tests.faults.keys import vault_at
from tests.faults.promises import Promised, come_up
from tests.older_store import OLDER, make_older


@dataclass(frozen=True, slots=True)
class Workload:
    """One job: the folder it begins on, with what was promised of it, and the work itself."""

    name: str
    prepare: Callable[[Path], Promised]
    work: Callable[[Path, Tell], None]


def at_the_counter(home: Path, tell: Tell) -> None:
    """A shift: customers served, signed, corrected, printed; then it is closed and printed too."""
    desk = open_desk(home, tell)
    store, randomness = desk.terminal.store, desk.terminal.randomness
    gifts = {"GIFTBOX": 12}
    desk.do(lambda: OpenShift(store, randomness)(SESSION, "一号柜", gifts))
    for number in PEOPLE:
        customer, voucher = serve(desk, number)
        sign(desk, customer, f"consent-{number}")
        print_vouchers(desk, [voucher], f"voucher-{number}.pdf")
    correction = Correction(name="钱对", reason="写错了")
    desk.do(lambda: CorrectCustomer(store, randomness)(SESSION, customer, correction, "correct"))
    closed = desk.do(lambda: CloseShift(store, randomness)(SESSION, gifts))
    slip = f"{PAPERS}/shift.pdf"
    desk.do(lambda: PrintShift(store, paper())(closed, str(home / slip)), papers=[slip])
    desk.close()


def synchronised(home: Path, tell: Tell) -> None:
    """What a synchronisation does to the store: marks rise, pages of both lanes are applied."""
    desk = open_desk(home, tell)
    terminal = desk.terminal
    for number in PEOPLE:
        serve(desk, number)
        seq = terminal.store.outbox.head().seq
        desk.do(partial(terminal.acknowledge, seq), acked=seq)
        lent = bank.grant_of("PHONE10", number=2_000 + number, slots=50)
        first, last = 2 * number + 100, 2 * number + 101
        items = (grant_item(first, lent, "PHONE10"), staff_item(last, bank.SUPERVISOR))
        desk.do(partial(fed, terminal, Lane.CONTENT, *items), cursors={"content": last})
        item = staff_item(number, bank.TELLER)
        desk.do(partial(fed, terminal, Lane.URGENT, item), cursors={"urgent": number})
    desk.close()


def fed(terminal: Terminal, lane: Lane, *items: FeedItem) -> None:
    """Apply a page of head office's feed, nothing of which may be refused."""
    outcome = terminal.feed(lane, *items)
    assert not outcome.refused, outcome.refused


def redeemed(home: Path, tell: Tell) -> None:
    """Vouchers come back: one is redeemed, one printed again and then redeemed, one replaced."""
    desk = open_desk(home, tell)
    store, clock, randomness = desk.terminal.store, desk.terminal.clock, desk.terminal.randomness
    (_, first), (_, second), (customer, third) = (serve(desk, number) for number in PEOPLE)
    redeem(desk, first)
    reprint = ReprintVoucher(store, randomness)
    desk.do(lambda: reprint(SESSION, second, "卡纸", "reprint"), copies={second: 1})
    print_vouchers(desk, [second], "reprinted.pdf")
    redeem(desk, second)
    replace = ReplaceVoucher(store, SecondPerson(FakeVault(), randomness), clock, randomness)
    given = attempt(tell, lambda: replace(SESSION, third, "损坏", intent="replace"))
    desk.told(voided=[third], vouchers={given.voucher: customer})
    redeem(desk, given.voucher)
    desk.close()


def redeem(desk: Desk, voucher: str) -> None:
    """Redeem a voucher by this terminal's own right, without a line."""
    store, clock, randomness = desk.terminal.store, desk.terminal.clock, desk.terminal.randomness
    use_case = RedeemVoucher(store, store.drafts, clock, randomness, _no_line)
    record = desk.read(lambda reading: reading.voucher(voucher))
    assert record is not None
    asked = Redeeming(issued_answer(record, None).token)
    done = attempt(desk.tell, lambda: use_case(SESSION, asked, f"redeem-{voucher}"))
    assert done.verdict is Verdict.GOOD, done
    desk.told(redeemed={done.redemption: voucher})


def _no_line(_request: bytes) -> bytes:
    raise EnvironmentFault("office_unreachable", retryable=True, reason="no_line")


def erased(home: Path, tell: Tell) -> None:
    """A person is erased for good between two who stay."""
    desk = open_desk(home, tell)
    store, randomness, vault = desk.terminal.store, desk.terminal.randomness, FakeVault()
    vault.set_pin(vault.create(), bank.SUPERVISOR.code, PIN)
    erase = EraseCustomer(store, SecondPerson(vault, randomness), randomness)
    customer, _ = serve(desk, 11)
    serve(desk, 12)
    desk.told(erasing=[customer])
    words = (SESSION, customer, "本人要求", bank.SUPERVISOR.code, PIN)
    desk.do(lambda: erase(*words, intent="erase"), erased=[customer])
    serve(desk, 13)
    desk.close()


def opened_and_served(home: Path, tell: Tell) -> None:
    """The program starts on what it finds, serves one customer and ends."""
    desk = open_desk(home, tell)
    serve(desk, 11)
    desk.close()


def recovered(home: Path, tell: Tell) -> None:
    """A damaged database is made anew from the files beside it."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(78)
    store = attempt(tell, lambda: recover_store(folder, DATA_KEY, clock, randomness))
    tell({"seq": store.outbox.head().seq})
    store.close()
    opened_and_served(home, tell)


def enrolled(home: Path, tell: Tell) -> None:
    """A terminal joins: two people get their PINs, and its store is made."""
    vault, seal_key = vault_at(home, 80), public_seal_key(SEAL_SECRET)
    if not vault.is_enrolled():
        attempt(tell, vault.create)
    attempt(tell, lambda: vault.set_recovery(DATA_KEY, seal_key))
    for member in (bank.TELLER, bank.SUPERVISOR):
        attempt(tell, partial(let_in, vault, member.code))
        tell({"pins": {member.code: PIN}})
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(79)
    try:
        store = create_store(folder, DATA_KEY, enrolment(clock.now_ms()), clock, randomness)
    except EnvironmentFault as fault:
        # Whoever is told of it does next what the program advises for what is there by now.
        tell({"fault": fault.code})
        store = come_up(home, Promised(), 81).store
    tell({"seq": store.outbox.head().seq})
    store.close()


def let_in(vault: FileVault, staff: str) -> None:
    """Set somebody's PIN; that it is in force already means that an earlier try arrived."""
    try:
        vault.set_pin(DATA_KEY, staff, PIN)
    except RuleViolation as refusal:
        if refusal.code != "pin_unchanged":
            raise


def in_use(home: Path) -> Promised:
    """Prepare a terminal that has served and printed for two customers."""
    terminal, promised = make_terminal(home), Promised()
    desk = Desk(home, terminal, promised.take)
    for number in (1, 2):
        _, voucher = serve(desk, number)
        print_vouchers(desk, [voucher], f"voucher-{number}.pdf")
    desk.close()
    return promised


def grown_old(home: Path, revision: str = OLDER[-1]) -> Promised:
    """Prepare a terminal whose database an earlier program made."""
    promised = in_use(home)
    make_older(store_folder(home), revision)
    if revision == OLDER[0]:
        # The first programs kept no drafts.
        promised.forget_marks()
    return promised


def left_behind(home: Path) -> Promised:
    """Prepare a terminal whose database is an older copy than its second event file."""
    promised = in_use(home)
    database = store_folder(home).database
    older = database.read_bytes()
    desk = open_desk(home, promised.take)
    serve(desk, 3)
    serve(desk, 4)
    desk.close()
    database.write_bytes(older)
    promised.forget_marks()
    return promised


def damaged(home: Path) -> Promised:
    """Prepare a terminal whose database cannot be read any more."""
    promised = in_use(home)
    with store_folder(home).database.open("r+b") as file:
        file.write(bytes(4_096))
    promised.forget_marks()
    return promised


def nothing(home: Path) -> Promised:
    """Prepare an empty folder."""
    store_folder(home).make()
    return Promised()


def copy_home(source: Path, target: Path) -> None:
    """Copy a prepared home; its ballast is made of nothing, so that it costs nothing."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("ballast", "*.lock"))
    lay_ballast(store_folder(target))


def lay_ballast(folder: StoreFolder) -> None:
    """Lay a file of the ballast's size that takes no room."""
    from branchdesk.persistence.ballast import BALLAST_BYTES

    with folder.ballast.open("wb") as file:
        file.truncate(BALLAST_BYTES)


WORKLOADS: Final = (
    Workload("counter", in_use, at_the_counter),
    Workload("sync", in_use, synchronised),
    Workload("redeem", in_use, redeemed),
    Workload("erase", in_use, erased),
    Workload("migrate", grown_old, opened_and_served),
    Workload("migrate from the first", partial(grown_old, revision=OLDER[0]), opened_and_served),
    Workload("catch_up", left_behind, opened_and_served),
    Workload("recover", damaged, recovered),
    Workload("enrol", nothing, enrolled),
)
