"""A field that shows digits in groups, as people read a phone number out: 138 0013 8000."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit, QWidget

from branchdesk.ui.kit.signals import signal_of


class GroupedEdit(QLineEdit):
    """Shows what is typed in groups; ``plain_edited`` and ``plain`` give it without the spaces.

    Only spaces are added, and only while the text is nothing but digits: whatever else somebody
    types stays as it is, for the rules to judge.
    """

    plain_edited = signal_of(str)

    def __init__(self, parent: QWidget, groups: Sequence[int]) -> None:
        super().__init__(parent)
        self._groups = tuple(groups)
        self.textEdited.connect(self._regroup)

    def plain(self) -> str:
        """Return the text without the spaces of the groups."""
        bare = self.text().replace(" ", "")
        return bare if _is_number(bare) else self.text()

    def show_plain(self, text: str) -> None:
        """Show a text without announcing it as typed."""
        if text != self.plain():
            self.setText(self._grouped(text))

    def _regroup(self, text: str) -> None:
        bare = text.replace(" ", "")
        if _is_number(bare):
            before = len(text[: self.cursorPosition()].replace(" ", ""))
            self.setText(self._grouped(bare))
            self.setCursorPosition(self._place_of(before))
        self.plain_edited.emit(self.plain())

    def _grouped(self, bare: str) -> str:
        if not _is_number(bare):
            return bare
        parts, rest = [], bare
        for size in self._groups[:-1]:
            parts.append(rest[:size])
            rest = rest[size:]
        return " ".join(part for part in (*parts, rest) if part)

    def _place_of(self, digits: int) -> int:
        return len(self._grouped(self.plain()[:digits]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
