"""Edits of the railways: open, close, delay, re-speed, add a line.

Each edit returns new :class:`~railbelt.network.lines.Railways` and leaves the old ones as they are, so that undoing an edit
is keeping the old object, and edits chain: ``on(day, close_line(delay_line(rails, ...), ...))``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from railbelt import checks
from railbelt.errors import ScenarioError, suggest
from railbelt.network.lines import DETOUR, KEY, Railways, straight_km

__all__ = ["add_line", "close_line", "delay_line", "open_line", "respeed_line"]

FASTEST_KMH = 1000
"""Speeds above this are taken for a mistake of units."""


def open_line(rails: Railways, line_id: str, day: str, section: str | None = None) -> Railways:
    """Let a line, or one section of it, open earlier than on record.

    Parameters
    ----------
    rails : Railways
    line_id : str
        A line of ``rails.sections``.
    day : str or date
        The new opening day.
    section : str, optional
        By default every section of the line that opens later than ``day``.

    Returns
    -------
    Railways

    Raises
    ------
    ScenarioError
        If there is no such line or section, or it is open by then anyway.

    Examples
    --------
    >>> from railbelt.network import on, railways, travel_times
    >>> early = open_line(railways(), "mujia", "2018-12-25")
    >>> times = travel_times(on("2019-01-01", early), ["2308"], ["2310"])
    >>> bool(times.iloc[0, 0] < travel_times(on("2019-01-01"), ["2308"], ["2310"]).iloc[0, 0])
    True
    """
    moment, rows = _day(day), _rows(rails, line_id, section)
    later = rows & ~(rails.sections.opened <= moment)
    if not later.any():
        since = rails.sections.opened[rows].max().date()
        raise ScenarioError(
            f"argument 'day': line '{line_id}' is open since {since}, before {moment.date()}. Use delay_line to open it later."
        )
    return replace(rails, sections=rails.sections.assign(opened=rails.sections.opened.mask(later, moment)))


def close_line(rails: Railways, line_id: str, day: str, section: str | None = None) -> Railways:
    """Close a line, or one section of it, from a day on.

    Parameters
    ----------
    rails, line_id, section
        As in :func:`open_line`; by default every section.
    day : str or date
        First day without trains. A section that opens later never opens.

    Returns
    -------
    Railways

    Raises
    ------
    ScenarioError
        If there is no such line or section, or it is closed by then anyway.

    Examples
    --------
    >>> from railbelt.network import on, railways
    >>> closed = on("2020-01-01", close_line(railways(), "hada", "2019-01-01"))
    >>> "hada" in set(closed.links.line_id)
    False
    """
    moment, rows = _day(day), _rows(rails, line_id, section)
    running = rows & ~(rails.sections.closed <= moment)
    if not running.any():
        raise ScenarioError(f"argument 'line_id': '{line_id}' is closed on {moment.date()} already.")
    return replace(rails, sections=rails.sections.assign(closed=rails.sections.closed.mask(running, moment)))


def delay_line(rails: Railways, line_id: str, days: int, section: str | None = None) -> Railways:
    """Let a line, or one section of it, open later, or with negative days earlier.

    Parameters
    ----------
    rails, line_id, section
        As in :func:`open_line`; by default every section.
    days : int
        Days between the opening on record and the new one; not zero.

    Returns
    -------
    Railways

    Raises
    ------
    ScenarioError
        If there is no such line or section, it has no opening day, or ``days`` is not a whole number other than zero.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> rails = railways()
    >>> later = delay_line(rails, "hada", 365)
    >>> delay_line(later, "hada", -365).sections.equals(rails.sections)
    True
    """
    rows = _rows(rails, line_id, section)
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 < abs(days) <= 36_525 or days != int(days):
        raise ScenarioError(f"argument 'days': {days!r} is not a number of whole days other than zero.")
    if rails.sections.opened[rows].isna().any():
        raise ScenarioError(
            f"argument 'line_id': '{line_id}' has no opening day to move. Use open_line to give it one."
        )
    opened = rails.sections.opened.mask(rows, rails.sections.opened + pd.Timedelta(days=int(days)))
    wrong = rows & (rails.sections.closed <= opened)
    if wrong.any():
        raise ScenarioError(
            f"argument 'days': '{line_id}' would open on {opened[wrong].iloc[0].date()}, after it closes."
        )
    return replace(rails, sections=rails.sections.assign(opened=opened))


def respeed_line(rails: Railways, line_id: str, speed_kmh: float, day: str, section: str | None = None) -> Railways:
    """Run a line, or one section of it, at another operating speed from a day on; later changes on record are dropped.

    Parameters
    ----------
    rails, line_id, section
        As in :func:`open_line`; by default every section.
    speed_kmh : float
        Operating speed in km/h.
    day : str or date
        First day of the new speed.

    Returns
    -------
    Railways

    Raises
    ------
    ScenarioError
        If there is no such line or section, or the speed is impossible.

    Examples
    --------
    >>> from railbelt.network import on, railways
    >>> slow = on("2030-01-01", respeed_line(railways(), "hada", 200, "2026-01-01"))
    >>> slow.links.query("line_id == 'hada'").speed_kmh.unique().tolist()
    [200.0]
    """
    moment, rows = _day(day), _rows(rails, line_id, section)
    speed = _speed(speed_kmh)
    changed = rails.sections.loc[rows, KEY]
    index = pd.MultiIndex.from_frame(changed)
    of_line = rails.speeds.set_index(KEY).index.isin(index)
    before = rails.speeds[~(of_line & (rails.speeds.from_date >= moment).to_numpy())]
    kept = before.set_index(KEY).index
    first = rails.speeds[of_line].sort_values("from_date", kind="stable").drop_duplicates(KEY)
    # A speed in force before its first row is still needed for the days before the change.
    lost = first[~first.set_index(KEY).index.isin(kept)].assign(from_date=pd.Timestamp("NaT"))
    return replace(
        rails,
        speeds=pd.concat([lost, before, changed.assign(from_date=moment, speed_kmh=speed)], ignore_index=True).astype(
            {"speed_kmh": float}
        ),
    )


def add_line(
    rails: Railways,
    nodes: Sequence[str],
    speed_kmh: float,
    opened: str,
    line_id: str = "new",
    mode: str = "hsr",
    length_km: float | None = None,
) -> Railways:
    """Add a line between given nodes.

    Parameters
    ----------
    rails : Railways
    nodes : sequence of str
        Codes of the nodes it passes, in order; at least two.
    speed_kmh : float
        Operating speed in km/h.
    opened : str or date
        Opening day.
    line_id : str
        Must not be on record yet.
    mode : str
        A mode of ``rails.sections``.
    length_km : float, optional
        Running length; by default the straight lines times the usual detour of the mode.

    Returns
    -------
    Railways

    Raises
    ------
    ScenarioError
        If a node is unknown, the line passes fewer than two nodes or one of them twice in a row, the name is taken, or the
        speed or length is impossible.

    Examples
    --------
    >>> from railbelt.network import on, railways, travel_times
    >>> built = add_line(railways(), ["2308", "2304"], 250, "2030-12-31")
    >>> bool(travel_times(on("2031-01-01", built), ["2308"], ["2304"]).iloc[0, 0] < 120)
    True
    """
    moment, codes, speed = _day(opened), list(nodes), _speed(speed_kmh)
    if isinstance(nodes, str) or len(codes) < 2:
        raise ScenarioError(f"argument 'nodes': {nodes!r}, expected a sequence of at least two node codes.")
    for code in codes:
        if code not in rails.nodes.index:
            raise ScenarioError(f"argument 'nodes': no node '{code}'. {suggest(code, rails.nodes.index)}")
    if any(a == b for a, b in itertools.pairwise(codes)):
        raise ScenarioError("argument 'nodes': the same node stands twice in a row. Leave one out.")
    if line_id in set(rails.sections.line_id):
        raise ScenarioError(f"argument 'line_id': '{line_id}' is on record already. Choose another name.")
    if mode not in set(rails.sections["mode"]):
        raise ScenarioError(f"argument 'mode': no mode '{mode}'. {suggest(mode, set(rails.sections['mode']))}")
    if length_km is None:
        length_km = straight_km(rails.nodes, codes[:-1], codes[1:]).sum() * DETOUR.get(mode, max(DETOUR.values()))
    checks.number(length_km, "length_km", 0.001, 100_000, error=ScenarioError)
    key = {"line_id": line_id, "section": ""}
    section = {**key, "name": line_id, "mode": mode, "opened": moment, "closed": pd.NaT, "length_km": float(length_km)}
    stops = pd.DataFrame({**key, "seq": range(1, len(codes) + 1), "node_code": codes})
    speeds = pd.DataFrame([{**key, "from_date": moment, "speed_kmh": speed}])
    return replace(
        rails,
        sections=_appended(rails.sections, pd.DataFrame([section])),
        stops=_appended(rails.stops, stops),
        speeds=_appended(rails.speeds, speeds),
    )


def _appended(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Append rows; columns keep their types, columns the rows lack stay empty."""
    shared = [column for column in table.columns if column in rows]
    wider = rows[shared].astype({c: table[c].dtype for c in shared if table[c].dtype.kind == "M"})
    return pd.concat([table, wider], ignore_index=True)


def _day(day: str) -> pd.Timestamp:
    return checks.day(day, "day", ScenarioError)


def _speed(speed_kmh: float) -> float:
    return checks.number(speed_kmh, "speed_kmh", 0.001, FASTEST_KMH, error=ScenarioError)


def _rows(rails: Railways, line_id: str, section: str | None) -> pd.Series:
    """Mark the sections of a line, or one of them."""
    rows = rails.sections.line_id == line_id
    if not rows.any():
        raise ScenarioError(f"argument 'line_id': no line '{line_id}'. {suggest(line_id, set(rails.sections.line_id))}")
    if section is None:
        return rows
    named = rows & (rails.sections.section == section)
    if not named.any():
        known = rails.sections.section[rows]
        raise ScenarioError(
            f"argument 'section': line '{line_id}' has no section '{section}'. {suggest(section, known)}"
        )
    return named
