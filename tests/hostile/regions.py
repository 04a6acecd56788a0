"""Cases of regions that travel times imply, of systems of cities, and of the megalopolis."""

import math

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hostile.kit import NUMBERS, SCALARS, TEXTS, WHOLE, case, damaged, damaged_array, damaged_series, finite, mostly
from railbelt.models import citysystems, delineation, megalopolis

PLACES = list("abcde")
APART = np.abs(np.subtract.outer([0.0, 31, 47, 150, 203], [0.0, 31, 47, 150, 203]))
PEOPLE = pd.Series([5.0, 2.0, 1.0, 4.0, 3.0], PLACES)
LINKAGE = st.sampled_from(delineation.LINKAGES)
OFFICIAL = {"north": ["a", "b", "c"], "south": ["d", "e"]}


def square(draw):
    """Return times between places: some pairs out of reach, damaged, or with places twice or in another order."""
    times = pd.DataFrame(APART.copy(), PLACES, PLACES)
    if draw(st.booleans()):
        times.loc["a", "e"] = times.loc["e", "a"] = np.inf
    fault = draw(st.sampled_from(["none", "none", "table", "order", "twice", "cell"]))
    if fault == "table":
        return damaged(draw, times)
    if fault == "order":
        order = draw(st.permutations(PLACES))
        return times.loc[order, order]
    if fault == "twice":
        return times.loc[[*PLACES, "b"], [*PLACES, "b"]]
    if fault == "cell":
        times.iloc[draw(st.integers(0, 4)), draw(st.integers(0, 4))] = draw(NUMBERS)
    return times


def weights(draw):
    return damaged_series(draw, PEOPLE) if draw(st.booleans()) else PEOPLE


def lists(draw):
    """Return official clusters: sound ones, or any names."""
    named = st.sampled_from(PLACES) | TEXTS
    return draw(mostly(OFFICIAL, st.dictionaries(TEXTS, st.lists(named, max_size=3) | TEXTS, max_size=3)))


def labels(draw):
    return damaged_series(draw, pd.Series(["a", "a", "c", "d", "d"], PLACES))


@case(weight=3)
def trees_of_anything(draw, place):
    times, mass, linkage = square(draw), weights(draw), draw(mostly("mean", LINKAGE | TEXTS))
    tree = delineation.merge_tree(times, mass, linkage)
    finite(tree.minutes)
    assert (tree.minutes >= 0).all() and len(tree) < max(len(times), 1) and tree.joined.is_unique
    assert (np.diff(tree.minutes) >= -1e-9 * tree.minutes.abs().max()).all() if len(tree) else True
    order = draw(st.permutations(list(times.index)))
    if linkage == "shortest":
        again = delineation.merge_tree(times.loc[order, order], mass, linkage)
        assert np.allclose(again.minutes, tree.minutes), "the order of places does not matter"
    two = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
    apart = delineation.together(tree, *two)
    assert apart == delineation.together(tree, *two[::-1]) >= 0
    if math.isfinite(apart):
        region = delineation.cut(tree, apart, list(times.index))
        assert region[two[0]] == region[two[1]]


@case(weight=2)
def cuts_of_anything(draw, place):
    tree = damaged(draw, pd.DataFrame({"kept": ["a", "d", "a"], "joined": ["b", "e", "c"], "minutes": [1.0, 2, 3]}))
    places = draw(mostly(PLACES, st.lists(st.sampled_from(PLACES) | TEXTS, max_size=5)))
    found = delineation.cut(tree, draw(mostly(2.0, SCALARS)), places)
    assert set(found.index) == set(places) and found.index.is_unique
    assert all(found[name] == name for name in found), "a region bears the name of a place in it"
    first, second = draw(st.sampled_from(PLACES) | TEXTS), draw(st.sampled_from(PLACES) | TEXTS)
    assert delineation.together(tree, first, second) == delineation.together(tree, second, first)


@case(weight=2)
def delineations_of_anything(draw, place):
    times, mass, limit = square(draw), weights(draw), draw(mostly(60.0, SCALARS))
    found = delineation.delineate(times, mass, limit, draw(mostly("longest", LINKAGE | TEXTS)))
    assert list(found.index) == list(times.index) and set(found) <= set(times.index)
    described = delineation.regions(found, mass, times)
    assert described.places.sum() == len(found) and math.isclose(described["mass"].sum(), mass[found.index].sum())
    assert not described.isna().any(axis=None)


@case(weight=2)
def descriptions_of_any_labels(draw, place):
    given, mass = labels(draw), weights(draw)
    found = delineation.regions(given, mass, draw(st.none() | st.just(square(draw))))
    assert found.places.sum() == len(given)
    finite(found["mass"])
    if "mean" in found:
        assert not found[["mean", "longest"]].isna().any(axis=None)
        assert (found["mean"] <= found.longest * (1 + 1e-9)).all()


