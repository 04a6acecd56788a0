"""Cases of the spatial model, of shopping, of designs with chance, and of shares and inequality."""

import math

import numpy as np
import pandas as pd
import pytest
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
from railbelt import catalog, claims, errors
from railbelt.claims import rules
from railbelt.models import attribution, conley, convergence, huff, inequality, recentred, shares, spatial, staggered

# Models

SIZES = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})


@case(weight=4)
def economy_of_anything(draw, place):
    people, income = damaged_series(draw, SIZES), damaged_series(draw, SIZES)
    trade, moves = damaged_array(draw, np.ones((3, 3)), 1), damaged_array(draw, np.ones((3, 3)), 1)
    homes = draw(st.booleans()) and damaged_series(draw, SIZES)
    made = spatial.economy(
        people,
        income,
        trade,
        moves,
        None if homes is False else homes,
        draw(mostly(0.6, SCALARS)),
        draw(mostly(0.9, SCALARS)),
    )
    finite(made.trade, made.moves)
    assert np.allclose(made.trade.sum(axis=1), made.income, rtol=1e-4)
    assert np.allclose(made.moves.sum(axis=0), made.people, rtol=1e-4)


@case(weight=3)
def elasticities_of_any_numbers(draw, place):
    found = spatial.modulus(
        spatial.Elasticities(*(draw(mostly(v, SCALARS)) for v in (4.0, 2.0, 0.06, 0.3))), draw(st.booleans())
    )
    assert found >= 0


START = spatial.economy(SIZES, SIZES, np.ones((3, 3)), np.ones((3, 3)))


@case(weight=4)
def counterfactual_of_anything(draw, place):
    changes = {}
    for name in ("trade_cost", "moving_cost"):
        if draw(st.booleans()):
            changes[name] = damaged_array(draw, np.ones((3, 3)) - 0.1 + 0.1 * np.eye(3), 1)
    for name in ("productivity", "amenity"):
        if draw(st.booleans()):
            changes[name] = damaged_array(draw, [1.0, 1.1, 1.0], 1)
    e = (
        spatial.Elasticities(*(draw(mostly(v, SCALARS)) for v in (4.0, 2.0, 0.06, 0.3)))
        if draw(st.booleans())
        else spatial.Elasticities()
    )
    found = spatial.counterfactual(START, e, **changes)
    finite(found)
    assert (found > 0).all(axis=None)
    assert math.isclose((START.people * found.people).sum(), START.people.sum(), rel_tol=1e-4), "nobody is born or lost"


@case(weight=2)
def equilibrium_of_anything(draw, place):
    one = pd.Series({"a": 1.0, "b": 1.5, "c": 1.0})
    given_ = [damaged_series(draw, one) for _ in range(3)]
    costs = [damaged_array(draw, np.ones((3, 3)) + 0.2 - 0.2 * np.eye(3), 1) for _ in range(2)]
    found = spatial.equilibrium(*given_, *costs, spatial.Elasticities())
    finite(found)
    assert math.isclose(found.people.sum(), given_[2].astype(float).sum(), rel_tol=1e-4)


@case(weight=2)
def fundamentals_of_anything(draw, place):
    found = spatial.fundamentals(
        START, damaged_array(draw, np.ones((3, 3)), 1), damaged_array(draw, np.ones((3, 3)), 1), spatial.Elasticities()
    )
    finite(found)


@case(weight=2)
def two_cities_of_anything(draw, place):
    found = spatial.two_cities(
        draw(st.lists(st.sampled_from([60, 240]) | NUMBERS, max_size=2)),
        draw(mostly(1.4, SCALARS)),
        draw(mostly(0.1, SCALARS)),
    )
    finite(found)


USUAL = {
    "attraction": 1.0,
    "decay": 2.0,
    "reach_minutes": 180,
    "own_minutes": 25,
    "movable": 0.2,
    "access_elasticity": 0.08,
}
MINUTES = np.array([[0.0, 60, 90], [60, 0, 120], [90, 120, 0]])


