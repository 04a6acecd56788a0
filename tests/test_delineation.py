"""Delineation: against scipy and scikit-learn, by hand, invariants, hostile input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score

from railbelt.errors import DataError
from railbelt.models.delineation import (
    LINKAGES,
    agreement,
    compact_chance,
    cut,
    delineate,
    matched,
    merge_tree,
    regions,
    sensitivity,
    steadiness,
    together,
)


def cloud(seed, n=14):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 300, (n, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    names = [f"p{i}" for i in range(n)]
    return pd.DataFrame(apart, names, names), pd.Series(rng.integers(1, 6, n).astype(float), names)


@given(st.integers(0, 10_000), st.sampled_from([("longest", "complete"), ("shortest", "single")]))
@settings(max_examples=30, deadline=None)
def test_equals_scipy(seed, pair):
    times, mass = cloud(seed)
    ours, theirs = pair
    heights = linkage(squareform(times.to_numpy()), theirs)[:, 2]
    assert merge_tree(times, mass, ours).minutes.to_numpy() == pytest.approx(heights)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_mean_trip_equals_scipy_on_one_point_a_resident(seed):
    times, mass = cloud(seed)
    copies = np.repeat(np.arange(len(mass)), mass.astype(int))
    heights = linkage(squareform(times.to_numpy()[np.ix_(copies, copies)], checks=False), "average")[:, 2]
    assert merge_tree(times, mass).minutes.to_numpy() == pytest.approx(heights[heights > 0])


@given(st.integers(0, 10_000), st.floats(20, 200))
@settings(max_examples=30, deadline=None)
def test_the_shortest_linkage_is_the_graph_of_trips_within_the_limit(seed, minutes):
    times, mass = cloud(seed)
    _, component = connected_components(times.to_numpy() <= minutes)
    assert adjusted_rand_score(component, delineate(times, mass, minutes, "shortest")) == 1


@given(st.integers(0, 10_000), st.sampled_from(LINKAGES))
@settings(max_examples=30, deadline=None)
def test_a_looser_limit_only_joins(seed, how):
    times, mass = cloud(seed)
    tree = merge_tree(times, mass, how)
    tight, loose = cut(tree, 60, times.index), cut(tree, 120, times.index)
    assert (loose.groupby(tight).nunique() == 1).all()
    assert tree.minutes.is_monotonic_increasing


def test_the_longest_linkage_keeps_its_promise():
    times, mass = cloud(3, 40)
    labels = delineate(times, mass, 100, "longest")
    assert regions(labels, mass, times).longest.max() <= 100


def test_a_region_is_named_after_its_heaviest_place_whatever_the_order():
    times, mass = cloud(5)
    labels = delineate(times, mass, 90)
    for name, inside in labels.groupby(labels).groups.items():
        assert mass[name] == mass[inside].max()
    shuffled = list(np.random.default_rng(0).permutation(times.index))
    again = delineate(times.loc[shuffled, shuffled], mass, 90)
    assert adjusted_rand_score(labels, again[labels.index]) == 1


def test_what_cannot_be_reached_stays_alone():
    times = pd.DataFrame([[0, 10, np.inf], [10, 0, np.inf], [np.inf, np.inf, 0]], list("abc"), list("abc"), dtype=float)
    for how in LINKAGES:
        assert delineate(times, pd.Series(1.0, list("abc")), 1e9, how).nunique() == 2


def test_regions_add_up():
    times, mass = cloud(1)
    labels = delineate(times, mass, 100)
    found = regions(labels, mass, times)
    assert found.mass.sum() == mass.sum() and found.places.sum() == len(mass)
    inside = labels.index[labels == found.index[0]]
    pairs = [(a, b) for a in inside for b in inside if a != b]
    weights = [mass[a] * mass[b] for a, b in pairs]
    assert found["mean"].iloc[0] == pytest.approx(np.average([times.loc[p] for p in pairs], weights=weights))


def test_jaccard_by_hand_with_overlapping_clusters():
    labels = pd.Series({"a": "R", "b": "R", "c": "S", "d": "S"})
    mass = pd.Series({"a": 1.0, "b": 3.0, "c": 2.0, "d": 4.0})
    found = matched(labels, {"x": ["a", "b", "c"], "y": ["c", "d"], "z": ["b", "unknown"]}, mass)
    assert found.jaccard.tolist() == pytest.approx([4 / 6, 1, 3 / 4])
    assert found.held.tolist() == pytest.approx([4 / 6, 1, 1])
    assert found.own.tolist() == pytest.approx([1, 1, 3 / 4])
    assert found.pieces.tolist() == [2, 1, 1]


def test_rand_leaves_out_places_in_two_clusters():
    labels = pd.Series({"a": 1, "b": 1, "c": 2, "d": 2, "e": 1})
    official = {"x": ["a", "b", "c"], "y": ["d", "e", "c"]}
    assert agreement(labels, official) == pytest.approx(adjusted_rand_score([0, 0, 1, 1], [1, 1, 2, 1]))


def test_rand_of_the_example_of_hubert_and_arabie():
    # The contingency table of their note: rows (1 1 0), (1 2 1), (0 0 4); sums of pairs 7, 14 and 13 of 45.
    table = np.array([[1, 1, 0], [1, 2, 1], [0, 0, 4]])
    rows, columns = zip(*[(i, j) for i in range(3) for j in range(3) for _ in range(table[i, j])], strict=True)
    places = [f"p{i}" for i in range(10)]
    official = {f"c{k}": [p for p, i in zip(places, rows, strict=True) if i == k] for k in range(3)}
    pairs, expected = 7, 13 * 14 / 45
    assert agreement(pd.Series(columns, places), official) == pytest.approx((pairs - expected) / (13.5 - expected))


def test_sensitivity_repeats_the_single_delineation():
    times, mass = cloud(2)
    official = {"x": ["p0", "p1", "p2"], "y": ["p3", "p4", "p5"]}
    grid = sensitivity(times, mass, official, [60, 120])
    assert len(grid) == 2 * len(LINKAGES)
    row = grid[(grid.linkage == "mean") & (grid.minutes == 120)].iloc[0]
    labels = delineate(times, mass, 120)
    assert row.rand == agreement(labels, official)
    assert row.x == matched(labels, official, mass).jaccard["x"]
    assert fcluster(linkage(squareform(times.to_numpy()), "complete"), 60, "distance").max() >= row.regions


@given(st.integers(0, 10_000), st.sampled_from(LINKAGES))
@settings(max_examples=20, deadline=None)
def test_two_places_meet_where_the_cut_says(seed, how):
    times, mass = cloud(seed)
    tree = merge_tree(times, mass, how)
    minutes = together(tree, "p1", "p7")
    below, at = (cut(tree, limit, times.index) for limit in (minutes - 1e-6, minutes))
    assert below["p1"] != below["p7"] and at["p1"] == at["p7"]
    assert together(tree, "p7", "p1") == minutes and together(tree, "p1", "p1") == 0


def test_without_error_every_place_is_sure_and_with_error_only_the_middle_of_a_region_is():
    times, mass = cloud(6, 25)
    labels = delineate(times, mass, 110)
    anchor = labels.mode()[0]
    sure = steadiness(times, mass, 110, [anchor], spread=0.0, draws=2)[anchor]
    assert (sure == (labels == anchor)).all()
    loose = steadiness(times, mass, 110, [anchor], spread=0.3, draws=40)[anchor]
    assert loose[anchor] == 1 and loose.between(0, 1).all() and ((loose > 0) & (loose < 1)).any()
    again = steadiness(times, mass, 110, [anchor], spread=0.3, draws=40)[anchor]
    assert (loose == again).all()


def test_random_compact_maps_do_not_hang_on_the_order_and_lie_below_a_perfect_one():
    times, mass = cloud(4, 40)
    labels = delineate(times, mass, 120)
    official = {name: list(inside) for name, inside in labels.groupby(labels).groups.items()}
    chance = compact_chance(times, mass, official, len(official), draws=60)
    assert chance.shape == (60,) and -0.2 < np.median(chance) < 1 == agreement(labels, official)
    assert (chance == compact_chance(times, mass, official, len(official), draws=60)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, m: merge_tree(t, m, "median"), "no linkage 'median'"),
        (lambda t, m: merge_tree(t.iloc[:, ::-1], m), "same places"),
        (lambda t, m: merge_tree(-t, m), "from zero"),
        (lambda t, m: merge_tree(t, m.drop("p3")), "'p3' has nan"),
        (lambda t, m: merge_tree(t, m * 0), "above zero"),
        (lambda t, m: matched(delineate(t, m, 60), {"x": ["nowhere"]}), "cluster 'x'"),
        (lambda t, m: steadiness(t, m, 60, ["p99"], 0.1), "no place 'p99'"),
        (lambda t, m: steadiness(t, m, 60, ["p1"], -0.1), "'spread'"),
        (lambda t, m: steadiness(t, m, 60, ["p1"], "0.1"), "'spread': '0.1' is not a number from 0 to 5"),
        (lambda t, m: compact_chance(t, m, {"x": ["p1", "p2"]}, 99), "from 1 to 14"),
        (lambda t, m: agreement(delineate(t, m, 60), {"x": ["p1"]}), "fewer than two"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(DataError, match=message):
        change(*cloud(0))
