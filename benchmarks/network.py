"""Times of the rail network beside networkx, igraph and bare SciPy, in one run; with ``--table`` also the book's table.

All pairs of China's nodes, a series of years, 1,999 edited networks with market access, and a synthetic country of 50,000
stations whose matrix does not fit into memory. Ratios are what to quote: they hold when the machine's speed drifts.
"""

from __future__ import annotations

import argparse
import csv
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import igraph
import networkx
import numpy as np
import pandas as pd
import scipy
from joblib.externals.loky import get_reusable_executor
from record import record
from scipy.sparse.csgraph import dijkstra

from railbelt import load, network
from railbelt.catalog import data_folder
from railbelt.network.closure import closure
from railbelt.network.lines import KEY

DAY = "2025-12-31"
YEARS = range(2003, 2026)


def seconds(call: Callable[[], object], repeat: int = 5) -> float:
    """Return the median of some runs after one that is not counted."""
    call()
    runs = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)


def all_pairs(net: network.Network) -> dict[str, float]:
    """Time all pairs of vertices by each library on the same graph, built beforehand."""
    graph = net.graph
    matrix = graph.matrix.tocoo()
    edges = list(zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True))
    other = networkx.Graph()
    other.add_weighted_edges_from(edges)
    third = igraph.Graph(graph.count, [(a, b) for a, b, _ in edges])
    weights = [w for _, _, w in edges]
    ours, stops = network.on(DAY), graph.stops.tolist()
    _ = ours.elimination
    minutes = graph.minutes.astype(np.float32)
    return {
        "railbelt, travel_times of 440 nodes": seconds(lambda: network.travel_times(ours)),
        "railbelt, closure of the same vertices": seconds(lambda: closure(ours.elimination, minutes)),
        "igraph, distances": seconds(lambda: third.distances(stops, stops, weights=weights)),
        "SciPy, dijkstra": seconds(lambda: dijkstra(graph.matrix, directed=False, indices=stops)),
        "networkx, single_source_dijkstra_path_length of each": seconds(
            lambda: [networkx.single_source_dijkstra_path_length(other, stop) for stop in stops], repeat=1
        ),
    }


def years(rails: network.Railways) -> dict[str, float]:
    """Time a matrix for the end of each year: with the dated tables, and the shortest paths alone."""
    nets = [network.on(f"{year}-12-31", rails) for year in YEARS]
    for net in nets:
        _ = net.graph.matrix, net.elimination
    return {
        "railbelt, tables to matrices": seconds(
            lambda: [network.travel_times(network.on(f"{year}-12-31", rails)) for year in YEARS], repeat=2
        ),
        "railbelt, shortest paths": seconds(lambda: [network.travel_times(net) for net in nets]),
        "SciPy, shortest paths": seconds(
            lambda: [dijkstra(net.graph.matrix, directed=False, indices=net.graph.stops) for net in nets], repeat=2
        ),
    }


