"""Market access without keeping the matrix: of one large network by blocks of origins, of one network under many edits.

Both run through joblib: with ``joblib.parallel_config("dask")`` they use a Dask cluster, and nothing else changes. Results do
not depend on the number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from railbelt import checks
from railbelt.errors import DataError
from railbelt.network.access import decayed
from railbelt.network.closure import Elimination, closure, eliminate
from railbelt.network.lines import KEY, node
from railbelt.network.travel import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from railbelt._types import BoolArray, FloatArray, IntArray
    from railbelt.network.travel import Network

__all__ = ["access_by_blocks", "access_under"]


def access_by_blocks(
    network: Network,
    mass: pd.Series,
    decay: str = "exponential",
    parameter: float = 0.02,
    within_minutes: float = np.inf,
    block: int = 128,
    n_jobs: int = 1,
) -> pd.Series:
    """Return the market access of every node with mass, a block of origins at a time.

    The same as ``market_access(travel_times(network), mass)``, for networks whose matrix of times does not fit into memory:
    a worker holds the times from one block of origins to all nodes, no more.

    Parameters
    ----------
    network : Network
    mass : Series
        By node code; these nodes are the origins and the destinations.
    decay, parameter
        As in :func:`~railbelt.network.access.market_access`.
    within_minutes : float
        Destinations further away in trains are left out. With an exponential decay what is lost is at most
        ``exp(-parameter * within_minutes)`` times the whole mass.
    block : int
        Origins searched at a time.
    n_jobs : int
        Workers.

    Returns
    -------
    Series
        In units of mass, by node code.

    Raises
    ------
    DataError
        If a node is unknown or a mass is missing or negative.

    Examples
    --------
    >>> from railbelt.network import market_access, on, travel_times
    >>> net, mass = on("2025-07-01"), pd.Series({"2101": 9.0, "2301": 10.0})
    >>> whole = market_access(travel_times(net, mass.index, mass.index), mass)
    >>> bool(np.allclose(access_by_blocks(net, mass), whole, rtol=1e-5))
    True
    """
    codes, weight = _masses(network, mass)
    checks.whole(block, "block", 1)
    checks.number(within_minutes, "within_minutes", 0)
    checks.workers(n_jobs, "n_jobs")
    graph, at = network.graph, network.nodes.index.get_indexer(codes)
    served = np.flatnonzero(graph.served[at])
    place = graph.place[:, at[served]]
    matrix, entry = graph.matrix, graph.entry

    def some(origins: IntArray) -> FloatArray:
        minutes = np.full((len(origins), len(served)), np.inf)
        for start in place:
            times = dijkstra(matrix, directed=False, indices=start[origins], limit=within_minutes)
            times += entry[start[origins], None]
            for end in place:
                np.minimum(minutes, times[:, end] + entry[end], out=minutes)
        minutes[np.arange(len(origins)), origins] = 0
        found: FloatArray = decayed(minutes, decay, parameter) @ weight[served]
        return found

    blocks = np.array_split(np.arange(len(served)), max(1, -(-len(served) // block)))
    parts = joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(some)(part) for part in blocks)
    found = weight * decayed(np.zeros(len(codes)), decay, parameter)
    found[served] = np.concatenate(parts)
    return pd.Series(found, index=codes, name="market_access")


@dataclass(frozen=True)
class _Draws:
    """What every draw shares: the elimination, the times of all edges, which edges belong to a column."""

    elimination: Elimination
    minutes: FloatArray
    edges: tuple[IntArray, ...]
    rows: IntArray
    entry: FloatArray
    decay: str
    parameters: tuple[float, ...]
    weight: FloatArray

    def access(self, open_: BoolArray) -> FloatArray:
        times = self.minutes.copy()
        for edges in (self.edges[i] for i in np.flatnonzero(~open_)):
            times[edges] = np.inf
        # As origins, then (times are symmetric) as destinations.
        from_place = nearest(closure(self.elimination, times), self.rows, self.entry)
        between = nearest(np.ascontiguousarray(from_place.T), self.rows, self.entry)
        np.fill_diagonal(between, 0)
        return np.concatenate([decayed(between, self.decay, one) @ self.weight for one in self.parameters])


def access_under(
    network: Network,
    sections: pd.DataFrame,
    open_: BoolArray,
    mass: pd.Series,
    decay: str = "exponential",
    parameter: float | Sequence[float] = 0.02,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Return market access under many sets of open sections: the same links, some of them closed in each draw.

    The order in which the network is taken apart does not depend on times, so all draws share it.

    Parameters
    ----------
    network : Network
        With every section that is open in any draw, for instance ``on(day, rails)`` for railways in which planned lines
        open early (see :func:`~railbelt.network.edits.open_line`).
    sections : DataFrame
        ``line_id`` and ``section`` of the sections that some draw closes, one row a column of ``open_``. Sections that are not
        named stay open.
    open_ : ndarray of bool, shape (draws, sections)
        Whether a section is open.
    mass : Series
        By node code; these nodes are the origins and the destinations.
    decay, parameter
        As in :func:`~railbelt.network.access.market_access`. Several parameters share the search for the shortest times.
    n_jobs : int
        Workers.

    Returns
    -------
    DataFrame of float32, draws by node codes
        Market access in units of mass, to about six digits. With several parameters the columns are pairs of parameter and
        node code.

    Raises
    ------
    DataError
        If the shape of ``open_`` does not fit ``sections``, a section has no link in the network, a node is unknown or not
        served by any line, or a mass is missing.

    Examples
    --------
    >>> from railbelt.network import on
    >>> net, mass = on("2025-07-01"), pd.Series({"2101": 9.0, "2301": 10.0})
    >>> spine = pd.DataFrame({"line_id": ["hada"], "section": ["Harbin-Dalian"]})
    >>> access_under(net, spine, np.array([[True], [False]]), mass).round(1).loc[:, "2101"].is_monotonic_decreasing
    True
    """
    codes, weight = _masses(network, mass)
    checks.columns(sections, KEY, "sections")
    checks.workers(n_jobs, "n_jobs")
    open_ = np.atleast_2d(np.asarray(open_))
    if open_.dtype != bool or open_.ndim != 2 or not len(open_) or open_.shape[1] != len(sections):
        raise DataError(
            f"argument 'open_': shape {open_.shape} of {open_.dtype}, expected booleans with {len(sections)} columns, one a section."
        )
    graph, at = network.graph, network.nodes.index.get_indexer(codes)
    of_section = network.links.groupby(KEY).indices
    edges = []
    for key in sections[KEY].itertuples(index=False, name=None):
        if key not in of_section:
            raise DataError(
                f"argument 'sections': {key} has no link in the network of {network.day}. Open it there first."
            )
        edges.append(np.flatnonzero(np.isin(graph.link, of_section[key])))
    if not graph.served[at].all():
        lost = codes[~graph.served[at]][0]
        raise DataError(
            f"argument 'mass': no line serves node '{lost}' in this network. Drop it; it can reach nothing."
        )
    parameters = tuple(checks.vector(np.atleast_1d(parameter), "parameter", positive=True).tolist())
    place = graph.place[:, at]
    elimination = eliminate(graph.count, graph.start, graph.end, np.unique(place))
    row = np.full(graph.count, -1, dtype=np.intp)
    row[elimination.vertices] = np.arange(len(elimination.vertices))
    draws = _Draws(
        elimination,
        graph.minutes.astype(np.float32),
        tuple(edges),
        row[place],
        graph.entry[elimination.vertices].astype(np.float32),
        decay,
        parameters,
        weight.astype(np.float32),
    )
    blocks = np.array_split(open_, max(1, -(-len(open_) // 64)))
    parts = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(lambda block: np.array([draws.access(one) for one in block]))(block) for block in blocks
    )
    columns = codes if np.ndim(parameter) == 0 else pd.MultiIndex.from_product([parameters, codes])
    return pd.DataFrame(np.concatenate(parts), columns=columns)


def _masses(network: Network, mass: pd.Series) -> tuple[pd.Index, FloatArray]:
    """Return codes that exist and their masses, none of them missing or negative."""
    for code in mass.index:
        node(network.nodes, code, "mass")
    if mass.index.has_duplicates:
        raise DataError(f"argument 'mass': node '{mass.index[mass.index.duplicated()][0]}' stands twice.")
    weight = pd.to_numeric(mass, errors="coerce").to_numpy(dtype=float)
    bad = ~((weight >= 0) & (weight <= checks.LARGEST))
    if bad.any():
        raise DataError(
            f"argument 'mass': node '{mass.index[bad][0]}' has {weight[bad][0]}, expected a finite number from zero."
        )
    return mass.index, weight
