"""Cases of what is read from files and from sources: tables of one's own, reviews, answers."""

import csv
import io
import json
import math

import pytest
from hypothesis import strategies as st

from hostile.kit import NUMBERS, TEXTS, case
from railbelt import catalog, errors
from railbelt.errors import RailbeltError

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
