"""Who gains from faster trains, over all the assumptions one may defend: the spatial model on Chinese cities, drawn many times.

A draw is one set of assumptions. For each draw cities are balanced to their census and output (:func:`~railbelt.models.spatial.economy`),
doors come closer by the faster of train, road and plane, and the spatial model says who lives where and how well. What cannot be
decided by data is left open in the draws; :func:`drivers` tells which assumption matters for whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError, suggest
from railbelt.models.spatial import (
    CHANGES,
    Elasticities,
    changed,
    flows,
    log_changes,
    require_symmetric,
    require_unique,
)

if TYPE_CHECKING:
    import pandas as pd

    from railbelt._types import FloatArray
    from railbelt.models.spatial import Economy

__all__ = [
    "Setting",
    "balanced",
    "between",
    "door_to_door",
    "draw",
    "drivers",
    "effect",
    "effects",
    "setting",
    "split",
    "summary",
]

SHORTEST = 20.0
"""Least distance in km and least time in minutes between two cities."""

OUTCOMES = ("people", "real_income", "welfare")

LIMITS = {
    "access_minutes": (0, 1e9), "road_kmh": (1, 1e3), "air_minutes": (0, 1e9), "income_share": (0, 2), "home_sales": (0, 1),
    "movers": (0, 1), "trade_distance": (0, 20), "trade_by_person": (0, 1), "move_distance": (0, 20), "move_by_person": (0, 1),
}  # fmt: skip
"""Between what an assumption must lie; the elasticities have limits of their own."""

ELASTICITIES = ("trade_elasticity", "migration_elasticity", "agglomeration", "congestion")

DETOUR, AIR_KMH = 1.3, 700.0
"""Road over straight line, and speed of planes between airports."""


@dataclass(frozen=True)
class Setting:
    """Cities and what is known of them; made by :func:`setting`.

    Attributes
    ----------
    people, homes, output : Series
        By city: residents, people who belong there (same total), product.
    km : ndarray, shape (N, N)
        Straight-line distances.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> one = pd.Series({"a": 3.0, "b": 2.0})
    >>> Setting(one, one, one, np.array([[0.0, 85.0], [85.0, 0.0]])).people["a"].item()
    3.0
    """

    people: pd.Series
    homes: pd.Series
    output: pd.Series
    km: FloatArray

    @cached_property
    def _log_km(self) -> FloatArray:
        return np.log(np.maximum(np.asarray(self.km, dtype=np.float32), np.float32(SHORTEST)))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(map(str, self.people.index))

    @cached_property
    def _totals(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Residents, homes and the log of output per head."""
        people, homes, output = (s.to_numpy(float) for s in (self.people, self.homes, self.output))
        return people, homes, np.log(output / people)


def setting(cities: pd.DataFrame, people: pd.Series, earlier: pd.Series, output: pd.Series) -> Setting:
    """Put the cities together that have residents and output; homes are the residents of an earlier census.

    Parameters
    ----------
    cities : DataFrame
        ``city_code``, ``lon``, ``lat``.
    people, earlier, output : Series
        By city code: residents now and at the earlier census, product. A city without an earlier count gets the national ratio.

    Returns
    -------
    Setting

    Raises
    ------
    DataError
        If no city has both residents and output.

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"city_code": ["a", "b"], "lon": [120.0, 121.0], "lat": [40.0, 40.0]})
    >>> two = setting(cities, pd.Series({"a": 2.0, "b": 1.0}), pd.Series({"a": 1.0}), pd.Series({"a": 2.0, "b": 1.0}))
    >>> float(two.homes.sum()), bool(80 < two.km[0, 1] < 90)
    (3.0, True)
    """
    checks.once(cities, ["city_code"], "cities")
    checks.columns(cities, ["lon", "lat"], "cities")
    cities = cities.dropna(subset=["lon", "lat"])
    known = checks.degrees(cities, "cities").set_axis(cities.city_code, axis=0)
    people, output = (
        checks.keyed(sizes, name, missing=True) for sizes, name in ((people, "people"), (output, "output"))
    )
    earlier = checks.keyed(earlier, "earlier", positive=True, missing=True)
    codes = [c for c in known.index if people.get(c, 0) > 0 and output.get(c, 0) > 0]
    if not codes:
        raise DataError("arguments 'people' and 'output': no city has both. Are they indexed by city code?")
    now, then = people[codes].astype(float), earlier.reindex(codes).astype(float)
    both = then.notna()
    if not both.any():
        raise DataError("argument 'earlier': no city with people and output has any. Is it indexed by city code?")
    then = then.fillna(now * then[both].sum() / now[both].sum())
    lon, lat = np.radians(known.loc[codes].to_numpy(float)).T
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    km = 2 * 6371.0 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return Setting(now, then * now.sum() / then.sum(), output[codes].astype(float), km)


