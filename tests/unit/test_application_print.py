"""Printing: the paper is whole first, then it is recorded; what fails leaves no record."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from branchdesk.application.models import PrintedDocument
from branchdesk.application.print_vouchers import LAYOUTS, PrintableVoucher, PrintVouchers
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.counter import TELLER, Counter


class RecordingPaper:
    """The ``Paper`` port: remembers what was printed, and what the store knew just then."""

    def __init__(self, counter: Counter, fault: Exception | None = None) -> None:
        self._counter, self._fault = counter, fault
        self.printed: list[tuple[Sequence[PrintableVoucher], str, str]] = []
        self.events_known: list[int] = []

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Print, or fail as told."""
        self.printed.append((tuple(vouchers), layout, path))
        self.events_known.append(len(self._counter.store.state.events))
        if self._fault is not None:
            raise self._fault
        return PrintedDocument(path or "chosen.pdf", 1, 1234, len(vouchers))


def _issued(offers: Sequence[str] = ("PHONE10", "SPEND200")) -> tuple[Counter, list[str]]:
    counter = Counter(*offers)
    answer = counter.register(issue=list(offers))
    return counter, [voucher.voucher for voucher in answer.vouchers]


def _print(counter: Counter, paper: RecordingPaper) -> PrintVouchers:
    return PrintVouchers(counter.store, paper, counter.randomness)


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paper_comes_first_and_then_the_record(layout: str) -> None:
    counter, vouchers = _issued()
    before = len(counter.store.state.events)
    paper = RecordingPaper(counter)
    document = _print(counter, paper)(TELLER, vouchers, layout, "out.pdf")
    assert document == PrintedDocument("out.pdf", 1, 1234, 2)
    assert paper.events_known == [before]
    event = counter.store.state.events[-1]
    assert decode_envelope(event.envelope).type == facts.VOUCHER_PRINTED
    payload = facts.decode_payload(facts.VOUCHER_PRINTED, event.payload)
    assert payload == {"items": [[70_001, 1, 0], [70_002, 1, 0]], "layout": layout}
    assert [v.printed for v in counter.store.state.tables.vouchers.values()] == [1, 1]
    assert counter.store.check().ok


def test_vouchers_are_printed_in_the_order_asked_for() -> None:
    counter, vouchers = _issued()
    paper = RecordingPaper(counter)
    _print(counter, paper)(TELLER, vouchers[::-1], "a4")
    pages = paper.printed[0][0]
    assert [page.record.voucher for page in pages] == vouchers[::-1]
    payload = facts.decode_payload(
        facts.VOUCHER_PRINTED, counter.store.state.events[-1].payload
    )  # fmt: skip
    assert [grant for grant, _, _ in payload["items"]] == [70_002, 70_001]


def test_paper_shows_the_voucher_and_only_a_masked_name() -> None:
    counter, vouchers = _issued(["PHONE10"])
    paper = RecordingPaper(counter)
    _print(counter, paper)(TELLER, vouchers, "80")
    page = paper.printed[0][0][0]
    assert page.holder_name == "李*"
    assert page.offer.code == page.answer.offer_code == "PHONE10"
    assert counter.second_verdict(page.answer.token) == "good"
    assert page.terminal.terminal == 12


def test_nothing_is_recorded_when_the_paper_fails() -> None:
    counter, vouchers = _issued()
    before = counter.store.state
    paper = RecordingPaper(counter, EnvironmentFault("printer_jam", retryable=True))
    with pytest.raises(EnvironmentFault):
        _print(counter, paper)(TELLER, vouchers, "a4")
    assert counter.store.state is before
    with counter.store.read() as reading:
        assert len(reading.vouchers(unprinted=True)) == 2


def test_a_document_that_is_only_drawn_says_nothing_of_paper() -> None:
    counter, vouchers = _issued()
    paper = RecordingPaper(counter)
    document = _print(counter, paper).draw(vouchers, "a4")
    assert document.items == 2
    with counter.store.read() as reading:
        assert [v.voucher for v in reading.vouchers(unprinted=True)] == vouchers


def test_a_crash_between_paper_and_record_leaves_them_unprinted() -> None:
    counter, vouchers = _issued()
    counter.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    paper = RecordingPaper(counter)
    with pytest.raises(EnvironmentFault):
        _print(counter, paper)(TELLER, vouchers, "a4")
    assert len(paper.printed) == 1
    with counter.store.read() as reading:
        assert [v.voucher for v in reading.vouchers(unprinted=True)] == vouchers


@pytest.mark.parametrize(
    ("ids", "layout", "code"),
    [
        (["70001-1", "404-1"], "a4", "voucher_unknown"),
        (["x" * 500], "a4", "voucher_unknown"),
        ([], "a4", "nothing_to_print"),
        (["70001-1"], "a3", "layout_unknown"),
        (["70001-1"], "", "layout_unknown"),
    ],
)
def test_what_cannot_be_printed_never_reaches_the_paper(
    ids: list[str], layout: str, code: str
) -> None:
    counter, _ = _issued()
    paper, before = RecordingPaper(counter), counter.store.state
    assert _refused(lambda: _print(counter, paper)(TELLER, ids, layout)).code == code
    assert paper.printed == []
    assert counter.store.state is before


def test_a_voucher_whose_campaign_is_gone_is_not_printed() -> None:
    counter, vouchers = _issued()
    counter.store.state = replace(counter.store.state, campaigns=())
    paper = RecordingPaper(counter)
    assert _refused(lambda: _print(counter, paper)(TELLER, vouchers, "a4")).code == (
        "campaign_missing"
    )
    assert paper.printed == []
