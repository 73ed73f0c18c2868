"""A listening socket whose workers take connections in turn.

A terminal keeps its connection, and the worker that accepted it does all its work. Left to
themselves, the worker that wakes first accepts everybody who waits and the others stay idle.
"""

import socket
import time
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

# How often a worker lets the one whose turn it is go first, and for how long, before it stops
# waiting: that one may be busy.
_PATIENCE_TRIES: Final = 20
_PATIENCE_SECONDS: Final = 0.001


class TurnListener(socket.socket):
    """A worker's view of the shared listener; ``turn`` is the number of whose turn it is."""

    def __init__(
        self, listener: socket.socket, turn: "Synchronized[int]", place: int, workers: int
    ) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=listener.detach())
        self._turn, self._place, self._workers = turn, place, workers
        self._tries = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept in turn; out of turn say that nobody is there, so that the loop asks again."""
        if self._turn.value != self._place and self._tries < _PATIENCE_TRIES:
            self._tries += 1
            time.sleep(_PATIENCE_SECONDS)
            raise BlockingIOError
        accepted = super().accept()
        self._tries = 0
        with self._turn.get_lock():
            self._turn.value = (self._place + 1) % self._workers
        return accepted
