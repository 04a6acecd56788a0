"""Cases of charts, tables and figures."""

import csv
import io
import json
from functools import cache

import numpy as np
import pandas as pd
from altair.utils import schemapi
from hypothesis import strategies as st

from hostile.kit import NUMBERS, SCALARS, TEXTS, WHOLE, case, damaged, mostly
from railbelt import charts, geography
from railbelt._signs import minus
from railbelt.charts.figure import csv_text, figure, table_html, to_svg
from railbelt.network import history, railways

# Charts


@case(weight=3)
def csv_of_any_table(draw, place):
    cells = st.one_of(TEXTS, NUMBERS, st.none(), st.sampled_from(["\t=1", "\r=1", "\n=1", "＝1", "-1+1", "+1", "-5"]))
    rows = draw(st.lists(st.tuples(cells, cells, NUMBERS), max_size=4))
    text = csv_text(pd.DataFrame(rows, columns=[draw(TEXTS), "b", "c"]))
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not formula(cell), cell


def formula(cell):
    try:
        float(cell)
    except ValueError:
        return cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    return False


@case(weight=2)
def tables_as_html(draw, place):
    rows = draw(st.lists(st.tuples(TEXTS, NUMBERS), max_size=3))
    text = table_html(
        pd.DataFrame(rows, columns=["<b>", "n"]),
        draw(TEXTS | st.just("</caption><script>")),
        draw(st.none() | st.integers(0, 2)),
    )
    assert "<script" not in text and "<b>" not in text


SERIES = pd.DataFrame({"year": [2000, 2010, 2000, 2010], "value": [1.0, 2.0, 3.0, 4.0], "who": list("aabb")})


@case(weight=2)
def figures_of_anything(draw, place):
    data = damaged(draw, SERIES)
    text = [
        draw(mostly(good, TEXTS))
        for good in (
            "a-name",
            "A finding",
            "Value, year",
            "A line that rises from one to two over ten years.",
            "Census",
        )
    ]
    shown = figure(
        lambda width: charts.lines(data, "year", "value", "who", width=width), name=text[0], title=text[1], subtitle=text[2],
        alt=text[3], source=text[4], tables=["cities"], data=data,
    )  # fmt: skip
    if draw(st.integers(0, 9)) == 0:
        assert shown.svg().startswith("<svg")


# Every kind of chart


def seen(draw, chart, data=None):
    """What must be true of any chart: it can be written, every row is in it, and nothing is drawn nowhere."""
    with schemapi.debug_mode(False):
        spec = chart.to_dict(validate=False)
    spec["datasets"] = {
        name: rows
        if isinstance(rows, str)
        else [{key: None if value is None or value != value else value for key, value in row.items()} for row in rows]
        for name, rows in spec.get("datasets", {}).items()
    }
    json.dumps(spec, allow_nan=False)
    if data is not None:
        assert any(len(rows) == len(data) for rows in spec["datasets"].values()), "every row is there"
    if draw(st.integers(0, 5)) == 0:
        svg = to_svg(spec)
        assert "NaN" not in svg and "undefined" not in svg
    return spec


WIDTH = mostly(340, st.just(700) | SCALARS)
UNIT = mostly("+.0f", TEXTS | st.sampled_from([".1%", ",.0f", None]))
NAME = st.sampled_from(["a.b", "a[0]", "x:Q", "it's", 'a"b', "a\\b", "two words", "比", ""])
COLOUR = {"a": "#b5471b", "b": "#1f6f9f"}


def renamed(draw, frame, column):
    """Give a column another name, and return it."""
    name = draw(mostly(column, NAME))
    return (frame.rename(columns={column: name}), name) if name not in frame else (frame, column)


@case(few=8)
def lines_of_anything(draw, place):
    data, y = renamed(draw, damaged(draw, SERIES.assign(low=0.5, high=4.5)), "value")
    band, marks = draw(st.sampled_from([None, ("low", "high")])), draw(mostly(None, st.just({2005: "an event"})))
    named = st.lists(st.sampled_from("ab") | TEXTS, max_size=2)
    chart = charts.lines(
        data, "year", y, "who", muted=draw(named), dashed=draw(named), labels=draw(st.none() | named), band=band,
        marks=marks, points=draw(st.booleans()), zero=draw(st.booleans()), title=draw(TEXTS.filter(str.isprintable)), unit=draw(UNIT), width=draw(WIDTH),
    )  # fmt: skip
    seen(draw, chart, data)


