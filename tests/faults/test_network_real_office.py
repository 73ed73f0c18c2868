"""The real terminal and the real head office with a bad network between them.

Store, vault, protocol, TLS, service and ledger are the ones that ship; only the line is made bad.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.domain.person import parse_registration
from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.sync.transport import Timeouts
from tests.faults.proxy import Badness
from tests.faults.real_bank import PASSPHRASE, PIN, STAFF, Bank, real_bank

WALK_INS = 12


class WalkInBank(Bank):
    """A bank that serves the sample's walk-ins and adds everything up."""

    def serve_walk_ins(self) -> tuple[int, int]:
        """Register and issue offline; return how many people and vouchers there are."""
        session = self.terminal.sign_in(STAFF, PIN).session
        with self.terminal.store.read() as reading:
            texts = reading.campaigns()[0].campaign.consent_texts
        lines = resource("resources/sample/walkins.jsonl").read_text(encoding="utf-8").splitlines()
        vouchers = 0
        for text in lines[:WALK_INS]:
            registration = parse_registration(json.loads(text), texts)
            try:
                done = self.terminal.register_customer(session, registration)
            except RuleViolation:
                done = self.terminal.register_customer(session, replace(registration, issue=()))
            vouchers += len(done.vouchers)
        assert vouchers > 0
        return WALK_INS, vouchers

    def settle(self, people: int, vouchers: int) -> None:
        """Give the network back; then nothing is missing, nothing doubled, and all adds up."""
        self.proxy.up = self.proxy.down = Badness()
        report = self.synchronise()
        with self.terminal.store.read() as reading:
            head = reading.terminal().head
        assert (report.unsent, report.acked_seq, report.parked) == (0, head.seq, 0)
        status = self.office.status()
        assert (status["customers"], status["vouchers"]) == (people, vouchers)
        assert status["events"] == head.seq
        audit = self.office.audit()
        assert (audit.ok, audit.violations) == (True, ())
        assert self.terminal.store.check().ok


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WalkInBank]:
    """A head office with the sample campaign, and a terminal enrolled through the proxy."""
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", PASSPHRASE)
    with real_bank(tmp_path) as made:
        yield WalkInBank(made.terminal, made.office, made.proxy, made.service_port)


def test_cuts_and_resets_everywhere_lose_and_double_nothing(bank: WalkInBank) -> None:
    people, vouchers = bank.serve_walk_ins()
    failures = 0
    for limit in (0, 400, 900, 1_500, 2_000, 2_500, 3_000, 4_000, 6_000, 9_000):
        for up, down in (
            (Badness(reset_after=limit), Badness()),
            (Badness(), Badness(truncate_after=limit)),
            (Badness(), Badness(reset_after=limit)),
        ):
            bank.proxy.up, bank.proxy.down = up, down
            try:
                bank.synchronise()
            except EnvironmentFault as fault:
                failures += fault.code == "office_unreachable" and fault.retryable
    assert failures >= 12
    bank.settle(people, vouchers)


def test_a_slow_sliced_line_is_merely_slow(bank: WalkInBank) -> None:
    people, vouchers = bank.serve_walk_ins()
    bank.proxy.up = bank.proxy.down = Badness(latency_ms=5, slice_bytes=1_000, bytes_per_s=200_000)
    report = bank.synchronise()
    assert report.unsent == 0
    bank.settle(people, vouchers)


def test_a_reply_that_never_comes_back_is_not_sent_twice(bank: WalkInBank) -> None:
    people, vouchers = bank.serve_walk_ins()
    hurried = Timeouts(connect_ms=1_000, read_ms=700, write_ms=1_000, whole_answer_ms=3_000)
    for limit in (2_000, 3_000, 4_000):
        bank.proxy.down = Badness(hang_after=limit)
        with suppress(EnvironmentFault):
            bank.synchronise(hurried)
    bank.settle(people, vouchers)


def test_the_line_goes_while_the_desk_works_on(bank: WalkInBank) -> None:
    bank.proxy.refuse = True
    people, vouchers = bank.serve_walk_ins()
    with pytest.raises(EnvironmentFault, match="office_unreachable"):
        bank.synchronise()
    with bank.terminal.store.read() as reading:
        assert reading.terminal().unsent > 0
    bank.proxy.refuse = False
    bank.settle(people, vouchers)


def test_a_copied_terminal_is_found_frozen_and_keeps_its_facts(
    bank: WalkInBank, tmp_path: Path
) -> None:
    bank.terminal.close()
    shutil.copytree(bank.terminal.home.root, tmp_path / "copy")
    bank.terminal.sign_in(STAFF, PIN)
    _, issued = bank.serve_walk_ins()
    bank.synchronise()
    with Terminal(terminal_home(tmp_path / "copy")) as copied:
        copied.sign_in(STAFF, PIN)
        copy = WalkInBank(copied, bank.office, bank.proxy, bank.service_port)
        _, issued_on_copy = copy.serve_walk_ins()
        for _ in range(2):
            with pytest.raises(ContractFault, match="fork_detected"):
                copy.synchronise()
        status = bank.office.status()
        # The same branch shown twice is one case, and the facts of both chains stand.
        assert status["open_cases"] == 1
        assert [line["state"] for line in terminals_of(status)] == ["frozen"]
        assert status["customers"] == 2 * WALK_INS
        (case,) = bank.office.cases()
        told = case["facts"]
        assert isinstance(told, dict)
        assert (told["customers"], len(told["vouchers"])) == (WALK_INS, issued_on_copy)
        assert (status["vouchers"], bank.office.audit().violations) == (issued, ())
        with copied.store.read() as reading:
            assert reading.terminal().unsent > 0
        assert copied.store.check().ok
    report = bank.synchronise()
    assert (report.unsent, report.refused) == (0, ((0, "terminal_frozen"),))


def terminals_of(status: dict[str, object]) -> list[dict[str, object]]:
    """Return the terminals' lines of head office's status."""
    lines = status["terminals"]
    assert isinstance(lines, list)
    return lines
