"""Time of one counterfactual of the spatial model over all Chinese prefectures, and of 500 draws of its assumptions."""

import statistics
import time

from record import record

from railbelt import load
from railbelt.models.gains import balanced, between, door_to_door, draw, effect, effects, setting
from railbelt.models.spatial import Elasticities, counterfactual
from railbelt.network import on, only, travel_times

DRAWS, RUNS = 500, 15


def main() -> None:
    census = load("city_census").pivot(index="city_code", columns="year", values="population_2010_boundary_10k")
    gdp = load("city_gdp").query("year == 2010 and series == 'preliminary'").set_index("city_code").gdp_100m_yuan
    place = setting(load("cities"), census[2010], census[2000], gdp)
    network = on("2025-12-31")
    without, full = (between(place, travel_times(n)) for n in (only(network, "conventional"), network))
    parameters = load("model_parameters").query("model == 'spatial'")
    central = dict(zip(parameters.parameter, parameters.central, strict=True))

    old, new = (door_to_door(minutes, place.km, central) for minutes in (without, full))
    start = balanced(place, old, central)
    elasticities = Elasticities(
        *(central[k] for k in ("trade_elasticity", "migration_elasticity", "agglomeration", "congestion"))
    )
    cost = (new / old) ** (central["trade_by_person"] / elasticities.trade)
    count = len(place.people)

    def timed(call):
        found = []
        for _ in range(RUNS):
            begin = time.perf_counter()
            result = call()
            found.append(time.perf_counter() - begin)
        return 1000 * statistics.median(found), result

    solve, after = timed(lambda: counterfactual(start, elasticities, cost, cost))
    whole, _ = timed(lambda: effect(place, without, full, central))
    draws = draw(parameters, DRAWS)
    took = {}
    for jobs in (1, 2):
        effects(place, without, full, draws.head(2 * jobs), jobs=jobs)
        begin = time.perf_counter()
        effects(place, without, full, draws, jobs=jobs)
        took[jobs] = time.perf_counter() - begin
    record(
        "spatial.py",
        [
            ("One counterfactual of the spatial model", solve, "ms", "< 200 ms", f"{count} prefectures, {after.attrs['iterations']} iterations; median of {RUNS}"),
            ("… with travel from door to door and balancing", whole, "ms", "", f"median of {RUNS}"),
            (f"{DRAWS} draws of its assumptions, one process", took[1], "s", "< 60 s", "the whole effect for each draw"),
            (f"{DRAWS} draws of its assumptions, two processes", took[2], "s", "< 60 s", "the same; independent draws, so cores add up"),
        ],
        "numpy", "scipy",
    )  # fmt: skip


if __name__ == "__main__":
    main()
