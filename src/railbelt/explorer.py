"""A scenario for the railways of the Northeast, and what it changes: the engine behind the explorer of the book, in Python.

The explorer in the page answers in the reader's browser with an engine of its own (``book/explorer/static/engine.js``), fed with the
numbers of :func:`page_data`. This module is its twin: the same scenario, written as text in the address of the page, gives the
same times and market access here, so that anybody can go on from a scenario in Python.

Simplifications, the same in both: times are those of :mod:`railbelt.network` on one day; beyond the border one link leads from
each crossing to each city, at :data:`ABROAD_KMH` plus the documented waits; people move within the Northeast in proportion to
what market access gains (first round only, see :func:`outcome`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from railbelt import checks
from railbelt.errors import ScenarioError, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from railbelt.network import Network, Parameters, Railways, Service

__all__ = [
    "ABROAD_KMH",
    "DAY",
    "Base",
    "Scenario",
    "base",
    "lines",
    "network",
    "outcome",
    "page_data",
    "places",
    "times",
]

DAY = "2025-12-31"
"""The day of every scenario: all lines on record as open are open."""

ABROAD_KMH = 60.0
"""Speed beyond the border, an assumption; the waits matter more."""

DECAY = 0.02
"""Two percent a minute, as in :func:`railbelt.network.market_access`."""

NORTHEAST = ("21", "22", "23")
EASTERN_INNER_MONGOLIA = ("1504", "1505", "1507", "1522")
GATEWAYS = ("1100", "1200")
CROSSINGS = {
    "Blagoveshchensk": ("2311", "heihe", ["Heihe"]),
    "Birobidzhan": ("230881", "tongjiang", ["Tongjiang", "Nizhneleninskoye"]),
    "Khabarovsk": ("230881", "tongjiang", ["Tongjiang", "Nizhneleninskoye", "Birobidzhan"]),
    "Ussuriysk": ("231081", "primorye1", ["Suifenhe", "Grodekovo"]),
    "Vladivostok": ("231081", "primorye1", ["Suifenhe", "Grodekovo", "Ussuriysk"]),
    "Chita": ("150781", "manzhouli_moscow", ["Manzhouli", "Zabaikalsk"]),
}
"""City abroad: node of the crossing, corridor of the table ``corridor_legs``, places at which its legs begin."""

DRAWN_KMH = (80, 400)
MOST_DRAWN = 6


@dataclass(frozen=True)
class Scenario:
    """What a reader of the explorer has set.

    Attributes
    ----------
    on : tuple of str
        Lines of the Northeast, not open yet, that run (``line_id``).
    off : tuple of str
        Lines open today that do not run.
    new : tuple of (str, str, float)
        Lines drawn: two node codes and an operating speed in km/h.
    speed : float or None
        All fast lines of the Northeast run at this operating speed, or at their design speed where that is lower; ``None``: as
        in the timetable of the day.
    wait : float
        Border waits as a multiple of the documented ones.
    mobility : float
        Elasticity of residents with respect to market access.

    Raises
    ------
    ScenarioError
        If a value is impossible; unknown lines and nodes are found when the scenario is applied.

    Examples
    --------
    >>> Scenario.from_text("on=hatie,tieyi&new=2304-2308-250&wait=0.5").new
    (('2304', '2308', 250.0),)
    >>> Scenario(on=("hatie",), speed=350).to_text()
    'on=hatie&speed=350'
    """

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    new: tuple[tuple[str, str, float], ...] = ()
    speed: float | None = None
    wait: float = 1.0
    mobility: float = 0.0

    def __post_init__(self) -> None:
        if not all(isinstance(line, tuple | list) and len(line) == 3 for line in self.new):
            raise ScenarioError("argument 'new': expected triples, two nodes and a speed in km/h.")
        for name, value, low, high in (
            ("speed", self.speed, 100, 400),
            ("wait", self.wait, 0, 2),
            ("mobility", self.mobility, 0, 3),
            *(("new", kmh, *DRAWN_KMH) for _, _, kmh in self.new),
        ):
            if name != "speed" or value is not None:
                checks.number(value, name, low, high, error=ScenarioError)
        if len(self.new) > MOST_DRAWN:
            raise ScenarioError(f"argument 'new': {len(self.new)} lines; at most {MOST_DRAWN}.")
        both = set(self.on) & set(self.off)
        if both:
            raise ScenarioError(f"line '{min(both)}' is switched on and off. Keep one.")

    @classmethod
    def from_text(cls, text: str) -> Scenario:
        """Read a scenario from the part of the explorer's address behind ``#``; what concerns the display only is left out.

        Raises
        ------
        ScenarioError
            If a part is malformed.
        """
        found: dict[str, Any] = {}
        known = {field.name for field in fields(cls)}
        for key, value in parse_qsl(text.lstrip("#"), keep_blank_values=False):
            if key in ("from", "show", "to"):
                continue
            if key not in known:
                raise ScenarioError(f"scenario: no part '{key}'. {suggest(key, known)}")
            try:
                if key in ("on", "off"):
                    found[key] = tuple(value.split(","))
                elif key == "new":
                    found[key] = tuple((a, b, float(kmh)) for a, b, kmh in (one.split("-") for one in value.split(",")))
                else:
                    found[key] = float(value)
            except ValueError:
                raise ScenarioError(
                    f"scenario, part '{key}': '{value}' is malformed. Copy the address once more."
                ) from None
        return cls(**found)

    def to_text(self) -> str:
        """Return the scenario as the explorer's address writes it; parts left alone are left out."""
        parts = {
            "on": ",".join(self.on),
            "off": ",".join(self.off),
            "new": ",".join(f"{a}-{b}-{kmh:g}" for a, b, kmh in self.new),
            "speed": "" if self.speed is None else f"{self.speed:g}",
            "wait": "" if self.wait == 1 else f"{self.wait:g}",
            "mobility": f"{self.mobility:g}" if self.mobility else "",
        }
        return "&".join(f"{key}={quote(value, safe=',-')}" for key, value in parts.items() if value)


