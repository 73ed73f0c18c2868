"""The steps that scenes share: sign somebody in, type a person."""

from typing import Final

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.sign_in.state import Credentials
from tests.fakes.desk import DOCUMENT, PIN
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
