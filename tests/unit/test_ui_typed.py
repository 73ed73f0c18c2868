"""What Enter says of a field: wrong as soon as it is typed, silent while it is empty or right."""

import pytest

from branchdesk.ui.serving.book import Book
from branchdesk.ui.serving.person_fields import Field
from branchdesk.ui.serving.typed import problem_of

RIGHT = {"name": "王小燕", "phone": "13900001234", "channel": "counter"}


@pytest.mark.parametrize(
    ("field", "form", "key"),
    [
        (Field.PHONE, {"phone": "139000012"}, "error.phone_length"),
        (Field.PHONE, {"phone": "1390000123x"}, "error.phone_character"),
        (Field.NAME, {"name": "王\u202e"}, "error.name_control_character"),
        (Field.INTERESTS, {"interests": ["金" * 31]}, "error.tag_too_long"),
    ],
)
def test_what_cannot_be_right_is_named(field: Field, form: dict[str, object], key: str) -> None:
    told = problem_of(field, str(form[field.value]), {**RIGHT, **form}, Book(()))
    assert told is not None
    assert told.key == key


def test_one_field_is_not_blamed_for_another() -> None:
    assert problem_of(Field.NAME, "王小燕", {**RIGHT, "phone": "1"}, Book(())) is None


def test_an_empty_field_is_no_mistake_yet() -> None:
    assert problem_of(Field.PHONE, " ", {**RIGHT, "phone": " "}, Book(())) is None
