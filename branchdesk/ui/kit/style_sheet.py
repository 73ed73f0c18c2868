"""Build the style sheet over Fusion from the token table.

Widgets choose a look by dynamic properties (``kind``, ``role``, ``tone``), never by colours of
their own. This module must not know Qt or any screen.
"""

from branchdesk.ui.kit.style_pieces import pieces_sheet
from branchdesk.ui.kit.tokens import FAMILIES, Metrics, Palette


def style_sheet(palette: Palette, metrics: Metrics, icons: str) -> str:
    """Return the whole sheet; ``icons`` is the icon folder with forward slashes."""
    parts = (
        _ground(palette, metrics),
        _text(palette, metrics),
        _surfaces(palette, metrics),
        _inputs(palette, metrics, icons),
        _choices(palette, metrics, icons),
        _buttons(palette, metrics),
        _offer_cards(palette, metrics),
        _lists(palette, metrics),
        _frame(palette, metrics),
        _help(palette, metrics),
        _messages(palette, metrics),
        pieces_sheet(palette, metrics),
    )
    return "\n".join(parts)


def _ground(p: Palette, m: Metrics) -> str:
    families = ", ".join(f'"{family}"' for family in FAMILIES)
    return f"""
* {{ font-family: {families}; font-size: {m.body}px; }}
QWidget {{ color: {p.text}; }}
QMainWindow, QDialog, QWidget#canvas {{ background: {p.canvas}; }}
QToolTip {{ background: {p.text}; color: {p.surface}; border: 0; padding: 6px 8px; }}
QScrollArea {{ background: transparent; border: 0; }}
QScrollArea[kind="read"] {{ border: 2px solid transparent; border-radius: {m.radius}px; }}
QScrollArea[kind="read"]:focus {{ border-color: {p.focus}; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 2px 0 2px 3px; }}
QScrollBar::handle:vertical {{ background: {p.line_strong}; border-radius: 2px; min-height: 36px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollBar:horizontal {{ height: 0; }}
"""


def _text(p: Palette, m: Metrics) -> str:
    return f"""
QLabel {{ background: transparent; }}
QLabel[role="display"] {{ font-size: {m.display}px; font-weight: 700; }}
QLabel[role="headline"] {{ font-size: {m.headline}px; font-weight: 700; }}
QLabel[role="title"] {{ font-size: {m.title}px; font-weight: 700; }}
QLabel[role="strong"] {{ font-size: {m.strong}px; font-weight: 700; }}
QLabel[role="label"] {{ color: {p.muted}; font-size: {m.caption + 1}px; }}
QLabel[role="muted"] {{ color: {p.muted}; }}
QLabel[role="caption"] {{ color: {p.muted}; font-size: {m.caption}px; }}
QLabel[role="code"] {{ font-size: {m.title + 2}px; font-weight: 700; letter-spacing: 1px; }}
QLabel[tone="danger"] {{ color: {p.danger}; }}
QLabel[tone="warning"] {{ color: {p.warning}; }}
QLabel[tone="success"] {{ color: {p.success}; }}
QLabel[tone="info"] {{ color: {p.focus}; }}
"""


def _surfaces(p: Palette, m: Metrics) -> str:
    return f"""
QFrame[kind="card"] {{
    background: {p.surface}; border: 1px solid {p.line}; border-radius: {m.radius_card}px;
}}
QFrame[kind="sunken"] {{
    background: {p.sunken}; border: 1px solid {p.line}; border-radius: {m.radius}px;
}}
QFrame[kind="sunken"]:focus {{ border: 2px solid {p.focus}; }}
QFrame[kind="rule"] {{ background: {p.line}; border: 0; max-height: 1px; min-height: 1px; }}
QWidget[kind="plain"] {{ background: transparent; }}
"""


