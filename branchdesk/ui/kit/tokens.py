"""The one table of colours, sizes and spaces. Everything drawn takes its numbers from here.

This module must not know Qt: it is read before the first paint and by tests.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for, as ``#RRGGBB``; ``series`` are a chart's parts in order."""

    name: str
    canvas: str
    surface: str
    sunken: str
    line: str
    line_strong: str
    text: str
    muted: str
    primary: str
    primary_hover: str
    primary_pressed: str
    primary_soft: str
    on_primary: str
    pressed: str
    success: str
    success_soft: str
    warning: str
    warning_soft: str
    danger: str
    danger_soft: str
    disabled: str
    on_disabled: str
    focus: str
    rail: str
    rail_text: str
    rail_active: str
    on_rail: str
    amber: str
    practice: str
    on_practice: str
    series: tuple[str, ...]


LIGHT: Final = Palette(
    name="light",
    canvas="#F3F5F9",
    surface="#FFFFFF",
    sunken="#F7F9FC",
    line="#E2E7EF",
    line_strong="#C3CCDA",
    text="#131C2B",
    muted="#566378",
    primary="#1D4FD7",
    primary_hover="#1842B8",
    primary_pressed="#143799",
    primary_soft="#EDF2FF",
    on_primary="#FFFFFF",
    pressed="#E2E7EF",
    success="#0B7349",
    success_soft="#E7F6EF",
    warning="#8A5200",
    warning_soft="#FFF5E0",
    danger="#B3261E",
    danger_soft="#FDEDEB",
    disabled="#E6EAF1",
    on_disabled="#586479",
    focus="#1D4FD7",
    rail="#0E1A33",
    rail_text="#AEBBD3",
    rail_active="#20305A",
    on_rail="#FFFFFF",
    amber="#F5A623",
    practice="#7A1FA2",
    on_practice="#FFFFFF",
    series=("#1D4FD7", "#0B7349", "#B45309", "#7A3FC4", "#0E7C93", "#B3261E"),
)

DARK: Final = Palette(
    name="dark",
    canvas="#0D121B",
    surface="#161D29",
    sunken="#111824",
    line="#263145",
    line_strong="#3D4B64",
    text="#E8EDF6",
    muted="#9BA8BD",
    primary="#3462E0",
    primary_hover="#2D58CC",
    primary_pressed="#264CB4",
    primary_soft="#1A2747",
    on_primary="#FFFFFF",
    pressed="#263145",
    success="#4CC38F",
    success_soft="#12291F",
    warning="#F2B84B",
    warning_soft="#2C2312",
    danger="#FF8A80",
    danger_soft="#351A1A",
    disabled="#222B3A",
    on_disabled="#8592A8",
    focus="#8FB0FF",
    rail="#090D15",
    rail_text="#95A3BC",
    rail_active="#1C2842",
    on_rail="#FFFFFF",
    amber="#F5A623",
    practice="#D9A3FF",
    on_practice="#1D0629",
    series=("#7DA2FF", "#4CC38F", "#F2B84B", "#C39BFF", "#4FC3DC", "#FF8A80"),
)

CONTRAST: Final = Palette(
    name="contrast",
    canvas="#000000",
    surface="#000000",
    sunken="#000000",
    line="#FFFFFF",
    line_strong="#FFFFFF",
    text="#FFFFFF",
    muted="#FFFFFF",
    primary="#FFE500",
    primary_hover="#FFF27A",
    primary_pressed="#D9C300",
    primary_soft="#332E00",
    on_primary="#000000",
    pressed="#3A3A3A",
    success="#5CFF9D",
    success_soft="#000000",
    warning="#FFD166",
    warning_soft="#000000",
    danger="#FFB0A8",
    danger_soft="#000000",
    disabled="#1F1F1F",
    on_disabled="#C8C8C8",
    focus="#00E5FF",
    rail="#000000",
    rail_text="#FFFFFF",
    rail_active="#333000",
    on_rail="#FFE500",
    amber="#FFE500",
    practice="#FF9CF5",
    on_practice="#000000",
    series=("#FFE500", "#00E5FF", "#5CFF9D", "#FFB0A8", "#D9B8FF", "#FFFFFF"),
)

PALETTES: Final = {palette.name: palette for palette in (LIGHT, DARK, CONTRAST)}

# The least ratio of every text to its ground: WCAG 2.2, 1.4.3; in high contrast 1.4.6.
CONTRAST_MIN: Final = {"light": 4.5, "dark": 4.5, "contrast": 7.0}

_ORDINARY: Final = ("text", "muted", "focus", "success", "warning", "danger")
_TONES: Final = ("success", "warning", "danger")

# Which text role stands on which ground, for all that is drawn; nothing else may be drawn.
TEXT_PAIRS: Final = frozenset(
    {(text, ground) for text in _ORDINARY for ground in ("canvas", "surface", "sunken")}
    | {(text, "primary_soft") for text in ("text", "muted", "focus", *_TONES)}
    | {(tone, f"{tone}_soft") for tone in _TONES}
    | {(text, f"{tone}_soft") for text in ("text", "muted") for tone in _TONES}
    | {("surface", tone) for tone in (*_TONES, "text", "focus", "muted")}
    | {("on_primary", ground) for ground in ("primary", "primary_hover", "primary_pressed")}
    | {("text", "pressed")}
    | {("on_disabled", ground) for ground in ("disabled", "canvas", "surface", "sunken")}
    | {("on_disabled", "danger_soft")}
    | {(text, ground) for text in ("rail_text", "on_rail") for ground in ("rail", "rail_active")}
    | {("amber", "rail"), ("on_practice", "practice")}
)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes in device-independent pixels."""

    control: int
    row: int
    space_xs: int = 4
    space_s: int = 8
    space_m: int = 12
    space_l: int = 16
    space_xl: int = 24
    space_xxl: int = 32
    radius: int = 8
    radius_card: int = 12
    caption: int = 12
    body: int = 14
    strong: int = 15
    title: int = 18
    headline: int = 24
    display: int = 34
    icon: int = 20
    rail: int = 92
    header: int = 60
    status: int = 44
    call: int = 60
    target: int = 32
    verdict: int = 44


MOUSE: Final = Metrics(control=40, row=44)
TOUCH: Final = Metrics(control=56, row=56, body=15, strong=16, status=56, call=68, target=44)

# The smallest thing a finger should have to hit.
TOUCH_TARGET_MIN: Final = 44

FAMILIES: Final = ("Noto Sans SC", "HanaMinB")


def metrics(*, touch: bool) -> Metrics:
    """Return the sizes for mouse and keyboard, or for fingers."""
    return TOUCH if touch else MOUSE
