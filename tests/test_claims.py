"""The ledger: rules that were written down first, tests bound to claims, verdicts that follow the data."""

import csv
import io
import re
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import catalog
from railbelt.claims import CHAPTERS, Verdict, claim, ledger, rules, shared, source_of, verdict, verdicts
from railbelt.errors import ClaimError, RailbeltError

ALL = verdicts()
DONE = ALL[ALL.verdict != ""]
numbers = st.floats(-1e6, 1e6)
widths = st.floats(0, 1e3)
GOOD = {"verdict": "supported", "evidence": "It opened in 2018."}


# The rules


@pytest.mark.parametrize(
    "printed, value, low, high, precision, expected",
    [
        (9, 9, None, None, "count", "supported"),
        (9, 8, None, None, "count", "contradicted"),
        (47.5, 47.5, None, None, "measured", "supported"),
        (100, 105, None, None, "measured", "supported"),
        (100, 105.1, None, None, "measured", "partly"),
        (100, 115.1, None, None, "measured", "contradicted"),
        (100, 101, 80, 120, "measured", "partly"),
        (100, 130, 110, 150, "measured", "partly"),
        (100, 110, None, None, "rounded", "supported"),
        (100, 120, None, None, "proxy", "supported"),
        (-100, -104, None, None, "measured", "supported"),
        (-100, 100, None, None, "measured", "contradicted"),
    ],
)
def test_a_printed_figure_is_judged_by_its_precision(printed, value, low, high, precision, expected):
    assert rules.figure(printed, value, low, high, precision) == expected


@given(numbers, numbers, widths, widths, st.sampled_from(list(rules.TOLERANCE)))
def test_a_wider_interval_never_turns_doubt_into_support(printed, value, down, up, precision):
    order = {"contradicted": 0, "partly": 1, "supported": 2}
    point = rules.figure(printed, value, precision=precision)
    spread = rules.figure(printed, value, value - down, value + up, precision)
    if point == "supported":
        assert spread in ("supported", "partly")
    else:
        assert order[point] <= order[spread] <= 1


@pytest.mark.parametrize(
    "value, low, high, expected, grade, negligible, verdict_",
    [
        (5, 1, 9, 1, "A", 0, "supported"),
        (5, 1, 9, 1, "C", 0, "partly"),
        (5, 1, 9, -1, "A", 0, "contradicted"),
        (5, 1, 9, -1, "C", 0, "contradicted"),
        (-5, -9, -1, -1, "B", 0, "supported"),
        (5, -1, 11, 1, "B", 0, "partly"),
        (5, -1, 11, 1, "C", 0, "not testable"),
        (5, -1, 11, -1, "A", 0, "not testable"),
        (0.1, -0.5, 0.5, 1, "A", 1, "contradicted"),
        (0.1, -0.5, 0.5, 1, "C", 1, "not testable"),
        (0.3, 0.1, 0.5, 1, "A", 1, "contradicted"),
        (0, -4, 4, 1, "A", 0, "not testable"),
    ],
)
def test_a_causal_claim_needs_sign_interval_and_grade(value, low, high, expected, grade, negligible, verdict_):
    assert rules.causal(value, low, high, expected, grade, negligible) == verdict_


@given(numbers, widths, widths, st.sampled_from([1, -1]), st.floats(0, 100))
def test_association_never_supports_a_cause(value, down, up, expected, negligible):
    assert rules.causal(value, value - down, value + up, expected, "C", negligible) != "supported"


@given(numbers, widths, widths, st.sampled_from("ABC"), st.floats(0, 100))
def test_an_effect_and_its_opposite_are_never_both_supported(value, down, up, grade, negligible):
    both = [rules.causal(value, value - down, value + up, sign, grade, negligible) for sign in (1, -1)]
    assert both.count("supported") <= 1
    mirrored = rules.causal(-value, -value - up, -value + down, -1, grade, negligible)
    assert mirrored == both[0]


@pytest.mark.parametrize(
    "part, expected", [(0.667, "supported"), (0.66, "partly"), (0.5, "partly"), (0.49, "contradicted")]
)
def test_mainly_means_two_thirds(part, expected):
    assert rules.mainly(part) == expected


def test_mainly_looks_at_the_whole_interval():
    assert rules.mainly(0.7, 0.6, 0.8) == rules.mainly(0.4, 0.3, 0.55) == "partly"


