"""QR symbols equal those of an independent encoder, and wrong texts are refused in words."""

import random

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from qrcode import util
from qrcode.constants import ERROR_CORRECT_M

from branchdesk.documents.qr import MASKS, TOKEN_MASK, QrSymbol, encode_text, encode_token, to_png
from branchdesk.errors import ContractFault, RuleViolation
from tests.fakes.voucher_faces import random_token

PREFIX_10 = "HTTPS://V/"
PREFIX_11 = "HTTPS://VOUCHER.EXAMPLE/Q/"


def matrix(symbol: QrSymbol) -> list[list[bool]]:
    """Return the symbol's modules as rows of booleans."""
    side = range(symbol.size_modules)
    return [[symbol.is_dark(row, column) for column in side] for row in side]


def library_matrix(prefix: str, digits: str, version: int, mask: int) -> list[list[bool]]:
    """Encode the same segments by the library, without letting it choose."""
    code = qrcode.QRCode(
        version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask
    )
    if prefix:
        code.add_data(util.QRData(prefix.encode(), mode=util.MODE_ALPHA_NUM, check_data=False))
    code.add_data(util.QRData(digits.encode(), mode=util.MODE_NUMBER, check_data=False))
    code.make(fit=False)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def test_a_hundred_tokens_equal_the_librarys_symbols():
    source = random.Random(20260101)
    for _ in range(100):
        digits = random_token(source)
        assert len(digits) == 492
        assert matrix(encode_token(digits)) == library_matrix("", digits, 10, TOKEN_MASK)


def test_vouchers_of_one_grant_equal_the_librarys_symbols_too():
    source = random.Random(20260102)
    grants = [b"\x01" + source.randbytes(125) for _ in range(3)]
    for number in range(12):
        digits = str(int.from_bytes(grants[number % 3] + source.randbytes(79), "big"))
        assert matrix(encode_token(digits)) == library_matrix("", digits, 10, TOKEN_MASK)


def test_more_grants_than_are_remembered_change_nothing():
    source = random.Random(20260103)
    first = random_token(source)
    before = encode_token(first)
    for _ in range(600):
        encode_token(random_token(source))
    assert encode_token(first) == before


@pytest.mark.parametrize("mask", range(MASKS))
@pytest.mark.parametrize(("prefix", "version"), [("", 10), (PREFIX_10, 10), (PREFIX_11, 11)])
def test_every_mask_and_prefix_equals_the_librarys_symbol(prefix, version, mask):
    digits = random_token(random.Random(mask))
    symbol = encode_token(prefix + digits, mask)
    assert symbol.size_modules == version * 4 + 17
    assert matrix(symbol) == library_matrix(prefix, digits, version, mask)


@pytest.mark.parametrize(("characters", "size"), [(10, 57), (11, 61), (65, 61)])
def test_prefixes_over_ten_characters_need_version_eleven(characters, size):
    digits = random_token(random.Random(1))
    assert encode_token("A" * (characters - 1) + "/" + digits).size_modules == size


@pytest.mark.parametrize("prefix", ["https://v.example/", "A" * 70 + "/", "凭证/"])
def test_prefixes_beyond_the_tables_still_become_a_symbol_that_reads_back(prefix):
    text = prefix + random_token(random.Random(2))
    assert read_back(encode_token(text)) == text


@pytest.mark.parametrize(
    "text", ["", "12", "9" * 491, "9" * 493, "X" + "9" * 493, "9" * 491 + "９"]
)
def test_texts_that_do_not_end_in_492_digits_are_refused(text):
    with pytest.raises(ContractFault) as caught:
        encode_token(text)
    assert caught.value.code == "token_text_shape"
    assert caught.value.facts == {"characters": len(text), "digits": 492}


@given(st.text(min_size=1, max_size=200))
def test_any_text_becomes_a_symbol_of_a_legal_size(text):
    symbol = encode_text(text)
    assert symbol.size_modules in range(21, 178, 4)
    assert len(symbol.bitmap) == symbol.size_modules * symbol.row_bytes


def test_enrolment_text_in_chinese_reads_back():
    text = "branchdesk:网点登记码/B001/7f3a"
    assert read_back(encode_text(text)) == text


def test_a_text_no_version_holds_is_refused():
    with pytest.raises(RuleViolation) as caught:
        encode_text("x" * 3000)
    assert caught.value.code == "qr_text_too_long"
    assert caught.value.facts == {"characters": 3000}


def test_half_a_character_is_refused_with_its_place():
    with pytest.raises(RuleViolation) as caught:
        encode_text("ab\ud800")
    assert caught.value.code == "qr_text_unreadable"
    assert caught.value.facts == {"position": 3}


def test_png_has_its_scale_and_quiet_zone():
    import io

    from PIL import Image

    symbol = encode_token(random_token(random.Random(3)))
    picture = Image.open(io.BytesIO(to_png(symbol, scale=3, quiet=4)))
    assert picture.size == ((57 + 8) * 3,) * 2
    assert picture.getpixel((11, 11)) == 255
    assert picture.getpixel((12, 12)) == 0


def read_back(symbol: QrSymbol) -> str:
    """Return what an independent reader sees in the symbol."""
    import io

    import zxingcpp
    from PIL import Image

    picture = Image.open(io.BytesIO(to_png(symbol, scale=4))).convert("L")
    return zxingcpp.read_barcode(picture, formats=zxingcpp.BarcodeFormat.QRCode).text
