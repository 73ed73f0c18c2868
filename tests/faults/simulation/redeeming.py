"""What happens to vouchers after they were handed over: redeemed, undone, the right signed away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from branchdesk.application.office_questions import Doubts
from branchdesk.application.redeem_voucher import RedeemVoucher
from branchdesk.application.redemption_records import Redeemed, Redeeming
from branchdesk.application.release_voucher import ReleaseVoucher
from branchdesk.application.undo_redemption import UndoRedemption
from branchdesk.errors import ContractFault, EnvironmentFault
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.verdict import Verdict
from tests.faults.simulation.people import NOT_VOIDED, new_intent, refusable
from tests.faults.simulation.terminal import SESSION, Machine
from tests.faults.simulation.world import World

# Above what the offer with a threshold asks for.
PURCHASE_MINOR: Final = 50_000
_NOT_REDEEMED: Final = frozenset({"amount_too_large", "partial_not_allowed", "terminal_frozen"})
# Head office may have frozen the terminal already, and then undoes nothing that it asks for.
_NOT_UNDONE: Final = frozenset(
    {"undo_too_late", "redemption_undone", "undo_refused", "undo_waits", "terminal_frozen"}
)
# What an answer on a bad line comes to; none of it may count as an answer.
_NO_ANSWER: Final = frozenset({"malformed", "wrong_answer", "wrong_nonce", "captive_portal",
                               "office_unreachable", "unsigned", "bad_signature",
                               "request_unsigned"})  # fmt: skip


@contextmanager
def on_a_bad_line(world: World) -> Iterator[None]:
    """Let the line fail, and let answers that prove nothing be refused."""
    try:
        yield
    except (EnvironmentFault, ContractFault) as fault:
        if fault.code not in _NO_ANSWER:
            raise
        world.done[f"asked {fault.code}"] += 1


def redeem(world: World) -> None:
    """Somebody shows a voucher, mostly where it was handed over; some show it twice."""
    if not world.paper:
        return
    machine = world.one()
    near = list(machine.vouchers)
    known = near if near and world.chance.random() < 0.7 else list(world.paper)
    voucher = world.chance.choice(known)
    token = world.chance.choice(world.paper[voucher])
    use_minor = world.chance.choice((0, 0, 0, 300))
    with refusable(world, _NOT_REDEEMED), on_a_bad_line(world):
        done = redeem_there(machine, token, new_intent(world), use_minor)
        world.done[f"verdict {done.verdict} {done.basis or ''}"] += 1


def on_two_terminals(world: World) -> None:
    """Somebody shows one voucher at two terminals that cannot know of each other."""
    if not world.paper:
        return
    token = world.chance.choice(world.paper[world.chance.choice(list(world.paper))])
    for machine in (world.one(), world.one()):
        with refusable(world, _NOT_REDEEMED), on_a_bad_line(world):
            redeem_there(machine, token, new_intent(world), 0)


def undo(world: World) -> None:
    """A redemption was a mistake."""
    machine = world.one()
    if not machine.redeemed:
        return
    redemption = world.chance.choice(list(machine.redeemed)[-2:])
    with refusable(world, _NOT_UNDONE), on_a_bad_line(world):
        undo_there(machine, redemption, new_intent(world))


def release(world: World) -> None:
    """Somebody moves away; the terminal signs the right over their voucher to head office."""
    machine = world.one()
    if not machine.vouchers:
        return
    voucher = world.chance.choice(list(machine.vouchers))
    with refusable(world, NOT_VOIDED | {"release_needless", "release_of_other"}):
        ReleaseVoucher(machine.store, machine.randomness)(SESSION, voucher, "moves away")
        machine.released.add(voucher)
    machine.answers()


def ask_again(world: World, machine: Machine | None = None) -> None:
    """What head office was asked and never answered is asked again."""
    machine = machine or world.one()
    for doubt in Doubts(machine.store.drafts).all():
        with refusable(world, _NOT_REDEEMED | _NOT_UNDONE), on_a_bad_line(world):
            if doubt.wish is Wish.UNDO:
                undo_there(machine, doubt.redemption, str(doubt.intent), doubt.reason)
            else:
                redeem_as(machine, doubt.asked, str(doubt.intent))
            world.done["asked again"] += 1


def redeem_there(machine: Machine, token: str, intent: str, use_minor: int) -> Redeemed:
    """Redeem a token at a machine."""
    asked = Redeeming(token, purchase_minor=PURCHASE_MINOR, use_minor=use_minor)
    return redeem_as(machine, asked, intent)


def redeem_as(machine: Machine, asked: Redeeming, intent: str) -> Redeemed:
    """Redeem what was asked for; what is good is handed over."""
    act = RedeemVoucher(
        machine.store, machine.store.drafts, machine.clock, machine.randomness, machine.ask
    )
    done = act(SESSION, asked, intent)
    if done.verdict is Verdict.GOOD:
        known = machine.redeemed.setdefault(done.redemption, done)
        assert known.voucher == done.voucher, f"{intent} redeemed two vouchers"
    machine.answers()
    return done


def undo_there(machine: Machine, redemption: str, intent: str, reason: str = "a mistake") -> None:
    """Undo a redemption at a machine."""
    act = UndoRedemption(
        machine.store, machine.store.drafts, machine.clock, machine.randomness, machine.ask
    )
    act(SESSION, redemption, reason, intent)
    machine.undone.add(redemption)
    machine.answers()
