"""Gravity equations against published results on their data, independent formulas and what the first-order conditions say.

`published/austria_migration.csv` holds the migration between Austria's nine regions in 2006 of Dennett (2012), as distributed
with PySAL's spint (BSD 3-clause licence, copyright 2018 Python Spatial Analysis Library). The expected coefficients are
those of Oshan (2016), "A primer for working with the Spatial Interaction modeling (SpInt) module", and of spint's own tests.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.gravity import left_out, normal, ppml


@pytest.fixture(scope="module")
def austria():
    table = pd.read_csv(Path(__file__).parent / "published" / "austria_migration.csv")
    return table.assign(out=np.log(table.origin_total), into=np.log(table.destination_total))


@pytest.fixture(scope="module")
def partners():
    table = load("gravity_panel").merge(load("gravity_partners"), on="iso3")
    return table.assign(size=np.log(table.partner_gdp_usd_bn), distance=np.log(table.distance_beijing_km))


def test_unconstrained_gravity_gives_the_published_coefficients(austria):
    found = ppml(austria, "migrants", ["out", "into", "distance_km"])
    published = [-7.95447436, 0.863867812, 0.880474585, -0.00620544765]
    assert found.coefficients.estimate.to_numpy() == pytest.approx(published, rel=1e-6)
    assert found.fitted.head(3).to_numpy() == pytest.approx([2053.49248374, 2422.40705883, 197.17666947], rel=1e-8)


def test_origin_and_destination_effects_give_the_published_coefficients(austria):
    """The doubly constrained model of Dennett (2012), whose distance coefficient is -0.0079."""
    found = ppml(austria, "migrants", ["distance_km"], ["origin", "destination"]).coefficients.estimate
    origins = [1.5449095, 2.4414292, 0.69924374, 0.94869185, 1.28967637, 0.74270015, 1.19468573, 0.98874193]
    destinations = [1.49709841, 2.18492741, 0.18784818, 0.66434515, 0.74264938, 0.21334535, 0.66765781, 0.39986094]
    assert found["distance_km"] == pytest.approx(-0.00791533, abs=1e-7)
    assert found["constant"] == pytest.approx(6.20471518, abs=1e-6)
    assert found.filter(like="origin=").to_numpy() == pytest.approx(origins, abs=1e-6)
    assert found.filter(like="destination=").to_numpy() == pytest.approx(destinations, abs=1e-6)


def test_origin_effects_alone_give_the_published_coefficients(austria):
    found = ppml(austria, "migrants", ["into", "distance_km"], ["origin"]).coefficients.estimate
    assert found[["constant", "into", "distance_km"]].to_numpy() == pytest.approx(
        [-1.11700938, 0.89278717, -0.00727113], abs=1e-6
    )


def sandwich(design, flows, expected, groups=None):
    """The robust covariance of a Poisson pseudo likelihood, written out."""
    bread = np.linalg.inv(design.T @ (expected[:, None] * design))
    scores = (flows - expected)[:, None] * design
    rows, terms = design.shape
    if groups is None:
        return rows / (rows - terms) * bread @ (scores.T @ scores) @ bread
    sums = pd.DataFrame(scores).groupby(groups).sum().to_numpy()
    count = len(sums)
    return count / (count - 1) * (rows - 1) / (rows - terms) * bread @ (sums.T @ sums) @ bread


@pytest.mark.parametrize("cluster", [None, "iso3"])
def test_standard_errors_are_those_of_the_sandwich(partners, cluster):
    found = ppml(partners, "trade_usd_bn", ["size", "distance"], ["year"], cluster=cluster)
    design = np.column_stack(
        [np.ones(len(partners)), partners["size"], partners.distance, (partners.year == 2023).astype(float)]
    )
    groups = None if cluster is None else partners[cluster].to_numpy()
    hand = sandwich(design, partners.trade_usd_bn.to_numpy(), found.fitted.to_numpy(), groups)
    assert found.coefficients.std_error.to_numpy() == pytest.approx(np.sqrt(np.diag(hand)), rel=1e-6)
    assert found.covariance.to_numpy() == pytest.approx(hand, rel=1e-5, abs=1e-9)


def test_partner_effects_over_two_years_are_a_logit_of_the_second_year(partners):
    """With two years, conditioning on each partner's sum leaves a binomial likelihood: an independent route to the same numbers."""
    both = partners.groupby("iso3").filter(lambda rows: len(rows) == 2).sort_values(["iso3", "year"])
    found = ppml(both, "trade_usd_bn", ["size"], ["iso3", "year"]).coefficients.estimate
    first, second = (both[both.year == year].set_index("iso3") for year in (2017, 2023))
    total = first.trade_usd_bn + second.trade_usd_bn
    growth = sm.add_constant(second["size"] - first["size"])
    logit = sm.GLM(second.trade_usd_bn / total, growth, family=sm.families.Binomial(), var_weights=total).fit(tol=1e-12)
    assert found[["year=2023", "size"]].to_numpy() == pytest.approx(logit.params.to_numpy(), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_expected_flows_add_up_within_effects_and_scale_with_the_flows(seed, scale):
    """PPML adds up: within each value of an effect, expected and actual flows have the same sum."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"place": np.repeat(list("abcd"), 6), "x": rng.normal(size=24)})
    table["flow"] = rng.poisson(np.exp(1 + 0.5 * table.x)) + (np.arange(24) % 6 == 0)
    found = ppml(table, "flow", ["x"], ["place"])
    sums = table.assign(expected=found.fitted).groupby("place")[["flow", "expected"]].sum()
    assert sums.expected.to_numpy() == pytest.approx(sums.flow.to_numpy(), rel=1e-6)
    scaled = ppml(table.assign(flow=table.flow * scale), "flow", ["x"], ["place"])
    shift = scaled.coefficients.estimate - found.coefficients.estimate
    assert shift["constant"] == pytest.approx(np.log(scale), abs=1e-6)
    assert shift.drop("constant").abs().max() < 1e-6


def test_a_partner_is_predicted_without_its_own_rows(partners):
    changed = partners.assign(
        trade_usd_bn=partners.trade_usd_bn.where(partners.iso3 != "RUS", 10 * partners.trade_usd_bn)
    )
    plain, inflated = (left_out(t, "trade_usd_bn", ["size", "distance"], "iso3", ["year"]) for t in (partners, changed))
    mine = plain.iso3 == "RUS"
    assert inflated.expected[mine].to_numpy() == pytest.approx(plain.expected[mine].to_numpy())
    assert inflated.ratio[mine].to_numpy() == pytest.approx(10 * plain.ratio[mine].to_numpy())
    assert len(plain) == len(partners)


def test_leaving_out_is_estimating_on_the_others(partners):
    """The quick estimates are those of the full one: with and without a few partners of every kind."""
    terms = ["size", "distance"]
    left = left_out(partners, "trade_usd_bn", terms, "iso3", ["year"]).set_index(["iso3", "year"]).expected
    for name in ("RUS", "USA", "MNG", "HKG"):
        others = ppml(partners[partners.iso3 != name], "trade_usd_bn", terms, ["year"])
        own = partners[partners.iso3 == name]
        assert others.predict(own).to_numpy() == pytest.approx(left[name].to_numpy(), rel=1e-7)
    with pytest.raises(DataError, match="stands twice"):
        left_out(partners.set_index("iso3", drop=False), "trade_usd_bn", terms, "iso3", ["year"])


def test_the_normal_range_holds_most_of_the_others(partners):
    left = left_out(partners, "trade_usd_bn", ["size", "distance"], "iso3", ["year"]).query("year == 2023")
    inside = [normal(left, "iso3", name, level=0.9).pipe(lambda r: r.low <= r.actual <= r.high) for name in left.iso3]
    assert 0.75 <= np.mean(inside) <= 1
    found = normal(left, "iso3", "RUS")
    assert found.ratio_low < found.ratio < found.ratio_high
    assert found.low < found.expected < found.high
    assert 1 / found.units <= found.p_value <= 1


def test_what_cannot_be_estimated_is_refused(partners):
    with pytest.raises(DataError, match="collinear"):
        ppml(partners, "trade_usd_bn", ["distance"], ["iso3"])
    with pytest.raises(DataError, match="Did you mean 'distance'"):
        ppml(partners, "trade_usd_bn", ["distence"])
    with pytest.raises(DataError, match="cannot be negative"):
        ppml(partners.assign(trade_usd_bn=-1.0), "trade_usd_bn", ["size"])
    with pytest.raises(DataError, match=r"row 0: .nan. is missing or infinite"):
        ppml(partners.assign(size=np.nan), "trade_usd_bn", ["size"])
    with pytest.raises(DataError, match="cannot carry"):
        ppml(partners.head(3), "trade_usd_bn", ["size", "distance"])
    with pytest.raises(DataError, match="unit left out"):
        left_out(partners, "trade_usd_bn", ["size"], "iso3", ["iso3"])
    wild = pd.DataFrame({"iso3": list("abcdef"), "trade": [1.0, 3, 2, 6, 5, 4], "size": [8.5e7, 1, 0.2, 2, 1.5, 1]})
    with np.errstate(all="ignore"), pytest.raises(DataError, match="too large, or too far apart"):
        left_out(wild, "trade", ["size"], "iso3")
    both_negative = pd.DataFrame({"iso3": list("ab"), "actual": [1.0, -1], "expected": [1.0, -1], "ratio": [1.0, 1]})
    with pytest.raises(DataError, match="column 'actual': every one must be positive"):
        normal(both_negative, "iso3", "a")
    with pytest.raises(DataError, match="0 rows of 'ZZZ'"):
        normal(left_out(partners, "trade_usd_bn", ["size"], "iso3"), "iso3", "ZZZ")


def test_a_name_that_ends_in_a_null_is_another_name():
    flows = pd.DataFrame({"flow": [1.0, 2.0, 3.0], "": [0.1, 0.5, 0.2]})
    with pytest.raises(DataError, match="missing"):
        ppml(flows, "flow", ["\0"])
