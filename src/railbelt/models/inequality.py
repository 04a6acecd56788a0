"""Regional inequality: the Theil index of product per head, between and within groups of regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt import checks
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

    checks.columns(data, [product, people, group])
    shares = np.column_stack([checks.figures(data, name, positive=True) for name in (product, people)])
    if not len(shares) or data[group].isna().any():
        raise DataError(f"argument 'data', column '{group}': a unit has no group, or there is no unit.")
    shares = shares / shares.sum(axis=0)
    codes, _ = pd.factorize(data[group])
    groups = np.column_stack([np.bincount(codes, column) for column in shares.T])
    whole, between = (float((part[:, 0] * np.log(part[:, 0] / part[:, 1])).sum()) for part in (shares, groups))
    checks.sound([whole, between], f"'{product}' and '{people}'")
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

    values = checks.vector(per_head, "per_head", positive=True)
    if len(values) < 2:
        raise DataError(f"argument 'per_head': {len(values)} units; a spread needs at least two.")
    return float(np.log(values).std(ddof=1))


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

    checks.coverage(level)
    checks.whole(draws, "draws", 2)
    logs = np.log(checks.vector(per_head, "per_head", positive=True))
    if len(logs) < 3 or np.ptp(logs) < 1e-12:
        raise DataError("argument 'per_head': fewer than three units, or all alike; resampling them says nothing.")
    found = stats.bootstrap(
        (logs,),
        lambda sample, axis: sample.std(axis=axis, ddof=1),
        n_resamples=draws,
        confidence_level=level,
        method="BCa",
        vectorized=True,
        rng=np.random.default_rng(checks.whole(seed, "seed", 0, 2**64)),
    ).confidence_interval
    checks.sound(found, "'per_head' and 'draws'")
    return float(found.low), float(found.high)
