"""Which terminal a store belongs to: what its enrolment brought, unchanged until the next one."""

from dataclasses import dataclass, field

from sqlalchemy import insert, select

from branchdesk.application.models import Enrolment
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.tables import enrolment as table
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


@dataclass(frozen=True, slots=True)
class Identity:
    """The enrolment with its signatures checked; ``genesis`` is the chain's first prev_hash."""

    enrolment: Enrolment
    certificate: Certificate
    key_records: tuple[tuple[KeyRecord, bytes], ...]
    genesis: bytes
    signing_key: SigningKey = field(repr=False)


def identify(enrolment: Enrolment) -> Identity:
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
    return Identity(enrolment, certificate, records, genesis, key)


def encode_enrolment(enrolment: Enrolment) -> bytes:
    """Return the enrolment as the keys' twin holds it, to be sealed."""
    fields: dict[str, object] = {name: getattr(enrolment, name) for name in _FIELDS}
    return codec.encode({**fields, "keys": list(enrolment.keys)})


def decode_enrolment(data: bytes) -> Enrolment:
    """Read what :func:`encode_enrolment` made; raises ContractFault."""
    kinds: dict[str, type] = dict.fromkeys(_FIELDS, bytes)
    kinds |= {"url": str, "outlet_name": str, "outlet_address": str, "keys": list}
    fields = codec.decode_map(data, kinds, what="enrolment")
    return Enrolment(**{**fields, "keys": tuple(fields["keys"])})


def save_identity(database: Database, identity: Identity) -> None:
    """Write the one row, inside the transaction that makes the store."""
    enrolment = identity.enrolment
    row: dict[str, object] = {name: getattr(enrolment, name) for name in _FIELDS}
    database.run(_INSERT, {"id": 1, "keys": codec.encode(list(enrolment.keys)), **row})


def load_identity(database: Database) -> Identity:
    """Read the one row; raises EnvironmentFault ``store_damaged`` when it is missing."""
    row = database.row(_SELECT)
    if row is None:
        raise EnvironmentFault("store_damaged", path=str(database.path))
    *values, keys = row
    fields = dict(zip(_FIELDS, values, strict=True))
    records = codec.decode(keys, what="enrolment")
    return identify(Enrolment(**fields, keys=tuple(records)))
