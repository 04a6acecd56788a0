"""Charts of a design: the menu of lines, the ranks of specifications, curves of power."""

import altair
import pandas as pd
import pytest
import vl_convert

from railbelt import charts
from railbelt.charts.theme import NARROW, PALETTE, WIDE

LINES = pd.DataFrame({
    "line": ["Long"] * 3 + ["Short"] * 2, "seq": [1, 2, 3, 1, 2], "place": ["C", "A", "B", "D", "E"],
    "expected": [0.1, 0.2, 0.3, 0.8, 0.9], "realised": [0.2, 0.1, 0.4, 0.1, 0.2],
})  # fmt: skip
SPECS = pd.DataFrame({
    "estimate": [0.3, 0.1, 0.2], "low": [-1.0, 0.0, 0.1], "high": [0.5, 0.2, 0.3],
    "outcome": ["growth", "growth", "change"], "sample": ["all", "some", "all"], "kind": ["plain", "fair", "fair"],
})  # fmt: skip
POWER = pd.DataFrame(
    {"effect": [0.0, 0.1] * 2, "power": [0.05, 0.9, 0.05, 0.2], "design": ["big", "big", "small", "small"]}
)


def chosen(width=WIDE):
    return charts.expected_realised(
        LINES, "line", "place", "expected", "realised", chosen="Long", order="seq", width=width
    )


def curve(width=WIDE):
    return charts.specification_curve(
        SPECS, "estimate", "low", "high", ["outcome", "sample"], group="kind", domain=(-0.5, 0.5), width=width,
        colours={"plain": PALETTE["grey"][0], "fair": PALETTE["rust"][0]},
    )  # fmt: skip


def power(width=WIDE):
    colours = {"big": PALETTE["ink"][0], "small": PALETTE["rust"][0]}
    return charts.power_curves(POWER, "effect", "power", "design", colours=colours, label="true effect", width=width)


def test_the_menu_offers_every_line_and_the_picture_shows_the_chosen_one():
    spec = chosen().to_dict()
    menu = next(p for p in spec["params"] if p["name"] == "line")
    assert menu["value"] == "Long" and menu["bind"]["options"] == ["Long", "Short"]
    svg = vl_convert.vegalite_to_svg(spec)
    order = [svg.index(f">{place}</text>") for place in ("C", "A", "B")]
    assert order == sorted(order), "places in the order of the line"
    assert ">D</text>" not in svg


def test_specifications_are_ranked_and_cut_at_the_domain():
    svg = vl_convert.vegalite_to_svg(curve().to_dict())
    for value in ("growth", "change", "all", "some", "plain", "fair"):
        assert f">{value}</text>" in svg
    data = curve().to_dict()["datasets"].values()
    ranked = next(rows for rows in data if "low_" in rows[0])
    assert [row["estimate"] for row in sorted(ranked, key=lambda r: r["rank"])] == [0.1, 0.2, 0.3]
    assert min(row["low_"] for row in ranked) == -0.5


def test_curves_of_power_are_named_at_their_ends():
    svg = vl_convert.vegalite_to_svg(power().to_dict())
    assert ">big</text>" in svg and ">small</text>" in svg and ">80%</text>" in svg


@pytest.mark.parametrize("draw", [chosen, curve, power])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_chart_keeps_to_its_width_and_to_the_palette(draw, width):
    import re

    svg = vl_convert.vegalite_to_svg(draw(width - charts.theme.ROOM).configure(**charts.theme.CONFIG).to_dict())
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= width + 12
    known = {colour for pair in PALETTE.values() for colour in pair} | {"transparent", "none", "#000", "black", "white"}
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= known
    assert isinstance(draw(width), altair.TopLevelMixin)