def lines(rails: Railways | None = None) -> pd.DataFrame:
    """Return the fast lines of the Northeast that a scenario can switch.

    Returns
    -------
    DataFrame
        Indexed by ``line_id``: ``name``, ``status`` (``"operating"``, ``"construction"``, ``"planned"``), ``opened`` (on record or
        expected), ``design_kmh``. A line belongs here if most of its nodes lie in the Northeast or eastern Inner Mongolia.

    Examples
    --------
    >>> lines().loc["hada", "status"], float(lines().loc["hada", "design_kmh"])
    ('operating', 350.0)
    """
    from railbelt.catalog import load
    from railbelt.network import railways

    rails = rails or railways()
    region = rails.nodes.index[_in_region(rails.nodes)]
    inside = rails.stops.assign(inside=rails.stops.node_code.isin(region)).groupby("line_id").inside.mean()
    design = load("hsr_lines").groupby("line_id").design_speed_kmh.max()
    sections = rails.sections.query("mode == 'hsr'").sort_values("opened").groupby("line_id")
    table = sections.agg(
        name=("name", "first"), section=("section", "first"), status=("status", "last"), opened=("opened", "max")
    )
    twice = table.name.duplicated(keep=False)
    name = table.name.mask(twice, table.section).str.replace(
        r" \(.*\)| HSR$| PDL$| Railway$| Intercity$", "", regex=True
    )
    table = table.assign(name=name.str.replace("-", "–")).drop(columns="section")
    table = table.join(design.astype(float).rename("design_kmh"))
    return table[(inside.reindex(table.index) > 0.5) & table.design_kmh.notna()]


