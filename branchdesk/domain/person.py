"""Register a person: the words of one registration, read strictly from untrusted input.

The vocabulary of people is gathered here: names, phones, documents and consents live in modules of
their own and are re-exported. This module must not know who else is registered.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from branchdesk.domain.consent import (
    Consent,
    ConsentHow,
    ConsentText,
    Purpose,
    bind_texts,
    check_registration_consents,
    parse_consent_how,
    parse_purpose,
    parse_signature,
)
from branchdesk.domain.identity import (
    Document,
    DocumentType,
    age_on,
    birth_date,
    mask_document,
    normalise_document,
    parse_document_type,
)
from branchdesk.domain.names import mask_name, normalise_name, pinyin_full, pinyin_initials
from branchdesk.domain.phones import mask_phone, normalise_phone
from branchdesk.errors import RuleViolation

__all__ = [
    "TAGS_MAX",
    "TAG_LENGTH_MAX",
    "Channel",
    "Document",
    "DocumentType",
    "Purpose",
    "Registration",
    "age_on",
    "birth_date",
    "mask_document",
    "mask_name",
    "mask_phone",
    "normalise_document",
    "normalise_name",
    "normalise_phone",
    "normalise_tags",
    "parse_channel",
    "parse_document_type",
    "parse_purpose",
    "parse_registration",
    "pinyin_full",
    "pinyin_initials",
]

TAGS_MAX: Final = 20
TAG_LENGTH_MAX: Final = 30
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_OFFERS_MAX: Final = 20
_KEYS: Final = frozenset(
    (
        *("name", "phone", "document", "channel", "interests", "needs", "referrer"),
        *("consents", "intent", "issue"),
    )
)
_DOCUMENT_KEYS: Final = frozenset({"type", "number"})
_CONSENT_KEYS: Final = frozenset(
    {"purpose", "text_version", "text_sha256", "granted", "how", "signature"}
)

T = TypeVar("T")
D = TypeVar("D")


class Channel(StrEnum):
    """Where a customer came from."""

    COUNTER = "counter"
    VAN = "van"
    PARTNER = "partner"
    GOVERNMENT = "government"
    PAYROLL = "payroll"
    SHORT_VIDEO = "short_video"
    REFERRAL = "referral"
    FLYER = "flyer"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Registration:
    """One checked registration, every field in its normal spelling.

    ``referrer`` is a customer id or a referral code, not yet looked up. ``intent`` and ``issue``
    are what the line asks for beside the person: its own id and the offers to issue at once.
    """

    name: str
    phone: str
    document: Document | None
    channel: Channel
    interests: tuple[str, ...]
    needs: tuple[str, ...]
    referrer: str | None
    consents: tuple[Consent, ...]
    intent: str | None = None
    issue: tuple[str, ...] = ()


def parse_channel(text: str) -> Channel:
    """Return the channel named by ``text``; raise ``channel_unknown`` with the allowed ones."""
    try:
        return Channel(text)
    except ValueError:
        allowed = [channel.value for channel in Channel]
        raise RuleViolation(
            "channel_unknown", field="channel", found=text[:40], allowed=allowed
        ) from None


def normalise_tags(tags: Iterable[str], *, field: str) -> tuple[str, ...]:
    """Return free tags trimmed, without repeats and empty ones, in the order given.

    Raises RuleViolation ``tags_too_many``, ``tag_too_long`` or ``tag_control_character``.
    """
    kept: dict[str, None] = {}
    for tag in tags:
        words = " ".join(tag.split())
        if not words.replace(" ", "").isprintable():
            raise RuleViolation("tag_control_character", field=field)
        if len(words) > TAG_LENGTH_MAX:
            raise RuleViolation(
                "tag_too_long", field=field, length=len(words), limit=TAG_LENGTH_MAX
            )
        if words:
            kept[words] = None
    if len(kept) > TAGS_MAX:
        raise RuleViolation("tags_too_many", field=field, count=len(kept), limit=TAGS_MAX)
    return tuple(kept)


def parse_registration(
    mapping: Mapping[str, object],
    texts: Iterable[ConsentText] = (),
    *,
    how: ConsentHow = ConsentHow.VERBAL,
    today: datetime.date | None = None,
) -> Registration:
    """Read one registration line; ``texts`` are the campaign's consent texts to bind purposes to.

    ``consents`` holds purposes by name (answered ``how``, bound to ``texts``) or whole answers
    ``{"purpose", "text_version", "text_sha256", "granted", "how"}``. Without ``texts`` named
    purposes stay unbound. ``today`` only refuses birth dates in the future.

    Raises the RuleViolation of the one field that is wrong, or ``registration_invalid`` with
    ``problems=[{"field", "code", …}]`` when there are several.
    """
    problems = _Problems()
    for key in sorted(set(mapping) - _KEYS, key=str):
        problems.add(RuleViolation("field_unknown", field=str(key)[:40]))
    document_value = mapping.get("document")
    name = problems.read(lambda: normalise_name(_text(mapping, "name")), "")
    phone = problems.read(lambda: normalise_phone(_text(mapping, "phone")), "")
    document = problems.read(lambda: _document(document_value, today), None)
    channel = problems.read(lambda: parse_channel(_text(mapping, "channel")), Channel.COUNTER)
    interests = problems.read(lambda: _tags(mapping, "interests"), ())
    needs = problems.read(lambda: _tags(mapping, "needs"), ())
    referrer = problems.read(lambda: _reference(mapping, "referrer"), None)
    consents = problems.read(
        lambda: _consents(mapping, tuple(texts), how, has_document=document_value is not None), ()
    )
    intent = problems.read(lambda: _reference(mapping, "intent"), None)
    issue = problems.read(lambda: _offers(mapping), ())
    problems.raise_any()
    return Registration(
        name, phone, document, channel, interests, needs, referrer, consents, intent, issue
    )


class _Problems:
    """Collects what is wrong with each field, so that a person sees everything at once."""

    def __init__(self) -> None:
        self._found: list[RuleViolation] = []

    def add(self, problem: RuleViolation) -> None:
        self._found.append(problem)

    def read(self, read: Callable[[], T], fallback: D) -> T | D:
        try:
            return read()
        except RuleViolation as problem:
            self._found.append(problem)
            return fallback

    def raise_any(self) -> None:
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            listed = [{**problem.facts, "code": problem.code} for problem in self._found]
            fields = list(dict.fromkeys(str(problem["field"]) for problem in listed))
            raise RuleViolation(
                "registration_invalid", problems=listed, count=len(listed), fields=fields
            )


def _wrong_type(field: str, expected: str) -> RuleViolation:
    return RuleViolation("field_type", field=field, expected=expected)


def _text(mapping: Mapping[str, object], key: str) -> str:
    if key not in mapping:
        raise RuleViolation("field_missing", field=key)
    value = mapping[key]
    if not isinstance(value, str):
        raise _wrong_type(key, "text")
    return value


def _texts(value: object, field: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _wrong_type(field, "text_list")
    return list(value)


def _tags(mapping: Mapping[str, object], key: str) -> tuple[str, ...]:
    return normalise_tags(_texts(mapping.get(key), key), field=key)


def _reference(mapping: Mapping[str, object], key: str) -> str | None:
    if mapping.get(key) is None:
        return None
    value = _text(mapping, key).strip()
    if not _REFERENCE.fullmatch(value):
        raise RuleViolation("reference_invalid", field=key)
    return value


def _offers(mapping: Mapping[str, object]) -> tuple[str, ...]:
    codes = _texts(mapping.get("issue"), "issue")
    if len(codes) > _OFFERS_MAX:
        raise RuleViolation("offers_too_many", field="issue", count=len(codes), limit=_OFFERS_MAX)
    if not all(_REFERENCE.fullmatch(code) for code in codes):
        raise RuleViolation("reference_invalid", field="issue")
    return tuple(codes)


def _document(value: object, today: datetime.date | None) -> Document | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _wrong_type("document", "document")
    unknown = sorted(str(key) for key in value if key not in _DOCUMENT_KEYS)
    if unknown:
        raise RuleViolation("field_unknown", field=f"document.{unknown[0][:40]}")
    for key in ("type", "number"):
        if key not in value:
            raise RuleViolation("field_missing", field=f"document.{key}")
        if not isinstance(value[key], str):
            raise _wrong_type(f"document.{key}", "text")
    return normalise_document(value["type"], value["number"], today=today)


def _consents(
    mapping: Mapping[str, object],
    texts: tuple[ConsentText, ...],
    how: ConsentHow,
    *,
    has_document: bool,
) -> tuple[Consent, ...]:
    value = mapping.get("consents")
    if value is None:
        value = []
    if not isinstance(value, list | tuple):
        raise _wrong_type("consents", "purpose_list")
    answers = {answer.purpose: answer for answer in (_consent(item, how) for item in value)}
    consents = tuple(answers.values())
    check_registration_consents(consents, has_document=has_document)
    return bind_texts(consents, texts) if texts else consents


def _consent(item: object, how: ConsentHow) -> Consent:
    if isinstance(item, str):
        return Consent(parse_purpose(item), "", "", granted=True, how=how)
    if not isinstance(item, Mapping):
        raise _wrong_type("consents", "purpose")
    unknown = sorted(str(key) for key in item if key not in _CONSENT_KEYS)
    if unknown:
        raise RuleViolation("field_unknown", field=f"consents.{unknown[0][:40]}")
    granted = item.get("granted", True)
    if not isinstance(granted, bool):
        raise _wrong_type("consents.granted", "boolean")
    return Consent(
        parse_purpose(_text(item, "purpose")),
        _text(item, "text_version") if "text_version" in item else "",
        _text(item, "text_sha256") if "text_sha256" in item else "",
        granted=granted,
        how=parse_consent_how(item.get("how", how)),
        signature=parse_signature(item.get("signature")),
    )
