"""Maps of a railway network: small maps of what lies within some hours, and tracks coloured by when they opened.

Everything is in one projected coordinate system (see :func:`railbelt.geography.window`), drawn as it is. Places of one colour
are one shape, so that a grid of a dozen maps stays light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt.charts._frame import Frame, rounded
from railbelt.charts._table import drawable, geometries, options
from railbelt.charts.theme import GRID, INK, OCHRE, PALETTE, PAPER, RUST, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import altair as alt
    import geopandas as gpd
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["NEAR_TO_FAR", "map_tracks", "small_maps"]

NEAR_TO_FAR = [RUST, OCHRE, PALETTE["ochre-light"][0], PALETTE["rail-light"][0], PALETTE["mist"][0]]
"""Five steps of travel time, from the nearest to the farthest."""


def small_maps(
    land: gpd.GeoDataFrame,
    points: pd.DataFrame,
    *,
    band: str,
    bands: Sequence[str],
    row: str,
    column: str,
    origin: str = "origin",
    colours: Sequence[str] = tuple(NEAR_TO_FAR),
    legend: str = "",
    width: int = WIDE,
) -> alt.ConcatChart:
    """Set out a grid of small maps, one a row and column value, with places coloured by band.

    Parameters
    ----------
    land : GeoDataFrame
        One outline, projected; keep it coarse, it is drawn in every map.
    points : DataFrame
        One row a place and map: ``x`` and ``y`` in the projection of the land, and the columns named below; a place whose band is
        empty is not drawn.
    band : str
        Column with the band.
    bands : sequence of str
        Bands in order, one a colour.
    row, column : str
        Columns that name the rows and the columns of the grid; each map is titled by both.
    origin : str
        Boolean column: the place from which the map is seen, drawn as a diamond.
    colours : sequence of str
        Of the bands.
    legend : str
        Title of the legend.
    width : int
        Pixels of the whole; a phone gets two maps in a row.

    Returns
    -------
    altair.ConcatChart

    Examples
    --------
    >>> import pandas as pd
    >>> from railbelt.geography import CHINA, outlines, places, window
    >>> one = pd.DataFrame({"lon": [116.4], "lat": [39.9], "hours": ["to 2"], "from": "Beijing", "year": "2003", "origin": [True]})
    >>> land = window(outlines("provinces").dissolve(), CHINA, 60)
    >>> chart = small_maps(land, places(one, CHINA), band="hours", bands=["to 2"], row="from", column="year")
    >>> len(chart.to_dict()["concat"])
    1
    """
    import altair as alt
    import pandas as pd

    options(width=width, legend=legend)
    wide = width > 500
    drawable(points, [row, column, origin], ["x", "y"], [band], "points")
    geometries(land=land)
    bands = list(bands)
    if len(bands) > len(colours) or not set(points[band].dropna()) <= {*bands, ""}:
        raise FigureError(f"argument 'bands': a band of column '{band}' is not among them, or has no colour.")
    points = pd.DataFrame(points)[[*dict.fromkeys(["x", "y", band, row, column, origin])]]
    rows, columns = list(dict.fromkeys(points[row])), list(dict.fromkeys(points[column]))
    across = min(len(columns), 4 if wide else 2)
    frame = Frame(land.total_bounds, int((width - 10 * (across - 1)) / across) - 2)
    radius = 2.1 if wide else 1.9
    scale = alt.Scale(domain=list(bands), range=list(colours[: len(bands)]))
    key = alt.Legend(
        title=legend or None, orient="top", symbolType="circle", symbolSize=70, columns=len(bands) if wide else 3
    )
    ground = frame.shapes(land, fill=GRID, stroke=PAPER, strokeWidth=0.6)
    charts = []
    for one in rows:
        for other in columns:
            here = points[(points[row] == one) & (points[column] == other)]
            layers = [ground]
            present = [name for name in bands if (here[band] == name).any()]
            groups = [
                {
                    "type": "MultiPoint",
                    "coordinates": [
                        [round(x), round(y)] for x, y in here.loc[here[band] == name, ["x", "y"]].to_numpy()
                    ],
                }
                for name in present
            ]
            layers.append(
                frame.features(groups, [{"band": name} for name in present])
                .mark_geoshape(strokeWidth=0)
                .encode(color=alt.Color("properties.band:N", scale=scale, legend=key))
                .project(**frame.projection, pointRadius=radius)
            )
            start = here[here[origin].astype(bool)]
            marker = [{"type": "Point", "coordinates": [round(x), round(y)]} for x, y in start[["x", "y"]].to_numpy()]
            layers.append(
                frame.features(marker)
                .mark_geoshape(fill=INK, stroke=PAPER, strokeWidth=1.4)
                .project(**frame.projection, pointRadius=radius + 2.2)
            )
            charts.append(
                alt.layer(
                    *layers,
                    width=frame.width,
                    height=frame.height,
                    title={"text": f"{one}, {other}", "fontSize": 12, "fontWeight": 600, "offset": 2},
                )
            )
    spacing: Any = {"row": 6, "column": 10}  # Altair's annotation knows a number only
    joined: alt.ConcatChart = alt.concat(*charts, columns=across, spacing=spacing).resolve_scale(color="shared")
    return joined


def map_tracks(
    land: gpd.GeoDataFrame,
    tracks: gpd.GeoDataFrame,
    *,
    period: str,
    periods: Mapping[str, str],
    dashed: Sequence[str] = (),
    towns: gpd.GeoDataFrame | None = None,
    text: str = "name",
    focus: gpd.GeoDataFrame | None = None,
    context: gpd.GeoDataFrame | None = None,
    width: int = WIDE,
) -> ChartType:
    """Map railway lines by period.

    Parameters
    ----------
    land : GeoDataFrame
        Outlines of provinces, projected.
    tracks : GeoDataFrame
        Lines, projected, with the column named by ``period``.
    period : str
        Column with the period.
    periods : mapping of str to str
        Periods in order and their colours.
    dashed : sequence of str
        Periods drawn dashed: lines not open yet.
    towns : GeoDataFrame, optional
        Points with ``x``, ``y`` and the column named by ``text``; empty names stay unlabelled.
    text : str
        Column of ``towns`` with labels.
    focus, context : GeoDataFrame, optional
        The part of the land that stands out; neighbouring land. Projected.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> from railbelt.geography import CHINA, outlines, window
    >>> from railbelt.network import railways
    >>> from railbelt.network.history import tracks
    >>> lines = tracks(railways(), CHINA).assign(period=lambda t: (t.opened < "2012").map({True: "to 2011", False: "later"}))
    >>> land = window(outlines("provinces"), CHINA, tolerance_km=20)
    >>> chart = map_tracks(land, lines, period="period", periods={"to 2011": "#9a6400", "later": "#1f6f9f"})
    >>> len(chart.to_dict()["layer"])
    3
    """
    import altair as alt

    options(width=width)
    drawable(tracks, [period], argument="tracks")
    geometries(land=land, tracks=tracks, towns=towns, focus=focus, context=context)
    if not set(tracks[period]) <= set(periods):
        raise FigureError(f"argument 'periods': a period of column '{period}' is not among them.")
    if towns is not None:
        drawable(towns, [], ["x", "y"], [text], "towns")
    frame = Frame(land.total_bounds, width - 8)
    wide = width > 500
    pale = PALETTE["land"][0]
    ground = [(context, pale), (land, GRID if focus is None else pale), (focus, GRID)]
    layers = [
        frame.shapes(layer, fill=fill, stroke=PAPER, strokeWidth=1) for layer, fill in ground if layer is not None
    ]
    names = list(periods)
    scale = alt.Scale(domain=names, range=[periods[name] for name in names])
    key = alt.Legend(
        title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3, columns=len(names) if wide else 2
    )
    merged = tracks.dissolve(period)
    for name in names:
        if name not in merged.index:
            continue
        shapes = frame.features(rounded(merged.loc[[name]].geometry), [{"period": name}])
        layers.append(
            shapes.mark_geoshape(
                filled=False,
                strokeWidth=2.6 if wide else 2,
                strokeDash=[4, 3] if name in dashed else [1, 0],
                strokeJoin="round",
            )
            .encode(stroke=alt.Stroke("properties.period:N", scale=scale, legend=key))
            .project(**frame.projection)
        )
    if towns is not None:
        base = frame.at(frame.placed(towns))
        layers.append(base.mark_circle(size=34 if wide else 22, color=INK, opacity=1, stroke=PAPER, strokeWidth=1))
        shown = base.transform_filter(f"datum.{text} != ''")
        halo: dict[str, Any] = {"dx": 6, "align": "left", "baseline": "middle", "fontSize": 11.5 if wide else 10.5}
        layers.append(
            shown.mark_text(color=PAPER, stroke=PAPER, strokeWidth=3, **halo).encode(text=alt.Text(f"{text}:N"))
        )
        layers.append(shown.mark_text(color=INK, **halo).encode(text=alt.Text(f"{text}:N")))
    return alt.layer(*layers, width=frame.width, height=frame.height)
