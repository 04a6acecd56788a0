"""The chart of ranges and of what moved through them."""

import numpy as np
import pandas as pd
import pytest

from railbelt.charts import NARROW, PALETTE, WIDE, zones

DATA = pd.DataFrame(
    {
        "place": ["b", "a"],
        "low": [30.0, np.nan],
        "high": [180.0, np.nan],
        "then": [900.0, 100.0],
        "now": [100.0, 90.0],
    }
)


def drawn(width):
    chart = zones(
        DATA,
        "place",
        {"loses": ("low", "high")},
        ("then", "now"),
        ticks=[20, 60, 240],
        width=width,
    )
    return chart.to_dict()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_rows_keep_their_order_and_a_missing_range_has_no_bar(width):
    spec = drawn(width)
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["b", "a"]
    bars = spec["datasets"][spec["layer"][0]["data"]["name"]]
    assert [row["place"] for row in bars] == ["b"]


def test_values_off_the_axis_are_drawn_at_its_end():
    spec = drawn(WIDE)
    shown = spec["datasets"][spec["layer"][1]["data"]["name"]]
    assert [row["then"] for row in shown] == [240.0, 100.0]


def test_colours_are_those_of_the_book():
    colour = drawn(WIDE)["layer"][0]["encoding"]["color"]
    assert set(colour["scale"]["range"]) <= {light for light, _ in PALETTE.values()}
