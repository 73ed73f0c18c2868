"""``kill -9`` at random moments of a terminal that serves, prints and synchronises without pause.

Head office is a real one in a process of its own, over loopback TLS. The terminal goes on with what
each kill left of it; at the end head office must have everything that was answered, once.
"""

import os
import select
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.devices.paths import terminal_home
from branchdesk.domain.person import parse_registration
from branchdesk.errors import RuleViolation
from tests.e2e.office_process import PASSPHRASES, do, enrol, found_office, free_port, serving
from tests.faults import forked
from tests.faults.forked import Tell
from tests.faults.parts import Case, Trial
from tests.faults.promises import Kept, Promised, expect_all

SESSION: Final = Session("T001")
# The kill's clock runs from the first answer: most kills meet a commit or an exchange.
ALIVE_MS: Final = (0, 60)
FIRST_ANSWER_S: Final = 60
CHECK_EVERY: Final = 50


@dataclass(slots=True)
class Van:
    """The terminal that is killed: its home, its data key, and all that it ever answered."""

    office: Path
    home: Path
    data_key: bytes
    promised: Promised = field(default_factory=Promised)

    @contextmanager
    def opened(self) -> Iterator[Terminal]:
        """Open it without Argon2, which a thousand kills would mostly wait for."""
        with Terminal(terminal_home(self.home)) as terminal:
            terminal.open_store(self.data_key)
            yield terminal


def run(trial: Trial) -> None:
    """Kill until the time is over, then bring everything home and compare."""
    os.environ.update(PASSPHRASES)
    with tempfile.TemporaryDirectory(prefix="branchdesk-kills-") as folder:
        office, home = Path(folder) / "office", Path(folder) / "terminal"
        found_office(office)
        with serving(office, free_port()):
            enrol(office, home)
            van = Van(office, home, data_key_of(home))
            for case in trial.cases():
                with trial.judged(case):
                    kill(case, van)
                trial.count("kills")
            with trial.judged(None):
                come_home(van)


def kill(case: Case, van: Van) -> None:
    """Let a child work, kill it, and look at what it leaves."""
    child = forked.start(lambda tell: work_for_ever(van, case, tell))
    select.select([child.pipe], [], [], FIRST_ANSWER_S)
    time.sleep(case.chance.uniform(*ALIVE_MS) / 1_000)
    os.kill(child.process, signal.SIGKILL)
    ended = child.ended()
    assert ended.code == -signal.SIGKILL, f"it ended by itself with {ended.code}"
    for answer in ended.answers:
        van.promised.take(answer)
    with van.opened() as terminal:
        expect_all(van.home, Kept(terminal.store, terminal.randomness), van.promised)
        if case.number % CHECK_EVERY == CHECK_EVERY - 1:
            report = terminal.store.check()
            assert report.ok, report.problems


def work_for_ever(van: Van, case: Case, tell: Tell) -> None:
    """Serve, print and synchronise until killed."""
    with van.opened() as terminal:
        tell({"seq": terminal.store.outbox.head().seq})
        number = 0
        while True:
            number += 1
            vouchers = serve(terminal, case.number * 1_000 + number, tell)
            if vouchers and number % 2:
                path = f"print/{case.number}-{number}.pdf"
                terminal.print_vouchers(SESSION, vouchers, "a4", str(van.home / path))
                tell({"papers": [path]})
            if number % 3 == 0:
                tell({"acked": terminal.synchronise().acked_seq})


def serve(terminal: Terminal, number: int, tell: Tell) -> list[str]:
    """Register somebody new, with a voucher while there are slots; return the vouchers."""
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    line = {
        "name": "钱试", "phone": f"139{number:08d}", "channel": "van", "consents": ["service"],
        "intent": f"customer-{number}",
    }  # fmt: skip
    try:
        asked = parse_registration({**line, "issue": ["PHONE10"]}, texts)
        done = terminal.register_customer(SESSION, asked)
    except RuleViolation as refusal:
        if refusal.code != "grant_exhausted":
            raise
        done = terminal.register_customer(SESSION, parse_registration(line, texts))
    vouchers = {voucher.voucher: done.customer for voucher in done.vouchers}
    tell({"customers": [done.customer], "vouchers": vouchers})
    return list(vouchers)


def come_home(van: Van) -> None:
    """Synchronise to the end; head office then has what the terminal has, and its audit agrees."""
    with van.opened() as terminal:
        report = terminal.synchronise()
        assert report.unsent == 0, report
        check = terminal.store.check()
        assert check.ok, check.problems
        with terminal.store.read() as reading:
            vouchers, head = len(reading.vouchers()), reading.terminal().head
    status = do(van.office, "office", "status").answer
    assert (status["events"], status["vouchers"]) == (head.seq, vouchers), status
    assert do(van.office, "office", "audit").answer["violations"] == []


def data_key_of(home: Path) -> bytes:
    """Fetch the sample campaign and unwrap the data key once."""
    with Terminal(terminal_home(home)) as terminal:
        terminal.unlock_unattended()
        terminal.synchronise()
        return terminal.data_key()
