"""Cases of trade, freight, the literature, few clusters, and the gains from trains."""

import math
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hostile.kit import (
    NUMBERS,
    SCALARS,
    TEXTS,
    WHOLE,
    case,
    damaged,
    damaged_array,
    damaged_series,
    damaged_values,
    finite,
    mostly,
)
from railbelt import load
from railbelt.models import border, evidence, few_clusters, freight, gains, gravity

# The literature

EFFECTS = pd.DataFrame(
    {
        "estimate_id": ["e1", "e2", "e3", "e4", "e5"],
        "study_key": list("aabcd"),
        "outcome": ["gdp", "employment", "gdp", "house_price", "inequality"],
        "country": ["CHN", "CHN", "JPN", "CHN", "CHN"],
        "sample": ["northeast", "all", "all", "periphery", "east"],
        "method": ["did", "iv", "did and iv", None, "ols"],
        "sign": ["positive", "null", "negative", "mixed", "positive"],
        "preferred": [True, True, True, True, False],
        "metric": ["effect", "effect", "effect", "diagnostic", "effect"],
        "infrastructure": ["high-speed rail", "upgraded rail", "high-speed rail", "high-speed rail", "high-speed rail"],
        "treatment": ["link"] * 5,
        "unit": ["percent", "log points", "share", "yuan", "percent"],
        "estimate": [1.0, 0.05, 0.02, 7.0, np.nan],
        "estimate_low": [np.nan, np.nan, 0.01, np.nan, 1.0],
        "estimate_high": [np.nan, np.nan, 0.03, np.nan, 3.0],
        "std_error": [0.5, 0.01, np.nan, np.nan, np.nan],
    }
)
SIGN = st.sampled_from(evidence.SIGNS)


@case(weight=3)
def main_results_of_any_table(draw, place):
    effects = damaged(draw, EFFECTS)
    kinds = draw(mostly(["high-speed rail"], st.lists(TEXTS | st.just("upgraded rail"), max_size=2) | TEXTS))
    found = evidence.main_results(effects, kinds)
    assert found.preferred.astype(bool).all() and (found.metric != "diagnostic").all()
    assert set(found.infrastructure) <= set(kinds) and len(found) <= len(effects)


@case(weight=3)
def descriptions_of_any_estimates(draw, place):
    effects = damaged(draw, EFFECTS)
    found = evidence.describe_estimates(effects)
    assert found.index.equals(effects.index) and found.outcome.equals(effects.outcome), "every row stays in its place"
    assert found.place.isin(evidence.PLACES).all() and found.design.isin(evidence.DESIGNS).all()
    assert found.topic.isin(evidence.TOPICS).all()


@case(weight=2)
def counts_of_any_signs(draw, place):
    effects = damaged(draw, EFFECTS)
    by = draw(mostly("country", TEXTS | st.sampled_from(list(EFFECTS.columns))))
    found = evidence.count_signs(effects, by)
    assert (found[list(evidence.SIGNS)].sum(axis=1) == found.estimates).all() and (found.studies >= 1).all()
    assert found.estimates.sum() == len(effects), "every estimate is counted once"


@case()
def one_vote_of_any_table(draw, place):
    effects = damaged(draw, EFFECTS)
    found = evidence.one_vote(effects)
    assert found.isin(evidence.SIGNS).all() and set(found.index) == set(effects.study_key)


@case(weight=2)
def sign_tests_of_anything(draw, place):
    signs = draw(st.lists(SIGN, max_size=8) | st.lists(SIGN | TEXTS | NUMBERS, max_size=4) | TEXTS)
    found = evidence.sign_test(signs)
    assert 0 <= found.low <= found.share <= found.high <= 1 and 0 < found.p_value <= 1
    assert math.isclose(found.p_value, evidence.sign_test(signs[::-1]).p_value)


@case(weight=2)
def selection_from_any_votes(draw, place):
    votes = [draw(mostly(good, WHOLE | NUMBERS)) for good in (40, 8, 10)]
    found = evidence.selection_needed(*votes, draw(mostly(0.05, SCALARS)))
    finite(list(found.values()))
    assert min(found.values()) >= 0


@case(weight=3)
def percents_of_any_table(draw, place):
    found = evidence.in_percent(damaged(draw, EFFECTS), draw(mostly(0.95, SCALARS)))
    finite(found.percent)
    both = found.dropna(subset=["low", "high"])
    finite(both[["low", "high"]])
    assert (both.low <= both.percent).all() and (both.percent <= both.high).all()
    assert set(found.kind) <= {"interval", "range", "point"}


