"""The customer's page: nobody yet, found, known, revealed, corrected, erased, merged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QComboBox

from branchdesk.domain.consent import Purpose
from branchdesk.ui.customer.state import Erasure, Focus
from branchdesk.ui.serving.person_fields import Edit, Field
from branchdesk.ui.serving.second_person import SecondTyped
from branchdesk.ui.shell.actions import ActionId
from tests.fakes.desk import DOCUMENT, PIN
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import HOSTILE, enter

PHONE: Final = "13800005678"
LONG: Final = "阿卜杜热西提·" * 8 + "䶮𬭼𠮷"


def empty(bench: Bench) -> None:
    enter(bench)
    bench.desk.actions.actions[ActionId.OPEN_CUSTOMER].trigger()


def found(bench: Bench) -> None:
    for number, name in enumerate(("王小二", "王𬭼", "王大明", "阿依古丽·买买提"), start=1):
        bench.behind.register(name, f"1380000123{number}", "PHONE10")
    empty(bench)
    bench.desk.customer.search("王")
    bench.settle()


def none_found(bench: Bench) -> None:
    empty(bench)
    bench.desk.customer.search(HOSTILE)
    bench.settle()


def known(bench: Bench, name: str = "欧阳䶮") -> None:
    customer = bench.behind.register(name, PHONE, "PHONE10", "SPEND200", document=DOCUMENT)
    empty(bench)
    bench.desk.neighbours.show_customer(customer)


def seen_before(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.back()


def twin(bench: Bench) -> None:
    bench.behind.register("欧阳燕", PHONE)
    known(bench)


def asking(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.ask_reveal()


def revealed(bench: Bench, name: str = "欧阳䶮") -> None:
    known(bench, name)
    bench.desk.customer.ask_reveal()
    bench.desk.customer.reveal("verify")


def long_name(bench: Bench) -> None:
    revealed(bench, LONG)


def granting(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.consents.change(Purpose.MARKETING_PHONE)


def signing(bench: Bench) -> None:
    granting(bench)
    bench.desk.customer.consents.sign()
    bench.desk.customer_view.consents.grant.keep.click()


def withdrawn(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.consents.change(Purpose.SERVICE)


def correcting(bench: Bench) -> None:
    known(bench)
    page = bench.desk.customer.correction
    page.ask()
    page.edit(Edit(Field.NAME, "欧阳燕"))
    page.edit(Edit(Field.PHONE, "1390000123"))
    page.edit(Edit(Field.INTERESTS, "理财、出国留学"))
    page.choose_reason("typed_wrong")
    page.save()


def corrected(bench: Bench) -> None:
    correcting(bench)
    bench.desk.customer.correction.edit(Edit(Field.PHONE, "13900001234"))
    bench.desk.customer.correction.edit(Edit(Field.NEEDS, "明年购房"))
    bench.desk.customer.correction.save()


def erasing(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.erasing.ask()
    view = bench.desk.customer_view.erase
    reason = view.control(Focus.ERASE_REASON)
    assert isinstance(reason, QComboBox)
    reason.setCurrentIndex(1)
    view.erase.click()


def erased(bench: Bench) -> None:
    known(bench)
    bench.desk.customer.erasing.ask()
    bench.desk.customer.erasing.erase(Erasure("asked", "S001", PIN))


def asking_to_merge(bench: Bench) -> None:
    twin(bench)
    same = bench.desk.customer.state.page.same
    bench.desk.customer.merges.ask(same[0].customer)


def merge_proposed(bench: Bench) -> None:
    asking_to_merge(bench)
    bench.desk.customer.merges.propose("told")


def acting_on_a_voucher(bench: Bench) -> None:
    known(bench)
    vouchers = bench.desk.customer.state.page.vouchers
    bench.desk.customer.papers.open(vouchers[0].voucher)


def on_paper(bench: Bench) -> None:
    acting_on_a_voucher(bench)
    bench.desk.customer.papers.choose("came_out")
    bench.settle()
    acting_again = bench.desk.customer.state.page.vouchers[0].voucher
    bench.desk.customer.papers.open(acting_again)


def why_reprint(bench: Bench) -> None:
    on_paper(bench)
    bench.desk.customer.papers.choose("reprint")


def take_two(bench: Bench) -> None:
    """Let every void of the campaign in force take two people."""
    store = bench.behind.store
    (found,) = store.state.campaigns
    offers = tuple(replace(offer, void_alone_minor=0) for offer in found.campaign.offers)
    campaign = replace(found.campaign, offers=offers)
    store.state = replace(store.state, campaigns=(replace(found, campaign=campaign),))


def void_by_two(bench: Bench) -> None:
    on_paper(bench)
    take_two(bench)
    papers = bench.desk.customer.papers
    papers.open(bench.desk.customer.state.page.vouchers[0].voucher)
    papers.choose("void")
    papers.act("mistake")


def void_by_two_refused(bench: Bench) -> None:
    void_by_two(bench)
    bench.desk.customer.papers.act_with(SecondTyped("S001", "135790"))


def reprinted(bench: Bench) -> None:
    why_reprint(bench)
    bench.desk.customer.papers.act("damaged")
    bench.settle()


SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "customer_empty": empty,
    "customer_found": found,
    "customer_none_found": none_found,
    "customer_page": known,
    "customer_seen_before": seen_before,
    "customer_asking": asking,
    "customer_revealed": revealed,
    "customer_long_name": long_name,
    "customer_granting": granting,
    "customer_signing": signing,
    "customer_withdrawn": withdrawn,
    "customer_correcting": correcting,
    "customer_corrected": corrected,
    "customer_erasing": erasing,
    "customer_erased": erased,
    "customer_voucher_unprinted": acting_on_a_voucher,
    "customer_voucher_on_paper": on_paper,
    "customer_why_reprint": why_reprint,
    "customer_void_by_two": void_by_two,
    "customer_void_by_two_refused": void_by_two_refused,
    "customer_reprinted": reprinted,
    "customer_asking_to_merge": asking_to_merge,
    "customer_merge_proposed": merge_proposed,
}
