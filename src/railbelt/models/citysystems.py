"""What a system of cities looks like: rank and size, primacy, centres, functional polycentricity, corridor form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from railbelt._types import FloatArray

__all__ = ["corridor", "functional_polycentricity", "gravity_flows", "kept_inside", "primacy", "rank_size"]


def rank_size(sizes: ArrayLike, top: int | None = None, level: float = 0.95) -> pd.Series:
    """Estimate the exponent of the rank-size rule, with the standard error that belongs to it.

    The logarithm of rank less one half is regressed on the logarithm of size. The half removes the bias of small samples;
    the standard error of the regression is far too small, because ranks are not independent, and the right one is
    ``exponent * sqrt(2 / n)``. One is Zipf's rule (rank times size is constant); more is flatter: sizes are more even.

    Parameters
    ----------
    sizes : array_like, shape (n,)
        People by city, positive.
    top : int, optional
        Use only the largest so many.
    level : float
        Coverage of the interval.

    Returns
    -------
    Series
        ``exponent``, ``se``, ``low``, ``high`` (not below zero), ``n``, ``smallest`` (size of the smallest city used), and
        ``slope``: the same line the other way round, log size on log rank less one half (Burger and Meijers; nearer to
        zero is more polycentric), with ``slope_low`` and ``slope_high``.

    Raises
    ------
    DataError
        If a size is not positive, or fewer than three are left, or all are equal.

    References
    ----------
    Gabaix, X., & Ibragimov, R. (2011). Rank - 1/2: a simple way to improve the OLS estimation of tail exponents. *Journal
    of Business & Economic Statistics*, 29(1), 24-39.
    Burger, M., & Meijers, E. (2012). Form follows function? Linking morphological and functional polycentricity. *Urban
    Studies*, 49(5), 1127-1149.

    Examples
    --------
    >>> sizes = 1000 / (np.arange(1, 11) - 0.5)
    >>> rank_size(sizes)[["exponent", "se"]].round(3).tolist()
    [1.0, 0.447]
    """
    from scipy import stats

    checks.coverage(level)
    ordered = _positive(sizes)[: top if top is None else checks.whole(top, "top", 1)]
    if len(ordered) < 3:
        raise DataError(f"argument 'sizes': {len(ordered)} cities are left, at least three are needed for a line.")
    if ordered[0] == ordered[-1]:
        raise DataError("argument 'sizes': all sizes are equal; a rank-size line needs differences.")
    n = len(ordered)
    rank, size = np.log(np.arange(n) + 0.5), np.log(ordered)
    covariance = np.cov(rank, size)
    exponent = -covariance[0, 1] / covariance[1, 1]
    slope = covariance[0, 1] / covariance[0, 0]
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(2 / n)
    checks.sound([exponent, slope], "'sizes'")
    return pd.Series(
        {
            "exponent": exponent,
            "se": exponent * np.sqrt(2 / n),
            "low": max(exponent * (1 - reach), 0.0),
            "high": exponent * (1 + reach),
            "n": n,
            "smallest": float(ordered[-1]),
            "slope": slope,
            "slope_low": slope * (1 + reach),
            "slope_high": min(slope * (1 - reach), 0.0),
        }
    )


def primacy(sizes: ArrayLike) -> pd.Series:
    """Return how far the first city outweighs the others.

    Parameters
    ----------
    sizes : array_like, shape (n,)
        People (or output) by city, positive; at least two.

    Returns
    -------
    Series
        ``first_to_second`` and ``first_to_next_three`` (NaN with fewer than four cities), ``first_share`` of the sum, and
        ``centres``: the effective number of centres, one over the sum of squared shares; n cities of one size count n.

    Raises
    ------
    DataError
        If a size is not positive or there is only one.

    References
    ----------
    Jefferson, M. (1939). The law of the primate city. *Geographical Review*, 29(2), 226-232.

    Examples
    --------
    >>> primacy([100, 30, 20]).round(2).to_dict()
    {'first_to_second': 3.33, 'first_to_next_three': nan, 'first_share': 0.67, 'centres': 1.99}
    """
    ordered = _positive(sizes)
    if len(ordered) < 2:
        raise DataError("argument 'sizes': primacy compares at least two cities.")
    shares = ordered / ordered.sum()
    checks.sound([ordered[0] / ordered[1:4].sum(), ordered[0] / ordered[1], ordered.sum()], "'sizes'")
    return pd.Series(
        {
            "first_to_second": ordered[0] / ordered[1],
            "first_to_next_three": ordered[0] / ordered[1:4].sum() if len(ordered) > 3 else np.nan,
            "first_share": shares[0],
            "centres": 1 / (shares**2).sum(),
        }
    )


def gravity_flows(
    times: pd.DataFrame, mass: pd.Series, decay: str = "exponential", parameter: float = 0.02
) -> pd.DataFrame:
    """Return expected flows between places: the product of their masses, less the longer the trip.

    These are flows that a model expects, not flows that anybody counted.

    Parameters
    ----------
    times : DataFrame
        Minutes, square with equal rows and columns.
    mass : Series
        People by place.
    decay, parameter
        As in :func:`railbelt.network.market_access`.

    Returns
    -------
    DataFrame
        Flows, zero from a place to itself.

    References
    ----------
    Stewart, J. Q. (1948). Demographic gravitation: evidence and applications. *Sociometry*, 11, 31-58.

    Examples
    --------
    >>> times = pd.DataFrame([[0.0, 50.0], [50.0, 0.0]], ["a", "b"], ["a", "b"])
    >>> gravity_flows(times, pd.Series({"a": 2.0, "b": 3.0})).round(2).loc["a"].tolist()
    [0.0, 2.21]
    """
    from railbelt.network.access import decayed

    minutes = checks.square(times)
    people = checks.keyed(mass, "mass", times.index).to_numpy()
    flows = np.outer(people, people) * decayed(minutes, decay, parameter)
    np.fill_diagonal(flows, 0)
    return pd.DataFrame(flows, times.index, times.columns)


def functional_polycentricity(flows: pd.DataFrame) -> pd.Series:
    """Return Green's index of how evenly flows spread over centres and how dense their network is.

    The evenness is one minus the standard deviation of the centres' total flows, relative to that of a pair in which one
    centre has nothing and the other the largest total found. The density is the mean flow of all pairs over the largest
    flow of a pair. The index is their product: one if every pair exchanges the same, near zero if all goes through one.

    The form is the one that later studies describe; the worked examples of the paper were not at hand, so the tests use
    closed forms.

    Parameters
    ----------
    flows : DataFrame
        Square, not negative; the two directions of a pair are added up, flows of a place to itself ignored.

    Returns
    -------
    Series
        ``evenness``, ``density``, ``index``; each from 0 to 1.

    Raises
    ------
    DataError
        If the table is not square, a flow is negative or missing, or nothing flows.

    References
    ----------
    Green, N. (2007). Functional polycentricity: a formal definition in terms of social network analysis. *Urban Studies*,
    44(11), 2077-2103.

    Examples
    --------
    >>> everybody = pd.DataFrame(1.0, list("abc"), list("abc"))
    >>> functional_polycentricity(everybody).round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    values = checks.square(flows, "flows", infinite=False)
    if len(values) < 2:
        raise DataError("argument 'flows': needs at least two places.")
    np.fill_diagonal(values, 0)
    values = values + values.T
    if not values.max() > 0:
        raise DataError("argument 'flows': at least one pair must exchange something.")
    totals = values.sum(axis=0)
    evenness = 1 - totals.std() / (totals.max() / 2)
    density = values.sum() / (len(values) * (len(values) - 1)) / values.max()
    return pd.Series({"evenness": evenness, "density": density, "index": evenness * density})


