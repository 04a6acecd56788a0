"""The railways as dated tables: nodes, sections of lines, the nodes they pass, and speeds that change on a day.

A *section* is a part of a line with one opening day. It belongs to a *mode* (here ``"hsr"`` and ``"conventional"``): trains
stay within a mode, and travellers may change between modes at a node. Tables of another country or of freight corridors
fit as well as China's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.catalog import load
from railbelt.errors import DataError, suggest
from railbelt.geography import distance_km

if TYPE_CHECKING:
    from collections.abc import Iterable

    from railbelt._types import BoolArray, FloatArray, IntArray

__all__ = ["COLUMNS", "DETOUR", "KEY", "Railways", "legs", "railways", "straight_km"]

COLUMNS = {
    "nodes": ["name", "lon", "lat"],
    "sections": ["line_id", "section", "name", "mode", "opened", "closed", "length_km"],
    "stops": ["line_id", "section", "seq", "node_code"],
    "speeds": ["line_id", "section", "from_date", "speed_kmh"],
}
"""What each table must hold; ``nodes`` is indexed by ``node_code``. Further columns are kept."""

KEY = ["line_id", "section"]

DETOUR = {"hsr": 1.08, "conventional": 1.21}
"""Median ratio of running length to straight lines between nodes, for sections whose length is not known."""

SEPARATELY_PLANNED = ("2102", "3302", "3502", "3702", "4403")
"""Dalian, Ningbo, Xiamen, Qingdao, Shenzhen: the cities that the national plan lists beside the provincial capitals."""

TIMETABLES = {2000: "2000-10-21", 2004: "2004-04-18", 2007: "2007-04-18"}
"""Days of the national timetables of the third (2000), fifth (2004) and sixth (2007) speed-up."""


@dataclass(frozen=True)
class Railways:
    """Every line of a country with its dates; made by :func:`railways` or from tables of one's own.

    Attributes
    ----------
    nodes : DataFrame
        Indexed by ``node_code``: ``name``, ``lon``, ``lat`` (degrees); and if known ``terminal_minutes``, what a trip that begins or
        ends there takes more in modes whose service has terminals.
    sections : DataFrame
        ``line_id`` and ``section`` (together the key), ``name``, ``mode``, ``opened`` and ``closed`` (days; missing: never),
        ``length_km`` (missing: taken from the straight line); and if known ``pace``, a factor on its minutes in motion.
        Sections with one name are parts of one railway.
    stops : DataFrame
        ``line_id``, ``section``, ``seq``, ``node_code``: the nodes of each section in order; and if known ``km``, counted along it.
    speeds : DataFrame
        ``line_id``, ``section``, ``from_date``, ``speed_kmh``: the speed in force from a day until the next row. Before the
        first row the first speed holds.

    Raises
    ------
    DataError
        If a column is missing, a key repeats, a node or section is unknown, or a figure is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> codes = pd.Index(["a", "b"], name="node_code")
    >>> nodes = pd.DataFrame({"name": ["A", "B"], "lon": [10.0, 11.0], "lat": [50.0, 50.0]}, codes)
    >>> key = {"line_id": ["ab"], "section": ["A-B"]}
    >>> own = Railways(
    ...     nodes,
    ...     pd.DataFrame(key | {"name": "A-B", "mode": "hsr", "opened": pd.Timestamp("2020-01-01"), "closed": pd.NaT, "length_km": 72}),
    ...     pd.DataFrame({"line_id": "ab", "section": "A-B", "seq": [1, 2], "node_code": ["a", "b"]}),
    ...     pd.DataFrame(key | {"from_date": pd.NaT, "speed_kmh": 300}),
    ... )
    >>> len(own.sections)
    1
    """

    nodes: pd.DataFrame
    sections: pd.DataFrame
    stops: pd.DataFrame
    speeds: pd.DataFrame

    def __post_init__(self) -> None:
        for field in fields(self):
            table = getattr(self, field.name)
            missing = [column for column in COLUMNS[field.name] if column not in table]
            if missing:
                raise DataError(
                    f"table '{field.name}', column '{missing[0]}': missing. Expected "
                    + ", ".join(COLUMNS[field.name])
                    + "."
                )
        _refuse(self.nodes.index.duplicated(), self.nodes, "nodes", "node_code", "the code stands twice")
        _refuse(
            self.sections.duplicated(KEY), self.sections, "sections", "line_id, section", "the section stands twice"
        )
        for name, column in (("nodes", "lon"), ("nodes", "lat"), ("sections", "length_km"), ("speeds", "speed_kmh")):
            _numbers(getattr(self, name), name, column)
        for name, column in (("nodes", "terminal_minutes"), ("stops", "km")):
            if column in (table := getattr(self, name)):
                _numbers(table, name, column)
                _refuse(
                    (table[column] < 0) | (table[column] > checks.LARGEST),
                    table,
                    name,
                    column,
                    "not a number from zero",
                )
        for name, column in (("sections", "opened"), ("sections", "closed"), ("speeds", "from_date")):
            _dates(getattr(self, name), name, column)
        length, speed = self.sections.length_km, self.speeds.speed_kmh
        _refuse(~(length.isna() | ((length > 0) & (length <= checks.LARGEST))), self.sections, "sections", "length_km",
                "a length must be positive")  # fmt: skip
        _refuse(
            ~((speed > 0) & (speed <= checks.LARGEST)), self.speeds, "speeds", "speed_kmh", "a speed must be positive"
        )
        _refuse(~(self.nodes.lon.abs() <= 180) | ~(self.nodes.lat.abs() <= 90), self.nodes, "nodes", "lon, lat",
                "not degrees east and north")  # fmt: skip
        _refuse(self.stops.duplicated([*KEY, "seq"]), self.stops, "stops", "seq", "the place in the order stands twice")
        _refuse(~self.stops.node_code.isin(self.nodes.index), self.stops, "stops", "node_code", "no such node")
        known = self.sections.set_index(KEY).index
        for name in ("stops", "speeds"):
            table = getattr(self, name)
            _refuse(~table.set_index(KEY).index.isin(known), table, name, "line_id, section", "no such section")
        for name, need in (("speeds", 1), ("stops", 1)):
            count = getattr(self, name).groupby(KEY).size().reindex(known, fill_value=0).to_numpy()
            _refuse(count < need, self.sections, "sections", "line_id, section", f"it has no row in '{name}'")

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The legs between neighbouring nodes of every section, see :func:`legs`."""
        return legs(self)


