"""Arguments looked at before they are used: what a function cannot take is refused by name, not met halfway."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt.errors import DataError, RailbeltError, suggest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "columns",
    "complete",
    "coverage",
    "day",
    "degrees",
    "figures",
    "keyed",
    "lists",
    "matrix",
    "number",
    "once",
    "sound",
    "square",
    "texts",
    "vector",
    "whole",
    "wholes",
    "workers",
]

LARGEST = 1e18
"""No size, time or flow of the project comes near it; what is beyond, or as far below one, is a mistake and would overflow."""


def columns(table: pd.DataFrame, names: Sequence[str], argument: str = "data", filled: bool = False) -> None:
    """Refuse a table that lacks a column, or has it twice, or has holes in it where it must be filled.

    Raises
    ------
    DataError
        Names the argument and the column.

    Examples
    --------
    >>> import pandas as pd
    >>> columns(pd.DataFrame({"yaer": [2000]}), ["year"])
    Traceback (most recent call last):
    railbelt.errors.DataError: argument 'data', column 'year': missing. Did you mean 'yaer'?
    """
    # Not in an array: arrays of text take a name with a null at its end for the one without.
    known = table.columns.tolist()
    for name in names:
        found = known.count(name)
        if found == 0:
            raise DataError(
                f"argument '{argument}', column '{name}': missing. {suggest(name, map(str, table.columns))}"
            )
        if found > 1:
            raise DataError(f"argument '{argument}', column '{name}': stands {found} times. Keep one.")
        if filled and (holes := table[name].isna()).any():
            row = table.index[int(holes.to_numpy().argmax())]
            raise DataError(f"argument '{argument}', column '{name}', row {row!r}: missing. Fill it or drop the row.")


def once(table: pd.DataFrame, key: Sequence[str], argument: str = "data") -> None:
    """Refuse a table in which a key is missing or stands twice.

    Raises
    ------
    DataError
        Names the argument, the column, the row and the key.

    Examples
    --------
    >>> import pandas as pd
    >>> once(pd.DataFrame({"year": [2000, 2000]}), ["year"], "rates")
    Traceback (most recent call last):
    railbelt.errors.DataError: argument 'rates', column 'year', row 1: 2000 stands twice. Keep one.
    """
    columns(table, key, argument, filled=True)
    again = table.duplicated(list(key)).to_numpy()
    if again.any():
        at = int(again.argmax())
        shown = ", ".join(str(table[name].iloc[at])[:40] for name in key)
        raise DataError(
            f"argument '{argument}', column '{', '.join(key)}', row {table.index[at]!r}: {shown} stands twice. Keep one."
        )


def figures(
    table: pd.DataFrame, name: str, argument: str = "data", positive: bool = False, missing: bool = False
) -> pd.Series:
    """Return a column as finite numbers, none beyond :data:`LARGEST`, above zero if so asked; some may be missing if so allowed.

    Raises
    ------
    DataError
        Names the argument, the column and the row.

    Examples
    --------
    >>> import pandas as pd
    >>> figures(pd.DataFrame({"gdp": [1, 2]}), "gdp").tolist()
    [1.0, 2.0]
    """
    columns(table, [name], argument)
    found = _floats(table[name])
    bad = ~found.abs().le(LARGEST) | (found.lt(1 / LARGEST) if positive else False)
    if missing:
        bad &= table[name].notna()
    if bad.any():
        at = int(bad.to_numpy().argmax())
        shown = str(table[name].iloc[at])[:40]
        odd = shown.lower() in ("nan", "none", "<na>", "inf", "-inf")
        size = found.iloc[at]
        if odd:
            why = "missing or infinite"
        elif abs(size) > LARGEST or 0 < size < 1 / LARGEST:
            why = "beyond all measure; choose another unit"
        else:
            why = "not positive" if size <= 0 else "not a number"
        raise DataError(f"argument '{argument}', column '{name}', row {table.index[at]!r}: {shown!r} is {why}.")
    return found


def wholes(table: pd.DataFrame, name: str, argument: str = "data") -> pd.Series:
    """Return a column as whole numbers, for instance years.

    Raises
    ------
    DataError
        Names the argument, the column and the row.

    Examples
    --------
    >>> import pandas as pd
    >>> wholes(pd.DataFrame({"year": [2000.0]}), "year").tolist()
    [2000]
    """
    found = figures(table, name, argument)
    bad = ((found % 1 != 0) | (found.abs() > 2**53)).to_numpy()
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            f"argument '{argument}', column '{name}', row {table.index[at]!r}: {found.iloc[at]} is no whole number."
        )
    return found.astype(int)


def keyed(
    values: pd.Series,
    argument: str,
    names: Sequence[Any] | pd.Index | None = None,
    positive: bool = False,
    missing: bool = False,
) -> pd.Series:
    """Return sizes by name, from zero or above it: no name twice, and one for each of the names asked for, in their order.

    Parameters
    ----------
    values : Series
    argument : str
        Its name in an error.
    names : sequence, optional
        The names that need a size; by default those of the series.
    positive : bool
        Whether zero is refused.
    missing : bool
        Whether a size may be missing.

    Raises
    ------
    DataError
        Names the argument and the name.

    Examples
    --------
    >>> import pandas as pd
    >>> keyed(pd.Series({"a": 1, "b": 2}), "mass", ["b", "a"]).tolist()
    [2.0, 1.0]
    """
    if values.index.has_duplicates:
        raise DataError(
            f"argument '{argument}': '{values.index[values.index.duplicated()][0]}' stands twice. Keep one."
        )
    chosen = values if names is None else values.reindex(_index(names))
    found = _floats(chosen)
    bad = ~found.between(0, LARGEST) | (found.between(0, 1 / LARGEST, inclusive="left" if positive else "neither"))
    if missing:
        bad &= chosen.notna()
    if bad.any():
        at = int(bad.to_numpy().argmax())
        raise DataError(
            f"argument '{argument}': '{found.index[at]}' has {str(chosen.iloc[at])[:40]}, expected a number "
            f"{'above' if positive else 'from'} zero. Give one, or leave the name out."
        )
    return found


def _index(names: Sequence[Any] | pd.Index) -> pd.Index:
    import pandas as pd

    return names if isinstance(names, pd.Index) else pd.Index(list(names))


def square(table: pd.DataFrame, argument: str = "times", infinite: bool = True) -> NDArray[np.float64]:
    """Return a copy of a table between the same places in rows and columns: numbers from zero, or ``inf`` if allowed.

    Raises
    ------
    DataError
        If rows and columns differ, a place stands twice, or a number is missing, negative or beyond all measure.

    Examples
    --------
    >>> import pandas as pd
    >>> square(pd.DataFrame([[0, 30], [30, 0]], ["a", "b"], ["a", "b"])).tolist()
    [[0.0, 30.0], [30.0, 0.0]]
    """
    if not table.index.equals(table.columns):
        raise DataError(f"argument '{argument}': rows and columns must be the same places in the same order.")
    if table.index.has_duplicates:
        raise DataError(f"argument '{argument}': place '{table.index[table.index.duplicated()][0]}' stands twice.")
    found = _array(table.to_numpy(), argument)
    bad = ~((found >= 0) & (found <= LARGEST) | (found == math.inf) & infinite)
    if bad.any():
        row, column = (int(one[0]) for one in bad.nonzero())
        hint = " Use inf where there is no way." if infinite else ""
        raise DataError(
            f"argument '{argument}', row '{table.index[row]}', column '{table.columns[column]}': {found[row, column]} is not "
            f"a number from zero.{hint}"
        )
    return found


def degrees(table: pd.DataFrame, argument: str = "table") -> pd.DataFrame:
    """Return the columns ``lon`` and ``lat`` as degrees east and north.

    Raises
    ------
    DataError
        If one is missing or impossible; the message names the row.

    Examples
    --------
    >>> import pandas as pd
    >>> degrees(pd.DataFrame({"lon": [126], "lat": [46]})).values.tolist()
    [[126.0, 46.0]]
    """
    columns(table, ["lon", "lat"], argument)
    found = table[["lon", "lat"]].apply(_floats)
    for column, limit in (("lon", 180), ("lat", 90)):
        bad = ~found[column].between(-limit, limit)
        if bad.any():
            at = int(bad.to_numpy().argmax())
            raise DataError(
                f"argument '{argument}', column '{column}', row {table.index[at]}: {table[column].iloc[at]} is not between "
                f"-{limit} and {limit} degrees."
            )
    return found


def texts(values: Any, argument: str) -> list[Any]:
    """Return several names as a list; one name alone is refused, as it would be taken for its letters.

    Raises
    ------
    DataError
        If it is a single text, or nothing that holds several.

    Examples
    --------
    >>> texts(["pop", "gdp"], "regressors")
    ['pop', 'gdp']
    """
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise DataError(f"argument '{argument}': {str(values)[:40]!r} is not a list of names. Write ['...'].")
    return list(values)


def lists(groups: Any, argument: str) -> dict[Any, list[Any]]:
    """Return groups with the names in each, every name once.

    Raises
    ------
    DataError
        If it is no mapping from a name to a list of names.

    Examples
    --------
    >>> lists({"north": ["a", "b", "a"]}, "clusters")
    {'north': ['a', 'b']}
    """
    if not hasattr(groups, "items"):
        raise DataError(
            f"argument '{argument}': expected lists of names by name, such as {{'north': ['2101', '2201']}}."
        )
    return {
        name: list(dict.fromkeys(texts(names, f"{argument}['{str(name)[:40]}']"))) for name, names in groups.items()
    }


def complete(assumptions: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> None:
    """Refuse assumptions that lack one, or hold one that is no number between its limits.

    Raises
    ------
    DataError
        Names the assumption.

    Examples
    --------
    >>> complete({"decay": -2}, {"decay": (0, 10)})
    Traceback (most recent call last):
    railbelt.errors.DataError: argument 'assumptions['decay']': -2 is not a number from 0 to 10.
    """
    for name, (low, high) in limits.items():
        if name not in assumptions:
            raise DataError(f"argument 'assumptions': '{name}' is missing. {suggest(name, assumptions)}")
        number(assumptions[name], f"assumptions['{name}']", low, high)


def _floats(values: pd.Series) -> pd.Series:
    """Return numbers, with missing ones where there is none."""
    import pandas as pd

    return pd.to_numeric(values, errors="coerce").astype(float)


def vector(values: Any, argument: str, length: int | None = None, positive: bool = False) -> NDArray[np.float64]:
    """Return one dimension of finite numbers, none beyond :data:`LARGEST`.

    Raises
    ------
    DataError
        If it is anything else, or of another length.

    Examples
    --------
    >>> vector([1, 2], "income").tolist()
    [1.0, 2.0]
    """
    found = _array(values, argument)
    if found.ndim != 1 or (length is not None and len(found) != length):
        wanted = "one dimension" if length is None else f"{length} numbers"
        raise DataError(f"argument '{argument}': shape {found.shape}, expected {wanted}.")
    return _checked(found, argument, positive)


def matrix(
    values: Any, argument: str, shape: tuple[int, int] | None = None, positive: bool = False, infinite: bool = False
) -> NDArray[np.float64]:
    """Return two dimensions of numbers, none beyond :data:`LARGEST`, square unless a shape is given.

    Parameters
    ----------
    values : array_like
        Is copied.
    argument : str
        Its name in an error.
    shape : (int, int), optional
        By default square.
    positive : bool
        Whether zero and less are refused.
    infinite : bool
        Whether ``inf`` may stand for what cannot be reached.

    Raises
    ------
    DataError
        If it is anything else.

    Examples
    --------
    >>> matrix([[0, 1], [1, 0]], "minutes").shape
    (2, 2)
    """
    found = _array(values, argument)
    if found.ndim != 2 or found.shape != (shape or found.shape[:1] * 2) or not found.size:
        raise DataError(f"argument '{argument}': shape {found.shape}, expected {shape or 'a square'}.")
    return _checked(found, argument, positive, infinite)


def _array(values: Any, argument: str) -> NDArray[np.float64]:
    import numpy as np

    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            f"argument '{argument}': holds something that is not a number, or rows of unequal length."
        ) from None


def _checked(found: NDArray[np.float64], argument: str, positive: bool, infinite: bool = False) -> NDArray[np.float64]:
    import numpy as np

    bad = ~(np.abs(found) <= LARGEST) & ~((found == math.inf) & infinite) | ((found <= 0) & positive)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        wanted = f"{'positive' if positive else 'a finite number'}, or beyond {LARGEST:g}"
        raise DataError(
            f"argument '{argument}', position {at[0] if len(at) == 1 else at}: {found[at]} is not {wanted}."
        )
    return found


def sound(result: Any, arguments: str) -> None:
    """Refuse a result that overflowed: the figures given are too large, or too far apart, to be told apart as doubles.

    Raises
    ------
    DataError
        If a number of the result is missing or infinite.

    Examples
    --------
    >>> sound([1.0, float("inf")], "'outcome'")
    Traceback (most recent call last):
    railbelt.errors.DataError: arguments 'outcome': the figures are too large, or too far apart, to compute with.
    """
    import numpy as np

    if not np.isfinite(np.asarray(result, dtype=float)).all():
        raise DataError(f"arguments {arguments}: the figures are too large, or too far apart, to compute with.")


def number(
    value: Any,
    argument: str,
    low: float = -math.inf,
    high: float = math.inf,
    inside: bool = False,
    error: type[RailbeltError] = DataError,
) -> float:
    """Return a number between two limits, the limits included unless it must lie inside.

    Raises
    ------
    RailbeltError
        Of the kind asked for, if it is not.

    Examples
    --------
    >>> number(0.95, "level", 0, 1, inside=True)
    0.95
    """
    import numpy as np

    plain = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    try:
        found = float(value) + 0.0 if plain else math.nan  # a negative zero is zero
    except OverflowError:
        found = math.nan
    fits = low < found < high if inside else low <= found <= high
    if not fits:
        between = f"between {low:g} and {high:g}" if inside else f"from {low:g} to {high:g}"
        raise error(f"argument '{argument}': {_shown(value)} is not a number {between}.")
    return found


def _shown(value: Any) -> str:
    try:
        return f"'{value[:40]}'" if isinstance(value, str) else str(value)[:40]
    except ValueError:  # Python writes no integer of more than some thousand digits
        return "a giant integer"


def coverage(level: Any) -> float:
    """Return the coverage of an interval, between zero and one.

    Raises
    ------
    DataError
        If it is not, or so near to them that double precision cannot tell.

    Examples
    --------
    >>> coverage(0.95)
    0.95
    """
    return number(level, "level", 1e-9, 1 - 1e-9)


def day(value: Any, argument: str = "day", error: type[RailbeltError] = DataError) -> pd.Timestamp:
    """Return a day given as text or as a date. A number is refused: pandas would count nanoseconds from 1970.

    Raises
    ------
    RailbeltError
        Of the kind asked for, if it is no day from the year 1678 to 2261.

    Examples
    --------
    >>> day("2012-12-31").year
    2012
    """
    import pandas as pd

    if value is None or value is pd.NaT:
        raise error(f"argument '{argument}': missing. Pass a date such as 2012-12-31.")
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        found = dt.date.fromisoformat(text[:10]) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?", text) else None
    except ValueError:
        found = None
    if found is None or not 1678 <= found.year <= 2261:  # what pandas holds in nanoseconds
        raise error(f"argument '{argument}': '{text[:40]}' is not a date from 1678 to 2261. Write it as 2012-12-31.")
    return pd.Timestamp(found).as_unit("s")


def whole(value: Any, argument: str, low: int, high: int = 10**9, error: type[RailbeltError] = DataError) -> int:
    """Return a whole number between two limits, both included.

    Raises
    ------
    RailbeltError
        Of the kind asked for, if it is not.

    Examples
    --------
    >>> whole(999, "draws", 1)
    999
    """
    try:
        found = operator.index(value)
    except TypeError:
        found = low - 1
    if isinstance(value, bool) or not low <= found <= high:
        raise error(f"argument '{argument}': {_shown(value)} is not a whole number from {low} to {high}.")
    return found


def workers(value: Any, argument: str) -> int | None:
    """Return a number of worker processes: one or more, or -1 for as many as there are processors; ``None`` is left as it is.

    Raises
    ------
    DataError
        If it is anything else.

    Examples
    --------
    >>> workers(-1, "jobs")
    -1
    """
    if value is None:
        return None
    found = whole(value, argument, -1, 10_000)
    if not found:
        raise DataError(f"argument '{argument}': nothing is done by 0 workers. Pass 1, or -1 for all processors.")
    return found
