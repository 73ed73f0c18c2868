"""A desk at work on the real store: its use cases, and who hears what it answers.

What the machine is at fault for is told and done once more, as a person would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from branchdesk.app.paper import PdfPaper
from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.ports import Reading
from branchdesk.application.print_vouchers import PrintVouchers
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.devices.paths import resource
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.person import parse_registration
from branchdesk.domain.signature import encode_signature
from branchdesk.errors import EnvironmentFault
from branchdesk.persistence.store import open_store
from tests.builders import DATA_KEY, SESSION, Terminal, store_folder
from tests.fakes import bank
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness
from tests.faults.promises import DRAFT, Answer

T = TypeVar("T")
Tell = Callable[[Answer], None]
SIGNATURE: Final = encode_signature(
    [((100, 100), (900, 400), (1_800, 150)), ((400, 700), (2_000, 650))]
)
# Customers of the jobs; lower numbers were served before, and drafts count upwards.
PEOPLE: Final = range(11, 14)
PAPERS: Final = "print"
PIN: Final = "246810"


@dataclass(frozen=True, slots=True)
class Desk:
    """An open store, its use cases, and who hears the answers."""

    home: Path
    terminal: Terminal
    tell: Tell

    def do(self, act: Callable[[], T], **answer: object) -> T:
        """Do something at this desk and answer, with how long the log is by now."""
        result = attempt(self.tell, act)
        self.told(**answer)
        return result

    def read(self, look: Callable[[Reading], T]) -> T:
        """Read something in one view."""

        def looked() -> T:
            with self.terminal.store.read() as reading:
                return look(reading)

        return attempt(self.tell, looked)

    def told(self, **answer: object) -> None:
        """Answer."""
        head = attempt(self.tell, self.terminal.store.outbox.head)
        self.tell({"seq": head.seq, **answer})

    def close(self) -> None:
        """Close the store."""
        attempt(self.tell, self.terminal.store.close)


def attempt(tell: Tell, act: Callable[[], T]) -> T:
    """Do something; if the machine is at fault, say so and do it once more, as a person would."""
    try:
        return act()
    except EnvironmentFault as fault:
        tell({"fault": fault.code})
        return act()


def open_desk(home: Path, tell: Tell) -> Desk:
    """Open the store below ``home`` and answer that it is open."""
    folder, clock, randomness = store_folder(home), ManualClock(), SeededRandomness(77)
    store = attempt(tell, lambda: open_store(folder, DATA_KEY, clock, randomness))
    desk = Desk(home, Terminal(folder, store, clock, randomness), tell)
    desk.told()
    return desk


def serve(desk: Desk, number: int) -> tuple[str, str]:
    """Register a customer who leaves with a voucher; return both ids."""
    store, clock, randomness = desk.terminal.store, desk.terminal.clock, desk.terminal.randomness
    draft = {"number": number, "name": "钱试"}
    desk.do(lambda: store.drafts.save(DRAFT, draft), draft=number)
    line = {
        "name": f"钱试{number}", "phone": f"139{number:08d}", "channel": "counter",
        "consents": ["service", "sensitive"], "intent": f"customer-{number}",
        "issue": ["PHONE10"] if number % 2 else [],
    }  # fmt: skip
    registration = parse_registration(line, bank.sample_campaign().consent_texts)
    register = RegisterCustomer(store, clock, randomness)
    done = attempt(desk.tell, lambda: register(SESSION, registration))
    desk.told(customers=[done.customer], vouchers={v.voucher: done.customer for v in done.vouchers})
    if done.vouchers:
        return done.customer, done.vouchers[0].voucher
    issue, intent = IssueVoucher(store, clock, randomness), f"voucher-{number}"
    issued = attempt(desk.tell, lambda: issue(SESSION, done.customer, "PHONE10", intent))
    desk.told(vouchers={issued.voucher: done.customer})
    return done.customer, issued.voucher


def sign(desk: Desk, customer: str, intent: str) -> None:
    """Let a customer agree to one more purpose by signing on the screen."""
    answer = AnswerConsent(desk.terminal.store, desk.terminal.randomness)
    desk.do(
        lambda: answer(
            SESSION, customer, Purpose.MARKETING_PHONE, granted=True, how=ConsentHow.SIGNATURE,
            signature=SIGNATURE, intent=intent,
        )
    )  # fmt: skip


def print_vouchers(desk: Desk, vouchers: list[str], name: str) -> None:
    """Print vouchers into the home."""
    printing = PrintVouchers(desk.terminal.store, paper(), desk.terminal.randomness)
    path = f"{PAPERS}/{name}"
    desk.do(lambda: printing(SESSION, vouchers, "a4", str(desk.home / path)), papers=[path])


@cache
def paper() -> PdfPaper:
    """Return the one printer, whose fonts are opened once."""
    return PdfPaper(resource("resources/fonts"), Path(), ManualClock().now_ms)
