"""Send what is left of an earlier epoch: acknowledged where it fits, as evidence where not."""

from collections.abc import Callable

from branchdesk.application.ports import Clock, OfficeLine, Outbox, Randomness
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.sync.push import Pusher


def send_past(
    outbox: Outbox,
    line: OfficeLine,
    clock: Clock,
    randomness: Randomness,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Send an earlier epoch to its end, or as far as head office takes it now.

    A fork was the reason to join again, so it stops nothing here: the branch is shown. Raises
    EnvironmentFault when there is no line.
    """
    pusher = Pusher(outbox, line, clock, randomness)
    try:
        pusher.push_from(pusher.ask_head(), cancelled or _never, _nobody)
    except (ContractFault, RuleViolation):
        # What head office does not take now stays here and is offered again; the present epoch's
        # own facts must not wait for it.
        return


def _never() -> bool:
    return False


def _nobody(seq: int) -> None:
    """Tell nobody."""
