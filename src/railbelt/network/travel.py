"""Travel times: a network on a day, the minutes between its nodes, the route behind a time.

Times are minutes in trains, from the departure at one node to the arrival at another. A trip is a chain of legs. A leg takes
its length at the *cruising speed* that belongs to the operating speed of the day, a *junction allowance* where its line ends,
since trains leave and enter lines slowly, both by the *pace* of the line, and a *stop allowance* for the node passed. Going on by
another line of the same mode costs a *line change allowance*, whether the train crosses over or the passengers do; a change of
trains costs a *change allowance*, a trip as a whole a *trip allowance*, and its two ends the *terminal allowances* of the places;
the stop allowance is not due where a trip begins or ends. Between metropolises run *express trains* that stop less often; elsewhere nobody can board them. The parameters come from
timetables, see :mod:`railbelt.network.calibration`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from railbelt import checks
from railbelt.catalog import load
from railbelt.errors import DataError, suggest
from railbelt.network.closure import Elimination, closure, eliminate
from railbelt.network.lines import KEY, Railways, node, railways

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike

    from railbelt._types import BoolArray, FloatArray, IntArray

__all__ = ["Network", "Parameters", "Service", "on", "only", "parameters", "path", "route", "travel_times"]

LARGE = 6000
"""Above this number of vertices a search from each origin needs less time and memory than the closure."""


@dataclass(frozen=True)
class Service:
    """How the trains of one mode run.

    Attributes
    ----------
    operating_kmh, cruising_kmh : tuple of float
        Pairs: at this operating speed of the line, trains keep this speed between stops. Linear in between, and in
        proportion outside.
    stop_minutes : float
        Allowance for a node passed: the mean over trains that stop and trains that do not.
    express_stop_minutes : float, optional
        The same allowance for express trains, at most ``stop_minutes``; by default the mode has none.
    junction_minutes : float
        Allowance at each end of a line.
    line_change_minutes : float
        Allowance for going on by another line of the mode.
    terminals : bool
        Whether trips that begin or end in the mode take the terminal allowances of the places.

    Examples
    --------
    >>> trains = Service((200.0, 300.0), (180.0, 270.0), stop_minutes=2.0)
    >>> float(trains.minutes(90.0, 300.0))
    22.0
    """

    operating_kmh: tuple[float, ...]
    cruising_kmh: tuple[float, ...]
    stop_minutes: float = 0.0
    express_stop_minutes: float | None = None
    junction_minutes: float = 0.0
    line_change_minutes: float = 0.0
    terminals: bool = False

    def __post_init__(self) -> None:
        for name in ("operating_kmh", "cruising_kmh"):
            values = checks.texts(getattr(self, name), name)
            for value in values:
                checks.number(value, name, 0, checks.LARGEST, inside=True)
            if not len(values) or not (np.diff(values) > 0).all():
                raise DataError(
                    f"argument '{name}': {values} must be positive and rising, so that faster stays faster."
                )
        if len(self.operating_kmh) != len(self.cruising_kmh):
            raise DataError("arguments 'operating_kmh' and 'cruising_kmh': must pair up, one value of each.")
        for name in ("stop_minutes", "junction_minutes", "line_change_minutes"):
            checks.number(getattr(self, name), name, 0)
        if self.express_stop_minutes is not None:
            checks.number(self.express_stop_minutes, "express_stop_minutes", 0, self.stop_minutes)

    def minutes(
        self,
        length_km: ArrayLike,
        operating_kmh: ArrayLike,
        ends: ArrayLike = 0,
        pace: ArrayLike = 1.0,
        express: bool = False,
    ) -> FloatArray:
        """Return the minutes of legs, allowances included.

        Parameters
        ----------
        length_km, operating_kmh : array_like
            Of the legs.
        ends : array_like of int
            At how many of its nodes the line of a leg ends.
        pace : array_like
            Factor on the minutes in motion, those of junctions among them.
        express : bool
            For express trains.

        Examples
        --------
        >>> service = Service((200, 300), (180, 270), stop_minutes=4, express_stop_minutes=1, junction_minutes=3)
        >>> float(service.minutes(90.0, 300.0)), float(service.minutes(90.0, 300.0, ends=1, express=True))
        (24.0, 24.0)
        """
        known, kept = np.array(self.operating_kmh), np.array(self.cruising_kmh)
        speed = np.asarray(operating_kmh, dtype=float)
        cruising = np.interp(speed, known, kept)
        cruising = np.where(speed < known[0], kept[0] * speed / known[0], cruising)
        cruising = np.where(speed > known[-1], kept[-1] * speed / known[-1], cruising)
        stop = self.stop_minutes if self.express_stop_minutes is None or not express else self.express_stop_minutes
        moving = 60 * np.asarray(length_km) / cruising + self.junction_minutes * np.asarray(ends)
        found: FloatArray = np.asarray(pace) * moving + stop
        return found


NO_SERVICE = Service((1.0,), (1.0,))
"""Of a mode of which nothing is known: it has no allowances."""


@dataclass(frozen=True)
class Parameters:
    """What turns lengths and operating speeds into minutes; :func:`parameters` returns the calibrated ones.

    Attributes
    ----------
    services : mapping of str to Service
        By mode.
    change_minutes : float
        Allowance for a change of trains at a node; not below a stop and a change of lines, where those take time.
    trip_minutes : float
        Allowance of every trip.

    Examples
    --------
    >>> slow = Parameters({"hsr": Service((300.0,), (240.0,), stop_minutes=3.0)}, change_minutes=30.0, trip_minutes=5.0)
    >>> slow.services["hsr"].stop_minutes
    3.0
    """

    services: Mapping[str, Service]
    change_minutes: float
    trip_minutes: float

    def __post_init__(self) -> None:
        for name in ("change_minutes", "trip_minutes"):
            checks.number(getattr(self, name), name, 0, checks.LARGEST)
        crossing = max((one.line_change_minutes for one in self.services.values()), default=0.0)
        least = crossing + max((one.stop_minutes for one in self.services.values()), default=0.0)
        if crossing and self.change_minutes < least:
            raise DataError(
                f"argument 'change_minutes': {self.change_minutes} is less than {least:g}, a change of lines and a stop. "
                "A change of trains takes both."
            )


def parameters() -> Parameters:
    """Return the parameters calibrated on observed times (table ``rail_parameters``).

    Examples
    --------
    >>> sorted(parameters().services)
    ['conventional', 'hsr']
    """
    table = load("rail_parameters").set_index("parameter")
    value = table[table["mode"].isna()].value
    services: dict[str, Service] = {}
    for mode, rows in table.dropna(subset="mode").groupby("mode"):
        cruising = rows.loc[["cruising_kmh"]].sort_values("operating_kmh")
        services[str(mode)] = Service(
            tuple(cruising.operating_kmh.astype(float)),
            tuple(cruising.value),
            float(rows.value["stop_minutes"]),
            rows.value.get("express_stop_minutes"),
            float(rows.value["junction_minutes"]),
            float(rows.value.get("line_change_minutes", 0.0)),
            terminals=mode == "hsr",
        )
    return Parameters(services, float(value["change_minutes"]), float(value["trip_minutes"]))


@dataclass(frozen=True)
class Network:
    """A network with the minutes of its links; :func:`on` makes it from railways and a day.

    Attributes
    ----------
    nodes : DataFrame
        Indexed by ``node_code``: at least ``name``; express trains stop where ``metropolis`` is true, and trips take the
        ``terminal_minutes`` of both their ends more where the service has terminals. Nodes without any link belong to it and are unreachable.
    links : DataFrame
        One row a link, usable both ways: ``from_node``, ``to_node``, ``mode``, ``line_id``, ``section``, ``length_km``,
        ``speed_kmh`` (operating), ``minutes``; and if known ``express_minutes``, those of express trains, missing where none run,
        and ``name``: lines of one name are parts of one railway, and going on from one to the other is no change of lines.
    change_minutes, trip_minutes : float
        Allowances, see :class:`Parameters`.
    day : str
        For which the network stands (ISO date), or empty.
    services : mapping of str to Service
        By mode, ``"express"`` for express trains: the allowances of their trips. The stop allowance is in the minutes of a link, and
        not due where a trip begins or ends; by default, and in a mode that is not named, none is.

    Examples
    --------
    >>> net = on("2012-12-31")
    >>> net.day, "2301" in net.nodes.index, bool((net.links.minutes > 0).all())
    ('2012-12-31', True, True)
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    change_minutes: float
    trip_minutes: float
    day: str = ""
    services: Mapping[str, Service] = field(default_factory=dict)

    @cached_property
    def modes(self) -> list[str]:
        """The modes, in alphabetical order."""
        return sorted(self.links["mode"].unique())

    @cached_property
    def graph(self) -> Graph:
        """The network as numbered vertices and edges."""
        return _graph(self)

    @cached_property
    def elimination(self) -> Elimination:
        """The order in which the closure eliminates the vertices."""
        return eliminate(self.graph.count, self.graph.start, self.graph.end, self.graph.stops)


