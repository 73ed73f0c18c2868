"""The log and the crash capture: structured lines, an allow-list of fields, no personal data.

A field that is not on the list is dropped, whoever logs it; digits that look like a phone or a
document number are blotted out even in fields that are.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any


@contextmanager
def _absent(name: str) -> Iterator[None]:
    kept = name in sys.modules
    if not kept:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python is told that there is none
    try:
        yield
    finally:
        if not kept:
            del sys.modules[name]


# structlog draws tracebacks with rich where there is one. We write JSON lines, and rich would hold
# 20 MB in every window.
with _absent("rich"):
    import structlog

FIELDS = frozenset(
    {
        "event", "level", "time", "code", "terminal", "epoch", "seq", "pushed", "unsent", "pulled",
        "seconds", "delay_ms", "screen", "trace",
    }
)  # fmt: skip
LOG_BYTES_MAX = 2 << 20
_LONG_NUMBER = re.compile(r"\d{6,}[\dXx]")


def start_logging(folder: Path) -> None:
    """Log to ``branchdesk.log`` in ``folder``: JSON lines, two files of two MiB at most."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "branchdesk.log", maxBytes=LOG_BYTES_MAX, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("branchdesk")
    for earlier in logger.handlers:
        earlier.close()
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_names: logger,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_to(folder: Path) -> None:
    """Log to ``folder`` from now on, what no code expected included."""
    start_logging(folder)
    capture_crashes(lambda kind: sys.stderr.write(f"branchdesk: {kind}; see {folder}\n"))


def only_allowed(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep the fields of the allow-list, with long numbers blotted out of their texts."""
    return {
        name: _LONG_NUMBER.sub("[number]", value) if isinstance(value, str) else value
        for name, value in fields.items()
        if name in FIELDS
    }


def capture_crashes(tell: Callable[[str], object]) -> None:
    """Send what no code expected to the log, then tell the person in one sentence.

    ``tell`` gets the name of the exception only: its text may hold what somebody typed.
    """

    def capture(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        # Frames only: neither the message nor the local values, which may be personal.
        frames = "".join(traceback.format_tb(trace))
        structlog.get_logger().error("crash", code=kind.__name__, trace=frames)
        tell(kind.__name__)

    sys.excepthook = capture
