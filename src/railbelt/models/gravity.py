"""Gravity equations by Poisson pseudo maximum likelihood (PPML), and what a partner's trade would be if it were normal.

The expected trade with a partner is the exponential of a sum: its size, its distance, what ties or parts it, effects of the
year. PPML estimates it in levels, so that large errors of large flows and zeros do no harm, as they do to the logarithm. One
partner's *residual* is then taken from an estimate without that partner, and is judged against the residuals that all other
partners get in the same way: with few partners, the spread among partners says more than any standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd

    from railbelt._types import FloatArray

__all__ = ["Gravity", "left_out", "normal", "ppml"]


@dataclass(frozen=True)
class Gravity:
    """An estimated gravity equation; made by :func:`ppml`.

    Attributes
    ----------
    coefficients : DataFrame
        Indexed by term: ``estimate``, ``std_error``, and the limits ``low`` and ``high`` of its interval of 95 percent. Terms of
        effects are named ``"column=value"``; the first value of each is the base.
    covariance : DataFrame
        Robust covariance of the coefficients.
    fitted : Series
        Expected outcome of each row of the data.
    observations : int
        Number of rows.
    explained : float
        Squared correlation of outcome and expectation.
    regressors, effects : tuple of str
        Columns of the equation.
    bases : tuple of str
        The first value of each effect, against which the others are measured.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame({"trade": [1.0, 3.0, 2.0, 6.0], "far": [0, 0, 1, 1]})
    >>> equation = ppml(flows, "trade", ["far"])
    >>> equation.observations, equation.predict(flows).round(6).tolist()
    (4, [2.0, 2.0, 4.0, 4.0])
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    fitted: pd.Series
    observations: int
    explained: float
    regressors: tuple[str, ...]
    effects: tuple[str, ...]
    bases: tuple[str, ...] = ()

    def predict(self, data: pd.DataFrame) -> pd.Series:
        """Return the expected outcome of other rows.

        Parameters
        ----------
        data : DataFrame
            With the columns of the equation; values of effects must be among the estimated ones.

        Returns
        -------
        Series
            In the unit of the outcome.

        Raises
        ------
        DataError
            If a column is missing, or an effect has a value that was not estimated.
        """
        import numpy as np

        _check(data, self.effects, self.regressors)
        for effect, first in zip(self.effects, self.bases, strict=True):
            unknown = set(data[effect].astype(str)) - {first, *self._levels(effect)}
            if unknown:
                raise DataError(f"argument 'data', column '{effect}': no effect of '{min(unknown)}' was estimated.")
        design = _design(data, self.regressors, self.effects, {e: self._levels(e) for e in self.effects})
        logs: pd.Series = design @ self.coefficients.estimate.loc[design.columns]
        expected: pd.Series = np.exp(logs).rename("expected")
        checks.sound(expected, "'data'")
        return expected

    def _levels(self, effect: str) -> list[str]:
        return [term.split("=", 1)[1] for term in self.coefficients.index if term.startswith(f"{effect}=")]