@dataclass(frozen=True)
class Graph:
    """Vertices are pairs of node and kind of train (a mode, or its express trains); edges are links and changes.

    Where lines of a kind meet and a change of lines takes time, a line that passes has a vertex of its own beside that of the
    node. The way between the two, and a link whose line ends there, take half of the allowance more; trips that begin or end
    at the node get it back, and so do changes of trains.

    Attributes
    ----------
    count : int
        Number of vertices.
    place : ndarray of int, shape (kinds, nodes)
        Vertex of each node for each kind of train that stops there; where none of the kind does, its vertex for another one.
    served : ndarray of bool, shape (nodes,)
        Nodes with at least one vertex.
    start, end : ndarray of int
        Vertices of each edge.
    minutes : ndarray of float
        Of each edge.
    link : ndarray of int
        For each edge the row of its link; -1 for changes and for the ways between the vertices of one node, which come last.
    kind, node : ndarray of int
        Of each vertex.
    entry : ndarray of float
        Of each vertex: what a trip takes more that begins or ends there; mostly negative.
    """

    count: int
    place: IntArray
    served: BoolArray
    start: IntArray
    end: IntArray
    minutes: FloatArray
    link: IntArray
    kind: IntArray
    node: IntArray
    entry: FloatArray

    @cached_property
    def stops(self) -> IntArray:
        """The vertices at which trips begin and end, in ascending order."""
        return np.unique(self.place[:, self.served])

    @cached_property
    def matrix(self) -> csr_array:
        """The edges as a sparse matrix, the fastest of parallel ones kept."""
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        order = np.lexsort((self.minutes, high, low))
        low, high, minutes = low[order], high[order], self.minutes[order]
        keep = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])] & (low != high) if len(low) else slice(0)
        return csr_array((minutes[keep], (low[keep], high[keep])), shape=(self.count, self.count))


