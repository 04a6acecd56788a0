"""Calibration of travel times on timetables: parameters, what single lines and places add, errors, the band of a time.

The minutes of a trip are linear in few things once its path is known: the kilometres at each operating speed over the cruising
speed that belongs to it, the nodes passed by express and by other trains, the ends of lines, the changes of lines and of trains. The parameters minimise a robust sum of squares of the
logarithmic errors of observed fastest times, with priors from engineering where observations are few. Lines differ beyond
their operating speed (terrain, slots): each line has a *pace*, a factor on its minutes in motion, drawn towards one as strongly
as it is little observed. Places differ too (slow approaches, few fast trains that call): each place has a *terminal allowance*
for trips that begin or end there in a fast train, never negative and drawn towards zero. Paths and parameters are found in turn.

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
from scipy import sparse
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
    "with_terminals",
]

KNOTS = (160.0, 200.0, 250.0, 300.0, 350.0)
PRIOR = {
    **{f"cruising_{knot:.0f}": (0.88 * knot, 0.08 * knot) for knot in KNOTS},
    "stop": (3.5, 2.0),
    "express_stop": (1.5, 1.5),
    "conventional_stop": (3.0, 3.0),
    "junction": (2.0, 2.0),
    "line_change": (5.0, 5.0),
    "trip": (4.0, 4.0),
    "change": (20.0, 8.0),
    "conventional": (1.0, 0.1),
}
"""Mean and standard deviation of the priors: km/h, minutes, and the ratio of conventional speeds to those on record."""

NOISE = 0.04
"""Scale of the logarithmic error of a single time, beyond which it counts less than squared."""

SPREAD = {"hsr": 0.12, "conventional": 0.06}
"""Standard deviation of the logarithmic pace among lines of a mode."""

TERMINAL = 2.0
"""Minutes: standard deviation of the normal distribution whose positive half the terminal allowances are taken from."""


@dataclass(frozen=True)
class Calibration:
    """What :func:`fit` found.

    Attributes
    ----------
    parameters : Parameters
    pace : Series
        Factor on the minutes in motion on each line that an observation passes, by ``line_id``.
    terminals : Series
        Terminal allowance of each place where an observed trip by fast train begins or ends, in minutes by node code.

    Examples
    --------
    >>> from railbelt.network import parameters
    >>> Calibration(parameters(), pd.Series({"hada": 1.02}), pd.Series({"2102": 4.0})).pace["hada"].item()
    1.02
    """

    parameters: Parameters
    pace: pd.Series
    terminals: pd.Series


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


def with_terminals(rails: Railways, terminals: pd.Series) -> Railways:
    """Return the railways with a terminal allowance for each place, in minutes; none where none is given.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> slower = with_terminals(railways(), pd.Series({"2102": 4.0}))
    >>> float(slower.nodes.terminal_minutes["2102"]), float(slower.nodes.terminal_minutes.sum())
    (4.0, 4.0)
    """
    terminals = checks.keyed(terminals, "terminals")
    return replace(rails, nodes=rails.nodes.assign(terminal_minutes=terminals.reindex(rails.nodes.index).fillna(0.0)))


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
    line_changes: FloatArray
    changes: FloatArray
    log_minutes: FloatArray
    lines: pd.Index
    places: pd.Index
    calls: sparse.csr_array
    deviation: FloatArray

    def parts(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the parameters, the log paces and the terminal allowances of which a vector consists."""
        count, end = len(PRIOR), len(PRIOR) + len(self.lines)
        return x[:count], x[count:end], x[end:]

    def moving(self, theta: FloatArray, log_pace: FloatArray) -> FloatArray:
        cruising = np.interp(self.speed, KNOTS, theta[: len(KNOTS)])
        junction, ratio = theta[len(KNOTS) + 3], theta[-1]
        running = 60 * self.km / np.where(self.is_fast, cruising, self.speed * ratio)
        found: FloatArray = (running + junction * self.ends) * np.exp(log_pace[self.line])
        return found

    def minutes(self, x: FloatArray) -> FloatArray:
        theta, log_pace, terminal = self.parts(x)
        stops, (line_change, trip, change) = theta[len(KNOTS) : len(KNOTS) + 3], theta[len(KNOTS) + 4 : -1]
        running = np.bincount(self.trip, self.moving(theta, log_pace) + stops[self.kind], len(self.log_minutes))
        changing = line_change * self.line_changes + change * self.changes
        found: FloatArray = running + changing + trip + self.calls @ terminal - self.terminals @ stops
        return found

    def errors(self, x: FloatArray) -> FloatArray:
        found: FloatArray = np.log(self.minutes(x)) - self.log_minutes
        return found

    def slopes(self, x: FloatArray) -> sparse.csr_array:
        """Return the derivatives of the errors: of parameters by differences, of the rest as shares of the minutes."""
        theta, log_pace, _ = self.parts(x)
        minutes = self.minutes(x)
        of_parameters = []
        for i, step in enumerate(1e-4 * np.maximum(np.abs(theta), 0.1)):
            moved = x.copy()
            moved[i] += step
            of_parameters.append(np.log(self.minutes(moved) / minutes) / step)
        shares = self.moving(theta, log_pace) / minutes[self.trip]
        of_paces = sparse.coo_array((shares, (self.trip, self.line)), shape=(len(minutes), len(log_pace)))
        of_terminals = sparse.diags_array(1 / minutes) @ self.calls
        return sparse.hstack([np.column_stack(of_parameters), of_paces, of_terminals], format="csr")


