"""The seven ways in which a line is bad, between the real terminal and the real head office.

Latency, bandwidth, slow close, timeout, reset, slicing, truncation: each case takes the next one,
sometimes two at once, in either direction or both. Once the line is good again nothing is missing,
nothing is doubled, and the books add up.
"""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from branchdesk.application.models import Session
from branchdesk.domain.consent import ConsentText
from branchdesk.domain.person import parse_registration
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol.chain import NONCE_BYTES
from branchdesk.sync.transport import Timeouts
from tests.faults.parts import Case, Trial
from tests.faults.proxy import Badness, Proxy
from tests.faults.real_bank import STAFF, Bank, real_bank

AUDIT_EVERY: Final = 25
EXCHANGES_MAX: Final = 3
# A dead line costs one second; a living one may look dead on a busy machine: a case like others.
HURRIED: Final = Timeouts(connect_ms=2_000, read_ms=1_000, write_ms=2_000, whole_answer_ms=4_000)

Toxic = Callable[[random.Random], Badness]
TOXICS: Final[tuple[Toxic, ...]] = (
    lambda chance: Badness(latency_ms=chance.randint(1, 40)),
    lambda chance: Badness(bytes_per_s=chance.randint(20_000, 400_000)),
    lambda chance: Badness(slow_close_ms=chance.randint(1, 200)),
    lambda chance: Badness(hang_after=chance.randint(0, 8_000)),
    lambda chance: Badness(reset_after=chance.randint(0, 12_000)),
    lambda chance: Badness(slice_bytes=chance.choice((50, 200, 700, 1_400))),
    lambda chance: Badness(truncate_after=chance.randint(0, 8_000)),
)


def run(trial: Trial) -> None:
    """Exchange over bad lines until the time is over; a case ends on a good line."""
    with (
        tempfile.TemporaryDirectory(prefix="branchdesk-lines-") as folder,
        real_bank(Path(folder)) as bank,
    ):
        for case in trial.cases():
            with trial.judged(case), Proxy(bank.service_port) as bank.proxy:
                exchange(case, bank, trial)
        with trial.judged(None):
            adds_up(bank, is_last=True)


def exchange(case: Case, bank: Bank, trial: Trial) -> None:
    """Serve offline, synchronise over bad lines, then over a good one."""
    serve(case, bank)
    for _ in range(case.chance.randint(1, EXCHANGES_MAX)):
        spoil(case, bank)
        try:
            bank.synchronise(HURRIED)
        except EnvironmentFault as fault:
            if (fault.code, fault.retryable) != ("office_unreachable", True):
                raise
        trial.count("exchanges")
        with bank.terminal.store.read() as reading:
            state = reading.terminal()
        assert state.head.seq - state.unsent <= held(bank), "a mark rose without a proof"
    bank.proxy.up = bank.proxy.down = Badness()
    report = bank.synchronise()
    assert (report.unsent, report.parked) == (0, 0), report
    adds_up(bank, is_last=case.number % AUDIT_EVERY == AUDIT_EVERY - 1)


def spoil(case: Case, bank: Bank) -> None:
    """Make the line bad in the case's own way, upwards, downwards or both."""
    toxic = TOXICS[case.number % len(TOXICS)]
    up, down = case.chance.choice(((True, False), (False, True), (True, True)))
    bank.proxy.up = toxic(case.chance) if up else Badness()
    bank.proxy.down = toxic(case.chance) if down else Badness()


def serve(case: Case, bank: Bank) -> None:
    """Register some people, with a voucher while there are slots."""
    with bank.terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    for number in range(case.chance.randint(1, 4)):
        try:
            register(bank, texts, case.number * 10 + number, issue=["PHONE10"])
        except RuleViolation as refusal:
            if refusal.code != "grant_exhausted":
                raise
            register(bank, texts, case.number * 10 + number, issue=[])


def register(bank: Bank, texts: tuple[ConsentText, ...], number: int, issue: list[str]) -> None:
    """Register one person of their own."""
    line = {
        "name": f"钱试{number}", "phone": f"139{number:08d}", "channel": "counter",
        "consents": ["service"], "issue": issue,
    }  # fmt: skip
    session = Session(STAFF)
    bank.terminal.register_customer(session, parse_registration(line, texts))


def held(bank: Bank) -> int:
    """Return how much of the terminal's chain head office holds."""
    with bank.terminal.store.read() as reading:
        head = reading.terminal().head
    return bank.office.head(head.terminal, head.epoch, bytes(NONCE_BYTES)).seq


def adds_up(bank: Bank, *, is_last: bool) -> None:
    """Assert that head office has everything once, now and then from the raw rows."""
    with bank.terminal.store.read() as reading:
        head, vouchers = reading.terminal().head, len(reading.vouchers())
    status = bank.office.status()
    assert (status["events"], status["vouchers"]) == (head.seq, vouchers)
    if is_last:
        audit = bank.office.audit()
        assert (audit.ok, audit.violations) == (True, ())
        report = bank.terminal.store.check()
        assert report.ok, report.problems
