"""Trade across the border in one currency, use of crossings, and the charts that show them."""

import numpy as np
import pandas as pd
import pytest

from railbelt import load
from railbelt.charts import graded_lines, map_crossings
from railbelt.charts.links import CROSSINGS
from railbelt.charts.theme import PALETTE
from railbelt.errors import DataError
from railbelt.geography import NORTHEAST, outlines, places, window
from railbelt.models.border import in_dollars, use_of_capacity


@pytest.fixture(scope="module")
def heilongjiang():
    return in_dollars(load("northeast_russia_trade"), load("exchange_rates"), "Heilongjiang")


def test_one_row_a_year_in_dollars(heilongjiang):
    assert heilongjiang.index.is_unique and heilongjiang.index.is_monotonic_increasing
    assert heilongjiang.with_russia[2013] == 22.36  # reported in dollars
    assert heilongjiang.with_russia[2021] == pytest.approx(131.34 / 6.4515)  # reported in yuan
    assert heilongjiang.with_russia[2017] == 10.98  # both: dollars are kept


def test_shares_are_those_of_the_amounts(heilongjiang):
    """Russia's share as printed or computed agrees with the two amounts, whatever the currency."""
    both = heilongjiang.dropna(subset="total_trade")
    assert (both.with_russia / both.total_trade - both.russia_share).abs().max() < 0.006


def test_part_of_the_nation_stays_plausible(heilongjiang):
    nation = load("russia_trade").set_index("year").total_usd_bn
    part = (heilongjiang.with_russia / nation.reindex(heilongjiang.index)).dropna()
    assert part.between(0.1, 0.26).all()
    assert part[2005] == pytest.approx(0.195, abs=0.001)  # "19.5% of national trade with Russia", Ministry of Commerce
    assert part[2011] == pytest.approx(0.24, abs=0.001)  # "24 percent of China's total", Bureau of Commerce


def test_exports_and_imports_add_up():
    trade = load("russia_trade").dropna(subset=["exports_usd_bn", "imports_usd_bn"])
    gap = trade.exports_usd_bn + trade.imports_usd_bn - trade.total_usd_bn
    assert gap.abs().max() < 0.05


def test_a_missing_rate_and_an_unknown_area_are_named():
    trade, rates = load("northeast_russia_trade"), load("exchange_rates")
    with pytest.raises(DataError, match="no exchange rate for 2021"):
        in_dollars(trade, rates[rates.year != 2021], "Heilongjiang")
    with pytest.raises(DataError, match="Did you mean 'Heilongjiang'"):
        in_dollars(trade, rates, "Heilongjian")


def test_use_of_capacity_by_hand():
    use = use_of_capacity(load("crossings"), load("crossing_throughput"))
    assert use.use["tongjiang_rail_bridge"] == pytest.approx(5.4 / 21)
    assert use.use["power_of_siberia"] == pytest.approx(31.12 / 38)
    assert use.capacity["espo_mohe_daqing"] == 15  # in 2017, before the second pipe
    assert (use.volume <= use.most).all()


def test_counters_are_never_added():
    crossings = pd.DataFrame({"crossing_id": ["x"], "name_en": ["X"], "capacity": [10.0], "capacity_unit": ["Mt/yr"]})
    counts = pd.DataFrame(
        {
            "crossing_id": ["x"] * 4, "year": [2023, 2023, 2023, 2022], "period": ["FY", "FY", "H1", "FY"], "unit": ["Mt", "Mt", "Mt", "TEU"],
            "volume": [4.0, 6.0, 9.0, 99.0], "direction": ["both", "to China", "both", "both"], "count_by": list("abcd"),
        }
    )  # fmt: skip
    found = use_of_capacity(crossings, counts).loc["x"]
    assert (found.volume, found.direction, found.use) == (4.0, "both", 0.4)


def test_every_kind_of_crossing_has_a_shape_and_a_colour_of_the_palette():
    kinds = set(load("crossings")["mode"].replace("pedestrian", "cable car"))
    assert kinds <= set(CROSSINGS)
    assert {colour for _, colour in CROSSINGS.values()} <= {light for light, _ in PALETTE.values()}


@pytest.mark.parametrize("width", [700, 336])
def test_the_map_keeps_every_crossing_inside(width):
    table = load("crossings").query("mode in ('rail', 'river')").assign(spot=lambda d: d.name_en.str.split(" ").str[0])
    table = table[table.spot != "Erenhot"]
    spec = map_crossings(
        window(outlines("provinces")), places(table, NORTHEAST), kind="mode", place="spot",
        context=window(outlines("neighbours")), waters=window(outlines("waters")), width=width,
    ).to_dict()  # fmt: skip
    points = next(rows for rows in spec["datasets"].values() if isinstance(rows, list) and "px" in rows[0])
    x, y = np.array([p["px"] for p in points]), np.array([p["py"] for p in points])
    assert len(points) == len(table)
    assert (x > 0).all() and (x < spec["width"]).all() and (y > 0).all() and (y < spec["height"]).all()


def test_hollow_points_are_those_without_a_document():
    frame = pd.DataFrame({"year": [2000, 2005, 2010], "v": [1, 2, 3.0], "of": "a", "seen": [True, False, True]})
    layers = graded_lines(frame, "year", "v", "of", "seen", marks={2004: "Event"}).to_dict()["layer"]
    filters = [layer["transform"][0]["filter"] for layer in layers if "transform" in layer]
    assert "datum['seen']" in filters and "(!datum['seen'])" in filters
