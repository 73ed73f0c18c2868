"""The kit's component pages, which stand in the gallery beside the screens."""

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.look import Look
from tests.gui.components.board import Board
from tests.gui.components.controls import buttons, choices, fields
from tests.gui.components.judging import signing, verdicts
from tests.gui.components.measuring import charts
from tests.gui.components.telling import messages, questions, waiting

PAGES: Final[dict[str, Callable[[QWidget, Look], Board]]] = {
    "buttons": buttons,
    "fields": fields,
    "choices": choices,
    "messages": messages,
    "questions": questions,
    "waiting": waiting,
    "verdicts": verdicts,
    "signing": signing,
    "charts": charts,
}
