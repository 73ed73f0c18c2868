"""Small files on a real disk: folders, settings, the lock, and old-or-new after a failure."""

import json
import os
import threading
from pathlib import Path

import pytest

from branchdesk.devices.durable_file import exclusively, write_durably
from branchdesk.devices.paths import TerminalHome
from branchdesk.devices.settings import Settings, load_settings, save_settings
from branchdesk.errors import EnvironmentFault


def test_every_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    old_mask = os.umask(0)
    try:
        home = TerminalHome(tmp_path / "a" / "home")
        home.prepare()
        home.prepare()
    finally:
        os.umask(old_mask)
    folders = (
        home.root,
        home.store_folder,
        home.second_file.parent,
        home.backups,
        home.logs,
        home.print_folder,
    )
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="home_unusable") as caught:
        TerminalHome(tmp_path / "home").prepare()
    assert str(tmp_path / "home") in str(caught.value.facts["folder"])


def test_a_failed_write_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("branchdesk.devices.durable_file.os.fsync", broken)
        with pytest.raises(EnvironmentFault, match="file_not_written"):
            write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    write_durably(path, b"newer")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"newer", 0o600)


def test_a_leftover_of_a_power_cut_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "file.new").write_bytes(b"torn")
    (tmp_path / "file.new").chmod(0o644)
    write_durably(tmp_path / "file", b"whole")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file"]


def test_the_lock_lets_in_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "busy"
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with exclusively(path):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_settings_come_back_as_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    chosen = Settings(
        language="en", theme="dark", scale_percent=150, printer="窗口一", window="AA=="
    )
    save_settings(path, chosen)
    assert load_settings(path) == chosen
    assert load_settings(tmp_path / "missing.json") == Settings()


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '"zh"', "\x00\xff", " " * (2 << 20)])
def test_unreadable_settings_are_the_defaults(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content, encoding="utf-8")
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    "entry",
    [
        {"language": "fr"}, {"language": 3}, {"theme": None}, {"scale_percent": "150"},
        {"scale_percent": 5}, {"sync_interval_s": 0}, {"auto_lock_s": 10**9}, {"printer": ["x"]},
        {"scale_percent": True},
    ],
)  # fmt: skip
def test_one_wrong_setting_is_its_default_and_the_others_stay(
    tmp_path: Path, entry: dict[str, object]
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"office_url": "https://office.example", **entry}), encoding="utf-8")
    assert load_settings(path) == Settings(office_url="https://office.example")


def test_what_a_newer_program_chose_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"future": {"a": 1}, "language": "en"}), encoding="utf-8")
    save_settings(path, load_settings(path))
    assert json.loads(path.read_text(encoding="utf-8"))["future"] == {"a": 1}
