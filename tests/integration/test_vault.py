"""The vault on a real disk: who gets in, what a try costs, and what a damaged file does."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from branchdesk.application.shift_records import StaffKey
from branchdesk.devices.device_secret import KeyStoreSecret, PassphraseSecret
from branchdesk.devices.key_wrap import Argon2Cost
from branchdesk.devices.vault import LOCK_MS, RECOVERY_INFO, FileVault
from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation
from branchdesk.protocol.sealing import open_sealed, public_seal_key
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

CHEAP = Argon2Cost(1, 8, 1)
PASSPHRASE = "a made-up passphrase"
PIN, WRONG = "246810", "135791"


class MemoryKeyStore:
    """A key store of the operating system, in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry."""
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep an entry."""
        self.entries[service, username] = password


class Machine:
    """A terminal's key file, its clock, and vaults opened on it as new starts of the program."""

    def __init__(self, folder: Path, *, store: MemoryKeyStore | None = None) -> None:
        self.path = folder / "keys.json"
        self.clock = ManualClock()
        self.store = store

    def vault(self, passphrase: str = PASSPHRASE, cost: Argon2Cost = CHEAP) -> FileVault:
        """Open the file as a program that has just started."""
        secret = (
            PassphraseSecret(passphrase, CHEAP)
            if self.store is None
            else KeyStoreSecret(self.store)
        )
        return FileVault(self.path, secret, self.clock, SeededRandomness(3), cost=cost, floor=CHEAP)

    def refused(self, pin: str, staff: str = "T001") -> BranchDeskError:
        """Try to get in, in vain, and return why."""
        with pytest.raises(BranchDeskError) as caught:
            self.vault().unlock(staff, pin)
        return caught.value

    def kept(self) -> dict[str, object]:
        """Return the file's content."""
        content: dict[str, object] = json.loads(self.path.read_text(encoding="utf-8"))
        return content


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine in passphrase mode, not yet enrolled."""
    return Machine(tmp_path)


@pytest.fixture
def enrolled(machine: Machine) -> Machine:
    """A machine where T001 has a PIN."""
    vault = machine.vault()
    vault.set_pin(vault.create(), "T001", PIN)
    return machine


def test_a_pin_opens_what_it_wrapped_at_every_start(machine: Machine) -> None:
    vault = machine.vault()
    data_key = vault.create()
    vault.set_pin(data_key, "T001", PIN)
    vault.set_pin(data_key, "S001", "8024613579")
    assert machine.vault().unlock("T001", PIN).data_key == data_key
    assert machine.vault().unlock("S001", "8024613579").data_key == data_key
    assert machine.vault().staff_codes() == ("S001", "T001")
    assert machine.refused(PIN, "S001").code == "pin_wrong"


def test_nothing_is_kept_until_somebody_is_let_in(machine: Machine) -> None:
    machine.vault().create()
    assert not machine.vault().is_enrolled()
    assert machine.vault().staff_codes() == ()
    assert machine.refused(PIN).code == "not_enrolled"


def test_an_enrolled_vault_makes_no_second_key(enrolled: Machine) -> None:
    with pytest.raises(RuleViolation, match="already_enrolled"):
        enrolled.vault().create()


def test_the_file_is_private_and_holds_neither_key_nor_pin(enrolled: Machine) -> None:
    data_key = enrolled.vault().unlock("T001", PIN).data_key
    content = enrolled.path.read_bytes()
    assert enrolled.path.stat().st_mode & 0o777 == 0o600
    for secret in (data_key, data_key.hex().encode(), PIN.encode(), PASSPHRASE.encode()):
        assert secret not in content


def test_a_full_width_pin_is_the_same_pin(enrolled: Machine) -> None:
    assert not enrolled.vault().unlock("T001", "２４６８１０").must_choose_pin


def test_five_wrong_tries_lock_for_fifteen_minutes_even_for_the_right_pin(
    enrolled: Machine,
) -> None:
    faults = [enrolled.refused(WRONG) for _ in range(5)]
    assert [fault.code for fault in faults] == ["pin_wrong"] * 4 + ["pin_locked"]
    assert [fault.facts.get("tries_left") for fault in faults[:4]] == [4, 3, 2, 1]
    enrolled.clock.advance(LOCK_MS - 1)
    locked = enrolled.refused(PIN)
    assert (locked.code, locked.facts["minutes"]) == ("pin_locked", 1)
    enrolled.clock.advance(1)
    assert enrolled.vault().unlock("T001", PIN).wrong_tries == 5
    assert enrolled.vault().unlock("T001", PIN).wrong_tries == 0


def test_a_good_try_forgives_the_wrong_ones(enrolled: Machine) -> None:
    for _ in range(3):
        for _ in range(4):
            assert enrolled.refused(WRONG).code == "pin_wrong"
        enrolled.vault().unlock("T001", PIN)


def test_ten_wrong_tries_destroy_the_wrap_for_good(enrolled: Machine) -> None:
    for _ in range(5):
        enrolled.refused(WRONG)
    enrolled.clock.advance(LOCK_MS)
    faults = [enrolled.refused(WRONG) for _ in range(5)]
    assert [fault.code for fault in faults] == ["pin_wrong"] * 4 + ["pin_destroyed"]
    assert [fault.facts.get("tries_left") for fault in faults[:4]] == [4, 3, 2, 1]
    enrolled.clock.advance(10 * LOCK_MS)
    assert enrolled.refused(PIN).code == "pin_destroyed"
    staff = enrolled.kept()["staff"]
    assert isinstance(staff, dict)
    assert (staff["T001"]["pin"], staff["T001"]["code"]) == (None, None)


def test_a_destroyed_pin_is_replaced_by_a_new_one_time_code(enrolled: Machine) -> None:
    data_key = enrolled.vault().unlock_unattended()
    for _ in range(5):
        enrolled.refused(WRONG)
    enrolled.clock.advance(LOCK_MS)
    for _ in range(5):
        enrolled.refused(WRONG)
    expires_ms = enrolled.clock.now_ms() + 1_000
    enrolled.vault().set_one_time_code(data_key, "T001", "K7QM2F9C", expires_ms)
    assert enrolled.vault().unlock("T001", "K7QM2F9C").must_choose_pin


@pytest.mark.parametrize("shift_ms", [-400 * 86_400_000, -LOCK_MS, LOCK_MS, 400 * 86_400_000])
def test_setting_the_clock_shortens_no_lock(enrolled: Machine, shift_ms: int) -> None:
    for _ in range(5):
        enrolled.refused(WRONG)
    enrolled.clock.set_wall(enrolled.clock.now_ms() + shift_ms)
    assert enrolled.refused(PIN).code == "pin_locked"


def test_a_restart_of_the_machine_shortens_no_lock(enrolled: Machine) -> None:
    enrolled.clock.advance(3_600_000)
    for _ in range(5):
        enrolled.refused(WRONG)
    enrolled.clock.reboot(b"\x01" * 16, enrolled.clock.now_ms() + 86_400_000)
    assert enrolled.refused(PIN).code == "pin_locked"
    enrolled.clock.advance(LOCK_MS)
    assert enrolled.vault().unlock("T001", PIN)


def test_a_try_is_on_disk_before_it_is_checked(
    enrolled: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> bytes:
        raise KeyboardInterrupt

    for _ in range(4):
        monkeypatch.setattr("branchdesk.devices.vault.unwrap", killed)
        with pytest.raises(KeyboardInterrupt):
            enrolled.vault().unlock("T001", PIN)
        monkeypatch.undo()
    fault = enrolled.refused(WRONG)
    assert fault.code == "pin_locked"


_GUESSER = """
import sys
from pathlib import Path
from tests.integration.test_vault import Machine, WRONG
from branchdesk.devices import vault as module
machine = Machine(Path(sys.argv[1]))
true_unwrap = module.unwrap
def slow(*arguments):
    print("checking", flush=True)
    sys.stdin.read()