@case(few=8)
def graded_lines_of_anything(draw, place):
    data, y = renamed(draw, damaged(draw, SERIES.assign(seen=[True, False, True, True])), "value")
    chart = charts.graded_lines(
        data,
        "year",
        y,
        "who",
        "seen",
        marks=draw(mostly(None, st.just({2005: "x"}))),
        unit=draw(UNIT),
        width=draw(WIDTH),
    )
    seen(draw, chart, data)


BARS = pd.DataFrame(
    {"place": ["a", "b", "a", "b"], "part": list("uuvv"), "points": [1.0, -2.0, 3.0, -1.0], "sum": [4.0, -3.0] * 2}
)


@case(few=8)
def bars_of_anything(draw, place):
    data, x = renamed(draw, damaged(draw, BARS), "points")
    part = draw(st.sampled_from([None, "part"]))
    total = draw(st.sampled_from([None, "sum"])) if part else None
    chart = charts.bars(
        data,
        x,
        "place",
        part,
        total=total,
        unit=draw(UNIT),
        width=draw(WIDTH),
        label=draw(mostly("", st.just("Points"))),
    )
    seen(draw, chart, data)


@case(few=8)
def dots_of_anything(draw, place):
    frame = pd.DataFrame({"city": list("abc"), "then": [1.0, 5, 3], "now": [2.0, 4, 3], "low": [0.0, 3, 2], "high": [4.0, 6, 5], "of": list("xxy")})  # fmt: skip
    data, now = renamed(draw, damaged(draw, frame), "now")
    two = draw(st.booleans())
    chart = charts.dots(
        data, ["then", now] if two else now, "city", group=draw(st.sampled_from([None, "of"])),
        interval=None if two else draw(st.sampled_from([None, ("low", "high")])), names=["then", "now"] if two else (),
        reference=draw(mostly(0, st.none() | NUMBERS)), unit=draw(UNIT), width=draw(WIDTH),
    )  # fmt: skip
    seen(draw, chart, data)


@case(few=8)
def scatter_of_anything(draw, place):
    frame = pd.DataFrame({"x": [1.0, 2, 3], "y": [2.0, 1, 4], "of": list("aab"), "name": ["u", "", "w"]})
    data, y = renamed(draw, damaged(draw, frame), "y")
    fit = draw(
        mostly(
            None,
            st.just(damaged(draw, pd.DataFrame({"x": [1.0, 3], "y": [1.0, 3], "low": [0.0, 2], "high": [2.0, 4]}), 1)),
        )
    )
    chart = charts.scatter(
        data, "x", y, group="of", text=draw(st.sampled_from([None, "name"])), fit=fit, width=draw(WIDTH)
    )
    seen(draw, chart, data)


@case(few=8)
def timelines_of_anything(draw, place):
    data = damaged(draw, pd.DataFrame({"year": [1903, 2012], "event": ["A line", "Another\nline"], "kind": list("ab")}))
    chart = charts.timeline(data, colours=draw(mostly(None, st.just(COLOUR))), width=draw(WIDTH))
    seen(draw, charts.panels([chart], draw(mostly(1, WHOLE)), draw(mostly(28, WHOLE))))


@case(few=8)
def heat_of_anything(draw, place):
    data, x = renamed(
        draw, damaged(draw, pd.DataFrame({"place": list("ab"), "x": [0.2, 0.4], "y": [0.1, np.nan]})), "x"
    )
    steps = draw(mostly([0.1, 0.3], st.lists(NUMBERS, max_size=4)))
    chart = charts.heat(data, "place", {x: "X", "y": draw(mostly("Y\nunit", TEXTS))}, steps=steps, diverging=draw(st.booleans()), unit=draw(UNIT), width=draw(WIDTH))  # fmt: skip
    seen(draw, chart)


@case(few=8)
def zones_of_anything(draw, place):
    frame = pd.DataFrame(
        {"place": list("ab"), "low": [30.0, np.nan], "high": [180.0, np.nan], "then": [200.0, 60], "now": [100.0, 50]}
    )
    data, low = renamed(draw, damaged(draw, frame), "low")
    ticks = draw(mostly([20, 60, 240], st.lists(NUMBERS, max_size=3)))
    seen(draw, charts.zones(data, "place", {"loses": (low, "high")}, ("then", "now"), ticks=ticks, width=draw(WIDTH)))


@case(few=8)
def expected_of_anything(draw, place):
    frame = pd.DataFrame(
        {"line": list("AAB"), "town": list("xyz"), "drawn": [0.4, 0.4, 0.2], "was": [1, 0, 1], "seq": [1, 2, 1]}
    )
    data, drawn_ = renamed(draw, damaged(draw, frame), "drawn")
    domain = draw(mostly(None, st.tuples(NUMBERS, NUMBERS)))
    chart = charts.expected_realised(data, "line", "town", drawn_, "was", chosen=draw(mostly("A", TEXTS)), order="seq", domain=domain, unit=draw(UNIT), width=draw(WIDTH))  # fmt: skip
    seen(draw, chart, data)


