"""Tests of the claims of the chapter *Sino-Russian links*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.claims import Load, Verdict, claim, rules

if TYPE_CHECKING:
    import pandas as pd

ACCEPTED = "2019-06-28"
"""Day on which the article was accepted: what it could know."""

BORDER = ["2303", "2304", "2305", "2307", "2308", "2310", "2311", "2327"]
"""Prefectures of Heilongjiang on the Russian border."""

NORTHEAST = ["21", "22", "23"]


def _residual(load: Load, year: int) -> pd.Series:
    """Russia's trade with China against the normal of other partners, from an equation without Russia."""
    import numpy as np

    from railbelt.models.gravity import left_out, normal

    table = load("gravity_panel").merge(load("gravity_partners"), on="iso3")
    table = table.assign(
        size=np.log(table.partner_gdp_usd_bn), distance=np.log(table.distance_beijing_km),
        border=table.contiguous.astype(float), language=table.common_spoken_language.astype(float),
        agreement=table.fta_in_force.astype(float),
    )  # fmt: skip
    left = left_out(table, "trade_usd_bn", ["size", "distance", "border", "language", "agreement"], "iso3", ["year"])
    return normal(left[left.year == year], "iso3", "RUS", level=0.95)


def _heilongjiang(load: Load) -> pd.DataFrame:
    """Heilongjiang's trade with Russia, and its part of China's."""
    from railbelt.models.border import in_dollars

    mine = in_dollars(load("northeast_russia_trade"), load("exchange_rates"), "Heilongjiang")
    whole = load("russia_trade").set_index("year").total_usd_bn
    return mine.assign(part=mine.with_russia / whole.reindex(mine.index))


@claim("Z01", section="russia#is-trade-with-russia-below-normal")
def missing_links_hold_back_trade(load: Load) -> Verdict:
    """Lack of connectivity is a major obstacle to Sino-Russian trade."""
    import numpy as np

    before, after = _residual(load, 2017), _residual(load, 2023)
    value, low, high = np.log([before.ratio, before.ratio_low, before.ratio_high])
    return Verdict(
        rules.causal(value, low, high, expected=-1, grade="C"),
        f"In 2017, before either bridge, trade was {before.ratio:.2f} times what size and distance predict, within the range of other "
        f"partners ({before.ratio_low:.2f} to {before.ratio_high:.2f}); by 2023 it was {after.ratio:.2f} times, while the new bridges carried "
        "little of it. Neither figure separates links from demand.",
        value=value, low=low, high=high, unit="log of actual over expected trade, 2017", grade="C",
        needed="Flows by crossing and commodity before and after an opening, beside goods that cannot use it.",
    )  # fmt: skip


@claim("Z02", section="russia#a-timeline")
def much_was_built(load: Load) -> Verdict:
    """Much transport building took place in 2014-2019."""
    facts = load("bri_facts")
    day = facts.date.str.ljust(7, "-").str[:10]
    built = facts[facts.category.isin(["bridge", "rail", "energy"]) & (day >= "2014") & (day <= ACCEPTED)]
    crossings = load("crossings").set_index("crossing_id")
    bridges = crossings.loc[["heihe_road_bridge", "tongjiang_rail_bridge"]]
    in_use = (bridges.opened <= ACCEPTED).sum()
    return Verdict(
        rules.record({
            "works on both bridges began": facts.fact.str.contains("Foundation stone laid for the Tongjiang").any()
            and facts.fact.str.contains("Work began on the Heihe").any(),
            "both were joined by June 2019": facts[day <= ACCEPTED].fact.str.contains("joined").sum() >= 2,
            "one of them was in use": bool(in_use),
        }),
        f"{len(built)} dated steps on bridges, railways and energy links fall into 2014 to June 2019; of {len(bridges)} bridges begun, {in_use or 'none'} was in "
        "use by then.",
        value=float(len(built)), unit="dated steps", grade="B",
    )  # fmt: skip


@claim("Z03", section="russia#a-timeline")
def bridges_show_progress(load: Load) -> Verdict:
    """The two bridges are examples of progress."""
    import pandas as pd

    facts = load("bri_facts").set_index("fact_id")
    opened = load("crossings").set_index("crossing_id").opened
    days = pd.to_datetime(opened[["heihe_road_bridge", "tongjiang_rail_bridge"]])
    joined = pd.to_datetime(
        pd.Series({"heihe_road_bridge": facts.date["B30"], "tongjiang_rail_bridge": facts.date["B29"]}), format="mixed"
    )
    wait = ((days - joined).dt.days / 365.25).round(1)
    return Verdict(
        rules.record({"joined before the article": (joined <= pd.Timestamp(ACCEPTED)).all(), "open within a year of joining": (wait <= 1).all()}),
        f"The halves met in {joined.min():%B} and {joined.max():%B %Y}; the road bridge opened {wait['heihe_road_bridge']:.1f} and the railway bridge "
        f"{wait['tongjiang_rail_bridge']:.1f} years later.",
        value=float(wait.max()), unit="years from joining to opening", grade="B",
    )  # fmt: skip


