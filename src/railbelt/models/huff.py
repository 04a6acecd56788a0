"""Where people shop when the metropolis comes within a day trip: the model of Huff (1963), and what it leaves in small towns.

Each place offers shops, hospitals and theatres in proportion to its size. People divide the part of their spending for which they would
travel among the places they can reach and come home from on one day, by size and time. What a faster train takes away
(*leakage*) is set against what it brings: visitors, and the income that follows from access to more markets.

PySAL has spatial interaction models (spint) and measures of access, but no maintained Huff model; these are a few lines of numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from railbelt._types import FloatArray, IntArray

__all__ = ["approach", "balance", "break_even", "choices", "drawn_to", "retail", "tipping", "turnover"]

DECAY_A_MINUTE = 0.02
"""Weight of markets falls by two percent a minute (Borusyak and Hull 2023)."""

NEAREST = 20.0
"""Least time in minutes between two cities that :func:`tipping` looks at."""

DECIMALS = 12
"""Decimals to which it narrows down a time at which the balance turns, from a step of two minutes."""


def choices(
    minutes: FloatArray, size: FloatArray, attraction: float = 1.0, decay: float = 2.0, reach: float = np.inf
) -> FloatArray:
    """Return the share of trips from each origin that go to each destination.

    Parameters
    ----------
    minutes : ndarray, shape (origins, destinations)
        From door to door; positive, also from a place to itself.
    size : ndarray, shape (destinations,)
        What a destination offers.
    attraction, decay : float
        Exponents of size and of time.
    reach : float
        Longest time on a day trip; places farther away get nothing.

    Returns
    -------
    ndarray, shape (origins, destinations)
        Rows add up to one.

    Raises
    ------
    DataError
        If a time or size is not positive, or nothing lies within reach.

    References
    ----------
    Huff, D. L. (1963). A probabilistic analysis of shopping center trade areas. *Land Economics*, 39(1), 81-90.

    Examples
    --------
    Halfway between two centres, one two and a half times as large as the other:

    >>> import numpy as np
    >>> choices(np.array([[30.0, 30.0]]), np.array([5.0, 2.0])).round(2).tolist()
    [[0.71, 0.29]]
    """
    size = checks.vector(size, "size", positive=True)
    rows = np.asarray(minutes).shape[:1]
    minutes = checks.matrix(minutes, "minutes", (*rows, len(size)), positive=True, infinite=True)
    attraction, decay = checks.number(attraction, "attraction", 0, 100), checks.number(decay, "decay", 0, 100)
    reach = checks.number(reach, "reach", 0)
    pull = np.where(minutes <= reach, size**attraction * minutes**-decay, 0.0)
    total = pull.sum(axis=-1, keepdims=True)
    if not ((total > 0) & np.isfinite(total)).all():
        raise DataError(
            f"argument 'reach': nothing lies within {reach:g} minutes of origin {int((~(total > 0)).argmax())}, or sizes and "
            "times are too far apart to weigh them."
        )
    shares: FloatArray = pull / total
    return shares


def retail(
    minutes: FloatArray, income: FloatArray, assumptions: Mapping[str, float], own: str = "own_minutes"
) -> dict[str, FloatArray]:
    """Return what the people of each place spend at home and elsewhere, and what visitors bring.

    Parameters
    ----------
    minutes : ndarray, shape (N, N)
        From door to door; the diagonal is replaced by the time to the shops at home.
    income : ndarray, shape (N,)
        Spending of residents; also the size of what a place offers.
    assumptions : mapping
        ``attraction``, ``decay``, ``reach_minutes``, ``own_minutes``, ``movable`` (part of spending for which people travel).
    own : str
        Name of the time at home among the assumptions.

    Returns
    -------
    dict of ndarray, shape (N,)
        ``leaked`` (spent elsewhere), ``visitors`` (spent here by others), ``turnover`` (income less leaked plus visitors); their
        sum over places equals that of income.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2}
    >>> near = retail(np.array([[0.0, 60], [60, 0]]), np.array([10.0, 1.0]), usual)
    >>> near["turnover"].round(2).tolist()
    [10.09, 0.91]
    """
    _complete(assumptions, "attraction", "decay", "reach_minutes", "movable", own)
    minutes, income = _places(minutes, income)
    np.fill_diagonal(minutes, assumptions[own])
    shares = choices(minutes, income, assumptions["attraction"], assumptions["decay"], assumptions["reach_minutes"])
    spent = assumptions["movable"] * income[:, None] * shares
    kept = np.diag(spent)
    leaked, visitors = spent.sum(axis=1) - kept, spent.sum(axis=0) - kept
    return {"leaked": leaked, "visitors": visitors, "turnover": income - leaked + visitors}


def turnover(
    before: FloatArray, after: FloatArray, income: FloatArray, assumptions: Mapping[str, float]
) -> dict[str, FloatArray]:
    """Return what faster trains change in the turnover of each place, and through what.

    Parameters
    ----------
    before, after : ndarray, shape (N, N)
        Minutes from door to door.
    income : ndarray, shape (N,)
        As in :func:`retail`, before the change.
    assumptions : mapping
        As in :func:`retail`, and ``access_elasticity``: percent by which income rises with one percent more market access.

    Returns
    -------
    dict of ndarray, shape (N,)
        In percent of income before: ``leakage`` (negative: more is spent elsewhere), ``visitors``, ``access`` (income earned
        through market access), and ``net``, the change of turnover.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2, "access_elasticity": 0.08}
    >>> far, near = (np.array([[0.0, t], [t, 0]]) for t in (170.0, 60.0))
    >>> change = turnover(far, near, np.array([10.0, 1.0]), usual)
    >>> bool(np.allclose(change["net"], change["leakage"] + change["visitors"] + change["access"]))
    True
    """
    _complete(assumptions, "access_elasticity", "own_minutes")
    income = checks.vector(income, "income", positive=True)
    earned = (
        income
        * (_access(after, income, assumptions) / _access(before, income, assumptions))
        ** assumptions["access_elasticity"]
    )
    old = retail(before, income, assumptions)
    new = retail(after, income, assumptions)
    grown = retail(after, earned, assumptions)
    parts = {
        "leakage": -100 * (new["leaked"] - old["leaked"]) / income,
        "visitors": 100 * (new["visitors"] - old["visitors"]) / income,
        "access": 100 * (grown["turnover"] - new["turnover"]) / income,
    }
    net: FloatArray = parts["leakage"] + parts["visitors"] + parts["access"]
    return parts | {"net": net}


def _access(minutes: FloatArray, income: FloatArray, assumptions: Mapping[str, float]) -> FloatArray:
    """Return the market access of each place: income everywhere, two percent less for each minute."""
    minutes, income = _places(minutes, income)
    np.fill_diagonal(minutes, assumptions["own_minutes"])
    access: FloatArray = np.maximum(np.exp(-DECAY_A_MINUTE * minutes) @ income, 1e-300)
    return access


def _places(minutes: FloatArray, income: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return times between places and their income, as numbers that fit each other."""
    income = checks.vector(income, "income", positive=True)
    minutes = checks.matrix(minutes, "minutes", (len(income), len(income)), infinite=True)
    if not (minutes >= 0).all():
        raise DataError("argument 'minutes': a time is negative.")
    return minutes, income


