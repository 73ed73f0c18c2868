"""Vouchers read back by other programs: poppler, two QR readers, pdftotext, pikepdf."""

import io
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from branchdesk.documents.book_register import BookRegister, RegisterLine, render_register
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.models import VoucherFace
from branchdesk.documents.page_raster import render_page
from branchdesk.documents.qr import encode_token
from branchdesk.documents.receipt_raster import render_receipt
from branchdesk.documents.voucher_sheet import render_vouchers
from branchdesk.errors import ContractFault, RuleViolation
from tests.fakes.voucher_faces import FONTS, TERMS, random_token, voucher_face

LAYOUTS = ("a4", "a4x8", "a5", "80", "58")
PER_PAGE = {"a4x8": 8}
HOSTILE = "<img src=x onerror=alert(1)><b>王</b>\u202e=1+1'\"\\()"
FOLDER = FontFolder(FONTS)


def mixed_faces() -> list[VoucherFace]:
    """Return vouchers that differ in everything that changes a layout."""
    return [
        voucher_face(1),
        voucher_face(2, holder_name="䶮㛃𬭼𠮷", offer_name="消费满减券 · 满 200 元立减 50 元"),
        voucher_face(3, practice=True),
        voucher_face(4, copy_number=2),
        voucher_face(5, holder_name=HOSTILE, face_text="免费"),
        voucher_face(6, holder_name=None, face_text="利率上浮 0.50 个百分点"),
        voucher_face(7, terms=TERMS * 4, holder_name="阿布都热西提·买买提依明·艾合买提江"),
        voucher_face(
            8, terms=(), token_text="HTTPS://A.EXAMPLE/V/" + random_token(random.Random(8))
        ),
        voucher_face(9, offer_name="很长的活动名称" * 12, bank_name="江州惠民" * 12 + "银行"),
    ]


