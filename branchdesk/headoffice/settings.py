"""Where head office's files lie in its home, and the settings kept there (no secrets but a DB URL).

``office.json`` is written last by ``init``: a home without it holds no office.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from branchdesk.errors import EnvironmentFault, RuleViolation

SETTINGS_FILE = "office.json"
KEYS_FILE = "office.keys"
DATABASE_FILE = "office.db"
CA_FILE = "ca.pem"
SERVER_CERTIFICATE_FILE = "server.pem"
SERVER_KEY_FILE = "server.key"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an office is set to.

    ``database_url`` is empty for the embedded SQLite file. ``url`` is the address that terminals
    dial when ``init`` was told one; ``served_url`` is where ``serve`` listened last.
    """

    database_url: str = ""
    url: str = ""
    served_url: str = ""

    def public_url(self) -> str:
        """Return the address that goes into enrolment codes, or "" while none is known."""
        return self.url or self.served_url

    def served_at(self, url: str) -> "Settings":
        """Return the settings with another address of the running service."""
        return replace(self, served_url=url)


def read_settings(home: Path) -> Settings:
    """Read the settings of an office; raises RuleViolation ``office_missing``."""
    path = home / SETTINGS_FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Settings(*(str(fields[name]) for name in ("database_url", "url", "served_url")))
    except FileNotFoundError as error:
        raise RuleViolation("office_missing", home=str(home)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault("office_settings_unreadable", path=str(path)) from error


def write_settings(home: Path, settings: Settings) -> None:
    """Replace the settings in one step; only the owner may read them."""
    text = json.dumps(asdict(settings), ensure_ascii=False, indent=2) + "\n"
    write_private(home / SETTINGS_FILE, text.encode())


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all, and sync it."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
