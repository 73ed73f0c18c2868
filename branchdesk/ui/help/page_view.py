"""One help page, set in our own type: bundled Markdown, no links, nothing fetched."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QColor,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from branchdesk.ui.help.pages import HelpPage
from branchdesk.ui.kit.look import Look

_LINE_PERCENT = 150.0
_PROPORTIONAL = int(QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
_SECTION = 2
_INDENT_PX = 24


class PageView(QTextBrowser):
    """Shows a page and marks the words searched for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help_page")
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self._shown: tuple[HelpPage, Look] | None = None

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Fetch nothing: a page is its text."""
        del kind, name
        return None

    def show_page(self, page: HelpPage, marked: tuple[str, ...], look: Look) -> None:
        """Set a page from its start, or only mark words when it is shown already."""
        if self._shown != (page, look):
            self._shown = (page, look)
            self.setMarkdown(f"# {page.title}\n\n{page.text}")
            _set_type(self.document(), look)
            self.verticalScrollBar().setValue(0)
        self._mark(marked, look)

    def _mark(self, words: tuple[str, ...], look: Look) -> None:
        marks = []
        for word in words:
            found = self.document().find(word)
            while not found.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor = found
                mark.format.setBackground(QColor(look.palette.warning_soft))
                mark.format.setForeground(QColor(look.palette.warning))
                mark.format.setFontUnderline(True)
                marks.append(mark)
                found = self.document().find(word, found)
        self.setExtraSelections(marks)
        if marks:
            self.setTextCursor(QTextCursor(self.document()))
            at = self.cursorRect(marks[0].cursor)
            if at.top() > self.viewport().height():
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + at.top() - self.viewport().height() // 3)


def _set_type(document: QTextDocument, look: Look) -> None:
    """Give every block the sizes and distances of the token table."""
    sizes = {1: look.metrics.headline, 2: look.metrics.title}
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        size = sizes.get(level, look.metrics.body)
        spaced = QTextBlockFormat()
        spaced.setLineHeight(_LINE_PERCENT, _PROPORTIONAL)
        spaced.setTopMargin(size if level == _SECTION else 0)
        spaced.setBottomMargin(size * (0.3 if level or block.textList() else 0.6))
        cursor = QTextCursor(block)
        cursor.mergeBlockFormat(spaced)
        for start, end, letters in _pieces(block):
            # Markdown gives headings a relative size, which would win over ours.
            letters.clearProperty(QTextFormat.Property.FontSizeAdjustment)
            letters.setProperty(QTextFormat.Property.FontPixelSize, size)
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(letters)
        block = block.next()
    document.setIndentWidth(_INDENT_PX)


def _pieces(block: QTextBlock) -> list[tuple[int, int, QTextCharFormat]]:
    """Return start, end and format of every run of a block."""
    found = []
    runs = block.begin()
    while not runs.atEnd():
        run = runs.fragment()
        start, end = run.position(), run.position() + run.length()
        found.append((start, end, QTextCharFormat(run.charFormat())))
        runs += 1
    return found
