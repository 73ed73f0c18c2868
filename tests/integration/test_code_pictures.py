"""Codes in files that somebody sends: our own paper as PDF, a photograph, and what is none."""

from io import BytesIO
from pathlib import Path

import pytest
import qrcode
from PIL import Image

from branchdesk.devices.code_pictures import PIXELS_MAX, is_picture, read_codes
from branchdesk.errors import EnvironmentFault, RuleViolation

TOKENS = tuple(str(digit) * 492 for digit in (1, 2, 3))


def _code(text: str) -> Image.Image:
    made = qrcode.QRCode(border=4, box_size=4, error_correction=qrcode.ERROR_CORRECT_M)
    made.add_data(text)
    return made.make_image().get_image().convert("L")


def _sheet(*texts: str) -> Image.Image:
    codes = [_code(text) for text in texts]
    sheet = Image.new("L", (sum(code.width for code in codes), codes[0].height), 255)
    for place, code in enumerate(codes):
        sheet.paste(code, (place * code.width, 0))
    return sheet


def _refused(path: Path) -> str:
    with pytest.raises(RuleViolation) as refused:
        read_codes(path)
    assert refused.value.facts["path"] == path.name
    return refused.value.code


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_every_code_in_a_picture_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"scan.{kind}"
    _sheet(*TOKENS).save(path, kind)
    assert is_picture(path)
    assert sorted(read_codes(path)) == list(TOKENS)


@pytest.mark.parametrize("degrees", [90, 180, 7])
def test_a_photograph_may_be_turned(tmp_path: Path, degrees: int) -> None:
    path = tmp_path / "photo.jpg"
    _code(TOKENS[0]).rotate(degrees, expand=True, fillcolor=255).save(path, quality=60)
    assert read_codes(path) == (TOKENS[0],)


def test_every_page_of_a_pdf_is_read_and_each_code_named_once(tmp_path: Path) -> None:
    path = tmp_path / "vouchers.pdf"
    pages = [_sheet(TOKENS[0]), _sheet(TOKENS[1], TOKENS[0])]
    pages[0].save(path, "PDF", resolution=150, save_all=True, append_images=pages[1:])
    assert is_picture(path)
    assert sorted(read_codes(path)) == [TOKENS[0], TOKENS[1]]


def test_what_holds_no_code_or_is_no_picture_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    Image.new("L", (200, 200), 255).save(empty)
    assert _refused(empty) == "picture_without_code"
    torn = tmp_path / "torn.png"
    torn.write_bytes(empty.read_bytes()[:60])
    assert _refused(torn) == "picture_unreadable"
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing of the kind")
    assert _refused(broken) == "picture_unreadable"
    lines = tmp_path / "lines.txt"
    lines.write_text("1" * 492)
    assert not is_picture(lines)
    assert _refused(lines) == "picture_unreadable"
    with pytest.raises(EnvironmentFault) as missing:
        is_picture(tmp_path / "missing.png")
    assert missing.value.code == "file_unreadable"


def test_a_picture_that_would_fill_the_memory_is_not_opened(tmp_path: Path) -> None:
    wide = PIXELS_MAX // 1_000 + 1
    data = BytesIO()
    Image.new("1", (wide, 1_000)).save(data, "PNG")
    path = tmp_path / "bomb.png"
    path.write_bytes(data.getvalue())
    assert _refused(path) == "picture_too_large"