def places(rails: Railways | None = None) -> pd.DataFrame:
    """Return the places whose times and access a scenario reports, cities abroad among them.

    Returns
    -------
    DataFrame
        Indexed by node code (for a city abroad its name): ``name``, ``name_zh``, ``lon``, ``lat``, ``region`` (``"Northeast"``,
        ``"Inner Mongolia"``, ``"Gateway"``, ``"Russia"``), ``residents`` (10,000; latest census).

    Examples
    --------
    >>> places().region.value_counts().to_dict()
    {'Northeast': 36, 'Russia': 6, 'Inner Mongolia': 4, 'Gateway': 2}
    """
    import numpy as np
    import pandas as pd

    from railbelt.network import railways

    nodes = (rails or railways()).nodes
    ours = nodes[_in_region(nodes) & (nodes.level == "prefecture") | nodes.index.isin(GATEWAYS)]
    ours = ours.assign(
        name=ours.name.str.replace(r" \(.*| Korean.*| Prefecture| League", "", regex=True),
        region=np.select(
            [ours.index.str[:2].isin(NORTHEAST), ours.index.isin(GATEWAYS)], ["Northeast", "Gateway"], "Inner Mongolia"
        ),
    )
    abroad = _abroad().assign(name=lambda d: d.index, region="Russia")
    table = pd.concat([ours, abroad])[["name", "name_zh", "lon", "lat", "region"]]
    return table.assign(residents=_residents(table.index))


@dataclass(frozen=True)
class Base:
    """What every scenario starts from; made by :func:`base`.

    Attributes
    ----------
    everything : Network
        The network of :data:`DAY` with all lines of the Northeast, those that are not open yet at their design speed, and the links
        across the border.
    params : Parameters
    lines, places, abroad : DataFrame
        As :func:`lines` and :func:`places` return them; the links across the border.
    residents : Series
        By node in 10,000; missing where a node is not a prefecture or a city abroad.

    Examples
    --------
    >>> ground = base()
    >>> bool(ground.residents.notna().any()), ground.params.change_minutes > 0
    (True, True)
    """

    everything: Network
    params: Parameters
    lines: pd.DataFrame
    places: pd.DataFrame
    abroad: pd.DataFrame
    residents: pd.Series

    @cached_property
    def minutes(self) -> pd.DataFrame:
        """Travel times from the places to all nodes without any scenario."""
        return times(network(Scenario(), self), self.places.index)


def base(rails: Railways | None = None, params: Parameters | None = None) -> Base:
    """Prepare the tables that every scenario needs; pass the result on to save the reading.

    Parameters
    ----------
    rails, params : optional
        As in :func:`railbelt.network.on`.

    Examples
    --------
    >>> base().everything.modes
    ['border', 'conventional', 'hsr']
    """
    import pandas as pd

    from railbelt.network import on, open_line, parameters, railways

    rails, params = rails or railways(), params or parameters()
    known, spots, abroad = lines(rails), places(rails), _abroad()
    for line in known.index[known.opened > pd.Timestamp(DAY)]:
        rails = open_line(rails, line, DAY)
    inside = on(DAY, rails, params)
    nodes = pd.concat([inside.nodes, abroad[["name_zh", "lon", "lat"]].assign(name=abroad.index, metropolis=False)])
    links = pd.DataFrame({
        "from_node": abroad.crossing, "to_node": abroad.index, "mode": "border", "line_id": "border", "section": abroad.index,
        "length_km": abroad.km, "minutes": 60 * abroad.km / ABROAD_KMH + 60 * abroad.wait_hours,
    })  # fmt: skip
    everything = replace(inside, nodes=nodes, links=pd.concat([inside.links, links], ignore_index=True))
    return Base(everything, params, known, spots, abroad, _residents(nodes.index))


