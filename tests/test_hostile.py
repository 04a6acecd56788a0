"""Hostile input: whatever it holds, a public function answers rightly or refuses with an error of ours.

Each case draws sound arguments, damages them (missing columns, texts among numbers, NaN, infinities, negative, giant, duplicated, empty,
wrong shapes, other encodings), calls, and holds the answer to what must be true of any answer. By default every case runs
a few times. ``RAILBELT_HOSTILE=10000`` spreads that many examples over the cases, and ``RAILBELT_HOSTILE_REPORT=path`` writes how
many were answered and how many refused.
"""

import csv
import io
import json
import math
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from railbelt import catalog, charts, errors, explorer, geography, network
from railbelt.charts.figure import csv_text, figure, table_html
from railbelt.claims import rules
from railbelt.errors import RailbeltError
from railbelt.models import attribution, conley, convergence, huff, inequality, recentred, shares, spatial, staggered
from railbelt.network.travel import Parameters, Service

TOTAL = int(os.environ.get("RAILBELT_HOSTILE", "0"))
REPORT = os.environ.get("RAILBELT_HOSTILE_REPORT")
FEW = 12

CASES, COUNTS = {}, {}

NUMBERS = st.one_of(
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 1e-300, 1e18, 1e308, 0.5, 1.0, 2.0]),
    st.integers(-3, 3).map(float),
)
WHOLE = st.one_of(st.integers(-3, 60), st.sampled_from([0, -1, 10**6, 2**63]))
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "=1+1", "@SUM(A1)", "沈阳", "２３０１", "nan", "a,b", 'q"', "line\nbreak", "\x00", "\ud800", "_" * 300]
    ),
)


def case(weight=1, name=None):
    def keep(test):
        CASES[name or test.__name__] = (test, weight)
        return test

    return keep


def mostly(sound, hostile):
    """Draw the sound value three times of four."""
    return st.integers(0, 3).flatmap(lambda one: st.just(sound) if one else hostile)


def damaged(draw, frame, most=2):
    """Return a table with up to ``most`` faults."""
    frame = frame.copy()
    for _ in range(draw(st.integers(0, most))):
        fault = draw(
            st.sampled_from(
                ["cell", "cell", "text", "drop", "rename", "twice", "empty", "one", "shuffle", "index", "order"]
            )
        )
        if fault == "empty":
            frame = frame.iloc[:0]
        elif fault == "one":
            frame = frame.iloc[:1]
        elif fault == "twice" and len(frame):
            frame = pd.concat([frame, frame.iloc[[draw(st.integers(0, len(frame) - 1))]]])
        elif fault == "shuffle" and len(frame):
            frame = frame.iloc[draw(st.permutations(range(len(frame))))]
        elif fault == "order":
            frame = frame[draw(st.permutations(list(frame.columns)))]
        elif fault == "drop" and len(frame.columns):
            frame = frame.drop(columns=draw(st.sampled_from(list(frame.columns))))
        elif fault == "rename" and len(frame.columns):
            frame = frame.rename(columns={draw(st.sampled_from(list(frame.columns))): draw(TEXTS)})
        elif fault == "index" and len(frame):
            frame.index = frame.index[:1].append(frame.index[:-1])
        elif fault in ("cell", "text") and len(frame) and len(frame.columns):
            row, column = draw(st.integers(0, len(frame) - 1)), draw(st.integers(0, len(frame.columns) - 1))
            values = frame.iloc[:, column].astype(object).tolist()
            values[row] = draw(NUMBERS if fault == "cell" else TEXTS | st.none())
            label = frame.columns[column]
            if (frame.columns == label).sum() == 1:
                frame[label] = pd.Series(
                    values, index=range(len(values)), dtype=object if fault == "text" else None
                ).to_numpy()
    return frame


def damaged_array(draw, array, most=2):
    array = np.array(array, dtype=float)
    for _ in range(draw(st.integers(0, most))):
        fault = draw(st.sampled_from(["cell", "cell", "row", "column", "flat", "more", "empty", "text", "zero"]))
        if fault == "cell" and array.size:
            array = array.copy()
            array.flat[draw(st.integers(0, array.size - 1))] = draw(NUMBERS)
        elif fault == "row":
            array = array[1:]
        elif fault == "column" and array.ndim > 1:
            array = array[:, 1:]
        elif fault == "flat":
            array = array.ravel()
        elif fault == "more":
            array = array[None]
        elif fault == "empty":
            array = array[:0]
        elif fault == "zero":
            array = np.zeros_like(array)
        elif fault == "text" and array.size and draw(st.booleans()):
            return array.astype(str)
    return array


