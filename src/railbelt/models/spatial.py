"""Who lives where, and how well, when places come closer: a quantitative spatial model with imperfect mobility.

Places differ in productivity and amenity. Each makes goods and services of its own and sells to all others at a cost (Armington
or Eaton-Kortum, as in Allen and Arkolakis 2014). Productivity rises with the people of a place, the pleasure of living there
falls with them. People belong to a home and choose where to live; tastes differ, and living away from home costs something
that depends on the way between (Redding 2016, Tombe and Zhu 2019). With costs of trade alike in both directions everything
follows from two equations a place; :func:`modulus` says whether they have one solution, and then the iteration converges to it.

In words of symbols: ``trade`` is theta, ``migration`` epsilon, ``agglomeration`` alpha, ``congestion`` beta. With ``T`` the weights of
trade, ``S`` those of living away from home, people ``L``, wages ``w``, prices ``P`` and homes ``H``::

    P_n ** -theta = sum_i T_ni (A_i L_i ** alpha / w_i) ** theta,   w_n L_n = sum_i sales of n to i
    V_n = u_n L_n ** -beta w_n / P_n,   L_n = sum_o H_o S_on V_n ** eps / sum_k S_ok V_k ** eps

References
----------
Allen, T., & Arkolakis, C. (2014). Trade and the topography of the spatial economy. *Quarterly Journal of Economics*, 129(3),
1085-1140.
Redding, S. J. (2016). Goods trade, factor mobility and welfare. *Journal of International Economics*, 101, 148-167.
Redding, S. J., & Rossi-Hansberg, E. (2017). Quantitative spatial economics. *Annual Review of Economics*, 9, 21-58.
Tombe, T., & Zhu, X. (2019). Trade, migration, and productivity: a quantitative analysis of China. *American Economic Review*,
109(5), 1843-1872.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from railbelt._types import FloatArray

__all__ = [
    "Economy",
    "Elasticities",
    "counterfactual",
    "economy",
    "equilibrium",
    "fundamentals",
    "modulus",
    "two_cities",
]

TOLERANCE = 1e-10
"""Largest change of a logarithm in the last step."""

BALANCED = 1e-10
"""Largest relative gap between a balanced flow and its total."""

ITERATIONS = 2000
MEMORY = 6

CHANGES = ("people", "wage", "price", "real_income", "welfare")
"""What :func:`counterfactual` and :func:`equilibrium` return of each place."""


@dataclass(frozen=True)
class Elasticities:
    """The four elasticities of the model.

    Attributes
    ----------
    trade : float
        Percent by which sales fall when their price rises by one percent (theta), positive.
    migration : float
        Percent by which the people who choose a place rise when it gets one percent better (epsilon), positive.
    agglomeration : float
        Percent by which productivity rises with one percent more people (alpha).
    congestion : float
        Percent by which the pleasure of living in a place falls with one percent more people (beta).

    Examples
    --------
    >>> Elasticities(agglomeration=0.1).trade
    4.0
    """

    trade: float = 4.0
    migration: float = 2.0
    agglomeration: float = 0.06
    congestion: float = 0.3

    def __post_init__(self) -> None:
        for name in ("trade", "migration"):
            checks.number(getattr(self, name), name, 1e-6, 1e6, inside=True, error=ModelError)
        for name in ("agglomeration", "congestion"):
            checks.number(getattr(self, name), name, -1e6, 1e6, inside=True, error=ModelError)


@dataclass(frozen=True)
class Economy:
    """Places as they are observed, or balanced to what is: the starting point of a counterfactual.

    Attributes
    ----------
    names : tuple of str
        The places, N of them.
    people : ndarray, shape (N,)
        Residents.
    income : ndarray, shape (N,)
        Wages times residents.
    trade : ndarray, shape (N, N)
        Sales between places, symmetric; rows and columns add up to ``income``.
    moves : ndarray, shape (N, N)
        People by home (row) and residence (column); columns add up to ``people``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> size = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})
    >>> start = economy(size, size, np.ones((3, 3)), np.ones((3, 3)))
    >>> bool(np.allclose(start.trade.sum(axis=0), start.income)), start.homes.round(6).tolist()
    (True, [3.0, 1.0, 2.5])
    """

    names: tuple[str, ...]
    people: FloatArray
    income: FloatArray
    trade: FloatArray
    moves: FloatArray

    @property
    def homes(self) -> FloatArray:
        """People by the place they belong to."""
        total: FloatArray = self.moves.sum(axis=1)
        return total


def _matrices(e: Elasticities) -> tuple[FloatArray, FloatArray]:
    """Return the exponents of wages and people on the left and, with the homes' welfare, on the right of the equations."""
    t, m, a, b = e.trade, e.migration, e.agglomeration, e.congestion
    reach = m * (1 + (1 + t) / t)
    left = np.array([[1 + t, 1 - a * t, 0], [-reach, 1 + m * (a + b - 1 / t), 0], [0, 0, 1]])
    right = np.array([[-t, a * t, 0], [0, 0, -1], [reach, m * (1 / t - a - b), 0]])
    return left, right


