"""Exposure to shocks that were not handed out at random to places: expected exposure, recentring, exact inference.

A new line raises the market access of places in the middle of the map more than of places at its edge, wherever it is
built. So growth of access mixes what was built (which may be as good as random among like lines) with where a place lies
(which is not). The remedy: redraw which of the like lines were built, compute the exposure of every place under each draw,
and compare each place with its own average over the draws. The same draws give tests that hold in finite samples, however
the outcomes of neighbours hang together.

Nothing here knows about railways: a *shock* is anything that was assigned, a *unit* anything that is exposed, and the
exposure is a function that the user passes.

References
----------
Borusyak, K., & Hull, P. (2023). Nonrandom exposure to exogenous shocks. *Econometrica*, 91(6), 2155-2185.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError, suggest
from railbelt.models.conley import linear, residual, with_constant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

    from railbelt._types import FloatArray

__all__ = [
    "Exposure",
    "detectable",
    "estimate",
    "explained",
    "exposures",
    "permute_within",
    "power",
    "randomisation_interval",
    "randomisation_p",
    "recentre",
    "specifications",
]

ADJUSTMENTS = ("none", "instrument", "control")


@dataclass(frozen=True)
class Exposure:
    """Realised and counterfactual exposure of every unit; made by :func:`recentre`.

    Attributes
    ----------
    realised : ndarray, shape (units,)
        Exposure to the shocks as they were.
    draws : ndarray, shape (draws, units)
        Exposure to the shocks redrawn.

    Examples
    --------
    >>> exposure = Exposure(np.array([1.0, 0.0]), np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
    >>> exposure.expected.tolist(), exposure.recentred.tolist()
    ([0.5, 0.5], [0.5, -0.5])
    """

    realised: FloatArray
    draws: FloatArray

    def __post_init__(self) -> None:
        if self.realised.dtype.kind not in "biuf" or self.draws.dtype.kind not in "biuf":
            raise DataError("arguments 'realised' and 'draws': exposure must be numbers.")
        if (
            self.realised.ndim != 1
            or self.draws.ndim != 2
            or self.draws.shape[1:] != self.realised.shape
            or not len(self.draws)
        ):
            raise DataError(
                f"argument 'draws': of shape {self.draws.shape}, but {len(self.realised)} units were realised; "
                "pass at least one draw of all units."
            )
        bad = ~((np.abs(self.realised) <= checks.LARGEST) & (np.abs(self.draws) <= checks.LARGEST).all(axis=0))
        if bad.any():
            raise DataError(
                f"argument 'draws', unit {int(bad.argmax())}: exposure is missing, infinite or beyond all measure. Leave units out that no "
                "network reaches."
            )

    @cached_property
    def expected(self) -> FloatArray:
        """Mean exposure of each unit over the draws and the realisation, which is one of them under the null."""
        total: FloatArray = self.draws.sum(axis=0, dtype=float) + self.realised
        return total / (len(self.draws) + 1)

    @property
    def recentred(self) -> FloatArray:
        """Realised less expected exposure."""
        left: FloatArray = self.realised - self.expected
        return left

    @property
    def recentred_draws(self) -> FloatArray:
        """The draws less expected exposure."""
        left: FloatArray = self.draws - self.expected
        return left

    def of(self, units: ArrayLike) -> Exposure:
        """Return the exposure of some of the units (a mask or positions)."""
        units = np.asarray(units)
        return Exposure(self.realised[units], self.draws[:, units])

    def split(self, parts: int) -> list[Exposure]:
        """Return the exposures of several measures that one function returned side by side, each of the same units.

        Examples
        --------
        >>> two = Exposure(np.array([1.0, 2, 10, 20]), np.array([[2.0, 1, 20, 10]]))
        >>> [measure.realised.tolist() for measure in two.split(2)]
        [[1.0, 2.0], [10.0, 20.0]]
        """
        if parts < 1 or len(self.realised) % parts:
            raise DataError(f"argument 'parts': {len(self.realised)} columns do not fall into {parts} equal parts.")
        return [
            Exposure(one, drawn)
            for one, drawn in zip(np.split(self.realised, parts), np.split(self.draws, parts, axis=1), strict=True)
        ]


def permute_within(realised: ArrayLike, groups: ArrayLike, draws: int, seed: int = 0) -> FloatArray:
    """Shuffle shocks among those of the same group.

    Parameters
    ----------
    realised : array_like, shape (shocks,)
        What each shock was: open or not, or a date, or a size.
    groups : array_like, shape (shocks,)
        Like shocks carry the same label; only they change places.
    draws : int
        How many times.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    ndarray, shape (draws, shocks)
        Of the type of ``realised``. Every draw holds in each group the same values as ``realised``.

    Raises
    ------
    DataError
        If lengths differ, or no group offers anything to permute.

    Examples
    --------
    >>> permute_within([True, False, True], ["a", "a", "b"], draws=2).sum(axis=1).tolist()
    [2, 2]
    """
    realised, groups = np.asarray(realised), np.asarray(groups)
    if realised.ndim != 1 or realised.shape != groups.shape:
        raise DataError(f"argument 'groups': {groups.shape} labels for {realised.shape} shocks.")
    checks.whole(draws, "draws", 1)
    checks.whole(seed, "seed", 0, 2**64)
    members = [np.flatnonzero(groups == label) for label in dict.fromkeys(groups.tolist())]
    if all(len(np.unique(realised[rows])) == 1 for rows in members):
        raise DataError("argument 'groups': the shocks of each group are all alike, so there is nothing to permute.")
    rng = np.random.default_rng(seed)
    drawn = np.repeat(realised[None], draws, axis=0)
    for rows in members:
        drawn[:, rows] = rng.permuted(drawn[:, rows], axis=1)
    return drawn


def exposures(
    function: Callable[[FloatArray], ArrayLike], shocks: ArrayLike, block: int = 32, n_jobs: int | None = None
) -> FloatArray:
    """Evaluate an exposure function on many draws of the shocks, block by block and in parallel.

    Parameters
    ----------
    function : callable
        Takes draws of the shocks, one in each row, and returns the exposure of every unit, one draw in each row. It has to
        be picklable for more than one worker.
    shocks : array_like, shape (draws, shocks)
        Of :func:`permute_within`, or from a design of one's own.
    block : int
        Rows handed over at once.
    n_jobs : int, optional
        Workers of joblib; by default what ``joblib.parallel_config`` says, or one. The result does not depend on it.

    Returns
    -------
    ndarray, shape (draws, units)

    Raises
    ------
    DataError
        If the function returns another number of rows.

    Examples
    --------
    >>> neighbours = np.array([[0, 1, 0], [1, 0, 1]])
    >>> exposures(lambda shocks: shocks @ neighbours.T, [[1, 0, 1], [0, 1, 0]]).tolist()
    [[0, 2], [1, 0]]
    """
    from joblib import Parallel, delayed

    checks.workers(n_jobs, "n_jobs")
    try:
        shocks = np.asarray(shocks)
    except ValueError:
        raise DataError("argument 'shocks': rows of unequal length.") from None
    if shocks.dtype.kind not in "biuf":
        raise DataError("argument 'shocks': holds something that is not a number.")
    checks.whole(block, "block", 1, 2**63 - 1)
    if shocks.ndim != 2 or not len(shocks):
        raise DataError(f"argument 'shocks': shape {shocks.shape}, expected one draw a row.")
    blocks = [shocks[first : first + block] for first in range(0, len(shocks), block)]
    found = [np.asarray(part) for part in Parallel(n_jobs=n_jobs)(delayed(function)(rows) for rows in blocks)]
    for rows, part in zip(blocks, found, strict=True):
        if part.ndim != 2 or len(part) != len(rows):
            raise DataError(
                f"argument 'function': returned shape {part.shape} for {len(rows)} draws; "
                "expected one row a draw and one column a unit."
            )
    return np.concatenate(found)


def recentre(
    function: Callable[[FloatArray], ArrayLike],
    realised: ArrayLike,
    groups: ArrayLike,
    draws: int = 999,
    seed: int = 0,
    block: int = 32,
    n_jobs: int | None = None,
) -> Exposure:
    """Compute realised exposure and that under shocks shuffled within groups of like ones.

    Parameters
    ----------
    function, block, n_jobs
        As in :func:`exposures`.
    realised, groups, draws, seed
        As in :func:`permute_within`.

    Returns
    -------
    Exposure

    Examples
    --------
    >>> share = np.array([[0.9, 0.1], [0.5, 0.5]])
    >>> recentre(lambda shocks: shocks @ share.T, [1, 0], ["a", "a"], draws=999).recentred.round(1).tolist()
    [0.4, 0.0]
    """
    realised = np.asarray(realised)
    drawn = exposures(function, permute_within(realised, groups, draws, seed), block, n_jobs)
    return Exposure(np.asarray(function(realised[None]))[0], drawn)


def _statistics(
    outcome: ArrayLike, exposure: Exposure, controls: ArrayLike | None, adjust: str
) -> tuple[FloatArray, FloatArray]:
    """Return the covariances of recentred exposure (realised first, then the draws) with outcome and treatment."""
    if adjust not in ADJUSTMENTS[1:]:
        raise DataError(f"argument 'adjust': no adjustment '{adjust}'. {suggest(adjust, ADJUSTMENTS[1:])}")
    y = checks.vector(outcome, "outcome", len(exposure.realised))
    design = with_constant(controls, len(y))
    if adjust == "control":
        design = np.column_stack([design, exposure.expected])
    clean = residual(design, np.column_stack([y, exposure.realised]))
    moved = np.vstack([exposure.recentred, exposure.recentred_draws]) @ clean
    checks.sound(moved, "'outcome' and 'exposure'")
    return moved[:, 0], moved[:, 1]


def randomisation_p(
    outcome: ArrayLike,
    exposure: Exposure,
    controls: ArrayLike | None = None,
    effect: float = 0.0,
    adjust: str = "instrument",
) -> float:
    """Return the exact p-value of a constant effect of the exposure.

    Under the null the outcome less the effect times the exposure does not depend on the draw, so that its covariance with
    recentred exposure is one of those under the draws. The test is exact for any number of units and draws if the shocks
    could change places within their groups.

    Parameters
    ----------
    outcome : array_like, shape (units,)
        Without missing values.
    exposure : Exposure
    controls : array_like, shape (units, k), optional
        Fixed traits of the units, taken out for precision.
    effect : float
        The null.
    adjust : {"instrument", "control"}
        Whether expected exposure is also among the controls.

    Returns
    -------
    float
        Two-sided.

    Examples
    --------
    >>> exposure = Exposure(np.array([1.0, -1, 0]), np.array([[-1.0, 1, 0], [0, 1, -1], [1, 0, -1]]))
    >>> randomisation_p([2.0, 0.0, 1.0], exposure, effect=1.0)
    1.0
    """
    effect = checks.number(effect, "effect", -1e12, 1e12)
    a, c = _statistics(outcome, exposure, controls, adjust)
    statistic = np.abs(a - effect * c)
    slack = 1e-12 * (np.abs(a).max() + abs(effect) * np.abs(c).max())
    return float((statistic >= statistic[0] * (1 - 1e-9) - slack).mean())


def randomisation_interval(
    outcome: ArrayLike,
    exposure: Exposure,
    controls: ArrayLike | None = None,
    level: float = 0.95,
    adjust: str = "instrument",
) -> tuple[float, float]:
    """Return the effects that :func:`randomisation_p` does not reject, by exact inversion of the test.

    Each draw speaks against an effect on one stretch of the line, or on its outside, between two roots; so the p-value
    changes at the roots only and no grid is needed.

    Parameters
    ----------
    outcome, exposure, controls, adjust
        As in :func:`randomisation_p`.
    level : float
        Coverage.

    Returns
    -------
    low, high : float
        The shortest interval that holds all effects not rejected. Infinite where the design says too little.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = rng.normal(size=(200, 30))
    >>> low, high = randomisation_interval(2 * draws[0] + rng.normal(size=30), Exposure(draws[0], draws[1:]))
    >>> bool(low < 2 < high)
    True
    """
    checks.coverage(level)
    a, c = _statistics(outcome, exposure, controls, adjust)
    (a, a_b), (c, c_b) = (a[0], a[1:]), (c[0], c[1:])
    needed = (1 - level) * (len(a_b) + 1) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.sort([(a_b - a) / (c_b - c), (a_b + a) / (c_b + c)], axis=0)
    same = np.isclose(np.abs(c_b), np.abs(c), rtol=1e-9, atol=0)
    within, beyond = ~same & (np.abs(c_b) < np.abs(c)), ~same & (np.abs(c_b) > np.abs(c))
    if beyond.sum() + same.sum() > needed:
        return -np.inf, np.inf
    # A draw equal to the realisation up to sign counts everywhere, on the safe side.
    low_in, high_in = np.sort(roots[0, within]), np.sort(roots[1, within])
    low_out, high_out = np.sort(roots[0, beyond]), np.sort(roots[1, beyond])
    at = np.unique(np.concatenate([low_in, high_in, low_out, high_out, [a / c]]))
    count = (
        same.sum()
        + np.searchsorted(low_in, at, "right")
        - np.searchsorted(high_in, at, "left")
        + (beyond.sum() - np.searchsorted(low_out, at, "left") + np.searchsorted(high_out, at, "right"))
    )
    kept = at[count > needed + 1e-9]
    if not kept.size:  # at a coverage next to nothing only the estimate is left
        kept = np.array([a / c])
    return float(kept.min()), float(kept.max())


def estimate(
    outcome: ArrayLike,
    exposure: Exposure,
    controls: ArrayLike | None = None,
    adjust: str = "instrument",
    weights: FloatArray | None = None,
    level: float = 0.95,
) -> pd.Series:
    """Estimate the effect of an exposure: as it is, recentred as instrument, or with expected exposure as a control.

    Parameters
    ----------
    outcome : array_like, shape (units,)
        Missing values leave their units out.
    exposure : Exposure
    controls : array_like, shape (units, k), optional
    adjust : {"none", "instrument", "control"}
        ``"none"`` is the naive regression on realised exposure.
    weights : ndarray, shape (units, units), optional
        Of :func:`~railbelt.models.conley.spatial_weights`, for the asymptotic standard error.
    level : float
        Coverage of both intervals.

    Returns
    -------
    Series
        ``estimate``, ``se``, ``low``, ``high``, ``n``, ``first_stage_f`` as :func:`~railbelt.models.conley.linear`, and
        ``ri_low``, ``ri_high``, ``ri_p`` (of no effect) by randomisation; missing for ``"none"``, which has no such test.

    Raises
    ------
    DataError
        If the adjustment is unknown or lengths differ.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draws = rng.normal(size=(100, 50)) + np.arange(50)
    >>> outcome = draws[0] + 3.0 * np.arange(50)
    >>> [round(float(estimate(outcome, Exposure(draws[0], draws[1:]), adjust=way).estimate)) for way in ADJUSTMENTS[::2]]
    [4, 1]
    """
    if adjust not in ADJUSTMENTS:
        raise DataError(f"argument 'adjust': no adjustment '{adjust}'. {suggest(adjust, ADJUSTMENTS)}")
    checks.coverage(level)
    try:
        y = np.asarray(outcome, dtype=float)
    except (TypeError, ValueError):
        raise DataError("argument 'outcome': holds something that is not a number.") from None
    if y.shape != exposure.realised.shape:
        raise DataError(f"argument 'outcome': {y.shape} values for {len(exposure.realised)} units.")
    if (np.abs(y) > checks.LARGEST).any():
        raise DataError("argument 'outcome': an outcome is infinite, or beyond all measure.")
    known = ~np.isnan(y)
    if not known.all():
        y, exposure = y[known], exposure.of(known)
        controls = None if controls is None else with_constant(controls, len(known))[known, 1:]
        weights = None if weights is None else weights[np.ix_(known, known)]
    regressors = controls
    if adjust == "control":
        regressors = np.column_stack([with_constant(controls, len(y))[:, 1:], exposure.expected])
    instrument = exposure.recentred if adjust == "instrument" else None
    found = linear(y, exposure.realised, regressors, instrument, weights, level)
    if adjust == "none":
        found["ri_low"] = found["ri_high"] = found["ri_p"] = np.nan
    else:
        found["ri_low"], found["ri_high"] = randomisation_interval(y, exposure, controls, level, adjust)
        found["ri_p"] = randomisation_p(y, exposure, controls, 0.0, adjust)
    return found


def explained(exposure: Exposure, traits: ArrayLike, about_mean: bool = True) -> pd.Series:
    """Ask how much of the exposure fixed traits of the units explain, before and after recentring.

    If like shocks really were interchangeable, traits of the units explain no more of recentred exposure than they do under
    the draws; that is the specification test of the design.

    Parameters
    ----------
    exposure : Exposure
    traits : array_like, shape (units, k)
        For instance longitude, latitude, distance to the capital.
    about_mean : bool
        Whether variance is measured about the mean, as usual, or about zero, as regressions do that know no constant of their
        own. About zero the mean counts as explained, and a share says little about the traits.

    Returns
    -------
    Series
        ``r2_realised``, ``r2_expected``, ``r2_recentred``, and ``p_value`` of the joint test by randomisation.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> draws = rng.normal(size=(100, 50)) + np.arange(50)
    >>> found = explained(Exposure(draws[0], draws[1:]), np.arange(50))
    >>> bool(found.r2_realised > 0.9 > 0.2 > found.r2_recentred)
    True
    """
    import pandas as pd

    design = with_constant(traits, len(exposure.realised))
    if max(np.abs(exposure.realised).max(), np.abs(exposure.draws).max()) > checks.LARGEST:
        raise DataError("argument 'exposure': an exposure is beyond all measure. Choose a smaller unit.")

    def r2(values: FloatArray) -> FloatArray:
        rows = np.atleast_2d(values).T
        centred = rows - rows.mean(axis=0) if about_mean else rows
        share: FloatArray = (residual(design, rows) ** 2).sum(axis=0) / np.maximum((centred**2).sum(axis=0), 1e-300)
        return 1 - share

    recentred = r2(exposure.recentred)[0]
    draws = r2(exposure.recentred_draws)
    return pd.Series(
        {
            "r2_realised": r2(exposure.realised)[0],
            "r2_expected": r2(exposure.expected)[0],
            "r2_recentred": recentred,
            "p_value": (1 + (draws >= recentred * (1 - 1e-9)).sum()) / (len(draws) + 1),
        }
    )


def power(
    outcome: ArrayLike,
    exposure: Exposure,
    effects: ArrayLike,
    controls: ArrayLike | None = None,
    level: float = 0.95,
    adjust: str = "instrument",
) -> pd.DataFrame:
    """Return how often the test would have found effects of given size.

    Every draw takes its turn as the realised assignment: the effect times its exposure is added to the outcome that is left
    once the estimated effect is taken out, and the other draws judge it. Errors keep their pattern in space.

    Parameters
    ----------
    outcome, exposure, controls, adjust
        As in :func:`randomisation_p`.
    effects : array_like
        True effects to try.
    level : float
        One less the size of the test.

    Returns
    -------
    DataFrame
        ``effect``, ``power``.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> draws = rng.normal(size=(200, 60))
    >>> found = power(rng.normal(size=60), Exposure(draws[0], draws[1:]), [0.0, 1.0])
    >>> bool(found.power[0] < 0.1 < 0.9 < found.power[1])
    True
    """
    import pandas as pd

    checks.coverage(level)
    tried = checks.vector(np.atleast_1d(effects), "effects")
    y = checks.vector(outcome, "outcome", len(exposure.realised))
    fitted = linear(y, exposure.realised, controls, exposure.recentred).estimate
    design = with_constant(controls, len(y))
    if adjust == "control":
        design = np.column_stack([design, exposure.expected])
    every = np.vstack([exposure.realised, exposure.draws])
    z = every - exposure.expected
    from_errors = z @ residual(design, y - fitted * exposure.realised)
    from_effect = z @ residual(design, every.T.astype(float))
    own = np.einsum("ii->i", from_effect)
    rows = []
    for effect in tried:
        checks.number(effect, "effects", -1e12, 1e12)
        statistic = np.abs(from_errors + effect * own)
        reference = np.abs(from_errors[:, None] + effect * from_effect)
        p_values = (reference >= statistic * (1 - 1e-9)).mean(axis=0)
        rows.append((effect, float((p_values <= 1 - level + 1e-12).mean())))
    return pd.DataFrame(rows, columns=["effect", "power"])


def detectable(
    outcome: ArrayLike,
    exposure: Exposure,
    controls: ArrayLike | None = None,
    level: float = 0.95,
    wanted: float = 0.8,
    adjust: str = "instrument",
) -> float:
    """Return the smallest positive effect that the design would have found with a given power.

    Parameters
    ----------
    outcome, exposure, controls, level, adjust
        As in :func:`power`.
    wanted : float
        Power asked for.

    Returns
    -------
    float
        In units of outcome per unit of exposure; infinite if no effect is found so often.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> draws = rng.normal(size=(200, 60))
    >>> bool(0.2 < detectable(rng.normal(size=60), Exposure(draws[0], draws[1:])) < 0.6)
    True
    """
    checks.number(wanted, "wanted", 0, 1, inside=True)
    checks.coverage(level)
    y = checks.vector(outcome, "outcome", len(exposure.realised))
    a, c = _statistics(y - linear(y, exposure.realised, controls, exposure.recentred).estimate * exposure.realised,
                       exposure, controls, adjust)  # fmt: skip
    unit = a.std() / max(abs(c[0]), 1e-300)
    low, high = 0.0, 2.8 * unit
    for _ in range(12):
        if power(y, exposure, [high], controls, level, adjust).power[0] >= wanted:
            break
        low, high = high, 2 * high
    else:
        return np.inf
    for _ in range(7):
        middle = (low + high) / 2
        if power(y, exposure, [middle], controls, level, adjust).power[0] >= wanted:
            high = middle
        else:
            low = middle
    return float(high)


def specifications(
    outcomes: Mapping[str, pd.Series],
    designs: Mapping[str, tuple[pd.Index, Exposure]],
    controls: Mapping[str, pd.DataFrame | None],
    samples: Mapping[str, pd.Index],
    adjust: Sequence[str] = ADJUSTMENTS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate every combination of defensible choices.

    Parameters
    ----------
    outcomes : mapping of str to Series
        By unit; missing values leave a unit out.
    designs : mapping of str to (Index, Exposure)
        Units and their exposure, for instance under other groups of like shocks.
    controls : mapping of str to DataFrame or None
        By unit; units with missing controls are left out.
    samples : mapping of str to Index
        Units to keep.
    adjust : sequence of str
        As in :func:`estimate`.
    level : float
        Coverage of the intervals by randomisation.

    Returns
    -------
    DataFrame
        One row a combination: ``outcome``, ``design``, ``controls``, ``sample``, ``adjust``, and what :func:`estimate` returns.
        Without spatial weights the asymptotic error allows for unequal variances only.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> draws, units = rng.normal(size=(40, 30)), pd.RangeIndex(30)
    >>> design = {"one": (units, Exposure(draws[0], draws[1:]))}
    >>> found = specifications({"y": pd.Series(draws[0])}, design, {"none": None}, {"all": units, "half": units[:15]})
    >>> len(found), found.estimate.round(6).unique().tolist()
    (6, [1.0])
    """
    import pandas as pd

    for argument, tables in (("outcomes", outcomes), ("controls", controls)):
        for name, table in tables.items():
            if table is not None and table.index.has_duplicates:
                raise DataError(f"argument '{argument}', '{name}': a unit stands twice.")
    if not checks.texts(adjust, "adjust"):
        raise DataError("argument 'adjust': name at least one way.")
    rows = []
    for design, pair in designs.items():
        if len(pair) != 2:
            raise DataError(f"argument 'designs', '{design}': expected units and their exposure.")
        units, exposure = pair
        if len(units) != len(exposure.realised) or units.has_duplicates:
            raise DataError(f"argument 'designs', '{design}': expected each unit of its exposure once.")
        for sample, kept in samples.items():
            for control, traits in controls.items():
                usable = units.isin(kept)
                if traits is not None:
                    traits = traits.assign(
                        **{str(t): checks.figures(traits, str(t), "controls", missing=True) for t in traits}
                    )
                    traits = traits.reindex(units)
                    usable &= traits.notna().all(axis=1).to_numpy()
                here = exposure.of(usable)
                given = None if traits is None else traits.to_numpy(float)[usable]
                for outcome, values in outcomes.items():
                    known = checks.figures(
                        values.to_frame("outcome"), "outcome", f"outcomes['{outcome}']", missing=True
                    )
                    y = known.reindex(units).to_numpy(float)[usable]
                    for way in adjust:
                        found = estimate(y, here, given, way, level=level)
                        names = {
                            "outcome": outcome,
                            "design": design,
                            "controls": control,
                            "sample": sample,
                            "adjust": way,
                        }
                        rows.append({**names, **found})
    return pd.DataFrame(rows)
