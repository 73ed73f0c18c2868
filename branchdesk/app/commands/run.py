"""Read the words of a command, run it, and turn every failure into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from branchdesk import __version__
from branchdesk.app.commands.answers import OUR_FAULT, USAGE, standard_answers
from branchdesk.app.commands.demo import add_demo_parser
from branchdesk.app.commands.practice import add_practice_parser
from branchdesk.app.commands.spoken_help import speak_help
from branchdesk.devices.paths import resource
from branchdesk.devices.texts import load_texts
from branchdesk.errors import BranchDeskError

TERMINAL_COMMANDS = (
    "enrol",
    "pin",
    "register",
    "issue",
    "verify",
    "redeem",
    "undo-redemption",
    "print",
    "customers",
    "customer",
    "consent",
    "correct",
    "erase",
    "merge",
    "voucher",
    "void",
    "reprint",
    "proof",
    "sync",
    "export-sync",
    "import-sync",
    "status",
    "check",
    "recover",
    "shift",
    "staff",
    "road-check",
    "replace",
    "release",
    "unprinted",
    "confirm-printed",
    "rejoin",
    "return",
    "book",
)


class UsageError(Exception):
    """The words of the command are off; the message says how, after the parser's own usage."""


class _Parser(argparse.ArgumentParser):
    """Raises instead of leaving, so that ``--json`` answers in JSON here too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message} (see --help)")


def run_command(words: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    everywhere = _everywhere()
    language = language_of_environment()
    texts = load_texts(resource("resources/texts"))
    answers = standard_answers(texts, as_json="--json" in words, language=language)
    try:
        options, rest = everywhere.parse_known_args(list(words))
        answers = standard_answers(
            texts, as_json=options.json, language=options.language or language
        )
        parser = _parser(everywhere, rest)
        if not {"-h", "--help"}.isdisjoint(rest):
            speak_help(parser, texts, answers.language)
        parsed = parser.parse_args(rest, namespace=options)
        return int(parsed.run(parsed, answers))
    except UsageError as error:
        answers.fail_usage(str(error))
        return USAGE
    except BranchDeskError as error:
        answers.fail(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our answers has gone; what was answered is committed all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # A fault of ours. Whoever runs commands from a script gets one line and an exit code too.
        answers.fail_bug(error)
        return OUR_FAULT


def _everywhere() -> argparse.ArgumentParser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--home", metavar="DIR", help="data folder (or BRANCHDESK_HOME)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--language", choices=("zh", "en"))
    parser.add_argument("--staff", metavar="CODE", help="who acts; the PIN is in BRANCHDESK_PIN")
    parser.add_argument("--second", metavar="CODE", help="the second person of a two-person act")
    return parser


def _parser(everywhere: argparse.ArgumentParser, rest: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; a command that is named loads only its own side of the program."""
    named = next((word for word in rest if not word.startswith("-")), "")
    parser = _Parser(
        prog="branchdesk",
        description="网点活动终端 BranchDesk. Without a command it opens the window.",
        parents=[everywhere],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"branchdesk {__version__}")
    commands: argparse._SubParsersAction[argparse.ArgumentParser] = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    add_demo_parser(commands)
    add_practice_parser(commands)
    if named in {"demo", "practice"}:
        return parser
    if named not in TERMINAL_COMMANDS:
        from branchdesk.app.commands.office import add_office_parser

        add_office_parser(commands)
    if named != "office":
        from branchdesk.app.commands.customers import add_customer_parsers
        from branchdesk.app.commands.road import add_road_parser
        from branchdesk.app.commands.slots import add_slot_parsers
        from branchdesk.app.commands.stick import add_stick_parsers
        from branchdesk.app.commands.terminal import add_terminal_parsers

        add_slot_parsers(commands)
        add_terminal_parsers(commands)
        add_road_parser(commands)
        add_stick_parsers(commands)
        add_customer_parsers(commands)
    return parser


def language_of_environment() -> str:
    """Return ``en`` where the environment speaks English, else ``zh``."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "en" if named.lower().startswith("en") else "zh"
