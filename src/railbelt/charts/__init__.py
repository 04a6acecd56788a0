"""The look of the book: a theme, the few chart kinds, and :func:`figure`, which wraps a chart with what a reader needs."""

from railbelt.charts.causal import expected_realised, power_curves, specification_curve
from railbelt.charts.evidence import SIGN_COLOURS, evidence_map, forest, printed, spanned, votes
from railbelt.charts.figure import Figure, Table, figure, table
from railbelt.charts.heat import heat
from railbelt.charts.kinds import bars, dots, lines, map_points, panels, scatter, timeline
from railbelt.charts.links import graded_lines, map_crossings
from railbelt.charts.maps import NEAR_TO_FAR, map_tracks, small_maps
from railbelt.charts.picker import city_picker
from railbelt.charts.regions import map_regions, score_grid
from railbelt.charts.theme import COLOURS, NARROW, PALETTE, WIDE
from railbelt.charts.tiles import VERDICT_COLOURS, verdict_tiles
from railbelt.charts.toy import Toy, toy
from railbelt.charts.zones import zones

__all__ = [
    "COLOURS",
    "NARROW",
    "NEAR_TO_FAR",
    "PALETTE",
    "SIGN_COLOURS",
    "VERDICT_COLOURS",
    "WIDE",
    "Figure",
    "Table",
    "Toy",
    "bars",
    "city_picker",
    "dots",
    "evidence_map",
    "expected_realised",
    "figure",
    "forest",
    "graded_lines",
    "heat",
    "lines",
    "map_crossings",
    "map_points",
    "map_regions",
    "map_tracks",
    "panels",
    "power_curves",
    "printed",
    "scatter",
    "score_grid",
    "small_maps",
    "spanned",
    "specification_curve",
    "table",
    "timeline",
    "toy",
    "verdict_tiles",
    "votes",
    "zones",
]
