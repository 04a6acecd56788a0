"""Candidate lines and access under draws of them: against a general shortest-path routine, and invariants."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import dijkstra

from railbelt import load
from railbelt.errors import DataError
from railbelt.geography import distance_km
from railbelt.network import Railways, market_access, on, railways, travel_times
from railbelt.network.counterfactual import as_designed, candidates, places_of, rail_access, straight_lines

PERIOD = ("2010-11-01", "2020-11-01", "2026-12-31")


@pytest.fixture(scope="module")
def china():
    census = load("city_census").query("year == 2010").set_index("city_code").population_10k
    cities = load("cities").set_index("city_code").loc[census.index]
    return cities, census, candidates(*PERIOD)


def test_candidates_opened_between_the_days(china):
    lines = china[2]
    assert (lines.opened > PERIOD[0]).all() and (lines.opened <= PERIOD[2]).all()
    assert ((lines.opened <= PERIOD[1]) == lines.realised).all()
    assert (lines.links > 0).all() and not lines.duplicated(["line_id", "section"]).any()


def test_links_count_changes_of_city():
    lines = candidates("2012-01-01", "2012-12-31", "2012-12-31").set_index("line_id")
    passed = railways().stops.query("line_id == 'hada'").sort_values("seq").node_code.map(places_of(railways()))
    assert lines.links["hada"] == (passed != passed.shift()).sum() - 1


def test_pooling_joins_the_long_ones(china):
    pooled = candidates(*PERIOD, pool=4)
    assert set(pooled.group) <= {"1", "2", "3", "4"}
    assert (pooled.group.astype(int) == china[2].links.clip(upper=4)).all()


def toy():
    """Three cities on a line, a fast line over all of them and one over the first two."""
    nodes = pd.DataFrame({"name": list("ABC"), "lon": [110.0, 112, 114], "lat": [35.0] * 3}, index=list("abc"))
    day = pd.to_datetime(["2011-01-01", "2015-01-01"])
    sections = pd.DataFrame({"line_id": ["x", "y"], "section": "", "name": ["X", "Y"], "mode": "hsr", "opened": day,
                             "closed": pd.NaT, "length_km": [400.0, 200.0]})  # fmt: skip
    stops = pd.DataFrame({"line_id": list("xxxyy"), "section": "", "seq": [1, 2, 3, 1, 2], "node_code": list("abcab")})
    speeds = pd.DataFrame({"line_id": ["x", "y"], "section": "", "from_date": day, "speed_kmh": [300.0, 200.0]})
    return Railways(nodes, sections, stops, speeds)


def test_straight_lines_by_hand():
    rails = toy()
    mass = pd.Series(1.0, index=list("abc"))
    lines = candidates("2010-01-01", "2012-01-01", "2016-01-01", rails)
    engine = straight_lines(rails.nodes, mass, lines, "2012-01-01", rails)
    step = float(distance_km(110, 35, 112, 35))
    assert lines.realised.tolist() == [True, False] and lines.links.tolist() == [2, 1]
    assert engine.times([False, False])[0, 1] == pytest.approx(0.6 * step, rel=1e-5)
    assert engine.times([True, False])[0, 2] == pytest.approx(2 * 60 * 1.3 * step / 300, rel=1e-5)
    assert engine.times([False, True])[0, 1] == pytest.approx(60 * 1.3 * step / 200, rel=1e-5)
    grown = engine([[True, False], [False, False]])
    assert (grown[0] > 0).all() and (grown[1] == 0).all()


def test_straight_lines_equal_dijkstra(china):
    cities, census, lines = china
    engine = straight_lines(cities, census, lines, PERIOD[1])
    some = np.random.default_rng(0).random(len(lines)) < 0.5
    graph = engine.minutes.astype(float)
    for section, (a, b), minutes in zip(engine.section, engine.ends.T, engine.link_minutes, strict=True):
        if some[section]:
            graph[a, b] = graph[b, a] = min(graph[a, b], minutes)
    assert np.abs(dijkstra(graph, directed=False) - engine.times(some)).max() < 0.02


def test_what_draws_share_changes_nothing(china):
    cities, census, lines = china
    engine = straight_lines(cities, census, lines, PERIOD[1])
    draws = np.random.default_rng(2).random((4, len(lines))) < 0.6
    alone = np.stack([np.log(engine.access(row)) for row in draws]) - np.log(engine.access(np.zeros(len(lines))))
    assert np.abs(engine(draws) - alone).max() < 1e-5
    times = engine.times(draws[0])
    assert (times == times.T).all() and (times <= engine.minutes).all()


def test_designed_speeds_are_those_of_the_lines():
    lines = load("hsr_lines").set_index(["line_id", "section"])
    speeds = as_designed().speeds.set_index(["line_id", "section"])
    fast = speeds[speeds.index.isin(lines.index)]
    assert (fast.speed_kmh == lines.design_speed_kmh.reindex(fast.index)).all()
    conventional = railways().speeds.set_index(["line_id", "section"]).speed_kmh
    assert (
        speeds[~speeds.index.isin(lines.index)].speed_kmh == conventional[~conventional.index.isin(lines.index)]
    ).all()


def test_several_decays_share_a_search(china):
    _, census, lines = china
    draws = np.random.default_rng(3).random((3, len(lines))) < 0.6
    both = rail_access(census, lines, PERIOD[1], decay=(0.01, 0.04))
    apart = [rail_access(census, lines, PERIOD[1], decay=one)(draws) for one in (0.01, 0.04)]
    assert (both(draws) == np.hstack(apart)).all()


def test_rail_access_equals_the_network_computed_afresh(china):
    _, census, lines = china
    access = rail_access(census, lines, PERIOD[1])
    grown = access(lines.realised.to_numpy()[None])[0]
    after, reached = on(PERIOD[1]), access.mass.index
    now = market_access(travel_times(after, reached, reached), access.mass)
    closed = after.links.merge(lines[["line_id", "section"]], how="left", indicator=True)
    links = closed[closed._merge == "left_only"].drop(columns="_merge")
    without = replace(after, links=links)
    then = market_access(travel_times(without, reached, reached), access.mass)
    assert np.abs(grown - np.log(now / then)[access.cities]).max() < 1e-3


def test_more_lines_never_lower_access(china):
    cities, census, lines = china
    rng = np.random.default_rng(1)
    fewer = rng.random((4, len(lines))) < 0.3
    more = fewer | (rng.random((4, len(lines))) < 0.3)
    for engine in (rail_access(census, lines, PERIOD[1]), straight_lines(cities, census, lines, PERIOD[1])):
        assert (engine(more) - engine(fewer) > -1e-4).all()


def test_hostile_input_is_refused(china):
    cities, census, lines = china
    with pytest.raises(DataError, match="not in order"):
        candidates("2012-01-01", "2010-01-01", "2020-01-01")
    with pytest.raises(DataError, match="no section of mode"):
        candidates(*PERIOD, mode="hrs")
    with pytest.raises(DataError, match="no section of mode"):
        candidates("1990-01-01", "1991-01-01", "2020-01-01")
    with pytest.raises(DataError, match="'mass'"):
        straight_lines(cities, census.iloc[1:], lines, PERIOD[1])
