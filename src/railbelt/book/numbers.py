"""Numbers computed in a chapter, for its prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["numbers"]


def numbers(**values: float | str) -> pd.DataFrame:
    """Make values available to the prose of a chapter, and show them.

    In the text, ``{glue:text}`name:.1f``` prints the value of ``name`` with one decimal.

    Parameters
    ----------
    **values
        Numbers or short texts by name.

    Returns
    -------
    DataFrame
        ``name`` and ``value`` (six significant digits), in the order given; compared with stored references by the
        tests.

    Raises
    ------
    DataError
        If a value is missing or not finite: a sentence must not print "nan".

    Examples
    --------
    >>> numbers(share=0.14).value.tolist()
    ['0.14']
    """
    import math

    import pandas as pd
    from myst_nb import glue

    for name, value in values.items():
        if not isinstance(value, str):
            value = float(value)
            if not math.isfinite(value):
                raise DataError(f"number '{name}': {value} cannot be printed in a sentence.")
        glue(name, value, display=False)
    shown = [value if isinstance(value, str) else f"{float(value):.6g}" for value in values.values()]
    return pd.DataFrame({"name": list(values), "value": shown})
