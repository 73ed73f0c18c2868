"""What an audit collects: counts of what was looked at, and what did not hold."""

from collections import Counter
from dataclasses import dataclass, field

from branchdesk.errors import ContractFault
from branchdesk.headoffice.results import AuditResult, Violation

# One broken disk can break every row; the first thousand say enough.
VIOLATIONS_MAX = 1_000


@dataclass(slots=True)
class Findings:
    """Counts and violations so far; every check names itself in ``checked``."""

    checked: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    found: int = 0

    def count(self, check: str, many: int = 1) -> None:
        """Note that ``many`` more things were looked at."""
        self.checked[check] += many

    def wrong(self, check: str, what: str, **facts: object) -> None:
        """Note that something does not hold; ``what`` is a stable word."""
        self.found += 1
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(Violation(check, what, facts))

    def expect(self, holds: bool, check: str, what: str, **facts: object) -> bool:
        """Note a violation unless ``holds``; return ``holds``."""
        if not holds:
            self.wrong(check, what, **facts)
        return holds

    def fault(self, check: str, error: ContractFault, **facts: object) -> None:
        """Note a violation that a reader of bytes found."""
        named = {name: value for name, value in error.facts.items() if name not in facts}
        plain = {k: v.hex() if isinstance(v, bytes) else v for k, v in named.items()}
        plain.pop("check", None)
        plain.pop("what", None)
        self.wrong(check, error.code, **facts, **plain)

    def result(self) -> AuditResult:
        """Return the answer of the audit."""
        return AuditResult(not self.found, dict(self.checked), tuple(self.violations))
