"""What the page may call; both run on the network lane."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejoinServices:
    """``join`` takes the code and gives the epoch that begins; raises what the code, the line and
    head office refuse.

    ``fetch`` sends what is left and brings what head office has to say; it may be tried again.
    """

    join: Callable[[str], int]
    fetch: Callable[[], object]
