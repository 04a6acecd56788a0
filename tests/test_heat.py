"""The table of colours: order, colours by steps, numbers where there is room."""

import pandas as pd
import pytest

from railbelt.charts import NARROW, PALETTE, WIDE, heat

DATA = pd.DataFrame({"place": ["b", "a"], "x": [0.05, 0.95], "y": [0.5, 0.2]})
HEADS = {"x": "First\ncolumn", "y": "Second"}


def drawn(width, **kwargs):
    return heat(DATA, "place", HEADS, steps=[0.1, 0.3], width=width, **kwargs).to_dict()


def test_rows_keep_their_order_and_columns_their_headings():
    spec = drawn(WIDE)["layer"][0]["encoding"]
    assert spec["y"]["sort"] == ["b", "a"] and spec["x"]["sort"] == ["First\ncolumn", "Second"]


def test_numbers_are_printed_where_there_is_room():
    many = {f"c{i}": f"c{i}" for i in range(12)}
    data = DATA.assign(**dict.fromkeys(many, 0.4))
    assert len(heat(data, "place", many, steps=[0.1, 0.3], width=NARROW).to_dict()["layer"]) == 1
    assert len(drawn(WIDE)["layer"]) == 3


@pytest.mark.parametrize(("diverging", "steps", "colours"), [(False, [0.1, 0.3], 3), (True, [0.1, 0.4, 0.6, 0.9], 5)])
def test_colours_are_those_of_the_book_one_more_than_steps(diverging, steps, colours):
    spec = heat(DATA, "place", HEADS, steps=steps, diverging=diverging).to_dict()
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert len(scale["range"]) == colours and set(scale["range"]) <= {light for light, _ in PALETTE.values()}
    assert scale["domain"] == steps
