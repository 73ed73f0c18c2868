"""What is said about scanning, beside where the scan goes. This module must not know Qt."""

from dataclasses import dataclass

from branchdesk.ui.kit.words import Phrase, Tone


@dataclass(frozen=True, slots=True)
class ScanNote:
    """One line over whatever is shown."""

    phrase: Phrase
    tone: Tone
