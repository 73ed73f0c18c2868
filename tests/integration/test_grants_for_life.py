"""The life of a grant: refilled at half use, asked back, given back, given up with its terminal."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from branchdesk.app.lost_letter import write_lost_letter
from branchdesk.application.models import GrantLine, Session
from branchdesk.application.return_slots import ReturnSlots, beyond
from branchdesk.devices.paths import resource
from branchdesk.devices.texts import load_texts
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.office_people import Credentials
from tests.direct_bank import STAFF, DirectBank, direct_bank
from tests.office_fixture import TestBank


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectBank]:
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "terminal passphrase for tests")
    with direct_bank(tmp_path) as found:
        yield found


def line(desk: DirectBank, code: str = "PHONE10") -> Mapping[str, Any]:
    offers: Any = desk.office.status()["offers"]
    return next(found for found in offers if found["code"] == code)


def test_a_grant_is_refilled_once_half_of_it_is_used(bank: TestBank) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    size = terminal.held("PHONE10").value.slots
    for number in range(size // 2):
        terminal.issue(terminal.register(phone=f"+861380{number:07d}"))
    terminal.push()
    before = len(terminal.grants)
    terminal.borrow()
    assert len(terminal.grants) == before
    terminal.issue(terminal.register(phone="+8613999999999"))
    terminal.push()
    terminal.borrow()
    mine = [g for g in terminal.grants.values() if g.offer_code == "PHONE10"]
    assert len(mine) == 2


def test_slots_that_head_office_asks_for_come_back_in_the_same_synchronisation(
    desk: DirectBank,
) -> None:
    terminal = desk.terminal("t")
    voucher = desk.serve(terminal)
    terminal.synchronise()
    before = line(desk)
    desk.office.shrink(voucher.grant, 5, "别处更需要")
    report = terminal.synchronise()

    with terminal.store.read() as reading:
        (mine,) = [g for g in reading.grants() if g.grant == voucher.grant]
        assert reading.free_slots(voucher.grant) == ((2, 6),)
    assert (mine.used, mine.returned) == (1, mine.slots - 6)
    freed = before["committed_minor"] - line(desk)["committed_minor"]
    assert freed == (mine.slots - 6) * before["cost_cap_minor"]
    assert report.unsent == 0
    again = desk.serve(terminal)
    assert (again.grant, again.slot) == (voucher.grant, 2)
    # What was asked back is not lent again in the next breath.
    terminal.synchronise()
    with terminal.store.read() as reading:
        assert len([g for g in reading.grants() if g.code == "PHONE10"]) == 1
    # The same wish again, or a larger one, gives nothing twice.
    desk.office.shrink(voucher.grant, 50)
    assert terminal.synchronise().parked == 0
    assert terminal.store.check().problems == ()
    assert desk.office.audit().violations == ()


def test_a_desk_gives_back_what_it_does_not_need(desk: DirectBank) -> None:
    terminal = desk.terminal("t")
    voucher = desk.serve(terminal)
    give_back = ReturnSlots(terminal.store, terminal.randomness)
    (one,) = give_back(Session(STAFF), voucher.grant, 3)
    assert one.kept == 3
    assert one.returned > 0
    rest = give_back(Session(STAFF))
    assert {done.kept for done in rest} == {0}
    assert give_back(Session(STAFF)) == ()
    with pytest.raises(RuleViolation) as caught:
        desk.serve(terminal)
    assert caught.value.code == "grant_exhausted"
    assert terminal.synchronise().parked == 0
    assert desk.office.audit().violations == ()


def test_what_cannot_be_returned_is_said(desk: DirectBank) -> None:
    terminal = desk.terminal("t")
    give_back = ReturnSlots(terminal.store, terminal.randomness)
    codes = []
    for grant, keep in ((999, 0), (None, -1)):
        with pytest.raises(RuleViolation) as caught:
            give_back(Session(STAFF), grant, keep)
        codes.append(caught.value.code)
    number = desk.serve(terminal).grant
    desk.office.revoke_terminal(1)
    terminal.synchronise()
    with pytest.raises(RuleViolation) as caught:
        give_back(Session(STAFF))
    codes.append(caught.value.code)
    with pytest.raises(RuleViolation) as caught:
        desk.office.shrink(number, 0)
    codes.append(caught.value.code)
    assert codes == ["grant_unknown", "keep_invalid", "terminal_frozen", "grant_not_live"]


def test_the_first_slots_are_kept_and_the_rest_goes() -> None:
    free = ((2, 4), (7, 9))
    assert beyond(free, 0) == free
    assert beyond(free, 2) == ((4, 4), (7, 9))
    assert beyond(free, 4) == ((8, 9),)
    assert beyond(free, 6) == ()


def test_a_lost_terminals_exposure_is_known_to_the_cent_and_ends_with_it(desk: DirectBank) -> None:
    terminal = desk.terminal("t")
    desk.serve(terminal)
    terminal.synchronise()
    with terminal.store.read() as reading:
        held: tuple[GrantLine, ...] = reading.grants()
    before = desk.office.exposure(1)
    caps = {o["code"]: o["cost_cap_minor"] for o in desk.office.status()["offers"]}  # type: ignore[attr-defined]  # JSON
    unused = {
        code: sum(g.slots - g.used - g.returned for g in held if g.code == code)
        for code in {g.code for g in held}
    }
    by_code = {one.code: one for one in before.offers}
    assert {code: by_code[code].unused for code in unused} == unused
    assert {code: by_code[code].unused_minor for code in unused} == {
        code: count * caps[code] for code, count in unused.items()
    }
    assert by_code["PHONE10"].open_vouchers == 1
    assert by_code["GIFTBOX"].allowance_minor > 0
    total = sum(one.unused_minor + one.allowance_minor for one in before.offers)
    assert (before.exposure_minor, before.confirmed) == (total, False)

    desk.office.add_person("H001", "周行长", "135791")
    desk.office.add_person("H002", "吴复核", "864200")
    approval = desk.office.approve(
        Credentials("H001", "135791"), Credentials("H002", "864200"), by_two=True
    )
    done = desk.office.give_up(1, "运钞途中遗失", approval)
    after = desk.office.exposure(1)
    assert done.slots_revoked == sum(unused.values())
    assert {one.unused for one in after.offers} == {0}
    assert {one.code: one.open_vouchers for one in after.offers}["PHONE10"] == 1
    terminal.synchronise()
    with pytest.raises(RuleViolation) as caught:
        desk.serve(terminal)
    assert caught.value.code == "terminal_frozen"
    assert desk.office.audit().violations == ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_letter_says_what_is_at_stake_and_what_to_do(
    desk: DirectBank, tmp_path: Path, language: Any
) -> None:
    terminal = desk.terminal("t")
    desk.serve(terminal)
    terminal.synchronise()
    found = desk.office.give_up(1, "遗失")
    with pytest.raises(RuleViolation) as refused:
        desk.office.give_up(1, "再打印一次")
    assert refused.value.code == "lost_already"
    path = tmp_path / "letter.pdf"
    write_lost_letter(found, path, load_texts(resource("resources/texts")), language)
    document = pypdfium2.PdfDocument(path)
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    for offer in found.offers:
        assert offer.code in text
    assert f"{found.exposure_minor // 100:,}" in text
    assert ("风险敞口合计" if language == "zh" else "Exposure in all") in text
    assert "〔" not in text
    assert "{" not in text


def test_a_budget_cut_below_what_is_committed_is_a_target_until_returns_reach_it(
    bank: TestBank,
) -> None:
    terminal = bank.terminal()
    terminal.borrow()
    offer = bank.offer("PHONE10")
    number, committed = int(offer["offer"]), offer["committed_minor"]
    cut = bank.office.budget(number, committed // 2)
    assert cut.is_target
    other = bank.terminal("V001")
    other.borrow()
    assert "PHONE10" not in {g.offer_code for g in other.grants.values()}
    grant = terminal.held("PHONE10").value
    terminal.give_back(grant.number, (1, grant.slots))
    terminal.push()
    other.borrow()
    assert "PHONE10" in {g.offer_code for g in other.grants.values()}
    assert bank.office.audit().violations == ()
