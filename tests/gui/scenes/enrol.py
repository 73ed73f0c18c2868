"""Joining head office: asked, refused, under way, and arrived at the door."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from branchdesk.errors import ContractFault, EnvironmentFault, RuleViolation
from branchdesk.protocol.enrolment import EnrolmentCode
from branchdesk.ui.enrol.services import KeptIn
from branchdesk.ui.enrol.state import EnrolStep, EnrolTyped
from tests.fakes.desk import PIN
from tests.gui.conftest import Bench

CODE: Final = EnrolmentCode("https://office.example:8443", bytes(10), bytes(32)).encode()


def asking(bench: Bench) -> None:
    bench.desk.enrol.start()


def mistyped(bench: Bench) -> None:
    bench.desk.enrol.submit(EnrolTyped(CODE[:-1] + "Z", "T001", PIN, PIN))


def used(bench: Bench) -> None:
    bench.behind.join_fault = RuleViolation("enrolment_code_used", used_ms=0)
    bench.desk.enrol.submit(EnrolTyped(CODE, "T001", PIN, PIN))


def no_line(bench: Bench) -> None:
    bench.behind.join_fault = EnvironmentFault("office_unreachable", problem="no_line")
    bench.desk.enrol.submit(EnrolTyped(CODE, "T001", PIN, PIN))


def stranger(bench: Bench) -> None:
    bench.behind.join_fault = ContractFault("office_certificate_mismatch")
    bench.desk.enrol.submit(EnrolTyped(CODE, "T001", PIN, PIN))


def joining(bench: Bench) -> None:
    view = bench.desk.enrol_view
    assert view is not None
    view.render(replace(bench.desk.enrol.state, step=EnrolStep.JOINING))


def no_key_store(bench: Bench) -> None:
    view = bench.desk.enrol_view
    assert view is not None
    view.render(replace(bench.desk.enrol.state, kept_in=KeptIn.NOWHERE))


def joined(bench: Bench) -> None:
    bench.desk.enrol.submit(EnrolTyped(CODE, "T001", PIN, PIN))


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "enrol_asking": asking,
    "enrol_mistyped": mistyped,
    "enrol_used": used,
    "enrol_no_line": no_line,
    "enrol_stranger": stranger,
    "enrol_joining": joining,
    "enrol_no_key_store": no_key_store,
    "enrol_joined": joined,
}
