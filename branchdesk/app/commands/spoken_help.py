"""Let ``--help`` speak the language of everything else that a command says.

The English stands beside each command, where its words are made; the catalogue holds both
languages under the command's own name, and a test keeps the two English ones equal.
"""

import argparse
from collections.abc import Iterable, Iterator
from typing import Final

from branchdesk.app.commands.line_formats import LINE_FORMATS
from branchdesk.application.texts import Texts

HELP: Final = "cli.help"


def speak_help(parser: argparse.ArgumentParser, texts: Texts, language: str) -> None:
    """Put the words of a language in the place of those that a parser was built with."""
    usage = texts.say(f"{HELP}.usage", language)
    for name, command in commands_of(parser):
        command.formatter_class = _formatter(usage)
        command._positionals.title = texts.say(f"{HELP}.positionals", language)
        command._optionals.title = texts.say(f"{HELP}.options", language)
        for key, action in helps_of(name, command):
            action.help = texts.say(key, language)
        if name in LINE_FORMATS:
            facts = LINE_FORMATS[name].facts()
            command.epilog = texts.say(f"{HELP}.line", language, **facts)
    parser.description = texts.say(f"{HELP}.about", language)


def commands_of(
    parser: argparse.ArgumentParser, name: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Return a parser and every command below it, by the words that lead to it."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, command in action.choices.items():
                yield from commands_of(command, f"{name} {word}".strip())


def helps_of(name: str, command: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Return whatever a command's help describes, each with the key of its words."""
    path = ".".join((HELP, *name.split()))
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            yield f"{HELP}.help", action
        elif isinstance(action, argparse._SubParsersAction):
            yield from ((f"{path}.{verb.dest}", verb) for verb in action._choices_actions)
        elif action.help:
            yield f"{path}.--{action.dest}", action


def _formatter(usage_word: str) -> type[argparse.HelpFormatter]:
    class Spoken(argparse.RawDescriptionHelpFormatter):
        """Leaves the lines of an example as they are."""

        def add_usage(
            self,
            usage: str | None,
            actions: Iterable[argparse.Action],
            groups: Iterable[argparse._MutuallyExclusiveGroup],
            prefix: str | None = None,
        ) -> None:
            """Say how the command is written."""
            super().add_usage(usage, actions, groups, prefix or usage_word)

    return Spoken
