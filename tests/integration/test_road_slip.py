"""The slip of a road check, read back by poppler."""

import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest

from branchdesk.app.road import RoadSlips
from branchdesk.application.check_road import CheckRoad, RoadReport
from branchdesk.application.ports import Power
from branchdesk.devices.texts import load_texts
from branchdesk.documents.fonts import FontFolder
from branchdesk.documents.models import Language
from branchdesk.documents.road_slip import RoadSlip, SlipLine, render_road_slip
from branchdesk.errors import EnvironmentFault
from tests.fakes.desk import FakeDesk
from tests.fakes.machine import FakeMachine

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def report(*, faults: bool = False) -> RoadReport:
    behind, machine = FakeDesk(on_duty=False), FakeMachine()
    behind.store.acknowledge(behind.store.state.head.seq)
    if faults:
        behind.register("张伟", "13800138000", "PHONE10")
        behind.store.warned = ("second_file_failed",)
        machine = FakeMachine((), Power(12, on_mains=False))
    return CheckRoad(behind.store, behind.clock, machine, lambda: ("S001", "T001"))("T001")


def slips(folder: Path, *, is_practice: bool = False) -> RoadSlips:
    texts = RESOURCES / "texts"
    return RoadSlips(
        RESOURCES / "fonts", folder, lambda: load_texts(texts), is_practice=is_practice
    )


def text_of(path: str | Path) -> str:
    command = ["pdftotext", "-layout", "-enc", "UTF-8", str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("先别走：3 项没有准备好", "还有 3 条没有上传", "先充电再出车", "王小燕 T001")),
        ("en", ("Do not leave yet: 3 not ready", "3 not sent yet", "Charge before", "Checked at")),
    ],
)
def test_a_slip_with_faults_says_what_they_are_and_what_to_do(
    tmp_path: Path, language: Language, said: tuple[str, ...]
) -> None:
    text = text_of(slips(tmp_path)(report(faults=True), language))
    assert [words for words in said if words not in text] == []
    assert "2027-01-04 09:00" in text


def test_a_slip_is_one_a5_page_and_lies_whole_where_it_was_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "slip.pdf"
    assert slips(tmp_path)(report(), "zh", str(target)) == str(target)
    with pikepdf.open(target) as pdf:
        (page,) = pdf.pages
        width, height = (float(side) * 25.4 / 72 for side in page.mediabox[2:])
    assert (round(width), round(height)) == (148, 210)
    assert [path.name for path in target.parent.iterdir()] == ["slip.pdf"]


def test_a_slip_of_practice_cannot_be_taken_for_a_real_one(tmp_path: Path) -> None:
    assert "练习无效" in text_of(slips(tmp_path, is_practice=True)(report(), "zh"))
    assert "练习" not in text_of(slips(tmp_path)(report(), "zh"))


def test_a_folder_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentFault) as fault:
        slips(tmp_path)(report(), "zh", str(tmp_path / "file" / "slip.pdf"))
    assert fault.value.code == "file_unwritable"


def test_long_and_rare_words_stay_on_the_page(tmp_path: Path) -> None:
    line = SlipLine("red", "第二份流水" * 4, "䶮𬭼" * 40, "Look at the disk. " * 20)
    slip = RoadSlip("red", "先别走" * 12, "很长的网点名称" * 9, "2027-01-04 09:00", "欧阳䶮" * 9,
                    practice=False, lines=(line,) * 14)  # fmt: skip
    out = io.BytesIO()
    made = render_road_slip(slip, out, fonts=FontFolder(RESOURCES / "fonts"), language="zh")
    assert made.pages == 1
    (tmp_path / "slip.pdf").write_bytes(out.getvalue())
    command = ["pdftotext", "-bbox", str(tmp_path / "slip.pdf"), "-"]
    boxes = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    edges = [float(edge) for edge in re.findall(r'xMax="([0-9.]+)"', boxes)]
    assert edges
    assert max(edges) <= 136.5 * 72 / 25.4
    assert "䶮" in text_of(tmp_path / "slip.pdf")
