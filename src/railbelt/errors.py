"""The errors of the package: each says what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BuildError",
    "ClaimError",
    "DataError",
    "FetchError",
    "FigureError",
    "ModelError",
    "RailbeltError",
    "ScenarioError",
    "UpdateError",
    "suggest",
]


class RailbeltError(Exception):
    """Base of every error that the package raises on purpose."""


class ClaimError(RailbeltError, ValueError):
    """A claim is unknown, has no test, has two, or its test returns something that is not a verdict."""


class BuildError(RailbeltError, RuntimeError):
    """The book cannot be built: a chapter failed, a kernel is missing, the disk is full or may not be written."""


class DataError(RailbeltError, ValueError):
    """A table, column, row or source is missing, malformed or contradicts its description."""


class FetchError(RailbeltError, OSError):
    """A source did not answer, or answered with something that is not what it promises."""


class FigureError(RailbeltError, ValueError):
    """A figure lacks what a reader needs: a title, an alternative text, a source, data."""


class ModelError(RailbeltError, ValueError):
    """A model is asked for parameters under which it has no single answer, or did not find one."""


class ScenarioError(RailbeltError, ValueError):
    """An edit of a network asks for something that cannot be: a line that is not there, a day before the opening."""


class UpdateError(RailbeltError, ValueError):
    """A reviewed update cannot be written: a line was not chosen, has aged, or would break its table."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that helps somebody who mistyped a name.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        ``"Did you mean 'cities'?"`` when a name is near, otherwise the list of known names.

    Examples
    --------
    >>> suggest("citys", ["cities", "provinces"])
    "Did you mean 'cities'?"
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else "Known names: " + ", ".join(known) + "."