def _design(legs: pd.DataFrame, observed: pd.DataFrame) -> _Design:
    checks.columns(
        legs, ["observation", "mode", "line_id", "length_km", "speed_kmh", "ends", "express", "line_change"], "legs"
    )
    minutes = checks.figures(observed, "minutes", "observed", positive=True)
    if observed.empty or observed.index.has_duplicates or set(observed.index) != set(legs.observation):
        raise DataError("arguments 'legs' and 'observed': not of the same trips, or a trip stands twice.")
    trains = legs[~legs["mode"].isin(["change", "trip"])]
    line, lines = pd.factorize(trains.line_id, sort=True)
    mode = trains.groupby("line_id")["mode"].first().reindex(lines)
    changes: pd.DataFrame = pd.DataFrame({
        "lines": legs.line_change & (legs["mode"] == "hsr"), "trains": legs["mode"] == "change"
    }).groupby(legs.observation).sum().reindex(observed.index).astype(float)  # fmt: skip
    is_fast = (trains["mode"] == "hsr").to_numpy()
    kind = np.where(~is_fast, 2, np.where(trains.express, 1, 0))
    trip = observed.index.get_indexer(pd.Index(trains.observation))
    trips = np.arange(len(observed))
    terminals = np.zeros((len(observed), 3))
    called = []
    for end, column in (("first", "from_node"), ("last", "to_node")):
        kind_there = pd.Series(kind).groupby(trip).agg(end).to_numpy()
        terminals[trips, kind_there] += 0.5
        place = pd.Series(trains[column].to_numpy()).groupby(trip).agg(end)
        called.append(place.where(kind_there < 2))
    place, places = pd.factorize(pd.concat(called), sort=True)
    fast = place >= 0
    calls = sparse.coo_array(
        (np.ones(fast.sum()), (np.tile(trips, 2)[fast], place[fast])), shape=(len(trips), len(places))
    )
    of_parameters = np.array([deviation for _, deviation in PRIOR.values()])
    return _Design(
        trains.length_km.to_numpy(float),
        trains.speed_kmh.to_numpy(float),
        is_fast,
        kind,
        np.where(is_fast, trains.ends, 0),
        line,
        trip,
        terminals,
        changes.lines.to_numpy(),
        changes.trains.to_numpy(),
        np.log(minutes.to_numpy()),
        pd.Index(lines, name="line_id"),
        pd.Index(places, name="node_code"),
        calls.tocsr(),
        np.concatenate([of_parameters, mode.map(SPREAD).to_numpy(float), np.full(len(places), TERMINAL)]),
    )


def _robust(error: FloatArray) -> FloatArray:
    """Return what, squared, is the loss: the error itself while small, growing as its root later."""
    found: FloatArray = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error**2) - 1))
    return found


