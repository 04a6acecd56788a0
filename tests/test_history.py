"""The network through time: lengths by region, lags, first trains, whose lines raised whose access, planned lines."""

import numpy as np
import pandas as pd
import pytest

from railbelt import load
from railbelt.errors import DataError, ScenarioError
from railbelt.geography import CHINA
from railbelt.models.inequality import theil
from railbelt.network import Railways, market_access, on, railways, travel_times
from railbelt.network.history import (
    access_by_year,
    access_growth,
    access_inequality,
    cities_served,
    first_service,
    lag_years,
    length_open,
    networks_by_year,
    node_regions,
    plan_gains,
    residents,
    times_by_year,
    tracks,
)

RAILS = railways()
PROVINCE = pd.Series(RAILS.nodes.index.str[:2], index=RAILS.nodes.index)
MASS = load("city_census").query("year == 2010").set_index("city_code").population_10k.astype(float)


def toy(opened=("2001-01-01", "2002-01-01")) -> Railways:
    """Return four places on a conventional line, with two fast sections: within west, and between west and east."""
    nodes = pd.DataFrame(
        {"name": list("abcd"), "lon": [100.0, 101, 102, 103], "lat": 40.0, "city_code": list("abcd")},
        index=list("abcd"),
    )
    section = ["", "ab", "bd"]
    sections = pd.DataFrame({
        "line_id": ["slow", "fast", "fast"], "section": section, "name": "x", "mode": ["conventional", "hsr", "hsr"],
        "opened": pd.to_datetime(["1990-01-01", *opened]), "closed": pd.NaT, "length_km": [300.0, 100, 200],
    })  # fmt: skip
    stops = pd.DataFrame(
        [("slow", "", i, c) for i, c in enumerate("abcd")]
        + [("fast", "ab", i, c) for i, c in enumerate("ab")]
        + [("fast", "bd", i, c) for i, c in enumerate("bcd")],
        columns=["line_id", "section", "seq", "node_code"],
    )
    speeds = pd.DataFrame({
        "line_id": ["slow", "fast", "fast"], "section": section, "speed_kmh": [60.0, 200, 300],
        "from_date": pd.to_datetime(["1990-01-01", *opened]),
    })  # fmt: skip
    return Railways(nodes=nodes, sections=sections, stops=stops, speeds=speeds)


REGION = pd.Series({"a": "west", "b": "west", "c": "east", "d": "east"})


def test_lengths_of_regions_add_up_and_a_leg_across_the_border_is_shared():
    found = length_open(networks_by_year(toy(), [2000, 2001, 2002]), REGION)
    assert found.sum(axis=1).round(6).tolist() == [0, 100, 300]
    assert found.loc[2002].round(6).to_dict() == {"west": 150, "east": 150}
    assert length_open(networks_by_year(toy(), [2002]), REGION, at_least_kmh=250).sum(axis=1).round(6).tolist() == [200]


def test_national_length_is_near_the_published_one():
    """40,000 km at the end of 2021, 45,000 of 2023 and over 50,000 of 2025, as the railways report."""
    whole = length_open(
        networks_by_year(RAILS, [2021, 2023, 2025]), pd.Series("China", index=RAILS.nodes.index), at_least_kmh=200
    ).China
    assert whole.to_numpy() == pytest.approx([40_000, 45_000, 50_400], rel=0.03)


def test_the_northeast_opened_what_the_documents_say():
    northeast = PROVINCE.isin(["21", "22", "23"]).map({True: "Northeast", False: "Rest"})
    length = length_open(networks_by_year(RAILS, [2003, 2011, 2012, 2015]), northeast).Northeast
    assert length[2011] - length[2003] == pytest.approx(111, abs=1)  # Changchun-Jilin
    assert length[2012] - length[2011] == pytest.approx(921, abs=1)  # Harbin-Dalian
    assert length[2015] - length[2012] == pytest.approx(90 + 224 + 292 + 279 + 361 + 139, abs=2)


def test_cities_served_never_lose_a_stop():
    served = cities_served(networks_by_year(RAILS, range(2003, 2026)))
    assert (served.astype(int).diff().dropna() >= 0).all().all()
    assert not served["2307"].any() and served.loc[2025, "2104"] and not served.loc[2024, "2104"]  # Yichun, Fushun


def test_first_trains_of_provinces():
    first = first_service(RAILS, PROVINCE, 200).day
    assert first["23"] == pd.Timestamp("2012-12-01") and first["22"] == pd.Timestamp("2011-01-11")
    assert first["11"] == pd.Timestamp("2008-08-01")
    assert first_service(RAILS, PROVINCE, 300).day["23"] == pd.Timestamp("2013-04-21")
    assert "54" not in first_service(RAILS, PROVINCE, 200).index  # Lhasa-Nyingchi runs at 160


def test_lag_is_the_horizontal_distance_between_two_curves():
    years = np.arange(2000, 2011)
    levels = pd.DataFrame({"early": (years - 2000) ** 2.0, "late": np.maximum(years - 2003, 0) ** 2.0}, index=years)
    lag = lag_years(levels, "late", "early")
    assert lag.loc[2004:].to_numpy() == pytest.approx(3.0)
    assert lag.loc[:2003].isna().all()
    assert np.isnan(lag_years(levels, "early", "late")[2010])  # never reached
    assert lag_years(levels, "early", "late")[2005] == pytest.approx(-3.0)


