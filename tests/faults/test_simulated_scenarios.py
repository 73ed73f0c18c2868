"""Single misfortunes in the simulated bank, each told as it would happen; then every guarantee."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice import tables
from branchdesk.protocol import facts, http
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.verdict import Verdict
from branchdesk.sync.transport import Answer, unreachable
from tests.faults.simulation.campaign import COSTS
from tests.faults.simulation.decisions import join_there
from tests.faults.simulation.guarantees import GUARANTEES
from tests.faults.simulation.machine import DAY_MS, LyingClock
from tests.faults.simulation.network import Network, Request
from tests.faults.simulation.people import issue_there, new_intent, register_there, walk_in
from tests.faults.simulation.redeeming import redeem_there
from tests.faults.simulation.rest import Rest, come_to_rest
from tests.faults.simulation.terminal import Machine
from tests.faults.simulation.world import World, simulated_world


@pytest.fixture
def world() -> Iterator[World]:
    """A bank on a quiet day."""
    with simulated_world(random.Random("a quiet day")) as found:
        yield found


def serve(world: World, machine: Machine, people: int = 3) -> None:
    """Register people who each leave with a voucher of every offer."""
    for _ in range(people):
        register_there(machine, walk_in(world, machine, list(COSTS)))


def settled(world: World) -> Rest:
    """Come to rest and check every guarantee."""
    rest = come_to_rest(world)
    for guarantee in GUARANTEES:
        guarantee(rest)
    return rest


def cases_of(world: World, kind: str) -> int:
    """Count the cases of a kind at head office."""
    with world.office.context.database.read() as connection:
        counted = select(func.count()).where(tables.cases.c.kind == kind)
        return int(connection.execute(counted).scalar_one())


def test_a_synchronised_terminal_that_is_put_back_knows_it_and_uploads_nothing_twice(
    world: World,
) -> None:
    machine = world.machines[0]
    serve(world, machine)
    image = machine.image(world.new_folder())
    serve(world, machine)
    assert machine.synchronise() is not None
    machine.put_back(image)
    machine.synchronise()
    assert machine.fault == "fork_detected"
    settled(world)


def test_unsynchronised_sales_of_a_terminal_that_was_put_back_are_gone_and_the_money_is_not(
    world: World,
) -> None:
    machine = world.machines[0]
    serve(world, machine)
    image = machine.image(world.new_folder())
    serve(world, machine)
    on_paper = set(machine.vouchers)
    machine.put_back(image)
    serve(world, machine)
    # The same slots came out twice; each is honoured once, whoever shows it.
    assert on_paper & set(machine.vouchers)
    settled(world)


def copied(world: World) -> tuple[Machine, Machine]:
    """Copy the first machine; return both."""
    first = world.machines[0]
    second = world.switch_on("the copy", first.disk.copy_to(world.new_folder()))
    second.customers = list(first.customers)
    first.is_copy = second.is_copy = True
    return first, second


def test_of_two_copies_that_both_synchronise_one_goes_on_and_the_other_is_a_case(
    world: World,
) -> None:
    first, second = copied(world)
    for machine in (first, second):
        serve(world, machine)
        machine.synchronise()
    assert (first.fault, second.fault) == ("", "fork_detected")
    assert cases_of(world, "fork") == 1
    settled(world)


def test_a_copy_that_synchronises_first_is_believed_and_the_other_is_the_case(
    world: World,
) -> None:
    first, second = copied(world)
    for machine in (first, second):
        serve(world, machine)
    for machine in (second, first):
        machine.synchronise()
    assert (second.fault, first.fault) == ("", "fork_detected")
    assert cases_of(world, "fork") == 1
    settled(world)


def test_two_terminals_that_redeem_one_voucher_offline_leave_one_that_stands_and_a_case(
    world: World,
) -> None:
    first, second = world.machines[0], world.machines[1]
    issued = issue_there(first, register_there(first, walk_in(world, first, [])), "GIFTBOX",
                         new_intent(world))  # fmt: skip
    world.network.cut_off = {first.name, second.name}
    for machine in (first, second):
        done = redeem_there(machine, issued.token, new_intent(world), 0)
        assert (done.verdict, done.basis) == (Verdict.GOOD, Basis.ALLOWANCE)
    rest = settled(world)
    states = {row.terminal: row.state for row in rest.redemptions.values()}
    assert sorted(states.values()) == ["duplicate", "stands"]
    (case,) = (json.loads(c.facts) for c in rest.cases if c.kind == "double_redemption")
    named = {int(case[side]["terminal"]) for side in ("first", "second")}
    assert named == {first.state.terminal, second.state.terminal} == set(states)


def test_a_stolen_terminal_that_goes_on_issuing_costs_no_more_than_it_held(world: World) -> None:
    machine = world.machines[0]
    state = machine.state
    world.office.revoke_terminal(state.terminal, "stolen")
    world.frozen.add(state.terminal)
    # It has no line, so it does not know; its facts stand when they arrive, flagged.
    serve(world, machine)
    rest = settled(world)
    codes = {row.code for row in rest.events.values() if row.type == "voucher.issued"}
    assert codes == {"issued_while_frozen"}
    with pytest.raises(RuleViolation, match="terminal_frozen"):
        issue_there(machine, machine.customers[0], "SALON", new_intent(world))


def test_a_batch_that_arrives_days_later_changes_nothing(world: World) -> None:
    machine = world.machines[0]
    serve(world, machine)
    sent: list[Request] = []
    deliver = Network._delivered

    def noting(network: Network, request: Request) -> Answer:
        sent.append(request)
        return deliver(network, request)

    with patch.object(Network, "_delivered", noting):
        assert machine.synchronise() is not None
        serve(world, machine)
        assert machine.synchronise() is not None
    world.time.pass_ms(5 * DAY_MS)
    before = come_to_rest(world)
    world.network.late = list(reversed(sent))
    world.network.deliver_late()
    after = settled(world)
    assert after.events.keys() == before.events.keys()
    assert (after.vouchers.keys(), after.branch) == (before.vouchers.keys(), set())


def test_a_grant_that_ends_offline_is_used_no_more_and_nothing_returns_by_itself(
    world: World,
) -> None:
    machine = world.machines[0]
    serve(world, machine)
    with machine.store.read() as reading:
        until = max(line.issue_until for line in reading.grants())
        held = [(line.grant, line.used, line.returned) for line in reading.grants()]
    days = (until.toordinal() - 719_163) - world.time.now_ms // DAY_MS
    world.time.pass_ms((days + 2) * DAY_MS)
    with pytest.raises(RuleViolation):
        issue_there(machine, machine.customers[0], "PHONE10", new_intent(world))
    with machine.store.read() as reading:
        assert held == [(line.grant, line.used, line.returned) for line in reading.grants()]
    books = {book.offer: (book.slots_lent, book.slots_out) for book in world.books()}
    settled(world)
    assert books == {book.offer: (book.slots_lent, book.slots_out) for book in world.books()}


def test_sixty_days_without_a_line_end_with_one_synchronisation(world: World) -> None:
    machine = world.machines[0]
    for _ in range(60):
        world.time.pass_ms(DAY_MS)
        register_there(machine, walk_in(world, machine, []))
    world.office.revoke_terminal(world.machines[1].state.terminal, "lost meanwhile")
    world.frozen.add(world.machines[1].state.terminal)
    assert machine.synchronise() is not None
    assert machine.state.unsent == 0
    settled(world)


def test_a_restored_head_office_is_told_again_what_earlier_epochs_told_it_before(
    world: World,
) -> None:
    first, second = copied(world)
    world.back_up()
    for machine in (first, second):
        serve(world, machine)
        machine.synchronise()
    assert second.fault == "fork_detected"
    for machine in (first, second):
        join_there(world, machine)
        machine.synchronise()
        register_there(machine, walk_in(world, machine, []))
        machine.synchronise()
    assert world.backup is not None
    world.restore(world.backup)
    settled(world)


def test_a_wish_that_was_under_way_when_head_office_burnt_down_tells_the_restored_one_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, exchange = world.machines[0], Network.exchange
    world.back_up()
    serve(world, machine)

    def held(self: Network, name: str, request: Request) -> Answer:
        if request.path != http.GRANTS_PATH:
            return exchange(self, name, request)
        self.late.append(request)
        raise unreachable("timeout")

    with monkeypatch.context() as patched:
        patched.setattr(Network, "exchange", held)
        assert machine.synchronise() is None
    assert machine.state.unsent == 0
    assert world.backup is not None
    world.restore(world.backup)
    world.network.deliver_late()
    assert machine.state.terminal in world.office.learning().awaited
    settled(world)


def test_two_restores_of_one_backup_within_a_minute_are_told_everything_each(world: World) -> None:
    machine = world.machines[0]
    world.back_up()
    serve(world, machine)
    assert world.backup is not None
    for _ in range(2):
        world.time.pass_ms(20_000)
        world.restore(world.backup)
        assert machine.synchronise() is not None
        assert machine.state.unsent == 0
        assert machine.state.terminal not in world.office.learning().awaited
    on_paper = set(machine.vouchers)
    rest = settled(world)
    assert on_paper <= {facts.voucher_id(*place) for place in rest.vouchers}


def test_what_only_the_issuer_still_knows_of_a_redemption_stays_used(world: World) -> None:
    issuer, other = world.machines[0], world.machines[1]
    issued = issue_there(issuer, register_there(issuer, walk_in(world, issuer, [])), "GIFTBOX",
                         new_intent(world))  # fmt: skip
    assert issuer.synchronise() is not None
    image = other.image(world.new_folder())
    world.back_up()
    done = redeem_there(other, issued.token, new_intent(world), 0)
    assert (done.verdict, done.basis) == (Verdict.GOOD, Basis.ONLINE)
    assert issuer.synchronise() is not None
    # Who redeemed it and head office both forget; the goods were handed out all the same.
    other.put_back(image)
    assert world.backup is not None
    world.restore(world.backup)
    settled(world)
    assert redeem_there(issuer, issued.token, new_intent(world), 0).verdict is Verdict.USED


def test_a_terminal_lost_between_backup_and_restore_is_waited_for_until_people_give_it_up(
    world: World,
) -> None:
    machine, lost = world.machines[0], world.machines[1]
    world.back_up()
    for one in (machine, lost):
        serve(world, one)
        assert one.synchronise() is not None
    assert world.backup is not None
    world.restore(world.backup)
    world.network.cut_off = {lost.name}
    assert machine.synchronise() is not None
    # Nothing is lent before everybody has told; what is held goes on.
    assert world.office.lend(machine.state.terminal, machine.state.epoch).numbers == ()
    assert lost.state.terminal in world.office.learning().awaited
    serve(world, machine, 1)
    world.office.end_learning("it burnt")
    world.gave_up = True
    settled(world)


def a_year_ahead(clock: LyingClock) -> None:
    """Set the clock a year ahead."""
    clock.ahead_ms = 365 * DAY_MS


def a_year_back(clock: LyingClock) -> None:
    """Set the clock a year back."""
    clock.ahead_ms = -365 * DAY_MS


def dead_battery(clock: LyingClock) -> None:
    """Begin in 1970 or 2000 after a power cut."""
    clock.die()


def another_zone(clock: LyingClock) -> None:
    """Travel, or let summer time begin."""
    clock.offset, clock.ahead_ms = "-03:00", 3_600_000


def a_jump(clock: LyingClock) -> None:
    """Jump by forty days within the session."""
    clock.ahead_ms += 40 * DAY_MS


def a_suspended_night(clock: LyingClock) -> None:
    """Close the lid for a night."""
    clock.sleep_ms(11 * 3_600_000)


def put_right_again(clock: LyingClock) -> None:
    """Be wrong while selling and right while synchronising; see the test."""
    clock.ahead_ms = -3 * DAY_MS


@pytest.mark.parametrize(
    "wrong",
    [a_year_ahead, a_year_back, dead_battery, another_zone, a_jump, a_suspended_night,
     put_right_again],
)  # fmt: skip
def test_a_wrong_clock_loses_nothing_and_changes_no_total(
    world: World, wrong: Callable[[LyingClock], None]
) -> None:
    machine = world.machines[0]
    serve(world, machine)
    wrong(machine.clock)
    # A clock outside the campaign refuses vouchers; it never keeps anybody from registering.
    for _ in range(40):
        register_there(machine, walk_in(world, machine, []))
    if wrong is put_right_again:
        machine.clock.ahead_ms = 0
    assert machine.synchronise() is not None, machine.problem
    assert machine.state.unsent == 0
    rest = settled(world)
    registered = [row for row in rest.events.values() if row.type == "customer.registered"]
    by_it = [row for row in registered if row.terminal == machine.state.terminal]
    # One more than here: the guarantees register somebody at every machine.
    assert len(by_it) == 43
    assert len(rest.vouchers) == 3 * len(COSTS)


def test_a_database_held_by_another_program_is_said_to_be_in_use_and_opens_later(
    world: World,
) -> None:
    machine = world.machines[0]
    machine.store.close()
    # A scanner or a backup holds SQLite's pending byte (1 GiB) while it reads.
    script = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1], 'r+b')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX, 512, 1 << 30, 0)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    path = str(machine.disk.folder.database)
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(EnvironmentFault) as caught:
            machine.open()
        assert (caught.value.code, caught.value.retryable) == ("store_in_use", True)
        holder.stdin.close()
        holder.wait(30)
    machine.store = machine.open()
    settled(world)
