"""Let somebody in: check what was typed, ask the store lane, say in words what is wrong.

This module must not know Qt, and keeps no PIN after it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from branchdesk.errors import RuleViolation
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers, ignore
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.sign_in.state import Credentials, NewPin, SignInField, SignInState, Step

if TYPE_CHECKING:
    # Named, not loaded: the door stands before the bank is.
    from branchdesk.application.models import Session, Staff
    from branchdesk.application.shift_records import StaffKey
    from branchdesk.ui.shell.services import SignedIn

CHOICES_MAX: Final = 8
_LOCK_TIMER: Final = "lock_out"
_PRACTICE_TIMER: Final = "practice_opened"
_PRACTICE_SAID_MS: Final = 6_000


class SignInScreen(Protocol):
    """The view."""

    def render(self, state: SignInState) -> None:
        """Show a state."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody is in: who, and the session to act with."""

    session: Session
    staff: Staff


class SignInPresenter:
    """Drives the sign-in screen; ``entered`` hears who came in."""

    def __init__(
        self,
        view: SignInScreen,
        background: Background,
        sign_in: Callable[[str, str], SignedIn],
        choose_first_pin: Callable[[Session, str], object],
        entered: Callable[[Entry], object],
        *,
        timers: Timers,
        staff_keys: Callable[[], tuple[StaffKey, ...]],
        now_ms: Callable[[], int],
        last_staff: str = "",
        hint: tuple[str, str, str] | None = None,
        open_practice: Callable[[], object] | None = None,
        sound: Callable[[Tone], object] = ignore,
    ) -> None:
        self._view = view
        self._background = background
        self._latest = Latest(background)
        self._open_practice = open_practice
        self._sound = sound
        self._sign_in = sign_in
        self._choose_first_pin = choose_first_pin
        self._entered = entered
        self._timers, self._staff_keys, self._now_ms = timers, staff_keys, now_ms
        self._waiting: Entry | None = None
        # Whose PIN is locked, and until when by the wall clock, for the words on the screen alone.
        self._locked_until_ms: dict[str, int] = {}
        self._with_code: frozenset[str] = frozenset()
        shown = None
        if hint is not None:
            staff, supervisor, pin = hint
            shown = phrase("sign_in.hint", staff=staff, supervisor=supervisor, pin=pin)
        self._state = SignInState(
            staff=last_staff,
            hint=shown,
            offers_practice=open_practice is not None,
            focus=SignInField.PIN if last_staff else SignInField.STAFF,
        )

    @property
    def state(self) -> SignInState:
        """What is shown now."""
        return self._state

    def start(self) -> None:
        """Show the empty screen, and who gets in here."""
        self._show(self._state)
        self._read_keys()

    def lock(self, staff: str, word: str = "") -> None:
        """Hide everything behind the PIN of ``staff``; somebody else may sign in instead.

        ``word`` is shown in large letters to whoever comes by.
        """
        self._close_door(Step.LOCKED, staff, word)

    def leave(self) -> None:
        """Nobody is in any more: ask for the next one."""
        self._close_door(Step.SIGN_IN, self._state.staff, "")

    def welcome(self, staff: str, message: Phrase, tone: Tone) -> None:
        """Ask who has just joined for the PIN, and say how joining went."""
        self._close_door(Step.SIGN_IN, staff, "")
        self._say(message, tone)

    def pick(self, staff: str) -> None:
        """Take a staff code that has a way in here; the PIN comes next."""
        if not self._state.busy:
            self._ask_again(self._state.step, SignInField.PIN, staff, None)
            self._tell_lock()

    def submit(self, typed: Credentials) -> None:
        """Sign in with what was typed."""
        if self._state.busy:
            return
        staff = typed.staff.strip().upper()
        if not staff:
            self._complain("sign_in.staff_missing", SignInField.STAFF, staff)
        elif not typed.pin:
            self._complain("sign_in.pin_missing", SignInField.PIN, staff)
        else:
            self._show(replace(self._state, staff=staff, busy=True, message=None))
            self._latest.submit(
                Lane.STORE,
                lambda: self._sign_in(staff, typed.pin),
                self._signed_in,
                self._refused,
            )

    def choose_pin(self, typed: NewPin) -> None:
        """Set the first PIN, typed twice."""
        entry = self._waiting
        if entry is None or self._state.busy:
            return
        if typed.pin != typed.again:
            self._complain("sign_in.pins_differ", SignInField.NEW_PIN, self._state.staff)
            return
        self._show(replace(self._state, busy=True, message=None))
        self._latest.submit(
            Lane.STORE,
            lambda: self._choose_first_pin(entry.session, typed.pin),
            lambda _: self._enter(entry),
            self._refused,
        )

    def practise(self) -> None:
        """Open practice in a window of its own; this one stays as it is."""
        if self._open_practice is not None:
            self._background.submit(
                Lane.NETWORK,
                self._open_practice,
                lambda _: self._practice_opened(),
                lambda error: self._say(error_phrase(error), Tone.WARNING),
            )

    def typed(self) -> None:
        """Say no more that practice has opened: whoever types goes on here."""
        message = self._state.message
        if message is not None and message.key == "practice.opened":
            self._timers.cancel(_PRACTICE_TIMER)
            self._show(replace(self._state, message=None))

    def back(self) -> None:
        """Choose no PIN now: ask who comes in; the one-time code is good for another time."""
        if self._state.step is Step.CHOOSE_PIN and not self._state.busy:
            self._close_door(Step.SIGN_IN, self._state.staff, "")

    def _practice_opened(self) -> None:
        self._say(phrase("practice.opened"), Tone.INFO)
        self._timers.restart(_PRACTICE_TIMER, _PRACTICE_SAID_MS, self.typed)

    def _close_door(self, step: Step, staff: str, word: str) -> None:
        self._latest.drop()
        self._waiting = None
        self._state = replace(self._state, word=word)
        self._ask_again(step, SignInField.PIN, staff=staff, message=None)
        self._read_keys()

    def _read_keys(self) -> None:
        self._background.submit(Lane.STORE, self._staff_keys, self._keys_read)

    def _keys_read(self, keys: tuple[StaffKey, ...]) -> None:
        now_ms = self._now_ms()
        for key in keys:
            if key.locked_ms:
                self._locked_until_ms[key.staff] = now_ms + key.locked_ms
        self._with_code = frozenset(key.staff for key in keys if key.has_code and not key.has_pin)
        choices = tuple(key.staff for key in keys if key.has_pin or key.has_code)
        self._show(replace(self._state, choices=choices[:CHOICES_MAX]))
        self._tell_lock()

    def _tell_lock(self) -> None:
        """Count down the lock of whose code is in the field, and say when it is over."""
        self._timers.cancel(_LOCK_TIMER)
        until_ms = self._locked_until_ms.get(self._state.staff)
        if self._state.step is Step.CHOOSE_PIN:
            return
        if until_ms is None:
            self._tell_code()
            return
        left_s = -(-(until_ms - self._now_ms()) // 1000)
        if left_s > 0:
            left = f"{left_s // 60}:{left_s % 60:02d}"
            self._say(phrase("sign_in.locked_out", left=left), Tone.WARNING)
            self._timers.restart(_LOCK_TIMER, 1000, self._tell_lock)
        else:
            del self._locked_until_ms[self._state.staff]
            self._say(phrase("sign_in.lock_over"), Tone.INFO)

    def _tell_code(self) -> None:
        """Say that head office's code is to be entered, unless there is something else to say."""
        if self._state.message is None and self._state.staff in self._with_code:
            self._say(phrase("sign_in.code_waiting"), Tone.INFO)

    def tell(self, error: Exception) -> None:
        """Say that nobody can come in, and why: what is behind the door could not be loaded."""
        self._say(error_phrase(error), Tone.DANGER)

    def _say(self, message: Phrase, tone: Tone) -> None:
        self._show(replace(self._state, message=message, tone=tone))

    def _signed_in(self, answer: SignedIn) -> None:
        entry = Entry(answer.session, answer.staff)
        if answer.must_choose_pin:
            self._waiting = entry
            self._state = replace(self._state, who=f"{entry.staff.name} {entry.staff.code}")
            self._ask_again(Step.CHOOSE_PIN, SignInField.NEW_PIN, self._state.staff, None)
        else:
            self._enter(entry)

    def _enter(self, entry: Entry) -> None:
        self._waiting = None
        self._timers.cancel(_LOCK_TIMER)
        self._locked_until_ms.pop(entry.staff.code, None)
        self._state = replace(self._state, word="")
        self._ask_again(Step.SIGN_IN, SignInField.PIN, entry.staff.code, None)
        self._entered(entry)

    def _refused(self, error: Exception) -> None:
        self._sound(Tone.DANGER)
        unknown = isinstance(error, RuleViolation) and error.code == "staff_unknown"
        field = SignInField.STAFF if unknown else self._secret_field()
        self._ask_again(self._state.step, field, self._state.staff, error_phrase(error))
        if isinstance(error, RuleViolation) and error.code == "pin_locked":
            left_ms = int(str(error.facts["left_ms"]))
            self._locked_until_ms[self._state.staff] = self._now_ms() + left_ms
            self._tell_lock()

    def _secret_field(self) -> SignInField:
        return SignInField.NEW_PIN if self._state.step is Step.CHOOSE_PIN else SignInField.PIN

    def _complain(self, key: str, field: SignInField, staff: str) -> None:
        self._ask_again(self._state.step, field, staff, phrase(key))

    def _ask_again(
        self, step: Step, field: SignInField, staff: str, message: Phrase | None
    ) -> None:
        shown = replace(
            self._state,
            step=step,
            staff=staff,
            busy=False,
            message=message,
            tone=Tone.DANGER,
            focus=field,
            serial=self._state.serial + 1,
        )
        self._show(shown)

    def _show(self, state: SignInState) -> None:
        self._state = state
        self._view.render(state)
