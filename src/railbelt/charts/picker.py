"""A chart in which the reader picks a place: its travel times and its access year by year, without a kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt.charts._parts import heading, small_table
from railbelt.charts._table import options
from railbelt.charts.theme import GREY, INK, MIST, RUST, WIDE
from railbelt.errors import FigureError, suggest

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

__all__ = ["city_picker"]


def city_picker(
    minutes: pd.DataFrame,
    access: pd.DataFrame,
    *,
    first: str,
    colours: Mapping[str, str],
    benchmark: str,
    width: int = WIDE,
) -> alt.VConcatChart | alt.HConcatChart:
    """Draw the travel times and the access of one place by year; in its live form a list of all places picks another.

    Parameters
    ----------
    minutes : DataFrame
        Years (columns) of travel times in minutes by ``(place, destination)``; missing where no train leads.
    access : DataFrame
        Years (columns) of an index of access by place, among them the benchmark.
    first : str
        Place shown at first.
    colours : mapping of str to str
        Destinations in order and their colours.
    benchmark : str
        Row of ``access`` drawn in grey beside the place, for instance a median.
    width : int
        Pixels; a phone gets the two panels one above the other.

    Returns
    -------
    altair.HConcatChart or altair.VConcatChart

    Raises
    ------
    FigureError
        If the first place or the benchmark is missing, or a place lacks its access.

    Examples
    --------
    >>> import pandas as pd
    >>> times = pd.DataFrame([[300.0, 200.0]], index=pd.MultiIndex.from_tuples([("Anshan", "Beijing")]), columns=[2003, 2025])
    >>> index = pd.DataFrame([[1.0, 2.0], [1.0, 1.5]], index=["Anshan", "Median"], columns=[2003, 2025])
    >>> chart = city_picker(times, index, first="Anshan", colours={"Beijing": "#b5471b"}, benchmark="Median")
    >>> chart.to_dict()["params"][0]["bind"]["options"]
    ['Anshan']
    """
    import altair as alt

    options(width=width, colours=colours)
    minutes, access = _by_year(minutes, "minutes"), _by_year(access, "access")
    if minutes.index.nlevels != 2 or not minutes.columns.equals(access.columns):
        raise FigureError(
            "arguments 'minutes' and 'access': expected the same years, minutes by place and destination."
        )
    places = sorted(minutes.index.get_level_values(0).unique())
    for argument, name, known in (("first", first, places), ("benchmark", benchmark, access.index)):
        if name not in known:
            raise FigureError(f"argument '{argument}': no place '{name}'. {suggest(name, known)}")
    lost = [place for place in places if place not in access.index]
    if lost:
        raise FigureError(f"argument 'access': no row for '{lost[0]}'.")
    years = [int(year) for year in minutes.columns]
    picked = alt.param(name="place", value=first, bind=alt.binding_select(options=places, name="City "))
    left = width if width < 500 else int(width * 0.56)
    right = width if width < 500 else width - left - 30

    def series(rows: Sequence[tuple[str, ...]], fields: Sequence[str], keep: str) -> alt.Chart:
        """Unpack the rows kept of figures written as one text each, which makes the page light and the choice quick."""
        table = small_table(dict(zip(("place", *fields, "figures"), zip(*rows, strict=True), strict=True)))
        return (
            alt.Chart(table)
            .transform_filter(keep)
            .transform_calculate(value="split(datum.figures, ' ')", year=f"{years}")
            .transform_flatten(["value", "year"])
            .transform_calculate(value="toNumber(datum.value)")
            .transform_filter("isValid(datum.value)")
        )

    axis_x = alt.X("year:Q", title=None, scale=alt.Scale(domain=[years[0], years[-1]], nice=False)).axis(
        format="d", tickCount=5, values=[y for y in years if y % 5 == 0]
    )
    times = series(
        [
            (p, d, " ".join(_digits(v) for v in row))
            for (p, d), row in zip(minutes.index, minutes.to_numpy(), strict=True)
        ],
        ["destination"],
        "datum.place == place && datum.place != datum.destination",
    )
    times = times.transform_calculate(hours="datum.value / 60").encode(
        x=axis_x,
        y=alt.Y("hours:Q", title=None, scale=alt.Scale(zero=True, nice=True)).axis(tickCount=5),
        color=alt.Color(
            "destination:N",
            scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            legend=alt.Legend(
                title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3, columns=4 if width > 500 else 2
            ),
        ),
        tooltip=[
            alt.Tooltip("destination:N", title="To"),
            alt.Tooltip("year:Q", title="Year", format="d"),
            alt.Tooltip("value:Q", title="Minutes", format=".0f"),
        ],
    )
    panel_1 = times.mark_line(point=alt.OverlayMarkDef(size=20, filled=True)).properties(
        width=left - 46, height=240, title=heading("Hours by the fastest trains", "")
    )
    figures = [
        (p, " ".join(_digits(v, 3) for v in row)) for p, row in zip(access.index, access.to_numpy(), strict=True)
    ]

    def rise(keep: str) -> alt.Chart:
        return series(figures, [], keep).encode(
            x=axis_x,
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True)).axis(tickCount=5, format=".1f"),
            tooltip=[
                alt.Tooltip("year:Q", title="Year", format="d"),
                alt.Tooltip("value:Q", title=f"Times {years[0]}", format=".2f"),
            ],
        )

    last = f"datum.year == {years[-1]}"
    grey, own = rise(f"datum.place == {benchmark!r}"), rise("datum.place == place")
    end: dict[str, Any] = {"align": "right", "dy": -10}
    panel_2 = alt.layer(
        grey.mark_line(color=MIST, strokeDash=[5, 4]),
        own.mark_line(color=RUST, strokeWidth=2.6),
        grey.transform_filter(last).mark_text(color=GREY, **end).encode(text=alt.TextValue(benchmark)),
        own.transform_filter(last).mark_text(color=INK, fontWeight=600, **end).encode(text=alt.Text("place:N")),
        width=right - 40,
        height=240,
        title=heading(f"Market access, {years[0]} = 1", ""),
    )
    joined = alt.vconcat(panel_1, panel_2) if width < 500 else alt.hconcat(panel_1, panel_2, spacing=26)
    shown: alt.VConcatChart | alt.HConcatChart = joined.add_params(picked).resolve_scale(color="independent")
    return shown


def _by_year(table: pd.DataFrame, argument: str) -> pd.DataFrame:
    """Return a table as numbers from zero by rising years; what is missing or out of reach is not drawn."""
    years = [checks.whole(year, f"{argument}: year", -9999, 9999) for year in table.columns]
    if table.empty or table.index.has_duplicates or years != sorted(set(years)):
        raise FigureError(f"argument '{argument}': no rows, a row that stands twice, or years that do not rise.")
    reached = table.replace(float("inf"), None)
    numbers = table.copy()
    for year in table.columns:
        if (checks.figures(reached, year, argument, missing=True) < 0).any():
            raise FigureError(f"argument '{argument}', column {year}: a number below zero.")
        numbers[year] = table[year].astype(float)
    return numbers


def _digits(value: float, decimals: int = 0) -> str:
    import math

    return f"{value:.{decimals}f}" if math.isfinite(value) else "x"
