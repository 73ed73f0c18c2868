"""Head office's private keys behind a port: sealed in a file here, or in an HSM elsewhere.

The file holds every secret under AES-256-GCM with a key stretched from the passphrase by Argon2id
(RFC 9106). Nothing outside this module sees how a secret rests.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice.settings import KEYS_FILE, write_private
from branchdesk.protocol import codec
from branchdesk.protocol.sealing import open_sealed, public_seal_key
from branchdesk.protocol.signing import SigningKey

PASSPHRASE_CHARACTERS_MIN = 12
ROOT, GRANT, ACK, BUNDLE = "root", "grant", "ack", "bundle"
SEAL, BLIND, STORAGE, AUTHORITY, TLS = "seal", "blind", "storage", "authority", "tls"
RANDOM_SECRETS = (ROOT, GRANT, ACK, BUNDLE, SEAL, BLIND, STORAGE, TLS)

_ARGON_TIME, _ARGON_KIB, _ARGON_LANES = 3, 64 << 10, 4
_CONTEXT = b"BRANCHDESK-OFFICE-KEYS-1\0"


class KeyVault(Protocol):
    """Holds head office's private keys; an HSM implements this by signing inside itself."""

    def signer(self, use: str) -> SigningKey:
        """Return what signs for root, grant, ack or bundle."""

    def open_sealed(self, sealed: bytes, info: bytes) -> bytes:
        """Open what a terminal sealed to the public seal key."""

    def seal_public_key(self) -> bytes:
        """Return the public key to which terminals seal."""

    def secret(self, name: str) -> bytes:
        """Return a symmetric secret (blind, storage, tls) or the CA's key (authority)."""


class SealedKeys:
    """The vault whose secrets were opened from the sealed file."""

    def __init__(self, found: Mapping[str, bytes]) -> None:
        self._secrets = dict(found)
        self._signers = {use: SigningKey(found[use]) for use in (ROOT, GRANT, ACK, BUNDLE)}

    def signer(self, use: str) -> SigningKey:
        """Return what signs for root, grant, ack or bundle."""
        return self._signers[use]

    def open_sealed(self, sealed: bytes, info: bytes) -> bytes:
        """Open what a terminal sealed to us; raises ContractFault ``unsealable``."""
        return open_sealed(self._secrets[SEAL], sealed, info)

    def seal_public_key(self) -> bytes:
        """Return the public key to which terminals seal."""
        return public_seal_key(self._secrets[SEAL])

    def secret(self, name: str) -> bytes:
        """Return a symmetric secret or the CA's key."""
        return self._secrets[name]


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is too short; raises RuleViolation ``passphrase_too_short``."""
    if len(passphrase) < PASSPHRASE_CHARACTERS_MIN:
        raise RuleViolation("passphrase_too_short", least=PASSPHRASE_CHARACTERS_MIN)


def seal_keys(
    home: Path, passphrase: str, found: Mapping[str, bytes], randomness: Callable[[int], bytes]
) -> SealedKeys:
    """Write the sealed key file whole and return the open vault."""
    salt, nonce = randomness(16), randomness(12)
    box = AESGCM(stretch_passphrase(passphrase, salt)).encrypt(
        nonce, codec.encode(dict(found)), _CONTEXT
    )
    fields = {"version": 1, "salt": salt.hex(), "nonce": nonce.hex(), "box": box.hex()}
    write_private(home / KEYS_FILE, (json.dumps(fields) + "\n").encode())
    return SealedKeys(found)


def open_keys(home: Path, passphrase: str) -> SealedKeys:
    """Open the sealed key file.

    Raises EnvironmentFault ``office_keys_unreadable`` or ``wrong_office_passphrase``.
    """
    return SealedKeys(_read_secrets(home, passphrase))


def replace_secret(
    home: Path, passphrase: str, name: str, secret: bytes, randomness: Callable[[int], bytes]
) -> SealedKeys:
    """Seal the key file anew with one secret replaced; raises what :func:`open_keys` does."""
    found = {**_read_secrets(home, passphrase), name: secret}
    return seal_keys(home, passphrase, found, randomness)


def _read_secrets(home: Path, passphrase: str) -> dict[str, bytes]:
    path = home / KEYS_FILE
    try:
        fields = json.loads(path.read_text(encoding="ascii"))
        salt, nonce, box = (bytes.fromhex(fields[name]) for name in ("salt", "nonce", "box"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault("office_keys_unreadable", path=str(path)) from error
    try:
        plain = AESGCM(stretch_passphrase(passphrase, salt)).decrypt(nonce, box, _CONTEXT)
    except (InvalidTag, ValueError) as error:
        raise EnvironmentFault("wrong_office_passphrase") from error
    found: dict[str, bytes] = codec.decode(plain, what="office_keys")
    return found


def new_secrets(randomness: Callable[[int], bytes] = secrets.token_bytes) -> dict[str, bytes]:
    """Draw every 32-byte secret of a new office."""
    return {name: randomness(32) for name in RANDOM_SECRETS}


def tls_password(vault: KeyVault) -> str:
    """Return the pass phrase of the server's key file; hex, as OpenSSL stops at a NUL."""
    return vault.secret(TLS).hex()


def stretch_passphrase(passphrase: str, salt: bytes) -> bytes:
    """Return the 32-byte key that a passphrase and a 16-byte salt give."""
    return hash_secret_raw(
        passphrase.encode(), salt, _ARGON_TIME, _ARGON_KIB, _ARGON_LANES, 32, Type.ID
    )
