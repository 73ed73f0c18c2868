"""What the program reads of its own files: resources and the catalogue of texts."""

from pathlib import Path

import pytest

from branchdesk.devices.paths import resource
from branchdesk.devices.texts import load_texts
from branchdesk.errors import EnvironmentFault


def test_resources_are_found_in_a_checkout() -> None:
    assert (resource("resources/texts") / "devices.json").exists()


def test_a_bundled_program_finds_its_own_resources_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "resources" / "texts").mkdir(parents=True)
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path), raising=False)
    assert resource("resources/texts") == tmp_path / "resources" / "texts"


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(EnvironmentFault, match="resource_missing") as caught:
        resource("resources/nothing")
    assert caught.value.facts == {"path": "resources/nothing"}


def test_every_catalogue_of_the_program_is_read() -> None:
    texts = load_texts(resource("resources/texts"))
    assert {"error.pin_wrong", "error.office_unreachable", "error.unknown"} <= texts.keys()


@pytest.mark.parametrize("content", ["", "[]", '{"a": "b"}', '{"a": {"zh": 1}}', "{", "\x00"])
def test_a_broken_catalogue_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="texts_unreadable") as caught:
        load_texts(tmp_path)
    assert caught.value.facts == {"file": "bad.json"}


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="texts_unreadable"):
        load_texts(tmp_path)
