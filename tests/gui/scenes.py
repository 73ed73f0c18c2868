"""The scenes that are pictured and measured: every screen in its telling states.

Each is reached the way a person reaches it, by the window's own intents.
"""

from collections.abc import Callable
from typing import Final

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.desk import DOCUMENT, ONE_TIME_CODE, PIN, FakeDesk
from tests.gui.conftest import Bench

HOSTILE: Final = '<b>王</b>&amp;<img src="x">'


def enter(bench: Bench) -> None:
    """Sign the teller in."""
    bench.desk.sign_in.submit(Credentials("T001", PIN))
    bench.settle()


def fill(bench: Bench, *, name: str = "欧阳䶮", phone: str = "13900001234") -> None:
    """Type a person who agrees to what is needed."""
    counter = bench.desk.counter
    for field, text in (
        (Field.NAME, name),
        (Field.PHONE, phone),
        (Field.DOCUMENT_NUMBER, DOCUMENT),
        (Field.INTERESTS, "理财、出国留学"),
        (Field.NEEDS, "明年购房"),
    ):
        counter.edit(Edit(field, text))
    for purpose in (Purpose.SERVICE, Purpose.MARKETING_MESSAGE, Purpose.SENSITIVE):
        counter.answer(ConsentAnswer(purpose, granted=True, how=ConsentHow.PAPER))
    bench.settle()


def sign_in(bench: Bench) -> None:
    bench.desk.sign_in.start()


def sign_in_refused(bench: Bench) -> None:
    bench.desk.sign_in.submit(Credentials("T001", "135790"))


def sign_in_locked_out(bench: Bench) -> None:
    bench.behind.tries_left = 0
    bench.desk.sign_in.submit(Credentials("T001", PIN))


def choose_pin(bench: Bench) -> None:
    bench.behind.first_time = True
    bench.desk.sign_in.submit(Credentials("T001", ONE_TIME_CODE))


def locked(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.shell.lock()


def empty(bench: Bench) -> None:
    enter(bench)


def filled(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.counter.toggle("PHONE10")
    bench.desk.counter.toggle("SPEND200")


def refused(bench: Bench) -> None:
    enter(bench)
    fill(bench, name="李\u202e四", phone="1390000123")
    bench.desk.counter.edit(Edit(Field.DOCUMENT_NUMBER, "110105194912310021"))
    bench.desk.counter.answer(ConsentAnswer(Purpose.SERVICE, False, ConsentHow.VERBAL))
    bench.settle()
    bench.desk.counter.submit()


def duplicates(bench: Bench) -> None:
    bench.behind.register("欧阳䶮", "13900001234", "PHONE10", document=DOCUMENT)
    enter(bench)
    fill(bench)


def search(bench: Bench) -> None:
    for number, name in enumerate(("王小二", "王𬭼", "王大明", "阿依古丽·买买提"), start=1):
        bench.behind.register(name, f"1380000123{number}", "PHONE10", document="")
    enter(bench)
    bench.desk.counter.search("王")
    bench.settle()


def person(bench: Bench) -> None:
    search(bench)
    found = bench.desk.counter.state.found
    assert found is not None
    bench.desk.counter.choose(found[0].customer)
    bench.settle()
    bench.desk.counter.ask_reveal()
    bench.desk.counter.toggle("SPEND200")


def done(bench: Bench) -> None:
    filled(bench)
    bench.desk.counter.submit()


def not_printed(bench: Bench) -> None:
    bench.behind.paper.jam = EnvironmentFault("font_unusable", file="NotoSansSC-Regular.ttf")
    done(bench)


def waiting_offline(bench: Bench) -> None:
    bench.behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    bench.behind.sync_answer = EnvironmentFault("office_unreachable", reason="no_line")
    enter(bench)
    bench.desk.shell.sync()
    fill(bench, name="阿卜杜热西提·阿卜杜喀迪尔")


def disk_nearly_full(bench: Bench) -> None:
    bench.behind.store.warned = ("second_file_full", "disk_nearly_full")
    enter(bench)
    fill(bench)


def frozen(bench: Bench) -> None:
    bench.behind.store.freeze()
    enter(bench)


def shortcuts(bench: Bench) -> None:
    enter(bench)
    bench.desk.help.open()


def nothing_yet(bench: Bench) -> None:
    bench.behind.sync_answer = RuleViolation("staff_unknown", field="staff", staff="T009")
    enter(bench)
    bench.desk.shell.sync()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "sign_in": sign_in,
    "sign_in_refused": sign_in_refused,
    "sign_in_locked_out": sign_in_locked_out,
    "choose_pin": choose_pin,
    "locked": locked,
    "counter_empty": empty,
    "counter_filled": filled,
    "counter_refused": refused,
    "counter_duplicates": duplicates,
    "counter_search": search,
    "counter_person": person,
    "counter_done": done,
    "counter_not_printed": not_printed,
    "counter_waiting_offline": waiting_offline,
    "counter_frozen": frozen,
    "counter_disk_nearly_full": disk_nearly_full,
    "counter_no_campaign": nothing_yet,
    "shortcuts": shortcuts,
}


def behind(name: str) -> FakeDesk:
    """Return the desk that a scene needs behind it."""
    if name == "counter_no_campaign":
        return FakeDesk(campaigns=(), lent=False)
    desk = FakeDesk()
    if name == "sign_in":
        desk.hint = ("T001", PIN)
    return desk