@pytest.mark.parametrize(
    "value, low, high, expected",
    [(601, None, None, "supported"), (1200, None, None, "supported"), (1201, None, None, "partly"),
     (600, None, None, "contradicted"), (610, 590, 630, "partly"), (500, 400, 590, "contradicted")],
)  # fmt: skip
def test_a_bound_must_hold_and_help(value, low, high, expected):
    assert rules.more_than(600, value, low, high) == expected


@pytest.mark.parametrize(
    "found, slack, expected",
    [
        (2015, 0, "supported"),
        (2016, 0, "partly"),
        (2012, 0, "contradicted"),
        (2017, 2, "supported"),
        (None, 0, "not testable"),
    ],
)
def test_a_year_is_right_off_by_one_or_wrong(found, slack, expected):
    assert rules.dated(2015, found, slack) == expected


@pytest.mark.parametrize("held, expected", [((1, 1), "supported"), ((1, 0), "partly"), ((0, 0), "contradicted")])
def test_a_record_counts_its_checks(held, expected):
    assert rules.record({f"check {n}": bool(value) for n, value in enumerate(held)}) == expected


@pytest.mark.parametrize(
    "yes, no, expected",
    [(4, 1, "supported"), (3, 2, "partly"), (2, 3, "contradicted"), (4, 0, "not testable"), (0, 9, "contradicted")],
)
def test_agreement_needs_studies(yes, no, expected):
    assert rules.consensus(["positive"] * yes + ["null"] * no) == expected


@pytest.mark.parametrize(
    "done, today, expected",
    [
        (15, "2022-01-01", "supported"),  # early
        (16, "2035-01-01", "supported"),
        (10, "2026-01-01", "partly"),  # on course
        (6, "2026-01-01", "not testable"),  # behind, and still possible
        (2, "2026-01-01", "contradicted"),  # far behind
        (9, "2036-01-01", "partly"),
        (7, "2036-01-01", "contradicted"),
    ],
)
def test_a_forecast_is_judged_by_the_calendar(done, today, expected):
    assert rules.forecast(done, "2036-01-01", today, made="2016-01-01", promised=16) == expected


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: rules.figure(1, 1, precision="exact"), "argument 'precision'"),
        (lambda: rules.figure(1, float("nan")), "nan is not a number"),
        (lambda: rules.figure(1, 2, 3, 4), "does not hold the value 2"),
        (lambda: rules.causal(1, 0, 2, 0, "A"), "argument 'expected'"),
        (lambda: rules.causal(1, 0, 2, 1, "D"), "argument 'grade'"),
        (lambda: rules.record({}), "argument 'checks'"),
        (lambda: rules.forecast(1, "2020-01-01", "2019-01-01", made="2021-01-01"), "not in order"),
        (lambda: rules.forecast(1, "2020-01-01", "2019-01-01", made="2018-01-01", promised=0), "promises something"),
    ],
)
def test_a_rule_refuses_what_it_cannot_judge(call, words):
    with pytest.raises(ClaimError, match=re.escape(words)):
        call()


# The ledger


@pytest.mark.parametrize(
    "part, words",
    [
        ({"verdict": "suported"}, "Did you mean 'supported'"),
        ({"grade": "D"}, "is no grade"),
        ({"evidence": "It opened in nan."}, "must be a sentence"),
        ({"evidence": "opened"}, "must be a sentence"),
        ({"verdict": "not testable"}, "say in 'needed'"),
        ({"needed": "A document."}, "say in 'needed'"),
        ({"value": float("inf"), "unit": "year"}, "value is inf"),
        ({"value": 2018}, "needs a unit"),
        ({"value": 1, "unit": "km", "low": 0}, "both ends"),
        ({"value": 1, "unit": "km", "low": 2, "high": 3}, "does not hold"),
    ],
)
def test_a_verdict_is_complete_or_refused(part, words):
    with pytest.raises(ClaimError, match=re.escape(words)):
        Verdict(**{**GOOD, **part})


def test_unknown_claims_and_chapters_are_named():
    with pytest.raises(ClaimError, match="there is no claim 'B01'"):
        verdict("B01")
    with pytest.raises(ClaimError, match=r"chapter 'rust_belt'.*rust-belt"):
        verdicts("rust_belt")


def test_a_claim_has_one_test(monkeypatch):
    monkeypatch.setattr(ledger, "_tests", dict(ledger._tests))
    with pytest.raises(ClaimError, match=r"claim A01: tested by railbelt.claims.rust_belt.chronic_decline and again"):
        claim("A01", section="rust-belt#who-inside")(lambda load: None)
    with pytest.raises(ClaimError, match="should look like"):
        claim("A01", section="rust-belt")
    ledger._tests["A01"] = ledger._Test(lambda load: "supported", "rust-belt#who-inside", ())
    with pytest.raises(ClaimError, match="returned str, not a Verdict"):
        verdict("A01")


