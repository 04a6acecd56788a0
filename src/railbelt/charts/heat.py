"""A table of numbers as colours: places by assumptions, places by scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.charts._parts import headed_columns, named_rows, room
from railbelt.charts._table import drawable, options, rising
from railbelt.charts.theme import DIVERGING, INK, PALETTE, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["heat"]

CHARACTER = 7.2
RISING = [PALETTE[name][0] for name in ("land", "rail-light", "rail")]


def heat(
    data: pd.DataFrame,
    row: str,
    columns: Mapping[str, str],
    *,
    steps: Sequence[float],
    diverging: bool = False,
    unit: str = ".0%",
    legend: str = "",
    width: int = WIDE,
    row_height: int = 19,
) -> ChartType:
    """Colour a table: rows in the order given, columns under their headings, numbers in the cells where there is room.

    Parameters
    ----------
    data : DataFrame
        One row a place; column ``row`` names it.
    row : str
        Column with the names.
    columns : mapping of str to str
        Columns with numbers, and their headings (a line break parts them).
    steps : sequence of float
        Limits between the colours: two for rising colours, four for diverging ones.
    diverging : bool
        From loss (rust) to gain (blue) instead of from little to much.
    unit : str
        Format of the numbers (d3-format).
    legend : str
        Title of the legend.
    width, row_height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> heat(pd.DataFrame({"place": ["a"], "x": [0.2]}), "place", {"x": "x"}, steps=[0.1, 0.3]).to_dict()["height"]
    {'step': 19}
    """
    import altair as alt
    import numpy as np

    options(width=width, row_height=row_height, unit=unit, legend=legend)
    drawable(data, [row], list(columns))
    checks.once(data, [row])
    rising(steps, "steps", 4 if diverging else 2)
    if not columns or len(set(columns.values())) < len(columns):
        raise FigureError("argument 'columns': no column, or two of one heading.")
    wide = width > 500
    order, headings = data[row].tolist(), list(columns.values())
    tidy = data.melt(id_vars=row, value_vars=list(columns), var_name="column", value_name="value")
    tidy = tidy.assign(heading=tidy.column.map(dict(columns)))
    margin = room(order, 180 if wide else 112, CHARACTER, 10)
    cell = (width - margin - 8) / len(headings)
    colours = DIVERGING if diverging else RISING
    dark = (0, len(colours) - 1) if diverging else (len(colours) - 1,)
    step = np.searchsorted(list(steps), tidy.value, side="right")
    tidy = tidy.assign(ink=np.where(np.isin(step, dark) & tidy.value.notna(), "light", "dark"))
    base = alt.Chart(tidy).encode(
        x=headed_columns(
            headings,
            wide,
            {"paddingInner": 0.04},
            labelLineHeight=13,
            labelLimit=180,
            labelPadding=(4 + 13 * max(text.count("\n") for text in headings)) if wide else 4,
            minExtent=0 if wide else CHARACTER * max(map(len, headings)) + 8,
        ),
        y=named_rows(row, order, margin, {"paddingInner": 0.08}, domain=False, ticks=False),
    )
    scale = alt.Scale(type="threshold", domain=list(steps), range=colours)
    shown = alt.Legend(
        titleLimit=320,
        title=legend or None,
        orient="bottom",
        format=unit,
        type="symbol",
        symbolType="square",
        columns=0 if wide else 3,
    )
    layers = [base.mark_rect().encode(color=alt.Color("value:Q", scale=scale, legend=shown))]
    if wide or cell > 34:
        for name, ink in (("light", PALETTE["paper"][0]), ("dark", INK)):
            layers.append(
                base.transform_filter(alt.datum["ink"] == name)
                .mark_text(fontSize=10.5, color=ink)
                .encode(text=alt.Text("value:Q", format=unit))
            )
    return alt.layer(*layers, width=cell * len(headings), height=alt.Step(row_height))
