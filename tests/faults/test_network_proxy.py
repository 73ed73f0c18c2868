"""A bad network between terminal and head office: slow, sliced, cut, reset, hanging, half gone.

Whatever it does, no fact is lost, none arrives twice, and a mark never rises without a proof.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest

from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.feed import Lane
from branchdesk.protocol.http import EVENTS_PATH, FEED_PATH, HEAD_PATH
from branchdesk.sync.transport import Timeouts
from tests.faults.conftest import TIMEOUTS, World
from tests.faults.proxy import Badness, Proxy
from tests.faults.tls_office import Reply

PATIENT = Timeouts(connect_ms=5_000, read_ms=5_000, write_ms=5_000, whole_answer_ms=20_000)


def fault_of(world: World, proxy: Proxy, timeouts: Timeouts = TIMEOUTS) -> EnvironmentFault:
    """Synchronise through the proxy, which must fail as the environment's fault."""
    with pytest.raises(EnvironmentFault) as caught:
        world.synchronise(proxy.url, timeouts=timeouts)
    assert (caught.value.code, caught.value.retryable) == ("office_unreachable", True)
    return caught.value


def heals(world: World, proxy: Proxy) -> None:
    """Give the network back; everything must arrive, once."""
    proxy.up = proxy.down = Badness()
    proxy.refuse = False
    world.synchronise(proxy.url)
    ids = world.office.chains[7, 1].event_ids
    assert (world.held(), world.outbox.acked_seq) == (120, 120)
    assert len(ids) == len(set(ids)) == 120


@pytest.mark.parametrize(
    "badness",
    [
        Badness(latency_ms=15),
        Badness(bytes_per_s=200_000),
        Badness(slice_bytes=7),
        Badness(slow_close_ms=200),
        Badness(latency_ms=2, slice_bytes=700, bytes_per_s=400_000),
    ],
)
def test_a_slow_line_brings_everything(world: World, badness: Badness) -> None:
    with Proxy(world.server.port) as proxy:
        proxy.up = proxy.down = badness
        world.synchronise(proxy.url, timeouts=PATIENT)
        assert (world.held(), world.outbox.acked_seq) == (120, 120)


@pytest.mark.parametrize("limit", [0, 300, 2_500, 6_000, 9_000, 15_000, 25_000])
def test_a_reset_while_sending_loses_nothing(world: World, limit: int) -> None:
    with Proxy(world.server.port) as proxy:
        proxy.up = Badness(reset_after=limit)
        fault = fault_of(world, proxy)
        assert fault.facts["reason"] in {"cut_short", "no_line"}
        assert world.outbox.acked_seq <= world.held() < 120
        heals(world, proxy)


@pytest.mark.parametrize("limit", [0, 700, 1_500, 2_200, 2_500, 2_800, 3_100])
@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_a_reply_cut_anywhere_loses_nothing(world: World, kind: str, limit: int) -> None:
    with Proxy(world.server.port) as proxy:
        proxy.down = (
            Badness(truncate_after=limit) if kind == "truncate" else Badness(reset_after=limit)
        )
        with suppress(EnvironmentFault):  # Anything else that is raised fails the test.
            world.synchronise(proxy.url)
        assert world.outbox.acked_seq <= world.held()
        heals(world, proxy)


def test_cuts_at_every_place_of_the_replies_never_duplicate(world: World) -> None:
    with Proxy(world.server.port) as proxy:
        reached = set()
        for limit in range(1_400, 4_400, 150):
            proxy.down = Badness(truncate_after=limit)
            with suppress(EnvironmentFault):
                world.synchronise(proxy.url)
            assert world.outbox.acked_seq <= world.held()
            reached.add((world.outbox.acked_seq, world.held()))
        # The cuts met the push at different places, or this test proved nothing.
        assert len(reached) >= 3
        heals(world, proxy)


@pytest.mark.parametrize("path", [FEED_PATH + "urgent", HEAD_PATH, EVENTS_PATH])
@pytest.mark.parametrize("kind", ["hang", "reset", "truncate"])
def test_a_reply_lost_after_the_commit_is_found_by_asking_again(
    world: World, path: str, kind: str
) -> None:
    with Proxy(world.server.port) as proxy:

        def answer_into_the_void(usual: Callable[[], Reply]) -> Reply:
            reply = usual()
            # From here on nothing comes back, on this connection and on new ones.
            proxy.down = {
                "hang": Badness(hang_after=0),
                "reset": Badness(reset_after=0),
                "truncate": Badness(truncate_after=0),
            }[kind]
            return reply

        world.server.overrides[path] = [answer_into_the_void]
        fault = fault_of(world, proxy)
        assert fault.facts["reason"] == ("timeout" if kind == "hang" else "cut_short")
        assert world.outbox.acked_seq == 0
        assert world.held() == (50 if path == EVENTS_PATH else 0)
        heals(world, proxy)


def test_a_trickling_answer_ends_at_the_deadline(world: World) -> None:
    world.office.queue(Lane.URGENT, kind="x" * 40_000)
    with Proxy(world.server.port) as proxy:
        proxy.down = Badness(bytes_per_s=20_000, slice_bytes=2_000)
        hurried = Timeouts(connect_ms=5_000, read_ms=2_000, write_ms=2_000, whole_answer_ms=500)
        fault = fault_of(world, proxy, hurried)
        assert fault.facts["reason"] == "timeout"
        assert world.outbox.pages == []


def test_a_line_that_flaps_brings_everything_in_the_end(world: World) -> None:
    with Proxy(world.server.port) as proxy:
        for limit in (2_000, 12_000, 20_000, 40_000, 60_000):
            proxy.up = Badness(reset_after=limit)
            with suppress(EnvironmentFault):
                world.synchronise(proxy.url)
            assert world.outbox.acked_seq <= world.held()
        heals(world, proxy)


def test_a_refusing_network_is_said_so(world: World) -> None:
    with Proxy(world.server.port) as proxy:
        proxy.refuse = True
        assert fault_of(world, proxy).facts["reason"] in {"cut_short", "no_line"}
        heals(world, proxy)