def test_every_test_stands_in_the_module_of_its_chapter():
    known = catalog.load("claims").set_index("claim_id")
    assert set(ledger.tested()) == set(known.index)
    assert (ALL.verdict != rules.NOT_TESTABLE).sum() >= 55
    assert set(known.chapter) == set(CHAPTERS)
    for claim_id, row in DONE.iterrows():
        assert row.computed_by.startswith(f"railbelt.claims.{CHAPTERS[known.chapter[claim_id]]}."), claim_id
        assert row.section.split("#")[0] in CHAPTERS or row.section.startswith("explorer#")


@pytest.mark.parametrize("claim_id", DONE.index)
def test_a_verdict_rests_on_tables_and_on_a_rule(claim_id):
    row = DONE.loc[claim_id]
    assert row.tables and set(row.tables.split("; ")) <= set(catalog.tables().index)
    source = source_of(claim_id)
    assert re.search(r"rules\.(figure|more_than|mainly|dated|record|causal|consensus|forecast|NOT_TESTABLE)\b", source)
    assert not re.search(r"Verdict\(\s*[\"']", source), "a verdict is computed, not typed"


def test_the_ledger_keeps_order_and_types():
    assert ALL.index.tolist() == catalog.load("claims").claim_id.tolist()
    assert set(DONE.verdict) <= set(rules.VERDICTS)
    assert ALL[["value", "low", "high"]].dtypes.eq("float64").all()
    pd.testing.assert_frame_equal(verdicts("rust-belt"), ALL[ALL.chapter == "rust-belt"])


# Changing data changes verdicts


def test_more_firms_in_the_list_contradict_the_count(damage):
    folder = damage("claim_evidence", lambda text: text.replace("A06,1,9,firms", "A06,1,12,firms"))
    assert verdict("A06").verdict == "supported"
    assert verdict("A06", folder).verdict == "contradicted"


def test_a_recovery_would_turn_the_verdict_on_the_floor(damage):
    def richer(text):
        rows = [line.split(",") for line in text.splitlines()]
        for row in rows[1:]:
            if row[0] in ("21", "22", "23") and row[1] in ("2022", "2023") and row[2] == "first_release":
                row[3] = str(2 * float(row[3]))
        return "\n".join(map(",".join, rows)) + "\n"

    assert verdict("A07").verdict == "contradicted"
    assert verdict("A07", damage("province_gdp", richer)).verdict == "supported"


def test_a_study_that_turned_would_complete_the_complements(damage):
    assert verdict("A41").verdict == "partly"
    agreed = damage("claim_evidence", lambda text: text.replace("su16020543,B,contradicts", "su16020543,B,supports"))
    assert verdict("A41", agreed).verdict == "supported"


def test_a_surer_estimate_would_unsettle_the_conclusion(damage):
    def surer(text):
        rows = [line for line in csv.reader(io.StringIO(text))]
        low = rows[0].index("ci_low")
        for row in rows:
            if row[0] == "borusyak_hull_2023_02":
                row[low] = "0.01"
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()

    assert verdict("A39").verdict == "supported"
    assert verdict("A39", damage("hsr_effects", surer)).verdict == "partly"


def test_broken_data_raise_rather_than_judge(damage):
    folder = damage("claim_evidence", lambda text: text.replace("A06,1,9,firms", "A06,1,nine,firms"))
    with pytest.raises(RailbeltError, match="Table 'claim_evidence'"):
        verdict("A06", folder)


def test_a_shared_table_is_computed_once_and_counts_for_every_test():
    calls = []

    @shared
    def table(load):
        calls.append(1)
        return load("provinces")

    load = ledger._reader(None)
    readers = [ledger._Noting(load, kept=load.kept) for _ in range(2)]
    first, second = (table(reader) for reader in readers)
    assert first is second and len(calls) == 1 and [list(reader.used) for reader in readers] == [["provinces"]] * 2
    assert len(table(catalog.load)) == 31 and len(calls) == 2


def test_tests_cannot_spoil_the_tables_of_others():
    load = ledger._reader(None)
    del load("claims")["claim"]
    assert "claim" in load("claims")


def test_the_import_is_light():
    code = "import sys, railbelt.claims; sys.exit(any(m in sys.modules for m in ('pandas', 'scipy', 'statsmodels', 'altair')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
