"""Pictures in grey, as whoever reads codes wants them; any thread may ask."""

from PySide6.QtGui import QImage

from branchdesk.ui.verdict.services import GreyPicture


def grey_of(image: QImage) -> GreyPicture:
    """Return a picture in grey, without the padding that Qt ends its rows with."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    width, height, wide = grey.width(), grey.height(), grey.bytesPerLine()
    rows = memoryview(grey.constBits())
    return GreyPicture(
        width, height, b"".join(rows[at : at + width] for at in range(0, height * wide, wide))
    )
