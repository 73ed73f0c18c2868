"""An open head office: one method an act, each handed to the verb that does it.

The command line, the HTTP service and the tests all come in through here. Safe across threads;
several processes may open the same PostgreSQL, or the same embedded store, at once.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from branchdesk.domain.campaign import Campaign
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice import (
    ask_back,
    audit_office,
    back_up,
    change_budget,
    close_expired,
    enrol_terminal,
    give_up_terminal,
    import_stick,
    ingest_batch,
    initialise,
    keepers,
    learning,
    lend_book,
    lending,
    office_people,
    publish_campaign,
    pull_feed,
    redeem_online,
    report_status,
    resolve_case,
    revoke_authority,
    rotate_key,
    show_customer,
    staff_codes,
    terminal_heads,
)
from branchdesk.headoffice import restore_office as restoring
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import open_database
from branchdesk.headoffice.life_results import LostTerminal, SlotsAskedBack
from branchdesk.headoffice.office_people import ALONE, Approval, Credentials
from branchdesk.headoffice.recovery_results import BackedUp, Learning, Restored
from branchdesk.headoffice.results import (
    AuditResult,
    BookLent,
    BudgetChanged,
    CaseResolved,
    Closed,
    EnrolCode,
    Enrolled,
    IngestAnswer,
    InitResult,
    KeeperNamed,
    KeyRotated,
    Lent,
    PublishResult,
    Revoked,
    StaffCode,
    StickTaken,
)
from branchdesk.headoffice.schema import bring_up_to_date
from branchdesk.headoffice.settings import read_settings
from branchdesk.headoffice.vault import open_keys
from branchdesk.protocol.chain import Ack
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import GrantsWish

_PLACE: Final = ("terminal", "epoch")
_SAYS_NOTHING: Final = GrantsWish()


def wall_clock_ms() -> int:
    """Return this machine's Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def init_office(
    home: Path,
    passphrase: str,
    database_url: str | None = None,
    url: str | None = None,
    *,
    clock_ms: Callable[[], int] = wall_clock_ms,
    randomness: Callable[[int], bytes] = os.urandom,
) -> InitResult:
    """Found a head office in ``home``; see :func:`initialise.init_office` for what it refuses."""
    return initialise.init_office(
        home, passphrase, database_url, url, clock_ms=clock_ms, randomness=randomness
    )


def restore_office(
    home: Path,
    passphrase: str,
    path: Path,
    database_url: str | None = None,
    *,
    clock_ms: Callable[[], int] = wall_clock_ms,
    randomness: Callable[[int], bytes] = os.urandom,
) -> Restored:
    """Make an office from a backup; see :func:`restore_office.restore_office` for refusals."""
    return restoring.restore_office(
        home, passphrase, path, database_url, clock_ms=clock_ms, randomness=randomness
    )


def open_office(
    home: Path,
    passphrase: str,
    clock_ms: Callable[[], int] = wall_clock_ms,
    randomness: Callable[[int], bytes] = os.urandom,
) -> "Office":
    """Open the office in ``home``, migrating its store when this program is newer.

    Raises RuleViolation ``office_missing``; EnvironmentFault ``wrong_office_passphrase``,
    ``office_keys_unreadable``, ``database_newer``, ``database_foreign`` or
    ``database_unavailable``.
    """
    settings = read_settings(home)
    vault = open_keys(home, passphrase)
    database = open_database(home, settings.database_url)
    try:
        bring_up_to_date(database)
        initialise.check_same_office(database, vault)
    except BaseException:
        database.close()
        raise
    return Office(OfficeContext(home, database, vault, clock_ms, randomness))


