"""Specimens of what is pressed, ticked, typed into and chosen from."""

from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLineEdit, QPushButton, QWidget

from branchdesk.ui.kit.chip import StatusChip, TagRow
from branchdesk.ui.kit.fields import FieldBox, HintLine, set_choices
from branchdesk.ui.kit.grouped_edit import GroupedEdit
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import button, icon_size, set_button
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.words import Tone
from tests.gui.components.board import Board, disabled, hovered, pressed

_KINDS = ("", "primary", "call", "danger", "quiet", "link")


def buttons(parent: QWidget, look: Look) -> Board:
    """Buttons by weight."""
    board = Board(parent, look, "buttons")

    def made(kind: str) -> QPushButton:
        found = button(board, kind)
        if kind == "call":
            found.setIcon(look.button_icon("printer"))
            icon_size(found, 20)
        set_button(found, board.say(f"button.{kind or 'ordinary'}"))
        return found

    for kind in _KINDS:
        board.row(
            ("normal", made(kind)),
            ("hover", hovered(made(kind))),
            ("focus", board.focused(made(kind))),
            ("pressed", pressed(made(kind))),
            ("disabled", disabled(made(kind))),
        )
    board.end()
    return board


def fields(parent: QWidget, look: Look) -> Board:
    """Fields with label, hint, error and counter."""
    board = Board(parent, look, "fields")

    def box(text: str = "", *, choices: bool = False) -> FieldBox:
        control = QComboBox(board) if choices else QLineEdit(board)
        if isinstance(control, QComboBox):
            set_choices(control, [("a", board.say("field.choice"))], "a")
        else:
            control.setText(text)
        found = FieldBox(board, control, "specimen")
        found.name(board.say("field.label"), board.say("field.placeholder"))
        return found

    typed = board.say("field.typed")
    wrong, hinted, described = box(typed), box(typed), box()
    wrong.set_error(board.say("field.error"), look)
    hinted.set_hints([HintLine(board.say("field.hint"), "target")], board.say("field.take"), look)
    described.describe(board.say("field.note"))
    counted = box(typed)
    counted.count_to(60, look)
    full = box(board.say("field.long"))
    full.count_to(20, look)
    under = box(typed)
    hovered(under.control)
    off = box(typed)
    off.control.setEnabled(False)
    board.row(("empty", box()), ("normal", box(typed)), ("hover", under), stretch=True)
    board.row(
        ("focus", board.focused(_wide(QLineEdit(typed, board)))),
        ("error", wrong), ("hint", hinted), stretch=True,
    )  # fmt: skip
    board.row(("note", described), ("counter", counted), ("full", full), stretch=True)
    combo = box(choices=True)
    off_combo = box(choices=True)
    off_combo.control.setEnabled(False)
    grouped = GroupedEdit(board, (3, 4, 4))
    grouped.show_plain("13800138000")
    phone = FieldBox(board, grouped, "phone")
    phone.name(board.say("phone"))
    board.row(("normal", phone), stretch=True)
    board.row(("disabled", off), ("normal", combo), ("disabled", off_combo), stretch=True)
    board.end()
    return board


def choices(parent: QWidget, look: Look) -> Board:
    """Boxes to tick, segments and chips."""
    board = Board(parent, look, "choices")

    def tick(*, on: bool) -> QCheckBox:
        found = QCheckBox(board.say("choice.tick"), board)
        found.setChecked(on)
        return found

    wrong = tick(on=False)
    set_property(wrong, "invalid", "true")
    board.row(
        ("normal", tick(on=False)), ("checked", tick(on=True)), ("hover", hovered(tick(on=False))),
        ("focus", board.focused(tick(on=True))), ("error", wrong),
        ("disabled", disabled(tick(on=True))),
    )  # fmt: skip
    board.row(
        ("normal", _segments(board)), ("hover", _segments(board, under="week")),
        ("disabled", disabled(_segments(board))),
    )  # fmt: skip
    portrait = _segments(board)
    board.row(("focus", board.focused(_focused_by(portrait, portrait.buttons[0]))))
    chips = []
    for tone in Tone:
        chip = StatusChip(board)
        chip.say(board.say(f"chip.{tone.value}"), tone, look)
        chips.append((tone.value, chip))
    own = StatusChip(board)
    own.say(board.say("chip.van"), Tone.INFO, look, "van")
    board.row(*chips, ("icon", own))
    board.row(("normal", _tags(board)), ("disabled", _tags(board, enabled=False)), stretch=True)
    board.end()
    return board


def _wide(specimen: QLineEdit) -> QLineEdit:
    specimen.setMinimumWidth(300)
    return specimen


def _segments(board: Board, under: str = "") -> SegmentedChoice:
    found = SegmentedChoice(board, "period")
    values = ("day", "week", "month")
    found.name(board.say("choice.period"), [(v, board.say(f"choice.{v}")) for v in values])
    found.show_choice("day")
    for made in found.buttons:
        if under and made.objectName().endswith(under):
            hovered(made)
    return found


def _focused_by(whole: QWidget, part: QAbstractButton) -> QWidget:
    whole.setFocusProxy(part)
    return whole


def _tags(board: Board, *, enabled: bool = True) -> TagRow:
    found = TagRow(board, "interests")
    tags = [(str(number), board.say(f"tag.{number}")) for number in range(1, 7)]
    found.fill(tags, board.look, enabled=enabled)
    return found
