"""Do poorer regions catch up? Beta-convergence, and breaks in the trend of one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from railbelt._types import FloatArray, IntArray

__all__ = ["beta_convergence", "trend_break"]


def beta_convergence(data: pd.DataFrame, start: str, end: str, years: int, level: float = 0.95) -> pd.Series:
    """Regress growth on the initial level of product per head (absolute beta-convergence), with HC3 intervals.

    Estimand: the slope of mean annual log growth on the log initial level across the units given. A negative slope
    says that units that started poorer grew faster; it does not say why, and it does not imply falling dispersion.

    Parameters
    ----------
    data : DataFrame
        One row a unit.
    start, end : str
        Columns of product per head in the first and the last year, one vintage.
    years : int
        Length of the period.
    level : float
        Coverage of the interval.

    Returns
    -------
    Series
        ``slope``, ``low``, ``high`` (per cent a year for one log point of initial level), ``intercept``,
        ``half_life`` (years until half of a gap is closed; infinite without convergence), ``n``, ``r2``.

    Raises
    ------
    DataError
        If fewer than four units, or a value is not positive.

    References
    ----------
    Barro, R. J., & Sala-i-Martin, X. (1992). Convergence. *Journal of Political Economy*, 100(2), 223-251.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> first = pd.Series([1.0, 2.0, 4.0, 8.0, 16.0])
    >>> frame = pd.DataFrame({"start": first, "end": first ** 0.5 * 3})
    >>> round(float(beta_convergence(frame, "start", "end", 10).slope), 3)
    -5.0
    """
    import numpy as np
    import pandas as pd
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    if len(data) < 4:
        raise DataError(f"argument 'data': {len(data)} units; a slope with an interval needs at least 4.")
    checks.number(years, "years", 0, 10_000, inside=True)
    checks.coverage(level)
    initial = np.log(checks.figures(data, start, positive=True).to_numpy())
    growth = 100 * (np.log(checks.figures(data, end, positive=True).to_numpy()) - initial) / years
    if np.ptp(initial) < 1e-12:
        raise DataError(f"argument 'data', column '{start}': all units begin alike, so no slope can be told.")
    fit = OLS(growth, add_constant(initial)).fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int(1 - level)[1]
    slope = fit.params[1]
    remaining = 1 + slope * years / 100
    half_life = years * np.log(0.5) / np.log(remaining) if 0 < remaining < 1 else np.inf
    return pd.Series(
        {
            "slope": slope,
            "low": low,
            "high": high,
            "intercept": fit.params[0],
            "half_life": half_life,
            "n": float(len(data)),
            "r2": fit.rsquared,
        }
    )


def trend_break(
    series: pd.Series, trim: float = 0.15, draws: int = 999, level: float = 0.9, seed: int = 0
) -> pd.Series:
    """Find the year in which the linear trend of a series changed most, and how sure that is.

    Two straight lines that meet in the break year are fitted for every admissible year; the best fit gives the date
    and the sup-F statistic. With a few dozen trending, autocorrelated observations asymptotic critical values are too
    kind, so both the p-value (no break) and the interval of the date (a break there) are simulated with first-order
    autoregressive errors estimated from the residuals.

    Parameters
    ----------
    series : Series
        One value a year, indexed by consecutive years, of a single vintage.
    trim : float
        Fraction of years at either end where no break is looked for.
    draws : int
        Simulated series for the p-value and again for the interval.
    level : float
        Coverage of the interval of the date.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Series
        ``year`` of the break (last year of the old trend), ``low``, ``high``, ``sup_f``, ``p_value``, and the slopes
        a year ``before`` and ``after``.

    Raises
    ------
    DataError
        If years are missing, or fewer than twelve.

    References
    ----------
    Andrews, D. W. K. (1993). Tests for parameter instability and structural change with unknown change point.
    *Econometrica*, 61(4), 821-856.
    Perron, P., & Zhu, X. (2005). Structural breaks with deterministic and stochastic trends. *Journal of Econometrics*,
    129(1-2), 65-119.

    Examples
    --------
    >>> import pandas as pd
    >>> years = range(2000, 2020)
    >>> bent = pd.Series([float(y - 2000) if y < 2010 else 10 - 2.0 * (y - 2010) for y in years], index=years)
    >>> int(trend_break(bent, draws=19).year)
    2010
    """
    import numpy as np
    import pandas as pd

    checks.coverage(level)
    checks.number(trim, "trim", 0, 0.4)
    checks.whole(draws, "draws", 1)
    years = checks.vector(series.index, "series", None).astype(int)
    if len(years) < 12 or (np.diff(years) != 1).any():
        raise DataError(f"argument 'series': {len(years)} years; at least 12 consecutive years are needed.")
    values = checks.vector(series, "series")
    edge = max(2, int(np.ceil(trim * len(years))))
    time = years - years[0]
    candidates = time[edge:-edge]
    straight = np.column_stack([np.ones(len(time)), time])
    bent = [np.column_stack([straight, np.maximum(time - at, 0)]) for at in candidates]
    projections = np.stack([np.eye(len(time)) - design @ np.linalg.pinv(design) for design in bent])
    null = np.eye(len(time)) - straight @ np.linalg.pinv(straight)

    def best(sample: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the position of the best candidate and its F statistic for each row of ``sample``."""
        unbroken = np.einsum("ij,nj,ni->n", null, sample, sample)
        broken = np.einsum("cij,nj,ni->nc", projections, sample, sample)
        chosen = broken.argmin(axis=1)
        least = broken[np.arange(len(sample)), chosen]
        return chosen, (unbroken - least) / np.maximum(least, 1e-300) * (len(time) - 3)

    def simulate(fitted: FloatArray, residuals: FloatArray, rng: np.random.Generator) -> FloatArray:
        lagged, current = residuals[:-1], residuals[1:]
        rho = float(np.clip(lagged @ current / np.maximum(lagged @ lagged, 1e-300), -0.95, 0.95))
        scale = (current - rho * lagged).std(ddof=1)
        errors = rng.normal(0, scale, (draws, len(time) + 50))
        for step in range(1, errors.shape[1]):
            errors[:, step] += rho * errors[:, step - 1]
        return fitted + errors[:, 50:]

    rng = np.random.default_rng(checks.whole(seed, "seed", 0, 2**64))
    chosen, statistic = (found[0] for found in best(values[None, :]))
    checks.sound(statistic, "'series'")
    design = bent[chosen]
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    _, under_null = best(simulate(values - null @ values, null @ values, rng))
    dates, _ = best(simulate(design @ coefficients, values - design @ coefficients, rng))
    low, high = np.quantile(years[0] + candidates[dates], [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return pd.Series(
        {
            "year": years[0] + candidates[chosen],
            "low": low,
            "high": high,
            "sup_f": statistic,
            "p_value": (1 + (under_null >= statistic).sum()) / (draws + 1),
            "before": coefficients[1],
            "after": coefficients[1] + coefficients[2],
        }
    )
