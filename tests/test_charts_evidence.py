"""Charts of a literature: every estimate once, inside its cell, and only in colours that have a dark form."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt.charts import NARROW, PALETTE, WIDE, evidence_map, figure, forest, printed, verdict_tiles, votes
from railbelt.charts.evidence import _ticks
from railbelt.errors import FigureError

ROWS, COLUMNS = ["Output", "A topic with a long name"], ["China", "Northeast"]
GRID = pd.DataFrame(
    {
        "topic": ["Output"] * 9 + ["A topic with a long name"],
        "place": ["China"] * 8 + ["Northeast", "China"],
        "sign": ["positive", "null", "mixed", "negative"] * 2 + ["positive", "negative"],
        "design": ["plain", "faced"] * 5,
    }
)
FOREST = pd.DataFrame(
    {
        "name": ["With interval", "A range", "A point", "Cut off"],
        "v": [5.0, 3.0, -2.0, 20.0],
        "low": [1.0, 2.0, np.nan, -5.0],
        "high": [9.0, 4.0, np.nan, 90.0],
        "kind": ["interval", "range", "point", "interval"],
        "shown": ["5", "2 to 4", "−2", "20"],
        "land": ["China", "China", "Abroad", "Abroad"],
    }
)
COUNTS = pd.DataFrame(
    {"positive": [24, 2], "null": [1, 1], "mixed": [7, 2], "negative": [1, 5]}, index=["China", "Small"]
)


def draw_map(width):
    return evidence_map(
        GRID, "topic", "place", rows=ROWS, columns=COLUMNS, shapes=["plain", "faced"], focus="Northeast", width=width
    )


def draw_forest(width):
    return forest(
        FOREST,
        label="name",
        value="v",
        low="low",
        high="high",
        group="land",
        domain=(-10, 40),
        axis="Percent",
        title="A panel",
        width=width,
    )


def draw_votes(width):
    return votes(COUNTS, order=["China", "Small"], focus="Small", width=width)


def layers(chart, mark):
    spec = chart.to_dict()
    return [x for x in spec["layer"] if x["mark"]["type"] == mark], spec["datasets"]


def drawn(chart):
    words = "A literature drawn, one mark an estimate, for the test of its colours."
    return figure(chart, name="x", title="T", subtitle="s", alt=words, source="s", tables=["hsr_effects"], data=GRID)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("draw", [draw_map, draw_forest, draw_votes])
def test_the_picture_fits_and_has_a_dark_form(draw, width):
    svg = drawn(draw).svg(width)
    root = ET.fromstring(svg)
    assert float(root.get("width")) <= width + 8
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{6})"', svg))
    assert used <= {light for light, _ in PALETTE.values()}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_each_estimate_is_one_mark_in_its_cell(width):
    points, data = layers(draw_map(width), "point")
    marks = pd.DataFrame(data[points[0]["data"]["name"]])
    assert len(marks) == len(GRID)
    assert not marks.duplicated(["px", "py"]).any()
    china, region = (marks[marks.place == place] for place in COLUMNS)
    assert china.px.max() < region.px.min()
    first, second = (marks[marks.topic == topic] for topic in ROWS)
    assert first.py.max() < second.py.min()


def test_a_topic_without_an_estimate_keeps_its_row():
    chart = evidence_map(GRID, "topic", "place", rows=[*ROWS, "Empty"], columns=COLUMNS)
    assert chart.to_dict()["height"] > draw_map(WIDE).to_dict()["height"]


def test_a_forest_says_what_is_known_of_each_estimate():
    circles, data = layers(draw_forest(WIDE), "circle")
    hollow, _ = layers(draw_forest(WIDE), "point")
    assert pd.DataFrame(data[circles[0]["data"]["name"]]).name.tolist() == ["With interval", "Cut off"]
    assert pd.DataFrame(data[hollow[0]["data"]["name"]]).name.tolist() == ["A point"]
    rules, _ = layers(draw_forest(WIDE), "rule")
    widths = [r["mark"].get("strokeWidth") for r in rules]
    assert 2.2 in widths and 8 in widths
    texts, _ = layers(draw_forest(WIDE), "text")
    assert any("▶" in str(data[t["data"]["name"]]) for t in texts)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9))
def test_a_forest_keeps_the_order_of_values(values):
    table = pd.DataFrame(
        {
            "n": [f"r{i}" for i in range(len(values))],
            "v": values,
            "lo": np.nan,
            "hi": np.nan,
            "kind": "point",
            "shown": "",
        }
    )
    points, data = layers(forest(table, label="n", value="v", low="lo", high="hi"), "point")
    px = np.array([r["px"] for r in data[points[0]["data"]["name"]]])
    order = np.argsort(values, kind="stable")
    assert (np.diff(px[order]) >= -1e-6).all()


def test_votes_add_up():
    bars, data = layers(draw_votes(WIDE), "rect")
    table = pd.DataFrame(data[bars[0]["data"]["name"]])
    assert table.groupby("group").n.sum().to_dict() == {"China": 33, "Small": 10}
    per_vote = (table.end - table.px) / table.n
    assert per_vote.std() < 1e-6


@given(st.floats(-100, 100), st.floats(0.01, 500))
def test_ticks_are_round_and_inside(low, span):
    ticks = _ticks((low, low + span), 5)
    assert 1 <= len(ticks) <= 12
    assert all(low - 1e-6 * span <= t <= low + span + 1e-6 * span for t in ticks)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-8.45, 1, "−8.5"),
        (0.04, 1, "0.0"),
        (2.25, 1, "+2.3"),
        (-0.2, 0, "0"),
        (45, 0, "+45"),
        (1e13, 15, f"+{10**13}.{'0' * 15}"),
    ],
)
def test_numbers_are_printed_as_people_write_them(value, digits, text):
    assert printed(value, digits) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"focus": "Nowhere"}, "'focus': no column 'Nowhere'"),
        ({"rows": [*ROWS, ROWS[0]]}, "'rows': name at least one, and none twice"),
        ({"columns": []}, "'columns': name at least one"),
        ({"width": float("nan")}, "'width': nan"),
    ],
)
def test_a_map_of_evidence_with_places_of_its_own_is_refused(change, message):
    with pytest.raises(FigureError, match=message):
        evidence_map(GRID, "topic", "place", **{"rows": ROWS, "columns": COLUMNS, **change})


def test_a_format_that_suits_no_axis_is_refused():
    with pytest.raises(FigureError, match="'unit': '~s' does not suit"):
        forest(FOREST, label="name", value="v", low="low", high="high", group="land", unit="~s")


def test_tiles_keep_groups_that_differ_in_a_last_null():
    claims = pd.DataFrame({"claim_id": ["A01", "A02"], "verdict": ["partly"] * 2, "chapter": ["x", "x\x00"]})
    rows = [row for data in verdict_tiles(claims, "chapter").to_dict()["datasets"].values() for row in data]
    assert {row["id"] for row in rows if "id" in row} == {"A01", "A02"}
