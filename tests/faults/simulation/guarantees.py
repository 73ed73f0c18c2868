"""The eleven guarantees, each a function that looks for what breaks it.

They are asked of a bank that has come to rest: every line is back, everybody has synchronised until
nothing moved any more. Each raises AssertionError with what it found.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from branchdesk.application.models import TerminalCondition
from branchdesk.application.office_questions import Doubts
from branchdesk.headoffice import tables
from branchdesk.headoffice.lending import read_holdings
from branchdesk.protocol.token import china_day, decode_grant, decode_voucher
from branchdesk.protocol.verdict import Verdict
from tests.faults.simulation.edits import edited_here, edited_there
from tests.faults.simulation.people import new_intent, register
from tests.faults.simulation.redeeming import redeem_there
from tests.faults.simulation.rest import Rest
from tests.faults.simulation.terminal import Machine

_TRIED_MAX = 4


def g1_honoured_stays_within_budget(rest: Rest) -> None:
    """Whatever could still be honoured, with what is held back, is within what was allowed."""
    slots: Counter[int] = Counter()
    for row in rest.grants.values():
        slots[row.offer] += row.slots - rest.out_of(row.grant).count
    for book in rest.world.books():
        could_cost = book.cost_cap_minor * slots[book.offer]
        allowed = rest.world.allowed_minor[book.offer]
        assert could_cost + book.reserve_minor <= allowed, (book.code, could_cost, allowed)
        assert book.honoured_minor <= could_cost, (book.code, book.honoured_minor)
    for (grant, slot), amount in rest.standing_minor.items():
        face = decode_grant(bytes(rest.grants[grant].record)).face_minor
        assert amount <= face, f"{grant}-{slot} stands for {amount} of {face}"
        assert 1 <= slot <= rest.grants[grant].slots, (grant, slot)
        assert slot not in rest.out_of(grant), f"{grant}-{slot} is out and was honoured"
    for grant, slot in rest.vouchers:
        assert grant in rest.grants, f"voucher {grant}-{slot} of a grant that was never lent"


def g2_no_answered_event_is_lost(rest: Rest) -> None:
    """Everything that a machine answered for is at head office: on the chain, or on a branch."""
    for machine in rest.world.machines:
        for head in machine.answered:
            here = machine.store.outbox.hash_at(head.epoch, head.seq) == head.hash
            there = head.hash in rest.events or head.hash in rest.branch
            assert here, f"{machine.name} itself lost {head}"
            assert there, f"head office never got {head} of {machine.name}: {machine.problem}"


def g3_each_event_takes_effect_at_most_once(rest: Rest) -> None:
    """One event an intent takes effect, one voucher a slot, one row a person."""
    ids = Counter(bytes(row.event_id) for row in rest.events.values() if _took_effect(row))
    repeated = [event_id.hex() for event_id, count in ids.items() if count > 1]
    assert not repeated, repeated
    types = Counter(row.type for row in rest.events.values() if _took_effect(row))
    assert types["voucher.issued"] == len(rest.vouchers), (types, len(rest.vouchers))
    numbers = Counter((row.terminal, row.epoch, row.number) for row in rest.vouchers.values())
    assert max(numbers.values(), default=1) == 1, "a running number was printed twice"
    for machine in rest.world.machines:
        for redemption, done in machine.redeemed.items():
            row = rest.redemptions.get(UUID(redemption).bytes)
            if row is None:
                # What was redeemed on a branch is named in the branch's case.
                assert done.voucher in rest.on_branches, f"{machine.name}: {done.voucher}"
                continue
            unbelieved = UUID(redemption).bytes in rest.unbelieved_undos
            undone = redemption in machine.undone and not unbelieved
            assert (row.state == "undone") == undone or machine.is_copy, (redemption, row.state)


def _took_effect(row: Any) -> bool:
    return row.verdict in {"applied", "applied_flagged"} and row.code != "payload_erased"


def g4_an_honest_voucher_is_honoured(rest: Rest) -> None:
    """What a machine that nobody copied handed over stands at head office, byte for byte."""
    for machine in rest.honest():
        for voucher in machine.vouchers.values():
            row = rest.vouchers.get((voucher.grant, voucher.slot))
            taken_back = voucher.grant in rest.taken_back or voucher.voucher in machine.voided
            if row is None:
                assert taken_back, f"{voucher.voucher} of {machine.name} is unknown"
                continue
            assert voucher.token.endswith(_digits(bytes(rest.grants[voucher.grant].record),
                                                  bytes(row.voucher)))  # fmt: skip
            out = voucher.slot in rest.out_of(voucher.grant)
            assert not out or taken_back, f"{voucher.voucher} of {machine.name} was taken away"


def vouchers_are_redeemed_in_the_end(rest: Rest) -> None:
    """Whoever comes now with an untouched voucher of an honest machine gets what it says."""
    touched = {(row.grant, row.slot) for row in rest.redemptions.values()} | rest.world.redeemed
    for machine in rest.honest():
        machine.clock.set_right()
        own = [
            voucher for name, voucher in machine.vouchers.items()
            if (voucher.grant, voucher.slot) not in touched
            and name not in machine.voided | machine.released
            and voucher.grant not in rest.taken_back
        ]  # fmt: skip
        for voucher in own[-_TRIED_MAX:]:
            redeemer = _redeemer(rest, machine, bytes(rest.grants[voucher.grant].record))
            if redeemer is not None:
                token = rest.world.paper[voucher.voucher][-1]
                done = redeem_there(redeemer, token, new_intent(rest.world), 0)
                assert done.verdict is _expected(
                    rest, bytes(rest.vouchers[voucher.grant, voucher.slot].voucher)
                ), (redeemer.name, done)


def _expected(rest: Rest, voucher: bytes) -> Verdict:
    """Return what the days say, as a clock that was wrong may have written them."""
    today, signed = china_day(rest.world.time.now_ms // 1000), decode_voucher(voucher)
    if today > signed.expires:
        return Verdict.EXPIRED
    return Verdict.NOT_YET if today < china_day(signed.issued_at) else Verdict.GOOD


def _redeemer(rest: Rest, machine: Machine, grant: bytes) -> Machine | None:
    """Return the honest machine that may redeem without asking, if there is one."""
    if machine.state.condition is not TerminalCondition.ACTIVE:
        return None
    # The keeper of an outlet may be a machine that is a copy, or off.
    return None if decode_grant(grant).policy == 2 else machine


def every_lost_answer_is_found(rest: Rest) -> None:
    """What head office honoured online is in the log of the honest machine that asked."""
    honest = {machine.state.terminal: machine for machine in rest.honest()}
    for machine in honest.values():
        waiting = Doubts(machine.store.drafts).all()
        frozen = machine.state.condition is not TerminalCondition.ACTIVE
        assert frozen or not waiting, f"{machine.name} is still in doubt about {waiting}"
    for row in rest.redemptions.values():
        asker = honest.get(row.terminal)
        if asker is not None and asker.state.condition is TerminalCondition.ACTIVE:
            assert row.seq, f"{row.grant}-{row.slot}: {asker.name} does not know"


def every_redemption_too_many_is_a_case(rest: Rest) -> None:
    """Head office names both sides of each voucher that was redeemed beyond its value."""
    told = {
        json.loads(case.facts)["second"]["redemption"]
        for case in rest.cases if case.kind in {"double_redemption", "redeemed_out"}
    }  # fmt: skip
    for redemption, row in rest.redemptions.items():
        if row.state in {"duplicate", "refused"}:
            assert redemption.hex() in told, f"{row.grant}-{row.slot}: nobody hears of it"
            assert row.loss_minor == row.amount_minor, row


def _digits(grant: bytes, voucher: bytes) -> str:
    return str(int.from_bytes(b"\x01" + grant + voucher, "big"))


def g5_divergence_is_detected(rest: Rest) -> None:
    """Head office holds each machine's own chain, or both sides know of the branch."""
    for machine in rest.world.machines:
        head = machine.store.outbox.head()
        if machine.fault == "fork_detected":
            assert machine.is_copy, f"{machine.name} was never copied: {machine.problem}"
            # A machine that is only behind has nothing to show; it knows that it was put back.
            told = head.hash in rest.events or (head.terminal, head.epoch) in rest.forked
            assert told, f"no case for {machine.name}"
        else:
            assert head.hash in rest.events, f"{machine.name} and head office differ unseen"
    for terminal, machines in rest.terminals.items():
        on_chain = {m.store.outbox.head() for m in machines if m.fault != "fork_detected"}
        epochs = {head.epoch for head in on_chain}
        assert len(on_chain) == len(epochs), f"two chains of terminal {terminal} pass for one"