def _inputs(p: Palette, m: Metrics, icons: str) -> str:
    height = m.control - 4
    return f"""
QLineEdit, QComboBox {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
    min-height: {height}px; max-height: {height}px; padding: 1px 11px;
    selection-background-color: {p.primary}; selection-color: {p.on_primary};
}}
QLineEdit {{ placeholder-text-color: {p.on_disabled}; }}
QLineEdit:hover, QComboBox:hover {{ border-color: {p.muted}; }}
QLineEdit:focus, QComboBox:focus {{ border: 2px solid {p.focus}; padding: 0 10px; }}
QLineEdit[invalid="true"], QComboBox[invalid="true"] {{
    border: 2px solid {p.danger}; padding: 0 10px; background: {p.danger_soft};
}}
QLineEdit[invalid="true"]:focus, QComboBox[invalid="true"]:focus {{ border-color: {p.focus}; }}
QLineEdit:disabled, QLineEdit:read-only, QComboBox:disabled {{
    background: {p.sunken}; color: {p.muted}; border-color: {p.line};
}}
QLineEdit[kind="pin"] {{ font-size: {m.title}px; letter-spacing: 4px; }}
QLineEdit[kind="big"] {{ font-size: {m.title - 1}px; }}
/* A list below the box: a menu over it ignores the height of rows and may cut the last one. */
QComboBox {{ padding-right: 4px; combobox-popup: 0; }}
QComboBox:focus {{ padding-right: 3px; }}
QComboBox::drop-down {{
    border: 0; width: 30px; subcontrol-origin: padding; subcontrol-position: center right;
}}
QComboBox::down-arrow {{ image: url("{icons}/{_chevron(p)}.svg"); width: 16px; height: 16px; }}
QComboBox QAbstractItemView {{
    background: {p.surface}; border: 1px solid {p.line_strong}; outline: 0; padding: 4px;
    selection-background-color: {p.primary_soft}; selection-color: {p.text};
}}
QComboBox QAbstractItemView::item {{ min-height: {m.control - 8}px; padding: 0 8px; }}
QComboBox[kind="small"] {{
    min-height: {m.control - 10}px; max-height: {m.control - 10}px;
    font-size: {m.caption + 1}px;
}}
"""


def _choices(p: Palette, m: Metrics, icons: str) -> str:
    return f"""
QCheckBox {{ spacing: 10px; min-height: {m.control - 10}px; padding: 2px 4px; border-radius: 6px;
    border: 2px solid transparent; background: transparent; outline: 0; }}
QCheckBox[kind="dense"] {{ min-height: {m.control - 14}px; padding: 0 4px; }}
QCheckBox:focus {{ border-color: {p.focus}; }}
QCheckBox::indicator {{
    width: 18px; height: 18px; border: 2px solid {p.line_strong}; border-radius: 5px;
    background: {p.surface};
}}
QCheckBox::indicator:hover {{ border-color: {p.primary}; }}
QCheckBox::indicator:checked {{
    background: {p.primary}; border-color: {p.primary}; image: url("{icons}/{_tick(p)}.svg");
}}
QCheckBox[invalid="true"] {{ color: {p.danger}; }}
QCheckBox[invalid="true"]::indicator {{ border-color: {p.danger}; }}
QCheckBox:disabled {{ color: {p.muted}; }}
"""


def _chevron(p: Palette) -> str:
    return "chevron" if p.name == "light" else "chevron_light"


def _tick(p: Palette) -> str:
    return "tick_dark" if p.on_primary == "#000000" else "tick"


