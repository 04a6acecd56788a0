"""What counts as supported: one rule for each kind of claim, written down before the figures were looked at.

Every rule is a function of computed values alone and returns one of four verdicts:

======================  ==================================================================================
``supported``           the evidence agrees within the tolerance of the rule
``partly``              it agrees in part: in sign but not in size, in some checks but not in all
``contradicted``        it disagrees by more than the tolerance
``not testable``        no open data decide; the verdict then says what would
======================  ==================================================================================

Which rule fits which kind:

- **figure** — :func:`figure` (a printed number against a computed one), :func:`more_than` ("over 600"), :func:`mainly`
  ("due largely to");
- **history** — :func:`dated` (a year), :func:`record` (several checks of a dated record);
- **causal** — :func:`causal` (sign, interval and grade of evidence), :func:`consensus` (signs of many studies);
- **forecast** — :func:`forecast` (what is done, and what the calendar asks).

Grades of evidence, here as in the data: **A** documents cross-checked, or several designs that identify a cause and agree;
**B** one document or one such design; **C** untraced, or a mere association. Association never carries a causal claim: with
grade C the best verdict of :func:`causal` is ``partly``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.errors import ClaimError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "CONTRADICTED",
    "GRADES",
    "NOT_TESTABLE",
    "PARTLY",
    "SUPPORTED",
    "TOLERANCE",
    "VERDICTS",
    "causal",
    "consensus",
    "dated",
    "figure",
    "forecast",
    "mainly",
    "more_than",
    "record",
]

SUPPORTED, PARTLY, CONTRADICTED, NOT_TESTABLE = "supported", "partly", "contradicted", "not testable"
VERDICTS = (SUPPORTED, PARTLY, CONTRADICTED, NOT_TESTABLE)
GRADES = ("A", "B", "C")

TOLERANCE = {
    "count": 0.0,  # things that can be counted: firms, lines, clusters, trains
    "measured": 0.05,  # lengths, shares, durations printed as a plain number
    "rounded": 0.10,  # numbers printed with "nearly", "about", "just over"
    "proxy": 0.20,  # the figure found is of a near year, place or group, not the one printed
}
"""Relative tolerance of :func:`figure`, by the precision with which a number is printed and found."""


def figure(
    printed: float, value: float, low: float | None = None, high: float | None = None, precision: str = "measured"
) -> str:
    """Judge a printed number against a computed one.

    ``supported`` if the value lies within the tolerance and its interval within three tolerances; ``partly`` if the interval
    touches three tolerances; ``contradicted`` otherwise.

    Parameters
    ----------
    printed, value : float
        The number of the article, and ours, in one unit.
    low, high : float, optional
        Interval of ours; without it the value itself.
    precision : str
        A key of :data:`TOLERANCE`.

    Returns
    -------
    str
        The verdict.

    Raises
    ------
    ClaimError
        If the precision is unknown, a number is not finite or the interval does not hold the value.

    Examples
    --------
    >>> figure(1200, 1090, precision="rounded"), figure(1200, 950, precision="rounded"), figure(1200, 403)
    ('supported', 'partly', 'contradicted')
    """
    if precision not in TOLERANCE:
        raise ClaimError(f"argument 'precision': '{precision}'. Choose from {', '.join(TOLERANCE)}.")
    low, high = _interval(value, low, high)
    _finite(printed=printed)
    near = abs(printed) * TOLERANCE[precision]
    room = 1e-9 * abs(printed)
    if abs(value - printed) <= near + room and low >= printed - 3 * near - room and high <= printed + 3 * near + room:
        return SUPPORTED
    return PARTLY if low <= printed + 3 * near + room and high >= printed - 3 * near - room else CONTRADICTED


def more_than(bound: float, value: float, low: float | None = None, high: float | None = None) -> str:
    """Judge "more than ``bound``" (positive): a bound is good if the value lies above it, and at most twice as high.

    ``contradicted`` if the whole interval lies below the bound; ``partly`` if the interval straddles it, or the value is so
    far above that the bound, though true, misleads.

    Examples
    --------
    >>> more_than(600, 700), more_than(600, 2500), more_than(600, 580, 550, 610), more_than(600, 500)
    ('supported', 'partly', 'partly', 'contradicted')
    """
    _finite(bound=bound)
    low, high = _interval(value, low, high)
    if high <= bound:
        return CONTRADICTED
    return SUPPORTED if low > bound and value <= 2 * bound else PARTLY


def mainly(value: float, low: float | None = None, high: float | None = None) -> str:
    """Judge "due largely to": the part (0 to 1) that one cause or group makes up.

    ``supported`` from two thirds, ``contradicted`` below one half, each with the whole interval; ``partly`` between.

    Examples
    --------
    >>> mainly(0.8), mainly(0.6), mainly(0.3), mainly(0.8, 0.55, 1.0)
    ('supported', 'partly', 'contradicted', 'partly')
    """
    low, high = _interval(value, low, high)
    if low >= 2 / 3:
        return SUPPORTED
    return CONTRADICTED if high < 1 / 2 else PARTLY


def dated(printed: int, found: int | None, slack: int = 0) -> str:
    """Judge a printed year against the record: equal (within ``slack`` years), off by one more, or wrong.

    Without a record (``None``) the claim is not testable.

    Examples
    --------
    >>> dated(2015, 2015), dated(2015, 2014), dated(2015, 2012), dated(2015, None)
    ('supported', 'partly', 'contradicted', 'not testable')
    """
    if found is None:
        return NOT_TESTABLE
    _finite(printed=printed, found=found, slack=slack)
    off = abs(int(found) - int(printed)) - slack
    return SUPPORTED if off <= 0 else PARTLY if off == 1 else CONTRADICTED


def record(checks: Mapping[str, bool | np.bool_]) -> str:
    """Judge a statement that makes several checkable assertions: all hold, some, or none.

    Parameters
    ----------
    checks : mapping of str to bool
        Each assertion in words, and whether it holds.

    Examples
    --------
    >>> record({"opened in 2018": True, "first of its kind": False})
    'partly'
    """
    if not checks:
        raise ClaimError("argument 'checks': empty. Name at least one assertion of the claim.")
    held = sum(bool(value) for value in checks.values())
    return SUPPORTED if held == len(checks) else PARTLY if held else CONTRADICTED


def causal(value: float, low: float, high: float, expected: int, grade: str, negligible: float = 0.0) -> str:
    """Judge a causal claim by the sign of an effect, its interval, and the grade of the evidence.

    ============================================  ==================  ================
    interval                                      grade A or B        grade C
    ============================================  ==================  ================
    excludes zero on the expected side            supported           partly
    excludes zero on the other side               contradicted        contradicted
    within plus or minus ``negligible``           contradicted        not testable
    includes zero, value of the expected sign     partly              not testable
    includes zero, value of the other sign        not testable        not testable
    ============================================  ==================  ================

    An effect whose whole interval is negligible counts as no effect, whichever side of zero it lies on.

    Parameters
    ----------
    value, low, high : float
        Estimate and 95 percent interval, in the unit of the effect.
    expected : int
        ``1`` if the claim says that the effect is positive, ``-1`` if negative.
    grade : str
        ``"A"``, ``"B"`` or ``"C"``.
    negligible : float
        Effects of at most this size count as none.

    Examples
    --------
    >>> causal(0.09, 0.04, 0.14, expected=1, grade="B"), causal(0.09, 0.04, 0.14, expected=1, grade="C")
    ('supported', 'partly')
    >>> causal(0.00, -0.01, 0.01, expected=1, grade="B", negligible=0.02)
    'contradicted'
    """
    if expected not in (1, -1):
        raise ClaimError(f"argument 'expected': {expected!r}. Use 1 (positive) or -1 (negative).")
    _grade(grade)
    low, high = _interval(value, low, high)
    _finite(negligible=negligible)
    weak = grade == "C"
    if negligible > 0 and -negligible <= low and high <= negligible:
        return NOT_TESTABLE if weak else CONTRADICTED
    if low > 0 or high < 0:
        agrees = (low > 0) == (expected == 1)
        return CONTRADICTED if not agrees else PARTLY if weak else SUPPORTED
    return PARTLY if value * expected > 0 and not weak else NOT_TESTABLE


def consensus(signs: Iterable[str], expected: str = "positive") -> str:
    """Judge "research agrees": the part of studies whose authors conclude on the expected sign.

    ``supported`` from 80 percent, ``partly`` from 50, ``contradicted`` below; fewer than five studies decide nothing. Counting
    votes says what authors concluded, not how large the effect is.

    Parameters
    ----------
    signs : iterable of str
        One conclusion a study, such as ``"positive"``, ``"negative"``, ``"null"``, ``"mixed"``.
    expected : str
        The conclusion that the claim asserts.

    Examples
    --------
    >>> consensus(["positive"] * 8 + ["null"] * 2), consensus(["positive"] * 3 + ["negative"] * 3)
    ('supported', 'partly')
    """
    signs = list(signs)
    if len(signs) < 5:
        return NOT_TESTABLE
    part = sum(sign == expected for sign in signs) / len(signs)
    return SUPPORTED if part >= 0.8 else PARTLY if part >= 0.5 else CONTRADICTED


def forecast(done: float, due: str, today: str, made: str, promised: float = 1.0) -> str:
    """Judge a forecast by what is done and by the calendar.

    Once nine tenths are done it is ``supported``. After the due day, half done is ``partly``, less is ``contradicted``. Before the
    due day a forecast on course (done at least the part of the time that has passed) is ``partly``; behind by more than half
    of that it is ``contradicted`` so far; between it is ``not testable`` yet.

    Parameters
    ----------
    done, promised : float
        How much has happened, and how much was forecast, in one unit.
    due, today, made : str
        ISO days: when it should be done, of the latest data, and of the forecast.

    Examples
    --------
    >>> forecast(15, "2030-12-31", "2025-12-31", made="2016-07-20", promised=16)
    'supported'
    >>> forecast(2, "2035-12-31", "2025-12-31", made="2021-04-28", promised=16)
    'contradicted'
    """
    _finite(done=done, promised=promised)
    if promised <= 0:
        raise ClaimError(f"argument 'promised': {promised}. A forecast promises something positive.")
    start, now, end = (
        checks.day(day, name, ClaimError) for name, day in (("made", made), ("today", today), ("due", due))
    )
    if not start <= now or not start < end:
        raise ClaimError(f"the days made {made}, today {today}, due {due} are not in order.")
    part, time = done / promised, (now - start) / (end - start)
    if part >= 0.9:
        return SUPPORTED
    if now >= end:
        return PARTLY if part >= 0.5 else CONTRADICTED
    return PARTLY if part >= time else CONTRADICTED if part < time / 2 else NOT_TESTABLE


def _finite(**values: float) -> None:
    for name, value in values.items():
        checks.number(value, name, -checks.LARGEST, checks.LARGEST, error=ClaimError)


def _interval(value: float, low: float | None, high: float | None) -> tuple[float, float]:
    low, high = value if low is None else low, value if high is None else high
    _finite(value=value, low=low, high=high)
    if not low <= value <= high:
        raise ClaimError(f"the interval {low:g} to {high:g} does not hold the value {value:g}.")
    return low, high


def _grade(grade: str) -> None:
    if grade not in GRADES:
        raise ClaimError(f"argument 'grade': {grade!r}. Choose from {', '.join(GRADES)}.")
