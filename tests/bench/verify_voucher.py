"""Verify a scanned voucher, and read one from a camera's frame, each beside the bare minimum.

Verifying is the desk's own use case over the real encrypted store, from the text of the code to the
verdict: vouchers of this terminal with their rows, and strangers' with none. Beside it stand two
bare Ed25519 verifications, which nobody can do without. A frame is 1280 by 720 in grey with a
printed code in it, slightly turned, unevenly lit and grainy; beside it stands OpenCV's reader.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import qrcode
from PIL import Image

from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.devices.code_pictures import codes_in
from branchdesk.protocol.signing import SigningKey, verifies
from branchdesk.protocol.token import token_text
from branchdesk.protocol.verdict import Verdict
from tests.builders import Terminal, make_terminal

_VOUCHERS, _ROUNDS, _TIMES, _FRAMES = 40, 9, 60, 12
_SIZE = (1280, 720)
_VERIFY_GOAL, _FRAME_GOAL = 3.0, 10.0


def rows() -> list[dict[str, Any]]:
    """Measure and return a row for a verification and one for a frame."""
    with tempfile.TemporaryDirectory() as folder:
        terminal = make_terminal(Path(folder), slots=1_000)
        texts = [_issue(terminal, number) for number in range(_VOUCHERS)]
        verify = VerifyVoucher(terminal.store, terminal.clock)
        assert {verify(text).verdict for text in texts} == {Verdict.GOOD}
        found = [_verify_row(verify, texts), _frame_row(verify, texts)]
        terminal.store.close()
    return found


def _issue(terminal: Terminal, number: int) -> str:
    issued = terminal.register("王芳", f"+8613{number:09}", issue="PHONE10")
    with terminal.store.read() as reading:
        record = reading.vouchers(customer=issued)[0]
    return token_text(record.grant_bytes, record.voucher_bytes)


def _verify_row(verify: VerifyVoucher, texts: Sequence[str]) -> dict[str, Any]:
    key, message = SigningKey(bytes(range(32))), b"m" * 125
    signature = key.sign(b"P", message)

    def two() -> None:
        verifies(key.public_key, signature, b"P", message)
        verifies(key.public_key, signature, b"P", message)

    ours, bare = [], []
    for _ in range(_ROUNDS):
        bare.append(_seconds(two, _TIMES))
        ours.append(_seconds(_in_turn(verify, texts), _TIMES))
    ratio = median(o / b for o, b in zip(ours, bare, strict=True))
    return {
        "job": "verify a scanned voucher over the encrypted store, text to verdict",
        "ours": f"{median(ours) * 1e6:.0f} µs",
        "beside": f"two bare Ed25519 verifications {median(bare) * 1e6:.0f} µs",
        "ratio": round(ratio, 2),
        "goal": f"<= {_VERIFY_GOAL}x",
        "met": ratio <= _VERIFY_GOAL,
    }


def _frame_row(verify: VerifyVoucher, texts: Sequence[str]) -> dict[str, Any]:
    import cv2

    frames = [_frame(text, seed) for seed, text in enumerate(texts[:_FRAMES])]
    pictures = [Image.fromarray(frame) for frame in frames]
    reader = cv2.QRCodeDetector()
    read = {"ours": 0, "theirs": 0}

    def ours(picture: Image.Image) -> None:
        found = codes_in(picture)
        read["ours"] += bool(found) and verify(found[0]).verdict is Verdict.GOOD

    def theirs(frame: np.ndarray[Any, Any]) -> None:
        text, _, _ = reader.detectAndDecode(frame)
        read["theirs"] += bool(text)

    us, them = [], []
    for _ in range(3):
        us.append(_seconds(_in_turn(ours, pictures), _FRAMES))
        them.append(_seconds(_in_turn(theirs, frames), _FRAMES))
    assert read["ours"] == 3 * _FRAMES, "a frame that is not read is not fast"
    ratio = median(t / o for o, t in zip(us, them, strict=True))
    return {
        "job": f"camera frame of {_SIZE[0]} by {_SIZE[1]} to verdict",
        "ours": f"{median(us) * 1e3:.1f} ms, read {read['ours']}",
        "beside": f"OpenCV's reader, without a verdict {median(them) * 1e3:.1f} ms, "
        f"read {read['theirs']}",
        "ratio": round(ratio, 1),
        "goal": f">= {_FRAME_GOAL:.0f}x",
        "met": ratio >= _FRAME_GOAL,
    }


def _frame(text: str, seed: int) -> "np.ndarray[Any, Any]":
    """Return a grey frame with the printed code in it, as a camera sees it."""
    random = np.random.default_rng(seed)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=6, border=4)
    code.add_data(text)
    printed = code.make_image().get_image().convert("L")
    sheet = Image.new("L", _SIZE, 215)
    turned = printed.rotate(random.uniform(-8, 8), expand=True, fillcolor=235)
    sheet.paste(turned, (380 + int(random.integers(120)), 120 + int(random.integers(90))))
    pixels = np.asarray(sheet, dtype=np.float32)
    light = np.linspace(0.75, 1.05, _SIZE[0], dtype=np.float32)
    noisy = pixels * light + random.normal(0, 6, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _in_turn(job: Callable[[Any], object], things: Sequence[Any]) -> Callable[[], None]:
    place = 0

    def next_one() -> None:
        nonlocal place
        job(things[place % len(things)])
        place += 1

    return next_one


def _seconds(job: Callable[[], None], times: int) -> float:
    """Return the median seconds of one run."""
    took = []
    gc.collect()
    for _ in range(times):
        start = time.perf_counter()
        job()
        took.append(time.perf_counter() - start)
    return median(took)