def _solve(design: _Design, weight: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """Return parameters, log paces and terminal allowances that minimise the robust sum of squares with priors.

    A start nearby, if known, saves time.
    """
    count, paces = len(PRIOR), slice(len(PRIOR), len(PRIOR) + len(design.lines))
    root = np.sqrt(weight)
    mean, lower, upper = (np.zeros(len(design.deviation)) for _ in range(3))
    mean[:count] = [value for value, _ in PRIOR.values()]

    def residuals(x: FloatArray) -> FloatArray:
        return np.concatenate([root * _robust(design.errors(x) / NOISE), (x - mean) / design.deviation])

    def jacobian(x: FloatArray) -> sparse.csr_array:
        error = design.errors(x) / NOISE
        slope = np.divide(
            error, np.sqrt(1 + error**2) * _robust(error), out=np.ones_like(error), where=_robust(error) != 0
        )
        of_errors = sparse.diags_array(root * slope / NOISE) @ design.slopes(x)
        return sparse.vstack([of_errors, sparse.diags_array(1 / design.deviation)], format="csr")

    lower[: len(KNOTS)] = 0.6 * mean[: len(KNOTS)]
    upper[: len(KNOTS)] = KNOTS  # no train cruises above the operating speed
    upper[len(KNOTS) : count] = (mean + 6 * design.deviation[: len(mean)])[len(KNOTS) : count]
    lower[count - 1] = 0.6 * mean[count - 1]
    lower[paces], upper[paces] = -0.5, 0.5
    upper[paces.stop :] = 10 * TERMINAL
    # The tolerance is tight, so that what a fit leaves out cannot linger in the start it was given.
    found: FloatArray = least_squares(residuals, mean if start is None else start, jac=jacobian, bounds=(lower, upper),
                                      x_scale=design.deviation, tr_solver="lsmr", ftol=1e-8, max_nfev=100).x  # fmt: skip
    return found


def _parameters(theta: FloatArray) -> Parameters:
    stop, express_stop, slow_stop, junction, line_change, trip, change, ratio = theta[len(KNOTS) :].tolist()
    # With few fast lines in a resample two knots may change places.
    cruising = np.maximum.accumulate(theta[: len(KNOTS)]) + 1e-6 * np.arange(len(KNOTS))
    fast = Service(
        KNOTS, tuple(cruising.tolist()), stop, min(express_stop, stop), junction, line_change, terminals=True
    )
    change = max(change, line_change + max(stop, slow_stop))
    return Parameters({"hsr": fast, "conventional": Service((100.0,), (100.0 * ratio,), slow_stop)}, change, trip)


def fit(legs: pd.DataFrame, observed: pd.DataFrame) -> Calibration:
    """Fit parameters, paces and terminal allowances with the paths held as they are.

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
    theta, log_pace, terminal = design.parts(_solve(design, np.ones(len(observed))))
    return Calibration(
        _parameters(theta),
        pd.Series(np.exp(log_pace), index=design.lines, name="pace"),
        pd.Series(np.where(terminal > 1e-3, terminal, 0.0), index=design.places, name="minutes"),
    )


def calibrate(rails: Railways, observed: pd.DataFrame, start: Parameters, rounds: int = 6) -> Calibration:
    """Find paths and parameters in turn, and keep those that fit best on their own paths.

    Parameters
    ----------
    rails : Railways
        Any pace and terminal allowance on it is replaced.
    observed : DataFrame
        Observed fastest times.
    start : Parameters
        For the first paths.
    rounds : int
        Paths change little after the second, and then to and fro.

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
    nothing = pd.Series(dtype=float)
    best, least = Calibration(start, nothing, nothing), np.inf
    legs = observed_legs(with_terminals(with_pace(rails, nothing), nothing), observed, start)
    for _ in range(rounds):
        found = fit(legs, observed)
        paced = with_terminals(with_pace(rails, found.pace), found.terminals)
        legs = observed_legs(paced, observed, found.parameters)
        minutes = legs.groupby("observation").minutes.sum().reindex(observed.index).to_numpy(float)
        missed = np.log(minutes / observed.minutes.to_numpy(float))
        if (loss := float((_robust(missed / NOISE) ** 2).sum())) < least:
            best, least = found, loss
    return best


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
    start = _solve(design, np.ones(len(observed)))
    group = _groups(group, observed)
    error = np.empty(len(observed))
    for members in group.groupby(group).groups.values():
        held = observed.index.isin(members)
        error[held] = design.errors(_solve(design, (~held).astype(float), start))[held]
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
    start = _solve(design, np.ones(len(observed)))
    checks.whole(draws, "draws", 1)
    group = _groups(group, observed)
    names, rng = group.unique(), np.random.default_rng(checks.whole(seed, "seed", 0))
    found = []
    for _ in range(draws):
        times = pd.Series(rng.choice(names, len(names))).value_counts()
        weight = group.map(times.astype(float)).fillna(0).reindex(observed.index).to_numpy(float)
        found.append(_parameters(design.parts(_solve(design, weight, start))[0]))
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
