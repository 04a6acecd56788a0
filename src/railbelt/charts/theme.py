"""One palette and one type size for every chart; colours have a light and a dark form, joined by the style sheet."""

from __future__ import annotations

from typing import Any

__all__ = ["COLOURS", "CONFIG", "DIVERGING", "NARROW", "PALETTE", "WIDE", "stylesheet"]

WIDE, NARROW = 700, 336
"""Widths in pixels at which every chart is drawn: the text column of a desktop page, and a phone."""

ROOM = 24
"""Pixels left free on the right, because browsers set labels wider than they are measured."""

PALETTE = {
    "rust": ("#b5471b", "#f0875a"),
    "rail": ("#1f6f9f", "#6db8e8"),
    "ochre": ("#9a6400", "#e0ac4e"),
    "plum": ("#7a3b69", "#d79ac6"),
    "ink": ("#2b2f33", "#e8eaec"),
    "grey": ("#666c72", "#a9afb5"),
    "mist": ("#b4b9be", "#60666d"),
    "grid": ("#e3e6e8", "#343a41"),
    "land": ("#eceeef", "#262b31"),
    "water": ("#c3d8e6", "#2d4a5e"),
    "paper": ("#fffffe", "#15191e"),
    "rust-light": ("#e9b394", "#8a4a2e"),
    "rail-light": ("#a8cbe0", "#2c5f80"),
    "ochre-light": ("#e3c78f", "#705320"),
}
"""Name of each colour and its form on light and on dark ground (text colours reach 4.5:1 on both)."""

RUST, RAIL, OCHRE, PLUM = (PALETTE[name][0] for name in ("rust", "rail", "ochre", "plum"))
INK, GREY, MIST, GRID, PAPER = (PALETTE[name][0] for name in ("ink", "grey", "mist", "grid", "paper"))

COLOURS = {
    "Northeast": RUST,
    "Liaoning": PLUM,
    "Jilin": OCHRE,
    "Heilongjiang": RAIL,
    "China": INK,
    "East": RAIL,
    "Central": GREY,
    "West": OCHRE,
}
"""The same place keeps its colour through the book; what is not listed is grey."""

DIVERGING = [RUST, PALETTE["rust-light"][0], MIST, PALETTE["rail-light"][0], RAIL]
"""Five steps from loss (rust) over no change (grey) to gain (blue), safe for colour-blind readers."""

FONT = (
    "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)

CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "padding": {"left": 4, "top": 4, "right": 4 + ROOM, "bottom": 4},
    "view": {"stroke": None},
    "title": {"anchor": "start", "fontSize": 13, "fontWeight": 600, "color": INK, "offset": 8},
    "axis": {
        "labelColor": GREY,
        "titleColor": GREY,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": MIST,
        "tickColor": MIST,
        "labelLimit": 260,
    },
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "axisX": {"grid": False},
    "text": {"color": INK, "fontSize": 12},
    "line": {"strokeWidth": 2.2, "strokeJoin": "round"},
    "rule": {"color": MIST},
    "legend": {
        "labelColor": INK,
        "titleColor": GREY,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
        "symbolType": "circle",
        "gradientStrokeColor": GRID,
        "columnPadding": 22,
    },
}
"""Vega-Lite configuration of every chart."""

STACKED = {"bottom": {"anchor": "start", "direction": "vertical", "margin": 8}}
"""Layout of legends on a phone: one under the other, or they would be wider than the chart. Vega's, unknown to Altair."""


def stylesheet() -> str:
    """Return CSS that gives each palette colour its dark form, so that one SVG serves both themes and print.

    Examples
    --------
    >>> "--rb-rust" in stylesheet()
    True
    """
    light = "".join(f"--rb-{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--rb-{name}:{pair[1]};" for name, pair in PALETTE.items())
    rules = [f":root{{{light}}}", f'html[data-theme="dark"]{{{dark}}}', f"@media print{{:root{{{light}}}}}"]
    for name, (colour, _) in PALETTE.items():
        rules += [
            f'.rb-chart svg [{attribute}="{colour}"]{{{attribute}:var(--rb-{name})}}'
            for attribute in ("fill", "stroke")
        ]
    return "\n".join(rules) + "\n"