def between(place: Setting, times: pd.DataFrame) -> FloatArray:
    """Return the minutes in trains between the cities; ``inf`` for those that no train reaches.

    Parameters
    ----------
    place : Setting
    times : DataFrame
        From :func:`railbelt.network.travel_times`; city codes are node codes.

    Returns
    -------
    ndarray, shape (N, N)

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> one = pd.Series({"a": 3.0, "b": 2.0})
    >>> trains = pd.DataFrame([[0.0, 95.0], [95.0, 0.0]], index=["b", "a"], columns=["b", "a"])
    >>> between(Setting(one, one, one, np.zeros((2, 2))), trains).tolist()
    [[0.0, 95.0], [95.0, 0.0]]
    """
    codes = place.people.index
    if times.index.has_duplicates or times.columns.has_duplicates:
        raise DataError("argument 'times': a city stands twice.")
    _ways(times.to_numpy(), "times")
    found = times.reindex(index=codes, columns=codes).to_numpy(float)
    return np.where(np.isnan(found), np.inf, found)


def draw(parameters: pd.DataFrame, count: int, seed: int = 0) -> pd.DataFrame:
    """Draw sets of assumptions evenly over their ranges (Latin hypercube).

    Parameters
    ----------
    parameters : DataFrame
        ``parameter``, ``low``, ``high`` (as in the table ``model_parameters``).
    count : int
        Number of draws.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    DataFrame
        One row a draw, one column a parameter.

    Raises
    ------
    DataError
        If a range is empty or a parameter occurs twice.

    References
    ----------
    McKay, M. D., Beckman, R. J., & Conover, W. J. (1979). A comparison of three methods for selecting values of input
    variables in the analysis of output from a computer code. *Technometrics*, 21(2), 239-245.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"parameter": ["x"], "low": [0.0], "high": [10.0]})
    >>> sorted(draw(table, 5).x // 2)
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    import pandas as pd
    from scipy.stats import qmc

    checks.once(parameters, ["parameter"], "parameters")
    checks.whole(count, "count", 1)
    checks.whole(seed, "seed", 0, 2**64)
    names = parameters.parameter.tolist()
    low, high = (checks.figures(parameters, end, "parameters").to_numpy() for end in ("low", "high"))
    if not names:
        raise DataError("argument 'parameters': no rows.")
    if not (low < high).all():
        raise DataError(
            f"argument 'parameters', parameter '{names[(~(low < high)).argmax()]}': 'low' is not below 'high'."
        )
    unit = qmc.LatinHypercube(len(names), rng=np.random.default_rng(seed)).random(count)
    return pd.DataFrame(qmc.scale(unit, low, high), columns=names)


def door_to_door(rail: FloatArray, km: FloatArray, assumptions: Mapping[str, float]) -> FloatArray:
    """Return minutes from door to door by the fastest of train, road and plane.

    Parameters
    ----------
    rail : ndarray
        Minutes in trains; ``inf`` where none runs.
    km : ndarray
        Straight-line distances.
    assumptions : mapping
        ``access_minutes`` (to the train and from it), ``road_kmh``, ``air_minutes`` (to the plane, through the airports, and on).

    Returns
    -------
    ndarray of float32

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"access_minutes": 60, "road_kmh": 80, "air_minutes": 210}
    >>> door_to_door(np.array([40.0, np.inf, np.inf]), np.array([120.0, 80.0, 1400.0]), usual).round().tolist()
    [100.0, 78.0, 330.0]
    """
    checks.complete(assumptions, {name: LIMITS[name] for name in ("access_minutes", "road_kmh", "air_minutes")})
    rail, km = (_ways(ways, name) for ways, name in ((rail, "rail"), (km, "km")))
    if np.isinf(km).any() or (rail.ndim and km.ndim and rail.shape != km.shape):
        raise DataError(
            f"argument 'km': shape {km.shape}, or infinite; expected finite distances of shape {rail.shape}."
        )
    km = km.astype(np.float32, copy=False)
    other = np.minimum(
        np.float32(60 * DETOUR / assumptions["road_kmh"]) * km,
        np.float32(assumptions["air_minutes"]) + np.float32(60 / AIR_KMH) * km,
    )
    fastest = np.minimum(np.asarray(rail, dtype=np.float32) + np.float32(assumptions["access_minutes"]), other)
    minutes: FloatArray = np.maximum(fastest, np.float32(SHORTEST))
    return minutes


def balanced(place: Setting, minutes: FloatArray, assumptions: Mapping[str, float]) -> Economy:
    """Return the economy of the cities under a set of assumptions.

    Parameters
    ----------
    place : Setting
    minutes : ndarray, shape (N, N)
        From door to door, before any change.
    assumptions : mapping
        ``income_share`` (how much of the differences in output per head is pay), ``home_sales``, ``movers`` (share living away
        from home), ``trade_distance`` and ``move_distance`` (how flows fall with distance), ``trade_by_person`` and ``move_by_person``
        (the part of that which hangs on how fast people travel).

    Returns
    -------
    Economy

    Raises
    ------
    DataError
        If ``movers`` is below what the change between censuses itself takes.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> one = pd.Series({"a": 3.0, "b": 2.0, "c": 2.0})
    >>> apart = np.where(np.eye(3) > 0, 0.0, 90.0)
    >>> usual = {"income_share": 1, "home_sales": 0.6, "movers": 0.1, "trade_distance": 1, "trade_by_person": 0.3,
    ...     "move_distance": 1, "move_by_person": 0.5}
    >>> start = balanced(Setting(one, one, one, apart), apart, usual)
    >>> start.moves.sum(axis=0).round(6).tolist(), bool(np.allclose(np.diag(start.trade), 0.6 * start.income))
    ([3.0, 2.0, 2.0], True)
    """
    minutes = _between(place, minutes, "minutes")
    checks.complete(assumptions, {name: LIMITS[name] for name in list(LIMITS)[3:]})
    return _balanced(
        place, np.log(np.maximum(np.asarray(minutes, dtype=np.float32), np.float32(SHORTEST))), assumptions
    )


def _balanced(place: Setting, log_minutes: FloatArray, assumptions: Mapping[str, float]) -> Economy:
    def weight(kind: str) -> FloatArray:
        whole, part = assumptions[f"{kind}_distance"], assumptions[f"{kind}_by_person"]
        fall = np.float32(-whole * (1 - part)) * place._log_km
        fall += np.float32(-whole * part) * log_minutes
        found: FloatArray = np.exp(fall, out=fall).astype(float)
        np.fill_diagonal(found, 0)
        return found

    people, homes, per_head = place._totals
    stay = (1 - assumptions["movers"]) * people.sum() / np.minimum(people, homes).sum()
    if stay > 1:
        raise DataError(f"assumption 'movers': {assumptions['movers']:.3f} is less than the change between censuses.")
    income = people * np.exp(assumptions["income_share"] * per_head)
    return flows(place._names, people, income, homes, weight("trade"), weight("move"), assumptions["home_sales"], stay)


def effect(
    place: Setting,
    before: FloatArray,
    after: FloatArray,
    assumptions: Mapping[str, float],
    productivity: FloatArray | None = None,
    amenity: FloatArray | None = None,
    leaving: FloatArray | None = None,
) -> pd.DataFrame:
    """Return what faster trains, or a local policy, change in each city under one set of assumptions.

    Parameters
    ----------
    place : Setting
    before, after : ndarray, shape (N, N)
        Minutes in trains.
    assumptions : mapping
        As in :func:`door_to_door` and :func:`balanced`, and the four elasticities ``trade_elasticity``, ``migration_elasticity``,
        ``agglomeration``, ``congestion``.
    productivity, amenity, leaving : ndarray, shape (N,), optional
        New over old by city: productivity, pleasure of living there, cost of living elsewhere for those at home there.

    Returns
    -------
    DataFrame
        As :func:`~railbelt.models.spatial.counterfactual`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> cities = pd.DataFrame({"city_code": list("abc"), "lon": [120.0, 121, 122], "lat": [40.0, 40, 40]})
    >>> one = pd.Series({"a": 3.0, "b": 2.0, "c": 2.0})
    >>> usual = {"access_minutes": 30, "road_kmh": 80, "air_minutes": 210, "income_share": 1, "home_sales": 0.6, "movers": 0.1,
    ...     "trade_distance": 1, "trade_by_person": 0.3, "move_distance": 1, "move_by_person": 0.5, "trade_elasticity": 4,
    ...     "migration_elasticity": 2, "agglomeration": 0.06, "congestion": 0.3}
    >>> slow, fast = (np.where(np.eye(3) > 0, 0, minutes) for minutes in (90.0, 20.0))
    >>> bool((effect(setting(cities, one, one, one), slow, fast, usual).welfare > 1).all())
    True
    """
    import pandas as pd

    before, after = _pair(place, before, after)
    checks.complete(assumptions, LIMITS)
    found, taken = _effect(place, before, after, assumptions, productivity, amenity, leaving)
    frame = pd.DataFrame(found.T, index=pd.Index(place._names, name="place"), columns=list(CHANGES))
    frame.attrs["iterations"] = taken
    return frame


def _effect(
    place: Setting,
    before: FloatArray,
    after: FloatArray,
    assumptions: Mapping[str, float],
    productivity: FloatArray | None = None,
    amenity: FloatArray | None = None,
    leaving: FloatArray | None = None,
) -> tuple[FloatArray, int]:
    """Return the rows of :data:`~railbelt.models.spatial.CHANGES` and the iterations taken."""
    checks.complete(assumptions, dict.fromkeys(ELASTICITIES, (-1e6, 1e6)))
    elasticities = Elasticities(*(float(assumptions[name]) for name in ELASTICITIES))
    require_unique(elasticities)
    log_old = np.log(door_to_door(before, place.km, assumptions))
    start = _balanced(place, log_old, assumptions)
    trade, moves = start.trade, start.moves
    if after is not before:
        closer = np.log(door_to_door(after, place.km, assumptions))
        closer -= log_old
        trade, moves = (
            now * np.exp(np.float32(-assumptions[f"{kind}_distance"] * assumptions[f"{kind}_by_person"]) * closer)
            for kind, now in (("trade", trade), ("move", moves))
        )
    count = len(place.people)
    if leaving is not None:
        dearer = np.exp(-elasticities.migration * log_changes("leaving", leaving, count))
        moves = moves * np.where(np.eye(count, dtype=bool), 1.0, dearer[:, None])
    return changed(
        start,
        elasticities,
        trade,
        moves,
        log_changes("productivity", productivity, count),
        log_changes("amenity", amenity, count),
    )


def _ways(ways: FloatArray, name: str) -> FloatArray:
    """Return minutes or kilometres from zero; single precision is kept."""
    found = np.asarray(ways)
    if found.dtype != np.float32:
        try:
            found = found.astype(float)
        except (TypeError, ValueError):
            raise DataError(f"argument '{name}': holds something that is not a number.") from None
    if not (found >= 0).all() or (np.isfinite(found) & (found > 1e9)).any():
        raise DataError(f"argument '{name}': missing, below zero or beyond all measure. Use inf where there is no way.")
    return found


def _between(place: Setting, ways: FloatArray, name: str) -> FloatArray:
    """Return minutes between the cities of a place, the same in both directions."""
    found, count = _ways(ways, name), len(place.people)
    if found.shape != (count, count):
        raise DataError(f"argument '{name}': shape {found.shape}, expected {(count, count)}.")
    require_symmetric(name, found)
    return found


def _pair(place: Setting, before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both as numbers, and one and the same if they were."""
    found = _between(place, before, "before")
    return found, found if after is before else _between(place, after, "after")