@case(few=8)
def specification_curves_of_anything(draw, place):
    frame = pd.DataFrame(
        {"b": [0.1, 0.3], "low": [0.0, 0.1], "high": [0.2, 0.5], "sample": ["all", "small"], "sign": ["a", "a"]}
    )
    data, low = renamed(draw, damaged(draw, frame), "low")
    domain = draw(mostly(None, st.tuples(NUMBERS, NUMBERS)))
    chart = charts.specification_curve(
        data,
        "b",
        low,
        "high",
        ["sample"],
        group="sign",
        colours=COLOUR,
        domain=domain,
        unit=draw(UNIT),
        width=draw(WIDTH),
    )
    seen(draw, chart, data)


@case(few=8)
def power_curves_of_anything(draw, place):
    frame = pd.DataFrame({"effect": [0.0, 0.1, 0.0, 0.1], "power": [0.05, 0.6, 0.04, 0.5], "design": list("aabb")})
    data, effect = renamed(draw, damaged(draw, frame), "effect")
    chart = charts.power_curves(
        data, effect, "power", "design", colours=COLOUR, wanted=draw(mostly(0.8, SCALARS)), width=draw(WIDTH)
    )
    seen(draw, chart, data)


@case(few=8)
def evidence_maps_of_anything(draw, place):
    frame = pd.DataFrame(
        {
            "topic": ["Jobs", "Jobs"],
            "place": ["Cities", "Towns"],
            "sign": ["positive", "null"],
            "design": ["panel", "iv"],
        }
    )
    data, row = renamed(draw, damaged(draw, frame), "topic")
    named = st.lists(TEXTS | st.just("Jobs"), max_size=2, unique=True)
    chart = charts.evidence_map(
        data, row, "place", rows=draw(mostly(["Jobs"], named)), columns=draw(mostly(["Cities", "Towns"], named)),
        shapes=draw(mostly(["panel", "iv"], named)), width=draw(WIDTH),
    )  # fmt: skip
    seen(draw, chart, data)


@case(few=8)
def forests_of_anything(draw, place):
    frame = pd.DataFrame({"study": ["A", "B"], "b": [1.2, 2.0], "low": [0.4, np.nan], "high": [2.0, np.nan], "kind": ["interval", "point"], "shown": ["1.2", "2"], "of": list("ab")})  # fmt: skip
    data, value = renamed(draw, damaged(draw, frame), "b")
    chart = charts.forest(
        data, label="study", value=value, low="low", high="high", group=draw(st.sampled_from([None, "of"])),
        colour=draw(st.sampled_from([None, "of"])), colours=COLOUR, domain=draw(mostly(None, st.tuples(NUMBERS, NUMBERS))),
        reference=draw(mostly(0, SCALARS)), axis=draw(mostly("", st.just("percent"))), unit=draw(UNIT), width=draw(WIDTH),
    )  # fmt: skip
    seen(draw, chart)


@case(few=8)
def votes_of_anything(draw, place):
    counts = damaged(
        draw, pd.DataFrame({"positive": [7, 0], "null": [2, 1], "mixed": [1, 0], "negative": [3, 0]}, ["Jobs", "Firms"])
    )
    order = draw(mostly(["Jobs"], st.lists(TEXTS | st.just("Firms"), max_size=2)))
    seen(draw, charts.votes(counts, order=order, focus=draw(mostly("", TEXTS)), width=draw(WIDTH)))


@case(few=8)
def tiles_of_anything(draw, place):
    claims = damaged(
        draw, pd.DataFrame({"claim_id": ["A01", "A02"], "verdict": ["partly", "supported"], "chapter": ["x"] * 2})
    )
    spec = seen(draw, charts.verdict_tiles(claims, "chapter", width=draw(WIDTH)))
    assert sum("id" in row for rows in spec["datasets"].values() for row in rows) in (len(claims), 2 * len(claims))


@case(few=8)
def score_grids_of_anything(draw, place):
    cell = {"region": "Harbin", "criterion": "people", "margin": 1.6, "depends": True, "shown": "10 m"}
    scores = damaged(draw, pd.DataFrame([cell, {**cell, "region": "Dalian", "margin": np.nan}]))
    rows = draw(mostly(["Harbin", "Dalian"], st.lists(TEXTS, max_size=2)))
    seen(
        draw,
        charts.score_grid(scores, rows=rows, columns={"people": draw(mostly("Residents", TEXTS))}, width=draw(WIDTH)),
    )


