"""The HTTPS contract: paths, media type, error body, and how a terminal signs its requests.

Bodies are deterministic CBOR (``codec``) except a batch (compressed) and the CA (PEM). Requests are
signed by the terminal's key as HTTP Message Signatures, RFC 9421, over method, path, query and
content digest (RFC 9530). The signature's ``created`` time is not judged: a terminal with a dead
clock battery must still be able to upload, and a replayed request is harmless because every request
is idempotent and every answer that matters is itself signed over a fresh nonce.

| request                            | body                    | answer                            |
|------------------------------------|-------------------------|-----------------------------------|
| GET  /v1/ca                        |                         | the CA certificate, PEM           |
| POST /v1/enrol (unsigned)          | ``ENROL_FIELDS``        | ``ENROLLED_FIELDS``               |
| GET  /v1/head?nonce=HEX            |                         | an encoded ``chain.Ack``          |
| POST /v1/events                    | an encoded ``Batch``    | ``EVENTS_FIELDS``                 |
| GET  /v1/feed/LANE?cursor=N        |                         | a signed ``feed.FeedPage``        |
| POST /v1/grants                    | a ``GrantsWish``        | ``GRANTS_FIELDS``                 |
| POST /v1/redemptions               | a ``redemption.Request``| a signed ``redemption.Answer``    |

The grants lent come down the content lane.

An error answers 4xx or 5xx with ``ERROR_FIELDS``; the code is one of the error catalogue's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec

CA_PATH = "/v1/ca"
ENROL_PATH = "/v1/enrol"
HEAD_PATH = "/v1/head"
EVENTS_PATH = "/v1/events"
FEED_PATH = "/v1/feed/"
GRANTS_PATH = "/v1/grants"
REDEMPTIONS_PATH = "/v1/redemptions"

MEDIA_TYPE = "application/vnd.branchdesk+cbor"

ENROL_PREFIX = b"BRANCHDESK-ENROL-1\0"

# ``proof``: the new device key's signature over ENROL_PREFIX ‖ token ‖ public_key.
ENROL_FIELDS: Mapping[str, type] = {
    "token": bytes, "public_key": bytes, "proof": bytes, "program": str, "machine": str,
}  # fmt: skip
# A terminal that joins again says which one it is, and shows its certificates so far: a head office
# that was set back to a backup may not know all of them any more.
ENROL_OPTIONAL: Mapping[str, type] = {"terminal": int, "earlier": list}
# ``keys``: encoded key records of every use; ``blind_key``: 32 bytes for ``sealing.blind_hash``.
ENROLLED_FIELDS: Mapping[str, type] = {
    "certificate": bytes, "root_key": bytes, "keys": list, "blind_key": bytes, "outlet_name": str,
    "outlet_address": str,
}  # fmt: skip
# ``notices``: [[seq, verdict, code], …] for the events of this batch that were not simply applied.
EVENTS_FIELDS: Mapping[str, type] = {"ack": bytes, "notices": list}
GRANTS_FIELDS: Mapping[str, type] = {"lent": int}
GRANTS_WISH_OPTIONAL: Mapping[str, type] = {"ho_epoch": int, "unsent": int}
ERROR_FIELDS: Mapping[str, type] = {"error": str, "facts": dict}

_COVERED = ("@method", "@path", "@query")
_KEY_NAME = re.compile(r"t(\d{1,10})\.(\d{1,10})")


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a request; ``seed`` is the terminal's 32-byte private key."""

    terminal: int
    epoch: int
    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GrantsWish:
    """A wish for grants, and what the terminal knew of head office when it wished.

    ``ho_epoch`` is head office's own epoch by its newest word, or 0 where the sender says nothing
    of it (programs of before); ``unsent`` counts the events of all its epochs that head office has
    neither signed nor been shown.
    """

    ho_epoch: int = 0
    unsent: int = 0

    def tells_all_to(self, ho_epoch: int) -> bool:
        """Say whether it is word that everything was told to head office of that epoch."""
        return self.ho_epoch == ho_epoch and self.unsent == 0

    def encode(self) -> bytes:
        """Return the body of ``POST /v1/grants``."""
        return codec.encode({"ho_epoch": self.ho_epoch, "unsent": self.unsent})


def decode_grants_wish(body: bytes) -> GrantsWish:
    """Read the body of ``POST /v1/grants``; raises ContractFault ``malformed``."""
    optional = GRANTS_WISH_OPTIONAL
    fields = codec.decode_map(body, {}, what="grants", bytes_max=64, optional=optional)
    return GrantsWish(fields.get("ho_epoch", 0), fields.get("unsent", 0))


@dataclass(slots=True)
class _Message:
    method: str
    url: str
    headers: dict[str, str]


def sign_request(
    signer: Signer, method: str, url: str, body: bytes, *, now_ms: int
) -> dict[str, str]:
    """Return the headers that sign a request to the absolute ``url``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

    name = f"t{signer.terminal}.{signer.epoch}"
    keys = MappingKeyResolver(
        public_keys={}, private_keys={name: Ed25519PrivateKey.from_private_bytes(signer.seed)}
    )
    message = _Message(method, url, {"Content-Type": MEDIA_TYPE})
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=keys).sign(
        message,
        key_id=name,
        created=datetime.fromtimestamp(max(now_ms, 0) / 1000, UTC),
        covered_component_ids=_COVERED,
        body=body,
    )
    return message.headers


def verify_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    key_of: Callable[[int, int], bytes | None],
) -> tuple[int, int]:
    """Return (terminal, epoch) of the signed request, or raise ContractFault ``request_unsigned``.

    ``url`` is absolute; ``key_of(terminal, epoch)`` gives the raw public key, or None if unknown.
    """
    from http_message_signatures import HTTPMessageSignaturesException

    resolver = _Keys(key_of)
    message = _Message(method, url, dict(headers))
    try:
        _verifier(resolver).verify(
            message, max_age=None, require_components=(*_COVERED, "content-digest"), body=body
        )
    except HTTPMessageSignaturesException as error:
        raise ContractFault("request_unsigned") from error
    if resolver.signed_by is None:
        raise ContractFault("request_unsigned")
    return resolver.signed_by


class _Keys:
    """Resolves ``t<terminal>.<epoch>`` and remembers whom it resolved."""

    def __init__(self, key_of: Callable[[int, int], bytes | None]) -> None:
        self._key_of = key_of
        self.signed_by: tuple[int, int] | None = None

    def resolve_public_key(self, key_id: str) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        match = _KEY_NAME.fullmatch(key_id)
        if match is None:
            return None
        self.signed_by = int(match[1]), int(match[2])
        raw = self._key_of(*self.signed_by)
        return None if raw is None else Ed25519PublicKey.from_public_bytes(raw)


def _verifier(resolver: _Keys) -> Any:
    from http_message_signatures import HTTPMessageVerifier, algorithms

    class AnyTimeVerifier(HTTPMessageVerifier):
        """Verifies without judging the terminal's clock; the module says why."""

        def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
            """Accept any time."""

    return AnyTimeVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)  # type: ignore[arg-type]  # duck-typed resolver that also remembers


def encode_error(code: str, facts: Mapping[str, object]) -> bytes:
    """Return an error body; facts that CBOR cannot carry are turned into text."""
    plain = {k: v if isinstance(v, (int, str, bytes)) else str(v) for k, v in facts.items()}
    return codec.encode({"error": code, "facts": plain})