def kept_inside(flows: pd.DataFrame, clusters: Mapping[str, Sequence[str]]) -> pd.Series:
    """Return, for each cluster, the part of the flows of its places that ends in the cluster too.

    Parameters
    ----------
    flows : DataFrame
        Between all places, not only those of clusters; flows of a place to itself are ignored.
    clusters : mapping of str to sequence of str
        Places of each cluster; those that the flows do not know are left out.

    Returns
    -------
    Series
        By cluster, from 0 (all leaves) to 1 (closed); NaN where nothing flows.

    Examples
    --------
    >>> flows = pd.DataFrame([[0.0, 3.0, 1.0], [3.0, 0.0, 1.0], [1.0, 1.0, 0.0]], list("abc"), list("abc"))
    >>> kept_inside(flows, {"x": ["a", "b"], "y": ["c"]}).to_dict()
    {'x': 0.75, 'y': 0.0}
    """
    values = checks.square(flows, "flows", infinite=False)
    np.fill_diagonal(values, 0)
    found = {}
    for cluster, places in checks.lists(clusters, "clusters").items():
        inside = flows.index.get_indexer(pd.Index(places))
        inside = inside[inside >= 0]
        total = values[inside].sum()
        found[cluster] = float(values[np.ix_(inside, inside)].sum() / total) if total > 0 else np.nan
    return pd.Series(found, name="kept", dtype=float)


def corridor(lon: ArrayLike, lat: ArrayLike) -> pd.Series:
    """Return how much like a string of pearls places lie: the shortest tree that joins them, and its longest path.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Degrees; at least two places.

    Returns
    -------
    Series
        ``length_km`` (longest path along the tree, from end to end), ``straight_km`` (between its two ends),
        ``longest_gap_km`` (longest link of the tree), ``linearity`` (part of the tree that lies on the longest path: one
        is a pure line, near zero a star).

    Examples
    --------
    >>> corridor([0, 1, 2, 3], [0, 0, 0, 0]).round(2).tolist()
    [333.96, 333.96, 111.32, 1.0]
    """
    from scipy.sparse.csgraph import minimum_spanning_tree, shortest_path

    from railbelt.geography import distance_km

    lon = checks.vector(lon, "lon")
    lat = checks.vector(lat, "lat", len(lon))
    if len(lon) < 2:
        raise DataError("argument 'lon': a corridor needs at least two places.")
    apart = distance_km(lon[:, None], lat[:, None], lon, lat)
    apart = np.maximum(apart, 1e-6)
    np.fill_diagonal(apart, 0)
    tree = minimum_spanning_tree(apart)
    along = shortest_path(tree, directed=False)
    ends = np.unravel_index(along.argmax(), along.shape)
    return pd.Series(
        {
            "length_km": along[ends],
            "straight_km": apart[ends],
            "longest_gap_km": tree.data.max(),
            "linearity": along[ends] / tree.data.sum(),
        }
    )


def _positive(sizes: ArrayLike) -> FloatArray:
    return np.sort(checks.vector(sizes, "sizes", positive=True))[::-1]