def _positions(towns: Sequence[int], metropolises: Sequence[int], count: int) -> tuple[IntArray, IntArray]:
    """Return positions of towns and metropolises among so many places."""
    found = [
        np.array([checks.whole(one, name, 0, count - 1) for one in given], dtype=int)
        for name, given in (("towns", towns), ("metropolises", metropolises))
    ]
    if not all(map(len, found)):
        raise DataError("arguments 'towns' and 'metropolises': name at least one of each.")
    return found[0], found[1]


def _complete(assumptions: Mapping[str, float], *names: str) -> None:
    """Refuse assumptions that lack one, or hold one that cannot be."""
    most = {"movable": 1.0, "access_elasticity": 10.0, "reach_minutes": np.inf}
    least = {name: 1e-9 for name in names if name.endswith("minutes")}
    checks.complete(assumptions, {name: (least.get(name, 0), most.get(name, 1e4)) for name in names})


def approach(
    minutes: FloatArray,
    income: FloatArray,
    town: int,
    metropolis: int,
    grid: FloatArray,
    assumptions: Mapping[str, float],
) -> pd.DataFrame:
    """Follow a town as the way to one metropolis gets shorter and all other ways stay.

    Parameters
    ----------
    minutes : ndarray, shape (N, N)
        From door to door.
    income : ndarray, shape (N,)
        Spending of residents.
    town, metropolis : int
        Positions of the two.
    grid : ndarray
        Times between them; the first, the longest, is the one compared with.
    assumptions : mapping
        As in :func:`turnover`.

    Returns
    -------
    DataFrame
        One row a time: ``minutes``, ``leakage``, ``visitors``, ``access``, ``net`` of the town, in percent of its income.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2, "access_elasticity": 0.08}
    >>> found = approach(np.ones((2, 2)), np.array([1.0, 8.0]), 0, 1, np.array([240.0, 180.0, 60.0]), usual)
    >>> (found.net < 0).tolist()
    [False, True, False]
    """
    import pandas as pd

    _complete(assumptions, "access_elasticity", "own_minutes")
    minutes, income = _places(minutes, income)
    grid = checks.vector(grid, "grid", positive=True)
    for name, position in (("town", town), ("metropolis", metropolis)):
        checks.whole(position, name, 0, len(income) - 1)
    if town == metropolis or not len(grid):
        raise DataError("arguments 'town', 'metropolis' and 'grid': two places and at least one time are needed.")

    def way(between: float) -> np.ndarray:
        changed = np.array(minutes, float)
        changed[town, metropolis] = changed[metropolis, town] = between
        return changed

    start = way(grid[0])
    rows = [
        {"minutes": float(t)}
        | {name: part[town] for name, part in turnover(start, way(t), income, assumptions).items()}
        for t in grid
    ]
    return pd.DataFrame(rows)


