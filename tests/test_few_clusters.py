"""Inference with few clusters against statsmodels, brute force, and simulated truth."""

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from railbelt.errors import DataError
from railbelt.models.few_clusters import permuted, wild_cluster


def sample(seed, provinces=8, each=12, slope=1.0, shared=1.0):
    rng = np.random.default_rng(seed)
    province = np.repeat(np.arange(provinces), each)
    x = rng.normal(size=len(province)) + rng.normal(size=provinces)[province]
    z = rng.normal(size=len(province))
    y = slope * x + 0.5 * z + shared * rng.normal(size=provinces)[province] + rng.normal(size=len(province))
    return pd.DataFrame({"y": y, "x": x, "z": z, "province": province})


def test_slope_and_clustered_error_equal_those_of_statsmodels():
    data = sample(1)
    fit = smf.ols("y ~ x + z", data).fit(
        cov_type="cluster", cov_kwds={"groups": data.province, "use_correction": False}
    )
    found = wild_cluster(data, "y", "x", "province", ["z"])
    assert found.slope == pytest.approx(fit.params["x"])
    assert found.se == pytest.approx(fit.bse["x"] * np.sqrt(8 / 7))
    within = smf.ols("y ~ x + z + C(province)", data).fit()
    assert wild_cluster(data, "y", "x", "province", ["z"], fixed="province").slope == pytest.approx(within.params["x"])


def test_the_bootstrap_equals_brute_force_over_all_signs():
    data = sample(2, provinces=5, slope=0.3)
    found = wild_cluster(data, "y", "x", "province", ["z"])
    x = np.column_stack([np.ones(len(data)), data.x, data.z])
    groups = data.province.to_numpy()

    def t_value(y):
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        residual = y - x @ beta
        bread = np.linalg.inv(x.T @ x)
        scores = np.array([x[groups == g].T @ residual[groups == g] for g in range(5)])
        return abs(beta[1]) / np.sqrt((bread @ scores.T @ scores @ bread)[1, 1] * 5 / 4)

    y = data.y.to_numpy()
    null = x[:, [0, 2]]
    fitted = null @ np.linalg.lstsq(null, y, rcond=None)[0]
    drawn = [t_value(fitted + (y - fitted) * np.array(s)[groups]) for s in itertools.product([1, -1], repeat=5)]
    assert found.p_value == pytest.approx(np.mean(np.array(drawn) >= t_value(y) * (1 - 1e-9)))


def test_the_test_holds_its_size_where_the_usual_one_does_not():
    wild = usual = 0
    for seed in range(150):
        data = sample(seed, provinces=6, each=10, slope=0.0, shared=1.0)
        found = wild_cluster(data, "y", "x", "province")
        wild += found.p_value <= 0.1
        usual += abs(found.slope / found.se) > 1.645
    assert wild / 150 < 0.17 < usual / 150


def test_the_interval_covers():
    inside = 0
    for seed in range(80):
        found = wild_cluster(sample(seed, provinces=14, shared=0.5), "y", "x", "province", draws=199)
        inside += found.low <= 1 <= found.high
    assert 0.86 <= inside / 80 <= 1


def test_few_clusters_cannot_reject():
    assert wild_cluster(sample(3, provinces=3), "y", "x", "province").p_value >= 0.25
    assert np.isinf(wild_cluster(sample(3, provinces=3), "y", "x", "province").high)


def test_permutation_equals_all_permutations():
    data = pd.DataFrame({"y": [1.0, 2, 4, 3, 7, 9], "x": [0.0, 0, 1, 0, 1, 1], "group": 0})
    found = permuted(data, "y", "x", "group", draws=4000)
    exact = [np.polyfit(np.array(p), data.y, 1)[0] for p in itertools.permutations(data.x)]
    assert found.p_value == pytest.approx(np.mean(np.abs(exact) >= abs(found.slope) - 1e-9), abs=0.02)


def test_permutation_stays_within_groups_and_is_reproducible():
    data = sample(4)
    assert permuted(data, "y", "x", "province").equals(permuted(data, "y", "x", "province"))
    constant = data.assign(x=data.province.astype(float))
    assert permuted(constant, "y", "x", "province", draws=99).p_value == 1


def test_bad_input_is_named():
    data = sample(5)
    with pytest.raises(DataError, match="column 'z', row 3"):
        wild_cluster(data.assign(z=data.z.where(data.index != 3)), "y", "x", "province", ["z"])
    with pytest.raises(DataError, match="does not vary"):
        wild_cluster(data.assign(x=1.0), "y", "x", "province")
    with pytest.raises(DataError, match="1 value"):
        wild_cluster(data.assign(province=1), "y", "x", "province")
