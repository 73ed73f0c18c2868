"""What happened to the person, day by day, newest first. Passive."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from branchdesk.ui.customer.state import CustomerState, TimelineDay, TimelineLine
from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import clear

_ICON_SIDE = 18


class TimelineView(Card):
    """A list that scrolls by arrow keys once it has the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: object = None
        self.area = VerticalArea(self, space=6, by_key=True)
        self.area.setObjectName("timeline")
        self.body.addWidget(self.area)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._shown = look, None
        self.name(look.words.say("customer.timeline"))
        self.area.setAccessibleName(look.words.say("customer.timeline"))

    def fill(self, state: CustomerState) -> None:
        """Show the days; what is shown already is left alone."""
        look, shown = self._look, (state.page.days, state.page.more)
        if look is None or shown == self._shown:
            return
        self._shown = shown
        column = self.area.column
        clear(column)
        for day in state.page.days:
            self._add(day, look)
        if state.page.more:
            more = PlainLabel(self.area.inside, "caption", wrap=True)
            more.setText(look.words.say("customer.more", count=state.page.more))
            column.addWidget(more)
        column.addStretch(1)
        self.area.verticalScrollBar().setValue(0)

    def _add(self, day: TimelineDay, look: Look) -> None:
        title = PlainLabel(self.area.inside, "label")
        title.setText(look.words.say("customer.day", day=day.day))
        self.area.column.addWidget(title)
        for line in day.lines:
            self.area.column.addWidget(self._line(line, look))

    def _line(self, line: TimelineLine, look: Look) -> QWidget:
        row = QWidget(self.area.inside)
        picture = Picture(row)
        ratio = self.devicePixelRatioF()
        colour = look.palette.muted
        picture.setPixmap(look.icons.pixmap(line.icon, colour, _ICON_SIDE, ratio))
        title = PlainLabel(row, "strong", wrap=True)
        title.setText(look.words.phrase(line.title))
        who = PlainLabel(row, "caption")
        who.setText(f"{line.at} · {line.staff}" if line.staff else line.at)
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 2, 0, 6)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(picture, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(title, 0, 1)
        grid.addWidget(who, 0, 2, Qt.AlignmentFlag.AlignTop)
        if line.details:
            details = PlainLabel(row, "muted", wrap=True)
            details.setText("\n".join(look.words.phrase(part) for part in line.details))
            grid.addWidget(details, 1, 1, 1, 2)
        return row
