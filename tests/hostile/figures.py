"""Cases of charts, tables and figures."""

import csv
import io

import pandas as pd
from hypothesis import strategies as st

from hostile.kit import NUMBERS, TEXTS, case, damaged, mostly
from railbelt import charts
from railbelt.charts.figure import csv_text, figure, table_html

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