def ppml(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    effects: Sequence[str] = (),
    cluster: str | None = None,
) -> Gravity:
    """Estimate a gravity equation by Poisson pseudo maximum likelihood with a robust covariance.

    Parameters
    ----------
    data : DataFrame
        One row a flow.
    outcome : str
        Column with the flow; not negative, zeros welcome.
    regressors : sequence of str
        Columns of the equation; sizes and distances as logarithms, ties as zero and one.
    effects : sequence of str
        Columns of which each value gets an effect of its own (partner, year); the first value is the base.
    cluster : str, optional
        Column within whose values errors may be correlated. By default errors are only heteroskedastic.

    Returns
    -------
    Gravity
        Standard errors are Huber's and White's with the usual correction for few observations (or few clusters).

    Raises
    ------
    DataError
        If a column is missing, a value is missing or infinite, a flow is negative, or columns are collinear, so that an effect
        cannot be told from a regressor.

    References
    ----------
    Santos Silva, J. M. C., & Tenreyro, S. (2006). The log of gravity. *Review of Economics and Statistics*, 88(4), 641-658.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame({"trade": [1.0, 3.0, 2.0, 6.0], "far": [0, 0, 1, 1]})
    >>> ppml(flows, "trade", ["far"]).coefficients.estimate.round(6).tolist()
    [0.693147, 0.693147]
    """
    import numpy as np
    import pandas as pd
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    regressors, effects = checks.texts(regressors, "regressors"), checks.texts(effects, "effects")
    _check(data, [*effects, *([cluster] if cluster else [])], [outcome, *regressors])
    flows = checks.figures(data, outcome)
    if (flows < 0).any():
        raise DataError(f"argument 'outcome', column '{outcome}', row {flows.idxmin()}: a flow cannot be negative.")
    if not flows.sum() > 0:
        raise DataError(f"argument 'outcome', column '{outcome}': nothing flows.")
    design = _design(data, regressors, effects)
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1]:
        raise DataError(
            "arguments 'regressors' and 'effects': collinear columns. A regressor that does not vary within an effect "
            f"cannot stand beside it; drop one of {', '.join([*regressors, *effects])}."
        )
    if len(design) <= design.shape[1]:
        raise DataError(f"argument 'data': {len(design)} rows cannot carry {design.shape[1]} coefficients.")
    model = GLM(flows, design, family=Poisson())
    options = (
        {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(data[cluster])[0]}}
        if cluster
        else {"cov_type": "HC0"}
    )
    try:
        found = model.fit(tol=1e-12, maxiter=200, **options)
        checks.sound(found.params, "'outcome' and 'regressors'")
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        raise DataError(
            f"argument 'data': no estimate was found ({str(error)[:80]}). Are figures logarithms?"
        ) from None
    if (np.asarray(found.fittedvalues) < 1e-10 * flows.mean()).any():
        raise DataError(
            "arguments 'regressors' and 'effects': they tell flows of zero apart without error, so that no finite "
            "coefficient fits them. Drop the column, or the rows."
        )
    few = 1.0 if cluster else len(design) / (len(design) - design.shape[1])
    covariance = few * np.asarray(found.cov_params())
    checks.sound(covariance, "'outcome' and 'regressors'")
    if abs(found.fittedvalues.sum() / flows.sum() - 1) > 1e-6:
        raise DataError("argument 'data': no estimate was found. Are sizes and distances logarithms?")
    estimate = pd.DataFrame({"estimate": found.params, "std_error": np.sqrt(np.diag(covariance))})
    low, high = estimate.estimate - 1.959964 * estimate.std_error, estimate.estimate + 1.959964 * estimate.std_error
    fitted = pd.Series(np.asarray(found.fittedvalues), index=data.index, name="expected")
    return Gravity(
        estimate.assign(low=low, high=high),
        pd.DataFrame(covariance, index=design.columns, columns=design.columns),
        fitted,
        len(data),
        float(np.corrcoef(flows, fitted)[0, 1] ** 2) if fitted.std() > 0 and flows.std() > 0 else 0.0,
        tuple(regressors),
        tuple(effects),
        tuple(min(data[effect].astype(str)) for effect in effects),
    )


def _estimate(design: FloatArray, flows: FloatArray) -> FloatArray:
    """Return the PPML coefficients alone, by Newton's method with halved steps: many estimates, quickly."""
    import numpy as np

    estimate = np.zeros(design.shape[1])
    estimate[0] = np.log(flows.mean())
    score = design.T @ flows

    def likelihood(b: FloatArray) -> float:
        return float(score @ b - np.exp(np.clip(design @ b, -700, 700)).sum())

    for _ in range(100):
        expected = np.exp(np.clip(design @ estimate, -700, 700))
        gradient = score - design.T @ expected
        step = np.linalg.lstsq(design.T @ (expected[:, None] * design), gradient, rcond=None)[0]
        now = likelihood(estimate)
        while likelihood(estimate + step) < now - 1e-12 * abs(now) and np.abs(step).max() > 1e-12:
            step /= 2
        estimate = estimate + step
        if np.abs(step).max() < 1e-10:
            break
    return estimate


def _check(data: pd.DataFrame, columns: Sequence[str], numbers: Sequence[str]) -> None:
    checks.columns(data, columns, filled=True)
    for column in numbers:
        checks.figures(data, column)


def _design(
    data: pd.DataFrame,
    regressors: Sequence[str],
    effects: Sequence[str],
    levels: dict[str, list[str]] | None = None,
) -> pd.DataFrame:
    """Return the columns of the equation: a constant, the regressors, and a column for each value of an effect but the first."""
    import pandas as pd

    columns = {"constant": pd.Series(1.0, index=data.index)}
    columns |= {name: data[name].astype(float) for name in regressors}
    for effect in effects:
        written = data[effect].astype(str)
        for value in levels[effect] if levels else sorted(written.unique())[1:]:
            columns[f"{effect}={value}"] = (written == value).astype(float)
    return pd.DataFrame(columns)