@claim("Z04", section="russia#trains-to-europe-and-to-russia")
def freight_line_runs(load: Load) -> Verdict:
    """A Harbin-Russia freight line is running."""
    trains = load("freight_trains")
    mine = trains[(trains.corridor == "Harbin-Russia") & (trains.period == "FY")]
    started = load("bri_facts").query("fact_id == 'B19'").date.item()
    teu = mine.teu.max()
    return Verdict(
        rules.record({"running when the article was written": started <= ACCEPTED, "a full year is reported": teu > 0}),
        f"Service began in {started[:4]}; the operator reports over {teu:,.0f} containers in {mine.year.max()}. No later figure was found.",
        value=float(teu), unit=f"TEU in {mine.year.max()}", grade="B",
    )  # fmt: skip


@claim("Z05", section="russia#trains-to-europe-and-to-russia")
def corridor_is_built(load: Load) -> Verdict:
    """The China-Mongolia-Russia corridor is under construction as a large project."""
    facts = load("bri_facts").set_index("fact_id")
    evidence = load("claim_evidence").query("claim_id == 'Z05'")
    projects = evidence[evidence.unit == "projects"].value.item()
    trains = load("freight_trains").query("corridor == 'via Erenhot' and period == 'FY'").set_index("year").trains
    growth = trains[2023] / trains[2019]
    return Verdict(
        rules.record({
            "a programme was agreed": facts.date["B21"] <= ACCEPTED,
            "traffic on the western branch grew": growth > 1.5,
            "completed projects of the programme are on record": evidence.note.str.contains("completed").any(),
        }),
        f"The programme of 2016 lists {projects:.0f} projects; trains through Erenhot multiplied by {growth:.1f} from 2019 to 2023; no list of completed "
        "projects was found.",
        value=float(growth), unit="trains through Erenhot, 2023 over 2019", grade="B",
    )  # fmt: skip


@claim("Z06", section="russia#trade-grew-where-there-was-no-bridge")
def border_province_benefits(load: Load) -> Verdict:
    """Heilongjiang shows that the Belt and Road benefits border regions."""
    table = _heilongjiang(load)
    seen = table[table.documented]
    last = seen.index.max()
    oil = load("claim_evidence").query("claim_id == 'Z06' and unit == 'billion dollars'").value.item()
    flow = table.with_russia.loc[2011:2016].sum()
    return Verdict(
        rules.record({
            "its trade with Russia rose from 2013 to the last documented year": seen.with_russia[last] > seen.with_russia[2013],
            "its part of Sino-Russian trade held": seen.part[last] >= seen.part[2013],
            "Russia's part of its trade rose": seen.russia_share[last] > seen.russia_share[2013],
        }),
        f"From 2013 to {last} Heilongjiang's trade with Russia went from {seen.with_russia[2013]:.1f} to {seen.with_russia[last]:.1f} billion dollars and its part of "
        f"Sino-Russian trade from {seen.part[2013]:.0%} to {seen.part[last]:.0%}; only Russia's part of the province's own trade rose. Oil piped through Mohe to May "
        f"2017 was worth {oil:.0f} billion, against {flow:.0f} billion of all trade with Russia in 2011 to 2016.",
        value=100 * (seen.part[last] - seen.part[2013]), unit="percentage points of Sino-Russian trade", grade="B",
    )  # fmt: skip


@claim("Z07", section="russia#people-on-both-banks")
def border_prospers(load: Load) -> Verdict:
    """Connectivity and border zones will raise prosperity there."""
    cities = load("cities").set_index("city_code").province_code
    inside = cities.index[cities.isin(NORTHEAST)]
    people = load("city_census").pivot(index="city_code", columns="year", values="population_2010_boundary_10k")
    people = people.reindex(inside).dropna(subset=[2010, 2020])
    lights = load("city_lights").pivot(index="city_code", columns="year", values="lights_sum").reindex(inside).dropna()

    def change(table: pd.DataFrame, first: int, last: int) -> tuple[float, float]:
        near = table.index.isin(BORDER)
        here, there = (100 * (table[last][mask].sum() / table[first][mask].sum() - 1) for mask in (near, ~near))
        return here, there

    (near, far), (bright, elsewhere) = change(people, 2010, 2020), change(lights, 2013, 2019)
    return Verdict(
        rules.record({"border prefectures kept more of their people": near > far, "their lights grew faster": bright > elsewhere}),
        f"Heilongjiang's {people.index.isin(BORDER).sum()} border prefectures changed by {near:+.0f} percent in residents in 2010-20, the rest of the Northeast by "
        f"{far:+.0f}; their lights by {bright:+.0f} percent in 2013-19 against {elsewhere:+.0f}. Both periods end before the bridges opened.",
        value=near - far, unit="percentage points of residents", grade="B",
    )  # fmt: skip


@claim("Z08", section="russia#what-a-bridge-saves")
def both_sides_gain(load: Load) -> Verdict:
    """Better links would give both sides mutual gains."""
    from railbelt.models.border import use_of_capacity

    trade = load("russia_trade").set_index("year")
    use = use_of_capacity(load("crossings"), load("crossing_throughput")).loc["tongjiang_rail_bridge"]
    return Verdict(
        rules.NOT_TESTABLE,
        f"Trade went from {trade.total_usd_bn[2019]:.0f} billion dollars in 2019 to {trade.total_usd_bn[2024]:.0f} in 2024, both ways; the railway bridge carried "
        f"{use.volume:.1f} million tonnes in {use.year:.0f}, {use.use:.0%} of its design. What either side gained from links is in no open table.",
        grade="C", needed="Prices and quantities by route and commodity on both sides, with and without the links.",
    )  # fmt: skip
