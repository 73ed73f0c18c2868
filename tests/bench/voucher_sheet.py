"""The voucher sheet beside the obvious way: qrcode, a Pillow picture, reportlab's drawImage.

Both draw eight vouchers on an A4 page with the same texts and fonts. The obvious way is slow, so it
draws a small and a larger sheet, and the difference says what a thousand would take, its fonts
counted once. It takes turns with ours, each round gives one ratio, and the median counts. Tokens
are random from the first digit, our worst case: those of one grant would share half of theirs.
"""

import gc
import io
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.models import VoucherFace
from branchdesk.documents.qr_tables import symbol_tables
from branchdesk.documents.voucher_sheet import render_vouchers
from tests.fakes.voucher_faces import FONTS, voucher_face

_VOUCHERS, _SMALL, _LARGE, _ROUNDS = 1000, 8, 64, 3
_RATIO_GOAL, _BYTES_GOAL = 75, 800
_NAMES = [name + "*" for name in "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"]


def rows() -> list[dict[str, Any]]:
    """Measure and return one row for the speed and one for the size."""
    faces = [voucher_face(n, holder_name=_NAMES[n % len(_NAMES)]) for n in range(_VOUCHERS)]
    ours, obvious = [], []
    _obvious_sheet(faces[:1])
    for _ in range(_ROUNDS):
        ours.append(_timed(lambda: _our_sheet(faces)))
        obvious.append(_scaled_obvious(faces))
    ratio = median(slow / fast for (fast, _), (slow, _) in zip(ours, obvious, strict=True))
    our_ms, their_ms = (median(s for s, _ in runs) * 1000 / _VOUCHERS for runs in (ours, obvious))
    our_bytes, their_bytes = (median(b for _, b in runs) / _VOUCHERS for runs in (ours, obvious))
    beside = f"qrcode + Pillow + reportlab drawImage, scaled from {_LARGE} vouchers"
    return [
        {
            "job": f"voucher sheet of {_VOUCHERS}, 8 a page, ms a voucher (beside: {beside})",
            "ours": round(our_ms, 3),
            "beside": round(their_ms, 3),
            "ratio": round(ratio, 1),
            "goal": f">= {_RATIO_GOAL}x",
            "met": ratio >= _RATIO_GOAL,
        },
        {
            "job": f"voucher sheet of {_VOUCHERS}, 8 a page, bytes a voucher (beside: {beside})",
            "ours": round(our_bytes),
            "beside": round(their_bytes),
            "ratio": round(their_bytes / our_bytes, 1),
            "goal": f"<= {_BYTES_GOAL} bytes",
            "met": our_bytes <= _BYTES_GOAL,
        },
    ]


def _scaled_obvious(faces: list[VoucherFace]) -> tuple[float, float]:
    """Return seconds and bytes of the obvious way, scaled to all vouchers."""
    small = _timed(lambda: _obvious_sheet(faces[:_SMALL]))
    large = _timed(lambda: _obvious_sheet(faces[:_LARGE]))
    times = (_VOUCHERS - _SMALL) / (_LARGE - _SMALL)
    seconds, size = (low + (high - low) * times for low, high in zip(small, large, strict=True))
    return seconds, size


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    """Return the seconds that the work took and what it returned."""
    gc.collect()
    start = time.perf_counter()
    size = work()
    return time.perf_counter() - start, size


def _our_sheet(faces: list[VoucherFace]) -> int:
    """Render from nothing, tables and fonts included, and return the size of the file."""
    symbol_tables.cache_clear()
    out = io.BytesIO()
    return render_vouchers(faces, "a4x8", out, fonts=FontFolder(FONTS)).bytes


def _obvious_sheet(faces: list[VoucherFace]) -> int:
    """Draw the same texts and codes as anybody would at first; return the size of the file."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    # Registered once, before anything is measured, which favours the obvious way: ours opens its
    # font files in every round.
    for name in ("NotoSansSC-Regular", "NotoSansSC-Bold"):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number, face in enumerate(faces):
        place = number % 8
        if number and place == 0:
            canvas.showPage()
        _obvious_card(canvas, face, place % 2 * 297.6, 842 - (place // 2 + 1) * 210.5)
    canvas.save()
    return len(out.getvalue())


def _obvious_card(canvas: Any, face: VoucherFace, x: float, y: float) -> None:
    import qrcode
    from qrcode.constants import ERROR_CORRECT_M
    from reportlab.lib.utils import ImageReader

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=4, border=4)
    code.add_data(face.token_text)
    code.make(fit=True)
    picture = code.make_image().get_image()
    canvas.drawImage(ImageReader(picture), x + 180, y + 60, 100, 100)
    canvas.roundRect(x + 14, y + 14, 269, 182, 6)
    bold = [face.bank_name, face.offer_name, face.face_text]
    plain = [face.holder_name or "", str(face.expires_on), str(face.issued_on)]
    plain += [*face.terms, face.outlet_name, face.outlet_address, face.approval_no]
    plain += [face.short_code, face.running_number, face.campaign_name]
    for line, text in enumerate(bold + plain):
        name = "NotoSansSC-Bold" if line < len(bold) else "NotoSansSC-Regular"
        canvas.setFont(name, 12 if line < len(bold) else 6)
        canvas.drawString(x + 24, y + 180 - line * 10, text)