def modulus(elasticities: Elasticities, free: bool = False) -> float:
    """Return the number that decides whether there is one equilibrium: below one there is, whatever the geography.

    It is the spectral radius of the absolute elasticities of each equation to each unknown. Below one the equations are a
    contraction: one solution exists, and iteration finds it (Allen, Arkolakis and Li 2020, theorem 1). Above one some
    geography has several. It weighs forces that pull together against forces that keep apart: with free mobility the border is
    *agglomeration = congestion + 1 / migration*, the condition of Allen and Arkolakis (2014); otherwise it is a little stricter.

    Parameters
    ----------
    elasticities : Elasticities
    free : bool
        Whether moving costs nothing, so that homes do not matter. On the border itself people are then still unique.

    Returns
    -------
    float
        ``inf`` where the equations cannot be solved for the unknowns at all.

    References
    ----------
    Allen, T., Arkolakis, C., & Li, X. (2020). On the equilibrium properties of network models with heterogeneous agents.
    NBER Working Paper 27837.

    Examples
    --------
    >>> modulus(Elasticities()) < 1 < modulus(Elasticities(agglomeration=0.9))
    True
    """
    left, right = _matrices(elasticities)
    if free:
        left, right = left[:2, :2], np.array([right[0, :2], [0, 0]])
    if not np.linalg.det(left) > 0:
        return float("inf")
    return float(np.abs(np.linalg.eigvals(np.abs(right @ np.linalg.inv(left)))).max())


def require_unique(e: Elasticities, free: bool = False) -> None:
    found = modulus(e, free)
    if not (found < 1 or (free and found < 1 + 1e-9)):
        raise ModelError(
            f"elasticities {e}: modulus {found:.3f} is not below 1, so there may be several equilibria. "
            f"Agglomeration ({e.agglomeration}) must stay clearly below congestion + 1 / migration "
            f"({e.congestion + 1 / e.migration:.3f}). Lower it, or raise congestion."
        )


def economy(
    people: pd.Series,
    income: pd.Series,
    trade_weight: FloatArray,
    move_weight: FloatArray,
    homes: pd.Series | None = None,
    home_sales: float = 0.6,
    stay: float = 0.9,
) -> Economy:
    """Balance gravity to what is observed: the only flows of goods and people that fit the totals of every place.

    Sales between two places are proportional to ``trade_weight`` and a factor for each of them, chosen so that each place sells
    its income; people likewise with ``move_weight``. A fixed share stays at home, whatever the weights.

    Parameters
    ----------
    people, income : Series
        Residents and income by place, positive, same index.
    trade_weight, move_weight : ndarray, shape (N, N)
        How easily goods and people pass; the diagonal is ignored. ``trade_weight`` must be symmetric.
    homes : Series, optional
        People by home, with the same sum as ``people``; by default ``people`` (as many come as go).
    home_sales : float
        Share of each place's income that it earns from itself, between 0 and 1; 1 is a place without trade.
    stay : float
        Share of the smaller of homes and residents that lives at home, between 0 and 1; 1 with equal homes and people is no
        mobility.

    Returns
    -------
    Economy

    Raises
    ------
    DataError
        If totals are not positive or do not agree, weights are not symmetric, or no flows fit (a place larger than all
        others together).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> two = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})
    >>> made = economy(two, two, np.ones((3, 3)), np.ones((3, 3)))
    >>> made.trade.sum(axis=1).round(6).tolist(), made.moves.sum(axis=0).round(6).tolist()
    ([3.0, 1.0, 2.5], [3.0, 1.0, 2.5])
    """
    import pandas as pd

    homes = people if homes is None else homes
    for name, series in (("people", people), ("income", income), ("homes", homes)):
        if not series.index.equals(people.index):
            raise DataError(f"argument '{name}': its places differ from those of 'people'.")
        values = pd.to_numeric(series, errors="coerce").to_numpy(float)
        bad = ~((values >= 1 / checks.LARGEST) & (values <= checks.LARGEST))
        if bad.any():
            raise DataError(
                f"argument '{name}', place '{series.index[bad][0]}': {series[bad].iloc[0]} is not positive, or beyond all measure."
            )
    if len(people) < 2 or people.index.has_duplicates:
        raise DataError("argument 'people': at least two places, each with a name of its own.")
    people, income, homes = (series.astype(float) for series in (people, income, homes))
    if not np.isclose(homes.sum(), people.sum(), rtol=1e-9):
        raise DataError(f"argument 'homes': {homes.sum():.6g} people in all, against {people.sum():.6g} residents.")
    for name, share in (("home_sales", home_sales), ("stay", stay)):
        checks.number(share, name, 0, 1)
    trade_weight = _weights("trade_weight", trade_weight, len(people))
    require_symmetric("trade_weight", trade_weight)
    move_weight = _weights("move_weight", move_weight, len(people))
    here, earned, settled = (series.to_numpy(float) for series in (people, income, homes))
    return flows(tuple(map(str, people.index)), here, earned, settled, trade_weight, move_weight, home_sales, stay)


