"""Freight corridors on the engine of the passenger network: what a container costs between Harbin and the Russian Far East.

The corridors form a dated network of their own (:func:`corridor_railways`): rails of two gauges, roads, rivers and the sea,
joined at border stations and ports. :func:`railbelt.network.on` opens what is open on a day, :func:`railbelt.network.travel_times`
gives hours, and the same closure that finds the fastest trips finds the cheapest ways, because the *generalised cost* of a
link adds up along a way as minutes do: money, plus time at what the time of the goods is worth.

Nothing is known well here: speeds, tariffs, waits and values of time come as ranges (table ``freight_parameters``, waits in
``corridor_legs``), are drawn together many times, and every result is a distribution. A scenario and its base share their draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt._types import rows
from railbelt.catalog import load
from railbelt.errors import DataError, ScenarioError, suggest
from railbelt.network.closure import closure
from railbelt.network.lines import Railways, node
from railbelt.network.travel import Network, Parameters, Service, on

if TYPE_CHECKING:
    from railbelt._types import FloatArray

__all__ = [
    "corridor",
    "corridor_costs",
    "corridor_network",
    "corridor_railways",
    "draw",
    "drivers",
    "least_cost",
    "link_costs",
    "parameter_ranges",
    "summary",
]

ALWAYS = pd.Timestamp("1900-01-01")
"""Opening day of links that need no date: they are older than every question asked here."""

GAUGES = ("rail1435", "rail1520")


def corridor_railways() -> Railways:
    """Return the freight corridors as a dated network of their own.

    Every leg of ``corridor_legs`` becomes a section once, however many corridors share it. Legs across a border open with
    their crossing. Rails of mixed gauge at a border count as broad gauge: the change is at the Chinese station.

    Returns
    -------
    Railways
        Modes ``rail1435``, ``rail1520``, ``road``, ``river`` and ``sea``; node codes are the names of places. ``sections`` has
        also ``crossing_id``, ``border`` (the crossing, or the leg if it has no key), ``wait_low``, ``wait_high`` (hours at the border)
        and ``wait_is_proxy``.

    Examples
    --------
    >>> rails = corridor_railways()
    >>> sorted(rails.sections["mode"].unique())
    ['rail1435', 'rail1520', 'river', 'road', 'sea']
    >>> rails.sections.set_index("crossing_id").opened["tongjiang_rail_bridge"].date().isoformat()
    '2022-11-16'
    """
    nodes = load("corridor_nodes").set_index("node").rename_axis("node_code")
    legs = load("corridor_legs")
    ends = _ends(legs)
    mode = legs["mode"].where(
        legs["mode"] != "rail", legs.gauge_mm.map(lambda g: "rail1435" if g == "1435" else "rail1520")
    )
    opened = pd.to_datetime(load("crossings").set_index("crossing_id").opened, format="mixed")
    table = pd.DataFrame(
        {
            "line_id": ends, "section": mode, "name": legs.from_node + " - " + legs.to_node, "mode": mode,
            "opened": legs.crossing_id.map(opened).fillna(ALWAYS), "closed": pd.NaT, "length_km": legs.km.astype(float),
            "crossing_id": legs.crossing_id, "border": legs.crossing_id.fillna(pd.Series(ends, index=legs.index)),
            "wait_low": legs.border_wait_h_low.astype(float),
            "wait_high": legs.border_wait_h_high.astype(float), "wait_is_proxy": legs.wait_is_proxy,
            "from_node": legs.from_node, "to_node": legs.to_node,
        }
    ).drop_duplicates(["line_id", "section"])  # fmt: skip
    key = table[["line_id", "section"]]
    stops = pd.concat([key.assign(seq=1, node_code=table.from_node), key.assign(seq=2, node_code=table.to_node)])
    speed = load("freight_parameters").query("parameter == 'speed_kmh'").set_index("applies_to").likely
    return Railways(
        nodes=nodes.assign(name=nodes.index)[["name", "country", "lon", "lat"]],
        sections=table.drop(columns=["from_node", "to_node"]).reset_index(drop=True),
        stops=stops.reset_index(drop=True),
        speeds=key.assign(from_date=pd.Timestamp("NaT"), speed_kmh=table["mode"].map(speed)).reset_index(drop=True),
    )


def corridor_network(day: str, rails: Railways | None = None) -> Network:
    """Return the freight network of a day, with the minutes of its links at the likely speeds (waits not among them).

    Parameters
    ----------
    day : str
        ISO date.
    rails : Railways, optional
        By default :func:`corridor_railways`; pass an edited one for a scenario.

    Returns
    -------
    Network
        ``links`` has also ``border``, ``wait_low`` and ``wait_high``.

    Examples
    --------
    >>> from railbelt.network import travel_times
    >>> hours = travel_times(corridor_network("2024-12-31"), ["Harbin"], ["Khabarovsk"]) / 60
    >>> bool(24 < hours.iloc[0, 0] < 72)
    True
    """
    rails = rails or corridor_railways()
    speeds = rails.speeds.merge(rails.sections[["line_id", "section", "mode"]]).groupby("mode").speed_kmh.max()
    likely = load("freight_parameters").set_index(["parameter", "applies_to"]).likely
    services = {str(mode): Service((float(speed),), (float(speed),)) for mode, speed in speeds.items()}
    network = on(day, rails, Parameters(services, 60.0 * likely["transfer_h", "all"], 0.0))
    border = rails.sections[["line_id", "section", "border", "wait_low", "wait_high"]]
    return replace(network, links=network.links.merge(border, on=["line_id", "section"], how="left"))


def _ends(legs: pd.DataFrame) -> list[str]:
    return ["-".join(sorted(pair)) for pair in zip(legs.from_node, legs.to_node, strict=True)]


def corridor(corridor_id: str, network: Network | None = None) -> Network:
    """Return the links of one named corridor as a network, in their order.

    Parameters
    ----------
    corridor_id : str
        Key of the table ``corridors``.
    network : Network, optional
        From which the links are taken; by default everything there is, whatever the day.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If there is no such corridor, or one of its legs is not in the network.

    Examples
    --------
    >>> corridor("heihe_road").links["mode"].tolist()
    ['road', 'road']
    """
    legs = load("corridor_legs")
    mine = legs[legs.corridor_id == corridor_id]
    if mine.empty:
        raise DataError(
            f"argument 'corridor_id': no corridor '{corridor_id}'. {suggest(corridor_id, legs.corridor_id.unique())}"
        )
    network = network or corridor_network("2035-12-31")
    wanted = pd.DataFrame(
        {
            "line_id": _ends(mine),
            "kind": mine["mode"].to_numpy(),
        }
    )
    links = wanted.merge(
        network.links.assign(kind=network.links["mode"].replace(dict.fromkeys(GAUGES, "rail"))), sort=False
    )
    if len(links) < len(mine):
        raise DataError(
            f"argument 'network': corridor '{corridor_id}' has {len(mine)} legs, {len(links)} of them are open."
        )
    return replace(network, links=links.drop(columns="kind"))


def parameter_ranges() -> pd.DataFrame:
    """Return every range that is drawn: those of ``freight_parameters`` and the waits of ``corridor_legs``.

    Returns
    -------
    DataFrame
        Indexed by name (``"parameter:what it applies to"``): ``low``, ``likely``, ``high``. The likely wait is the geometric
        mean of its limits, because long waits are rare.

    Examples
    --------
    >>> parameter_ranges().loc["tariff_usd_km:rail1520", "likely"].item()
    0.5
    """
    given = load("freight_parameters")
    given = given.assign(name=given.parameter + ":" + given.applies_to).set_index("name")[["low", "likely", "high"]]
    waits = corridor_railways().sections.dropna(subset="wait_low")
    waits = waits.assign(name="wait_h:" + waits.border).drop_duplicates("name").set_index("name")
    waits = waits.assign(low=waits.wait_low, high=waits.wait_high, likely=np.sqrt(waits.wait_low * waits.wait_high))
    return pd.concat([given, waits[["low", "likely", "high"]]]).astype(float)


def draw(count: int = 1000, seed: int = 1, ranges: pd.DataFrame | None = None) -> pd.DataFrame:
    """Draw all parameters together, independently of each other, each from a triangle.

    Parameters
    ----------
    count : int
        Number of draws.
    seed : int
        Seed of the random numbers. A parameter keeps its draws when others are added or changed.
    ranges : DataFrame, optional
        As from :func:`parameter_ranges`.

    Returns
    -------
    DataFrame
        One row a draw, one column a parameter.

    Raises
    ------
    DataError
        If a range is not in order.

    Examples
    --------
    >>> draws = draw(50)
    >>> bool(draws["speed_kmh:sea"].between(22, 35).all())
    True
    """
    ranges = parameter_ranges() if ranges is None else ranges
    if ranges.index.has_duplicates:
        raise DataError(f"argument 'ranges': '{ranges.index[ranges.index.duplicated()][0]}' stands twice. Keep one.")
    ranges = ranges.assign(**{name: checks.figures(ranges, name, "ranges") for name in ("low", "likely", "high")})
    wrong = ~((ranges.low <= ranges.likely) & (ranges.likely <= ranges.high))
    if wrong.any():
        raise DataError(f"argument 'ranges', row '{ranges.index[wrong][0]}': expected low <= likely <= high.")
    checks.whole(count, "count", 1)
    checks.whole(seed, "seed", 0, 2**64)
    if ranges.empty:
        raise DataError("argument 'ranges': no rows.")
    drawn = {}
    for name, row in ranges.iterrows():
        rng = np.random.default_rng([seed, *str(name).encode()])
        level = rng.uniform(size=count)
        width, rise = row.high - row.low, row.likely - row.low
        if width == 0:
            drawn[name] = np.full(count, row.low)
            continue
        turn = rise / width
        left = row.low + width * np.sqrt(level * turn)
        right = row.high - width * np.sqrt((1 - level) * (1 - turn))
        drawn[name] = np.where(level < turn, left, right)
    return pd.DataFrame(drawn)


def link_costs(network: Network, draws: pd.DataFrame) -> dict[str, FloatArray]:
    """Return hours and money of every link, and of a change between modes, in every draw.

    At a railway border the change of gauge is part of the wait: what is left of it after reloading is spent on the border
    leg. A ship pays and waits for its two ports, a river for its ice, the Heihe bridge takes its toll.

    Parameters
    ----------
    network : Network
        From :func:`corridor_network` or :func:`corridor`.
    draws : DataFrame
        From :func:`draw`.

    Returns
    -------
    dict
        ``hours`` and ``usd`` (draws by links), ``change_hours`` and ``change_usd`` (draws), ``hour_usd`` (draws): what an hour of
        the goods in one container is worth; and ``cost``, ``change_cost``: the generalised cost in dollars a container (TEU).

    Examples
    --------
    >>> parts = link_costs(corridor("heihe_road"), draw(10))
    >>> parts["cost"].shape
    (10, 2)
    """
    links = network.links
    missing = [column for column in ("border", "wait_low") if column not in links]
    if missing:
        raise DataError(f"argument 'network': its links have no column '{missing[0]}'. Take it from corridor_network.")
    draws = _complete(draws, links)
    length = links.length_km.to_numpy(dtype=float)
    speed, tariff = (
        np.column_stack([draws[f"{what}:{mode}"] for mode in links["mode"]]) for what in ("speed_kmh", "tariff_usd_km")
    )
    hours, usd = length / speed, length * tariff
    change_hours = draws["transfer_h:all"].to_numpy()
    for i, link in enumerate(rows(links)):
        if link.wait_low >= 0:
            wait = draws[f"wait_h:{link.border}"].to_numpy()
            hours[:, i] += np.maximum(wait - change_hours, 0) if link.mode in GAUGES else wait
        if f"toll_usd:{link.border}" in draws:
            usd[:, i] += draws[f"toll_usd:{link.border}"]
        if link.mode == "sea":
            hours[:, i] += draws["port_h:sea"]
            usd[:, i] += draws["port_usd:sea"]
        if link.mode == "river":
            hours[:, i] += draws["season_h:river"]
    change_usd = draws["transfer_usd:all"].to_numpy()
    hour_usd = (draws["cargo_value_usd:all"] * draws["time_percent_day:all"] / 100 / 24).to_numpy()
    return {
        "hours": hours, "usd": usd, "change_hours": change_hours, "change_usd": change_usd, "hour_usd": hour_usd,
        "cost": usd + hours * hour_usd[:, None], "change_cost": change_usd + change_hours * hour_usd,
    }  # fmt: skip


def _complete(draws: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn for some links as numbers, all of it: a toll or a wait left out would be taken for none."""
    modes, charged = set(links["mode"]), load("freight_parameters").query("parameter == 'toll_usd'").applies_to
    needed = [f"{what}:{mode}" for what in ("speed_kmh", "tariff_usd_km") for mode in modes]
    needed += [f"{what}:all" for what in ("transfer_h", "transfer_usd", "cargo_value_usd", "time_percent_day")]
    needed += [f"{what}:sea" for what in ("port_h", "port_usd") if "sea" in modes]
    needed += [f"season_h:{mode}" for mode in modes & {"river"}]
    needed += [f"wait_h:{border}" for border in links.border[links.wait_low >= 0]]
    needed += [f"toll_usd:{border}" for border in links.border[links.border.isin(charged)]]
    found = pd.DataFrame(
        {name: checks.figures(draws, name, "draws", positive=name.startswith("speed")) for name in needed}, draws.index
    )
    if ((found < 0) | (found > checks.LARGEST)).any(axis=None):
        raise DataError("argument 'draws': a speed, a cost or a time is below zero, or beyond all measure.")
    return found


