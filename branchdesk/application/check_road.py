"""The road check: may this van leave, and what must be done first.

One line a thing to look at, each green, amber (leave, and keep an eye on it) or red (do not leave).
Everything is read, nothing is recorded: a record would itself be unsent, and the check asks for
nothing to be.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from branchdesk.application.models import (
    CampaignInForce,
    GrantLine,
    Staff,
    TerminalCondition,
    TerminalState,
)
from branchdesk.application.ports import Clock, Machine, Power, Reading, Store
from branchdesk.domain.clock import ClockState
from branchdesk.domain.forecast import usual_day
from branchdesk.protocol.token import china_day, day_of

# What a usual day takes is learnt from the last weeks, not from a season long ago.
HISTORY_DAYS: Final = 28
FREE_BYTES_PLENTY: Final = 2 << 30
BATTERY_LOW_PERCENT: Final = 20
BATTERY_GOOD_PERCENT: Final = 60


class Standing(StrEnum):
    """How a thing stands, best first."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One thing that was looked at: the texts are ``road.<subject>.<word>`` with the facts."""

    subject: str
    standing: Standing
    word: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoadReport:
    """What was looked at, where, when and by whom; ``staff`` is None for an unattended check."""

    lines: tuple[RoadLine, ...]
    terminal: TerminalState
    checked_ms: int
    staff: Staff | None

    @property
    def ready(self) -> bool:
        """Say whether the van may leave."""
        return self.count(Standing.RED) == 0

    def count(self, standing: Standing) -> int:
        """Count the lines that stand so."""
        return sum(line.standing is standing for line in self.lines)