@case(weight=2)
def comparable_of_any_table(draw, place):
    effects = damaged(draw, EFFECTS)
    found = evidence.comparable(effects)
    assert (found.estimates >= found.studies).all() and (found.studies >= 1).all()
    counted = effects[effects.std_error.notna() & (effects.metric != "diagnostic")]
    assert found.estimates.sum() == len(counted), "no estimate is lost"


@case(weight=3)
def random_effects_of_anything(draw, place):
    effect, error = damaged_array(draw, [0.1, 0.3, 0.2], 1), damaged_array(draw, [0.05, 0.1, 0.05], 1)
    method, level = draw(mostly("pm", TEXTS | st.just("dl"))), draw(mostly(0.95, SCALARS))
    found = evidence.random_effects(effect, error, method, level)
    finite(found.estimate, found.std_error, found.low, found.high, found.tau2, found.q)
    assert found.low <= found.estimate <= found.high and found.tau2 >= 0 and 0 <= found.i2 <= 1
    given = np.asarray(effect, float)
    assert given.min() - 1e-9 * abs(given).max() <= found.estimate <= given.max() + 1e-9 * abs(given).max()
    again = evidence.random_effects(given[::-1], np.asarray(error, float)[::-1], method, level)
    assert math.isclose(again.estimate, found.estimate, rel_tol=1e-4, abs_tol=1e-6 * abs(given).max())


@case(weight=2)
def what_is_known_of_any_table(draw, place):
    found = evidence.what_is_known(damaged(draw, EFFECTS))
    if len(found):
        assert (found.gain + found["none"] + found.loss == found.studies).all() and (found["none"] >= 0).all()
        assert (found.estimates >= found.studies).all() and (found.exact <= found.estimates).all()


# Few clusters

rng = np.random.default_rng(2)
UNITS = pd.DataFrame({"x": rng.normal(size=24), "z": rng.normal(size=24), "p": np.repeat(list("abcdef"), 4)})
UNITS = UNITS.assign(y=2 * UNITS.x - UNITS.z + rng.normal(size=24), g=np.tile(list("uv"), 12))


def slope(data, controls, fixed):
    """Least squares as a textbook has it."""
    columns = [data[name].to_numpy(float) for name in ("x", *controls)]
    scales = [np.ptp(column) or 1.0 for column in columns]
    columns = [(column - column.mean()) / scale for column, scale in zip(columns, scales, strict=True)]
    groups = pd.get_dummies(data[fixed]).to_numpy(float) if fixed else np.ones((len(data), 1))
    return np.linalg.lstsq(np.column_stack([*columns, groups]), data.y.to_numpy(float), rcond=None)[0][0] / scales[0]


@case(weight=3, few=8)
def wild_clusters_of_any_table(draw, place):
    data = damaged(draw, UNITS, 1)
    controls, fixed = draw(st.sampled_from([(), ("z",)])), draw(st.sampled_from([None, "g"]))
    level = draw(mostly(0.9, SCALARS))
    found = few_clusters.wild_cluster(
        data, "y", "x", draw(mostly("p", TEXTS)), controls, fixed, level, draw(mostly(49, st.integers(-1, 60))), 1
    )
    finite(found[["slope", "se"]])
    assert found.se >= 0 and 0 < found.p_value <= 1 and found.low <= found.slope <= found.high
    assert math.isclose(found.slope, slope(data, controls, fixed), rel_tol=1e-6, abs_tol=1e-9)


@case(weight=2, few=8)
def permuted_of_any_table(draw, place):
    data, fixed = damaged(draw, UNITS, 1), draw(st.sampled_from([None, "g"]))
    found = few_clusters.permuted(
        data, "y", "x", draw(mostly("p", TEXTS)), ["z"], fixed, draw(mostly(49, st.integers(-1, 60))), 1
    )
    finite(found)
    assert 0 < found.p_value <= 1 and found.low <= found.high
    assert math.isclose(found.slope, slope(data, ["z"], fixed), rel_tol=1e-6, abs_tol=1e-9)


# Trade

FLOWS = pd.DataFrame(
    {
        "who": list("abcdef"),
        "trade": [1.0, 3.0, 0.0, 6.0, 5.0, 2.5],
        "size": [0.0, 1.0, 0.2, 2.0, 1.5, 1.0],
        "kind": list("xxyyxy"),
        "year": [2000] * 6,
    }
)


