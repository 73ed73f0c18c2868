"""Head office signs with a new key: terminals learn it by the feed, nothing of before is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from branchdesk.app.terminal import Terminal
from branchdesk.domain.campaign import campaign_to_mapping
from branchdesk.errors import BranchDeskError
from branchdesk.headoffice.office import open_office
from branchdesk.headoffice.tables import feed_items, key_records
from branchdesk.protocol.signing import key_id
from branchdesk.protocol.token import read_token
from branchdesk.protocol.verdict import Verdict
from tests.direct_bank import DirectBank, direct_bank
from tests.office_fixture import PASSPHRASE


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def rotate(bank: DirectBank, use: str) -> bytes:
    """Change a key, open the office again and return the new public key."""
    done = bank.office.rotate_key(PASSPHRASE, use, bank.office.approve(None, by_two=True))
    bank.office.close()
    bank.access.office = open_office(bank.folder / "office", PASSPHRASE)
    assert bank.office.context.vault.signer(use).public_key.hex() == done.key
    return bytes.fromhex(done.key)


def version(terminal: Terminal) -> int:
    with terminal.store.read() as reading:
        return reading.campaigns()[0].version


def test_a_new_grant_key_reaches_terminals_by_the_feed_and_old_vouchers_stay_good(
    bank: DirectBank,
) -> None:
    issuer, away = bank.terminal("issuer"), bank.terminal("away", "B002")
    old = bank.serve(issuer)
    issuer.synchronise()
    key = rotate(bank, "grant")
    assert bank.office.status()["public_key"] == key.hex()
    fresh = bank.terminal("fresh")
    new = bank.serve(fresh)
    fresh.synchronise()
    assert read_token(new.token).grant.key_id == key_id(key)
    assert read_token(old.token).grant.key_id != key_id(key)

    # Whoever was away hears of the key before anything that it signs.
    assert away.verify_voucher(new.token).verdict is Verdict.UNKNOWN_ISSUER
    away.synchronise()
    assert away.verify_voucher(new.token).verdict is Verdict.NOT_HERE
    assert away.verify_voucher(old.token).verdict is Verdict.NOT_HERE
    issuer.synchronise()
    assert issuer.verify_voucher(old.token).verdict is Verdict.GOOD
    # What is left of the old grant is issued and honoured as before.
    again = bank.serve(issuer)
    assert again.grant == old.grant
    assert (issuer.synchronise().parked, bank.office.status()["vouchers"]) == (0, 3)
    assert bank.office.audit().violations == ()


def test_a_campaign_under_a_new_key_is_taken_by_a_terminal_that_was_away(bank: DirectBank) -> None:
    away = bank.terminal("away")
    before = version(away)
    rotate(bank, "bundle")
    with away.store.read() as reading:
        mapping = campaign_to_mapping(reading.campaigns()[0].campaign)
    bank.office.publish({**mapping, "name": {"zh": "续期活动", "en": "The campaign goes on"}})
    report = away.synchronise()
    assert (report.refused, version(away) > before) == ((), True)
    assert bank.office.audit().violations == ()


@pytest.mark.parametrize(
    ("passphrase", "use", "code"),
    [
        ("another passphrase of somebody", "grant", "wrong_office_passphrase"),
        (PASSPHRASE, "ack", "key_not_rotated"),
    ],
)
def test_a_change_that_is_refused_announces_nothing(
    bank: DirectBank, passphrase: str, use: str, code: str
) -> None:
    def counts() -> list[int]:
        with bank.office.context.database.read() as connection:
            return [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (key_records, feed_items)
            ]

    keys, before = (bank.folder / "office/office.keys").read_bytes(), counts()
    with pytest.raises(BranchDeskError) as caught:
        bank.office.rotate_key(passphrase, use)
    assert caught.value.code == code
    assert (counts(), (bank.folder / "office/office.keys").read_bytes()) == (before, keys)
