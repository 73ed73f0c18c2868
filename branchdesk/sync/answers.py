"""Tell head office's answer from a hotel's: status, media type, and error bodies in our own words.

A bare 200 is nothing. This module knows the form of an answer, not what was asked.
"""

from collections.abc import Mapping

from branchdesk.errors import (
    BranchDeskError,
    ContractFault,
    EnvironmentFault,
    RuleViolation,
)
from branchdesk.protocol import codec
from branchdesk.protocol.http import ERROR_FIELDS, MEDIA_TYPE
from branchdesk.sync.transport import Answer, unreachable

_BUSY = frozenset((429, 502, 503, 504))
_TOO_SLOW = 408
_TOO_LARGE = 413
_SERVER_TROUBLE = 500
# What head office says of bytes it was sent; anything else in 4xx is a rule of the bank.
_CONTRACT_CODES = frozenset(
    (
        *("malformed", "unsigned", "bad_signature", "wrong_nonce", "wrong_page", "chain_broken"),
        *("fork_detected", "fork", "gap", "request_unsigned", "unsealable"),
        *("batch_too_large", "wrong_terminal"),
    )
)
_HTML = frozenset(("text/html", "application/xhtml+xml"))


def good_body(answer: Answer, media_type: str = MEDIA_TYPE) -> bytes:
    """Return the body of a good answer of the right type, or raise what the answer says.

    Raises ContractFault ``captive_portal`` for pages meant for people and for redirects,
    ``malformed`` for another type; EnvironmentFault ``office_unreachable`` while head office is
    busy; else the error that head office named.
    """
    if answer.status in _BUSY:
        raise busy(answer)
    if 300 <= answer.status < 400:
        raise ContractFault("captive_portal", problem="redirect", status=answer.status)
    if answer.media_type in _HTML and answer.status < _SERVER_TROUBLE:
        raise ContractFault("captive_portal", problem="page", status=answer.status)
    if answer.status != 200:
        raise named_error(answer)
    if answer.media_type != media_type:
        raise codec.malformed("answer", "media_type", found=answer.media_type[:80])
    return answer.body


def busy(answer: Answer) -> EnvironmentFault:
    """Build the fault of a head office that asks to come back later."""
    facts: dict[str, object] = {"status": answer.status}
    if answer.retry_after_s is not None:
        facts["retry_after_s"] = answer.retry_after_s
    return unreachable("busy", **facts)


def named_error(answer: Answer) -> BranchDeskError:
    """Return the error that head office named as one of ours, by status and family of its code."""
    unnamed = _unnamed_error(answer.status)
    if unnamed is not None:
        return unnamed
    if answer.media_type != MEDIA_TYPE:
        return codec.malformed("answer", "status", status=answer.status)
    try:
        fields = codec.decode_map(answer.body, ERROR_FIELDS, what="answer")
    except ContractFault as error:
        return error
    code, facts = fields["error"], _plain(fields["facts"])
    return ContractFault(code, **facts) if code in _CONTRACT_CODES else RuleViolation(code, **facts)


def _unnamed_error(status: int) -> BranchDeskError | None:
    """Return what a status says whatever the body: a proxy may have answered in its own words."""
    if status == _TOO_SLOW:
        return unreachable("timeout", status=status)
    if status == _TOO_LARGE:
        return ContractFault("batch_too_large", status=status)
    return unreachable("trouble", status=status) if status >= _SERVER_TROUBLE else None


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    # ``code`` and ``retryable`` are parameters of the error classes, so no fact may be named so.
    taken = ("self", "code", "retryable")
    return {name: value for name, value in facts.items() if name not in taken}
