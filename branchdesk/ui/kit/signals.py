"""Signals with one payload type each.

PySide6's stubs type ``emit`` as Any and its run time checks arity only, so a wrong payload passes
both. ``signal_of(T)`` is generic for the checker and a plain ``Signal(object)`` at run time.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from PySide6.QtCore import Qt

    T = TypeVar("T")

    class BoundSignal(Generic[T]):
        """A signal of one object."""

        def connect(
            self,
            slot: Callable[[T], object],
            type: Qt.ConnectionType = Qt.ConnectionType.AutoConnection,  # noqa: A002  (Qt's name)
        ) -> object:
            """Call ``slot`` with every payload."""

        def disconnect(self, slot: Callable[[T], object]) -> object:
            """Stop calling ``slot``."""

        def emit(self, payload: T) -> None:
            """Send a payload to every slot."""

    class TypedSignal(Generic[T]):
        """What stands in the class body."""

        def __get__(self, instance: object, owner: type) -> BoundSignal[T]:
            """Return the signal of one object."""
            raise NotImplementedError

    def signal_of(payload: type[T]) -> TypedSignal[T]:
        """Declare a signal that carries ``payload``."""
        raise NotImplementedError

else:
    from PySide6.QtCore import Signal

    def signal_of(payload):
        del payload
        return Signal(object)