def flows(
    names: tuple[str, ...],
    people: FloatArray,
    income: FloatArray,
    homes: FloatArray,
    trade: FloatArray,
    moves: FloatArray,
    home_sales: float,
    stay: float,
) -> Economy:
    """Balance weights, which it overwrites, to totals known to be sound; diagonals of the weights must be zero."""
    at_home = stay * np.minimum(people, homes)
    _symmetric(trade, (1 - home_sales) * income)
    _two_sided(moves, homes - at_home, people - at_home)
    np.fill_diagonal(trade, home_sales * income)
    np.fill_diagonal(moves, at_home)
    return Economy(names, people, income, trade, moves)


def _weights(name: str, weight: FloatArray, count: int) -> FloatArray:
    weight = checks.matrix(weight, name, (count, count), infinite=True)
    np.fill_diagonal(weight, 0)
    if not (weight.min(initial=0) >= 0 and np.isfinite(weight.sum())):
        raise DataError(f"argument '{name}': weights must be numbers from zero.")
    return weight


def require_symmetric(name: str, matrix: FloatArray) -> None:
    """Raise unless a matrix is the same in both directions, to single precision."""
    matrix = np.asarray(matrix)
    if matrix.dtype.kind not in "biuf" or matrix.ndim != 2 or len(matrix) != matrix.shape[1]:
        matrix = checks.matrix(matrix, name, infinite=True)
    if np.array_equal(matrix, matrix.T):
        return
    finite = np.isfinite(matrix)
    gap = np.abs(np.where(finite, matrix, 0) - np.where(finite, matrix, 0).T)
    if (finite != finite.T).any() or gap.max() > 1e-6 * np.abs(matrix[finite]).max(initial=1e-300):
        raise DataError(f"argument '{name}': not symmetric; the model needs trade costs alike in both directions.")


def _symmetric(weight: FloatArray, total: FloatArray) -> None:
    """Scale a symmetric matrix with zero diagonal to its totals, in place (Sinkhorn with one set of factors).

    Half steps remove what is common to all places, whole steps what is not; taken by turns they need half the steps.
    """
    if not total.any():
        weight[:] = 0
        return
    scale = np.sqrt(total / total.sum())
    for turn in range(ITERATIONS if 2 * total.max() < total.sum() else 0):
        ratio = total / np.maximum(scale * (weight @ scale), 1e-300)
        gap = np.abs(ratio - 1).max()
        scale = scale * (ratio if turn % 2 and gap < 0.5 else np.sqrt(ratio))
        if gap < BALANCED:
            break
    else:
        raise DataError(
            "arguments 'income' and 'trade_weight': no flows fit. One place sells more than all others can buy; raise 'home_sales'."
        )
    weight *= scale[:, None]
    weight *= scale


