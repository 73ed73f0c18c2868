"""Give a fresh voucher for one that is voided, both in one commit: one goes out, one comes in."""

from branchdesk.application.intents import intent_uuid, known_intent, part_of
from branchdesk.application.issue_voucher import (
    find_offer,
    has_withdrawn,
    issued_answer,
    record_issue,
    unsigned_voucher,
)
from branchdesk.application.models import (
    CampaignInForce,
    CustomerRecord,
    IssuedVoucher,
    OpenGrant,
    Session,
    TerminalCondition,
    VoucherRecord,
)
from branchdesk.application.own_vouchers import own_voucher, reason_about
from branchdesk.application.ports import Clock, Randomness, Store, Unit
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.void_voucher import check_second, void_in
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.token import china_day, day_number, day_of


class ReplaceVoucher:
    """Void a voucher and use a fresh slot of its offer for the same holder.

    The holder earned the offer when the first one was issued and is not judged again; the last good
    day stays what it was, so that replacing never prolongs.
    """

    def __init__(
        self, store: Store, second_person: SecondPerson, clock: Clock, randomness: Randomness
    ) -> None:
        self._store, self._second_person = store, second_person
        self._clock, self._randomness = clock, randomness

    def __call__(
        self,
        session: Session,
        voucher: str,
        reason: str,
        *,
        second: str = "",
        second_pin: str = "",
        intent: str | None = None,
    ) -> IssuedVoucher:
        """Replace, or return what this intent gave before; ``second`` stands by when given.

        Raises RuleViolation as :class:`VoidVoucher` does, and ``replace_reason_missing``,
        ``terminal_frozen``, ``customer_unknown``, ``consent_service_withdrawn``,
        ``voucher_expired``, ``campaign_missing``, ``offer_unknown`` or ``grant_exhausted``; nothing
        is then written.
        """
        check_second(
            self._store, self._second_person, session, voucher, second=second, pin=second_pin
        )
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            old = own_voucher(unit, voucher)
            missing = RuleViolation("replace_reason_missing", field="reason")
            words = reason_about(unit, old, reason, missing)
            body = facts.intent_body(replace=voucher, reason=words, second=second)
            known = known_intent(unit, event_id, body)
            if known is not None:
                return issued_answer(own_voucher(unit, str(known.refs["voucher"])), intent)
            now_s = self._clock.now_ms() // 1000
            in_force, person, grant = _to_give(unit, old, china_day(now_s))
            voided = part_of(event_id, "void")
            void_in(unit, old, words, second=second, event_id=voided, body=body)
            fresh = unsigned_voucher(in_force, grant, person, now_s, day_number(old.expires_on))
            record = record_issue(
                unit, grant, fresh, old.customer, event_id=event_id, body=body, replaces=voucher
            )
        return issued_answer(record, intent)


def _to_give(
    unit: Unit, old: VoucherRecord, today: int
) -> tuple[CampaignInForce, CustomerRecord, OpenGrant]:
    terminal = unit.terminal()
    if terminal.condition is not TerminalCondition.ACTIVE:
        raise RuleViolation("terminal_frozen", terminal=terminal.terminal)
    person = unit.customer(old.customer)
    if person is None:
        raise RuleViolation("customer_unknown", field="customer", customer=old.customer)
    if has_withdrawn(person):
        raise RuleViolation("consent_service_withdrawn", field="customer", customer=old.customer)
    if old.expires_on < day_of(today):
        raise RuleViolation("voucher_expired", field="voucher", voucher=old.voucher,
                            expires_on=old.expires_on.isoformat())  # fmt: skip
    in_force, _ = find_offer(unit, old.offer_code)
    grant = unit.open_grant(old.offer_code, today)
    if grant is None:
        raise RuleViolation("grant_exhausted", offer=old.offer_code)
    return in_force, person, grant