def effects(
    place: Setting, before: FloatArray, after: FloatArray, draws: pd.DataFrame, jobs: int = 1, **policies: FloatArray
) -> pd.DataFrame:
    """Return :func:`effect` for every draw.

    Parameters
    ----------
    place, before, after
        As in :func:`effect`.
    draws : DataFrame
        One row a set of assumptions, from :func:`draw`.
    jobs : int
        Processes (joblib); results do not depend on it.
    **policies
        ``productivity``, ``amenity``, ``leaving`` as in :func:`effect`.

    Returns
    -------
    DataFrame
        Indexed by ``draw`` and ``place``: ``people``, ``real_income``, ``welfare``, new over old.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> one = pd.Series({"a": 3.0, "b": 2.0, "c": 2.0})
    >>> apart = np.where(np.eye(3) > 0, 0.0, 90.0)
    >>> usual = {"access_minutes": 30, "road_kmh": 80, "air_minutes": 210, "income_share": 1, "home_sales": 0.6, "movers": 0.1,
    ...     "trade_distance": 1, "trade_by_person": 0.3, "move_distance": 1, "move_by_person": 0.5, "trade_elasticity": 4,
    ...     "migration_elasticity": 2, "agglomeration": 0.06, "congestion": 0.3}
    >>> draws = pd.DataFrame([usual, usual | {"trade_elasticity": 5}])
    >>> found = effects(Setting(one, one, one, apart), apart, apart / 3, draws)
    >>> found.shape, bool((found.welfare > 1).all())
    ((6, 3), True)
    """
    import pandas as pd
    from joblib import Parallel, delayed

    before, after = _pair(place, before, after)
    checks.columns(draws, [*LIMITS, *ELASTICITIES], "draws")
    draws = draws.assign(**{name: checks.figures(draws, name, "draws") for name in draws.columns})
    for assumptions in draws.to_dict("records"):
        checks.complete({str(name): value for name, value in assumptions.items()}, LIMITS)
    if draws.empty or draws.index.has_duplicates:
        raise DataError("argument 'draws': no rows, or a number of a draw stands twice. Reset the index.")
    checks.workers(jobs, "jobs")
    # Single precision is enough for minutes and kilometres.
    same = after is before
    before = np.asarray(before, dtype=np.float32)
    after = before if same else np.asarray(after, dtype=np.float32)
    place = Setting(place.people, place.homes, place.output, place.km.astype(np.float32))
    rows = [CHANGES.index(name) for name in OUTCOMES]

    def one(assumptions: dict[str, float]) -> FloatArray:
        return _effect(place, before, after, assumptions, **policies)[0][rows].T

    results = Parallel(n_jobs=jobs)(delayed(one)(row) for row in draws.to_dict("records"))
    index = pd.MultiIndex.from_product([draws.index, place.people.index], names=["draw", "place"])
    return pd.DataFrame(np.concatenate(results), index=index, columns=list(OUTCOMES))