def _buttons(p: Palette, m: Metrics) -> str:
    return f"""
QPushButton {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
    min-height: {m.control - 4}px; padding: 1px 15px; outline: 0;
}}
QPushButton:hover {{ background: {p.sunken}; border-color: {p.muted}; }}
QPushButton:pressed {{ background: {p.pressed}; }}
QPushButton:focus {{ border: 2px solid {p.focus}; padding: 0 14px; }}
QPushButton:disabled {{ background: {p.disabled}; color: {p.on_disabled}; border-color: {p.line}; }}
QPushButton[kind="primary"], QPushButton[kind="call"] {{
    background: {p.primary}; color: {p.on_primary}; border: 1px solid {p.primary}; font-weight: 700;
}}
QPushButton[kind="primary"]:hover, QPushButton[kind="call"]:hover {{
    background: {p.primary_hover}; border-color: {p.primary_hover};
}}
QPushButton[kind="primary"]:pressed, QPushButton[kind="call"]:pressed {{
    background: {p.primary_pressed};
}}
QPushButton[kind="primary"]:focus, QPushButton[kind="call"]:focus {{
    border: 2px solid {p.text}; padding: 0 14px;
}}
QPushButton[kind="primary"]:disabled, QPushButton[kind="call"]:disabled {{
    background: {p.disabled}; color: {p.on_disabled}; border: 1px solid {p.line};
}}
QPushButton[kind="call"] {{
    min-height: {m.call - 6}px; font-size: {m.title - 1}px; border-radius: {m.radius_card - 2}px;
}}
QPushButton[kind="quiet"] {{
    background: transparent; border: 1px solid transparent; padding: 1px 10px;
}}
QPushButton[kind="quiet"]:hover {{ background: {p.sunken}; border-color: {p.line}; }}
QPushButton[kind="quiet"]:pressed {{ background: {p.pressed}; }}
QPushButton[kind="quiet"]:disabled {{ background: transparent; color: {p.on_disabled}; }}
QPushButton[kind="quiet"]:focus {{ border: 2px solid {p.focus}; padding: 0 9px; }}
QPushButton[kind="link"] {{
    background: transparent; border: 2px solid transparent; color: {p.focus}; font-weight: 700;
    padding: 0 6px; min-height: 28px; font-size: {m.caption + 1}px;
}}
QPushButton[kind="link"]:hover {{ background: {p.primary_soft}; }}
QPushButton[kind="link"]:pressed {{ background: {p.primary_soft}; color: {p.text}; }}
QPushButton[kind="link"]:disabled {{ background: transparent; color: {p.on_disabled}; }}
QPushButton[kind="link"]:focus {{ border: 2px solid {p.focus}; }}
QPushButton[kind="fold"] {{
    background: transparent; border: 2px solid transparent; padding: 0;
    min-height: {m.control - 14}px;
}}
QPushButton[kind="fold"]:hover {{ background: {p.sunken}; }}
QPushButton[kind="fold"]:focus {{ border-color: {p.focus}; }}
QPushButton[kind="match"] {{
    background: {p.warning_soft}; color: {p.text}; border: 1px solid {p.warning};
    min-height: {m.control - 10}px; padding: 1px 10px; text-align: left;
}}
QPushButton[kind="match"]:hover {{ border-color: {p.text}; }}
QPushButton[kind="match"]:focus {{ border: 2px solid {p.focus}; padding: 0 9px; }}
"""


def _offer_cards(p: Palette, m: Metrics) -> str:
    return f"""
QPushButton[kind="offer"] {{
    background: {p.surface}; border: 1px solid {p.line}; border-radius: {m.radius_card - 2}px;
    padding: 0; text-align: left; min-height: 0;
}}
QPushButton[kind="offer"]:hover {{ border-color: {p.primary}; }}
QPushButton[kind="offer"]:checked {{
    background: {p.primary_soft}; border: 2px solid {p.primary};
}}
QPushButton[kind="offer"]:focus {{ border: 2px solid {p.focus}; }}
QPushButton[kind="offer"][status="near"], QPushButton[kind="offer"][status="blocked"] {{
    background: {p.sunken}; border-color: {p.line};
}}
QPushButton[kind="offer"][status="near"]:focus, QPushButton[kind="offer"][status="blocked"]:focus {{
    border: 2px solid {p.focus};
}}
QPushButton[kind="offer"]:focus:checked {{ border: 3px solid {p.focus}; }}
"""


def _lists(p: Palette, m: Metrics) -> str:
    return f"""
QTableView {{
    background: {p.surface}; border: 1px solid {p.line_strong}; border-radius: {m.radius}px;
    padding: 1px; gridline-color: transparent; outline: 0;
    selection-background-color: {p.primary_soft}; selection-color: {p.text};
}}
QTableView:focus {{ border: 2px solid {p.focus}; padding: 0; }}
QTableView::item {{ padding: 0 10px; border-bottom: 1px solid {p.line}; }}
QTableView::item:selected {{ background: {p.primary_soft}; color: {p.text}; }}
QHeaderView::section {{
    background: {p.sunken}; color: {p.muted}; border: 0; border-bottom: 1px solid {p.line};
    padding: 6px 13px; font-size: {m.caption}px;
}}
"""


