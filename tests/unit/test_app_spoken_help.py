"""``--help`` of every command in both languages, by the rule of everything else that is said."""

import argparse
import re

import pytest

from branchdesk.app.commands.line_formats import LINE_FORMATS
from branchdesk.app.commands.run import _everywhere, _parser, run_command
from branchdesk.app.commands.spoken_help import HELP, commands_of, helps_of, speak_help
from branchdesk.application.texts import Texts
from branchdesk.devices.paths import resource
from branchdesk.devices.texts import load_texts

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts(resource("resources/texts"))


def whole_parser() -> argparse.ArgumentParser:
    return _parser(_everywhere(), [])


def test_the_catalogue_says_in_english_what_stands_beside_the_command(texts: Texts) -> None:
    for name, command in commands_of(whole_parser()):
        for key, action in helps_of(name, command):
            assert texts.has(key), key
            assert texts.say(key, "en") == action.help, key
    for format_of in LINE_FORMATS.values():
        assert texts.say(f"{HELP}.line", "en", **format_of.facts()) == format_of.epilog()


def test_the_catalogue_holds_the_help_of_no_command_that_is_gone(texts: Texts) -> None:
    used = {key for name, one in commands_of(whole_parser()) for key, _ in helps_of(name, one)}
    used |= {f"{HELP}.{word}" for word in ("about", "usage", "positionals", "options", "line")}
    assert {key for key in sorted(texts.keys()) if key.startswith(HELP)} == used


def test_whatever_is_described_is_described_in_chinese(texts: Texts) -> None:
    parser = whole_parser()
    speak_help(parser, texts, "zh")
    for name, command in commands_of(parser):
        said = command.format_help()
        assert said.startswith("用法："), name
        for word in ("usage:", "options:", "positional arguments", "show this"):
            assert word not in said, (name, word)
        for key, action in helps_of(name, command):
            assert HAN.search(str(action.help)), key


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["--help"], "zh_CN.UTF-8", "登记客户"),
        (["--help"], "en_GB.UTF-8", "register walk-ins"),
        (["register", "--help", "--language", "en"], "zh_CN.UTF-8", "A line is one JSON object."),
        (["--language", "zh", "register", "-h"], "en_GB.UTF-8", "每行是一个 JSON 对象。"),
        (["office", "publish", "--help"], "", "活动文件，YAML 或 JSON"),
    ],
)
def test_help_follows_the_word_for_the_language_and_else_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    environment: str,
    said: str,
) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", environment)
    with pytest.raises(SystemExit) as left:
        run_command(words)
    assert left.value.code == 0
    assert said in capsys.readouterr().out