def test_lag_names_a_wrong_column_and_refuses_falling_years():
    levels = pd.DataFrame({"early": [0.0, 1.0]}, index=[2001, 2000])
    with pytest.raises(DataError, match="rise"):
        lag_years(levels, "early", "early")
    with pytest.raises(DataError, match=r"'place'.*late"):
        lag_years(levels, "late", "early")


def test_parts_of_growth_add_up_and_equal_the_direct_computation():
    mass = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})
    found = access_growth(toy(), "2000-12-31", "2002-12-31", mass, REGION)
    assert (found.home + found.elsewhere + found.trains).to_numpy() == pytest.approx(found.growth.to_numpy())
    before, after = (market_access(travel_times(on(day, toy())), mass) for day in ("2000-12-31", "2002-12-31"))
    assert found.growth.to_numpy() == pytest.approx(np.log(after / before).to_numpy(), abs=1e-5)
    assert found.trains.to_numpy() == pytest.approx(0, abs=1e-6)
    only_west = access_growth(toy(("2001-01-01", "2009-01-01")), "2000-12-31", "2002-12-31", mass, REGION)
    assert (only_west.elsewhere[["a", "b"]].abs() < 1e-6).all() and (only_west.home[["c", "d"]].abs() < 1e-6).all()


def test_growth_of_the_whole_country_is_all_home():
    whole = pd.Series("China", index=RAILS.nodes.index)
    found = access_growth(RAILS, "2011-01-01", "2013-12-31", MASS, whole)
    assert found.elsewhere.to_numpy() == pytest.approx(0, abs=1e-4)
    assert (found.home > -1e-4).all()


def test_planned_lines_gain_and_the_sum_is_not_below_the_best():
    homes = [code for code in MASS.index if code[:2] in ("21", "22", "23")]
    plans = {"Harbin-Yichun": ["hatie", "tieyi"], "Mudanjiang-Dunhua": ["mudun"], "Xi'an-Shiyan": ["xishi"]}
    found = plan_gains(RAILS, plans, "2025-12-31", MASS, homes)
    assert (found[["alone", "last"]] >= -1e-6).all().all()
    assert found.index[0] == "Harbin-Yichun" and found.loc["Xi'an-Shiyan", "cities"] == 0
    assert found.length_km["Harbin-Yichun"] == pytest.approx(318, abs=1)


def test_a_line_that_is_open_is_no_plan():
    with pytest.raises(ScenarioError, match="hada"):
        plan_gains(RAILS, {"spine": ["hada"]}, "2025-12-31", MASS, ["2101"])


def test_a_region_that_fits_no_node_is_refused():
    with pytest.raises(DataError, match="region"):
        length_open(networks_by_year(toy(), [2001]), pd.Series({"z": "west"}))
    with pytest.raises(DataError, match="some regions are texts and some are not"):
        length_open(networks_by_year(toy(), [2001]), REGION.astype(object).where(REGION.index != REGION.index[0], 1.5))
    with pytest.raises(DataError, match="'networks': none"):
        times_by_year({}, ["a"], ["b"])


def test_times_by_year_are_those_of_the_year_end():
    found = times_by_year(networks_by_year(RAILS, [2011, 2012]), ["2102"], ["2301"])["2301"]
    direct = travel_times(on("2012-12-31", RAILS), ["2102"], ["2301"]).iloc[0, 0]
    assert found[2012, "2102"] == pytest.approx(direct) and found[2012, "2102"] < found[2011, "2102"]


def test_inequality_is_that_of_the_models_and_its_parts_add_up():
    people, group = residents(RAILS), node_regions(RAILS)
    access = access_by_year(networks_by_year(RAILS, [2003, 2025]), people)
    found = access_inequality(access, people, group)
    frame = pd.DataFrame({"people": people.round(), "group": group.reindex(people.index)})
    for year in access:
        slow = theil(frame.assign(sum=access[year] * frame.people), "sum", "people", "group")
        assert found.loc[year].to_numpy() == pytest.approx(slow.to_numpy(), abs=5e-4)
    assert (found.between + found.within).to_numpy() == pytest.approx(found.theil.to_numpy())
    assert access_inequality(access * 7, people, group).to_numpy() == pytest.approx(found.to_numpy())


def test_regions_and_residents_fit_the_published_totals():
    people, group = residents(RAILS), node_regions(RAILS)
    northeast = people[people.index.map(group) == "Northeast"]
    assert len(northeast) == 36
    assert northeast.sum() == pytest.approx(10_952, rel=0.01)  # census of 2010, 109.52 million in the three provinces
    assert set(group.dropna()) == {"Northeast", "East", "Central", "West"}


def test_tracks_are_about_as_long_as_the_lines():
    drawn = tracks(RAILS, CHINA)
    spine = drawn[drawn.line_id == "hada"].length.sum() / 1000
    assert 0.85 * 921 < spine < 921 and (drawn[drawn.line_id == "hada"].opened == pd.Timestamp("2012-12-01")).all()


def test_who_loses_rank_is_named():
    people = residents(RAILS)
    homes = [code for code in people.index if code[:2] in ("21", "22", "23")]
    found = plan_gains(
        RAILS, {"Harbin-Yichun": ["hatie", "tieyi"], "Xi'an-Shiyan": ["xishi"]}, "2025-12-31", people, homes
    )
    assert (found.loser.isna() == (found.overtaken == 0)).all()
    assert found.loc["Harbin-Yichun", "loser"] in homes
