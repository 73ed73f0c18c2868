"""The counter: from nobody yet to paper, and everything that can stand in between."""

import math
from collections.abc import Callable
from typing import Final

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from tests.fakes.desk import DOCUMENT
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill


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


def not_now(bench: Bench) -> None:
    duplicates(bench)
    blocked = next(card for card in bench.desk.counter.state.offers if not card.number)
    bench.desk.counter.toggle(blocked.code)


def running_out(bench: Bench) -> None:
    # Eleven within an hour: what is left of forty is gone today.
    for number in range(11):
        bench.behind.register("王小二", f"138000012{number:02d}", "GIFTBOX")
        bench.behind.clock.advance(6 * 60_000)
    enter(bench)


def search(bench: Bench) -> None:
    for number, name in enumerate(("王小二", "王𬭼", "王大明", "阿依古丽·买买提"), start=1):
        bench.behind.register(name, f"1380000123{number}", "PHONE10", document="")
    enter(bench)
    bench.desk.counter.search("王")
    bench.settle()


def person(bench: Bench) -> None:
    search(bench)
    found = bench.desk.counter.state.search.found
    assert found is not None
    bench.desk.counter.choose(found[0].customer)
    bench.settle()
    bench.desk.counter.person.ask()
    bench.desk.counter.toggle("SPEND200")


def known(bench: Bench) -> None:
    customer = bench.behind.register(
        "单雨晴", "13800005678", "PHONE10", "SPEND200", "GIFTBOX", "FEEFREE", "SALON",
        document=DOCUMENT,
    )  # fmt: skip
    enter(bench)
    bench.desk.counter.print_waiting()
    bench.desk.counter.search("5678")
    bench.settle()
    bench.desk.counter.choose(customer)
    bench.settle()


def reading(bench: Bench) -> None:
    filled(bench)
    bench.desk.counter.form.read_out(Purpose.SENSITIVE)


def signing(bench: Bench) -> None:
    filled(bench)
    bench.desk.counter.form.choose_how(ConsentHow.SIGNATURE)
    line = tuple((400 + 60 * step, 700 + round(260 * math.sin(step / 3))) for step in range(50))
    bench.desk.counter.form.sign((line, ((700, 1150), (2900, 1050))))


def talk_folded(bench: Bench) -> None:
    enter(bench)
    bench.desk.counter.talk.fold()


def offer_search(bench: Bench) -> None:
    enter(bench)
    fill(bench)
    bench.desk.counter.toggle("PHONE10")
    bench.desk.counter.offers.search("q")


def done(bench: Bench) -> None:
    filled(bench)
    bench.desk.counter.submit()


def not_printed(bench: Bench) -> None:
    bench.behind.paper.jam = EnvironmentFault("font_unusable", file="NotoSansSC-Regular.ttf")
    done(bench)


def not_opened(bench: Bench) -> None:
    bench.behind.has_reader = False
    done(bench)


def waiting_opened(bench: Bench) -> None:
    bench.behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    enter(bench)
    bench.desk.counter.print_waiting()


def waiting_question(bench: Bench) -> None:
    bench.behind.register("单雨晴", "13800005678", "PHONE10", "SPEND200")
    enter(bench)
    bench.desk.counter.paper.ask_void(bench.desk.counter.state.waiting[0].voucher)


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


def nothing_yet(bench: Bench) -> None:
    bench.behind.sync_answer = RuleViolation("staff_unknown", field="staff", staff="T009")
    enter(bench)
    bench.desk.shell.sync()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "counter_empty": empty,
    "counter_filled": filled,
    "counter_refused": refused,
    "counter_duplicates": duplicates,
    "counter_not_now": not_now,
    "counter_running_out": running_out,
    "counter_search": search,
    "counter_person": person,
    "counter_known": known,
    "counter_reading": reading,
    "counter_signing": signing,
    "counter_talk_folded": talk_folded,
    "counter_offer_search": offer_search,
    "counter_done": done,
    "counter_not_printed": not_printed,
    "counter_not_opened": not_opened,
    "counter_waiting_opened": waiting_opened,
    "counter_waiting_question": waiting_question,
    "counter_waiting_offline": waiting_offline,
    "counter_frozen": frozen,
    "counter_disk_nearly_full": disk_nearly_full,
    "counter_no_campaign": nothing_yet,
}