def _frame(p: Palette, m: Metrics) -> str:
    return f"""
QFrame#rail {{ background: {p.rail}; border: 0; border-right: 1px solid {p.rail_active}; }}
QFrame#rail QLabel {{ color: {p.on_rail}; }}
QToolButton[kind="rail"] {{
    background: transparent; color: {p.rail_text}; border: 2px solid transparent;
    border-radius: {m.radius_card}px; padding: 0; font-size: {m.caption + 1}px;
}}
QToolButton[kind="rail"]:hover {{ background: {p.rail_active}; color: {p.on_rail}; }}
QToolButton[kind="rail"]:checked {{ background: {p.rail_active}; color: {p.on_rail}; }}
QToolButton[kind="rail"]:focus {{ border-color: {p.amber}; }}
QFrame#practice {{ background: {p.practice}; border: 0; }}
QFrame#practice QLabel {{ color: {p.on_practice}; font-weight: 700; }}
QFrame#practice QPushButton {{
    background: transparent; color: {p.on_practice}; border: 1px solid {p.on_practice};
    min-height: {m.control - 12}px; padding: 0 13px;
}}
QFrame#practice QPushButton:focus {{ border: 3px solid {p.on_practice}; padding: 0 11px; }}
QFrame#header {{ background: {p.surface}; border: 0; border-bottom: 1px solid {p.line}; }}
QFrame#status {{ background: {p.surface}; border: 0; border-top: 1px solid {p.line}; }}
QLabel[kind="pill"] {{
    background: {p.primary_soft}; color: {p.focus}; border-radius: 12px; padding: 3px 12px;
    font-size: {m.caption + 1}px; font-weight: 700;
}}
QPushButton[kind="status"] {{
    background: transparent; border: 2px solid transparent; border-radius: 6px; padding: 0 8px;
    min-height: {m.status - 8}px; color: {p.text}; font-size: {m.caption + 1}px;
}}
QPushButton[kind="status"][cell="true"] {{ padding: 0 2px; }}
QPushButton[kind="status"][tone="quiet"] {{ color: {p.muted}; }}
QPushButton[kind="status"][tone="success"] {{ color: {p.success}; }}
QPushButton[kind="status"][tone="warning"] {{ color: {p.warning}; }}
QPushButton[kind="status"][tone="danger"] {{ color: {p.danger}; }}
QPushButton[kind="status"]:hover {{ background: {p.sunken}; }}
QPushButton[kind="status"]:focus {{ border-color: {p.focus}; }}
QPushButton[kind="status"]:disabled {{ color: {p.muted}; }}
QFrame#sign_in_side {{ background: {p.rail}; border: 0; }}
QFrame#sign_in_side QLabel {{ color: {p.on_rail}; }}
QFrame#sign_in_side QLabel[role="muted"] {{ color: {p.rail_text}; }}
"""


def _help(p: Palette, m: Metrics) -> str:
    return f"""
QListWidget {{ background: transparent; border: 2px solid transparent; outline: 0; }}
QListWidget:focus {{ border: 2px solid {p.focus}; border-radius: {m.radius}px; }}
QListWidget::item {{
    min-height: {m.row - 4}px; padding: 0 10px; border-radius: {m.radius}px; color: {p.text};
}}
QListWidget::item:hover {{ background: {p.sunken}; }}
QListWidget::item:selected {{ background: {p.primary_soft}; color: {p.text}; }}
QTextBrowser {{
    background: {p.sunken}; border: 2px solid {p.line}; border-radius: {m.radius_card}px;
    padding: 14px 20px; selection-background-color: {p.primary}; selection-color: {p.on_primary};
}}
QTextBrowser:focus {{ border-color: {p.focus}; }}
"""


def _messages(p: Palette, m: Metrics) -> str:
    tones = {
        "info": (p.primary_soft, p.text),
        "success": (p.success_soft, p.success),
        "warning": (p.warning_soft, p.warning),
        "danger": (p.danger_soft, p.danger),
        "quiet": (p.sunken, p.muted),
    }
    rules = [
        f'QFrame[kind="message"][tone="{tone}"] {{ background: {soft}; '
        f"border: 1px solid {strong if p.name == 'contrast' else soft}; }}\n"
        f'QFrame[kind="message"][tone="{tone}"] QLabel {{ color: {strong}; }}'
        for tone, (soft, strong) in tones.items()
    ]
    base = f'QFrame[kind="message"] {{ border-radius: {m.radius}px; }}'
    bar = 'QFrame[kind="message"][shape="bar"] { border-radius: 0; }'
    return "\n".join([base, *rules, bar])