class CheckRoad:
    """Look at everything a day without a line depends on.

    ``staff_codes`` gives who has a PIN here, or a one-time code that waits.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        machine: Machine,
        staff_codes: Callable[[], Sequence[str]],
    ) -> None:
        self._store, self._clock, self._machine = store, clock, machine
        self._staff_codes = staff_codes

    def __call__(self, staff: str) -> RoadReport:
        """Return the report, made by ``staff`` (a code, or empty)."""
        now_ms = self._clock.now_ms()
        day = china_day(now_ms // 1000)
        with self._store.read() as reading:
            terminal = reading.terminal()
            lines = [
                _terminal(terminal),
                _unsent(terminal),
                _campaign(reading.campaigns(), day),
                _grants(reading, day),
                _staff(reading.all_staff(), self._staff_codes()),
                _keys(reading),
                _clock(reading),
            ]
            by = reading.staff(staff)
        lines += [*self._store_lines(), *self._machine_lines()]
        return RoadReport(tuple(lines), terminal, now_ms, by)

    def _store_lines(self) -> Iterator[RoadLine]:
        store = self._store
        damage = store.quick_check()
        facts = {"problems": ", ".join(damage)}
        yield _line("store", Standing.RED if damage else Standing.GREEN, bad=damage, **facts)
        warning = next((word for word in store.warnings() if word.startswith("second_file")), "")
        yield _line("second", Standing.RED if warning else Standing.GREEN, bad=warning)
        yield _disk(store)

    def _machine_lines(self) -> Iterator[RoadLine]:
        printers = self._machine.printers()
        if printers:
            facts = {"name": printers[0], "count": len(printers)}
            yield RoadLine("printer", Standing.GREEN, "good", facts)
        else:
            yield RoadLine("printer", Standing.AMBER, "none")
        yield _battery(self._machine.power())


def _line(subject: str, standing: Standing, *, bad: object, **facts: object) -> RoadLine:
    return RoadLine(subject, standing, "bad" if bad else "good", facts)


def _terminal(terminal: TerminalState) -> RoadLine:
    if terminal.condition is TerminalCondition.FROZEN:
        return RoadLine("terminal", Standing.RED, "frozen")
    facts = {"outlet": terminal.outlet_name, "number": terminal.terminal}
    return RoadLine("terminal", Standing.GREEN, "good", facts)


def _unsent(terminal: TerminalState) -> RoadLine:
    if terminal.unsent:
        return RoadLine("unsent", Standing.RED, "waiting", {"count": terminal.unsent})
    return RoadLine("unsent", Standing.GREEN, "good")


def _campaign(campaigns: Sequence[CampaignInForce], day: int) -> RoadLine:
    today = day_of(day)
    running = [found for found in campaigns if not found.campaign.is_expired(today)]
    if not running:
        return RoadLine("campaign", Standing.RED, "none")
    facts = {"name": running[0].campaign.name, "version": running[0].version}
    return RoadLine("campaign", Standing.GREEN, "good", facts)


def _grants(reading: Reading, day: int) -> RoadLine:
    """Judge each offer that is open today by what it takes on a usual day."""
    today, names = day_of(day), _open_offers(reading.campaigns(), day_of(day))
    usable = [g for g in reading.grants() if not g.revoked and g.issue_until >= today]
    left = {code: sum(map(_free, _of(usable, code))) for code in names}
    if not any(left.values()):
        return RoadLine("grants", Standing.RED, "none")
    history = reading.issued_by_day(day - HISTORY_DAYS)
    usual = {code: usual_day(history.get(code, {})) for code in names}
    short = [code for code in names if left[code] < (usual[code] or 0)]
    total = sum(left.values())
    if short:
        first = short[0]
        facts = {"name": names[first], "left": left[first], "need": usual[first]}
        return RoadLine("grants", Standing.RED, "short", facts)
    ending = [names[c] for c in names if left[c] and _ends_today(_of(usable, c), today)]
    if ending:
        return RoadLine("grants", Standing.AMBER, "ends", {"names": ending})
    empty = [names[code] for code in names if not left[code]]
    if empty:
        return RoadLine("grants", Standing.AMBER, "empty", {"names": empty})
    if not any(usual.values()):
        return RoadLine("grants", Standing.AMBER, "new", {"total": total})
    return RoadLine("grants", Standing.GREEN, "good", {"total": total})


def _open_offers(campaigns: Sequence[CampaignInForce], today: datetime.date) -> dict[str, object]:
    offers = [offer for found in campaigns for offer in found.campaign.offers]
    return {offer.code: offer.name for offer in offers if offer.is_open(today)}


def _of(grants: Sequence[GrantLine], code: str) -> list[GrantLine]:
    return [grant for grant in grants if grant.code == code]


def _free(grant: GrantLine) -> int:
    return max(0, grant.slots - grant.used - grant.returned)


def _ends_today(grants: Sequence[GrantLine], today: datetime.date) -> bool:
    """Say whether everything that is left ends today: a day on the road may cross midnight."""
    return all(grant.issue_until <= today for grant in grants if _free(grant))


def _staff(staff: Sequence[Staff], with_pin: Sequence[str]) -> RoadLine:
    without = [member.name for member in staff if member.code not in with_pin]
    count = len(staff) - len(without)
    if not count:
        return RoadLine("staff", Standing.RED, "none")
    if without:
        return RoadLine("staff", Standing.AMBER, "some", {"count": count, "names": without})
    return RoadLine("staff", Standing.GREEN, "good", {"count": count})


def _keys(reading: Reading) -> RoadLine:
    count = len(reading.grant_keys())
    if not count:
        return RoadLine("keys", Standing.RED, "none")
    return RoadLine("keys", Standing.GREEN, "good", {"count": count})


def _clock(reading: Reading) -> RoadLine:
    state, drift_ms = reading.clock_state(), reading.clock_drift_ms()
    if state == ClockState.SUSPECT.value:
        return RoadLine("clock", Standing.RED, "suspect")
    if state != ClockState.TRUSTED.value or drift_ms is None:
        return RoadLine("clock", Standing.AMBER, "unverified")
    return RoadLine("clock", Standing.GREEN, "good", {"seconds": round(abs(drift_ms) / 1000)})


def _disk(store: Store) -> RoadLine:
    free = store.free_bytes()
    facts = {"free_gb": f"{free / (1 << 30):.1f}"}
    if not store.free_space_ok() or "disk_nearly_full" in store.warnings():
        return RoadLine("disk", Standing.RED, "full", facts)
    plenty = free >= FREE_BYTES_PLENTY
    return RoadLine(
        "disk", Standing.GREEN if plenty else Standing.AMBER, "good" if plenty else "little", facts
    )


def _battery(power: Power | None) -> RoadLine:
    if power is None:
        return RoadLine("battery", Standing.AMBER, "unknown")
    percent = power.battery_percent
    if percent is None:
        return RoadLine("battery", Standing.GREEN, "mains")
    facts = {"percent": percent}
    if percent >= BATTERY_GOOD_PERCENT:
        return RoadLine("battery", Standing.GREEN, "good", facts)
    low = percent < BATTERY_LOW_PERCENT and not power.on_mains
    return RoadLine(
        "battery", Standing.RED if low else Standing.AMBER, "empty" if low else "part", facts
    )