def network(scenario: Scenario, ground: Base | None = None) -> Network:
    """Return the network of a scenario: China's railways of :data:`DAY` with its edits, and the links across the border.

    The edits of :mod:`railbelt.network` give the same, more slowly, which a test proves.

    Parameters
    ----------
    scenario : Scenario
    ground : Base, optional
        By default :func:`base` of the project's own tables.

    Raises
    ------
    ScenarioError
        If it switches a line that is not in :func:`lines`, or on one that runs, or draws a line between unknown nodes.

    Examples
    --------
    >>> now, then = (times(network(Scenario(on=on)), ["2301"])["2307"].item() for on in ((), ("hatie", "tieyi")))
    >>> then < now / 2
    True
    """
    import numpy as np
    import pandas as pd

    ground = ground or base()
    net, known = ground.everything, ground.lines
    pending = known.opened > pd.Timestamp(DAY)
    for name, lines_ in (("on", scenario.on), ("off", scenario.off)):
        for line in lines_:
            if line not in known.index:
                raise ScenarioError(
                    f"argument '{name}': no line '{line}' in the Northeast. {suggest(line, known.index)}"
                )
            if name == "on" and not pending[line]:
                raise ScenarioError(f"argument 'on': line '{line}' runs on {DAY} already.")
    idle = (set(known.index[pending]) - set(scenario.on)) | set(scenario.off)
    links = net.links[~net.links.line_id.isin(idle)].reset_index(drop=True)
    service = ground.params.services["hsr"]
    if scenario.speed is not None:
        ours = links.line_id.isin(known.index)
        speed = np.minimum(links.line_id[ours].map(known.design_kmh), scenario.speed)
        links.loc[ours, "speed_kmh"] = speed
        of_leg = links.length_km[ours], speed, links.ends[ours], links.pace[ours]
        links.loc[ours, "minutes"] = service.minutes(*of_leg)
        links.loc[ours, "express_minutes"] = service.minutes(*of_leg, express=True)
    border = links["mode"] == "border"
    waits = 60 * ground.abroad.wait_hours.reindex(links.to_node[border]).to_numpy()
    links.loc[border, "minutes"] = 60 * links.length_km[border] / ABROAD_KMH + scenario.wait * waits
    links = pd.concat(
        [links, *(_drawn(net.nodes, number, *one, service) for number, one in enumerate(scenario.new))],
        ignore_index=True,
    )
    return replace(net, links=links)


def _drawn(nodes: pd.DataFrame, number: int, start: str, end: str, kmh: float, service: Service) -> pd.DataFrame:
    """Return the link of a line drawn between two nodes, of the length that :func:`railbelt.network.add_line` takes."""
    import pandas as pd

    from railbelt.network.lines import DETOUR, straight_km

    for code in (start, end):
        if code not in nodes.index:
            raise ScenarioError(f"argument 'new': no node '{code}'. {suggest(code, nodes.index)}")
    if start == end:
        raise ScenarioError(f"argument 'new': a line from '{start}' to itself. Choose two places.")
    km = straight_km(nodes, [start], [end])[0] * DETOUR["hsr"]
    return pd.DataFrame([{
        "from_node": start, "to_node": end, "mode": "hsr", "line_id": f"drawn-{number}", "section": "", "length_km": km,
        "speed_kmh": kmh, "ends": 2, "minutes": float(service.minutes(km, kmh, 2)),
        "express_minutes": float(service.minutes(km, kmh, 2, express=True)),
    }])  # fmt: skip


def outcome(scenario: Scenario, ground: Base | None = None) -> pd.DataFrame:
    r"""Return what a scenario changes for every place.

    Market access adds up the residents of all Chinese prefectures and the cities abroad, each weighted by ``exp(-0.02 minutes)``.
    Residents follow access by the reduced form

    .. math:: L_i' = L_i\,g_i^{\varepsilon}\,\frac{\sum_j L_j}{\sum_j L_j\,g_j^{\varepsilon}},

    where :math:`g` is access under the scenario over access without it and the sums run over the thirty-six prefectures of the
    Northeast: people move within the region, and nobody is born or leaves. It is the first round of a spatial equilibrium, without
    prices of land: a bound on who gains at whose expense, not a forecast. :func:`railbelt.models.gains.effect` is the full model.

    Parameters
    ----------
    scenario : Scenario
    ground : Base, optional
        As in :func:`network`.

    Returns
    -------
    DataFrame
        Indexed like :func:`places`: ``access`` (10,000 residents, weighted), ``access_before``, ``residents_change`` (10,000; missing
        outside the three provinces).

    Examples
    --------
    >>> changed = outcome(Scenario(on=("hatie", "tieyi"), mobility=0.1))
    >>> (changed.access / changed.access_before).idxmax()
    '2307'
    >>> abs(float(changed.residents_change.sum())) < 1e-6
    True
    """
    import pandas as pd

    ground = ground or base()
    table = ground.places
    minutes = times(network(scenario, ground), table.index)
    before, after = access(ground.minutes, ground), access(minutes, ground)
    inside = table.region == "Northeast"
    residents = table.residents[inside]
    pull = residents * (after[inside] / before[inside]) ** scenario.mobility
    moved = pull * residents.sum() / pull.sum() - residents
    return pd.DataFrame({"access": after, "access_before": before, "residents_change": moved.reindex(table.index)})


