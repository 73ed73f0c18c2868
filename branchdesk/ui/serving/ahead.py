"""Keys that were pressed ahead of an answer, done in their order once it is there.

Fingers are faster than a store: whoever ticks, issues and prints in one breath must get what they
would have got by waiting. This module must not know Qt.
"""

from collections.abc import Callable


class Ahead:
    """Acts that wait for an answer; nothing waits while none is expected."""

    def __init__(self, hurry: Callable[[], object]) -> None:
        self._hurry = hurry
        self._acts: list[Callable[[], object]] = []
        self.expected = False

    def do(self, act: Callable[[], object]) -> None:
        """Act now, or as soon as the answer that is expected is there; hurry it up."""
        if not self.expected:
            act()
            return
        self._acts.append(act)
        self._hurry()

    def answered(self) -> None:
        """The answer is there: do what waited for it."""
        acts, self._acts, self.expected = self._acts, [], False
        for act in acts:
            act()

    def forget(self) -> None:
        """Expect nothing more, and do nothing of what waited."""
        self._acts, self.expected = [], False
