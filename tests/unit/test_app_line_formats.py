"""The lines that batch commands take: the help, the document and the program say the same."""

import argparse
import json
import re
from pathlib import Path

import pytest

from branchdesk.app.commands.customers import add_customer_parsers
from branchdesk.app.commands.line_formats import LINE_FORMATS
from branchdesk.app.commands.terminal import add_terminal_parsers
from branchdesk.domain.person import parse_registration

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "BATCHES.md").read_text(encoding="utf-8")


def help_of(name: str) -> str:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_terminal_parsers(commands)
    add_customer_parsers(commands)
    first, _, act = name.partition(" ")
    command = commands.choices[first]
    if act:
        (acts,) = (a for a in command._actions if isinstance(a, argparse._SubParsersAction))
        command = acts.choices[act]
    return str(command.format_help())


@pytest.mark.parametrize("name", LINE_FORMATS)
def test_a_line_is_in_the_help_and_in_the_document(name: str) -> None:
    known = LINE_FORMATS[name]
    assert known.example in help_of(name)
    chapter = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)
    (mine,) = [part for part in chapter if part.startswith(f"{name}\n")]
    assert known.example in mine
    everywhere = DOCUMENT.partition("\n## ")[0] + mine
    missing = [field for field in (*known.needed, *known.optional)
               if f"`{field}`" not in everywhere and f'"{field}"' not in everywhere]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize("name", LINE_FORMATS)
def test_an_example_has_what_is_needed_and_nothing_unknown(name: str) -> None:
    known = LINE_FORMATS[name]
    given = json.loads(known.example).keys()
    assert set(known.needed) <= given <= {*known.needed, *known.optional}


def test_the_example_of_a_registration_is_one() -> None:
    registration = parse_registration(json.loads(LINE_FORMATS["register"].example))
    assert registration.issue == ("PHONE10",)


def test_the_readme_leads_to_the_document() -> None:
    assert "(BATCHES.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