def _numbers(table: pd.DataFrame, name: str, column: str) -> None:
    if table[column].dtype.kind not in "iuf":
        raise DataError(f"table '{name}', column '{column}': holds something that is not a number.")


def _dates(table: pd.DataFrame, name: str, column: str) -> None:
    if table[column].dtype.kind != "M" and not table[column].isna().all():
        raise DataError(f"table '{name}', column '{column}': not dates. Convert it with pandas.to_datetime.")


def _refuse(bad: pd.Series | BoolArray, table: pd.DataFrame, name: str, column: str, why: str) -> None:
    if len(bad) and bad.any():
        row = table.iloc[int(bad.argmax() if hasattr(bad, "argmax") else list(bad).index(True))]
        shown = ", ".join(f"{c}={row[c]!r}" for c in table.columns[:4])
        raise DataError(f"table '{name}', column '{column}', row {row.name} ({shown}): {why}.")


def railways() -> Railways:
    """Return China's railways as the project knows them: high-speed lines to 2035 and conventional passenger lines.

    Lines that are not open yet open on the last day of the year in which they are expected. Conventional lines carry the
    speeds of the timetables of 2000, 2004, 2007 and 2013.

    Returns
    -------
    Railways
        Modes ``"hsr"`` and ``"conventional"``; ``sections`` has also ``kind``, ``status`` and the calibrated ``pace``;
        ``nodes`` has also ``metropolis``,
        true for provincial capitals and the five separately planned cities, and the calibrated ``terminal_minutes``.

    Examples
    --------
    >>> rails = railways()
    >>> rails.sections.set_index(["line_id", "section"]).opened.loc[("haqi", "Harbin-Qiqihar")].date().isoformat()
    '2015-08-17'
    """
    nodes = load("rail_nodes").set_index("node_code")
    cities = load("cities").set_index("city_code")
    terminals = load("rail_terminals").set_index("node_code").minutes
    metropolises = {*cities.index[cities.is_provincial_capital], *SEPARATELY_PLANNED}
    nodes = nodes.assign(
        name=nodes.name_en.replace("", None).fillna(nodes.short_zh),
        metropolis=nodes.index.isin(metropolises),
        terminal_minutes=terminals.reindex(nodes.index).fillna(0.0),
    )
    never: Any = pd.NaT  # which the stubs of assign leave out
    fast = load("hsr_lines")
    expected = pd.to_datetime(fast.expected_year.astype("string") + "-12-31")
    fast = fast.assign(name=fast.name_en, mode="hsr", opened=fast.opened.fillna(expected), closed=never)
    planned = fast[fast.initial_speed_kmh.isna()]
    slow = load("conventional_lines")
    slow = slow.assign(
        section="", name=slow.name_en, mode="conventional", kind="conventional", status="operating",
        opened=pd.to_datetime(slow.opened_year.astype(str) + "-01-01"), closed=never, length_km=slow.length_km.astype(float),
    )  # fmt: skip
    timetable = load("conventional_speeds")
    days = timetable.year.map(TIMETABLES).fillna(timetable.year.astype(str) + "-01-01")
    columns = [*COLUMNS["sections"], "kind", "status"]
    pace = load("rail_line_pace").set_index("line_id").pace
    sections = pd.concat([fast[columns], slow[columns]], ignore_index=True)
    return Railways(
        nodes=nodes[["name", "name_zh", "short_zh", "lon", "lat", "level", "city_code", "metropolis", "terminal_minutes"]],
        sections=sections.assign(pace=sections.line_id.map(pace).fillna(1.0)),
        stops=pd.concat(
            [load("hsr_stops"), load("conventional_stops").assign(section="")], ignore_index=True
        )[[*COLUMNS["stops"], "km"]],
        speeds=pd.concat(
            [
                load("hsr_speeds"),
                planned.assign(from_date=planned.opened, speed_kmh=planned.design_speed_kmh),
                timetable.assign(section="", from_date=pd.to_datetime(days)),
            ],
            ignore_index=True,
        )[COLUMNS["speeds"]],
    )  # fmt: skip


