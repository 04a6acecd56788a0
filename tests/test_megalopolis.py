"""Measurements of regions: against published totals, by hand, overlapping clusters, hostile input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.megalopolis import cluster_lists, measure, metropolitan_areas, scorecard, trips, weight

NATION = {"people": 100e6, "area_km2": 1e6, "output": 1000.0, "containers": 50.0}


def test_published_numbers_of_members():
    members = load("cluster_members")
    lists = cluster_lists(members)
    # Printed in the plans: 13 cities of Jing-Jin-Ji, 9 of the Pearl River Delta, 27 of the delta's centre, 11 of Harbin-Changchun.
    assert [len(lists[c]) for c in ("JJJ", "PRD", "YRD", "HC", "LZN")] == [13, 9, 27, 11, 9]
    assert len(lists) == 19
    without = cluster_lists(members, partial=False)
    assert len(without["CY"]) == 12 and set(without["CY"]) < set(lists["CY"])


def test_metropolitan_areas_equal_the_printed_census_of_2020():
    areas = metropolitan_areas(load("us_counties"), load("us_county_population"))
    printed = {"Boston-Cambridge-Newton": 4_941_632, "Philadelphia-Camden-Wilmington": 6_245_051}
    for metro, people in printed.items():
        assert areas.people[2020, metro] == people
    assert (areas.groupby("metro").area_km2.nunique() == 1).all()
    assert areas.groupby("year").size().eq(21).all()


def test_people_beyond_all_doubles_have_no_mean_place():
    counties = pd.DataFrame({"fips": list("ab"), "metro": "M", "lon": [-70.0, -71], "lat": [40.0, 41], "area_km2": 5.0})
    population = pd.DataFrame({"fips": list("ab"), "year": 1990, "population": [2.6e306, 2.0]})
    with pytest.raises(DataError, match=r"column 'population', row 0: .* beyond all measure"):
        metropolitan_areas(counties, population)


def test_the_belt_of_eighteen_holds_two_thirds():
    prefectures = load("japan_prefectures").set_index("prefecture_code")
    people = load("japan_prefecture_population").query("year == 2020").set_index("prefecture_code").population
    belts = {name: prefectures.index[prefectures[name]].tolist() for name in ("belt_pacific_18", "tokaido_12")}
    shares = weight(people.astype(float), belts, 126_146_099)
    assert shares.belt_pacific_18 == pytest.approx(2 / 3, abs=0.01)
    assert shares.tokaido_12 < 0.6


def test_the_union_counts_a_shared_place_once():
    shares = weight(pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}), {"x": ["a", "b"], "y": ["b", "c", "gone"]}, 6)
    assert shares.to_dict() == pytest.approx({"x": 0.5, "y": 5 / 6, "together": 1})


def region(**columns):
    return pd.DataFrame({"people": [3e6, 1e6, 4e5], "lon": [0.0, 1, 2], "lat": [0.0, 0, 0], **columns})


def test_measures_by_hand():
    found = measure(
        region(output=[60.0, 20, 4], containers=[2.0, 0, 0], urban=[2e6, np.nan, 2e5], counted=[2.5e6, 9e5, 4e5]),
        NATION, area_km2=1e4,
    )  # fmt: skip
    assert pytest.approx(4.4) == found.G1
    assert pytest.approx(440) == found.G2 and pytest.approx(4.4) == found.G6
    assert found.G3 == 2
    assert found.P3 == 3
    assert pytest.approx(111.32, abs=0.01) == found.K1 and pytest.approx(1) == found.K2
    assert pytest.approx(0.084 / 0.044) == found.K3
    assert pytest.approx(0.04 / 0.044) == found.G4
    assert pytest.approx(100 * 2.2 / 2.9) == found.C2
    assert pytest.approx(100 * 60 / 84) == found.C3


def test_output_of_some_places_is_compared_with_their_people():
    found = measure(region(output=[60.0, np.nan, np.nan]), NATION)
    assert pytest.approx(0.06 / 0.03) == found.K3
    assert found[["G2", "G6", "G4", "C2", "C3"]].isna().all()


def test_trips_of_residents():
    times = pd.DataFrame([[0, 30, np.inf], [30, 0, np.inf], [np.inf, np.inf, 0]], list("abc"), list("abc"), dtype=float)
    found = trips(times, {"x": ["a", "b", "c", "d"]}, pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 9.0})).loc["x"]
    assert found["mean"] == 30 and found.longest == np.inf and found.off_rail == 1
    assert found.joined == pytest.approx(2 / (2 + 3 + 6))


CRITERIA = pd.DataFrame({"criterion_id": ["G1", "P3", "C3"], "threshold": [25.0, 2.0, np.nan]})


@given(st.floats(0.1, 1000), st.sampled_from(["G1", "P3"]))
def test_the_margin_says_pass_or_fail(value, criterion):
    rows = pd.DataFrame({"region": ["x"], "variant": ["base"], "criterion": [criterion], "value": [value]})
    found = scorecard(rows, CRITERIA).iloc[0]
    passes = value >= 25 if criterion == "G1" else value <= 2
    assert found.verdict == ("pass" if passes else "fail")
    assert (found.margin >= 1) == passes


def test_nothing_passes_a_criterion_of_at_most_by_any_factor():
    rows = pd.DataFrame({"region": ["x"], "variant": ["base"], "criterion": ["P3"], "value": [0.0]})
    found = scorecard(rows, CRITERIA).iloc[0]
    assert found.verdict == "pass" and found.margin == np.inf


def test_scorecard_tells_missing_from_failing_and_robust_from_not():
    rows = pd.DataFrame(
        [("x", "base", "G1", 30.0), ("x", "narrow", "G1", 20.0), ("x", "base", "P3", np.nan), ("x", "narrow", "P3", 1.0)],
        columns=["region", "variant", "criterion", "value"],
    )  # fmt: skip
    found = scorecard(rows, CRITERIA).set_index("criterion")
    assert found.verdict.to_dict() == {"G1": "pass", "P3": "no data"}
    assert found.depends.to_dict() == {"G1": True, "P3": False}
    assert found.variants.to_dict() == {"G1": 2, "P3": 1}


def test_every_threshold_says_whose_it_is():
    criteria = load("gottmann_criteria").set_index("criterion_id")
    for criterion in ("G1", "G2", "G3", "G4", "G6", "K1", "K2", "K3", "N3", "P3", "C2", "C3"):
        assert criteria.threshold[criterion] > 0
        assert criteria.threshold_kind[criterion] in {
            "published",
            "proxy",
            "project choice",
            "natural",
            "rule of thumb",
        }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cluster_lists(load("cluster_members"), "middle"), "no delta 'middle'"),
        (lambda: scorecard(pd.DataFrame({"region": ["x"], "variant": ["base"], "criterion": ["C3"], "value": [1.0]}), CRITERIA), "no threshold for C3"),
        (lambda: scorecard(pd.DataFrame({"region": ["x"], "variant": ["wide"], "criterion": ["G1"], "value": [1.0]}), CRITERIA), "no variant 'base' for x"),
        (lambda: scorecard(pd.DataFrame({"region": ["x"], "variant": ["base"], "criterion": ["P3"], "value": [1e-310]}), CRITERIA), "too near to it"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(DataError, match=message):
        call()
