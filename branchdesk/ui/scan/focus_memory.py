"""What a control held before keys of a scanner leaked into it, and how it gets that back."""

from collections.abc import Callable

from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QWidget

PutBack = Callable[[], None]


def remember(widget: QWidget) -> PutBack:
    """Return a call that gives ``widget`` its present content back, cursor and selection too."""
    if isinstance(widget, QLineEdit):
        return _line(widget)
    if isinstance(widget, QAbstractItemView):
        return _view(widget)
    return _value(widget)


def holds_text(widget: QWidget) -> bool:
    """Tell whether text can be typed into a control now."""
    takes_words = widget.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    return takes_words and isinstance(widget.metaObject().userProperty().read(widget), str)


def is_secret(widget: QWidget) -> bool:
    """Tell whether a control hides what is typed: a PIN, which nobody may listen to."""
    return isinstance(widget, QLineEdit) and widget.echoMode() is not QLineEdit.EchoMode.Normal


def _line(edit: QLineEdit) -> PutBack:
    text, cursor = edit.text(), edit.cursorPosition()
    start, length = edit.selectionStart(), edit.selectionLength()

    def put_back() -> None:
        if edit.text() != text:
            edit.setText(text)
            edit.textEdited.emit(text)
        edit.setCursorPosition(cursor)
        if length and cursor == start:
            edit.setSelection(start + length, -length)
        elif length:
            edit.setSelection(start, length)

    return put_back


def _view(view: QAbstractItemView) -> PutBack:
    # Digits search the first column, and the current row runs away.
    current = QPersistentModelIndex(view.currentIndex())
    return lambda: view.setCurrentIndex(current)


def _value(widget: QWidget) -> PutBack:
    """Remember by Qt's own name for the one thing that a control is for: choice, tick, number."""
    value = widget.metaObject().userProperty()
    held = value.read(widget)

    def put_back() -> None:
        if value.isWritable() and value.read(widget) != held:
            value.write(widget, held)

    return put_back