def break_even(
    before: FloatArray, after: FloatArray, income: FloatArray, assumptions: Mapping[str, float]
) -> FloatArray:
    """Return how strongly income must respond to access for faster trains to leave a place's turnover as it was.

    Parameters
    ----------
    before, after, income, assumptions
        As in :func:`turnover`; ``access_elasticity`` is not used.

    Returns
    -------
    ndarray, shape (N,)
        Elasticities; zero where turnover rises without any response, ``nan`` where one would have to be above two or access
        does not change.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2}
    >>> far, near = (np.array([[0.0, t], [t, 0]]) for t in (240.0, 120.0))
    >>> small, big = break_even(far, near, np.array([1.0, 8.0]), usual)
    >>> bool(0 < small < 0.1), float(big)
    (True, 0.0)
    """

    def net(elasticity: float) -> FloatArray:
        return turnover(before, after, income, dict(assumptions) | {"access_elasticity": elasticity})["net"]

    grid = np.linspace(0, 2, 81)
    values = np.array([net(elasticity) for elasticity in grid])
    never = (values < 0).all(axis=0) | (np.ptp(values, axis=0) < 1e-9)
    at = (values >= 0).argmax(axis=0)
    upper, lower = values[at, range(len(income))], values[np.maximum(at - 1, 0), range(len(income))]
    step = np.where(at > 0, lower / np.where(at > 0, lower - upper, 1), 0)
    low = grid[np.maximum(at - 1, 0)] + step * grid[1]
    return np.where(never, np.nan, np.where(at == 0, 0.0, low))


def drawn_to(
    minutes: FloatArray,
    income: FloatArray,
    towns: Sequence[int],
    metropolises: Sequence[int],
    assumptions: Mapping[str, float],
) -> IntArray:
    """Return each town's metropolis: the one that pulls most among those larger than the town, as far as it may be.

    Parameters
    ----------
    minutes : ndarray, shape (N, N)
        From door to door.
    income : ndarray, shape (N,)
        Spending of residents.
    towns, metropolises : sequence of int
        Positions of the towns and of all that may be their metropolis.
    assumptions : mapping
        ``attraction`` and ``decay`` as in :func:`choices`.

    Returns
    -------
    ndarray of int
        Positions, one a town.

    Raises
    ------
    DataError
        If no metropolis is larger than a town.

    Examples
    --------
    >>> import numpy as np
    >>> drawn_to(np.array([[0, 60.0, 90], [60, 0, 30], [90, 30, 0]]), np.array([1.0, 2, 9]), [0, 1], [1, 2], {"attraction": 1, "decay": 2}).tolist()
    [2, 2]
    """
    _complete(assumptions, "attraction", "decay")
    minutes, income = _places(minutes, income)
    near, far = _positions(towns, metropolises, len(income))
    larger = income[far] > income[near, None]
    if not larger.any(axis=1).all():
        raise DataError(f"argument 'metropolises': none is larger than town {int(near[~larger.any(axis=1)][0])}.")
    way = np.where(larger, minutes[np.ix_(near, far)], np.inf)
    pull = income[far] ** assumptions["attraction"] * np.maximum(way, 1e-9) ** -assumptions["decay"]
    checks.sound(pull, "'income' and 'assumptions'")
    found: IntArray = far[np.where(larger, pull, -1).argmax(axis=1)]
    return found


