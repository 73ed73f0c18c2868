"""Whatever terminals and head office do, in any order, the promise holds after every step.

The model keeps its own account of lent and returned slots from what the terminals hold; head
office's numbers must agree with it, stay within the budget, and pass the audit at the end.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import open_database
from branchdesk.headoffice.office import Office, init_office
from branchdesk.headoffice.vault import SealedKeys, open_keys
from branchdesk.protocol.feed import Lane
from tests.office_fixture import PASSPHRASE, URL, StillClock, with_offer
from tests.simulated_terminal import HeldGrant, SimulatedTerminal

OFFERS = ("PHONE10", "GIFTBOX", "RATE50")
# Small pools, so that their ends are reached.
BUDGETS = {"PHONE10": 60_000, "GIFTBOX": 640_000, "RATE50": 150_000}
CAPS = {"PHONE10": 1_000, "GIFTBOX": 8_000, "RATE50": 5_000}

_template: tuple[Path, SealedKeys] | None = None


def founded() -> tuple[Path, SealedKeys]:
    """Found one small office for the whole run; every example works on a copy."""
    global _template  # noqa: PLW0603  # founding costs a second, and nothing changes the original
    if _template is None:
        home = Path(tempfile.mkdtemp()) / "office"
        clock = StillClock()
        init_office(home, PASSPHRASE, None, URL, clock_ms=clock)
        vault = open_keys(home, PASSPHRASE)
        campaign: dict[str, Any] = with_offer("PHONE10", budget_minor=BUDGETS["PHONE10"])
        for offer in campaign["offers"]:
            if offer["code"] in BUDGETS:
                offer["budget_minor"] = BUDGETS[offer["code"]]
                # The model counts slots and money; limits a person have tests of their own.
                offer.update(per_person_limit=None, per_day_limit=None)
            if offer["code"] == "GIFTBOX":
                offer.update(count=60, allowance_minor=40_000)
        with Office(OfficeContext(home, open_database(home, ""), vault, clock, _bytes)) as office:
            office.publish(campaign)
        _template = home, vault
    return _template


_drawn = 0


def _bytes(count: int) -> bytes:
    """Bytes that never repeat within the run."""
    global _drawn  # noqa: PLW0603  # a counter is all the randomness a repeatable run may have
    _drawn += 1
    return _drawn.to_bytes(8, "big").rjust(max(count, 8), b"r")[-count:]


class Bank(RuleBasedStateMachine):
    """Terminals that borrow, issue, return and sync; a head office that revokes and cuts."""

    def __init__(self) -> None:
        super().__init__()
        source, vault = founded()
        self.folder = Path(tempfile.mkdtemp())
        home = self.folder / "office"
        shutil.copytree(source, home)
        self.clock = StillClock()
        context = OfficeContext(home, open_database(home, ""), vault, self.clock, _bytes)
        self.office = Office(context)
        self.terminals: list[SimulatedTerminal] = []
        self.customers: dict[int, str] = {}
        self.frozen: set[int] = set()
        self.out: dict[int, set[int]] = {}
        self.used: dict[int, set[int]] = {}
        self.unpushed_returns: list[tuple[SimulatedTerminal, int, set[int]]] = []
        self.ceiling = dict(BUDGETS)

    def teardown(self) -> None:
        result = self.office.audit()
        self.office.close()
        shutil.rmtree(self.folder)
        assert result.violations == ()

    @initialize()
    def first_terminal(self) -> None:
        """A bank begins with one terminal."""
        self.enrol(0)

    @precondition(lambda self: len(self.terminals) < 5)
    @rule(place=st.integers(0, 4))
    def enrol(self, place: int) -> None:
        """Another terminal joins."""
        outlet = ["B001", "B002", "B003", "V001", "V002"][place]
        terminal = SimulatedTerminal(self.office, outlet, clock_ms=self.clock)
        self.customers[terminal.number] = terminal.register(phone=f"+86139{terminal.number:08d}")
        self.terminals.append(terminal)

    @rule(pick=st.integers(0, 4))
    def borrow(self, pick: int) -> None:
        """A terminal asks for grants."""
        terminal = self.terminals[pick % len(self.terminals)]
        try:
            terminal.borrow()
        except RuleViolation as refused:
            assert refused.code == "terminal_frozen"  # noqa: PT017  # both outcomes are allowed
            assert terminal.number in self.frozen

    @rule(pick=st.integers(0, 4), offer=st.sampled_from(OFFERS), many=st.integers(1, 40))
    def issue(self, pick: int, offer: str, many: int) -> None:
        """A terminal issues offline, honestly."""
        terminal = self.terminals[pick % len(self.terminals)]
        for _ in range(min(many, terminal.free(offer))):
            token = terminal.issue(self.customers[terminal.number], offer)
            self.used.setdefault(token.grant.number, set()).add(token.voucher.slot)

    @rule(pick=st.integers(0, 4), offer=st.sampled_from(OFFERS), many=st.integers(1, 60))
    def give_back(self, pick: int, offer: str, many: int) -> None:
        """A terminal returns the last unused slots of a grant."""
        terminal = self.terminals[pick % len(self.terminals)]
        held = next((g for g in terminal.grants.values() if g.offer_code == offer and g.free), None)
        if held is None:
            return
        free = [s for s in range(held.next_slot, held.value.slots + 1) if s not in held.given_back]
        slots = free[-many:]
        ranges = [(slot, slot) for slot in slots]
        joined = [ranges[0]]
        for first, last in ranges[1:]:
            if first == joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        terminal.give_back(held.value.number, *joined)
        self.unpushed_returns.append((terminal, held.value.number, set(slots)))

    @rule(pick=st.integers(0, 4), offer=st.sampled_from(OFFERS), many=st.integers(1, 9))
    def lie(self, pick: int, offer: str, many: int) -> None:
        """A terminal gives back its first slots, used ones among them."""
        terminal = self.terminals[pick % len(self.terminals)]
        held = next((g for g in terminal.grants.values() if g.offer_code == offer), None)
        if held is None or terminal.number in self.frozen:
            return
        self.issue(pick, offer, 1)
        upto = min(many, held.value.slots)
        terminal.give_back(held.value.number, (1, upto))
        given = set(range(1, upto + 1)) - self.used.get(held.value.number, set())
        self.unpushed_returns.append((terminal, held.value.number, given))

    @rule(pick=st.integers(0, 4), size=st.integers(1, 50))
    def push(self, pick: int, size: int) -> None:
        """A terminal pushes everything, in batches of some size."""
        terminal = self.terminals[pick % len(self.terminals)]
        terminal.push(size)
        for returned in [r for r in self.unpushed_returns if r[0] is terminal]:
            self.unpushed_returns.remove(returned)
            if terminal.number not in self.frozen:
                self.out.setdefault(returned[1], set()).update(returned[2])

    @rule(pick=st.integers(0, 4))
    def see_revocations(self, pick: int) -> None:
        """A terminal pulls the urgent lane, and acknowledges it with the next pull."""
        terminal = self.terminals[pick % len(self.terminals)]
        terminal.pull(Lane.URGENT)
        terminal.pull(Lane.URGENT)

    @rule(pick=st.integers(0, 4), offer=st.sampled_from(OFFERS))
    def revoke_grant(self, pick: int, offer: str) -> None:
        """Head office takes a grant back."""
        terminal = self.terminals[pick % len(self.terminals)]
        terminal.push()
        self.push(pick, 50)
        held = next((g for g in terminal.grants.values() if g.offer_code == offer), None)
        if held is not None:
            self.office.revoke_grant(held.value.number)
            rest = set(range(1, held.value.slots + 1)) - self.used.get(held.value.number, set())
            self.out.setdefault(held.value.number, set()).update(rest)
            held.given_back.update(rest)

    @precondition(lambda self: len(self.frozen) < 2)
    @rule(pick=st.integers(0, 4))
    def freeze(self, pick: int) -> None:
        """Head office freezes a terminal."""
        terminal = self.terminals[pick % len(self.terminals)]
        self.office.revoke_terminal(terminal.number)
        self.frozen.add(terminal.number)

    @rule(offer=st.sampled_from(OFFERS), percent=st.integers(0, 150))
    def change_budget(self, offer: str, percent: int) -> None:
        """Head office raises or cuts a budget."""
        line = self.line(offer)
        amount = BUDGETS[offer] * percent // 100
        self.office.budget(int(line["offer"]), amount)
        self.ceiling[offer] = max(amount, line["committed_minor"] + line["reserve_minor"])

    @invariant()
    def the_promise_holds(self) -> None:
        """Committed is what the model counts, and stays within the budget with the reserve."""
        for offer in OFFERS:
            line = self.line(offer)
            committed = CAPS[offer] * sum(
                held.value.slots - len(self.out.get(held.value.number, set()))
                for held in self.all_held(offer)
            )
            assert line["committed_minor"] == committed
            assert committed + line["reserve_minor"] <= self.ceiling[offer]

    @invariant()
    def nothing_honest_is_refused(self) -> None:
        """No honest act becomes a case; only lies, and terminals frozen under their work."""
        kinds = {case["kind"] for case in self.office.cases()}
        expected = {"revoked_with_issued", "issued_while_frozen", "grant_not_live"}
        assert kinds <= expected | {"slots_issued"}

    def line(self, offer: str) -> dict[str, Any]:
        """Return an offer's line of the status."""
        lines: list[Any] = self.office.status()["offers"]  # type: ignore[assignment]  # JSON-ready
        found: dict[str, Any] = next(line for line in lines if line["code"] == offer)
        return found

    def all_held(self, offer: str) -> list[HeldGrant]:
        """Return every grant of the offer at any terminal."""
        return [g for t in self.terminals for g in t.grants.values() if g.offer_code == offer]


TestBankMachine = Bank.TestCase
TestBankMachine.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
