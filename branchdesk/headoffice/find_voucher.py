"""Find the voucher that a terminal asks about: by its token, or by the short code on its paper.

Signatures are checked here, before any transaction begins.
"""

from sqlalchemy import select

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.context import OfficeContext, public_keys
from branchdesk.headoffice.lent_grants import LentGrant
from branchdesk.headoffice.redemption_tables import copies
from branchdesk.headoffice.tables import vouchers
from branchdesk.headoffice.vault import ROOT
from branchdesk.protocol import codec
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.redemption import Request
from branchdesk.protocol.short_code import fingerprint
from branchdesk.protocol.signing import verifies
from branchdesk.protocol.token import (
    GRANT_BYTES,
    VOUCHER_PREFIX,
    Token,
    authenticate,
    check_voucher_fits,
    decode_grant,
    decode_voucher,
)


def find_voucher(context: OfficeContext, request: Request) -> tuple[Token, LentGrant | None]:
    """Return the authentic token asked about, and its grant as our journal has it.

    Raises ContractFault ``forged`` or ``unknown_issuer`` as a verdict, ``malformed``; RuleViolation
    ``voucher_unreported`` for a short code whose voucher no terminal has told of yet.
    """
    lent = context.lent.read(context.database, {request.grant}).get(request.grant)
    if not request.token:
        return _by_short_code(context, request, lent), lent
    token = Token(
        decode_grant(request.token[:GRANT_BYTES]), decode_voucher(request.token[GRANT_BYTES:])
    )
    if (token.grant.number, token.voucher.slot) != (request.grant, request.slot):
        raise codec.malformed("redemption", "token_differs", field="token")
    if lent is None or request.token[:GRANT_BYTES] != lent.record:
        # Not as we lent it: then the keys decide what it is.
        with context.database.read() as connection:
            root = context.vault.signer(ROOT).public_key
            authenticate(token, public_keys(connection, root, KeyUse.GRANT))
        return token, None
    check_voucher_fits(token.voucher, token.grant)
    message = lent.digest + token.voucher.body()
    if not verifies(token.grant.terminal_key, token.voucher.signature, VOUCHER_PREFIX, message):
        raise ContractFault("forged", rule="voucher_signature")
    return token, lent


def _by_short_code(context: OfficeContext, request: Request, lent: LentGrant | None) -> Token:
    place = {"voucher": voucher_id(request.grant, request.slot)}
    if lent is None or len(request.fingerprint) == 0:
        raise ContractFault("forged", rule="short_code_fingerprint")
    issued = select(vouchers.c.voucher).where(
        vouchers.c.grant == request.grant, vouchers.c.slot == request.slot
    )
    copied = select(copies.c.voucher).where(
        copies.c.grant == request.grant, copies.c.slot == request.slot
    )
    with context.database.read() as connection:
        known = [bytes(data) for data in connection.execute(issued.union(copied)).scalars()]
    if not known:
        raise RuleViolation("voucher_unreported", **place)
    signed = next((data for data in known if fingerprint(data) == request.fingerprint), None)
    if signed is None:
        raise ContractFault("forged", rule="short_code_fingerprint")
    return Token(lent.value, decode_voucher(signed))