def _graph(network: Network) -> Graph:
    codes, links = network.nodes.index, network.links
    if links.empty:
        none = np.empty(0, dtype=np.intp)
        place = np.zeros((1, len(codes)), dtype=np.intp)
        unserved = np.zeros(len(codes), dtype=bool)
        return Graph(0, place, unserved, none, none, np.empty(0), none, none, none, np.empty(0))
    modes = network.modes
    kinds = [pd.Categorical(links["mode"], categories=modes).codes.astype(np.intp)]
    times, rows = [links.minutes.to_numpy(dtype=float)], [np.arange(len(links))]
    names = list(modes)
    if "express_minutes" in links and "metropolis" in network.nodes:
        express = links.express_minutes.to_numpy(dtype=float)
        rows.append(np.flatnonzero(~np.isnan(express)))
        kinds.append(np.full(len(rows[1]), len(modes)))
        times.append(express[rows[1]])
        names.append("express")
    of_edge, link = np.concatenate(kinds), np.concatenate(rows)
    ends = np.stack(
        [of_edge * len(codes) + codes.get_indexer(pd.Index(links[one]))[link] for one in ("from_node", "to_node")]
    )
    used = np.unique(ends)
    vertex = np.full(len(names) * len(codes), -1)
    vertex[used] = np.arange(len(used))
    ends = vertex[ends]
    place = vertex.reshape(-1, len(codes)).copy()
    if len(names) > len(modes):
        place[-1, ~network.nodes["metropolis"].to_numpy(dtype=bool)] = -1
    changes = [
        (place[i, both], place[j, both])
        for i in range(len(place))
        for j in range(i)
        for both in [np.flatnonzero((place[i] >= 0) & (place[j] >= 0))]
    ]
    kind, at = used // len(codes), used % len(codes)
    services = [network.services.get(name, NO_SERVICE) for name in names]
    stop = np.array([service.stop_minutes for service in services])[kind] / 2
    half = np.array([service.line_change_minutes for service in services])[kind] / 2
    terminal = network.nodes.get("terminal_minutes", pd.Series(0.0, codes)).fillna(0.0).to_numpy(dtype=float)
    due = np.array([service.terminals for service in services])[kind]
    entry = network.trip_minutes / 2 - stop + np.where(due, terminal[at], 0)
    lines = pd.factorize(_railway(links), use_na_sentinel=False)[0] if half.any() else np.arange(len(links))
    apart, beside, meets = _apart(ends, lines[link], half > 0)
    half[~meets] = 0
    entry -= half
    ending = np.where(apart == ends, half[ends], 0).sum(axis=0)
    start = np.concatenate([apart[0], *(a for a, _ in changes), beside])
    end = np.concatenate([apart[1], *(b for _, b in changes), len(used) + np.arange(len(beside))])
    change = [network.change_minutes - half[a] - half[b] for a, b in changes]
    highest = place.max(axis=0)
    return Graph(
        len(used) + len(beside),
        np.where(place >= 0, place, highest),
        highest >= 0,
        start,
        end,
        np.concatenate([np.concatenate(times) + ending, *change, half[beside]]),
        np.concatenate([link, np.full(len(start) - len(link), -1)]),
        *(np.concatenate([of_vertex, of_vertex[beside]]) for of_vertex in (kind, at, entry)),
    )


