"""Bind a claim to the function that tests it, run the tests, collect their verdicts."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from railbelt import catalog
from railbelt._signs import minus
from railbelt.claims.rules import GRADES, NOT_TESTABLE, TOLERANCE, VERDICTS
from railbelt.errors import ClaimError, suggest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHAPTERS", "Load", "Verdict", "claim", "keep", "shared", "source_of", "tested", "verdict", "verdicts"]

CHAPTERS = {
    "rust-belt": "rust_belt",
    "rails": "rails",
    "megalopolis": "megalopolis",
    "evidence": "evidence",
    "double-edged-sword": "double_edged_sword",
    "russia": "russia",
    "verdict": "synthesis",  # a module called verdict would hide the function
}
"""Chapters in reading order, and the module of this package that tests the claims of each."""

Load = Callable[[str], "pd.DataFrame"]
"""What a test gets: ``load("cities")`` reads a table, and notes that the verdict rests on it."""

Test: TypeAlias = "Callable[[Load], Verdict]"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Verdict:
    """What the evidence says on one claim.

    A test fills in ``verdict``, ``evidence``, ``grade`` and, where there is a number, ``value``, ``low``, ``high`` and ``unit``. The ledger
    adds the rest.

    Attributes
    ----------
    verdict : str
        ``"supported"``, ``"partly"``, ``"contradicted"`` or ``"not testable"``; from a rule of :mod:`railbelt.claims.rules`.
    evidence : str
        One sentence with the computed numbers.
    value, low, high : float or None
        The number that decides, and its interval.
    unit : str
        Unit of the value.
    grade : str
        Grade of the evidence: A, B or C.
    needed : str
        For a claim that is not testable: what would be needed.
    claim_id : str
        Claim of the table ``claims``.
    section : str
        Page and anchor that explain it, such as ``"rust-belt#who-inside"``.
    tables : tuple of str
        Tables of the catalog it rests on.
    computed_by : str
        Function that computed it.

    Raises
    ------
    ClaimError
        If a part is missing or impossible.
    """

    verdict: str
    evidence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    grade: str = "B"
    needed: str = ""
    claim_id: str = ""
    section: str = ""
    tables: tuple[str, ...] = ()
    computed_by: str = ""

    def __post_init__(self) -> None:
        name = f"claim {self.claim_id or '?'}"
        if self.verdict not in VERDICTS:
            raise ClaimError(f"{name}: '{self.verdict}' is no verdict. {suggest(self.verdict, VERDICTS)}")
        if self.grade not in GRADES:
            raise ClaimError(f"{name}: '{self.grade}' is no grade. Choose from {', '.join(GRADES)}.")
        if not self.evidence.strip().endswith((".", "!", "?")) or re.search(r"\b(nan|inf|None|NaT)\b", self.evidence):
            raise ClaimError(f"{name}: the evidence must be a sentence with computed numbers, not {self.evidence!r}.")
        for part in ("evidence", "needed"):
            object.__setattr__(self, part, minus(getattr(self, part)))
        if (self.verdict == NOT_TESTABLE) != bool(self.needed):
            raise ClaimError(f"{name}: say in 'needed' what would decide it if, and only if, it is not testable.")
        for part in ("value", "low", "high"):
            number = getattr(self, part)
            if number is not None:
                if not math.isfinite(number):
                    raise ClaimError(f"{name}: {part} is {number}. Leave it out if there is no number.")
                object.__setattr__(self, part, float(number))
        if self.value is not None and not self.unit:
            raise ClaimError(f"{name}: the value {self.value:g} needs a unit.")
        if (self.low is None) != (self.high is None):
            raise ClaimError(f"{name}: an interval needs both ends.")
        if (
            self.low is not None
            and self.high is not None
            and not (self.value is not None and self.low <= self.value <= self.high)
        ):
            raise ClaimError(f"{name}: the interval {self.low} to {self.high} does not hold the value {self.value}.")


@dataclass
class _Noting:
    """A reader that notes what it was asked for, with the tables that tests of one run share (nothing if ``None``)."""

    load: Load
    used: dict[str, None] = field(default_factory=dict)
    kept: dict[Callable[..., Any], tuple[Any, list[str]]] | None = None

    def __call__(self, name: str) -> pd.DataFrame:
        self.used[name] = None
        return self.load(name)


@dataclass(frozen=True)
class _Test:
    run: Test
    section: str
    also: tuple[str, ...]


_tests: dict[str, _Test] = {}


def claim(claim_id: str, section: str, also: tuple[str, ...] = ()) -> Callable[[Test], Test]:
    """Bind a function to a claim of the table ``claims``.

    Parameters
    ----------
    claim_id : str
        Such as ``"A01"``.
    section : str
        Chapter page and anchor that explain the evidence, such as ``"rust-belt#who-inside"``.
    also : tuple of str
        Tables that the test reads otherwise than by its argument, for instance through :func:`railbelt.network.railways`.

    Returns
    -------
    callable
        A decorator for a function of one argument, ``load``, that returns a :class:`Verdict`.

    Raises
    ------
    ClaimError
        If another function is bound to the claim, or the section has no page.
    """
    if not re.fullmatch(r"[a-z-]+#[a-z0-9-]+", section):
        raise ClaimError(f"claim {claim_id}: section '{section}' should look like 'rust-belt#who-inside'.")

    def bind(run: Test) -> Test:
        there = _tests.get(claim_id)
        if there and _name(there.run) != _name(run):
            raise ClaimError(f"claim {claim_id}: tested by {_name(there.run)} and again by {_name(run)}. Keep one.")
        _tests[claim_id] = _Test(run, section, tuple(also))
        return run

    return bind


def shared(compute: Callable[[Load], Result]) -> Callable[[Load], Result]:
    """Let tests share a table that takes time: within one run of :func:`verdicts` it is computed once.

    Parameters
    ----------
    compute : callable
        A function of ``load`` alone. Whoever gets the kept result must not change it.

    Returns
    -------
    callable
        The same function; the tables that it reads count for every test that uses it.
    """

    @functools.wraps(compute)
    def once(load: Load) -> Result:
        kept = load.kept if isinstance(load, _Noting) else None
        if kept is None:
            return compute(load)
        if compute not in kept:
            noting = _Noting(load)
            kept[compute] = (compute(noting), list(noting.used))
        result: Result
        result, used = kept[compute]
        for name in used:
            load(name)
        return result

    return once


def tested() -> tuple[str, ...]:
    """Return the claims that have a test.

    Examples
    --------
    >>> "A01" in tested()
    True
    """
    for module in CHAPTERS.values():
        importlib.import_module(f"railbelt.claims.{module}")
    return tuple(sorted(_tests))


def verdict(claim_id: str, folder: Path | None = None) -> Verdict:
    """Test one claim.

    Parameters
    ----------
    claim_id : str
        Such as ``"A01"``.
    folder : Path, optional
        Other data with the same layout; by default the project's own.

    Returns
    -------
    Verdict
        With every part filled in.

    Raises
    ------
    ClaimError
        If there is no such claim, it has no test, or the test returns something else than a verdict.
    DataError
        If the data behind it are broken.

    Examples
    --------
    >>> verdict("A01").verdict
    'supported'
    """
    _test(claim_id)
    return _found([claim_id], folder)[claim_id]


def verdicts(chapter: str | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Test the claims of a chapter, or all.

    Parameters
    ----------
    chapter : str, optional
        A value of the column ``chapter`` of the table ``claims``.
    folder : Path, optional
        Other data with the same layout.

    Returns
    -------
    DataFrame
        One row a claim, indexed by ``claim_id`` in the order of the table: ``article``, ``chapter``, ``locator``, ``claim``, ``kind``, ``verdict``,
        ``value``, ``low``, ``high``, ``unit``, ``evidence``, ``grade``, ``needed``, ``tables`` (separated by semicolons), ``section``, ``computed_by``.
        A claim without a test has an empty verdict and evidence.

    Raises
    ------
    ClaimError
        If no claim belongs to the chapter.

    Examples
    --------
    >>> verdicts("rust-belt").loc["A06", "verdict"]
    'supported'
    """
    import pandas as pd

    load = _reader(folder)
    claims = load("claims").set_index("claim_id")
    if chapter is not None:
        known = sorted(set(claims.chapter))
        claims = claims[claims.chapter == chapter]
        if claims.empty:
            raise ClaimError(f"no claim belongs to the chapter '{chapter}'. {suggest(chapter, known)}")
    have = tested()
    found = _found([claim_id for claim_id in claims.index if claim_id in have], folder)
    parts = [
        "verdict",
        "value",
        "low",
        "high",
        "unit",
        "evidence",
        "grade",
        "needed",
        "tables",
        "section",
        "computed_by",
    ]
    rows = {
        claim_id: [getattr(found[claim_id], part) for part in parts]
        if claim_id in found
        else ["", None, None, None, "", "", "", "", (), "", ""]
        for claim_id in claims.index
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=parts).rename_axis("claim_id")
    table[["value", "low", "high"]] = table[["value", "low", "high"]].astype(float)
    table["tables"] = table["tables"].map("; ".join)
    return claims[["article", "chapter", "locator", "claim", "kind"]].join(table)


