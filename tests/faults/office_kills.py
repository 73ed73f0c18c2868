"""``kill -9`` at random moments of a terminal that serves, prints, redeems and synchronises.

Head office is a real one in a process of its own, over loopback TLS. The terminal goes on with what
each kill left of it; at the end head office must have everything that was answered, once.
"""

import itertools
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from branchdesk.app.terminal import Terminal
from branchdesk.application.issue_voucher import issued_answer
from branchdesk.application.models import Session
from branchdesk.application.redemption_records import Redeeming
from branchdesk.devices.paths import terminal_home
from branchdesk.domain.person import parse_registration
from branchdesk.errors import RuleViolation
from branchdesk.protocol.verdict import Verdict
from tests.e2e.office_process import PASSPHRASES, do, enrol, found_office, free_port, serving
from tests.faults import forked
from tests.faults.forked import Tell
from tests.faults.parts import Case, Trial
from tests.faults.promises import Kept, Promised, expect_all

SESSION: Final = Session("T001")
# Killed so long after so many answers: in the middle of any act, on a slow machine too.
ANSWERS: Final = (1, 8)
ALIVE_MS: Final = (0, 40)
ANSWERS_S: Final = 30
UNUSED_MAX: Final = 20
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
                    kill(case, van, trial)
                trial.count("kills")
            with trial.judged(None):
                come_home(van)


def kill(case: Case, van: Van, trial: Trial) -> None:
    """Let a child work, kill it, and look at what it leaves."""
    child = forked.start(lambda tell: work_for_ever(van, case, tell))
    answers, alive_ms = case.chance.randint(*ANSWERS), case.chance.uniform(*ALIVE_MS)
    try:
        child.hear(answers, ANSWERS_S)
        time.sleep(alive_ms / 1_000)
    finally:
        os.kill(child.process, signal.SIGKILL)
    ended = child.ended()
    assert ended.code == -signal.SIGKILL, f"it ended by itself with {ended.code}"
    for answer in ended.answers:
        van.promised.take(answer)
        trial.count("redemptions", len(answer.get("redeemed", ())))
    with van.opened() as terminal:
        expect_all(van.home, Kept(terminal.store, terminal.randomness), van.promised)
        if case.number % CHECK_EVERY == CHECK_EVERY - 1:
            report = terminal.store.check()
            assert report.ok, report.problems


def work_for_ever(van: Van, case: Case, tell: Tell) -> None:
    """Find out what was in doubt; then do one thing after another until killed."""
    with van.opened() as terminal:
        tell({"seq": terminal.store.outbox.head().seq})
        take_up_doubts(terminal, tell)
        waiting = unused(terminal)
        for number in itertools.count():
            act = case.chance.choice(("serve", "print", "synchronise", "redeem"))
            if act == "serve" or not waiting:
                waiting += serve(terminal, case.number * 1_000 + number, tell)
            elif act == "print":
                path = f"print/{case.number}-{number}.pdf"
                terminal.print_vouchers(SESSION, waiting[-1:], "a4", str(van.home / path))
                tell({"papers": [path]})
            elif act == "synchronise":
                tell({"acked": terminal.synchronise().acked_seq})
            else:
                voucher = waiting.pop()
                redeem(terminal, Redeeming(token_of(terminal, voucher)), voucher, tell)


def unused(terminal: Terminal) -> list[str]:
    """Return the newest vouchers that nobody has used."""
    with terminal.store.read() as reading:
        return [
            one.voucher for one in reading.vouchers()[-UNUSED_MAX:]
            if not reading.standing(one.grant, one.slot).used_minor
        ]  # fmt: skip


def take_up_doubts(terminal: Terminal, tell: Tell) -> None:
    """Ask head office once more what it was asked when the kill came."""
    for doubt in terminal.redeem_voucher.doubts().all():
        redeem(terminal, doubt.asked, str(doubt.intent), tell)


def redeem(terminal: Terminal, asked: Redeeming, intent: str, tell: Tell) -> None:
    """Redeem a voucher: by this terminal's own right, or by head office's answer."""
    done = terminal.redeem_voucher(SESSION, asked, intent)
    assert done.verdict is Verdict.GOOD, done
    tell({"redeemed": {done.redemption: done.voucher}})


def token_of(terminal: Terminal, voucher: str) -> str:
    """Return what the QR of a voucher says."""
    with terminal.store.read() as reading:
        record = reading.voucher(voucher)
    assert record is not None
    return issued_answer(record, None).token


def serve(terminal: Terminal, number: int, tell: Tell) -> list[str]:
    """Register somebody new, with vouchers while there are slots; return the vouchers.

    One is redeemed where it was issued, the other only by head office's word.
    """
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    line = {
        "name": "钱试", "phone": f"139{number:08d}", "channel": "van", "consents": ["service"],
        "intent": f"customer-{number}",
    }  # fmt: skip
    try:
        asked = parse_registration({**line, "issue": ["PHONE10", "SALON"]}, texts)
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
        take_up_doubts(terminal, van.promised.take)
        report = terminal.synchronise()
        assert report.unsent == 0, report
        check = terminal.store.check()
        assert check.ok, check.problems
        with terminal.store.read() as reading:
            vouchers, head = reading.vouchers(), reading.terminal().head
            used = [reading.standing(one.grant, one.slot).used_minor for one in vouchers]
    status = do(van.office, "office", "status").answer
    assert (status["events"], status["vouchers"]) == (head.seq, len(vouchers)), status
    assert status["redeemed"] == sum(map(bool, used)) >= len(van.promised.redeemed), status
    assert do(van.office, "office", "audit").answer["violations"] == []


def data_key_of(home: Path) -> bytes:
    """Fetch the sample campaign and unwrap the data key once."""
    with Terminal(terminal_home(home)) as terminal:
        terminal.unlock_unattended()
        terminal.synchronise()
        return terminal.data_key()
