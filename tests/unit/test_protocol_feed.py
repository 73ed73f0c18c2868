"""The feed: only pages meant for this terminal, lane and cursor, in order; strangers are kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.feed import (
    ITEM_FIELDS,
    FeedItem,
    FeedPage,
    ItemKind,
    Lane,
    item,
    open_page,
    sign_page,
)
from branchdesk.protocol.signing import RecordKind, SigningKey, sign_record

OFFICE, OTHER = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
KEYS = {OFFICE.key_id: OFFICE.public_key}
NOTICE = item(8, ItemKind.NOTICE, epoch=1, seq=3, verdict="parked", code="unknown_type", facts={})
STAFF = item(
    11, ItemKind.STAFF, code="T001", name="李䶮", role="teller", active=True, one_time_code="",
    code_expires_ms=0,
)  # fmt: skip
PAGE = FeedPage(12, Lane.CONTENT, 7, (NOTICE, STAFF), more=True)


def _open(data: bytes, *, terminal: int = 12, lane: Lane = Lane.CONTENT, cursor: int = 7) -> (
    FeedPage
):  # fmt: skip
    return open_page(data, KEYS, terminal=terminal, lane=lane, cursor=cursor)


def _refused(data: bytes) -> ContractFault:
    with pytest.raises(ContractFault) as refused:
        _open(data)
    return refused.value


def _signed(**changes: object) -> bytes:
    body = {
        "terminal": 12,
        "lane": "content",
        "cursor": 7,
        "items": [[8, "notice", b""]],
        "more": False,
    }
    return sign_record(RecordKind.FEED, codec.encode(body | changes), OFFICE).encode()


def test_a_page_comes_back_as_signed() -> None:
    page = _open(sign_page(PAGE, OFFICE))
    assert page == PAGE
    assert page.items[1].fields()["name"] == "李䶮"
    assert page.next_cursor() == 11


def test_an_empty_page_leaves_the_cursor() -> None:
    page = _open(sign_page(replace(PAGE, items=(), more=False), OFFICE))
    assert page.next_cursor() == 7


@pytest.mark.parametrize(
    "other",
    [
        replace(PAGE, terminal=13),
        replace(PAGE, lane=Lane.URGENT),
        replace(PAGE, cursor=6),
        replace(PAGE, cursor=0),
    ],
)
def test_a_page_for_another_terminal_lane_or_cursor_is_refused(other: FeedPage) -> None:
    fault = _refused(sign_page(other, OFFICE))
    assert fault.code == "wrong_page"


@pytest.mark.parametrize("numbers", [(7,), (6,), (9, 8), (8, 8), (8, 10, 9), (8, 7)])
def test_items_out_of_order_are_refused(numbers: tuple[int, ...]) -> None:
    items = tuple(replace(NOTICE, number=number) for number in numbers)
    fault = _refused(sign_page(replace(PAGE, items=items), OFFICE))
    assert (fault.code, fault.facts["problem"]) == ("malformed", "order")


def test_numbers_may_leave_gaps() -> None:
    items = tuple(replace(NOTICE, number=number) for number in (9, 900, (1 << 62) - 1))
    assert _open(sign_page(replace(PAGE, items=items), OFFICE)).items == items


def test_a_page_by_another_key_is_unsigned() -> None:
    assert _refused(sign_page(PAGE, OTHER)).code == "unsigned"


def test_another_key_under_the_known_id_is_a_bad_signature() -> None:
    record = sign_record(RecordKind.FEED, codec.encode({}), OTHER)
    assert _refused(replace(record, key_id=OFFICE.key_id).encode()).code == "bad_signature"


def test_every_altered_byte_is_refused() -> None:
    whole = sign_page(PAGE, OFFICE)
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1
        assert _refused(bytes(data)).code in {"malformed", "unsigned", "bad_signature"}, position


def test_a_page_torn_at_any_length_is_malformed() -> None:
    whole = sign_page(PAGE, OFFICE)
    assert {_refused(whole[:length]).code for length in range(len(whole))} == {"malformed"}


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal": "12"},
        {"lane": 1},
        {"cursor": -7},
        {"items": {}},
        {"items": [[8, "notice"]]},
        {"items": [["8", "notice", b""]]},
        {"items": [[True, "notice", b""]]},
        {"items": [[0, "notice", b""]]},
        {"items": [[1 << 62, "notice", b""]]},
        {"items": [[8, b"notice", b""]]},
        {"items": [[8, "notice", ""]]},
        {"items": [8]},
        {"more": 1},
        {"extra": 1},
    ],
)
def test_signed_pages_of_a_wrong_shape_are_malformed(changes: dict[str, object]) -> None:
    assert _open(_signed()).items == (FeedItem(8, "notice", b""),)
    assert _refused(_signed(**changes)).code == "malformed"


def test_an_unknown_kind_is_kept_and_passed_by() -> None:
    stranger = FeedItem(9, "weather", codec.encode({"sky": "blue"}))
    page = _open(sign_page(replace(PAGE, items=(NOTICE, stranger, STAFF)), OFFICE))
    assert [found.is_known() for found in page.items] == [True, False, True]
    assert page.items[1] == stranger
    assert page.next_cursor() == 11


@pytest.mark.parametrize("kind", [*ItemKind])
def test_every_kind_has_fields_and_refuses_others(kind: ItemKind) -> None:
    samples: dict[type, object] = {int: 1, str: "x", bytes: b"x", list: [], dict: {}, bool: True}
    good = {name: samples[of] for name, of in ITEM_FIELDS[kind].items()}
    made = item(1, kind, **good)
    assert made.is_known()
    assert made.fields() == good
    for wrong in (good | {"more": 1}, {**good, next(iter(good)): None}):
        with pytest.raises(ContractFault):
            item(1, kind, **wrong)
        with pytest.raises(ContractFault) as refused:
            FeedItem(1, kind.value, codec.encode(wrong)).fields()
        assert refused.value.facts["what"] == f"feed.{kind.value}"


@given(st.binary(max_size=60))
def test_a_body_of_any_bytes_is_refused(body: bytes) -> None:
    with pytest.raises(ContractFault):
        FeedItem(1, "grant", body).fields()
