"""Found a head office: keys, certificate authority, store. Refuses where one stands already.

``office.json`` is written last, so an attempt that was cut short leaves no office and can be made
again.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, insert

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice import vault as names
from branchdesk.headoffice.authority import (
    ensure_server_certificate,
    fingerprint,
    host_of,
    new_authority,
    usual_names,
)
from branchdesk.headoffice.context import (
    COUNTER_STARTS,
    COUNTERS,
    HO_EPOCH_FACT,
    ROOT_KEY_FACT,
    read_fact,
    write_fact,
)
from branchdesk.headoffice.database import Database, open_database
from branchdesk.headoffice.results import InitResult
from branchdesk.headoffice.schema import bring_up_to_date
from branchdesk.headoffice.settings import (
    CA_FILE,
    DATABASE_FILE,
    SETTINGS_FILE,
    Settings,
    write_private,
    write_settings,
)
from branchdesk.headoffice.tables import counters, key_records
from branchdesk.protocol.enrolment import KeyRecord, KeyUse, sign_key_record
from branchdesk.protocol.signing import ED25519

KEY_LIFE_MS = 10 * 366 * 86_400_000


def init_office(
    home: Path,
    passphrase: str,
    database_url: str | None,
    url: str | None,
    *,
    clock_ms: Callable[[], int],
    randomness: Callable[[int], bytes],
) -> InitResult:
    """Make a new office in ``home``.

    Raises RuleViolation ``passphrase_too_short``, ``office_exists``, ``office_url_invalid``,
    ``database_url_invalid`` or ``database_in_use``; EnvironmentFault when disk or database fail.
    """
    names.check_passphrase(passphrase)
    _check_url(url or "")
    _prepare_home(home)
    now_ms = clock_ms()
    database = open_database(home, database_url or "")
    try:
        bring_up_to_date(database)
        authority_key, ca_pem = new_authority(now_ms)
        secrets = {**names.new_secrets(randomness), names.AUTHORITY: authority_key}
        vault = names.SealedKeys(secrets)
        database.write(lambda connection: _found(connection, vault, now_ms))
        write_private(home / CA_FILE, ca_pem)
        names.seal_keys(home, passphrase, secrets, randomness)
    finally:
        database.close()
    hosts = usual_names(host_of(url or ""))
    ensure_server_certificate(home, authority_key, names.tls_password(vault), hosts, now_ms)
    write_settings(home, Settings(database_url or "", url or ""))
    return InitResult(
        vault.signer(names.GRANT).public_key.hex(),
        vault.signer(names.ROOT).public_key.hex(),
        fingerprint(ca_pem).hex(),
    )


def _check_url(url: str) -> None:
    if url and not (url.startswith("https://") and host_of(url)):
        raise RuleViolation("office_url_invalid", url=url[:200])


def _prepare_home(home: Path) -> None:
    if (home / SETTINGS_FILE).exists():
        raise RuleViolation("office_exists", home=str(home))
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in home.glob(f"{DATABASE_FILE}*"):
            # Without office.json it belongs to an attempt that never finished: nothing used it.
            leftover.unlink()
    except OSError as error:
        raise EnvironmentFault("office_home_unwritable", home=str(home)) from error


def _found(connection: Connection, vault: names.KeyVault, now_ms: int) -> None:
    if read_fact(connection, ROOT_KEY_FACT) is not None:
        raise RuleViolation("database_in_use")
    root = vault.signer(names.ROOT)
    write_fact(connection, ROOT_KEY_FACT, root.public_key)
    write_fact(connection, HO_EPOCH_FACT, (1).to_bytes(4, "big"))
    connection.execute(
        insert(counters),
        [{"name": name, "value": COUNTER_STARTS.get(name, 0)} for name in COUNTERS],
    )
    public: dict[KeyUse, bytes] = {KeyUse.SEAL: vault.seal_public_key()}
    for use in (KeyUse.GRANT, KeyUse.ACK, KeyUse.BUNDLE):
        public[use] = vault.signer(use.value).public_key
    for use, key in public.items():
        record = KeyRecord(use, ED25519, key, now_ms, now_ms + KEY_LIFE_MS)
        connection.execute(
            insert(key_records).values(
                key_id=record.key_id, use=use.value, record=sign_key_record(record, root)
            )
        )


def check_same_office(database: Database, vault: names.KeyVault) -> None:
    """Refuse a store that belongs to other keys; raises EnvironmentFault ``database_foreign``."""
    with database.read() as connection:
        found = read_fact(connection, ROOT_KEY_FACT)
    if found != vault.signer(names.ROOT).public_key:
        raise EnvironmentFault("database_foreign")