def edited(net: network.Network, mass: pd.Series, draws: int) -> dict[str, float]:
    """Time market access under edited networks, beside recomputing each with the fastest library call."""
    sections = net.links.loc[net.links["mode"] == "hsr", KEY].drop_duplicates()
    open_ = np.random.default_rng(1).random((draws, len(sections))) < 0.5
    graph, place = net.graph, net.graph.place[:, net.nodes.index.get_indexer(mass.index)]
    of_section = net.links.reset_index(drop=True).groupby(KEY).indices
    edges = [np.flatnonzero(np.isin(graph.link, of_section[tuple(key)])) for key in sections.itertuples(index=False)]
    ends = list(zip(graph.start.tolist(), graph.end.tolist(), strict=True))
    third = igraph.Graph(graph.count, ends)
    wanted = np.unique(place)
    row = np.zeros(graph.count, dtype=int)
    row[wanted] = np.arange(len(wanted))
    weight, sample = mass.to_numpy(), open_[:: max(1, draws // 40)]

    def minutes_of(one: np.ndarray) -> np.ndarray:
        minutes = graph.minutes.copy()
        for closed in np.flatnonzero(~one):
            minutes[edges[closed]] = 1e9
        return minutes

    def afresh(search: Callable[[np.ndarray], np.ndarray]) -> None:
        for one in sample:
            times = search(minutes_of(one))
            nearest = np.minimum.reduce([times[row[p]] + graph.entry[p][:, None] for p in place])
            between = np.minimum.reduce([nearest[:, row[p]] + graph.entry[p] for p in place])
            np.exp(-0.02 * between) @ weight

    def by_igraph(minutes: np.ndarray) -> np.ndarray:
        return np.array(third.distances(wanted.tolist(), wanted.tolist(), weights=minutes.tolist()))

    def by_scipy(minutes: np.ndarray) -> np.ndarray:
        return dijkstra(replace(graph, minutes=minutes).matrix, directed=False, indices=wanted)[:, wanted]

    share = draws / len(sample)
    return {
        "railbelt, one worker": seconds(lambda: network.access_under(net, sections, open_, mass), repeat=1),
        "railbelt, two workers": seconds(lambda: network.access_under(net, sections, open_, mass, n_jobs=2), repeat=1),
        "SciPy, each afresh (a sample, scaled up)": share * seconds(lambda: afresh(by_scipy), repeat=1),
        "igraph, each afresh (a sample, scaled up)": share * seconds(lambda: afresh(by_igraph), repeat=1),
    }


def synthetic(stations: int, links: int, seed: int = 7) -> tuple[network.Network, pd.Series]:
    """Return a country of stations at random places, each linked to near ones, with masses."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(seed)
    side = 20 * np.sqrt(stations)
    at = rng.uniform(0, side, (stations, 2))
    _, near = cKDTree(at).query(at, k=8)
    pairs = np.unique(
        np.sort(np.column_stack([np.repeat(np.arange(stations), 7), near[:, 1:].ravel()]), axis=1), axis=0
    )
    length = np.linalg.norm(at[pairs[:, 0]] - at[pairs[:, 1]], axis=1)
    order = np.argsort(length)[:links]
    codes = pd.Index([f"s{i}" for i in range(stations)], name="node_code")
    table = pd.DataFrame({
        "from_node": codes[pairs[order, 0]], "to_node": codes[pairs[order, 1]], "mode": "rail", "line_id": "", "section": "",
        "length_km": length[order], "speed_kmh": 120.0, "minutes": 60 * length[order] / 120 + 1,
    })  # fmt: skip
    return network.Network(pd.DataFrame({"name": codes}, index=codes), table, 0, 5), pd.Series(
        rng.lognormal(3, 1, stations), index=codes
    )


def scale(sizes: list[int], within: float, jobs: int) -> list[dict[str, float]]:
    """Time market access of all origins in blocks as the country grows at the same density."""
    rows = []
    for stations in sizes:
        net, mass = synthetic(stations, int(2.4 * stations))
        _ = net.graph.matrix
        start = time.perf_counter()
        network.access_by_blocks(net, mass, within_minutes=within, n_jobs=jobs)
        took = time.perf_counter() - start
        get_reusable_executor().shutdown(wait=True)  # the memory of workers is known once they have ended
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6
        rows.append({"stations": stations, "links": len(net.links), "seconds": took, "peak_gb_of_a_process": peak})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1999)
    parser.add_argument("--sizes", type=int, nargs="*", default=[3_125, 6_250, 12_500, 25_000, 50_000])
    parser.add_argument("--within", type=float, default=400.0, help="minutes beyond which destinations weigh nothing")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--table", action="store_true", help="also write data/network_benchmarks.csv, shown in the book"
    )
    options = parser.parse_args()
    rails = network.railways()
    net = network.on(DAY, rails)
    people = load("city_census").query("year == 2000").set_index("city_code").population_10k
    served = net.nodes.index[net.graph.served]
    mass = people[people.index.intersection(served)]
    versions = (
        f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"networkx {networkx.__version__}, igraph {igraph.__version__}"
    )
    tasks = {
        f"all pairs, {net.graph.count} vertices": all_pairs(net),
        f"{len(YEARS)} years of all pairs": years(rails),
        f"{options.draws} edited networks": edited(net, mass, options.draws),
    }
    blocks = scale(options.sizes, options.within, options.jobs)
    rows = [[task, who, f"{took:.4g}", "", "", ""] for task, times in tasks.items() for who, took in times.items()]
    rows += [
        ["market access by blocks", f"railbelt, {options.jobs} workers", f"{r['seconds']:.4g}", r["stations"], r["links"],
         f"{r['peak_gb_of_a_process']:.3g}"]
        for r in blocks
    ]  # fmt: skip
    if options.table:
        with (data_folder() / "network_benchmarks.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ["task", "contender", "seconds", "stations", "links", "peak_gb", "measured_with", "source", "grade"]
            )
            writer.writerows([*row, versions, "railbelt_benchmarks", "B"] for row in rows)
    measured = []
    for task, times in tasks.items():
        first, own = next(iter(times.items()))
        for who, took in times.items():
            ratio = "" if who == first else f"{took / own:.3g} times the first row of this task, in one run"
            unit, shown = ("ms", 1000 * took) if own < 0.1 and took < 10 else ("s", took)
            measured.append((f"{task}: {who}", shown, unit, "", ratio or "median of runs on the network of " + DAY))
    largest = blocks[-1]
    measured += [
        (f"Market access of {largest['stations']:,} stations, {largest['links']:,} links", largest["seconds"], "s", "",
         f"by blocks, {options.jobs} workers, destinations within {options.within:.0f} minutes"),
        ("… peak memory of a process", largest["peak_gb_of_a_process"], "GB", "< 2 GB", "largest resident set of parent and workers"),
    ]  # fmt: skip
    record("network.py", measured, "numpy", "scipy", "networkx", "igraph")


if __name__ == "__main__":
    main()
