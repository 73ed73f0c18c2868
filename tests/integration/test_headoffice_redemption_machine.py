"""Whatever terminals redeem, undo, void, release, repeat and lie, honoured stays within the budget.

The model believes only what it was told: the notices of each push and the signed answers of each
question. From those it adds up what head office has honoured, voucher by voucher; head office's
own sums must agree with it after every step, stay within face and budget, and pass the audit.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
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
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.token import Token, china_day
from branchdesk.protocol.verdict import Verdict
from tests.office_fixture import PASSPHRASE, URL, StillClock, sample_campaign
from tests.simulated_terminal import SimulatedTerminal

# One offer of each policy; PHONE10 may be used in parts. Small pools, so that their ends are met.
OFFERS = ("PHONE10", "SPEND200", "GIFTBOX", "RATE50")
BUDGETS = {"PHONE10": 30_000, "SPEND200": 150_000, "GIFTBOX": 400_000, "RATE50": 100_000}
ALLOWANCE = 20_000
PLACES = ("B001", "B001", "B002", "V001")
BASES = ("home", "keeper", "allowance", "online")
LAST_DAY = "2026-11-20"
# Few vouchers and one terminal that is ever frozen, so that acts meet each other.
WHICH = st.integers(0, 5)
FROZEN = 3

_template: tuple[Path, SealedKeys] | None = None
_drawn = 0


def _bytes(count: int) -> bytes:
    """Bytes that never repeat within the run."""
    global _drawn  # noqa: PLW0603  # a counter is all the randomness a repeatable run may have
    _drawn += 1
    return _drawn.to_bytes(8, "big").rjust(max(count, 8), b"r")[-count:]


def founded() -> tuple[Path, SealedKeys]:
    """Found one small office for the whole run; every example works on a copy."""
    global _template  # noqa: PLW0603  # founding costs a second, and nothing changes the original
    if _template is None:
        home = Path(tempfile.mkdtemp()) / "office"
        clock = StillClock()
        init_office(home, PASSPHRASE, None, URL, clock_ms=clock)
        vault = open_keys(home, PASSPHRASE)
        campaign: dict[str, Any] = sample_campaign()
        for offer in campaign["offers"]:
            if offer["code"] in BUDGETS:
                offer.update(budget_minor=BUDGETS[offer["code"]], issue_until=LAST_DAY,
                             valid_days=5, per_person_limit=None, per_day_limit=None)  # fmt: skip
            if offer["code"] == "GIFTBOX":
                offer.update(count=None, allowance_minor=ALLOWANCE)
        with Office(OfficeContext(home, open_database(home, ""), vault, clock, _bytes)) as office:
            office.publish(campaign)
        _template = home, vault
    return _template


def place_of(token: Token) -> tuple[int, int]:
    """Return a voucher: grant and slot."""
    return token.grant.number, token.voucher.slot


@dataclass(slots=True)
class Told:
    """What one event asked for, until its push says what became of it."""

    seq: int
    kind: str
    redemption: bytes
    token: Token
    amount: int = 0


@dataclass(slots=True)
class Member:
    """A terminal with what the model knows of it."""

    terminal: SimulatedTerminal
    customer: str
    waiting: list[Told] = field(default_factory=list)
    redeemed: list[tuple[bytes, Token]] = field(default_factory=list)


class Redeeming(RuleBasedStateMachine):
    """A few terminals, honest and not, and one head office."""

    def __init__(self) -> None:
        super().__init__()
        source, vault = founded()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(source, self.folder / "office")
        self.clock = StillClock()
        database = open_database(self.folder / "office", "")
        self.office = Office(
            OfficeContext(self.folder / "office", database, vault, self.clock, _bytes)
        )
        self.members: list[Member] = []
        self.tokens: list[Token] = []
        # What stands, by redemption: the voucher and the amount.
        self.standing: dict[bytes, tuple[Token, int]] = {}
        # What came too late, in the order in which it was heard of.
        self.late: dict[bytes, tuple[Token, int]] = {}
        self.ceiling = dict(BUDGETS)

    def teardown(self) -> None:
        result = self.office.audit()
        self.office.close()
        shutil.rmtree(self.folder)
        assert result.violations == ()

    @initialize()
    def join(self) -> None:
        """Four terminals at three places join and borrow."""
        for place, outlet in enumerate(PLACES):
            terminal = SimulatedTerminal(self.office, outlet, clock_ms=self.clock)
            terminal.borrow()
            customer = terminal.register(phone=f"+86139000000{place:02d}")
            self.members.append(Member(terminal, customer))
        for member in self.members:
            self.issue_some(member)

    def issue_some(self, member: Member) -> None:
        """Issue one voucher of each offer that there is a slot for."""
        for offer in OFFERS:
            if member.terminal.free(offer):
                self.tokens.append(member.terminal.issue(member.customer, offer))

    @rule(pick=st.integers(0, 3))
    def issue(self, pick: int) -> None:
        """A terminal issues offline, as long as it may."""
        member = self.members[pick]
        held = next(iter(member.terminal.grants.values()), None)
        if held is not None and china_day(self.clock.now_ms // 1000) <= held.value.issue_until:
            self.issue_some(member)

    @rule(
        pick=st.integers(0, 3), which=WHICH, basis=st.sampled_from(BASES),
        percent=st.sampled_from([30, 60, 100, 100]), at_once=st.booleans(),
    )  # fmt: skip
    def redeem(self, pick: int, which: int, basis: str, percent: int, *, at_once: bool) -> None:
        """A terminal redeems any voucher on any ground, rightly or not."""
        member, token = self.members[pick], self.tokens[which % len(self.tokens)]
        amount = token.grant.face_minor * percent // 100
        name = member.terminal.redeem(token, basis, amount)
        member.waiting.append(Told(member.terminal.head.seq, "redeem", name, token, amount))
        member.redeemed.append((name, token))
        if at_once:
            self.push(pick, 500)

    @rule(pick=st.integers(0, 3), which=WHICH, part=st.integers(0, 3))
    def redeem_online(self, pick: int, which: int, part: int) -> None:
        """A terminal asks head office to redeem a voucher."""
        member, token = self.members[pick], self.tokens[which % len(self.tokens)]
        intent = member.terminal._uuid()  # the terminal's own repeatable ids
        try:
            answer = member.terminal.ask(
                Wish.REDEEM, token, intent=intent, amount_minor=token.grant.face_minor * part // 3
            )
        except RuleViolation as refused:
            allowed = {"terminal_frozen", "partial_not_allowed", "amount_too_large"}
            assert refused.code in allowed  # noqa: PT017  # several outcomes are allowed
            return
        if answer.verdict is Verdict.GOOD:
            self.standing[intent.bytes] = (token, answer.amount_minor)
            member.redeemed.append((intent.bytes, token))
        else:
            assert answer.amount_minor == 0

    @precondition(lambda self: any(member.redeemed for member in self.members))
    @rule(pick=st.integers(0, 3), which=WHICH, other=st.booleans())
    def undo(self, pick: int, which: int, other: bool) -> None:  # hypothesis fills it
        """A terminal undoes a redemption, its own or somebody else's, once or again."""
        owner = next(m for m in self.members[pick:] + self.members if m.redeemed)
        name, token = owner.redeemed[which % len(owner.redeemed)]
        member = self.members[pick] if other else owner
        member.terminal.undo(name, token)
        member.waiting.append(Told(member.terminal.head.seq, "undo", name, token))

    @precondition(lambda self: any(member.redeemed for member in self.members))
    @rule(pick=st.integers(0, 3), which=WHICH)
    def undo_online(self, pick: int, which: int) -> None:
        """A terminal asks head office to undo."""
        owner = next(m for m in self.members[pick:] + self.members if m.redeemed)
        name, token = owner.redeemed[which % len(owner.redeemed)]
        try:
            owner.terminal.ask(Wish.UNDO, token, redemption=name, reason="退货")
        except RuleViolation:
            return
        self.forget(name)

    @rule(which=WHICH, at_once=st.booleans())
    def void(self, which: int, *, at_once: bool) -> None:
        """The terminal that issued a voucher voids it."""
        token = self.tokens[which % len(self.tokens)]
        place = self.place_of(token)
        self.members[place].terminal.void(token)
        if at_once:
            self.push(place, 500)

    @rule(pick=st.integers(0, 3), which=WHICH, many=st.integers(1, 30))
    def release(self, pick: int, which: int, many: int) -> None:
        """A terminal signs away the right over some slots, whether it has it or not."""
        grant = self.tokens[which % len(self.tokens)].grant
        self.members[pick].terminal.release(grant.number, (1, min(many, grant.slots)))

    @rule(which=WHICH, many=st.integers(1, 9), rewinds=st.booleans())
    def give_back(self, which: int, many: int, *, rewinds: bool) -> None:
        """A terminal gives slots back, used ones among them; it may even forget their issue."""
        grant = self.tokens[which % len(self.tokens)].grant
        place = self.place_of(self.tokens[which % len(self.tokens)])
        member = self.members[place]
        if rewinds and not member.terminal.acked_seq and not member.waiting:
            member.terminal.rewind(0)
        member.terminal.give_back(grant.number, (1, min(many, grant.slots)))
        self.push(place, 500)

    @rule(pick=st.integers(0, 3), size=st.sampled_from([3, 500]))
    def push(self, pick: int, size: int) -> None:
        """A terminal pushes; the model learns what became of what it said."""
        member = self.members[pick]
        # No two batches are heard at one moment: which was first is then no matter of chance.
        self.clock.now_ms += 1
        refused = {
            notice.seq: notice.code
            for answer in member.terminal.push(size)
            for notice in answer.notices
            if notice.verdict == "effect_refused"
        }
        for told in member.waiting:
            if refused.get(told.seq) == "double_redemption":
                self.late[told.redemption] = (told.token, told.amount)
            if told.seq in refused:
                continue
            if told.kind == "redeem":
                self.standing[told.redemption] = (told.token, told.amount)
            else:
                self.forget(told.redemption)
        member.waiting.clear()

    def forget(self, redemption: bytes) -> None:
        """Take an undone redemption out; whoever came later takes its place."""
        self.late.pop(redemption, None)
        undone = self.standing.pop(redemption, None)
        if undone is None:
            return
        place = place_of(undone[0])
        for name, (token, amount) in list(self.late.items()):
            if place_of(token) != place:
                continue
            used = [kept for other, kept in self.standing.values() if place_of(other) == place]
            in_parts = str(token.grant.offer) == self.line("PHONE10")["offer"]
            if not used or (in_parts and sum(used) + amount <= token.grant.face_minor):
                self.standing[name] = self.late.pop(name)

    @rule(pick=st.integers(0, 3))
    def repeat(self, pick: int) -> None:
        """A batch that was taken comes again; nothing changes by it."""
        terminal = self.members[pick].terminal
        if terminal.acked_seq:
            batch = terminal.batch(0, min(terminal.acked_seq, 400))
            self.office.ingest(terminal.number, 1, batch)

    @rule(pick=st.integers(0, 3))
    def pull(self, pick: int) -> None:
        """A terminal hears the feed, and acknowledges it with the next pull."""
        self.members[pick].terminal.pull()
        self.members[pick].terminal.pull()

    @rule(which=WHICH)
    def revoke_grant(self, which: int) -> None:
        """Head office takes a grant back."""
        self.office.revoke_grant(self.tokens[which % len(self.tokens)].grant.number)

    @rule()
    def freeze(self) -> None:
        """Head office freezes a terminal."""
        self.office.revoke_terminal(self.members[FROZEN].terminal.number)

    @rule(days=st.integers(1, 9))
    def close(self, days: int) -> None:
        """Days go by, and head office closes what has expired."""
        self.clock.advance_days(days)
        self.office.close_expired()

    @rule(offer=st.sampled_from(OFFERS), percent=st.integers(0, 120))
    def change_budget(self, offer: str, percent: int) -> None:
        """Head office raises or cuts a budget."""
        line = self.line(offer)
        amount = BUDGETS[offer] * percent // 100
        self.office.budget(int(line["offer"]), amount)
        self.ceiling[offer] = max(amount, line["committed_minor"] + line["reserve_minor"])

    @rule(liable=st.sampled_from(["bank", "nobody", "B002"]))
    def decide(self, liable: str) -> None:
        """A person decides the oldest case."""
        case = next(iter(self.office.cases()), None)
        if case is None:
            return
        try:
            self.office.resolve(int(str(case["case"])), liable, "核对监控")
        except RuleViolation as refused:
            assert refused.code == "outlet_uninvolved"  # noqa: PT017  # it may be decided as well

    @invariant()
    def honoured_stays_within_face_and_budget(self) -> None:
        """No voucher is honoured beyond its face, no offer beyond what it may cost."""
        amounts: Counter[tuple[int, int]] = Counter()
        tokens: dict[tuple[int, int], Token] = {}
        for token, amount in self.standing.values():
            place = token.grant.number, token.voucher.slot
            amounts[place] += amount
            tokens[place] = token
            assert amounts[place] <= token.grant.face_minor
        for offer in OFFERS:
            line = self.line(offer)
            cap = line["cost_cap_minor"]
            cost = sum(
                -(-cap * amount // tokens[place].grant.face_minor)
                for place, amount in amounts.items()
                if str(tokens[place].grant.offer) == line["offer"]
            )
            assert line["honoured_minor"] == cost
            assert cost <= line["committed_minor"]
            assert line["committed_minor"] + line["reserve_minor"] <= self.ceiling[offer]

    @invariant()
    def nothing_told_is_forgotten(self) -> None:
        """Every redemption that stands is counted as one redeemed voucher."""
        places = {(t.grant.number, t.voucher.slot) for t, _ in self.standing.values()}
        assert self.office.status()["redeemed"] == len(places)

    def place_of(self, token: Token) -> int:
        """Return which member issued a voucher."""
        numbers = [member.terminal.number for member in self.members]
        return numbers.index(token.grant.terminal)

    def line(self, offer: str) -> dict[str, Any]:
        """Return an offer's line of the status."""
        lines: list[Any] = self.office.status()["offers"]  # type: ignore[assignment]  # JSON-ready
        found: dict[str, Any] = next(line for line in lines if line["code"] == offer)
        return found


TestRedeemingMachine = Redeeming.TestCase
TestRedeemingMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
