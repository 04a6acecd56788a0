"""Cases of what is read from files and from sources: tables of one's own, reviews, answers."""

import csv
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from hostile.kit import NUMBERS, SCALARS, TEXTS, WHOLE, case, damaged, damaged_array, damaged_series, finite, mostly
from railbelt import catalog, checks, errors, replication, update, web
from railbelt.errors import RailbeltError
from railbelt.update import apis
from railbelt.update.review import COLUMNS

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


# Checks, that all others rest on

COLUMN = st.sampled_from(["x", "y"]) | TEXTS
ARGUMENT = "data"


@case(weight=2)
def checks_of_any_table(draw, place):
    table = damaged(draw, pd.DataFrame({"x": [1.0, 2.0], "y": [3, 4], "lon": [120.0, 121], "lat": [40.0, 41]}))
    name, positive = draw(mostly("x", COLUMN)), draw(st.booleans())
    checks.columns(table, [name], ARGUMENT, filled=True)
    found = checks.figures(table, name, ARGUMENT, positive, draw(st.booleans()))
    assert len(found) == len(table) and not np.isinf(found).any() and (not positive or (found.dropna() > 0).all())
    checks.once(table, [name], ARGUMENT)
    assert table[name].is_unique and table[name].notna().all()
    whole = checks.wholes(table, name, ARGUMENT)
    assert (whole == found.dropna()).all()
    at = checks.degrees(table, ARGUMENT)
    assert at.lon.abs().le(180).all() and at.lat.abs().le(90).all()


@case(weight=2)
def checks_of_any_numbers(draw, place):
    one = draw(SCALARS | TEXTS | WHOLE | st.none() | st.lists(NUMBERS, max_size=1))
    low, high = sorted(draw(st.floats(-9, 9)) for _ in range(2))
    ask = draw(st.sampled_from(["number", "whole", "coverage", "day", "workers", "sound"]))
    if ask == "number":
        assert low <= checks.number(one, "one", low, high) <= high
    elif ask == "whole":
        assert 0 <= checks.whole(one, "one", 0, 5) <= 5
    elif ask == "coverage":
        assert 0 < checks.coverage(one) < 1
    elif ask == "workers":
        assert checks.workers(one, "one") in {None, -1, *range(1, 61)}
    elif ask == "day":
        assert checks.day(one).strftime("%Y-%m-%d") == str(one)[:10]
    else:
        checks.sound(draw(st.lists(NUMBERS, max_size=3)), "'one'")


@case(weight=2)
def checks_of_any_arrays(draw, place):
    given, positive = damaged_array(draw, [[0.0, 1.0], [1.0, 0.0]], 1), draw(st.booleans())
    infinite = draw(st.booleans())
    finite(checks.vector(given.ravel(), "given", draw(mostly(None, st.integers(-1, 5))), positive))
    found = checks.matrix(given, "given", None, positive, infinite)
    assert not np.isnan(found).any() and (infinite or np.isfinite(found).all())
    square = checks.square(damaged(draw, pd.DataFrame(found, list("ab"), list("ab")), 1), "given", infinite)
    assert (square >= 0).all() and square.shape[0] == square.shape[1]


@case(weight=2)
def checks_of_any_names(draw, place):
    sizes = damaged_series(draw, pd.Series({"a": 1.0, "b": 2.0}))
    names = draw(st.none() | st.lists(st.sampled_from("ab") | TEXTS, max_size=3))
    found = checks.keyed(sizes, "sizes", names, draw(st.booleans()), draw(st.booleans()))
    assert list(found.index) == (list(sizes.index) if names is None else names) and (found.dropna() >= 0).all()
    groups = checks.lists(
        draw(st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3) | TEXTS | NUMBERS, max_size=2) | TEXTS), "g"
    )
    assert all(len(set(one)) == len(one) for one in groups.values())
    assert isinstance(checks.texts(draw(st.lists(TEXTS, max_size=2) | TEXTS | NUMBERS), "t"), list)
    checks.complete({"decay": draw(NUMBERS | TEXTS)}, {"decay": (0, 1)})


@case()
def suggestions_for_anything(draw, place):
    known = draw(st.lists(TEXTS | NUMBERS | st.none(), max_size=4))
    assert errors.suggest(draw(TEXTS | NUMBERS | st.none()), known).endswith(("?", "."))


# Reviews, and answers of sources


REVIEW = [
    list(COLUMNS),
    ["yes", "exchange_rates", "year=2020", "cny_per_usd", "changed", "6.9", "6.8", "-1", "", "wb_wdi", "s", "v", ""],
]


@case(weight=2)
def reviews_of_any_file(draw, place):
    rows = [row.copy() for row in REVIEW]
    rows[draw(st.integers(0, 1))][draw(st.integers(0, 12))] = draw(TEXTS | NUMBERS.map(str))
    try:
        content = written(rows).encode()
    except UnicodeEncodeError:
        return
    at, noise = draw(st.integers(0, len(content))), draw(mostly(b"", st.binary(max_size=8)))
    path = place / "review.csv"
    path.write_bytes(content[:at] + noise + content[at:])
    found = update.read_review(path)
    assert list(found.columns) == list(COLUMNS) and found.index.is_unique
    # whatever was chosen, nothing is written outside a clone: here nothing ever is
    before = {file.name: file.read_bytes() for file in place.iterdir() if file.is_file()}
    try:
        said = update.apply(found.assign(apply=draw(mostly("no", TEXTS | st.just("yes")))), place)
        assert said == [], "what was chosen was written nowhere"
    finally:
        assert before == {file.name: file.read_bytes() for file in place.iterdir() if file.is_file()}


