"""The check of a voucher: asking, looking, and every verdict there is."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtGui import QImage

from branchdesk.domain.offer import RedemptionPolicy
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.token import Grant, Token, Voucher, china_day, decode_grant, decode_voucher
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.verdict.grey import grey_of
from branchdesk.ui.verdict.lines import answer
from branchdesk.ui.verdict.services import Shot
from branchdesk.ui.verdict.state import Step, Typed, VerdictState
from tests.fakes.bank import TERMINAL
from tests.fakes.camera import HEIGHT, WIDTH, frame_of
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter, fill


def asking(bench: Bench) -> None:
    enter(bench)
    bench.desk.verdict.ask()


def mistyped(bench: Bench) -> None:
    enter(bench)
    bench.desk.verdict.check("4K7P-22MX-0A9C-F3T1R")


def checking(bench: Bench) -> None:
    """Show what stands there while the store is asked; it answers at once in a scene."""
    enter(bench)
    fill(bench)
    bench.desk.verdict.ask()
    bench.desk.verdict_view.render(VerdictState(Step.CHECKING, serial=99))


def good(bench: Bench) -> None:
    bench.behind.store.name_keeper(TERMINAL, TERMINAL)
    scanned(bench)


def scanned(bench: Bench) -> None:
    """Scan what was issued a moment ago, with the form of the next person half typed."""
    bench.behind.register("单雨晴", "13800005678", "SPEND200")
    enter(bench)
    fill(bench)
    record = bench.behind.vouchers()[0]
    bench.desk.check_voucher(token_of(bench, record.voucher))


def redeemed(bench: Bench) -> None:
    """Redeem what was just scanned, for a purchase that reaches the threshold."""
    good(bench)
    bench.desk.verdict.redeem(Typed(purchase="218.50"))


def recent(bench: Bench) -> None:
    """List a few redemptions of the day: one undone, one too late, one of elsewhere."""
    desk, verdict = bench.behind, bench.desk.verdict
    desk.store.name_keeper(TERMINAL, TERMINAL)
    enter(bench)
    people = (
        ("单雨晴", "13800005678", "SPEND200"), ("欧阳𬭼", "13800005679", "PHONE10"),
        ("Kowalczyk-Wiśniewska Aleksandra", "13800005680", "GIFTBOX"),
    )  # fmt: skip
    for name, phone, offer in people:
        desk.register(name, phone, offer)
        bench.desk.check_voucher(token_of(bench, desk.vouchers()[-1].voucher))
        verdict.redeem(Typed(purchase="218.50" if offer == "SPEND200" else ""))
        desk.clock.advance(28 * 60_000 if offer == "SPEND200" else 3 * 60_000)
    verdict.ask_undo()
    verdict.undo("扫错了券")
    verdict.ask_recent()


def recent_one(bench: Bench) -> None:
    """Open the one that can still be undone."""
    recent(bench)
    lines = bench.desk.verdict.state.recent or ()
    bench.desk.verdict.open_recent(lines[1].redemption)


def camera_looks(bench: Bench) -> None:
    """Hold something else than a voucher before the camera."""
    enter(bench)
    bench.desk.verdict.look_with_camera()
    frame = frame_of("a shop's own code").tobytes()
    image = QImage(frame, WIDTH, HEIGHT, WIDTH, QImage.Format.Format_Grayscale8).copy()
    assert bench.behind.cameras is not None
    bench.behind.cameras.see(Shot(grey_of(image), image))


def camera_refused(bench: Bench) -> None:
    enter(bench)
    assert bench.behind.cameras is not None
    bench.behind.cameras.refusal = "broken"
    bench.desk.verdict.look_with_camera()


def undoing(bench: Bench) -> None:
    """Ask why it is undone, after a try without a reason."""
    redeemed(bench)
    bench.desk.verdict.ask_undo()
    bench.desk.verdict.undo("")


def below_threshold(bench: Bench) -> None:
    good(bench)
    bench.desk.verdict.redeem(Typed(purchase="120"))


def in_doubt(bench: Bench) -> None:
    """Ask head office, whose answer is lost."""
    scanned(bench)
    bench.behind.line_fault = EnvironmentFault(
        "office_unreachable", retryable=True, reason="timeout", sent=True
    )
    bench.desk.verdict.redeem(Typed(purchase="218.50"))


def reading(bench: Bench) -> None:
    enter(bench)
    bench.desk.scan.reading()


def broken(bench: Bench) -> None:
    enter(bench)
    bench.desk.scan.read("9" * 300)


def unknown_code(bench: Bench) -> None:
    enter(bench)
    bench.desk.verdict.check(ELSEWHERE)


def token_of(bench: Bench, voucher: str) -> str:
    """Return the text in a voucher's QR code."""
    from branchdesk.protocol.token import token_text

    record = next(found for found in bench.behind.vouchers() if found.voucher == voucher)
    return token_text(record.grant_bytes, record.voucher_bytes)


def verdict(wanted: Verdict, bench: Bench) -> None:
    """Show a verdict, as the judge gives it, for a voucher that was really issued."""
    scanned(bench)
    token = _token(bench, wanted)
    unauthentic = wanted is Verdict.FORGED
    judgement = Judgement(wanted, None if unauthentic else token, {"here": False})
    with bench.behind.store.read() as reading:
        campaigns = reading.campaigns()
    state = VerdictState(Step.ANSWER, answer=answer(judgement, campaigns), serial=99)
    bench.desk.verdict_view.render(state)


def _token(bench: Bench, wanted: Verdict) -> Token:
    record = bench.behind.vouchers()[0]
    grant, voucher = decode_grant(record.grant_bytes), decode_voucher(record.voucher_bytes)
    day = china_day(bench.behind.clock.now_ms() // 1000)
    changed: dict[Verdict, tuple[Grant, Voucher]] = {
        Verdict.NOT_YET: (replace(grant, issue_from=day + 6), voucher),
        Verdict.EXPIRED: (grant, replace(voucher, expires=day - 1)),
        Verdict.NEEDS_LINE: (replace(grant, policy=RedemptionPolicy.ONLINE), voucher),
        Verdict.SUPERSEDED: (grant, replace(voucher, copy=1)),
    }
    return Token(*changed.get(wanted, (grant, voucher)))


# A short code with a right check character that no store here has a row for.
ELSEWHERE: Final = "0000-0YM0-0002-ABCD5"

SCENES: Final[dict[str, Callable[[Bench], None]]] = {
    "scan_reading": reading,
    "scan_broken": broken,
    "verdict_asking": asking,
    "verdict_mistyped": mistyped,
    "verdict_checking": checking,
    "verdict_unknown_code": unknown_code,
    "verdict_good": good,
    "verdict_redeemed": redeemed,
    "verdict_undoing": undoing,
    "verdict_camera": camera_looks,
    "verdict_camera_refused": camera_refused,
    "verdict_recent": recent,
    "verdict_recent_one": recent_one,
    "verdict_below_threshold": below_threshold,
    "verdict_in_doubt": in_doubt,
    **{
        f"verdict_{wanted.value}": partial(verdict, wanted)
        for wanted in Verdict
        if wanted is not Verdict.GOOD
    },
}
