"""What tests of several kinds share: the application's style and fonts, given once."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def fonts(qapp: "QApplication") -> "QApplication":
    """Give the application the bundled fonts and style.

    A second time would restyle every window that was ever shown, which takes minutes.
    """
    from branchdesk.ui.shell.first_paint import prepare

    prepare(Path(__file__).resolve().parents[1] / "resources")
    return qapp