@case()
def reports_of_any_review(draw, place):
    lines = damaged(draw, pd.DataFrame([dict(zip(*REVIEW, strict=True))]).astype({"old": float, "new": float}))
    failures = draw(st.dictionaries(TEXTS, TEXTS, max_size=2))
    text = update.report(update.Review(lines, failures))
    assert isinstance(text, str) and text
    with pytest.raises(RailbeltError):
        update.check([draw(TEXTS)])


@case(weight=3)
def json_of_any_bytes(draw, place):
    texts = TEXTS.filter(lambda text: "\ud800" not in text)
    value = st.recursive(
        texts | NUMBERS | WHOLE | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
    content = json.dumps(draw(value)).encode()
    at = draw(st.integers(0, len(content)))
    content = content[:at] + draw(mostly(b"", st.binary(max_size=6) | st.just(b"[" * 100_000))) + content[at:]
    found = web.parse_json(content)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def answering(body, monkey):
    """Return a source that sends one body."""
    answer = web.Answer(b"", "application/json", "https://example.org/", "2026-01-01")
    monkey.setattr(apis, "get_json", lambda address, limits: (body, answer))
    monkey.setattr(replication, "get_json", lambda address, limits: (body, answer))


def anywhere(draw, body):
    """Put junk at one spot of a nested answer."""
    body, spots = json.loads(json.dumps(body)), []

    def walk(value, path):
        spots.append(path)
        for key, inner in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            walk(inner, [*path, key])

    walk(body, [])
    path, junk = draw(st.sampled_from(spots)), draw(JUNK | st.sampled_from([2020, "2020", "CHN", 6.9, -6.9, True]))
    if not path:
        return junk
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return body


BANK = [
    {"page": 1, "pages": 1, "total": 1, "lastupdated": "2026-01-01"},
    [{"indicator": {"id": "X"}, "countryiso3code": "CHN", "date": "2020", "value": 6.9}],
]
RECORD = {
    "reporterCode": 156, "period": "2020", "customsCode": "C00", "motCode": 0, "partner2Code": 0, "partnerCode": 643,
    "flowCode": "X", "cmdCode": "TOTAL", "primaryValue": 5.0, "netWgt": 7.0,
}  # fmt: skip
LISTING = {"files": [{"key": "a.csv", "size": 5, "checksum": "md5:" + "0" * 32}]}


@case(weight=4)
def answers_of_any_source(draw, place):
    with pytest.MonkeyPatch.context() as monkey:
        who = draw(st.sampled_from(["bank", "trade", "listing"]))
        sound = {"bank": BANK, "trade": {"error": "", "data": [RECORD], "count": 1}, "listing": LISTING}[who]
        answering(anywhere(draw, sound), monkey)
        if who == "listing":
            found = replication.files("ma_tang_2024")
            assert (found.bytes >= 0).all() and found.checksum.str.contains(":").all() and found.index.is_unique
            return
        found = (
            apis.world_bank("X", ["CHN"], 2019, 2021)
            if who == "bank"
            else apis.comtrade([2020], ["RUS"], limits=web.Limits(sleep=lambda seconds: None))[0]
        )
        assert isinstance(found, apis.Series) and set(found.values) <= {("CHN", 2020), ("CHN", 2019), ("CHN", 2021), ("RUS", 2020, "X", "TOTAL"), ("RUS", 2020, "M", "TOTAL")}  # fmt: skip
        finite(list(found.values.values()))
        assert all(value >= 0 for value in found.values.values())


@case()
def addresses_of_any_kind(draw, place):
    address = draw(
        TEXTS | st.sampled_from(["http://example.org/", "ftp://localhost/", "file:///etc/passwd", "https://"])
    )
    limits = web.Limits(tries=1, silence_s=0.01, sleep=lambda seconds: None)
    for ask in (
        lambda: web.get(address, ()),
        lambda: web.get_json(address),
        lambda: web.download(address, place / "x"),
    ):
        if not address.startswith("https"):
            with pytest.raises(RailbeltError):
                ask()
    assert limits.tries == 1
    name, file = draw(mostly("ma_tang_2024", TEXTS)), draw(TEXTS | st.sampled_from(["../x", "/etc/passwd", "a.csv"]))
    with pytest.raises(RailbeltError):
        replication.fetch(name, file, draw(st.none() | TEXTS), place / "cache")
    replication.files(draw(TEXTS))


@case(weight=2)
def travel_times_of_any_deposit(draw, place):
    table = damaged(
        draw, pd.DataFrame({"origin": ["1100", "1100"], "destination": ["2101", "2301"], "year_2024": [2.5, 4.0]})
    )
    path = place / "pairs.csv"
    try:
        table.to_csv(path, index=False, encoding=draw(mostly("utf-8", st.sampled_from(["utf-16", "gbk"]))))
    except (UnicodeEncodeError, csv.Error):
        return
    found = replication.ma_tang_times(path, draw(mostly(2024, WHOLE | TEXTS)))
    values = found.to_numpy()
    assert np.allclose(values, values.T, equal_nan=True) and (np.diag(values) == 0).all() and not np.isinf(values).any()
    assert ((values >= 0) | np.isnan(values)).all()