def damaged_series(draw, series):
    frame = damaged(draw, series.rename("values").to_frame(), 1)
    return frame.iloc[:, 0].rename(None) if len(frame.columns) else series.iloc[:0]


def finite(*values):
    for value in values:
        assert np.isfinite(np.asarray(value, dtype=float)).all(), value


# Tables of one's own

ROWS = [
    ["a", "2001", "1.5", "true", "2012-12-31", "x"],
    ["b", "2002", "-2", "false", "2013-01-01", "y;x"],
    ["c", "2003", "", "true", "", "x"],
]
TYPES = ["string", "year", "number", "boolean", "date", "string"]
HEADER = ["code", "year", "value", "flag", "day", "source"]


def descriptor():
    fields = [{"name": n, "type": t, "description": n} for n, t in zip(HEADER, TYPES, strict=True)]
    fields[0]["constraints"] = {"required": True, "pattern": "[a-z]+"}
    fields[2]["constraints"] = {"minimum": -10, "maximum": 10}
    fields[5]["listOf"] = "sources.source_key"
    common = {"title": "t", "topic": "t", "vintage": "v"}
    listed = [{"name": n, "type": "string", "description": n} for n in ("source_key", "title", "grade")]
    return {"resources": [
        {"name": "mine", "path": "mine.csv", **common, "rowCount": 3, "schema": {"fields": fields, "primaryKey": "code"}},
        {"name": "sources", "path": "sources.csv", **common, "rowCount": 2, "schema": {"fields": listed, "primaryKey": ["source_key"]}},
    ]}  # fmt: skip


