"""What people do at a counter in the simulation: register, issue, print, synchronise.

An act may be refused by a rule of the bank, by the codes that it names; any other failure breaks
the case.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from branchdesk.application.erase_customer import EraseCustomer
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.models import IssuedVoucher, TerminalCondition
from branchdesk.application.ports import Fact
from branchdesk.application.print_vouchers import PrintVouchers
from branchdesk.application.register_customer import RegisterCustomer
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.domain.person import Registration, parse_registration
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.tables import epochs
from branchdesk.protocol import facts
from tests.fakes.vault import FakeVault, Held
from tests.faults.simulation.campaign import COSTS
from tests.faults.simulation.terminal import SESSION, Machine
from tests.faults.simulation.world import World

# A terminal that has no slot left, is frozen, or whose clock says a day on which nothing may be
# issued refuses; each is a rule, and the customer is told so.
NOT_ISSUED = frozenset(
    {"grant_exhausted", "terminal_frozen", "offer_not_open", "customer_erased"}
)  # fmt: skip
NOT_VOIDED = frozenset({"voucher_void", "voucher_revoked", "voucher_redeemed", "voucher_released"})
NOT_COPIED = frozenset({"copy_of_earlier_epoch", "copies_exhausted"})
PIN, SUPERVISOR = "246810", "S001"
_KINDS: Any = facts.PAYLOAD_FIELDS


@contextmanager
def refusable(world: World, codes: frozenset[str]) -> Iterator[None]:
    """Let rules with these codes refuse what happens inside."""
    try:
        yield
    except RuleViolation as refusal:
        if refusal.code not in codes:
            raise
        world.done[f"refused {refusal.code}"] += 1


def register(world: World, machine: Machine | None = None) -> None:
    """A person comes in; some leave with a voucher at once."""
    machine = machine or world.one()
    issue = [world.chance.choice(list(COSTS))] if world.chance.random() < 0.5 else []
    with refusable(world, NOT_ISSUED):
        register_there(machine, walk_in(world, machine, issue))


def issue(world: World) -> None:
    """Somebody who is known comes for another voucher."""
    machine = world.one()
    if not machine.customers:
        return register(world)
    customer, offer = world.chance.choice(machine.customers), world.chance.choice(list(COSTS))
    with refusable(world, NOT_ISSUED):
        issue_there(machine, customer, offer, new_intent(world))
    return None


def print_vouchers(world: World) -> None:
    """What is not known to be on paper is printed, or one voucher again."""
    machine = world.one()
    with machine.store.read() as reading:
        names = [record.voucher for record in reading.vouchers(unprinted=True)]
    if not names:
        return
    PrintVouchers(machine.store, machine.printer, machine.randomness)(SESSION, names[:8], "a4x8")
    machine.answers()


def void(world: World) -> None:
    """Somebody gives a voucher back, and it is void."""
    machine = world.one()
    if not machine.vouchers:
        return
    voucher = world.chance.choice(list(machine.vouchers))
    with refusable(world, NOT_VOIDED):
        void_there(machine, voucher, new_intent(world))


def reprint(world: World) -> None:
    """Somebody lost their paper."""
    machine = world.one()
    if not machine.vouchers:
        return
    voucher = world.chance.choice(list(machine.vouchers))
    with refusable(world, NOT_VOIDED | NOT_ISSUED | NOT_COPIED):
        reprint_there(machine, voucher, new_intent(world))


def erase(world: World) -> None:
    """Somebody asks to be erased, and two people do it."""
    machine = world.one()
    if not machine.customers:
        return
    customer = machine.customers.pop(world.chance.randrange(len(machine.customers)))
    vault = FakeVault(held={SUPERVISOR: Held(pin=PIN)})
    act = EraseCustomer(machine.store, SecondPerson(vault, machine.randomness), machine.randomness)
    # Head office may have told this terminal already that a copy of it erased the person.
    with refusable(world, frozenset({"customer_erased"})):
        act(SESSION, customer, "asked to", SUPERVISOR, PIN, intent=new_intent(world))
    machine.answers()


def give_back(world: World) -> None:
    """A terminal gives slots back that it will not need."""
    machine = world.one()
    grant = world.chance.choice(open_grants(machine) or [None])
    if grant is not None:
        give_back_there(machine, grant, uuid.UUID(new_intent(world)))


def open_grants(machine: Machine) -> list[int]:
    """Return the grants with two slots that nobody used."""
    with machine.store.read() as reading:
        if reading.terminal().condition is not TerminalCondition.ACTIVE:
            return []
        return [g.grant for g in reading.grants() if g.used + g.returned + 2 <= g.slots]


def give_back_there(machine: Machine, grant: int, event_id: uuid.UUID) -> None:
    """Give the two highest free slots of a grant back; the same event id gives back once."""
    with machine.store.write(SESSION) as unit:
        if unit.intent(event_id) is not None:
            return
        line = next(line for line in unit.grants() if line.grant == grant)
        top = line.slots - line.returned
        fields = {"grant": grant, "slots": [[top - 1, top]]}
        unit.record(Fact(facts.GRANT_RETURNED, event_id, fields, {"grant": grant}))
    machine.answers()


def newer_program(world: World) -> None:
    """A terminal with a newer program records what nobody else has heard of."""
    machine = world.one()
    with (
        patch.dict(_KINDS, {"voucher.framed": {"frame": str}}),
        machine.store.write(SESSION) as unit,
    ):
        unit.record(Fact("voucher.framed", machine.randomness.intent_id(), {"frame": "oak"}, {}))
    machine.answers()


def synchronise(world: World) -> None:
    """A terminal speaks with head office, as far as the network lets it."""
    machine = world.one()
    machine.synchronise()
    machine.answers()
    world.done[f"sync {machine.fault or 'done'}"] += 1
    if not (machine.fault and world.is_restored):
        check_marks(world, machine)


def check_marks(world: World, machine: Machine) -> None:
    """Raise AssertionError when a machine calls sent what head office does not hold."""
    state = machine.state
    with world.office.context.database.read() as connection:
        place = (epochs.c.terminal == state.terminal) & (epochs.c.epoch == state.epoch)
        held = connection.execute(select(epochs.c.seq).where(place)).scalar_one()
    assert state.acked_seq <= held, f"{machine.name} believes {state.acked_seq}, held is {held}"


def void_there(machine: Machine, voucher: str, intent: str) -> None:
    """Void a voucher at a machine."""
    vault = SecondPerson(FakeVault(), machine.randomness)
    VoidVoucher(machine.store, vault, machine.randomness)(
        SESSION, voucher, "given back", intent=intent
    )
    machine.voided.add(voucher)
    machine.answers()


def reprint_there(machine: Machine, voucher: str, intent: str) -> None:
    """Sign the next copy of a voucher at a machine; the same intent is the same copy."""
    act = ReprintVoucher(machine.store, machine.randomness)
    machine.carried(act(SESSION, voucher, "lost", intent))
    machine.answers()


def new_intent(world: World) -> str:
    """Make the id of an act before it is tried."""
    return str(uuid.UUID(bytes=world.chance.randbytes(16), version=4))


def walk_in(world: World, machine: Machine, issue: list[str]) -> Registration:
    """Make up somebody who comes in."""
    line = {
        "name": world.chance.choice(("王小明", "李䶮", "欧阳静", "阿依古丽·买买提")),
        "phone": f"13{world.chance.randrange(10**9):09}", "channel": "counter",
        "consents": ["service"], "issue": issue, "intent": new_intent(world),
    }  # fmt: skip
    with machine.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    return parse_registration(line, texts)


def register_there(machine: Machine, registration: Registration) -> str:
    """Register somebody at a machine and hand over what was issued."""
    act = RegisterCustomer(machine.store, machine.clock, machine.randomness)
    answer = act(SESSION, registration)
    machine.customers.append(answer.customer)
    machine.hand_over(answer.vouchers)
    return answer.customer


def issue_there(machine: Machine, customer: str, offer: str, intent: str) -> IssuedVoucher:
    """Issue a voucher at a machine and hand it over."""
    act = IssueVoucher(machine.store, machine.clock, machine.randomness)
    answer = act(SESSION, customer, offer, intent)
    machine.hand_over((answer,))
    return answer
