"""Models of a literature: published meta-analyses, closed forms, simulated selection, the table of the book."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import load
from railbelt.errors import DataError
from railbelt.models.evidence import (
    DESIGNS,
    PLACES,
    SIGNS,
    TOPICS,
    comparable,
    count_signs,
    describe_estimates,
    in_percent,
    main_results,
    one_vote,
    random_effects,
    selection_needed,
    sign_test,
    what_is_known,
)

EFFECTS = load("hsr_effects")
signs = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=60)

# Thirteen trials of a vaccine against tuberculosis (Colditz et al. 1994): cases and others, vaccinated and not.
TRIALS = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)


def log_risk_ratios():
    a, b, c, d = TRIALS.T
    return np.log(a / (a + b)) - np.log(c / (c + d)), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def row(**changed):
    base = {
        "estimate_id": "a_01",
        "study_key": "a",
        "outcome": "gdp",
        "metric": "semi_elasticity",
        "estimate": 5.0,
        "estimate_low": np.nan,
        "estimate_high": np.nan,
        "unit": "percent",
        "std_error": np.nan,
        "sign": "positive",
        "preferred": True,
        "infrastructure": "high-speed rail",
        "treatment": "station",
        "method": "did",
        "country": "CHN",
        "sample": "all",
    }
    return base | changed


def frame(*rows):
    return pd.DataFrame([row(**r) for r in rows])


# Averages


def test_random_effects_reproduce_the_published_average_of_the_vaccine_trials():
    found = random_effects(*log_risk_ratios(), method="dl")
    assert round(found.estimate, 4) == -0.7141
    assert round(found.std_error, 4) == 0.1787
    assert (round(found.low, 4), round(found.high, 4)) == (-1.0644, -0.3638)
    assert round(found.tau2, 4) == 0.3088
    assert round(found.q, 2) == 152.23
    assert round(100 * found.i2, 2) == 92.12
    assert found.k == 13


def test_paule_and_mandel_solve_their_equation():
    effect, error = log_risk_ratios()
    found = random_effects(effect, error)
    weight = 1 / (error**2 + found.tau2)
    mean = (weight * effect).sum() / weight.sum()
    assert found.estimate == pytest.approx(mean)
    assert (weight * (effect - mean) ** 2).sum() == pytest.approx(len(effect) - 1, rel=1e-4)
    assert round(found.tau2, 3) == 0.318


def test_estimates_that_agree_have_no_spread_between_them():
    found = random_effects([0.2, 0.2, 0.2], [0.1, 0.1, 0.1], method="dl")
    assert (found.tau2, found.i2) == (0, 0)
    assert found.std_error == pytest.approx(0.1 / math.sqrt(3))


@pytest.mark.parametrize(
    ("estimates", "errors", "method", "says"),
    [
        ([0.1], [0.1], "dl", "at least two"),
        ([0.1, 0.2], [0.1], "dl", "expected 2 numbers"),
        ([0.1, 0.2], [0.1, 0.0], "dl", "std_errors"),
        ([0.1, 0.2], [0.1, np.nan], "dl", "std_errors"),
        ([0.1, 0.2], [0.1, 0.1], "pmm", "Did you mean 'pm'"),
    ],
)
def test_what_cannot_be_averaged_is_refused(estimates, errors, method, says):
    with pytest.raises(DataError, match=says):
        random_effects(estimates, errors, method=method)


def test_no_two_studies_of_the_table_can_be_averaged():
    sets = comparable(EFFECTS)
    assert (sets.studies == 1).all()
    assert sets.estimates.sum() == (EFFECTS.std_error.notna() & (EFFECTS.metric != "diagnostic")).sum()


def test_like_with_like_means_outcome_scale_treatment_and_link():
    same = frame({"std_error": 1.0}, {"study_key": "b", "unit": "log points", "estimate": 0.05, "std_error": 0.01})
    assert comparable(same).studies.tolist() == [2]
    for change in (
        {"outcome": "employment"},
        {"unit": "elasticity"},
        {"treatment": "market access"},
        {"infrastructure": "road"},
    ):
        apart = frame({"std_error": 1.0}, {"study_key": "b", "std_error": 1.0, **change})
        assert comparable(apart).studies.tolist() == [1, 1]


# Votes


@pytest.mark.parametrize(
    ("gains", "votes", "p"), [(9, 10, 22 / 1024), (5, 5, 2 / 32), (8, 12, 0.38769531), (3, 6, 1.0)]
)
def test_the_sign_test_is_the_exact_binomial(gains, votes, p):
    found = sign_test(["positive"] * gains + ["negative"] * (votes - gains) + ["null", "mixed"])
    assert (found.positive, found.n) == (gains, votes)
    assert found.p_value == pytest.approx(p)


def test_the_interval_is_that_of_clopper_and_pearson():
    half = sign_test(["positive"] * 5 + ["negative"] * 5)
    assert (round(half.low, 4), round(half.high, 4)) == (0.1871, 0.8129)
    none = sign_test(["negative"] * 10)
    assert (none.low, round(none.high, 4)) == (0, 0.3085)


@given(signs)
def test_gains_and_losses_are_treated_alike(votes):
    if not {"positive", "negative"} & set(votes):
        with pytest.raises(DataError, match="nothing to test"):
            sign_test(votes)
        return
    swap = {"positive": "negative", "negative": "positive"}
    one, other = sign_test(votes), sign_test([swap.get(v, v) for v in votes])
    assert one.p_value == pytest.approx(other.p_value)
    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.low <= one.share <= one.high


def test_an_unknown_sign_is_named():
    with pytest.raises(DataError, match="'plus'"):
        sign_test(["plus"])
    with pytest.raises(DataError, match="'plus'"):
        count_signs(frame({"sign": "plus"}), "outcome")


@given(st.floats(0.05, 1), st.floats(0.001, 0.2))
def test_selection_that_makes_the_votes_is_found_again(loss, null):
    made = 4_000_000
    votes = (round(made * 0.025), round(made * 0.95 * null), round(made * 0.025 * loss))
    found = selection_needed(*votes)
    assert found["negative"] == pytest.approx(loss, rel=1e-3)
    assert found["null"] == pytest.approx(null, rel=1e-3)
    assert found["unseen"] == pytest.approx(made / sum(votes), rel=1e-3)


def test_selection_by_simulation():
    rng = np.random.default_rng(1)
    z = rng.standard_normal(400_000)
    kind = np.select([z > 1.959964, z < -1.959964], ["positive", "negative"], "null")
    kept = rng.random(len(z)) < pd.Series(kind).map({"positive": 1.0, "negative": 0.5, "null": 0.02})
    tally = pd.Series(kind)[kept].value_counts()
    found = selection_needed(tally["positive"], tally["null"], tally["negative"])
    assert found["negative"] == pytest.approx(0.5, abs=0.03)
    assert found["null"] == pytest.approx(0.02, abs=0.001)


@pytest.mark.parametrize("votes", [(0, 1, 1), (3, -1, 0)])
def test_selection_needs_a_gain(votes):
    with pytest.raises(DataError, match=r"positive|null"):
        selection_needed(*votes)


@given(signs, st.randoms(use_true_random=False))
def test_a_study_votes_once_whatever_the_order_of_its_results(votes, random):
    table = frame(*({"sign": s, "study_key": f"s{i % 4}"} for i, s in enumerate(votes)))
    rows = list(range(len(table)))
    random.shuffle(rows)
    cast = one_vote(table)
    assert cast.to_dict() == one_vote(table.iloc[rows]).to_dict()
    assert len(cast) == table.study_key.nunique()
    for study, sign in cast.items():
        found = set(table[table.study_key == study].sign)
        assert found == {sign} if len(found) == 1 else sign == "mixed"


# The table


def test_every_estimate_has_its_topic_place_and_design():
    table = describe_estimates(EFFECTS)
    assert set(table.topic) <= set(TOPICS)
    assert set(table.place) == set(PLACES)
    assert set(table.design) == set(DESIGNS)
    assert table[["topic", "place", "design"]].notna().all(axis=None)


def test_small_places_stand_apart_in_every_country():
    table = describe_estimates(
        frame(
            {"sample": "periphery"},
            {"sample": "periphery", "country": "JPN"},
            {"country": "JPN"},
            {"sample": "northeast"},
        )
    )
    assert table.place.tolist() == ["Small places", "Small places", "Abroad", "Northeast"]


@pytest.mark.parametrize("column", ["outcome", "method"])
def test_a_new_kind_of_outcome_or_design_is_not_dropped_in_silence(column):
    with pytest.raises(DataError, match=f"column '{column}': no group for magic"):
        describe_estimates(frame({column: "magic"}))


def test_main_results_are_preferred_effects_of_fast_rail():
    table = frame(
        {},
        {"preferred": False},
        {"metric": "diagnostic"},
        {"infrastructure": "road"},
        {"infrastructure": "upgraded rail"},
    )
    assert len(main_results(table)) == 2
    assert len(main_results(table, ["road"])) == 1
    with pytest.raises(DataError, match="Did you mean 'road'"):
        main_results(table, ["roads"])


def test_units_become_percent():
    table = in_percent(
        frame(
            {"estimate": 0.057, "unit": "log points", "std_error": 0.006},
            {"estimate": 0.084, "unit": "share", "std_error": 0.036},
            {"estimate": np.nan, "estimate_low": 5.0, "estimate_high": 59.0},
            {"estimate": 2.4},
            {"unit": "elasticity"},
            {"estimate": np.nan, "unit": "percent"},
        )
    )
    assert table.kind.tolist() == ["interval", "interval", "range", "point"]
    assert table.percent.round(1).tolist() == [5.9, 8.4, 32.0, 2.4]
    assert table[["low", "high"]].iloc[1].round(1).tolist() == [1.3, 15.5]
    assert table[["low", "high"]].iloc[3].isna().all()


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.3))
def test_an_interval_holds_its_estimate(estimate, error):
    found = in_percent(frame({"estimate": estimate, "unit": "log points", "std_error": error})).iloc[0]
    assert found.low < found.percent < found.high


def test_fairly_sure_asks_for_votes_agreement_and_design():
    def rule(*rows):
        return what_is_known(frame(*rows)).set_index("about").how_surely["Output"]

    studies = [{"study_key": f"s{i}"} for i in range(8)]
    faced = [{**s, "method": "iv"} for s in studies[:2]] + studies[2:]
    assert rule(*faced) == "fairly sure"
    assert rule(*studies) == "leaning"
    assert rule(*faced[:5]) == "leaning"  # five gains of five: even odds give that once in sixteen times
    assert rule(*faced[:4]) == "thin"
    assert rule(*(f | {"sign": "negative"} if i % 2 else f for i, f in enumerate(faced))) == "open"


def test_the_summary_counts_every_study_once_a_row():
    table = main_results(EFFECTS)
    known = what_is_known(table)
    assert (known.gain + known.none + known.loss == known.studies).all()
    assert known[known.about.isin(list(TOPICS))].estimates.sum() == len(table)
    assert known.set_index("about").studies["Northeast"] == 4
