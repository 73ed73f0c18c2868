"""Reading a voucher by camera: one frame at a time, until one is read or nobody looks any more."""

from branchdesk.errors import EnvironmentFault
from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.verdict.services import VerdictServices
from branchdesk.ui.verdict.state import Step
from tests.fakes.camera import FakeCamera, FakeCameras, grey_frame, shot_of
from tests.fakes.pictures import PICTURES
from tests.fakes.verdict_check import Check


def looking(*plugged: FakeCamera) -> Check:
    """Return a check that looks with the camera."""
    check = Check(FakeCameras(*plugged))
    check.verdict.look_with_camera()
    check.run()
    return check


def note(check: Check) -> str:
    said = check.verdict.state.camera
    assert said.problem is None
    return "" if said.note is None else said.note.key


def test_a_voucher_held_askew_before_the_lens_is_read_in_one_frame() -> None:
    check = looking()
    assert PICTURES.in_picture(grey_frame(check.token)) == (check.token,)
    check.cameras.see(shot_of(check.token))
    check.run()
    state = check.verdict.state
    assert state.step is Step.ANSWER
    assert state.answer is not None
    assert state.answer.verdict is Verdict.GOOD
    assert check.cameras.at is None


def test_frames_that_come_while_one_is_read_are_dropped() -> None:
    check = looking()
    for _ in range(30):
        check.cameras.see(shot_of())
    assert len(check.background.waiting) == 1
    check.run()
    check.cameras.see(shot_of())
    assert len(check.background.waiting) == 1


def test_what_the_camera_sees_is_said_and_shown() -> None:
    check = looking()
    assert note(check) == "verdict.camera_opening"
    check.cameras.see(shot_of())
    check.run()
    assert note(check) == "verdict.camera_aim"
    check.cameras.see(shot_of("a shop's own code"))
    check.run()
    assert note(check) == "verdict.camera_other"
    second = check.counter.register(name="何静", phone="13800138001", issue=["PHONE10"]).vouchers[0]
    check.cameras.see(shot_of(check.token, second.token))
    check.run()
    assert note(check) == "verdict.camera_several"
    assert len(check.screen.previews) == 3
    check.cameras.see(None)
    check.run()
    assert len(check.screen.previews) == 3
    assert check.cameras.at == "/dev/video0"


def test_going_on_in_any_other_way_lets_the_camera_go() -> None:
    for leave in ("back", "close", "leave_camera", "ask"):
        check = looking()
        assert check.cameras.at
        getattr(check.verdict, leave)()
        assert check.cameras.at is None, leave
    check = looking()
    check.verdict.check(check.token)
    assert check.cameras.at is None


def test_a_frame_that_is_read_after_leaving_opens_nothing() -> None:
    check = looking()
    check.cameras.see(shot_of(check.token))
    check.verdict.close()
    check.run()
    assert not check.verdict.is_open


def test_leaving_while_the_part_is_loaded_opens_no_camera() -> None:
    check = Check(FakeCameras())
    check.verdict.look_with_camera()
    check.verdict.close()
    check.run()
    assert check.cameras.opened == []


def test_why_there_is_no_camera_is_said_and_it_can_be_tried_again() -> None:
    check = Check(FakeCameras())
    check.cameras.refusal = "busy"
    check.verdict.look_with_camera()
    check.run()
    problem = check.verdict.state.camera.problem
    assert problem is not None
    assert problem.key == "verdict.camera_busy"
    assert check.screen.heard == [Tone.DANGER]
    check.cameras.refusal = ""
    check.verdict.look_with_camera()
    check.run()
    assert check.cameras.at == "/dev/video0"
    check.cameras.fail("gone")
    problem = check.verdict.state.camera.problem
    assert problem is not None
    assert problem.key == "verdict.camera_gone"


def test_a_part_that_is_not_installed_whole_says_what_is_missing() -> None:
    check = Check(FakeCameras())
    check.cameras.load_fault = EnvironmentFault("camera_part_broken", reason="libpulse.so.0")
    check.verdict.look_with_camera()
    check.run()
    problem = check.verdict.state.camera.problem
    assert problem is not None
    assert (problem.key, problem.facts) == (
        "error.camera_part_broken", {"reason": "libpulse.so.0"},
    )  # fmt: skip
    assert check.verdict.state.step is Step.CAMERA


def test_another_camera_is_used_at_once_and_remembered() -> None:
    check = looking()
    assert check.verdict.state.camera.chosen == "/dev/video0"
    check.verdict.choose_camera("/dev/video2")
    check.run()
    assert (check.cameras.at, check.screen.camera) == ("/dev/video2", "/dev/video2")
    check.verdict.close()
    check.verdict.look_with_camera()
    check.run()
    assert check.cameras.at == "/dev/video2"


def test_where_the_remembered_camera_is_not_plugged_in_the_first_one_looks() -> None:
    check = Check(FakeCameras(FakeCamera("/dev/video4", "别的摄像头")))
    check.screen.camera = "/dev/video0"
    check.verdict.look_with_camera()
    check.run()
    assert check.cameras.at == check.verdict.state.camera.chosen == "/dev/video4"


def test_without_the_extra_nothing_looks() -> None:
    check = Check()
    assert isinstance(check.services(), VerdictServices)
    check.verdict.look_with_camera()
    assert not check.verdict.is_open
