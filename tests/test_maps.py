"""Small maps, line maps and the city picker: what is drawn, to scale, and what a reader can pick."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import vl_convert

from railbelt.charts import city_picker, map_tracks, small_maps
from railbelt.charts.theme import PALETTE
from railbelt.errors import FigureError
from railbelt.geography import CHINA, outlines, places, window

LAND = window(outlines("provinces").dissolve(), CHINA, 90)
TOWNS = pd.DataFrame(
    {"name": ["Beijing", "Harbin"], "lon": [116.4, 126.6], "lat": [39.9, 45.8], "origin": [True, False]}
)
POINTS = pd.concat([
    places(TOWNS.assign(hours=hours, year=year, **{"from": "Beijing"}), CHINA)
    for year, hours in ((2002, ["to 2", "longer"]), (2025, ["to 2", "to 8"]))
])  # fmt: skip
TIMES = pd.DataFrame(
    [[300.0, 200.0], [900.0, float("nan")]],
    index=pd.MultiIndex.from_tuples([("Anshan", "Beijing"), ("Heihe", "Beijing")]), columns=[2003, 2025],
)  # fmt: skip
ACCESS = pd.DataFrame([[1.0, 2.0], [1.0, 1.0], [1.0, 1.5]], index=["Anshan", "Heihe", "Median"], columns=[2003, 2025])


def grid(width):
    return small_maps(
        LAND, POINTS, band="hours", bands=["to 2", "to 8", "longer"], row="from", column="year", width=width
    )


def features(spec, layer):
    return json.loads(spec["datasets"][layer["data"]["name"]])


def colours(chart):
    text = json.dumps(chart.to_dict())
    return {text[i : i + 7].lower() for i in range(len(text)) if text[i] == "#"}


def test_a_map_for_every_row_and_column_and_a_dot_for_every_place():
    spec = grid(700).to_dict()
    maps = spec["concat"]
    assert [m["title"]["text"] for m in maps] == ["Beijing, 2002", "Beijing, 2025"]
    for one in maps:
        _, dots, start = (features(spec, layer) for layer in one["layer"])
        assert sum(len(shape["geometry"]["coordinates"]) for shape in dots) == len(TOWNS)
        assert len(start) == 1
    assert {d["properties"]["band"] for d in features(spec, maps[1]["layer"][1])} == {"to 2", "to 8"}


@pytest.mark.parametrize("width", [340, 700])
def test_maps_fit_their_width_and_keep_their_shape(width):
    chart = grid(width).to_dict()
    across = min(2, chart["columns"])
    assert across * chart["concat"][0]["width"] + 10 * (across - 1) <= width
    left, bottom, right, top = LAND.total_bounds
    one = chart["concat"][0]
    assert one["height"] / one["width"] == pytest.approx((top - bottom) / (right - left), rel=0.02)


def test_charts_use_palette_colours_only():
    known = {colour.lower() for pair in PALETTE.values() for colour in pair}
    drawn = map_tracks(LAND, line(), period="period", periods={"2012": "#b5471b"}, focus=LAND, context=LAND)
    assert colours(drawn) <= known
    assert colours(grid(700)) <= known
    assert colours(picker()) <= known


def line():
    import shapely

    ends = places(TOWNS, CHINA)
    return gpd.GeoDataFrame({"period": ["2012"]}, geometry=[shapely.LineString(ends[["x", "y"]].to_numpy())], crs=CHINA)


def test_tracks_towns_and_labels_are_drawn_in_one_frame():
    chart = map_tracks(
        LAND, line(), period="period", periods={"2012": "#b5471b", "2099": "#1f6f9f"}, towns=places(TOWNS, CHINA)
    )
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert ">Harbin<" in svg and ">2099<" in svg
    table = next(rows for rows in chart.to_dict()["datasets"].values() if isinstance(rows, list))
    assert all(0 < row["px"] < chart.width and 0 < row["py"] < chart.height for row in table)
    assert table[1]["px"] > table[0]["px"] and table[1]["py"] < table[0]["py"]  # Harbin: further east and north


def picker(first="Anshan", width=700):
    return city_picker(TIMES, ACCESS, first=first, colours={"Beijing": "#b5471b"}, benchmark="Median", width=width)


def test_every_place_can_be_picked_and_the_first_is_drawn():
    spec = picker().to_dict()
    (choice,) = spec["params"]
    assert choice["bind"] == {"input": "select", "options": ["Anshan", "Heihe"], "name": "City "}
    assert choice["value"] == "Anshan"
    svg = vl_convert.vegalite_to_svg(spec)
    assert ">Anshan<" in svg and ">Heihe<" not in svg


def test_another_place_shows_its_own_figures_and_a_missing_time_is_no_zero():
    spec = picker("Heihe").to_dict()
    svg = vl_convert.vegalite_to_svg(spec)
    assert ">Heihe<" in svg and ">15<" in svg  # 900 minutes: the axis reaches fifteen hours
    scenegraph = json.dumps(vl_convert.vegalite_to_scenegraph(spec))
    assert "Infinity" not in scenegraph


def test_a_phone_gets_the_panels_below_one_another():
    assert "vconcat" in picker(width=340).to_dict() and "hconcat" in picker(width=700).to_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"first": "Ansan"}, "Anshan"), ({"benchmark": "Mean"}, "Median"), ({"access": ACCESS.drop("Heihe")}, "Heihe")],
)
def test_the_picker_names_what_is_missing(change, message):
    arguments = {"access": ACCESS, "first": "Anshan", "benchmark": "Median"} | change
    with pytest.raises(FigureError, match=message):
        city_picker(TIMES, colours={"Beijing": "#b5471b"}, **arguments)