def written(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def folder_of(place, mine, package=None):
    (place / "mine.csv").write_bytes(mine)
    (place / "sources.csv").write_text(written([["source_key", "title", "grade"], ["x", "X", "A"], ["y", "Y", "C"]]))
    (place / "datapackage.json").write_text(json.dumps(descriptor() if package is None else package))
    return place


def ask_everything(folder):
    answers = [catalog.tables(folder)]
    for question in (catalog.load, catalog.describe, catalog.sources, catalog.grades):
        try:
            answers.append(question("mine", folder))
        except RailbeltError:
            continue
    table = next((a for a in answers if list(getattr(a, "columns", [])) == HEADER), None)
    if table is not None:
        assert len(table) == 3 and table.code.is_unique
        assert table.value.dropna().between(-10, 10).all()
        assert table.year.between(-9999, 9999).all()
        return table
    raise errors.DataError("refused")


@case(weight=6)
def load_any_cells(draw, place):
    rows = [row.copy() for row in ROWS]
    for _ in range(draw(st.integers(1, 2))):
        cell = draw(
            TEXTS
            | NUMBERS.map(str)
            | st.sampled_from(
                [
                    "1_000",
                    " 7",
                    "7 ",
                    "+7",
                    "1e5",
                    "0x1F",
                    "９",
                    "1,5",
                    "1e999",
                    "9" * 400,
                    "20121231",
                    "2012-W01-1",
                    "True",
                    "1",
                ]
            )
        )
        rows[draw(st.integers(0, 2))][draw(st.integers(0, 5))] = cell
    try:
        content = written([HEADER, *rows]).encode()
    except UnicodeEncodeError:
        return
    table = ask_everything(folder_of(place, content))
    for column in ("code", "source"):
        assert table[column].fillna("").tolist() == [row[HEADER.index(column)] for row in rows], (
            "text is kept as it was written"
        )
    for value, row in zip(table.value, rows, strict=True):
        assert (math.isnan(value) and row[2] == "") or float(row[2]) == value


@case(weight=4)
def load_any_bytes(draw, place):
    content = written([HEADER, *ROWS]).encode()
    at, noise = (
        draw(st.integers(0, len(content))),
        draw(st.binary(max_size=12) | st.sampled_from([b'"', b"\r\n", b"\x00", b",", b"\xef\xbb\xbf", b'"' * 3])),
    )
    cut = draw(st.integers(0, 8))
    ask_everything(folder_of(place, content[:at] + noise + content[at + cut :]))


@case(weight=2)
def load_other_encodings(draw, place):
    rows = [[cell.replace("x", "x") for cell in row] for row in ROWS]
    text = written([HEADER, *rows]).replace("code", draw(st.sampled_from(["code", "代码", "naïve"])))
    coding = draw(
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gbk", "gb18030", "latin-1", "cp1252"])
    )
    ask_everything(folder_of(place, text.encode(coding, errors="replace")))


@case(weight=1)
def load_giants(draw, place):
    rows = [row.copy() for row in ROWS]
    rows[0][5] = draw(st.sampled_from(["x" * 200_000, ";" * 200_000, "x;" * 50_000]))
    table = ask_everything(folder_of(place, written([HEADER, *rows]).encode()))
    assert len(table.source[0]) > 50_000


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS.filter(lambda t: "\ud800" not in t),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "type", "fields", "enum"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@case(weight=6)
def load_any_descriptor(draw, place):
    package = descriptor()
    spots = []

    def walk(value, path):
        spots.append(path)
        for key, inner in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            walk(inner, [*path, key])

    walk(package, [])
    path = draw(st.sampled_from(spots))
    junk = draw(
        JUNK | st.sampled_from(["../../etc/passwd", "/etc/passwd", "a.b.c", "sources.nothing", "((", "mine", -1])
    )
    if not path:
        package = junk
    else:
        inner = package
        for key in path[:-1]:
            inner = inner[key]
        if draw(st.booleans()):
            inner[path[-1]] = junk
        elif isinstance(inner, dict):
            del inner[path[-1]]
    ask_everything(folder_of(place, written([HEADER, *ROWS]).encode(), package))


@case()
def describe_any_name(draw, place):
    name = draw(TEXTS)
    for question in (catalog.load, catalog.describe, catalog.sources, catalog.grades):
        with pytest.raises(RailbeltError):
            question(name)
    raise errors.DataError("refused")


# Networks


def tables(draw):
    count = draw(st.integers(2, 5))
    codes = [f"n{i}" for i in range(count)]
    nodes = pd.DataFrame(
        {"name": codes, "lon": np.linspace(120, 125, count), "lat": np.linspace(40, 44, count)},
        index=pd.Index(codes, name="node_code"),
    )
    lines = draw(st.integers(1, 3))
    sections, stops, speeds = [], [], []
    for number in range(lines):
        route = draw(st.lists(st.sampled_from(codes), min_size=2, max_size=4, unique=True))
        mode = draw(st.sampled_from(["hsr", "conventional"]))
        sections.append(
            [
                f"l{number}",
                "",
                f"line {number}",
                mode,
                pd.Timestamp("2000-01-01"),
                pd.NaT,
                draw(st.sampled_from([np.nan, 200.0])),
            ]
        )
        stops += [[f"l{number}", "", i + 1, code] for i, code in enumerate(route)]
        speeds.append([f"l{number}", "", pd.Timestamp("2000-01-01"), draw(st.sampled_from([80.0, 160.0, 300.0]))])
    made = {"nodes": nodes}
    for name, rows in (("sections", sections), ("stops", stops), ("speeds", speeds)):
        made[name] = pd.DataFrame(rows, columns=network.lines.COLUMNS[name])
    return made


PARAMETERS = Parameters(
    {"hsr": Service((200, 350), (180, 300), 2.0), "conventional": Service((80, 160), (60, 120), 3.0)}, 30.0, 10.0
)


def sound(times):
    """What must be true of any travel times."""
    values = times.to_numpy()
    assert not np.isnan(values).any() and (values >= 0).all()
    if values.shape[0] == values.shape[1] and times.index.equals(times.columns):
        assert np.allclose(values, values.T, rtol=1e-4) and (np.diag(values) == 0).all()


@case(weight=6)
def railways_of_any_tables(draw, place):
    made = tables(draw)
    broken = draw(st.sampled_from(sorted(made)))
    made[broken] = damaged(draw, made[broken])
    rails = network.Railways(**made)
    net = network.on("2010-01-01", rails, PARAMETERS)
    sound(network.travel_times(net))
    legs = network.legs(rails)
    finite(legs.length_km)
    assert (legs.length_km >= 0).all()


DAYS = st.one_of(
    TEXTS,
    st.sampled_from(
        ["2010-01-01", "0001-01-01", "9999-12-31", "2012-13-01", "2012-02-30", "1e9", "99999-01-01", "now", "NaT"]
    ),
    st.dates().map(str),
    NUMBERS,
    st.none(),
)


@case(weight=2)
def network_on_any_day(draw, place):
    net = network.on(draw(mostly("2010-01-01", DAYS)), network.Railways(**tables(draw)), PARAMETERS)
    sound(network.travel_times(net))


@case(weight=3)
def services_of_any_numbers(draw, place):
    pairs = draw(mostly([(200.0, 180.0), (300.0, 250.0)], st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3)))
    service = Service(
        tuple(a for a, _ in pairs), tuple(b for _, b in pairs), draw(mostly(1.0, NUMBERS)), draw(mostly(0.0, NUMBERS))
    )
    found = service.minutes(np.array([1.0, 100.0]), np.array([50.0, 400.0]))
    assert (found >= 0).all() and not np.isnan(found).any()
    Parameters({"hsr": service}, draw(mostly(30.0, NUMBERS)), draw(mostly(10.0, NUMBERS)))


