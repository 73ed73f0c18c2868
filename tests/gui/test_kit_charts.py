"""Charts: the scale fits, the ink stands where the numbers say, and who cannot see is told."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from branchdesk.ui.kit.bar_chart import BarChart
from branchdesk.ui.kit.chart import GRID_LINES, Chart, ChartPoint, nice_top
from branchdesk.ui.kit.donut_chart import DonutChart
from branchdesk.ui.kit.icons import IconSet
from branchdesk.ui.kit.line_chart import LineChart, Sparkline
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.tokens import MOUSE, PALETTES, Palette
from branchdesk.ui.kit.words import Words
from tests.gui.conftest import RESOURCES, catalogue

CHARTS = (BarChart, LineChart, Sparkline, DonutChart)
POINTS = (ChartPoint("柜台", 40), ChartPoint("服务车", 20), ChartPoint("传单", 0))


@pytest.fixture
def window(fonts: QApplication) -> Iterator[QWidget]:
    """Return a shown window to draw in."""
    del fonts
    made = QWidget()
    made.resize(420, 260)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def drawn(chart: Chart, palette: Palette, points: tuple[ChartPoint, ...]) -> QImage:
    """Return the picture of a chart of points, on the ground of a card."""
    look = Look(Words(catalogue(), "zh"), palette, MOUSE, IconSet(RESOURCES / "icons"))
    chart.setStyleSheet(f"background: {palette.surface}")
    chart.resize(400, 240)
    chart.show()
    chart.fill(look, "来源渠道", points, "还没有数据")
    return chart.grab().toImage()


def ink(image: QImage, colour: str) -> list[tuple[int, int]]:
    """Return where a colour is."""
    wanted = QColor(colour).rgb()
    return [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixel(x, y) == wanted
    ]


@pytest.mark.parametrize("highest", [0, 1, 4, 5, 41, 99, 100, 101, 5_600_000, 10**12 + 1])
def test_a_scale_holds_its_highest_value_in_even_steps_and_wastes_less_than_half(
    highest: int,
) -> None:
    top = nice_top(highest)
    assert top >= max(highest, GRID_LINES)
    assert top % GRID_LINES == 0
    assert highest < 2 * GRID_LINES or top < 2 * highest


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_says_all_its_numbers_to_who_cannot_see_it(
    window: QWidget, kind: type[Chart]
) -> None:
    chart = kind(window, "channels")
    drawn(chart, PALETTES["light"], POINTS)
    assert chart.accessibleName() == "来源渠道"
    assert chart.accessibleDescription() == "柜台 40; 服务车 20; 传单 0"
    assert len(ink(drawn(chart, PALETTES["light"], POINTS), PALETTES["light"].series[0])) > 20


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
@pytest.mark.parametrize("kind", CHARTS)
def test_an_empty_chart_says_so_in_every_theme(
    window: QWidget, kind: type[Chart], palette: Palette
) -> None:
    chart = kind(window, "channels")
    image = drawn(chart, palette, ())
    assert chart.words_drawn() == ("还没有数据",)
    assert chart.accessibleDescription() == "还没有数据"
    assert ink(image, palette.surface)
    assert ink(image, palette.series[2]) == []


def test_a_bar_of_twice_the_value_is_twice_as_high(window: QWidget) -> None:
    palette = PALETTES["light"]
    spots = ink(drawn(BarChart(window, "bars"), palette, POINTS), palette.series[0])
    columns: dict[int, int] = {}
    for x, _ in spots:
        columns[x] = columns.get(x, 0) + 1
    heights = sorted({height for height in columns.values() if height > 20})
    assert heights[-1] / heights[len(heights) // 2 - 1] == pytest.approx(2, rel=0.15)


def test_a_donut_of_nothing_is_empty_and_shares_fill_the_ring(window: QWidget) -> None:
    palette = PALETTES["light"]
    nothing = DonutChart(window, "none")
    drawn(nothing, palette, (ChartPoint("柜台", 0),))
    assert nothing.words_drawn() == ("还没有数据",)
    image = drawn(DonutChart(window, "parts"), palette, POINTS)
    first, second = (
        len([x for x, _ in ink(image, colour) if x < 160]) for colour in palette.series[:2]
    )
    assert first / second == pytest.approx(2, rel=0.15)


def test_one_point_alone_can_be_drawn(window: QWidget) -> None:
    for kind in CHARTS:
        image = drawn(kind(window, "one"), PALETTES["dark"], POINTS[:1])
        assert ink(image, PALETTES["dark"].series[0])
