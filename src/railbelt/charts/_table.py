"""What a table must be so that a chart shows it: asked once, by every kind of chart."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd

UNREADABLE = re.compile(r"[.\[\]\\:'\"\n]")
"""Characters that Vega-Lite takes for its own when they stand in the name of a column."""

FORMAT = re.compile(r"(.?[<>=^])?[+\-( ]?[$#]?0?\d{0,2},?(\.\d{1,2})?~?[bcdefgnoprsxX%]?")
"""What D3 takes for a format of numbers."""

PIXELS = {"width": (100, 4000), "height": (20, 4000), "row_height": (10, 400)}
"""Sizes that a page, or a poster, can show."""


def drawable(
    data: pd.DataFrame,
    names: Sequence[str | None] = (),
    numbers: Sequence[str | None] = (),
    others: Sequence[str | None] = (),
    argument: str = "data",
) -> None:
    """Refuse a table that a chart would show wrongly, in part, or not at all.

    Parameters
    ----------
    data : DataFrame
        What is to be shown.
    names : sequence of str
        Columns of names (series, places, groups), every one of them given; ``None`` stands for a column not asked for.
    numbers : sequence of str
        Columns of finite numbers, some of which may be missing but not all.
    others : sequence of str
        Further columns, such as texts that may be empty.
    argument : str
        Its name in an error.

    Raises
    ------
    FigureError, DataError
        Names the argument and the column.

    Examples
    --------
    >>> import pandas as pd
    >>> drawable(pd.DataFrame({"place.name": ["Harbin"]}), ["place.name"])
    Traceback (most recent call last):
    railbelt.errors.FigureError: argument 'data', column 'place.name': has a sign in its name that Vega-Lite keeps ...
    """
    if data.empty:
        raise FigureError(f"argument '{argument}': no rows. Pass the numbers that the chart shows.")
    if data.columns.has_duplicates:
        raise FigureError(
            f"argument '{argument}', column {data.columns[data.columns.duplicated()][0]!r}: stands twice."
        )
    for column in (*names, *numbers, *others):
        if column is None:
            continue
        if not isinstance(column, str) or not column or UNREADABLE.search(column):
            raise FigureError(
                f"argument '{argument}', column {column!r}: has a sign in its name that Vega-Lite keeps for itself, or "
                "none. Rename it with letters, digits and underscores."
            )
    named, figures, rest = ([c for c in dict.fromkeys(part) if c is not None] for part in (names, numbers, others))
    checks.columns(data, [*figures, *rest], argument)
    checks.columns(data, named, argument, filled=True)
    for column in data.columns:
        written = data[column].dtype.kind == "O" or column in (*named, *rest)  # also if it is not shown
        if written and any(isinstance(value, float) and math.isinf(value) for value in data[column]):
            raise FigureError(f"argument '{argument}', column '{column}': infinity is no name.")
    for column in figures:
        kind = data[column].dtype.kind
        found = checks.figures(data, column, argument, missing=True)
        if kind not in "iufb" or not found.notna().any():
            raise FigureError(
                f"argument '{argument}', column '{column}': holds something that is not a number, or none."
            )


def options(**given: object) -> None:
    """Refuse sizes that fit no screen, formats of numbers that D3 does not know, colours of no names and labels that are no texts.

    Parameters
    ----------
    **given
        By name: ``width``, ``height`` and ``row_height`` in pixels, ``unit`` as a format of D3, ``colours`` and ``marks`` as mappings
        or nothing, any other name as a text.

    Raises
    ------
    FigureError
        Names the argument.

    Examples
    --------
    >>> options(width=720, unit="+.0%", label="Growth")
    >>> options(unit="per cent")
    Traceback (most recent call last):
    railbelt.errors.FigureError: argument 'unit': 'per cent' is no format of a number. Write it as D3 does: '.1f', ',.0f', '+.0%'.
    """
    for name, value in given.items():
        if name in PIXELS:
            checks.number(value, name, *PIXELS[name], error=FigureError)
        elif name in ("colours", "marks"):
            if value is not None and not isinstance(value, Mapping):
                raise FigureError(f"argument '{name}': {str(value)[:40]!r} is no mapping, one text for each name.")
        elif name == "unit":
            if not (isinstance(value, str) and FORMAT.fullmatch(value)):
                raise FigureError(
                    f"argument 'unit': {str(value)[:40]!r} is no format of a number. "
                    "Write it as D3 does: '.1f', ',.0f', '+.0%'."
                )
        elif not isinstance(value, str):
            raise FigureError(f"argument '{name}': {str(value)[:40]} is no text.")


def pair(values: Sequence[str], argument: str) -> tuple[str, str]:
    """Return two texts.

    Examples
    --------
    >>> pair(["then", "now"], "names")
    ('then', 'now')
    """
    found = checks.texts(values, argument)
    if len(found) != 2 or not all(isinstance(one, str) for one in found):
        raise FigureError(f"argument '{argument}': expected two texts.")
    return found[0], found[1]


def geometries(**given: object) -> None:
    """Refuse a layer of a map without a projected geometry; a layer not asked for is ``None``.

    Examples
    --------
    >>> import pandas as pd
    >>> geometries(places=pd.DataFrame({"x": [1.0]}))
    Traceback (most recent call last):
    railbelt.errors.FigureError: argument 'places': has no projected geometry. Pass what railbelt.geography returns.
    """
    for name, layer in given.items():
        if layer is None:
            continue
        shapes: Any = getattr(layer, "geometry", None)
        if getattr(shapes, "crs", None) is None:
            raise FigureError(f"argument '{name}': has no projected geometry. Pass what railbelt.geography returns.")
        if shapes.isna().any():
            raise FigureError(f"argument '{name}', row {shapes.index[shapes.isna()][0]!r}: has no geometry. Drop it.")


def axis_limits(limits: Sequence[float] | None, argument: str = "domain") -> None:
    """Refuse limits of an axis that do not rise.

    Examples
    --------
    >>> axis_limits((1, 0))
    Traceback (most recent call last):
    railbelt.errors.FigureError: argument 'domain': expected a lower and a higher number.
    """
    if limits is not None:
        found = checks.vector(limits, argument)
        if len(found) != 2 or not -checks.LARGEST < found[0] < found[1] < checks.LARGEST:
            raise FigureError(f"argument '{argument}': expected a lower and a higher number.")


def rising(steps: Sequence[float], argument: str, count: int | None = None) -> None:
    """Refuse steps between colours, or ticks, that do not rise or are not as many as needed.

    Examples
    --------
    >>> rising([0.1, 0.3], "steps", 2)
    """
    found = checks.vector(steps, argument, count)
    if not len(found) or not (found[1:] > found[:-1]).all() or abs(found).max() > checks.LARGEST:
        raise FigureError(f"argument '{argument}': expected rising numbers.")
