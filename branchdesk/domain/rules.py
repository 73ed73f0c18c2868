"""Rules of a bundle in CEL: checked when the bundle is read, evaluated over facts and nothing else.

CEL has no loops without bounds, no input, no output and no clock. What is left to bound is the
size of a rule and the names it may use. This module must not know what a rule decides.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from branchdesk.domain.reading import refuse

if TYPE_CHECKING:
    from cel import Program

RULE_LENGTH_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule said: ``holds`` is None when facts in ``missing`` are needed to tell."""

    holds: bool | None
    missing: tuple[str, ...] = ()


def check_rule(expression: str, path: str, facts: Collection[str]) -> None:
    """Refuse with ``bundle_invalid`` a rule that is too long, does not compile or names strangers.

    ``facts`` are the names it may use. The empty rule means everybody and is always right.
    """
    if not expression:
        return
    if len(expression) > RULE_LENGTH_MAX:
        refuse(path, "too_long", expected=f"≤ {RULE_LENGTH_MAX}", found=len(expression))
    try:
        program = _compiled(expression)
    except (ValueError, RuntimeError) as fault:
        refuse(path, "rule", expected="CEL", found=str(fault).partition("\n")[0])
    strangers = sorted(_names(program) - set(facts))
    if strangers:
        refuse(path, "rule_fact", expected=", ".join(facts), found=", ".join(strangers))


def evaluate_rule(expression: str, variables: Mapping[str, object]) -> RuleResult:
    """Evaluate a checked rule over the known facts; deterministic and without side effects."""
    if not expression:
        return RuleResult(holds=True)
    program = _compiled(expression)
    try:
        answer: Any = program.execute(dict(variables))
    except (RuntimeError, LookupError, TypeError, ValueError, ArithmeticError):
        missing = tuple(sorted(_names(program) - set(variables)))
        return RuleResult(holds=None if missing else False, missing=missing)
    return RuleResult(holds=answer is True)


@lru_cache(maxsize=512)
def _compiled(expression: str) -> "Program":
    # cel brings a command line with it and takes half a second to import; a campaign whose rules
    # are all empty never pays for it.
    import cel

    return cel.compile(expression)


def _names(program: "Program") -> set[str]:
    # The variable of exists(i, …) is listed like a fact. Facts have longer names, so one letter is
    # always a rule's own variable.
    return {name for name in program.variables() if len(name) > 1}
