"""Regions that travel time and mass imply, and how far they agree with an official list.

Places are joined step by step, the two nearest groups first. How near two groups are depends on the *linkage*: the mean
trip between a resident of one and a resident of the other (``"mean"``), the longest trip between their places
(``"longest"``, so that nobody in a region is farther from anybody than the limit), or the shortest (``"shortest"``: the
connected components of the graph of all trips within the limit). Joining stops at a limit in minutes.

SciPy's hierarchical clustering knows no weights and no unreachable pairs; the tests hold this module against it where it applies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt._types import rows
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from railbelt._types import FloatArray

__all__ = [
    "LINKAGES",
    "agreement",
    "compact_chance",
    "cut",
    "delineate",
    "matched",
    "merge_tree",
    "regions",
    "sensitivity",
    "steadiness",
    "together",
]

LINKAGES = ("mean", "longest", "shortest")


def merge_tree(times: pd.DataFrame, mass: pd.Series, linkage: str = "mean") -> pd.DataFrame:
    """Join places step by step, the nearest two groups first, until only unreachable ones are left.

    Parameters
    ----------
    times : DataFrame
        Minutes between places, square with equal rows and columns; ``inf`` where there is no way. The two directions
        of a pair are averaged.
    mass : Series
        People by place, positive; weighs the mean trip, and names a group after its heaviest place.
    linkage : {"mean", "longest", "shortest"}
        What the time between two groups is: the mean over all pairs of residents, the longest or the shortest trip
        between their places.

    Returns
    -------
    DataFrame
        One row a join, nearest first: ``kept`` and ``joined`` (names of the two groups; the joint group takes the first)
        and ``minutes``. For :func:`cut`.

    Raises
    ------
    DataError
        If the matrix is not square, a time is negative or missing, a mass is missing or not positive, or the linkage is
        unknown.

    References
    ----------
    Sokal, R. R., & Michener, C. D. (1958). A statistical method for evaluating systematic relationships. *University of
    Kansas Science Bulletin*, 38, 1409-1438.

    Examples
    --------
    >>> places = ["a", "b", "c"]
    >>> times = pd.DataFrame([[0, 30, 90], [30, 0, 60], [90, 60, 0]], places, places, dtype=float)
    >>> merge_tree(times, pd.Series({"a": 2.0, "b": 1.0, "c": 1.0}))
      kept joined  minutes
    0    a      b     30.0
    1    a      c     80.0
    """
    if linkage not in LINKAGES:
        raise DataError(f"argument 'linkage': no linkage '{linkage}'. {suggest(linkage, LINKAGES)}")
    near = checks.square(times)
    weights = checks.keyed(mass, "mass", times.index, positive=True).to_numpy(copy=True)
    near = (near + near.T) / 2
    np.fill_diagonal(near, np.inf)
    names = times.index.tolist()
    heaviest = weights.copy()
    joins = []
    for _ in range(len(near) - 1):
        i, j = divmod(int(near.argmin()), len(near))
        minutes = near[i, j]
        if not np.isfinite(minutes):
            break
        if heaviest[j] > heaviest[i]:
            i, j = j, i
        joins.append((names[i], names[j], minutes))
        if linkage == "mean":
            near[i] = (weights[i] * near[i] + weights[j] * near[j]) / (weights[i] + weights[j])
        else:
            near[i] = (np.maximum if linkage == "longest" else np.minimum)(near[i], near[j])
        weights[i] += weights[j]
        near[i, i] = np.inf
        near[:, i] = near[i]
        near[j], near[:, j] = np.inf, np.inf
    return pd.DataFrame(joins, columns=["kept", "joined", "minutes"])


def cut(tree: pd.DataFrame, minutes: float, places: Sequence[str]) -> pd.Series:
    """Return the region of each place when joining stops at a limit.

    Parameters
    ----------
    tree : DataFrame
        From :func:`merge_tree`.
    minutes : float
        Groups farther apart stay apart.
    places : sequence of str
        All places, those that were never joined among them.

    Returns
    -------
    Series
        By place, the name of its region: that of its heaviest place.

    Examples
    --------
    >>> tree = pd.DataFrame({"kept": ["a", "a"], "joined": ["b", "c"], "minutes": [30.0, 80.0]})
    >>> cut(tree, 60, ["a", "b", "c"]).to_dict()
    {'a': 'a', 'b': 'a', 'c': 'c'}
    """
    return _cut(_joins(tree), checks.number(minutes, "minutes", 0), checks.texts(places, "places"))


def _cut(joins: pd.DataFrame, minutes: float, places: Sequence[str]) -> pd.Series:
    """Return what :func:`cut` returns, for joins known to be sound."""
    region = {place: place for place in places}
    within = joins[["kept", "joined"]].to_numpy()[joins.minutes.to_numpy() <= minutes]
    for kept, joined in within[::-1]:
        if kept not in region or joined not in region:
            raise DataError(f"argument 'places': '{kept}' and '{joined}' of the tree must be among them.")
        region[joined] = region[kept]
    return pd.Series(region, name="region", dtype=object).rename_axis("place")


def delineate(times: pd.DataFrame, mass: pd.Series, minutes: float, linkage: str = "mean") -> pd.Series:
    """Return the region of each place: :func:`merge_tree` and :func:`cut` in one step.

    Parameters
    ----------
    times, mass, linkage
        As in :func:`merge_tree`.
    minutes : float
        Limit at which joining stops.

    Returns
    -------
    Series
        By place, the name of its region.

    Examples
    --------
    >>> places = ["a", "b", "c"]
    >>> times = pd.DataFrame([[0, 30, 90], [30, 0, 60], [90, 60, 0]], places, places, dtype=float)
    >>> mass = pd.Series({"a": 2.0, "b": 1.0, "c": 1.0})
    >>> delineate(times, mass, 60, "shortest").nunique(), delineate(times, mass, 60, "longest").nunique()
    (1, 2)
    """
    return _cut(merge_tree(times, mass, linkage), checks.number(minutes, "minutes", 0), list(times.index))


def regions(labels: pd.Series, mass: pd.Series, times: pd.DataFrame | None = None) -> pd.DataFrame:
    """Describe each region: how many places, their mass, and the trips within it.

    Parameters
    ----------
    labels : Series
        Region by place.
    mass : Series
        People by place.
    times : DataFrame, optional
        Minutes; adds ``longest`` (between two places of the region) and ``mean`` (between two residents).

    Returns
    -------
    DataFrame
        Indexed by region, heaviest first: ``places``, ``mass``, and the two times.

    Examples
    --------
    >>> found = regions(pd.Series({"a": "a", "b": "a", "c": "c"}), pd.Series({"a": 2.0, "b": 1.0, "c": 1.0}))
    >>> found.index.tolist(), found.places.tolist(), found.mass.tolist()
    (['a', 'c'], [2, 1], [3.0, 1.0])
    """
    _labels(labels)
    mass = checks.keyed(mass, "mass", labels.index, positive=True)
    if times is not None:
        checks.square(times)
        if not labels.index.isin(times.index).all():
            raise DataError("argument 'times': a place of the labels is missing.")
    rows = {}
    for region, inside in labels.groupby(labels).groups.items():
        row = {"places": len(inside), "mass": float(mass[inside].sum())}
        if times is not None:
            block = times.loc[inside, inside].to_numpy(dtype=float, copy=True)
            weight = np.outer(mass[inside], mass[inside])
            np.fill_diagonal(block, 0)
            np.fill_diagonal(weight, 0)
            row["longest"] = float(block.max())
            row["mean"] = float((block * weight).sum() / weight.sum()) if len(inside) > 1 else 0.0
        rows[region] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region").sort_values("mass", ascending=False)


def matched(labels: pd.Series, official: Mapping[str, Sequence[str]], mass: pd.Series | None = None) -> pd.DataFrame:
    """Compare each official cluster with the region that overlaps it best.

    Clusters may share places, so each is compared by itself. The Jaccard index is the mass that both have over the mass
    that either has: 1 if they are the same, 0 if they have nothing in common.

    Parameters
    ----------
    labels : Series
        Region by place.
    official : mapping of str to sequence of str
        Places of each cluster; those that ``labels`` does not know are left out.
    mass : Series, optional
        People by place; every place counts the same by default.

    Returns
    -------
    DataFrame
        Indexed by cluster: ``region`` (the best match), ``jaccard``, ``held`` (share of the cluster that lies in the
        region), ``own`` (share of the region that lies in the cluster), ``pieces`` (number of regions the cluster falls
        into).

    Raises
    ------
    DataError
        If no place of a cluster is known.

    References
    ----------
    Jaccard, P. (1901). Distribution de la flore alpine dans le bassin des Dranses. *Bulletin de la Société vaudoise des
    sciences naturelles*, 37, 241-272.

    Examples
    --------
    >>> found = pd.Series({"a": "a", "b": "a", "c": "c"})
    >>> matched(found, {"north": ["a", "b", "c"]}).loc["north", ["jaccard", "held", "own", "pieces"]].round(2).tolist()
    [0.67, 0.67, 1.0, 2.0]
    """
    _labels(labels)
    weight = (
        np.ones(len(labels)) if mass is None else checks.keyed(mass, "mass", labels.index, positive=True).to_numpy()
    )
    code, names = pd.factorize(labels)
    total = np.bincount(code, weight)
    rows = {}
    for cluster, members in checks.lists(official, "official").items():
        inside = labels.index.get_indexer(pd.Index(members))
        inside = inside[inside >= 0]
        if not len(inside):
            raise DataError(f"argument 'official': no place of cluster '{cluster}' is among the labels.")
        both = np.bincount(code[inside], weight[inside], minlength=len(total))
        whole = both.sum()
        best = int((both / (whole + total - both)).argmax())
        rows[cluster] = {
            "region": names[best],
            "jaccard": float(both[best] / (whole + total[best] - both[best])),
            "held": float(both[best] / whole),
            "own": float(both[best] / total[best]),
            "pieces": int((np.bincount(code[inside], minlength=len(total)) > 0).sum()),
        }
    columns = ["region", "jaccard", "held", "own", "pieces"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("cluster")


def agreement(labels: pd.Series, official: Mapping[str, Sequence[str]]) -> float:
    """Return the adjusted Rand index between regions and official clusters.

    It is the share of pairs of places on which the two agree, less what chance would give: 1 for the same partition,
    0 for none but chance. Places in two official clusters have no single answer and are left out, as are places in none.

    Parameters
    ----------
    labels, official
        As in :func:`matched`.

    Returns
    -------
    float

    References
    ----------
    Hubert, L., & Arabie, P. (1985). Comparing partitions. *Journal of Classification*, 2, 193-218.

    Examples
    --------
    >>> agreement(pd.Series({"a": 1, "b": 1, "c": 2, "d": 2}), {"x": ["a", "b"], "y": ["c", "d"]})
    1.0
    """
    _labels(labels)
    return _agreement(labels, _single(checks.lists(official, "official")))


def _agreement(labels: pd.Series, single: pd.Series) -> float:
    """Return what :func:`agreement` returns, for the cluster of each place that lies in exactly one."""
    from sklearn.metrics import adjusted_rand_score

    at = labels.index.get_indexer(single.index)
    if (at >= 0).sum() < 2:
        raise DataError("argument 'official': fewer than two places lie in exactly one cluster and among the labels.")
    code = pd.factorize(labels)[0]
    return float(adjusted_rand_score(pd.factorize(single)[0][at >= 0], code[at[at >= 0]]))


def together(tree: pd.DataFrame, first: str, second: str) -> float:
    """Return the limit at which two places come to lie in one region.

    Parameters
    ----------
    tree : DataFrame
        From :func:`merge_tree`.
    first, second : str
        Places.

    Returns
    -------
    float
        Minutes; ``inf`` if they never do.

    Examples
    --------
    >>> tree = pd.DataFrame({"kept": ["a", "a"], "joined": ["b", "c"], "minutes": [30.0, 80.0]})
    >>> together(tree, "b", "c"), together(tree, "a", "d")
    (80.0, inf)
    """
    at = {first: first, second: second}
    for row in rows(_joins(tree)):
        at = {place: row.kept if region == row.joined else region for place, region in at.items()}
        if len(set(at.values())) == 1:
            return float(row.minutes) if first != second else 0.0
    return float("inf")


def compact_chance(
    apart: pd.DataFrame,
    mass: pd.Series,
    official: Mapping[str, Sequence[str]],
    count: int,
    draws: int = 200,
    seed: int = 0,
) -> FloatArray:
    """Return the agreement that compact regions without any meaning have with official clusters.

    Seeds are drawn at random, heavier places more often, and every place goes to the nearest seed. Two compact maps of
    one country resemble each other whatever they are made of; this is the likeness that a delineation has to beat.

    Parameters
    ----------
    apart : DataFrame
        Distances between places, square with equal rows and columns.
    mass : Series
        People by place; the chance of a place to be a seed is in proportion.
    official : mapping of str to sequence of str
        As in :func:`matched`.
    count : int
        Number of regions.
    draws, seed : int
        Number of random maps, and seed of the random numbers.

    Returns
    -------
    ndarray of float, shape (draws,)
        Adjusted Rand indices.

    Raises
    ------
    DataError
        If there are not as many places as regions.

    Examples
    --------
    >>> places = list("abcd")
    >>> apart = pd.DataFrame(np.abs(np.subtract.outer([0, 1, 9, 10], [0, 1, 9, 10])), places, places)
    >>> found = compact_chance(apart, pd.Series(1.0, places), {"x": ["a", "b"], "y": ["c", "d"]}, 2, draws=50)
    >>> bool(found.max() == 1.0)
    True
    """
    near = checks.square(apart, "apart")
    weights = checks.keyed(mass, "mass", apart.index, positive=True).to_numpy()
    checks.whole(count, "count", 1, len(weights))
    checks.whole(draws, "draws", 1)
    rng = np.random.default_rng(checks.whole(seed, "seed", 0, 2**64))
    single = _single(checks.lists(official, "official"))
    found = []
    for _ in range(draws):
        seeds = rng.choice(len(weights), size=count, replace=False, p=weights / weights.sum())
        found.append(_agreement(pd.Series(seeds[near[:, seeds].argmin(axis=1)], apart.index), single))
    return np.array(found)


def steadiness(
    times: pd.DataFrame,
    mass: pd.Series,
    minutes: float,
    anchors: Sequence[str],
    spread: float,
    linkage: str = "mean",
    draws: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how often each place lies in the region of an anchor when travel times are drawn anew within their error.

    The time of every pair is multiplied by its own lognormal factor. Errors of pairs that share a line are not
    independent in truth; a common shift of all times is the same as another limit, see :func:`sensitivity`.

    Parameters
    ----------
    times, mass, minutes, linkage
        As in :func:`delineate`.
    anchors : sequence of str
        Places whose regions are asked for.
    spread : float
        Standard deviation of the logarithm of the factors.
    draws, seed : int
        Number of draws, and seed of the random numbers.

    Returns
    -------
    DataFrame
        Places by anchors: part of the draws, from 0 to 1, in which the place lies with the anchor.

    Raises
    ------
    DataError
        If an anchor is no place, or the spread is negative.

    Examples
    --------
    >>> places = ["a", "b", "c"]
    >>> times = pd.DataFrame([[0, 30, 90], [30, 0, 60], [90, 60, 0]], places, places, dtype=float)
    >>> steadiness(times, pd.Series(1.0, places), 60, ["a"], spread=0.0, draws=3).a.tolist()
    [1.0, 1.0, 0.0]
    """
    anchors = list(dict.fromkeys(checks.texts(anchors, "anchors")))
    for anchor in anchors:
        if anchor not in times.index:
            raise DataError(f"argument 'anchors': no place '{anchor}'. {suggest(anchor, times.index)}")
    checks.square(times)
    spread = checks.number(spread, "spread", 0, 5)
    checks.whole(draws, "draws", 1)
    rng = np.random.default_rng(checks.whole(seed, "seed", 0, 2**64))
    upper = np.triu_indices(len(times), 1)
    found = pd.DataFrame(0.0, times.index, list(anchors))
    for _ in range(draws):
        factor = np.ones(times.shape)
        factor[upper] = np.exp(rng.normal(0, spread, len(upper[0])))
        factor.T[upper] = factor[upper]
        labels = delineate(times * factor, mass, minutes, linkage)
        for anchor in anchors:
            found[anchor] += labels == labels[anchor]
    return found / draws


