"""Estimates when there are few groups: the wild cluster bootstrap, and permutation of what was assigned.

Standard errors clustered by province need many provinces. With few, signs of whole provinces are flipped at random under the
hypothesis (restricted wild cluster bootstrap), or the regressor is dealt out anew among comparable cities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from railbelt._types import FloatArray

__all__ = ["permuted", "wild_cluster"]

ENUMERATE = 12
"""Up to so many clusters every combination of signs is tried."""


def _matrices(
    data: pd.DataFrame, outcome: str, regressor: str, controls: Sequence[str], fixed: str | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return outcome and regressor with controls (and a constant or fixed effects) taken out, and the controls."""
    import pandas as pd

    controls = checks.texts(controls, "controls")
    if data.empty:
        raise DataError("argument 'data': no rows.")
    checks.columns(data, [fixed] if fixed else [], filled=True)
    base = pd.get_dummies(data[fixed]).to_numpy(float) if fixed else np.ones((len(data), 1))
    both, others = (
        np.column_stack([np.empty((len(data), 0)), *(checks.figures(data, name) for name in names)])
        for names in ([outcome, regressor], controls)
    )
    others = others - others.mean(axis=0)  # on one scale, or a giant control would hide the constant
    design = np.column_stack([base, others / np.maximum(np.abs(others).max(axis=0, initial=0.0), 1e-300)])
    left = both - design @ np.linalg.lstsq(design, both, rcond=None)[0]
    if left[:, 1] @ left[:, 1] < 1e-12 * max(both[:, 1] @ both[:, 1], 1e-300):
        raise DataError(f"argument 'regressor': '{regressor}' does not vary once controls are taken out.")
    return left[:, 0], left[:, 1], design


def wild_cluster(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    cluster: str,
    controls: Sequence[str] = (),
    fixed: str | None = None,
    level: float = 0.95,
    draws: int = 999,
    seed: int = 0,
) -> pd.Series:
    """Estimate a coefficient by least squares, with test and interval from the restricted wild cluster bootstrap.

    Parameters
    ----------
    data : DataFrame
        One row a unit.
    outcome, regressor, cluster : str
        Columns.
    controls : sequence of str
        Further columns.
    fixed : str, optional
        Column of groups with an effect of their own.
    level : float
        Coverage of the interval, found by inverting the test.
    draws : int
        Random signs; with up to twelve clusters all combinations.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Series
        ``slope``, ``se`` (clustered, CR1), ``p_value``, ``low``, ``high``, ``n``, ``clusters``. An end of the interval that the
        test never rejects, as may happen with very few clusters, is infinite.

    Raises
    ------
    DataError
        If a value is missing, the regressor does not vary, or there are fewer than two clusters.

    References
    ----------
    Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2008). Bootstrap-based improvements for inference with clustered errors.
    *Review of Economics and Statistics*, 90(3), 414-427.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame({"x": rng.normal(size=200), "province": np.repeat(range(20), 10)})
    >>> data = data.assign(y=2 * data.x + rng.normal(size=200))
    >>> found = wild_cluster(data, "y", "x", "province", draws=199)
    >>> bool(found.low < 2 < found.high and found.p_value < 0.02)
    True
    """
    import pandas as pd

    checks.coverage(level)
    checks.whole(draws, "draws", 1)
    checks.whole(seed, "seed", 0, 2**64)
    checks.columns(data, [cluster], filled=True)
    y, x, design = _matrices(data, outcome, regressor, controls, fixed)
    groups, names = pd.factorize(data[cluster])
    count = len(names)
    if count < 2:
        raise DataError(f"argument 'cluster': column '{cluster}' has {count} value; at least two clusters are needed.")
    belongs = np.zeros((count, len(y)))
    belongs[groups, np.arange(len(y))] = 1
    if count <= ENUMERATE:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(float)
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], (draws, count))
    square = x @ x
    small = count / (count - 1)
    slope = float(x @ y / square)

    se = float(np.sqrt(small * ((belongs @ (x * (y - slope * x))) ** 2).sum()) / square)

    if se * np.sqrt(square) <= 1e-9 * np.sqrt(y @ y):
        raise DataError(
            "argument 'data': the fit is exact within every cluster, so that no error is left to judge it by."
        )

    # A flipped sample is the sum of its clusters' parts, so what it gives is linear in the signs.
    basis = np.linalg.qr(np.column_stack([design, x]))[0]

    def scores(values: FloatArray) -> FloatArray:
        """Return what the part of each cluster (column) adds to the score of each cluster (row)."""
        parts = belongs.T * values[:, None]
        return (belongs * x) @ (parts - basis @ (basis.T @ parts))

    of_outcome, of_regressor = scores(y), scores(x)
    sums = belongs @ np.column_stack([x * y, x * x])

    def test(value: float) -> float:
        shift = signs @ (sums[:, 0] - value * sums[:, 1]) / square
        drawn = signs @ (of_outcome - value * of_regressor).T
        errors = np.sqrt(small * (drawn**2).sum(axis=1)) / square
        return float((np.abs(shift) / np.maximum(errors, 1e-300) >= abs(slope - value) / se * (1 - 1e-9)).mean())

    def end(direction: int) -> float:
        inside, outside = slope, slope + direction * 2 * se
        for _ in range(8):
            if test(outside) < 1 - level:
                break
            inside, outside = outside, outside + direction * 4 * (abs(outside - slope))
        else:
            return direction * np.inf
        for _ in range(30):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if test(middle) >= 1 - level else (inside, middle)
        return inside

    return pd.Series(
        {
            "slope": slope,
            "se": se,
            "p_value": test(0.0),
            "low": end(-1),
            "high": end(1),
            "n": float(len(y)),
            "clusters": float(count),
        }
    )


