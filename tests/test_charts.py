"""Charts: what a figure must carry, what its SVG says, how the kinds behave."""

import itertools
import re
import xml.etree.ElementTree as ET

import altair
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import charts
from railbelt.charts._parts import spread
from railbelt.charts.figure import table_html, to_svg
from railbelt.charts.theme import PALETTE, stylesheet
from railbelt.errors import FigureError
from railbelt.geography import CHINA, outlines, places, window

FRAME = pd.DataFrame({"year": [2000, 2010, 2020] * 2, "v": [1.0, 2, 3, 3, 2, 1], "s": ["Northeast"] * 3 + ["East"] * 3})


def words(**changed):
    return {
        "name": "a-figure",
        "title": "A finding & more",
        "subtitle": "Measure, unit",
        "alt": "Two lines cross in 2010: one rises from one to three, the other falls.",
        "source": "Somebody",
        "tables": ["cities"],
        "data": FRAME,
    } | changed


def draw(width):
    return charts.lines(FRAME, "year", "v", "s", width=width)


def test_a_map_is_drawn_the_same_whatever_was_drawn_before():
    land = window(outlines("provinces").dissolve(), CHINA, 60)
    one = pd.DataFrame({"lon": [116.4], "lat": [39.9], "v": ["a"], "row": ["r"], "column": ["c"], "origin": [True]})
    points = places(one, CHINA)
    drawn = charts.figure(
        lambda width: charts.small_maps(
            land, points, band="v", bands=["a"], row="row", column="column", width=width
        ),
        **words(),
    )  # fmt: skip
    first = drawn.svg()
    assert "clip-path" in first and first == drawn.svg()
    root = ET.fromstring(first)
    ids = {element.get("id") for element in root.iter()}
    assert {used for used in re.findall(r"url\(#([^)]+)\)", first)} <= ids


def test_charts_that_share_their_parts_are_written_as_altair_writes_them():
    times = pd.DataFrame({"place": ["A", "A", "B"], "year": [2000, 2010, 2010], "v": [3.0, 2, 1]})

    def linked(width):
        pick = altair.selection_point(fields=["place"], bind=altair.binding_select(options=["A", "B"], name="Place "))
        line = altair.Chart(times).mark_line().encode(x="year:O", y="v:Q", color="place:N").properties(width=width)
        return (line + line.mark_point().transform_filter(pick)).add_params(pick) & line.resolve_scale(color="shared")

    for kind in (draw, linked, lambda width: charts.panels([draw(width), linked(width)], 2)):
        plain = kind(charts.WIDE - charts.theme.ROOM).configure(**charts.theme.CONFIG).to_dict()
        assert charts.figure(kind, **words())._spec(charts.WIDE) == plain


def test_svg_is_well_formed_and_says_what_it_shows():
    svg = charts.figure(draw, **words()).svg()
    root = ET.fromstring(svg)
    names = {e.tag.rpartition("}")[2]: e.text for e in root}
    assert names["title"] == "A finding & more"
    assert names["desc"].startswith("Two lines cross")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == root.find("{*}title").get("id")


def test_numbers_that_are_read_keep_their_digits():
    rows = pd.DataFrame(
        {"who": ["A"], "b": [0.097], "low": [0.0], "high": [0.2], "kind": ["interval"], "shown": ["0.097 (0.089)"]}
    )

    def draw_rows(width):
        return charts.forest(rows, label="who", value="b", low="low", high="high", unit=".3f", width=width)

    drawn = charts.figure(draw_rows, **words(data=rows)).svg()
    assert ">0.097 (0.089)<" in drawn and ">0.050<" in drawn


def test_the_same_figure_gives_the_same_bytes():
    first, second = (charts.figure(draw, **words())._repr_html_() for _ in range(2))
    assert first == second


def test_identifiers_are_unique_on_a_page():
    page = "".join(charts.figure(draw, **words(name=name))._repr_html_() for name in ("one", "two"))
    found = re.findall(r'\bid="([^"]+)"', page)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("title", " "),
        ("subtitle", ""),
        ("source", ""),
        ("alt", "Too short."),
        ("alt", "A finding & more"),
        ("tables", []),
        ("data", FRAME.iloc[:0]),
        ("name", "Not a name"),
    ],
)
def test_a_figure_that_cannot_be_read_alone_is_refused(argument, value):
    with pytest.raises(FigureError, match=rf"argument '{argument}'"):
        charts.figure(draw, **words(**{argument: value}))