def times(net: Network, origins: Sequence[str] | pd.Index) -> pd.DataFrame:
    """Return travel times from some nodes to all, in double precision, by a search from each origin.

    Independent of the elimination behind :func:`railbelt.network.travel_times`, and more precise than its single-precision result.

    Returns
    -------
    DataFrame
        Minutes, origins by all nodes.

    Examples
    --------
    >>> from railbelt.network import on
    >>> found = times(on("2025-07-01"), ["1100"])
    >>> bool(found.loc["1100", "2101"] < found.loc["1100", "2301"])
    True
    """
    import numpy as np
    import pandas as pd
    from scipy.sparse.csgraph import dijkstra

    from railbelt.network.lines import node
    from railbelt.network.travel import nearest

    graph, codes = net.graph, net.nodes.index
    starts = pd.Index(
        [node(net.nodes, code, "origins") for code in checks.texts(origins, "origins")], dtype=codes.dtype
    )
    rows = codes.get_indexer(starts)
    vertices, at = np.unique(graph.place[:, rows], return_inverse=True)
    searched = dijkstra(graph.matrix, directed=False, indices=vertices)
    from_origin = nearest(searched, at.reshape(graph.place[:, rows].shape), graph.entry[vertices])
    minutes = nearest(np.ascontiguousarray(from_origin.T), graph.place, graph.entry).T
    minutes[~graph.served[rows]] = np.inf
    minutes[:, ~graph.served] = np.inf
    minutes[rows[:, None] == np.arange(len(codes))] = 0
    return pd.DataFrame(minutes, index=starts, columns=codes)


def access(found: pd.DataFrame, ground: Base) -> pd.Series:
    """Return the market access of the rows of :func:`times`: residents within reach, weighted by the time to them."""
    from railbelt.network import market_access

    mass = ground.residents.dropna()
    return market_access(found[mass.index], mass, parameter=DECAY)