def legs(rails: Railways) -> pd.DataFrame:
    """Return the legs between neighbouring nodes of every section, with their share of its length.

    The running length of a section is divided among its legs in proportion to the kilometres between its stops (column ``km`` of
    ``stops``) if all have them, and else to their straight lines. Where it is not known it is the straight line times
    :data:`DETOUR`.

    Parameters
    ----------
    rails : Railways

    Returns
    -------
    DataFrame
        One row a leg: ``line_id``, ``section``, ``mode``, ``from_node``, ``to_node``, ``length_km``, and ``ends``: at how many
        of its two nodes the line as a whole, whatever the day, comes to an end.

    Examples
    --------
    >>> legs(railways()).query("line_id == 'haqi'").from_node.tolist()
    ['2301', '231282', '231281', '2306']
    """
    stops = rails.stops.sort_values([*KEY, "seq"], kind="stable")
    post = stops["km"].astype(float) if "km" in stops else pd.Series(np.nan, stops.index)
    along = post.groupby([stops[key] for key in KEY]).diff(-1).abs()
    table = stops.assign(to_node=stops.groupby(KEY).node_code.shift(-1), along=along).dropna(subset="to_node")
    table = table.rename(columns={"node_code": "from_node"})[[*KEY, "from_node", "to_node", "along"]]
    table["straight"] = straight_km(rails.nodes, table.from_node, table.to_node)
    table = table.merge(rails.sections[[*KEY, "mode", "length_km"]], on=KEY)
    posted = (table.along > 0).groupby([table[key] for key in KEY]).transform("all") & table.length_km.notna()
    table["straight"] = table.straight.where(~posted, table.along)
    whole = table.groupby(KEY).straight.transform("sum")
    detour = table["mode"].map(DETOUR).fillna(max(DETOUR.values()))
    ratio = (table.length_km / whole).where(whole > 0).fillna(detour)
    table = table.assign(length_km=table.straight * ratio, ends=_ends(table))
    return table[["line_id", "section", "mode", "from_node", "to_node", "length_km", "ends"]]


def _ends(table: pd.DataFrame) -> IntArray:
    """Return for each leg at how many of its nodes the line has no other neighbour."""
    pairs = [
        table[["line_id", a, b]].set_axis(["line_id", "node", "near"], axis=1)
        for a, b in (("from_node", "to_node"), ("to_node", "from_node"))
    ]
    near = pd.concat(pairs).drop_duplicates().groupby(["line_id", "node"]).size()
    start, end = (
        (near[pd.MultiIndex.from_frame(pair[["line_id", "node"]])] == 1).to_numpy().astype(int) for pair in pairs
    )
    found: IntArray = start + end
    return found


def straight_km(nodes: pd.DataFrame, start: Iterable[str], end: Iterable[str]) -> FloatArray:
    """Return the geodesic between nodes in kilometres.

    Examples
    --------
    >>> straight_km(railways().nodes, ["1100"], ["2301"]).round().tolist()
    [1054.0]
    """
    checks.columns(nodes, ["name", "lon", "lat"], "nodes")
    ends = [[node(nodes, code, name) for code in codes] for name, codes in (("start", start), ("end", end))]
    if len(ends[0]) != len(ends[1]):
        raise DataError(f"arguments 'start' and 'end': {len(ends[0])} and {len(ends[1])} nodes.")
    here, there = (nodes.loc[codes] for codes in ends)
    return distance_km(here.lon, here.lat, there.lon, there.lat)


def node(rails_nodes: pd.DataFrame, code: str, argument: str) -> str:
    """Return a node code that exists, or say which one was meant."""
    if code in rails_nodes.index:
        return code
    named = rails_nodes.index[rails_nodes.name == code]
    if len(named):
        raise DataError(f"argument '{argument}': '{code}' is a name; pass its code '{named[0]}'.")
    raise DataError(f"argument '{argument}': no node '{code}'. {suggest(code, rails_nodes.index)}")
