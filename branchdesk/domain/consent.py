"""Consent per purpose: what was shown, what was answered, and what may therefore be done.

Nothing is inferred: a purpose that was not asked for is not allowed. The exact text that was shown
is named by its version and by the hash of its Chinese wording. This module must not know how a
signature is taken or where consents are kept.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.signature import BYTES_MAX
from branchdesk.errors import RuleViolation

FIELD: Final = "consents"


class Purpose(StrEnum):
    """What a person can allow the bank to use their data for, each asked for separately."""

    SERVICE = "service"
    MARKETING_PHONE = "marketing_phone"
    MARKETING_MESSAGE = "marketing_message"
    PARTNER_SHARE = "partner_share"
    SENSITIVE = "sensitive"


class ConsentHow(StrEnum):
    """How the answer was given: drawn on screen, signed on paper that is held, or spoken."""

    SIGNATURE = "signature"
    PAPER = "paper"
    VERBAL = "verbal"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of the words that ask for one purpose."""

    purpose: Purpose
    version: str
    text: Bilingual

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the exact Chinese wording in UTF-8."""
        return hashlib.sha256(self.text.zh.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer to one text. Without a text yet bound, version and hash are empty.

    ``signature`` is what was drawn on the screen, if anything was: bytes nobody here looks into.
    """

    purpose: Purpose
    text_version: str
    text_sha256: str
    granted: bool
    how: ConsentHow
    signature: bytes = field(default=b"", repr=False)


def parse_purpose(text: str) -> Purpose:
    """Return the purpose named by ``text``; raise ``purpose_unknown`` with the allowed ones."""
    try:
        return Purpose(text)
    except ValueError:
        allowed = [purpose.value for purpose in Purpose]
        raise RuleViolation(
            "purpose_unknown", field=FIELD, found=text[:40], allowed=allowed
        ) from None


def parse_consent_how(value: object) -> ConsentHow:
    """Return the way of answering named by ``value``; raise ``consent_how_unknown``."""
    try:
        return ConsentHow(str(value))
    except ValueError:
        allowed = [kind.value for kind in ConsentHow]
        raise RuleViolation(
            "consent_how_unknown", field="consents.how", found=str(value)[:40], allowed=allowed
        ) from None


def parse_signature(value: object) -> bytes:
    """Return a drawn signature: bytes as they are, text as base64, None as none.

    Raises RuleViolation ``consent_signature_invalid``.
    """
    if value is None or isinstance(value, bytes):
        return value or b""
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError:
        raise RuleViolation("consent_signature_invalid", field="consents.signature") from None


def consent_to(text: ConsentText, *, granted: bool, how: ConsentHow) -> Consent:
    """Record an answer to exactly this text."""
    return Consent(text.purpose, text.version, text.sha256, granted, how)


def bind_texts(consents: Iterable[Consent], texts: Iterable[ConsentText]) -> tuple[Consent, ...]:
    """Give every consent without a text the campaign's text for its purpose.

    Raises RuleViolation ``consent_text_missing`` when the campaign has no text for a purpose: what
    nobody was shown cannot have been agreed to.
    """
    by_purpose = {text.purpose: text for text in texts}
    bound = []
    for consent in consents:
        if consent.text_version:
            bound.append(consent)
            continue
        text = by_purpose.get(consent.purpose)
        if text is None:
            raise RuleViolation("consent_text_missing", field=FIELD, purpose=consent.purpose.value)
        bound.append(replace(consent, text_version=text.version, text_sha256=text.sha256))
    return tuple(bound)


def may_use(consents: Iterable[Consent], purpose: Purpose) -> bool:
    """Tell whether data may be used for ``purpose``: only when the last answer to it granted it."""
    granted = False
    for consent in consents:
        if consent.purpose is purpose:
            granted = consent.granted
    return granted


def granted_purposes(consents: Iterable[Consent]) -> tuple[Purpose, ...]:
    """Return the purposes that are allowed, in the order of ``Purpose``."""
    answers = tuple(consents)
    return tuple(purpose for purpose in Purpose if may_use(answers, purpose))


def check_signatures(consents: Iterable[Consent], *, has_sensitive: bool) -> None:
    """Refuse drawn signatures that may not be kept.

    A signature is sensitive personal information like a document number. Raises RuleViolation
    ``consent_signature_sensitive``, ``consent_signature_how`` (drawn, but answered in another way)
    or ``consent_signature_too_large``.
    """
    for consent in consents:
        if not consent.signature:
            continue
        named = {"field": FIELD, "purpose": consent.purpose.value}
        if consent.how is not ConsentHow.SIGNATURE:
            raise RuleViolation("consent_signature_how", **named)
        if len(consent.signature) > BYTES_MAX:
            raise RuleViolation("consent_signature_too_large", limit_bytes=BYTES_MAX, **named)
        if not has_sensitive:
            raise RuleViolation("consent_signature_sensitive", **named)


def check_registration_consents(consents: Iterable[Consent], *, has_document: bool) -> None:
    """Refuse a registration that lacks a consent it needs.

    Raises RuleViolation ``consent_service_missing`` (nobody is registered without it),
    ``consent_sensitive_missing`` (a document number is sensitive personal information and needs a
    consent of its own: PIPL article 29), or what :func:`check_signatures` refuses.
    """
    answers = tuple(consents)
    if not may_use(answers, Purpose.SERVICE):
        raise RuleViolation("consent_service_missing", field=FIELD, purpose=Purpose.SERVICE.value)
    if has_document and not may_use(answers, Purpose.SENSITIVE):
        raise RuleViolation(
            "consent_sensitive_missing", field=FIELD, purpose=Purpose.SENSITIVE.value
        )
    check_signatures(answers, has_sensitive=may_use(answers, Purpose.SENSITIVE))
