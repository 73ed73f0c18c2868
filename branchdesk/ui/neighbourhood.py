"""What the screens of one desk may ask of each other and of the frame, by name."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from branchdesk.application.models import CustomerLine, Session
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.state import Screen

if TYPE_CHECKING:
    from branchdesk.ui.sign_in.presenter import Entry
    from branchdesk.ui.window import Desk


class Neighbourhood:
    """Implements ``Neighbours`` on the parts of a desk."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def covered(self) -> None:
        """Allow what can be used now, also while the check of a voucher is open; once it is
        closed, the screen below shows what was redeemed or undone.
        """
        self._desk.covered()
        if not self._desk.verdict.is_open:
            self._desk.shell.freshen()

    def work_done(self) -> None:
        """Something was committed: read the status again and send it when there is a line."""
        self._desk.shell.work_done()

    def open_screen(self, screen: Screen) -> None:
        """Show a screen of the desk."""
        self._desk.shell.open(screen)

    def show_customer(self, customer: str) -> None:
        """Show a customer's page."""
        self._desk.customer.choose(customer)
        self._desk.shell.open(Screen.CUSTOMER)

    def serve_customer(self, line: CustomerLine) -> None:
        """Go on with a customer at the counter."""
        self._desk.shell.open(Screen.COUNTER)
        self._desk.counter.serve(line)

    def customer_changed(self, customer: str, line: CustomerLine | None) -> None:
        """Show a customer at the counter as they are now."""
        self._desk.counter.person_changed(customer, line)

    def sync(self) -> None:
        """Synchronise now."""
        self._desk.shell.sync()

    def stop_sync(self) -> None:
        """Let the synchronisation that runs end; what was signed for stays."""
        self._desk.shell.stop_sync()

    def lock(self) -> None:
        """Hide everything behind the PIN."""
        self._desk.shell.lock()

    def sound(self, tone: Tone) -> None:
        """Let the result of an act be heard, unless sounds are off; nobody waits for it."""
        desk = self._desk
        if desk.wardrobe.settings.sounds:
            desk.door.background.submit(Lane.NETWORK, partial(desk.services.sound, tone))

    def shift_opened(self, session: Session) -> None:
        """Go on in the shift that is open now."""
        self._desk.shell.shift_opened(session)

    def hand_over(self, entry: "Entry") -> None:
        """Somebody else is at the desk now, and goes on serving; that is said."""
        self._desk.enter(entry)
        self._desk.shell.open(Screen.COUNTER)
        staff = entry.staff
        facts = {"name": staff.name, "code": staff.code}
        self._desk.scan.say("shift.handed_to", Tone.SUCCESS, **facts)

    def sign_out(self) -> None:
        """Leave the desk for the door."""
        self._desk.shell.sign_out()

    def pause(self, word: str) -> None:
        """Lock the desk and show a word to whoever comes by."""
        self._desk.shell.lock(word)

    def layout_chosen(self, layout: str) -> None:
        """Remember the layout that vouchers are printed in."""
        wardrobe = self._desk.wardrobe
        wardrobe.change(replace(wardrobe.settings, layout=layout))

    def voucher_layout(self) -> str:
        """Return the layout that vouchers are printed in now."""
        return self._desk.wardrobe.settings.layout

    def chosen_camera(self) -> str:
        """Return the id of the camera that was chosen here, or nothing."""
        return self._desk.wardrobe.settings.camera

    def choose_camera(self, camera: str) -> None:
        """Remember which camera is to be used."""
        wardrobe = self._desk.wardrobe
        wardrobe.change(replace(wardrobe.settings, camera=camera))

    def talk_shown(self, *, is_open: bool) -> None:
        """Remember whether the talk track stands beside the form."""
        wardrobe = self._desk.wardrobe
        wardrobe.change(replace(wardrobe.settings, talk_open=is_open))
