"""Our own line icons, drawn in the colour of the theme and sharp on every screen."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SCALES: Final = (1, 2)


class IconSet:
    """Icons by name from one folder, kept once drawn."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drawn: dict[tuple[str, str, int, str], QIcon] = {}
        self._painted: dict[tuple[str, str, int, float], QPixmap] = {}

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._folder

    def icon(self, name: str, colour: str, size: int, disabled: str = "") -> QIcon:
        """Return an icon in a colour; ``size`` is in device-independent pixels.

        ``disabled`` is its colour on a control that cannot be used now; Qt greys it unless given.
        """
        wanted = (name, colour, size, disabled)
        if wanted not in self._drawn:
            self._drawn[wanted] = self._draw(name, colour, size, disabled)
        return self._drawn[wanted]

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """Return an icon as a picture for a label."""
        wanted = (name, colour, size, ratio)
        if wanted not in self._painted:
            self._painted[wanted] = self._paint(self._source(name, colour), size, ratio)
        return self._painted[wanted]

    def _draw(self, name: str, colour: str, size: int, disabled: str) -> QIcon:
        icon = QIcon()
        modes = {QIcon.Mode.Normal: colour, QIcon.Mode.Disabled: disabled}
        for mode, ink in modes.items():
            for scale in _SCALES if ink else ():
                icon.addPixmap(self._paint(self._source(name, ink), size, scale), mode)
        return icon

    def _source(self, name: str, colour: str) -> QByteArray:
        text = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
        return QByteArray(text.replace("currentColor", colour).encode())

    @staticmethod
    def _paint(source: QByteArray, size: int, ratio: float) -> QPixmap:
        side = round(size * ratio)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(source).render(painter, QRectF(0, 0, side, side))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap
