"""What befalls machines in the simulation: power, clocks, networks, disks, copies."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from branchdesk.errors import EnvironmentFault
from tests.faults.simulation.campaign import COSTS
from tests.faults.simulation.machine import DAY_MS
from tests.faults.simulation.people import (
    NOT_COPIED,
    NOT_ISSUED,
    NOT_VOIDED,
    give_back_there,
    issue_there,
    new_intent,
    open_grants,
    refusable,
    register_there,
    reprint_there,
    void_there,
    walk_in,
)
from tests.faults.simulation.terminal import Machine
from tests.faults.simulation.world import World

_MOMENTS_MAX = 12
_MOMENTS_IN_SYNC_MAX = 30
_IMAGES_MAX = 3
_MACHINES_MAX = 6


def power_cut(world: World) -> None:
    """The power goes at some moment of a registration or an issue; the person asks again."""
    machine = world.one()
    moments = world.chance.randint(1, _MOMENTS_MAX)
    act: Callable[[], object]
    kind = world.chance.random()
    if machine.vouchers and kind < 0.3:
        there = world.chance.choice((void_there, reprint_there))
        act = partial(
            there, machine, world.chance.choice(list(machine.vouchers)), new_intent(world)
        )
    elif kind > 0.75 and (grants := open_grants(machine)):
        act = partial(
            give_back_there, machine, world.chance.choice(grants), UUID(new_intent(world))
        )
    elif machine.customers and kind < 0.6:
        customer, offer = world.chance.choice(machine.customers), world.chance.choice(list(COSTS))
        act = partial(issue_there, machine, customer, offer, new_intent(world))
    else:
        act = partial(register_there, machine, walk_in(world, machine, list(COSTS)[:1]))
    with refusable(world, NOT_ISSUED | NOT_VOIDED | NOT_COPIED):
        if machine.with_power_cut(act, moments):
            world.done["power cuts"] += 1
            # What had been answered before is there again, whatever became of this act.
            machine.check_answered()
            act()
    machine.answers()


def power_cut_while_synchronising(world: World) -> None:
    """The power goes somewhere in a synchronisation."""
    machine = world.one()
    moments = world.chance.randint(1, _MOMENTS_IN_SYNC_MAX)
    if machine.with_power_cut(machine.synchronise, moments):
        world.done["power cuts"] += 1
    machine.check_answered()
    machine.answers()


def restart(world: World) -> None:
    """The program is closed and opened again."""
    world.one().restart()


def clock_jumps(world: World) -> None:
    """A clock is set wrong, drifts, dies, sleeps, changes its zone, or is put right."""
    clock = world.one().clock
    kind = world.chance.randrange(7)
    if kind == 0:
        clock.die()
    elif kind == 1:
        clock.ahead_ms = world.chance.choice((-366, -1, 1, 31, 366)) * DAY_MS
    elif kind == 2:
        clock.drift_ppm = world.chance.randint(-50_000, 50_000)
    elif kind == 3:
        clock.ahead_ms = world.chance.choice((-8, -1, 1, 8)) * 3_600_000
    elif kind == 4:
        clock.sleep_ms(world.chance.randint(1, 72) * 3_600_000)
    elif kind == 5:
        clock.offset = world.chance.choice(("+08:00", "+00:00", "-09:30", "+14:00"))
    else:
        clock.set_right()


def weather(world: World) -> None:
    """The network gets better or worse; somebody loses the line or finds it again."""
    world.network.trouble = world.chance.choice((0.0, 0.05, 0.2, 0.5))
    cut_off = world.network.cut_off
    name = world.one().name
    cut_off.symmetric_difference_update({name})
    if world.chance.random() < 0.3:
        world.network.deliver_late()


def days_pass(world: World) -> None:
    """Nothing happens for some days."""
    world.time.pass_ms(world.chance.randint(1, 9) * DAY_MS)


def take_image(world: World) -> None:
    """Somebody makes a backup of a whole machine."""
    machine = world.one()
    machine.images.append(machine.image(world.new_folder()))
    if len(machine.images) > _IMAGES_MAX:
        machine.images.pop(0).disk.remove()


def put_image_back(world: World) -> None:
    """A machine is restored from such a backup."""
    machine = world.one()
    if machine.images:
        machine.put_back(world.chance.choice(machine.images))


def clone(world: World) -> None:
    """A laptop is copied, and both copies go on working."""
    if len(world.machines) >= _MACHINES_MAX:
        return
    machine = world.one()
    disk = machine.disk.copy_to(world.new_folder())
    twin = world.switch_on(f"{machine.name} copied {len(world.machines)}", disk)
    twin.answered, twin.vouchers = list(machine.answered), dict(machine.vouchers)
    twin.customers = list(machine.customers)
    machine.is_copy = twin.is_copy = True


def lose_database(world: World) -> None:
    """The database is lost or damaged; the second event file gives everything back."""
    machine = world.one()
    machine.store.close()
    database = machine.disk.folder.database
    if world.chance.random() < 0.5:
        for path in database.parent.glob("store.db*"):
            path.unlink()
        expected = "store_missing"
    else:
        size = database.stat().st_size
        with database.open("r+b") as file:
            file.seek(world.chance.randrange(max(1, size // 4096)) * 4096)
            file.write(bytes(64))
        expected = "store_damaged"
    fault = _open(machine)
    if fault is not None:
        assert (fault.code, fault.facts["recovery"]) == (expected, True), fault
        machine.recover()
        world.done["recoveries"] += 1
    machine.check_answered()
    machine.answers()


def _open(machine: Machine) -> EnvironmentFault | None:
    try:
        machine.store = machine.open()
    except EnvironmentFault as fault:
        return fault
    return None


def lose_second_file(world: World) -> None:
    """The files beside the database are lost; the next start makes them anew."""
    machine = world.one()
    machine.store.close()
    folder = machine.disk.folder
    for path in world.chance.choice(
        ((folder.second,), (folder.keys,), (folder.second, folder.keys))
    ):
        path.unlink(missing_ok=True)
    machine.store = machine.open()
    machine.check_answered()


def old_database(world: World) -> None:
    """An older copy of the database alone is put back; the second event file is newer."""
    machine = world.one()
    if not machine.images:
        return
    image = world.chance.choice(machine.images)
    machine.store.close()
    here, old = machine.disk.folder.database, image.disk.folder.database
    for path in here.parent.glob("store.db*"):
        path.unlink()
    for path in old.parent.glob("store.db*"):
        here.with_name(path.name).write_bytes(path.read_bytes())
    machine.start_again()
    machine.check_answered()
    machine.answers()
