"""Rules of a bundle in CEL: checked when the bundle is read, evaluated over facts and nothing else.

CEL has no loops without bounds, no input, no output and no clock. What is left to bound is the
size of a rule, the depth of its loops and the names it may use. This module must not know what a
rule decides.
"""

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from branchdesk.domain.reading import refuse

if TYPE_CHECKING:
    from cel import Program

# A chain of some twenty thousand operators overflows the parser's stack and ends the process, so
# length is checked before anything is compiled.
RULE_LENGTH_MAX: Final = 500
# Each loop multiplies the work by the length of a list; two over the longest list stay trivial.
LOOPS_MAX: Final = 2
_FUNCTIONS: Final = frozenset(
    ("size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string", "bool")
)
_FAULTS: Final = (RuntimeError, LookupError, TypeError, ValueError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule said: ``holds`` is None when facts in ``missing`` are needed to tell."""

    holds: bool | None
    missing: tuple[str, ...] = ()


def check_rule(
    expression: str, path: str, facts: Collection[str], sample: Mapping[str, object]
) -> None:
    """Refuse with ``bundle_invalid`` a rule that terminals could not evaluate safely.

    ``facts`` are the names it may use and ``sample`` a value for each of them: with all facts known
    a rule must give true or false. The empty rule means everybody and is always right.
    """
    if not expression:
        return
    program = _checked_program(expression, path)
    strangers = sorted(_names(program) - set(facts))
    if strangers:
        refuse(path, "rule_fact", expected=", ".join(facts), found=", ".join(strangers))
    functions = sorted(
        name for name in program.functions() if name[0].isalpha() and name not in _FUNCTIONS
    )
    if functions:
        refuse(path, "rule_function", expected=", ".join(sorted(_FUNCTIONS)), found=functions[0])
    try:
        answer: Any = program.execute(dict(sample))
    except _FAULTS as fault:
        refuse(path, "rule_type", expected="boolean", found=_first_line(fault))
    if not isinstance(answer, bool):
        refuse(path, "rule_type", expected="boolean", found=type(answer).__name__)


def evaluate_rule(expression: str, variables: Mapping[str, object]) -> RuleResult:
    """Evaluate a rule over the known facts; deterministic and without side effects.

    A rule that was never checked, or that this version cannot compile, is ``bundle_invalid``.
    """
    if not expression:
        return RuleResult(holds=True)
    program = _checked_program(expression, "eligibility")
    try:
        answer: Any = program.execute(dict(variables))
    except _FAULTS:
        missing = tuple(sorted(_names(program) - set(variables)))
        return RuleResult(holds=None if missing else False, missing=missing)
    return RuleResult(holds=answer is True)


def _checked_program(expression: str, path: str) -> "Program":
    if len(expression) > RULE_LENGTH_MAX:
        refuse(path, "too_long", expected=f"≤ {RULE_LENGTH_MAX}", found=len(expression))
    loops = len(re.findall(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(", expression))
    if loops > LOOPS_MAX:
        refuse(path, "rule_loops", expected=f"≤ {LOOPS_MAX}", found=loops)
    try:
        return _compiled(expression)
    except _FAULTS as fault:
        refuse(path, "rule", expected="CEL", found=_first_line(fault))


@lru_cache(maxsize=512)
def _compiled(expression: str) -> "Program":
    # A campaign whose rules are all empty never pays for the import.
    program: Program = _cel().compile(expression)
    return program


def _cel() -> Any:
    # cel imports its command line with itself: prompts, tables and colours that cost half a second
    # and 14 MB. An empty module in its place is enough for everything but that command line.
    sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
    import cel

    return cel


def _names(program: "Program") -> set[str]:
    # The variable of exists(i, …) is listed like a fact. Facts have longer names, so one letter is
    # always a rule's own variable.
    return {name for name in program.variables() if len(name) > 1}


def _first_line(fault: BaseException) -> str:
    return str(fault).partition("\n")[0]
