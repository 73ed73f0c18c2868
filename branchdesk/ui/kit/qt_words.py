"""Have Qt's own texts speak the language of the window: context menus, file dialogs, their buttons.

They are Qt's, not ours: they come with it, and the few that are shown are made anew each time, so
that a language that was switched is heard at the next opening.
"""

from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

_NAME: Final = "qt_words"
# Qt's texts are written in English; every other language is a file of its own.
_CATALOGUES: Final = {"zh": "qtbase_zh_CN"}


def speak(language: str) -> None:
    """Speak a language from now on, in the whole application; English where Qt has no file."""
    application = QCoreApplication.instance()
    assert application is not None, "a window is dressed within an application"
    before = application.findChild(QTranslator, _NAME)
    wanted = _CATALOGUES.get(language, "")
    if before is not None:
        if before.property(_NAME) == wanted:
            return
        QCoreApplication.removeTranslator(before)
        before.setParent(None)
        before.deleteLater()
    if not wanted:
        return
    catalogue = QTranslator(application)
    catalogue.setObjectName(_NAME)
    catalogue.setProperty(_NAME, wanted)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if catalogue.load(wanted, folder):
        QCoreApplication.installTranslator(catalogue)