def _railway(links: pd.DataFrame) -> pd.Series:
    """Return what trains run through without a change of lines: lines of one name are parts of one railway."""
    return links["name"].fillna(links.line_id) if "name" in links else links.line_id


def _apart(ends: IntArray, line: IntArray, slow: BoolArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Give each line that passes a vertex where lines meet one of its own, if a change of lines takes time there.

    Returns the new ends of the edges, the vertex beside which each new vertex lies, and at which vertices lines meet so.
    """
    pairs, number, times = np.unique(
        ends.ravel() * (line.max() + 1) + np.tile(line, 2), return_inverse=True, return_counts=True
    )
    at = pairs // (line.max() + 1)
    meets = slow & (np.bincount(at, minlength=len(slow)) > 1)
    passes = meets[at] & (times > 1)
    own = np.where(passes, len(slow) + passes.cumsum() - 1, at)
    return own[number].reshape(ends.shape), at[passes], meets


def on(day: str | date, rails: Railways | None = None, params: Parameters | None = None) -> Network:
    """Return the network of a day: sections opened by then, with the speeds of that day.

    Parameters
    ----------
    day : str or date
        For instance ``"2012-12-31"``. Lines under construction or planned open when they are expected.
    rails : Railways, optional
        By default China's, :func:`~railbelt.network.lines.railways`; pass it to save reading the tables again.
    params : Parameters, optional
        By default the calibrated ones.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If the day is not a date, or a mode has no service among the parameters.

    Examples
    --------
    >>> before, after = (on(day) for day in ("2012-11-30", "2012-12-01"))
    >>> len(after.links) > len(before.links)
    True
    """
    rails = rails or railways()
    params = params or parameters()
    moment = checks.day(day)
    sections = rails.sections
    is_open = (sections.opened <= moment) & ~(sections.closed <= moment)
    unknown = set(sections["mode"]) - set(params.services)
    if unknown:
        raise DataError(
            f"argument 'params': no service for mode '{min(unknown)}'. {suggest(min(unknown), params.services)}"
        )
    chosen = sections.loc[is_open, [*KEY, "name"]].assign(
        pace=sections["pace"].fillna(1.0) if "pace" in sections else 1.0
    )
    links = rails.legs.merge(chosen, on=KEY).merge(_speeds(rails, moment), on=KEY)
    links["minutes"], links["express_minutes"] = np.nan, np.nan
    services: dict[str, Service] = {}
    groups: Mapping[Any, Any] = links.groupby("mode").groups
    for mode, rows in groups.items():
        part, service = links.loc[rows], params.services[mode]
        of_leg = part.length_km, part.speed_kmh, part.ends, part.pace
        links.loc[rows, "minutes"] = service.minutes(*of_leg)
        services[mode] = service
        if service.express_stop_minutes is not None:
            links.loc[rows, "express_minutes"] = service.minutes(*of_leg, express=True)
            services["express"] = replace(service, stop_minutes=service.express_stop_minutes)
    return Network(rails.nodes, links, params.change_minutes, params.trip_minutes, moment.date().isoformat(), services)


def _speeds(rails: Railways, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the operating speed of each section: the last one set by a day, or else the first."""
    ordered = rails.speeds.sort_values("from_date", kind="stable", na_position="first")
    first = ordered.drop_duplicates(KEY)
    now = ordered[ordered.from_date <= moment].drop_duplicates(KEY, keep="last")
    return pd.concat([first, now]).drop_duplicates(KEY, keep="last")[[*KEY, "speed_kmh"]]


def only(network: Network, *modes: str) -> Network:
    """Return the network with the links of some modes only, for instance to ask for a trip without high-speed trains.

    Examples
    --------
    >>> only(on("2020-12-31"), "conventional").modes
    ['conventional']
    """
    unknown = set(modes) - set(network.modes)
    if unknown:
        raise DataError(f"argument 'modes': no link of mode '{min(unknown)}'. {suggest(min(unknown), network.modes)}")
    links = network.links[network.links["mode"].isin(modes)]
    return replace(network, links=links)


def travel_times(
    network: Network,
    origins: Sequence[str] | None = None,
    destinations: Sequence[str] | None = None,
    access_minutes: float = 0.0,
) -> pd.DataFrame:
    """Return the shortest times between nodes, in minutes.

    Parameters
    ----------
    network : Network
    origins, destinations : sequence of str, optional
        Node codes; by default all nodes.
    access_minutes : float
        Added to every trip: what it takes to reach the train, board it and leave it.

    Returns
    -------
    DataFrame of float32
        Origins by destinations. ``inf`` where no train leads, also for nodes that no line serves on the day; zero from a
        node to itself.

    Raises
    ------
    DataError
        If a code is unknown.

    Notes
    -----
    Times are symmetric. They obey the triangle inequality up to the change that a traveller makes at the node between and the
    stop allowance of a train that passes there; with ``access_minutes`` as large as both, less the trip allowance, exactly.

    Examples
    --------
    >>> times = travel_times(on("2025-07-01"), ["1100"], ["2101", "2301"])
    >>> bool(times.loc["1100", "2101"] < times.loc["1100", "2301"])
    True
    """
    rows, columns = (
        np.arange(len(network.nodes)) if codes is None
        else network.nodes.index.get_indexer(pd.Index([node(network.nodes, code, name) for code in codes]))
        for codes, name in ((origins, "origins"), (destinations, "destinations"))
    )  # fmt: skip
    access_minutes = checks.number(access_minutes, "access_minutes", 0)
    times = _between(network, rows, columns)
    times += np.float32(access_minutes)
    times[rows[:, None] == columns] = 0
    return pd.DataFrame(times, index=network.nodes.index[rows], columns=network.nodes.index[columns])


def _between(network: Network, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return the times on the graph between nodes, whatever the mode they begin and end in."""
    graph = network.graph
    if graph.count == 0:
        return np.full((len(rows), len(columns)), np.inf, dtype=np.float32)
    vertex, entry = graph.place, graph.entry.astype(np.float32)
    if graph.count <= LARGE:
        elimination = network.elimination
        row: IntArray = np.zeros(graph.count, dtype=np.intp)
        row[elimination.vertices] = np.arange(len(elimination.vertices))
        vertex, entry = row[vertex], entry[elimination.vertices]
        from_origin = nearest(closure(elimination, graph.minutes.astype(np.float32)), vertex[:, rows], entry)
    else:
        from_origin = np.minimum.reduce(
            [
                dijkstra(graph.matrix, directed=False, indices=place[rows]) + entry[place[rows], None]
                for place in graph.place
            ]
        )
    times = nearest(np.ascontiguousarray(from_origin.T), vertex[:, columns], entry).T
    times = times.astype(np.float32, copy=False)
    if np.array_equal(rows, columns):
        # What the two ends add is rounded in another order in each direction; the lesser of the two makes them equal.
        times = np.minimum(times, times.T)
    times[~graph.served[rows]] = np.inf
    times[:, ~graph.served[columns]] = np.inf
    return times


def nearest(times: FloatArray, vertex: IntArray, entry: FloatArray) -> FloatArray:
    """Return for each place the least over its vertices of their rows of times, each with what a trip from it takes more.

    Parameters
    ----------
    times : ndarray, shape (vertices, others)
        From each vertex.
    vertex : ndarray of int, shape (kinds, places)
        The vertex of each place for each kind of train, some of them the same.
    entry : ndarray, shape (vertices,)
        What a trip takes more that begins at a vertex.

    Returns
    -------
    ndarray, shape (places, others)
    """
    least: FloatArray = times[vertex[0]] + entry[vertex[0], None]
    for kind in range(1, len(vertex)):
        places = np.flatnonzero((vertex[kind] != vertex[:kind]).all(axis=0))
        more = vertex[kind, places]
        least[places] = np.minimum(least[places], times[more] + entry[more, None])
    return least


def path(network: Network, origin: str, destination: str) -> pd.DataFrame:
    """Return the legs behind a time, one by one.

    Parameters
    ----------
    network : Network
    origin, destination : str
        Node codes.

    Returns
    -------
    DataFrame
        One row a leg, in order: ``mode``, ``express`` (true or false), ``line_id``, ``section``, ``from_node``, ``to_node``,
        ``length_km``, ``speed_kmh``, ``ends``, ``line_change`` (whether the leg follows one), ``minutes`` (with that
        change). Changes of trains are rows with the mode ``"change"``; the last row, ``"trip"``, holds
        the trip allowance and the terminal allowances of both ends, less the stops not made there. The minutes add up to the travel time. Empty where no train leads.

    Examples
    --------
    >>> path(on("2025-12-31"), "2301", "2306").to_node.tolist()
    ['231282', '231281', '2306', '2306']
    """
    start, goal = (node(network.nodes, c, n) for c, n in ((origin, "origin"), (destination, "destination")))
    graph, codes = network.graph, network.nodes.index
    columns = [
        "mode",
        "express",
        "line_id",
        "section",
        "from_node",
        "to_node",
        "length_km",
        "speed_kmh",
        "ends",
        "line_change",
        "minutes",
    ]
    place = codes.get_indexer(pd.Index([start, goal]))
    if start == goal or not graph.served[place].all():
        return pd.DataFrame(columns=columns)
    starts, ends = (np.unique(graph.place[:, i]) for i in place)
    times, previous = dijkstra(graph.matrix, directed=False, indices=starts, return_predecessors=True)
    whole = times[:, ends] + graph.entry[starts][:, None] + graph.entry[ends]
    first, last = np.unravel_index(whole.argmin(), whole.shape)
    if not np.isfinite(whole[first, last]):
        return pd.DataFrame(columns=columns)
    vertices = [ends[last]]
    while (before := previous[first, vertices[-1]]) >= 0:
        vertices.append(before)
    vertices.reverse()
    edge: dict[tuple[Any, Any], int] = {}
    for i in np.argsort(-graph.minutes, kind="stable"):
        edge[graph.start[i], graph.end[i]] = edge[graph.end[i], graph.start[i]] = i
    at = codes[graph.node]
    railway, before = _railway(network.links).to_numpy(), None
    steps: list[list[Any]] = []
    for a, b in itertools.pairwise(vertices):
        i = edge[a, b]
        if graph.link[i] >= 0:
            link, is_express = network.links.iloc[graph.link[i]], i >= len(network.links)
            crosses = before not in (None, railway[graph.link[i]])
            before = railway[graph.link[i]]
            minutes = link.express_minutes if is_express else link.minutes
            if crosses:
                minutes += network.services.get(
                    "express" if is_express else link["mode"], NO_SERVICE
                ).line_change_minutes
            steps.append(
                [link["mode"], is_express, link.line_id, link.section, at[a], at[b], link.length_km, link.speed_kmh,
                 link.get("ends", 0), crosses, minutes]
            )  # fmt: skip
        elif graph.kind[a] != graph.kind[b]:
            before = None
            steps.append(["change", False, "", "", at[a], at[b], 0.0, np.nan, 0, False, network.change_minutes])
    allowance = whole[first, last] - sum(step[-1] for step in steps)
    steps.append(["trip", False, "", "", start, goal, 0.0, np.nan, 0, False, allowance])
    return pd.DataFrame(steps, columns=columns)


def route(network: Network, origin: str, destination: str) -> pd.DataFrame:
    """Return the trains behind a time: which lines, which changes.

    Parameters
    ----------
    network : Network
    origin, destination : str
        Node codes.

    Returns
    -------
    DataFrame
        As from :func:`path`, without speeds, ends and line changes, with the legs of one line in one row.

    Examples
    --------
    >>> route(on("2025-12-31"), "2101", "2102")["mode"].tolist()
    ['hsr', 'trip']
    """
    legs = path(network, origin, destination).drop(columns=["speed_kmh", "ends", "line_change"])
    if legs.empty:
        return legs
    part = (legs[["mode", "express", *KEY]] != legs[["mode", "express", *KEY]].shift()).any(axis=1).cumsum()
    firsts = dict.fromkeys(["mode", "express", *KEY, "from_node"], "first")
    return (
        legs.groupby(part)
        .agg(firsts | {"to_node": "last", "length_km": "sum", "minutes": "sum"})
        .reset_index(drop=True)
    )
