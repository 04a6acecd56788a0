"""Calibration of travel times on timetables: parameters, the pace of single lines, errors, the band of a time.

The minutes of a trip are linear in few things once its path is known: the kilometres at each operating speed over the cruising
speed that belongs to it, the nodes passed by express and by other trains, the ends of lines, the changes. The parameters minimise a robust sum of squares of the
logarithmic errors of observed fastest times, with priors from engineering where observations are few. Lines differ beyond
their operating speed (terrain, slots): each line has a *pace*, a factor on its minutes in motion, drawn towards one as strongly
as it is little observed. Paths and parameters are found in turn.

References
----------
Huber, P. J. (1964). Robust estimation of a location parameter. *Annals of Mathematical Statistics*, 35(1), 73-101.
Robinson, G. K. (1991). That BLUP is a good thing. *Statistical Science*, 6(1), 15-32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from railbelt import checks
from railbelt._types import rows
from railbelt.catalog import load
from railbelt.errors import DataError
from railbelt.network.travel import Parameters, Service, on, only, path, travel_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from railbelt._types import BoolArray, FloatArray, IntArray
    from railbelt.network.lines import Railways
    from railbelt.network.travel import Network

__all__ = [
    "Calibration",
    "calibrate",
    "cross_validate",
    "errors",
    "fit",
    "observed_legs",
    "resampled",
    "time_band",
    "with_pace",
]

KNOTS = (160.0, 200.0, 250.0, 300.0, 350.0)
PRIOR = {
    **{f"cruising_{knot:.0f}": (0.88 * knot, 0.08 * knot) for knot in KNOTS},
    "stop": (3.5, 2.0),
    "express_stop": (1.5, 1.5),
    "conventional_stop": (3.0, 3.0),
    "junction": (2.0, 2.0),
    "trip": (4.0, 4.0),
    "change": (20.0, 8.0),
    "conventional": (1.0, 0.1),
}
"""Mean and standard deviation of the priors: km/h, minutes, and the ratio of conventional speeds to those on record."""

NOISE = 0.04
"""Scale of the logarithmic error of a single time, beyond which it counts less than squared."""

SPREAD = {"hsr": 0.12, "conventional": 0.06}
"""Standard deviation of the logarithmic pace among lines of a mode."""


@dataclass(frozen=True)
class Calibration:
    """What :func:`fit` found.

    Attributes
    ----------
    parameters : Parameters
    pace : Series
        Factor on the minutes in motion on each line that an observation passes, by ``line_id``.

    Examples
    --------
    >>> from railbelt.network import parameters
    >>> Calibration(parameters(), pd.Series({"hada": 1.02})).pace["hada"].item()
    1.02
    """

    parameters: Parameters
    pace: pd.Series


def with_pace(rails: Railways, pace: pd.Series) -> Railways:
    """Return the railways with a pace for each line: a factor on its minutes in motion, one where none is given.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> slower = with_pace(railways(), pd.Series({"hada": 1.1}))
    >>> float(slower.sections.query("line_id == 'hada'").pace.iloc[0])
    1.1
    """
    pace = checks.keyed(pace, "pace", positive=True)
    return replace(rails, sections=rails.sections.assign(pace=rails.sections.line_id.map(pace).fillna(1.0)))


def observed_legs(rails: Railways, observed: pd.DataFrame, params: Parameters) -> pd.DataFrame:
    """Return the legs of the fastest path of each observation on its day.

    Parameters
    ----------
    rails : Railways
    observed : DataFrame
        ``origin_node``, ``destination_node``, ``mode`` (``"hsr"``: any train; ``"conventional"``: no high-speed line),
        ``observed_on``, as in the table ``rail_observed_times``.
    params : Parameters

    Returns
    -------
    DataFrame
        As from :func:`~railbelt.network.travel.path`, with the index of ``observed`` as ``observation``.

    Raises
    ------
    DataError
        If no train leads from an origin to its destination on the day; the message names the row.

    Examples
    --------
    >>> from railbelt.network import parameters, railways
    >>> legs = observed_legs(railways(), load("rail_observed_times").head(3), parameters())
    >>> sorted(legs.observation.unique().tolist())
    [0, 1, 2]
    """
    _observations(observed)
    found = []
    days: Iterable[tuple[Any, pd.DataFrame]] = observed.groupby("observed_on")
    for day, trips in days:
        everything = on(day, rails, params)
        networks = {"hsr": everything, "conventional": only(everything, "conventional")}
        for row in rows(trips):
            legs = path(networks[row.mode], row.origin_node, row.destination_node)
            if legs.empty:
                raise DataError(
                    f"argument 'observed', row {row.Index}: no {row.mode} train from {row.origin_node} to "
                    f"{row.destination_node} on {row.observed_on.date()}. Correct the row, or the day a line opened."
                )
            found.append(legs.assign(observation=row.Index))
    return pd.concat(found, ignore_index=True)


def _observations(observed: pd.DataFrame) -> None:
    checks.columns(observed, ["origin_node", "destination_node", "mode", "observed_on"], "observed", filled=True)
    if observed.empty or observed.index.has_duplicates or not set(observed["mode"]) <= {"hsr", "conventional"}:
        raise DataError(
            "argument 'observed': no rows, a number of a row that stands twice, or a mode that is not known."
        )
    if observed.observed_on.dtype.kind != "M":
        raise DataError("argument 'observed', column 'observed_on': not dates.")


@dataclass(frozen=True)
class _Design:
    """The observed trips as arrays."""

    km: FloatArray
    speed: FloatArray
    is_fast: BoolArray
    kind: IntArray
    ends: IntArray
    line: IntArray
    trip: IntArray
    terminals: FloatArray
    changes: FloatArray
    log_minutes: FloatArray
    lines: pd.Index
    spread: FloatArray

    def moving(self, theta: FloatArray, log_pace: FloatArray) -> FloatArray:
        cruising = np.interp(self.speed, KNOTS, theta[: len(KNOTS)])
        junction, ratio = theta[len(KNOTS) + 3], theta[-1]
        running = 60 * self.km / np.where(self.is_fast, cruising, self.speed * ratio)
        found: FloatArray = (running + junction * self.ends) * np.exp(log_pace[self.line])
        return found

    def minutes(self, theta: FloatArray, log_pace: FloatArray) -> FloatArray:
        stops, (trip, change) = theta[len(KNOTS) : len(KNOTS) + 3], theta[len(KNOTS) + 4 : -1]
        running = np.bincount(self.trip, self.moving(theta, log_pace) + stops[self.kind], len(self.log_minutes))
        found: FloatArray = running - self.terminals @ stops + change * self.changes + trip
        return found

    def errors(self, theta: FloatArray, log_pace: FloatArray) -> FloatArray:
        found: FloatArray = np.log(self.minutes(theta, log_pace)) - self.log_minutes
        return found

    def slopes(self, theta: FloatArray, log_pace: FloatArray) -> FloatArray:
        """Return the derivatives of the errors: of parameters by differences, of paces as shares of the minutes."""
        here = self.errors(theta, log_pace)
        steps = 1e-4 * np.maximum(np.abs(theta), 0.1)
        of_parameters = [(self.errors(theta + step, log_pace) - here) / step.sum() for step in np.diag(steps)]
        of_paces = np.zeros((len(here), len(log_pace)))
        np.add.at(of_paces, (self.trip, self.line), self.moving(theta, log_pace))
        return np.column_stack([*of_parameters, of_paces / self.minutes(theta, log_pace)[:, None]])


def _design(legs: pd.DataFrame, observed: pd.DataFrame) -> _Design:
    checks.columns(legs, ["observation", "mode", "line_id", "length_km", "speed_kmh", "ends", "express"], "legs")
    minutes = checks.figures(observed, "minutes", "observed", positive=True)
    if observed.empty or observed.index.has_duplicates or set(observed.index) != set(legs.observation):
        raise DataError("arguments 'legs' and 'observed': not of the same trips, or a trip stands twice.")
    trains = legs[~legs["mode"].isin(["change", "trip"])]
    line, lines = pd.factorize(trains.line_id, sort=True)
    mode = trains.groupby("line_id")["mode"].first().reindex(lines)
    changes: pd.Series = legs.groupby("observation")["mode"].agg(lambda modes: (modes == "change").sum())
    is_fast = (trains["mode"] == "hsr").to_numpy()
    kind = np.where(~is_fast, 2, np.where(trains.express, 1, 0))
    trip = observed.index.get_indexer(pd.Index(trains.observation))
    terminals = np.zeros((len(observed), 3))
    for end in ("first", "last"):
        terminals[np.arange(len(observed)), pd.Series(kind).groupby(trip).agg(end)] += 0.5
    return _Design(
        trains.length_km.to_numpy(float),
        trains.speed_kmh.to_numpy(float),
        is_fast,
        kind,
        np.where(is_fast, trains.ends, 0),
        line,
        trip,
        terminals,
        changes.reindex(observed.index).to_numpy(float),
        np.log(minutes.to_numpy()),
        pd.Index(lines, name="line_id"),
        mode.map(SPREAD).to_numpy(float),
    )


def _solve(design: _Design, weight: FloatArray, start: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return parameters and log paces that minimise the robust sum of squares with priors, from a start nearby if known."""
    mean, deviation = np.array(list(PRIOR.values())).T
    count = len(mean)

    root = np.sqrt(weight)

    def robust(error: FloatArray) -> FloatArray:
        found: FloatArray = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error**2) - 1))
        return found

    def residuals(x: FloatArray) -> FloatArray:
        error = design.errors(x[:count], x[count:]) / NOISE
        return np.concatenate([root * robust(error), (x[:count] - mean) / deviation, x[count:] / design.spread])

    def jacobian(x: FloatArray) -> FloatArray:
        error = design.errors(x[:count], x[count:]) / NOISE
        slope = np.divide(
            error, np.sqrt(1 + error**2) * robust(error), out=np.ones_like(error), where=robust(error) != 0
        )
        rows = (root * slope / NOISE)[:, None] * design.slopes(x[:count], x[count:])
        return np.vstack([rows, np.diag(1 / np.r_[deviation, design.spread])])

    if start is None:
        start = np.concatenate([mean, np.zeros(len(design.lines))])
    lower = np.concatenate([mean * 0.6, np.full(len(design.lines), -0.5)])
    lower[len(KNOTS) : count - 1] = 0
    upper = np.concatenate([mean + 6 * deviation, np.full(len(design.lines), 0.5)])
    upper[: len(KNOTS)] = KNOTS  # no train cruises above the operating speed
    # The tolerance is tight, so that what a fit leaves out cannot linger in the start it was given.
    found = least_squares(residuals, start, jac=jacobian, bounds=(lower, upper), x_scale=np.r_[deviation, design.spread],
                          tr_solver="lsmr", ftol=1e-8, max_nfev=100).x  # fmt: skip
    return found[:count], found[count:]


