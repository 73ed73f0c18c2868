"""Use cases of the window: made when they are called, because the store opens with a sign-in."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from branchdesk.app.terminal import Terminal

T = TypeVar("T")
P = ParamSpec("P")


def on_store(terminal: Terminal, make: Callable[[Terminal], Callable[P, T]]) -> Callable[P, T]:
    """Return a use case that is made when it is called, on the store that is open then."""

    def call(*arguments: P.args, **named: P.kwargs) -> T:
        return make(terminal)(*arguments, **named)

    return call
