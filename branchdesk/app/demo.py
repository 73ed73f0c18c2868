"""The demonstration: a real head office on loopback, a real terminal, the sample campaign.

Everything goes the way it goes at a bank: enrolment by one code over TLS, registration and issue
offline, PDF, sync with signed acknowledgement, audit. The people are made up.
"""

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.office_acting import PASSPHRASE_VARIABLE as OFFICE_PASSPHRASE
from branchdesk.app.made_up import OUTLET, PIN, STAFF, SUPERVISOR, serve_walk_in, walk_ins
from branchdesk.app.own_program import own_program
from branchdesk.app.terminal import Terminal
from branchdesk.devices.device_secret import PASSPHRASE_VARIABLE, has_key_store
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.headoffice.campaign_file import read_campaign_file
from branchdesk.headoffice.office import init_office, open_office

_SERVE_SECONDS_MAX = 60
_AT_WINDOW = {"name", "phone", "channel", "interests", "consents", "issue"}


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counter did in the demonstration."""

    registered: int
    issued: int
    pushed: int


def run_demo(out: Path, *, headless: bool, answers: Answers) -> int:
    """Run the demonstration into ``out``; without ``headless`` the window opens at its end."""
    # Whoever ends the demonstration ends its head office too: leave through the ``finally``.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out = out.absolute()
    if out.exists() and any(out.iterdir()):
        raise RuleViolation("demo_folder_not_empty", folder=str(out))
    out.mkdir(parents=True, exist_ok=True)
    made = _passphrases()
    began = time.monotonic()
    office_home = out / "office"
    founded = init_office(office_home, os.environ[OFFICE_PASSPHRASE])
    with open_office(office_home, os.environ[OFFICE_PASSPHRASE]) as office:
        office.publish(read_campaign_file(resource("resources/sample/campaign.yaml")))
    with _serving(office_home):
        with open_office(office_home, os.environ[OFFICE_PASSPHRASE]) as office:
            code = office.enrol_code(OUTLET).code
        with Terminal(terminal_home(out / "terminal")) as terminal:
            terminal.enrol(code, STAFF, PIN)
            admit_supervisor(terminal, office_home)
        people = walk_ins()
        # One of them is served at the window, which pictures itself; the others by the same use
        # cases without it.
        at_window = next(line for line in people if line.keys() <= _AT_WINDOW and "issue" in line)
        _serve_at_window(out, at_window)
        people.remove(at_window)
        with Terminal(terminal_home(out / "terminal")) as terminal:
            counted = _serve_walk_ins(terminal, people, out)
            _save_proof(terminal, out / "sync-proof.json")
        seconds = time.monotonic() - began
        with open_office(office_home, os.environ[OFFICE_PASSPHRASE]) as office:
            status, audit = office.status(), office.audit()
        summary: dict[str, object] = {
            "registered": counted.registered,
            "issued": counted.issued,
            "pushed": counted.pushed,
            "seconds": round(seconds, 2),
            "sign_in": [
                {"staff": STAFF, "role": "teller", "pin": PIN},
                {"staff": SUPERVISOR, "role": "supervisor", "pin": PIN},
            ],
            "head_office": {
                "customers": status["customers"],
                "vouchers": status["vouchers"],
                "public_key": founded.public_key,
                "audit_ok": audit.ok,
            },
        }
        _write_json(out / "summary.json", summary)
        answers.give(summary)
        # Before the window: whoever closes the terminal with it would never see the passphrase.
        answers.say("cli.demo_done", folder=str(out))
        if made:
            answers.say("cli.demo_passphrase")
        answers.say("cli.demo_again", **again(out, made))
        if headless:
            return 0
        from branchdesk.app.window import run_window

        return run_window(terminal_home(out / "terminal"), hint=(STAFF, SUPERVISOR, PIN))


def _serve_walk_ins(
    terminal: Terminal, people: Sequence[Mapping[str, object]], out: Path
) -> Counted:
    """Register and issue offline, print everything, and only then speak to head office."""
    session = terminal.sign_in(STAFF, PIN).session
    for line in people:
        serve_walk_in(terminal, session, line)
    with terminal.store.read() as reading:
        vouchers = [record.voucher for record in reading.vouchers()]
    terminal.print_vouchers(session, vouchers, "a4x8", str(out / "vouchers.pdf"))
    report = terminal.synchronise()
    # The one served at the window is counted too; what it sent by itself is not in ``pushed``.
    return Counted(len(people) + 1, len(vouchers), report.pushed)


def admit_supervisor(terminal: Terminal, office_home: Path) -> None:
    """Give the second person a PIN as at a bank: by head office's one-time code."""
    with open_office(office_home, os.environ[OFFICE_PASSPHRASE]) as office:
        code = office.one_time_code(SUPERVISOR).code
    terminal.synchronise()
    terminal.choose_pin(terminal.sign_in(SUPERVISOR, code).session, PIN)
    terminal.synchronise()


