"""TLS towards head office: its own CA and nothing else.

The system's certificate authorities are never loaded, so that no certificate that a café, a proxy
or a public authority can get opens the line. This module knows certificates, not requests.
"""

import hashlib
import ssl

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python's ssl module does not name.
_NO_CHECK_TIME = 0x200000
CA_BYTES_MAX = 64 << 10


def pinned_context(ca_pem: bytes, *, check_dates: bool = True) -> ssl.SSLContext:
    """Return a context that trusts chains to head office's CA only, names checked, TLS 1.2 and up.

    Without ``check_dates`` an expired certificate of that same chain passes: a dead clock battery
    must not stop upload. Raises ContractFault ``malformed`` when the CA cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise codec.malformed("ca", "not_a_certificate") from error
    if not check_dates:
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
    return context


def unverified_context() -> ssl.SSLContext:
    """Return a context that checks nothing: only to fetch the CA, whose fingerprint is known."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ca_with_fingerprint(pem: bytes, sha256: bytes) -> bytes:
    """Return the one certificate in ``pem`` again as PEM, when its DER has this SHA-256.

    Raises ContractFault ``malformed`` or ``office_certificate_mismatch``.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise codec.malformed("ca", "not_a_certificate") from error
    der = certificate.public_bytes(Encoding.DER)
    found = hashlib.sha256(der).digest()
    if found != sha256:
        raise ContractFault("office_certificate_mismatch", found=found.hex(), expected=sha256.hex())
    # Written anew, so that nothing else that lay in the file becomes trusted.
    return certificate.public_bytes(Encoding.PEM)
