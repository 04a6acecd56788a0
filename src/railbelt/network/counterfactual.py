"""Which lines might have been open on a day, and what access places would have had: the inputs of recentring."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.catalog import load
from railbelt.errors import DataError, suggest
from railbelt.geography import distance_km
from railbelt.network.lines import KEY, Railways, railways
from railbelt.network.series import access_under
from railbelt.network.travel import Network, Parameters, on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from railbelt._types import FloatArray, IntArray

__all__ = ["RailAccess", "StraightLines", "as_designed", "candidates", "places_of", "rail_access", "straight_lines"]


def places_of(rails: Railways) -> pd.Series:
    """Return the city that each node lies in; a node outside every city stands for itself.

    Examples
    --------
    >>> places_of(railways())["231282"]
    '2312'
    """
    own = pd.Series(rails.nodes.index, index=rails.nodes.index)
    return own if "city_code" not in rails.nodes else rails.nodes.city_code.fillna(own)


def candidates(
    start: str,
    end: str,
    horizon: str,
    rails: Railways | None = None,
    mode: str = "hsr",
    pool: int | None = None,
) -> pd.DataFrame:
    """Return the sections that opened between two days, and like ones that came later.

    A section that stays within one city joins no two of them and is no candidate.

    Parameters
    ----------
    start, end : str
        A section opened after ``start`` and by ``end`` was realised; one that was open by ``start`` is no candidate.
    horizon : str
        Sections expected to open later than this day are no candidates either.
    rails : Railways, optional
        By default China's.
    mode : str
        Of the sections.
    pool : int, optional
        Sections with this many links or more form one group.

    Returns
    -------
    DataFrame
        ``line_id``, ``section``, ``name``, ``opened``, ``realised``, ``links`` (times the section passes from one city to
        another), ``group`` (the links as text), in the order of the railways. For
        :func:`railbelt.models.recentred.recentre`.

    Raises
    ------
    DataError
        If the days are not in order or nothing opened in between.

    Examples
    --------
    >>> found = candidates("2010-11-01", "2020-11-01", "2025-12-31")
    >>> bool(found.realised.any() and not found.realised.all())
    True
    """
    rails = rails or railways()
    if pool is not None:
        checks.whole(pool, "pool", 1)
    first, last, until = (checks.day(day, name) for name, day in (("start", start), ("end", end), ("horizon", horizon)))
    if not first < last <= until:
        raise DataError(f"arguments 'start', 'end', 'horizon': {start}, {end}, {horizon} are not in order.")
    modes = rails.sections["mode"].unique()
    if mode not in modes:
        raise DataError(f"argument 'mode': no section of mode '{mode}'. {suggest(mode, modes)}")
    sections = rails.sections[rails.sections["mode"] == mode]
    sections = sections[(sections.opened > first) & (sections.opened <= until)]
    if not (sections.opened <= last).any():
        raise DataError(f"arguments 'start', 'end': no section of mode '{mode}' opened between {start} and {end}.")
    passed = rails.stops.sort_values([*KEY, "seq"])
    place = passed.node_code.map(places_of(rails))
    changes = (place != place.groupby([passed[k] for k in KEY]).shift()).groupby([passed[k] for k in KEY]).sum() - 1
    found = sections[[*KEY, "name", "opened"]].merge(changes.rename("links"), left_on=KEY, right_index=True)
    found = found[found.links > 0]
    kind = found.links if pool is None else found.links.clip(upper=pool)
    return found.assign(realised=found.opened <= last, group=kind.astype(str)).reset_index(drop=True)[
        [*KEY, "name", "opened", "realised", "links", "group"]
    ]


def as_designed(rails: Railways | None = None) -> Railways:
    """Return the railways with every fast line at the speed that it was designed for, whatever trains did on it.

    Borusyak and Hull (2023) work with these nominal speeds; that trains are slower is part of their ``detour``.

    Examples
    --------
    >>> as_designed().speeds.query("line_id == 'jinghu'").speed_kmh.tolist()
    [350.0, 350.0]
    """
    rails = rails or railways()
    design = load("hsr_lines").set_index(KEY).design_speed_kmh
    known = design.reindex(pd.MultiIndex.from_frame(rails.speeds[KEY])).to_numpy(dtype=float)
    return replace(
        rails, speeds=rails.speeds.assign(speed_kmh=np.where(np.isnan(known), rails.speeds.speed_kmh, known))
    )


@dataclass(frozen=True)
class StraightLines:
    """Access of cities by fast lines or straight roads, for many draws of open sections; made by :func:`straight_lines`.

    Call it with draws of open sections (one in each row, in the order of the candidates) for the growth of log access of
    every city, one draw in each row: an exposure function for :func:`railbelt.models.recentred.recentre`.

    Attributes
    ----------
    minutes : ndarray of float32, shape (cities, cities)
        Shortest times without any candidate.
    section : ndarray of int, shape (links,)
        Candidate that each link belongs to.
    ends : ndarray of int, shape (2, links)
        Cities that it joins.
    link_minutes : ndarray of float32, shape (links,)
        Its time.
    mass : ndarray of float32, shape (cities,)
        Size of each city.
    decay : float
        Access is the sum over cities of ``exp(-decay * minutes) * mass``.

    Examples
    --------
    >>> cities = pd.DataFrame({"lon": [123.4, 126.6], "lat": [41.8, 45.8]}, index=["2101", "2301"])
    >>> lines = candidates("2010-11-01", "2020-11-01", "2025-12-31")
    >>> access = straight_lines(cities, pd.Series({"2101": 8.0, "2301": 10.0}), lines, "2025-12-31")
    >>> access.minutes.shape
    (2, 2)
    """

    minutes: FloatArray
    section: IntArray
    ends: IntArray
    link_minutes: FloatArray
    mass: FloatArray
    decay: float

    def times(self, is_open: ArrayLike) -> FloatArray:
        """Return the shortest times between all cities with some candidates open."""
        used = np.asarray(is_open, dtype=bool)[self.section]
        return _shortened(self.minutes, self.ends[:, used], self.link_minutes[used])

    def access(self, is_open: ArrayLike) -> FloatArray:
        """Return the access of every city with some candidates open."""
        found: FloatArray = np.exp(np.float32(-self.decay) * self.times(is_open)) @ self.mass
        return found

    def __call__(self, draws: ArrayLike) -> FloatArray:
        """Return the growth of log access for each draw."""
        draws = np.asarray(draws, dtype=bool)
        before = np.log(self.access(np.zeros_like(draws[0])))
        # What is open in every draw is built once.
        always = draws.all(axis=0)
        common = replace(self, minutes=self.times(always))
        return np.stack([np.log(common.access(row)) - before for row in draws & ~always])


def _candidates(lines: pd.DataFrame) -> None:
    checks.once(lines, KEY, "lines")
    checks.columns(lines, ["opened"], "lines", filled=True)
    if lines.opened.dtype.kind != "M":
        raise DataError("argument 'lines', column 'opened': not dates. Pass what candidates returned.")


def _shortened(minutes: FloatArray, ends: IntArray, link_minutes: FloatArray) -> FloatArray:
    """Return the shortest times once some links are added to times that are shortest already.

    A trip passes from a new link to another one, or from a road to a new link, at the ends of new links only. Of two
    neighbouring ends it suffices to try one for all pairs of cities (a cover of the links); the others, which have no new
    link among themselves, shorten times of their neighbours only.
    """
    times = minutes.copy()
    a, b = ends
    np.minimum.at(times, (a, b), link_minutes)
    np.minimum.at(times, (b, a), link_minutes)
    near: dict[int, set[int]] = {}
    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    cover: set[int] = set()
    for city in sorted(near, key=lambda city: (-len(near[city]), city)):
        if not near[city] <= cover:
            cover.add(city)
    for city in near.keys() - cover:
        for other in near[city]:
            times[other] = times[:, other] = np.minimum(times[other], times[other, city] + times[city])
    # The sum of a column and a row as the product of two thin matrices: a third of the time of adding them.
    column, row = np.ones((len(times), 2), times.dtype), np.ones((2, len(times)), times.dtype)
    through = np.empty_like(times)
    for city in sorted(cover):
        column[:, 0] = row[1] = times[city]
        np.matmul(column, row, out=through)
        np.minimum(times, through, out=times)
    return times


def straight_lines(
    cities: pd.DataFrame,
    mass: pd.Series,
    lines: pd.DataFrame,
    end: str,
    rails: Railways | None = None,
    mode: str = "hsr",
    road_kmh: float = 100.0,
    detour: float = 1.3,
    decay: float = 0.02,
) -> StraightLines:
    """Set up the access of Borusyak and Hull (2023): fast lines where there are any, straight roads everywhere.

    Roads join all cities in a straight line at one speed. A fast line joins neighbouring cities on its way in the straight
    line times ``detour`` at its speed (for the published design that of :func:`as_designed`). Changes cost nothing.

    Parameters
    ----------
    cities : DataFrame
        Indexed by code: ``lon``, ``lat``.
    mass : Series
        Size of each city, in the order of ``cities``.
    lines : DataFrame
        Of :func:`candidates`.
    end : str
        The speeds are those of this day, or the first of lines that opened later.
    rails, mode
        As in :func:`candidates`. Sections of the mode that were open before any candidate stay open throughout.
    road_kmh, detour, decay : float
        The published values by default.

    Returns
    -------
    StraightLines

    References
    ----------
    Borusyak, K., & Hull, P. (2023). Nonrandom exposure to exogenous shocks. *Econometrica*, 91(6), 2155-2185.

    Examples
    --------
    >>> cities = pd.DataFrame({"lon": [123.4, 126.6], "lat": [41.8, 45.8]}, index=["2101", "2301"])
    >>> lines = candidates("2010-11-01", "2020-11-01", "2025-12-31")
    >>> access = straight_lines(cities, pd.Series({"2101": 8.0, "2301": 10.0}), lines, "2025-12-31")
    >>> bool((access(np.ones((1, len(lines)), dtype=bool)) >= 0).all())
    True
    """
    rails = rails or railways()
    if not mass.index.equals(cities.index) or cities.empty:
        raise DataError("argument 'mass': expected a positive size for each of the cities, in their order.")
    mass = checks.keyed(mass, "mass", positive=True)
    for name, value in (("road_kmh", road_kmh), ("detour", detour), ("decay", decay)):
        checks.number(value, name, 1e-6, 1e6)
    _candidates(lines)
    moment = checks.day(end, "end")
    codes, at = cities.index, checks.degrees(cities, "cities")
    lon, lat = at.lon.to_numpy(), at.lat.to_numpy()
    road = (60 / road_kmh * distance_km(lon[:, None], lat[:, None], lon, lat)).astype(np.float32)
    links = rails.legs[rails.legs["mode"] == mode]
    place = places_of(rails)
    # Stations beyond the cities (county towns outside any of them) are passed through.
    passed = rails.stops.merge(rails.sections.loc[rails.sections["mode"] == mode, [*KEY, "opened"]], on=KEY)
    passed = passed.assign(place=codes.get_indexer(pd.Index(passed.node_code.map(place)))).sort_values([*KEY, "seq"])
    passed = passed[passed.place >= 0]
    following = passed.groupby(KEY).place.shift(-1)
    links = passed.assign(next=following).dropna(subset="next").astype({"next": int})
    links = links[links.place != links.next]
    ordered = rails.speeds.sort_values("from_date", kind="stable", na_position="first")
    current = pd.concat([ordered.drop_duplicates(KEY), ordered[ordered.from_date <= moment]]).drop_duplicates(
        KEY, keep="last"
    )
    links = links.merge(current[[*KEY, "speed_kmh"]], on=KEY)
    number = pd.Series(range(len(lines)), index=pd.MultiIndex.from_frame(lines[KEY]))
    links = links.assign(candidate=number.reindex(pd.MultiIndex.from_frame(links[KEY])).to_numpy())
    a, b = links.place.to_numpy(), links.next.to_numpy()
    minutes = (60 * detour * distance_km(lon[a], lat[a], lon[b], lat[b]) / links.speed_kmh.to_numpy(float)).astype(
        np.float32
    )
    fixed = (links.candidate.isna() & (links.opened < lines.opened.min())).to_numpy()
    drawn = links.candidate.notna().to_numpy()
    sizes = mass.to_numpy(np.float32)
    always = StraightLines(
        road, np.zeros(fixed.sum(), int), np.stack([a[fixed], b[fixed]]), minutes[fixed], sizes, decay
    )
    return StraightLines(
        always.times([True]),
        links.candidate[drawn].to_numpy(int),
        np.stack([a[drawn], b[drawn]]),
        minutes[drawn],
        sizes,
        decay,
    )


@dataclass(frozen=True)
class RailAccess:
    """Access of cities by rail, fast and conventional, for many draws of open sections; made by :func:`rail_access`.

    Call it with draws of open sections (one in each row, in the order of the candidates) for the growth of log access of
    every city in ``cities``, one draw in each row; with several decays for every city under the first of them, then under
    the next (see :meth:`railbelt.models.recentred.Exposure.split`).

    Attributes
    ----------
    network : Network
        With all candidates open.
    lines : DataFrame
        The candidates.
    mass : Series
        Size of each place that can be reached.
    cities : Index
        The places that trains reach without any candidate; the units.
    decay : tuple of float
        Of access with the minutes.

    Examples
    --------
    >>> found = candidates("2010-11-01", "2020-11-01", "2025-12-31")
    >>> growth = rail_access(pd.Series({"2101": 8.0, "2301": 10.0}), found, "2025-12-31")
    >>> growth(found.realised.to_numpy()[None]).shape == (1, len(growth.cities))
    True
    """

    network: Network
    lines: pd.DataFrame
    mass: pd.Series
    cities: pd.Index
    decay: tuple[float, ...]

    def __call__(self, draws: ArrayLike) -> FloatArray:
        """Return the growth of log access for each draw."""
        none = np.zeros((1, len(self.lines)), dtype=bool)
        access = access_under(self.network, self.lines, np.vstack([none, draws]), self.mass, parameter=self.decay)
        logs = np.log(np.hstack([access[one][self.cities] for one in self.decay]))
        growth: FloatArray = logs[1:] - logs[0]
        return growth


def rail_access(
    mass: pd.Series,
    lines: pd.DataFrame,
    end: str,
    rails: Railways | None = None,
    params: Parameters | None = None,
    decay: float | Sequence[float] = 0.02,
) -> RailAccess:
    """Set up access by rail with calibrated travel times, the candidates open or closed.

    Parameters
    ----------
    mass : Series
        Size of each city, by node code. Cities that no train reaches are left out.
    lines : DataFrame
        Of :func:`candidates`.
    end : str
        Speeds, conventional lines and all sections that are no candidates are those of this day; candidates that opened
        later have their first speed.
    rails, params
        As in :func:`~railbelt.network.travel.on`.
    decay : float or sequence of float
        Per minute. Several decays share the search for the shortest times.

    Returns
    -------
    RailAccess

    Examples
    --------
    >>> lines = candidates("2010-11-01", "2020-11-01", "2025-12-31")
    >>> growth = rail_access(pd.Series({"2101": 8.0, "2301": 10.0}), lines, "2025-12-31")
    >>> none, all_open = (growth(np.full((1, len(lines)), value)) for value in (False, True))
    >>> bool((all_open >= none - 1e-6).all())
    True
    """
    rails = rails or railways()
    moment = checks.day(end, "end")
    _candidates(lines)
    mass = checks.keyed(mass, "mass")
    keys = pd.MultiIndex.from_frame(lines[KEY])
    drawn = pd.MultiIndex.from_frame(rails.sections[KEY]).isin(keys)
    opened = rails.sections.opened.astype("datetime64[ns]")
    early = rails.sections.assign(opened=opened.mask(drawn & ~(opened <= moment), moment))
    network = on(end, replace(rails, sections=early), params)
    without = network.links[~pd.MultiIndex.from_frame(network.links[KEY]).isin(keys)]
    reached = set(without.from_node) | set(without.to_node)
    served = set(network.links.from_node) | set(network.links.to_node)
    decays = tuple(checks.vector(np.atleast_1d(decay), "decay", positive=True).tolist())
    if not decays or len(set(decays)) < len(decays) or not mass.index.isin(reached).any():
        raise DataError("arguments 'decay' and 'mass': no decay, the same one twice, or no city that a train reaches.")
    return RailAccess(network, lines, mass[mass.index.isin(served)], mass.index[mass.index.isin(reached)], decays)