class Office:
    """Everything head office does, on one store; close it, or use it in a ``with``."""

    def __init__(self, context: OfficeContext) -> None:
        self.context = context
        self._terminal_keys: dict[tuple[int, int], bytes] = {}

    def __enter__(self) -> "Office":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.context.database.close()

    def check_campaign(self, mapping: Mapping[str, object]) -> Campaign:
        """Validate a campaign without publishing it; raises ContractFault ``bundle_invalid``."""
        return publish_campaign.check_campaign(self.context, mapping)

    def publish(self, mapping: Mapping[str, object]) -> PublishResult:
        """Publish a campaign: its next version is signed and on its way to every terminal.

        Raises ContractFault ``bundle_invalid`` or ``malformed`` (over 4 MiB), RuleViolation
        ``offer_terms_fixed``.
        """
        return publish_campaign.publish_campaign(self.context, mapping)

    def approve(
        self, first: Credentials | None, second: Credentials | None = None, *, by_two: bool = False
    ) -> Approval:
        """Check who acts; see :func:`office_people.approve` for what it refuses."""
        return office_people.approve(self.context, first, second, by_two=by_two)

    def add_person(self, code: str, name: str, pin: str) -> None:
        """Name somebody of head office; raises ``office_person_exists|invalid``."""
        office_people.add_person(self.context, code, name, pin)

    def people(self) -> list[dict[str, object]]:
        """Return head office's own people by code, JSON-ready."""
        return office_people.list_people(self.context)

    def enrol_code(
        self,
        outlet: str | None,
        kind: str | None = None,
        terminal: int | None = None,
        approval: Approval = ALONE,
    ) -> EnrolCode:
        """Make a one-time code, good for 24 hours; ``terminal`` enrols that one anew.

        Without an ``outlet`` it is the terminal's own.

        Raises RuleViolation ``outlet_unknown``, ``outlet_kind_unknown``, ``terminal_unknown`` or
        ``office_url_unknown``.
        """
        return enrol_terminal.make_enrol_code(self.context, outlet, kind, terminal, approval)

    def one_time_code(self, staff: str) -> StaffCode:
        """Make a code for a first PIN and send it to the person's terminals.

        Raises RuleViolation ``staff_unknown``.
        """
        return staff_codes.one_time_code(self.context, staff)

    def reset_pin(self, staff: str) -> StaffCode:
        """Approve a supervisor's request for a new PIN and send a code in its place.

        Raises RuleViolation ``pin_reset_not_requested`` or ``staff_unknown``.
        """
        return staff_codes.reset_pin(self.context, staff)

    def staff(self) -> list[dict[str, object]]:
        """Return everybody by code, JSON-ready, with the requests for a new PIN that are open."""
        return staff_codes.list_staff(self.context)

    def enrol(self, body: bytes) -> Enrolled:
        """Enrol the terminal whose ``protocol.http.ENROL_FIELDS`` are in ``body``.

        Raises RuleViolation ``enrolment_code_unknown|used|expired``; ContractFault ``malformed``
        or ``bad_signature``.
        """
        return enrol_terminal.enrol(self.context, body)

    def terminal_key(self, terminal: int, epoch: int) -> bytes | None:
        """Return the device key enrolled for (terminal, epoch), or None."""
        # A key never changes within an epoch, so every worker may remember it for ever.
        if (terminal, epoch) not in self._terminal_keys:
            found = terminal_heads.terminal_key(self.context, terminal, epoch)
            if found is None:
                return None
            self._terminal_keys[terminal, epoch] = found
        return self._terminal_keys[terminal, epoch]

    def require_not_forgotten(self, terminal: int, epoch: int) -> None:
        """Raise RuleViolation ``terminal_forgotten`` where a restore may have lost a device key.

        Its owner must hear that it can join again, not that its signature is no good.
        """
        if self.terminal_key(terminal, epoch) is None and self.learning().ho_epoch > 1:
            raise RuleViolation("terminal_forgotten", terminal=terminal, epoch=epoch)

    def head(self, terminal: int, epoch: int, nonce: bytes) -> Ack:
        """Return our signed head of a terminal's chain.

        Raises RuleViolation ``terminal_unknown``; ContractFault ``malformed``.
        """
        return terminal_heads.signed_head(self.context, terminal, epoch, nonce)

    def ingest(self, terminal: int, epoch: int, batch: bytes) -> IngestAnswer:
        """Take a batch of events in one transaction and acknowledge it.

        Raises ContractFault ``malformed``, ``wrong_terminal``, ``chain_broken``,
        ``bad_signature``, ``gap`` or ``fork`` (the last two with our head in the facts).
        """
        key = self.terminal_key(terminal, epoch)
        return ingest_batch.ingest(self.context, terminal, epoch, key, batch)

    def feed(self, terminal: int, epoch: int, lane: Lane, cursor: int) -> bytes:
        """Return a signed page of the feed after ``cursor``, as it travels."""
        return pull_feed.pull_feed(self.context, terminal, epoch, lane, cursor)

    def lend(self, terminal: int, epoch: int, wish: GrantsWish = _SAYS_NOTHING) -> Lent:
        """Lend what the terminal needs of every open offer; nothing when it has enough.

        Raises RuleViolation ``terminal_unknown``, ``terminal_frozen``, or ``office_restored`` when
        the wish was made before a restore that the terminal has not heard of.
        """
        return lending.lend(self.context, terminal, epoch, wish)

    def lend_book(
        self, terminal: int, offer: int, slots: int, approval: Approval = ALONE
    ) -> BookLent:
        """Lend slots of an offer for books of numbered vouchers.

        Raises RuleViolation ``book_slots_invalid``, ``terminal_unknown``, ``terminal_frozen``,
        ``book_offer_closed`` or ``book_over_budget``.
        """
        return lend_book.lend_book(self.context, terminal, offer, slots, approval)

    def import_stick(
        self, export: BinaryIO, reply: BinaryIO
    ) -> tuple[StickTaken, ContractFault | None]:
        """Take an export that was carried here, and write the reply that is carried back.

        The same file again changes nothing more. A fork is the second answer, not an exception,
        because its evidence is kept and the reply tells the terminal. Raises ContractFault
        ``stick_…`` for a file that is not whole, not this bank's or leaves a gap, and what
        :meth:`ingest` raises; RuleViolation ``terminal_unknown`` or ``terminal_forgotten``.
        """
        try:
            return import_stick.import_stick(self.context, export, reply)
        except RuleViolation as refusal:
            if refusal.code == "terminal_unknown":
                self.require_not_forgotten(*(int(str(refusal.facts[name])) for name in _PLACE))
            raise

    def redeem(self, terminal: int, epoch: int, request: bytes) -> bytes:
        """Answer a request about a voucher (``protocol.redemption``), signed, once an intent.

        Raises RuleViolation ``terminal_frozen``, ``intent_reused``, ``voucher_unreported``,
        ``purchase_missing``, ``spend_below``, ``partial_not_allowed``, ``amount_too_large``,
        ``redemption_unknown``, ``redemption_undone`` or ``undo_too_late``; ContractFault
        ``malformed``.
        """
        return redeem_online.answer_redemption(self.context, terminal, epoch, request)

    def revoke_terminal(
        self, terminal: int, reason: str = "", approval: Approval = ALONE
    ) -> Revoked:
        """Freeze a terminal and all its grants; its later uploads still count as facts."""
        return revoke_authority.revoke_terminal(self.context, terminal, reason, approval)

    def revoke_grant(self, grant: int, reason: str = "", approval: Approval = ALONE) -> Revoked:
        """Take back the slots of a grant that are not known as issued."""
        return revoke_authority.revoke_grant(self.context, grant, reason, approval)

    def budget(self, offer: int, amount_minor: int, approval: Approval = ALONE) -> BudgetChanged:
        """Set an offer's budget; below what is committed it is a target.

        Raises RuleViolation ``offer_unknown`` or ``amount_invalid``.
        """
        return change_budget.change_budget(self.context, offer, amount_minor, approval)

    def shrink(
        self, grant: int, keep: int, reason: str = "", approval: Approval = ALONE
    ) -> SlotsAskedBack:
        """Ask a terminal for its unused slots of a grant, but ``keep`` of them.

        Raises RuleViolation ``grant_unknown``, ``grant_not_live`` or ``keep_invalid``.
        """
        return ask_back.ask_back(self.context, grant, keep, reason, approval)

    def exposure(self, terminal: int) -> LostTerminal:
        """Return what a lost terminal could cost; raises RuleViolation ``terminal_unknown``."""
        return give_up_terminal.show_exposure(self.context, terminal)

    def give_up(self, terminal: int, reason: str, approval: Approval = ALONE) -> LostTerminal:
        """Freeze a lost terminal and revoke its grants; raises ``terminal_unknown``."""
        return give_up_terminal.give_up_terminal(self.context, terminal, reason, approval)

    def back_up(self, path: Path, passphrase: str) -> BackedUp:
        """Write a sealed backup of this moment, and raise the durable marks to what it covers.

        Raises EnvironmentFault ``wrong_office_passphrase`` or ``backup_unwritable``.
        """
        open_keys(self.context.home, passphrase)
        return back_up.back_up(self.context, path, passphrase)

    def learning(self) -> Learning:
        """Say whether a restored office still waits for what terminals know, and for whom."""
        return learning.show_learning(self.context)

    def end_learning(self, reason: str, approval: Approval = ALONE) -> Learning:
        """Wait for no more terminals; raises RuleViolation ``not_learning``."""
        return learning.end_learning(self.context, reason, approval)

    def status(self) -> dict[str, object]:
        """Return the state of the office, JSON-ready, with the keys of the command line."""
        return report_status.report_status(self.context)

    def customer(self, customer: str) -> dict[str, object]:
        """Return what is known of one customer without opening anything sealed, JSON-ready.

        Raises RuleViolation ``customer_not_here``.
        """
        return show_customer.show_customer(self.context, customer)

    def cases(self) -> list[dict[str, object]]:
        """Return the open cases, oldest first, JSON-ready."""
        return report_status.open_cases(self.context)

    def close_expired(self) -> Closed:
        """Close the slots whose time is over and that nobody can still come with."""
        return close_expired.close_expired(self.context)

    def resolve(
        self, case: int, liable: str, reason: str, approval: Approval = ALONE
    ) -> CaseResolved:
        """Decide a case: ``liable`` is an outlet's code, ``bank`` or ``nobody``.

        Raises RuleViolation ``case_unknown``, ``case_closed``, ``case_elsewhere``,
        ``outlet_unknown``, ``liable_missing``, ``reason_missing`` or ``office_second_missing``.
        """
        return resolve_case.resolve_case(self.context, case, liable, reason, approval)

    def name_keeper(self, outlet: str, terminal: int, approval: Approval = ALONE) -> KeeperNamed:
        """Name who redeems an outlet's vouchers offline, or ask the present keeper to make way.

        Raises RuleViolation ``outlet_unknown``, ``terminal_unknown`` or ``terminal_elsewhere``.
        """
        return keepers.name_keeper(self.context, outlet, terminal, approval)

    def rotate_key(self, passphrase: str, use: str, approval: Approval = ALONE) -> KeyRotated:
        """Make a new ``grant`` or ``bundle`` key; it signs once the office is opened again.

        Raises RuleViolation ``key_not_rotated``; EnvironmentFault ``wrong_office_passphrase``.
        """
        return rotate_key.rotate_key(self.context, passphrase, use, approval)

    def audit(self) -> AuditResult:
        """Verify every chain, signature, budget and projection again from the raw rows."""
        return audit_office.audit(self.context)
