"""The idea of the megalopolis as measurements: who belongs, how much, and which criteria that meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from railbelt import checks
from railbelt.errors import DataError, suggest
from railbelt.models.citysystems import corridor, primacy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["AT_MOST", "cluster_lists", "measure", "metropolitan_areas", "scorecard", "trips", "weight"]

AT_MOST = ("P3", "K1", "N3")
"""Criteria that ask for a value of at most the threshold; the others ask for at least."""

DELTA = {
    "2016": ["yrd 2016 and 2019 centre"],
    "centre": ["yrd 2016 and 2019 centre", "yrd 2019 centre only"],
    "whole": ["yrd 2016 and 2019 centre", "yrd 2019 centre only", "yrd 2019 outer"],
}
"""Scopes of the table ``cluster_members`` that make up the Yangtze delta: 26 cities, 27, or 41."""


def cluster_lists(members: pd.DataFrame, delta: str = "centre", partial: bool = True) -> dict[str, list[str]]:
    """Return the prefectures of each city cluster of China, on one definition.

    Clusters overlap: sixteen prefectures belong to two, so sums over clusters count them twice, and totals need the union.
    Counties that belong without their prefecture, and Hong Kong and Macao, have no prefecture code and are left out.

    Parameters
    ----------
    members : DataFrame
        The table ``cluster_members``.
    delta : {"centre", "2016", "whole"}
        Which Yangtze delta: the 27 cities of the centre in the outline of 2019, the 26 of the plan of 2016, or all 41.
    partial : bool
        Whether prefectures that belong in part are counted whole or left out.

    Returns
    -------
    dict of str to list of str
        Codes by cluster.

    Raises
    ------
    DataError
        If the delta is unknown.

    Examples
    --------
    >>> from railbelt import load
    >>> [len(cluster_lists(load("cluster_members"), delta)["YRD"]) for delta in ("2016", "centre", "whole")]
    [26, 27, 41]
    """
    if delta not in DELTA:
        raise DataError(f"argument 'delta': no delta '{delta}'. {suggest(delta, DELTA)}")
    checks.columns(members, ["cluster_id", "scope", "coverage"], "members", filled=True)
    checks.columns(members, ["city_code"], "members")
    scopes = ["plan", "prd", *DELTA[delta]]
    listed = members[members.scope.isin(scopes) & members.city_code.notna()]
    if not partial:
        listed = listed[listed.coverage == "whole"]
    return {str(cluster): rows.city_code.unique().tolist() for cluster, rows in listed.groupby("cluster_id")}


def metropolitan_areas(counties: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Add counties up to metropolitan areas on constant boundaries.

    Parameters
    ----------
    counties : DataFrame
        ``fips``, ``metro``, ``lon``, ``lat``, ``area_km2``.
    population : DataFrame
        ``fips``, ``year``, ``population``.

    Returns
    -------
    DataFrame
        Indexed by ``year`` and ``metro``: ``people``, ``area_km2`` (of all counties of the area, in every year), ``lon`` and
        ``lat`` of the mean resident.

    Raises
    ------
    DataError
        If a county stands twice or a figure is missing or not positive.

    Examples
    --------
    >>> from railbelt import load
    >>> areas = metropolitan_areas(load("us_counties"), load("us_county_population"))
    >>> int(areas.people.xs("Boston-Cambridge-Newton", level="metro")[2020])
    4941632
    """
    checks.columns(counties, ["metro"], "counties")
    checks.once(counties, ["fips"], "counties")
    checks.once(population, ["fips", "year"], "population")
    at = checks.degrees(counties, "counties")
    counties = counties.assign(lon=at.lon, lat=at.lat, area_km2=checks.figures(counties, "area_km2", "counties", True))
    at = counties.set_index("fips")[["metro", "lon", "lat"]].reindex(population.fips)
    residents = checks.figures(population, "population", "population", positive=True)
    both = population.assign(
        population=residents, **{name: at[name].to_numpy() for name in ("metro", "lon", "lat")}
    ).dropna(subset="metro")
    both = both.assign(people=both.population, lon=both.lon * both.population, lat=both.lat * both.population)
    sums = both.groupby(["year", "metro"])[["people", "lon", "lat"]].sum()
    area = counties.groupby("metro").area_km2.sum()
    return sums.assign(
        lon=sums.lon / sums.people,
        lat=sums.lat / sums.people,
        area_km2=area.reindex(sums.index.get_level_values("metro")).to_numpy(),
    )