def _parameters(theta: FloatArray) -> Parameters:
    stop, express_stop, slow_stop, junction, trip, change, ratio = theta[len(KNOTS) :].tolist()
    # With few fast lines in a resample two knots may change places.
    cruising = np.maximum.accumulate(theta[: len(KNOTS)]) + 1e-6 * np.arange(len(KNOTS))
    fast = Service(KNOTS, tuple(cruising.tolist()), stop, min(express_stop, stop), junction)
    return Parameters({"hsr": fast, "conventional": Service((100.0,), (100.0 * ratio,), slow_stop)}, change, trip)


def fit(legs: pd.DataFrame, observed: pd.DataFrame) -> Calibration:
    """Fit parameters and paces with the paths held as they are.

    Parameters
    ----------
    legs : DataFrame
        From :func:`observed_legs`.
    observed : DataFrame
        With ``minutes``; every row has legs.

    Returns
    -------
    Calibration

    Examples
    --------
    >>> from railbelt.network import parameters, railways
    >>> some = load("rail_observed_times").groupby("mode").head(12)
    >>> found = fit(observed_legs(railways(), some, parameters()), some)
    >>> bool((found.pace > 0.5).all())
    True
    """
    design = _design(legs, observed)
    theta, log_pace = _solve(design, np.ones(len(observed)))
    return Calibration(_parameters(theta), pd.Series(np.exp(log_pace), index=design.lines, name="pace"))


