"""The spatial model on cities: draws, travel from door to door, effects of faster trains, what they hang on."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import sobol_indices, uniform

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.gains import balanced, door_to_door, draw, drivers, effect, effects, setting, split, summary

PARAMETERS = load("model_parameters").query("model == 'spatial'")
CENTRAL = dict(zip(PARAMETERS.parameter, PARAMETERS.central, strict=True))


def small(count=8):
    rng = np.random.default_rng(5)
    codes = [f"c{i}" for i in range(count)]
    cities = pd.DataFrame({"city_code": codes, "lon": rng.uniform(120, 130, count), "lat": rng.uniform(40, 48, count)})
    people = pd.Series(rng.uniform(1, 4, count), index=codes)
    place = setting(cities, people, people * rng.uniform(0.98, 1.02, count), people * rng.uniform(1, 3, count))
    slow = 1.2 * place.km / 80 * 60
    fast = np.where(rng.uniform(size=(count, count)) < 0.4, slow / 3, slow)
    fast = np.minimum(fast, fast.T)
    return place, slow, fast


def test_draws_cover_every_range_evenly_and_are_reproducible():
    draws = draw(PARAMETERS, 500)
    assert draws.equals(draw(PARAMETERS, 500)) and not draws.equals(draw(PARAMETERS, 500, seed=1))
    for _, row in PARAMETERS.iterrows():
        unit = (draws[row.parameter] - row.low) / (row.high - row.low)
        assert sorted((unit * 500).astype(int)) == list(range(500))


def test_all_draws_have_one_equilibrium():
    from railbelt.models.spatial import Elasticities, modulus

    draws = draw(PARAMETERS, 500)[["trade_elasticity", "migration_elasticity", "agglomeration", "congestion"]]
    assert max(modulus(Elasticities(*row)) for row in draws.to_numpy()) < 1


def test_ranges_hold_their_central_value():
    assert ((PARAMETERS.low <= PARAMETERS.central) & (PARAMETERS.central <= PARAMETERS.high)).all()


def test_distances_are_great_circles():
    cities = pd.DataFrame({"city_code": ["harbin", "dalian"], "lon": [126.53, 121.61], "lat": [45.80, 38.91]})
    one = pd.Series({"harbin": 1.0, "dalian": 1.0})
    km = setting(cities, one, one, one).km
    assert km[0, 1] == pytest.approx(863, rel=0.01) and km[0, 0] == 0


def test_the_fastest_way_is_taken():
    minutes = door_to_door(np.array([30.0, 500.0, np.inf]), np.array([100.0, 1500.0, 60.0]), CENTRAL)
    assert minutes.tolist() == pytest.approx([90, 300 + 1500 / 700 * 60, 1.3 * 60 / 85 * 60])


def test_the_economy_fits_the_census_and_the_share_of_movers():
    place, slow, _ = small()
    made = balanced(place, door_to_door(slow, place.km, CENTRAL), CENTRAL)
    assert made.moves.sum(axis=0) == pytest.approx(place.people.to_numpy())
    assert made.moves.sum(axis=1) == pytest.approx(place.homes.to_numpy())
    assert 1 - np.trace(made.moves) / made.people.sum() == pytest.approx(CENTRAL["movers"])
    assert np.diag(made.trade) / made.income == pytest.approx(CENTRAL["home_sales"])
    assert made.trade.sum(axis=1) == pytest.approx(made.income)


def test_no_faster_train_no_effect_and_faster_trains_help_on_the_whole():
    place, slow, fast = small()
    assert np.allclose(effect(place, slow, slow, CENTRAL), 1)
    after = effect(place, slow, fast, CENTRAL)
    assert (after.welfare * place.homes).sum() > place.homes.sum()
    assert (after.people * place.people).sum() == pytest.approx(place.people.sum())


def test_a_train_slower_than_the_road_changes_nothing():
    place, slow, _ = small()
    assert np.allclose(effect(place, 3 * slow, 2 * slow, CENTRAL | {"road_kmh": 200.0}), 1)


def test_results_do_not_depend_on_the_number_of_processes():
    place, slow, fast = small()
    draws = draw(PARAMETERS, 6)
    assert effects(place, slow, fast, draws, jobs=2).equals(effects(place, slow, fast, draws))


def test_levers_move_people_the_way_they_must():
    place, slow, _ = small()
    first = np.r_[1.05, np.ones(7)]
    by = {
        lever: effect(place, slow, slow, CENTRAL, **{lever: first}).iloc[0]
        for lever in ("productivity", "amenity", "leaving")
    }
    assert all(change.people > 1 for change in by.values())
    assert by["productivity"].welfare > 1 and by["amenity"].welfare > 1 and by["leaving"].welfare < 1


def test_what_cannot_be_is_refused():
    place, slow, fast = small()
    with pytest.raises(DataError, match="'movers'"):
        effect(place, slow, fast, CENTRAL | {"movers": 0.0001})
    with pytest.raises(DataError, match="'low' is not below 'high'"):
        draw(PARAMETERS.assign(low=PARAMETERS.high), 4)
    with pytest.raises(DataError, match="twice"):
        draw(pd.concat([PARAMETERS, PARAMETERS]), 4)
    with pytest.raises(DataError, match="no city has both"):
        setting(
            pd.DataFrame({"city_code": ["a"], "lon": [0.0], "lat": [0.0]}),
            pd.Series({"b": 1.0}),
            pd.Series(),
            pd.Series(),
        )


def test_a_summary_of_what_is_beyond_all_measure_is_refused():
    index = pd.MultiIndex.from_product([[0, 1], ["a"]], names=["draw", "place"])
    found = pd.DataFrame({"people": [1.0, 1.0], "welfare": [1.7e308, 1.0], "real_income": [1.0, 1.0]}, index=index)
    with pytest.raises(DataError, match=r"column 'welfare'.*beyond all measure"):
        summary(found)


def test_drivers_agree_with_the_ishigami_like_closed_form():
    """y = x1 + x1 x2 on the unit square: variances by hand."""
    draws = draw(pd.DataFrame({"parameter": ["x1", "x2", "x3"], "low": 0.0, "high": 1.0}), 256)
    found = drivers(draws, pd.DataFrame({"y": draws.x1 + draws.x1 * draws.x2}))
    total = 9 / 4 / 12 + 1 / 48 + 1 / 144  # variance of x1's main effect, of x2's, and of both together
    assert found.loc["y", "x1"] == pytest.approx((9 / 48 + 1 / 144) / total, abs=0.02)
    assert found.loc["y", "x2"] == pytest.approx((1 / 48 + 1 / 144) / total, abs=0.02)
    assert found.loc["y", "x3"] == pytest.approx(0, abs=0.01)
    assert found.loc["y", "fit"] > 0.999


def test_drivers_on_the_surface_agree_with_drivers_on_the_model():
    place, slow, fast = small(5)
    few = PARAMETERS[PARAMETERS.parameter.isin(["movers", "move_by_person", "trade_by_person"])]

    def people(values):
        rows = [CENTRAL | dict(zip(few.parameter, column, strict=True)) for column in values.T]
        return np.array([effect(place, slow, fast, row).people.to_numpy() for row in rows]).T

    draws = draw(few, 128)
    outcome = pd.DataFrame(people(draws.to_numpy().T).T, columns=place.people.index)
    direct = sobol_indices(
        func=people,
        n=128,
        dists=[uniform(a, b - a) for a, b in zip(few.low, few.high, strict=True)],
        rng=np.random.default_rng(0),
    )
    surface = drivers(draws, outcome)
    assert surface.fit.min() > 0.95
    assert np.abs(surface[few.parameter].to_numpy() - direct.total_order).max() < 0.12


def test_split_counts_thirds():
    draws = pd.DataFrame({"x": np.arange(30.0), "y": np.tile([0.0, 1, 2], 10)})
    found = split(draws, pd.DataFrame({"city": draws.x >= 15}))
    assert found.loc["city", "x"] == 1 and abs(found.loc["city", "y"]) < 0.2
