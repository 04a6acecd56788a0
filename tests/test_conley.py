"""Least squares and one instrument with spatial errors: against statsmodels and a loop, and hostile input."""

import numpy as np
import pytest
import statsmodels.api as sm

from railbelt.errors import DataError
from railbelt.geography import distance_km
from railbelt.models.conley import linear, spatial_weights


@pytest.fixture
def sample():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(110, 130, 60), rng.uniform(25, 50, 60)
    control, instrument = rng.normal(size=(2, 60))
    treatment = instrument + 0.5 * control + rng.normal(size=60)
    return lon, lat, control, instrument, treatment, 2 * treatment - control + rng.normal(size=60)


def test_without_weights_it_is_white(sample):
    _, _, control, _, treatment, outcome = sample
    fitted = sm.OLS(outcome, sm.add_constant(np.column_stack([treatment, control]))).fit(cov_type="HC0")
    found = linear(outcome, treatment, control)
    assert found.estimate == pytest.approx(fitted.params[1])
    assert found.se == pytest.approx(fitted.bse[1])
    assert [found.low, found.high] == pytest.approx(fitted.conf_int()[1])


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_spatial_errors_equal_a_plain_loop_over_pairs(sample, kernel):
    lon, lat, control, instrument, treatment, outcome = sample
    found = linear(outcome, treatment, control, instrument, spatial_weights(lon, lat, 600, kernel))
    x = np.column_stack([np.ones(60), treatment, control])
    z = np.column_stack([np.ones(60), instrument, control])
    beta = np.linalg.solve(z.T @ x, z.T @ outcome)
    error = outcome - x @ beta
    meat = np.zeros((3, 3))
    for i in range(60):
        for j in range(60):
            apart = distance_km(lon[i], lat[i], lon[j], lat[j])
            weight = max(1 - apart / 600, 0) if kernel == "bartlett" else float(apart <= 600)
            meat += weight * error[i] * error[j] * np.outer(z[i], z[j])
    bread = np.linalg.inv(z.T @ x)
    assert found.estimate == pytest.approx(beta[1])
    assert found.se == pytest.approx(np.sqrt((bread @ meat @ bread.T)[1, 1]))


def test_the_library_for_differences_agrees(sample):
    """An independent implementation, which follows the R package conleyreg."""
    from diff_diff.conley import _compute_conley_vcov

    lon, lat, control, _, treatment, outcome = sample
    x = np.column_stack([np.ones(60), treatment, control])
    error = outcome - x @ np.linalg.lstsq(x, outcome, rcond=None)[0]
    theirs = _compute_conley_vcov(x, error, np.column_stack([lat, lon]), 600.0, "haversine", "bartlett", x.T @ x)
    ours = linear(outcome, treatment, control, weights=spatial_weights(lon, lat, 600))
    assert ours.se == pytest.approx(np.sqrt(theirs[1, 1]), rel=0.01)


def test_a_redundant_control_changes_nothing(sample):
    _, _, control, _, treatment, outcome = sample
    twice = linear(outcome, treatment, np.column_stack([control, 2 * control + 1]))
    assert twice.estimate == pytest.approx(linear(outcome, treatment, control).estimate)


def test_hostile_input_is_refused(sample):
    lon, lat, control, _, treatment, outcome = sample
    with pytest.raises(DataError, match="finite"):
        linear(np.where(outcome > 1, np.nan, outcome), treatment)
    with pytest.raises(DataError, match="'treatment': 59"):
        linear(outcome, treatment[:-1])
    with pytest.raises(DataError, match="nothing of it is left"):
        linear(outcome, control, control)
    with pytest.raises(DataError, match="'cutoff_km'"):
        spatial_weights(lon, lat, 0)
    with pytest.raises(DataError, match="bartlett"):
        spatial_weights(lon, lat, 100, "bartlet")
