"""How a region's share of the national product splits into people and product per head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decompose_share", "log_mean", "regional_totals"]


def regional_totals(table: pd.DataFrame, value: str, region: str, by: Sequence[str] = ("year",)) -> pd.DataFrame:
    """Add up a value over the units of each region and of the nation.

    Parameters
    ----------
    table : DataFrame
        One row a unit (and year, vintage ...).
    value, region : str
        Columns: what is added up, and the region of the unit.
    by : sequence of str
        Columns that stay apart, such as vintage and year.

    Returns
    -------
    DataFrame
        Indexed by ``by``; one column a region, and ``China``, their sum. A region without any value in a year is
        missing there, and so is ``China``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"year": [2000, 2000], "gdp": [1.0, 3.0], "region": ["East", "Northeast"]})
    >>> regional_totals(table, "gdp", "region").loc[2000].to_dict()
    {'East': 1.0, 'Northeast': 3.0, 'China': 4.0}
    """
    checks.columns(table, [*by, region, value], "table")
    numbers = checks.figures(table, value, "table", missing=True)
    wide = table.assign(**{value: numbers}).pivot_table(
        index=list(by), columns=region, values=value, aggfunc="sum", observed=True
    )
    wide.columns.name = None
    return wide.assign(China=wide.sum(axis=1, skipna=False))


def log_mean(a: float, b: float) -> float:
    """Return the logarithmic mean of two positive numbers, the weight that turns log changes into exact differences.

    Examples
    --------
    >>> round(log_mean(0.14, 0.05), 4)
    0.0874
    >>> log_mean(2.0, 2.0)
    2.0
    """
    a, b = (checks.number(one, name, 0, math.inf, inside=True) for one, name in ((a, "a"), (b, "b")))
    if math.isclose(a, b, rel_tol=1e-12):
        return a
    return (a - b) / (math.log(a) - math.log(b))


def decompose_share(accounts: pd.DataFrame, periods: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """Split the change of a region's share of GDP into people and GDP per head (additive LMDI).

    The share is the product of the region's share of people and its relative GDP per head, so its log change is the
    sum of theirs. The logarithmic mean of the two shares turns both terms into percentage points without a remainder.

    Parameters
    ----------
    accounts : DataFrame
        One row a year: ``year``, ``gdp``, ``people`` of the region and ``gdp_total``, ``people_total`` of the nation,
        each pair in one unit and, within a period, one vintage.
    periods : sequence of (int, int)
        First and last year of each period.

    Returns
    -------
    DataFrame
        One row a period: ``start``, ``end``, ``share_start``, ``share_end`` (fractions), and the change and its two
        parts in percentage points a decade: ``change``, ``people``, ``per_head``.

    Raises
    ------
    DataError
        If a year is missing, or a figure is not positive.

    References
    ----------
    Ang, B. W. (2005). The LMDI approach to decomposition analysis: a practical guide. *Energy Policy*, 33(7), 867-871.

    Examples
    --------
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"year": [2000, 2010], "gdp": [10, 14], "gdp_total": [100, 200],
    ...                          "people": [8, 8], "people_total": [100, 100]})
    >>> decompose_share(accounts, [(2000, 2010)])[["change", "people", "per_head"]].round(2).values.tolist()
    [[-3.0, 0.0, -3.0]]
    """
    import numpy as np
    import pandas as pd

    names = ["gdp", "gdp_total", "people", "people_total"]
    checks.columns(accounts, ["year", *names], "accounts")
    figures = {name: checks.figures(accounts, name, "accounts", positive=True, missing=True) for name in names}
    by_year = accounts.assign(**figures).set_index("year")
    if by_year.index.has_duplicates:
        raise DataError("argument 'accounts', column 'year': a year stands twice.")
    rows = []
    for period in checks.texts(periods, "periods"):
        if np.shape(period) != (2,):
            raise DataError(f"argument 'periods': {period} is no pair of years.")
        start, end = period
        for year in (start, end):
            if year not in by_year.index:
                raise DataError(f"argument 'accounts', column 'year': no row for {year}, the limit of a period.")
        if not start < end:
            raise DataError(f"argument 'periods': {start} to {end} is no period.")
        both = by_year.loc[[start, end], names]
        if both.isna().any(axis=None):
            raise DataError(f"argument 'accounts', years {start} and {end}: a figure is missing.")
        share = both.gdp / both.gdp_total
        crowd = both.people / both.people_total
        weight = log_mean(share[end], share[start])
        scale = 100 * 10 / (end - start)
        people = weight * np.log(crowd[end] / crowd[start]) * scale
        change = (share[end] - share[start]) * scale
        rows.append(
            {
                "start": start,
                "end": end,
                "share_start": share[start],
                "share_end": share[end],
                "change": change,
                "people": people,
                "per_head": change - people,
            }
        )
    return pd.DataFrame(rows)