def sensitivity(
    times: pd.DataFrame,
    mass: pd.Series,
    official: Mapping[str, Sequence[str]],
    minutes: Sequence[float],
    linkages: Sequence[str] = LINKAGES,
) -> pd.DataFrame:
    """Repeat a delineation over limits and linkages.

    Parameters
    ----------
    times, mass, official
        As in :func:`merge_tree` and :func:`matched`.
    minutes : sequence of float
        Limits.
    linkages : sequence of str
        Linkages.

    Returns
    -------
    DataFrame
        One row a linkage and limit: ``linkage``, ``minutes``, ``regions`` (of two places and more), ``largest`` (share of
        all mass in the heaviest region), ``rand`` (adjusted Rand index), and one column a cluster with its Jaccard index
        by mass.

    Examples
    --------
    >>> places = ["a", "b", "c"]
    >>> times = pd.DataFrame([[0, 30, 90], [30, 0, 60], [90, 60, 0]], places, places, dtype=float)
    >>> found = sensitivity(times, pd.Series({"a": 2.0, "b": 1.0, "c": 1.0}), {"north": ["a", "b"]}, [20, 45])
    >>> found[found.linkage == "mean"].north.round(2).tolist()
    [0.67, 1.0]
    """
    rows = []
    single = _single(checks.lists(official, "official"))
    for linkage in linkages:
        tree = merge_tree(times, mass, linkage)
        for limit in minutes:
            labels = _cut(tree, checks.number(limit, "minutes", 0), list(times.index))
            sizes = mass[labels.index].groupby(labels).agg(["size", "sum"])
            rows.append(
                {
                    "linkage": linkage,
                    "minutes": limit,
                    "regions": int((sizes["size"] > 1).sum()),
                    "largest": float(sizes["sum"].max() / sizes["sum"].sum()),
                    "rand": _agreement(labels, single),
                    **matched(labels, official, mass).jaccard,
                }
            )
    return pd.DataFrame(rows)