def weight(values: pd.Series, clusters: Mapping[str, Sequence[str]], total: float) -> pd.Series:
    """Return the part of a total that each cluster makes up, and their union with every place counted once.

    Parameters
    ----------
    values : Series
        By place; places without a value count nothing.
    clusters : mapping of str to sequence of str
        Places of each cluster.
    total : float
        Of the nation, in the unit of the values.

    Returns
    -------
    Series
        By cluster, and ``"together"``; between 0 and 1.

    Examples
    --------
    >>> weight(pd.Series({"a": 1.0, "b": 2.0}), {"x": ["a", "b"], "y": ["b"]}, 10).tolist()
    [0.3, 0.2, 0.3]
    """
    values, clusters = checks.keyed(values, "values", missing=True), checks.lists(clusters, "clusters")
    union = list(dict.fromkeys(place for places in clusters.values() for place in places))
    checks.number(total, "total", max(float(values.reindex(union).sum()), 1e-18))
    parts = {name: values.reindex(places).sum() / total for name, places in clusters.items()}
    return pd.Series({**parts, "together": values.reindex(union).sum() / total}, dtype=float)


def measure(
    places: pd.DataFrame,
    nation: Mapping[str, float],
    area_km2: float | None = None,
    centre_floor: float = 5e5,
    core_floor: float = 1e6,
) -> pd.Series:
    """Measure a region against the criteria of the table ``gottmann_criteria`` that its places allow.

    Parameters
    ----------
    places : DataFrame
        One row a place: ``people``, ``lon``, ``lat``; optionally ``output``, ``urban`` (people in towns) with ``counted`` (all
        people of the same census, where ``urban`` is known), and ``containers``.
    nation : mapping
        ``people`` and ``area_km2``; ``output`` and ``containers`` where the places have them.
    area_km2 : float, optional
        Area of the region; without it there is no density.
    centre_floor : float
        People from which a place counts as a centre of the belt (gap and form).
    core_floor : float
        People (urban ones, where known) from which it counts as a core.

    Returns
    -------
    Series
        By criterion; NaN where something is missing: ``G1`` million people, ``G2`` people per km2, ``G6`` density over that
        of the nation, ``G3`` cores, ``P3`` first place over second by people, ``K1`` longest gap in km, ``K2`` part of the
        tree of centres on its longest path, ``K3`` product per head over that of the nation, ``G4`` share of containers over
        share of people, ``C2`` urban share in percent, ``C3`` share of the first place in the region's output in percent.

    Examples
    --------
    >>> places = pd.DataFrame({"people": [3e6, 1.5e6], "lon": [0.0, 1.0], "lat": [0.0, 0.0]})
    >>> measure(places, {"people": 100e6, "area_km2": 1e6}, area_km2=1e4)[["G1", "G2", "P3"]].tolist()
    [4.5, 450.0, 2.0]
    """
    held = [name for name in ("output", "containers") if name in places]
    checks.complete(nation, dict.fromkeys(["people", "area_km2", *held], (1e-9, 1e18)))
    if area_km2 is not None:
        checks.number(area_km2, "area_km2", 1e-9, 1e18)
    for name, floor in (("centre_floor", centre_floor), ("core_floor", core_floor)):
        checks.number(floor, name)
    places = places.reset_index(drop=True)
    at = checks.degrees(places, "places")
    places = places.assign(lon=at.lon, lat=at.lat, people=checks.figures(places, "people", "places", positive=True))
    held += ["urban", "counted"] if "urban" in places else []
    places = places.assign(**{name: checks.figures(places, name, "places", missing=True) for name in held})
    if (places[held] < 0).any(axis=None) or (
        "urban" in held and (places.urban.notna() & ~(places.urban <= places.counted)).any()
    ):
        raise DataError(f"argument 'places': {', '.join(held)}: below zero, or more people in towns than counted.")
    people = float(places.people.sum())
    share = people / nation["people"]
    centres = places[places.people >= centre_floor]
    form = corridor(centres.lon, centres.lat) if len(centres) > 1 else {"longest_gap_km": np.nan, "linearity": np.nan}
    known = places.dropna(subset="urban") if "urban" in places else places.iloc[:0]
    cores = places.urban.fillna(places.people) if "urban" in places else places.people
    output = places.output.dropna() if "output" in places else pd.Series(dtype=float)
    found = {
        "G1": people / 1e6,
        "G2": people / area_km2 if area_km2 is not None else np.nan,
        "G6": share / (area_km2 / nation["area_km2"]) if area_km2 is not None else np.nan,
        "G3": float((cores >= core_floor).sum()),
        "P3": primacy(places.people).first_to_second if len(places) > 1 else np.nan,
        "K1": form["longest_gap_km"],
        "K2": form["linearity"],
        "K3": output.sum() / nation["output"] / (places.people[output.index].sum() / nation["people"])
        if len(output)
        else np.nan,
        "G4": places.containers.sum() / nation["containers"] / share if "containers" in places else np.nan,
        "C2": 100 * known.urban.sum() / known.counted.sum() if len(known) and known.counted.sum() > 0 else np.nan,
        "C3": 100 * output.max() / output.sum() if len(output) > 1 and output.sum() > 0 else np.nan,
    }
    return pd.Series(found)


