"""Parts that several kinds of chart are made of: named rows, headed columns, years, colours, events, labels that keep apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt.charts.theme import COLOURS, GREY, INK, MIST

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

CHARACTER = 8.6
"""Mean width in pixels of a character at the text size of the charts; keeps room for direct labels."""

LINE = 14
"""Height in pixels of a line of text."""


def room(names: Iterable[object], most: float, character: float = CHARACTER, pad: float = 12) -> float:
    """Return the pixels that the longest of some names takes beside a chart, ``most`` at most."""
    return min(character * max(len(str(name)) for name in names) + pad, most)


def named_rows(
    field: str, names: Sequence[str], margin: float, scale: Mapping[str, Any] | None = None, **axis: Any
) -> alt.Y:
    """Return the vertical axis of a chart with one row a name, in the order given, with a fixed margin for the names."""
    import altair as alt

    y = alt.Y(f"{field}:N", sort=list(names), title=None, scale=alt.Scale(domain=list(names), **(scale or {})))
    named: alt.Y = y.axis(labelLimit=margin, minExtent=margin, labelColor=INK, **axis)
    return named


def headed_columns(names: Sequence[str], wide: bool, scale: Mapping[str, Any], **axis: Any) -> alt.X:
    """Return the horizontal axis ``heading`` of a table: headings on top, broken into lines, upright on a phone."""
    import altair as alt

    x = alt.X("heading:N", sort=list(names), title=None, scale=alt.Scale(domain=list(names), **scale))
    headed: alt.X = x.axis(
        orient="top",
        labelAngle=0 if wide else -90,
        labelExpr="split(datum.value, '\\n')" if wide else "replace(datum.value, /\\n/g, ' ')",
        labelAlign="center" if wide else "left",
        labelBaseline="bottom" if wide else "middle",
        labelFontSize=11,
        labelColor=INK,
        domain=False,
        ticks=False,
        **axis,
    )
    return headed


def years(data: pd.DataFrame, x: str, inner: float) -> tuple[alt.Scale, alt.X]:
    """Return the scale from the first to the last year of a table, and a horizontal axis that uses it."""
    import altair as alt

    scale = alt.Scale(domain=[float(data[x].min()), float(data[x].max())], nice=False)
    return scale, alt.X(f"{x}:Q", scale=scale).axis(format="d", tickCount=max(2, inner // 80), title=None)


def tones(names: Sequence[Any], colours: Mapping[str, str] | None) -> alt.Scale:
    """Return the scale of colours by name: those given, those of the book, grey."""
    import altair as alt

    known = {**COLOURS, **(colours or {})}
    return alt.Scale(domain=list(names), range=[known.get(str(name), GREY) for name in names])


def extent(values: pd.Series[float] | pd.DataFrame, zero: bool) -> list[float]:
    """Return limits around values with a twentieth to spare, from zero if asked."""
    import numpy as np

    numbers = values.to_numpy(dtype=float)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    pad = 0.05 * ((high - low) or 1)
    return [low if zero and low == 0 else low - pad, high + pad]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move values apart until neighbours differ by at least ``gap``, keeping their order."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed = list(values)
    for _ in range(200):
        moved = False
        for low, high in itertools.pairwise(order):
            overlap = gap - (placed[high] - placed[low])
            if overlap > 1e-9 * max(gap, 1e-12):
                placed[low] -= overlap / 2
                placed[high] += overlap / 2
                moved = True
        if not moved:
            break
    return placed


def events(marks: Mapping[int, str], x: str, scale: alt.Scale, per_year: float) -> list[alt.Chart]:
    """Draw vertical rules with labels at the top; a label that would run into the next stands lower."""
    import altair as alt

    at, texts = sorted(marks), [marks[year].split("\n") for year in sorted(marks)]
    row, rows, free_from = 0, [], float("-inf")
    for year, text in zip(at, texts, strict=True):
        row = row + 1 if year * per_year < free_from else 0
        rows.append(row)
        free_from = year * per_year + CHARACTER * max(map(len, text))
    base = alt.Chart(small_table({x: at, "event": texts, "row": rows})).encode(x=alt.X(f"{x}:Q", scale=scale))
    drawn = [base.mark_rule(strokeDash=[2, 3], color=MIST)]
    for row in sorted(set(rows)):
        drawn.append(
            base.transform_filter(alt.datum["row"] == row)
            .mark_text(align="left", baseline="top", dx=4, dy=30 * row, fontSize=11, color=GREY)
            .encode(y=alt.YValue(0), text=alt.Text("event:N"))
        )
    return drawn


def heading(title: str, label: str) -> Any:
    """Return the title of a panel, with what its axis measures below or in place of it; undefined without either."""
    import altair as alt

    if not title and not label:
        return alt.Undefined
    shown: dict[str, object] = {"text": title or label, "anchor": "start", "frame": "group"}
    if title and label:
        shown |= {"subtitle": label, "subtitleColor": GREY, "subtitleFontSize": 12}
    if not title:
        shown |= {"fontWeight": "normal", "color": GREY, "fontSize": 12}
    return shown


def small_table(columns: Mapping[str, Iterable[object]]) -> pd.DataFrame:
    """Return a table of its columns; pandas is imported only when a chart is drawn."""
    import pandas as pd

    return pd.DataFrame({name: list(values) for name, values in columns.items()})