def _two_sided(weight: FloatArray, rows: FloatArray, columns: FloatArray) -> None:
    """Scale a matrix with zero diagonal to its row and column totals, in place (Sinkhorn)."""
    if rows.sum() <= 1e-12 * max(rows.size, 1):
        weight[:] = 0
        return
    right = np.ones(len(columns))
    for _ in range(ITERATIONS):
        left = rows / np.maximum(weight @ right, 1e-300)
        reached = left @ weight
        moved = columns / np.maximum(reached, 1e-300)
        done = np.abs(right * reached - columns).max() < 1e-2 * BALANCED * columns.sum()
        right = moved
        if done:
            break
    else:
        raise DataError(
            "arguments 'homes' and 'move_weight': no moves fit the homes and residents given; lower 'stay'."
        )
    weight *= left[:, None]
    weight *= right


def _fixed_point(
    trade: FloatArray,
    moves: FloatArray,
    scales: tuple[FloatArray, FloatArray, FloatArray],
    productivity: FloatArray,
    amenity: FloatArray,
    e: Elasticities,
    origins: FloatArray | float = 1.0,
    total: float | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, int]:
    """Return log wages, log people, log prices, log welfare by home and the iterations taken.

    Rows of ``trade`` are buyers. ``scales`` are what its rows, and the columns and the rows of ``moves``, add up to where they are
    shares. ``origins`` multiplies the rows of ``moves`` for arrivals. With ``total``, the number of people, mobility is free:
    people follow value, and only their sum is given. One step evaluates the right-hand sides at the present guess and
    solves two linear equations a place. Steps are combined by Anderson's method; wherever that does not reduce the residual the
    plain step, a contraction, is taken.
    """
    t, m, a, b = e.trade, e.migration, e.agglomeration, e.congestion
    left, _ = _matrices(e)
    inverse = np.linalg.inv(left[:2, :2])
    count = len(trade)
    bought, living, belonging = scales

    def values(wage: FloatArray, people: FloatArray) -> FloatArray:
        value: FloatArray = m * (amenity - productivity + (1 / t - a - b) * people + (1 + (1 + t) / t) * wage)
        return value

    def welfare(wage: FloatArray, people: FloatArray) -> FloatArray:
        value = values(wage, people)
        top = value.max()
        home: FloatArray = np.log(moves @ np.exp(value - top) / belonging) + top
        return home

    def step(state: FloatArray) -> FloatArray:
        wage, people = state
        supply = t * productivity + a * t * people - t * wage
        top = supply.max()
        first = np.log(trade @ np.exp(supply - top) / bought) + top + t * productivity
        if total is not None:
            found = inverse @ np.vstack([first, m * (amenity - productivity)])
            missing = np.log(total) - np.log(np.exp(found[1] - found[1].max()).sum()) - found[1].max()
            shared: FloatArray = found + inverse[:, 1:] * (missing / inverse[1, 1])
            return shared
        home = welfare(wage, people)
        low = home.min()
        second = np.log((np.exp(low - home) * origins) @ moves / living) - low + m * (amenity - productivity)
        both: FloatArray = inverse @ np.vstack([first, second])
        return both

    state: FloatArray = np.zeros((2, count))
    fresh = step(state)
    before = (fresh, fresh - state)
    moved: list[tuple[FloatArray, FloatArray]] = []
    best = np.inf
    taken = 0
    while taken < ITERATIONS:
        taken += 1
        residual = fresh - state
        size = np.abs(residual).max()
        if size < TOLERANCE:
            break
        if not np.isfinite(size) or size > 2 * best:
            moved = []
        elif taken > 1:
            moved = [*moved[1 - MEMORY :], (fresh - before[0], residual - before[1])]
        best = min(best, size)
        before, state = (fresh, residual), fresh
        mixed = _mixed(fresh, residual, moved)
        if mixed is not None:
            state = mixed
        fresh = step(state)
    else:
        raise ModelError(f"no equilibrium after {ITERATIONS} iterations; the last step was {size:.1e}.")
    wage, people = fresh
    price = productivity - ((1 - a * t) * people + (1 + t) * wage) / t
    return wage, people, price, welfare(wage, people) / m, taken


def _mixed(fresh: FloatArray, residual: FloatArray, moved: list[tuple[FloatArray, FloatArray]]) -> FloatArray | None:
    """Return the combination of past steps with the least residual (Anderson), or nothing where it cannot be trusted."""
    if not moved:
        return None
    steps = np.array([step.ravel() for step, _ in moved])
    differences = np.array([difference.ravel() for _, difference in moved])
    length = np.sqrt(np.einsum("ij,ij->i", differences, differences))
    if not length.min() > 0:
        return None
    differences /= length[:, None]
    normal = differences @ differences.T + 1e-13 * np.eye(len(moved))
    away = (np.linalg.solve(normal, differences @ residual.ravel()) / length) @ steps
    # A far jump is none of the method's business: there the plain step, a contraction, is taken.
    return fresh - away.reshape(fresh.shape) if np.abs(away).max() < 1 else None


