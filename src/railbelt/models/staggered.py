"""Treatments that begin in different years: group-time effects, diagnosis of two-way fixed effects, sensitivity, few clusters.

The estimators are those of the library ``diff-diff``; this module gives them one convention (a table with a year of first
treatment, zero for never) and plain tables as results, and adds a permutation test for a handful of units.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

__all__ = [
    "EventStudy",
    "comparisons",
    "event_study",
    "imputation",
    "permutation_test",
    "sensitivity",
    "spillover_rings",
    "two_way",
    "wild_bootstrap",
]

CONTROLS = ("not_yet_treated", "never_treated")


@contextmanager
def _estimated(argument: str) -> Iterator[None]:
    """Turn what the library refuses into an error that names the argument."""
    try:
        yield
    except (ArithmeticError, RuntimeError, ValueError) as error:
        raise DataError(f"argument '{argument}': no estimate was found ({str(error)[:200]}).") from None


@dataclass(frozen=True)
class EventStudy:
    """Effects by time since the beginning; made by :func:`event_study`.

    Attributes
    ----------
    overall : Series
        ``estimate``, ``se``, ``low``, ``high``: mean over all treated cells.
    events : DataFrame
        ``event_time``, ``estimate``, ``se``, ``low``, ``high``; the year before treatment is the base, with zero.
    cohorts : DataFrame
        ``cohort``, ``estimate``, ``se``, ``low``, ``high``.
    fitted : object
        What the library returned, for :func:`sensitivity`.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> study = event_study(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g")
    >>> study.cohorts.cohort.tolist(), bool(study.events.query("event_time < 0").estimate.abs().max() < 1e-9)
    ([3, 4], True)
    """

    overall: pd.Series
    events: pd.DataFrame
    cohorts: pd.DataFrame
    fitted: Any


def _panel(panel: pd.DataFrame, outcome: str, unit: str, time: str, cohort: str, *more: str) -> pd.DataFrame:
    """Return the columns needed of a balanced panel, or say what is wrong with it."""
    roles = [outcome, unit, time, cohort]
    if len(set(roles)) < 4:
        raise DataError("arguments 'outcome', 'unit', 'time' and 'cohort': name four different columns.")
    checks.columns(panel, list(dict.fromkeys([*roles, *more])), "panel")
    frame = panel[list(dict.fromkeys([*roles, *more]))].reset_index(drop=True)
    frame[outcome] = checks.figures(frame, outcome, "panel")
    if frame.empty or frame[unit].isna().any():
        raise DataError(f"argument 'panel', column '{unit}': a unit is missing, or there is no row.")
    for column, gaps in ((time, False), (cohort, True)):
        numbers = checks.figures(frame.fillna({column: 0}) if gaps else frame, column, "panel")
        if not (numbers == numbers.round()).all() or not numbers.abs().lt(1e6).all():
            raise DataError(f"argument 'panel', column '{column}': a period is not a whole number.")
        frame[column] = numbers
    if frame.duplicated([unit, time]).any():
        row = frame[frame.duplicated([unit, time])].iloc[0]
        raise DataError(f"argument 'panel': {unit} {row[unit]} stands twice in {row[time]}.")
    years = frame.groupby(unit)[time].nunique()
    if (years < frame[time].nunique()).any():
        raise DataError(f"argument 'panel': {unit} {years.idxmin()} lacks a {time}; pass a balanced panel.")
    varies = frame.groupby(unit)[cohort].nunique(dropna=False) > 1
    if varies.any():
        raise DataError(f"argument 'panel', column '{cohort}': {unit} {varies.idxmax()} has more than one.")
    frame[cohort] = frame[cohort].fillna(0).astype(int)
    frame[time] = frame[time].astype(int)
    early = frame[cohort].between(1, int(frame[time].min()))
    if early.any():
        raise DataError(
            f"argument 'panel', column '{cohort}': {unit} {frame[unit][early].iloc[0]} was treated by the first {time}; "
            "it has no year before. Drop such units."
        )
    frame[cohort] = frame[cohort].where(frame[cohort] <= frame[time].max(), 0)
    if not (frame[cohort] > 0).any():
        raise DataError(f"argument 'panel', column '{cohort}': no unit is treated within the panel.")
    return frame


def _row(estimate: float, se: float, level: float, **more: float) -> dict[str, float]:
    from scipy.stats import norm

    checks.coverage(level)

    reach = norm.ppf((1 + level) / 2) * se
    return {**more, "estimate": estimate, "se": se, "low": estimate - reach, "high": estimate + reach}


def event_study(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    control: str = "not_yet_treated",
    cluster: str | None = None,
    level: float = 0.95,
) -> EventStudy:
    """Estimate group-time effects and aggregate them (Callaway and Sant'Anna), without forbidden comparisons.

    Parameters
    ----------
    panel : DataFrame
        Balanced; one row a unit and period.
    outcome, unit, time, cohort : str
        Columns; ``cohort`` is the first treated period, zero or missing for never. Beginnings after the panel count as
        never.
    control : {"not_yet_treated", "never_treated"}
        Who stands for the counterfactual.
    cluster : str, optional
        Column of clusters of units for the standard errors; by default the unit.
    level : float
        Coverage of the pointwise intervals.

    Returns
    -------
    EventStudy

    Raises
    ------
    DataError
        If a column is missing, the panel is not balanced, a unit was treated before it, or the control is unknown.

    References
    ----------
    Callaway, B., & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. *Journal of
    Econometrics*, 225(2), 200-230.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> found = event_study(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g")
    >>> round(float(found.overall.estimate), 6)
    2.0
    """
    import diff_diff
    import pandas as pd

    if control not in CONTROLS:
        raise DataError(f"argument 'control': no control '{control}'. {suggest(control, CONTROLS)}")
    checks.coverage(level)
    frame = _panel(panel, outcome, unit, time, cohort, *([cluster] if cluster else []))
    model = diff_diff.CallawaySantAnna(
        control_group=control, base_period="universal", cband=False, cluster=cluster, alpha=1 - level
    )
    with _estimated("panel"):
        fitted = model.fit(frame, outcome=outcome, unit=unit, time=time, first_treat=cohort)
        events = fitted.aggregate("event_study")
        by_event = events.to_dataframe()
        by_cohort = fitted.aggregate("group").to_dataframe()
    return EventStudy(
        pd.Series(_row(fitted.overall_att, fitted.overall_se, level)),
        pd.DataFrame(
            [
                _row(r.att, 0.0 if r.is_reference else r.se, level, event_time=int(r.event_time))
                for r in by_event.itertuples()
            ]
        ),
        pd.DataFrame(
            [
                _row(r.att, r.se, level, cohort=int(r.target if str(r.target).isdigit() else r.label))
                for r in by_cohort.itertuples()
            ]
        ),
        events,
    )


def imputation(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    cluster: str | None = None,
    level: float = 0.95,
) -> pd.Series:
    """Estimate the mean effect by imputing untreated outcomes (Borusyak, Jaravel and Spiess).

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster, level
        As in :func:`event_study`.

    Returns
    -------
    Series
        ``estimate``, ``se``, ``low``, ``high``.

    References
    ----------
    Borusyak, K., Jaravel, X., & Spiess, J. (2024). Revisiting event-study designs: robust and efficient estimation.
    *Review of Economic Studies*, 91(6), 3253-3285.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> round(float(imputation(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g").estimate), 6)
    2.0
    """
    import diff_diff
    import pandas as pd

    frame = _panel(panel, outcome, unit, time, cohort, *([cluster] if cluster else []))
    with _estimated("panel"):
        fitted = diff_diff.ImputationDiD(cluster=cluster).fit(
            frame, outcome=outcome, unit=unit, time=time, first_treat=cohort
        )
    return pd.Series(_row(fitted.overall_att, fitted.overall_se, level))


def two_way(panel: pd.DataFrame, outcome: str, unit: str, time: str, cohort: str) -> float:
    """Return the coefficient of a two-way fixed-effects regression on being treated, the estimator under diagnosis.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> round(two_way(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g"), 6)
    2.0
    """
    frame = _panel(panel, outcome, unit, time, cohort)
    treated, values = _within(frame, outcome, unit, time, cohort)
    return float(treated @ values / (treated @ treated))


def _within(frame: pd.DataFrame, outcome: str, unit: str, time: str, cohort: str) -> tuple[Any, Any]:
    """Return treatment and outcome of a balanced panel less the means of units and periods."""
    status = ((frame[cohort] > 0) & (frame[time] >= frame[cohort])).astype(float)

    def demeaned(values: pd.Series) -> Any:
        by_unit, by_time = values.groupby(frame[unit]), values.groupby(frame[time])
        return (values - by_unit.transform("mean") - by_time.transform("mean") + values.mean()).to_numpy()

    return demeaned(status), demeaned(frame[outcome].astype(float))


def comparisons(panel: pd.DataFrame, outcome: str, unit: str, time: str, cohort: str) -> pd.DataFrame:
    """Take a two-way fixed-effects estimate apart into the comparisons that it averages (Goodman-Bacon).

    Parameters
    ----------
    panel, outcome, unit, time, cohort
        As in :func:`event_study`.

    Returns
    -------
    DataFrame
        One row a kind of comparison: ``comparison``, ``weight``, ``estimate``; the weighted sum is the two-way estimate. The
        last kind uses units already treated as controls.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. *Journal of Econometrics*,
    225(2), 254-277.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> parts = comparisons(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g")
    >>> round(float(parts.weight.sum()), 6), round(float((parts.weight * parts.estimate).sum()), 6)
    (1.0, 2.0)
    """
    import diff_diff
    import pandas as pd

    frame = _panel(panel, outcome, unit, time, cohort)
    with _estimated("panel"):
        found = diff_diff.BaconDecomposition(weights="exact").fit(frame, outcome, unit, time, cohort)
    kinds = {
        "treated against never treated": (found.total_weight_treated_vs_never, found.weighted_avg_treated_vs_never),
        "earlier against later treated": (found.total_weight_earlier_vs_later, found.weighted_avg_earlier_vs_later),
        "later against earlier treated": (found.total_weight_later_vs_earlier, found.weighted_avg_later_vs_earlier),
    }
    return pd.DataFrame([(kind, *pair) for kind, pair in kinds.items()], columns=["comparison", "weight", "estimate"])


def sensitivity(study: EventStudy, multiples: Sequence[float] = (0, 0.5, 1, 2)) -> pd.DataFrame:
    """Ask how far the mean effect survives trends that part after treatment (Rambachan and Roth, relative magnitudes).

    Parameters
    ----------
    study : EventStudy
    multiples : sequence of float
        How many times the largest step between neighbouring years before treatment the trend may step after it.

    Returns
    -------
    DataFrame
        ``multiple``, ``low``, ``high``: robust interval of the mean over the years of treatment.

    Raises
    ------
    DataError
        If a multiple is below zero, or the study bears no interval.

    References
    ----------
    Rambachan, A., & Roth, J. (2023). A more credible approach to parallel trends. *Review of Economic Studies*, 90(5),
    2555-2591.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> rows = [(u, t, g, u + 2.0 * (0 < g <= t) + rng.normal(0, 0.1)) for u, g in enumerate([0] * 20 + [4] * 20) for t in range(1, 7)]
    >>> study = event_study(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g")
    >>> wider = sensitivity(study, (0, 1))
    >>> bool(wider.low[1] < wider.low[0] < 2 < wider.high[0] < wider.high[1])
    True
    """
    import diff_diff
    import pandas as pd

    rows = []
    for multiple in checks.vector(multiples, "multiples"):
        checks.number(multiple, "multiples", 0, 1e6)
        with _estimated("study"):
            found = diff_diff.HonestDiD(method="relative_magnitude", M=float(multiple)).fit(study.fitted)
        checks.sound([found.ci_lb, found.ci_ub], "'study' and 'multiples'")
        rows.append((float(multiple), found.ci_lb, found.ci_ub))
    return pd.DataFrame(rows, columns=["multiple", "low", "high"])


def spillover_rings(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    rings_km: Sequence[float] = (0, 100, 200),
    cutoff_km: float = 500,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the effect on treated units and on untreated ones within rings around them (Butts), Conley errors.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, level
        As in :func:`event_study`; also columns ``lon`` and ``lat``.
    rings_km : sequence of float
        Edges of the rings; beyond the last one units are clean controls.
    cutoff_km : float
        Distance at which errors are taken as unrelated.

    Returns
    -------
    DataFrame
        ``place`` (``"treated"`` or the ring), ``estimate``, ``se``, ``low``, ``high``.

    References
    ----------
    Butts, K. (2021). Difference-in-differences estimation with spatial spillovers. arXiv:2105.03737.

    Examples
    --------
    >>> import pandas as pd
    >>> begin = [0] * 4 + [3] * 3
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t), 110 + 2.0 * u, 40.0) for u, g in enumerate(begin) for t in range(1, 6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "g", "y", "lon", "lat"])
    >>> spillover_rings(panel, "y", "u", "t", "g", (0, 200, 400)).set_index("place").estimate.round(6)["treated"].item()
    2.0
    """
    import diff_diff
    import numpy as np
    import pandas as pd

    checks.coverage(level)
    checks.number(cutoff_km, "cutoff_km", 1e-3, 1e5)
    edges = checks.vector(rings_km, "rings_km")
    if len(edges) < 2 or edges[0] < 0 or edges[-1] > 1e5 or not (edges[1:] > edges[:-1]).all():
        raise DataError("argument 'rings_km': at least two edges, rising from zero.")
    frame = _panel(panel, outcome, unit, time, cohort, "lon", "lat")
    frame = frame.assign(**checks.degrees(frame, "panel"))
    moves = (frame.groupby(unit)[["lon", "lat"]].nunique() > 1).any(axis=1)
    if moves.any():
        raise DataError(f"argument 'panel', columns 'lon' and 'lat': {unit} {moves.idxmax()} has more than one place.")
    with _estimated("panel"):
        fitted = diff_diff.SpilloverDiD(
            rings=edges.tolist(),
            vcov_type="conley",
            conley_coords=("lat", "lon"),
            conley_cutoff_km=cutoff_km,
            conley_lag_cutoff=int(frame[time].nunique() - 1),
        ).fit(frame, outcome=outcome, unit=unit, time=time, first_treat=cohort)
    rows = [{"place": "treated", **_row(fitted.att, fitted.se, level)}]
    for (low, high), (_, ring) in zip(itertools.pairwise(edges), fitted.spillover_effects.iterrows(), strict=True):
        if not np.isfinite([ring.coef, ring.se]).all():
            raise DataError(
                f"argument 'rings_km': too few untreated units lie {low:g} to {high:g} km away to tell. Widen the ring."
            )
        rows.append({"place": f"untreated, {low:.0f} to {high:.0f} km", **_row(ring.coef, ring.se, level)})
    return pd.DataFrame(rows)


def wild_bootstrap(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    cluster: str,
    draws: int = 999,
    seed: int = 0,
) -> pd.Series:
    """Test the two-way coefficient with :func:`~railbelt.models.few_clusters.wild_cluster`, for a dozen clusters or fewer.

    Parameters
    ----------
    panel, outcome, unit, time, cohort
        As in :func:`event_study`.
    cluster : str
        Column of clusters.
    draws : int
        Random signs; with up to twelve clusters all combinations.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Series
        ``estimate``, ``se``, ``low``, ``high``, ``p_value``, ``clusters``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> rows = [(u, t, g, 2.0 * (0 < g <= t) + rng.normal()) for u, g in enumerate([0] * 4 + [3] * 4) for t in range(1, 6)]
    >>> panel = pd.DataFrame(rows, columns=["u", "t", "g", "y"])
    >>> found = wild_bootstrap(panel, "y", "u", "t", "g", "u")
    >>> bool(found.low < 2 < found.high), int(found.clusters)
    (True, 8)
    """
    import pandas as pd

    from railbelt.models.few_clusters import wild_cluster

    frame = _panel(panel, outcome, unit, time, cohort, cluster)
    treated, values = _within(frame, outcome, unit, time, cohort)
    within = pd.DataFrame({"treated": treated, "values": values, "cluster": frame[cluster].to_numpy()})
    found = wild_cluster(within, "values", "treated", "cluster", draws=draws, seed=seed)
    return found.rename({"slope": "estimate"}).drop("n")


def permutation_test(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    together: str | None = None,
    draws: int = 999,
    seed: int = 0,
) -> pd.Series:
    """Test the two-way coefficient by handing the years of beginning to other units, exact for any number of them.

    Parameters
    ----------
    panel, outcome, unit, time, cohort
        As in :func:`event_study`.
    together : str, optional
        Column of groups of units that are treated in the same year, for instance by one line; whole groups change places.
        By default every unit for itself.
    draws : int
        Permutations.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Series
        ``estimate``, ``p_value``, ``units`` that could change places.

    Raises
    ------
    DataError
        If a group has more than one year of beginning.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(u, t, g, u + t + 2.0 * (0 < g <= t)) for u, g in enumerate([0, 0, 0, 3, 3, 4, 4]) for t in range(1, 6)]
    >>> found = permutation_test(pd.DataFrame(rows, columns=["u", "t", "g", "y"]), "y", "u", "t", "g", draws=99)
    >>> round(float(found.estimate), 6), bool(found.p_value < 0.1)
    (2.0, True)
    """
    import numpy as np
    import pandas as pd

    checks.whole(draws, "draws", 1)
    checks.whole(seed, "seed", 0, 2**64)
    frame = _panel(panel, outcome, unit, time, cohort, *([together] if together else []))
    key = together or unit
    years = frame.groupby(key)[cohort].agg(["first", "nunique"])
    if (years["nunique"] > 1).any():
        raise DataError(f"argument 'together': {key} {years['nunique'].idxmax()} has more than one year of beginning.")
    wide = frame.pivot(index=unit, columns=time, values=outcome).astype(float)
    values = (wide.sub(wide.mean(axis=1), axis=0) - wide.mean() + wide.to_numpy().mean()).to_numpy()
    position = years.index.get_indexer(pd.Index(frame.groupby(unit)[key].first().loc[wide.index]))
    periods = wide.columns.to_numpy()

    def coefficient(beginning: Any) -> float:
        start = beginning[position][:, None]
        status = ((start > 0) & (periods >= start)).astype(float)
        status = status - status.mean(axis=1, keepdims=True) - status.mean(axis=0) + status.mean()
        return float((status * values).sum() / (status**2).sum())

    beginning, rng = years["first"].to_numpy(), np.random.default_rng(seed)
    estimate = coefficient(beginning)
    drawn = np.array([coefficient(rng.permutation(beginning)) for _ in range(draws)])
    p_value = (1 + (np.abs(drawn) >= abs(estimate) * (1 - 1e-9)).sum()) / (draws + 1)
    return pd.Series({"estimate": estimate, "p_value": p_value, "units": float(len(beginning))})
