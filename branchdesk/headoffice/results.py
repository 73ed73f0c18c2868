"""What head office's acts answer with: frozen values, ready to be printed or sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from branchdesk.protocol import codec
from branchdesk.protocol.chain import Ack


@dataclass(frozen=True, slots=True)
class InitResult:
    """A new office: its grant key, root key and the fingerprint of its CA, all in hex."""

    public_key: str
    root_key: str
    ca_sha256: str


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A campaign in force; ``offers`` maps offer code to the number it has for ever."""

    campaign: str
    version: int
    offers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EnrolCode:
    """A one-time enrolment code as typed or scanned; ``expires_ms`` is Unix milliseconds."""

    code: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class StaffCode:
    """A one-time code with which ``staff`` sets a first PIN."""

    staff: str
    code: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class BookLent:
    """A grant for books; ``committed_minor`` is what its slots cost at most."""

    grant: int
    terminal: int
    offer: int
    code: str
    slots: int
    committed_minor: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What became of an event that was not simply applied."""

    seq: int
    verdict: str
    code: str


@dataclass(frozen=True, slots=True)
class IngestAnswer:
    """The signed acknowledgement of a batch, and the notices about its events."""

    ack: Ack
    notices: tuple[Notice, ...]

    def encode(self) -> bytes:
        """Return the body of the answer to ``POST /v1/events``."""
        notices = [[notice.seq, notice.verdict, notice.code] for notice in self.notices]
        return codec.encode({"ack": self.ack.encode(), "notices": notices})


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a new terminal is told; the fields of ``protocol.http.ENROLLED_FIELDS``."""

    certificate: bytes
    root_key: bytes
    keys: tuple[bytes, ...]
    blind_key: bytes
    outlet_name: str
    outlet_address: str

    def encode(self) -> bytes:
        """Return the body of the answer to ``POST /v1/enrol``."""
        return codec.encode(
            {
                "certificate": self.certificate,
                "root_key": self.root_key,
                "keys": list(self.keys),
                "blind_key": self.blind_key,
                "outlet_name": self.outlet_name,
                "outlet_address": self.outlet_address,
            }
        )


@dataclass(frozen=True, slots=True)
class Lent:
    """The grants that one request brought; ``numbers`` is empty when nothing was needed."""

    numbers: tuple[int, ...]

    def encode(self) -> bytes:
        """Return the body of the answer to ``POST /v1/grants``."""
        return codec.encode({"lent": len(self.numbers)})


@dataclass(frozen=True, slots=True)
class StickTaken:
    """What an export brought: ``batches`` in the file, ``taken`` counts the events new here.

    ``grants`` were lent for the reply, or ``refused`` says why none could be. ``bytes`` is the
    reply's size.
    """

    terminal: int
    epoch: int
    batches: int
    taken: int
    acked_seq: int
    durable_seq: int
    notices: int
    grants: tuple[int, ...]
    refused: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a revocation changed: grants frozen, slots taken back, issued slots left to a person."""

    what: str
    number: int
    grants: tuple[int, ...]
    slots_revoked: int
    slots_issued: int


@dataclass(frozen=True, slots=True)
class BudgetChanged:
    """An offer's budget; ``is_target`` when it lies below what is committed already."""

    offer: int
    code: str
    budget_minor: int
    committed_minor: int
    reserve_minor: int
    is_target: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing the audit found wrong: which check, which row, and the facts."""

    check: str
    what: str
    facts: Mapping[str, object]

    def as_json(self) -> dict[str, object]:
        """Return the violation as it is printed."""
        return {"check": self.check, "what": self.what, **self.facts}


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Whether the books hold; ``checked`` counts what was looked at, a key a check."""

    ok: bool
    checked: Mapping[str, int]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A new public key of a use, in hexadecimal; ``key_id`` is how tokens name it."""

    use: str
    key: str
    key_id: str


@dataclass(frozen=True, slots=True)
class KeeperNamed:
    """Who keeps an outlet, and who follows once the keeper has made way."""

    outlet: str
    terminal: int
    next_terminal: int | None


@dataclass(frozen=True, slots=True)
class CaseResolved:
    """How a case was decided; ``liable`` is an outlet's code, ``bank`` or ``nobody``."""

    case: int
    decision: str
    liable: str
    loss_minor: int


@dataclass(frozen=True, slots=True)
class Closed:
    """Expired slots that were closed; ``waiting_for``: terminals that have to be heard first."""

    slots: int
    grants: int
    waiting_for: tuple[int, ...]
