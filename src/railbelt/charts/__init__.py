"""The look of the book: a theme, the few chart kinds, and :func:`figure`, which wraps a chart with what a reader needs."""

from railbelt.charts.figure import Figure, Table, figure, table
from railbelt.charts.kinds import bars, dots, lines, map_points, panels, scatter, timeline
from railbelt.charts.regions import map_regions, score_grid
from railbelt.charts.theme import COLOURS, NARROW, PALETTE, WIDE

__all__ = [
    "COLOURS",
    "NARROW",
    "PALETTE",
    "WIDE",
    "Figure",
    "Table",
    "bars",
    "dots",
    "figure",
    "lines",
    "map_points",
    "map_regions",
    "panels",
    "scatter",
    "score_grid",
    "table",
    "timeline",
]