def corridor_costs(
    corridors: Sequence[str], draws: pd.DataFrame, until: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return hours, money and generalised cost of named corridors from end to end, and what the cost is made of.

    Parameters
    ----------
    corridors : sequence of str
        Keys of the table ``corridors``.
    draws : DataFrame
        From :func:`draw`.
    until : mapping of corridor to node, optional
        Stop a corridor at one of its places.

    Returns
    -------
    DataFrame
        One row a draw and corridor: ``corridor_id``, ``draw``, ``km``, ``hours``, ``usd`` and ``cost`` (dollars a container). The cost
        is the sum of ``tariff`` (money for the kilometres), ``running`` (time on the way), ``border`` (waits beyond reloading,
        toll, ice), ``port`` and ``change`` (reloading between gauges or vehicles, money and time).

    Raises
    ------
    DataError
        If a corridor is unknown or does not pass the place where it shall stop.

    Examples
    --------
    >>> corridor_costs(["heihe_road"], draw(10)).cost.gt(0).all().item()
    True
    """
    whole = corridor_network("2035-12-31")
    parts = []
    corridors = checks.texts(corridors, "corridors")
    if not corridors:
        raise DataError("argument 'corridors': name at least one.")
    for name in corridors:
        network = corridor(name, whole)
        links = network.links
        if end := (until or {}).get(name):
            node(network.nodes, end, "until")
            passed = links.index[(links.from_node == end) | (links.to_node == end)]
            if not len(passed):
                raise DataError(f"argument 'until': corridor '{name}' does not pass '{end}'.")
            links = links.loc[: passed[0]]
        found = link_costs(replace(network, links=links), draws)
        switches = int((links["mode"] != links["mode"].shift()).sum() - 1)
        length = links.length_km.to_numpy()
        speed, tariff = (
            np.column_stack([draws[f"{what}:{mode}"] for mode in links["mode"]])
            for what in ("speed_kmh", "tariff_usd_km")
        )
        hour = found["hour_usd"]
        at_sea = (links["mode"] == "sea").to_numpy()
        extra = found["usd"] - length * tariff + (found["hours"] - length / speed) * hour[:, None]
        table = pd.DataFrame(
            {
                "corridor_id": name,
                "draw": draws.index,
                "km": length.sum(),
                "hours": found["hours"].sum(axis=1) + switches * found["change_hours"],
                "usd": found["usd"].sum(axis=1) + switches * found["change_usd"],
                "tariff": (length * tariff).sum(axis=1),
                "running": (length / speed).sum(axis=1) * hour,
                "border": extra[:, ~at_sea].sum(axis=1),
                "port": extra[:, at_sea].sum(axis=1),
                "change": switches * found["change_cost"],
            }
        )
        parts.append(table.assign(cost=table[["tariff", "running", "border", "port", "change"]].sum(axis=1)))
    return pd.concat(parts, ignore_index=True)


def least_cost(network: Network, draws: pd.DataFrame, origin: str, destinations: Sequence[str]) -> pd.DataFrame:
    """Return the generalised cost of the cheapest way in every draw: the shipper chooses, knowing the draw.

    The search is the closure of :mod:`railbelt.network.closure`, with costs in the place of minutes and one elimination for all
    draws.

    Parameters
    ----------
    network : Network
        From :func:`corridor_network`.
    draws : DataFrame
        From :func:`draw`.
    origin : str
        A place.
    destinations : sequence of str
        Places.

    Returns
    -------
    DataFrame
        One row a draw, one column a destination: dollars a container (TEU); infinite where no way leads.

    Examples
    --------
    >>> draws = draw(20)
    >>> before, after = (least_cost(corridor_network(day), draws, "Harbin", ["Khabarovsk"]) for day in ("2022-11-15", "2022-11-16"))
    >>> bool((after <= before + 0.01).all().item())
    True
    """
    codes, destinations = network.nodes.index, checks.texts(destinations, "destinations")
    goals = [codes.get_loc(node(network.nodes, d, "destinations")) for d in destinations]
    start = codes.get_loc(node(network.nodes, origin, "origin"))
    graph, elimination = network.graph, network.elimination
    if not graph.served[start]:
        return pd.DataFrame(np.inf, index=draws.index, columns=destinations)
    parts = link_costs(network, draws)
    changes = len(graph.start) - len(network.links)
    edges = np.column_stack([parts["cost"], np.repeat(parts["change_cost"][:, None], changes, axis=1)])
    row = np.empty(graph.count, dtype=np.intp)
    row[elimination.vertices] = np.arange(len(elimination.vertices))
    found = np.full((len(draws), len(goals)), np.inf)
    for i, costs in enumerate(edges):
        full = closure(elimination, costs)
        for j, goal in enumerate(goals):
            if graph.served[goal]:
                found[i, j] = full[np.ix_(row[graph.place[:, start]], row[graph.place[:, goal]])].min()
    return pd.DataFrame(found, index=draws.index, columns=destinations)


def summary(values: pd.Series | FloatArray, level: float = 0.9) -> pd.Series:
    """Return the median of draws with the interval that holds a part of them.

    Examples
    --------
    >>> summary(np.arange(101)).round(6).tolist()
    [50.0, 5.0, 95.0]
    """
    checks.coverage(level)
    values = checks.vector(values, "values")
    if not len(values):
        raise DataError("argument 'values': no draws.")
    quantiles = np.quantile(values, [0.5, (1 - level) / 2, (1 + level) / 2])
    return pd.Series(quantiles, index=["median", "low", "high"])


def drivers(draws: pd.DataFrame, outcome: pd.Series | FloatArray) -> pd.Series:
    """Rank the parameters by what they do to an outcome: squared rank correlations, as parts of their sum.

    Parameters
    ----------
    draws : DataFrame
        From :func:`draw`; parameters are drawn independently.
    outcome : array_like
        One value a draw.

    Returns
    -------
    Series
        Indexed by parameter, the strongest first; adds up to one. Of parameters without any part in the outcome only chance
        correlation is left, about one part in the number of draws.

    Raises
    ------
    ScenarioError
        If the outcome does not vary.

    References
    ----------
    Saltelli, A., et al. (2008). *Global Sensitivity Analysis: The Primer*. Wiley, section 1.2.

    Examples
    --------
    >>> draws = draw(200)
    >>> drivers(draws, draws["toll_usd:heihe_road_bridge"]).index[0]
    'toll_usd:heihe_road_bridge'
    """
    draws = draws.reset_index(drop=True)
    draws = draws.assign(**{name: checks.figures(draws, name, "draws") for name in draws.columns})
    outcome = pd.Series(checks.vector(outcome, "outcome", len(draws)))
    if outcome.nunique() < 2:
        raise ScenarioError("argument 'outcome': it is the same in every draw, so nothing drives it.")
    squared = draws.corrwith(outcome, method="spearman").fillna(0.0) ** 2
    if not squared.sum() > 0:
        raise ScenarioError("argument 'draws': no parameter goes with the outcome.")
    return (squared / squared.sum()).sort_values(ascending=False)
