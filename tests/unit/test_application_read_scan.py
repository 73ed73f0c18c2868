"""What a scanned text is, told from its form and check characters alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.application.read_scan import (
    BrokenScan,
    DocumentScan,
    EnrolmentScan,
    OtherScan,
    PassportNameScan,
    VoucherScan,
    read_scan,
)
from branchdesk.domain.identity import Document, DocumentType, gb11643_check_character
from branchdesk.protocol.enrolment import EnrolmentCode
from tests.fakes.counter import Counter

RESIDENT = "11010519491231002X"
# The specimen of ICAO 9303 part 4, appendix B.
ZONE = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
ENROLMENT = EnrolmentCode("https://office.example:8443", b"0123456789", bytes(32)).encode()
ISSUED = Counter("PHONE10").register(issue=["PHONE10"], interests=["贷款"]).vouchers[0]


def full_width(text: str) -> str:
    """Return a text as an input method in full-width mode types it."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def checked(first17: str) -> str:
    """Return a personal number with its check character."""
    return first17 + gb11643_check_character(first17)


@pytest.mark.parametrize("prefix", ["", "HTTPS://A.CN/V/", "HTTPS://BANK1.EXAMPLE/2027/Q-"])
def test_a_voucher_is_known_by_its_digits_whatever_address_stands_before(prefix: str) -> None:
    assert read_scan(prefix + ISSUED.token) == VoucherScan(prefix + ISSUED.token)
    assert read_scan(full_width(prefix + ISSUED.token)) == VoucherScan(prefix + ISSUED.token)


@pytest.mark.parametrize("code", [ISSUED.short_code, ISSUED.short_code.replace("-", "").lower()])
def test_a_short_code_is_a_voucher(code: str) -> None:
    assert read_scan(code) == VoucherScan(code)


@given(kept=st.integers(60, len(ISSUED.token) - 1))
def test_a_voucher_that_was_read_in_part_is_broken_and_never_typed(kept: int) -> None:
    assert read_scan(ISSUED.token[:kept]) == BrokenScan()
    assert read_scan(ISSUED.token[-kept:]) == BrokenScan()


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (DocumentType.RESIDENT_ID, RESIDENT),
        (DocumentType.RESIDENT_ID, RESIDENT.lower()),
        (DocumentType.RESIDENT_ID, full_width(RESIDENT)),
        (DocumentType.HMT_PERMIT, checked("81000019900307401")),
        (DocumentType.FOREIGNER_ID, checked("91112319900307401")),
        (DocumentType.USCC, "91110000600037341L"),
    ],
)
def test_an_eighteen_character_number_names_its_own_document(
    kind: DocumentType, number: str
) -> None:
    found = read_scan(number)
    assert isinstance(found, DocumentScan)
    assert found.document.type is kind
    assert len(found.document.number) == 18


def test_a_number_whose_check_character_is_wrong_is_no_document() -> None:
    assert read_scan("110105194912310021") == OtherScan("110105194912310021")


@pytest.mark.parametrize("text", [ZONE[1], "".join(ZONE)])
def test_a_passports_number_is_taken_from_its_zone(text: str) -> None:
    assert read_scan(text) == DocumentScan(Document(DocumentType.PASSPORT, "L898902C3"))


def test_the_name_line_of_a_passport_is_not_typed_anywhere() -> None:
    assert read_scan(ZONE[0]) == PassportNameScan()


def test_a_zone_whose_check_digit_is_wrong_is_no_passport() -> None:
    assert read_scan(ZONE[1].replace("C36", "C37")) == OtherScan(ZONE[1].replace("C36", "C37"))


def test_an_enrolment_code_is_known_and_not_carried_on() -> None:
    found = read_scan(ENROLMENT)
    assert found == EnrolmentScan()
    assert ENROLMENT not in repr(found)
    assert read_scan(ENROLMENT[:-1]) == BrokenScan()


@pytest.mark.parametrize("text", ["13900001234", "6901234567892", "M-2027-0042", "", "  "])
def test_what_is_none_of_ours_is_left_to_the_field_that_has_the_cursor(text: str) -> None:
    assert read_scan(text) == OtherScan(text)


@given(st.text(max_size=600))
def test_any_text_is_something(text: str) -> None:
    found = read_scan(text)
    if isinstance(found, DocumentScan):
        assert found.document.number not in repr(found)