@case(weight=3, few=8)
def gravity_of_any_table(draw, place):
    data, effects = damaged(draw, FLOWS), draw(st.sampled_from([(), ("kind",)]))
    outcome = draw(mostly("trade", TEXTS))
    found = gravity.ppml(
        data,
        outcome,
        ["size"],
        effects,
        draw(mostly(None, TEXTS | st.sampled_from(["who", "kind"]))),
    )
    finite(found.coefficients, found.covariance, found.fitted)
    assert (found.fitted >= 0).all() and (found.coefficients.std_error >= 0).all()
    assert math.isclose(found.fitted.sum(), data[outcome].astype(float).sum(), rel_tol=1e-5), "as a constant makes it"
    assert np.allclose(found.predict(data), found.fitted, rtol=1e-5)
    other = found.predict(damaged(draw, FLOWS, 1))
    finite(other)


@case(weight=2, few=8)
def left_out_of_any_table(draw, place):
    data = damaged(draw, FLOWS)
    found = gravity.left_out(data, "trade", ["size"], draw(mostly("who", TEXTS | st.just("kind"))))
    finite(found.actual, found.expected, found.ratio)
    assert len(found) == len(data) and (found.expected > 0).all()


@case(weight=2)
def normal_of_any_table(draw, place):
    left = pd.DataFrame({"who": list("abcd"), "actual": [1.0, 2, 8, 3], "expected": [2.0, 1, 1, 3]})
    left = damaged(draw, left.assign(ratio=left.actual / left.expected))
    found = gravity.normal(left, "who", draw(mostly("c", TEXTS)), draw(mostly(0.9, SCALARS)))
    finite(found)
    assert found.low <= found.high and found.ratio_low <= found.ratio_high and 0 < found.p_value <= 1
    assert 1 <= found["rank"] <= found.units == len(left)


TRADE = pd.DataFrame(
    {
        "area": "Jilin",
        "period": "FY",
        "year": [2010, 2010, 2011],
        "currency": ["USD bn", "CNY bn", "CNY bn"],
        "with_russia": [2.0, 14.0, 13.0],
        "exports": [1.0, 7.0, 6.0],
        "imports": [1.0, 7.0, 7.0],
        "total_trade": [20.0, 140.0, 130.0],
        "russia_share_pct": [10.0, 10.0, 10.0],
        "grade": ["A", "B", "C"],
    }
)


@case(weight=2)
def dollars_of_any_tables(draw, place):
    trade = damaged(draw, TRADE)
    rates = damaged(draw, pd.DataFrame({"year": [2010, 2011], "cny_per_usd": [6.8, 6.5]}), 1)
    found = border.in_dollars(trade, rates, draw(mostly("Jilin", TEXTS)))
    finite(found.with_russia)
    assert found.index.is_unique and (found.with_russia >= 0).all()
    assert not np.isinf(found[["exports", "imports", "total_trade"]].astype(float)).any(axis=None)


@case(weight=2)
def use_of_any_tables(draw, place):
    crossings = pd.DataFrame(
        {
            "crossing_id": ["bridge", "pipe"],
            "name_en": ["Bridge", "Pipe"],
            "capacity": [20.0, 38.0],
            "capacity_unit": ["Mt/yr (15 before 2018)", "bcm/yr"],
        }
    )
    throughput = pd.DataFrame(
        {
            "crossing_id": ["bridge", "bridge", "pipe"],
            "period": "FY",
            "year": [2017, 2023, 2023],
            "volume": [3.0, 5.0, 22.0],
            "unit": ["Mt", "Mt", "bcm"],
            "direction": ["both", "export", "import"],
            "count_by": ["customs"] * 3,
        }
    )
    found = border.use_of_capacity(damaged(draw, crossings, 1), damaged(draw, throughput, 1))
    finite(found[["volume", "capacity", "use", "most"]])
    assert found.index.is_unique and (found.use >= 0).all() and (found.volume <= found.most).all()
    assert np.allclose(found.use * found.capacity, found.volume)


# Freight

drawn = cache(lambda: freight.draw(8))
whole = cache(lambda: freight.corridor_network("2024-12-31"))


@case(few=6)
def freight_draws_of_any_ranges(draw, place):
    ranges = damaged(draw, pd.DataFrame({"low": [1.0, 2], "likely": [2.0, 2], "high": [4.0, 2]}, ["a:x", "b:y"]))
    count = draw(mostly(6, st.integers(-1, 9)))
    found = freight.draw(count, draw(mostly(1, WHOLE)), ranges)
    assert found.shape == (count, len(ranges))
    assert ((found >= ranges.low * (1 - 1e-12)) & (found <= ranges.high * (1 + 1e-12))).all(axis=None)


