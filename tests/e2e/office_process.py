"""A real head office in a process of its own, on loopback, for end-to-end tests."""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CAMPAIGN = REPOSITORY / "resources/sample/campaign.yaml"
PASSPHRASES = {
    "BRANCHDESK_OFFICE_PASSPHRASE": "office passphrase for tests",
    "BRANCHDESK_PASSPHRASE": "terminal passphrase for tests",
    "BRANCHDESK_PIN": "246810",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: exit code, its JSON answers, its error."""

    code: int
    answers: tuple[dict[str, object], ...]
    error: dict[str, object] | None
    stderr: str

    @property
    def answer(self) -> dict[str, object]:
        """The only answer of a command that gives one."""
        assert len(self.answers) == 1, (self.answers, self.stderr)
        return self.answers[0]


def branchdesk(
    home: Path, *words: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> Ran:
    """Run one command with ``--json`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "branchdesk", "--home", str(home), "--json", *words],
        input=stdin.encode(),
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, **PASSPHRASES, **(env or {})},
        timeout=300,
        check=False,
    )
    stderr = done.stderr.decode()
    assert "Traceback" not in stderr, stderr
    lines = [line for line in stderr.splitlines() if line.startswith("{")]
    return Ran(
        done.returncode,
        tuple(json.loads(line) for line in done.stdout.decode().splitlines()),
        json.loads(lines[-1]) if lines else None,
        stderr,
    )


def told(home: Path, *words: str, language: str = "zh", stdin: str = "") -> str:
    """Run one command that must succeed, without ``--json``, and return what people read."""
    done = subprocess.run(
        [sys.executable, "-m", "branchdesk", "--home", str(home), "--language", language, *words],
        input=stdin.encode(),
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, **PASSPHRASES},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (words, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode()


def do(home: Path, *words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run a command that must succeed."""
    ran = branchdesk(home, *words, stdin=stdin, env=env)
    assert ran.code == 0, (words, ran.answers, ran.stderr)
    return ran


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(home: Path, port: int, *options: str) -> Iterator[str]:
    """Run ``office serve`` until the block ends, and give its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "branchdesk", "office", "serve", "--home", str(home),
         "--port", str(port), "--json", *options],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, **PASSPHRASES},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
        process.stdout.close()


def found_office(home: Path) -> str:
    """Make a head office with the sample campaign published; return its grant key in hex.

    It is founded by the commands once in a process and copied: founding makes keys and stretches a
    passphrase. Two of one process have the same keys; see ``found_own_office``.
    """
    folder, key = _founded()
    shutil.copytree(folder, home)
    return key


def found_own_office(home: Path) -> str:
    """Found a head office that shares no key with any other, as ``found_office`` does."""
    key = do(home, "office", "init").answer["public_key"]
    do(home, "office", "publish", str(CAMPAIGN))
    return str(key)


@cache
def _founded() -> tuple[Path, str]:
    folder = Path(tempfile.mkdtemp(prefix="branchdesk-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "office", found_own_office(folder / "office")


def enrol(office: Path, home: Path, outlet: str = "B001", staff: str = "T001") -> Ran:
    """Enrol a terminal with its first PIN."""
    code = do(office, "office", "enrol-code", "--outlet", outlet).answer["code"]
    return do(home, "enrol", "--code", str(code), "--staff", staff)
