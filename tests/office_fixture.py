"""A founded head office for tests, with a clock that stands still until a test moves it."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.office import Office, init_office, open_office
from tests.simulated_terminal import SimulatedTerminal

PASSPHRASE = "a passphrase for tests only"
SAMPLE = Path(__file__).parents[1] / "resources" / "sample" / "campaign.yaml"
URL = "https://127.0.0.1:8443"
# Inside the sample's issuing window.
NOW_MS = int(datetime(2026, 11, 2, 2, 0, tzinfo=UTC).timestamp() * 1000)


@dataclass(slots=True)
class StillClock:
    """Unix milliseconds that change only when told."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance_days(self, days: float) -> None:
        """Move on."""
        self.now_ms += int(days * 86_400_000)


@dataclass(slots=True)
class TestBank:
    """An open office, where it lives, and its clock."""

    __test__ = False

    home: Path
    office: Office
    clock: StillClock
    others: list[Office] = field(default_factory=list)

    def terminal(self, outlet: str = "B001", **how: Any) -> SimulatedTerminal:
        """Enrol a simulated terminal that shares the clock."""
        return SimulatedTerminal(self.office, outlet, clock_ms=self.clock, **how)

    def another_office(self) -> Office:
        """Open the same store once more, as another worker does."""
        self.others.append(open_office(self.home, PASSPHRASE, self.clock))
        return self.others[-1]

    def offer(self, code: str) -> Mapping[str, Any]:
        """Return an offer's line of the status."""
        found: list[Any] = self.office.status()["offers"]  # type: ignore[assignment]
        return next(line for line in found if line["code"] == code)


@cache
def _sample() -> dict[str, Any]:
    return read_campaign_file(SAMPLE)


def sample_campaign() -> dict[str, Any]:
    """Return the sample campaign's mapping, free to change."""
    return copy.deepcopy(_sample())


def with_offer(code: str, **changes: Any) -> dict[str, Any]:
    """Return the sample with one offer changed."""
    campaign = sample_campaign()
    offer = next(offer for offer in campaign["offers"] if offer["code"] == code)
    offer.update(changes)
    return campaign


@contextmanager
def new_bank(
    home: Path, database_url: str = "", campaign: dict[str, Any] | None = None
) -> Iterator[TestBank]:
    """Found an office in ``home`` and publish a campaign (the sample by default)."""
    clock = StillClock()
    init_office(home, PASSPHRASE, database_url or None, URL, clock_ms=clock)
    with open_office(home, PASSPHRASE, clock) as office:
        office.publish(sample_campaign() if campaign is None else campaign)
        bank = TestBank(home, office, clock)
        yield bank
        for other in bank.others:
            other.close()
