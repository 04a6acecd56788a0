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
    """Base of every error that the package raises on purpose.

    Examples
    --------
    >>> import railbelt
    >>> try:
    ...     railbelt.load("provnces")
    ... except RailbeltError as error:
    ...     print(error)
    There is no table 'provnces'. Did you mean 'provinces'?
    """


class ClaimError(RailbeltError, ValueError):
    """A claim is unknown, has no test, has two, or its test returns something that is not a verdict.

    Examples
    --------
    >>> from railbelt.claims import source_of
    >>> source_of("A99")
    Traceback (most recent call last):
        ...
    railbelt.errors.ClaimError: there is no claim 'A99'. Did you mean 'A39'?
    """


class BuildError(RailbeltError, RuntimeError):
    """The book cannot be built: a chapter failed, a kernel is missing, the disk is full or may not be written.

    Examples
    --------
    >>> issubclass(BuildError, RailbeltError)
    True
    """


class DataError(RailbeltError, ValueError):
    """A table, column, row or source is missing, malformed or contradicts its description.

    Examples
    --------
    >>> import railbelt
    >>> railbelt.load("provnces")
    Traceback (most recent call last):
        ...
    railbelt.errors.DataError: There is no table 'provnces'. Did you mean 'provinces'?
    """


class FetchError(RailbeltError, OSError):
    """A source did not answer, or answered with something that is not what it promises.

    Examples
    --------
    >>> from railbelt.web import get
    >>> get("ftp://example.org/file", ())
    Traceback (most recent call last):
        ...
    railbelt.errors.FetchError: 'ftp://example.org/file' is not an https address. Only https is asked.
    """


class FigureError(RailbeltError, ValueError):
    """A figure lacks what a reader needs: a title, an alternative text, a source, data.

    Examples
    --------
    >>> import pandas as pd
    >>> from railbelt.charts import figure
    >>> words = {"name": "x", "title": "A finding", "subtitle": "Unit, place, years", "alt": "Short", "source": "NBS"}
    >>> figure(lambda width: None, **words, tables=["provinces"], data=pd.DataFrame({"x": [1]}))
    Traceback (most recent call last):
        ...
    railbelt.errors.FigureError: figure 'x', argument 'alt': say in a sentence what the chart shows, beyond its title.
    """


class ModelError(RailbeltError, ValueError):
    """A model is asked for parameters under which it has no single answer, or did not find one.

    Examples
    --------
    >>> from railbelt.models.spatial import Elasticities, require_unique
    >>> require_unique(Elasticities(agglomeration=0.9))
    Traceback (most recent call last):
        ...
    railbelt.errors.ModelError: elasticities ...: modulus 2.466 is not below 1, so there may be several equilibria. ...
    """


class ScenarioError(RailbeltError, ValueError):
    """An edit of a network asks for something that cannot be: a line that is not there, a day before the opening.

    Examples
    --------
    >>> from railbelt.network import open_line, railways
    >>> open_line(railways(), "hadda", "2018-12-25")
    Traceback (most recent call last):
        ...
    railbelt.errors.ScenarioError: argument 'line_id': no line 'hadda'. Did you mean 'hada'?
    """


class UpdateError(RailbeltError, ValueError):
    """A reviewed update cannot be written: a line was not chosen, has aged, or would break its table.

    Examples
    --------
    >>> from railbelt import update
    >>> update.check(["cities"])
    Traceback (most recent call last):
        ...
    railbelt.errors.UpdateError: No public interface speaks about 'cities'. Known names: country_totals, ...
    """


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
    known = sorted(map(str, known))
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else "Known names: " + ", ".join(known) + "."