def log_changes(name: str, change: Sequence[float] | FloatArray | None, count: int) -> FloatArray:
    if change is None:
        return np.zeros(count)
    return np.log(checks.vector(change, name, count, positive=True))


def _ratios(name: str, change: FloatArray | None, count: int, elasticity: float) -> FloatArray:
    """Return costs, or their changes, as weights; infinite costs weigh nothing."""
    if change is None:
        return np.ones((1, 1))
    change = checks.matrix(change, name, (count, count), positive=True, infinite=True)
    return change if elasticity == -1 else np.exp(-elasticity * np.log(change))


def _checked(found: pd.DataFrame) -> None:
    """Refuse what double precision holds no more: beyond all numbers, or vanished."""
    with np.errstate(divide="ignore"):
        checks.sound(np.log(found), "'trade_cost', 'moving_cost', 'productivity' and 'amenity'")


def counterfactual(
    start: Economy,
    elasticities: Elasticities,
    trade_cost: FloatArray | None = None,
    moving_cost: FloatArray | None = None,
    productivity: FloatArray | None = None,
    amenity: FloatArray | None = None,
    as_weights: bool = False,
) -> pd.DataFrame:
    """Return what changes when costs, productivity or amenity change (exact-hat algebra: no fundamentals are needed).

    Parameters
    ----------
    start : Economy
    elasticities : Elasticities
    trade_cost, moving_cost : ndarray, shape (N, N), optional
        New cost over old: of selling from row to column (symmetric), of living in the column when at home in the row.
    productivity, amenity : ndarray, shape (N,), optional
        New over old, apart from what follows from the number of people.
    as_weights : bool
        Whether ``trade_cost`` and ``moving_cost`` are given as weights, that is cost to the power of minus the elasticity.

    Returns
    -------
    DataFrame
        One row a place, new over old: ``people``, ``wage``, ``price``, ``real_income`` (wage over price), ``welfare`` (what those
        at home there expect, with the choice to leave). Wages are in units of total income. ``attrs["iterations"]`` says
        how many steps it took.

    Raises
    ------
    ModelError
        If the elasticities allow several equilibria, or no equilibrium is found.
    DataError
        If a change is not positive, trade costs do not stay symmetric, or the result is beyond double precision.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> size = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})
    >>> start = economy(size, size, np.ones((3, 3)), np.ones((3, 3)))
    >>> same = counterfactual(start, Elasticities())
    >>> bool(np.allclose(same, 1))
    True
    >>> closer = np.where(np.eye(3) > 0, 1, 0.9)
    >>> bool((counterfactual(start, Elasticities(), trade_cost=closer).welfare > 1).all())
    True
    """
    import pandas as pd

    require_unique(elasticities)
    count = len(start.names)
    if trade_cost is not None:
        require_symmetric("trade_cost", trade_cost)
    powers = (-1.0, -1.0) if as_weights else (elasticities.trade, elasticities.migration)
    found, taken = changed(
        start,
        elasticities,
        start.trade * _ratios("trade_cost", trade_cost, count, powers[0]),
        start.moves * _ratios("moving_cost", moving_cost, count, powers[1]),
        log_changes("productivity", productivity, count),
        log_changes("amenity", amenity, count),
    )
    frame = pd.DataFrame(found.T, index=pd.Index(start.names, name="place"), columns=list(CHANGES))
    _checked(frame)
    frame.attrs["iterations"] = taken
    return frame


def changed(
    start: Economy,
    elasticities: Elasticities,
    trade: FloatArray,
    moves: FloatArray,
    productivity: FloatArray,
    amenity: FloatArray,
) -> tuple[FloatArray, int]:
    """Return the rows of :data:`CHANGES` and the iterations taken, from flows times their changed weights and changes in logs.

    The body of :func:`counterfactual` for callers who have checked their input.
    """
    wage, people, price, welfare, taken = _fixed_point(
        trade, moves, (start.income, start.people, start.homes), productivity, amenity, elasticities
    )
    scale = np.log((start.income * np.exp(wage + people)).sum() / start.income.sum())
    return np.exp([people, wage - scale, price - scale, wage - price, welfare]), taken


