"""A terminal's jobs, done by the real use cases on the real store, told answer by answer.

A new job is a function and one line in ``WORKLOADS``. Each works on a folder that was prepared once
and copied, so it may be killed, cut off or refused by the disk at any instruction.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from branchdesk.app.paper import PdfPaper
from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.customer_page import Correction
from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.print_shift import PrintShift
from branchdesk.application.print_vouchers import PrintVouchers
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.shifts import CloseShift, OpenShift
from branchdesk.devices.paths import resource
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.person import parse_registration
from branchdesk.domain.signature import encode_signature
from branchdesk.persistence.store import (
    StoreFolder,
    create_store,
    open_store,
    recover_store,
)
from branchdesk.protocol.feed import Lane
from tests.builders import (
    DATA_KEY,
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
from tests.faults.promises import DRAFT, Answer, Promised
from tests.older_store import OLDER, make_older

Tell = Callable[[Answer], None]
SIGNATURE: Final = encode_signature(
    [((100, 100), (900, 400), (1_800, 150)), ((400, 700), (2_000, 650))]
)
PEOPLE: Final = 3
PAPERS: Final = "print"


@dataclass(frozen=True, slots=True)
class Workload:
    """One job: the folder it begins on, with what was promised of it, and the work itself."""

    name: str
    prepare: Callable[[Path], Promised]
    work: Callable[[Path, Tell], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """An open store, its use cases, and who hears the answers."""

    home: Path
    terminal: Terminal
    tell: Tell

    def told(self, **answer: object) -> None:
        """Give an answer, with how long the log is by now."""
        self.tell({"seq": self.terminal.store.outbox.head().seq, **answer})

    def close(self) -> None:
        """Close the store."""
        self.terminal.store.close()


def open_desk(home: Path, tell: Tell) -> Desk:
    """Open the store below ``home`` and answer that it is open."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(77)
    store = open_store(folder, DATA_KEY, clock, randomness)
    desk = Desk(home, Terminal(folder, store, clock, randomness), tell)
    desk.told()
    return desk


def serve(desk: Desk, number: int) -> tuple[str, str]:
    """Register a customer who leaves with a voucher; return both ids."""
    store, clock, randomness = desk.terminal.store, desk.terminal.clock, desk.terminal.randomness
    store.drafts.save(DRAFT, {"number": number, "name": "钱试"})
    desk.told(draft=number)
    line = {
        "name": f"钱试{number}", "phone": f"139{number:08d}", "channel": "counter",
        "consents": ["service", "sensitive"], "intent": f"customer-{number}",
        "issue": ["PHONE10"] if number % 2 else [],
    }  # fmt: skip
    registration = parse_registration(line, bank.sample_campaign().consent_texts)
    done = RegisterCustomer(store, clock, randomness)(SESSION, registration)
    desk.told(customers=[done.customer], vouchers={v.voucher: done.customer for v in done.vouchers})
    if done.vouchers:
        return done.customer, done.vouchers[0].voucher
    intent = f"voucher-{number}"
    issued = IssueVoucher(store, clock, randomness)(SESSION, done.customer, "PHONE10", intent)
    desk.told(vouchers={issued.voucher: done.customer})
    return done.customer, issued.voucher


def at_the_counter(home: Path, tell: Tell) -> None:
    """A shift: customers served, signed, corrected, printed; then it is closed and printed too."""
    desk = open_desk(home, tell)
    store, randomness = desk.terminal.store, desk.terminal.randomness
    OpenShift(store, randomness)(SESSION, "一号柜", {"GIFTBOX": 12})
    desk.told()
    for number in range(1, PEOPLE + 1):
        customer, voucher = serve(desk, number)
        AnswerConsent(store, randomness)(
            SESSION, customer, Purpose.MARKETING_PHONE, granted=True, how=ConsentHow.SIGNATURE,
            signature=SIGNATURE, intent=f"consent-{number}",
        )  # fmt: skip
        desk.told()
        print_vouchers(desk, [voucher], f"voucher-{number}.pdf")
    CorrectCustomer(store, randomness)(SESSION, customer, Correction(name="钱对", reason="写错了"))
    desk.told()
    closed = CloseShift(store, randomness)(SESSION, {"GIFTBOX": 12})
    desk.told()
    PrintShift(store, _paper())(closed, str(home / PAPERS / "shift.pdf"))
    desk.told(papers=[f"{PAPERS}/shift.pdf"])
    desk.close()


