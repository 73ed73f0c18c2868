"""How the command line answers: JSON lines or words on stdout, one error line on stderr.

An answer is flushed as soon as it is printed, so that whoever reads it knows the commit is done.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TextIO, TypeGuard
from uuid import UUID

from branchdesk.app.commands.readable import Readable
from branchdesk.application.texts import Texts
from branchdesk.domain.clock import china_time
from branchdesk.errors import BranchDeskError

OUR_FAULT = 1
USAGE = 2
IDS = frozenset({"terminal", "grant", "offer", "number", "keeper"})
TIME_SUFFIXES = (
    "expires_ms", "registered_ms", "since_ms", "time_ms", "opened_ms", "closed_ms", "used_ms",
    "asked_ms", "approved_ms",
)  # fmt: skip
# One that says already that it is a moment: ``issued_at_ms`` becomes ``issued_at``.
MOMENT_SUFFIX = "at_ms"


@dataclass(frozen=True, slots=True)
class Answers:
    """Where answers go and in which form; ``texts`` puts errors into words."""

    as_json: bool
    language: str
    texts: Texts
    out: TextIO
    err: TextIO

    def give(self, answer: object, shown: Sequence[str] = ()) -> None:
        """Print one answer: a mapping or a frozen result; ``shown`` picks what people see of it."""
        fields = plain(answer)
        self._print(fields, self._readable.sheet(fields, shown))

    def give_all(
        self, answers: Iterable[object], nothing: str, shown: Sequence[str] = (), **facts: object
    ) -> None:
        """Print a list: JSON an object a line, people a table, or the text ``nothing`` of none."""
        rows = [plain(answer) for answer in answers]
        if self.as_json:
            for row in rows:
                self._print(row, ())
        elif rows:
            self._print({}, self._readable.table(rows, shown))
        else:
            self._print({}, [self.texts.say(nothing, self.language, **facts)])

    def space(self) -> None:
        """Leave a line empty between two answers that people read."""
        if not self.as_json:
            print(file=self.out, flush=True)

    def give_line(self, number: int, answer: object, shown: Sequence[str] = ()) -> None:
        """Print the answer to line ``number`` of a batch, on one line."""
        fields = plain(answer)
        told = self._readable.line(fields, shown)
        self._print(fields, [self.texts.say("cli.line", self.language, line=number, told=told)])

    def fail_line(self, number: int, error: BranchDeskError) -> None:
        """Print a failure in the place of a batch line's answer; its facts name the line."""
        error.facts["line"] = number
        told = self._words(error)
        message = self.texts.say("cli.line", self.language, line=number, told=told)
        fields = {"error": error.code, "message": message, "facts": plain(error.facts)}
        self._print(fields, [message])

    def fail(self, error: BranchDeskError) -> None:
        """Print the failure of the whole command on stderr, as one line."""
        line = self._error(error) if self.as_json else self._words(error)
        print(line, file=self.err, flush=True)

    def say(self, key: str, **facts: object) -> None:
        """Print a remark on stderr, where it never disturbs the answers."""
        print(self.texts.say(key, self.language, **facts), file=self.err, flush=True)

    def fail_usage(self, message: str) -> None:
        """Print what was wrong with the words of the command."""
        if self.as_json:
            fields = {"error": "usage", "message": message, "facts": {}}
            print(json.dumps(fields, ensure_ascii=False), file=self.err, flush=True)
        else:
            print(message, file=self.err, flush=True)

    def fail_bug(self, error: Exception) -> None:
        """Print where an unexpected exception came from; its words may be personal."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        facts = {"exception": type(error).__name__, "where": where}
        message = self.texts.say("cli.bug", self.language, **facts)
        if self.as_json:
            line = json.dumps(
                {"error": "internal", "message": message, "facts": facts}, ensure_ascii=False
            )
        else:
            line = message
        print(line, file=self.err, flush=True)
        if os.environ.get("BRANCHDESK_TRACE"):
            traceback.print_exception(error, file=self.err)

    @property
    def _readable(self) -> Readable:
        return Readable(self.texts, self.language)

    def _print(self, fields: Mapping[str, object], words: Sequence[str]) -> None:
        lines = [json.dumps(fields, ensure_ascii=False)] if self.as_json else words
        print("\n".join(lines), file=self.out, flush=True)

    def _error(self, error: BranchDeskError) -> str:
        fields = {"error": error.code, "message": self._words(error), "facts": plain(error.facts)}
        return json.dumps(fields, ensure_ascii=False)

    def _words(self, error: BranchDeskError) -> str:
        return " ".join(self.texts.error(error, self.language).split())


def plain(value: object) -> dict[str, object]:
    """Return a result as JSON-ready fields, in the words of the command line.

    The token's numbers (terminal, grant, offer) are ids and so are text; a Unix time ``x_ms``
    becomes ``x_at`` in ISO 8601 with an offset.
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    assert isinstance(value, Mapping)
    return dict(_field(str(name), item) for name, item in value.items())


def standard_answers(texts: Texts, *, as_json: bool, language: str) -> Answers:
    """Answer on the process's own streams, always in UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return Answers(as_json, language, texts, sys.stdout, sys.stderr)


def _field(name: str, value: object) -> tuple[str, object]:
    if name in IDS and isinstance(value, int):
        return name, str(value)
    if name == "grants" and isinstance(value, (list, tuple)) and value and type(value[0]) is int:
        return name, [str(number) for number in value]
    if name.endswith((*TIME_SUFFIXES, MOMENT_SUFFIX)) and (value is None or _is_int(value)):
        plain_name = name.removesuffix("_ms")
        named = plain_name if name.endswith(MOMENT_SUFFIX) else f"{plain_name}_at"
        return named, None if value is None else _moment(value)
    return name, _json_ready(value)


def _is_int(value: object) -> TypeGuard[int]:
    return type(value) is int


def _moment(ms: int) -> str:
    return china_time(ms).isoformat(timespec="milliseconds")


def _json_ready(value: object) -> object:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json_ready(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return str(value) if isinstance(value, UUID) else value
