"""Trade and traffic across one border: yearly series in one currency, and how far crossings are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["in_dollars", "use_of_capacity"]

DOLLARS, YUAN = "USD bn", "CNY bn"
WHOLE_YEAR = "FY"


def in_dollars(trade: pd.DataFrame, rates: pd.DataFrame, area: str) -> pd.DataFrame:
    """Return the yearly trade of an area with Russia in billions of dollars, one row a year.

    A year reported in both currencies keeps its dollars; a year in yuan is divided by the mean rate of the year.

    Parameters
    ----------
    trade : DataFrame
        Table ``northeast_russia_trade``.
    rates : DataFrame
        Table ``exchange_rates``.
    area : str
        As in the column ``area``.

    Returns
    -------
    DataFrame
        Indexed by ``year``: ``with_russia``, ``exports``, ``imports``, ``total_trade`` (billion dollars), ``russia_share`` (of the area's trade,
        0 to 1), ``documented`` (False for grade C).

    Raises
    ------
    DataError
        If the area is unknown or a rate is missing.

    Examples
    --------
    >>> from railbelt import load
    >>> table = in_dollars(load("northeast_russia_trade"), load("exchange_rates"), "Heilongjiang")
    >>> table.with_russia.loc[[2013, 2021]].round(1).tolist()
    [22.4, 20.4]
    """
    checks.columns(trade, ["area", "period", "currency", "grade"], "trade")
    checks.once(rates, ["year"], "rates")
    columns = ["with_russia", "exports", "imports", "total_trade", "russia_share_pct"]
    trade = trade.assign(**{name: checks.figures(trade, name, "trade", missing=True) for name in columns})
    trade = trade.assign(year=checks.wholes(trade, "year", "trade"))
    if (trade[columns] < 0).any(axis=None):
        raise DataError("argument 'trade': a figure is below zero.")
    rates = rates.assign(cny_per_usd=checks.figures(rates, "cny_per_usd", "rates", positive=True))
    mine = trade[(trade.area == area) & (trade.period == WHOLE_YEAR) & trade.with_russia.notna()]
    if mine.empty:
        raise DataError(f"argument 'area': no full year for '{area}'. {suggest(area, trade.area.unique())}")
    mine = mine.assign(first=mine.currency.map({DOLLARS: 0, YUAN: 1})).dropna(subset="first")
    mine = mine.sort_values(["year", "first"]).drop_duplicates("year").set_index("year")
    rate = rates.set_index("year").cny_per_usd.reindex(mine.index).where(mine.currency == YUAN, 1.0)
    if rate.isna().any():
        raise DataError(f"argument 'rates': no exchange rate for {rate.index[rate.isna()][0]}.")
    money = mine[columns[:4]].div(rate, axis=0)
    checks.sound(money.fillna(0), "'trade' and 'rates'")
    return money.assign(russia_share=mine.russia_share_pct.astype(float) / 100, documented=mine.grade != "C")


def use_of_capacity(crossings: pd.DataFrame, throughput: pd.DataFrame) -> pd.DataFrame:
    """Return how far crossings are used: the latest full year against the capacity, in the same unit.

    Counters overlap and are never added. Of several counts of one year, that of both directions comes first, then the larger.

    Parameters
    ----------
    crossings : DataFrame
        Table ``crossings``; capacities whose unit starts with ``"Mt/yr"`` or ``"bcm/yr"`` are compared. A unit such as
        ``"Mt/yr (15 before 2018)"`` gives the capacity of earlier years.
    throughput : DataFrame
        Table ``crossing_throughput``.

    Returns
    -------
    DataFrame
        Indexed by ``crossing_id``: ``name``, ``year``, ``volume``, ``capacity``, ``unit``, ``use`` (volume over capacity), ``direction``, ``count_by``,
        ``basis`` (what the capacity is), ``most`` and ``most_year``: the largest full year on record.

    Examples
    --------
    >>> from railbelt import load
    >>> use_of_capacity(load("crossings"), load("crossing_throughput")).use.round(2)["tongjiang_rail_bridge"].item()
    0.26
    """
    checks.columns(crossings, ["name_en", "capacity_unit"], "crossings")
    checks.once(crossings, ["crossing_id"], "crossings")
    checks.columns(throughput, ["crossing_id", "period", "unit", "direction", "count_by"], "throughput")
    crossings = crossings.assign(
        capacity=checks.figures(crossings, "capacity", "crossings", positive=True, missing=True)
    )
    throughput = throughput.assign(
        volume=checks.figures(throughput, "volume", "throughput", missing=True),
        year=checks.wholes(throughput, "year", "throughput"),
    ).dropna(subset="volume")
    if (throughput.volume < 0).any():
        raise DataError("argument 'throughput', column 'volume': below zero.")
    known = crossings.dropna(subset=["capacity", "capacity_unit"]).set_index("crossing_id")
    known = known.assign(unit=known.capacity_unit.astype(str).str.extract(r"^(Mt|bcm)/yr", expand=False)).dropna(
        subset="unit"
    )
    counts = throughput[(throughput.period == WHOLE_YEAR) & throughput.crossing_id.isin(known.index)]
    counts = counts[counts.unit == counts.crossing_id.map(known.unit)]
    counts = counts.assign(both=counts.direction == "both")
    latest = (
        counts.sort_values(["year", "both", "volume"])
        .drop_duplicates("crossing_id", keep="last")
        .set_index("crossing_id")
    )
    most = counts.sort_values(["volume", "year"]).drop_duplicates("crossing_id", keep="last").set_index("crossing_id")
    table = known.loc[latest.index]
    earlier = (
        table.capacity_unit.astype(str).str.extract(r"\((?P<capacity>[\d.]+) before (?P<year>\d{4})\)").astype(float)
    )
    capacity = table.capacity.astype(float).where(~(latest.year < earlier.year), earlier.capacity)
    return latest.assign(
        name=table.name_en,
        capacity=capacity,
        use=latest.volume / capacity,
        basis=table.capacity_unit,
        most=most.volume,
        most_year=most.year,
    )[["name", "year", "volume", "capacity", "unit", "use", "direction", "count_by", "basis", "most", "most_year"]]
