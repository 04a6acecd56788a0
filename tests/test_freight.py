"""The freight corridors: one engine, two networks. Costs by hand, searches against another algorithm, draws against closed forms."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import dijkstra

from railbelt import load
from railbelt.errors import DataError, ScenarioError
from railbelt.models.freight import (
    corridor,
    corridor_costs,
    corridor_network,
    corridor_railways,
    draw,
    drivers,
    least_cost,
    link_costs,
    parameter_ranges,
    summary,
)
from railbelt.network import route, travel_times


@pytest.fixture(scope="module")
def draws():
    return draw(60)


@pytest.fixture(scope="module")
def certain():
    """One draw in which everything takes its likely value."""
    ranges = parameter_ranges()
    return draw(1, ranges=ranges.assign(low=ranges.likely, high=ranges.likely))


def test_the_network_holds_every_leg_once():
    rails = corridor_railways()
    legs = load("corridor_legs")
    pairs = {(frozenset(x), m) for *x, m in legs[["from_node", "to_node", "mode"]].itertuples(index=False)}
    assert len(rails.sections) == len(pairs)
    known = legs.dropna(subset="km").groupby("corridor_id").km.sum()
    whole = corridor_network("2035-12-31", rails)
    for name, count in load("corridors").set_index("corridor_id").legs.items():
        links = corridor(name, whole).links
        assert len(links) == count
        assert links.length_km.sum() >= known.get(name, 0) - 1e-6
    assert (rails.sections.length_km.dropna() > 0).all()


def test_legs_of_one_corridor_join():
    for _, legs in load("corridor_legs").groupby("corridor_id"):
        legs = legs.sort_values("leg")
        assert (legs.from_node.iloc[1:].to_numpy() == legs.to_node.iloc[:-1].to_numpy()).all(), legs.corridor_id.iloc[0]


def test_a_shared_leg_is_the_same_in_every_corridor():
    legs = load("corridor_legs")
    key = [frozenset(pair) for pair in zip(legs.from_node, legs.to_node, strict=True)]
    for (_, _), rows in legs.groupby([pd.Series(map(str, map(sorted, key))), "mode"]):
        assert rows.km.nunique(dropna=False) == 1, rows
        assert rows.border_wait_h_high.nunique(dropna=False) == 1, rows


def test_bridges_open_on_their_day():
    def crossings(day):
        return set(corridor_network(day).links.border.dropna())

    assert "heihe_road_bridge" not in crossings("2022-06-09") and "heihe_road_bridge" in crossings("2022-06-10")
    assert "tongjiang_rail_bridge" not in crossings("2022-11-15")
    assert "tongjiang_rail_bridge" in crossings("2022-11-16")


def test_hours_are_lengths_over_speeds():
    """The passenger engine on the freight network: Harbin to Manzhouli is one leg of 935 km at the likely 32 km/h."""
    network = corridor_network("2024-12-31")
    assert travel_times(network, ["Harbin"], ["Manzhouli"]).iloc[0, 0] == pytest.approx(60 * 935 / 32, rel=1e-6)
    way = route(network, "Harbin", "Chita")
    assert way["mode"].tolist() == ["rail1435", "change", "rail1520", "rail1520", "trip"]


def test_the_cost_of_a_corridor_is_the_sum_by_hand(certain):
    """Harbin - Suifenhe - Vladivostok at likely values: 548 km of standard and 235 km of broad gauge, one reloading."""
    found = corridor_costs(["primorye1"], certain).iloc[0]
    hour = 25_000 * 0.012 / 24
    wait = np.sqrt(6.3 * 22.4)
    assert found.km == 783
    assert found.tariff == pytest.approx(783 * 0.5)
    assert found.running == pytest.approx(783 / 32 * hour)
    assert found.change == pytest.approx(80 + 9 * hour)
    assert found.border == pytest.approx((wait - 9) * hour)
    assert found.cost == pytest.approx(783 * 0.5 + 80 + hour * (783 / 32 + wait))
    assert found.hours == pytest.approx(783 / 32 + wait)


def test_a_stop_on_the_way_costs_less(draws):
    whole, part = (corridor_costs(["tongjiang"], draws, until=u).cost for u in (None, {"tongjiang": "Khabarovsk"}))
    assert (part < whole).all()
    with pytest.raises(DataError, match="does not pass 'Chita'"):
        corridor_costs(["tongjiang"], draws, until={"tongjiang": "Chita"})


def test_costs_add_up_from_their_parts(draws):
    table = corridor_costs(load("corridors").corridor_id.tolist(), draws)
    parts = table[["tariff", "running", "border", "port", "change"]]
    assert (parts >= -1e-9).all().all()
    assert parts.sum(axis=1).to_numpy() == pytest.approx(table.cost.to_numpy())
    assert (table.usd < table.cost).all()


def test_the_cheapest_way_is_found_by_another_algorithm_too(draws):
    network = corridor_network("2024-12-31")
    places = ["Khabarovsk", "Vladivostok", "Blagoveshchensk", "Moscow", "Shanghai"]
    found = least_cost(network, draws.head(5), "Harbin", places)
    parts, graph, codes = link_costs(network, draws.head(5)), network.graph, network.nodes.index
    for i in range(5):
        costs = np.r_[parts["cost"][i], np.full(len(graph.start) - len(network.links), parts["change_cost"][i])]
        matrix = np.full((graph.count, graph.count), np.inf)
        for a, b, c in zip(graph.start, graph.end, costs, strict=True):
            matrix[a, b] = matrix[b, a] = min(matrix[a, b], c)
        times = dijkstra(
            np.where(np.isinf(matrix), 0, matrix), indices=np.unique(graph.place[:, codes.get_loc("Harbin")])
        )
        for place in places:
            ends = np.unique(graph.place[:, codes.get_loc(place)])
            assert found.loc[i, place] == pytest.approx(times[:, ends].min(), rel=1e-9)


def test_nobody_pays_more_than_the_named_corridor(draws):
    """A shipper who may choose does at least as well as one who is told the way."""
    chosen = least_cost(corridor_network("2024-12-31"), draws, "Harbin", ["Komsomolsk-on-Amur", "Moscow"])
    for name, place in (("tongjiang", "Komsomolsk-on-Amur"), ("manzhouli_moscow", "Moscow")):
        assert (chosen[place].to_numpy() <= corridor_costs([name], draws).cost.to_numpy() + 1e-6).all()


def test_opening_a_crossing_never_makes_anything_dearer(draws):
    places = ["Khabarovsk", "Blagoveshchensk", "Vladivostok", "Birobidzhan", "Chita"]
    days = ["2012-01-01", "2022-06-10", "2022-11-16"]
    costs = [least_cost(corridor_network(day), draws, "Harbin", places) for day in days]
    for before, after in itertools.pairwise(costs):
        assert (after <= before + 1e-9).all().all()


def test_shorter_waits_never_cost_more(draws):
    waits = [column for column in draws if column.startswith("wait_h:")]
    shorter = draws.assign(**{column: draws[column] / 2 for column in waits})
    names = load("corridors").corridor_id.tolist()
    assert (corridor_costs(names, shorter).cost <= corridor_costs(names, draws).cost + 1e-9).all()


def test_draws_have_the_moments_of_a_triangle():
    ranges = pd.DataFrame({"low": [0.0], "likely": [1.0], "high": [4.0]}, index=["x"])
    values = draw(20_000, ranges=ranges).x
    assert values.between(0, 4).all()
    assert values.mean() == pytest.approx(5 / 3, abs=0.02)
    assert values.var() == pytest.approx((0 + 1 + 16 - 0 - 0 - 4) / 18, rel=0.03)


def test_draws_do_not_depend_on_what_else_is_drawn():
    ranges = parameter_ranges()
    alone = draw(10, ranges=ranges.loc[["speed_kmh:sea"]])
    assert alone["speed_kmh:sea"].tolist() == draw(10)["speed_kmh:sea"].tolist()
    assert draw(10, seed=2)["speed_kmh:sea"].tolist() != alone["speed_kmh:sea"].tolist()
    pair = draw(4000, ranges=ranges)[["speed_kmh:rail1435", "speed_kmh:rail1520"]]
    assert abs(pair.corr().iloc[0, 1]) < 0.05


def test_ranges_out_of_order_are_refused():
    ranges = parameter_ranges()
    with pytest.raises(DataError, match="low <= likely <= high"):
        draw(5, ranges=ranges.assign(high=ranges.low - 1))
    with pytest.raises(DataError, match="from 1"):
        draw(0)


def test_drivers_find_what_was_put_in(draws):
    outcome = 5 * draws["speed_kmh:sea"].rank() + draws["toll_usd:heihe_road_bridge"].rank()
    found = drivers(draws, outcome)
    assert found.index[0] == "speed_kmh:sea" and found.sum() == pytest.approx(1)
    with pytest.raises(ScenarioError, match="the same in every draw"):
        drivers(draws, np.ones(len(draws)))


def test_summary_is_a_median_with_its_interval(draws):
    found = summary(draws["speed_kmh:sea"])
    assert found.low < found["median"] < found.high


def test_unknown_names_get_help(draws):
    with pytest.raises(DataError, match="Did you mean 'tongjiang'"):
        corridor("tongjian")
    with pytest.raises(DataError, match="no node 'Harbinn'"):
        least_cost(corridor_network("2024-12-31"), draws, "Harbinn", ["Chita"])
    with pytest.raises(DataError, match="of them are open"):
        corridor("heihe_road", corridor_network("2020-01-01"))
