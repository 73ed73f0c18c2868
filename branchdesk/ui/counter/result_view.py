"""What was done: codes to read out, how its paper stands, and on to the next person. Passive."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import ResultState, VoucherLine
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, clear, fill_row, frame, set_button
from branchdesk.ui.kit.words import Tone


class ResultView(QFrame):
    """Fills the place of offers and basket once something was committed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._shown: tuple[VoucherLine, ...] | None = None
        self._picture = Picture(self)
        self._headline = PlainLabel(self, "headline", wrap=True)
        self._trouble = MessageStrip(self)
        self._paper = MessageStrip(self)
        self._area = VerticalArea(self, space=10)
        self.print_again = button(self, "", "print_again")
        self.open = button(self, "", "open_document")
        self.copy = button(self, "", "copy_document_path")
        self.not_out = button(self, "", "not_come_out")
        self.next = button(self, "call", "next_person")
        self._document = ""
        self._is_stuck = False
        self.copy.clicked.connect(self._copy)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self._picture)
        top.addWidget(self._headline, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for made in (self.open, self.copy, self.print_again):
            buttons.addWidget(fill_row(made))
        buttons.addStretch(1)
        buttons.addWidget(fill_row(self.not_out))
        buttons.addWidget(self.next)
        head, foot = QVBoxLayout(), QVBoxLayout()
        head.addLayout(top)
        head.addWidget(self._trouble)
        foot.addWidget(self._paper)
        foot.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 26, 20, 24)
        layout.setSpacing(14)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        layout.addLayout(foot)
        for part in (head, foot):
            part.setContentsMargins(0, 0, BAR_ROOM, 0)
            part.setSpacing(14)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look, self._shown = look, None
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(look.icons.pixmap("success", look.palette.success, 40, ratio))
        self.print_again.setIcon(look.icon("printer"))
        set_button(self.print_again, look.words.say("counter.print_again"))
        self.open.setIcon(look.icon("ticket"))
        set_button(self.copy, look.words.say("counter.copy_path"))
        not_out = look.words.say("counter.not_out_about")
        set_button(self.not_out, look.words.say("counter.not_out"), not_out)
        self.next.setIcon(look.button_icon("person_add"))
        self.next.setIconSize(QSize(24, 24))
        self.next.setMinimumWidth(240)

    def fill(self, result: ResultState) -> None:
        """Show a result."""
        look = self._look
        if look is None:
            return
        words = look.words
        self._headline.setText(words.phrase(result.headline))
        trouble = "" if result.trouble is None else words.phrase(result.trouble)
        self._trouble.say(trouble, Tone.DANGER, look)
        paper = words.phrase(result.print_phrase) if result.vouchers else ""
        self._paper.say(paper, result.print_tone, look)
        self.print_again.setVisible(result.can_print)
        self._document = result.document
        self.open.setVisible(bool(result.document))
        is_stuck = bool(result.document) and not result.is_open
        self._settle_default(is_stuck=is_stuck)
        set_button(self.open, words.say("counter.open_retry" if is_stuck else "counter.open_again"))
        self.copy.setVisible(is_stuck)
        self.not_out.setVisible(result.is_open)
        set_button(self.next, words.say("counter.next_out" if result.is_open else "counter.next"))
        if result.vouchers != self._shown:
            self._shown = result.vouchers
            clear(self._area.column)
            for line in result.vouchers:
                self._area.column.addWidget(self._voucher(line, look))
            self._area.column.addStretch(1)

    def default(self) -> QPushButton:
        """Return what Enter presses: on to the next person, or to try the file again first."""
        return self.open if self._is_stuck else self.next

    def _settle_default(self, *, is_stuck: bool) -> None:
        if is_stuck is self._is_stuck:
            return
        has_cursor = self.default().hasFocus()
        self._is_stuck = is_stuck
        if has_cursor:
            self.default().setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._document)

    def _voucher(self, line: VoucherLine, look: Look) -> QWidget:
        say = look.words.say
        widget = frame(self._area.inside, "sunken")
        labels = {
            "name": PlainLabel(widget, "strong", wrap=True),
            "about": PlainLabel(widget, "muted", wrap=True),
            "code_label": PlainLabel(widget, "label"),
            "code": PlainLabel(widget, "code"),
        }
        labels["name"].setText(look.words.of(line.name))
        expires = say("counter.expires", day=line.expires_on)
        number = say("counter.number", number=line.number)
        labels["about"].setText(f"{look.words.phrase(line.value)} · {expires} · {number}")
        labels["code_label"].setText(say("counter.short_code"))
        labels["code"].setText(line.short_code)
        labels["code"].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        left, right = QVBoxLayout(), QVBoxLayout()
        for layout, names in ((left, ("name", "about")), (right, ("code_label", "code"))):
            layout.setSpacing(2)
            for name in names:
                layout.addWidget(labels[name])
        outer = QHBoxLayout(widget)
        outer.setContentsMargins(18, 14, 18, 14)
        outer.setSpacing(18)
        outer.addLayout(left, 1)
        outer.addLayout(right)
        return widget