def g6_edits_of_history_are_detectable(rest: Rest) -> None:
    """One bit changed in one stored event is seen by the terminal and by head office."""
    machine = rest.world.one()
    with edited_here(machine, rest.world.chance.randrange(1 << 16)):
        report = machine.store.check()
        assert not report.ok, f"{machine.name} does not see its own history edited"
    with edited_there(rest):
        assert not rest.world.office.audit().ok, "head office does not see an event edited"


def g7_every_terminal_is_usable_and_consistent(rest: Rest) -> None:
    """Every store agrees with its log, and somebody can be registered there now."""
    for machine in rest.world.machines:
        report = machine.store.check()
        assert report.ok, f"{machine.name}: {report.problems}"
        with machine.store.read() as reading:
            known = {record.voucher for record in reading.vouchers()}
        assert set(machine.vouchers) <= known, f"{machine.name} forgot what it handed over"
        paper = machine.printer.came_out
        assert machine.is_copy or paper <= known, f"{machine.name} printed what nobody issued"
        register(rest.world, machine)


def g8_no_event_blocks_the_next(rest: Rest) -> None:
    """Nothing waits: head office has signed for every event that is not on a branch."""
    for machine in rest.world.machines:
        if machine.fault != "fork_detected":
            assert machine.state.unsent == 0, f"{machine.name} waits: {machine.problem}"


