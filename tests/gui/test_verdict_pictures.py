"""A voucher that somebody has as a picture: dropped on the desk, pasted, or chosen as a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import qrcode
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.verdict.state import Step
from tests.gui.conftest import Bench
from tests.gui.test_scanning import answered, edit, start, token

Build = Callable[..., Bench]


@pytest.fixture
def bench(build: Build) -> Iterator[Bench]:
    made, _ = start(build)
    yield made
    QApplication.clipboard().clear()


@pytest.fixture
def picture(bench: Bench, tmp_path: Path) -> Path:
    code = qrcode.QRCode(box_size=5)
    code.add_data(token(bench))
    path = tmp_path / "券 #1.png"
    code.make_image().get_image().convert("L").save(path)
    return path


def files(*paths: Path) -> QMimeData:
    """Return what is dropped or copied of files."""
    found = QMimeData()
    found.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return found


def drop(bench: Bench, found: QMimeData) -> bool:
    """Drop something on the desk; say whether it was taken."""
    over, at, none = bench.desk.shell_view.desk, QPoint(400, 300), Qt.KeyboardModifier.NoModifier
    left, copy = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at, copy, found, left, none)
    QApplication.sendEvent(over, enter)
    if enter.isAccepted():
        QApplication.sendEvent(over, QDropEvent(QPointF(at), copy, found, left, none))
    return enter.isAccepted()


def paste(bench: Bench, found: QMimeData) -> None:
    """Open the check and paste."""
    QApplication.clipboard().setMimeData(found)
    bench.desk.verdict.ask()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_a_picture_dropped_on_the_desk_opens_its_verdict(bench: Bench, picture: Path) -> None:
    assert drop(bench, files(picture))
    assert answered(bench) is Verdict.GOOD
    assert bench.desk.verdict_view.isVisible()


def test_several_files_and_words_are_not_taken(bench: Bench, picture: Path) -> None:
    words = QMimeData()
    words.setText("欧阳𬭼")
    assert not drop(bench, files(picture, picture))
    assert not drop(bench, words)
    assert not bench.desk.verdict.is_open


def test_a_picture_or_a_file_that_was_copied_is_pasted(bench: Bench, picture: Path) -> None:
    image = QMimeData()
    image.setImageData(QImage(str(picture)))
    for copied in (image, files(picture)):
        paste(bench, copied)
        assert answered(bench) is Verdict.GOOD
        bench.desk.verdict.close()


def test_a_text_that_was_copied_goes_into_the_field(bench: Bench) -> None:
    text = QMimeData()
    text.setText("4K7P-22MX")
    paste(bench, text)
    assert bench.desk.verdict.state.step is Step.ASKING
    assert edit(bench, "verdict_code").text() == "4K7P-22MX"


def test_a_file_is_chosen_and_the_question_goes_with_the_check(bench: Bench, picture: Path) -> None:
    bench.desk.verdict.ask()
    bench.desk.verdict_view.picture.click()
    dialog = bench.window.findChild(QFileDialog, "verdict_dialog")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(picture))
    assert answered(bench) is Verdict.GOOD
    bench.desk.verdict.close()
    assert not dialog.isVisible()
