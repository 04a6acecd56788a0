"""Staggered treatments: published reference values, identities, exactness, hostile input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from railbelt.errors import DataError
from railbelt.models.staggered import (
    comparisons,
    event_study,
    imputation,
    permutation_test,
    sensitivity,
    spillover_rings,
    two_way,
    wild_bootstrap,
)

COLUMNS = ("lemp", "county", "year", "first")


@pytest.fixture(scope="module")
def counties():
    """Counties with exactly the published moments of the minimum-wage example; the data themselves are not shipped."""
    stored = json.loads((Path(__file__).parent / "minimum_wage_moments.json").read_text(encoding="utf-8"))
    rng, parts, count = np.random.default_rng(0), [], 0
    for cohort, moments in stored["cohorts"].items():
        raw = rng.normal(size=(moments["n"], 5))
        raw -= raw.mean(axis=0)
        white = np.linalg.solve(np.linalg.cholesky(raw.T @ raw / len(raw)), raw.T).T
        values = white @ np.linalg.cholesky(np.array(moments["covariance"])).T + moments["mean"]
        part = pd.DataFrame(values, columns=stored["years"], index=range(count, count + len(raw)))
        part = part.rename_axis(index="county", columns="year").stack().rename("lemp").reset_index()
        parts.append(part.assign(first=int(cohort)))
        count += len(raw)
    return pd.concat(parts, ignore_index=True)


def test_the_stand_in_has_five_hundred_counties(counties):
    assert counties.county.nunique() == 500
    assert counties.groupby("first").county.nunique().to_dict() == {0: 309, 2004: 20, 2006: 40, 2007: 131}


def test_callaway_santanna_is_the_published_one(counties):
    found = event_study(counties, *COLUMNS, control="never_treated")
    assert round(found.overall.estimate, 4) == -0.0400
    assert round(found.overall.se, 4) == 0.0120
    by_cohort = found.cohorts.set_index("cohort").estimate.round(4).to_dict()
    assert by_cohort == {2004: -0.0797, 2006: -0.0229, 2007: -0.0261}
    events = found.events.set_index("event_time").estimate.round(4)
    assert events[[0, 1, 2, 3]].tolist() == [-0.0199, -0.0510, -0.1373, -0.1008]


def test_imputation_is_the_published_one(counties):
    assert round(imputation(counties, *COLUMNS).estimate, 4) == -0.0477


def test_two_way_fixed_effects_are_the_published_ones_and_the_decomposition_adds_up(counties):
    estimate = two_way(counties, *COLUMNS)
    assert round(estimate, 4) == -0.0365
    parts = comparisons(counties, *COLUMNS)
    assert parts.weight.sum() == pytest.approx(1)
    assert (parts.weight * parts.estimate).sum() == pytest.approx(estimate)


def test_sensitivity_widens_and_holds_the_estimate(counties):
    found = sensitivity(event_study(counties, *COLUMNS), (0, 0.5, 1, 2))
    assert (np.diff(found.high - found.low) > 0).all()
    assert found.high[0] < 0 < found.high[3]


def panel(effect=0.0, units=24, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    first = np.repeat([0, 0, 4, 6], units // 4)
    rows = [
        (u, t, g, u + 0.3 * t + effect * (0 < g <= t) + noise * rng.normal(), 120 + u % 6, 30 + u // 6, g or -u // 4)
        for u, g in enumerate(first)
        for t in range(1, 9)
    ]
    return pd.DataFrame(rows, columns=["county", "year", "first", "lemp", "lon", "lat", "line"])


def test_every_estimator_recovers_an_exact_effect():
    exact = panel(effect=2.0, noise=0.0)
    assert event_study(exact, *COLUMNS).overall.estimate == pytest.approx(2)
    assert imputation(exact, *COLUMNS).estimate == pytest.approx(2)
    assert two_way(exact, *COLUMNS) == pytest.approx(2)


def test_rings_separate_direct_and_indirect_effects():
    rows = []
    for u in range(40):
        treated, near = u < 8, 8 <= u < 18
        lon = 120 + 0.1 * (u % 5) if treated else 120.9 + 0.05 * (u % 5) if near else 130 + u % 7
        for t in range(1, 7):
            value = u + t + 2.0 * (treated and t >= 4) - 1.0 * (near and t >= 4)
            rows.append((u, t, 4 if treated else 0, value, lon, 40 + 0.01 * u))
    found = spillover_rings(
        pd.DataFrame(rows, columns=["county", "year", "first", "lemp", "lon", "lat"]), *COLUMNS, rings_km=(0, 150)
    ).set_index("place")
    assert found.estimate["treated"] == pytest.approx(2)
    assert found.estimate["untreated, 0 to 150 km"] == pytest.approx(-1)


def test_a_unit_in_two_places_is_refused():
    rows = [
        (u, t, 4 * (u < 2), float(u + t), 120.0 + u + (u == 3 and t == 2), 40.0) for u in range(6) for t in range(1, 6)
    ]
    moving = pd.DataFrame(rows, columns=["county", "year", "first", "lemp", "lon", "lat"])
    with pytest.raises(DataError, match="county 3 has more than one place"):
        spillover_rings(moving, *COLUMNS)
    with pytest.warns(UserWarning, match="Rank-deficient"), pytest.raises(DataError, match="units lie 0 to 1 km away"):
        spillover_rings(moving.assign(lon=120.0 + moving.county), *COLUMNS, rings_km=(0, 1))


def test_permutation_is_exact_under_the_null():
    """Over many data sets without effect the p-value is below 0.1 in a tenth of them."""
    found = [permutation_test(panel(seed=s), *COLUMNS, draws=99, seed=s).p_value <= 0.1 for s in range(300)]
    assert abs(np.mean(found) - 0.1) < 4 * np.sqrt(0.09 / 300)


def test_permutation_and_bootstrap_see_a_large_effect():
    data = panel(effect=3.0)
    assert permutation_test(data, *COLUMNS, draws=199).p_value < 0.02
    data["cluster"] = data.county % 8
    found = wild_bootstrap(data, *COLUMNS, cluster="cluster", draws=199)
    assert found.p_value < 0.05 and found.clusters == 8
    assert found.estimate == pytest.approx(two_way(data, *COLUMNS))
    assert found.low < 3 < found.high


def test_permutation_moves_whole_groups():
    found = permutation_test(panel(), *COLUMNS, together="line", draws=19)
    assert found.units == panel().line.nunique()
    with pytest.raises(DataError, match="'together'"):
        permutation_test(panel().assign(line=1), *COLUMNS, together="line")


def test_a_study_that_bears_no_interval_is_refused():
    """An outcome of one county is so far from all others that the variances of the effects are of no common scale."""
    rng = np.random.default_rng(1)
    rows = [(u, t, g, u + t + rng.normal()) for u, g in enumerate([0, 0, 0, 0, 3, 3, 3]) for t in range(1, 6)]
    data = pd.DataFrame(rows, columns=["county", "year", "first", "lemp"])
    data.loc[30, "lemp"] = -3.44e16
    study = event_study(data, "lemp", "county", "year", "first", "not_yet_treated")
    with pytest.raises(DataError, match=r"argument 'study': no estimate was found .*singular"):
        sensitivity(study, [0])


def test_a_seed_is_a_whole_number():
    with pytest.raises(DataError, match=r"'seed': 1\.5 is not a whole number"):
        permutation_test(panel(), *COLUMNS, seed=1.5)


def test_same_seed_same_answer():
    assert permutation_test(panel(), *COLUMNS, seed=4).equals(permutation_test(panel(), *COLUMNS, seed=4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="lemp"), "column 'lemp'"),
        (lambda d: d.iloc[1:], "lacks a year"),
        (lambda d: pd.concat([d, d.iloc[:1]]), "stands twice"),
        (lambda d: d.assign(first=d["first"].where(d.year < 3, 5)), "more than one"),
        (lambda d: d.assign(first=1), "no year before"),
        (lambda d: d.assign(first=0), "no unit is treated"),
        (lambda d: d.assign(lemp=d.lemp.where(d.year < 3)), "missing or infinite"),
    ],
)
def test_a_broken_panel_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        event_study(change(panel()), *COLUMNS)


def test_an_unknown_control_is_refused():
    with pytest.raises(DataError, match="never_treated"):
        event_study(panel(), *COLUMNS, control="never_treatd")
