"""Names for types that many modules share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    FloatArray: TypeAlias = NDArray[np.floating[Any]]
    IntArray: TypeAlias = NDArray[np.integer[Any]]
    BoolArray: TypeAlias = NDArray[np.bool_]


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """Return the rows as named tuples; what their fields hold is known to the data package, not to a type checker.

    Examples
    --------
    >>> import pandas as pd
    >>> [row.km for row in rows(pd.DataFrame({"km": [1, 2]}))]
    [1, 2]
    """
    return iter(table.itertuples())
