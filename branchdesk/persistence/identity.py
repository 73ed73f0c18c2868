"""Which terminal a store belongs to: what its enrolment brought, unchanged until the next one.

An enrolment begins an epoch of the chain. The earlier ones are kept: their keys sign what is left
to send of their epochs, and their certificates are where those chains begin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import delete, insert, select

from branchdesk.application.models import Enrolment
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.tables import enrolment as table
from branchdesk.persistence.tables import past_enrolments
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import Certificate, KeyRecord, KeyUse, open_certificate
from branchdesk.protocol.enrolment import open_key_record as open_key
from branchdesk.protocol.event import genesis_hash
from branchdesk.protocol.signing import SigningKey

_FIELDS = (
    "url", "ca_pem", "certificate", "root_key", "blind_key", "outlet_name", "outlet_address",
    "device_seed",
)  # fmt: skip
_INSERT = Sql(lambda: insert(table))
_SELECT = Sql(lambda: select(*(table.c[name] for name in (*_FIELDS, "keys"))))
_FORGET = Sql(lambda: delete(table))
_ADD_PAST = Sql(lambda: insert(past_enrolments))
_PAST = Sql(
    lambda: (
        select(past_enrolments.c.enrolment, past_enrolments.c.arrival, past_enrolments.c.seq)
        .order_by(past_enrolments.c.epoch)
    )
)  # fmt: skip


_KINDS: Mapping[str, type] = {
    **dict.fromkeys(_FIELDS, bytes), "url": str, "outlet_name": str, "outlet_address": str,
    "keys": list,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PastEpoch:
    """An earlier epoch: its enrolment, how many feed items had come, where its chain ended."""

    enrolment: Enrolment
    certificate: Certificate
    arrival: int
    seq: int
    signing_key: SigningKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """The enrolment with its signatures checked; ``genesis`` is the chain's first prev_hash."""

    enrolment: Enrolment
    certificate: Certificate
    key_records: tuple[tuple[KeyRecord, bytes], ...]
    genesis: bytes
    signing_key: SigningKey = field(repr=False)
    earlier: tuple[PastEpoch, ...] = ()

    @property
    def geneses(self) -> Mapping[int, bytes]:
        """Where each epoch's chain begins."""
        known = {past.certificate.epoch: past.enrolment.certificate for past in self.earlier}
        known[self.certificate.epoch] = self.enrolment.certificate
        return {epoch: genesis_hash(certificate) for epoch, certificate in known.items()}

    @property
    def first_epoch(self) -> int:
        """The epoch in which the log begins."""
        return min(self.geneses)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates of every epoch, the present one last."""
        return (*(past.enrolment.certificate for past in self.earlier), self.enrolment.certificate)

    @property
    def signing_keys(self) -> Mapping[bytes, SigningKey]:
        """The device keys of every epoch, by their public keys."""
        known = (*(past.signing_key for past in self.earlier), self.signing_key)
        return {key.public_key: key for key in known}

    @property
    def arrival(self) -> int:
        """How many feed items had come before the present epoch began."""
        return max((past.arrival for past in self.earlier), default=0)

    def continues(self, before: "Identity") -> bool:
        """Say whether ``before`` is what this terminal was before it joined again."""
        return self.certificates[:-1][: len(before.certificates)] == before.certificates


def identify(enrolment: Enrolment, earlier: tuple[PastEpoch, ...] = ()) -> Identity:
    """Check an enrolment against its own root key; raises ContractFault.

    ``certificate_mismatch`` when the certificate is for another device key or another root.
    """
    records = tuple((open_key(data, enrolment.root_key), data) for data in enrolment.keys)
    ack_keys = {r.key_id: r.public_key for r, _ in records if r.use is KeyUse.ACK}
    certificate = open_certificate(enrolment.certificate, ack_keys)
    key = SigningKey(enrolment.device_seed)
    if (certificate.public_key, certificate.root_key) != (key.public_key, enrolment.root_key):
        raise ContractFault("certificate_mismatch", terminal=certificate.terminal)
    genesis = genesis_hash(enrolment.certificate)
    return Identity(enrolment, certificate, records, genesis, key, earlier)


def past_epoch(enrolment: Enrolment, arrival: int, seq: int) -> PastEpoch:
    """Return an earlier epoch with its certificate read; raises ContractFault."""
    found = identify(enrolment)
    return PastEpoch(enrolment, found.certificate, arrival, seq, found.signing_key)


def encode_owner_of(identity: Identity) -> bytes:
    """Return the enrolments, earlier ones too, as the keys' twin holds them, to be sealed."""
    fields = _fields(identity.enrolment)
    if identity.earlier:
        # A program that knew one epoch only wrote no such field.
        fields["earlier"] = [
            [_encode(past.enrolment), past.arrival, past.seq] for past in identity.earlier
        ]
    return codec.encode(fields)


