"""Withdraw a consent in one step, or grant it anew. This module must not know Qt."""

from dataclasses import replace
from functools import partial

from branchdesk.application.customer_page import ConsentStanding, CustomerPage
from branchdesk.application.models import Session
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.signature import encode_signature
from branchdesk.errors import RuleViolation
from branchdesk.ui.customer.acts import Acts, Screen
from branchdesk.ui.customer.services import CustomerServices
from branchdesk.ui.customer.state import Focus, Grant, Granting
from branchdesk.ui.kit.words import Phrase, phrase


class ConsentDesk:
    """Takes a person's new answer to a purpose."""

    def __init__(self, acts: Acts, services: CustomerServices, screen: Screen) -> None:
        self._acts, self._services, self._screen = acts, services, screen

    def change(self, purpose: Purpose) -> None:
        """Withdraw at once what is granted; ask how for what is to be granted."""
        subject = self._acts.subject()
        if subject is None:
            return
        standing = next((found for found in subject[1].consents if found.purpose is purpose), None)
        if standing is not None and standing.granted:
            self._withdraw(*subject, standing)
        else:
            self._acts.forget_undo()
            self._ask(Granting(purpose))
            self._screen.focus(Focus.GRANT)

    def sign(self) -> None:
        """Ask for a drawn signature."""
        asked = self._screen.state.granting
        if self._acts.subject() is not None and asked is not None:
            self._ask(Granting(asked.purpose, signing=True))
            self._screen.focus(Focus.SIGN)

    def grant(self, grant: Grant) -> None:
        """Record that a purpose is granted, and how that was said."""
        subject, asked = self._acts.subject(), self._screen.state.granting
        if subject is None or asked is None or asked.purpose is not grant.purpose:
            return
        try:
            signed = encode_signature(grant.strokes) if grant.how is ConsentHow.SIGNATURE else b""
        except RuleViolation as error:
            self._refused_beside(error)
            return
        self._grant(*subject, grant, signed, "customer.consent.now_granted")

    def leave_signing(self) -> bool:
        """Go back from the signature to the ways of answering; False when nobody is signing."""
        asked = self._screen.state.granting
        if asked is None or not asked.signing:
            return False
        self._ask(Granting(asked.purpose))
        self._screen.focus(Focus.GRANT)
        return True

    def _ask(self, granting: Granting) -> None:
        self._screen.show(replace(self._screen.state, granting=granting, merging="", note=None))

    def _withdraw(self, session: Session, page: CustomerPage, standing: ConsentStanding) -> None:
        purpose, customer = standing.purpose, page.customer
        intent = self._acts.intent_for((customer, purpose, False))
        # What was signed stays signed in the log; a slip taken back was said, not signed anew.
        how = ConsentHow.VERBAL if standing.how is ConsentHow.SIGNATURE else standing.how
        back = Grant(purpose, how)

        def withdraw() -> None:
            self._services.answer_consent(
                session, customer, purpose, granted=False, how=ConsentHow.VERBAL, intent=intent
            )

        def put_back(_: None) -> partial[None]:
            return partial(self._grant, session, page, back, b"", "customer.consent.put_back")

        self._acts.run(withdraw, _said("customer.consent.now_withdrawn", purpose), undo=put_back)

    def _grant(
        self, session: Session, page: CustomerPage, grant: Grant, signed: bytes, key: str
    ) -> None:
        customer = page.customer
        intent = self._acts.intent_for((customer, grant))

        def answer() -> None:
            self._services.answer_consent(
                session,
                customer,
                grant.purpose,
                granted=True,
                how=grant.how,
                signature=signed,
                intent=intent,
            )

        self._acts.run(answer, _said(key, grant.purpose), refused=self._refused_beside)

    def _refused_beside(self, error: Exception) -> bool:
        asked = self._screen.state.granting
        if asked is None or not asked.signing or not isinstance(error, RuleViolation):
            return False
        self._ask(replace(asked, error=self._screen.book.error(error)))
        self._screen.focus(Focus.SIGN)
        return True


def _said(key: str, purpose: Purpose) -> Phrase:
    return phrase(key, purpose=phrase(f"purpose.{purpose.value}"))