def summary(found: pd.DataFrame, places: Sequence[str] | None = None, level: float = 0.9) -> pd.DataFrame:
    """Return the middle, the spread and the chance of a gain of each city over the draws.

    Parameters
    ----------
    found : DataFrame
        From :func:`effects`.
    places : sequence of str, optional
        Cities wanted, in this order; by default all.
    level : float
        Coverage of the range from ``_low`` to ``_high``.

    Returns
    -------
    DataFrame
        One row a city: ``people``, ``people_low``, ``people_high`` in percent, ``people_up``, the share of draws with a gain; the
        same of ``welfare`` and ``real_income``.

    Examples
    --------
    >>> import pandas as pd
    >>> index = pd.MultiIndex.from_product([[0, 1], ["a"]], names=["draw", "place"])
    >>> found = pd.DataFrame({"people": [0.98, 1.01], "welfare": [1.02, 1.04], "real_income": [1.0, 1.0]}, index=index)
    >>> summary(found).round(2).loc["a", ["people", "people_up", "welfare"]].tolist()
    [-0.5, 0.5, 3.0]
    """
    import pandas as pd

    checks.coverage(level)
    checks.columns(found, ["people", "welfare", "real_income"], "found")
    if "place" not in found.index.names or found.index.has_duplicates or found.empty:
        raise DataError("argument 'found': expected one row a draw and place, as effects returns them.")
    found = found.assign(
        **{name: checks.figures(found, name, "found") for name in ("people", "welfare", "real_income")}
    )
    columns: dict[str, pd.Series] = {}
    for name in ("people", "welfare", "real_income"):
        table = 100 * (found[name].unstack("place") - 1)
        columns |= {
            name: table.median(),
            f"{name}_low": table.quantile((1 - level) / 2),
            f"{name}_high": table.quantile((1 + level) / 2),
            f"{name}_up": (table > 0).mean(),
        }
    frame = pd.DataFrame(columns)
    for place in checks.texts(() if places is None else places, "places"):
        if place not in frame.index:
            raise DataError(f"argument 'places': no place '{place}'. {suggest(place, frame.index)}")
    return frame if places is None else frame.loc[list(places)]


