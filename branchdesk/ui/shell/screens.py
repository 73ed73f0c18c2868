"""What a screen of the desk is to the frame around it, and what it may ask of that frame.

A screen is a folder with view, presenter and state; its ``wiring`` module builds it from
``Surroundings``. No screen knows another: it asks its neighbours by these names. No Qt here.
"""

from dataclasses import dataclass
from typing import Protocol

from branchdesk.application.models import CampaignInForce, CustomerLine, Session
from branchdesk.ui.kit.background import Background, Timers
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.sign_in.presenter import Entry


class ScreenPresenter(Protocol):
    """A screen, as the frame drives it."""

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin or go on for whoever signed in, whether or not this screen is shown now."""

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over what head office sent."""

    def opened(self, *, has_cursor: bool = False) -> None:
        """Come into sight: read what may have changed.

        With ``has_cursor`` the cursor is back where it was; else put it where work begins.
        """

    def freshen(self) -> None:
        """Read again what is shown: it may have been changed elsewhere. The cursor and what is
        being typed stay.
        """

    def hide(self, *, is_locked: bool = False) -> None:
        """Forget at once every personal field shown in the clear: out of sight, or locked.

        Once ``is_locked`` nobody is known to be there: what only people present may go on with is
        put away as well.
        """

    def back(self) -> None:
        """Step back by one (Esc)."""

    def close(self) -> None:
        """Keep what is half done: the window closes."""


class Neighbours(Protocol):
    """What a screen may ask of the rest of the window."""

    def work_done(self) -> None:
        """Something was committed: read the status again and send it when there is a line."""

    def layout_chosen(self, layout: str) -> None:
        """Vouchers are to be printed in this layout from now on."""

    def voucher_layout(self) -> str:
        """Return the layout that vouchers are printed in now."""

    def talk_shown(self, *, is_open: bool) -> None:
        """The talk track stands beside the form, or is folded away, from now on."""

    def open_screen(self, screen: Screen) -> None:
        """Show a screen of the desk."""

    def show_customer(self, customer: str) -> None:
        """Show a customer's page."""

    def serve_customer(self, line: CustomerLine) -> None:
        """Go on with a customer at the counter."""

    def customer_changed(self, customer: str, line: CustomerLine | None) -> None:
        """A customer is shown otherwise from now on; None says that they were erased."""

    def sync(self) -> None:
        """Synchronise now."""

    def stop_sync(self) -> None:
        """Let the synchronisation that runs end; what was signed for stays."""

    def lock(self) -> None:
        """Hide everything behind the PIN."""

    def sound(self, tone: Tone) -> None:
        """Let the result of an act be heard, where people want that."""

    def shift_opened(self, session: Session) -> None:
        """Go on in the shift that is open now."""

    def hand_over(self, entry: Entry) -> None:
        """Somebody else is at the desk now."""

    def sign_out(self) -> None:
        """Leave the desk for the door."""

    def pause(self, word: str) -> None:
        """Lock the desk and show a word to whoever comes by."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every screen is built from; ``settings`` are those at the start."""

    background: Background
    timers: Timers
    services: DeskServices
    neighbours: Neighbours
    settings: DeskSettings
