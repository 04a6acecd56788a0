"""Regional inequality: the Theil index of product per head, between and within groups of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bootstrap_interval", "dispersion", "theil"]


def theil(data: pd.DataFrame, product: str, people: str, group: str) -> pd.Series:
    """Return the population-weighted Theil T of product per head, between and within groups.

    Every person counts once with the product per head of the unit they live in. The index is the sum over units of the share of
    product times the log of that share over the share of people; between groups it is the same with groups for units. PySAL's
    ``TheilD`` gives the same for units repeated by their people (see the tests), at a hundred times the cost.

    Parameters
    ----------
    data : DataFrame
        One row a unit (a province).
    product : str
        Column of total product, any unit.
    people : str
        Column of people, any unit.
    group : str
        Column of the group (macro-region).

    Returns
    -------
    Series
        ``theil``, ``between_groups``, ``within_groups`` (``theil`` is their sum; 0 is equality, ``log(n)`` all in one unit).

    Raises
    ------
    DataError
        If a figure is missing or not positive.

    References
    ----------
    Theil, H. (1967). *Economics and Information Theory*. North-Holland.
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. *Econometrica*, 48(3), 613-625.

    Examples
    --------
    >>> import pandas as pd
    >>> equal = pd.DataFrame({"gdp": [10.0, 20.0], "pop": [1, 2], "region": ["a", "b"]})
    >>> theil(equal, "gdp", "pop", "region").round(12).abs().tolist()
    [0.0, 0.0, 0.0]
    """
    import numpy as np
    import pandas as pd

    for column in (product, people):
        wrong = ~(data[column] > 0)
        if wrong.any():
            row = data.index[int(wrong.to_numpy().argmax())]
            raise DataError(f"argument 'data', column '{column}', row {row}: {data[column][row]} is not positive.")
    shares = data[[product, people]].to_numpy(float)
    shares = shares / shares.sum(axis=0)
    codes, _ = pd.factorize(data[group])
    groups = np.column_stack([np.bincount(codes, column) for column in shares.T])
    whole, between = (float((part[:, 0] * np.log(part[:, 0] / part[:, 1])).sum()) for part in (shares, groups))
    return pd.Series({"theil": whole, "between_groups": between, "within_groups": whole - between})


def dispersion(per_head: pd.Series) -> float:
    """Return the standard deviation of log product per head, the measure of sigma-convergence.

    Examples
    --------
    >>> import pandas as pd
    >>> dispersion(pd.Series([5.0, 5.0, 5.0]))
    0.0
    """
    import numpy as np

    return float(np.log(per_head.astype(float)).std(ddof=1))


def bootstrap_interval(
    per_head: pd.Series, level: float = 0.95, draws: int = 1999, seed: int = 0
) -> tuple[float, float]:
    """Return a BCa bootstrap interval for :func:`dispersion`, resampling units.

    The interval answers how much the measure depends on which units are counted. The 31 provinces are all there are,
    so it is not a sampling error in the usual sense.

    Parameters
    ----------
    per_head : Series
        One positive value a unit.
    level : float
        Coverage, between 0 and 1.
    draws : int
        Resamples.
    seed : int
        Seed of the random numbers; the same seed gives the same interval.

    Returns
    -------
    (float, float)

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. *Journal of the American Statistical Association*,
    82(397), 171-185.

    Examples
    --------
    >>> import pandas as pd
    >>> low, high = bootstrap_interval(pd.Series([1.0, 2.0, 3.0, 4.0, 9.0]))
    >>> low < dispersion(pd.Series([1.0, 2.0, 3.0, 4.0, 9.0])) < high
    True
    """
    import numpy as np
    from scipy import stats

    logs = np.log(per_head.to_numpy(float))
    found = stats.bootstrap(
        (logs,),
        lambda sample, axis: sample.std(axis=axis, ddof=1),
        n_resamples=draws,
        confidence_level=level,
        method="BCa",
        vectorized=True,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
