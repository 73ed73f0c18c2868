"""Verify the whole office again from its raw rows, trusting no projection and no counter.

Everything is read in one snapshot, so an audit beside a busy service sees one moment. Rows are read
in pages: memory does not grow with the log.
"""

from sqlalchemy import text

from branchdesk.headoffice.audit_chains import check_chains
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_keys import check_campaigns, check_keys
from branchdesk.headoffice.audit_money import check_grants, check_offers, check_slots_out
from branchdesk.headoffice.audit_redemptions import check_redemptions
from branchdesk.headoffice.audit_staff import check_pin_resets
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.results import AuditResult


def audit(context: OfficeContext) -> AuditResult:
    """Return what was checked, how many of each, and every violation found."""
    findings = Findings()
    with context.database.read() as connection:
        if context.database.is_postgres:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        keys = check_keys(context, connection, findings)
        check_campaigns(connection, findings, keys)
        lent = check_grants(context, connection, findings, keys)
        check_slots_out(connection, findings, lent)
        check_chains(context, connection, findings, keys, lent)
        check_redemptions(context, connection, findings, lent)
        check_offers(connection, findings, lent)
        check_pin_resets(connection, findings)
    return findings.result()
