"""Shortest times between all pairs of a sparse network, by elimination of its vertices.

Railway networks are long chains joined at junctions, so they fall apart when few vertices are taken out. Eliminating the
vertices one by one, those with the fewest neighbours first and wanted ones later, and linking the neighbours of each with the
time through it, leaves for every vertex a handful of *upper* neighbours. Going back up, the times from a vertex to all others follow
from the times of its upper neighbours. The work grows with the number of pairs times the width of the elimination
(about thirty for China), not with a search from every vertex; and the order of elimination does not depend on the times, so
that thousands of networks with the same links and other times share it.

References
----------
Planken, L. R., de Weerdt, M. M., & van der Krogt, R. P. J. (2012). Computing all-pairs shortest paths by leveraging low
treewidth. *Journal of Artificial Intelligence Research*, 43, 353-388.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from railbelt import checks
from railbelt.errors import DataError

if TYPE_CHECKING:
    from railbelt._types import FloatArray, IntArray

__all__ = ["Elimination", "closure", "eliminate"]

LATER = 4
"""Neighbours that a wanted vertex counts for beside its own: others that go before it need no row in the closure."""

ALIKE = 3
"""Vertices of one depth are worked out together while the most upper neighbours are fewer than this many times the least and one."""


@dataclass(frozen=True)
class Elimination:
    """What :func:`closure` needs to know of the links of a network; made by :func:`eliminate`.

    Attributes
    ----------
    vertices : ndarray of int
        The vertices whose times are wanted, and those above them, roots first: row ``i`` of the closure is ``vertices[i]``.
    links : ndarray of int
        For each link of the network the place of its time among the times of the elimination.
    size : int
        Number of links with those that elimination adds.
    triangles : tuple of (ndarray, ndarray, ndarray)
        In order: the time of the third link is at most the sum of the first two. Independent ones stand together.
    levels : tuple of (ndarray, ndarray)
        From the roots: for the next vertices, one a column, the rows of their upper neighbours and the places of the links
        to them.

    Examples
    --------
    >>> chain = eliminate(3, np.array([0, 1]), np.array([1, 2]))
    >>> chain.size, sorted(chain.vertices.tolist())
    (2, [0, 1, 2])
    """

    vertices: IntArray
    links: IntArray
    size: int
    triangles: tuple[tuple[IntArray, IntArray, IntArray], ...]
    levels: tuple[tuple[IntArray, IntArray], ...]


def eliminate(count: int, start: IntArray, end: IntArray, wanted: IntArray | None = None) -> Elimination:
    """Order the vertices of a network for elimination, the one with the fewest neighbours left always next, wanted ones later.

    Parameters
    ----------
    count : int
        Number of vertices.
    start, end : ndarray of int
        Ends of each link; links run both ways, and may be parallel.
    wanted : ndarray of int, optional
        The vertices whose times are asked for; by default all.

    Returns
    -------
    Elimination

    Raises
    ------
    DataError
        If an end of a link or a wanted vertex is none of ``count``, or there are above ten million.

    Examples
    --------
    >>> eliminate(3, np.array([0, 1]), np.array([1, 2])).size
    2
    """
    checks.whole(count, "count", 0, 10**7)
    for name, vertices in (("start", start), ("end", end), ("wanted", wanted)):
        given = np.asarray([] if vertices is None else vertices)
        whole = given.dtype.kind in "iu" or not given.size
        if not whole or given.ndim != 1 or (given.size and not 0 <= given.min() <= given.max() < count):
            raise DataError(f"argument '{name}': expected the numbers of vertices, from 0 to {count - 1}.")
    if len(start) != len(end):
        raise DataError(f"arguments 'start' and 'end': {len(start)} and {len(end)} ends of links.")
    start, end = np.asarray(start), np.asarray(end)
    near: list[set[int]] = [set() for _ in range(count)]
    for a, b in zip(start.tolist(), end.tolist(), strict=True):
        if a != b:
            near[a].add(b)
            near[b].add(a)
    asked: list[int] = list(range(count)) if wanted is None else np.asarray(wanted).tolist()
    delay = [0] * count
    for vertex in asked:
        delay[vertex] = LATER
    queue = [(len(neighbours) + delay[vertex], vertex) for vertex, neighbours in enumerate(near)]
    heapq.heapify(queue)
    order: list[int] = []
    upper: dict[int, list[int]] = {}
    while queue:
        turn, vertex = heapq.heappop(queue)
        if vertex in upper or turn != len(near[vertex]) + delay[vertex]:
            continue
        neighbours = upper[vertex] = sorted(near[vertex])
        order.append(vertex)
        for other in neighbours:
            around = near[other]
            before = len(around)
            around.update(neighbours)
            around -= {vertex, other}
            if len(around) != before:
                heapq.heappush(queue, (len(around) + delay[other], other))

    rank = {vertex: place for place, vertex in enumerate(order)}
    upper = {vertex: sorted(others, key=rank.__getitem__) for vertex, others in upper.items()}
    place = {link: i for i, link in enumerate((vertex, other) for vertex in order for other in upper[vertex])}
    links = [place.get((a, b), place.get((b, a), -1)) for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    # The links up from a vertex have successive places.
    steps: dict[int, list[int]] = {}
    height = dict.fromkeys(order, 0)
    taken = 0
    for vertex in order:
        steps[vertex] = list(range(taken, taken := taken + len(upper[vertex])))
        for other in upper[vertex]:
            height[other] = max(height[other], height[vertex] + 1)
    sides: list[list[int]] = [[] for _ in range(max(height.values(), default=0) + 1)]
    across: list[list[int]] = [[] for _ in sides]
    for vertex in order:
        sides[height[vertex]] += itertools.chain.from_iterable(itertools.combinations(steps[vertex], 2))
        across[height[vertex]] += map(place.__getitem__, itertools.combinations(upper[vertex], 2))
    triangles = []
    for two, third in zip(sides, across, strict=True):
        if third:
            first, second = np.array(two, dtype=np.intp).reshape(-1, 2).T.copy()
            triangles.append((first, second, np.array(third, dtype=np.intp)))

    needed = set(asked)
    for vertex in order:
        if vertex in needed:
            needed.update(upper[vertex])
    depth: dict[int, int] = {}
    for vertex in reversed(order):
        depth[vertex] = depth[upper[vertex][0]] + 1 if upper[vertex] else 0
    kept = sorted((v for v in order if v in needed), key=lambda v: (depth[v], len(upper[v]), rank[v]))
    row = {vertex: i for i, vertex in enumerate(kept)}
    together: list[list[int]] = []
    for vertex in kept:
        head = together[-1][0] if together else None
        if head is None or depth[vertex] > depth[head] or len(upper[vertex]) >= ALIKE * (len(upper[head]) + 1):
            together.append([])
        together[-1].append(vertex)
    levels = [
        (_columns([[row[u] for u in upper[v]] for v in level]), _columns([steps[v] for v in level]))
        for level in together
    ]
    return Elimination(
        np.array(kept, dtype=np.intp),
        np.array(links, dtype=np.intp),
        len(place),
        tuple(triangles),
        tuple(levels),
    )


def _columns(found: list[list[int]]) -> IntArray:
    """Return lists as columns, the shorter ones filled up with their first member."""
    width = max(map(len, found))
    padded = [one + one[:1] * (width - len(one)) for one in found]
    return np.array(padded, dtype=np.intp).reshape(len(found), width).T.copy()


def closure(elimination: Elimination, times: FloatArray) -> FloatArray:
    """Return the shortest times between all pairs of wanted vertices.

    Parameters
    ----------
    elimination : Elimination
        Of the network's links.
    times : ndarray
        Time of each link, in the order given to :func:`eliminate`; infinite for a link that is closed. The result has the
        type of this array: with ``float32`` half the memory, to about seven digits.

    Returns
    -------
    ndarray
        Symmetric; rows and columns are ``elimination.vertices``. Infinite where no path leads.

    Raises
    ------
    DataError
        If the times are not one for each link, or there is no memory for all pairs.

    Examples
    --------
    >>> chain = eliminate(3, np.array([0, 1]), np.array([1, 2]))
    >>> closure(chain, np.array([5.0, 7.0]))[np.ix_(chain.vertices.argsort(), chain.vertices.argsort())].tolist()
    [[0.0, 5.0, 12.0], [5.0, 0.0, 7.0], [12.0, 7.0, 0.0]]
    """
    times = np.asarray(times)
    if times.shape != elimination.links.shape or times.dtype.kind != "f" or not np.min(times, initial=0.0) >= 0:
        raise DataError(f"argument 'times': expected {len(elimination.links)} times from zero, one for each link.")
    weight = np.full(elimination.size + 1, np.inf, dtype=times.dtype)
    np.minimum.at(weight, elimination.links, times)
    for first, second, third in elimination.triangles:
        np.minimum.at(weight, third, weight[first] + weight[second])
    count = len(elimination.vertices)
    try:
        found = np.full((count, count), np.inf, dtype=times.dtype)
    except MemoryError as error:
        raise DataError(
            f"argument 'elimination': no memory for the times between {count} vertices ({error}). Name those wanted."
        ) from None
    np.fill_diagonal(found, 0)
    done = 0
    for rows, places in elimination.levels:
        fresh = slice(done, done + rows.shape[1])
        if len(rows):
            step = weight[places][:, :, None]
            above = _least(found[rows, :done], step)
            found[fresh, :done] = above
            found[:done, fresh] = above.T
            if rows.shape[1] > 1:
                between = _least(above.T[rows], step)
                np.fill_diagonal(between, 0)
                # Both halves are right to the last digits; the lesser of the two makes them equal.
                found[fresh, fresh] = np.minimum(between, between.T)
        done = fresh.stop
    return found


def _least(times: FloatArray, step: FloatArray) -> FloatArray:
    """Return the least over the upper neighbours of their times and the step to each; ``times`` is written over."""
    times += step
    least: FloatArray = times.min(axis=0)
    return least