@case(weight=6)
def edits_of_any_kind(draw, place):
    rails = network.Railways(**tables(draw))
    line = draw(mostly("l0", st.sampled_from(["l1", "new"]) | TEXTS))
    day = draw(mostly("1999-05-05", DAYS))
    edit = draw(st.sampled_from(["open", "close", "delay", "respeed", "add"]))
    if edit == "open":
        rails = network.open_line(rails, line, day, draw(mostly(None, TEXTS)))
    elif edit == "close":
        rails = network.close_line(rails, line, day, draw(mostly(None, TEXTS)))
    elif edit == "delay":
        rails = network.delay_line(rails, line, draw(mostly(100, WHOLE | NUMBERS)))
    elif edit == "respeed":
        rails = network.respeed_line(rails, line, draw(mostly(200.0, NUMBERS)), day)
    else:
        codes = draw(st.lists(st.sampled_from(["n0", "n1", "n2"]) | TEXTS, max_size=4) | TEXTS)
        rails = network.add_line(
            rails,
            codes,
            draw(NUMBERS),
            draw(DAYS),
            line,
            draw(st.sampled_from(["hsr"]) | TEXTS),
            draw(st.none() | NUMBERS),
        )
    sound(network.travel_times(network.on("2010-01-01", rails, PARAMETERS)))