def equilibrium(
    productivity: pd.Series,
    amenity: pd.Series,
    homes: pd.Series,
    trade_cost: FloatArray,
    moving_cost: FloatArray,
    elasticities: Elasticities,
) -> pd.DataFrame:
    """Return the equilibrium of places given by their fundamentals (levels, not changes).

    Parameters
    ----------
    productivity, amenity, homes : Series
        By place: what is given by nature and history, and the people who belong there.
    trade_cost, moving_cost : ndarray, shape (N, N)
        From 1; ``inf`` where nothing passes. ``trade_cost`` must be symmetric.
    elasticities : Elasticities

    Returns
    -------
    DataFrame
        One row a place: ``people``, ``wage`` (total income is the number of people), ``price``, ``real_income``, ``welfare``
        (of those at home there).

    Raises
    ------
    ModelError, DataError
        As :func:`counterfactual`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> one = pd.Series({"here": 1.0, "there": 1.0})
    >>> even = equilibrium(one, one, one, np.array([[1, 2], [2, 1]]), np.ones((2, 2)), Elasticities())
    >>> even.people.round(9).tolist()
    [1.0, 1.0]
    """
    import pandas as pd

    count = len(homes)
    if not count or not (homes.index.equals(productivity.index) and homes.index.equals(amenity.index)):
        raise DataError("arguments 'productivity', 'amenity' and 'homes': their places differ, or there are none.")
    moving_cost = checks.matrix(moving_cost, "moving_cost", (count, count), positive=True, infinite=True)
    free = bool((moving_cost == moving_cost.flat[0]).all())
    require_unique(elasticities, free)
    require_symmetric("trade_cost", trade_cost)
    moving = _ratios("moving_cost", moving_cost, count, elasticities.migration)
    belonging = np.exp(log_changes("homes", homes.to_numpy(), count))
    wage, people, price, welfare, taken = _fixed_point(
        _ratios("trade_cost", trade_cost, count, elasticities.trade),
        moving,
        (np.ones(count), np.ones(count), np.ones(count)),
        log_changes("productivity", productivity.to_numpy(), count),
        log_changes("amenity", amenity.to_numpy(), count),
        elasticities,
        belonging,
        belonging.sum() if free else None,
    )
    scale = np.log(np.exp(wage + people).sum() / belonging.sum())
    frame = pd.DataFrame(
        np.exp([people, wage - scale, price - scale, wage - price, welfare]).T,
        index=homes.index,
        columns=list(CHANGES),
    )
    _checked(frame)
    frame.attrs["iterations"] = taken
    return frame


def fundamentals(start: Economy, trade_cost: FloatArray, moving_cost: FloatArray, e: Elasticities) -> pd.DataFrame:
    """Return the productivity and amenity of each place under which an economy is the equilibrium (inversion).

    Costs off the diagonal must be those behind the flows; costs on the diagonal (of selling and staying at home) are what makes
    the flows fit and are returned with the fundamentals.

    Parameters
    ----------
    start : Economy
    trade_cost, moving_cost : ndarray, shape (N, N)
        The costs behind the weights, ``weight ** (-1 / elasticity)``.
    e : Elasticities

    Returns
    -------
    DataFrame
        By place: ``productivity``, ``amenity`` (each with mean log zero), ``trade_cost_home``, ``moving_cost_home``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> size = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})
    >>> start = economy(size, size, np.ones((3, 3)), np.ones((3, 3)))
    >>> fundamentals(start, np.ones((3, 3)), np.ones((3, 3)), Elasticities()).productivity.idxmax()
    'big'
    """
    import pandas as pd

    count = len(start.names)
    off = ~np.eye(count, dtype=bool)
    trade_cost, moving_cost = (
        checks.matrix(cost, name, (count, count), positive=True)
        for name, cost in (("trade_cost", trade_cost), ("moving_cost", moving_cost))
    )
    with np.errstate(divide="ignore"):
        trade = np.log(start.trade) + e.trade * np.log(np.asarray(trade_cost, float))
        moves = np.log(start.moves) + e.migration * np.log(np.asarray(moving_cost, float))
    # Off the diagonal log flows are the sum of a seller's and a buyer's term (the same here), or of a home's and a place's term.
    seller = _additive((trade + trade.T) / 2, off)[0]
    home, place = _additive(moves, off)
    wage = np.log(start.income / start.people)
    people = np.log(start.people)
    price = -(people + wage - seller) / e.trade
    productivity = wage - e.agglomeration * people + seller / e.trade
    amenity = place / e.migration + e.congestion * people - wage + price
    frame = pd.DataFrame(
        {
            "productivity": np.exp(productivity - productivity.mean()),
            "amenity": np.exp(amenity - amenity.mean()),
            "trade_cost_home": np.exp((2 * seller - np.log(np.diag(start.trade))) / e.trade),
            "moving_cost_home": np.exp((home + place - np.log(np.diag(start.moves))) / e.migration),
        },
        index=pd.Index(start.names, name="place"),
    )
    return frame


