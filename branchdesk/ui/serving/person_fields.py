"""What is asked about a person, field by field, and where a problem of the domain is shown.

Text stays as typed; what it means is decided by the domain. This module must not know Qt.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_TAG_BREAKS: Final = re.compile(r"[、,，;；]+")


class Field(StrEnum):
    """The fields of the form; consents are one field with several answers."""

    NAME = "name"
    PHONE = "phone"
    DOCUMENT_TYPE = "document_type"
    DOCUMENT_NUMBER = "document_number"
    CHANNEL = "channel"
    REFERRER = "referrer"
    INTERESTS = "interests"
    NEEDS = "needs"
    CONSENTS = "consents"


# Where a problem of the domain is shown.
FIELD_OF: Final = {
    "name": Field.NAME,
    "phone": Field.PHONE,
    "document": Field.DOCUMENT_NUMBER,
    "document.type": Field.DOCUMENT_TYPE,
    "document.number": Field.DOCUMENT_NUMBER,
    "channel": Field.CHANNEL,
    "referrer": Field.REFERRER,
    "interests": Field.INTERESTS,
    "needs": Field.NEEDS,
    "consents": Field.CONSENTS,
    "signature": Field.CONSENTS,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One field now holds this text (a choice holds its value)."""

    field: Field
    text: str


def tags(text: str) -> list[str]:
    """Split what was heard into separate tags, by comma, semicolon or 、."""
    return [tag.strip() for tag in _TAG_BREAKS.split(text) if tag.strip()]
