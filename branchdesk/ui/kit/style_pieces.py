"""The part of the style sheet that dresses composed pieces: chips, toasts, verdicts, side sheets.

This module must not know Qt or any screen.
"""

from branchdesk.ui.kit.tokens import Metrics, Palette


def pieces_sheet(palette: Palette, metrics: Metrics) -> str:
    """Return the rules of every composed piece."""
    parts = (
        _chips(palette, metrics),
        _segments(palette, metrics),
        _progress(palette),
        _bars(palette, metrics),
        _verdicts(palette, metrics),
        _overlays(palette, metrics),
        _pads(palette, metrics),
    )
    return "\n".join(parts)


def _soft(p: Palette) -> dict[str, tuple[str, str]]:
    return {
        "quiet": (p.sunken, p.muted),
        "info": (p.primary_soft, p.focus),
        "success": (p.success_soft, p.success),
        "warning": (p.warning_soft, p.warning),
        "danger": (p.danger_soft, p.danger),
    }


def _chips(p: Palette, m: Metrics) -> str:
    rules = [
        f'QFrame[kind="chip"][tone="{tone}"] {{ background: {soft}; '
        f"border: 1px solid {strong if p.name == 'contrast' else soft}; }}\n"
        f'QFrame[kind="chip"][tone="{tone}"] QLabel {{ color: {strong}; }}'
        for tone, (soft, strong) in _soft(p).items()
    ]
    base = f"""
QFrame[kind="chip"] {{ border-radius: 13px; }}
QFrame[kind="chip"] QLabel {{ font-size: {m.caption + 1}px; font-weight: 700; }}
QFrame[kind="tag"] {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
}}
QPushButton[kind="tag"] {{
    background: transparent; border: 2px solid transparent; padding: 0;
    min-height: {m.target - 4}px; min-width: {m.target - 4}px; border-radius: {m.radius - 1}px;
}}
QPushButton[kind="tag"]:hover {{ background: {p.sunken}; }}
QPushButton[kind="tag"]:pressed {{ background: {p.pressed}; }}
QPushButton[kind="tag"]:focus {{ border-color: {p.focus}; }}
"""
    return "\n".join([base, *rules])


def _segments(p: Palette, m: Metrics) -> str:
    return f"""
QFrame[kind="segments"] {{
    background: {p.sunken}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
}}
QRadioButton[kind="segment"] {{
    min-height: {m.control - 10}px; padding: 0 14px; margin: 2px; spacing: 0;
    border: 2px solid transparent; border-radius: {m.radius - 2}px; background: transparent;
    outline: 0;
}}
QRadioButton[kind="segment"]::indicator {{
    width: 0; height: 0; border: 0; background: transparent;
}}
QRadioButton[kind="segment"]:hover {{ background: {p.surface}; }}
QRadioButton[kind="segment"]:checked {{
    background: {p.primary}; color: {p.on_primary}; font-weight: 700;
}}
QRadioButton[kind="segment"]:focus {{ border-color: {p.focus}; }}
QRadioButton[kind="segment"]:focus:checked {{ border-color: {p.text}; }}
QRadioButton[kind="segment"]:disabled {{ color: {p.on_disabled}; background: transparent; }}
QRadioButton[kind="segment"]:disabled:checked {{
    background: {p.disabled}; color: {p.on_disabled};
}}
"""


def _progress(p: Palette) -> str:
    return f"""
QProgressBar {{
    background: {p.sunken}; border: 1px solid {p.line_strong}; border-radius: 5px;
    min-height: 8px; max-height: 8px;
}}
QProgressBar::chunk {{ background: {p.primary}; border-radius: 4px; }}
"""


def _bars(p: Palette, m: Metrics) -> str:
    return f"""
QFrame[kind="confirm"] {{
    background: {p.surface}; border: 2px solid {p.focus}; border-radius: {m.radius_card}px;
}}
QFrame[kind="confirm"][tone="danger"] {{ border-color: {p.danger}; }}
QPushButton[kind="danger"] {{
    background: {p.danger}; color: {p.surface}; border: 1px solid {p.danger}; font-weight: 700;
}}
QPushButton[kind="danger"]:hover {{ border: 2px solid {p.text}; padding: 0 14px; }}
QPushButton[kind="danger"]:pressed {{ background: {p.text}; border-color: {p.text}; }}
QPushButton[kind="danger"]:focus {{ border: 2px solid {p.text}; padding: 0 14px; }}
QPushButton[kind="danger"]:disabled {{
    background: {p.disabled}; color: {p.on_disabled}; border: 1px solid {p.line};
}}
"""


def _verdicts(p: Palette, m: Metrics) -> str:
    grounds = {
        "quiet": p.muted,
        "info": p.focus,
        "success": p.success,
        "warning": p.warning,
        "danger": p.danger,
    }
    rules = [
        f'QFrame[kind="verdict"][tone="{tone}"] {{ background: {ground}; border: 0; }}'
        for tone, ground in grounds.items()
    ]
    base = f"""
QFrame[kind="verdict"] {{ border-radius: {m.radius_card}px; }}
QFrame[kind="verdict"] QLabel {{ color: {p.surface}; }}
QFrame[kind="verdict"] QLabel[role="verdict"] {{ font-size: {m.verdict}px; font-weight: 700; }}
QFrame[kind="verdict"] QLabel[role="verdict_note"] {{ font-size: {m.title - 2}px; }}
"""
    return "\n".join([base, *rules])


def _overlays(p: Palette, m: Metrics) -> str:
    rules = [
        f'QFrame[kind="toast"][tone="{tone}"] {{ border-left: 5px solid {strong}; }}'
        for tone, (_, strong) in _soft(p).items()
    ]
    base = f"""
QFrame[kind="toast"] {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
}}
QFrame[kind="side_sheet"] {{
    background: {p.surface}; border: 0; border-left: 1px solid {p.line_strong};
}}
"""
    return "\n".join([base, *rules])


def _pads(p: Palette, m: Metrics) -> str:
    return f"""
QFrame[kind="pad"] {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
}}
QFrame[kind="pad"]:focus {{ border: 2px solid {p.focus}; }}
QFrame[kind="pad"][invalid="true"] {{ border: 2px solid {p.danger}; background: {p.danger_soft}; }}
QFrame[kind="pad"][invalid="true"]:focus {{ border-color: {p.focus}; }}
QFrame[kind="pad"]:disabled {{ background: {p.sunken}; border-color: {p.line}; }}
"""