module.unwrap = slow
machine.vault().unlock("T001", WRONG)
"""


def test_killing_the_program_refunds_no_try(enrolled: Machine) -> None:
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _GUESSER, str(enrolled.path.parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"checking\n"
            process.send_signal(signal.SIGKILL)
    assert enrolled.refused(WRONG).code == "pin_locked"


def test_a_one_time_code_lets_in_once_and_gives_way_to_a_pin(machine: Machine) -> None:
    vault = machine.vault()
    data_key = vault.create()
    expires_ms = machine.clock.now_ms() + 1_000
    vault.set_one_time_code(data_key, "T001", "K7QM2F9C0X1B", expires_ms)
    assert machine.refused("000000").code == "pin_wrong"
    found = machine.vault().unlock("T001", " k7qm-2f9c-oxlb ")
    assert (found.data_key, found.must_choose_pin) == (data_key, True)
    machine.vault().set_pin(data_key, "T001", PIN)
    assert not machine.vault().unlock("T001", PIN).must_choose_pin
    assert machine.refused("K7QM2F9C0X1B").code == "pin_wrong"
    # The feed may bring the same item again; a used code stays used.
    machine.vault().set_one_time_code(data_key, "T001", "K7QM2F9C0X1B", expires_ms)
    assert machine.refused("K7QM2F9C0X1B").code == "pin_wrong"


def test_an_expired_code_is_refused_without_costing_a_try(machine: Machine) -> None:
    vault = machine.vault()
    data_key = vault.create()
    vault.set_one_time_code(data_key, "T001", "K7QM2F9C", machine.clock.now_ms())
    machine.clock.advance(1)
    for _ in range(20):
        assert machine.refused("K7QM2F9C").code == "one_time_code_expired"
    vault.set_one_time_code(data_key, "T001", "K7QM2F9C", machine.clock.now_ms() + 5)
    assert machine.vault().unlock("T001", "K7QM2F9C").must_choose_pin


def test_the_same_code_again_refunds_no_tries(machine: Machine) -> None:
    vault = machine.vault()
    data_key = vault.create()
    later_ms = machine.clock.now_ms() + 9_000
    vault.set_one_time_code(data_key, "T001", "K7QM2F9C", later_ms)
    for number in range(4):
        assert machine.refused("000000").code == "pin_wrong"
        vault.set_one_time_code(data_key, "T001", "K7QM2F9C", later_ms + number)
    assert machine.refused("000000").code == "pin_locked"


def test_a_pin_stays_good_while_a_new_code_waits(enrolled: Machine) -> None:
    vault = enrolled.vault()
    data_key = vault.unlock("T001", PIN).data_key
    vault.set_one_time_code(data_key, "T001", "NEWC0DE9", enrolled.clock.now_ms() + 9_000)
    assert not enrolled.vault().unlock("T001", PIN).must_choose_pin
    assert enrolled.vault().unlock("T001", "NEWCODE9").must_choose_pin


def test_the_pin_in_force_is_no_new_pin_however_it_is_typed(enrolled: Machine) -> None:
    vault = enrolled.vault()
    data_key = vault.unlock("T001", PIN).data_key
    before = enrolled.path.read_bytes()
    for typed in (PIN, f" {PIN} ", "２４６８１０"):
        with pytest.raises(RuleViolation, match="pin_unchanged"):
            vault.set_pin(data_key, "T001", typed)
    assert enrolled.path.read_bytes() == before
    vault.set_pin(data_key, "S001", PIN)
    vault.set_pin(data_key, "T001", WRONG)
    assert enrolled.vault().unlock("T001", WRONG)


def test_an_old_pin_is_told_that_a_code_waits(enrolled: Machine) -> None:
    vault = enrolled.vault()
    data_key = vault.unlock("T001", PIN).data_key
    assert enrolled.refused(WRONG).facts["problem"] == "before_lock"
    later_ms = enrolled.clock.now_ms() + 9_000
    vault.set_one_time_code(data_key, "T001", "NEWC0DE9", later_ms, is_reset=True)
    refused = enrolled.refused(PIN)
    assert (refused.code, refused.facts["problem"]) == ("pin_wrong", "code_waiting")
    assert refused.facts["tries_left"] == 4


def test_who_was_removed_is_let_in_no_more(enrolled: Machine) -> None:
    enrolled.vault().remove("T001")
    enrolled.vault().remove("T001")
    assert enrolled.refused(PIN).code == "pin_unset"
    assert enrolled.vault().staff_codes() == ()
    assert enrolled.vault().unlock_unattended()


def test_another_data_key_is_our_own_mistake_and_changes_nothing(enrolled: Machine) -> None:
    before = enrolled.path.read_bytes()
    with pytest.raises(ValueError, match="not the data key"):
        enrolled.vault().set_pin(b"\0" * 32, "T002", PIN)
    assert enrolled.path.read_bytes() == before


def test_a_wrong_passphrase_costs_no_try_and_changes_nothing(enrolled: Machine) -> None:
    before = enrolled.path.read_bytes()
    for _ in range(12):
        with pytest.raises(EnvironmentFault, match="passphrase_wrong"):
            enrolled.vault("another passphrase").unlock("T001", PIN)
        with pytest.raises(EnvironmentFault, match="passphrase_wrong"):
            enrolled.vault("another passphrase").unlock_unattended()
    assert enrolled.path.read_bytes() == before


def test_the_passphrase_alone_opens_the_sync_lane(enrolled: Machine) -> None:
    data_key = enrolled.vault().unlock("T001", PIN).data_key
    assert enrolled.vault().unlock_unattended() == data_key


def test_a_key_store_needs_somebody_to_sign_in(tmp_path: Path) -> None:
    machine = Machine(tmp_path, store=MemoryKeyStore())
    vault = machine.vault()
    data_key = vault.create()
    vault.set_pin(data_key, "T001", PIN)
    assert machine.vault().unlock("T001", PIN).data_key == data_key
    with pytest.raises(RuleViolation, match="staff_required"):
        machine.vault().unlock_unattended()


def test_a_copied_folder_opens_nowhere_else(tmp_path: Path) -> None:
    machine = Machine(tmp_path, store=MemoryKeyStore())
    vault = machine.vault()
    vault.set_pin(vault.create(), "T001", PIN)
    machine.store = MemoryKeyStore()
    assert machine.refused(PIN).code == "device_secret_missing"
    machine.store = None
    fault = machine.refused(PIN)
    assert (fault.code, fault.facts["problem"]) == ("device_secret_kind", "key_store")


def test_head_office_can_open_the_recovery_wrap(enrolled: Machine) -> None:
    private_key = bytes(range(32))
    vault = enrolled.vault()
    data_key = vault.unlock("T001", PIN).data_key
    assert vault.recovery() is None
    vault.set_recovery(data_key, public_seal_key(private_key))
    sealed = enrolled.vault().recovery()
    assert sealed is not None
    assert open_sealed(private_key, sealed, RECOVERY_INFO) == data_key


def test_a_raised_cost_reaches_a_pin_at_its_next_good_try(enrolled: Machine) -> None:
    dearer = Argon2Cost(2, 16, 1)
    enrolled.vault(cost=dearer).unlock("T001", PIN)
    staff = enrolled.kept()["staff"]
    assert isinstance(staff, dict)
    assert staff["T001"]["pin"]["cost"] == {"passes": 2, "memory_kib": 16, "lanes": 1}
    assert enrolled.vault(cost=dearer).unlock("T001", PIN)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda text: "", "form"),
        (lambda text: text[: len(text) // 2], "form"),
        (lambda text: text.replace('"tries": 0', '"tries": -5'), "form"),
        (lambda text: text.replace('"tries": 0', '"tries": "no"'), "form"),
        (lambda text: text.replace('"memory_kib": 8,', '"memory_kib": 4,'), "parameters"),
        (lambda text: text.replace('"memory_kib": 8,', '"memory_kib": 9999999,'), "parameters"),
        (lambda text: text.replace('"version": 1', '"version": 0'), "version"),
        (lambda text: "[]", "form"),
        (lambda text: "\x00\x01", "form"),
        (lambda text: " " * (5 << 20), "too_large"),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(
    enrolled: Machine, damage: object, problem: str
) -> None:
    assert callable(damage)
    enrolled.path.write_text(damage(enrolled.path.read_text(encoding="utf-8")), encoding="utf-8")
    before = enrolled.path.read_bytes()
    fault = enrolled.refused(PIN)
    assert isinstance(fault, EnvironmentFault)
    assert (fault.code, fault.facts["problem"]) == ("vault_damaged", problem)
    assert enrolled.vault().is_enrolled()
    assert enrolled.path.read_bytes() == before


def test_a_newer_file_is_not_touched(enrolled: Machine) -> None:
    text = enrolled.path.read_text(encoding="utf-8").replace('"version": 1', '"version": 2')
    enrolled.path.write_text(text, encoding="utf-8")
    assert enrolled.refused(PIN).code == "vault_newer"


def test_a_flipped_bit_in_a_wrap_opens_nothing(enrolled: Machine) -> None:
    content = json.loads(enrolled.path.read_text(encoding="utf-8"))
    box = content["staff"]["T001"]["pin"]["box"]
    content["staff"]["T001"]["pin"]["box"] = ("B" if box[20] != "B" else "C").join(
        (box[:20], box[21:])
    )
    enrolled.path.write_text(json.dumps(content), encoding="utf-8")
    assert enrolled.refused(PIN).code == "pin_wrong"


def test_a_wrap_moved_to_somebody_else_opens_nothing(enrolled: Machine) -> None:
    content = json.loads(enrolled.path.read_text(encoding="utf-8"))
    content["staff"]["S001"] = content["staff"]["T001"]
    enrolled.path.write_text(json.dumps(content), encoding="utf-8")
    assert enrolled.refused(PIN, "S001").code == "pin_wrong"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_said_so(enrolled: Machine) -> None:
    enrolled.path.parent.chmod(0o500)
    try:
        fault = enrolled.refused(WRONG)
    finally:
        enrolled.path.parent.chmod(0o700)
    assert (fault.code, fault.facts["problem"]) == ("file_not_written", "no_permission")


def test_a_full_disk_counts_as_no_try_and_lets_nobody_in(
    enrolled: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = enrolled.path.read_bytes()
    monkeypatch.setattr("branchdesk.devices.durable_file.os.fsync", full)
    fault = enrolled.refused(PIN)
    assert (fault.code, fault.facts["problem"]) == ("file_not_written", "no_space")
    assert enrolled.path.read_bytes() == before


def test_a_reset_takes_the_pin_away_with_the_code_and_forgives_a_lock(enrolled: Machine) -> None:
    vault, expires_ms = enrolled.vault(), enrolled.clock.now_ms() + 60_000
    data_key = vault.unlock("T001", PIN).data_key
    for _ in range(5):
        enrolled.refused(WRONG)
    assert vault.staff_key("T001").locked_ms == 15 * 60_000
    vault.set_one_time_code(data_key, "T001", "K7QM2F9C0X1B", expires_ms, is_reset=True)
    found = vault.staff_key("T001")
    assert (found.has_pin, found.has_code, found.locked_ms) == (False, True, 0)
    assert enrolled.refused(PIN).code == "pin_wrong"
    assert vault.unlock("T001", "K7QM-2F9C-0X1B").must_choose_pin
    vault.set_pin(data_key, "T001", "975310")
    assert vault.staff_key("T001") == StaffKey("T001", has_pin=True)


def test_how_somebody_gets_in_is_told_without_their_pin(enrolled: Machine) -> None:
    vault = enrolled.vault()
    assert vault.staff_key("NOBODY") == StaffKey("NOBODY")
    for _ in range(3):
        enrolled.refused(WRONG)
    assert vault.staff_key("T001") == StaffKey("T001", has_pin=True)
    for _ in range(2):
        enrolled.refused(WRONG)
    enrolled.clock.advance(60_000)
    assert vault.staff_key("T001").locked_ms == 14 * 60_000
    enrolled.clock.advance(15 * 60_000)
    for _ in range(5):
        enrolled.refused(WRONG)
    assert vault.staff_key("T001") == StaffKey("T001", is_destroyed=True)
