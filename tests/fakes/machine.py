"""A machine whose printers and power are what a test says."""

from dataclasses import dataclass

from branchdesk.application.ports import Power


@dataclass(slots=True)
class FakeMachine:
    """Implements the ``Machine`` port; the default is a van that is ready."""

    printer_names: tuple[str, ...] = ("HP LaserJet 1020",)
    runs_on: Power | None = Power(88, on_mains=False)  # noqa: RUF009  (Power is frozen)

    def printers(self) -> tuple[str, ...]:
        """Return the printers."""
        return self.printer_names

    def power(self) -> Power | None:
        """Return what the machine runs on."""
        return self.runs_on