def left_out(
    data: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    unit: str,
    effects: Sequence[str] = (),
) -> pd.DataFrame:
    """Compare every unit with what the others would lead one to expect: estimate without it, predict it.

    Parameters
    ----------
    data, outcome, regressors, effects
        As in :func:`ppml`; ``effects`` must not hold the unit itself.
    unit : str
        Column of the unit (the partner) that is left out with all its rows.

    Returns
    -------
    DataFrame
        The rows of the data: ``unit``, the effects, ``actual``, ``expected`` (from the equation without the unit), and
        ``ratio``, actual over expected.

    Raises
    ------
    DataError
        As in :func:`ppml`; also if ``unit`` is among the effects, or an index repeats.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame({"who": list("abcde"), "trade": [1.0, 3.0, 1.0, 3.0, 4.0], "size": [0, 0, 0, 0, 0]})
    >>> left = left_out(flows.assign(size=[0, 0, 1, 1, 1]), "trade", ["size"], "who")
    >>> float(left.set_index("who").ratio["e"].round(3))
    2.0
    """
    import numpy as np
    import pandas as pd

    if unit in effects:
        raise DataError(
            f"argument 'effects': '{unit}' is the unit left out; its effect cannot be estimated without it."
        )
    _check(data, [unit], [])
    if not data.index.is_unique:
        raise DataError(
            f"argument 'data': row {data.index[data.index.duplicated()][0]} stands twice in the index. Reset it."
        )
    ppml(data, outcome, regressors, effects)  # refuses what cannot be estimated, in words
    design, flows = _design(data, regressors, effects).to_numpy(), data[outcome].to_numpy(float)
    code, names = pd.factorize(data[unit], sort=True)
    expected = np.empty(len(flows))
    for number, name in enumerate(names):
        own = code == number
        rest = design[~own]
        if np.linalg.matrix_rank(rest) < rest.shape[1] or not flows[~own].any():
            raise DataError(
                f"argument 'unit': nothing can be estimated without '{name}'. Drop a regressor or an effect."
            )
        expected[own] = np.exp(design[own] @ _estimate(rest, flows[~own]))
        checks.sound([expected[own], flows[own] / expected[own]], "'outcome' and 'regressors'")
    found = data[[unit, *effects]].assign(actual=flows, expected=expected, ratio=flows / expected)
    return found.iloc[code.argsort(kind="stable")]


def normal(left: pd.DataFrame, unit: str, name: str, level: float = 0.9) -> pd.Series:
    """Say how far one unit's flow is from normal, given how far the others are.

    The range of the normal is that of the other units: expected flow times the quantiles of their ratios of actual to
    expected. It holds the error of the estimate and the peculiarity of partners.

    Parameters
    ----------
    left : DataFrame
        Rows of one year from :func:`left_out`.
    unit : str
        Column of the unit.
    name : str
        The unit in question.
    level : float
        Part of the other units that the range shall hold.

    Returns
    -------
    Series
        ``actual``, ``expected``, ``low`` and ``high`` of the normal flow; ``ratio`` (actual over expected) with
        ``ratio_low`` and ``ratio_high``, its limits when the expectation moves within the normal range; ``rank`` of the
        ratio among all units (1 is the highest), ``units``, and ``p_value``, the part of units at least as far from
        expectation, in logarithms, itself included.

    Raises
    ------
    DataError
        If the unit is not there exactly once, or a flow or a ratio is not positive.

    References
    ----------
    Barber, R. F., Candès, E. J., Ramdas, A., & Tibshirani, R. J. (2021). Predictive inference with the jackknife+. *Annals of
    Statistics*, 49(1), 486-507.

    Examples
    --------
    >>> import pandas as pd
    >>> left = pd.DataFrame({"who": list("abc"), "actual": [1.0, 2.0, 8.0], "expected": [2.0, 1.0, 1.0]})
    >>> found = normal(left.assign(ratio=left.actual / left.expected), "who", "c")
    >>> int(found["rank"]), float(found.ratio), round(float(found.p_value), 2)
    (1, 8.0, 0.33)
    """
    import numpy as np
    import pandas as pd

    checks.coverage(level)
    checks.columns(left, [unit], "left", filled=True)
    left = left.assign(**{c: checks.figures(left, c, "left") for c in ("actual", "expected", "ratio")})
    alone = left[left[unit] == name]
    if len(alone) != 1:
        raise DataError(f"argument 'name': {len(alone)} rows of '{name}', expected one. {suggest(name, left[unit])}")
    for column in ("actual", "expected", "ratio"):
        if not (left[column] > 0).all():
            raise DataError(
                f"argument 'left', column '{column}': every one must be positive; a flow of zero has no distance."
            )
    own, others = alone.iloc[0], left[left[unit] != name]
    if others.empty:
        raise DataError("argument 'left': no other unit, so that nothing is normal.")
    low, high = np.quantile(others.ratio, [(1 - level) / 2, (1 + level) / 2])
    distance = np.abs(np.log(left.ratio))
    return pd.Series(
        {
            "actual": own.actual,
            "expected": own.expected,
            "low": own.expected * low,
            "high": own.expected * high,
            "ratio": own.ratio,
            "ratio_low": own.ratio / high,
            "ratio_high": own.ratio / low,
            "rank": float((left.ratio > own.ratio).sum() + 1),
            "units": float(len(left)),
            "p_value": float((distance >= abs(np.log(own.ratio))).mean()),
        }
    )