@case(few=8)
def pickers_of_anything(draw, place):
    times = pd.DataFrame([[300.0, 200.0], [np.nan, 90.0]], index=pd.MultiIndex.from_tuples([("Anshan", "Beijing"), ("Dalian", "Beijing")]), columns=[2003, 2025])  # fmt: skip
    index = damaged(
        draw,
        pd.DataFrame([[1.0, 2.0], [1.0, 1.5], [1.0, 1.7]], index=["Anshan", "Median", "Dalian"], columns=[2003, 2025]),
    )
    times = damaged(draw, times, 1) if draw(st.integers(0, 2)) == 0 else times
    chart = charts.city_picker(times, index, first=draw(mostly("Anshan", TEXTS)), colours={"Beijing": "#b5471b"}, benchmark=draw(mostly("Median", TEXTS)), width=draw(WIDTH))  # fmt: skip
    seen(draw, chart)


@cache
def ground():
    return geography.window(geography.outlines("provinces"), tolerance_km=40)


def towns(draw, **columns):
    """Return damaged towns as points on the map."""
    table = pd.DataFrame({"lon": [123.4, 123.0, 121.6], "lat": [41.8, 41.1, 38.9], **columns})
    return damaged(draw, geography.places(table, geography.NORTHEAST).drop(columns=["lon", "lat"]))


@case(few=6)
def maps_of_any_points(draw, place):
    points = towns(draw, people=[9.1, 3.3, 7.5], change=[0.1, -0.1, 0.0], name=["u", "", "w"], band=["near", "far", None], row="x", origin=[True, False, False])  # fmt: skip
    width, steps = draw(WIDTH), draw(mostly((-0.2, -0.1, 0, 0.1), st.lists(NUMBERS, max_size=4)))
    kind = draw(st.sampled_from(["points", "regions", "crossings", "small"]))
    if kind == "points":
        chart = charts.map_points(
            ground(), points, size="people", colour="change", text="name", steps=steps, width=width
        )
    elif kind == "regions":
        chart = charts.map_regions(
            ground(), points, region="row", label="name", reach=draw(mostly(22_000, SCALARS)), width=width
        )
    elif kind == "crossings":
        known = draw(mostly("rail", TEXTS))
        chart = charts.map_crossings(
            ground(), points.assign(kind=known), kind="kind", place="row", tips=["name"], width=width
        )
    else:
        chart = charts.small_maps(ground(), points, band="band", bands=draw(mostly(["near", "far"], st.lists(TEXTS, max_size=2))), row="row", column="row", width=width)  # fmt: skip
    seen(draw, chart)


@cache
def some_tracks():
    return history.tracks(railways(), geography.NORTHEAST).head(20).assign(period=["old", "new"] * 10)


@case(few=4)
def maps_of_any_tracks(draw, place):
    tracks = some_tracks()
    periods = draw(mostly({"old": "#9a6400", "new": "#1f6f9f"}, st.dictionaries(TEXTS, st.just("#9a6400"), max_size=2)))
    chart = charts.map_tracks(ground(), damaged(draw, tracks), period="period", periods=periods, dashed=["new"], towns=towns(draw, name=["u", "", "w"]), width=draw(WIDTH))  # fmt: skip
    seen(draw, chart)


# Words


@case()
def signs_of_any_text(draw, place):
    text = draw(TEXTS | NUMBERS.map(str) | st.text("-−12.,x (", max_size=9))
    found = minus(text)
    assert found.replace("−", "-") == text.replace("−", "-") and minus(found) == found


@case(weight=2)
def words_of_any_number(draw, place):
    value, low, high, digits = draw(NUMBERS), draw(NUMBERS), draw(NUMBERS), draw(mostly(1, WHOLE))
    text = charts.printed(value, digits)
    assert abs(float(text.replace("−", "-")) - value) <= 0.5 * 10.0**-digits * (1 + 1e-6)
    assert charts.spanned(value, low, high, digits).startswith(text)


@case()
def tables_and_toys_of_anything(draw, place):
    words = draw(mostly("A caption", TEXTS | st.just("</script><b>")))
    shown = charts.table(damaged(draw, SERIES), words)._repr_mimebundle_()["text/html"]
    assert "<b>" not in shown and "</script>" not in shown
    toy = charts.toy(draw(mostly("two-cities", TEXTS | st.just('"><b>'))), words)._repr_mimebundle_()["text/html"]
    assert "<b>" not in toy and "</script>" not in toy
