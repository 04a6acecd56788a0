"""What arguments must be: refused in words that name them, whatever else Python would have taken for a number."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from railbelt import checks
from railbelt.errors import DataError, FigureError
from railbelt.models.citysystems import gravity_flows
from railbelt.models.inequality import bootstrap_interval
from railbelt.network.access import daily_reach, isochrone


@pytest.mark.parametrize(
    "value", ["0.5", None, True, pytest.param(10**5000, id="giant"), 1 + 0j, Fraction(1, 2), math.nan, [0.5], pd.NA]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(FigureError, match=r"argument 'level': .* is not a number from 0 to 1"):
        checks.number(value, "level", 0, 1, error=FigureError)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int8(1)])
def test_what_is_one_is_returned(value):
    assert checks.number(value, "level", 0, 1) == value


def test_a_negative_zero_is_zero():
    assert math.copysign(1, checks.number(-0.0, "spread", 0, 5)) == 1


def test_figures_are_of_a_size_that_can_be_squared_and_added():
    for value in (2e18, -1e300):
        with pytest.raises(DataError, match=r"argument 'data', column 'gdp', row 'a': .* is beyond all measure"):
            checks.figures(pd.DataFrame({"gdp": [value]}, ["a"]), "gdp")
        with pytest.raises(DataError, match=r"argument 'income', position 1: .* beyond 1e"):
            checks.vector([1.0, value], "income")
    with pytest.raises(DataError, match="beyond all measure"):
        checks.figures(pd.DataFrame({"gdp": [1e-300]}), "gdp", positive=True)
    assert checks.figures(pd.DataFrame({"gdp": [-1e18, 1e-300]}), "gdp").tolist() == [-1e18, 1e-300]


def test_workers_are_counted():
    assert [checks.workers(one, "jobs") for one in (None, -1, 4)] == [None, -1, 4]
    for value in (0, -2, "2", 1.5):
        with pytest.raises(DataError, match=r"argument 'jobs'"):
            checks.workers(value, "jobs")


def test_a_text_is_no_number_to_any_model():
    times = pd.DataFrame([[0.0, 60.0], [60.0, 0.0]], ["a", "b"], ["a", "b"])
    people = pd.Series({"a": 1.0, "b": 2.0})
    for call in (
        lambda: gravity_flows(times, people, parameter="0.02"),
        lambda: bootstrap_interval(people, seed="1"),
        lambda: daily_reach(times, people, day_minutes="600"),
        lambda: isochrone(times, "a", "60"),
    ):
        with pytest.raises(DataError, match=r"argument '(parameter|seed|day_minutes|limits|per_head)'"):
            call()