def _additive(table: FloatArray, mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return row and column terms whose sums are the entries off the diagonal."""
    count = len(table)
    filled = np.where(mask, table, 0.0)
    system = np.block(
        [[np.eye(count) * (count - 1), mask.astype(float)], [mask.T.astype(float), np.eye(count) * (count - 1)]]
    )
    found = np.linalg.lstsq(system, np.concatenate([filled.sum(axis=1), filled.sum(axis=0)]), rcond=None)[0]
    shift = (found[:count].mean() - found[count:].mean()) / 2
    return found[:count] - shift, found[count:] + shift


TOY = Elasticities(4.0, 2.0, 0.06, 0.3)
"""Elasticities of :func:`two_cities`, also those of the sliders in the book."""

SLOW, NEAREST, BIG = 240.0, 20.0, 8.0
"""Two cities: minutes by the slow train, the least minutes, and people who belong to the metropolis for one of the town."""

TRADE_BY_TIME, MOVES_BY_TIME, TRADE_NEAR = 0.3, 0.4, 0.5
"""Two cities: how trade and moves fall with time, and how much easier it is to sell at home than next door."""


def two_cities(minutes: Sequence[float], gap: float = 1.4, mobility: float = 0.1) -> pd.DataFrame:
    """Return what a faster train does to a town and its metropolis, the smallest case of the model.

    Parameters
    ----------
    minutes : sequence of float
        Travel times, from 20 to 240.
    gap : float
        Productivity of the metropolis over that of the town.
    mobility : float
        Ease of living in the other city with the slow train, from 0 (nobody can) to 1 (it costs nothing).

    Returns
    -------
    DataFrame
        One row a time: ``minutes``, and in percent of what is with the slow train ``people`` (of the town), ``real_income`` (in the
        town), ``welfare`` (of those at home in the town) and ``welfare_big`` (of those at home in the metropolis).

    Raises
    ------
    ModelError
        If an argument lies outside its range.

    Examples
    --------
    >>> found = two_cities([240, 60], mobility=0.05)
    >>> bool(found.people.iloc[1] < 0 < found.welfare.iloc[1])
    True
    """
    import pandas as pd

    checks.number(gap, "gap", 0.01, 100, error=ModelError)
    checks.number(mobility, "mobility", 0, 1, error=ModelError)
    names = ["town", "metropolis"]
    homes = pd.Series([1.0, BIG], index=names)
    productivity = pd.Series([1.0, gap], index=names)
    # The metropolis is as good to live in as its size demands: with the same productivity everybody would be content at home.
    amenity = pd.Series([1.0, BIG ** (TOY.congestion + 1 / TOY.migration - TOY.agglomeration)], index=names)

    def at(time: float) -> pd.DataFrame:
        checks.number(time, "minutes", NEAREST, SLOW, error=ModelError)
        trade = TRADE_NEAR * (time / NEAREST) ** -TRADE_BY_TIME
        move = min(1.0, mobility * (time / SLOW) ** -MOVES_BY_TIME)
        trade_cost, moving_cost = (
            np.array([[1.0, far], [far, 1.0]])
            for far in (trade ** (-1 / TOY.trade), max(move, 1e-12) ** (-1 / TOY.migration))
        )
        return equilibrium(productivity, amenity, homes, trade_cost, moving_cost, TOY)

    base = at(SLOW)
    rows = []
    for time in checks.vector(minutes, "minutes"):
        change = 100 * (at(time) / base - 1)
        rows.append(
            {
                "minutes": float(time),
                "people": change.people.town,
                "real_income": change.real_income.town,
                "welfare": change.welfare.town,
                "welfare_big": change.welfare.metropolis,
            }
        )
    return pd.DataFrame(rows)
