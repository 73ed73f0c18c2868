"""Publish a campaign: check it, number its offers, sign it, and put it on the feed.

Publishing the same content again changes nothing. What a grant already promised (face value, cost
cap, policy) can no longer be changed for an offer that was lent.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from branchdesk.domain.campaign import Campaign, Offer, campaign_to_mapping, parse_campaign
from branchdesk.domain.clock import CHINA_TIME
from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.allowance_items import start_allowances
from branchdesk.headoffice.context import (
    OFFER_COUNTER,
    OfficeContext,
    allot,
    public_keys,
    read_ho_epoch,
)
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue
from branchdesk.headoffice.offer_books import (
    OfferBook,
    lock_books,
    read_books,
    reserve_allowances,
    save_book,
)
from branchdesk.headoffice.results import PublishResult
from branchdesk.headoffice.staff_codes import put_member, put_staff
from branchdesk.headoffice.tables import (
    allowances,
    campaign_outlets,
    campaigns,
    holder_keys,
    offers,
    outlets,
    staff,
    staff_outlets,
    terminals,
)
from branchdesk.headoffice.vault import BUNDLE, ROOT
from branchdesk.protocol.bundle import BUNDLE_BYTES_MAX, Bundle, open_bundle, sign_bundle
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.token import day_number

_BODY_BYTES_SPARE = 4 << 10
# More versions than are published in the second of which an epoch of ours speaks.
_VERSIONS_LOST_MAX = 16


def check_campaign(context: OfficeContext, mapping: Mapping[str, object]) -> Campaign:
    """Validate as :func:`publish_campaign` would, and change nothing."""
    campaign = parse_campaign(mapping)
    _content(campaign, campaign.version)
    with context.database.read() as connection:
        of_campaign = offers.c.campaign == campaign.code
        books = {book.code: book for book in read_books(connection, of_campaign)}
    for offer in campaign.offers:
        if offer.code in books:
            _check_terms(books[offer.code], offer)
    return campaign


def publish_campaign(context: OfficeContext, mapping: Mapping[str, object]) -> PublishResult:
    """Publish ``mapping``; see :meth:`Office.publish`."""
    campaign = parse_campaign(mapping)
    return context.database.write(lambda connection: _publish(context, connection, campaign))


def holder_key(context: OfficeContext, connection: Connection, campaign: str) -> bytes:
    """Return the 32-byte holder key of a campaign, made when it is first asked for."""
    bound_to = b"holder" + campaign.encode()
    sealed = connection.execute(
        select(holder_keys.c.sealed_key).where(holder_keys.c.campaign == campaign)
    ).scalar_one_or_none()
    if sealed is not None:
        return context.open_at_rest(bytes(sealed), bound_to)
    key = context.randomness(32)
    sealed = context.seal_at_rest(key, bound_to)
    connection.execute(insert(holder_keys).values(campaign=campaign, sealed_key=sealed))
    return key


def published_offer(
    context: OfficeContext, connection: Connection, campaign: str, code: str
) -> Offer | None:
    """Return an offer as terminals know it, by the newest version; None once it is in no more."""
    statement = (
        select(campaigns.c.record)
        .where(campaigns.c.campaign == campaign)
        .order_by(campaigns.c.version.desc())
        .limit(1)
    )
    record = connection.execute(statement).scalar_one()
    keys = public_keys(connection, context.vault.signer(ROOT).public_key, KeyUse.BUNDLE)
    bundle = open_bundle(bytes(record), keys, now_ms=None, newer_than={})
    found = parse_campaign(json.loads(bundle.content)).offers
    return next((offer for offer in found if offer.code == code), None)


def _publish(context: OfficeContext, connection: Connection, campaign: Campaign) -> PublishResult:
    digest = hashlib.sha256(_content(campaign, 0)).digest()
    latest = connection.execute(
        select(campaigns.c.version, campaigns.c.content_sha256)
        .where(campaigns.c.campaign == campaign.code)
        .order_by(campaigns.c.version.desc())
        .limit(1)
    ).one_or_none()
    queue = FeedQueue()
    numbers = _keep_offers(connection, queue, campaign)
    if latest is not None and bytes(latest.content_sha256) == digest:
        queue.flush(connection)
        return PublishResult(campaign.code, latest.version, numbers)
    version = campaign.version if latest is None else max(campaign.version, latest.version + 1)
    # A restore may have lost versions that terminals have.
    version = max(version, (read_ho_epoch(connection) - 1) * _VERSIONS_LOST_MAX + 1)
    now_ms = context.clock_ms()
    record = _sign(context, campaign, version, now_ms)
    connection.execute(
        insert(campaigns).values(
            campaign=campaign.code, version=version, record=record, content_sha256=digest,
            published_ms=now_ms,
        )
    )  # fmt: skip
    _keep_outlets(connection, campaign)
    _keep_staff(context, connection, queue, campaign)
    queue.put(
        Lane.CONTENT,
        EVERYBODY,
        ItemKind.CAMPAIGN,
        {
            "record": record, "offers": numbers,
            "holder_key": holder_key(context, connection, campaign.code),
        },
        topic=f"campaign:{campaign.code}",
    )  # fmt: skip
    queue.flush(connection)
    return PublishResult(campaign.code, version, numbers)


def _content(campaign: Campaign, version: int) -> bytes:
    mapping = {**campaign_to_mapping(campaign), "version": version}
    content = json.dumps(mapping, ensure_ascii=False, separators=(",", ":")).encode()
    if len(content) > BUNDLE_BYTES_MAX - _BODY_BYTES_SPARE:
        raise ContractFault(
            "malformed", what="campaign", problem="too_large", limit_bytes=BUNDLE_BYTES_MAX
        )
    return content


def _sign(context: OfficeContext, campaign: Campaign, version: int, now_ms: int) -> bytes:
    last = max(
        [campaign.phases[-1].ends_on]
        + [offer.expires_on(offer.issue_until) for offer in campaign.offers]
    )
    bundle = Bundle(campaign.code, version, now_ms, _end_of_ms(last), _content(campaign, version))
    return sign_bundle(bundle, context.vault.signer(BUNDLE))


def _end_of_ms(day: date) -> int:
    midnight = datetime.combine(day + timedelta(days=1), time(), CHINA_TIME)
    return int(midnight.timestamp() * 1000)


def _refuse_taken_codes(connection: Connection, campaign: Campaign) -> None:
    """Refuse a code of another campaign: people and terminals name an offer by its code alone."""
    taken = connection.execute(
        select(offers.c.code, offers.c.campaign)
        .where(offers.c.campaign != campaign.code)
        .where(offers.c.code.in_([offer.code for offer in campaign.offers]))
        .order_by(offers.c.code)
    ).first()
    if taken is not None:
        raise RuleViolation("offer_code_taken", offer=taken.code, campaign=taken.campaign)


def _keep_offers(connection: Connection, queue: FeedQueue, campaign: Campaign) -> dict[str, int]:
    _refuse_taken_codes(connection, campaign)
    books = {b.code: b for b in lock_books(connection, offers.c.campaign == campaign.code)}
    for offer in campaign.offers:
        if offer.code in books:
            _check_terms(books[offer.code], offer)
            _take_over(connection, books[offer.code], offer)
        else:
            number = allot(connection, OFFER_COUNTER)
            books[offer.code] = _new_book(connection, campaign.code, number, offer)
    kept = {offer.code for offer in campaign.offers}
    for code, book in books.items():
        book.is_open = code in kept
    known = connection.execute(select(terminals.c.terminal)).scalars().all()
    reserve_allowances(connection, books.values(), known)
    for book in books.values():
        save_book(connection, book)
    start_allowances(connection, queue, [book.offer for book in books.values()], known)
    return {code: books[code].offer for code in sorted(kept)}


def _check_terms(book: OfferBook, offer: Offer) -> None:
    if not book.slots_lent:
        return
    fixed = {
        "face_minor": (book.face_minor, offer.face_minor),
        "cost_cap_minor": (book.cost_cap_minor, offer.cost_cap_minor),
        "policy": (book.policy, int(offer.policy)),
        "allowance_minor": (book.allowance_minor, offer.allowance_minor),
        "min_spend_minor": (book.min_spend_minor, offer.min_spend_minor),
    }
    for field, (lent, asked) in fixed.items():
        if lent != asked:
            raise RuleViolation(
                "offer_terms_fixed", offer=offer.code, field=field, lent=lent, asked=asked
            )


def _take_over(connection: Connection, book: OfferBook, offer: Offer) -> None:
    if not book.slots_lent:
        # Terms may change only while nothing is lent; then the allowances are all there is to redo.
        connection.execute(delete(allowances).where(allowances.c.offer == book.offer))
        book.reserve_minor, book.reserve_slots = book.loss_minor, book.loss_slots
    book.face_minor = offer.face_minor
    book.cost_cap_minor = offer.cost_cap_minor
    book.policy = int(offer.policy)
    book.allowance_minor = offer.allowance_minor
    book.budget_minor = offer.budget_minor
    book.slots_limit = offer.count
    book.issue_from = day_number(offer.issue_from)
    book.issue_until = day_number(offer.issue_until)
    book.forecast = offer.forecast
    book.per_person_limit, book.per_day_limit = offer.per_person_limit, offer.per_day_limit
    book.partial_use, book.undo_minutes = offer.partial_use, offer.undo_minutes
    book.min_spend_minor = offer.min_spend_minor


def _new_book(connection: Connection, campaign: str, number: int, offer: Offer) -> OfferBook:
    book = OfferBook(
        offer=number, campaign=campaign, code=offer.code, face_minor=offer.face_minor,
        cost_cap_minor=offer.cost_cap_minor, budget_minor=offer.budget_minor,
        ceiling_minor=offer.budget_minor, slots_limit=offer.count, slots_ceiling=offer.count,
        policy=int(offer.policy), allowance_minor=offer.allowance_minor,
        issue_from=day_number(offer.issue_from), issue_until=day_number(offer.issue_until),
        forecast=offer.forecast, is_open=True, slots_lent=0, slots_out=0, reserve_minor=0,
        reserve_slots=0, honoured_minor=0, loss_minor=0, loss_slots=0,
        partial_use=offer.partial_use, undo_minutes=offer.undo_minutes,
        min_spend_minor=offer.min_spend_minor,
        per_person_limit=offer.per_person_limit, per_day_limit=offer.per_day_limit,
    )  # fmt: skip
    connection.execute(
        insert(offers).values({c.name: getattr(book, c.name) for c in offers.columns})
    )
    return book


def _keep_outlets(connection: Connection, campaign: Campaign) -> None:
    known = set(connection.execute(select(outlets.c.code)).scalars())
    for outlet in campaign.outlets:
        values = {"name": outlet.name, "address": outlet.address, "kind": outlet.kind.value}
        if outlet.code in known:
            connection.execute(update(outlets).where(outlets.c.code == outlet.code).values(values))
        else:
            connection.execute(insert(outlets).values(code=outlet.code, **values))
    mine = campaign_outlets.c.campaign == campaign.code
    connection.execute(delete(campaign_outlets).where(mine))
    connection.execute(
        insert(campaign_outlets),
        [{"campaign": campaign.code, "outlet": outlet.code} for outlet in campaign.outlets],
    )


def _keep_staff(
    context: OfficeContext, connection: Connection, queue: FeedQueue, campaign: Campaign
) -> None:
    before = _placed_staff(connection, campaign.code)
    known = set(connection.execute(select(staff.c.code)).scalars())
    for member in campaign.staff:
        values = {
            "campaign": campaign.code, "name": member.name, "role": member.role.value,
            "active": True,
        }  # fmt: skip
        if member.code in known:
            connection.execute(update(staff).where(staff.c.code == member.code).values(values))
        else:
            connection.execute(
                insert(staff).values(
                    code=member.code, one_time_code="", code_expires_ms=0, **values
                )
            )
        connection.execute(delete(staff_outlets).where(staff_outlets.c.staff == member.code))
        connection.execute(
            insert(staff_outlets),
            [{"staff": member.code, "outlet": outlet} for outlet in member.outlets],
        )
    now = {(member.code, outlet) for member in campaign.staff for outlet in member.outlets}
    _withdraw(connection, queue, before - now, {member.code for member in campaign.staff})
    put_staff(context, connection, queue, [member.code for member in campaign.staff])


def _placed_staff(connection: Connection, campaign: str) -> set[tuple[str, str]]:
    statement = (
        select(staff.c.code, staff_outlets.c.outlet)
        .join(staff_outlets, staff_outlets.c.staff == staff.c.code)
        .where(staff.c.campaign == campaign, staff.c.active)
    )
    return {(row.code, row.outlet) for row in connection.execute(statement)}


def _withdraw(
    connection: Connection, queue: FeedQueue, gone: set[tuple[str, str]], kept: set[str]
) -> None:
    for code, outlet in sorted(gone):
        row = connection.execute(select(staff).where(staff.c.code == code)).one()
        fields = {
            "code": code, "name": row.name, "role": row.role, "active": False,
            "one_time_code": "", "code_expires_ms": 0,
        }  # fmt: skip
        put_member(queue, outlet, fields)
    for code in sorted({code for code, _ in gone} - kept):
        connection.execute(
            update(staff).where(staff.c.code == code).values(active=False, one_time_code="")
        )
