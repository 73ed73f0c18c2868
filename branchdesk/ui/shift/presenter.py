"""Drive the shift screen: the one step that is asked for now, and what comes of it.

This module must not know Qt, and keeps no PIN after it was handed on.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from branchdesk.application.models import CampaignInForce, PrintedDocument, Session, SignedIn
from branchdesk.application.shifts import WORD_CHARACTERS_MAX, ClosedShift, ShiftOverview
from branchdesk.application.staff_pins import StaffLine, StaffWay
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.clock import china_date
from branchdesk.domain.one_line import one_line
from branchdesk.errors import RuleViolation
from branchdesk.ui.kit.background import Background, Lane, Latest
from branchdesk.ui.kit.words import Note, Phrase, Tone, error_phrase, phrase
from branchdesk.ui.serving.papers import handed_over
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shift import lines
from branchdesk.ui.shift.services import ShiftServices
from branchdesk.ui.shift.state import (
    COUNTING,
    FIELDS,
    GiftField,
    ResetWish,
    ShiftField,
    ShiftState,
    Step,
    Typed,
)
from branchdesk.ui.sign_in.presenter import Entry

T = TypeVar("T")
_COUNT_DIGITS_MAX: Final = 6
# Where an error of the vault is shown: at the PIN that the step asks for.
_PIN_FIELD: Final = {Step.HANDING: ShiftField.PIN, Step.PIN: ShiftField.OLD_PIN}


class ShiftView(Protocol):
    """The view."""

    def render(self, state: ShiftState) -> None:
        """Show a state."""

    def reset_taken(self) -> None:
        """Put the question about a reset away: it was taken."""

    def reset_refused(self, reason: Phrase) -> None:
        """Say beside the reason why a reset was not taken."""


class ShiftNeighbours(Protocol):
    """What the screen asks of the window."""

    def work_done(self) -> None:
        """Something was committed."""

    def open_screen(self, screen: Screen) -> None:
        """Show a screen of the desk."""

    def shift_opened(self, session: Session) -> None:
        """Go on in the shift that is open now."""

    def hand_over(self, entry: Entry) -> None:
        """Somebody else is at the desk now."""

    def sign_out(self) -> None:
        """Leave the desk for the door."""

    def pause(self, word: str) -> None:
        """Lock the desk and show a word."""


class ShiftPresenter:
    """Drives the shift screen."""

    def __init__(  # noqa: PLR0917  (wiring: each part is named once)
        self,
        view: ShiftView,
        background: Background,
        services: ShiftServices,
        neighbours: ShiftNeighbours,
        now_ms: Callable[[], int],
        show_document: Callable[[str], bool],
    ) -> None:
        self._view, self._background = view, background
        self._services, self._neighbours = services, neighbours
        self._now_ms, self._show_document = now_ms, show_document
        self._latest = Latest(background)
        self._session = Session("")
        self._names: Mapping[str, Bilingual] = {}
        self._overview: ShiftOverview | None = None
        self._staff: tuple[StaffLine, ...] = ()
        self._closed: ClosedShift | None = None
        self._state = ShiftState()

    @property
    def state(self) -> ShiftState:
        """What is shown now."""
        return self._state

    # -- the frame's side ------------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin for whoever signed in; a step that somebody else had begun is gone."""
        if session.staff != self._session.staff:
            self._closed = None
            self._go(Step.OVERVIEW if session.shift else Step.OPENING)
        elif self._state.step is Step.CLOSED and not self._is_of_today():
            self._go(Step.OPENING)
        self._session = session
        self.refresh(campaigns)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over the names of offers."""
        offers = (offer for found in campaigns for offer in found.campaign.offers)
        self._names = {offer.code: offer.name for offer in offers}

    def opened(self, *, has_cursor: bool = False) -> None:
        """Read how the shift stands, and place the cursor unless it is back where it was."""
        self._read(focus=not has_cursor)

    def freshen(self) -> None:
        """Read how the shift stands."""
        self._read()

    def hide(self, *, is_locked: bool = False) -> None:
        """Nothing on this screen is a customer's."""
        del is_locked

    def back(self) -> None:
        """Leave the step; from the opening and the overview go to the counter."""
        if self._state.busy:
            return
        if self._state.step in {Step.FLOAT, Step.HANDING, Step.CLOSING, Step.PIN}:
            self.choose(Step.OVERVIEW)
        elif self._state.step is not Step.CLOSED:
            self._neighbours.open_screen(Screen.COUNTER)

    def close(self) -> None:
        """Nothing is kept half done."""

    # -- what people do ----------------------------------------------------------

    def choose(self, step: Step) -> None:
        """Ask for another step."""
        if not self._state.busy:
            self._go(step)
            self._read(focus=True)

    def submit(self, typed: Typed) -> None:
        """Do what the step is for."""
        if self._state.busy:
            return
        steps: Mapping[Step, Callable[[Typed, Mapping[str, int]], None]] = {
            Step.OPENING: self._open,
            Step.FLOAT: self._count,
            Step.HANDING: self._hand_over,
            Step.CLOSING: self._close,
            Step.PIN: self._change_pin,
        }
        act = steps.get(self._state.step)
        counts = self._counts(typed)
        if act is not None and counts is not None:
            act(typed, counts)

    def edited(self, field: str) -> None:
        """Say no more of what was wrong with a field: it is being typed anew."""
        errors = {name: told for name, told in self._state.errors.items() if name != field}
        if len(errors) != len(self._state.errors):
            self._show(replace(self._state, errors=errors, focus=""))

    def pause(self, word: str) -> None:
        """Lock the desk and show a word to whoever comes by."""
        self._neighbours.pause(one_line(word, WORD_CHARACTERS_MAX))

    def open_next(self) -> None:
        """Open another shift after the one that was closed."""
        self.choose(Step.OPENING)

    def leave(self) -> None:
        """Sign out after the shift was closed."""
        self._go(Step.OPENING)
        self._neighbours.sign_out()

    def request_reset(self, wish: ResetWish) -> None:
        """Ask head office for a colleague's new PIN."""

        def done(_: object) -> None:
            self._view.reset_taken()
            self._say(phrase("shift.reset_asked", staff=wish.staff), Tone.SUCCESS)
            self._neighbours.work_done()
            self._read()

        self._background.submit(
            Lane.STORE,
            lambda: self._services.request_pin_reset(self._session, wish.staff, wish.reason),
            done,
            lambda error: self._view.reset_refused(error_phrase(error)),
        )

    def print_slip(self) -> None:
        """Save the summary of the closed shift and show it."""
        closed = self._closed
        if closed is not None and not self._state.busy:
            self._act(lambda: self._services.print_slip(closed), self._printed)

    # -- the steps ---------------------------------------------------------------

    def _open(self, typed: Typed, counts: Mapping[str, int]) -> None:
        session, place = self._session, typed.text(ShiftField.PLACE)

        def done(shift: str) -> None:
            self._session = replace(session, shift=shift)
            self._go(Step.OVERVIEW)
            self._neighbours.shift_opened(self._session)

        self._act(lambda: self._services.open(session, place, counts), done)

    def _count(self, _typed: Typed, counts: Mapping[str, int]) -> None:
        session = self._session
        if not counts:
            told = phrase("shift.count_nothing")
            self._show(replace(self._state, message=told, tone=Tone.WARNING))
            return

        def done(_: str) -> None:
            self._go(Step.OVERVIEW)
            self._read(focus=True)
            self._neighbours.work_done()

        self._act(lambda: self._services.count(session, counts), done)

    def _hand_over(self, typed: Typed, counts: Mapping[str, int]) -> None:
        session, staff = self._session, typed.text(ShiftField.COLLEAGUE)
        pin, word = typed.fields.get(ShiftField.PIN, ""), typed.text(ShiftField.WORD)

        def done(taken: SignedIn) -> None:
            self._go(Step.OVERVIEW)
            self._neighbours.hand_over(Entry(taken.session, taken.staff))

        self._act(lambda: self._services.hand_over(session, staff, pin, counts, word), done)

    def _close(self, typed: Typed, counts: Mapping[str, int]) -> None:
        session, word = self._session, typed.text(ShiftField.WORD)

        def done(closed: ClosedShift) -> None:
            self._closed = closed
            self._session = replace(session, shift="")
            self._go(Step.CLOSED)
            self._read(focus=True)
            self._neighbours.work_done()

        self._act(lambda: self._services.close(session, counts, word), done)

    def _change_pin(self, typed: Typed, _counts: Mapping[str, int]) -> None:
        session = self._session
        old, new = typed.fields[ShiftField.OLD_PIN], typed.fields[ShiftField.NEW_PIN]
        if new != typed.fields[ShiftField.AGAIN]:
            self._complain(ShiftField.AGAIN, phrase("sign_in.pins_differ"))
            return

        def done(_: object) -> None:
            self._go(Step.OVERVIEW)
            self._say(phrase("shift.pin_changed"), Tone.SUCCESS)
            self._neighbours.work_done()
            self._read(focus=True)

        self._act(lambda: self._services.change_pin(session, old, new), done)

    def _printed(self, document: PrintedDocument) -> None:
        self._show(replace(self._state, busy=False, document=document.path))
        saved = Note(phrase("shift.slip_saved", path=document.path), Tone.SUCCESS)
        is_open = self._show_document(document.path)
        note = handed_over(document.path, saved, is_open=is_open)
        self._say(note.phrase, note.tone)

    def _counts(self, typed: Typed) -> Mapping[str, int] | None:
        """Read the counts that were typed, or say beside the first bad one what is wrong."""
        if self._state.step not in COUNTING:
            return {}
        counts = {}
        for offer_code, text in typed.gifts.items():
            number = text.strip()
            if not number:
                continue
            good = number.isascii() and number.isdigit() and len(number) <= _COUNT_DIGITS_MAX
            if not good:
                self._complain(offer_code, phrase("shift.count_bad"))
                return None
            counts[offer_code] = int(number)
        return counts

    # -- reading and showing -------------------------------------------------------

    def _act(self, job: Callable[[], T], done: Callable[[T], object]) -> None:
        self._show(replace(self._state, busy=True, message=None, errors={}))
        self._background.submit(Lane.STORE, job, done, self._refused)

    def _refused(self, error: Exception) -> None:
        told = self._named(error_phrase(error))
        named = str(error.facts.get("field", "")) if isinstance(error, RuleViolation) else ""
        field = self._field_of(named, error)
        if field:
            self._complain(field, told)
        else:
            self._show(replace(self._state, busy=False, message=told, tone=Tone.DANGER))

    def _named(self, told: Phrase) -> Phrase:
        """Name offers as people know them, not by their codes."""
        codes = told.facts.get("offers")
        if not isinstance(codes, list):
            return told
        return replace(told, facts={"offers": [self._names.get(code, code) for code in codes]})

    def _field_of(self, named: str, error: Exception) -> str:
        asked = FIELDS[self._state.step]
        if self._state.step is Step.PIN and named == "pin":
            return ShiftField.NEW_PIN
        if named == "staff" and ShiftField.COLLEAGUE in asked:
            return ShiftField.COLLEAGUE
        if named in asked:
            return named
        is_pin = isinstance(error, RuleViolation) and error.code.startswith("pin_")
        return _PIN_FIELD.get(self._state.step, "") if is_pin else ""

    def _complain(self, field: str, told: Phrase) -> None:
        changed = replace(self._state, busy=False, message=None, errors={field: told}, focus=field)
        self._show(changed)

    def _say(self, told: Phrase, tone: Tone) -> None:
        self._show(replace(self._state, message=told, tone=tone))

    def _go(self, step: Step) -> None:
        self._state = replace(
            self._state, step=step, busy=False, message=None, errors={}, focus="", document="",
            serial=self._state.serial + 1,
        )  # fmt: skip

    def _read(self, *, focus: bool = False) -> None:
        services = self._services

        def done(found: tuple[ShiftOverview, tuple[StaffLine, ...]]) -> None:
            self._overview, self._staff = found
            self._settle_step()
            changed = replace(self._told(), focus="")
            serial = changed.serial + 1 if focus else changed.serial
            self._show(replace(changed, serial=serial))

        self._latest.submit(
            Lane.STORE, lambda: (services.show(), services.list_staff()), done, self._unreadable
        )

    def _settle_step(self) -> None:
        """Ask for what can be asked for: a shift may have opened by itself, or ended elsewhere."""
        assert self._overview is not None
        is_open, step = self._overview.shift is not None, self._state.step
        if is_open and step in {Step.OPENING, Step.CLOSED}:
            self._go(Step.OVERVIEW)
        elif not is_open and step in {Step.OVERVIEW, Step.FLOAT, Step.HANDING, Step.CLOSING}:
            self._go(Step.OPENING)

    def _is_of_today(self) -> bool:
        """Say whether the shift that is shown as closed was closed today."""
        closed_ms = None if self._closed is None else self._closed.shift.closed_ms
        return closed_ms is not None and china_date(closed_ms) == china_date(self._now_ms())

    def _told(self) -> ShiftState:
        """Return the state with everything that was read put into words."""
        overview, closed = self._overview, self._closed
        assert overview is not None
        shift = overview.shift
        kinds = overview.unsent
        work = lines.opening_lines(overview, self._names)
        if self._state.step is Step.CLOSED and closed is not None:
            shift = closed.shift
            work = lines.work_lines(shift, self._names) + lines.count_lines(closed, self._names)
        elif shift is not None:
            work = (
                *lines.work_lines(shift, self._names),
                *lines.earlier_lines(shift, overview.unprinted),
                *lines.float_lines(shift, self._names),
            )
        return replace(
            self._state,
            facts=()
            if shift is None
            else lines.fact_lines(shift, overview, self._staff, china_date(self._now_ms())),
            work=work,
            unsent=lines.unsent_lines(kinds, self._now_ms()),
            notice=lines.notice(overview, china_date(self._now_ms())),
            can_count=bool(lines.uncounted(overview)),
            has_slip=self._closed is not None,
            place_wanted=overview.is_van,
            place_note=self._place_note(overview),
            places=tuple(place for place in overview.places if place != overview.outlet),
            gifts=self._gifts(overview),
            colleagues=self._colleagues(),
            staff=lines.staff_rows(self._staff, self._session),
        )

    def _gifts(self, overview: ShiftOverview) -> tuple[GiftField, ...]:
        fields = lines.gift_fields(overview, self._names)
        if self._state.step is Step.FLOAT:
            left = lines.uncounted(overview)
            return tuple(gift for gift in fields if gift.offer_code in left)
        return fields if self._state.step in COUNTING else ()

    def _place_note(self, overview: ShiftOverview) -> Phrase:
        if overview.is_van:
            return phrase("shift.place_van")
        return phrase("shift.place_counter", name=overview.outlet_name, code=overview.outlet)

    def _colleagues(self) -> tuple[tuple[str, str], ...]:
        able = {StaffWay.PIN, StaffWay.LOCKED, StaffWay.RESET_WAITING}
        return tuple(
            (line.code, f"{line.code} {line.name}")
            for line in self._staff
            if line.code != self._session.staff and line.way in able
        )

    def _unreadable(self, error: Exception) -> None:
        self._show(replace(self._state, busy=False, message=error_phrase(error), tone=Tone.DANGER))

    def _show(self, state: ShiftState) -> None:
        self._state = state
        self._view.render(state)
