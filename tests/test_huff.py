"""The day-trip model against Huff's and Converse's formulas, and its bookkeeping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.huff import approach, balance, break_even, choices, drawn_to, retail, tipping, turnover

PARAMETERS = load("model_parameters").query("model == 'huff'").set_index("parameter")
CENTRAL = PARAMETERS.central.to_dict()
times = st.lists(st.floats(20, 400), min_size=6, max_size=6)
sizes = st.lists(st.floats(0.5, 50), min_size=4, max_size=4)


def matrix(values):
    full = np.zeros((4, 4))
    full[np.triu_indices(4, 1)] = values
    return full + full.T


def test_the_probabilities_of_the_textbook():
    """Rodrigue, The Geography of Transport Systems: at the midpoint 0.71 go to the larger of two centres (5 to 2), 0.29 to the other."""
    assert choices(np.array([[10.0, 10.0]]), np.array([5.0, 2.0]))[0].round(2).tolist() == [0.71, 0.29]


@given(st.floats(0.2, 20), st.floats(0.2, 20), st.floats(10, 500), st.floats(1, 3))
def test_the_breaking_point_of_reilly_and_converse(a, b, distance, decay):
    """Converse (1949): trade splits evenly at distance / (1 + (b / a) ** (1 / decay)) from a."""
    point = distance / (1 + (b / a) ** (1 / decay))
    assert choices(np.array([[point, distance - point]]), np.array([a, b]), decay=decay)[0] == pytest.approx([0.5, 0.5])


@given(times, sizes)
def test_money_is_neither_made_nor_lost(values, income):
    found = retail(matrix(values), np.array(income), CENTRAL)
    assert found["turnover"].sum() == pytest.approx(sum(income))
    assert found["leaked"].sum() == pytest.approx(found["visitors"].sum())
    assert (found["leaked"] <= CENTRAL["movable"] * np.array(income) + 1e-12).all()


@given(times, sizes, st.floats(0.1, 10))
def test_units_do_not_matter(values, income, factor):
    one = turnover(matrix(values), matrix(values) * 0.7, np.array(income), CENTRAL)
    other = turnover(matrix(values), matrix(values) * 0.7, np.array(income) * factor, CENTRAL)
    assert one["net"] == pytest.approx(other["net"], abs=1e-9)


@given(times, sizes)
def test_no_change_no_effect_and_the_parts_add_up(values, income):
    still = turnover(matrix(values), matrix(values), np.array(income), CENTRAL)
    assert all(np.allclose(part, 0) for part in still.values())
    change = turnover(matrix(values), matrix(values) * 0.6, np.array(income), CENTRAL)
    before, after = np.array(income), matrix(values) * 0.6
    assert change["net"] == pytest.approx(change["leakage"] + change["visitors"] + change["access"])
    assert (change["access"] @ before) >= -1e-9 and after.shape == (4, 4)


def test_beyond_a_day_trip_nobody_shops():
    far = retail(np.array([[0, 400.0], [400, 0]]), np.array([1.0, 9.0]), CENTRAL)
    assert far["leaked"].tolist() == [0, 0]


def test_a_small_town_near_a_big_one_leaks_more_than_it_gets():
    near = retail(np.array([[0, 60.0], [60, 0]]), np.array([1.0, 9.0]), CENTRAL)
    assert near["leaked"][0] > near["visitors"][0] and near["turnover"][1] > 9


def test_a_town_is_worst_off_where_the_day_trip_begins():
    grid = np.array([240.0, 200, 180, 150, 120, 90, 60, 30])
    income = np.array([1.0, 8.0])
    usual = approach(np.ones((2, 2)), income, 0, 1, grid, CENTRAL)
    assert usual.net.iloc[0] == 0 and usual.net.iloc[1] > 0
    assert usual.minutes[usual.net.idxmin()] == 180
    without = approach(np.ones((2, 2)), income, 0, 1, grid, CENTRAL | {"access_elasticity": 0.0})
    assert (without.net <= usual.net + 1e-9).all() and (without.net[2:] < 0).all()
    assert (approach(np.ones((2, 2)), income, 0, 1, grid, CENTRAL | {"movable": 1e-9}).net >= 0).all()


def test_break_even_is_where_turnover_stays():
    rng = np.random.default_rng(2)
    before = matrix(rng.uniform(60, 240, 6))
    after, income = before * 0.6, np.array([1.0, 2, 5, 20])
    found = break_even(before, after, income, CENTRAL)
    for place, elasticity in enumerate(found):
        net = turnover(before, after, income, CENTRAL | {"access_elasticity": elasticity})["net"][place]
        assert net == pytest.approx(0, abs=0.01) or (elasticity == 0 and net > 0)
    assert np.isnan(break_even(before, before, income, CENTRAL)).all()


def test_bad_input_is_named():
    with pytest.raises(DataError, match="'minutes'"):
        choices(np.array([[0.0, 1.0]]), np.ones(2))
    with pytest.raises(DataError, match="'size'"):
        choices(np.ones((1, 2)), np.array([1.0, 0.0]))
    with pytest.raises(DataError, match="within 10 minutes of origin 0"):
        choices(np.full((1, 2), 20.0), np.ones(2), reach=10)


def four(seed=3):
    rng = np.random.default_rng(seed)
    return matrix(rng.uniform(40, 260, 6)), np.array([1.0, 3, 2, 20])


@given(times, sizes, st.floats(21, 400))
def test_the_balance_is_turnover_against_a_metropolis_out_of_reach(values, income, minutes):
    """The closed form against the model evaluated on whole matrices."""
    far, near = matrix(values), matrix(values)
    far[0, 3] = far[3, 0] = np.inf
    near[0, 3] = near[3, 0] = minutes
    net = turnover(far, near, np.array(income), CENTRAL)["net"][0]
    found = balance(matrix(values), np.array(income), [0], [3], np.array([minutes]), CENTRAL)[0, 0]
    assert found == pytest.approx(net, abs=1e-9)


@given(times, sizes, st.floats(0, 0.3), st.floats(0.05, 0.4))
def test_leakage_outweighs_between_the_tipping_times_only(values, income, response, movable):
    assumed = CENTRAL | {"access_elasticity": response, "movable": movable}
    case = (matrix(values), np.array(income), [0], [3])
    row = tipping(*case, assumed).iloc[0]

    def at(minutes):
        return balance(*case, np.array([minutes]), assumed)[0, 0]

    if np.isnan(row.tips):
        assert row.lowest >= 0 and np.isnan(row.recovers)
        return
    assert row.lowest < 0 and at(row.worst) == pytest.approx(row.lowest)
    assert at(row.tips) == pytest.approx(0, abs=1e-6) or (row.tips == assumed["reach_minutes"] and at(row.tips) < 0)
    assert at(row.tips + 1) >= 0
    if np.isfinite(row.recovers):
        assert row.recovers < row.tips and at(row.recovers) == pytest.approx(0, abs=1e-6)


@given(times, sizes)
def test_the_more_income_responds_the_less_leakage_outweighs(values, income):
    case = (matrix(values), np.array(income), [0], [3])
    found = [tipping(*case, CENTRAL | {"access_elasticity": e}).iloc[0] for e in (0.0, 0.05, 0.1, 0.3)]
    tips = [0.0 if np.isnan(row.tips) else row.tips for row in found]
    recovers = [(180.0 if np.isnan(row.tips) else 0.0) if np.isnan(row.recovers) else row.recovers for row in found]
    lowest = [row.lowest for row in found]
    assert tips == sorted(tips, reverse=True) and lowest == sorted(lowest)
    if all(at == 180 for at in tips if at):  # One zone from the reach of a day trip: its other end moves one way, too.
        assert recovers == sorted(recovers)


def test_without_movable_spending_nothing_tips_and_without_response_it_tips_at_once():
    minutes, income = four()
    assert tipping(minutes, income, [0, 1], [3, 3], CENTRAL | {"movable": 1e-12}).tips.isna().all()
    still = tipping(minutes, income, [0, 1], [3, 3], CENTRAL | {"access_elasticity": 0.0})
    assert (still.tips == CENTRAL["reach_minutes"]).all()


def test_many_towns_at_once_are_each_alone():
    minutes, income = four()
    together = tipping(minutes, income, [0, 1, 2], [3, 3, 1], CENTRAL)
    alone = [tipping(minutes, income, [a], [b], CENTRAL) for a, b in ((0, 3), (1, 3), (2, 1))]
    assert np.allclose(together, np.concatenate(alone), equal_nan=True)


def test_a_town_is_drawn_to_the_metropolis_that_pulls_most():
    minutes = matrix([100.0, 50, 40, 10, 10, 10])
    income = np.array([1.0, 30, 5, 0.5])
    assert drawn_to(minutes, income, [0], [1, 2, 3], CENTRAL).tolist() == [1]
    assert drawn_to(minutes, income, [0], [2, 3], CENTRAL).tolist() == [2]
    with pytest.raises(DataError, match="none is larger than town 1"):
        drawn_to(minutes, income, [0, 1], [1, 2], CENTRAL)


def test_bad_pairs_and_times_are_named():
    minutes, income = four()
    with pytest.raises(DataError, match="its own metropolis"):
        balance(minutes, income, [3], [3], np.array([60.0]), CENTRAL)
    with pytest.raises(DataError, match="'times'"):
        balance(minutes, income, [0], [3], np.array([0.0]), CENTRAL)
