"""Build the help: its panel, its presenter, and which intent of one is which act of the other."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from branchdesk.ui.help.pages import load_pages
from branchdesk.ui.help.presenter import HelpPresenter
from branchdesk.ui.help.view import HelpView
from branchdesk.ui.kit.background import Background


def build_help(
    over: QWidget,
    background: Background,
    folder: Path,
    language: str,
    show_shortcuts: Callable[[], object],
) -> tuple[HelpView, HelpPresenter]:
    """Return the connected help, over the right of ``over``; pages are read from ``folder``."""
    view = HelpView(over)
    help_ = HelpPresenter(view, background, partial(load_pages, folder), language)
    view.searched.connect(help_.search)
    view.turned.connect(help_.turn_to)
    view.closed.connect(help_.close)
    view.shortcuts_wanted.connect(show_shortcuts)
    return view, help_
