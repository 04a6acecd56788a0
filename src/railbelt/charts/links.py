"""Charts of links across a border: crossings on a map, yearly series that show which of their points rest on a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt.charts._frame import Frame, around
from railbelt.charts._parts import LINE, events, extent, heading, small_table, spread, tones, years
from railbelt.charts._table import drawable, geometries, options
from railbelt.charts.theme import GRID, INK, MIST, PALETTE, PAPER, WIDE
from railbelt.errors import FigureError, suggest

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["CROSSINGS", "graded_lines", "map_crossings"]

CROSSINGS = {
    "rail": ("circle", PALETTE["rust"][0]),
    "road": ("square", PALETTE["ochre"][0]),
    "river": ("triangle-up", PALETTE["rail"][0]),
    "pipeline": ("diamond", PALETTE["plum"][0]),
    "power": ("cross", PALETTE["ink"][0]),
    "cable car": ("triangle-down", PALETTE["grey"][0]),
}
"""Shape and colour of each kind of crossing."""

WIDEST = 8.4
"""Pixels a character of a bold label takes in a wide font."""

STEP = 12
"""Pixels between the symbols of crossings at one place."""


def map_crossings(
    land: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    kind: str,
    place: str,
    side: str | None = None,
    minor: Sequence[str] = (),
    tips: Sequence[str] = (),
    context: gpd.GeoDataFrame | None = None,
    waters: gpd.GeoDataFrame | None = None,
    tracks: gpd.GeoDataFrame | None = None,
    width: int = WIDE,
) -> ChartType:
    """Map border crossings: one symbol a crossing, those of one place in a row, the place named once.

    Everything is in one projected coordinate system, drawn as it is.

    Parameters
    ----------
    land : GeoDataFrame
        Outlines in front, projected.
    points : GeoDataFrame
        One row a crossing, with ``x`` and ``y`` in the same projection.
    kind, place : str
        Columns: kind of crossing (a key of :data:`CROSSINGS`), name of the place.
    side : str, optional
        Column with the side of the label: ``"left"``, ``"right"``, ``"above"`` or ``"below"``; right by default.
    minor : sequence of str
        Places that are not named on a narrow map.
    tips : sequence of str
        Columns shown when a reader points at a crossing, in the interactive form.
    context, waters, tracks : GeoDataFrame, optional
        Neighbouring land, rivers and lakes, railways. Projected.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> from railbelt import load
    >>> from railbelt.geography import NORTHEAST, outlines, places, window
    >>> table = load("crossings").query("mode == 'rail'").assign(where="x")
    >>> chart = map_crossings(window(outlines("provinces")), places(table, NORTHEAST), kind="mode", place="where")
    >>> len(chart.to_dict()["layer"]) > 2
    True
    """
    import altair as alt

    options(width=width)
    drawable(points, [kind, place, side], ["x", "y"], tips, "points")
    geometries(land=land, context=context, waters=waters, tracks=tracks)
    unknown = set(points[kind]) - set(CROSSINGS)
    if unknown:
        raise FigureError(
            f"argument 'points', column '{kind}': no symbol for {min(map(str, unknown))!r}. {suggest('', CROSSINGS)}"
        )
    frame = Frame(around(land, context), width - 8)
    layers = frame.land(land, context, GRID, 1.2)
    if waters is not None:
        layers += frame.waters(waters)
    if tracks is not None:
        layers.append(frame.shapes(tracks, filled=False, stroke=MIST, strokeWidth=1.4))
    step = STEP if width > 500 else STEP - 3
    kinds = [name for name in CROSSINGS if name in set(points[kind])]
    table = frame.placed(points).sort_values(kind, key=lambda column: column.map(list(CROSSINGS).index))
    at = table.groupby(place)[["px", "py"]].transform("mean")
    order, count = table.groupby(place).cumcount(), table.groupby(place)[kind].transform("size")
    table = table.assign(px=at.px + step * (order - (count - 1) / 2), py=at.py, count=count)
    if side is None:
        table = table.assign(side="right")
        side = "side"
    base = frame.at(table)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", columns=len(kinds) if width > 500 else 3,
        symbolStrokeWidth=0, symbolOpacity=1, symbolSize=80,
    )  # fmt: skip
    layers.append(
        base.mark_point(filled=True, size=74 if width > 500 else 46, opacity=1, stroke=PAPER, strokeWidth=1).encode(
            shape=alt.Shape(
                f"{kind}:N", scale=alt.Scale(domain=kinds, range=[CROSSINGS[k][0] for k in kinds]), legend=legend
            ),
            fill=alt.Fill(
                f"{kind}:N", scale=alt.Scale(domain=kinds, range=[CROSSINGS[k][1] for k in kinds]), legend=legend
            ),
            **({"tooltip": [f"{tip}:N" for tip in tips]} if tips else {}),
        )
    )
    names = table.drop_duplicates(place)
    if width <= 500:
        names = names[~names[place].isin(list(minor))]
    half = step * (names["count"] - 1) / 2
    middle = names[place].map(table.groupby(place).px.mean())
    for where, align, baseline, dx, dy in (
        ("right", "left", "middle", 9, 0),
        ("left", "right", "middle", -9, 0),
        ("above", "center", "bottom", 0, -8),
        ("below", "center", "top", 0, 8),
    ):
        chosen = names[side] == where
        if not chosen.any():
            continue
        shift = half * (dx > 0) - half * (dx < 0)
        words = frame.at(names[chosen].assign(tx=(middle + shift)[chosen]), "tx").encode(text=alt.Text(f"{place}:N"))
        mark: dict[str, Any] = {
            "align": align,
            "baseline": baseline,
            "dx": dx,
            "dy": dy,
            "fontSize": 11.5 if width > 500 else 10.5,
        }
        layers.append(words.mark_text(color=INK, stroke=PAPER, strokeWidth=3, strokeJoin="round", **mark))
        layers.append(words.mark_text(color=INK, **mark))
    return alt.layer(*layers, width=frame.width, height=frame.height)


def graded_lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    series: str,
    documented: str,
    *,
    label: str = "",
    unit: str = ".0f",
    colours: Mapping[str, str] | None = None,
    marks: Mapping[int, str] | None = None,
    title: str = "",
    width: int = WIDE,
    height: int = 300,
) -> ChartType:
    """Change over years with the evidence in sight: full points rest on a document, hollow ones do not.

    Parameters
    ----------
    data : DataFrame
        Tidy: one row a point.
    x, y, series : str
        Columns: year (number), value, name of the series.
    documented : str
        Column of booleans.
    label, unit, colours, marks, title, width, height
        As in :func:`railbelt.charts.lines`; the vertical axis starts at zero.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"year": [2000, 2010], "share": [0.1, 0.2], "of": ["a", "a"], "seen": [True, False]})
    >>> graded_lines(frame, "year", "share", "of", "seen").to_dict()["height"]
    300
    """
    import altair as alt

    options(width=width, height=height, unit=unit, label=label, title=title, colours=colours, marks=marks)
    drawable(data, [series, documented], [x, y])
    if data[documented].dtype != bool:
        raise FigureError(f"argument 'data', column '{documented}': holds something else than true and false.")
    names = list(dict.fromkeys(data[series]))
    longest = max(len(part) for name in names for part in str(name).split("\n"))
    inner = max(width - WIDEST * longest - 10 - 48, 120)
    domain = extent(data[y], True)
    if marks:
        domain[1] += (0.14 if width > 500 else 0.42) * (domain[1] - domain[0])
    scale_x, axis_x = years(data, x, inner)
    scale_y = alt.Scale(domain=domain, nice=False, zero=False)
    axis_y = alt.Axis(format=unit, tickCount=5, title=None)
    style = tones(names, colours)
    colour = alt.Color(f"{series}:N", scale=style, legend=None)
    base = alt.Chart(data).encode(x=axis_x, y=alt.Y(f"{y}:Q", scale=scale_y, axis=axis_y))
    span = data[x].max() - data[x].min()
    layers = events(marks, x, scale_x, inner / max(span, 1)) if marks else []
    layers.append(base.mark_line(strokeWidth=1.8).encode(color=colour, detail=alt.Detail(f"{series}:N")))
    seen = alt.datum[documented]
    size = 42 if width > 500 else 26
    layers.append(base.transform_filter(seen).mark_point(filled=True, size=size, opacity=1).encode(color=colour))
    layers.append(
        base.transform_filter(~seen)
        .mark_point(filled=True, fill=PAPER, size=size, strokeWidth=1.6, opacity=1)
        .encode(stroke=alt.Stroke(f"{series}:N", scale=style, legend=None))
    )
    ends = data.sort_values(x).groupby(series, sort=False).tail(1)
    rows = max(str(name).count("\n") + 1 for name in names)
    placed = ends.assign(label_at=spread(ends[y].tolist(), (domain[1] - domain[0]) * (LINE * rows + 3) / height))
    layers.append(
        alt.Chart(placed)
        .mark_text(align="left", dx=9, baseline="middle", fontWeight=600, lineBreak="\n", lineHeight=LINE)
        .encode(
            x=alt.X(f"{x}:Q", scale=scale_x),
            y=alt.Y("label_at:Q", scale=scale_y),
            text=alt.Text(f"{series}:N"),
            color=colour,
        )
    )
    # fonts differ: what the labels may need is kept free by a mark that nobody sees
    edge = alt.Chart(small_table({"edge": [0]})).mark_rule(stroke="transparent")
    layers.append(edge.encode(x=alt.XValue(inner + WIDEST * longest + 10), y=alt.YValue(0), y2=alt.Y2Value(1)))
    return alt.layer(*layers, width=inner, height=height, title=heading(title, label))
