"""Specimens of what tells: strips, toasts, questions, progress, empty places, cards."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.confirm_bar import ConfirmBar, Question
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.toast import Toast, ToastStack
from branchdesk.ui.kit.words import Tone, phrase
from tests.gui.components.board import Board


def messages(parent: QWidget, look: Look) -> Board:
    """Strips of every tone, and toasts over the page."""
    board = Board(parent, look, "messages")
    for tone in Tone:
        strip = MessageStrip(board)
        strip.say(board.say(f"message.{tone.value}"), tone, look)
        board.body.addWidget(strip)
    toasts = ToastStack(board, board.timers)
    toasts.dress(look)
    toasts.say(Toast(phrase("specimen.toast.saved")))
    toasts.say(Toast(phrase("specimen.toast.failed"), Tone.DANGER))
    toasts.say(Toast(phrase("specimen.toast.withdrawn"), Tone.SUCCESS, undo="consent"))
    board.end()
    return board


def questions(parent: QWidget, look: Look) -> Board:
    """Confirm bars."""
    board = Board(parent, look, "questions")
    plain = Question(phrase("specimen.ask.close"), phrase("specimen.ask.close_yes"))
    reason = Question(
        phrase("specimen.ask.void"), phrase("specimen.ask.void_yes"), wants_reason=True
    )
    erase = Question(
        phrase("specimen.ask.erase"), phrase("specimen.ask.erase_yes"),
        wants_reason=True, wants_second=True, danger=True,
    )  # fmt: skip
    bars = []
    for question in (plain, reason, erase):
        bar = ConfirmBar(board, "specimen")
        bar.dress(look)
        bar.ask(question)
        bars.append(bar)
        board.body.addWidget(bar)
    bars[2].edits["reason"].setText(board.say("ask.reason"))
    bars[2].refuse("pin", phrase("kit.confirm.pin_missing"))
    board.end()
    return board


def waiting(parent: QWidget, look: Look) -> Board:
    """Progress, empty places and cards."""
    board = Board(parent, look, "waiting")
    states = (
        ProgressState(phrase("specimen.progress.print"), 3, 40),
        ProgressState(phrase("specimen.progress.sync")),
        ProgressState(phrase("specimen.progress.print"), 31, 40, cancelling=True),
        ProgressState(phrase("specimen.progress.print"), 40, 40, can_cancel=False),
    )
    strips = []
    for state in states:
        strip = ProgressStrip(board, "specimen")
        strip.dress(look)
        strip.fill(state)
        strips.append(strip)
    board.columns(strips[:2], strips[2:])
    empty, bare = EmptyState(board, "none"), EmptyState(board, "bare")
    say = board.say
    empty.fill(look, "ticket", say("empty.title"), say("empty.sentence"), say("empty.action"))
    bare.fill(look, "search", say("empty.found"), say("empty.found_sentence"))
    card, holder = Card(board, "card"), Card(board, "holder")
    card.name(say("card.title"), say("card.note"))
    change = button(card, "quiet")
    change.setIcon(look.icon("pen"))
    set_button(change, say("card.change"))
    card.buttons.addWidget(change)
    text = PlainLabel(card, wrap=True)
    text.setText(say("card.body"))
    card.body.addWidget(text)
    holder.body.addWidget(bare)
    board.columns([card], [_framed(board, empty)], [holder])
    board.end()
    return board


def _framed(board: Board, inside: QWidget) -> Card:
    card = Card(board, "framed")
    card.body.addWidget(inside)
    return card
