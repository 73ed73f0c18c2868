"""Founding, opening and joining a head office: what is refused, and what is kept safe."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.office import init_office, open_office
from branchdesk.headoffice.settings import read_settings
from branchdesk.headoffice.tables import metadata
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import decode_enrolment_code
from branchdesk.protocol.feed import ItemKind
from branchdesk.protocol.http import ENROL_PREFIX
from branchdesk.protocol.signing import SigningKey
from tests.office_fixture import PASSPHRASE, URL, StillClock, TestBank, new_bank, sample_campaign


def test_nothing_of_an_office_can_be_read_by_others_and_no_key_is_in_the_clear(
    tmp_path: Path,
) -> None:
    home = tmp_path / "office"
    init_office(home, PASSPHRASE, url=URL)
    for path in home.iterdir():
        if not path.name.startswith("office.db"):
            assert path.stat().st_mode & 0o077 == 0, path.name
    assert home.stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in (home / "server.key").read_bytes()


def test_an_office_is_not_founded_twice(tmp_path: Path) -> None:
    home = tmp_path / "office"
    made = init_office(home, PASSPHRASE)
    with pytest.raises(RuleViolation, match="office_exists"):
        init_office(home, PASSPHRASE)
    with open_office(home, PASSPHRASE) as office:
        assert office.status()["public_key"] == made.public_key


@pytest.mark.postgres
def test_a_database_holds_one_office(postgres_database: str, tmp_path: Path) -> None:
    init_office(tmp_path / "one", PASSPHRASE, postgres_database)
    with pytest.raises(RuleViolation, match="database_in_use"):
        init_office(tmp_path / "two", PASSPHRASE, postgres_database)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("short", None, None), "passphrase_too_short"),
        ((PASSPHRASE, "mysql://root@127.0.0.1/x", None), "database_url_invalid"),
        ((PASSPHRASE, "no url at all", None), "database_url_invalid"),
        ((PASSPHRASE, None, "http://office.example"), "office_url_invalid"),
        ((PASSPHRASE, "postgresql://127.0.0.1:1/none", None), "database_unavailable"),
    ],
)
def test_what_cannot_be_founded_leaves_no_office(
    tmp_path: Path, arguments: tuple[str, str | None, str | None], code: str
) -> None:
    home = tmp_path / "office"
    with pytest.raises(BranchDeskError) as caught:
        init_office(home, *arguments)
    assert caught.value.code == code
    with pytest.raises(RuleViolation, match="office_missing"):
        open_office(home, PASSPHRASE)


def newer(home: Path) -> None:
    with closing(sqlite3.connect(home / "office.db", isolation_level=None)) as store:
        store.execute("UPDATE alembic_version SET version_num = 'ho9999'")


def foreign(home: Path) -> None:
    with closing(sqlite3.connect(home / "office.db", isolation_level=None)) as store:
        store.execute("UPDATE office_facts SET value = zeroblob(32) WHERE name = 'root_key'")


def damaged_keys(home: Path) -> None:
    (home / "office.keys").write_text("{}")


def damaged_settings(home: Path) -> None:
    (home / "office.json").write_text("[]")


@pytest.mark.parametrize(
    ("harm", "passphrase", "code"),
    [
        (newer, PASSPHRASE, "database_newer"),
        (foreign, PASSPHRASE, "database_foreign"),
        (damaged_keys, PASSPHRASE, "office_keys_unreadable"),
        (damaged_settings, PASSPHRASE, "office_settings_unreadable"),
        (lambda _home: None, "another long passphrase", "wrong_office_passphrase"),
    ],
)
def test_an_office_that_cannot_be_opened_says_why(
    tmp_path: Path, harm: Callable[[Path], None], passphrase: str, code: str
) -> None:
    home = tmp_path / "office"
    init_office(home, PASSPHRASE)
    harm(home)
    with pytest.raises(EnvironmentFault) as caught:
        open_office(home, passphrase)
    assert caught.value.code == code


def test_the_migrations_make_exactly_the_tables_the_program_uses(bank: TestBank) -> None:
    with bank.office.context.database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def enrol_body(code: str, key: SigningKey, proof_by: SigningKey | None = None) -> bytes:
    """Return an enrolment request for ``key``."""
    token = decode_enrolment_code(code).token
    proof = (proof_by or key).sign(ENROL_PREFIX, token + key.public_key)
    return codec.encode(
        {"token": token, "public_key": key.public_key, "proof": proof, "program": "p",
         "machine": "m"}
    )  # fmt: skip


def test_a_code_is_used_once_within_a_day_by_who_holds_the_key(bank: TestBank) -> None:
    key, other = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
    code = bank.office.enrol_code("B001").code
    with pytest.raises(ContractFault, match="bad_signature"):
        bank.office.enrol(enrol_body(code, key, proof_by=other))
    bank.office.enrol(enrol_body(code, key))
    with pytest.raises(RuleViolation, match="enrolment_code_used"):
        bank.office.enrol(enrol_body(code, other))
    late = bank.office.enrol_code("B001").code
    bank.clock.advance_days(1.01)
    with pytest.raises(RuleViolation, match="enrolment_code_expired"):
        bank.office.enrol(enrol_body(late, key))
    terminals = bank.office.status()["terminals"]
    assert isinstance(terminals, list)
    assert len(terminals) == 1


def test_the_same_key_asking_again_gets_the_same_answer(bank: TestBank) -> None:
    key = SigningKey(bytes(range(32)))
    code = bank.office.enrol_code("B001").code
    first = bank.office.enrol(enrol_body(code, key))
    again = bank.office.enrol(enrol_body(code, key))
    assert again == first
    terminals = bank.office.status()["terminals"]
    assert isinstance(terminals, list)
    assert len(terminals) == 1
    assert bank.office.audit().ok


def test_a_code_of_another_office_is_unknown(bank: TestBank, tmp_path: Path) -> None:
    with new_bank(tmp_path / "other") as other:
        code = other.office.enrol_code("B001").code
    with pytest.raises(RuleViolation, match="enrolment_code_unknown"):
        bank.office.enrol(enrol_body(code, SigningKey(bytes(32))))


def test_a_code_needs_a_known_outlet_kind_and_address(tmp_path: Path) -> None:
    home = tmp_path / "office"
    init_office(home, PASSPHRASE)
    with open_office(home, PASSPHRASE, StillClock()) as office:
        office.publish(sample_campaign())
        with pytest.raises(RuleViolation, match="office_url_unknown"):
            office.enrol_code("B001")
    shutil.rmtree(home)
    with new_bank(home) as bank:
        assert read_settings(home).public_url() == URL
        with pytest.raises(RuleViolation, match="outlet_unknown"):
            bank.office.enrol_code("B999")
        with pytest.raises(RuleViolation, match="outlet_kind_unknown"):
            bank.office.enrol_code("B001", "ship")
        with pytest.raises(RuleViolation, match="terminal_unknown"):
            bank.office.enrol_code("B001", terminal=77)


def test_a_first_pin_code_reaches_the_persons_terminals_and_ends_when_it_is_used(
    bank: TestBank,
) -> None:
    terminal = bank.terminal("B001")
    terminal.pull()
    made = bank.office.one_time_code("T001")
    assert len(made.code) == 12
    terminal.pull()
    newest = [item for item in terminal.items_of(ItemKind.STAFF) if item["code"] == "T001"][-1]
    assert (newest["one_time_code"], newest["active"]) == (made.code, True)
    terminal.record("staff.pin_set", staff="T001")
    terminal.push()
    changed = sample_campaign()
    changed["offers"][0]["budget_minor"] -= 1_000
    bank.office.publish(changed)
    terminal.pull()
    newest = [item for item in terminal.items_of(ItemKind.STAFF) if item["code"] == "T001"][-1]
    assert newest["one_time_code"] == ""
    with pytest.raises(RuleViolation, match="staff_unknown"):
        bank.office.one_time_code("NOBODY")


def test_staff_left_out_of_the_next_version_are_withdrawn_at_their_terminals(
    bank: TestBank,
) -> None:
    terminal = bank.terminal("B001")
    changed = sample_campaign()
    changed["staff"] = [member for member in changed["staff"] if member["code"] != "T001"]
    bank.office.publish(changed)
    terminal.pull()
    found = {item["code"]: item["active"] for item in terminal.items_of(ItemKind.STAFF)}
    assert found["T001"] is False
    assert any(found.values())


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.json", b"{", "malformed"),
        ("a.json", b"[1]", "bundle_invalid"),
        ("a.yaml", b"a: [", "malformed"),
        ("a.yaml", b"\xff\xfe\x00", "malformed"),
        ("a.json", b" " * (4 << 20) + b"{}", "malformed"),
    ],
)
def test_a_campaign_file_that_is_none_is_refused(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContractFault) as caught:
        read_campaign_file(tmp_path / name)
    assert caught.value.code == code
    with pytest.raises(EnvironmentFault, match="file_unreadable"):
        read_campaign_file(tmp_path / "missing.json")