def print_vouchers(desk: Desk, vouchers: list[str], name: str) -> None:
    """Print vouchers into the home and answer that they are on paper."""
    path = desk.home / PAPERS / name
    use_case = PrintVouchers(desk.terminal.store, _paper(), desk.terminal.randomness)
    use_case(SESSION, vouchers, "a4", str(path))
    desk.told(papers=[f"{PAPERS}/{name}"])


def synchronised(home: Path, tell: Tell) -> None:
    """What a synchronisation does to the store: marks rise, pages of both lanes are applied."""
    desk = open_desk(home, tell)
    terminal, content = desk.terminal, Lane.CONTENT
    for number in range(1, PEOPLE + 1):
        serve(desk, number)
        terminal.acknowledge()
        desk.told(acked=terminal.store.outbox.head().seq)
        terminal.feed(Lane.URGENT, staff_item(terminal.next_item(Lane.URGENT), bank.TELLER))
        desk.told(cursors={"urgent": terminal.store.outbox.cursor(Lane.URGENT)})
        place = terminal.next_item(content)
        lent = bank.grant_of("PHONE10", number=2_000 + number, slots=50)
        outcome = terminal.feed(
            content, grant_item(place, lent, "PHONE10"), staff_item(place + 1, bank.SUPERVISOR)
        )
        assert not outcome.refused, outcome.refused
        desk.told(cursors={"content": terminal.store.outbox.cursor(content)})
    desk.close()


def erased(home: Path, tell: Tell) -> None:
    """A person is erased for good between two who stay."""
    desk = open_desk(home, tell)
    store, randomness = desk.terminal.store, desk.terminal.randomness
    vault = FakeVault()
    vault.set_pin(vault.create(), bank.SUPERVISOR.code, "246810")
    use_case = EraseCustomer(store, SecondPerson(vault), randomness)
    customer, _ = serve(desk, 1)
    serve(desk, 2)
    desk.told(erasing=[customer])
    use_case(SESSION, customer, "本人要求", bank.SUPERVISOR.code, "246810")
    desk.told(erased=[customer])
    serve(desk, 3)
    desk.close()


def opened_and_served(home: Path, tell: Tell) -> None:
    """The program starts on what it finds, serves one customer and ends."""
    desk = open_desk(home, tell)
    serve(desk, 1)
    desk.close()


def recovered(home: Path, tell: Tell) -> None:
    """A damaged database is made anew from the files beside it."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(78)
    store = recover_store(folder, DATA_KEY, clock, randomness)
    tell({"seq": store.outbox.head().seq})
    store.close()
    opened_and_served(home, tell)


def enrolled(home: Path, tell: Tell) -> None:
    """The store of a new terminal is made and used."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(79)
    store = create_store(folder, DATA_KEY, enrolment(clock.now_ms()), clock, randomness)
    tell({"seq": store.outbox.head().seq})
    store.close()


def in_use(home: Path) -> Promised:
    """Prepare a terminal that has served two customers."""
    terminal = make_terminal(home)
    (home / PAPERS).mkdir()
    promised = Promised()
    desk = Desk(home, terminal, promised.take)
    for number in (901, 902):
        customer = terminal.register("王芳", f"+86138{number:08d}")
        voucher = terminal.issue(customer, "PHONE10")
        desk.told(customers=[customer], vouchers={voucher: customer})
    desk.close()
    return promised


def grown_old(home: Path) -> Promised:
    """Prepare a terminal whose database an earlier program made."""
    promised = in_use(home)
    make_older(store_folder(home), OLDER[-1])
    return promised


def left_behind(home: Path) -> Promised:
    """Prepare a terminal whose database is an older copy than its second event file."""
    promised = in_use(home)
    database = store_folder(home).database
    older = database.read_bytes()
    desk = open_desk(home, promised.take)
    serve(desk, 903)
    serve(desk, 904)
    desk.close()
    database.write_bytes(older)
    # The older copy never knew of the drafts that came later.
    promised.draft = 0
    return promised


def damaged(home: Path) -> Promised:
    """Prepare a terminal whose database cannot be read any more."""
    promised = in_use(home)
    with store_folder(home).database.open("r+b") as file:
        file.write(bytes(4_096))
    return promised


def nothing(home: Path) -> Promised:
    """Prepare an empty folder."""
    store_folder(home).make()
    return Promised()


@cache
def _paper() -> PdfPaper:
    return PdfPaper(resource("resources/fonts"), Path(), ManualClock().now_ms)


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
    Workload("erase", in_use, erased),
    Workload("migrate", grown_old, opened_and_served),
    Workload("catch_up", left_behind, opened_and_served),
    Workload("recover", damaged, recovered),
    Workload("enrol", nothing, enrolled),
)
