"""Batches of one JSON object a line: each line is done, or fails, on its own."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from branchdesk.app.commands.answers import Answers
from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation

LINE_BYTES_MAX = 256 << 10


def run_batch(source: str, answers: Answers, do: Callable[[str], object]) -> int:
    """Give every line of ``source`` (a file, or ``-``) to ``do``; return the worst exit code.

    A line that fails prints its error in its place and the others go on.
    """
    worst = 0
    for line in read_lines(source):
        try:
            answers.give(do(line))
        except BranchDeskError as error:
            answers.fail_line(error)
            worst = max(worst, error.exit_code)
    return worst


def read_lines(source: str) -> Iterator[str]:
    """Yield the lines of a file or of stdin that are not blank, as text."""
    if source == "-":
        yield from _texts(iter(sys.stdin.buffer.readline, b""))
        return
    try:
        with Path(source).open("rb") as file:
            yield from _texts(iter(lambda: file.readline(LINE_BYTES_MAX + 2), b""))
    except OSError as error:
        raise EnvironmentFault("file_unreadable", path=source, reason=error.strerror) from error


def read_object(line: str) -> Mapping[str, object]:
    """Read one JSON object; raises RuleViolation ``line_not_json``."""
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()  # Half a surrogate pair is no character.
    except (ValueError, RecursionError) as error:
        raise RuleViolation("line_not_json", problem=str(error)[:100]) from error
    if not isinstance(value, dict):
        raise RuleViolation("line_not_json", problem="not an object")
    return value


def text_field(fields: Mapping[str, object], name: str, *, default: str | None = None) -> str:
    """Return a text field of a line.

    Raises RuleViolation ``field_missing`` or ``field_type`` naming the field.
    """
    value = fields.get(name, default)
    if value is None:
        raise RuleViolation("field_missing", field=name)
    if not isinstance(value, str):
        raise RuleViolation("field_type", field=name, expected="text")
    return value


def refuse_unknown(fields: Mapping[str, object], *known: str) -> None:
    """Refuse a line with a field that would be silently ignored."""
    for name in fields:
        if name not in known:
            raise RuleViolation("field_unknown", field=name[:40])


def _texts(lines: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > LINE_BYTES_MAX:
            raise RuleViolation("line_too_long", line=number, limit_bytes=LINE_BYTES_MAX)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise RuleViolation("file_not_utf8", line=number) from error
        if text:
            yield text
