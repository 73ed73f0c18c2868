"""A scanner on a serial port goes where one that types goes, whatever has the focus."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.shell.settings import DeskSettings
from tests.fakes.desk import DOCUMENT, FakeDesk
from tests.gui.conftest import Bench
from tests.gui.test_scanning import answered, edit, escape, start, token

Build = Callable[..., Bench]
AT_COM3 = DeskSettings(scanner_port="COM3")


def read(bench: Bench, code: str) -> None:
    """Read a code; what the scanner's thread says arrives with the next turn of the loop."""
    bench.behind.scanners.read(code)
    QCoreApplication.sendPostedEvents(bench.desk.serial)


def stand(bench: Bench, reason: str) -> str:
    """Let the port stand so, and return what the note over the desk says."""
    bench.behind.scanners.stand(reason)
    QCoreApplication.sendPostedEvents(bench.desk.serial)
    note = bench.desk.scan_view
    return note.accessibleName() if note.isVisible() else ""


def test_a_voucher_shows_its_verdict_and_a_document_goes_to_the_counter(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    name = edit(bench, "field_name")
    name.setFocus()
    name.setText("单雨晴")
    read(bench, token(bench))
    assert answered(bench) is Verdict.GOOD
    escape(bench)
    read(bench, DOCUMENT)
    assert bench.desk.counter.state.form.document_number == DOCUMENT
    assert name.text() == "单雨晴"


def test_what_is_none_of_ours_is_typed_where_the_cursor_is(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    referrer = edit(bench, "field_referrer")
    referrer.setFocus()
    read(bench, "MEMBER-0042")
    assert referrer.text() == "MEMBER-0042"


def test_behind_the_door_nothing_is_taken_and_no_pin_field_is_typed_into(build: Build) -> None:
    bench = build(settings=AT_COM3)
    pin = edit(bench, "pin")
    pin.setFocus()
    read(bench, "246810")
    assert pin.text() == ""
    assert not bench.desk.scan_view.isVisible()


def test_a_scanner_that_is_lost_and_back_is_said_so(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    assert stand(bench, "") == ""
    assert "断开" in stand(bench, "absent")
    assert "已恢复" in stand(bench, "")


def test_another_port_is_listened_at_as_soon_as_it_is_chosen(build: Build) -> None:
    bench, _ = start(build)
    assert bench.behind.scanners.at == ""
    bench.desk.toggle_settings()
    choices = bench.window.findChild(QComboBox, "settings_scanner_port")
    assert isinstance(choices, QComboBox)
    assert [choices.itemData(row) for row in range(choices.count())] == ["", "COM3", "COM7"]
    choices.setCurrentIndex(2)
    choices.activated.emit(2)
    assert bench.behind.scanners.at == "COM7"
    assert bench.behind.settings is not None
    assert bench.behind.settings.scanner_port == "COM7"
    stand(bench, "forbidden")
    said = bench.desk.settings_view.port_box
    assert "没有打开的权限" in " ".join(
        label.text() for label in said.findChildren(type(said._note))
    )
    bench.window.close()
    assert bench.behind.scanners.at == ""


def test_a_port_that_is_not_plugged_in_stays_a_choice(build: Build) -> None:
    bench, _ = start(build, settings=DeskSettings(scanner_port="/dev/ttyACM9"))
    bench.desk.toggle_settings()
    choices = bench.window.findChild(QComboBox, "settings_scanner_port")
    assert isinstance(choices, QComboBox)
    assert choices.currentData() == "/dev/ttyACM9"


def test_the_status_bar_goes_on_saying_how_the_scanner_stands(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    cell = bench.desk.shell_view.status.scanner
    assert not cell.isVisible()
    for reason, word in (("", "已连接"), ("absent", "已断开"), ("broken", "无响应")):
        stand(bench, reason)
        assert cell.isVisible()
        assert word in cell.accessibleName()
    bench.timers.fire("scan")
    assert cell.isVisible()
    bench.desk.wardrobe.change(DeskSettings())
    assert not cell.isVisible()


def test_a_frame_with_control_characters_is_taken_off_though_the_port_carries_none(
    build: Build,
) -> None:
    bench, _ = start(build, settings=replace(AT_COM3, scanner_prefix="\x02~", scanner_suffix="#"))
    read(bench, f"~{token(bench)}#")
    assert answered(bench) is Verdict.GOOD


def test_a_scan_is_a_sign_of_a_person_so_the_desk_does_not_lock_between_two(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    signs: list[bool] = []
    bench.window.active.connect(lambda: signs.append(True))
    read(bench, DOCUMENT)
    assert signs == [True]


def test_an_enrolment_code_is_scanned_into_its_field_before_anybody_is_in(build: Build) -> None:
    bench = build(FakeDesk(enrolled=False), settings=AT_COM3)
    bench.window.activateWindow()
    QCoreApplication.processEvents()
    code = edit(bench, "enrol_code")
    code.setFocus()
    read(bench, "BD1-CODE")
    assert code.text() == "BD1-CODE"


def test_noise_that_never_ends_in_a_code_does_not_say_reading_for_ever(build: Build) -> None:
    bench, _ = start(build, settings=AT_COM3)
    bench.desk.serial.reading.emit()
    assert bench.desk.scan_view.isVisible()
    bench.timers.fire("scan")
    assert not bench.desk.scan_view.isVisible()


def test_the_only_port_there_is_is_offered_and_taken_by_one_press(build: Build) -> None:
    behind = FakeDesk()
    bench = build(behind)
    bench.desk.preferences.open()
    use = bench.desk.settings_view.use_port
    assert not use.isVisible(), "of two ports nobody knows which"
    bench.desk.preferences.close()
    behind.scanners.ports = behind.scanners.ports[1:]
    bench.desk.preferences.open()
    assert use.isVisible()
    assert "Honeywell 1900" in use.text()
    use.click()
    assert not use.isVisible()
    assert (behind.scanners.at, behind.scanners.device) == ("COM7", "0c2e:0b61:S1900")
    assert behind.settings is not None
    assert behind.settings.scanner_device == "0c2e:0b61:S1900"
