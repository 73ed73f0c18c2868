"""What to say to this person now: the campaign's own words, beside the form.

The general tracks come in the order of a conversation; a ticked offer has its own. Whoever turns
the pages is not turned back until the conversation moves on. This module must not know Qt.
"""

from collections.abc import Sequence
from dataclasses import replace

from branchdesk.domain.campaign_parts import TalkTrack
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import CounterState, TalkPage
from branchdesk.ui.shell.screens import Neighbours


class TalkDesk:
    """Chooses the page, turns it, and folds the words away."""

    def __init__(self, screen: Screen, neighbours: Neighbours) -> None:
        self._screen, self._neighbours = screen, neighbours
        self._suggested = ""
        self._turned = ""

    def page(self, state: CounterState) -> TalkPage | None:
        """Return the page for a state; None when the campaign has no words to offer."""
        tracks = self._screen.book.talk_tracks
        if not tracks:
            return None
        suggested = _suggested(tracks, state)
        if suggested != self._suggested:
            self._suggested, self._turned = suggested, ""
        place = _place(tracks, self._turned or suggested)
        return TalkPage(tracks[place].title, tracks[place].text, place + 1, len(tracks))

    def turn(self, by: int) -> None:
        """Turn some pages on or back, round and round."""
        tracks = self._screen.book.talk_tracks
        if tracks:
            place = _place(tracks, self._turned or self._suggested)
            self._turned = tracks[(place + by) % len(tracks)].code
            self._screen.show(self._screen.state)

    def fold(self) -> None:
        """Fold the words away, or open them again, from now on."""
        is_open = not self._screen.state.talk_open
        self._screen.show(replace(self._screen.state, talk_open=is_open))
        self._neighbours.talk_shown(is_open=is_open)


def _suggested(tracks: Sequence[TalkTrack], state: CounterState) -> str:
    ticked = [line.code for line in state.basket]
    about = [track for track in tracks if track.offer is not None and track.offer in ticked]
    if about:
        return max(about, key=lambda track: ticked.index(str(track.offer))).code
    general = [track for track in tracks if track.offer is None] or list(tracks)
    is_begun = state.person is not None or not state.form.is_blank
    return general[min(len(general) - 1, int(is_begun))].code


def _place(tracks: Sequence[TalkTrack], code: str) -> int:
    return next((place for place, track in enumerate(tracks) if track.code == code), 0)