def calibrate(rails: Railways, observed: pd.DataFrame, start: Parameters, rounds: int = 3) -> Calibration:
    """Find paths and parameters in turn.

    Parameters
    ----------
    rails : Railways
        Any pace on it is replaced.
    observed : DataFrame
        Observed fastest times.
    start : Parameters
        For the first paths.
    rounds : int
        Paths change little after the second.

    Returns
    -------
    Calibration

    Examples
    --------
    >>> from railbelt.network import parameters, railways
    >>> some = load("rail_observed_times").groupby("mode").head(12)
    >>> calibrate(railways(), some, parameters(), rounds=1).parameters.change_minutes >= 0
    True
    """
    checks.whole(rounds, "rounds", 1)
    found = Calibration(start, pd.Series(dtype=float))
    for _ in range(rounds):
        legs = observed_legs(with_pace(rails, found.pace), observed, found.parameters)
        found = fit(legs, observed)
    return found


def cross_validate(legs: pd.DataFrame, observed: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Return the error of each time as predicted without the observations of its group.

    Parameters
    ----------
    legs, observed
        As in :func:`fit`; paths are held as they are.
    group : Series
        Indexed like ``observed``: for instance the line on which a trip runs furthest, the pair of its ends, or the trip itself.

    Returns
    -------
    Series
        Logarithm of predicted over observed minutes, indexed like ``observed``.

    Examples
    --------
    >>> from railbelt.network import parameters, railways
    >>> some = load("rail_observed_times").groupby("mode").head(12)
    >>> legs = observed_legs(railways(), some, parameters())
    >>> missed = cross_validate(legs, some, pd.Series(np.arange(len(some)) % 3, index=some.index))
    >>> bool(missed.abs().median() < 0.3)
    True
    """
    design = _design(legs, observed)
    start = np.concatenate(_solve(design, np.ones(len(observed))))
    group = _groups(group, observed)
    error = np.empty(len(observed))
    for members in group.groupby(group).groups.values():
        held = observed.index.isin(members)
        theta, log_pace = _solve(design, (~held).astype(float), start)
        error[held] = design.errors(theta, log_pace)[held]
    return pd.Series(error, index=observed.index, name="log_error")


def resampled(legs: pd.DataFrame, observed: pd.DataFrame, group: pd.Series, draws: int, seed: int) -> list[Parameters]:
    """Return the parameters fitted on resampled groups, for the range of each.

    Parameters
    ----------
    legs, observed, group
        As in :func:`cross_validate`.
    draws : int
    seed : int

    Returns
    -------
    list of Parameters

    Examples
    --------
    >>> from railbelt.network import parameters, railways
    >>> some = load("rail_observed_times").groupby("mode").head(12)
    >>> legs = observed_legs(railways(), some, parameters())
    >>> len(resampled(legs, some, pd.Series(np.arange(len(some)) % 8, index=some.index), draws=2, seed=0))
    2
    """
    design = _design(legs, observed)
    start = np.concatenate(_solve(design, np.ones(len(observed))))
    checks.whole(draws, "draws", 1)
    group = _groups(group, observed)
    names, rng = group.unique(), np.random.default_rng(checks.whole(seed, "seed", 0))
    found = []
    for _ in range(draws):
        times = pd.Series(rng.choice(names, len(names))).value_counts()
        weight = group.map(times.astype(float)).fillna(0).reindex(observed.index).to_numpy(float)
        found.append(_parameters(_solve(design, weight, start)[0]))
    return found


def _groups(group: pd.Series, observed: pd.DataFrame) -> pd.Series:
    if group.index.has_duplicates or not observed.index.isin(group.dropna().index).all():
        raise DataError("argument 'group': expected one group for each of the trips observed.")
    return group.reindex(observed.index)


def errors(log_error: pd.Series, by: Sequence[pd.Series]) -> pd.DataFrame:
    """Summarise errors by group.

    Parameters
    ----------
    log_error : Series
        Logarithm of predicted over observed minutes.
    by : sequence of Series
        Groups, such as mode, region, year.

    Returns
    -------
    DataFrame
        ``n``; ``median_absolute`` error, ``bias`` (median error) and ``within_10``, the share of errors below ten percent.

    Examples
    --------
    >>> errors(pd.Series([0.0, 0.0953]), [pd.Series(["hsr", "hsr"], name="mode")]).round(2).to_dict("records")
    [{'n': 2, 'median_absolute': 0.05, 'bias': 0.05, 'within_10': 1.0}]
    """
    if not by or any(one.isna().any() or not one.index.equals(log_error.index) for one in by):
        raise DataError("argument 'by': expected a group for each of the errors.")
    relative = np.expm1(checks.figures(log_error.to_frame("log_error"), "log_error", "log_error"))
    checks.sound(relative, "'log_error'")
    grouped = relative.groupby(list(by))
    return pd.DataFrame(
        {
            "n": grouped.size(),
            "median_absolute": grouped.agg(lambda e: e.abs().median()),
            "bias": grouped.median(),
            "within_10": grouped.agg(lambda e: (e.abs() <= 0.1).mean()),
        }
    )


def time_band(network: Network, origins: Sequence[str], destinations: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return travel times with the band in which nine of ten observed fastest times fall.

    Parameters
    ----------
    network : Network
        Of China's railways (modes ``"hsr"`` and ``"conventional"``).
    origins, destinations : sequence of str
        Node codes.

    Returns
    -------
    dict of DataFrame
        ``"minutes"``, ``"low"`` and ``"high"``, origins by destinations. The band is that of the errors of held-out trips by
        mode (parameters ``band_low`` and ``band_high``); a trip is of the mode ``"conventional"`` where high-speed lines
        do not shorten it.

    Examples
    --------
    >>> band = time_band(on("2025-07-01"), ["1100"], ["2301"])
    >>> bool(band["low"].iloc[0, 0] < band["minutes"].iloc[0, 0] < band["high"].iloc[0, 0])
    True
    """
    table = load("rail_parameters").set_index(["parameter", "mode"]).value
    minutes = travel_times(network, origins, destinations)
    slow = minutes if "hsr" not in network.modes else travel_times(only(network, "conventional"), origins, destinations)
    is_slow = minutes >= slow
    bands = {
        end: minutes * np.where(is_slow, table[f"band_{end}", "conventional"], table[f"band_{end}", "hsr"])
        for end in ("low", "high")
    }
    return {"minutes": minutes, **bands}
