"""The road check in words: for paper, and for the command line.

Screens word their own states; this module words a whole report at once.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from branchdesk.app.paper import write_whole
from branchdesk.application.check_road import RoadLine, RoadReport, Standing
from branchdesk.application.texts import Texts
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.clock import china_time


class RoadWords:
    """Says the lines of a report in one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts, self._language = texts, language

    def subject(self, line: RoadLine) -> str:
        """Return what was looked at."""
        return self._texts.say(f"road.{line.subject}", self._language)

    def value(self, line: RoadLine) -> str:
        """Return how it stands."""
        return self._say(f"road.{line.subject}.{line.word}", line.facts)

    def advice(self, line: RoadLine) -> str:
        """Return what to do about it; nothing about what is green."""
        if line.standing is Standing.GREEN:
            return ""
        return self._say(f"road.{line.subject}.{line.word}.do", line.facts)

    def verdict(self, report: RoadReport) -> str:
        """Return whether the van may leave."""
        key = verdict_key(report)
        red, amber = report.count(Standing.RED), report.count(Standing.AMBER)
        return self._texts.say(key, self._language, red=red, amber=amber)

    def _say(self, key: str, facts: Mapping[str, object]) -> str:
        plain = {name: self._plain(value) for name, value in facts.items()}
        return self._texts.say(key, self._language, **plain)

    def _plain(self, value: object) -> object:
        if isinstance(value, Bilingual):
            return value.in_language(self._language)
        return [self._plain(item) for item in value] if isinstance(value, list) else value


def verdict_key(report: RoadReport) -> str:
    """Return the text key of whether the van may leave."""
    if not report.ready:
        return "road.verdict.stay"
    return "road.verdict.watch" if report.count(Standing.AMBER) else "road.verdict.go"


class RoadSlips:
    """Prints slips to PDF, in ``folder`` unless a path is given."""

    def __init__(
        self,
        fonts: Path,
        folder: Path,
        texts: Callable[[], Texts],
        *,
        is_practice: bool = False,
    ) -> None:
        self._fonts, self._folder, self._texts = fonts, folder, texts
        self._is_practice = is_practice

    def __call__(self, report: RoadReport, language: Language, path: str = "") -> str:
        """Write the slip whole and return where it lies; raises EnvironmentFault."""
        from branchdesk.documents.fonts import FontFolder
        from branchdesk.documents.road_slip import RoadSlip, SlipLine, render_road_slip

        words = RoadWords(self._texts(), language)
        worst = max((line.standing for line in report.lines), key=list(Standing).index)
        slip = RoadSlip(
            mark=worst.value,
            verdict=words.verdict(report),
            place=f"{report.terminal.outlet_name} {report.terminal.outlet}"
            f" · {report.terminal.terminal}",
            checked_at=china_minute(report.checked_ms),
            checked_by=f"{report.staff.name} {report.staff.code}" if report.staff else "",
            practice=self._is_practice,
            lines=tuple(
                SlipLine(
                    line.standing.value,
                    words.subject(line),
                    words.value(line),
                    words.advice(line),
                )
                for line in report.lines
            ),
        )
        target = Path(path) if path else self._folder / f"road-check-{report.checked_ms}.pdf"

        def draw(file: BinaryIO) -> DocumentResult:
            fonts = FontFolder(self._fonts)
            return render_road_slip(slip, file, fonts=fonts, language=language)

        write_whole(target, draw)
        return str(target)


def china_minute(ms: int) -> str:
    """Write a wall time in UTC+8 to the minute."""
    return china_time(ms).strftime("%Y-%m-%d %H:%M")
