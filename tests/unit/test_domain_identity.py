"""Documents: check digits, forms, explained refusals, and numbers that never leak."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from branchdesk.domain.identity import (
    Document,
    DocumentType,
    age_on,
    birth_date,
    gb11643_check_character,
    mask_document,
    normalise_document,
)
from branchdesk.errors import RuleViolation

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def with_check(first17: str) -> str:
    return first17 + gb11643_check_character(first17)


MADE_UP_ID = with_check("11010119900307999")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("resident_id", "11010519491231002X", "11010519491231002X"),  # The standard's example.
        ("resident_id", " 110105 19491231 002x ", "11010519491231002X"),
        ("resident_id", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("passport", "e12345678", "E12345678"),
        ("passport", "X993242Q", "X993242Q"),
        ("hmt_permit", "H99000001", "H99000001"),
        ("hmt_permit", "m9900000201", "M9900000201"),
        ("hmt_permit", "99000003", "99000003"),
        ("hmt_permit", with_check("81000019900307999"), with_check("81000019900307999")),
        ("foreigner_id", "xxa996843348835", "XXA996843348835"),
        ("foreigner_id", with_check("91184019900307999"), with_check("91184019900307999")),
        ("uscc", "91 110000 600037341l", "91110000600037341L"),
    ],
)
def test_good_documents_get_one_spelling(kind: str, typed: str, kept: str) -> None:
    assert normalise_document(kind, typed) == Document(DocumentType(kind), kept)


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("library_card", "1", "document_type_unknown"),
        ("resident_id", "  ", "document_empty"),
        ("resident_id", "110105194912310021", "document_check_digit"),
        ("resident_id", "110105491231002", "document_old_format"),
        ("resident_id", "1101051949123100", "document_format"),
        ("resident_id", "11010519491231X02X", "document_format"),
        ("resident_id", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢٢", "document_format"),
        ("resident_id", with_check("99010519491231002"), "document_type_mismatch"),
        ("resident_id", with_check("81000019900307999"), "document_type_mismatch"),
        ("resident_id", with_check("00010519491231002"), "document_region"),
        ("resident_id", with_check("11010519490231002"), "document_birth_date"),
        ("resident_id", with_check("11010518490211002"), "document_birth_date"),
        ("passport", "ABCDEFGH", "document_format"),
        ("passport", "E1", "document_format"),
        ("hmt_permit", "K12345678", "document_format"),
        ("hmt_permit", "810000199003079990", "document_check_digit"),
        ("foreigner_id", "CAN12345", "document_format"),
        ("uscc", "91110000600037341M", "document_check_digit"),
        ("uscc", "9111000060003734IL", "document_format"),
    ],
)
def test_bad_documents_are_refused_by_name_without_their_number(
    kind: str, number: str, code: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        normalise_document(kind, number)
    assert caught.value.code == code
    assert str(caught.value.facts["field"]).startswith("document.")
    assert len(number.strip()) < 6 or number.strip() not in str(caught.value)


def test_a_birth_date_after_today_is_refused_when_today_is_known() -> None:
    number = with_check("11010120300101999")
    assert normalise_document("resident_id", number).number == number
    with pytest.raises(RuleViolation, match="document_birth_date"):
        normalise_document("resident_id", number, today=datetime.date(2026, 11, 22))


@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True))
def test_check_characters_agree_with_stdnum(first17: str) -> None:
    assert gb11643_check_character(first17) == ric.calc_check_digit(first17 + "0")


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2026, 1, 1)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.integers(1, 9),
)
def test_one_wrong_digit_is_always_found(
    born: datetime.date, serial: int, place: int, shift: int
) -> None:
    number = with_check(f"110101{born:%Y%m%d}{serial:03d}")
    assert normalise_document("resident_id", number).number == number
    digit = (10 if number[place] == "X" else int(number[place])) + shift
    wrong = number[:place] + str(digit % 10) + number[place + 1 :]
    if wrong != number:
        with pytest.raises(RuleViolation):
            normalise_document("resident_id", wrong)


@given(
    st.sampled_from(["91", "92", "12", "A1", "N1", "Y1"]),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)
def test_firm_codes_of_every_registrar_are_taken(registrar: str, organisation: str) -> None:
    first17 = f"{registrar}110000{organisation}"
    number = first17 + uscc.calc_check_digit(first17)
    assert normalise_document("uscc", number).number == number


@given(st.sampled_from(list(DocumentType)), st.text(max_size=30))
def test_normalising_never_crashes_and_changes_nothing_twice(kind: DocumentType, text: str) -> None:
    try:
        once = normalise_document(kind, text)
    except RuleViolation:
        return
    assert normalise_document(once.type, once.number) == once


@given(st.text("0123456789X", min_size=0, max_size=20))
def test_masks_show_the_first_and_last_character_only(number: str) -> None:
    mask = mask_document(number)
    assert len(mask) == len(number)
    assert set(mask[1:-1]) <= {"*"}
    if len(number) <= 3:
        assert set(mask) <= {"*"}


def test_a_document_never_prints_its_number() -> None:
    document = normalise_document("resident_id", MADE_UP_ID)
    assert MADE_UP_ID not in repr(document)
    assert MADE_UP_ID[3:15] not in f"{document}"


def test_ages_come_from_eighteen_digit_personal_numbers_only() -> None:
    born = birth_date(normalise_document("resident_id", MADE_UP_ID))
    assert born == datetime.date(1990, 3, 7)
    assert age_on(born, datetime.date(2026, 3, 6)) == 35
    assert age_on(born, datetime.date(2026, 3, 7)) == 36
    assert age_on(datetime.date(2004, 2, 29), datetime.date(2026, 2, 28)) == 21
    assert birth_date(normalise_document("passport", "E12345678")) is None
    assert birth_date(normalise_document("uscc", "91110000600037341L")) is None
