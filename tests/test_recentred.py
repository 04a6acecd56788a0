"""Recentred exposure: permutations, exactness, closed forms, equality over workers, the stored validation."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.conley import linear
from railbelt.models.recentred import (
    Exposure,
    detectable,
    estimate,
    explained,
    exposures,
    permute_within,
    power,
    randomisation_interval,
    randomisation_p,
    recentre,
    specifications,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import validate_recentring


def linear_exposure(shocks):
    """Exposure to shocks by distance on a line, as a function that workers can load."""
    shocks = np.asarray(shocks, dtype=float)
    at = np.linspace(0, 1, 30)[:, None]
    return shocks @ np.exp(-30 * np.abs(at - np.linspace(0.2, 0.8, shocks.shape[1]))).T


@pytest.fixture
def design():
    realised = np.array([1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0], dtype=bool)
    return realised, np.repeat(["short", "long"], 10)


def test_measures_side_by_side_are_those_apart(design):
    realised, groups = design
    both = recentre(
        lambda shocks: np.hstack([linear_exposure(shocks), 2 * linear_exposure(shocks)]), realised, groups, 20
    )
    one, two = both.split(2)
    assert (one.draws == recentre(linear_exposure, realised, groups, 20).draws).all() and (
        two.draws == 2 * one.draws
    ).all()
    with pytest.raises(DataError, match="'parts'"):
        both.split(7)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), min_size=2, max_size=30).filter(
        lambda shocks: any(len({v for v, g in shocks if g == label}) == 2 for label in "abc")
    ),
    st.integers(0, 2**31),
)
def test_permutations_keep_every_group(shocks, seed):
    realised, groups = (np.array(column) for column in zip(*shocks, strict=True))
    drawn = permute_within(realised, groups, draws=5, seed=seed)
    for label in set(groups.tolist()):
        assert (drawn[:, groups == label].sum(axis=1) == realised[groups == label].sum()).all()


def test_permutations_are_uniform():
    drawn = permute_within([1, 0, 0], ["a"] * 3, draws=30_000)
    assert np.abs(drawn.mean(axis=0) - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 30_000)


def test_expected_exposure_is_the_mean_over_all_permutations(design):
    """For an exposure that adds up over shocks the expectation has a closed form: the share open in each group."""
    realised, groups = design
    found = recentre(linear_exposure, realised, groups, draws=4000)
    assert np.abs(found.expected - linear_exposure(np.full((1, 20), 0.5))[0]).max() < 0.03
    assert found.recentred == pytest.approx(found.realised - found.expected)


def test_workers_and_blocks_change_nothing(design):
    one = recentre(linear_exposure, *design, draws=50, block=7, n_jobs=1)
    two = recentre(linear_exposure, *design, draws=50, block=7, n_jobs=2)
    assert (one.draws == two.draws).all()
    assert np.allclose(one.draws, recentre(linear_exposure, *design, draws=50, block=50).draws)


def test_seeds(design):
    assert (
        recentre(linear_exposure, *design, draws=9, seed=3).draws
        == recentre(linear_exposure, *design, draws=9, seed=3).draws
    ).all()
    assert (
        recentre(linear_exposure, *design, draws=9, seed=3).draws
        != recentre(linear_exposure, *design, draws=9, seed=4).draws
    ).any()


@pytest.fixture
def example(design):
    rng = np.random.default_rng(1)
    exposure = recentre(linear_exposure, *design, draws=199)
    return exposure, 0.5 * exposure.realised + np.linspace(0, 2, 30) + 0.3 * rng.normal(size=30), np.linspace(0, 1, 30)


@pytest.mark.parametrize("adjust", ["instrument", "control"])
@pytest.mark.parametrize("with_controls", [False, True])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_interval_is_the_set_of_effects_not_rejected(example, adjust, with_controls, level):
    """Against the p-value on a fine grid."""
    exposure, outcome, controls = example
    controls = controls if with_controls else None
    low, high = randomisation_interval(outcome, exposure, controls, level, adjust)
    grid = np.linspace(low - 0.3 * (high - low), high + 0.3 * (high - low), 1201)
    kept = [g for g in grid if randomisation_p(outcome, exposure, controls, g, adjust) > 1 - level + 1e-9]
    step = grid[1] - grid[0]
    assert min(kept) == pytest.approx(low, abs=step)
    assert max(kept) == pytest.approx(high, abs=step)


def test_interval_holds_the_estimate_and_shifts_with_the_outcome(example):
    exposure, outcome, _ = example
    found = estimate(outcome, exposure)
    assert found.ri_low < found.estimate < found.ri_high
    moved = estimate(outcome + 3 * exposure.realised, exposure)
    assert moved.estimate == pytest.approx(found.estimate + 3)
    assert (moved.ri_low, moved.ri_high) == pytest.approx((found.ri_low + 3, found.ri_high + 3))


def test_a_design_that_says_nothing_has_no_bounds():
    rng = np.random.default_rng(0)
    draws = np.repeat([[1.0, -1.0] * 10, [-1.0, 1.0] * 10], [5, 5], axis=0)
    low, high = randomisation_interval(rng.normal(size=20), Exposure(draws[0], draws[1:]))
    assert (low, high) == (-np.inf, np.inf)


def test_estimates_are_the_regressions_they_claim_to_be(example):
    exposure, outcome, controls = example
    x, z, mu = exposure.realised, exposure.recentred, exposure.expected
    design = np.column_stack([np.ones(30), x, controls, mu])
    assert estimate(outcome, exposure, controls, "control").estimate == pytest.approx(
        np.linalg.lstsq(design, outcome, rcond=None)[0][1]
    )
    assert estimate(outcome, exposure).estimate == pytest.approx(z @ (outcome - outcome.mean()) / (z @ (x - x.mean())))
    assert estimate(outcome, exposure, adjust="none").estimate == pytest.approx(linear(outcome, x).estimate)


def test_the_test_is_exact_whatever_the_errors():
    """Fixed, skewed, trending outcomes: in each of 400 worlds another draw is the real one, one in ten is rejected."""
    draws = permute_within(np.array([1, 0] * 6), ["a"] * 12, 3000, seed=2)
    pool = linear_exposure(draws)
    outcome = np.exp(np.linspace(0, 3, 30))
    rng, found = np.random.default_rng(0), []
    for _ in range(400):
        chosen = rng.choice(len(pool), 20, replace=False)
        found.append(randomisation_p(outcome, Exposure(pool[chosen[0]], pool[chosen[1:]])) <= 0.1)
    assert abs(np.mean(found) - 0.1) < 4 * np.sqrt(0.09 / 400)


def test_missing_outcomes_leave_their_units_out(example):
    exposure, outcome, controls = example
    holes = np.where(np.arange(30) < 4, np.nan, outcome)
    short = estimate(outcome[4:], exposure.of(np.arange(30) >= 4), controls[4:])
    assert estimate(holes, exposure, controls).equals(short)
    assert short.n == 26


def test_power_is_size_at_zero_and_grows(example):
    exposure, outcome, _ = example
    found = power(outcome, exposure, [0.0, 0.5, 2.0]).power
    assert found[0] < 0.1 and found.is_monotonic_increasing
    limit = detectable(outcome, exposure)
    assert power(outcome, exposure, [limit]).power[0] >= 0.8 > power(outcome, exposure, [0.9 * limit]).power[0]


def test_geography_explains_what_geography_made(design):
    exposure = recentre(linear_exposure, *design, draws=199)
    at = np.linspace(0, 1, 30)
    found = explained(exposure, np.column_stack([at, at**2]))
    assert found.r2_expected > 0.9 and found.r2_recentred < found.r2_realised
    assert 0.01 <= found.p_value <= 1


def test_about_zero_the_mean_counts_as_explained(design):
    exposure = recentre(linear_exposure, *design, draws=19)
    trait = np.random.default_rng(0).normal(size=30)
    usual, zero = (explained(exposure, trait, about_mean=way).r2_realised for way in (True, False))
    y = exposure.realised
    assert zero == pytest.approx(1 - (1 - usual) * y.var() / (y**2).mean()) and zero > usual


def test_the_published_estimator_on_a_world_with_a_confounder():
    """The naive estimate is off by far more than its error, the recentred ones hold the truth."""
    cities, pool = validate_recentring.networks(120, seed=3)
    rng = np.random.default_rng(1)
    exposure = Exposure(pool[0], pool[1:])
    outcome = 0.1 * exposure.realised + 0.3 * exposure.expected + 0.02 * rng.normal(size=len(cities))
    assert abs(estimate(outcome, exposure, adjust="none").estimate - 0.1) > 0.1
    for adjust in ("instrument", "control"):
        found = estimate(outcome, exposure, adjust=adjust)
        assert found.ri_low < 0.1 < found.ri_high


@pytest.mark.filterwarnings("error")
def test_the_stored_validation_keeps_the_promises_and_can_be_repeated():
    stored = load("recentring_validation").set_index(["method", "true_effect"])
    error = np.sqrt(0.05 * 0.95 / stored.repetitions.iloc[0])
    assert stored.rejects_zero["naive", 0.0] > 0.5
    assert abs(stored.mean_estimate["naive", 0.0]) > stored.spread["naive", 0.0]
    for adjust in ("instrument", "control"):
        exact = stored.xs(f"{adjust}, randomisation")
        assert abs(exact.rejects_zero[0.0] - 0.05) < 3 * error
        assert (exact.covers - 0.95).abs().max() < 0.02
        assert abs(exact.mean_estimate[0.1] - 0.1) < 0.005
    again = validate_recentring.simulate(*validate_recentring.networks(300, seed=11), repetitions=60, seed=12)
    again = again.set_index(["method", "true_effect"])
    spread = 4 * np.sqrt(np.maximum(stored.covers * (1 - stored.covers), 0.01) / 60)
    assert ((again.covers - stored.covers).abs() < spread).all()
    assert ((again.mean_estimate - stored.mean_estimate).abs() < 5 * stored.spread / np.sqrt(60)).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 3))
def test_scaling_exposure_scales_the_interval(seed, shift):
    rng = np.random.default_rng(seed)
    draws, outcome = rng.normal(size=(40, 12)), rng.normal(size=12)
    one = randomisation_interval(outcome + shift, Exposure(draws[0], draws[1:]), level=0.8)
    ten = randomisation_interval(outcome, Exposure(10 * draws[0], 10 * draws[1:]), level=0.8)
    assert np.allclose(one, 10 * np.array(ten), rtol=1e-6)


def test_hostile_input_is_refused(design, example):
    exposure, outcome, _ = example
    with pytest.raises(DataError, match="'groups'"):
        permute_within([1, 0], ["a"], 5)
    with pytest.raises(DataError, match="nothing to permute"):
        permute_within([1, 0], ["a", "b"], 5)
    with pytest.raises(DataError, match="'draws'"):
        permute_within([1, 0], ["a", "a"], 0)
    with pytest.raises(DataError, match="one row a draw"):
        exposures(lambda rows: rows.sum(axis=1), [[1, 0]])
    with pytest.raises(DataError, match="unit 1"):
        Exposure(np.array([1.0, np.inf]), np.ones((3, 2)))
    with pytest.raises(DataError, match="shape"):
        Exposure(np.ones(2), np.ones((3, 3)))
    with pytest.raises(DataError, match="instrument"):
        estimate(outcome, exposure, adjust="instrumnt")
    with pytest.raises(DataError, match="'outcome'"):
        estimate(outcome[1:], exposure)


def test_specifications_are_the_estimates_of_each_combination(example):
    exposure, outcome, controls = example
    units = pd.Index([f"u{i}" for i in range(30)])
    traits = pd.DataFrame({"c": controls}, index=units).drop("u3")
    found = specifications(
        {"y": pd.Series(outcome, units), "z": pd.Series(-outcome, units)}, {"d": (units, exposure)},
        {"none": None, "c": traits}, {"all": units, "most": units[5:]},
    )  # fmt: skip
    assert len(found) == 2 * 2 * 2 * 3
    row = found.query("outcome == 'y' and controls == 'c' and sample == 'all' and adjust == 'control'").iloc[0]
    keep = np.arange(30) != 3
    alone = estimate(outcome[keep], exposure.of(keep), controls[keep], "control")
    assert row.n == 29 and row[alone.index].astype(float).equals(alone)
    flipped = found.pivot_table(index=["controls", "sample", "adjust"], columns="outcome", values="estimate")
    assert np.allclose(flipped.y, -flipped.z)