def trips(times: pd.DataFrame, clusters: Mapping[str, Sequence[str]], mass: pd.Series) -> pd.DataFrame:
    """Return the train trips inside each cluster.

    Parameters
    ----------
    times : DataFrame
        Minutes between places; ``inf`` where there is no way.
    clusters : mapping of str to sequence of str
        Places of each cluster; those without a railway are left out, and counted.
    mass : Series
        People by place.

    Returns
    -------
    DataFrame
        By cluster: ``mean`` (between two residents of different places, of the pairs with a way), ``longest``, ``joined`` (share
        of pairs of residents with a way at all) and ``off_rail`` (places without a railway).

    Examples
    --------
    >>> times = pd.DataFrame([[0.0, 40.0], [40.0, 0.0]], list("ab"), list("ab"))
    >>> trips(times, {"x": ["a", "b", "c"]}, pd.Series(1.0, list("abc"))).loc["x"].tolist()
    [40.0, 40.0, 1.0, 1.0]
    """
    checks.square(times)
    mass = checks.keyed(mass, "mass")
    rows = {}
    for cluster, members in checks.lists(clusters, "clusters").items():
        inside = [place for place in members if place in times.index and place in mass.index]
        block = times.loc[inside, inside].to_numpy(dtype=float)
        pair = np.outer(mass[inside], mass[inside]) * ~np.eye(len(inside), dtype=bool)
        way = np.isfinite(block) & (pair > 0)
        rows[cluster] = {
            "mean": (block[way] * pair[way]).sum() / pair[way].sum() if way.any() else np.nan,
            "longest": float(block[pair > 0].max()) if pair.any() else np.nan,
            "joined": pair[way].sum() / pair.sum() if pair.any() else np.nan,
            "off_rail": float(len(members) - len(inside)),
        }
    columns = ["mean", "longest", "joined", "off_rail"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("cluster")


def scorecard(measured: pd.DataFrame, criteria: pd.DataFrame, base: str = "base") -> pd.DataFrame:
    """Judge measurements by the thresholds, say how far each is from its threshold, and whether the definition decides.

    Parameters
    ----------
    measured : DataFrame
        ``region``, ``variant`` (one is ``base``), ``criterion``, ``value``; a missing value is not judged.
    criteria : DataFrame
        The table ``gottmann_criteria``: ``criterion_id`` and ``threshold``.
    base : str
        The variant whose value and verdict are shown.

    Returns
    -------
    DataFrame
        One row a region and criterion: ``value``, ``threshold``, ``margin`` (value over threshold, or threshold over value for
        the criteria of :data:`AT_MOST`, infinite where that value is zero; one and more passes), ``verdict`` (``"pass"``,
        ``"fail"`` or ``"no data"``), ``variants`` (number judged), ``passing`` (part of them that pass) and ``depends`` (not all
        variants agree).

    Raises
    ------
    DataError
        If a criterion has no threshold, or a region no row of the base.

    Examples
    --------
    >>> rows = pd.DataFrame({"region": "x", "variant": ["base", "wide"], "criterion": "G1", "value": [20.0, 30.0]})
    >>> found = scorecard(rows, pd.DataFrame({"criterion_id": ["G1"], "threshold": [25.0]})).iloc[0]
    >>> found.verdict, float(found.margin), bool(found.depends)
    ('fail', 0.8, True)
    """
    checks.once(criteria, ["criterion_id"], "criteria")
    checks.once(measured, ["region", "variant", "criterion"], "measured")
    thresholds = checks.figures(criteria, "threshold", "criteria", positive=True, missing=True)
    limits = pd.Series(thresholds.to_numpy(), criteria.criterion_id)
    missing = set(measured.criterion) - set(limits.dropna().index)
    if missing:
        raise DataError(f"argument 'criteria': no threshold for {', '.join(sorted(map(str, missing)))}.")
    values = checks.figures(measured, "value", "measured", missing=True)
    if ((values < 0) | values.between(0, 1 / checks.LARGEST, inclusive="neither")).any():
        raise DataError("argument 'measured', column 'value': a measurement is below zero, or too near to it.")
    judged = measured.assign(value=values, threshold=measured.criterion.map(limits).astype(float))
    most = judged.criterion.isin(AT_MOST)
    judged["margin"] = np.where(most, judged.threshold / judged.value, judged.value / judged.threshold)
    judged["passes"] = (judged.margin >= 1).where(judged.value.notna())
    verdicts = judged.assign(passes=judged.passes.astype(float)).groupby(["region", "criterion"], sort=False).passes
    spread = pd.DataFrame({"variants": verdicts.count(), "passing": verdicts.mean()})
    shown = judged[judged.variant == base].drop(columns="variant").set_index(["region", "criterion"])
    lost = set(judged.region) - set(shown.index.get_level_values("region"))
    if lost:
        raise DataError(f"argument 'measured': no variant '{base}' for {', '.join(sorted(map(str, lost)))}.")
    verdict = np.select([shown.value.isna(), shown.margin >= 1], ["no data", "pass"], "fail")
    joined = shown.assign(verdict=verdict).drop(columns="passes").join(spread)
    depends = joined.passing.between(0, 1, inclusive="neither")
    return joined.assign(depends=depends).reset_index()
