"""Do a job in a child of this process, which has everything imported, and hear what it answers.

A child may be killed at any instruction; an answer counts once its whole line is in the pipe.
"""

import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tests.faults.promises import Answer

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

    def ended(self) -> Ended:
        """Wait for its end; raises AssertionError with the child's own words if it broke."""
        with os.fdopen(self.pipe, "rb") as pipe:
            lines = pipe.read().split(b"\n")[:-1]
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

    try:
        work(tell)
    except BaseException:  # The parent must learn of it, whatever it is.
        tell({"broke": traceback.format_exc()})
        os._exit(1)
    os._exit(0)
