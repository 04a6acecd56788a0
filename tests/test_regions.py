"""Scorecards and maps of regions: steps of colour, missing values, lone places, both widths."""

import json

import numpy as np
import pandas as pd
import pytest

from railbelt import charts
from railbelt.charts.regions import STEPS, _step
from railbelt.charts.theme import PALETTE
from railbelt.errors import FigureError
from railbelt.geography import NORTHEAST, outlines, places, window

SCORES = pd.DataFrame(
    {
        "region": ["A", "A", "B", "B"],
        "criterion": ["G1", "P3", "G1", "P3"],
        "margin": [2.0, 0.9, 0.3, np.nan],
        "depends": [False, True, False, False],
        "shown": ["50", "2.2", "8", "–"],
    }
)


@pytest.mark.parametrize(
    ("margin", "step"),
    [
        (9, "passes by half or more"),
        (1.5, "passes by half or more"),
        (1.0, "passes"),
        (0.99, "misses by less than a third"),
        (0.67, "misses by less than a third"),
        (0.66, "misses by more"),
        (0.0, "misses by more"),
        (np.inf, "passes by half or more"),
        (np.nan, "not measured"),
    ],
)
def test_the_step_of_a_margin(margin, step):
    assert _step(margin) == step


def test_a_scorecard_draws_at_both_widths_in_palette_colours():
    known = {light for light, _ in PALETTE.values()}
    assert set(STEPS.values()) <= known
    for width in (700, 336):
        drawn = charts.score_grid(
            SCORES, rows=["A", "B"], columns={"G1": "People\nm", "P3": "First"}, width=width
        ).to_dict()
        texts = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "text"]
        assert bool(texts) == (width > 500)


def test_rows_and_columns_that_were_not_asked_for_stay_out():
    drawn = charts.score_grid(SCORES, rows=["A"], columns={"G1": "People"}).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert [(r["region"], r["criterion"]) for r in rows] == [("A", "G1")]


def test_a_map_shades_regions_and_leaves_lone_places_hollow():
    land = window(outlines("provinces").query("province_code == '21'"), tolerance_km=20)
    table = pd.DataFrame(
        {
            "lon": [123.4, 123.0, 121.6],
            "lat": [41.8, 41.1, 38.9],
            "people": [9e6, 3e6, 7e6],
            "region": ["s", "s", "d"],
            "label": ["S", "", None],
        }
    )
    for width in (336, 160):
        drawn = charts.map_regions(land, places(table, NORTHEAST), title="2003", width=width).to_dict()
        shapes = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "geoshape"]
        assert len(shapes) == 2
        assert len(json.loads(drawn["datasets"][shapes[1]["data"]["name"]])) == 1
        alone = [
            row["alone"]
            for rows in drawn["datasets"].values()
            for row in rows
            if isinstance(rows, list) and "alone" in row
        ]
        assert sum(alone) >= 1
    nobody = charts.map_regions(land, places(table.assign(region=["a", "b", "c"]), NORTHEAST)).to_dict()
    assert sum(layer["mark"]["type"] == "geoshape" for layer in nobody["layer"]) == 1


def test_places_without_points_are_refused():
    land = window(outlines("provinces").query("province_code == '21'"), tolerance_km=20)
    bare = pd.DataFrame({"x": [0.0], "y": [0.0], "people": [9e6], "region": ["s"], "label": ["S"]})
    with pytest.raises(FigureError, match="'places': has no projected geometry"):
        charts.map_regions(land, bare)
    whole = places(pd.DataFrame({"lon": [126.0], "lat": [46.0], "people": 9e6, "region": "s", "label": "S"}), NORTHEAST)
    with pytest.raises(FigureError, match=r"'land', row .*: has no geometry"):
        charts.map_regions(land.assign(geometry=None).set_geometry("geometry", crs=land.crs), whole)


def test_a_chart_is_not_written_with_an_infinity_that_it_does_not_show():
    spoilt = SCORES.assign(note=[float("inf"), *["x"] * (len(SCORES) - 1)])
    with pytest.raises(FigureError, match="column 'note': infinity is no name"):
        charts.score_grid(spoilt, rows=["A", "B"], columns={"G1": "People"})


def test_a_column_that_stands_twice_is_refused():
    twice = pd.concat([SCORES, SCORES[["shown"]]], axis=1)
    with pytest.raises(FigureError, match="column 'shown': stands twice"):
        charts.score_grid(twice, rows=["A", "B"], columns={"G1": "People"})
