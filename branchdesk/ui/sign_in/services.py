"""What the sign-in screen may call. Types of the bank are named, not loaded: the door is first."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from branchdesk.application.models import Session
    from branchdesk.application.shift_records import StaffKey
    from branchdesk.ui.shell.services import SignedIn


class DoorServices(Protocol):
    """Sign in, choose a first PIN, say who has a way in; ``now_ms`` is light.

    ``sign_in_hint`` is (staff code, supervisor, PIN of both) that a demonstration may show;
    ``open_practice`` opens practice in a window of its own.
    """

    @property
    def sign_in(self) -> "Callable[[str, str], SignedIn]":
        """Take a staff code and a PIN."""

    @property
    def choose_first_pin(self) -> "Callable[[Session, str], object]":
        """Take a session and the new PIN."""

    @property
    def staff_keys(self) -> "Callable[[], tuple[StaffKey, ...]]":
        """Return who may sign in here and how."""

    @property
    def now_ms(self) -> Callable[[], int]:
        """Return Unix milliseconds."""

    @property
    def sign_in_hint(self) -> tuple[str, str, str] | None:
        """Two codes and a PIN that are shown."""

    @property
    def open_practice(self) -> Callable[[], object] | None:
        """Open practice, where there is any."""
