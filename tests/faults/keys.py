"""The vault of a terminal under test: the real file, and a stretching that costs no time."""

from pathlib import Path
from typing import Final

from branchdesk.devices.device_secret import PassphraseSecret
from branchdesk.devices.key_wrap import Argon2Cost
from branchdesk.devices.vault import FileVault
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

CHEAP: Final = Argon2Cost(1, 8, 1)
KEYS_FILE: Final = "keys.json"


def vault_at(home: Path, seed: int) -> FileVault:
    """Open the vault below ``home`` as a program that has just started."""
    return FileVault(
        home / KEYS_FILE, PassphraseSecret("a made-up passphrase", CHEAP), ManualClock(),
        SeededRandomness(seed), cost=CHEAP, floor=CHEAP,
    )  # fmt: skip
