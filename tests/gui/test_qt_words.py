"""What Qt says by itself follows the language of the window, as the rest of it does."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit, QPushButton, QWidget

from branchdesk.ui.kit.qt_words import speak
from tests.gui.conftest import Bench

Build = Callable[..., Bench]
HAN = range(0x4E00, 0x9FFF)


def menu_words(parent: QWidget) -> list[str]:
    """Return the words in the menu of a field."""
    menu = QLineEdit(parent).createStandardContextMenu()
    words = [action.text().partition("\t")[0] for action in menu.actions() if action.text()]
    menu.deleteLater()
    return words


def dialog_words(parent: QWidget) -> list[str]:
    """Return the words on the buttons of a dialogue that picks a file."""
    dialog = QFileDialog(parent, options=QFileDialog.Option.DontUseNativeDialog)
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    words = [made.text() for made in box.buttons() if isinstance(made, QPushButton)]
    dialog.deleteLater()
    return words


def test_menus_and_dialogues_of_qt_are_in_the_language_of_the_window(build: Build) -> None:
    bench = build()
    chinese = menu_words(bench.window) + dialog_words(bench.window)
    assert len(chinese) >= 8
    assert [words for words in chinese if not any(ord(sign) in HAN for sign in words)] == []
    bench.desk.wardrobe.switch_language()
    english = menu_words(bench.window) + dialog_words(bench.window)
    assert "&Copy" in english
    assert [words for words in english if not words.isascii()] == []
    bench.desk.wardrobe.switch_language()
    assert menu_words(bench.window) + dialog_words(bench.window) == chinese


def test_one_language_is_spoken_at_a_time(build: Build) -> None:
    build()
    application = QCoreApplication.instance()
    assert application is not None
    for language, spoken in (("zh", 1), ("zh", 1), ("en", 0), ("en", 0), ("zh", 1)):
        speak(language)
        assert len(application.findChildren(QTranslator)) == spoken
