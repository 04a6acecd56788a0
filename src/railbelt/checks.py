"""Arguments looked at before they are used: what a function cannot take is refused by name, not met halfway."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from railbelt.errors import DataError, RailbeltError, suggest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["columns", "coverage", "day", "figures", "matrix", "number", "sound", "vector", "whole"]


def columns(table: pd.DataFrame, names: Sequence[str], argument: str = "data") -> None:
    """Refuse a table that lacks a column, or has it twice.

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
    for name in names:
        found = int((table.columns == name).sum())
        if found == 0:
            raise DataError(
                f"argument '{argument}', column '{name}': missing. {suggest(name, map(str, table.columns))}"
            )
        if found > 1:
            raise DataError(f"argument '{argument}', column '{name}': stands {found} times. Keep one.")


def figures(table: pd.DataFrame, name: str, argument: str = "data", positive: bool = False) -> pd.Series:
    """Return a column as finite numbers, above zero if so asked.

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
    bad = ~_finite(found) | ((found <= 0) if positive else False)
    if bad.any():
        at = int(bad.to_numpy().argmax())
        shown = str(table[name].iloc[at])[:40]
        odd = shown.lower() in ("nan", "none", "<na>", "inf", "-inf")
        why = "missing or infinite" if odd else "not positive" if positive and found.iloc[at] <= 0 else "not a number"
        raise DataError(f"argument '{argument}', column '{name}', row {table.index[at]!r}: {shown!r} is {why}.")
    return found


def _floats(values: pd.Series) -> pd.Series:
    """Return numbers, with missing ones where there is none."""
    import pandas as pd

    return pd.to_numeric(values, errors="coerce").astype(float)


def _finite(values: pd.Series) -> pd.Series:
    import numpy as np

    return _like(np.isfinite(values.to_numpy(float)), values)


def _like(values: NDArray[Any], like: pd.Series) -> pd.Series:
    """Return values with the index of another series."""
    import pandas as pd

    return pd.Series(values, index=like.index)


def vector(values: Any, argument: str, length: int | None = None, positive: bool = False) -> NDArray[np.float64]:
    """Return one dimension of finite numbers.

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
    """Return two dimensions of numbers, square unless a shape is given.

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

    bad = np.isnan(found) | (~np.isfinite(found) & ~((found > 0) & infinite)) | ((found <= 0) & positive)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        wanted = "positive" if positive else "a finite number"
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
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    fits = low < found < high if inside else low <= found <= high
    if not fits:
        between = "between" if inside else "from"
        raise error(f"argument '{argument}': {str(value)[:40]} is not a number {between} {low:g} to {high:g}.")
    return found


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
        raise error(f"argument '{argument}': {str(value)[:40]} is not a whole number from {low} to {high}.")
    return found
