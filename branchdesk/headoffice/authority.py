"""Head office's own certificate authority and the server's TLS certificate (X.509, RFC 5280).

Terminals pin the CA by its SHA-256, so that no public authority is needed. The server's key rests
encrypted under a secret of the vault.
"""

import datetime
import hashlib
import ipaddress
import socket
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from branchdesk.headoffice.settings import (
    CA_FILE,
    SERVER_CERTIFICATE_FILE,
    SERVER_KEY_FILE,
    write_private,
)

_CA_DAYS, _LEAF_DAYS, _RENEW_DAYS = 7_300, 820, 60
# Issued a little in the past, so that a terminal whose clock is behind accepts it at once.
_BACKDATED = datetime.timedelta(days=1)


def new_authority(now_ms: int) -> tuple[bytes, bytes]:
    """Make a CA and return its private key (PKCS 8, DER) and its certificate (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BranchDesk head office CA")])
    builder = _builder(name, name, key.public_key(), now_ms, _CA_DAYS)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def fingerprint(ca_pem: bytes) -> bytes:
    """Return the SHA-256 of the CA certificate's DER, which enrolment codes carry."""
    certificate = x509.load_pem_x509_certificate(ca_pem)
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


def read_ca(home: Path) -> bytes:
    """Return the CA certificate, PEM."""
    return (home / CA_FILE).read_bytes()


def usual_names(*hosts: str) -> tuple[str, ...]:
    """Return the names a server certificate always carries, and ``hosts`` besides."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname(), *hosts]
    return tuple(dict.fromkeys(name for name in names if name and name not in {"0.0.0.0", "::"}))  # noqa: S104  # a wildcard is no name


def host_of(url: str) -> str:
    """Return the host of an address, or "" when there is none."""
    return urlsplit(url).hostname or ""


def ensure_server_certificate(
    home: Path, authority_key: bytes, key_password: str, names: tuple[str, ...], now_ms: int
) -> None:
    """Issue the server's certificate again when a name is missing or it ends within 60 days."""
    if not _serves(home, names, now_ms):
        _issue(home, authority_key, key_password, names, now_ms)


def _serves(home: Path, names: tuple[str, ...], now_ms: int) -> bool:
    path = home / SERVER_CERTIFICATE_FILE
    if not (path.exists() and (home / SERVER_KEY_FILE).exists()):
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    left = certificate.not_valid_after_utc - _time(now_ms)
    return left.days >= _RENEW_DAYS and all(_name(name) in found for name in names)


def _issue(
    home: Path, authority_key: bytes, key_password: str, names: tuple[str, ...], now_ms: int
) -> None:
    issuer_key = serialization.load_der_private_key(authority_key, password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    ca_pem = read_ca(home)
    ca = x509.load_pem_x509_certificate(ca_pem)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BranchDesk head office")])
    leaf = (
        _builder(subject, ca.subject, key.public_key(), now_ms, _LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(key_password.encode()),
    )
    write_private(home / SERVER_KEY_FILE, private)
    chain = leaf.public_bytes(serialization.Encoding.PEM) + ca_pem
    write_private(home / SERVER_CERTIFICATE_FILE, chain)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: int, days: int
) -> x509.CertificateBuilder:
    begin = _time(now_ms) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=days))
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        # A host name outside ASCII is carried in its A-label form (RFC 5280 section 7.2).
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _time(now_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now_ms // 1000, datetime.UTC)
