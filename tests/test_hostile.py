"""Hostile input: whatever it holds, a public function answers rightly or refuses with an error of ours.

Each case (in ``tests/hostile``) draws sound arguments, damages them (missing columns, texts among numbers, NaN, infinities,
negative, giant, duplicated, empty, wrong shapes, other encodings), calls, and holds the answer to what must be true of any answer.
By default every case runs a few times. ``RAILBELT_HOSTILE=10000`` spreads that many examples over the cases, and
``RAILBELT_HOSTILE_REPORT=path`` writes how many were answered and how many refused.
"""

import ast
import functools
import inspect
import json
import math
import os
import textwrap
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile import evidence, figures, loaders, models, odd, rail, regions, years  # noqa: F401 (each keeps its cases)
from hostile.kit import CASES, public
from railbelt.errors import RailbeltError

TOTAL = int(os.environ.get("RAILBELT_HOSTILE", "0"))
REPORT = os.environ.get("RAILBELT_HOSTILE_REPORT")
COUNTS = {}

REASONS = {
    "takes no argument, and reads the project's own tables, which tests/test_data.py damages": [
        "catalog.data_folder", "charts.theme.stylesheet", "claims.ledger.keep", "models.freight.corridor_railways", "models.freight.parameter_ranges",
        "replication.deposits", "update.targets.questions",
    ],
    "only holds what a function has made, whose cases hold it to what must be true": [
        "charts.figure.Figure", "charts.figure.Table", "charts.toy.Toy", "explorer.Base", "models.evidence.Pooled",
        "models.evidence.SignTest", "models.gains.Setting", "models.gravity.Gravity", "models.spatial.Economy",
        "models.staggered.EventStudy", "network.closure.Elimination", "network.counterfactual.RailAccess",
        "network.calibration.Calibration", "network.counterfactual.StraightLines", "network.travel.Network",
    ],
    "is written in the package alone: a deposit, or a question to a source": [
        "replication.Deposit", "update.targets.Target", "update.targets.ask",
    ],
    "is an error, raised and never asked": [
        "errors.BuildError", "errors.ClaimError", "errors.FetchError", "errors.FigureError", "errors.ModelError",
        "errors.ScenarioError", "errors.UpdateError",
    ],
    "gives what the loaders give, undigested": ["catalog.package"],
    "draws what a figure has checked, whose cases draw by it": ["charts._drawing.vegalite_to_svg"],
}  # fmt: skip
EXEMPT = {name: reason for reason, names in REASONS.items() for name in names}
"""Public names without a case, each with the reason."""


@functools.cache
def subjects(test):
    """Return the functions and classes that the code of a case names, itself or through a function beside it."""
    known, found = test.__globals__, set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(test)))):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        try:
            value = eval(ast.unparse(node), {}, known)  # a dotted name
        except Exception:
            continue
        value = inspect.unwrap(value) if callable(value) else value  # what is cached as well
        if isinstance(value, types.FunctionType) and value.__module__ == test.__module__:
            found |= subjects(value) if value is not test else set()
        elif callable(value):
            try:
                found.add(value)
            except TypeError:
                continue
    return frozenset(found)


def test_every_public_name_has_a_case_or_a_reason():
    covered = set().union(*(subjects(test) for test, *_ in CASES.values()))
    lacking = {name for name, value in public().items() if value not in covered}
    assert sorted(lacking - EXEMPT.keys()) == [], "write a case in tests/hostile, or a reason in EXEMPT"
    assert sorted(EXEMPT.keys() - lacking) == [], "no longer needed"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.mark.parametrize("name", CASES)
def test_an_answer_or_our_error(name, place):
    test, weight, few = CASES[name]
    share = weight / sum(w for _, w, _ in CASES.values())
    examples = max(1, math.ceil(TOTAL * share)) if TOTAL else few
    count = COUNTS.setdefault(name, {"cases": 0, "answered": 0, "refused": 0})

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=not TOTAL,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(st.data())
    def run(data):
        count["cases"] += 1
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                test(data.draw, place)
            except RailbeltError as error:
                assert str(error).strip(), "an error says what is wrong"
                count["refused"] += 1
            else:
                count["answered"] += 1

    run()


def test_the_report_of_the_cases():
    """Last: every case ran; written down on request."""
    ran = {name: count for name, count in COUNTS.items() if count["cases"]}
    if REPORT:
        Path(REPORT).write_text(json.dumps(ran, indent=1), encoding="utf-8")
    assert all(count["answered"] or count["refused"] for count in ran.values())
