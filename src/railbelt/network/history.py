"""The network through time: kilometres and cities by region and year, who was late, whose lines raised whose access.

Regions are given as a Series from node code to name, so that a province, a macro-region or a corridor can be one. A *section*
crosses regions leg by leg; half of a leg belongs to the region at each of its ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.catalog import load
from railbelt.errors import DataError, suggest
from railbelt.geography import projected
from railbelt.network.access import market_access
from railbelt.network.edits import open_line
from railbelt.network.lines import KEY, Railways
from railbelt.network.series import access_under
from railbelt.network.travel import Network, on, parameters, travel_times

if TYPE_CHECKING:
    import geopandas as gpd

    from railbelt._types import BoolArray

__all__ = [
    "access_by_year",
    "access_growth",
    "access_inequality",
    "cities_served",
    "first_service",
    "lag_years",
    "length_open",
    "networks_by_year",
    "node_regions",
    "plan_gains",
    "residents",
    "times_by_year",
    "tracks",
    "year_end",
]


def year_end(year: int) -> str:
    """Return the last day of a year as the functions here write it.

    Examples
    --------
    >>> year_end(2012)
    '2012-12-31'
    """
    return f"{checks.whole(year, 'year', 1678, 2261)}-12-31"


def networks_by_year(rails: Railways, years: Sequence[int]) -> dict[int, Network]:
    """Return the network of the last day of each year, on which the series of this module are computed.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> list(networks_by_year(railways(), [2003, 2012]))
    [2003, 2012]
    """
    params = parameters()
    found = {
        checks.whole(year, "years", 1678, 2261): on(year_end(year), rails, params)
        for year in checks.texts(years, "years")
    }
    if not found:
        raise DataError("argument 'years': name at least one.")
    return found


def node_regions(rails: Railways, column: str = "macro_region") -> pd.Series:
    """Return the region of every node, from the table of provinces.

    Parameters
    ----------
    rails : Railways
        With nodes coded as the tables of the project code them: the province first.
    column : str
        Of the table ``provinces``: ``"macro_region"`` or ``"name_en"``.

    Returns
    -------
    Series
        By node code; missing for Hong Kong.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> node_regions(railways())[["2301", "3100"]].tolist()
    ['Northeast', 'East']
    """
    provinces = load("provinces").set_index("province_code")
    checks.columns(provinces, [column], "provinces")
    names = provinces[column]
    return pd.Series(rails.nodes.index.str[:2].map(names.to_dict()), index=rails.nodes.index, name=column)


def residents(rails: Railways, year: int = 2010) -> pd.Series:
    """Return the residents of the prefectures that are nodes, from a census, in units of 10,000.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> round(float(residents(railways())["2301"]))
    1064
    """
    census = load("city_census")
    people = census[census.year == year].set_index("city_code").population_10k.astype(float)
    if people.empty:
        raise DataError(f"argument 'year': no census in {year}. {suggest(str(year), census.year.astype(str).unique())}")
    return people[people.index.isin(rails.nodes.index)].rename("residents_10k")


def tracks(rails: Railways, crs: str, mode: str = "hsr") -> gpd.GeoDataFrame:
    """Return the legs of the sections of one mode as straight lines, with their opening days.

    Parameters
    ----------
    rails : Railways
    crs : str
        Projection, for instance :data:`railbelt.geography.NORTHEAST`.
    mode : str

    Returns
    -------
    GeoDataFrame
        ``line_id``, ``section``, ``opened`` and the geometry in metres of the projection.

    Examples
    --------
    >>> from railbelt.geography import NORTHEAST
    >>> from railbelt.network import railways
    >>> bool((tracks(railways(), NORTHEAST).geometry.length > 0).all())
    True
    """
    import geopandas as gpd
    import shapely

    sections = rails.sections.loc[rails.sections["mode"] == mode, [*KEY, "opened"]]
    legs = rails.legs[[*KEY, "from_node", "to_node"]].merge(sections, on=KEY)
    ends = [rails.nodes.loc[legs[end], ["lon", "lat"]].to_numpy() for end in ("from_node", "to_node")]
    lines = shapely.linestrings(np.stack(ends, axis=1))
    return projected(gpd.GeoDataFrame(legs[[*KEY, "opened"]], geometry=lines, crs="EPSG:4326"), crs)


def length_open(
    networks: Mapping[int, Network], region: pd.Series, mode: str = "hsr", at_least_kmh: float = 0.0
) -> pd.DataFrame:
    """Return the length of line open at the end of each year, by region.

    Parameters
    ----------
    networks : mapping of int to Network
        By year, from :func:`networks_by_year`.
    region : Series
        Region of a node, by node code; nodes without one are left out.
    mode : str
        Mode of the sections counted.
    at_least_kmh : float
        Only sections with this operating speed or more on the day.

    Returns
    -------
    DataFrame
        Kilometres, years by regions.

    Raises
    ------
    DataError
        If no node has a region.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> rails = railways()
    >>> all_one = pd.Series("China", index=rails.nodes.index)
    >>> bool(length_open(networks_by_year(rails, [2008, 2024]), all_one).China.is_monotonic_increasing)
    True
    """
    found = {}
    for year, network in networks.items():
        _known(network, region)
        links = _fast(network, mode, at_least_kmh)
        ends = pd.concat([links.from_node, links.to_node]).map(region)
        found[year] = pd.concat([links.length_km, links.length_km]).div(2).groupby(ends.to_numpy()).sum()
    names = list(dict.fromkeys(region.dropna()))
    return pd.DataFrame(found).T.rename_axis("year").reindex(columns=names, fill_value=0).fillna(0.0)


def cities_served(networks: Mapping[int, Network], mode: str = "hsr", at_least_kmh: float = 0.0) -> pd.DataFrame:
    """Return whether a prefecture has a stop on an open line at the end of each year.

    A stop in a county of the prefecture counts.

    Parameters
    ----------
    networks : mapping of int to Network
        By year, with ``nodes.city_code``.
    mode, at_least_kmh
        As in :func:`length_open`.

    Returns
    -------
    DataFrame of bool
        Years by city codes.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> cities_served(networks_by_year(railways(), [2012, 2021]))["2308"].tolist()
    [False, True]
    """
    _given(networks)
    city = pd.concat([network.nodes.city_code for network in networks.values()])
    city = city[~city.index.duplicated()]
    codes = pd.Index(sorted(city.dropna().unique()), name="city_code")
    rows = {}
    for year, network in networks.items():
        links = _fast(network, mode, at_least_kmh)
        rows[year] = codes.isin(pd.concat([links.from_node, links.to_node]).map(city).dropna().unique())
    return pd.DataFrame(rows, index=codes).T.rename_axis("year")


def first_service(rails: Railways, region: pd.Series, at_least_kmh: float = 200.0, mode: str = "hsr") -> pd.DataFrame:
    """Return the first day with trains at some speed in each region, and the line.

    Parameters
    ----------
    rails : Railways
    region : Series
        Region of a node, by node code.
    at_least_kmh : float
        Operating speed that counts.
    mode : str

    Returns
    -------
    DataFrame
        Indexed by region: ``day``, ``line_id``, ``section``. Regions without such a line are missing. A section counts for every
        region in which one of its nodes lies.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> rails = railways()
    >>> first_service(rails, rails.nodes.city_code.str[:2], 300).loc["23", "line_id"]
    'hada'
    """
    _known(rails, region)
    at_least_kmh = checks.number(at_least_kmh, "at_least_kmh")
    sections = rails.sections[rails.sections["mode"] == mode]
    speeds = rails.speeds.merge(sections[[*KEY, "opened"]], on=KEY)
    fast = speeds[speeds.speed_kmh >= at_least_kmh]
    fast = fast.assign(day=fast[["from_date", "opened"]].max(axis=1)).dropna(subset="day")
    legs = rails.legs.merge(fast.sort_values("day").drop_duplicates(KEY)[[*KEY, "day"]], on=KEY)
    ends = pd.concat([legs.assign(region=legs[end].map(region)) for end in ("from_node", "to_node")]).dropna(
        subset="region"
    )
    return ends.sort_values(["day", *KEY]).drop_duplicates("region").set_index("region")[["day", *KEY]]


def lag_years(levels: pd.DataFrame, place: str, reference: str) -> pd.Series:
    """Return how many years earlier the reference stood where the place stands.

    Between year-ends the reference is interpolated.

    Parameters
    ----------
    levels : DataFrame
        Years (index, rising) by places: something that grows, for instance kilometres a head.
    place, reference : str
        Columns.

    Returns
    -------
    Series
        Years, by year; negative where the reference reached the level later. Missing where the place is at zero, or where
        the reference has not reached its level by the last year.

    Raises
    ------
    DataError
        If a column is unknown or the years do not rise.

    Examples
    --------
    >>> levels = pd.DataFrame({"late": [0.0, 1.0, 2.0], "early": [1.0, 2.0, 3.0]}, index=[2010, 2011, 2012])
    >>> lag_years(levels, "late", "early").tolist()
    [nan, 1.0, 1.0]
    """
    for argument, column in (("place", place), ("reference", reference)):
        if column not in levels:
            raise DataError(f"argument '{argument}': no column '{column}'. {suggest(column, levels.columns)}")
    levels = levels.assign(**{c: checks.figures(levels, c, "levels") for c in (place, reference)})
    years = checks.vector(levels.index, "levels")
    if levels.empty or (np.diff(years) <= 0).any():
        raise DataError("argument 'levels': the years of the index must rise.")
    reached = np.maximum.accumulate(levels[reference].to_numpy(dtype=float))
    found = []
    for year, level in zip(years, levels[place].to_numpy(dtype=float), strict=True):
        at = int(np.searchsorted(reached, level))
        if not level > 0 or at == len(reached):
            found.append(np.nan)
        elif at == 0:
            found.append(year - years[0])
        else:
            share = (level - reached[at - 1]) / (reached[at] - reached[at - 1])
            found.append(year - (years[at - 1] + share * (years[at] - years[at - 1])))
    return pd.Series(found, index=levels.index, name="lag_years")


def times_by_year(networks: Mapping[int, Network], origins: Sequence[str], destinations: Sequence[str]) -> pd.DataFrame:
    """Return the travel times of many places on the network of each year-end.

    Parameters
    ----------
    networks : mapping of int to Network
        By year.
    origins, destinations : sequence of str
        Node codes.

    Returns
    -------
    DataFrame
        Minutes: rows ``(year, origin)``, one column a destination; ``inf`` where no train leads.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> found = times_by_year(networks_by_year(railways(), [2007, 2025]), ["2308"], ["1100"])["1100"]
    >>> bool(found[2025, "2308"] < found[2007, "2308"])
    True
    """
    _given(networks)
    parts = {year: travel_times(network, origins, destinations) for year, network in networks.items()}
    return pd.concat(parts, names=["year", "origin"])


def access_by_year(
    networks: Mapping[int, Network], mass: pd.Series, decay: str = "exponential", parameter: float = 0.02
) -> pd.DataFrame:
    """Return the market access of every node with mass on the network of each year-end.

    Parameters
    ----------
    networks : mapping of int to Network
        By year.
    mass : Series
        By node code, the same in all years.
    decay, parameter
        As in :func:`~railbelt.network.access.market_access`.

    Returns
    -------
    DataFrame
        Units of mass, nodes by years.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> found = access_by_year(networks_by_year(railways(), [2003, 2025]), pd.Series({"2101": 8.0, "2301": 10.0}))
    >>> bool((found[2025] > found[2003]).all())
    True
    """
    found = {}
    for year, network in networks.items():
        times = travel_times(network, list(mass.index), list(mass.index))
        found[year] = market_access(times, mass, decay, parameter)
    return pd.DataFrame(found).rename_axis("node_code")


def access_growth(
    rails: Railways,
    start: str,
    end: str,
    mass: pd.Series,
    region: pd.Series,
    decay: str = "exponential",
    parameter: float = 0.02,
) -> pd.DataFrame:
    """Split the growth of market access into lines built at home, lines built elsewhere, and everything else.

    The high-speed sections opened between two days are taken out of the network of the second day, those of the origin's own
    region and the others, one group at a time and together. Each group is credited with the mean of what it adds first and
    what it adds last (its Shapley value), so that the parts add up. What is left, the same rails with other trains, is the
    difference between the first day and the second one without the new sections.

    Parameters
    ----------
    rails : Railways
    start, end : str
        ISO days.
    mass : Series
        By node code; nodes that no line serves on the second day are left out.
    region : Series
        Region of a node, by node code. A section is at home in every region in which one of its nodes lies.
    decay, parameter
        As in :func:`~railbelt.network.access.market_access`.

    Returns
    -------
    DataFrame
        Indexed by node code: ``region``, ``home``, ``elsewhere``, ``trains`` and their sum ``growth``, in log points.

    References
    ----------
    Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified framework based on the Shapley
    value. *Journal of Economic Inequality*, 11(1), 99-126.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> rails = railways()
    >>> province = rails.nodes.city_code.str[:2]
    >>> found = access_growth(rails, "2012-01-01", "2012-12-31", pd.Series({"2101": 8.0, "2301": 10.0}), province)
    >>> bool((found.home > 0).all())
    True
    """
    _known(rails, region)
    before, after = on(start, rails), on(end, rails)
    mass = _served(after, mass)
    opened = rails.sections[
        (rails.sections["mode"] == "hsr")
        & (rails.sections.opened > pd.Timestamp(start))
        & (rails.sections.opened <= pd.Timestamp(end))
    ]
    linked = after.links[KEY].drop_duplicates()
    opened = opened[KEY].merge(linked, on=KEY)
    regions = list(dict.fromkeys(region.reindex(mass.index).dropna()))
    at_home = _at_home(rails, opened, region, regions)
    draws = np.vstack([np.zeros(len(opened), bool), np.ones(len(opened), bool), at_home, ~at_home])
    under = access_under(after, opened, draws, mass, decay, parameter)
    codes = [code for code in mass.index if region.get(code) in regions]
    first = np.log(
        market_access(travel_times(before, codes, list(mass.index)), mass, decay, parameter).to_numpy(dtype=float)
    )
    checks.sound(first, "'mass' and 'region'")
    which = np.array([regions.index(region[code]) for code in codes], dtype=int)
    column = under.columns.get_indexer(pd.Index(codes))
    values = np.log(under.to_numpy(dtype=float))
    checks.sound(values[:, column], "'mass' and 'region'")
    none, full = values[0, column], values[1, column]
    home_only, other_only = values[2 + which, column], values[2 + len(regions) + which, column]
    home = ((home_only - none) + (full - other_only)) / 2
    elsewhere = ((other_only - none) + (full - home_only)) / 2
    return pd.DataFrame(
        {
            "region": [region[code] for code in codes],
            "home": home,
            "elsewhere": elsewhere,
            "trains": none - first,
            "growth": full - first,
        },
        index=pd.Index(codes, name="node_code"),
    )


def access_inequality(access: pd.DataFrame, people: pd.Series, group: pd.Series) -> pd.DataFrame:
    """Return the Theil index of access over residents, between and within groups.

    Every resident counts once with the access of the place of residence.

    Parameters
    ----------
    access : DataFrame
        Positive, places by years.
    people : Series
        Residents by place.
    group : Series
        Group by place.

    Returns
    -------
    DataFrame
        Years by ``theil``, ``between`` and ``within`` (they add up; 0 is equality).

    References
    ----------
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. *Econometrica*, 48(3), 613-625.

    Examples
    --------
    >>> access = pd.DataFrame({2003: [1.0, 1.0, 1.0], 2025: [2.0, 4.0, 4.0]}, index=list("abc"))
    >>> people, group = pd.Series([2.0, 1.0, 1.0], index=list("abc")), pd.Series(["x", "y", "y"], index=list("abc"))
    >>> access_inequality(access, people, group).round(3).to_numpy().tolist()
    [[0.0, 0.0, 0.0], [0.057, 0.057, 0.0]]
    """
    if access.empty or group.index.has_duplicates or group.reindex(access.index).isna().any():
        raise DataError("arguments 'access' and 'group': no place, one without a group, or one with two.")
    checks.columns(access, list(access.columns), "access")
    people = checks.keyed(people, "people", access.index, positive=True)
    access = pd.DataFrame({year: checks.keyed(access[year], "access", positive=True) for year in access})
    group = group.reindex(access.index)
    share = people / people.sum()
    held = access.mul(share, axis=0)
    held = held / held.sum()
    whole = (held * np.log(held.div(share, axis=0))).sum()
    held, share = held.groupby(group).sum(), share.groupby(group).sum()
    between = (held * np.log(held.div(share, axis=0))).sum()
    found = pd.DataFrame({"theil": whole, "between": between, "within": whole - between})
    return found.rename_axis("year").clip(lower=0)


def plan_gains(
    rails: Railways,
    plans: Mapping[str, Sequence[str]],
    today: str,
    mass: pd.Series,
    homes: Sequence[str],
    decay: str = "exponential",
    parameter: float = 0.02,
    noticed: float = 0.01,
) -> pd.DataFrame:
    """Rank planned lines by what each brings to a group of places.

    Each plan is opened on the network of today: alone, and last after all the others named. Speeds of a line not yet open are
    its design speeds.

    Parameters
    ----------
    rails : Railways
    plans : mapping of str to sequence of str
        Name of a plan and its ``line_id``; lines open after ``today``, each with all its sections.
    today : str
        ISO day of the network to which they are added.
    mass : Series
        By node code, fixed; nodes that no line serves today are left out.
    homes : sequence of str
        Nodes for which gains are counted.
    decay, parameter
        As in :func:`~railbelt.network.access.market_access`.
    noticed : float
        A place gains if its access rises by this share or more.

    Returns
    -------
    DataFrame
        Indexed by plan, best first: ``length_km``; ``alone`` and ``last``, the mean gain of access over the homes weighted by
        mass, in log points; ``per_100km``, the first divided by length; ``cities``, the number of homes that gain; ``overtaken``,
        the number of homes that lose rank among all nodes with mass, and ``loser``, the one that loses most places.

    Raises
    ------
    ScenarioError
        If a line is unknown or open already.

    Examples
    --------
    >>> from railbelt.network import railways
    >>> mass = pd.Series({"2301": 10.0, "2307": 1.0, "2101": 8.0})
    >>> plan_gains(railways(), {"Harbin-Yichun": ["hatie", "tieyi"]}, "2025-12-31", mass, ["2307"]).cities.tolist()
    [1]
    """
    plans, noticed = checks.lists(plans, "plans"), checks.number(noticed, "noticed", 0, 1e6)
    wanted = [line for lines in plans.values() for line in lines]
    early = rails
    for line in wanted:
        early = open_line(early, line, today)
    network = on(today, early)
    columns = rails.sections.loc[(rails.sections["mode"] == "hsr") & rails.sections.line_id.isin(wanted), KEY]
    columns = columns[~columns.set_index(KEY).index.isin(on(today, rails).links.set_index(KEY).index)]
    mass = _served(on(today, rails), mass)
    homes = [code for code in checks.texts(homes, "homes") if code in mass.index]
    if not homes or not wanted or not all(plans.values()):
        raise DataError("arguments 'plans' and 'homes': a plan without a line, or no home with mass and trains today.")
    of_plan = np.array([columns.line_id.isin(lines).to_numpy() for lines in plans.values()])
    draws = np.vstack([np.zeros(len(columns), bool), np.ones(len(columns), bool), of_plan, ~of_plan])
    under = access_under(network, columns, draws, mass, decay, parameter)
    logs = np.log(under[homes].to_numpy(dtype=float))
    weight = (mass[homes] / mass[homes].sum()).to_numpy(dtype=float)
    ranks = under.rank(axis=1, ascending=False, method="min")[homes].to_numpy()
    n = len(plans)
    fall = ranks[2 : 2 + n] - ranks[0]
    losers = [homes[i] if lost[i] > 0 else None for lost, i in zip(fall, fall.argmax(axis=1), strict=True)]
    alone, last = logs[2 : 2 + n] - logs[0], logs[1] - logs[2 + n :]
    built = network.links.merge(columns, on=KEY)
    length = np.array([built.length_km[built.line_id.isin(lines)].sum() for lines in plans.values()])
    return pd.DataFrame(
        {
            "length_km": length,
            "alone": alone @ weight,
            "last": last @ weight,
            "per_100km": 100 * (alone @ weight) / length,
            "cities": (alone >= np.log1p(noticed)).sum(axis=1),
            "overtaken": (fall > 0).sum(axis=1),
            "loser": losers,
        },
        index=pd.Index(list(plans), name="plan"),
    ).sort_values("alone", ascending=False)


def _given(networks: Mapping[int, Network]) -> None:
    if not networks:
        raise DataError("argument 'networks': none. Take them from networks_by_year.")


def _fast(network: Network, mode: str, at_least_kmh: float) -> pd.DataFrame:
    """Return the links of one mode with some operating speed."""
    links, at_least_kmh = network.links, checks.number(at_least_kmh, "at_least_kmh")
    return links[(links["mode"] == mode) & (links.speed_kmh >= at_least_kmh)]


def _known(rails: Railways | Network, region: pd.Series) -> None:
    if region.index.has_duplicates or not region.reindex(rails.nodes.index).notna().any():
        raise DataError(
            "argument 'region': no node of the railways has a region, or one has two. Index it by node code."
        )
    if region.dropna().map(type).nunique() > 1:
        raise DataError("argument 'region': some regions are texts and some are not.")


def _served(network: Network, mass: pd.Series) -> pd.Series:
    """Return the masses of the nodes that a line serves."""
    linked = set(network.links.from_node) | set(network.links.to_node)
    return mass[mass.index.isin(linked)]


def _at_home(rails: Railways, sections: pd.DataFrame, region: pd.Series, regions: Sequence[str]) -> BoolArray:
    """Return, regions by sections, whether a node of the section lies in the region."""
    ends = rails.legs.merge(sections, on=KEY)
    places = pd.concat([ends.assign(at=ends.from_node), ends.assign(at=ends.to_node)])
    places = places.assign(at=places["at"].map(region)).dropna(subset="at")[[*KEY, "at"]].drop_duplicates()
    keys = pd.MultiIndex.from_frame(sections[KEY])
    found = [keys.isin(pd.MultiIndex.from_frame(places[places["at"] == name][KEY])) for name in regions]
    return np.array(found, dtype=bool).reshape(len(regions), len(keys))
