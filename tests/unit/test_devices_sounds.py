"""Sounds: the file that belongs to a result, by whatever plays it, and silence otherwise."""

import importlib.util
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from branchdesk.devices.sounds import Sound, SystemSounds

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "sounds"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows plays sounds by itself")


@POSIX
@pytest.mark.parametrize(
    ("there", "words"),
    [({"aplay", "paplay"}, ["paplay"]), ({"aplay"}, ["aplay", "-q"]), ({"afplay"}, ["afplay"])],
)
def test_the_first_player_that_is_there_gets_the_file(there: set[str], words: list[str]) -> None:
    started: list[Sequence[str]] = []
    sounds = SystemSounds(
        FOLDER, start=started.append, find=lambda name: name if name in there else None
    )
    sounds.play(Sound.ERROR)
    assert [list(found) for found in started] == [[*words, str(FOLDER / "error.wav")]]


@POSIX
def test_a_machine_without_a_player_stays_silent_and_is_asked_once() -> None:
    started: list[Sequence[str]] = []
    asked: list[str] = []

    def find(name: str) -> None:
        asked.append(name)

    sounds = SystemSounds(FOLDER, start=started.append, find=find)
    sounds.play(Sound.GOOD)
    sounds.play(Sound.ATTENTION)
    assert started == []
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("sound", list(Sound))
def test_every_sound_is_a_short_small_file(sound: Sound) -> None:
    path = FOLDER / f"{sound.value}.wav"
    assert path.stat().st_size < 16_000
    with wave.open(str(path)) as file:
        seconds = file.getnframes() / file.getframerate()
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    assert 0.1 < seconds < 0.5
    assert 6_000 < max(samples) < 20_000
    # It begins and ends softly: a click would be heard eight hours a day.
    assert abs(samples[0]) < 400
    assert abs(samples[-1]) < 1_000


def test_the_sounds_are_what_our_own_script_makes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("sounds", ROOT / "packaging" / "sounds.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in FOLDER.iterdir()}
