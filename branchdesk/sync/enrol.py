"""Join head office with one code: fetch the CA it fingerprints, then ask for a certificate.

The first connection is not verified and carries nothing but the wish for the CA; a stranger who
answers it is found out by the fingerprint, before the one-time token leaves.
"""

from branchdesk.application.models import Enrolment, Rejoining
from branchdesk.application.ports import Clock
from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import (
    EnrolmentCode,
    KeyRecord,
    KeyUse,
    decode_enrolment_code,
    open_certificate,
    open_key_record,
)
from branchdesk.protocol.http import (
    CA_PATH,
    ENROL_FIELDS,
    ENROL_OPTIONAL,
    ENROL_PATH,
    ENROL_PREFIX,
    ENROLLED_FIELDS,
    MEDIA_TYPE,
)
from branchdesk.protocol.signing import PUBLIC_KEY_BYTES, SigningKey
from branchdesk.sync.answers import busy, good_body, named_error
from branchdesk.sync.tls import (
    CA_BYTES_MAX,
    ca_with_fingerprint,
    pinned_context,
    unverified_context,
)
from branchdesk.sync.transport import HttpsTransport, Timeouts

_ANSWER_BYTES_MAX = 1 << 20
_BLIND_KEY_BYTES = 32
_NAME_CHARACTERS_MAX = 200


def enrol(
    code_text: str,
    device_seed: bytes,
    program: str,
    machine: str,
    clock: Clock,
    *,
    check_dates: bool = True,
    timeouts: Timeouts | None = None,
    proxy_url: str = "",
    again: Rejoining | None = None,
) -> Enrolment:
    """Exchange an enrolment code for a certificate over this device's key.

    ``device_seed`` is the new 32-byte private key, ``program`` our version, ``machine`` a name that
    head office shows; ``again`` says which terminal joins anew. Raises RuleViolation (code
    mistyped, unknown, expired, used, made for another terminal), EnvironmentFault (no line) or
    ContractFault (``office_certificate_mismatch``, or an answer that does not verify). Whether a
    code is good again after a lost reply is head office's to say.
    """
    code = decode_enrolment_code(code_text)
    ca_pem = _fetch_ca(code, clock, timeouts, proxy_url)
    context = pinned_context(ca_pem, check_dates=check_dates)
    transport = HttpsTransport(code.url, context, clock, timeouts=timeouts, proxy_url=proxy_url)
    try:
        answer = transport.exchange(
            "POST",
            ENROL_PATH,
            headers={"Content-Type": MEDIA_TYPE},
            body=enrolment_request(code.token, device_seed, program, machine, again),
            bytes_max=_ANSWER_BYTES_MAX,
        )
    finally:
        transport.close()
    return checked_enrolment(good_body(answer), code.url, ca_pem, device_seed)


def _fetch_ca(
    code: EnrolmentCode, clock: Clock, timeouts: Timeouts | None, proxy_url: str
) -> bytes:
    transport = HttpsTransport(
        code.url, unverified_context(), clock, timeouts=timeouts, proxy_url=proxy_url
    )
    try:
        answer = transport.exchange("GET", CA_PATH, headers={}, body=b"", bytes_max=CA_BYTES_MAX)
    finally:
        transport.close()
    if answer.status in {429, 502, 503, 504}:
        raise busy(answer)
    if answer.status >= 400 and answer.media_type == MEDIA_TYPE:
        raise named_error(answer)
    if answer.status != 200:
        raise ContractFault("captive_portal", problem="page", status=answer.status)
    return ca_with_fingerprint(answer.body, code.ca_sha256)


def enrolment_request(
    token: bytes, device_seed: bytes, program: str, machine: str, again: Rejoining | None = None
) -> bytes:
    """Return the body that asks for a certificate, with proof that the device's key is ours."""
    key = SigningKey(device_seed)
    fields: dict[str, object] = {
        "token": token,
        "public_key": key.public_key,
        "proof": key.sign(ENROL_PREFIX, token + key.public_key),
        "program": program[:_NAME_CHARACTERS_MAX],
        "machine": machine[:_NAME_CHARACTERS_MAX],
    }
    if again is not None:
        fields |= {"terminal": again.terminal, "earlier": list(again.certificates)}
    checked = codec.check_map(fields, ENROL_FIELDS, what="enrol", optional=ENROL_OPTIONAL)
    return codec.encode(checked)


def checked_enrolment(body: bytes, url: str, ca_pem: bytes, device_seed: bytes) -> Enrolment:
    """Return what head office answered once it verifies; raises ContractFault where it does not."""
    fields = codec.decode_map(body, ENROLLED_FIELDS, what="enrolment")
    root_key = fields["root_key"]
    if len(root_key) != PUBLIC_KEY_BYTES or len(fields["blind_key"]) != _BLIND_KEY_BYTES:
        raise codec.malformed("enrolment", "wrong_length")
    records = [_key_record(data, root_key) for data in fields["keys"]]
    missing = sorted(use.value for use in set(KeyUse) - {record.use for record in records})
    if missing:
        raise ContractFault("enrolment_incomplete", missing=missing)
    ack_keys = {r.key_id: r.public_key for r in records if r.use is KeyUse.ACK}
    certificate = open_certificate(fields["certificate"], ack_keys)
    if certificate.root_key != root_key:
        raise ContractFault("enrolment_foreign", problem="root_key")
    if certificate.public_key != SigningKey(device_seed).public_key:
        raise ContractFault("enrolment_foreign", problem="public_key")
    return Enrolment(
        url=url,
        ca_pem=ca_pem,
        certificate=fields["certificate"],
        root_key=root_key,
        keys=tuple(fields["keys"]),
        blind_key=fields["blind_key"],
        outlet_name=fields["outlet_name"],
        outlet_address=fields["outlet_address"],
        device_seed=device_seed,
    )


def _key_record(data: object, root_key: bytes) -> KeyRecord:
    if not isinstance(data, bytes):
        raise codec.malformed("enrolment", "wrong_type", field="keys")
    return open_key_record(data, root_key)
