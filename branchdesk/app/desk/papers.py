"""What the desk may do with the papers of vouchers, each on the store that is open then."""

from collections.abc import Sequence

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import IssuedVoucher, Session
from branchdesk.ui.serving.papers import PaperServices, Second


def paper_services(terminal: Terminal) -> PaperServices:
    """Name the use cases."""

    def void(
        session: Session, voucher: str, reason: str, intent: str | None, second: Second
    ) -> object:
        staff, pin = second
        return terminal.papers.void(
            session, voucher, reason, second=staff, second_pin=pin, intent=intent
        )

    def replace(
        session: Session, voucher: str, reason: str, intent: str | None, second: Second
    ) -> IssuedVoucher:
        staff, pin = second
        return terminal.papers.replace(
            session, voucher, reason, second=staff, second_pin=pin, intent=intent
        )

    def reprint(session: Session, voucher: str, reason: str, intent: str | None) -> IssuedVoucher:
        return terminal.papers.reprint(session, voucher, reason, intent)

    def confirm(session: Session, vouchers: Sequence[str], layout: str) -> object:
        return terminal.papers.confirm_printed(session, vouchers, layout)

    return PaperServices(reprint, replace, void, confirm)
