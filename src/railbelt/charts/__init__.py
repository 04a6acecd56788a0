"""The look of the book: a theme, the few chart kinds, and :func:`figure`, which wraps a chart with what a reader needs."""

from railbelt.charts.figure import Figure, Table, figure, table
from railbelt.charts.kinds import bars, dots, lines, map_points, panels, scatter, timeline
from railbelt.charts.links import graded_lines, map_crossings
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
    "graded_lines",
    "lines",
    "map_crossings",
    "map_points",
    "map_regions",
    "panels",
    "scatter",
    "score_grid",
    "table",
    "timeline",
]
