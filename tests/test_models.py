"""Decompositions and estimates against closed forms, independent implementations and simulated truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt.errors import DataError
from railbelt.models.convergence import beta_convergence, trend_break
from railbelt.models.inequality import bootstrap_interval, dispersion, theil
from railbelt.models.shares import decompose_share, log_mean

positive = st.floats(0.01, 1e6)


@given(positive, positive)
def test_log_mean_lies_between_the_geometric_and_the_arithmetic_mean(a, b):
    slack = 1e-6 * max(a, b)
    assert np.sqrt(a * b) - slack <= log_mean(a, b) <= (a + b) / 2 + slack
    assert log_mean(a, b) == pytest.approx(log_mean(b, a))


def test_log_mean_of_nothing_is_refused():
    for a, b in ((0, 1), (1, -1), (1, np.inf), ("1", 1)):
        with pytest.raises(DataError, match="is not a number between 0 and inf"):
            log_mean(a, b)


def test_a_period_is_two_years():
    accounts = pd.DataFrame({"year": [2000], "gdp": 1, "gdp_total": 2, "people": 1, "people_total": 2})
    with pytest.raises(DataError, match="'periods': 2000 is no pair of years"):
        decompose_share(accounts, [2000])


@given(st.lists(st.floats(1, 1e3), min_size=8, max_size=8))
def test_a_change_of_share_is_the_sum_of_its_parts(values):
    gdp, rest, people, others = np.array(values).reshape(4, 2)
    accounts = pd.DataFrame(
        {"year": [2000, 2010], "gdp": gdp, "gdp_total": gdp + rest, "people": people, "people_total": people + others}
    )
    parts = decompose_share(accounts, [(2000, 2010)]).iloc[0]
    assert parts.people + parts.per_head == pytest.approx(parts.change, abs=1e-9)
    assert parts.change == pytest.approx(100 * (parts.share_end - parts.share_start), abs=1e-9)


def test_only_people_move_when_product_per_head_keeps_pace():
    accounts = pd.DataFrame(
        {"year": [2000, 2010], "gdp": [10, 9], "gdp_total": [100, 100], "people": [10, 9], "people_total": [100, 100]}
    )
    parts = decompose_share(accounts, [(2000, 2010)]).iloc[0]
    assert (parts.people, parts.per_head) == pytest.approx((-1, 0))


def test_a_missing_year_and_a_zero_are_named():
    accounts = pd.DataFrame({"year": [2000], "gdp": [1], "gdp_total": [2], "people": [1], "people_total": [2]})
    with pytest.raises(DataError, match="no row for 2010"):
        decompose_share(accounts, [(2000, 2010)])
    with pytest.raises(DataError, match=r"column 'gdp'.*positive"):
        decompose_share(pd.concat([accounts, accounts.assign(year=2010, gdp=0)]), [(2000, 2010)])
    with pytest.raises(DataError, match=r"column 'people_total'.*beyond all measure"):
        decompose_share(pd.concat([accounts, accounts.assign(year=2010, people_total=4e134)]), [(2000, 2010)])
    with pytest.raises(DataError, match="years 2000 and 2010: a figure is missing"):
        decompose_share(pd.concat([accounts, accounts.assign(year=2010, gdp=np.nan)]), [(2000, 2010)])


def regions(product, people, group):
    return pd.DataFrame({"gdp": product, "pop": people, "region": group})


def weighted_theil(frame):
    """The textbook formula, written out."""
    s, p = frame.gdp / frame.gdp.sum(), frame["pop"] / frame["pop"].sum()
    total = (s * np.log(s / p)).sum()
    groups = frame.assign(s=s, p=p).groupby("region")[["s", "p"]].sum()
    between = (groups.s * np.log(groups.s / groups.p)).sum()
    return total, between


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.integers(1, 400), st.sampled_from("abc")), min_size=2, max_size=12))
def test_theil_equals_its_textbook_formula(rows):
    frame = regions(*zip(*rows, strict=True))
    found = theil(frame, "gdp", "pop", "region")
    total, between = weighted_theil(frame)
    assert found.theil == pytest.approx(total, abs=1e-9)
    assert found.between_groups == pytest.approx(between, abs=1e-9)
    assert found.between_groups + found.within_groups == pytest.approx(found.theil, abs=1e-9)
    assert found.theil >= -1e-9 and found.within_groups >= -1e-9


def test_theil_equals_that_of_pysal_on_units_repeated_by_their_people():
    from inequality.theil import TheilD

    rng = np.random.default_rng(7)
    frame = regions(rng.uniform(1, 50, 31), rng.integers(300, 900, 31), rng.choice(list("abcd"), 31))
    found = theil(frame, "gdp", "pop", "region")
    peer = TheilD(
        np.repeat((frame.gdp / frame["pop"]).to_numpy(), frame["pop"]), np.repeat(frame.region.to_numpy(), frame["pop"])
    )
    assert found.theil == pytest.approx(float(np.squeeze(peer.T)), abs=1e-9)
    assert found.between_groups == pytest.approx(float(np.squeeze(peer.bg)), abs=1e-9)
    assert found.within_groups == pytest.approx(float(np.squeeze(peer.wg)), abs=1e-9)


def test_theil_has_its_limits():
    concentrated = regions([1e12, 1e-6, 1e-6, 1e-6], [1, 1, 1, 1], list("aabb"))
    assert theil(concentrated, "gdp", "pop", "region").theil == pytest.approx(np.log(4), abs=1e-6)
    with pytest.raises(DataError, match=r"column 'gdp', row 1"):
        theil(regions([1, -1], [1, 1], list("ab")), "gdp", "pop", "region")


def test_dispersion_ignores_scale():
    values = pd.Series([1.0, 2.0, 5.0, 9.0])
    assert dispersion(values) == pytest.approx(dispersion(values * 7))


def test_the_bootstrap_interval_is_reproducible_and_covers():
    rng = np.random.default_rng(1)
    sample = pd.Series(np.exp(rng.normal(0, 0.5, 31)))
    assert bootstrap_interval(sample) == bootstrap_interval(sample)
    covered = 0
    for _ in range(120):
        low, high = bootstrap_interval(pd.Series(np.exp(rng.normal(0, 0.5, 31))), draws=399)
        covered += low <= 0.5 <= high
    assert 0.86 <= covered / 120 <= 1


def test_beta_convergence_equals_least_squares_by_hand():
    rng = np.random.default_rng(2)
    start = np.exp(rng.normal(9, 0.5, 31))
    end = start * np.exp(rng.normal(0.4, 0.1, 31))
    frame = pd.DataFrame({"start": start, "end": end})
    found = beta_convergence(frame, "start", "end", 10)
    growth = 100 * np.log(end / start) / 10
    slope, intercept = np.polyfit(np.log(start), growth, 1)
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept))
    x = np.column_stack([np.ones(31), np.log(start)])
    bread = np.linalg.inv(x.T @ x)
    residuals = growth - x @ np.array([intercept, slope])
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    hc3 = bread @ (x.T * (residuals / (1 - leverage)) ** 2) @ x @ bread
    assert (found.high - found.low) / 2 == pytest.approx(2.0452 * np.sqrt(hc3[1, 1]), rel=1e-3)


def test_beta_convergence_half_life():
    start = pd.Series([1.0, 2.0, 4.0, 8.0, 16.0])
    halved = pd.DataFrame({"start": start, "end": np.sqrt(start)})
    assert beta_convergence(halved, "start", "end", 10).half_life == pytest.approx(10)
    apart = pd.DataFrame({"start": start, "end": start**1.5})
    assert beta_convergence(apart, "start", "end", 10).half_life == np.inf


def test_convergence_refuses_too_few_units_and_impossible_values():
    with pytest.raises(DataError, match="at least 4"):
        beta_convergence(pd.DataFrame({"a": [1], "b": [2]}), "a", "b", 5)
    with pytest.raises(DataError, match=r"column 'b', row 2"):
        beta_convergence(pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 0, 3]}), "a", "b", 5)


def autoregressive(rng, length, rho=0.5, scale=0.05):
    errors = rng.normal(0, scale, length + 30)
    for step in range(1, len(errors)):
        errors[step] += rho * errors[step - 1]
    return errors[30:]


def test_a_break_is_found_where_it_is_and_not_where_none_is():
    rng = np.random.default_rng(3)
    years = np.arange(1978, 2024)
    dates, false_alarms = [], 0
    for _ in range(60):
        bent = 0.1 * (years - 1978) - 0.2 * np.maximum(years - 2000, 0) + autoregressive(rng, len(years))
        dates.append(trend_break(pd.Series(bent, index=years), draws=49).year)
        straight = 0.1 * (years - 1978) + autoregressive(rng, len(years))
        false_alarms += trend_break(pd.Series(straight, index=years), draws=99).p_value <= 0.05
    assert abs(np.median(dates) - 2000) <= 1
    assert np.mean(np.abs(np.array(dates) - 2000) <= 2) > 0.9
    assert false_alarms / 60 <= 0.15


def test_the_break_statistic_equals_a_search_with_least_squares():
    rng = np.random.default_rng(4)
    years = np.arange(2000, 2024)
    values = np.cumsum(rng.normal(size=24))
    found = trend_break(pd.Series(values, index=years), draws=9)

    def rss(*columns):
        design = np.column_stack([np.ones(24), *columns])
        return ((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]) ** 2).sum()

    time = years - 2000
    fits = {year: rss(time, np.maximum(years - year, 0)) for year in range(2004, 2020)}
    best = min(fits, key=fits.get)
    assert found.year == best
    assert found.sup_f == pytest.approx((rss(time) - fits[best]) / fits[best] * 21)


def test_a_series_with_gaps_is_refused():
    with pytest.raises(DataError, match="consecutive"):
        trend_break(pd.Series(range(14), index=[*range(2000, 2013), 2015]))
    with pytest.raises(DataError, match=r"'series', position 0: .* beyond"):
        trend_break(pd.Series([1e200, *range(13)], index=range(2000, 2014)))
