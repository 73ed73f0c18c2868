"""Drive the check of a voucher: a scan, or a code typed by hand; what it is worth; redeeming it.

It opens over any screen and leaves that screen as it was. This module must not know Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from branchdesk.application.list_redemptions import RedemptionLine
from branchdesk.application.models import CampaignInForce, Session
from branchdesk.application.redemption_records import Redeemed, Redeeming, Undone
from branchdesk.errors import BranchDeskError
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.formats import minor_of
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.verdict.camera_reading import CameraReading
from branchdesk.ui.verdict.lines import (
    answer,
    in_doubt_answer,
    redeemable,
    redeemed_answer,
    undone_answer,
)
from branchdesk.ui.verdict.recent import recent_answer, recent_lines
from branchdesk.ui.verdict.redeeming import Redemptions
from branchdesk.ui.verdict.services import GreyPicture, VerdictServices
from branchdesk.ui.verdict.state import CameraState, RedeemField, Step, Typed, VerdictState

_CUT_SHORT: Final = "length"
_TAIL_DIGITS: Final = 4
# The use case's field of a refusal: where it stands on the screen.
_PLACES: Final = {
    "purchase_minor": RedeemField.PURCHASE,
    "use_minor": RedeemField.USE,
    "phone": RedeemField.PHONE,
    "phone_tail": RedeemField.PHONE,
    "reason": RedeemField.REASON,
}
_Problems = dict[RedeemField, Phrase]


class VerdictScreen(Protocol):
    """The view."""

    def render(self, state: VerdictState) -> None:
        """Show a state."""

    def show_preview(self, preview: object) -> None:
        """Show what the camera sees now."""


class VerdictNeighbours(Protocol):
    """What the check may ask of the window around it."""

    def covered(self) -> None:
        """The check was opened or closed: what the keys may do has changed."""

    def work_done(self) -> None:
        """Something was committed: read the status again and have it sent."""

    def sound(self, tone: Tone) -> None:
        """Let an answer be heard."""

    def chosen_camera(self) -> str:
        """Return the id of the camera that was chosen here, or nothing."""

    def choose_camera(self, camera: str) -> None:
        """Remember which camera is to be used."""


class VerdictPresenter:
    """Drives the check of one voucher after the other."""

    def __init__(
        self,
        view: VerdictScreen,
        background: Background,
        services: VerdictServices,
        neighbours: VerdictNeighbours,
        session: Callable[[], Session | None],
    ) -> None:
        self._view, self._services, self._neighbours = view, services, neighbours
        self._now_ms = services.now_ms
        self._latest, self._listing, self._session = Latest(background), Latest(background), session
        self._recent: tuple[RedemptionLine, ...] | None = None
        self._before_undo = VerdictState()
        self._redemptions = Redemptions(background, services.redeem)
        self._camera = None if services.camera is None else CameraReading(
            background, services.camera, services.pictures,
            shown=self._camera_says, preview=view.show_preview, found=self.check,
        )  # fmt: skip
        self._text = self._intent = self._redemption = ""
        self._asked: Redeeming | None = None
        # Undoing again what is not known to have ended is the same act: (redemption, reason).
        self._undo_intents: dict[tuple[str, str], str] = {}
        self._judgement: Judgement | None = None
        self._campaigns: tuple[CampaignInForce, ...] = ()
        self.state = VerdictState()

    @property
    def is_open(self) -> bool:
        """Whether it lies over the screen."""
        return self.state.step is not Step.CLOSED

    def ask(self) -> None:
        """Open, or begin anew, for a code typed by hand."""
        self._ask(at_recent=False)

    def ask_recent(self) -> None:
        """Open at what was redeemed here today."""
        self._ask(at_recent=True)

    def _ask(self, *, at_recent: bool) -> None:
        if self.state.step is Step.REDEEMING:
            return
        self._latest.drop()
        self._show(self._asking(at_recent=at_recent))
        self._listing.submit(Lane.STORE, self._services.recent, self._listed, self._not_listed)

    def _asking(
        self, typed: str = "", error: Phrase | None = None, *, at_recent: bool = False
    ) -> VerdictState:
        lines = None if self._recent is None else recent_lines(self._recent, self._now_ms())
        return VerdictState(Step.ASKING, typed, error, recent=lines, at_recent=at_recent)

    def _listed(self, found: tuple[RedemptionLine, ...]) -> None:
        self._recent = found
        if self.state.step is not Step.ASKING:
            return
        shown = replace(self.state, recent=recent_lines(found, self._now_ms()))
        if shown.at_recent:
            # Only now is there a row for the cursor.
            self._show(shown)
        else:
            self._amend(shown)

    def _not_listed(self, error: Exception) -> None:
        if self.state.step is Step.ASKING:
            self._amend(replace(self.state, error=error_phrase(error)))

    def open_recent(self, redemption: str) -> None:
        """Show one of the day's redemptions, so that it can be undone."""
        lines = {line.record.redemption: line for line in self._recent or ()}
        found = lines.get(redemption)
        if found is None or self.state.step is not Step.ASKING:
            return
        services = self._services
        self._text, self._intent, self._asked = "", services.redeem.new_intent(), None
        self._redemption = redemption
        self._show(VerdictState(Step.CHECKING))

        def judged(judgement: Judgement) -> None:
            shown = recent_answer(found, judgement, self._now_ms())
            can_undo = found.until_ms is not None
            self._show(VerdictState(Step.ANSWER, answer=shown, can_undo=can_undo, is_recent=True))

        self._latest.submit(
            Lane.STORE, lambda: services.verify(found.token_text), judged, self._failed
        )

    def back(self) -> None:
        """Step back by one: from the reason to what is undone, from there to the list, then out."""
        if self.state.step is Step.UNDOING:
            self._show(self._before_undo)
        elif self.state.step is Step.ANSWER and self.state.is_recent:
            self.ask_recent()
        elif self.state.step is Step.CAMERA:
            self.ask()
        else:
            self.close()

    def check(self, text: str) -> None:
        """Say what a scanned or typed voucher is worth."""
        if self.state.step is Step.REDEEMING:
            # Whoever scans while an answer is awaited would not see what came of the first one.
            self._neighbours.sound(Tone.WARNING)
            return
        if not text.strip():
            self._show(self._asking(error=phrase("verdict.empty")))
            return
        services = self._services
        self._text, self._intent, self._asked = text, services.redeem.new_intent(), None
        self._show(VerdictState(Step.CHECKING, text))

        def look() -> tuple[Judgement, tuple[CampaignInForce, ...]]:
            return services.verify(text), services.campaigns()

        self._latest.submit(Lane.STORE, look, self._found, self._failed)

    def look_in_file(self, path: str) -> None:
        """Check the voucher in a picture or PDF."""
        self._look_in(partial(self._services.pictures.in_file, path))

    def look_in_picture(self, picture: GreyPicture) -> None:
        """Check the voucher in a picture that was pasted."""
        self._look_in(partial(self._services.pictures.in_picture, picture))

    def look_with_camera(self) -> None:
        """Look for a voucher with the camera, until one is read or somebody goes on otherwise."""
        if self._camera is None or self.state.step is Step.REDEEMING:
            return
        self._latest.drop()
        self._show(VerdictState(Step.CAMERA))
        self._camera.start(self._neighbours.chosen_camera())

    def choose_camera(self, camera: str) -> None:
        """Look with another camera, from now on and after the next start."""
        if self._camera is not None and self.state.step is Step.CAMERA:
            self._neighbours.choose_camera(camera)
            self._camera.start(camera)

    def leave_camera(self) -> None:
        """Nobody sees the window any more: let the camera go."""
        if self.state.step is Step.CAMERA:
            self.ask()

    def _camera_says(self, said: CameraState) -> None:
        if self.state.step is not Step.CAMERA:
            return
        shown = replace(self.state, camera=said)
        if said.problem is None:
            self._amend(shown)
        else:
            self._neighbours.sound(Tone.DANGER)
            self._show(shown)

    def _look_in(self, read: Callable[[], tuple[str, ...]]) -> None:
        if self.state.step is Step.REDEEMING:
            self._neighbours.sound(Tone.WARNING)
            return
        self._show(VerdictState(Step.READING))
        self._latest.submit(Lane.NETWORK, read, self._read, self._failed)

    def _read(self, codes: tuple[str, ...]) -> None:
        if len(codes) == 1:
            self.check(codes[0])
            return
        self._neighbours.sound(Tone.DANGER)
        told = phrase("verdict.several_codes", count=len(codes)) if codes else None
        self._show(self._asking(error=told or phrase("verdict.no_code")))

    def close(self) -> None:
        """Go away; the screen below is as it was. What was begun is carried through."""
        self._latest.drop()
        self._listing.drop()
        self._recent = None
        if self.is_open:
            self._show(VerdictState())

    def redeem(self, typed: Typed) -> None:
        """Redeem what is shown with what was typed, unless it can be seen that it cannot be."""
        session, way = self._session(), self.state.redeemable
        if session is None or way is None or self.state.step is not Step.ANSWER:
            return
        asked, problems = _typed(self._text, typed)
        if problems:
            self._complain(problems)
            return
        if self._asked not in {None, asked}:
            # Another wish is another intent; the first may still be in doubt and keeps its own.
            self._intent = self._services.redeem.new_intent()
        self._asked = asked
        self._show(replace(self.state, step=Step.REDEEMING, error=None, problems={}))
        shown = self._sent(self._guarded(self._redeemed))
        self._redemptions.redeem(
            session, asked, self._intent, shown, self._guarded(self._not_redeemed)
        )

    def edited(self, field: RedeemField | None = None) -> None:
        """Say no more of what was wrong with a field, or with the code: it is being typed anew."""
        problems = {name: told for name, told in self.state.problems.items() if name is not field}
        error = None if field is None else self.state.error
        if (problems, error) != (self.state.problems, self.state.error):
            self._amend(replace(self.state, problems=problems, error=error))

    def ask_undo(self) -> None:
        """Ask why the redemption shown is to be undone."""
        if self.state.step in {Step.REDEEMED, Step.ANSWER} and self.state.can_undo:
            self._before_undo = self.state
            self._show(replace(self.state, step=Step.UNDOING, problems={}, error=None))

    def undo(self, reason: str) -> None:
        """Undo the redemption shown."""
        session = self._session()
        if session is None or self.state.step is not Step.UNDOING:
            return
        self._show(replace(self.state, step=Step.REDEEMING, error=None, problems={}))
        wish = (self._redemption, " ".join(reason.split()))
        intent = self._undo_intents.setdefault(wish, self._services.redeem.new_intent())
        self._redemptions.undo(
            session, self._redemption, reason, intent,
            done=self._sent(self._guarded(self._undone)), failed=self._guarded(self._not_undone),
        )  # fmt: skip

    def _sent(self, show: Callable[[object], None]) -> Callable[[object], None]:
        """Have what was recorded sent, whoever looks, and then ``show`` it."""

        def then(found: object) -> None:
            if not isinstance(found, Redeemed) or found.redemption:
                self._neighbours.work_done()
            show(found)

        return then

    def _guarded(self, show: Callable[[object], None]) -> Callable[[object], None]:
        """Return ``show`` for as long as this very voucher is on the screen."""
        intent = self._intent

        def only_here(found: object) -> None:
            if self.is_open and intent == self._intent:
                show(found)

        return only_here

    def _found(self, found: tuple[Judgement, tuple[CampaignInForce, ...]]) -> None:
        judgement, self._campaigns = found
        if judgement.verdict is Verdict.FORGED and judgement.facts.get("rule") == _CUT_SHORT:
            # Nobody forged it: it was not copied whole.
            error = phrase("verdict.incomplete")
            self._show(self._asking(self.state.typed, error))
            return
        self._judge(judgement)

    def _judge(self, judgement: Judgement) -> None:
        self._judgement = judgement
        found_out, way = answer(judgement, self._campaigns), redeemable(judgement, self._campaigns)
        self._show(VerdictState(Step.ANSWER, answer=found_out, redeemable=way))
        self._neighbours.sound(found_out.tone)

    def _failed(self, error: Exception) -> None:
        # A mistyped code is corrected where it was typed.
        self._neighbours.sound(Tone.DANGER)
        self._show(self._asking(self.state.typed, error_phrase(error)))

    def _redeemed(self, found: object) -> None:
        assert isinstance(found, Redeemed)
        assert self._judgement is not None
        if found.redemption:
            self._redemption = found.redemption
            shown = redeemed_answer(found)
            self._show(VerdictState(Step.REDEEMED, answer=shown, can_undo=True))
        elif found.in_doubt:
            shown = in_doubt_answer(self.state.answer)
            way = redeemable(self._judgement, self._campaigns, is_repeat=True)
            self._show(replace(self.state, step=Step.ANSWER, answer=shown, redeemable=way))
        else:
            told = {**self._judgement.facts, **found.facts}
            self._judge(Judgement(found.verdict, self._judgement.token, told))
            return
        self._neighbours.sound(shown.tone)

    def _not_redeemed(self, error: object) -> None:
        assert isinstance(error, Exception)
        self._refuse(Step.ANSWER, error)

    def _undone(self, found: object) -> None:
        assert isinstance(found, Undone)
        self._show(VerdictState(Step.UNDONE, answer=undone_answer(found)))
        self._neighbours.sound(Tone.SUCCESS)

    def _not_undone(self, error: object) -> None:
        assert isinstance(error, Exception)
        self._refuse(Step.UNDOING, error)

    def _refuse(self, step: Step, error: Exception) -> None:
        """Say a refusal beside its field, or above the buttons when it has none on the screen."""
        named = error.facts.get("field") if isinstance(error, BranchDeskError) else None
        place = _PLACES.get(str(named))
        told = error_phrase(error)
        way = self.state.redeemable
        asked = {RedeemField.REASON} if step is Step.UNDOING else set(way.fields if way else ())
        problems = {place: told} if place in asked and place is not None else {}
        general = None if problems else told
        self._show(replace(self.state, step=step, problems=problems, error=general))
        self._neighbours.sound(Tone.DANGER)

    def _complain(self, problems: Mapping[RedeemField, Phrase]) -> None:
        self._show(replace(self.state, problems=problems, error=None))
        self._neighbours.sound(Tone.DANGER)

    def _amend(self, state: VerdictState) -> None:
        """Show more of what is shown; the cursor and what is being typed stay."""
        self.state = state
        self._view.render(state)

    def _show(self, state: VerdictState) -> None:
        if self._camera is not None and state.step is not Step.CAMERA:
            self._camera.stop()
        was_open = self.is_open
        self.state = replace(state, serial=self.state.serial + 1)
        self._view.render(self.state)
        if was_open is not self.is_open:
            self._neighbours.covered()


def _typed(text: str, typed: Typed) -> tuple[Redeeming, _Problems]:
    """Read what was typed; amounts are in yuan, a phone is whole or its last four digits."""
    problems: _Problems = {}

    def amount(field: RedeemField, written: str) -> int:
        if not written.strip():
            return 0
        minor = minor_of(written)
        if not minor:
            problems[field] = phrase("verdict.amount_unreadable")
        return minor or 0

    purchase = amount(RedeemField.PURCHASE, typed.purchase)
    use = amount(RedeemField.USE, typed.use)
    phone = typed.phone.strip()
    is_tail = len(phone) == _TAIL_DIGITS and phone.isdigit()
    return (
        Redeeming(text, "" if is_tail else phone, phone if is_tail else "", purchase, use),
        problems,
    )
