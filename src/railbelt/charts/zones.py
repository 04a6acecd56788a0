"""Where something lies against a range of its own: one row an item, nested bars for the ranges, a way from then to now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.charts._parts import named_rows, room
from railbelt.charts._table import drawable, options, pair, rising
from railbelt.charts.theme import GRID, INK, PALETTE, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["zones"]

CHARACTER = 7.4
SHADES = [PALETTE[name][0] for name in ("rust-light", "rust")]


def zones(
    data: pd.DataFrame,
    y: str,
    ranges: Mapping[str, tuple[str, str]],
    ends: tuple[str, str],
    *,
    ticks: Sequence[float],
    label: str = "",
    width: int = WIDE,
    row_height: int = 18,
) -> ChartType:
    """Draw ranges as bars, the wider one behind, and a value that moved from a hollow to a full dot, on a scale of ratios.

    Parameters
    ----------
    data : DataFrame
        One row an item, in the order shown; a range that does not exist has missing limits.
    y : str
        Column of the item's name.
    ranges : mapping of str to pair of str
        One or two ranges: what each is called, in the legend, and the columns of its limits.
    ends : pair of str
        Columns of the value then (hollow) and now (full).
    ticks : sequence of float
        Values on the axis; the first and the last limit it.
    label : str
        Unit of the axis.
    width, row_height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"place": ["a"], "low": [30.0], "high": [180.0], "then": [200.0], "now": [100.0]})
    >>> zones(frame, "place", {"loses": ("low", "high")}, ("then", "now"), ticks=[20, 240]).to_dict()["height"]
    {'step': 18}
    """
    import altair as alt
    import pandas as pd

    options(width=width, row_height=row_height, label=label)
    ends, ranges = pair(ends, "ends"), {name: pair(limits, f"ranges['{name}']") for name, limits in ranges.items()}
    drawable(data, [y], [*ends, *(end for limits in ranges.values() for end in limits)])
    checks.once(data, [y])
    rising(ticks, "ticks")
    ticks = checks.vector(ticks, "ticks").tolist()
    if len(ticks) < 2 or not ticks[0] > 0 or not 1 <= len(ranges) <= len(SHADES):
        raise FigureError("arguments 'ticks' and 'ranges': two ticks above zero and one or two ranges are needed.")
    order = data[y].tolist()
    margin = room(order, 200 if width > 500 else 112, CHARACTER)
    scale = alt.Scale(type="log", domain=[ticks[0], ticks[-1]], nice=False)
    axis = alt.Axis(
        orient="top",
        values=list(ticks),
        title=label or None,
        domain=False,
        ticks=False,
        grid=True,
        format="d",
        labelOverlap="greedy",
    )
    rows = named_rows(y, order, margin, grid=True, gridColor=GRID)
    bars = pd.concat(
        data[[y]].assign(range=name, low=data[low].clip(ticks[0], ticks[-1]), high=data[high].clip(ticks[0], ticks[-1]))
        for name, (low, high) in ranges.items()
    ).dropna()
    shown = data[[y, *ends]].assign(**{end: data[end].clip(ticks[0], ticks[-1]) for end in ends})
    base = alt.Chart(shown).encode(y=rows)
    then, now = (alt.X(f"{end}:Q", scale=scale, axis=axis) for end in ends)
    layers = [
        alt.Chart(bars)
        .mark_bar(height=row_height - 6)
        .encode(
            y=rows,
            x=alt.X("low:Q", scale=scale, axis=axis),
            x2=alt.X2("high:Q"),
            color=alt.Color(
                "range:N",
                scale=alt.Scale(domain=list(ranges), range=SHADES[-len(ranges) :]),
                legend=alt.Legend(
                    title=None, symbolType="square", columnPadding=24, columns=1 if width < 500 else 0, labelLimit=width
                ),
            ),
        ),
        base.mark_rule(color=INK, strokeWidth=1.4).encode(x=then, x2=alt.X2(f"{ends[1]}:Q")),
        base.mark_point(filled=True, size=44, fill=PALETTE["paper"][0], stroke=INK, strokeWidth=1.6, opacity=1).encode(
            x=then
        ),
        base.mark_circle(size=52, color=INK, opacity=1).encode(x=now),
    ]
    return alt.layer(*layers, width=width - margin - 34, height=alt.Step(row_height))
