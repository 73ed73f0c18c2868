"""Half-typed forms and open questions in memory: the ``Drafts`` port."""

import json
from collections.abc import Mapping


class FakeDrafts:
    """Keeps JSON, as the store does; ``saves`` counts how often something was written down."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, object]] = {}
        self.saves = 0

    def save(self, name: str, content: Mapping[str, object]) -> None:
        """Keep the newest content of a draft."""
        self.kept[name] = json.loads(json.dumps(content))
        self.saves += 1

    def load(self, name: str) -> Mapping[str, object] | None:
        """Return a draft's content."""
        return self.kept.get(name)

    def discard(self, name: str) -> None:
        """Forget a draft."""
        self.kept.pop(name, None)
