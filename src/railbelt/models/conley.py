"""Least squares and instrumental variables with standard errors that allow for correlation in space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from railbelt._types import FloatArray

__all__ = ["linear", "spatial_weights"]

KERNELS = ("bartlett", "uniform")


def spatial_weights(lon: ArrayLike, lat: ArrayLike, cutoff_km: float, kernel: str = "bartlett") -> FloatArray:
    """Return how much the errors of each pair of places may go together.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Degrees.
    cutoff_km : float
        Beyond this distance errors are taken as unrelated.
    kernel : {"bartlett", "uniform"}
        Weights falling linearly to zero at the cut-off, or one up to it.

    Returns
    -------
    ndarray, shape (n, n)

    Raises
    ------
    DataError
        If the cut-off is not positive or the kernel unknown.

    References
    ----------
    Conley, T. G. (1999). GMM estimation with cross sectional dependence. *Journal of Econometrics*, 92(1), 1-45.

    Examples
    --------
    >>> spatial_weights([120, 120], [40, 40], 500).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    from railbelt.geography import distance_km

    checks.number(cutoff_km, "cutoff_km", 0, np.inf, inside=True)
    if kernel not in KERNELS:
        raise DataError(f"argument 'kernel': no kernel '{kernel}'. {suggest(kernel, KERNELS)}")
    lon = checks.vector(lon, "lon")
    lat = checks.vector(lat, "lat", len(lon))
    distance = distance_km(lon[:, None], lat[:, None], lon, lat)
    return np.clip(1 - distance / cutoff_km, 0, None) if kernel == "bartlett" else (distance <= cutoff_km).astype(float)


def linear(
    outcome: ArrayLike,
    treatment: ArrayLike,
    controls: ArrayLike | None = None,
    instrument: ArrayLike | None = None,
    weights: FloatArray | None = None,
    level: float = 0.95,
) -> pd.Series:
    """Estimate the coefficient of one treatment, by least squares or with one instrument.

    Parameters
    ----------
    outcome, treatment : array_like, shape (n,)
        Without missing values.
    controls : array_like, shape (n, k), optional
        Further regressors; a constant is always added.
    instrument : array_like, shape (n,), optional
        By default the treatment itself: least squares.
    weights : ndarray, shape (n, n), optional
        Of :func:`spatial_weights`. By default the identity: errors unrelated, of any variance (HC0).
    level : float
        Coverage of the asymptotic interval.

    Returns
    -------
    Series
        ``estimate``, ``se``, ``low``, ``high``, ``n``, and ``first_stage_f`` (heteroskedastic in the sense of ``weights``;
        infinite without an instrument).

    Raises
    ------
    DataError
        If lengths differ, values are missing, or nothing of the treatment is left once the controls are taken out.

    Examples
    --------
    >>> fitted = linear([1.0, 2.0, 3.1, 3.9], [0.0, 1.0, 2.0, 3.0])
    >>> round(float(fitted.estimate), 2)
    0.98
    """
    import pandas as pd
    from scipy.stats import norm

    checks.coverage(level)
    y: FloatArray = checks.vector(outcome, "outcome")
    x: FloatArray = checks.vector(treatment, "treatment")
    z: FloatArray = x if instrument is None else checks.vector(instrument, "instrument")
    design = with_constant(controls, len(y))
    for name, values in (("treatment", x), ("instrument", z), ("controls", design)):
        if len(values) != len(y):
            raise DataError(f"argument '{name}': {len(values)} values, but {len(y)} outcomes.")
    if weights is not None:
        weights = checks.matrix(weights, "weights", (len(y), len(y)))
    if len(y) <= design.shape[1] + 1:
        raise DataError(f"argument 'outcome': {len(y)} units do not carry {design.shape[1] + 1} coefficients.")
    y, x, z = (residual(design, values) for values in (y, x, z))
    cross = z @ x
    if abs(cross) <= 1e-10 * np.sqrt((z @ z) * (np.asarray(treatment, dtype=float) ** 2).sum()) or z @ z < 1e-20:
        raise DataError("argument 'treatment': nothing of it is left once the controls are taken out.")
    estimate = cross and (z @ y) / cross

    def spread(error: FloatArray) -> float:
        scores = z * error
        variance = scores @ scores if weights is None else scores @ weights @ scores
        return float(np.sqrt(np.maximum(variance, 0.0)))

    se = spread(y - estimate * x) / abs(cross)
    slope = cross / (z @ z)
    first = np.inf if instrument is None else (cross / spread(x - slope * z)) ** 2
    reach = norm.ppf((1 + level) / 2) * se
    checks.sound([estimate, se, reach], "'outcome' and 'treatment'")
    return pd.Series(
        {
            "estimate": estimate,
            "se": se,
            "low": estimate - reach,
            "high": estimate + reach,
            "n": float(len(y)),
            "first_stage_f": first,
        }
    )


def with_constant(controls: ArrayLike | None, count: int) -> FloatArray:
    """Return the controls as a matrix that begins with a column of ones."""
    if controls is None:
        return np.ones((count, 1))
    matrix = np.asarray(controls)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or len(matrix) != count:
        raise DataError(f"argument 'controls': shape {matrix.shape}, expected one row for each of {count} units.")
    matrix = checks.matrix(matrix, "controls", matrix.shape) if matrix.size else np.empty(matrix.shape)
    return np.column_stack([np.ones(len(matrix)), matrix])


def residual(design: FloatArray, values: FloatArray) -> FloatArray:
    """Return what the columns of ``design`` do not explain of ``values`` (a vector, or one in each column)."""
    basis, triangle = np.linalg.qr(design)
    keep = np.abs(np.diag(triangle)) > 1e-10 * np.linalg.norm(design, axis=0)
    if not keep.all():
        basis = np.linalg.qr(design[:, keep])[0]
    return values - basis @ (basis.T @ values)
