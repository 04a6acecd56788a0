"""The few kinds of chart the book uses. Each takes tidy data and a width and returns an Altair chart.

Direct labels replace legends; a narrow width (a phone) gets fewer ticks, shorter labels and stacked panels.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt.charts._frame import Frame, around
from railbelt.charts._parts import (
    CHARACTER,
    LINE,
    events,
    extent,
    heading,
    named_rows,
    room,
    small_table,
    spread,
    tones,
    years,
)
from railbelt.charts._table import drawable, geometries, options, pair, rising
from railbelt.charts.theme import COLOURS, DIVERGING, GREY, GRID, INK, MIST, PALETTE, PAPER, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import altair as alt
    import geopandas as gpd
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["bars", "dots", "lines", "map_points", "panels", "scatter", "timeline"]


def lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    series: str,
    *,
    label: str = "",
    unit: str = ".0f",
    colours: Mapping[str, str] | None = None,
    muted: Sequence[str] = (),
    dashed: Sequence[str] = (),
    points: bool = False,
    labels: Sequence[str] | None = None,
    band: tuple[str, str] | None = None,
    marks: Mapping[int, str] | None = None,
    zero: bool = True,
    title: str = "",
    width: int = WIDE,
    height: int = 300,
) -> ChartType:
    """Change over years: one line a series, labelled at its end.

    Parameters
    ----------
    data : DataFrame
        Tidy: one row a point.
    x, y, series : str
        Columns: year (number), value, name of the series.
    label : str
        What the vertical axis measures, with its unit; written above the axis.
    unit : str
        Format of the axis ticks (d3-format), for instance ``".0%"``.
    colours : mapping, optional
        Colour of a series that has none of its own in :data:`~railbelt.charts.COLOURS`.
    muted : sequence of str
        Series drawn thin and without a label.
    dashed : sequence of str
        Series drawn dashed.
    points : bool
        Mark the observations.
    labels : sequence of str, optional
        Series whose names are written at their ends; all but the muted ones by default.
    band : pair of str, optional
        Columns with the lower and upper limit of an interval.
    marks : mapping of year to str, optional
        Events drawn as vertical rules with a label.
    zero : bool
        Whether the vertical axis starts at zero.
    title : str
        Title of a panel.
    width, height : int
        Pixels of the whole chart's plotting area and label margin.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"year": [2000, 2010], "share": [0.1, 0.07], "place": ["Northeast", "Northeast"]})
    >>> lines(frame, "year", "share", "place", unit=".0%").to_dict()["height"]
    300
    """
    import altair as alt

    options(width=width, height=height, unit=unit, label=label, title=title, colours=colours, marks=marks)
    drawable(data, [series], [x, y, *(band or ())])
    names = list(dict.fromkeys(data[series]))
    named = [name for name in names if (name not in muted if labels is None else name in labels)]
    margin = CHARACTER * max((len(max(str(n).split("\n"), key=len)) for n in named), default=0) + 14
    inner = width - margin - 48
    limits = list(dict.fromkeys([y, *(band or ())]))
    domain = extent(data[limits], zero)
    span = data[x].max() - data[x].min()
    scale_x, axis_x = years(data, x, inner)
    scale_y = alt.Scale(domain=domain, nice=False, zero=False)
    base = alt.Chart(data).encode(x=axis_x)
    colour = alt.Color(f"{series}:N", scale=tones(names, colours), legend=None)
    axis_y = alt.Axis(format=unit, tickCount=5, title=None)
    layers = []
    if marks:
        layers += events(marks, x, scale_x, inner / max(span, 1))
    if band:
        layers.append(
            base.mark_area(opacity=0.18).encode(
                y=alt.Y(f"{band[0]}:Q", scale=scale_y, axis=axis_y), y2=alt.Y2(f"{band[1]}:Q"), color=colour
            )
        )
    encoded = base.encode(y=alt.Y(f"{y}:Q", scale=scale_y, axis=axis_y), color=colour, detail=alt.Detail(f"{series}:N"))
    quiet = alt.FieldOneOfPredicate(field=series, oneOf=list(muted))
    broken = alt.FieldOneOfPredicate(field=series, oneOf=list(dashed))
    layers.append(
        encoded.mark_line(point=alt.OverlayMarkDef(size=34, filled=True) if points else False).encode(
            strokeWidth=alt.condition(quiet, alt.value(1), alt.value(2.4)) if muted else alt.StrokeWidthValue(2.4),
            opacity=alt.condition(quiet, alt.value(0.5), alt.value(1)) if muted else alt.OpacityValue(1),
            **({"strokeDash": alt.condition(broken, alt.value([5, 4]), alt.value([1, 0]))} if dashed else {}),
        )
    )
    last = data[data[series].isin(named)].sort_values(x).groupby(series, sort=False).tail(1)
    at_end = last[last[x] >= data[x].max() - span * 0.02]
    inside = last.drop(at_end.index)
    gap = (domain[1] - domain[0]) * 15 / height
    for ends, offset in ((at_end, 8), (inside, 6)):
        if len(ends):
            placed = ends.assign(**{"label_at": spread(ends[y].tolist(), gap)})
            layers.append(
                alt.Chart(placed)
                .mark_text(align="left", dx=offset, baseline="middle", fontWeight=600)
                .encode(
                    x=alt.X(f"{x}:Q", scale=scale_x),
                    y=alt.Y("label_at:Q", scale=scale_y, axis=axis_y),
                    text=alt.Text(f"{series}:N"),
                    color=colour,
                )
            )
    return alt.layer(*layers, width=max(inner, 120), height=height, title=heading(title, label))


def bars(
    data: pd.DataFrame,
    x: str,
    y: str,
    part: str | None = None,
    *,
    label: str = "",
    unit: str = "+.1f",
    colours: Mapping[str, str] | None = None,
    total: str | None = None,
    title: str = "",
    width: int = WIDE,
    row_height: int = 34,
) -> ChartType:
    """Horizontal bars from zero, in the order given; parts of one bar are stacked to either side of zero.

    Parameters
    ----------
    data : DataFrame
        One row a bar, or one a bar and part.
    x, y : str
        Columns: value, name of the bar.
    part : str, optional
        Column that names the parts of a bar; a legend on top names their colours.
    label : str
        What the horizontal axis measures, with its unit.
    unit : str
        Format of ticks and labels (d3-format).
    colours : mapping, optional
        Colours of parts or of bars.
    total : str, optional
        Column with the sum of the parts, drawn as a diamond with its value.
    title : str
        Title of a panel.
    width, row_height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> change = pd.DataFrame({"place": ["Jilin", "Liaoning"], "points": [-1.2, -2.5]})
    >>> chart = bars(change, "points", "place", label="Change, percentage points")
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    ['bar', 'rule', 'text', 'text']
    """
    import altair as alt

    options(width=width, row_height=row_height, unit=unit, label=label, title=title, colours=colours)
    drawable(data, [y, part], [x, total])
    order = list(dict.fromkeys(data[y]))
    names = list(dict.fromkeys(data[part])) if part else order
    margin = room(order, 230 if width > 500 else 130)
    inner = width - margin - 60
    base = alt.Chart(data).encode(
        y=alt.Y(f"{y}:N", sort=order, title=None).axis(
            labelLimit=margin, minExtent=margin, labelColor=INK, domain=False
        )
    )
    colour = alt.Color(
        f"{part or y}:N",
        scale=tones(names, colours),
        legend=alt.Legend(title=None, symbolType="square", columns=2 if width < 500 else 0) if part else None,
    )
    signed = _signed_extent(data, x, y, 48 / inner)
    scale = alt.Scale(domain=signed, nice=False)
    axis = alt.Axis(format=unit, title=None, grid=True, domain=False, ticks=False, tickCount=max(3, inner // 90))
    layers = [base.mark_bar(size=row_height * 0.58).encode(x=alt.X(f"{x}:Q", scale=scale, axis=axis), color=colour)]
    layers.append(alt.Chart(small_table({"zero": [0]})).mark_rule(color=INK).encode(x=alt.X("zero:Q", scale=scale)))
    value, at = (total, data.drop_duplicates(y)) if total else (x, data)
    if total:
        layers.append(
            alt.Chart(at)
            .mark_point(shape="diamond", size=90, filled=True, color=INK, stroke=PAPER, strokeWidth=1.2)
            .encode(x=alt.X(f"{total}:Q", scale=scale), y=alt.Y(f"{y}:N", sort=order))
        )
    if total or not part:
        edge = at.assign(edge=_label_edge(data, x, y, at[y]) if total else at[x])
        text = alt.Chart(edge).encode(
            y=alt.Y(f"{y}:N", sort=order), text=alt.Text(f"{value}:Q", format=unit), x=alt.X("edge:Q", scale=scale)
        )
        right = alt.datum["edge"] >= 0
        layers.append(text.transform_filter(right).mark_text(align="left", dx=7, fontWeight=600, color=INK))
        layers.append(text.transform_filter(~right).mark_text(align="right", dx=-7, fontWeight=600, color=INK))
    return alt.layer(*layers, width=inner, height=alt.Step(row_height), title=heading(title, label))


def _signed_extent(data: pd.DataFrame, x: str, y: str, margin: float) -> list[float]:
    """Return limits that hold the stacked bars on both sides of zero, with room for the labels."""
    up = data[x].clip(lower=0).groupby(data[y]).sum().max()
    down = data[x].clip(upper=0).groupby(data[y]).sum().min()
    room = margin * (up - down) / (1 - margin)
    return [float(down - room) if down < 0 else 0.0, float(up + room) if up > 0 else 0.1 * float(room)]


def _label_edge(data: pd.DataFrame, x: str, y: str, order: pd.Series) -> list[float]:
    """Return, for each bar, the end of its stack on the side of its total."""
    up = data[x].clip(lower=0).groupby(data[y]).sum()
    down = data[x].clip(upper=0).groupby(data[y]).sum()
    net = up + down
    return [float(up[name] if net[name] >= 0 else down[name]) for name in order]


def dots(
    data: pd.DataFrame,
    x: str | Sequence[str],
    y: str,
    *,
    group: str | None = None,
    interval: tuple[str, str] | None = None,
    names: Sequence[str] = (),
    label: str = "",
    unit: str = "+.0f",
    colours: Mapping[str, str] | None = None,
    reference: float | None = 0,
    title: str = "",
    width: int = WIDE,
    row_height: int = 19,
) -> ChartType:
    """Ranked dots, one row an item in the order given: with an interval, or as a dumbbell of two values.

    Parameters
    ----------
    data : DataFrame
        One row an item.
    x : str or pair of str
        Column of the value; two columns draw a dumbbell from the first (hollow) to the second (full).
    y : str
        Column of the item's name.
    group : str, optional
        Column that decides the colour.
    interval : pair of str, optional
        Columns with the limits of an interval.
    names : pair of str
        What the two ends of a dumbbell are called; written above the first row.
    label, unit, colours, title, width
        As in :func:`lines`.
    reference : float, optional
        Value marked by a vertical rule.
    row_height : int
        Pixels a row.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.DataFrame({"city": ["Harbin", "Yichun"], "2003": [12.0, 17.0], "2025": [5.0, 9.0]})
    >>> chart = dots(hours, ["2003", "2025"], "city", names=["2003", "2025"], unit=".0f", label="Hours to Beijing")
    >>> "Harbin" in chart.to_json()
    True
    """
    import altair as alt

    options(width=width, row_height=row_height, unit=unit, label=label, title=title, colours=colours)
    ends = [x] if isinstance(x, str) else list(pair(x, "x"))
    if names:
        names = pair(names, "names")
        if len(ends) < 2:
            raise FigureError(
                "argument 'names': one value has no two ends to name. Pass two columns as 'x', or no names."
            )
    drawable(data, [y, group], [*ends, *(interval or ())])
    checks.once(data, [y])
    if reference is not None:
        checks.number(reference, "reference", -checks.LARGEST, checks.LARGEST)
    order = data[y].tolist()
    margin = room(order, 250 if width > 500 else 128)
    inner = width - margin - 34
    groups = list(dict.fromkeys(data[group])) if group else []
    colour = (
        alt.Color(
            f"{group}:N",
            scale=tones(groups, colours),
            legend=alt.Legend(title=None, symbolOpacity=1, columns=2 if width < 500 else 0)
            if len(groups) > 1
            else None,
        )
        if group
        else alt.value(COLOURS["Northeast"])
    )
    domain = extent(data[list(dict.fromkeys([*ends, *(interval or ())]))], False)
    if reference is not None:
        domain = [min(domain[0], reference), max(domain[1], reference)]
    scale = alt.Scale(domain=domain, nice=False)
    axis = alt.Axis(
        format=unit, title=None, grid=True, domain=False, ticks=False, tickCount=max(3, inner // 70), orient="top"
    )
    base = alt.Chart(data).encode(y=named_rows(y, order, margin, grid=True, gridColor=GRID))
    layers = []
    if reference is not None:
        layers.append(
            alt.Chart(small_table({"reference": [reference]}))
            .mark_rule(color=INK)
            .encode(x=alt.X("reference:Q", scale=scale))
        )
    if interval:
        layers.append(
            base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
                x=alt.X(f"{interval[0]}:Q", scale=scale, axis=axis), x2=alt.X2(f"{interval[1]}:Q"), color=colour
            )
        )
    if len(ends) == 2:
        layers.append(
            base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
                x=alt.X(f"{ends[0]}:Q", scale=scale, axis=axis), x2=alt.X2(f"{ends[1]}:Q"), color=colour
            )
        )
        layers.append(
            base.mark_point(filled=True, size=52, fill=PAPER, strokeWidth=1.8, opacity=1).encode(
                x=alt.X(f"{ends[0]}:Q", scale=scale, axis=axis), stroke=colour
            )
        )
    layers.append(
        base.mark_circle(size=62, opacity=1).encode(x=alt.X(f"{ends[-1]}:Q", scale=scale, axis=axis), color=colour)
    )
    if names:
        top = data.iloc[[0]]
        left_first = top[ends[0]].item() <= top[ends[1]].item()
        for end, name, is_left in ((ends[0], names[0], left_first), (ends[1], names[1], not left_first)):
            layers.append(
                alt.Chart(top.assign(name=name))
                .mark_text(align="right" if is_left else "left", dx=-8 if is_left else 8, fontSize=11, color=GREY)
                .encode(x=alt.X(f"{end}:Q", scale=scale), y=alt.Y(f"{y}:N", sort=order), text=alt.Text("name:N"))
            )
    return alt.layer(*layers, width=inner, height=alt.Step(row_height), title=heading(title, label))


def scatter(
    data: pd.DataFrame,
    x: str,
    y: str,
    *,
    group: str,
    text: str | None = None,
    fit: pd.DataFrame | None = None,
    labels: tuple[str, str] = ("", ""),
    units: tuple[str, str] = (".1f", ".1f"),
    colours: Mapping[str, str] | None = None,
    title: str = "",
    width: int = WIDE,
    height: int = 320,
) -> ChartType:
    """Two measures of each item, coloured by group, with chosen items named and an optional fitted line.

    Parameters
    ----------
    data : DataFrame
        One row an item.
    x, y, group : str
        Columns: horizontal value, vertical value, colour group.
    text : str, optional
        Column with the label of an item; empty cells stay unlabelled.
    fit : DataFrame, optional
        Points of a fitted line: columns ``x``, ``y`` and, for a band, ``low`` and ``high``.
    labels : pair of str
        Axis titles with units (horizontal, vertical).
    units : pair of str
        Formats of the ticks (d3-format).
    colours, title, width, height
        As in :func:`lines`.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"hours": [2.0, 5.0], "growth": [3.0, 1.0], "of": ["East", "Northeast"], "name": ["Jinan", ""]})
    >>> chart = scatter(cities, "hours", "growth", group="of", text="name", labels=("Hours to Beijing", "Growth, percent"))
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    ['circle', 'text', 'text']
    """
    import altair as alt

    options(width=width, height=height, title=title, colours=colours)
    labels, units = pair(labels, "labels"), pair(units, "units")
    for unit in units:
        options(unit=unit)
    drawable(data, [group], [x, y], [text])
    if fit is not None:
        drawable(fit, [], ["x", "y", *(("low", "high") if "low" in fit else ())], argument="fit")
    groups = list(dict.fromkeys(data[group]))
    scale_x = alt.Scale(domain=extent(data[x], False), nice=False)
    scale_y = alt.Scale(domain=extent(data[y], False), nice=False)
    axis_x = alt.Axis(format=units[0], title=labels[0], tickCount=5)
    axis_y = alt.Axis(format=units[1], title=None, tickCount=5)
    colour = alt.Color(
        f"{group}:N",
        scale=tones(groups, colours),
        legend=alt.Legend(title=None),
    )
    layers = []
    if fit is not None:
        line = alt.Chart(fit).encode(x=alt.X("x:Q", scale=scale_x, axis=axis_x))
        if "low" in fit:
            layers.append(
                line.mark_area(color=MIST, opacity=0.35, clip=True).encode(
                    y=alt.Y("low:Q", scale=scale_y, axis=axis_y), y2=alt.Y2("high:Q")
                )
            )
        layers.append(
            line.mark_line(color=GREY, strokeWidth=1.6, clip=True).encode(y=alt.Y("y:Q", scale=scale_y, axis=axis_y))
        )
    base = alt.Chart(data).encode(
        x=alt.X(f"{x}:Q", scale=scale_x, axis=axis_x), y=alt.Y(f"{y}:Q", scale=scale_y, axis=axis_y)
    )
    layers.append(base.mark_circle(size=58, opacity=0.9).encode(color=colour))
    if text:
        middle = (data[x].min() + data[x].max()) / 2
        for left in (True, False):
            layers.append(
                base.transform_filter(alt.datum[x] <= middle if left else alt.datum[x] > middle)
                .mark_text(align="left" if left else "right", dx=7 if left else -7, fontSize=11)
                .encode(text=alt.Text(f"{text}:N"), color=colour)
            )
    return alt.layer(*layers, width=width - 60, height=height, title=heading(title, labels[1]))


def map_points(
    land: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    size: str,
    colour: str,
    text: str | None = None,
    context: gpd.GeoDataFrame | None = None,
    waters: gpd.GeoDataFrame | None = None,
    focus: gpd.GeoDataFrame | None = None,
    tracks: gpd.GeoDataFrame | None = None,
    steps: Sequence[float] = (-0.2, -0.1, 0, 0.1),
    size_label: str = "",
    colour_label: str = "",
    unit: str = "+.0%",
    width: int = WIDE,
) -> ChartType:
    """Map places as circles: area is size, colour is change in five steps from loss to gain.

    Everything is in one projected coordinate system (see :func:`railbelt.geography.window`), drawn as it is.

    Parameters
    ----------
    land : GeoDataFrame
        Outlines in front (provinces), projected.
    points : GeoDataFrame
        With ``x`` and ``y`` in the same projection (see :func:`railbelt.geography.places`).
    size, colour : str
        Columns of ``points``: the quantity shown as area, and the change shown as colour.
    text : str, optional
        Column with labels; empty cells stay unlabelled.
    context, waters, focus, tracks : GeoDataFrame, optional
        Neighbouring land; rivers and lakes; the part of ``land`` that stands out; railway lines. Projected.
    steps : sequence of 4 floats
        Limits between the five colours.
    size_label, colour_label : str
        Titles of the two legends.
    unit : str
        Format of the colour legend (d3-format).
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> from railbelt import load
    >>> from railbelt.geography import NORTHEAST, outlines, places, window
    >>> land = window(outlines("provinces"))
    >>> cities = load("cities").query("province_code == '21'").assign(people=1.0, change=-0.05)
    >>> chart = map_points(land, places(cities, NORTHEAST), size="people", colour="change")
    >>> chart.to_dict()["layer"][-1]["mark"]["type"]
    'circle'
    """
    import altair as alt

    options(width=width, unit=unit, size_label=size_label, colour_label=colour_label)
    drawable(points, [], ["x", "y", size, colour], [text], "points")
    geometries(land=land, context=context, waters=waters, focus=focus, tracks=tracks)
    if (points[size] < 0).any():
        raise FigureError(f"argument 'points', column '{size}': an area below zero.")
    rising(steps, "steps", 4)
    frame = Frame(around(land, context), width - 8)
    layers = frame.land(land, context, GRID if focus is None else PALETTE["land"][0], 1.2)
    if focus is not None:
        layers.append(frame.shapes(focus, fill=GRID, stroke=PAPER, strokeWidth=1.2))
    if waters is not None:
        layers += frame.waters(waters)
    if tracks is not None:
        layers.append(frame.shapes(tracks, filled=False, stroke=INK, strokeWidth=1.6))
    table = frame.placed(points).sort_values(size, ascending=False)
    base = frame.at(table)
    largest = float(table[size].max())
    area = 1500 if width > 500 else 620
    layers.append(
        base.mark_circle(opacity=0.92, stroke=PAPER, strokeWidth=0.8).encode(
            size=alt.Size(
                f"{size}:Q",
                scale=alt.Scale(domain=[0, largest], range=[0, area]),
                legend=alt.Legend(
                    title=size_label,
                    orient="bottom",
                    symbolFillColor=MIST,
                    symbolStrokeWidth=0,
                    values=_round_steps(largest),
                    direction="horizontal",
                ),
            ),
            color=alt.Color(
                f"{colour}:Q",
                scale=alt.Scale(type="threshold", domain=list(steps), range=DIVERGING),
                legend=alt.Legend(
                    title=colour_label,
                    orient="bottom",
                    format=unit,
                    type="symbol",
                    direction="horizontal",
                    columns=5 if width > 500 else 3,
                ),
            ),
        )
    )
    if text:
        layers.append(
            base.mark_text(dy=-11, fontSize=11, color=INK, stroke=PAPER, strokeWidth=3, strokeJoin="round").encode(
                text=alt.Text(f"{text}:N")
            )
        )
        layers.append(base.mark_text(dy=-11, fontSize=11, color=INK).encode(text=alt.Text(f"{text}:N")))
    apart = {"scale": {"size": "independent"}}
    return alt.layer(*layers, width=frame.width, height=frame.height, resolve=apart)


def _round_steps(largest: float) -> list[float]:
    """Return three round values below the largest, for the legend of sizes."""
    import math

    power = 10 ** math.floor(math.log10(largest or 1))
    top = int(largest / power) * power
    return [top / 10, top / 2, top]


def timeline(
    data: pd.DataFrame,
    *,
    year: str = "year",
    text: str = "event",
    kind: str = "kind",
    colours: Mapping[str, str] | None = None,
    width: int = WIDE,
) -> ChartType:
    """Set out dated events, one a row from top to bottom, at their place on a common axis of years.

    Parameters
    ----------
    data : DataFrame
        In the order wanted.
    year, text, kind : str
        Columns: year (number), what happened (short), kind (colour).
    colours, width
        As in :func:`dots`.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame({"year": [1903, 2012], "event": ["Trans-Manchurian line", "Harbin-Dalian"], "kind": ["rail", "rail"]})
    >>> chart = timeline(events)
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    ['rule', 'circle', 'text', 'text']
    """
    import textwrap

    import altair as alt

    options(width=width, colours=colours)
    drawable(data, [kind, text], [year])
    if data[year].isna().any():
        raise FigureError(f"argument 'data', column '{year}': an event without a year.")
    kinds = list(dict.fromkeys(data[kind]))
    axis_width, limit = (84, 27) if width < 500 else (150, 72)
    wrapped = [textwrap.wrap(str(entry), limit) or [""] for entry in data[text]]
    heights = [LINE * len(entry) + 8 for entry in wrapped]
    table = data.assign(shown=["\n".join(entry) for entry in wrapped], at=[0, *itertools.accumulate(heights[:-1])])
    height = sum(heights)
    colour = alt.Color(
        f"{kind}:N",
        scale=tones(kinds, colours),
        legend=alt.Legend(title=None, columns=2 if width < 500 else 0),
    )
    scale_x = alt.Scale(
        domain=[int(data[year].min()) - 1, int(data[year].max()) + 1], range=[0, axis_width], nice=False
    )
    base = alt.Chart(table).encode(y=alt.Y("at:Q", scale=alt.Scale(domain=[0, height], range=[0, height]), axis=None))
    axis = alt.Axis(format="d", title=None, orient="top", tickCount=2 if width < 500 else 4, grid=True)
    dated = alt.X(f"{year}:Q", scale=scale_x, axis=axis)
    words: dict[str, Any] = {"align": "left", "baseline": "top", "lineHeight": LINE, "fontSize": 11.5}
    layers = [
        base.mark_rule(color=GRID, yOffset=6).encode(x=dated, x2=alt.X2Value(axis_width + 8)),
        base.mark_circle(size=70, opacity=1, yOffset=6).encode(x=dated, color=colour),
        base.mark_text(color=INK, fontWeight=600, **words).encode(
            x=alt.XValue(axis_width + 14), text=alt.Text(f"{year}:Q", format="d")
        ),
        base.mark_text(color=INK, lineBreak="\n", **words).encode(
            x=alt.XValue(axis_width + 50), text=alt.Text("shown:N")
        ),
    ]
    return alt.layer(*layers, width=width - 16, height=height)


def panels(charts: Sequence[ChartType], columns: int, spacing: int = 28) -> alt.ConcatChart:
    """Set charts side by side, ``columns`` in a row; their scales stay independent.

    Parameters
    ----------
    charts : sequence of charts
        Each drawn at its share of the width.
    columns : int
        1 for a phone.
    spacing : int
        Pixels between panels.

    Returns
    -------
    altair.ConcatChart

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame({"year": [2000, 2010], "share": [0.1, 0.07], "place": ["Northeast", "Northeast"]})
    >>> pair = panels([lines(one, "year", "share", "place", title=title, width=330) for title in ("Output", "People")], 2)
    >>> len(pair.to_dict()["concat"])
    2
    """
    import altair as alt

    checks.whole(columns, "columns", 1, 100)
    checks.whole(spacing, "spacing", 0, 1000)
    if not charts:
        raise FigureError("argument 'charts': nothing to set side by side.")
    joined: alt.ConcatChart = alt.concat(*charts, columns=columns, spacing=spacing).resolve_scale(color="independent")
    return joined
