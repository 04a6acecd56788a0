"""The verdicts of the ledger for the pages of the book: computed once for each state of code and data."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from railbelt.book import fresh

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["stored"]


def stored(root: Path) -> pd.DataFrame:
    """Return all verdicts, from the build folder if package and data below ``root`` are as they were.

    Parameters
    ----------
    root : Path
        Root of the project.

    Returns
    -------
    DataFrame
        As :func:`railbelt.claims.verdicts` returns it.
    """
    import pandas as pd

    from railbelt.claims import verdicts

    folder = root / "_build" / ".ledger"
    path = folder / f"{fresh.digest(root)}.pkl"
    if path.exists():
        return pd.read_pickle(path)
    table = verdicts()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.pkl"):
        old.unlink(missing_ok=True)
    # Pages are read side by side: whoever comes last replaces the same file by the same content.
    handle, name = tempfile.mkstemp(dir=folder)
    os.close(handle)
    table.to_pickle(name)
    os.replace(name, path)
    return table
