"""The minus sign of what people read; data and code keep the hyphen that programs read."""

from __future__ import annotations

import re

__all__ = ["minus"]

_NEGATIVE = re.compile(r"(?<![\w.,)\]\-–])-(?=[$€£¥]?\.?\d)")


def minus(text: str) -> str:
    """Return a text with a true minus sign (U+2212) before each negative number.

    Hyphens inside words, codes, days and ranges stay.

    Parameters
    ----------
    text : str
        What a person will read.

    Returns
    -------
    str

    Examples
    --------
    >>> minus("from -0.5 to 2 (-3) in 2010-20, on 2012-12-01, by train G-1, x-2")
    'from −0.5 to 2 (−3) in 2010-20, on 2012-12-01, by train G-1, x-2'
    """
    return _NEGATIVE.sub("−", text)
