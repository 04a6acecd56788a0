"""Tests of the claims of the chapter *Megalopolis*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.claims import Load, Verdict, claim, rules

if TYPE_CHECKING:
    import pandas as pd

BELT, STRETCH = "belt_pacific_18", "tokaido_12"
DELTAS = ("2016", "centre", "whole")


def _boswash(load: Load) -> pd.DataFrame:
    """Return the metropolitan areas of Boston-Washington by census."""
    from railbelt.models.megalopolis import metropolitan_areas

    return metropolitan_areas(load("us_counties"), load("us_county_population"))


def _evidence(load: Load, claim_id: str, unit: str) -> pd.DataFrame:
    """Return the collected evidence on a claim in one unit."""
    return load("claim_evidence").query("claim_id == @claim_id and unit == @unit")


def _belts(load: Load) -> dict[str, list[str]]:
    """Return the prefectures of each definition of the Pacific Belt."""
    prefectures = load("japan_prefectures").set_index("prefecture_code")
    return {
        name: prefectures.index[prefectures[name]].tolist()
        for name in (STRETCH, "belt_pacific_17", BELT, "belt_broad_24")
    }


def _five(load: Load, delta: str, partial: bool) -> dict[str, list[str]]:
    """Return the prefectures of the first five clusters."""
    from railbelt.models.megalopolis import cluster_lists

    clusters = load("clusters")
    first = set(clusters.cluster_id[clusters.article_five])
    return {c: codes for c, codes in cluster_lists(load("cluster_members"), delta, partial).items() if c in first}


def _share(shares: pd.Series, printed: float) -> tuple[dict[str, bool], dict[str, float]]:
    """Return whether a share holds for the whole Belt and for the stretch that the article describes, and the shares."""
    percent = {str(name): float(share) for name, share in (100 * shares).items()}
    near = {name: rules.figure(printed, percent[name]) == rules.SUPPORTED for name in (BELT, STRETCH)}
    return {"of the whole Pacific Belt": near[BELT], "of the stretch from Tokyo to Osaka": near[STRETCH]}, percent


@claim("M01", section="megalopolis#from-main-street-to-a-checklist")
def gottmann(load: Load) -> Verdict:
    """Gottmann identified the Boston-Washington region in the 1950s."""
    years = load("sources").set_index("source_key").year
    year, book = int(years["gottmann_1957"]), int(years["gottmann_1961"])
    return Verdict(
        rules.record({"the paper that names it is of the 1950s": 1950 <= year <= 1959}),
        f"His paper that calls the seaboard Megalopolis appeared in {year}; the book followed in {book}.",
        value=year, unit="year", grade="B",
    )  # fmt: skip


@claim("M02", section="megalopolis#the-belt-that-shrank-and-the-belt-that-swelled")
def length_of_boswash(load: Load) -> Verdict:
    """The region is 1,000 km long."""
    from railbelt.geography import distance_km
    from railbelt.models.citysystems import corridor

    areas = _boswash(load).loc[2020]
    along = corridor(areas.lon, areas.lat).length_km
    ends = areas.loc[["Boston-Cambridge-Newton", "Washington-Arlington-Alexandria"], ["lon", "lat"]].to_numpy()
    straight = float(distance_km(*ends[0], *ends[1]))
    printed = _evidence(load, "M02", "km").query("year == 2012").value.item()
    return Verdict(
        rules.figure(1000, along, straight, max(along, printed)),
        f"From Boston to Washington it is {straight:.0f} km in a straight line, {printed:.0f} km in a published list, and {along:.0f} km along the shortest "
        "tree of its metropolitan areas, from southern New Hampshire on.",
        value=along, low=straight, high=max(along, printed), unit="km", grade="B",
    )  # fmt: skip


@claim("M03", section="megalopolis#the-belt-that-shrank-and-the-belt-that-swelled")
def thirty_million(load: Load) -> Verdict:
    """It had 30 million people."""
    people = _boswash(load).groupby("year").people.sum() / 1e6
    own = _evidence(load, "M03", "million persons").value.item()
    low, high = min(people[1950], own), (people[1950] + people[1960]) / 2
    return Verdict(
        rules.figure(30, people[1950], low, high),
        f"Gottmann's paper counts some {own:.0f} million in 1950; the counties of today's metropolitan areas add up to {people[1950]:.1f} million in 1950 and "
        f"{people[1960]:.1f} in 1960.",
        value=people[1950], low=low, high=high, unit="million", grade="B",
    )  # fmt: skip


@claim("M04", section="megalopolis#the-scorecard")
def richest(load: Load) -> Verdict:
    """It became the richest and best educated population of the country."""
    rows = load("megaregions").query("series == 'america 2050' and kind == 'estimate'")
    rows = rows.dropna(subset=["national_gdp_share_pct", "national_population_share_pct"])
    ratio = (rows.national_gdp_share_pct / rows.national_population_share_pct).set_axis(rows.region_id)
    return Verdict(
        rules.record({
            "richer than the nation": ratio["BOSWASH"] > 1,
            "richest of the megaregions": ratio.idxmax() == "BOSWASH",
            "its schooling is on record here": False,
        }),
        f"Its share of output is {ratio['BOSWASH']:.2f} times its share of people, the highest of {len(ratio)} American megaregions of 2010 (the next has "
        f"{ratio.drop('BOSWASH').max():.2f}; shares are rounded). Schooling is in none of our tables.",
        value=ratio["BOSWASH"], unit="output share over people share", grade="B",
    )  # fmt: skip


@claim("M05", section="megalopolis#from-main-street-to-a-checklist")
def main_street(load: Load) -> Verdict:
    """Von Eckardt was a colleague who wrote the Main Street line."""
    year = int(load("sources").set_index("source_key").year["gottmann_1961"])
    return Verdict(
        rules.NOT_TESTABLE,
        f"The comparison with Main Street stands in Gottmann's own book of {year}; the text of von Eckardt, a critic who condensed it, was not found.",
        grade="C", needed="The text of von Eckardt's The Challenge of Megalopolis (1964).",
    )  # fmt: skip


@claim("M06", section="megalopolis#two-thirds-of-what")
def length_of_the_belt(load: Load) -> Verdict:
    """The Taiheiyo Belt runs nearly 1,200 km from Tokyo via Nagoya to Osaka."""
    from railbelt.geography import distance_km
    from railbelt.models.citysystems import corridor

    prefectures = load("japan_prefectures").set_index("name_en")
    stretch = float(distance_km(*prefectures.loc["Tokyo", ["lon", "lat"]], *prefectures.loc["Osaka", ["lon", "lat"]]))
    belt = prefectures[prefectures[BELT]]
    whole = corridor(belt.lon, belt.lat).length_km
    published = _evidence(load, "M06", "km").query("year == 2023").value.item()
    return Verdict(
        rules.record({
            "a belt of that length exists": rules.figure(1200, published, min(whole, published), max(whole, published), "rounded") != rules.CONTRADICTED,
            "it runs from Tokyo to Osaka": rules.figure(1200, stretch, precision="rounded") != rules.CONTRADICTED,
        }),
        f"Tokyo to Osaka is {stretch:.0f} km; the whole belt from Ibaraki to Fukuoka and Oita is put at {published:.0f} km, and the shortest tree of its capitals "
        f"has {whole:.0f} km from end to end.",
        value=stretch, unit="km", grade="B",
    )  # fmt: skip


@claim("M07", section="megalopolis#two-thirds-of-what")
def two_thirds(load: Load) -> Verdict:
    """The belt holds two thirds of the population."""
    from railbelt.models.megalopolis import weight

    people = load("japan_prefecture_population").query("year == 2020").set_index("prefecture_code").population
    total = load("country_totals").query("country == 'JPN' and variable == 'population' and year == 2020").value.item()
    checks, percent = _share(weight(people, _belts(load), total), 200 / 3)
    return Verdict(
        rules.record(checks),
        f"The whole Pacific Belt of eighteen prefectures holds {percent[BELT]:.1f} percent of the people; the stretch from Tokyo by Nagoya to Osaka, "
        f"which the article describes, {percent[STRETCH]:.1f} (2020).",
        value=percent[BELT], low=percent[STRETCH], high=percent["belt_broad_24"], unit="percent of people", grade="B",
    )  # fmt: skip


@claim("M08", section="megalopolis#two-thirds-of-what")
def seventy_percent(load: Load) -> Verdict:
    """The belt makes 70 percent of output."""
    from railbelt.models.megalopolis import weight

    made = load("japan_prefecture_gdp").query("fiscal_year == 2020").set_index("prefecture_code").gdp_billion_yen
    total = load("country_totals").query("country == 'JPN' and variable == 'gdp' and year == 2020").value.item()
    checks, percent = _share(weight(made, _belts(load), total), 70)
    return Verdict(
        rules.record(checks),
        f"The whole Pacific Belt of eighteen prefectures makes {percent[BELT]:.1f} percent of the output; the stretch from Tokyo by Nagoya to Osaka, "
        f"which the article describes, {percent[STRETCH]:.1f} (fiscal 2020).",
        value=percent[BELT], low=percent[STRETCH], high=percent["belt_broad_24"], unit="percent of output", grade="B",
    )  # fmt: skip


@claim("M09", section="megalopolis#what-the-theory-leaves-out")
def best_option(load: Load) -> Verdict:
    """City clusters are the best way to widen urban access without overloading cities."""
    from railbelt.models.megalopolis import cluster_lists

    people = load("city_census").query("year == 2020").set_index("city_code").population_10k
    listed = {code for codes in cluster_lists(load("cluster_members"), "2016").values() for code in codes}
    return Verdict(
        rules.NOT_TESTABLE,
        f"The nineteen clusters hold {100 * people.reindex(sorted(listed)).sum() / people.sum():.0f} percent of the residents of all prefectures, so hardly anybody lives outside to compare with.",
        grade="C", needed="Access to services and congestion by city, before and after, in clusters and in comparable places outside.",
    )  # fmt: skip


@claim("M10", section="megalopolis#what-the-theory-leaves-out")
def redundant_industries(load: Load) -> Verdict:
    """Neighbouring cities duplicate industries in wasteful rivalry."""
    sectors = load("province_value_added").columns.str.endswith("_100m_yuan").sum()
    return Verdict(
        rules.NOT_TESTABLE,
        f"Our accounts part output into {sectors} sectors by province; duplication shows, if at all, in industries by city.",
        grade="C", needed="Employment or output by industry and city, for an index of industrial likeness between neighbours.",
    )  # fmt: skip


@claim("M11", section="megalopolis#nineteen-clusters-counted-once")
def only_recently(load: Load) -> Verdict:
    """City clusters entered national policy systematically only recently."""
    earlier = _evidence(load, "M11", "year").value.min()
    listed = _evidence(load, "M11", "clusters")
    plans = load("cluster_plans").query("level in ['central', 'state council']")
    first = int(plans.year.min())
    return Verdict(
        rules.record({
            "plans approved by the centre came after 2013": first > 2013,
            "national documents did not name clusters before 2014": min(earlier, listed.year.min()) >= 2014,
        }),
        f"The plans approved by the State Council or the Party begin in {first}, but the five-year programme of {earlier:.0f} already speaks of city clusters, and "
        f"a ministry's list of {int(listed.year.item())} names {listed.value.item():.0f}.",
        value=earlier, unit="year of the first national document", grade="B",
    )  # fmt: skip


@claim("M12", section="megalopolis#the-claims-tested")
def xi_in_2014(load: Load) -> Verdict:
    """Xi called for coordinated Jing-Jin-Ji development in 2014."""
    year = int(_evidence(load, "M12", "km2").year.item())
    return Verdict(
        rules.dated(2014, year),
        f"The symposium at which he did met in Beijing on 26 February {year}, by reports of that week.",
        value=year, unit="year", grade="B",
    )  # fmt: skip


@claim("M13", section="megalopolis#nineteen-clusters-counted-once")
def five_clusters(load: Load) -> Verdict:
    """Five clusters are to be in place by 2035."""
    clusters = load("clusters")
    first = clusters[clusters.plan_task == "optimise"]
    named = clusters[clusters.article_five]
    return Verdict(
        rules.record({
            "the five named are the first group of the plan": set(first.cluster_id) == set(named.cluster_id) and len(named) == 5,
            "only those are planned": len(clusters) == len(named),
        }),
        f"The plan to 2025, with aims for 2035, names {len(clusters)} clusters: {len(first)} to optimise, which are the article's five, "
        f"{(clusters.plan_task == 'develop').sum()} to develop and {(clusters.plan_task == 'cultivate').sum()} to cultivate, both of the Northeast among the last.",
        value=len(clusters), unit="clusters", grade="B",
    )  # fmt: skip


@claim("M14", section="megalopolis#nineteen-clusters-counted-once")
def half_of_everything(load: Load) -> Verdict:
    """The five could make half of GDP and hold half of the urban population."""
    from railbelt.models.megalopolis import weight

    output = (
        load("city_gdp").query("series == 'yearbook'").pivot(index="city_code", columns="year", values="gdp_100m_yuan")
    )
    urban = load("city_census").query("year == 2010").set_index("city_code").urban_10k
    town = load("national").query("year == 2010 and indicator == 'urban_share'").value.iloc[0]
    all_urban = load("province_census").query("year == 2010").population_persons.sum() / 1e4 * town / 100
    lists = [_five(load, delta, partial) for delta in DELTAS for partial in (True, False)]
    made = {
        year: [100 * weight(output[year], pick, output[year].sum()).together for pick in lists] for year in (2000, 2019)
    }
    held = [100 * weight(urban, pick, all_urban).together for pick in lists]
    base = made[2019][0]
    return Verdict(
        rules.record({
            "about half of the output": rules.figure(50, base, min(made[2019]), max(made[2019]), "rounded") == rules.SUPPORTED,
            "about half of the urban people": rules.figure(50, held[0], min(held), max(held), "rounded") == rules.SUPPORTED,
            "it lay in the future": max(made[2000]) < 45,
        }),
        f"By list of members, the five made {min(made[2019]):.0f} to {max(made[2019]):.0f} percent of the output of all prefectures in 2019, but already {min(made[2000]):.0f} to "
        f"{max(made[2000]):.0f} in 2000; of urban residents they held {min(held):.0f} to {max(held):.0f} percent in 2010, the last census by city.",
        value=base, low=min(made[2019]), high=max(made[2019]), unit="percent of output, 2019", grade="B",
    )  # fmt: skip


@claim("M15", section="megalopolis#the-claims-tested")
def sixteen_lines(load: Load) -> Verdict:
    """A grid of 16 new lines will connect the clusters."""
    rows = load("claim_evidence").query("claim_id == 'M15' and unit == 'corridors'").set_index("seq").value
    planned, old = int(rows[1]), int(rows[2])
    return Verdict(
        rules.record({"the plan has sixteen": planned == 16, "all are new": old == 0}),
        f"The plan of 2016 draws {planned} corridors, eight each way; {old} of them are the earlier grid of four and four, Beijing to Harbin among them.",
        value=planned - old, unit="corridors that were not in the earlier grid", grade="A",
    )  # fmt: skip


@claim("M16", section="megalopolis#the-claims-tested")
def carbon(load: Load) -> Verdict:
    """Clusters help reach peak carbon about 2030 and neutrality by 2060."""
    years = _evidence(load, "M16", "year").value.sort_values().astype(int).tolist()
    return Verdict(
        rules.NOT_TESTABLE,
        f"The pledge of 2020 is a peak before {years[0]} and neutrality before {years[1]}, stricter than the article's “around”; what clusters have to do with it, emissions by city would have to show.",
        grade="A", needed="Emissions by city and year, and a comparison with cities outside clusters.",
    )  # fmt: skip


@claim(
    "M17",
    section="megalopolis#hours-inside",
    also=("hsr_lines", "hsr_stops", "conventional_lines", "rail_parameters", "rail_line_pace", "rail_terminals"),
)
def connected(load: Load) -> Verdict:
    """New lines will connect people within and across clusters."""
    from itertools import pairwise

    import numpy as np

    from railbelt.models.megalopolis import cluster_lists, trips
    from railbelt.network import on, railways, travel_times

    rails = railways()
    people = load("city_census").query("year == 2020").set_index("city_code").population_10k.dropna()
    members = load("cluster_members")
    lists = cluster_lists(members, "2016")
    heads = members[members.role == "core"].dropna(subset="city_code").drop_duplicates("cluster_id").city_code.tolist()
    within, across = {}, {}
    for year in (2003, 2021, 2025, 2035):
        network = on(f"{year}-12-31", rails)
        codes = [code for code in people.index if code in network.nodes.index]
        times = travel_times(network, origins=codes)[codes]
        within[year] = trips(times, lists, people)
        trip = times.loc[heads, heads].to_numpy()
        across[year] = float(np.median(trip[trip > 0]))
    faster = (within[2035]["mean"] < within[2021]["mean"] - 1).sum()
    fell = [across[b] < across[a] for a, b in pairwise((2003, 2021, 2025, 2035))]
    return Verdict(
        rules.record({
            "trips inside most clusters fall after 2021": faster > len(lists) / 2,
            "trips between clusters fall": all(fell[1:]),
        }),
        f"Between the first core cities of two clusters the median trip took {across[2003] / 60:.0f} hours in 2003, {across[2021] / 60:.1f} in 2021 and {across[2025] / 60:.1f} in 2025, and takes "
        f"{across[2035] / 60:.1f} on the network planned for 2035; inside {faster} of {len(lists)} clusters the mean trip falls further after 2021. Modelled times.",
        value=across[2025] / 60, unit="hours, median trip between clusters, 2025", grade="B",
    )  # fmt: skip
