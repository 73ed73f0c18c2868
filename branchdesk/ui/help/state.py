"""What the help shows. This module must not know Qt."""

from dataclasses import dataclass

from branchdesk.ui.help.pages import HelpPage
from branchdesk.ui.kit.words import Phrase


@dataclass(frozen=True, slots=True)
class HelpState:
    """The whole panel; ``pages`` are those that the search leaves.

    ``marked`` are the words searched for, to be marked in the page; ``serial`` grows whenever the
    panel is opened anew, and takes the focus.
    """

    is_open: bool = False
    pages: tuple[HelpPage, ...] = ()
    page: HelpPage | None = None
    marked: tuple[str, ...] = ()
    message: Phrase | None = None
    serial: int = 0