def _single(official: Mapping[str, Sequence[str]]) -> pd.Series:
    """Return the cluster of each place that lies in exactly one."""
    listed = pd.Series([c for c, places in official.items() for _ in places], [p for v in official.values() for p in v])
    return listed[~listed.index.duplicated(keep=False)]


def _labels(labels: pd.Series) -> None:
    """Refuse labels without places, with a place twice, or with one in no region."""
    if labels.empty or labels.index.has_duplicates or labels.isna().any():
        raise DataError("argument 'labels': expected the region of each of some places, every place once.")


def _joins(tree: pd.DataFrame) -> pd.DataFrame:
    """Return the joins of a tree, after checking that they are rising and that no group is joined twice."""
    checks.columns(tree, ["kept", "joined"], "tree", filled=True)
    minutes = checks.figures(tree, "minutes", "tree").to_numpy()
    if len(tree) and (minutes[0] < 0 or (np.diff(minutes) < -1e-9 * minutes.max()).any()):
        raise DataError("argument 'tree', column 'minutes': must rise from zero. Pass what merge_tree returned.")
    gone: set[object] = set()
    for row in rows(tree):
        if row.kept == row.joined or row.kept in gone or row.joined in gone:
            raise DataError(f"argument 'tree': '{row.kept}' takes '{row.joined}' after one of them was joined already.")
        gone.add(row.joined)
    return tree
