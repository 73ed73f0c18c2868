"""Batches of one JSON object a line: each line is done, or fails, on its own."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from branchdesk.app.commands.answers import Answers
from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation, os_reason

LINE_BYTES_MAX = 256 << 10


def run_batch(
    source: str, answers: Answers, do: Callable[[str], object], shown: Sequence[str] = ()
) -> int:
    """Give every line of ``source`` (a file, or ``-``) to ``do``; return the worst exit code.

    A line that fails, or cannot even be read, prints its error in its place; the others go on.
    ``shown`` picks what people see of an answer.
    """
    worst = 0
    for number, data in enumerate(read_lines(source), start=1):
        try:
            text = _text(data, number)
            if text:
                answers.give_line(number, do(text), shown)
        except BranchDeskError as error:
            answers.fail_line(number, error)
            worst = max(worst, error.exit_code)
    return worst


def read_lines(source: str) -> Iterator[bytes]:
    """Yield the lines of a file or of stdin; of a line that is too long only its beginning."""
    if source == "-":
        yield from _lines(sys.stdin.buffer)
        return
    try:
        with Path(source).open("rb") as file:
            yield from _lines(file)
    except OSError as error:
        raise EnvironmentFault("file_unreadable", path=source, reason=os_reason(error)) from error


def read_object(line: str) -> Mapping[str, object]:
    """Read one JSON object; raises RuleViolation ``line_not_json`` or ``field_twice``."""
    try:
        value = json.loads(line, object_pairs_hook=_once_each)
        json.dumps(value, ensure_ascii=False).encode()  # Half a surrogate pair is no character.
    except json.JSONDecodeError as error:
        place = error.colno if error.lineno == 1 else len(line)
        raise RuleViolation("line_not_json", problem="syntax", column=place) from error
    except RecursionError as error:
        raise RuleViolation("line_not_json", problem="too_deep") from error
    except ValueError as error:
        raise RuleViolation("line_not_json", problem="half_character") from error
    if not isinstance(value, dict):
        raise RuleViolation("line_not_json", problem="not_object")
    return value


def _once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise RuleViolation("field_twice", field=name[:40])
        found[name] = value
    return found


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


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
            # What follows of a line that is too long is read and dropped, up to its end.
            rest = file.readline(LINE_BYTES_MAX + 1)
        yield line


def _text(data: bytes, number: int) -> str:
    if len(data) > LINE_BYTES_MAX:
        raise RuleViolation("line_too_long", limit_bytes=LINE_BYTES_MAX)
    try:
        return data.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise RuleViolation("file_not_utf8") from error
