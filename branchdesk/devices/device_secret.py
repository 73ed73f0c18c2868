"""The device's own secret: from the operating system's key store, or from a passphrase.

Never from a file, never from a question on the terminal. What has to be remembered to find the
secret again (which entry of the key store, which salt) is a ``SecretRecord`` that the vault keeps.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from branchdesk.devices.key_wrap import (
    KEY_BYTES,
    SALT_BYTES,
    STANDARD_COST,
    Argon2Cost,
    stretch,
)
from branchdesk.errors import EnvironmentFault, RuleViolation

PASSPHRASE_VARIABLE = "BRANCHDESK_PASSPHRASE"  # noqa: S105 - the name of a variable, no secret
PASSPHRASE_CHARACTERS_MIN = 12
_ACCOUNT = "device-secret"
# Only stores of the operating system. Anything else (fail, null, a file in plain text, the
# terminal-prompting backends of keyrings.alt) counts as no key store at all.
_BACKENDS = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


class SecretKind(StrEnum):
    """Where the device's secret comes from."""

    KEY_STORE = "key_store"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word in the file, no secret


@dataclass(frozen=True, slots=True)
class SecretRecord:
    """What finds the secret again: ``entry`` in the key store, or ``salt`` and ``cost``."""

    kind: SecretKind
    entry: str = ""
    salt: bytes = b""
    cost: Argon2Cost = STANDARD_COST


class RandomBytes(Protocol):
    """The part of the ``Randomness`` port that is needed here."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""


class DeviceSecret(Protocol):
    """A source of the device's secret."""

    @property
    def kind(self) -> SecretKind:
        """Where the secret comes from."""

    def create(self, randomness: RandomBytes) -> tuple[bytes, SecretRecord]:
        """Make a new 32-byte secret and say how to find it again."""

    def find(self, record: SecretRecord) -> bytes:
        """Return the secret of a record of this kind, or raise EnvironmentFault."""


class KeyStore(Protocol):
    """The part of a ``keyring`` backend that is used."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep an entry."""


class KeyStoreSecret:
    """A random secret kept by the operating system for this user on this machine."""

    kind = SecretKind.KEY_STORE

    def __init__(self, store: KeyStore | None = None) -> None:
        self._given = store

    def create(self, randomness: RandomBytes) -> tuple[bytes, SecretRecord]:
        """Keep a new secret under an entry of its own.

        Raises EnvironmentFault ``key_store_missing`` or ``key_store_locked``.
        """
        store = self._store()
        # Its own entry for each home: two terminals of one user never share a secret.
        entry = f"BranchDesk terminal {randomness.bytes(8).hex()}"
        secret = randomness.bytes(KEY_BYTES)
        try:
            store.set_password(entry, _ACCOUNT, secret.hex())
            kept = store.get_password(entry, _ACCOUNT)
        except Exception as error:  # Backends raise whatever their system library raises.
            raise _locked(error) from error
        if kept != secret.hex():
            raise EnvironmentFault("key_store_missing", variable=PASSPHRASE_VARIABLE)
        return secret, SecretRecord(self.kind, entry=entry)

    def find(self, record: SecretRecord) -> bytes:
        """Return the kept secret; raises ``device_secret_missing`` when this user has none."""
        try:
            kept = self._store().get_password(record.entry, _ACCOUNT)
        except EnvironmentFault:
            raise
        except Exception as error:  # Backends raise whatever their system library raises.
            raise _locked(error) from error
        try:
            secret = bytes.fromhex(kept or "")
        except ValueError:
            secret = b""
        if len(secret) != KEY_BYTES:
            raise EnvironmentFault("device_secret_missing", entry=record.entry)
        return secret

    def _store(self) -> KeyStore:
        store = self._given or _system_key_store()
        if store is None:
            raise EnvironmentFault("key_store_missing", variable=PASSPHRASE_VARIABLE)
        return store


class PassphraseSecret:
    """A secret stretched from a passphrase that somebody gives at each start."""

    kind = SecretKind.PASSPHRASE

    def __init__(self, passphrase: str, cost: Argon2Cost = STANDARD_COST) -> None:
        self._passphrase = passphrase
        self._cost = cost

    def create(self, randomness: RandomBytes) -> tuple[bytes, SecretRecord]:
        """Stretch the passphrase over a new salt; refuses a short one.

        Raises RuleViolation ``terminal_passphrase_too_short``. Later a short one is simply wrong.
        """
        if len(self._passphrase) < PASSPHRASE_CHARACTERS_MIN:
            raise RuleViolation(
                "terminal_passphrase_too_short",
                field=PASSPHRASE_VARIABLE,
                least=PASSPHRASE_CHARACTERS_MIN,
                found=len(self._passphrase),
            )
        record = SecretRecord(self.kind, salt=randomness.bytes(SALT_BYTES), cost=self._cost)
        return self.find(record), record

    def find(self, record: SecretRecord) -> bytes:
        """Stretch the passphrase over the salt of ``record``; whether it is right shows later."""
        return stretch(self._passphrase, record.salt, record.cost)


def choose_device_secret(environ: Mapping[str, str] = os.environ) -> DeviceSecret:
    """Return the passphrase's secret whenever one is set, else the key store's.

    Whether there is a key store, and whether the passphrase is right, shows when the secret is
    asked for.
    """
    passphrase = environ.get(PASSPHRASE_VARIABLE)
    return PassphraseSecret(passphrase) if passphrase else KeyStoreSecret()


def has_key_store() -> bool:
    """Say whether the operating system offers a key store to this user."""
    return _system_key_store() is not None


def _system_key_store() -> KeyStore | None:
    import keyring

    try:
        chosen = keyring.get_keyring()
        candidates = [chosen, *getattr(chosen, "backends", ())]
    except Exception:  # A broken configuration or a missing system library is no key store.
        return None
    return next((one for one in candidates if type(one).__module__ in _BACKENDS), None)


def _locked(error: Exception) -> EnvironmentFault:
    return EnvironmentFault("key_store_locked", retryable=True, reason=type(error).__name__)