def permuted(
    data: pd.DataFrame,
    outcome: str,
    regressor: str,
    within: str,
    controls: Sequence[str] = (),
    fixed: str | None = None,
    draws: int = 1999,
    seed: int = 0,
) -> pd.Series:
    """Test whether the regressor matters at all by dealing it out anew within groups (randomisation inference).

    Parameters
    ----------
    data, outcome, regressor, controls, fixed
        As in :func:`wild_cluster`.
    within : str
        Column of groups inside which units might have changed places.
    draws : int
        Permutations.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Series
        ``slope``, ``p_value`` (two-sided, of no effect on anyone), ``low`` and ``high``: where 95 percent of the slopes lie when
        the regressor is dealt out at random; ``n``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> data = pd.DataFrame({"x": [0, 1] * 10, "y": [0.0, 5.0] * 10, "province": 1})
    >>> float(permuted(data, "y", "x", "province", draws=199).p_value)
    0.005
    """
    import pandas as pd

    checks.whole(draws, "draws", 1)
    checks.whole(seed, "seed", 0, 2**64)
    checks.columns(data, [within], filled=True)
    y, x, design = _matrices(data, outcome, regressor, controls, fixed)
    slope = x @ y / (x @ x)
    rng = np.random.default_rng(seed)
    raw = data[regressor].to_numpy(float)
    dealt = np.tile(raw, (draws, 1))
    for rows in data.groupby(within, observed=True).indices.values():
        dealt[:, rows] = rng.permuted(dealt[:, rows], axis=1)
    left = dealt.T - design @ np.linalg.lstsq(design, dealt.T, rcond=None)[0]
    square = (left**2).sum(axis=0)
    slopes = np.divide(y @ left, square, out=np.zeros(draws), where=square > 1e-12)
    low, high = np.quantile(slopes, [0.025, 0.975])
    extreme = (np.abs(slopes) >= abs(slope) * (1 - 1e-9)).sum()
    return pd.Series(
        {"slope": slope, "p_value": (1 + extreme) / (draws + 1), "low": low, "high": high, "n": float(len(y))}
    )
