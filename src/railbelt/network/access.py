"""What travel times are good for: market access, daily reach, isochrones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from railbelt._types import FloatArray

__all__ = ["daily_reach", "decayed", "isochrone", "market_access"]

DECAYS = ("exponential", "power")


def decayed(minutes: FloatArray, decay: str, parameter: float) -> FloatArray:
    """Return the weight of a place at a travel time.

    Parameters
    ----------
    minutes : ndarray
        Travel times; ``inf`` weighs nothing.
    decay : {"exponential", "power"}
        ``exp(-parameter * minutes)`` or ``max(minutes, 1) ** -parameter``.
    parameter : float
        Positive; per minute for ``"exponential"``, an elasticity for ``"power"``.

    Returns
    -------
    ndarray
        Of the same shape and type.

    Raises
    ------
    DataError
        If the decay is unknown or the parameter is not positive.

    Examples
    --------
    >>> decayed(np.array([0.0, np.inf]), "exponential", 0.02).tolist()
    [1.0, 0.0]
    """
    if decay not in DECAYS:
        raise DataError(f"argument 'decay': no decay '{decay}'. {suggest(decay, DECAYS)}")
    checks.number(parameter, "parameter", 0, checks.LARGEST, inside=True)  # nearer places must weigh more
    minutes = np.asarray(minutes)
    if minutes.dtype.kind not in "iuf" or not np.min(minutes, initial=0.0) >= 0:  # nor where one is missing
        raise DataError("argument 'minutes': a time is missing or negative.")
    if decay == "exponential":
        weight: FloatArray = np.exp(-parameter * minutes)
    else:
        weight = np.maximum(minutes, 1) ** -parameter
    return weight


def market_access(
    times: pd.DataFrame, mass: pd.Series, decay: str = "exponential", parameter: float = 0.02
) -> pd.Series:
    """Return the market access of each origin: the mass of all destinations, each weighted by the time to it.

    Parameters
    ----------
    times : DataFrame
        Minutes, origins by destinations, as from :func:`~railbelt.network.travel.travel_times`. An origin counts its own
        mass with the weight of its time to itself.
    mass : Series
        People, jobs or output by destination; every destination needs one.
    decay, parameter
        As in :func:`decayed`. The default, two percent a minute, is that of Borusyak and Hull (2023).

    Returns
    -------
    Series
        In units of mass, by origin; what cannot be reached adds nothing.

    Raises
    ------
    DataError
        If a destination has no mass or a negative one.

    References
    ----------
    Donaldson, D., & Hornbeck, R. (2016). Railroads and American economic growth: a "market access" approach. *Quarterly
    Journal of Economics*, 131(2), 799-858.

    Examples
    --------
    >>> times = pd.DataFrame([[0.0, 60.0]], index=["here"], columns=["here", "there"])
    >>> market_access(times, pd.Series({"here": 1.0, "there": 10.0})).round(2).to_dict()
    {'here': 4.01}
    """
    weights = decayed(_minutes(times), decay, parameter)
    return pd.Series(weights @ _masses(times, mass).astype(weights.dtype), index=times.index, name="market_access")


def daily_reach(
    times: pd.DataFrame, mass: pd.Series, day_minutes: float = 720.0, stay_minutes: float = 360.0
) -> pd.Series:
    """Return the mass within a return trip on one day that leaves some hours at the destination.

    Parameters
    ----------
    times, mass
        As in :func:`market_access`.
    day_minutes : float
        From leaving to coming home.
    stay_minutes : float
        To be spent at the destination.

    Returns
    -------
    Series
        In units of mass, by origin, its own mass among them.

    Raises
    ------
    DataError
        If the stay is longer than the day, or a destination has no mass.

    Examples
    --------
    >>> times = pd.DataFrame([[0.0, 60.0, 200.0]], index=["a"], columns=["a", "b", "c"])
    >>> daily_reach(times, pd.Series({"a": 1, "b": 10, "c": 100})).to_dict()
    {'a': 11.0}
    """
    day_minutes = checks.number(day_minutes, "day_minutes", 0, checks.LARGEST)
    stay_minutes = checks.number(stay_minutes, "stay_minutes", -checks.LARGEST, checks.LARGEST)
    one_way = (day_minutes - stay_minutes) / 2
    if one_way < 0:
        raise DataError(f"argument 'stay_minutes': {stay_minutes} does not fit into a day of {day_minutes} minutes.")
    within = _minutes(times) <= one_way
    return pd.Series(within @ _masses(times, mass), index=times.index, name="daily_reach")


def isochrone(times: pd.DataFrame, origin: str, limits: Sequence[float]) -> pd.DataFrame:
    """Return the band of travel time in which each destination lies, seen from one origin.

    Parameters
    ----------
    times : DataFrame
        Minutes, origins by destinations.
    origin : str
        A row of ``times``.
    limits : sequence of float
        Rising limits in minutes, for instance ``[60, 120, 240]``.

    Returns
    -------
    DataFrame
        Indexed by destination: ``minutes`` and ``within``, the smallest limit not exceeded (``inf`` beyond the last).

    Raises
    ------
    DataError
        If the origin is unknown or the limits do not rise.

    Examples
    --------
    >>> times = pd.DataFrame([[0.0, 90.0, 500.0]], index=["a"], columns=["a", "b", "c"])
    >>> isochrone(times, "a", [60, 120]).within.tolist()
    [60.0, 120.0, inf]
    """
    if origin not in times.index:
        raise DataError(f"argument 'origin': no origin '{origin}'. {suggest(origin, times.index)}")
    edges = checks.vector(limits, "limits")
    if not len(edges) or not (np.diff(edges) > 0).all():
        raise DataError(f"argument 'limits': {list(limits)} must rise.")
    if times.index.has_duplicates:
        raise DataError("argument 'times': an origin stands twice.")
    minutes = pd.Series(_minutes(times.loc[[origin]])[0].astype(float), index=times.columns, name=origin)
    within = np.r_[edges, np.inf][np.searchsorted(edges, minutes)]
    return pd.DataFrame({"minutes": minutes, "within": within})


def _minutes(times: pd.DataFrame) -> FloatArray:
    """Return travel times as numbers, none of them missing or negative."""
    minutes: FloatArray = times.to_numpy()
    if minutes.dtype.kind not in "iuf" or not (minutes >= 0).all():
        raise DataError(
            "argument 'times': a time is missing, negative or not a number; 'inf' means that no train leads there."
        )
    return minutes


def _masses(times: pd.DataFrame, mass: pd.Series) -> FloatArray:
    """Return the masses in the order of the destinations, every one of them known and not negative."""
    if mass.index.has_duplicates:
        raise DataError(f"argument 'mass': destination '{mass.index[mass.index.duplicated()][0]}' stands twice.")
    found = pd.to_numeric(mass.reindex(times.columns), errors="coerce").astype(float)
    bad = ~((found >= 0) & (found <= checks.LARGEST))
    if bad.any():
        raise DataError(
            f"argument 'mass': destination '{found.index[bad][0]}' has {found[bad].iloc[0]}, expected a number from zero "
            f"({bad.sum()} such). Give every destination a mass, or drop it from 'times'."
        )
    return found.to_numpy()