@case(weight=3)
def travel_times_of_any_codes(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    codes = st.none() | st.lists(st.sampled_from(["n0", "n1"]) | TEXTS, max_size=3)
    times = network.travel_times(net, draw(codes), draw(codes), draw(mostly(0.0, NUMBERS)))
    assert not np.isnan(times.to_numpy()).any() and (times.to_numpy() >= 0).all()


@case(weight=2)
def routes_of_any_codes(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    start, end = (draw(st.sampled_from(["n0", "n1"]) | TEXTS) for _ in range(2))
    legs, whole = network.path(net, start, end), network.route(net, start, end)
    time = network.travel_times(net, [start], [end]).iloc[0, 0]
    assert (
        (start == end or not np.isfinite(time)) if legs.empty else math.isclose(legs.minutes.sum(), time, rel_tol=1e-4)
    )
    assert math.isclose(legs.minutes.sum(), whole.minutes.sum(), abs_tol=1e-9)


@case()
def only_of_any_mode(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    sound(
        network.travel_times(
            network.only(net, *draw(st.lists(st.sampled_from(["hsr", "conventional"]) | TEXTS, max_size=2)))
        )
    )


def small_times(draw):
    times = pd.DataFrame([[0.0, 60, 200], [60, 0, np.inf], [200, np.inf, 0]], index=list("abc"), columns=list("abc"))
    return times if draw(st.booleans()) else damaged(draw, times)


@case(weight=4)
def market_access_of_anything(draw, place):
    times, mass = small_times(draw), damaged_series(draw, pd.Series({"a": 1.0, "b": 10.0, "c": 100.0}))
    found = network.market_access(
        times, mass, draw(mostly("exponential", TEXTS | st.just("power"))), draw(mostly(0.02, NUMBERS))
    )
    finite(found)
    assert (found >= 0).all() and found.index.equals(times.index)


@case(weight=3)
def daily_reach_of_anything(draw, place):
    times, mass = small_times(draw), damaged_series(draw, pd.Series({"a": 1.0, "b": 10.0, "c": 100.0}))
    found = network.daily_reach(times, mass, draw(mostly(720.0, NUMBERS)), draw(mostly(360.0, NUMBERS)))
    finite(found)
    assert (found >= 0).all()


@case(weight=2)
def isochrone_of_anything(draw, place):
    found = network.isochrone(
        small_times(draw), draw(st.sampled_from("abc") | TEXTS), draw(st.lists(NUMBERS, max_size=3))
    )
    assert (found.minutes <= found.within).all()


@case(weight=2)
def access_by_blocks_of_anything(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    mass = damaged_series(draw, pd.Series({"n0": 1.0, "n1": 10.0}))
    found = network.access_by_blocks(
        net,
        mass,
        draw(mostly("exponential", TEXTS)),
        draw(mostly(0.02, NUMBERS)),
        draw(mostly(math.inf, NUMBERS)),
        draw(mostly(1, WHOLE)),
    )
    finite(found)
    assert (found >= 0).all()


@case(weight=2)
def access_under_anything(draw, place):
    net = network.on("2010-01-01", network.Railways(**tables(draw)), PARAMETERS)
    mass = damaged_series(draw, pd.Series({"n0": 1.0, "n1": 10.0}))
    sections = damaged(draw, pd.DataFrame({"line_id": ["l0"], "section": [""]}))
    open_ = draw(
        st.sampled_from(
            [
                np.array([[True], [False]]),
                np.array([True]),
                np.array([[1.0]]),
                np.zeros((0, 1), bool),
                np.ones((1, 1, 1), bool),
                np.array([["x"]]),
            ]
        )
    )
    found = network.access_under(
        net, sections, open_, mass, draw(mostly("exponential", TEXTS)), draw(mostly(0.02, NUMBERS))
    )
    finite(found)


# Geography


@case(weight=2)
def places_of_any_table(draw, place):
    table = damaged(draw, pd.DataFrame({"lon": [126.0, 120.0], "lat": [46.0, 40.0], "name": ["a", "b"]}))
    points = geography.places(table, draw(mostly(geography.NORTHEAST, TEXTS | st.just("EPSG:4326"))))
    assert len(points) == len(table)
    finite(points.geometry.x, points.geometry.y)


@case(weight=2)
def distance_of_anything(draw, place):
    found = geography.distance_km(
        *(damaged_array(draw, [120.0, 121.0], 1) if draw(st.booleans()) else draw(NUMBERS) for _ in range(4))
    )
    finite(found)
    assert (np.asarray(found) >= 0).all() and (np.asarray(found) < 20_040).all()


@case()
def outlines_of_any_kind(draw, place):
    assert len(geography.outlines(draw(TEXTS)))


# Models

SIZES = pd.Series({"big": 3.0, "small": 1.0, "other": 2.5})


@case(weight=4)
def economy_of_anything(draw, place):
    people, income = damaged_series(draw, SIZES), damaged_series(draw, SIZES)
    trade, moves = damaged_array(draw, np.ones((3, 3)), 1), damaged_array(draw, np.ones((3, 3)), 1)
    homes = draw(st.booleans()) and damaged_series(draw, SIZES)
    made = spatial.economy(
        people,
        income,
        trade,
        moves,
        None if homes is False else homes,
        draw(mostly(0.6, NUMBERS)),
        draw(mostly(0.9, NUMBERS)),
    )
    finite(made.trade, made.moves)
    assert np.allclose(made.trade.sum(axis=1), made.income, rtol=1e-4)
    assert np.allclose(made.moves.sum(axis=0), made.people, rtol=1e-4)


@case(weight=3)
def elasticities_of_any_numbers(draw, place):
    found = spatial.modulus(
        spatial.Elasticities(*(draw(mostly(v, NUMBERS)) for v in (4.0, 2.0, 0.06, 0.3))), draw(st.booleans())
    )
    assert found >= 0


START = spatial.economy(SIZES, SIZES, np.ones((3, 3)), np.ones((3, 3)))


@case(weight=4)
def counterfactual_of_anything(draw, place):
    changes = {}
    for name in ("trade_cost", "moving_cost"):
        if draw(st.booleans()):
            changes[name] = damaged_array(draw, np.ones((3, 3)) - 0.1 + 0.1 * np.eye(3), 1)
    for name in ("productivity", "amenity"):
        if draw(st.booleans()):
            changes[name] = damaged_array(draw, [1.0, 1.1, 1.0], 1)
    e = (
        spatial.Elasticities(*(draw(mostly(v, NUMBERS)) for v in (4.0, 2.0, 0.06, 0.3)))
        if draw(st.booleans())
        else spatial.Elasticities()
    )
    found = spatial.counterfactual(START, e, **changes)
    finite(found)
    assert (found > 0).all(axis=None)
    assert math.isclose((START.people * found.people).sum(), START.people.sum(), rel_tol=1e-4), "nobody is born or lost"


@case(weight=2)
def equilibrium_of_anything(draw, place):
    one = pd.Series({"a": 1.0, "b": 1.5, "c": 1.0})
    given_ = [damaged_series(draw, one) for _ in range(3)]
    costs = [damaged_array(draw, np.ones((3, 3)) + 0.2 - 0.2 * np.eye(3), 1) for _ in range(2)]
    found = spatial.equilibrium(*given_, *costs, spatial.Elasticities())
    finite(found)
    assert math.isclose(found.people.sum(), given_[2].astype(float).sum(), rel_tol=1e-4)


@case(weight=2)
def fundamentals_of_anything(draw, place):
    found = spatial.fundamentals(
        START, damaged_array(draw, np.ones((3, 3)), 1), damaged_array(draw, np.ones((3, 3)), 1), spatial.Elasticities()
    )
    finite(found)


@case(weight=2)
def two_cities_of_anything(draw, place):
    found = spatial.two_cities(
        draw(st.lists(st.sampled_from([60, 240]) | NUMBERS, max_size=2)),
        draw(mostly(1.4, NUMBERS)),
        draw(mostly(0.1, NUMBERS)),
    )
    finite(found)


USUAL = {
    "attraction": 1.0,
    "decay": 2.0,
    "reach_minutes": 180,
    "own_minutes": 25,
    "movable": 0.2,
    "access_elasticity": 0.08,
}
MINUTES = np.array([[0.0, 60, 90], [60, 0, 120], [90, 120, 0]])


def assumptions(draw):
    found = dict(USUAL)
    if draw(st.booleans()):
        found[draw(st.sampled_from(sorted(USUAL)))] = draw(NUMBERS)
    if draw(st.integers(0, 6)) == 0:
        found.pop(draw(st.sampled_from(sorted(USUAL))))
    return found


@case(weight=3)
def choices_of_anything(draw, place):
    found = huff.choices(
        damaged_array(draw, MINUTES + 25, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        *(draw(mostly(v, NUMBERS)) for v in (1.0, 2.0, 180.0)),
    )
    finite(found)
    assert np.allclose(found.sum(axis=-1), 1) and (found >= 0).all()


@case(weight=3)
def retail_of_anything(draw, place):
    income = damaged_array(draw, [10.0, 1.0, 5.0], 1)
    found = huff.retail(damaged_array(draw, MINUTES, 1), income, assumptions(draw))
    finite(*found.values())
    assert np.isclose(found["turnover"].sum(), income.astype(float).sum())


@case(weight=2)
def turnover_of_anything(draw, place):
    found = huff.turnover(
        damaged_array(draw, MINUTES + 60, 1),
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        assumptions(draw),
    )
    finite(*found.values())


@case()
def break_even_of_anything(draw, place):
    found = huff.break_even(
        damaged_array(draw, MINUTES + 60, 1),
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        assumptions(draw),
    )
    assert (np.isnan(found) | ((found >= 0) & (found <= 2))).all()


@case()
def approach_of_anything(draw, place):
    town, metropolis = draw(mostly((0, 1), st.tuples(WHOLE, WHOLE)))
    found = huff.approach(
        damaged_array(draw, MINUTES, 1),
        damaged_array(draw, [10.0, 1.0, 5.0], 1),
        town,
        metropolis,
        damaged_array(draw, [170.0, 60.0], 1),
        assumptions(draw),
    )
    finite(found)


WEIGHTS = np.array(
    [[0.9, 0.1, 0.3], [0.5, 0.5, 0.1], [0.2, 0.1, 0.9], [0.4, 0.6, 0.2], [0.1, 0.8, 0.5], [0.7, 0.3, 0.3]]
)


@case(weight=2)
def permutations_of_anything(draw, place):
    shocks, groups = (
        damaged_array(draw, [1.0, 0.0, 1.0], 1),
        draw(st.sampled_from([list("aab"), list("aaa"), [1, 1, None], [math.nan] * 3, [], "aab"])),
    )
    found = recentred.permute_within(
        shocks, groups, draw(mostly(5, st.integers(-2, 50))), draw(mostly(0, st.integers(-1, 5)))
    )
    whole = sorted(map(repr, shocks.astype(found.dtype).tolist()))
    assert all(sorted(map(repr, row)) == whole for row in found.tolist())


def exposure(draw):
    rng = np.random.default_rng(draw(st.integers(0, 5)))
    draws = rng.normal(size=(20, 6))
    if draw(st.booleans()):
        draws = damaged_array(draw, draws, 1)
    realised = damaged_array(draw, rng.normal(size=6), 1) if draw(st.booleans()) else rng.normal(size=6)
    return recentred.Exposure(realised, draws)


@case(weight=4)
def recentred_estimate_of_anything(draw, place):
    exposed = exposure(draw)
    outcome = damaged_array(draw, np.arange(6.0) ** 2, 1)
    controls = draw(st.booleans()) and damaged_array(draw, np.arange(12.0).reshape(6, 2) % 5, 1)
    found = recentred.estimate(
        outcome,
        exposed,
        None if controls is False else controls,
        draw(mostly("instrument", TEXTS | st.sampled_from(recentred.ADJUSTMENTS))),
        None,
        draw(mostly(0.95, NUMBERS)),
    )
    finite(found[["estimate", "se", "low", "high", "n"]])
    assert found.low <= found.estimate <= found.high


@case(weight=2)
def randomisation_of_anything(draw, place):
    exposed, outcome = exposure(draw), damaged_array(draw, np.arange(6.0) ** 2, 1)
    adjust = draw(mostly("instrument", TEXTS | st.just("control")))
    p = recentred.randomisation_p(outcome, exposed, None, draw(mostly(0.0, NUMBERS)), adjust)
    assert 0 < p <= 1
    low, high = recentred.randomisation_interval(outcome, exposed, None, draw(mostly(0.8, NUMBERS)), adjust)
    assert low <= high


@case()
def explained_by_anything(draw, place):
    found = recentred.explained(exposure(draw), damaged_array(draw, np.arange(12.0).reshape(6, 2) % 5, 1))
    finite(found)
    assert found.between(-1e-9, 1 + 1e-9).all()


@case(weight=3)
def linear_of_anything(draw, place):
    rng = np.random.default_rng(0)
    y, x, z = (damaged_array(draw, rng.normal(size=8), 1) for _ in range(3))
    controls = draw(st.booleans()) and damaged_array(draw, rng.normal(size=(8, 2)), 1)
    found = conley.linear(
        y,
        x,
        None if controls is False else controls,
        draw(st.sampled_from([None, z])),
        None,
        draw(mostly(0.95, NUMBERS)),
    )
    finite(found.drop("first_stage_f"))
    assert found.se >= 0


@case(weight=2)
def spatial_weights_of_anything(draw, place):
    found = conley.spatial_weights(
        damaged_array(draw, [120.0, 121.0], 1),
        damaged_array(draw, [40.0, 41.0], 1),
        draw(mostly(500.0, NUMBERS)),
        draw(mostly("bartlett", TEXTS)),
    )
    finite(found)
    assert (found >= 0).all() and (found <= 1).all() and np.allclose(np.diag(found), 1)


def panel(draw):
    rng = np.random.default_rng(1)
    rows = [
        (u, t, g, u + t + 2.0 * (0 < g <= t) + rng.normal())
        for u, g in enumerate([0, 0, 0, 3, 3, 4, 4])
        for t in range(1, 6)
    ]
    return damaged(draw, pd.DataFrame(rows, columns=["u", "t", "g", "y"]), 1)


@case()
def event_study_of_any_panel(draw, place):
    found = staggered.event_study(
        panel(draw),
        "y",
        "u",
        "t",
        "g",
        draw(mostly("not_yet_treated", TEXTS | st.just("never_treated"))),
        None,
        draw(mostly(0.95, NUMBERS)),
    )
    finite(found.overall.estimate)


@case()
def imputation_of_any_panel(draw, place):
    finite(staggered.imputation(panel(draw), "y", "u", "t", "g", None, draw(mostly(0.95, NUMBERS))).estimate)


@case(weight=2)
def two_way_of_any_panel(draw, place):
    finite(
        staggered.two_way(panel(draw), *(draw(mostly(c, TEXTS)) if draw(st.integers(0, 4)) == 0 else c for c in "yutg"))
    )


@case()
def comparisons_of_any_panel(draw, place):
    found = staggered.comparisons(panel(draw), "y", "u", "t", "g")
    assert math.isclose(found.weight.sum(), 1, abs_tol=1e-6)


@case()
def permutation_test_of_any_panel(draw, place):
    found = staggered.permutation_test(panel(draw), "y", "u", "t", "g", None, draw(mostly(19, st.integers(-1, 30))))
    finite(found)
    assert 0 < found.p_value <= 1


UNITS = pd.DataFrame({"gdp": [10.0, 30.0, 5.0, 8.0], "pop": [1.0, 2.0, 1.0, 3.0], "region": list("aabb")})


@case(weight=3)
def theil_of_any_table(draw, place):
    found = inequality.theil(damaged(draw, UNITS), "gdp", "pop", "region")
    finite(found)
    assert found.theil >= -1e-9 and math.isclose(found.theil, found.between_groups + found.within_groups, abs_tol=1e-6)


@case(weight=2)
def dispersion_of_any_series(draw, place):
    per_head = damaged_series(draw, pd.Series([1.0, 2.0, 3.0, 9.0]))
    found = inequality.dispersion(per_head)
    finite(found)
    low, high = inequality.bootstrap_interval(
        per_head, draw(mostly(0.9, NUMBERS)), draw(mostly(30, st.integers(-1, 60)))
    )
    assert low <= high


@case(weight=2)
def shares_of_any_table(draw, place):
    accounts = damaged(
        draw,
        pd.DataFrame(
            {
                "year": [2000, 2010],
                "gdp": [10, 14],
                "gdp_total": [100, 200],
                "people": [8, 8],
                "people_total": [100, 100],
            }
        ),
    )
    found = shares.decompose_share(
        accounts, draw(mostly([(2000, 2010)], st.lists(st.tuples(WHOLE, WHOLE), max_size=2)))
    )
    if len(found):
        finite(found)
        assert np.allclose(found.change, found.people + found.per_head)


@case()
def log_mean_of_any_numbers(draw, place):
    a, b = draw(NUMBERS), draw(NUMBERS)
    found = shares.log_mean(a, b)
    assert min(a, b) * (1 - 1e-9) <= found <= max(a, b) * (1 + 1e-9)


@case()
def regional_totals_of_any_table(draw, place):
    found = shares.regional_totals(damaged(draw, UNITS.assign(year=2000)), "gdp", "region")
    assert "China" in found


@case()
def convergence_of_any_table(draw, place):
    data = damaged(draw, pd.DataFrame({"before": [1.0, 2.0, 3.0, 5.0, 8.0], "after": [2.0, 3.0, 4.5, 6.0, 8.0]}))
    found = convergence.beta_convergence(data, "before", "after", draw(mostly(10, WHOLE)), draw(mostly(0.95, NUMBERS)))
    finite(found.drop(["half_life"], errors="ignore").dropna())


@case()
def shapley_of_anything(draw, place):
    players = draw(st.lists(TEXTS, max_size=4))
    values = draw(
        st.sampled_from(
            [
                lambda p: p.sum(axis=1),
                lambda p: p.sum(axis=1) * math.nan,
                lambda p: p,
                lambda p: p[0],
                lambda p: ["x"] * len(p),
            ]
        )
    )
    found = attribution.shapley(values, players, draw(mostly(3, st.integers(-2, 9))))
    finite(found)


# Claims


@case(weight=3)
def rules_of_any_numbers(draw, place):
    numbers = [draw(NUMBERS) for _ in range(4)]
    rule = draw(
        st.sampled_from(["figure", "more_than", "mainly", "dated", "record", "causal", "consensus", "forecast"])
    )
    if rule == "figure":
        found = rules.figure(*numbers, precision=draw(st.sampled_from(list(rules.TOLERANCE)) | TEXTS))
    elif rule == "more_than":
        found = rules.more_than(*numbers)
    elif rule == "mainly":
        found = rules.mainly(*numbers[:3])
    elif rule == "dated":
        found = rules.dated(draw(WHOLE | NUMBERS), draw(st.none() | WHOLE | NUMBERS), draw(WHOLE | NUMBERS))
    elif rule == "record":
        found = rules.record(draw(st.dictionaries(TEXTS, st.booleans(), max_size=3)))
    elif rule == "causal":
        found = rules.causal(
            *numbers[:3], draw(st.sampled_from([1, -1, 0]) | WHOLE), draw(st.sampled_from("ABC") | TEXTS), numbers[3]
        )
    elif rule == "consensus":
        found = rules.consensus(
            draw(st.lists(st.sampled_from(["positive", "negative", "null"]) | TEXTS, max_size=6)),
            draw(mostly("positive", TEXTS)),
        )
    else:
        found = rules.forecast(numbers[0], *(draw(st.dates().map(str) | TEXTS) for _ in range(3)), promised=numbers[1])
    assert found in rules.VERDICTS


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


# The explorer


@case(weight=3)
def scenarios_of_any_text(draw, place):
    part = st.sampled_from(
        [
            "on=hatie",
            "off=hada",
            "new=2304-2308-250",
            "speed=300",
            "wait=0.5",
            "mobility=0.1",
            "speed=nan",
            "wait=inf",
            "new=1-2",
            "new=a-b-nan",
            "on=",
            "=",
            "from=1",
        ]
    )
    text = draw(st.lists(part | TEXTS, max_size=3).map("&".join) | TEXTS)
    scenario = explorer.Scenario.from_text(text)
    assert explorer.Scenario.from_text(scenario.to_text()) == scenario
    finite(scenario.wait, scenario.mobility, *([scenario.speed] if scenario.speed is not None else []))


@case(weight=3)
def scenarios_of_anything(draw, place):
    names = st.lists(st.sampled_from(["hatie", "hada"]) | TEXTS, max_size=2).map(tuple)
    drawn = st.lists(st.tuples(mostly("2304", TEXTS), mostly("2308", TEXTS), mostly(250.0, NUMBERS)), max_size=2).map(
        tuple
    )
    scenario = explorer.Scenario(
        draw(names),
        draw(names),
        draw(drawn),
        draw(st.none() | NUMBERS),
        draw(mostly(1.0, NUMBERS)),
        draw(mostly(0.0, NUMBERS)),
    )
    finite(scenario.wait, scenario.mobility, *(kmh for _, _, kmh in scenario.new))


@pytest.mark.parametrize("name", CASES)
def test_an_answer_or_our_error(name, place):
    test, weight = CASES[name]
    share = weight / sum(w for _, w in CASES.values())
    examples = max(1, math.ceil(TOTAL * share)) if TOTAL else FEW
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