@case(weight=2)
def matches_of_anything(draw, place):
    given, official = labels(draw), lists(draw)
    found = delineation.matched(given, official, draw(st.none() | st.just(weights(draw))))
    assert found[["jaccard", "held", "own"]].astype(float).apply(lambda c: c.between(0, 1 + 1e-12)).all(axis=None)
    assert (found.pieces >= 1).all() and len(found) == len(official)


@case(weight=2)
def agreement_of_anything(draw, place):
    given, official = labels(draw), lists(draw)
    found = delineation.agreement(given, official)
    assert -1 <= found <= 1
    other = {name: f"other {i}" for i, name in enumerate(dict.fromkeys(given))}
    assert math.isclose(found, delineation.agreement(given.map(other), official)), "names do not matter"


@case(few=6)
def chance_of_anything(draw, place):
    draws = draw(mostly(3, st.integers(-1, 5)))
    found = delineation.compact_chance(
        square(draw), weights(draw), lists(draw), draw(mostly(2, WHOLE)), draws, draw(mostly(0, st.integers(-1, 3)))
    )
    assert found.shape == (draws,) and ((found >= -1) & (found <= 1)).all()


@case(few=6)
def steadiness_of_anything(draw, place):
    anchors = draw(mostly(["a"], st.lists(st.sampled_from(PLACES) | TEXTS, max_size=2)))
    found = delineation.steadiness(
        square(draw),
        weights(draw),
        draw(mostly(60.0, SCALARS)),
        anchors,
        draw(mostly(0.1, SCALARS)),
        draw(mostly("mean", LINKAGE | TEXTS)),
        draw(mostly(3, st.integers(-1, 5))),
        draw(mostly(0, st.integers(-1, 3))),
    )
    assert ((found >= 0) & (found <= 1)).all(axis=None)
    assert all(found.loc[one, one] == 1 for one in found.columns)


@case(few=6)
def sensitivity_of_anything(draw, place):
    limits = draw(mostly([20, 60.0], st.lists(NUMBERS, max_size=2)))
    found = delineation.sensitivity(
        square(draw), weights(draw), lists(draw), limits, draw(mostly(["mean"], st.lists(LINKAGE | TEXTS, max_size=2)))
    )
    if len(found):
        assert found.largest.between(0, 1).all() and found.rand.between(-1, 1).all()


def sizes(draw):
    return damaged_array(draw, [9.0, 5.0, 2.0, 1.5, 1.0], 1)


@case(weight=2)
def rank_size_of_anything(draw, place):
    given, top = sizes(draw), draw(mostly(None, WHOLE))
    found = citysystems.rank_size(given, top, draw(mostly(0.95, SCALARS)))
    finite(found)
    assert 0 <= found.low <= found.exponent <= found.high and found.slope_low <= found.slope <= found.slope_high <= 0
    again = citysystems.rank_size(np.asarray(given, float)[::-1] / 4, top)
    assert math.isclose(again.exponent, found.exponent, rel_tol=1e-6), "neither order nor unit matters"


@case(weight=2)
def primacy_of_anything(draw, place):
    given = sizes(draw)
    found = citysystems.primacy(given)
    finite(found[["first_to_second", "first_share", "centres"]])
    assert 0 < found.first_share <= 1 <= found.centres * (1 + 1e-9) and found.centres <= len(given) * (1 + 1e-9)
    assert np.allclose(citysystems.primacy(given.astype(float)[::-1] / 4), found, equal_nan=True)


@case(weight=2)
def flows_of_anything(draw, place):
    times, mass = square(draw), weights(draw)
    found = citysystems.gravity_flows(
        times, mass, draw(mostly("exponential", TEXTS | st.just("power"))), draw(mostly(0.02, SCALARS))
    )
    finite(found)
    assert (found >= 0).all(axis=None) and (np.diag(found) == 0).all()


@case(weight=2)
def polycentricity_of_anything(draw, place):
    flows = damaged(draw, pd.DataFrame(APART[:3, :3], list("abc"), list("abc")))
    found = citysystems.functional_polycentricity(flows)
    finite(found)
    assert found.between(-1e-9, 1 + 1e-9).all()
    assert np.allclose(citysystems.functional_polycentricity(flows.astype(float) / 4), found, atol=1e-6)


@case(weight=2)
def kept_inside_anything(draw, place):
    flows = damaged(draw, pd.DataFrame(APART, PLACES, PLACES))
    found = citysystems.kept_inside(flows, {**lists(draw), "whole": PLACES})
    assert (found.dropna().between(0, 1 + 1e-9)).all()
    assert math.isclose(found["whole"], 1), "what leaves no place stays"