@case(weight=3)
def choices_of_anything(draw, place):
    found = huff.choices(
        damaged_array(draw, MINUTES + 25, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        *(draw(mostly(v, SCALARS)) for v in (1.0, 2.0, 180.0)),
    )
    finite(found)
    assert np.allclose(found.sum(axis=-1), 1) and (found >= 0).all()


@case(weight=3)
def retail_of_anything(draw, place):
    income = damaged_array(draw, [10.0, 1.0, 5.0], 1)
    found = huff.retail(damaged_array(draw, MINUTES, 1), income, damaged_values(draw, USUAL))
    finite(*found.values())
    assert np.isclose(found["turnover"].sum(), income.astype(float).sum())


@case(weight=2)
def turnover_of_anything(draw, place):
    found = huff.turnover(
        damaged_array(draw, MINUTES + 60, 1),
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        damaged_values(draw, USUAL),
    )
    finite(*found.values())


@case()
def break_even_of_anything(draw, place):
    found = huff.break_even(
        damaged_array(draw, MINUTES + 60, 1),
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        damaged_values(draw, USUAL),
    )
    assert (np.isnan(found) | ((found >= 0) & (found <= 2))).all()


@case()
def approach_of_anything(draw, place):
    town, metropolis = draw(mostly((0, 1), st.tuples(WHOLE, WHOLE)))
    found = huff.approach(
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        town,
        metropolis,
        damaged_array(draw, [170.0, 60.0], 1),
        damaged_values(draw, USUAL),
    )
    finite(found)


WEIGHTS = np.array(
    [[0.9, 0.1, 0.3], [0.5, 0.5, 0.1], [0.2, 0.1, 0.9], [0.4, 0.6, 0.2], [0.1, 0.8, 0.5], [0.7, 0.3, 0.3]]
)


@case(weight=2)
def permutations_of_anything(draw, place):
    shocks, groups = (
        damaged_array(draw, [1.0, 0.0, 1.0], 1),
        draw(st.sampled_from([list("aab"), list("aaa"), [1, 1, None], [math.nan] * 3, [], "aab"])),
    )
    found = recentred.permute_within(
        shocks, groups, draw(mostly(5, st.integers(-2, 50))), draw(mostly(0, st.integers(-1, 5)))
    )
    whole = sorted(map(repr, shocks.astype(found.dtype).tolist()))
    assert all(sorted(map(repr, row)) == whole for row in found.tolist())


def exposure(draw):
    rng = np.random.default_rng(draw(st.integers(0, 5)))
    draws = rng.normal(size=(20, 6))
    if draw(st.booleans()):
        draws = damaged_array(draw, draws, 1)
    realised = damaged_array(draw, rng.normal(size=6), 1) if draw(st.booleans()) else rng.normal(size=6)
    return recentred.Exposure(realised, draws)


@case(weight=4)
def recentred_estimate_of_anything(draw, place):
    exposed = exposure(draw)
    outcome = damaged_array(draw, np.arange(6.0) ** 2, 1)
    controls = draw(st.booleans()) and damaged_array(draw, np.arange(12.0).reshape(6, 2) % 5, 1)
    found = recentred.estimate(
        outcome,
        exposed,
        None if controls is False else controls,
        draw(mostly("instrument", TEXTS | st.sampled_from(recentred.ADJUSTMENTS))),
        None,
        draw(mostly(0.95, SCALARS)),
    )
    finite(found[["estimate", "se", "low", "high", "n"]])
    assert found.low <= found.estimate <= found.high


@case(weight=2)
def randomisation_of_anything(draw, place):
    exposed, outcome = exposure(draw), damaged_array(draw, np.arange(6.0) ** 2, 1)
    adjust = draw(mostly("instrument", TEXTS | st.just("control")))
    p = recentred.randomisation_p(outcome, exposed, None, draw(mostly(0.0, SCALARS)), adjust)
    assert 0 < p <= 1
    low, high = recentred.randomisation_interval(outcome, exposed, None, draw(mostly(0.8, SCALARS)), adjust)
    assert low <= high


@case()
def explained_by_anything(draw, place):
    found = recentred.explained(exposure(draw), damaged_array(draw, np.arange(12.0).reshape(6, 2) % 5, 1))
    finite(found)
    assert found.between(-1e-9, 1 + 1e-9).all()


@case(weight=3)
def linear_of_anything(draw, place):
    rng = np.random.default_rng(0)
    y, x, z = (damaged_array(draw, rng.normal(size=8), 1) for _ in range(3))
    controls = draw(st.booleans()) and damaged_array(draw, rng.normal(size=(8, 2)), 1)
    found = conley.linear(
        y,
        x,
        None if controls is False else controls,
        draw(st.sampled_from([None, z])),
        None,
        draw(mostly(0.95, SCALARS)),
    )
    finite(found.drop("first_stage_f"))
    assert found.se >= 0


@case(weight=2)
def spatial_weights_of_anything(draw, place):
    found = conley.spatial_weights(
        damaged_array(draw, [120.0, 121.0], 1),
        damaged_array(draw, [40.0, 41.0], 1),
        draw(mostly(500.0, SCALARS)),
        draw(mostly("bartlett", TEXTS)),
    )
    finite(found)
    assert (found >= 0).all() and (found <= 1).all() and np.allclose(np.diag(found), 1)


def panel(draw):
    rng = np.random.default_rng(1)
    rows = [
        (u, t, g, u + t + 2.0 * (0 < g <= t) + rng.normal())
        for u, g in enumerate([0, 0, 0, 3, 3, 4, 4])
        for t in range(1, 6)
    ]
    return damaged(draw, pd.DataFrame(rows, columns=["u", "t", "g", "y"]), 1)


@case()
def event_study_of_any_panel(draw, place):
    found = staggered.event_study(
        panel(draw),
        "y",
        "u",
        "t",
        "g",
        draw(mostly("not_yet_treated", TEXTS | st.just("never_treated"))),
        None,
        draw(mostly(0.95, SCALARS)),
    )
    finite(found.overall.estimate)


@case()
def imputation_of_any_panel(draw, place):
    finite(staggered.imputation(panel(draw), "y", "u", "t", "g", None, draw(mostly(0.95, SCALARS))).estimate)


@case(weight=2)
def two_way_of_any_panel(draw, place):
    finite(
        staggered.two_way(panel(draw), *(draw(mostly(c, TEXTS)) if draw(st.integers(0, 4)) == 0 else c for c in "yutg"))
    )


@case()
def comparisons_of_any_panel(draw, place):
    found = staggered.comparisons(panel(draw), "y", "u", "t", "g")
    assert math.isclose(found.weight.sum(), 1, abs_tol=1e-6)


@case()
def permutation_test_of_any_panel(draw, place):
    found = staggered.permutation_test(
        panel(draw), "y", "u", "t", "g", None, draw(mostly(19, st.integers(-1, 30))), draw(mostly(0, SCALARS))
    )
    finite(found)
    assert 0 < found.p_value <= 1


UNITS = pd.DataFrame({"gdp": [10.0, 30.0, 5.0, 8.0], "pop": [1.0, 2.0, 1.0, 3.0], "region": list("aabb")})


@case(weight=3)
def theil_of_any_table(draw, place):
    found = inequality.theil(damaged(draw, UNITS), "gdp", "pop", "region")
    finite(found)
    assert found.theil >= -1e-9 and math.isclose(found.theil, found.between_groups + found.within_groups, abs_tol=1e-6)


@case(weight=2)
def dispersion_of_any_series(draw, place):
    per_head = damaged_series(draw, pd.Series([1.0, 2.0, 3.0, 9.0]))
    found = inequality.dispersion(per_head)
    finite(found)
    low, high = inequality.bootstrap_interval(
        per_head, draw(mostly(0.9, SCALARS)), draw(mostly(30, st.integers(-1, 60))), draw(mostly(0, SCALARS))
    )
    assert low <= high


@case(weight=2)
def shares_of_any_table(draw, place):
    accounts = damaged(
        draw,
        pd.DataFrame(
            {
                "year": [2000, 2010],
                "gdp": [10, 14],
                "gdp_total": [100, 200],
                "people": [8, 8],
                "people_total": [100, 100],
            }
        ),
    )
    found = shares.decompose_share(
        accounts, draw(mostly([(2000, 2010)], st.lists(st.tuples(WHOLE, WHOLE), max_size=2)))
    )
    if len(found):
        finite(found)
        assert np.allclose(found.change, found.people + found.per_head)


@case()
def log_mean_of_any_numbers(draw, place):
    a, b = draw(NUMBERS), draw(NUMBERS)
    found = shares.log_mean(a, b)
    assert min(a, b) * (1 - 1e-9) <= found <= max(a, b) * (1 + 1e-9)


@case()
def regional_totals_of_any_table(draw, place):
    found = shares.regional_totals(damaged(draw, UNITS.assign(year=2000)), "gdp", "region")
    assert "China" in found


@case()
def convergence_of_any_table(draw, place):
    data = damaged(draw, pd.DataFrame({"before": [1.0, 2.0, 3.0, 5.0, 8.0], "after": [2.0, 3.0, 4.5, 6.0, 8.0]}))
    found = convergence.beta_convergence(data, "before", "after", draw(mostly(10, WHOLE)), draw(mostly(0.95, SCALARS)))
    finite(found.drop(["half_life"], errors="ignore").dropna())


@case()
def shapley_of_anything(draw, place):
    players = draw(st.lists(TEXTS, max_size=4))
    values = draw(
        st.sampled_from(
            [
                lambda p: p.sum(axis=1),
                lambda p: p.sum(axis=1) * math.nan,
                lambda p: p,
                lambda p: p[0],
                lambda p: ["x"] * len(p),
            ]
        )
    )
    found = attribution.shapley(values, players, draw(mostly(3, st.integers(-2, 9))), draw(mostly(0, SCALARS)))
    finite(found)


# Claims


@case(weight=3)
def rules_of_any_numbers(draw, place):
    numbers = [draw(NUMBERS) for _ in range(4)]
    rule = draw(
        st.sampled_from(["figure", "more_than", "mainly", "dated", "record", "causal", "consensus", "forecast"])
    )
    if rule == "figure":
        found = rules.figure(*numbers, precision=draw(st.sampled_from(list(rules.TOLERANCE)) | TEXTS))
    elif rule == "more_than":
        found = rules.more_than(*numbers)
    elif rule == "mainly":
        found = rules.mainly(*numbers[:3])
    elif rule == "dated":
        found = rules.dated(draw(WHOLE | NUMBERS), draw(st.none() | WHOLE | NUMBERS), draw(WHOLE | NUMBERS))
    elif rule == "record":
        found = rules.record(draw(st.dictionaries(TEXTS, st.booleans(), max_size=3)))
    elif rule == "causal":
        found = rules.causal(
            *numbers[:3], draw(st.sampled_from([1, -1, 0]) | WHOLE), draw(st.sampled_from("ABC") | TEXTS), numbers[3]
        )
    elif rule == "consensus":
        found = rules.consensus(
            draw(st.lists(st.sampled_from(["positive", "negative", "null"]) | TEXTS, max_size=6)),
            draw(mostly("positive", TEXTS)),
        )
    else:
        found = rules.forecast(numbers[0], *(draw(st.dates().map(str) | TEXTS) for _ in range(3)), promised=numbers[1])
    assert found in rules.VERDICTS


# What follows an estimate


@case(few=6)
def shoppers_of_anything(draw, place):
    minutes, income = (
        damaged_array(draw, one, 1) if draw(st.integers(0, 2)) == 0 else one
        for one in (MINUTES, np.array([10.0, 1, 5]))
    )
    towns, far = draw(mostly([1], st.lists(WHOLE, max_size=2))), draw(mostly([0], st.lists(WHOLE, max_size=2)))
    given = damaged_values(draw, USUAL)
    metropolis = huff.drawn_to(minutes, income, towns, far, given)
    assert len(metropolis) == len(towns) and set(metropolis.tolist()) <= set(far)
    assert (np.asarray(income, float)[metropolis] > np.asarray(income, float)[towns]).all()


@case(weight=2, few=6)
def balance_of_anything(draw, place):
    minutes, income = (
        damaged_array(draw, one, 1) if draw(st.integers(0, 2)) == 0 else one
        for one in (MINUTES, np.array([10.0, 1, 5]))
    )
    towns, far = draw(mostly([1], st.lists(WHOLE, max_size=2))), draw(mostly([0], st.lists(WHOLE, max_size=2)))
    times, given = (
        damaged_array(draw, [170.0, 60.0], 1) if draw(st.booleans()) else [170.0, 60],
        damaged_values(draw, USUAL),
    )
    found = huff.balance(minutes, income, towns, far, times, given)
    finite(found)
    assert found.shape == (len(towns), np.shape(times)[-1])
    tips = huff.tipping(minutes, income, towns, far, given)
    assert (
        len(tips) == len(towns)
        and not (tips.tips < tips.recovers).any()
        and (tips.tips.isna() | (tips.lowest < 0)).all()
    )
    finite(tips.worst, tips.lowest)


def wide_panel(draw):
    rng = np.random.default_rng(1)
    rows = [
        (u, t, g, u + t + 2.0 * (0 < g <= t) + rng.normal(), 110 + 2.0 * u, 40.0, u // 2)
        for u, g in enumerate([0, 0, 0, 0, 3, 3, 3])
        for t in range(1, 6)
    ]
    return damaged(draw, pd.DataFrame(rows, columns=["u", "t", "g", "y", "lon", "lat", "p"]), 1)


@case(few=6)
def sensitivity_of_any_multiples(draw, place):
    study = staggered.event_study(wide_panel(draw), "y", "u", "t", "g", "not_yet_treated")
    multiples = draw(mostly([0, 1], st.lists(NUMBERS, max_size=2)))
    found = staggered.sensitivity(study, multiples)
    finite(found)
    assert (found.low <= found.high).all() and len(found) == len(multiples)
    inner = found.sort_values("multiple")
    assert inner.high.is_monotonic_increasing and inner.low.is_monotonic_decreasing, "more doubt, wider"


@case(few=6)
def spillovers_of_any_panel(draw, place):
    rings, cutoff = draw(mostly([0, 200, 400], st.lists(NUMBERS, max_size=3))), draw(mostly(500.0, SCALARS))
    found = staggered.spillover_rings(wide_panel(draw), "y", "u", "t", "g", rings, cutoff, draw(mostly(0.9, SCALARS)))
    finite(found.estimate)
    assert len(found) == len(rings) and (found.low <= found.high).all()


@case(few=6)
def wild_bootstrap_of_any_panel(draw, place):
    panel = wide_panel(draw)
    found = staggered.wild_bootstrap(
        panel, "y", "u", "t", "g", draw(mostly("p", TEXTS | st.just("u"))), draw(mostly(49, st.integers(-1, 60)))
    )
    finite(found[["estimate", "se"]])
    assert 0 < found.p_value <= 1 and found.low <= found.estimate <= found.high
    assert math.isclose(found.estimate, staggered.two_way(panel, "y", "u", "t", "g"), rel_tol=1e-6, abs_tol=1e-9)


@case(few=6)
def trend_break_of_any_series(draw, place):
    years = range(2000, 2016)
    series = pd.Series([y - 2000.0 if y < 2008 else 8 - 2.0 * (y - 2008) for y in years], index=years)
    series = damaged_series(draw, series + np.sin(np.arange(16.0)))
    found = convergence.trend_break(
        series,
        draw(mostly(0.15, SCALARS)),
        draw(mostly(9, st.integers(-1, 20))),
        draw(mostly(0.9, SCALARS)),
        draw(mostly(1, SCALARS)),
    )
    finite(found)
    assert series.index.min() < found.year < series.index.max() and 0 < found.p_value <= 1 and found.low <= found.high


# Power


def exposed(shocks):
    return np.asarray(shocks, float) @ (np.arange(12.0).reshape(3, 4) % 5)


@case(few=6)
def recentred_from_anything(draw, place):
    function = draw(
        mostly(exposed, st.sampled_from([lambda s: s[:, 0], lambda s: s[:1], lambda s: np.full((len(s), 2), np.nan)]))
    )
    realised, groups = damaged_array(draw, [1.0, 0.0, 1.0], 1), draw(mostly(list("aaa"), st.lists(TEXTS, max_size=3)))
    count, block = draw(mostly(6, st.integers(-1, 9))), draw(mostly(4, WHOLE))
    found = recentred.recentre(function, realised, groups, count, draw(mostly(0, st.integers(-1, 3))), block)
    finite(found.realised, found.draws)
    assert found.draws.shape == (count, len(found.realised))
    shocks = np.array([[1.0, 0, 1], [0, 1, 1], [1, draw(NUMBERS), 0]])
    one, other = (recentred.exposures(exposed, shocks, size) for size in (1, 3))
    assert np.allclose(one, other, equal_nan=True), "blocks do not matter"


@case(few=6)
def power_of_anything(draw, place):
    exposure_, outcome = exposure(draw), damaged_array(draw, np.arange(6.0) ** 2, 1)
    adjust, level = draw(mostly("instrument", TEXTS | st.just("control"))), draw(mostly(0.8, SCALARS))
    effects = draw(mostly([0.0, 1.0], st.lists(NUMBERS, max_size=3)))
    found = recentred.power(outcome, exposure_, effects, None, level, adjust)
    assert len(found) == len(effects) and found.power.between(0, 1).all()
    finite(found.effect)
    smallest = recentred.detectable(outcome, exposure_, None, level, draw(mostly(0.5, SCALARS)), adjust)
    assert smallest > 0


@case(few=6)
def specifications_of_anything(draw, place):
    units = pd.RangeIndex(6)
    designs = {
        "one": (
            draw(mostly(units, st.sampled_from([units[:4], units[::-1], pd.Index(list("abcdef"))]))),
            exposure(draw),
        )
    }
    outcomes = {"y": damaged_series(draw, pd.Series(np.arange(6.0) ** 2))}
    controls = {"none": None, "z": damaged(draw, pd.DataFrame({"z": np.arange(6.0) % 4}), 1)}
    samples = {"all": units, "some": draw(mostly(units[:5], st.sampled_from([units[:1], units[:0], pd.Index(["x"])])))}
    adjust = draw(mostly(["instrument"], st.lists(TEXTS, max_size=2) | st.just("none")))
    found = recentred.specifications(outcomes, designs, controls, samples, adjust, draw(mostly(0.9, SCALARS)))
    assert len(found) == 4 * len(adjust)
    finite(found[["estimate", "n"]])


@case()
def verdicts_of_anything(draw, place):
    numbers = [draw(mostly(good, st.none() | NUMBERS)) for good in (1.0, 0.5, 2.0)]
    found = claims.Verdict(
        draw(mostly("supported", TEXTS | st.just("not testable"))),
        draw(mostly("It rose by 1.0 percent.", TEXTS | st.just("It is nan."))),
        *numbers,
        unit=draw(mostly("percent", TEXTS)),
        grade=draw(mostly("B", TEXTS)),
        needed=draw(mostly("", TEXTS)),
    )
    assert found.verdict in rules.VERDICTS and (found.low is None or found.low <= found.value <= found.high)


@case()
def claims_of_any_name(draw, place):
    name = draw(TEXTS | st.sampled_from(["A01", "A99"]))
    for ask in (claims.source_of, claims.verdict):
        try:
            found = ask(name)
        except errors.RailbeltError:
            assert name not in claims.tested()
        else:
            assert found
    with pytest.raises(errors.RailbeltError):
        claims.verdicts(draw(TEXTS))
    claims.claim(name, draw(TEXTS))


@case(few=6)
def shared_tables_of_any_test(draw, place):
    """What tests share does not depend on who asked first."""
    asked = []
    together = claims.shared(lambda load: asked.append(1) or len(load("cities")))
    names = draw(st.lists(st.sampled_from(["cities", "provinces"]) | TEXTS, max_size=3))
    for name in names:
        assert together(lambda name: [0] * 3) == 3 and len(asked) <= len(names)
        catalog.load(name)