def balance(
    minutes: FloatArray,
    income: FloatArray,
    towns: Sequence[int],
    metropolises: Sequence[int],
    times: FloatArray,
    assumptions: Mapping[str, float],
) -> FloatArray:
    """Return what a metropolis at some travel time does to a town's turnover, against one too far away to matter.

    All other ways stay as they are. The sum of leakage, visitors and income through access is evaluated for many towns and times
    at once; :func:`turnover` gives the same one by one.

    Parameters
    ----------
    minutes : ndarray, shape (N, N)
        From door to door.
    income : ndarray, shape (N,)
        Spending of residents.
    towns, metropolises : sequence of int, length P
        Positions of each town and of its metropolis.
    times : ndarray, shape (T,) or (P, T)
        Minutes between the two.
    assumptions : mapping
        As in :func:`turnover`.

    Returns
    -------
    ndarray, shape (P, T)
        Percent of the town's income; positive where visitors and access outweigh what leaks.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2, "access_elasticity": 0.08}
    >>> found = balance(np.ones((2, 2)), np.array([1.0, 8.0]), [0], [1], np.array([240.0, 180.0, 40.0]), usual | {"movable": 0.3})
    >>> (found > 0).tolist()
    [[True, False, True]]
    """
    _complete(assumptions, "attraction", "decay", "reach_minutes", "own_minutes", "movable", "access_elasticity")
    minutes, income = _places(minutes, income)
    here, there = _positions(towns, metropolises, len(income))
    if len(here) != len(there) or (here == there).any():
        raise DataError("arguments 'towns' and 'metropolises': not of one length, or a town is its own metropolis.")
    given = np.atleast_2d(times)
    if given.ndim > 2 or len(given) not in (1, len(here)):
        raise DataError(f"argument 'times': shape {given.shape}, expected {len(here)} rows or one.")
    checked = checks.vector(given.ravel(), "times", positive=True).reshape(given.shape)
    times = np.broadcast_to(checked, (len(here), given.shape[1]))
    np.fill_diagonal(minutes, assumptions["own_minutes"])
    if not (minutes > 0).all():
        raise DataError("argument 'minutes': no time between two places.")
    reach, decay, movable = (assumptions[name] for name in ("reach_minutes", "decay", "movable"))
    size = income ** assumptions["attraction"]
    pull = np.where(minutes <= reach, size * minutes**-decay, 0.0)
    weight = np.exp(-DECAY_A_MINUTE * minutes)
    closer = np.exp(-DECAY_A_MINUTE * times)

    def grown(place: IntArray, other: IntArray) -> FloatArray:
        """Return income of a place over what it is with the other out of reach, pairs by times."""
        alone = (weight[place] @ income - weight[place, other] * income[other])[:, None]
        found: FloatArray = (1 + closer * income[other, None] / alone) ** assumptions["access_elasticity"]
        return found

    # Pulls on everybody, pairs by people's homes; the two themselves, and what they are to each other, apart.
    pairs = np.arange(len(here))
    to_town, to_other, whole = (
        pull[:, here].T.copy(),
        pull[:, there].T.copy(),
        pull.sum(axis=1) + np.zeros((len(here), 1)),
    )
    for place, cross in ((here, to_other), (there, to_town)):
        whole[pairs, place] -= cross[pairs, place]
        cross[pairs, place] = 0
    before = (income * to_town / whole).sum(axis=1)[:, None]
    growth, growth_other = grown(here, there), grown(there, here)
    larger, larger_other = growth ** assumptions["attraction"], growth_other ** assumptions["attraction"]
    total = (whole - to_town - to_other)[:, None, :] + larger[..., None] * to_town[:, None, :]
    total += larger_other[..., None] * to_other[:, None, :]
    near = np.where(times <= reach, times**-decay, 0.0)
    back = larger * size[here, None] * near
    total[pairs, :, here] += larger_other * size[there, None] * near
    total[pairs, :, there] += back
    won = income * to_town[:, None, :] * larger[..., None] / total
    won[pairs, :, here] *= growth
    won[pairs, :, there] = income[there, None] * growth_other * back / total[pairs, :, there]
    net: FloatArray = 100 * ((1 - movable) * (growth - 1) + movable * (won.sum(axis=2) - before) / income[here, None])
    checks.sound(net, "'income' and 'assumptions'")
    return net