_kept: list[tuple[tuple[object, ...], dict[str, Verdict]]] = []


def _found(claim_ids: Iterable[str], folder: Path | None) -> dict[str, Verdict]:
    """Return the verdicts on some claims: those kept, if they are of the project's own data as they are now."""
    if folder is None and _kept and _kept[0][0] == _basis():
        return {claim_id: _kept[0][1][claim_id] for claim_id in claim_ids}
    load = _reader(folder)
    return {claim_id: _run(claim_id, load) for claim_id in claim_ids}


def keep() -> pd.DataFrame:
    """Test all claims now, for :func:`verdict` and :func:`verdicts` to hand out in this process and its copies while nothing has changed that they rest on.

    Returns
    -------
    DataFrame
        As :func:`verdicts` returns it.

    Examples
    --------
    >>> keep().equals(verdicts())
    True
    """
    _kept[:] = [(_basis(), _found(tested(), None))]
    return verdicts()


def _basis() -> tuple[object, ...]:
    """Return what verdicts rest on: the state of the data, the tests, the tolerances of the rules."""
    folder = catalog.data_folder()
    return folder, catalog._state(folder), dict(_tests), dict(TOLERANCE)


def source_of(claim_id: str) -> str:
    """Return the code of the test of a claim, for readers.

    Examples
    --------
    >>> "rules." in source_of("A01")
    True
    """
    return inspect.getsource(_test(claim_id).run)