@case(weight=2)
def corridors_of_anything(draw, place):
    found = citysystems.corridor(
        damaged_array(draw, [120.0, 121.0, 123.0, 122.5], 1), damaged_array(draw, [40.0, 41.0, 42.0, 44.0], 1)
    )
    finite(found)
    assert 0 < found.linearity <= 1 + 1e-9 and found.longest_gap_km <= found.length_km * (1 + 1e-9)
    assert found.straight_km <= found.length_km * (1 + 1e-6)


MEMBERS = pd.DataFrame(
    [
        ["YRD", "a", "plan", "whole"],
        ["YRD", "b", "yrd 2019 centre only", "part"],
        ["CC", "c", "plan", "whole"],
        ["CC", None, "plan", "whole"],
        ["CC", "d", "prd", "part"],
    ],
    columns=["cluster_id", "city_code", "scope", "coverage"],
)


@case()
def cluster_lists_of_any_table(draw, place):
    members, delta = damaged(draw, MEMBERS), draw(mostly("centre", TEXTS | st.sampled_from(["2016", "whole"])))
    whole, strict = (megalopolis.cluster_lists(members, delta, partial) for partial in (True, False))
    assert all(set(places) <= set(whole[cluster]) for cluster, places in strict.items())
    assert all(len(set(places)) == len(places) > 0 for places in whole.values())


@case(weight=2)
def metropolitan_areas_of_any_tables(draw, place):
    counties = damaged(
        draw,
        pd.DataFrame({"fips": list("ab"), "metro": "M", "lon": [-70.0, -71], "lat": [40.0, 41], "area_km2": [5.0, 6]}),
        1,
    )
    population = damaged(
        draw, pd.DataFrame({"fips": list("abab"), "year": [1990, 1990, 2000, 2000], "population": [1.0, 2, 3, 4]}), 1
    )
    found = megalopolis.metropolitan_areas(counties, population)
    finite(found)
    known = population[population.fips.isin(counties.fips[counties.metro.notna()])]
    assert math.isclose(found.people.sum(), known.population.astype(float).sum())
    if len(found):
        assert found.lat.between(counties.lat.astype(float).min() - 1e-6, counties.lat.astype(float).max() + 1e-6).all()
        assert (found.area_km2 > 0).all()


@case(weight=2)
def weight_of_anything(draw, place):
    found = megalopolis.weight(damaged_series(draw, PEOPLE), lists(draw), draw(mostly(20.0, SCALARS)))
    assert found.between(0, 1).all() and found["together"] <= found.drop("together").sum() + 1e-9


@case(weight=2)
def measures_of_any_places(draw, place):
    table = pd.DataFrame(
        {
            "people": [3e6, 1.5e6, 6e5],
            "lon": [120.0, 121, 122],
            "lat": [40.0, 40, 41],
            "output": [9.0, 4, 1],
            "urban": [2e6, 1e6, np.nan],
            "counted": [3e6, 1.5e6, np.nan],
            "containers": [5.0, 0, 1],
        }
    )
    nation = {"people": 100e6, "area_km2": 1e6, "output": 200.0, "containers": 50.0}
    if draw(st.booleans()):
        nation[draw(st.sampled_from(sorted(nation)))] = draw(NUMBERS)
    table = damaged(draw, table)
    found = megalopolis.measure(
        table, nation, draw(mostly(1e4, NUMBERS | st.none())), draw(mostly(5e5, SCALARS)), draw(mostly(1e6, SCALARS))
    )
    assert not np.isinf(found.astype(float)).any() and (found.dropna() >= 0).all()
    assert math.isclose(found.G1 * 1e6, table.people.astype(float).sum(), rel_tol=1e-9)
    assert found.C2 != found.C2 or found.C2 <= 100


@case(weight=2)
def trips_of_anything(draw, place):
    official = lists(draw)
    found = megalopolis.trips(square(draw), official, weights(draw))
    assert len(found) == len(official) and (found.off_rail >= 0).all()
    assert found.joined.dropna().between(0, 1 + 1e-9).all()
    assert (found["mean"].dropna() <= found.longest[found["mean"].notna()] * (1 + 1e-9)).all()


@case(weight=2)
def scorecards_of_any_tables(draw, place):
    measured = damaged(
        draw,
        pd.DataFrame(
            {
                "region": list("xxyy"),
                "variant": ["base", "wide"] * 2,
                "criterion": ["G1", "G1", "P3", "P3"],
                "value": [20.0, 30, 3, np.nan],
            }
        ),
    )
    criteria = damaged(draw, pd.DataFrame({"criterion_id": ["G1", "P3"], "threshold": [25.0, 2.0]}), 1)
    found = megalopolis.scorecard(measured, criteria, draw(mostly("base", TEXTS)))
    assert set(found.verdict) <= {"pass", "fail", "no data"} and not found.duplicated(["region", "criterion"]).any()
    assert found.passing.dropna().between(0, 1).all()
    judged = found[found.verdict != "no data"]
    finite(judged.margin[judged.value > 0])
    assert ((judged.margin >= 1) == (judged.verdict == "pass")).all()