def tipping(
    minutes: FloatArray,
    income: FloatArray,
    towns: Sequence[int],
    metropolises: Sequence[int],
    assumptions: Mapping[str, float],
) -> pd.DataFrame:
    """Return the travel times between which a metropolis takes more from a town's turnover than it brings.

    A metropolis beyond a day trip takes nothing and is a market all the same. Within a day trip it draws shoppers; near by its
    market and its visitors may outweigh them again. Times at which the balance turns are found by ever finer steps of :func:`balance`.

    Parameters
    ----------
    minutes, income, towns, metropolises, assumptions
        As in :func:`balance`.

    Returns
    -------
    DataFrame
        One row a town: ``tips``, the longest time in minutes at which leakage outweighs the rest (the reach of a day trip where
        it does at once), ``recovers``, the time below which it no longer does, ``worst``, the time at which the balance is lowest,
        and ``lowest``, that balance in percent of income. ``nan`` for ``tips`` means that leakage never outweighs, for ``recovers``
        that it does down to the least time, 20 minutes.

    Examples
    --------
    >>> import numpy as np
    >>> usual = {"attraction": 1.0, "decay": 2.0, "reach_minutes": 180, "own_minutes": 25, "movable": 0.2, "access_elasticity": 0.08}
    >>> found = tipping(np.ones((2, 2)), np.array([1.0, 8.0]), [0], [1], usual | {"movable": 0.3})
    >>> found[["tips", "recovers"]].round(1).values.tolist()
    [[180.0, 120.7]]
    """
    import pandas as pd

    _complete(assumptions, "reach_minutes")
    reach = checks.number(assumptions["reach_minutes"], "assumptions['reach_minutes']", NEAREST, 1e4)
    grid = np.append(np.arange(NEAREST, reach, 2.0), reach)
    found = balance(minutes, income, towns, metropolises, grid, assumptions)
    loses = found < 0
    rows, last = np.arange(len(found)), len(grid) - 1
    top = last - loses[:, ::-1].argmax(axis=1)
    # Going nearer from there, the first time that is no loss.
    again = ~loses & (np.arange(len(grid)) < top[:, None])
    low = last - again[:, ::-1].argmax(axis=1)

    def root(left: FloatArray, right: FloatArray) -> FloatArray:
        """Return where the balance turns between two times, a decimal more with each turn."""
        sign = balance(minutes, income, towns, metropolises, left[:, None], assumptions)[:, 0] < 0
        for _ in range(DECIMALS):
            tenth = (right - left) / 10
            inside = left[:, None] + np.outer(tenth, np.arange(1, 10))
            same = (balance(minutes, income, towns, metropolises, inside, assumptions) < 0) == sign[:, None]
            left = left + tenth * np.logical_and.accumulate(same, axis=1).sum(axis=1)
            right = left + tenth
        return (left + right) / 2

    upper = np.where(top == last, reach, root(grid[top], grid[np.minimum(top + 1, last)]))
    lower = root(grid[low], grid[np.minimum(low + 1, last)])
    worst = found.argmin(axis=1)
    return pd.DataFrame(
        {
            "tips": np.where(loses.any(axis=1), upper, np.nan),
            "recovers": np.where(loses.any(axis=1) & again.any(axis=1), lower, np.nan),
            "worst": grid[worst],
            "lowest": found[rows, worst],
        }
    )