def _test(claim_id: str) -> _Test:
    if claim_id not in tested():
        known = catalog.load("claims").claim_id
        if claim_id in set(known):
            raise ClaimError(f"claim {claim_id}: no test is bound to it yet. Write one, see railbelt.claims.")
        raise ClaimError(f"there is no claim '{claim_id}'. {suggest(claim_id, known)}")
    return _tests[claim_id]


def _run(claim_id: str, load: Load) -> Verdict:
    test = _test(claim_id)
    noting = _Noting(load, kept=load.kept if isinstance(load, _Noting) else None)
    found = test.run(noting)
    if not isinstance(found, Verdict):
        raise ClaimError(f"claim {claim_id}: {_name(test.run)} returned {type(found).__name__}, not a Verdict.")
    tables = tuple(dict.fromkeys([*noting.used, *test.also]))
    return replace(found, claim_id=claim_id, section=test.section, tables=tables, computed_by=_name(test.run))


def _reader(folder: Path | None) -> Load:
    """Read each table once, and hand out copies so that no test spoils another's."""
    kept: dict[str, pd.DataFrame] = {}

    def load(name: str) -> pd.DataFrame:
        if name not in kept:
            kept[name] = catalog.load(name, folder)
        return kept[name].copy()

    return _Noting(load, kept={})


def _name(run: Test) -> str:
    return f"{run.__module__}.{run.__qualname__}"