def drivers(draws: pd.DataFrame, outcome: pd.DataFrame, seed: int = 0, points: int = 2048) -> pd.DataFrame:
    """Return how much of the spread of each outcome over the draws hangs on each assumption (total Sobol indices).

    A quadratic response surface is fitted to the draws, and Sobol indices are computed on it with scipy. The surface is good
    enough where ``fit`` is close to one; the indices of a direct computation on the model differ by little (see the tests).

    Parameters
    ----------
    draws : DataFrame
        One row a draw, one column an assumption.
    outcome : DataFrame
        One row a draw, one column an outcome (a city).
    seed, points : int
        Of the quasi-random numbers for the indices; ``points`` a power of two.

    Returns
    -------
    DataFrame
        One row an outcome, one column an assumption (total index: the part of the variance that would stay if all others were
        known), and ``fit``, the cross-validated R squared of the surface.

    References
    ----------
    Saltelli, A., et al. (2010). Variance based sensitivity analysis of model output. *Computer Physics Communications*, 181(2),
    259-270.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> draws = pd.DataFrame(rng.uniform(size=(200, 2)), columns=["matters", "does_not"])
    >>> found = drivers(draws, pd.DataFrame({"city": 3 * draws.matters}))
    >>> found.round(2).loc["city", ["matters", "does_not"]].tolist()
    [1.0, 0.0]
    """
    import pandas as pd
    from scipy.stats import sobol_indices, uniform

    draws, outcome = (
        table.assign(**{name: checks.figures(table, name, argument) for name in table.columns})
        for table, argument in ((draws, "draws"), (outcome, "outcome"))
    )
    checks.whole(seed, "seed", 0, 2**64)
    checks.whole(points, "points", 2, 2**20)
    if points & (points - 1):
        raise DataError(f"argument 'points': {points} is not a power of two.")
    count = 1 + draws.shape[1] * (draws.shape[1] + 3) // 2
    if draws.shape[1] < 2 or not outcome.shape[1] or not count < len(draws) == len(outcome):
        raise DataError(
            f"arguments 'draws' and 'outcome': {len(draws)} and {len(outcome)} rows; two assumptions, an outcome and more than {count} rows are needed."
        )
    low, high = draws.min().to_numpy(), draws.max().to_numpy()
    if not (low < high).all() or not (outcome.min() < outcome.max()).all():
        raise DataError("arguments 'draws' and 'outcome': a column does not vary.")
    pairs = np.triu_indices(draws.shape[1])

    def surface(values: FloatArray) -> FloatArray:
        scaled = 2 * (values - low) / (high - low) - 1
        return np.column_stack([np.ones(len(scaled)), scaled, scaled[:, pairs[0]] * scaled[:, pairs[1]]])

    design, found = surface(draws.to_numpy()), outcome.to_numpy(float)
    solved, *_ = np.linalg.lstsq(design, found, rcond=None)
    leverage = np.einsum("ij,ji->i", design, np.linalg.pinv(design))
    left_out = (found - design @ solved) / (1 - leverage)[:, None]
    fit = 1 - (left_out**2).sum(axis=0) / ((found - found.mean(axis=0)) ** 2).sum(axis=0)
    indices = sobol_indices(
        func=lambda values: (surface(values.T) @ solved).T,
        n=points,
        dists=[uniform(a, b - a) for a, b in zip(low, high, strict=True)],
        rng=np.random.default_rng(seed),
    )
    checks.sound(indices.total_order, "'draws' and 'outcome'")
    checks.sound(fit, "'draws' and 'outcome'")
    total = np.clip(np.atleast_2d(indices.total_order), 0, None)
    return pd.DataFrame(total, index=outcome.columns, columns=draws.columns).assign(fit=fit)