YEARS = pd.DataFrame({"year": [2000, 2010], "value": [1.0, 2.0], "who": ["A", "A"]})
PAIRS = pd.DataFrame({"x": [1.0], "y": [2.0], "of": ["a"], "name": ["p"]})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: charts.lines(YEARS, "year", "value", "who", width="wide"), "'width': 'wide' is not a number from 100"),
        (lambda: charts.lines(YEARS, "year", "value", "who", height=0), "'height': 0"),
        (lambda: charts.lines(YEARS, "year", "value", "who", unit="per cent"), "'unit': 'per cent' is no format"),
        (lambda: charts.lines(YEARS, "year", "value", "who", label=5), "'label': 5 is no text"),
        (lambda: charts.lines(YEARS, "year", "value", "who", colours="red"), "'colours': 'red' is no mapping"),
        (lambda: charts.lines(YEARS, "year", "value", "who", marks=[2005]), "'marks'"),
        (lambda: charts.lines(YEARS, "year", "value", ["who"]), r"column \['who'\]"),
        (lambda: charts.bars(YEARS, "value", "year", row_height=-1), "'row_height': -1"),
        (lambda: charts.dots(PAIRS, "x", "name", names=["a", "b"]), "'names': one value has no two ends"),
        (lambda: charts.dots(PAIRS, ["x"], "name"), "'x': expected two texts"),
        (lambda: charts.scatter(PAIRS, "x", "y", group="of", labels=["x"]), "'labels': expected two texts"),
        (lambda: charts.map_points(PAIRS, PAIRS, size="x", colour="y"), "'land': has no projected geometry"),
    ],
)
def test_what_no_chart_can_show_is_refused(call, message):
    with pytest.raises(FigureError, match=f"argument {message}|{message}"):
        call()


def test_hostile_text_is_escaped():
    shown = charts.figure(
        draw, **words(title="<script>alert(1)</script>", data=pd.DataFrame({"<b>": ["</td><script>"]}))
    )
    assert "<script>" not in shown._repr_html_()


def test_a_live_figure_shows_the_chart_in_a_notebook():
    bundle = charts.figure(draw, **words(live=True))._repr_mimebundle_()
    assert "layer" in bundle["application/vnd.vegalite.v6+json"]
    assert "rb-spec" in bundle["text/html"]


def test_every_kind_draws_at_both_widths():
    table = pd.DataFrame(
        {
            "place": ["a", "b"],
            "x": [-1.0, 2.0],
            "y": [1.0, 4.0],
            "part": ["p", "q"],
            "year": [1990, 2000],
            "event": ["first", "second"],
            "kind": ["rail", "policy"],
        }
    )
    for width in (charts.WIDE, charts.NARROW):
        kinds = [
            charts.lines(FRAME, "year", "v", "s", marks={2005: "event"}, muted=["East"], dashed=["East"], width=width),
            charts.bars(table, "x", "place", width=width),
            charts.dots(table, ["x", "y"], "place", names=["then", "now"], width=width),
            charts.dots(table, "x", "place", group="part", interval=("x", "y"), width=width),
            charts.scatter(table, "x", "y", group="part", text="place", width=width),
            charts.timeline(table, width=width),
            charts.panels([charts.bars(table, "x", "place", width=width)] * 2, columns=1),
        ]
        for kind in kinds:
            svg = charts.figure(lambda _, kind=kind: kind, **words()).svg(width)
            assert svg.count("<path") + svg.count("<text") > 5


def test_bars_end_where_their_parts_add_up():
    parts = pd.DataFrame({"y": ["a"] * 2, "part": ["p", "q"], "x": [-1.0, -2.0], "sum": [-3.0] * 2})
    spec = charts.bars(parts, "x", "y", "part", total="sum").to_dict()
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < -3 <= 0 <= high


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0.1, 20))
def test_labels_are_spread_apart_in_order(values, gap):
    placed = spread(values, gap)
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert all(placed[b] - placed[a] >= 0.9 * gap for a, b in itertools.pairwise(order))
    assert sum(placed) == pytest.approx(sum(values), abs=1e-6 * max(1, sum(map(abs, values))))


def contrast(first, second):
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["rust", "rail", "ochre", "plum", "ink", "grey"])
def test_text_colours_can_be_read_on_both_grounds(name):
    for theme in (0, 1):
        assert contrast(PALETTE[name][theme], PALETTE["paper"][theme]) >= 4.5


def test_the_palette_is_a_bijection():
    light, dark = zip(*PALETTE.values(), strict=True)
    assert len(set(light)) == len(light)
    assert all(colour in stylesheet() for colour in (*light, *dark))


def test_tables_write_numbers_for_readers():
    html = table_html(
        pd.DataFrame({"year": [2010], "people": [1234567.0], "share": [0.0476], "gap": [None]}), "Caption"
    )
    assert '<td class="rb-n">2010</td>' in html and "1,234,567" in html and "0.0476" in html
    assert html.count('scope="col"') == 4 and "<caption>Caption</caption>" in html


def test_long_tables_say_what_they_leave_out():
    assert "The first 2 of 6 rows" in table_html(FRAME, "Caption", limit=2)


def test_charts_are_altair_charts():
    assert isinstance(draw(charts.WIDE), altair.LayerChart)


def test_every_sign_is_drawn_or_refused():
    """The renderer measures texts as XML, and would end the process at a sign that XML does not know."""
    known = {"\t", "\n", "\r"}
    for sign in [
        *map(chr, range(0xA0)),
        "\\b",
        "\\\f",
        "\\u0001",
        "\ufdd0",
        "\ufffd",
        "\ufffe",
        "\uffff",
        "\U0001fffe",
    ]:
        frame = pd.DataFrame({"place": [f"a{sign}b"], "value": [1.0]})
        spec = altair.Chart(frame).mark_bar().encode(x="value:Q", y="place:N").to_dict()
        if sign[-1] in known or (sign[-1] >= " " and sign[-1] not in "\ufffe\uffff"):
            assert ET.fromstring(to_svg(spec)) is not None, ascii(sign)
        else:
            with pytest.raises(FigureError, match="control character"):
                to_svg(spec)