def rendered(faces: Sequence[VoucherFace], layout: str, language: str = "zh") -> bytes:
    out = io.BytesIO()
    result = render_vouchers(faces, layout, out, fonts=FOLDER, language=language)
    assert result.items == len(faces)
    assert result.bytes == len(out.getvalue())
    assert result.pages == -(-len(faces) // PER_PAGE.get(layout, 1))
    return out.getvalue()


def text_of(pdf: bytes, path: Path) -> str:
    path.write_bytes(pdf)
    command = ["pdftotext", "-layout", "-enc", "UTF-8", str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode()


def drawn_by_poppler(pdf: bytes, folder: Path) -> list[Image.Image]:
    (folder / "vouchers.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "200", "-gray", "vouchers.pdf", "page"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    assert done.stderr == b""
    return [Image.open(path) for path in sorted(folder.glob("page*.pgm"))]


def read_by_zxing(pages: Sequence[Image.Image]) -> list[str]:
    only = zxingcpp.BarcodeFormat.QRCode
    return sorted(
        found.text for page in pages for found in zxingcpp.read_barcodes(page, formats=only)
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_readers_see_every_token_in_popplers_drawing(layout, tmp_path):
    faces = mixed_faces()
    pages = drawn_by_poppler(rendered(faces, layout), tmp_path)
    tokens = sorted(face.token_text for face in faces)
    assert read_by_zxing(pages) == tokens
    second = [
        found.data.decode()
        for page in pages
        for found in pyzbar.decode(page, symbols=[pyzbar.ZBarSymbol.QRCODE])
    ]
    assert sorted(second) == tokens


@pytest.mark.parametrize("layout", LAYOUTS)
def test_codes_are_thirty_millimetres_with_a_white_zone_of_four_modules(layout, tmp_path):
    faces = [voucher_face(1), voucher_face(2, copy_number=1, practice=True)]
    for page in drawn_by_poppler(rendered(faces, layout), tmp_path):
        for found in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode):
            corners = found.position
            left, top = corners.top_left.x, corners.top_left.y
            right, bottom = corners.bottom_right.x, corners.bottom_right.y
            side_mm = (right - left) / 200 * 25.4
            assert side_mm >= 29.9
            quiet = int((right - left) / 57 * 4) - 1
            for area in (
                (left - quiet, top - quiet, right + quiet, top - 1),
                (left - quiet, bottom + 2, right + quiet, bottom + quiet),
                (left - quiet, top - quiet, left - 1, bottom + quiet),
                (right + 2, top - quiet, right + quiet, bottom + quiet),
            ):
                darkest, _ = page.crop(area).getextrema()
                assert darkest > 200


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pikepdf_finds_nothing_to_complain_about(layout):
    with (
        warnings.catch_warnings(),
        pikepdf.open(io.BytesIO(rendered(mixed_faces(), layout))) as pdf,
    ):
        warnings.simplefilter("error")
        assert pdf.check_pdf_syntax() == []
        assert not pdf.get_warnings()
        for page in pdf.pages:
            assert len(pikepdf.parse_content_stream(page)) > 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_printed_can_be_copied_and_searched(layout, tmp_path):
    faces = mixed_faces()
    text = text_of(rendered(faces, layout), tmp_path / "vouchers.pdf")
    joined = "".join(text.split())
    for face in faces:
        assert face.short_code in joined
        assert face.running_number in joined
        assert "".join(face.face_text.split()) in joined
    for wanted in ("䶮㛃𬭼𠮷", "2026年12月31日", "二〇二六年十二月三十一日", "人民路128号"):
        assert wanted in joined
    for wanted in ("练习无效PRACTICE", "补打·第2次", "不记名", "审批号HM-2026-1107"):
        assert wanted in joined
    marked = [face.practice for face in faces if f"练习{face.short_code}" in joined]
    assert marked == [True]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_hostile_name_prints_as_it_is(layout, tmp_path):
    faces = [voucher_face(1, holder_name=HOSTILE, offer_name=HOSTILE, terms=(HOSTILE, HOSTILE))]
    text = text_of(rendered(faces, layout), tmp_path / "vouchers.pdf")
    joined = "".join(text.split())
    assert "\u202e" not in text
    for part in ("<img", "src=x", "onerror=alert(1)>", "<b>王</b>", "〔U+202E〕", "=1+1", "\\()"):
        assert part in joined


def test_a_character_beyond_the_bmp_copies_as_itself(tmp_path):
    text = text_of(rendered([voucher_face(1, holder_name="王𬭼")], "a4"), tmp_path / "v.pdf")
    assert "王𬭼" in text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_vouchers_in_english(layout, tmp_path):
    text = text_of(rendered([voucher_face(1, practice=True)], layout, "en"), tmp_path / "v.pdf")
    for wanted in ("Valid until", "31 December 2026", "PRACTICE 练习 VOID"):
        assert wanted in text


@pytest.mark.parametrize("width_dots", [576, 384])
def test_receipts_decode_from_their_raster(width_dots):
    for face in mixed_faces():
        picture = render_receipt(face, width_dots, FOLDER)
        assert picture.mode == "1"
        assert picture.width == width_dots
        read = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
        assert [found.text for found in read] == [face.token_text]
        second = pyzbar.decode(picture.convert("L"), symbols=[pyzbar.ZBarSymbol.QRCODE])
        assert [found.data.decode() for found in second] == [face.token_text]


def test_a_practice_receipt_carries_its_black_bars():
    def black_rows(picture: Image.Image) -> int:
        rows = (picture.crop((0, y, 100, y + 1)) for y in range(picture.height))
        return sum(1 for row in rows if row.getextrema() == (0, 0))

    assert black_rows(render_receipt(voucher_face(1), 576, FOLDER)) == 0
    assert black_rows(render_receipt(voucher_face(1, practice=True), 576, FOLDER)) > 40


def test_what_pdfium_draws_for_the_preview_reads_the_same():
    pdf = rendered(mixed_faces(), "a4x8")
    images = [render_page(pdf, page, 200) for page in range(2)]
    pages = [Image.frombytes("RGB", (i.width, i.height), i.rgb).convert("L") for i in images]
    assert pages[0].size == (1654, 2339)
    assert read_by_zxing(pages) == sorted(face.token_text for face in mixed_faces())


def test_the_preview_keeps_its_colours():
    image = render_page(rendered([voucher_face(1, practice=True)], "a4"), 0, 72)
    page = Image.frombytes("RGB", (image.width, image.height), image.rgb)
    red, green, blue = page.getpixel((300, 50))
    assert red > 150
    assert green < 60
    assert blue < 60


def test_a_bitmap_that_looks_like_the_end_of_an_image_is_stored_apart(tmp_path):
    # Found by trying seeds: one in some hundred thousand has these bytes.
    faces = [voucher_face(82088), voucher_face(2)]
    assert re.search(rb"[\0\t\n\f\r ]EI[\0\t\n\f\r ]", encode_token(faces[0].token_text).bitmap)
    pdf = rendered(faces, "a4x8")
    assert pdf.count(b"/Subtype/Image") == 1
    assert read_by_zxing(drawn_by_poppler(pdf, tmp_path)) == sorted(f.token_text for f in faces)


def test_vouchers_are_written_while_they_arrive():
    out = io.BytesIO()
    sizes = []

    def arriving():
        for seed in range(80):
            sizes.append(out.tell())
            yield voucher_face(seed)

    render_vouchers(arriving(), "a4x8", out, fonts=FOLDER)
    assert sizes[0] == 0
    assert sizes[-1] > 9 * 3000


def test_the_same_vouchers_give_the_same_bytes():
    faces = mixed_faces()
    assert rendered(faces, "a4x8") == rendered(faces, "a4x8")


def test_a_thousand_vouchers_stay_under_eight_hundred_bytes_each():
    faces = [
        voucher_face(seed, holder_name="赵钱孙李周吴郑王"[seed % 8] + "*") for seed in range(1000)
    ]
    assert len(rendered(faces, "a4x8")) / 1000 <= 800


def test_nothing_to_print_an_unknown_layout_and_a_damaged_token_are_refused():
    out = io.BytesIO()
    with pytest.raises(RuleViolation, match="nothing_to_print"):
        render_vouchers([], "a4", out, fonts=FOLDER)
    with pytest.raises(RuleViolation, match="layout_unknown"):
        render_vouchers([voucher_face(1)], "a3", out, fonts=FOLDER)
    with pytest.raises(ContractFault, match="token_text_shape"):
        render_vouchers([voucher_face(1, token_text="123")], "a4", out, fonts=FOLDER)
    with pytest.raises(RuleViolation, match="receipt_width"):
        render_receipt(voucher_face(1), 500, FOLDER)
    assert out.getvalue() == b""


def test_previews_of_no_pdf_and_of_no_page_are_refused():
    with pytest.raises(ContractFault, match="pdf_unreadable"):
        render_page(b"not a PDF", 0, 72)
    with pytest.raises(RuleViolation, match="pdf_page_missing"):
        render_page(rendered([voucher_face(1)], "a4"), 1, 72)


def test_printing_loads_no_window_and_no_library_before_it_needs_one():
    script = (
        "import sys, branchdesk.documents.voucher_sheet, branchdesk.documents.receipt_raster,"
        "branchdesk.documents.page_raster, branchdesk.documents.qr\n"
        "late = {'PySide6', 'reportlab', 'qrcode', 'PIL', 'pypdfium2'}\n"
        "assert not late & set(sys.modules), late & set(sys.modules)"
    )
    root = FONTS.parents[1]
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_voucher_of_a_book_says_that_it_is_not_good_yet(layout: str, tmp_path: Path) -> None:
    pdf = rendered([voucher_face(1, in_book=True), voucher_face(2)], layout)
    assert text_of(pdf, tmp_path / "a.pdf").count("预印券 · 登记补录后生效") == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_voucher_of_a_book_says_from_which_day_it_is_good_and_where_that_is_written(
    layout: str, tmp_path: Path
) -> None:
    of_book = rendered([voucher_face(1, in_book=True, valid_days=90)], layout)
    words = "".join(text_of(of_book, tmp_path / "book.pdf").split())
    assert "最迟至" in words
    assert "自发放之日起90天内有效，且不晚于以上日期" in words
    assert "发放日期" in words
    assert "____年__月__日" in words
    plain = text_of(rendered([voucher_face(2)], layout), tmp_path / "plain.pdf")
    assert "有效期至" in plain
    assert "最迟" not in plain


@pytest.mark.parametrize(("language", "title"), [("zh", "登记簿"), ("en", "Register")])
def test_a_register_has_every_number_once_over_its_pages(
    language: str, title: str, tmp_path: Path
) -> None:
    faces = [voucher_face(seed, in_book=True) for seed in range(1, 41)]
    lines = tuple(RegisterLine(face.running_number, face.short_code) for face in faces)
    register = BookRegister(
        "1000012-1-40", HOSTILE, "¥10.00", "惠民银行", "人民路支行", faces[0].issued_on,
        faces[0].expires_on, 90, "T001", "S001", practice=False,
        consent="我同意" * 50, lines=lines,
    )  # fmt: skip
    out = io.BytesIO()
    made = render_register(register, out, fonts=FOLDER, language=language)
    assert (made.pages, made.items, made.bytes) == (3, 40, len(out.getvalue()))
    words = text_of(out.getvalue(), tmp_path / "a.pdf")
    assert title in words
    assert "".join(words.split()).count("我同意" * 50) == made.pages
    for line in lines:
        assert words.count(line.number) == 1
        assert words.count(line.short_code) == 1
    with pikepdf.open(io.BytesIO(out.getvalue())) as document:
        boxes = [[float(side) for side in page.mediabox] for page in document.pages]
    assert all(width > height for _, _, width, height in boxes)
