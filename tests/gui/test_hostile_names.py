"""Five hundred hostile names go through the window and show as they are, letter by letter."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.names import mask_name, normalise_name
from branchdesk.errors import RuleViolation
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.serving.revealing import REASONS
from tests.gui.conftest import Bench
from tests.gui.literally import shown, tips
from tests.gui.scenes.acting import enter
from tests.hostile_names import COUNT, hostile_names

Build = Callable[..., Bench]
PART = 50


def allowed(name: str) -> str | None:
    """Return the name as it is kept, or None for one that is refused."""
    try:
        return normalise_name(name)
    except RuleViolation:
        return None


def typed(bench: Bench, name: str, phone: str) -> None:
    """Type somebody who agrees to the service, and look at the field."""
    counter = bench.desk.counter
    counter.edit(Edit(Field.NAME, name))
    counter.edit(Edit(Field.PHONE, phone))
    counter.answer(ConsentAnswer(Purpose.SERVICE, granted=True, how=ConsentHow.PAPER))
    bench.settle()


def field(bench: Bench) -> str:
    """Return what stands in the field of the name."""
    control = bench.desk.counter_view.form.boxes[Field.NAME].control
    assert isinstance(control, QLineEdit)
    return control.text()


@pytest.mark.parametrize("first", range(0, COUNT, PART))
def test_hostile_names_are_shown_literally_from_the_form_to_their_revelation(
    build: Build, first: int
) -> None:
    bench = build()
    enter(bench)
    for number, name in enumerate(hostile_names()[first : first + PART]):
        phone = f"139{number:08}"
        typed(bench, name, phone)
        bench.desk.counter.submit()
        kept = allowed(name)
        if kept is None:
            refused_in_words(bench, name)
        else:
            # A line edit shows one line and nothing else of what a control would have done.
            assert field(bench) == name, repr(name)
            assert bench.desk.counter.state.result is not None, repr(name)
        start_over(bench)
        if kept is not None:
            found_and_revealed(bench, phone, kept)
            bench.desk.counter.let_go()
    tips(bench.window)


def test_most_hostile_names_are_names_that_somebody_may_bear() -> None:
    kept = [name for name in hostile_names() if allowed(name) is not None]
    assert len(kept) > COUNT * 4 // 5


def refused_in_words(bench: Bench, name: str) -> None:
    """See the refusal beside the field, in the words of the catalogue."""
    error = bench.desk.counter.state.errors[Field.NAME]
    assert bench.desk.wardrobe.look().words.phrase(error) in shown(bench.window), repr(name)


def start_over(bench: Bench) -> None:
    """Call the next person; half-typed work asks twice."""
    bench.desk.counter.next_person()
    if not bench.desk.counter.draft().is_blank:
        bench.desk.counter.next_person()


def found_and_revealed(bench: Bench, phone: str, kept: str) -> None:
    """Find somebody by phone: masked first, whole after a reason."""
    counter = bench.desk.counter
    counter.search(phone[-8:])
    bench.settle()
    assert mask_name(kept) in shown(bench.window), repr(kept)
    found = counter.state.search.found
    assert found is not None
    counter.choose(found[0].customer)
    bench.settle()
    counter.person.ask()
    counter.person.reveal(REASONS[0])
    QApplication.processEvents()
    assert kept in shown(bench.window), repr(kept)