def g9_whoever_is_denied_grants_still_uploads(rest: Rest) -> None:
    """A frozen terminal, or one whose clock is wrong, has sent everything all the same."""
    for machine in rest.world.machines:
        state = machine.state
        frozen = state.terminal in rest.world.frozen
        assert not frozen or state.condition is TerminalCondition.FROZEN, machine.name
        if frozen and machine.fault == "":
            assert state.acked_seq == state.head.seq, machine.name


def g10_exposure_is_known(rest: Rest) -> None:
    """What a lost terminal could still hand over is no more than head office says it holds."""
    for machine in rest.honest():
        state = machine.state
        with rest.world.office.context.database.read() as connection:
            held = read_holdings(connection, state.terminal, state.epoch)
        could: Counter[int] = Counter()
        with machine.store.read() as reading:
            for line in reading.grants():
                if rest.grants[line.grant].epoch == state.epoch:
                    could[line.offer] += line.slots - line.used - line.returned
        for offer, slots in could.items():
            taken = sum(
                rest.out_of(grant).count for grant, row in rest.grants.items()
                if row.offer == offer and row.terminal == state.terminal
                and grant in rest.taken_back
            )  # fmt: skip
            known = held[offer].free if offer in held else 0
            assert slots <= known + taken, (machine.name, offer, slots, known, taken)


def g11_wrong_clocks_change_no_totals(rest: Rest) -> None:
    """Every voucher handed over by an honest machine is counted, whatever its clock said."""
    handed = {
        (voucher.grant, voucher.slot)
        for machine in rest.honest()
        for voucher in machine.vouchers.values()
    }
    honest = {machine.state.terminal for machine in rest.honest()}
    honest -= {machine.state.terminal for machine in rest.world.machines if machine.is_copy}
    counted = {key for key, row in rest.vouchers.items() if row.terminal in honest}
    missing = {key for key in handed - counted if key[0] not in rest.taken_back}
    assert not missing, missing
    with rest.world.office.context.database.read() as connection:
        by_day = connection.execute(select(func.sum(tables.usage.c.vouchers))).scalar_one() or 0
    assert by_day == len(rest.vouchers), (by_day, len(rest.vouchers))


def audit_is_ok(rest: Rest) -> None:
    """Head office's own audit, from the raw rows, finds nothing."""
    result = rest.world.office.audit()
    assert result.ok, result.violations


GUARANTEES: tuple[Callable[[Rest], None], ...] = (
    g1_honoured_stays_within_budget,
    g2_no_answered_event_is_lost,
    g3_each_event_takes_effect_at_most_once,
    g4_an_honest_voucher_is_honoured,
    g5_divergence_is_detected,
    every_lost_answer_is_found,
    every_redemption_too_many_is_a_case,
    audit_is_ok,
    g6_edits_of_history_are_detectable,
    g8_no_event_blocks_the_next,
    g9_whoever_is_denied_grants_still_uploads,
    g10_exposure_is_known,
    g11_wrong_clocks_change_no_totals,
    vouchers_are_redeemed_in_the_end,
    g7_every_terminal_is_usable_and_consistent,
)
