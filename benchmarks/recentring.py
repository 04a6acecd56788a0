"""Time of 1,999 counterfactual networks with inference, beside recomputing each with SciPy's shortest paths."""

import argparse
import time

import numpy as np
from record import record
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from railbelt import load
from railbelt.models.conley import spatial_weights
from railbelt.models.recentred import estimate, permute_within, recentre
from railbelt.network.counterfactual import candidates, rail_access

PERIOD = ("2010-11-01", "2020-11-01", "2026-12-31")
SAMPLE = 40


def afresh(access, draws):
    """Return the growth of log access of each draw, every network searched by Dijkstra's algorithm."""
    graph, links = access.network.graph, access.network.links
    place = graph.place[:, access.network.nodes.index.get_indexer(access.mass.index)]
    number = {key: i for i, key in enumerate(access.lines[["line_id", "section"]].itertuples(index=False, name=None))}
    keys = links[["line_id", "section"]].itertuples(index=False, name=None)
    of_link = np.array([*(number.get(key, -1) for key in keys), -1])
    section = of_link[graph.link]
    mass, units = access.mass.to_numpy(), access.mass.index.get_indexer(access.cities)
    logs = []
    for open_ in np.vstack([np.zeros_like(draws[:1]), draws]):
        used = (section < 0) | open_[section]
        order = np.argsort(-graph.minutes[used], kind="stable")
        start, end, minutes = graph.start[used][order], graph.end[used][order], graph.minutes[used][order]
        low, high = np.minimum(start, end), np.maximum(start, end)
        _, last = np.unique((low * graph.count + high)[::-1], return_index=True)
        keep = len(low) - 1 - last
        matrix = csr_array((minutes[keep], (low[keep], high[keep])), shape=(graph.count, graph.count))
        entry = graph.entry
        nearest = np.minimum.reduce([dijkstra(matrix, directed=False, indices=p) + entry[p][:, None] for p in place])
        times = np.minimum.reduce([nearest[:, p] + entry[p] for p in place])
        np.fill_diagonal(times, 0)
        logs.append(np.log(np.exp(-access.decay[0] * times) @ mass)[units])
    return np.array(logs[1:]) - logs[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1999)
    draws = parser.parse_args().draws
    census = load("city_census").set_index(["city_code", "year"]).population_10k.unstack()
    lines = candidates(*PERIOD, pool=5)
    access = rail_access(census[2010].dropna(), lines, PERIOD[1])
    cities = load("cities").set_index("city_code").loc[access.cities]
    outcome = np.log(census[2020] / census[2010])[access.cities]
    weights = spatial_weights(cities.lon, cities.lat, 500)
    of = f"{len(access.mass)} cities, {len(lines)} sections"
    seconds, walls = {}, {}
    for n_jobs in (1, 2):
        recentre(access, lines.realised, lines.group, draws=2 * n_jobs, block=1, n_jobs=n_jobs)  # starts the workers
        start, busy = time.perf_counter(), time.process_time()
        exposure = recentre(access, lines.realised, lines.group, draws, block=100, n_jobs=n_jobs)
        found = estimate(outcome, exposure, weights=weights)
        walls[n_jobs], seconds[n_jobs] = time.perf_counter() - start, time.process_time() - busy
        print(
            f"estimate {found.estimate:.3f}, Conley error {found.se:.3f}, exact interval [{found.ri_low:.3f}, {found.ri_high:.3f}]"
        )

    some = permute_within(lines.realised, lines.group, SAMPLE, seed=1)
    start, busy = time.perf_counter(), time.process_time()
    theirs = afresh(access, some)
    scale = (draws + 1) / (SAMPLE + 1)
    wall, scipy_seconds = scale * (time.perf_counter() - start), scale * (time.process_time() - busy)
    assert np.abs(theirs - access(some)).max() < 1e-3
    record(
        "recentring.py",
        [
            (f"{draws:,} networks with exact inference, two workers", walls[2], "s", "", f"exposure, estimate, Conley errors, exact interval; {of}"),
            (f"{draws:,} networks with exact inference, one worker", walls[1], "s", "", "the same"),
            ("… SciPy's Dijkstra afresh for each, one worker", wall, "s", "", f"the networks alone, scaled up from {SAMPLE}; the same access to 0.001"),
            ("… ratio of the time of one core", scipy_seconds / seconds[1], "times", "", "processor time, SciPy by railbelt"),
        ],
        "numpy", "scipy",
    )  # fmt: skip


if __name__ == "__main__":
    main()
