"""The stick between a real store and a real head office: any order, any crash, any stranger."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from branchdesk.app.desk.sync import sync_services
from branchdesk.app.stick import export_to_stick, import_from_stick
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import (
    Session,
    StickExport,
    SyncProgress,
    SyncReport,
    SyncStage,
    TerminalCondition,
    TerminalState,
)
from branchdesk.devices.device_secret import PassphraseSecret
from branchdesk.devices.paths import TerminalHome
from branchdesk.devices.stick_file import reading_stick, writing_stick
from branchdesk.domain.person import parse_registration
from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.office import Office, init_office, open_office, restore_office
from branchdesk.headoffice.results import StickTaken
from branchdesk.headoffice.tables import terminals
from branchdesk.protocol import codec
from branchdesk.protocol.feed import FeedPage, Lane
from branchdesk.protocol.sealing import public_seal_key
from branchdesk.protocol.signing import SigningKey
from branchdesk.protocol.stick import Piece, StickHeader, StickKind, StickWriter, answer_secret
from tests.direct_bank import DirectOffice
from tests.office_fixture import PASSPHRASE, URL, StillClock, with_offer

SESSION = Session("T001")
SECRET = PassphraseSecret("a passphrase of nobody at all")
NOW_MS = 1_795_574_400_000


@dataclass
class Bank:
    """A head office on a folder, that may be closed, copied and opened again."""

    home: Path
    clock: StillClock
    access: DirectOffice

    @property
    def office(self) -> Office:
        """The office that terminals speak with now."""
        return self.access.office

    def reopen(self) -> None:
        """Open what lies in the home now; it was closed before."""
        self.access.office = open_office(self.home, PASSPHRASE, self.clock)

    def take(self, export: Path, reply: Path) -> tuple[StickTaken, ContractFault | None]:
        """Take an export as the command does."""
        self.clock.now_ms += 1_000
        with reading_stick(export) as source, writing_stick(reply) as target:
            return self.office.import_stick(source, target)

    def counts(self) -> tuple[object, object, object]:
        """Return what must never be doubled."""
        status = self.office.status()
        return status["customers"], status["vouchers"], status["events"]

    def urgent_cursor(self, terminal: int) -> int:
        """Return what the terminal is known to have applied of the urgent lane."""
        with self.office.context.database.read() as connection:
            found = select(terminals.c.urgent_cursor).where(terminals.c.terminal == terminal)
            return int(connection.execute(found).scalar_one())


@dataclass
class Van:
    """One terminal far from any line, with files to carry."""

    bank: Bank
    terminal: Terminal
    folder: Path
    served: int = 0
    made: int = field(default=0)

    def serve(self, people: int, *, issue: bool = True) -> None:
        """Register people with a voucher each."""
        with self.terminal.store.read() as reading:
            texts = reading.campaigns()[0].campaign.consent_texts
        for _ in range(people):
            self.served += 1
            number = self.state().terminal
            line = {
                "name": "孙远", "phone": f"13{number}{self.served:08d}", "channel": "van",
                "consents": ["service"], "issue": ["PHONE10"] if issue else [],
            }  # fmt: skip
            self.terminal.register_customer(SESSION, parse_registration(line, texts))

    def state(self) -> TerminalState:
        with self.terminal.store.read() as reading:
            return reading.terminal()

    def export(self, after_seq: int | None = None) -> Path:
        """Write an export and return where it lies."""
        return self.exported(after_seq)[0]

    def exported(self, after_seq: int | None = None) -> tuple[Path, StickExport]:
        self.made += 1
        path = self.folder / f"export-{self.made}"
        return path, export_to_stick(self.terminal, path, nobody, never, after_seq)

    def replied(self, export: Path) -> Path:
        """Let head office take an export and return where its reply lies."""
        reply = export.with_name(export.name + ".reply")
        self.bank.take(export, reply)
        return reply

    def take_over(self, reply: Path) -> SyncReport:
        return import_from_stick(self.terminal, reply, nobody, never)

    def reopen(self) -> None:
        """Close and open again, as after a crash of the program."""
        home = self.terminal.home
        self.terminal.close()
        self.terminal = Terminal(home, secret=SECRET, office=self.bank.access)
        self.terminal.unlock_unattended()

    def whole(self) -> tuple[object, ...]:
        """Return everything that an import may change."""
        state = self.state()
        outbox = self.terminal.store.outbox
        cursors = tuple(outbox.cursor(lane) for lane in Lane)
        with self.terminal.store.read() as reading:
            grants = reading.grants()
        return state, cursors, grants, self.terminal.store.proof()

    def check(self) -> None:
        report = self.terminal.store.check()
        assert report.ok, report.problems


def nobody(progress: SyncProgress) -> None:
    del progress


def never() -> bool:
    return False


def refusal(act: object, *args: object) -> BranchDeskError:
    with pytest.raises(BranchDeskError) as caught:
        act(*args)  # type: ignore[operator]  # a method of the two above
    return caught.value


def found(home: Path) -> Bank:
    clock = StillClock(NOW_MS)
    init_office(home, PASSPHRASE, None, URL, clock_ms=clock)
    bank = Bank(home, clock, DirectOffice(open_office(home, PASSPHRASE, clock)))
    bank.office.publish(with_offer("PHONE10", forecast=5))
    return bank


def join(bank: Bank, folder: Path, outlet: str = "V001") -> Van:
    folder.mkdir()
    home = TerminalHome(folder / "home")
    home.prepare()
    terminal = Terminal(home, secret=SECRET, office=bank.access)
    terminal.enrol(bank.office.enrol_code(outlet).code, "", "")
    terminal.synchronise()
    bank.clock.now_ms += 1_000
    return Van(bank, terminal, folder)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    bank = found(tmp_path / "office")
    yield bank
    audit = bank.office.audit()
    bank.office.close()
    assert audit.ok, audit.violations


@pytest.fixture
def van(bank: Bank, tmp_path: Path) -> Iterator[Van]:
    van = join(bank, tmp_path / "van")
    yield van
    van.check()
    van.terminal.close()


def test_a_round_brings_everything_home_and_refills_back(van: Van) -> None:
    van.serve(60)
    path, exported = van.exported()
    taken, fork = van.bank.take(path, path.with_suffix(".reply"))
    assert fork is None
    assert (taken.taken, taken.acked_seq) == (exported.events, exported.seq)
    assert len(taken.grants) == 1
    report = van.take_over(path.with_suffix(".reply"))
    assert (report.pushed, report.unsent, report.parked) == (exported.events, 1, 0)
    assert van.bank.counts()[:2] == (60, 60)
    with van.terminal.store.read() as reading:
        assert sum(grant.code == "PHONE10" for grant in reading.grants()) == 2
    proof = van.terminal.store.proof()
    assert proof is not None
    assert proof.ack.seq == exported.seq


def test_the_desk_carries_a_round_and_tells_how_far_it_is(van: Van) -> None:
    van.serve(3)
    desk = sync_services(van.terminal)
    path = van.folder / "van.bdsync"
    assert desk.stick_progress() is None
    assert desk.export_stick(str(path)).events == van.state().head.seq - van.state().acked_seq
    told = desk.stick_progress()
    assert told is not None
    assert told.stage is SyncStage.EXPORT
    assert desk.import_reply(str(van.replied(path))).unsent == 0
    told = desk.stick_progress()
    assert told is not None
    assert told.stage is SyncStage.IMPORT
    van.serve(1)
    desk.stop_stick()
    assert desk.export_stick(str(path)).events == 2, "what was stopped before stops nothing now"


def test_an_import_waits_for_a_synchronisation_and_can_be_stopped_meanwhile(van: Van) -> None:
    van.serve(1)
    reply, asked = van.replied(van.export()), list[bool]()

    def is_stopped() -> bool:
        asked.append(True)
        return len(asked) == 2

    with van.terminal.exchanging:
        fault = refusal(import_from_stick, van.terminal, reply, nobody, is_stopped)
    assert fault.code == "stick_import_stopped"
    assert van.state().unsent > 0
    assert van.take_over(reply).unsent == 0


def test_the_line_first_and_the_stick_after_it_count_once(van: Van) -> None:
    van.serve(3)
    export = van.export()
    van.terminal.synchronise()
    before = van.bank.counts()
    taken, _ = van.bank.take(export, export.with_suffix(".reply"))
    assert (taken.taken, van.bank.counts()) == (0, before)
    report = van.take_over(export.with_suffix(".reply"))
    assert (report.pushed, report.pulled, report.unsent) == (0, 0, 0)
    assert van.state().unsent == 0


def test_the_stick_first_and_the_line_after_it_count_once(van: Van) -> None:
    van.serve(3)
    export = van.export()
    reply = van.replied(export)
    before = van.bank.counts()
    van.bank.clock.now_ms += 1_000
    van.terminal.synchronise()
    assert van.bank.counts() == before
    whole = van.whole()
    assert refusal(van.take_over, reply).code == "stick_stale"
    assert van.whole() == whole


def test_a_reply_taken_over_twice_and_an_export_taken_twice_change_nothing(van: Van) -> None:
    van.serve(60)
    export = van.export()
    reply = van.replied(export)
    van.take_over(reply)
    whole, counts = van.whole(), van.bank.counts()
    assert van.take_over(reply).pulled == 0
    assert van.whole() == whole
    again = van.replied(export)
    assert van.bank.counts() == counts
    van.take_over(again)
    state, cursors, grants, _ = van.whole()
    assert (state, cursors, grants) == whole[:3]


def test_exports_that_overlap_and_come_in_the_wrong_order_count_once(van: Van) -> None:
    van.serve(2)
    first = van.export()
    van.serve(2)
    second = van.export()
    newer = van.replied(second)
    counts = van.bank.counts()
    older = van.replied(first)
    assert van.bank.counts() == counts
    van.take_over(older)
    assert van.state().unsent == 0
    # The older export was answered last: of the two replies, the other one is now the old one.
    assert refusal(van.take_over, newer).code == "stick_stale"


class Crash(Exception):
    """The power went."""


def test_a_crash_after_the_acknowledgement_loses_nothing(
    van: Van, monkeypatch: pytest.MonkeyPatch
) -> None:
    van.serve(60)
    reply = van.replied(van.export())
    outbox = van.terminal.store.outbox
    real = outbox.apply_page

    def apply_page(page: FeedPage) -> object:
        if page.lane is Lane.CONTENT:
            raise Crash
        return real(page)

    monkeypatch.setattr(outbox, "apply_page", apply_page)
    with pytest.raises(Crash):
        van.take_over(reply)
    van.reopen()
    assert van.state().unsent == 0
    assert van.take_over(reply).pulled >= 1
    assert van.state().unsent == 1


def test_a_reply_that_could_not_be_written_is_made_again_from_the_same_export(
    van: Van, monkeypatch: pytest.MonkeyPatch
) -> None:
    van.serve(60)
    export = van.export()
    reply = van.folder / "reply"
    reply.write_bytes(b"what lay there before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("branchdesk.devices.durable_file.os.fsync", full)
        fault = refusal(van.bank.take, export, reply)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.code, fault.facts["problem"]) == ("file_not_written", "no_space")
    assert reply.read_bytes() == b"what lay there before"
    assert list(van.folder.glob("*.new")) == []
    counts = van.bank.counts()
    taken, _ = van.bank.take(export, reply)
    assert (taken.taken, van.bank.counts()) == (0, counts)
    report = van.take_over(reply)
    # The grant that was lent before the crash is in the feed, and nothing was lent twice.
    assert (report.unsent, taken.grants) == (1, ())


def test_a_reply_does_not_say_that_its_revocations_were_applied(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    other = join(bank, tmp_path / "other", "B001")
    number = van.state().terminal
    before = bank.urgent_cursor(number)
    bank.office.revoke_terminal(other.state().terminal, "lost")
    reply = van.replied(van.export())
    assert bank.urgent_cursor(number) == before
    van.take_over(reply)
    assert bank.urgent_cursor(number) == before
    van.replied(van.export())
    assert bank.urgent_cursor(number) == van.terminal.store.outbox.cursor(Lane.URGENT) > before
    other.terminal.close()


def test_a_frozen_terminal_uploads_all_the_same_and_learns_of_it(van: Van) -> None:
    van.serve(3)
    van.bank.office.revoke_terminal(van.state().terminal, "lost")
    export = van.export()
    taken, _ = van.bank.take(export, export.with_suffix(".reply"))
    assert (taken.refused, taken.grants) == ("terminal_frozen", ())
    assert taken.taken >= 6
    report = van.take_over(export.with_suffix(".reply"))
    assert report.refused == ((0, "terminal_frozen"),)
    assert van.state().condition is TerminalCondition.FROZEN
    assert van.state().unsent == 0


def test_a_copied_terminal_is_found_out_by_stick_and_told(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    van.terminal.close()
    shutil.copytree(van.folder, tmp_path / "copy")
    van.reopen()
    copy = Terminal(TerminalHome(tmp_path / "copy" / "home"), secret=SECRET, office=bank.access)
    copy.unlock_unattended()
    clone = Van(bank, copy, tmp_path / "copy", served=1_000)
    van.serve(3)
    clone.serve(700, issue=False)
    van.take_over(van.replied(van.export()))
    export = clone.export()
    taken, fork = bank.take(export, export.with_suffix(".reply"))
    assert fork is not None
    assert fork.code == "fork"
    assert (taken.taken, taken.batches) == (0, 2)
    (case,) = bank.office.cases()
    assert case["kind"] == "fork"
    assert bank.counts()[0] == 703, "what was said on the other branch stands as facts"
    fault = refusal(clone.take_over, export.with_suffix(".reply"))
    assert fault.code == "fork_detected"
    assert clone.state().condition is TerminalCondition.FROZEN
    assert clone.state().acked_seq < clone.state().head.seq
    clone.check()
    copy.close()


def test_a_copy_that_joined_again_brings_what_its_old_epoch_has_left(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    van.terminal.close()
    shutil.copytree(van.folder, tmp_path / "copy")
    van.reopen()
    copy = Terminal(TerminalHome(tmp_path / "copy" / "home"), secret=SECRET, office=bank.access)
    copy.unlock_unattended()
    clone = Van(bank, copy, tmp_path / "copy", served=1_000)
    van.serve(3)
    van.take_over(van.replied(van.export()))
    clone.serve(600, issue=False)
    fault = refusal(clone.take_over, clone.replied(clone.export()))
    assert fault.code == "fork_detected"
    clone.serve(5, issue=False)
    copy.rejoin(bank.office.enrol_code(None, terminal=clone.state().terminal).code)
    assert clone.state().past_unsent > 600
    _, exported = clone.exported()
    assert exported.events > 600
    report = clone.take_over(clone.replied(clone.export()))
    assert clone.state().past_unsent == 0
    assert bank.counts()[0] == 608
    # All that is left is the acceptance of the new epoch's grants.
    assert clone.exported()[1].events == report.unsent == 6
    clone.check()
    copy.close()


def test_what_an_epoch_that_is_over_never_sent_is_signed_for(van: Van, bank: Bank) -> None:
    van.serve(2)
    van.terminal.rejoin(bank.office.enrol_code(None, terminal=van.state().terminal).code)
    assert van.state().past_unsent >= 4
    van.take_over(van.replied(van.export()))
    assert (van.state().past_unsent, van.state().unsent > 0) == (0, True)
    van.take_over(van.replied(van.export()))
    assert van.state().unsent == 0
    assert bank.counts()[:2] == (2, 2)


def test_head_office_restored_from_an_older_copy_asks_for_what_it_lacks(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    van.serve(2)
    van.terminal.synchronise()
    bank.office.close()
    shutil.copytree(bank.home, tmp_path / "backup")
    bank.reopen()
    held = van.state().head.seq
    van.serve(2)
    van.take_over(van.replied(van.export()))
    bank.office.close()
    shutil.rmtree(bank.home)
    shutil.copytree(tmp_path / "backup", bank.home)
    bank.reopen()
    van.serve(1)
    fault = refusal(van.replied, van.export())
    assert (fault.code, fault.facts["head_seq"]) == ("stick_gap", held)
    marks = van.state().acked_seq
    report = van.take_over(van.replied(van.export(after_seq=held)))
    assert report.unsent == 0
    assert report.acked_seq > marks
    assert bank.counts()[:2] == (5, 5)


def test_files_of_others_are_refused_and_change_nothing(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    other = join(bank, tmp_path / "other", "B001")
    theirs = other.replied(other.export())
    van.serve(1)
    export = van.export()
    whole, counts = van.whole(), bank.counts()
    assert refusal(van.take_over, theirs).code == "stick_other_terminal"
    assert refusal(van.take_over, export).code == "stick_wrong_kind"
    assert van.whole() == whole
    stranger = found(tmp_path / "stranger")
    reply = tmp_path / "never"
    assert refusal(stranger.take, export, reply).code == "stick_other_bank"
    assert refusal(bank.take, theirs, reply).code == "stick_wrong_kind"
    assert not reply.exists()
    assert bank.counts() == counts
    stranger.office.close()
    other.terminal.close()


def test_a_damaged_export_changes_nothing_at_head_office(van: Van) -> None:
    van.serve(30)
    export = van.export()
    data = export.read_bytes()
    counts = van.bank.counts()
    for name, bad, code in (
        ("half", data[: len(data) // 2], "stick_cut_short"),
        ("without its end", data[:-21], "stick_cut_short"),
        ("flipped", data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], "stick_damaged"),
    ):
        path = van.folder / name
        path.write_bytes(bad)
        assert refusal(van.replied, path).code == code
        assert not path.with_name(path.name + ".reply").exists()
    assert van.bank.counts() == counts


def _ask(**changes: object) -> bytes:
    asked = {"urgent": 0, "content": 0, "grants": True, "seq": 0, "ho_epoch": 1}
    return codec.encode(asked | changes)


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([], "malformed"),
        ([(Piece.ASK, _ask()), (Piece.ASK, _ask())], "malformed"),
        ([(Piece.ASK, _ask(urgent="all"))], "malformed"),
        ([(Piece.ASK, _ask(urgent=1 << 62))], "malformed"),
        ([(Piece.ASK, _ask(content=1 << 63))], "malformed"),
        ([(Piece.ASK, _ask()), (Piece.BATCH, b"no batch at all")], "malformed"),
    ],
)
def test_a_terminal_that_writes_nonsense_is_refused_and_lent_nothing(
    van: Van, pieces: list[tuple[Piece, bytes]], code: str
) -> None:
    outbox, path = van.terminal.store.outbox, van.folder / "nonsense"
    signer, counts = outbox.signer(), van.bank.counts()
    cursor = van.bank.urgent_cursor(signer.terminal)
    header = StickHeader(
        StickKind.EXPORT, outbox.root_key(), signer.terminal, signer.epoch, bytes(16),
        public_seal_key(answer_secret(signer.seed, bytes(16))),
    )  # fmt: skip
    with writing_stick(path) as file:
        writer = StickWriter(
            file, header, SigningKey(signer.seed), receiver_key=outbox.seal_key(),
            file_key=bytes(range(32)),
        )  # fmt: skip
        for piece, data in pieces:
            writer.put(piece, data)
        writer.finish()
    assert refusal(van.replied, path).code == code
    assert not path.with_name("nonsense.reply").exists()
    assert van.bank.counts() == counts
    assert van.bank.urgent_cursor(signer.terminal) == cursor


def test_an_export_of_a_terminal_that_head_office_lost_is_refused(
    bank: Bank, tmp_path: Path
) -> None:
    bank.office.close()
    shutil.copytree(bank.home, tmp_path / "backup")
    bank.reopen()
    van = join(bank, tmp_path / "late")
    export = van.export()
    bank.office.close()
    shutil.rmtree(bank.home)
    shutil.copytree(tmp_path / "backup", bank.home)
    bank.reopen()
    assert refusal(van.replied, export).code == "terminal_unknown"
    van.terminal.close()


def _restored(bank: Bank, tmp_path: Path) -> None:
    """Put what the backup holds in the place of head office."""
    bank.office.close()
    restore_office(tmp_path / "again", PASSPHRASE, tmp_path / "backup", clock_ms=bank.clock)
    bank.home = tmp_path / "again"
    bank.reopen()


def test_a_restored_office_waits_for_an_export_that_was_made_after_it_was_heard_of(
    van: Van, bank: Bank, tmp_path: Path
) -> None:
    number = van.state().terminal
    van.serve(2)
    van.terminal.synchronise()
    bank.office.back_up(tmp_path / "backup", PASSPHRASE)
    held = van.state().head.seq
    van.serve(60)
    old = van.export()
    van.serve(2)
    van.take_over(van.replied(van.export()))
    lent = bank.office.status()["offers"]
    _restored(bank, tmp_path)
    assert bank.office.learning().awaited == (number,)
    # Made before the crash: that it asks for grants says nothing of what came after it.
    with old.open("rb") as export, BytesIO() as reply:
        taken = bank.office.import_stick(export, reply)[0]
    assert (taken.grants, taken.refused) == ((), "office_restored")
    assert bank.office.learning().awaited == (number,)
    after = bank.office.head(number, 1, bytes(16)).seq
    assert after > held
    assert refusal(van.replied, van.export()).code == "stick_gap"
    van.take_over(van.replied(van.export(after_seq=after)))
    assert bank.office.learning().awaited == (number,)
    van.take_over(van.replied(van.export()))
    assert not bank.office.learning().learning
    assert bank.counts()[:2] == (64, 64)
    offers = bank.office.status()["offers"]
    committed = [[line["committed_minor"] for line in lines] for lines in (lent, offers)]  # type: ignore[attr-defined]  # lists of lines
    assert committed[0] == committed[1]
    van.take_over(van.replied(van.export()))
    assert van.state().unsent == 0


def test_a_terminal_that_a_restore_forgot_hears_that_it_can_join_again(
    bank: Bank, tmp_path: Path
) -> None:
    bank.office.back_up(tmp_path / "backup", PASSPHRASE)
    van = join(bank, tmp_path / "late")
    _restored(bank, tmp_path)
    assert refusal(van.replied, van.export()).code == "terminal_forgotten"
    van.terminal.close()


def test_an_export_that_is_stopped_leaves_the_file_that_was_there(van: Van) -> None:
    van.serve(1)
    path = van.export()
    before = path.read_bytes()
    fault = refusal(export_to_stick, van.terminal, path, nobody, lambda: True)
    assert isinstance(fault, RuleViolation)
    assert fault.code == "stick_export_stopped"
    assert path.read_bytes() == before
    assert list(van.folder.glob("*.new")) == []


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_what_is_no_file_cannot_be_read(van: Van, name: str) -> None:
    fault = refusal(van.take_over, van.folder / name)
    assert isinstance(fault, EnvironmentFault)
    assert fault.code == "file_unreadable"


def _copy_until_it_is_gone(export: Path, reply: Path) -> None:
    with reading_stick(export) as source, writing_stick(reply) as target:
        target.write(source.read(10))
        # From here on nothing can be read from it any more.
        os.dup2(target.fileno(), source.fileno())
        target.write(source.read(50_000))


def test_a_stick_pulled_out_while_it_is_read_is_named_and_not_its_reply(tmp_path: Path) -> None:
    export, reply = tmp_path / "export", tmp_path / "reply"
    export.write_bytes(bytes(100_000))
    fault = refusal(_copy_until_it_is_gone, export, reply)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.code, fault.facts["path"]) == ("file_unreadable", str(export))
    assert list(tmp_path.iterdir()) == [export]


def test_new_staff_come_with_a_reply(van: Van) -> None:
    van.bank.office.one_time_code("S001")
    assert "S001" not in van.terminal.vault.staff_codes()
    van.take_over(van.replied(van.export()))
    assert "S001" in van.terminal.vault.staff_codes()
