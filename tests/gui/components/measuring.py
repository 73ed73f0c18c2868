"""Specimens of charts, full and empty."""

from PySide6.QtWidgets import QWidget

from branchdesk.ui.kit.bar_chart import BarChart
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.chart import Chart, ChartPoint
from branchdesk.ui.kit.donut_chart import DonutChart
from branchdesk.ui.kit.formats import money_text
from branchdesk.ui.kit.line_chart import LineChart, Sparkline
from branchdesk.ui.kit.look import Look
from tests.gui.components.board import Board

_HOURS = (4, 17, 32, 41, 18, 0, 26, 38)
_DAYS = (210, 260, 190, 305, 340, 280, 120, 240, 330, 365, 350, 410)
_MONEY = (1_250_000, 3_420_050, 2_100_000, 5_600_000)
_CHANNELS = {"counter": 412, "van": 186, "partner": 74, "flyer": 31, "event": 9}


def charts(parent: QWidget, look: Look) -> Board:
    """Every chart, and every chart with nothing in it."""
    board = Board(parent, look, "charts")
    hours = [ChartPoint(f"{9 + i}:00", value) for i, value in enumerate(_HOURS)]
    days = [ChartPoint(f"11/{10 + i}", value) for i, value in enumerate(_DAYS)]
    money = [ChartPoint(f"B00{i + 1}", value) for i, value in enumerate(_MONEY)]
    channels = [ChartPoint(board.say(f"chart.{key}"), n) for key, n in _CHANNELS.items()]
    bars, lines = BarChart(board, "issued"), LineChart(board, "week")
    yuan, donut = BarChart(board, "money"), DonutChart(board, "channels")
    bars.fill(look, board.say("chart.issued"), hours, board.say("chart.nothing"))
    lines.fill(look, board.say("chart.week"), days, board.say("chart.nothing"))
    yuan.fill(look, board.say("chart.money"), money, board.say("chart.nothing"), money_text)
    donut.fill(look, board.say("chart.channels"), channels, board.say("chart.nothing"))
    board.columns([_card(board, bars)], [_card(board, lines)], [_card(board, yuan)])
    nothing = BarChart(board, "nothing")
    nothing.fill(look, board.say("chart.issued"), (), board.say("chart.nothing"))
    spark = Sparkline(board, "spark")
    spark.setFixedHeight(48)
    spark.fill(look, board.say("chart.week"), days, board.say("chart.nothing"))
    board.columns([_card(board, donut)], [_card(board, nothing)], [_card(board, spark)])
    board.end()
    return board


def _card(board: Board, chart: Chart) -> Card:
    card = Card(board, "chart_card")
    card.name(chart.accessibleName())
    if not isinstance(chart, Sparkline):
        chart.setFixedHeight(190)
    card.body.addWidget(chart)
    return card
