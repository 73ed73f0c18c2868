"""Specimens of verdicts, signatures, masked fields and the side sheet."""

import math

from PySide6.QtWidgets import QWidget

from branchdesk.domain.signature import SIDE_MAX, Stroke
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.masked_field import MaskedField
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.side_sheet import SideSheet
from branchdesk.ui.kit.signature_pad import SignaturePad
from branchdesk.ui.kit.verdict_panel import VerdictFact, VerdictPanel, VerdictState
from branchdesk.ui.kit.words import Tone, phrase
from tests.gui.components.board import Board, disabled

_PAD_WIDTH, _PAD_HEIGHT = 400, 230
_TONES = {
    "good": Tone.SUCCESS,
    "used": Tone.WARNING,
    "forged": Tone.DANGER,
    "expired": Tone.QUIET,
    "needs_line": Tone.INFO,
}


def verdicts(parent: QWidget, look: Look) -> Board:
    """Verdict panels of every tone."""
    board = Board(parent, look, "verdicts")
    facts = (
        VerdictFact(
            phrase("specimen.verdict.fact_offer"), phrase("specimen.verdict.fact_offer_is")
        ),
        VerdictFact(phrase("specimen.verdict.fact_left"), "¥50"),
        VerdictFact(phrase("specimen.verdict.fact_number"), "1000001-17"),
    )
    panels = []
    for name, tone in _TONES.items():
        panel = VerdictPanel(board, name)
        panel.dress(look)
        word, advice = phrase(f"specimen.verdict.{name}"), phrase(f"specimen.verdict.{name}_advice")
        icon = "clock" if name == "expired" else ""
        panel.fill(VerdictState(tone, word, advice, facts if name == "good" else (), icon))
        panels.append(panel)
    board.columns(panels[:2], panels[2:])
    board.end()
    return board


def signing(parent: QWidget, look: Look) -> Board:
    """Signature pads, masked fields, and a side sheet over the page."""
    board = Board(parent, look, "signing")
    pads = {state: SignaturePad(board, "sign") for state in ("empty", "signed", "error", "off")}
    for pad in pads.values():
        pad.dress(look)
        pad.setFixedSize(_PAD_WIDTH, _PAD_HEIGHT)
    pads["signed"].show_strokes(_name())
    pads["off"].show_strokes(_name())
    pads["error"].set_error(board.say("sign.error"))
    board.row(("empty", pads["empty"]), ("signed", pads["signed"]))
    board.row(("error", pads["error"]), ("disabled", disabled(pads["off"])))
    fields = {state: MaskedField(board, "phone") for state in ("masked", "revealed")}
    for field in fields.values():
        field.name(board.say("phone"), look)
        field.setFixedWidth(_PAD_WIDTH)
    fields["masked"].fill("138****5678", look)
    fields["revealed"].fill("138 0013 5678", look, seconds_left=7)
    board.row(*fields.items())
    sheet = SideSheet(board, "talk", 380)
    sheet.name(board.say("sheet.title"), look)
    text = PlainLabel(sheet.inside, wrap=True)
    text.setText(board.say("sheet.text"))
    card = Card(sheet.inside)
    card.body.addWidget(text)
    sheet.body.addWidget(card)
    sheet.body.addStretch(1)
    use = button(sheet, "primary", "use")
    set_button(use, board.say("sheet.use"))
    sheet.buttons.addStretch(1)
    sheet.buttons.addWidget(use)
    board.opened(sheet)
    board.end()
    return board


def _name() -> tuple[Stroke, ...]:
    def loop(left: int, size: int, turns: float) -> Stroke:
        steps = range(60)
        return tuple(
            (
                min(SIDE_MAX, round(left + i * size / 40)),
                round(1_000 - size * math.sin(i / 59 * math.tau * turns) * (1 - i / 90)),
            )
            for i in steps
        )

    return (loop(500, 620, 2), loop(1_500, 460, 3), ((2_500, 600), (3_500, 560), (3_300, 1_300)))
