"""Open practice beside a window that is at work, as a program of its own.

Another process shares no memory with the real desk: it cannot reach an open store or its keys.
"""

from PySide6.QtCore import QProcess, QProcessEnvironment

from branchdesk.app.own_program import own_program
from branchdesk.app.practice.window import practice_lock
from branchdesk.devices.paths import TerminalHome
from branchdesk.errors import EnvironmentFault, RuleViolation

# What lets somebody into the real store; practice has no use for it.
_KEPT_FROM_IT = (
    "BRANCHDESK_PASSPHRASE", "BRANCHDESK_OFFICE_PASSPHRASE", "BRANCHDESK_PIN",
    "BRANCHDESK_SECOND_PIN",
)  # fmt: skip


def open_practice(home: TerminalHome) -> None:
    """Start practice on its own folder beside ``home``.

    Raises RuleViolation ``practice_open`` while one is open, EnvironmentFault
    ``practice_not_started`` when the system will not start it.
    """
    try:
        practice_lock(home).release()
    except EnvironmentFault as fault:
        if fault.code != "store_in_use":
            raise
        raise RuleViolation("practice_open") from fault
    environment = QProcessEnvironment.systemEnvironment()
    for name in _KEPT_FROM_IT:
        environment.remove(name)
    program, *words = own_program()
    process = QProcess()
    process.setProgram(program)
    process.setArguments([*words, "practice", "--home", str(home.root)])
    process.setProcessEnvironment(environment)
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    # PySide6 declares a pair (started, process id) and gives the first alone to this kind of call.
    answer: object = process.startDetached()
    if not (answer[0] if isinstance(answer, tuple) else answer):
        raise EnvironmentFault("practice_not_started", reason=process.errorString())