def split(draws: pd.DataFrame, gains: pd.DataFrame) -> pd.DataFrame:
    """Return how the chance of a gain moves with each assumption: its share in the highest less that in the lowest third.

    Parameters
    ----------
    draws : DataFrame
        One row a draw, one column an assumption.
    gains : DataFrame of bool
        One row a draw, one column a city.

    Returns
    -------
    DataFrame
        One row a city, one column an assumption, between -1 and 1.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> draws = pd.DataFrame({"x": np.arange(9.0)})
    >>> split(draws, pd.DataFrame({"city": draws.x > 4})).loc["city", "x"].item()
    1.0
    """
    import pandas as pd

    draws = draws.assign(**{name: checks.figures(draws, name, "draws") for name in draws.columns})
    if len(draws) < 3 or len(gains) != len(draws) or not all(kind.kind == "b" for kind in gains.dtypes):
        raise DataError("argument 'gains': expected true or false for each of three draws and more.")
    ranks = draws.rank(pct=True)
    if not ((ranks <= 1 / 3).any() & (ranks > 2 / 3).any()).all():
        raise DataError("argument 'draws': an assumption does not vary enough to have a highest and a lowest third.")
    found = {
        name: gains[(ranks[name] > 2 / 3).to_numpy()].mean() - gains[(ranks[name] <= 1 / 3).to_numpy()].mean()
        for name in draws.columns
    }
    return pd.DataFrame(found)