def decode_owner(data: bytes) -> Identity:
    """Read what :func:`encode_owner_of` made; raises ContractFault."""
    fields = codec.decode_map(data, _KINDS, what="enrolment", optional={"earlier": list})
    earlier = tuple(past_epoch(_decode(item[0]), *item[1:]) for item in fields.pop("earlier", ()))
    return identify(Enrolment(**{**fields, "keys": tuple(fields["keys"])}), earlier)


def _fields(enrolment: Enrolment) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(enrolment, name) for name in _FIELDS}
    return {**fields, "keys": list(enrolment.keys)}


def _encode(enrolment: Enrolment) -> bytes:
    return codec.encode(_fields(enrolment))


def _decode(data: bytes) -> Enrolment:
    fields = codec.decode_map(data, _KINDS, what="enrolment")
    return Enrolment(**{**fields, "keys": tuple(fields["keys"])})


def save_identity(database: Database, identity: Identity) -> None:
    """Write the rows, inside the transaction that makes the store."""
    enrolment = identity.enrolment
    row: dict[str, object] = {name: getattr(enrolment, name) for name in _FIELDS}
    database.run(_FORGET)
    database.run(_INSERT, {"id": 1, "keys": codec.encode(list(enrolment.keys)), **row})
    for past in identity.earlier:
        keep_past(database, past, 0, b"")


def keep_past(database: Database, past: PastEpoch, acked_seq: int, ack: bytes) -> None:
    """Keep an earlier epoch, with what head office has signed of it."""
    row = {
        "epoch": past.certificate.epoch, "enrolment": _encode(past.enrolment),
        "arrival": past.arrival, "seq": past.seq, "acked_seq": acked_seq, "ack": ack,
    }  # fmt: skip
    database.run(_ADD_PAST, row)


def replace_identity(
    database: Database, present: Identity, identity: Identity, acked_seq: int, ack: bytes
) -> None:
    """Take over a later enrolment: the present one, and any between, become earlier epochs.

    ``acked_seq`` and ``ack`` are what head office has signed of the present one.
    """
    for past in identity.earlier[len(present.earlier) :]:
        is_signed = past.certificate.epoch == present.certificate.epoch
        keep_past(database, past, *((acked_seq, ack) if is_signed else (0, b"")))
    save_identity(database, replace(identity, earlier=()))


def load_identity(database: Database) -> Identity:
    """Read the one row; raises EnvironmentFault ``store_damaged`` when it is missing."""
    row = database.row(_SELECT)
    if row is None:
        raise EnvironmentFault("store_damaged", path=str(database.path))
    *values, keys = row
    fields = dict(zip(_FIELDS, values, strict=True))
    records = codec.decode(keys, what="enrolment")
    earlier = tuple(
        past_epoch(_decode(data), arrival, seq) for data, arrival, seq in database.rows(_PAST)
    )
    return identify(Enrolment(**fields, keys=tuple(records)), earlier)