def again(out: Path, made: Mapping[str, str]) -> dict[str, str]:
    """Return how window and head office are opened again, as a shell takes it.

    What was made here is in it; a passphrase that somebody brought along is theirs to know.
    """
    program = shlex.join(own_program())

    def command(variable: str, words: str) -> str:
        before = f"{variable}={made.get(variable, '…')} " if os.environ.get(variable) else ""
        return f"{before}{program} {words}"

    terminal, office = shlex.quote(str(out / "terminal")), shlex.quote(str(out / "office"))
    return {
        "window": command(PASSPHRASE_VARIABLE, f"--home {terminal}"),
        "office": command(OFFICE_PASSPHRASE, f"office status --home {office}"),
        "staff": STAFF,
        "supervisor": SUPERVISOR,
        "pin": PIN,
    }


def _passphrases() -> Mapping[str, str]:
    """Make the passphrases that are missing, and return them by variable."""
    word = "-".join(secrets.token_hex(3) for _ in range(4))
    missing = [] if os.environ.get(OFFICE_PASSPHRASE) else [OFFICE_PASSPHRASE]
    if not os.environ.get(PASSPHRASE_VARIABLE) and not has_key_store():
        missing.append(PASSPHRASE_VARIABLE)
    for variable in missing:
        os.environ[variable] = word
    return dict.fromkeys(missing, word)


@contextmanager
def _serving(office_home: Path) -> Iterator[str]:
    """Run head office in a process of its own and stop it at the end."""
    serve = ["office", "serve", "--home", str(office_home), "--port", "0", "--json"]
    with (office_home / "serve.log").open("wb") as log:
        # Our own program with our own words; nothing here comes from outside.
        process = subprocess.Popen([*own_program(), *serve], stdout=subprocess.PIPE, stderr=log)  # noqa: S603
    try:
        yield _listening_url(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listening_url(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise EnvironmentFault("demo_office_failed", exit_code=process.wait(_SERVE_SECONDS_MAX))
    return str(json.loads(line)["url"])


def _save_proof(terminal: Terminal, path: Path) -> None:
    from branchdesk.app.proof import proof_fields

    proof = terminal.store.proof()
    assert proof is not None, "a synchronised terminal has an acknowledgement"
    _write_json(path, plain(proof_fields(proof)))


def _write_json(path: Path, fields: Mapping[str, object]) -> None:
    path.write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _serve_at_window(out: Path, walk_in: Mapping[str, object]) -> None:
    """Serve one walk-in in a window of a process of its own, which needs no display."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    if getattr(sys, "frozen", False):
        # The packaged program carries no interpreter to start a module with.
        with Terminal(terminal_home(out / "terminal")) as terminal:
            serve_walk_in(terminal, terminal.sign_in(STAFF, PIN).session, walk_in)
        return
    arguments = [str(out / "terminal"), str(out), STAFF, PIN, json.dumps(walk_in)]
    done = subprocess.run(  # noqa: S603  # Our own module with our own paths.
        [sys.executable, "-m", "branchdesk.app.pictures", *arguments],
        env=environment,
        capture_output=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace")[-300:]
        raise EnvironmentFault("pictures_failed", reason=reason)
