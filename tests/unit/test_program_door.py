"""What stands behind the program's name: the window, with a home and a language, or a command."""

import pytest

from branchdesk import __main__ as door


@pytest.mark.parametrize(
    ("words", "wished"),
    [
        ([], ("", "")),
        (["--home", "d"], ("d", "")),
        (["--home=d"], ("d", "")),
        (["--language", "en"], ("", "en")),
        (["--language=zh", "--home", "d"], ("d", "zh")),
    ],
)
def test_a_home_and_a_language_alone_open_the_window(
    words: list[str], wished: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, str]] = []

    def open_window(home: str, language: str) -> int:
        opened.append((home, language))
        return 0

    monkeypatch.setattr("branchdesk.app.open_window.open_window", open_window)
    assert (door.main(words), opened) == (0, [wished])


@pytest.mark.parametrize(
    "words",
    [["--home"], ["--language", "fr"], ["status"], ["--home", "d", "status"], ["--help"], ["-x"]],
)
def test_everything_else_is_a_command(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run_command(said: list[str]) -> int:
        asked.append(said)
        return 0

    monkeypatch.setattr("branchdesk.app.commands.run.run_command", run_command)
    assert (door.main(words), asked) == (0, [words])
