"""City systems: closed forms, published values, simulated truth, invariants, hostile input."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.citysystems import (
    corridor,
    functional_polycentricity,
    gravity_flows,
    kept_inside,
    primacy,
    rank_size,
)

sizes = hnp.arrays(float, st.integers(3, 30), elements=st.floats(1, 1e6), unique=True)


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.6])
def test_an_exact_rank_size_line_is_found(exponent):
    found = rank_size(5000 * (np.arange(1, 31) - 0.5) ** (-1 / exponent))
    assert found.exponent == pytest.approx(exponent)
    assert found.slope == pytest.approx(-1 / exponent)


def test_the_standard_error_is_that_printed_by_gabaix_and_ibragimov():
    # United States metropolitan areas, their application: exponent 1.050 with standard error 0.128 on 135 cities.
    found = rank_size((np.arange(1, 136) - 0.5) ** (-1 / 1.050))
    assert (round(found.exponent, 3), round(found.se, 3)) == (1.050, 0.128)


@given(sizes)
def test_the_coefficient_is_that_of_least_squares(values):
    ordered = np.sort(values)[::-1]
    fit = sm.OLS(np.log(np.arange(len(values)) + 0.5), sm.add_constant(np.log(ordered))).fit()
    assert rank_size(values).exponent == pytest.approx(-fit.params[1], rel=1e-6, abs=1e-9)


def test_half_removes_the_bias_and_the_standard_error_is_right():
    # Pareto with exponent one, 50 cities: the plain rank is biased downwards, which is what Gabaix and Ibragimov mend.
    rng = np.random.default_rng(0)
    draws = rng.pareto(1.0, (2000, 50)) + 1
    found = pd.DataFrame([rank_size(draw)[["exponent", "se", "low", "high"]] for draw in draws])
    ordered = np.log(np.sort(draws, axis=1)[:, ::-1])
    naive = [-np.polyfit(row, np.log(np.arange(1, 51)), 1)[0] for row in ordered]
    assert found.exponent.mean() == pytest.approx(1, abs=0.03)
    assert np.mean(naive) < 0.95
    assert found.se.mean() == pytest.approx(found.exponent.std(), rel=0.1)
    assert ((found.low <= 1) & (found.high >= 1)).mean() == pytest.approx(0.95, abs=0.03)


@given(sizes, st.floats(0.01, 100))
def test_the_unit_does_not_matter(values, factor):
    assert rank_size(values).exponent == pytest.approx(rank_size(values * factor).exponent, rel=1e-6)
    assert primacy(values).tolist() == pytest.approx(primacy(values * factor).tolist(), nan_ok=True)


def test_primacy_of_jefferson_and_of_equals():
    # Jefferson's typical triple of a country: 100, 30, 20.
    assert primacy([30, 100, 20]).first_to_second == pytest.approx(100 / 30)
    assert primacy([5, 5, 5, 5]).to_dict() == pytest.approx(
        {"first_to_second": 1, "first_to_next_three": 1 / 3, "first_share": 0.25, "centres": 4}
    )


@given(sizes)
def test_effective_centres_lie_between_one_and_all(values):
    assert 1 <= primacy(values).centres <= len(values) + 1e-9


def star(n):
    flows = np.zeros((n, n))
    flows[0, 1:] = 1
    return pd.DataFrame(flows)


@pytest.mark.parametrize("n", [3, 6, 20])
def test_polycentricity_of_a_star_in_closed_form(n):
    found = functional_polycentricity(star(n))
    spread = np.sqrt((n - 1) * (n - 2) ** 2 / n**2)
    assert found.evenness == pytest.approx(1 - spread / ((n - 1) / 2))
    assert found.density == pytest.approx(2 / n)
    assert functional_polycentricity(pd.DataFrame(np.ones((n, n))))["index"] == pytest.approx(1)


@given(hnp.arrays(float, (5, 5), elements=st.floats(0, 100)).filter(lambda a: (a - np.diag(np.diag(a))).max() > 1e-3))
def test_polycentricity_lies_between_zero_and_one_whatever_the_order(values):
    found = functional_polycentricity(pd.DataFrame(values))
    assert -1e-9 <= found["index"] <= 1 + 1e-9
    order = [3, 1, 4, 0, 2]
    assert functional_polycentricity(pd.DataFrame(values[np.ix_(order, order)]))["index"] == pytest.approx(
        found["index"], abs=1e-9
    )


def test_nearer_places_exchange_more():
    times = pd.DataFrame([[0, 30, 90], [30, 0, 60], [90, 60, 0]], list("abc"), list("abc"), dtype=float)
    flows = gravity_flows(times, pd.Series(1.0, list("abc")))
    assert flows.loc["a", "b"] > flows.loc["b", "c"] > flows.loc["a", "c"] > 0
    assert (np.diag(flows) == 0).all()


@given(st.integers(0, 10_000))
def test_what_is_kept_inside_lies_between_nothing_and_all(seed):
    rng = np.random.default_rng(seed)
    names = list("abcdef")
    flows = pd.DataFrame(rng.uniform(0, 1, (6, 6)), names, names)
    found = kept_inside(
        flows, {"some": ["a", "b", "c"], "more": ["a", "b", "c", "d"], "all": names, "one": ["f"], "none": ["z"]}
    )
    assert 0 < found["some"] < 1 and found["all"] == pytest.approx(1) and found["one"] == 0
    assert np.isnan(found["none"])
    by_hand = sum(flows.loc[i, j] for i in "abc" for j in "abc" if i != j)
    assert found["some"] == pytest.approx(by_hand / sum(flows.loc[i, j] for i in "abc" for j in names if i != j))


def test_a_tree_by_hand():
    found = corridor([0, 1, 2, 1], [0, 0, 0, 1])
    degree = found.straight_km / 2
    assert degree == pytest.approx(111.32, abs=0.01)
    assert found.length_km == pytest.approx(2 * degree, rel=1e-6)
    assert found.linearity == pytest.approx(2 / 3, abs=0.01)


def test_boswash_is_the_textbook_corridor():
    counties = load("us_counties").merge(load("us_county_population").query("year == 2020"), on="fips")
    weighted = counties.assign(lon=counties.lon * counties.population, lat=counties.lat * counties.population)
    metros = weighted.groupby("metro")[["lon", "lat", "population"]].sum()
    found = corridor(metros.lon / metros.population, metros.lat / metros.population)
    assert 0.6 < found.linearity < 1
    assert 600 < found.straight_km < 700


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rank_size([1, 2]), "at least three"),
        (lambda: rank_size([1, 2, 0]), "positive"),
        (lambda: rank_size([2, 2, 2]), "equal"),
        (lambda: rank_size([1, 2, np.nan]), "positive"),
        (lambda: primacy([3]), "at least two"),
        (lambda: functional_polycentricity(pd.DataFrame([[0, 1]])), "same places"),
        (lambda: functional_polycentricity(pd.DataFrame(np.zeros((3, 3)))), "exchange"),
        (lambda: functional_polycentricity(pd.DataFrame([[0, np.nan], [1, 0]])), "from zero"),
        (lambda: gravity_flows(pd.DataFrame([[0.0]], ["a"], ["b"]), pd.Series({"a": 1.0})), "same places"),
        (lambda: corridor([1], [1]), "two places"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(DataError, match=message):
        call()
