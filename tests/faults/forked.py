"""Do a job in a child of this process, which has everything imported, and hear what it answers.

A child may be killed at any instruction; an answer counts once its whole line is in the pipe.
"""

import json
import os
import select
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NoReturn

from tests.faults.promises import Answer

_CHUNK: Final = 1 << 16
Tell = Callable[[Answer], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a child answered, and how it ended: its exit code, or less than 0 for a signal."""

    answers: tuple[Answer, ...]
    code: int


@dataclass(frozen=True, slots=True)
class Child:
    """A running child and the pipe that it answers into."""

    process: int
    pipe: int
    heard: bytearray = field(default_factory=bytearray)

    def hear(self, answers: int, timeout_s: float) -> None:
        """Wait until it has given so many answers, has ended, or the time is over."""
        until = time.monotonic() + timeout_s
        while self.heard.count(b"\n") < answers:
            ready, _, _ = select.select([self.pipe], [], [], max(0.0, until - time.monotonic()))
            data = os.read(self.pipe, _CHUNK) if ready else b""
            if not data:
                return
            self.heard.extend(data)

    def ended(self) -> Ended:
        """Wait for its end; raises AssertionError with the child's own words if it broke."""
        with os.fdopen(self.pipe, "rb") as pipe:
            lines = (bytes(self.heard) + pipe.read()).split(b"\n")[:-1]
        _, status = os.waitpid(self.process, 0)
        answers = tuple(json.loads(line) for line in lines)
        for answer in answers:
            assert "broke" not in answer, answer["broke"]
        return Ended(answers, os.waitstatus_to_exitcode(status))


def start(work: Callable[[Tell], None]) -> Child:
    """Let a child do ``work``; it is given what to answer with."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    return Child(process, reading)


def done(work: Callable[[Tell], None]) -> Ended:
    """Let a child do ``work`` to its end, whatever end that is."""
    return start(work).ended()


def _work(work: Callable[[Tell], None], pipe: int) -> NoReturn:
    def tell(answer: Answer) -> None:
        os.write(pipe, json.dumps(answer).encode() + b"\n")

    code = 1
    try:
        work(tell)
        code = 0
    except BaseException:  # The parent must learn of it, whatever it is.
        tell({"broke": traceback.format_exc()})
    finally:
        # Never on into what the parent does, even when nobody listens any more.
        os._exit(code)