@case()
def freight_summary_of_anything(draw, place):
    found = freight.summary(damaged_array(draw, [3.0, 1.0, 2.0], 1), draw(mostly(0.9, SCALARS)))
    finite(found)
    assert found.low <= found["median"] <= found.high


@case()
def freight_drivers_of_anything(draw, place):
    made = damaged(draw, pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc")))
    found = freight.drivers(made, damaged_array(draw, np.arange(9.0), 1))
    finite(found)
    assert math.isclose(found.sum(), 1) and (found >= 0).all() and found.is_monotonic_decreasing


@case(few=4)
def freight_corridors_of_anything(draw, place):
    day = draw(mostly("2024-12-31", TEXTS | NUMBERS))
    network = freight.corridor_network(day) if draw(st.booleans()) else whole()
    name = draw(mostly("heihe_road", TEXTS))
    one = freight.corridor(name, network)
    parts = freight.link_costs(one, damaged(draw, drawn(), 1) if draw(st.booleans()) else drawn())
    finite(parts["cost"], parts["change_cost"])
    assert (parts["cost"] >= 0).all() and parts["cost"].shape[1] == len(one.links)


@case(few=4)
def corridor_costs_of_anything(draw, place):
    names = draw(mostly(["heihe_road"], st.lists(TEXTS, max_size=2)))
    until = draw(mostly(None, st.dictionaries(st.just("heihe_road"), TEXTS | st.just("Heihe"), max_size=1)))
    found = freight.corridor_costs(names, damaged(draw, drawn(), 1), until)
    parts = found[["tariff", "running", "border", "port", "change"]]
    finite(parts, found.hours, found.usd)
    assert (parts >= 0).all(axis=None) and np.allclose(parts.sum(axis=1), found.cost)
    assert (found.cost >= found.usd * (1 - 1e-12)).all(), "the cost is the money and the worth of the hours"


@case(few=4)
def least_cost_of_anything(draw, place):
    goals = draw(mostly(["Heihe", "Khabarovsk"], st.lists(TEXTS | st.just("Heihe"), max_size=2)))
    found = freight.least_cost(whole(), damaged(draw, drawn(), 1), draw(mostly("Harbin", TEXTS)), goals)
    assert list(found.columns) == goals and not found.isna().any(axis=None) and (found >= 0).all(axis=None)


# Gains

CITIES = pd.DataFrame({"city_code": list("abc"), "lon": [120.0, 121, 122], "lat": [40.0, 40, 40]})
ONE = pd.Series({"a": 3.0, "b": 2.0, "c": 2.0})
USUAL = {
    "access_minutes": 30,
    "road_kmh": 80,
    "air_minutes": 210,
    "income_share": 1,
    "home_sales": 0.6,
    "movers": 0.1,
    "trade_distance": 1,
    "trade_by_person": 0.3,
    "move_distance": 1,
    "move_by_person": 0.5,
    "trade_elasticity": 4,
    "migration_elasticity": 2,
    "agglomeration": 0.06,
    "congestion": 0.3,
}
SLOW = np.where(np.eye(3) > 0, 0.0, 90.0)
HERE = gains.setting(CITIES, ONE, ONE, ONE)


@case(weight=2)
def settings_of_any_tables(draw, place):
    people, earlier, output = (damaged_series(draw, ONE) if draw(st.booleans()) else ONE for _ in range(3))
    found = gains.setting(damaged(draw, CITIES, 1), people, earlier, output)
    finite(found.people, found.homes, found.output, found.km)
    assert (found.people > 0).all() and (found.homes > 0).all() and np.allclose(found.km, found.km.T)
    assert math.isclose(found.homes.sum(), found.people.sum(), rel_tol=1e-9) and found.people.index.is_unique


@case(weight=2)
def trains_between_anything(draw, place):
    times = damaged(draw, pd.DataFrame(SLOW[:2, :2], list("ab"), list("ab")))
    found = gains.between(HERE, times)
    assert found.shape == (3, 3) and not np.isnan(found).any() and (found >= 0).all()


@case()
def gains_draws_of_any_ranges(draw, place):
    table = damaged(draw, pd.DataFrame({"parameter": list("xy"), "low": [0.0, 1], "high": [1.0, 4]}))
    count = draw(mostly(5, st.integers(-1, 9)))
    found = gains.draw(table, count, draw(mostly(0, st.integers(-1, 3))))
    assert found.shape == (count, len(table))
    assert ((found.to_numpy() >= table.low.to_numpy(float)) & (found.to_numpy() <= table.high.to_numpy(float))).all()


@case(weight=2)
def door_to_door_of_anything(draw, place):
    rail, km = damaged_array(draw, SLOW, 1), damaged_array(draw, SLOW, 1)
    found = gains.door_to_door(rail, km, damaged_values(draw, USUAL))
    finite(found)
    assert (found >= gains.SHORTEST).all() and found.shape == np.broadcast_shapes(rail.shape, km.shape)


@case(weight=2)
def balance_of_any_assumptions(draw, place):
    found = gains.balanced(HERE, damaged_array(draw, SLOW, 1), damaged_values(draw, USUAL))
    finite(found.trade, found.moves)
    assert np.allclose(found.trade.sum(axis=1), found.income, rtol=1e-4)
    assert np.allclose(found.moves.sum(axis=0), found.people, rtol=1e-4)


@case(weight=3)
def gains_of_anything(draw, place):
    policy = {}
    for name in ("productivity", "amenity", "leaving"):
        if draw(st.integers(0, 3)) == 0:
            policy[name] = damaged_array(draw, [1.0, 1.1, 1.0], 1)
    before, after = (damaged_array(draw, way, 1) if draw(st.booleans()) else way for way in (SLOW, SLOW / 3))
    given = damaged_values(draw, USUAL)
    found = gains.effect(HERE, before, after, given, **policy)
    finite(found)
    assert (found > 0).all(axis=None)
    assert math.isclose((HERE.people * found.people).sum(), HERE.people.sum(), rel_tol=1e-4), "nobody is born or lost"
    many = gains.effects(HERE, before, after, pd.DataFrame([given, given]), **policy)
    assert np.allclose(many.xs(0).people, found.people, rtol=1e-3) and many.shape == (6, 3)


@case()
def gains_of_any_draws(draw, place):
    draws = damaged(draw, pd.DataFrame([USUAL, {**USUAL, "movers": 0.2}], dtype=float))
    found = gains.effects(HERE, SLOW, SLOW / 3, draws)
    finite(found)
    assert (found > 0).all(axis=None) and len(found) == 3 * len(draws)


@case(weight=2)
def summaries_of_any_gains(draw, place):
    index = pd.MultiIndex.from_product([[0, 1, 2], list("ab")], names=["draw", "place"])
    made = pd.DataFrame(
        {"people": [0.98, 1.01, 1, 1.1, 0.9, 1], "welfare": [1.02] * 6, "real_income": [1.0] * 6}, index=index
    )
    found = gains.summary(
        damaged(draw, made), draw(mostly(None, st.lists(TEXTS | st.just("b"), max_size=2))), draw(mostly(0.9, SCALARS))
    )
    finite(found)
    for name in ("people", "welfare", "real_income"):
        assert (found[f"{name}_low"] <= found[name]).all() and (found[name] <= found[f"{name}_high"]).all()
        assert found[f"{name}_up"].between(0, 1).all()


@case(few=6)
def drivers_of_any_gains(draw, place):
    made = np.random.default_rng(0).uniform(size=(30, 2))
    draws = damaged(draw, pd.DataFrame(made, columns=list("xy")), 1)
    outcome = damaged(draw, pd.DataFrame({"city": 3 * made[:, 0] + made[:, 1]}), 1)
    found = gains.drivers(draws, outcome, draw(mostly(0, st.integers(-1, 3))), draw(mostly(64, WHOLE)))
    finite(found)
    assert (found.fit <= 1 + 1e-9).all() and (found.drop(columns="fit") >= 0).all(axis=None)


@case()
def splits_of_anything(draw, place):
    draws = damaged(draw, pd.DataFrame({"x": np.arange(9.0), "y": np.arange(9.0)[::-1]}), 1)
    won = damaged(draw, pd.DataFrame({"city": np.arange(9.0) > 4}), 1)
    found = gains.split(draws, won)
    finite(found)
    assert ((found >= -1) & (found <= 1)).all(axis=None)


@cache
def published():
    return load("hsr_effects")


@case(few=4)
def published_estimates_in_any_order(draw, place):
    """The order of the rows decides nothing."""
    effects = published()
    mixed = effects.sample(frac=1, random_state=draw(st.integers(0, 9)))
    one, other = (
        evidence.what_is_known(evidence.describe_estimates(evidence.main_results(table))) for table in (effects, mixed)
    )
    pd.testing.assert_frame_equal(one, other)