def page_data(ground: Base | None = None) -> dict[str, Any]:
    """Return everything that the engine in the page needs, ready for JSON.

    Returns
    -------
    dict
        ``nodes`` (codes in order), ``mass``, ``links`` (ends, mode, minutes today, and for lines of the Northeast index and length),
        ``lines``, ``places``, ``straight`` (length in km of a drawn line between each two places in China), ``border``, and the
        parameters.

    Examples
    --------
    >>> data = page_data()
    >>> len(data["nodes"]) == len(data["mass"])
    True
    """
    import numpy as np
    import pandas as pd

    from railbelt.network.lines import DETOUR, straight_km
    from railbelt.network.travel import NO_SERVICE

    ground = ground or base()
    net, known, spots = ground.everything, ground.lines, ground.places
    links = net.links[net.links["mode"] != "border"]
    number_of: Callable[[Any], Any] = net.nodes.index.get_loc  # a whole number, as no code stands twice
    number = {line: i for i, line in enumerate(known.index)}
    codes, modes = net.nodes.index, ["hsr", "conventional", "border"]
    cities = spots.index[spots.region != "Russia"]
    straight = np.array([straight_km(net.nodes, [a] * len(cities), cities) for a in cities]) * DETOUR["hsr"]
    of_line = [number.get(line, -1) for line in links.line_id]
    fast = ground.params.services["hsr"]
    services = [net.services.get(kind, NO_SERVICE) for kind in [*modes, "express"]]

    def rounded(values: Any) -> list[float]:
        return [round(float(value), 10) for value in values]

    return {
        "day": DAY,
        "nodes": codes.tolist(),
        "mass": rounded(ground.residents.fillna(0)),
        "links": {
            "from": codes.get_indexer(pd.Index(links.from_node)).tolist(),
            "to": codes.get_indexer(pd.Index(links.to_node)).tolist(),
            "mode": [modes.index(mode) for mode in links["mode"]],
            "minutes": rounded(links.minutes),
            "express": [None if np.isnan(one) else round(one, 10) for one in links.express_minutes],
            "line": of_line,
            "km": [round(km, 10) if line >= 0 else 0 for km, line in zip(links.length_km, of_line, strict=True)],
            "pace": [round(pace, 12) if line >= 0 else 1 for pace, line in zip(links.pace, of_line, strict=True)],
            "ends": links.ends.tolist(),
            "railway": pd.factorize(links["name"].fillna(links.line_id))[0].tolist(),
        },
        "lines": [
            {"id": line, "name": row["name"], "status": row.status, "year": int(row.opened.year), "design": row.design_kmh,
             "pending": bool(row.opened > pd.Timestamp(DAY))}
            for line, row in known.iterrows()
        ],
        "places": [
            {"code": code, "node": int(number_of(code)), "name": row["name"], "zh": row.name_zh, "region": row.region,
             "residents": row.residents}
            for code, row in spots.iterrows()
        ],
        "straight": [rounded(row) for row in straight],
        "border": [
            {"from": int(number_of(row.crossing)), "to": int(number_of(city)), "minutes": 60 * row.km / ABROAD_KMH,
             "wait": 60 * row.wait_hours}
            for city, row in ground.abroad.iterrows()
        ],
        "service": {"known": list(fast.operating_kmh), "kept": list(fast.cruising_kmh), "stop": fast.stop_minutes,
                    "expressStop": fast.express_stop_minutes, "junction": fast.junction_minutes},
        "change": net.change_minutes,
        "lineChange": [service.line_change_minutes for service in services],
        "terminal": rounded(net.nodes.terminal_minutes.fillna(0)),
        "hasTerminals": [service.terminals for service in services],
        "entry": [(net.trip_minutes - service.stop_minutes) / 2 for service in services],
        "metropolis": [int(code) for code in np.flatnonzero(net.nodes.metropolis.to_numpy(dtype=bool))],
        "decay": DECAY,
    }  # fmt: skip


def _in_region(nodes: pd.DataFrame) -> pd.Series:
    checks.columns(nodes, ["city_code", "level", "name_zh", "metropolis"], "rails.nodes")
    return nodes.city_code.isin(EASTERN_INNER_MONGOLIA) | nodes.index.str[:2].isin(NORTHEAST)


def _residents(codes: pd.Index) -> pd.Series:
    """Return the residents of nodes in 10,000: prefectures by the census of 2020, cities abroad by the latest one."""
    import pandas as pd

    from railbelt.catalog import load

    census = load("city_census").query("year == 2020").set_index("city_code").population_10k
    foreign = load("far_east_city_census").sort_values("year").groupby("name_en").population_persons.last() / 1e4
    found: pd.Series = pd.concat([census, foreign]).reindex(codes).rename("residents")
    return found


def _abroad() -> pd.DataFrame:
    """Return the cities abroad with the length and the documented wait of their link from the crossing."""
    import pandas as pd

    from railbelt.catalog import load
    from railbelt.geography import distance_km

    legs = load("corridor_legs").set_index(["corridor_id", "from_node"])
    at = load("corridor_nodes").set_index("node")
    cities = load("far_east_cities").set_index("name_en")
    rows = {}
    for city, (crossing, corridor, starts) in CROSSINGS.items():
        km = wait = 0.0
        for start in starts:
            leg: Any = legs.loc[(corridor, start)]
            a, b = at.loc[start], at.loc[leg.to_node]
            km += leg.km if leg.km == leg.km else 1.2 * float(distance_km(a.lon, a.lat, b.lon, b.lat))
            wait += (
                (leg.border_wait_h_low + leg.border_wait_h_high) / 2
                if leg.border_wait_h_low == leg.border_wait_h_low
                else 0
            )
        rows[city] = {"crossing": crossing, "km": km, "wait_hours": wait}
    return (
        pd.DataFrame.from_dict(rows, orient="index")
        .join(cities[["lon", "lat", "name_ru"]])
        .rename(columns={"name_ru": "name_zh"})
    )
