"""Tests of the claims of the chapter *The rails*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.claims import Load, Verdict, claim, rules

if TYPE_CHECKING:
    import pandas as pd

NORTHEAST = ["21", "22", "23"]
NETWORK = (
    "rail_nodes",
    "hsr_lines",
    "hsr_stops",
    "hsr_speeds",
    "conventional_lines",
    "conventional_speeds",
    "rail_parameters",
    "rail_line_pace",
    "rail_terminals",
)


def _opened(load: Load, *line_ids: str) -> pd.Timestamp:
    """Return the day on which the last section of some lines opened."""
    lines = load("hsr_lines")
    last: pd.Timestamp = lines.loc[lines.line_id.isin(line_ids), "opened"].max()
    return last


def _northeast(load: Load) -> pd.DataFrame:
    """Return the high-speed lines with an end in the three provinces."""
    lines = load("hsr_lines")
    ends = lines.from_node.str[:2].isin(NORTHEAST) | lines.to_node.str[:2].isin(NORTHEAST)
    return lines[ends]


def _evidence(load: Load, claim_id: str, contains: str = "") -> pd.DataFrame:
    """Return the collected evidence on a claim, of which the note or unit contains a text."""
    rows = load("claim_evidence").query("claim_id == @claim_id")
    return rows[(rows.note.fillna("") + " " + rows.unit.fillna("")).str.contains(contains, regex=False)]


@claim("A14", section="rails#hours-to-beijing", also=(*NETWORK, "city_census"))
def exponential(load: Load) -> Verdict:
    """High-speed rail cut travel times "exponentially": by a lot, and by a steady rate."""
    import numpy as np

    from railbelt.network import railways
    from railbelt.network.history import networks_by_year, residents, times_by_year

    rails = railways()
    people = residents(rails)
    people = people[people.index.str[:2].isin(NORTHEAST)]
    years = range(2007, 2026)
    times = times_by_year(networks_by_year(rails, years), list(people.index), ["1100"])["1100"].unstack("year")
    mean = times.mul(people, axis=0).sum() / people.sum()
    falls = -np.log(mean).diff().dropna()
    cut, biggest = 1 - mean.iloc[-1] / mean.iloc[0], falls.nlargest(4).sum() / falls.clip(lower=0).sum()
    checks = {"by a third or more": cut >= 1 / 3, "at a steady rate, no four years making most of it": biggest < 0.5}
    return Verdict(
        rules.record(checks),
        f"Weighted by residents, the fastest trip from the Northeast's prefectures to Beijing took {mean.iloc[0] / 60:.1f} hours at the "
        f"end of 2007 and {mean.iloc[-1] / 60:.1f} at the end of 2025; four of the {len(falls)} years made {biggest:.0%} of all the falls. "
        "Steps, not an exponential curve. Times are computed by the model.",
        value=100 * cut, unit="percent off the time to Beijing, 2007-25", grade="B",
    )  # fmt: skip


@claim("A15", section="rails#first-last-and-in-step", also=(*NETWORK, "provinces", "city_census"))
def sidelines(load: Load) -> Verdict:
    """The Rust Belt was left out of the early boom."""
    from railbelt.network import railways
    from railbelt.network.history import lag_years, length_open, networks_by_year, node_regions, residents

    rails = railways()
    macro = node_regions(rails)
    side = macro.where(macro.isna() | (macro == "Northeast"), "Rest of China")
    people = residents(rails)
    people = people.groupby(people.index.map(side.to_dict())).sum()
    levels = length_open(networks_by_year(rails, range(2003, 2016)), side, at_least_kmh=200) / people
    behind = lag_years(levels, "Northeast", "Rest of China").loc[2008:2015]
    worst = behind.idxmax()
    own = _northeast(load).query("opened < '2012-01-01' and status == 'operating'")
    checks = {
        "no fast line there when the boom began in 2008": not (own.opened < "2008-08-01").any(),
        "fewer kilometres a head than the rest in some years of 2008 to 2014": bool((behind.loc[:2014] > 0.05).any()),
    }
    return Verdict(
        rules.record(checks),
        f"The national pilot line, {own.section.iloc[own.opened.argmin()]}, had run since {own.opened.min().year}; between it and the end of 2012 "
        f"the region opened one more, of {own.length_km[own.opened > '2008'].sum():.0f} km. Counted in kilometres a head it was at most "
        f"{behind.max():.1f} years behind the rest of China, at the end of {worst}.",
        value=behind.max(), unit="years behind, at most", grade="A",
    )  # fmt: skip


@claim("A16", section="rails#first-last-and-in-step")
def inter_provincial(load: Load) -> Verdict:
    """Jilin and Heilongjiang got their first major inter-provincial line in 2015."""
    day = _opened(load, "hada")
    return Verdict(
        rules.dated(2015, day.year),
        f"Harbin-Dalian, through all three provinces, opened on {day.day} {day:%B %Y}; 2015 is the year of lines inside them.",
        value=day.year, unit="year", grade="A",
    )  # fmt: skip


@claim("A17", section="rails#three-slow-winters")
def winter_delay(load: Load) -> Verdict:
    """Cold winters delayed the building of lines."""
    speeds = load("hsr_speeds").query("line_id == 'hada'")
    winters = (speeds.season == "winter").sum()
    return Verdict(
        rules.NOT_TESTABLE,
        f"Winter shows in the timetable, not in any record of building: Harbin-Dalian ran at {speeds.speed_kmh.min()} instead of "
        f"{speeds.speed_kmh.max()} km/h in its first {winters} winters.",
        needed="Contracts and building diaries of comparable lines in and outside the frost zone.",
        value=float(winters), unit="slow winters", grade="A",
    )  # fmt: skip


@claim("A18", section="rails#three-slow-winters")
def cold_proof_trains(load: Load) -> Verdict:
    """Blizzard-proof trains such as the CR400BF-G came only in 2019."""
    rows = load("claim_evidence").query("claim_id == 'A18'")
    new = rows[rows.bearing == "supports"].value.min()
    old = rows[(rows.bearing == "contradicts") & (rows.grade != "C")].value.min()
    checks = {"this type entered service in 2019": new == 2019, "no cold-proof train ran before": not old < 2019}
    return Verdict(
        rules.record(checks),
        f"Sets of this type run on northern lines since {new:.0f}, but the first trains of Harbin-Dalian, in {old:.0f}, were built for "
        "cold regions too.",
        value=old, unit="first year of cold-proof sets", grade="B",
    )  # fmt: skip


@claim("A19", section="rails#the-claims-tested")
def incentives(load: Load) -> Verdict:
    """Weak incentives kept investors away and slowed the lines."""
    lines = _northeast(load)
    return Verdict(
        rules.NOT_TESTABLE,
        f"The tables date {len(lines)} lines of the region; none of them says who paid for what.",
        needed="The capital of each line's company by owner, and provincial rail investment by year.",
        grade="C",
    )  # fmt: skip


@claim("A20", section="rails#hours-to-beijing")
def harbin_mudanjiang(load: Load) -> Verdict:
    """Harbin-Mudanjiang was completed in 2018."""
    day = _opened(load, "hamu")
    return Verdict(
        rules.dated(2018, day.year),
        f"The line opened on {day.day} {day:%B %Y}.",
        value=day.year,
        unit="year",
        grade="A",
    )


@claim("A21", section="rails#hours-to-beijing")
def three_years_later(load: Load) -> Verdict:
    """Mudanjiang-Jiamusi followed three years later."""
    first, second = _opened(load, "hamu"), _opened(load, "mujia")
    gap = second.year - first.year
    return Verdict(
        rules.figure(3, gap, precision="count"),
        f"The line opened on {second.day} {second:%B %Y}, {(second - first).days / 365.25:.1f} years after Harbin-Mudanjiang.",
        value=gap, unit="years later", grade="A",
    )  # fmt: skip


@claim("A22", section="rails#hours-to-beijing")
def seven_hours_to_two(load: Load) -> Verdict:
    """The trip from Mudanjiang to Jiamusi fell from seven hours to just over two."""
    seen = load("rail_observed_times").query("origin_node == '2310' and destination_node == '2308'")
    before = seen[seen["mode"] == "conventional"].minutes / 60
    after = seen[seen["mode"] == "hsr"].minutes.min() / 60
    checks = {
        "about seven hours before": rules.figure(7, before.min(), precision="rounded") == rules.SUPPORTED,
        "just over two after": rules.figure(2, after, precision="rounded") == rules.SUPPORTED and after > 2,
    }
    return Verdict(
        rules.record(checks),
        f"The fastest train took {before.min():.1f} hours in the timetable of January 2021 and {after:.1f} on the new line; “over seven” "
        "stands in the railways' own press.",
        value=before.min(), unit="hours before", low=before.min(), high=before.max(), grade="B",
    )  # fmt: skip


@claim("A40", section="rails#what-is-still-to-come")
def many_planned(load: Load) -> Verdict:
    """Many new lines are planned soon."""
    lines = _northeast(load)
    later = lines[~(lines.opened < "2023-08-01")]
    length = later.length_km.fillna(later.construction_length_km)
    done = later.status == "operating"
    part = length[done].sum() / length.sum()
    checks = {
        "five or more lines were to come": len(later) >= 5,
        "soon: half of their length open or under construction by the end of 2025": length[
            later.status != "planned"
        ].sum()
        >= length.sum() / 2,
    }
    return Verdict(
        rules.record(checks),
        f"{len(later)} lines, {length.sum():,.0f} km, were on paper or under construction in August 2023. {part:.0%} of the length is open "
        f"two years later and {(later.status == 'construction').sum()} more sections are being built; the rest has no date.",
        value=float(len(later)), unit="lines", grade="B",
    )  # fmt: skip


@claim("M18", section="rails#twelve-hours", also=NETWORK)
def twelve_hours(load: Load) -> Verdict:
    """About 2001 Beijing-Dalian took 12 hours over 1,000 km."""
    from railbelt.network import on, only, path

    legs = path(only(on("2001-06-01"), "conventional"), "1100", "2102")
    hours, length = legs.minutes.sum() / 60, legs.length_km.sum()
    train = _evidence(load, "M18", "K681").value.astype(float).item()
    low, high = sorted((hours, train))
    checks = {
        "twelve hours, by a train of the line or by the model": rules.figure(12, train, low, high, "proxy")
        == rules.SUPPORTED,
        "about 1,000 km": rules.figure(1000, length, precision="rounded") == rules.SUPPORTED,
    }
    return Verdict(
        rules.record(checks),
        f"No timetable of the year was found. The conventional lines give {hours:.1f} hours over {length:,.0f} km; a night train of 2010 took "
        f"{train:.1f} hours.",
        value=train, low=low, high=high, unit="hours", grade="C",
    )  # fmt: skip


@claim("M19", section="rails#twelve-hours")
def one_train(load: Load) -> Verdict:
    """There was one train from Beijing to Dalian that day."""
    rows = load("claim_evidence").query("claim_id == 'M18'")
    return Verdict(
        rules.NOT_TESTABLE,
        f"{len(rows)} pieces were collected on this journey, and not one counts the trains of a day.",
        needed="The national timetable of 2000 to 2002.",
        grade="C",
    )  # fmt: skip
