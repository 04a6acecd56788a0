"""The difference between the tables and their sources, line by line, for somebody to read before anything is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from railbelt import catalog, checks
from railbelt.errors import DataError, FetchError, UpdateError, suggest
from railbelt.update import apis
from railbelt.update.apis import Key
from railbelt.update.targets import TARGETS, Target, ask
from railbelt.web import CAUTIOUS, Limits

if TYPE_CHECKING:
    import pandas as pd

    from railbelt.update.apis import Series

__all__ = ["COLUMNS", "Review", "check", "report"]

COLUMNS = (
    "apply",
    "table",
    "key",
    "column",
    "status",
    "old",
    "new",
    "change_pct",
    "flags",
    "source",
    "series",
    "vintage",
    "caution",
)


STATES = ("added", "changed", "vanished", "unchanged")


class Review(NamedTuple):
    """What a check found.

    Parameters
    ----------
    lines : DataFrame
        One row a figure: ``apply`` (empty, for you to fill), ``table``, ``key``, ``column``, ``status`` (``added``,
        ``changed``, ``unchanged``, ``vanished``), ``old``, ``new``, ``change_pct`` (relative change), ``flags`` (what is
        odd), ``source``, ``series``, ``vintage``, ``caution``.
    failures : dict
        From the name of a series to why it could not be read. The other series are unaffected.

    Examples
    --------
    >>> import pandas as pd
    >>> Review(pd.DataFrame(), {"NY.GDP.MKTP.CD": "no answer within 90 s"}).failures["NY.GDP.MKTP.CD"]
    'no answer within 90 s'
    """

    lines: pd.DataFrame
    failures: dict[str, str]


def check(
    tables: Sequence[str] | None = None,
    folder: Path | None = None,
    world_bank: str = apis.WORLD_BANK,
    comtrade: str = apis.COMTRADE,
    limits: Limits = CAUTIOUS,
    say: Callable[[str], None] = lambda line: None,
) -> Review:
    """Ask the public interfaces and compare; nothing is written.

    Parameters
    ----------
    tables : sequence of str, optional
        Tables to check; by default all that an interface can speak about.
    folder : Path, optional
        The data; by default the project's own.
    world_bank, comtrade : str
        Addresses of the interfaces.
    limits : Limits
        Time, size and number of tries.
    say : callable
        Told what is being asked.

    Returns
    -------
    Review
        The differences, and the series that could not be read.

    Raises
    ------
    UpdateError
        If a table is asked for that no interface speaks about.

    Examples
    --------
    >>> found = check(["exchange_rates"])  # doctest: +SKIP
    >>> check(["cities"])
    Traceback (most recent call last):
        ...
    railbelt.errors.UpdateError: No public interface speaks about 'cities'. Known names: country_totals, ...
    """
    import pandas as pd

    known = sorted({target.table for target in TARGETS})
    for table in tables or ():
        if table not in known:
            raise UpdateError(f"No public interface speaks about '{table}'. {suggest(table, known)}")
    package = {r["name"]: r for r in catalog.package(folder)["resources"] if "schema" in r}
    loaded = {table: catalog.load(table, folder) for table in known}
    keys = {table: _keys(loaded[table], package[table]) for table in known}
    answers: dict[str, Series] = {}
    failures: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    for target in TARGETS:
        if tables is not None and target.table not in tables:
            continue
        if target.question not in answers and target.question not in failures:
            try:
                ask(target.question, keys, world_bank, comtrade, limits, say, answers)
            except FetchError as error:
                failures[target.question] = str(error)
        if target.question in answers:
            lines += _compare(target, answers, loaded[target.table], keys[target.table], package[target.table])
    return Review(pd.DataFrame(lines, columns=list(COLUMNS)), failures)


def _keys(table: pd.DataFrame, resource: dict[str, Any]) -> list[Key]:
    columns = [table[name].tolist() for name in catalog._as_list(resource["schema"]["primaryKey"])]
    return list(zip(*columns, strict=True))


def _compare(
    target: Target, answers: dict[str, Series], table: pd.DataFrame, keys: list[Key], resource: dict[str, Any]
) -> list[dict[str, Any]]:
    names = catalog._as_list(resource["schema"]["primaryKey"])
    field = next(f for f in resource["schema"]["fields"] if f["name"] == target.column)
    ours = {key: float(v) for key, v in zip(keys, table[target.column], strict=True) if _is_number(v)}
    theirs = {key: round(value, target.decimals) for key, value in target.read(answers).items()}
    series = answers[target.question]
    lines = []
    last = max(year for key in keys for year in key if isinstance(year, int))
    for key in [k for k in keys if target.scope(k)] + sorted(k for k in theirs if k not in keys):
        old, new = ours.get(key), theirs.get(key)
        if key not in keys and not (target.grows and key[names.index("year")] > last):
            continue
        if old is None and new is None:
            continue
        status = "vanished" if new is None else "added" if old is None else _status(old, new, target.decimals)
        change = 100 * (new / old - 1) if old and new is not None else None
        before = ours.get((key[0] - 1, *key[1:])) if status == "added" and isinstance(key[0], int) else None
        lines.append(
            {
                "apply": "",
                "table": target.table,
                "key": "; ".join(f"{name}={part}" for name, part in zip(names, key, strict=True)),
                "column": target.column,
                "status": status,
                "old": old,
                "new": new,
                "change_pct": None if change is None else round(change, 2),
                "flags": " ".join(_flags(target, field, old if status != "added" else before, new, status)),
                "source": target.source,
                "series": target.series,
                "vintage": series.vintage,
                "caution": target.caution,
            }
        )
    return lines


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except TypeError:  # a missing value of pandas
        return False


def _status(old: float, new: float, decimals: int) -> str:
    return "unchanged" if abs(old - new) < 0.51 * 10**-decimals else "changed"


def _flags(target: Target, field: dict[str, Any], old: float | None, new: float | None, status: str) -> list[str]:
    """Name what is odd about a figure: somebody has to look twice before it is written."""
    flags = []
    if not target.writes:
        flags.append("check-only")
    if new is not None:
        limit = target.jump * (2.5 if status == "added" else 1)
        if old and status != "unchanged" and abs(new / old - 1) > limit:
            flags.append("jump")
        if old and new == 0:
            flags.append("zero")
        bounds = field.get("constraints", {})
        if not bounds.get("minimum", -math.inf) <= new <= bounds.get("maximum", math.inf):
            flags.append("out-of-range")
    return flags


def report(review: Review) -> str:
    """Write a check as Markdown that a person reads.

    Parameters
    ----------
    review : Review
        What :func:`check` found.

    Returns
    -------
    str
        A count by table, then every difference, then what could not be asked.

    Raises
    ------
    DataError
        If the lines lack a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from railbelt.update.review import COLUMNS
    >>> text = report(Review(pd.DataFrame(columns=COLUMNS), {"un_comtrade": "no answer within 90 s"}))
    >>> "- un_comtrade: no answer within 90 s" in text.splitlines()
    True
    """
    lines = review.lines
    missing = [column for column in COLUMNS if column not in lines]
    if missing:
        raise DataError(f"A review has the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}.")
    checks.columns(lines, ["table", "key", "column", "status"], "review", filled=True)
    unknown = set(lines.status) - set(STATES)
    if unknown:
        raise DataError(
            f"argument 'review', column 'status': {str(min(map(str, unknown)))[:40]!r} is not one of {STATES}."
        )
    lines = lines.reset_index(drop=True).assign(
        **{
            name: checks.figures(lines.reset_index(drop=True), name, "review", missing=True)
            for name in ("old", "new", "change_pct")
        }
    )
    text = ["# What the sources say now", ""]
    if lines.empty:
        text += ["Nothing could be compared.", ""]
    else:
        counts = lines.groupby(["table", "status"]).size().unstack(fill_value=0)
        states = [s for s in STATES if s in counts]
        text += ["| table | " + " | ".join(states) + " | vintage |", "|---|" + "---:|" * len(states) + "---|"]
        vintages = lines.vintage.astype(str).groupby(lines.table).max()
        text += [
            f"| {t} | " + " | ".join(str(counts.loc[t, s]) for s in states) + f" | {vintages[t]} |"
            for t in counts.index
        ]
        text.append("")
    for status, heading in (("added", "Added"), ("changed", "Changed"), ("vanished", "No longer given")):
        part = lines[lines.status == status]
        if len(part):
            part = part.reindex(part.change_pct.abs().sort_values(ascending=False, kind="stable").index)
            text += [
                f"## {heading}",
                "",
                "| table | row | column | old | new | % | flags | series |",
                "|---|---|---|---:|---:|---:|---|---|",
            ]
            text += [
                f"| {r.table} | {r.key} | {r.column} | {_show(r.old)} | {_show(r.new)} | {_show(r.change_pct)} | {r.flags} "
                f"| {r.series} ({r.source}, {r.vintage}) |"
                for r in part.itertuples()
            ]
            text.append("")
    differing = lines[lines.status.isin(["added", "changed", "vanished"])]
    cautions = dict.fromkeys(zip(differing.table, differing.caution, strict=True))
    text += [f"- {table}: {caution}" for table, caution in cautions if caution]
    if review.failures:
        text += ["", "## Not answered", ""] + [f"- {name}: {why}" for name, why in review.failures.items()]
    text += ["", "## Not asked", ""] + [f"- {name}: {why}." for name, why in apis.LEFT_OUT.items()]
    return "\n".join(text) + "\n"


def _show(value: Any) -> str:
    return "" if not _is_number(value) else f"{value:.10g}"
