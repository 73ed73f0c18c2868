"""The made-up bank of practice: its head office, its terminal, and people to search for.

Its passphrases are random and live in this process only. When practice ends, in whatever way, what
is left on the disk can be read by nobody; the next practice removes it.
"""

import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from branchdesk.app.made_up import OUTLET, PIN, STAFF, SUPERVISOR, serve_walk_in, walk_ins
from branchdesk.app.practice.office import PracticeOffice, campaign_for
from branchdesk.app.terminal import Terminal
from branchdesk.devices.device_secret import PassphraseSecret
from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.errors import EnvironmentFault, os_reason
from branchdesk.protocol.token import china_day, day_of

PEOPLE: Final = 24


class PracticeBank:
    """One practice, from an empty folder to one that is gone again.

    ``folder`` belongs to practice alone: whatever lies there is removed. The bank is founded on a
    thread of its own while the window opens, then ``on_ready`` is called there; whoever signs in
    waits for it.
    """

    def __init__(self, folder: Path, on_ready: Callable[[], object] = bool) -> None:
        self._folder, self._on_ready = folder, on_ready
        _remove(folder)
        self._office = PracticeOffice(folder / "office")
        # No second folder from the environment: that one belongs to the real store.
        home = TerminalHome(folder / "terminal")
        home.prepare()
        secret = PassphraseSecret(secrets.token_hex(24))
        self.terminal = Terminal(home, secret=secret, office=self._office, is_practice=True)
        self._lane = ThreadPoolExecutor(1, "practice")
        self._founded: Future[None] = self._lane.submit(self._found)

    def wait(self) -> None:
        """Wait until the bank stands; raises what kept it from being founded."""
        self._founded.result()

    def close(self) -> None:
        """End practice: forget the keys and remove everything."""
        self._lane.shutdown()
        self.terminal.close()
        self._office.close()
        # What is still open somewhere (a printed page in a viewer, on Windows) stays until the
        # next practice; without the keys the store beside it is noise.
        shutil.rmtree(self._folder, ignore_errors=True)

    def _found(self) -> None:
        terminal = self.terminal
        today = day_of(china_day(terminal.clock.now_ms() // 1000))
        campaign = campaign_for(today, resource("resources/sample/campaign.yaml"))
        terminal.enrol(self._office.found(campaign, OUTLET), STAFF, PIN)
        terminal.vault.set_pin(terminal.data_key(), SUPERVISOR, PIN)
        terminal.synchronise()
        self._people()
        terminal.synchronise()
        self._on_ready()

    def _people(self) -> None:
        """Serve people who were here before, and print what they were given."""
        session = self.terminal.sign_in(STAFF, PIN).session
        for line in walk_ins()[:PEOPLE]:
            serve_walk_in(self.terminal, session, line)
        with self.terminal.store.read() as reading:
            vouchers = [record.voucher for record in reading.vouchers()]
        self.terminal.print_vouchers(session, vouchers, "a4x8")
        # Opening a shift is part of what is practised.
        self.terminal.close_shift(session)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise EnvironmentFault(
            "home_unusable", folder=str(folder), reason=os_reason(error)
        ) from error
