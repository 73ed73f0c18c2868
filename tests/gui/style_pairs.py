"""Which text role stands on which ground, read from the style sheet itself.

The sheet is written once in a palette of markers, a colour of its own for every role, so that a
rule says which role it takes: in the real palettes several roles share a colour.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Final

from branchdesk.ui.kit.style_sheet import style_sheet
from branchdesk.ui.kit.tokens import LIGHT, MOUSE

ORDINARY: Final = ("canvas", "surface", "sunken")
_ROLES: Final = [one.name for one in fields(LIGHT) if one.name not in {"name", "series"}]
_MARKERS: Final = {role: f"#0000{place:02X}" for place, role in enumerate(_ROLES, start=1)}
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
# Parts of controls that hold no text.
_WORDLESS: Final = ("indicator", "handle", "chunk", "-line", "-page", "drop-down", "-arrow")
# Transparent controls that stand in one place only; everything else stands on ordinary grounds.
_STANDS_IN: Final = {'QToolButton[kind="rail"]': "rail"}


def style_pairs() -> frozenset[tuple[str, str]]:
    """Return every (text role, ground role) that the style sheet can put on the screen."""
    return frozenset(pair for selector in _rules() for pair in _pairs(selector))


@cache
def _rules() -> dict[str, dict[str, str]]:
    """Return what each selector says, roles in place of colours; later rules win."""
    sheet = style_sheet(replace(LIGHT, **_MARKERS), MOUSE, "/icons")
    found = dict[str, dict[str, str]]()
    for selectors, body in _RULE.findall(sheet):
        said = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
        named = {name.strip(): _role(value) for name, value in said.items()}
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(named)
    return found


def _role(value: str) -> str:
    roles = [role for role, marker in _MARKERS.items() if marker in value]
    return roles[0] if len(roles) == 1 else value.strip()


def _pairs(selector: str) -> Iterator[tuple[str, str]]:
    said = _rules()[selector]
    if "selection-color" in said:
        yield said["selection-color"], said["selection-background-color"]
    if "placeholder-text-color" in said:
        yield from ((said["placeholder-text-color"], ground) for ground in _grounds(selector))
    if any(part in selector for part in _WORDLESS) or not {"color", "background"} & set(said):
        return
    *_, subject = selector.split()
    # A frame has no text of its own: its labels have, by rules that name it, or in the text colour.
    if subject.startswith("QFrame") and any(
        "color" in _rules()[other] for other in _rules() if other.startswith(f"{selector} ")
    ):
        return
    if subject.startswith(('QFrame[kind="verdict"]', 'QFrame[kind="rule"]', "QProgressBar")):
        return
    text = next((_rules()[one]["color"] for one in _bases(selector) if "color" in _rules()[one]),
                "text")  # fmt: skip
    yield from ((text, ground) for ground in _grounds(selector))


def _grounds(selector: str) -> tuple[str, ...]:
    """Return the grounds that a selector's text may stand on."""
    for one in _bases(selector):
        ground = _rules()[one].get("background", "transparent")
        if ground != "transparent":
            return (ground,)
        if one in _STANDS_IN:
            return (_STANDS_IN[one],)
    container = selector.rpartition(" ")[0]
    inside = {
        said["background"]
        for other, said in _rules().items()
        if container and other.startswith(container) and " " not in other.removeprefix(container)
        if said.get("background", "transparent") != "transparent"
    }
    return tuple(inside) or ORDINARY


def _bases(selector: str) -> Iterator[str]:
    """Return the selector and what it refines, the narrowest first."""
    while selector:
        if selector in _rules():
            yield selector
        shorter = re.sub(r"(?::{1,2}[\w-]+|\[[^\]]*\])$", "", selector)
        if shorter == selector:
            return
        selector = shorter
