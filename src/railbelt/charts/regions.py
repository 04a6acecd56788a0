"""Charts of regions: a scorecard of criteria, and a map of places drawn together into regions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt.charts._frame import Frame
from railbelt.charts._parts import headed_columns, heading, named_rows, room
from railbelt.charts._table import drawable, geometries, options
from railbelt.charts.theme import GREY, GRID, INK, PALETTE, PAPER, RAIL, RUST, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import altair as alt
    import geopandas as gpd
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["map_regions", "score_grid"]

STEPS = {
    "passes by half or more": RAIL,
    "passes": PALETTE["rail-light"][0],
    "misses by less than a third": PALETTE["rust-light"][0],
    "misses by more": RUST,
    "not measured": GRID,
}
"""What the colours of a scorecard mean, in order."""


def _step(margin: float) -> str:
    names = list(STEPS)
    if math.isnan(margin):
        return names[4]
    return names[0] if margin >= 1.5 else names[1] if margin >= 1 else names[2] if margin > 2 / 3 else names[3]


def score_grid(
    scores: pd.DataFrame,
    *,
    rows: Sequence[str],
    columns: Mapping[str, str],
    text: str = "shown",
    strong: Sequence[str] = (),
    width: int = WIDE,
    row_height: int = 25,
) -> ChartType:
    """Regions by criteria: colour says pass or fail and how far, a dot that the verdict hangs on the definition.

    Parameters
    ----------
    scores : DataFrame
        One row a cell: ``region``, ``criterion``, ``margin`` (one and more passes; NaN is not measured), ``depends`` (bool) and
        the column named by ``text``.
    rows : sequence of str
        Regions from top to bottom.
    columns : mapping of str to str
        Criterion and its heading, from left to right; a line break parts the heading.
    text : str
        Column printed in the cells of a wide chart; a phone gets colours only.
    strong : sequence of str
        Regions written bold.
    width, row_height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> cell = {"region": "Harbin", "criterion": "people", "margin": 1.6, "depends": True, "shown": "10 m"}
    >>> chart = score_grid(pd.DataFrame([cell]), rows=["Harbin"], columns={"people": "Residents"})
    >>> "10 m" in chart.to_json()
    True
    """
    import altair as alt

    options(width=width, row_height=row_height)
    rows = checks.texts(rows, "rows")
    drawable(scores, ["region", "criterion", "depends"], [], ["margin", text], "scores")
    checks.once(scores, ["region", "criterion"], "scores")
    scores = scores.assign(margin=checks.figures(scores, "margin", "scores", missing=True))
    if not rows or not columns:
        raise FigureError("arguments 'rows' and 'columns': name at least one of each.")
    if scores.depends.dtype != bool or len(set(columns.values())) < len(columns):
        raise FigureError(
            "arguments 'scores' and 'columns': 'depends' is not true or false, or two columns share a heading."
        )
    wide = width > 500
    table = scores[scores.region.isin(rows) & scores.criterion.isin(list(columns))]
    table = table.assign(step=table.margin.map(_step), heading=table.criterion.map(dict(columns)))
    dark = table.step.isin(["passes by half or more", "misses by more"])
    table = table.assign(ink=dark.map({True: "on colour", False: "on light"}))
    margin = room(rows, 190 if wide else 126, pad=10)
    cell = (width - margin - 8) / len(columns)
    order, headings = list(rows), list(columns.values())
    bold = alt.condition(alt.FieldOneOfPredicate(field="value", oneOf=list(strong)), alt.value(700), alt.value(400))
    base = alt.Chart(table).encode(
        x=headed_columns(
            headings,
            wide,
            {"paddingInner": 0.06, "paddingOuter": 0},
            labelLineHeight=12,
            labelPadding=17 if wide else 4,
            labelLimit=140,
        ),
        y=named_rows(
            "region",
            order,
            margin,
            {"paddingInner": 0.1, "paddingOuter": 0},
            domain=False,
            ticks=False,
            labelFontWeight=bold,
            labelFontSize=12 if wide else 11,
        ),
    )
    colour = alt.Color(
        "step:N",
        scale=alt.Scale(domain=list(STEPS), range=list(STEPS.values())),
        legend=alt.Legend(title=None, orient="bottom", symbolType="square", columns=3 if wide else 1, symbolOpacity=1),
    )
    layers = [base.mark_rect(cornerRadius=2).encode(color=colour)]
    if wide:
        for name, ink in (("on colour", PAPER), ("on light", INK)):
            layers.append(
                base.transform_filter(alt.datum["ink"] == name)
                .mark_text(fontSize=11.5, color=ink)
                .encode(text=alt.Text(f"{text}:N"))
            )
    layers.append(
        base.transform_filter(alt.datum["depends"])
        .mark_point(
            size=26 if wide else 22,
            filled=True,
            color=INK,
            opacity=1,
            stroke=PAPER,
            strokeWidth=1,
            xOffset=cell / 2 - (8 if wide else 6),
            yOffset=-row_height / 2 + 6,
        )
        .encode()
    )
    return alt.layer(*layers, width=cell * len(columns), height=alt.Step(row_height))


def map_regions(
    land: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    *,
    region: str = "region",
    size: str = "people",
    label: str = "label",
    outlines: gpd.GeoDataFrame | None = None,
    context: gpd.GeoDataFrame | None = None,
    reach: float = 22_000,
    title: str = "",
    subtitle: str = "",
    width: int = WIDE // 2,
) -> ChartType:
    """Map places that belong together inside one shaded area, the others as hollow circles.

    Parameters
    ----------
    land : GeoDataFrame
        Outlines, projected; they set the frame of the map.
    places : GeoDataFrame
        Points with ``x`` and ``y`` in the same projection (see :func:`railbelt.geography.places`).
    region, size, label : str
        Columns of ``places``: name of the region (a region of one place is drawn hollow), the quantity shown as area, and a
        text (empty cells stay unlabelled).
    outlines : GeoDataFrame, optional
        Areas drawn as dashed lines for comparison, projected.
    context : GeoDataFrame, optional
        Neighbouring land, projected.
    reach : float
        Metres by which a shaded area reaches beyond its places.
    title, subtitle : str
        Of the panel.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> from railbelt.geography import NORTHEAST, outlines, places, window
    >>> towns = {"lon": [123.4, 123.0, 121.6], "lat": [41.8, 41.1, 38.9], "people": [9.1, 3.3, 7.5]}
    >>> cities = pd.DataFrame(towns | {"region": ["Shenyang", "Shenyang", "Dalian"], "label": ["Shenyang", "", "Dalian"]})
    >>> chart = map_regions(window(outlines("provinces")), places(cities, NORTHEAST), title="Two regions")
    >>> chart.to_dict()["title"]["text"]
    'Two regions'
    """
    import altair as alt

    options(width=width, title=title)
    drawable(places, [region], ["x", "y", size], [label], "places")
    geometries(land=land, places=places, outlines=outlines, context=context)
    if not (places[size] >= 0).all():
        raise FigureError(f"argument 'places', column '{size}': missing or below zero.")
    checks.number(reach, "reach", 0, 1e7)
    frame = Frame(land.total_bounds, width - 8)

    def shapes(layer: gpd.GeoDataFrame | gpd.GeoSeries, **mark: Any) -> alt.Chart:
        return frame.shapes(layer, clip=True, **mark)

    together = places.groupby(region)[region].transform("size") > 1
    hulls = places[together].dissolve(region).convex_hull.buffer(reach)
    layers = []
    if context is not None:
        layers.append(shapes(context, fill=PALETTE["land"][0], stroke=PAPER, strokeWidth=0.8))
    layers.append(shapes(land, fill=GRID, stroke=PAPER, strokeWidth=1))
    if len(hulls):
        layers.append(shapes(hulls, fill=PALETTE["rust-light"][0], fillOpacity=0.65, stroke=RUST, strokeWidth=1))
    if outlines is not None:
        layers.append(shapes(outlines, filled=False, stroke=RAIL, strokeWidth=1.6, strokeDash=[5, 4]))
    left, bottom, right, top = land.total_bounds
    inside = places.x.between(left, right) & places.y.between(bottom, top)
    table = frame.placed(places[inside]).assign(alone=~together[inside])
    base = frame.at(table).encode(
        size=alt.Size(f"{size}:Q", scale=alt.Scale(domain=[0, float(places[size].max())], range=[8, 190]), legend=None),
    )
    layers.append(
        base.transform_filter(alt.datum["alone"]).mark_circle(
            fill=PALETTE["paper"][0], stroke=GREY, strokeWidth=1.2, opacity=1
        )
    )
    layers.append(
        base.transform_filter(~alt.datum["alone"]).mark_circle(fill=RUST, stroke=PAPER, strokeWidth=0.7, opacity=1)
    )
    words = table[table[label].fillna("") != ""]
    if len(words):
        text = frame.at(words).encode(text=alt.Text(f"{label}:N"))
        halo: dict[str, Any] = {"stroke": PAPER, "strokeWidth": 3, "strokeJoin": "round"}
        for extra in (halo, {}):
            layers.append(text.mark_text(dy=-12, fontSize=11, fontWeight=600, color=INK, **extra))
    apart, shown = {"scale": {"size": "independent"}}, heading(title, subtitle if title else "")
    return alt.layer(*layers, width=frame.width, height=frame.height, title=shown, resolve=apart)
