"""Charts of a design: what a place could expect against what it got, and every defensible specification at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.charts._parts import heading, named_rows
from railbelt.charts._table import axis_limits, drawable, options, pair
from railbelt.charts.theme import GREY, GRID, INK, MIST, PAPER, RAIL, RUST, WIDE
from railbelt.errors import FigureError, suggest

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["expected_realised", "power_curves", "specification_curve"]


def expected_realised(
    data: pd.DataFrame,
    line: str,
    place: str,
    expected: str,
    realised: str,
    *,
    chosen: str,
    order: str,
    label: str = "",
    names: tuple[str, str] = ("expected", "realised"),
    unit: str = ".1f",
    domain: tuple[float, float] | None = None,
    width: int = WIDE,
) -> ChartType:
    """Show two values of each place on a line that the reader chooses: a hollow mark for the expected, a full one for the realised.

    Parameters
    ----------
    data : DataFrame
        One row a line and place.
    line, place, expected, realised : str
        Columns; ``line`` fills the menu of the live chart, in alphabetical order.
    chosen : str
        Line shown at first.
    order : str
        Column with the order of places along a line.
    label : str
        Title of the axis.
    names : pair of str
        What the two marks are called.
    unit : str
        Format of the ticks (d3-format).
    domain : pair of float, optional
        Of the axis; by default from zero to the largest value of the line chosen.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart
        With a parameter ``line`` bound to a menu.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = pd.DataFrame({"line": ["A", "A"], "town": ["x", "y"], "drawn": [0.4, 0.4], "was": [1, 0], "seq": [1, 2]})
    >>> chart = expected_realised(towns, "line", "town", "drawn", "was", chosen="A", order="seq")
    >>> chart.to_dict()["params"][0]["bind"]["input"]
    'select'
    """
    import altair as alt

    options(width=width, unit=unit, label=label)
    names = pair(names, "names")
    drawable(data, [line, place], [expected, realised, order])
    axis_limits(domain)
    lines = sorted(data[line].astype(str).unique())
    if chosen not in lines:
        raise FigureError(f"argument 'chosen': no line '{chosen}'. {suggest(chosen, lines)}")
    menu = alt.param(name="line", value=chosen, bind=alt.binding_select(options=lines, name="Line: "))
    margin = 150 if width > 500 else 112
    x = alt.Scale(domain=list(domain) if domain else alt.Undefined, zero=True, nice=True)
    count = 6 if width >= 500 else 4
    axis = alt.Axis(
        format=unit, title=label or None, grid=True, domain=False, ticks=False, orient="top", tickCount=count
    )
    colour = alt.Color(
        "change:N", scale=alt.Scale(domain=["above expectation", "below expectation"], range=[RAIL, RUST]),
        legend=alt.Legend(title=None, symbolOpacity=1, orient="bottom", columns=1 if width < 500 else 0),
    )  # fmt: skip
    base = (
        alt.Chart(data)
        .transform_filter(f"datum[{line!r}] == line")
        .transform_calculate(
            change=f"datum[{realised!r}] >= datum[{expected!r}] ? 'above expectation' : 'below expectation'"
        )
        .encode(
            y=alt.Y(f"{place}:N", sort=alt.SortField(order), title=None).axis(
                labelLimit=margin,
                minExtent=margin,
                labelColor=INK,
                grid=True,
                gridColor=GRID,
                ticks=False,
                domain=False,
            ),
            tooltip=[
                alt.Tooltip(f"{place}:N", title="place"),
                alt.Tooltip(f"{expected}:Q", title=names[0], format=".2f"),
                alt.Tooltip(f"{realised}:Q", title=names[1], format=".2f"),
            ],
        )
    )
    layers = [
        base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
            x=alt.X(f"{expected}:Q", scale=x, axis=axis), x2=alt.X2(f"{realised}:Q"), color=colour
        ),
        base.mark_point(filled=True, size=56, fill=PAPER, stroke=GREY, strokeWidth=1.8, opacity=1).encode(
            x=alt.X(f"{expected}:Q", scale=x, axis=axis)
        ),
        base.mark_circle(size=66, opacity=1).encode(x=alt.X(f"{realised}:Q", scale=x, axis=axis), color=colour),
    ]
    return alt.layer(*layers).add_params(menu).properties(width=width - margin - 34, height=alt.Step(20))


def specification_curve(
    data: pd.DataFrame,
    estimate: str,
    low: str,
    high: str,
    choices: Sequence[str],
    *,
    group: str,
    colours: Mapping[str, str],
    label: str = "",
    unit: str = "+.2f",
    domain: tuple[float, float] | None = None,
    width: int = WIDE,
    height: int = 210,
) -> alt.VConcatChart:
    """Rank the estimates of all specifications, with their intervals, above the choices that each of them made.

    Parameters
    ----------
    data : DataFrame
        One row a specification.
    estimate, low, high : str
        Columns; intervals are cut off at the domain.
    choices : sequence of str
        Columns of the choices shown below; each value gets a row.
    group : str
        Column that decides the colour.
    colours : mapping
        Colour of each group.
    label : str
        Title of the upper axis.
    unit : str
        Format of the ticks (d3-format).
    domain : pair of float, optional
        Of the estimates.
    width, height : int
        Pixels; the height is that of the upper part.

    Returns
    -------
    altair.VConcatChart

    Examples
    --------
    >>> import pandas as pd
    >>> tried = pd.DataFrame({"b": [0.1, 0.3], "low": [0.0, 0.1], "high": [0.2, 0.5], "sample": ["all", "small"], "sign": ["+", "+"]})
    >>> chart = specification_curve(tried, "b", "low", "high", ["sample"], group="sign", colours={"+": "#1f6f9f"})
    >>> len(chart.to_dict()["vconcat"])
    2
    """
    import altair as alt
    import pandas as pd

    options(width=width, height=height, unit=unit, label=label, colours=colours)
    choices = checks.texts(choices, "choices")
    if not choices:
        raise FigureError("argument 'choices': name at least one column.")
    drawable(data, [group, *choices], [estimate, low, high])
    axis_limits(domain)
    if not set(data[group]) <= set(colours):
        raise FigureError(f"argument 'colours': a group of column '{group}' has none.")
    ranked = data.sort_values(estimate, kind="stable").reset_index(drop=True).rename_axis("rank").reset_index()
    limits = list(domain or (float(ranked[low].min()), float(ranked[high].max())))
    ranked = ranked.assign(low_=ranked[low].clip(*limits), high_=ranked[high].clip(*limits))
    margin = 176 if width > 500 else 126
    inner = width - margin - 12
    x = alt.X("rank:Q", scale=alt.Scale(domain=[-1, len(ranked)], nice=False), axis=None)
    y = alt.Scale(domain=limits, nice=False)
    colour = alt.Color(
        f"{group}:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(title=None, symbolOpacity=1, orient="top", columns=1 if width < 500 else 0),
    )  # fmt: skip
    columns = ["rank", estimate, "low_", "high_", group]
    upper = alt.Chart(ranked[columns]).encode(x=x)
    thin = max(0.7, min(3.0, 0.55 * inner / len(ranked)))
    top = alt.layer(
        alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=INK).encode(y=alt.Y("zero:Q", scale=y)),
        upper.mark_rule(strokeWidth=thin, opacity=0.28).encode(
            y=alt.Y("low_:Q", scale=y, axis=alt.Axis(format=unit, title=None, grid=True, minExtent=margin)),
            y2=alt.Y2("high_:Q"),
            color=colour,
        ),
        upper.mark_circle(size=12 if width > 500 else 7, opacity=1).encode(
            y=alt.Y(f"{estimate}:Q", scale=y), color=colour
        ),
        width=inner,
        height=height,
        title=heading("", label),
    )
    rows = [(choice, str(value)) for choice in choices for value in dict.fromkeys(data[choice])]
    values = [value for _, value in rows]
    long = pd.concat([ranked[["rank", group]].assign(value=ranked[choice].astype(str)) for choice in choices])
    edges = pd.DataFrame({"value": [v for i, (c, v) in enumerate(rows) if i and rows[i - 1][0] != c]})
    place = named_rows("value", values, margin, ticks=False, domain=False)
    bottom = alt.layer(
        alt.Chart(edges).mark_rule(color=MIST, yOffset=-8.5).encode(y=place),
        alt.Chart(long)
        .mark_tick(thickness=thin, height=11, opacity=0.8, orient="vertical")
        .encode(x=x, y=place, color=colour),
        width=inner,
        height=alt.Step(17),
    )
    joined: alt.VConcatChart = alt.vconcat(top, bottom, spacing=6).resolve_scale(color="shared")
    return joined


def power_curves(
    data: pd.DataFrame,
    effect: str,
    power: str,
    series: str,
    *,
    colours: Mapping[str, str],
    wanted: float = 0.8,
    label: str = "",
    width: int = WIDE,
    height: int = 270,
) -> ChartType:
    """Draw how often a test finds an effect, by its true size, with the power usually asked for.

    Parameters
    ----------
    data : DataFrame
        One row an effect and series.
    effect, power, series : str
        Columns.
    colours : mapping
        Colour of each series; its name stands at the end of its line.
    wanted : float
        Marked by a dotted line.
    label : str
        Title of the axis of effects.
    width, height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> power = pd.DataFrame({"effect": [0.0, 0.1], "power": [0.05, 0.6], "design": ["plain", "plain"]})
    >>> power_curves(power, "effect", "power", "design", colours={"plain": "#b5471b"}).to_dict()["layer"][0]["mark"]["type"]
    'rule'
    """
    import altair as alt
    import pandas as pd

    options(width=width, height=height, label=label, colours=colours)
    drawable(data, [series], [effect, power])
    checks.number(wanted, "wanted", 0, 1)
    if not data[power].dropna().between(0, 1).all():
        raise FigureError(f"argument 'data', column '{power}': a power is not between 0 and 1.")
    if not set(data[series]) <= set(colours):
        raise FigureError(f"argument 'colours': a series of column '{series}' has none.")
    room = 96 if width > 500 else 92
    x = alt.X(f"{effect}:Q", scale=alt.Scale(nice=False), axis=alt.Axis(title=label or None, tickCount=6, domain=True))
    y = alt.Y(
        f"{power}:Q", scale=alt.Scale(domain=[0, 1.02], nice=False), axis=alt.Axis(format=".0%", title=None, grid=True)
    )
    colour = alt.Color(f"{series}:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None)
    base = alt.Chart(data).encode(x=x, y=y, color=colour)
    last = data.sort_values(effect).drop_duplicates(series, keep="last").sort_values(power, ascending=False)
    tied = last[power].round(1).duplicated(keep="first")
    last = last.assign(lower=tied)
    line = (
        alt.Chart(pd.DataFrame({"wanted": [wanted]}))
        .mark_rule(strokeDash=[2, 3], color=GREY)
        .encode(y=alt.Y("wanted:Q"))
    )
    names = [
        alt.Chart(last[last.lower == low])
        .mark_text(align="left", dx=7, dy=16 if low else 0, fontWeight=600)
        .encode(x=x, y=y, text=alt.Text(f"{series}:N"), color=colour)
        for low in (False, True)
    ]
    return alt.layer(line, base.mark_line(), base.mark_circle(size=26, opacity=1), *names).properties(
        width=width - room - 46, height=height
    )
