"""Tests of the claims of the chapter *Rust Belt decline*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.claims import Load, Verdict, claim, rules, shared

if TYPE_CHECKING:
    import pandas as pd

CURRENT = ["compendium", "census2018", "first_release"]
PERIODS = [(1978, 1990), (1990, 1999), (2000, 2010), (2010, 2020), (2020, 2023)]
METROPOLES = ["Shenyang", "Dalian", "Changchun", "Harbin"]
NORTHEAST = ["21", "22", "23"]


@shared
def _accounts(load: Load) -> pd.DataFrame:
    """Product and residents of the Northeast and of China by year, current vintages, with their ratio per head."""
    import pandas as pd

    from railbelt.models.shares import regional_totals

    region = load("provinces").set_index("province_code").macro_region
    gdp = regional_totals(
        load("province_gdp").join(region, on="province_code"), "gdp_100m_yuan", "macro_region", ["vintage", "year"]
    )
    people = load("province_population").join(region, on="province_code")
    people = regional_totals(people, "population_10k", "macro_region", ["vintage", "year"])
    gdp = gdp.loc[CURRENT].droplevel("vintage").sort_index()
    people = pd.concat(
        [people.loc["compendium"], people.loc["yearbook"].loc[:2010], people.loc["revised2020"]]
    ).sort_index()
    table = pd.DataFrame(
        {"gdp": gdp.Northeast, "gdp_total": gdp.China, "people": people.Northeast, "people_total": people.China}
    )
    return table.assign(
        share=table.gdp / table.gdp_total,
        crowd=table.people / table.people_total,
        relative=(table.gdp / table.people) / (table.gdp_total / table.people_total),
    )


def _prefectures(load: Load) -> pd.DataFrame:
    """Return the prefectures of the Northeast with ``metropole``: one of the four big cities."""
    cities = load("cities")
    cities = cities[cities.province_code.isin(NORTHEAST)]
    return cities.assign(metropole=cities.name_en.isin(METROPOLES))


def _evidence(load: Load, claim_id: str, contains: str = "") -> pd.DataFrame:
    """Return the collected evidence on a claim, of which the note or unit contains a text."""
    rows = load("claim_evidence").query("claim_id == @claim_id")
    return rows[(rows.note.fillna("") + " " + rows.unit.fillna("")).str.contains(contains, regex=False)]


@claim("A01", section="rust-belt#one-direction-four-decades")
def chronic_decline(load: Load) -> Verdict:
    """The three provinces are in chronic economic decline."""
    table = _accounts(load)
    falls = {f"{a}-{b}": table.share[b] < table.share[a] for a, b in PERIODS}
    lost = 100 * (table.share[2023] / table.share[1978] - 1)
    return Verdict(
        rules.record({**falls, "fewer residents relative to China": table.crowd[2023] < table.crowd[1978]}),
        f"The region's share of China's output fell in {sum(falls.values())} of {len(falls)} periods, from {table.share[1978]:.1%} in "
        f"1978 to {table.share[2023]:.1%} in 2023; the decline is relative, for output per head grew.",
        value=lost, unit="percent of the share of 1978", grade="B",
    )  # fmt: skip


@claim("A02", section="rust-belt#since-when")
def turn_to_the_south(load: Load) -> Verdict:
    """A national turn to globalisation in the 1970s moved growth to the south."""
    import numpy as np

    fall = np.log(_accounts(load).relative)
    early = (fall[1990] - fall[1978]) / (fall[2023] - fall[1978])
    zones = load("events").query("kind == 'policy' and event.str.contains('special economic zones')").year.min()
    return Verdict(
        rules.record({
            "the region lost ground once the south opened": fall[1999] < fall[1978],
            "the opening was of the 1970s": zones < 1980,
            "most of the loss came in the first twelve years": early > 0.5,
        }),
        f"The first special economic zones are of {zones}, and only {early:.0%} of the fall in relative output per head from 1978 to "
        "2023 came before 1990.",
        value=100 * early, unit="percent of the fall before 1990", grade="C",
    )  # fmt: skip


@claim("A03", section="rust-belt#the-claims-tested")
def debt(load: Load) -> Verdict:
    """The region carries debt above 600 billion yuan."""
    rows = _evidence(load, "A03", "government debt at the end of the year")
    rows = rows.assign(province=rows.note.str.split(",").str[0])
    total = rows.pivot(index="year", columns="province", values="value").dropna().sum(axis=1)
    year, value = int(total.index.max()), float(total.iloc[-1])
    alone = rows.query("province == 'Liaoning'").set_index("year").value[year]
    return Verdict(
        rules.more_than(600, value, 0.98 * value, 1.02 * value),
        f"Government debt of the three provinces was {value:,.0f} billion yuan at the end of {year} and already {total.iloc[0]:,.0f} in "
        f"{total.index.min()}; Liaoning alone had {alone:,.0f}, so that the bound is true and far too low. Debt of local companies comes on top.",
        value=value, low=0.98 * value, high=1.02 * value, unit="billion yuan", grade="C",
    )  # fmt: skip


@claim("A04", section="rust-belt#eleven-million")
def brain_drain(load: Load) -> Verdict:
    """Talent keeps leaving, and leaves an ageing population and a weaker workforce."""
    census = load("province_census").pivot(index="province_code", columns="year", values="population_persons")
    region = census.loc[NORTHEAST]
    growth = 100 * (region[2020].sum() / region[2010].sum() - 1)
    each = 100 * (region[2020] / region[2010] - 1)
    old = (
        load("province_indicators")
        .query("indicator == 'share_65plus' and year == 2020")
        .set_index("province_code")
        .value
    )
    nation = load("national").query("indicator == 'share_65plus' and year == 2020").value.item()
    left = _evidence(load, "A04").query("unit == 'persons net out' and year_from == 2000 and seq == 4").value.item()
    return Verdict(
        rules.causal(growth, each.min(), each.max(), expected=-1, grade="C"),
        f"Residents changed by {growth:.0f} percent from 2010 to 2020 ({each.min():.0f} to {each.max():.0f} by province); {left / 1e6:.1f} million net had left in "
        f"the decade before, and {old[NORTHEAST].min():.0f} to {old[NORTHEAST].max():.0f} percent are over 65 against {nation:.1f} in China. "
        "A census counts people, not talent.",
        value=growth, low=each.min(), high=each.max(), unit="percent of residents, 2010-20", grade="C",
    )  # fmt: skip


@claim("A05", section="rust-belt#the-claims-tested")
def graduates(load: Load) -> Verdict:
    """In 2016 only 47.5 percent of graduates took local jobs."""
    rows = _evidence(load, "A05")
    share = rows[rows.unit == "percent of all graduates stayed in the province"]
    stayed = rows[rows.unit == "graduates stayed in the province"].value
    jilin = rows[rows.unit == "graduates"].value.item()
    counted = (stayed.to_numpy() / (share.value.to_numpy() / 100)).sum()
    value = 100 * stayed.sum() / counted
    needed = (47.5 * (counted + jilin) - 100 * stayed.sum()) / jilin
    away = rows[rows.unit == "percent left the Northeast"]
    return Verdict(
        rules.figure(47.5, value, share.value.min(), share.value.max()),
        f"By the provinces' own reports {share.value.max():.0f} percent of the graduates of 2016 stayed in Liaoning and {share.value.min():.0f} in Heilongjiang, "
        f"{value:.0f} together; for the printed figure Jilin would have to have kept {needed:.0f} percent of its own. Leading universities keep fewer: "
        f"of the graduates of twenty {100 - away.value.item():.0f} percent stayed in the region in {away.year.item()}.",
        value=value, low=share.value.min(), high=share.value.max(), unit="percent of graduates stayed, two provinces", grade="B",
    )  # fmt: skip


@claim("A06", section="rust-belt#the-claims-tested")
def private_firms(load: Load) -> Verdict:
    """Nine of the top 500 private firms of 2017 were in the three provinces."""
    rows = _evidence(load, "A06")
    found = rows[rows.bearing == "supports"].iloc[0]
    zhejiang = rows[rows.note.str.contains("Zhejiang")].value.item()
    return Verdict(
        rules.figure(9, found.value, precision="count"),
        f"The press counted {found.value:.0f} firms of the Northeast in the list that ranks the revenue of {found.year}, against {zhejiang:.0f} of Zhejiang; "
        "the list itself was not seen.",
        value=found.value, unit="firms", grade=found.grade,
    )  # fmt: skip


@claim("A07", section="rust-belt#one-direction-four-decades")
def productivity_floor(load: Load) -> Verdict:
    """Few top private firms show that productivity is at its floor."""
    relative = _accounts(load).relative
    lowest, last = int(relative.index[int(relative.argmin())]), int(relative.index[-1])
    return Verdict(
        rules.record({"the fall of relative productivity has ended": lowest <= last - 2}),
        f"Output per head relative to China was at its lowest in {lowest}, at {relative[lowest]:.2f}; in the last year on record it is {relative[last]:.2f}. "
        "No floor is in sight, and a count of firms does not measure productivity.",
        value=relative[last], unit=f"of China's output per head, {last}", grade="B",
    )  # fmt: skip


@claim("A08", section="rust-belt#the-claims-tested")
def eldest_son(load: Load) -> Verdict:
    """Mao called the Northeast the eldest son of the country."""
    rows = _evidence(load, "A08", "without a primary source")
    return Verdict(
        rules.NOT_TESTABLE,
        f"The press attributes the phrase to Mao in {len(rows)} articles that we read, of {rows.year.min()} and {rows.year.max()}, each without a primary source.",
        grade="C", needed="A dated speech or text of Mao with the phrase, or its first use in the People's Daily.",
    )  # fmt: skip


@claim("A09", section="rust-belt#who-inside")
def weak_small_cities(load: Load) -> Verdict:
    """The decline is due mainly to weak rural cities."""
    small = _prefectures(load).set_index("city_code").metropole.eq(False)

    def lost(table: pd.DataFrame, column: str, total: pd.Series, years: tuple[int, int]) -> float:
        share = (
            table.join(small.rename("small"), on="city_code", how="inner")
            .groupby(["year", "small"])[column]
            .sum()
            .unstack()
        )
        fall = share.loc[years[0]] / total[years[0]] - share.loc[years[1]] / total[years[1]]
        return float(fall[True] / fall.sum())

    nation = load("province_census").groupby("year").population_persons.sum() / 1e4
    people = lost(load("city_census"), "population_2010_boundary_10k", nation, (2000, 2020))
    china = load("province_gdp").query("vintage == 'census2018'").groupby("year").gdp_100m_yuan.sum()
    output = lost(load("city_gdp").query("series == 'yearbook'"), "gdp_100m_yuan", china, (2000, 2019))
    low, high = min(output, people) - 0.05, max(output, people)  # prefecture accounts are good to a few points
    return Verdict(
        rules.mainly(output, low, high),
        f"The thirty-two prefectures outside the four big cities make up {people:.0%} of the lost weight in people from 2000 to 2020, but "
        f"{output:.0%} of that in output to 2019, give or take five points; many of them are coal and steel cities rather than rural.",
        value=100 * output, low=100 * low, high=100 * high, unit="percent of the lost weight", grade="B",
    )  # fmt: skip


@claim("A10", section="rust-belt#who-inside")
def capitals(load: Load) -> Verdict:
    """Capitals never drew much investment but do fairly well; the gap is capital versus rural towns."""
    rows = load("city_gdp").query("series == 'yearbook' and year == 2010").merge(_prefectures(load), on="city_code")
    people = load("city_census").query("year == 2010")[["city_code", "population_10k"]]
    rows = rows.merge(people, on="city_code").assign(per_head=lambda d: d.gdp_100m_yuan / d.population_10k)
    sums = rows.groupby("metropole")[["gdp_100m_yuan", "population_10k"]].sum()
    per_head = sums.gdp_100m_yuan / sums.population_10k
    ratio = per_head[True] / per_head[False]
    richest = rows.nlargest(1, "per_head").name_en.item()
    return Verdict(
        rules.record({
            "the big cities produce a fifth more per head than the rest": ratio > 1.2,
            "the richest prefecture is a capital": richest in ("Shenyang", "Changchun", "Harbin"),
        }),
        f"In 2010 the four big cities produced {ratio:.1f} times as much per head as the other thirty-two prefectures, but the richest was "
        f"{richest}, which is not a capital. Investment by city is not in open tables.",
        value=ratio, unit="times the rest, output per head 2010", grade="B",
    )  # fmt: skip


@claim("A11", section="rust-belt#the-claims-tested")
def qinggang(load: Load) -> Verdict:
    """Qinggang is a small city whose rural incomes trail big cities."""
    facts = load("local_facts").query("place == 'Qinggang County'").set_index("measure").value
    urban = (
        load("province_indicators")
        .query("province_code == '23' and year == 2016 and indicator == 'disposable_income_urban'")
        .value.item()
    )
    rural, people = facts.disposable_income_rural, facts.population_total
    return Verdict(
        rules.record({
            "a city": facts.population_non_agricultural > people / 2,
            "rural income below that of city people": rural < urban,
        }),
        f"Rural people of Qinggang had {rural:,.0f} yuan a head in 2016, {rural / urban:.0%} of what city people of Heilongjiang had; but Qinggang is a county, "
        f"of whose {1e4 * people:,.0f} residents {facts.population_non_agricultural / people:.0%} were not farmers.",
        value=100 * rural / urban, unit="percent of urban income in Heilongjiang", grade="C",
    )  # fmt: skip


@claim("A30", section="rust-belt#the-claims-tested")
def costly_labour(load: Load) -> Verdict:
    """Costly labour from Maoist industrialisation hurt the region after the reforms."""
    wages = _evidence(load, "A30").assign(place=lambda d: d.note.str.rstrip(".")).set_index("place").value
    provinces = load("provinces").set_index("province_code").name_en
    totals = (
        load("province_gdp")
        .query("vintage == 'compendium' and year == 1997")
        .assign(place=lambda d: d.province_code.map(provinces))
    )
    output = totals.set_index("place").gdp_100m_yuan
    ratio = wages / output.reindex(wages.index).fillna(output.sum())
    three = ["Liaoning", "Jilin", "Heilongjiang"]
    each = 100 * (ratio[three] / ratio["China"] - 1)
    value = float(100 * (wages[three].sum() / output[three].sum() / ratio["China"] - 1))
    return Verdict(
        rules.causal(value, float(each.min()), float(each.max()), expected=1, grade="C"),
        f"In 1997 the wages of staff took {wages[three].sum() / output[three].sum():.1%} of the region's output, against {ratio['China']:.1%} in China and {ratio['Jiangsu']:.1%} in "
        f"Jiangsu: labour was dear for what it made. That this held the region back is an association; wages by province before 1995 are in no table that we could open.",
        value=value, low=each.min(), high=each.max(), unit="percent above China, wages per output, 1997", grade="C",
    )  # fmt: skip


@claim("A31", section="rust-belt#who-inside")
def state_economy(load: Load) -> Verdict:
    """The state-heavy economy stagnated while the south invested privately."""
    indicator = "indicator == 'soe_share_staff_workers' and year == 2008"
    state = load("province_indicators").query(indicator).set_index("province_code").value
    nation = load("national").query(indicator).value.item()
    table = _accounts(load)
    return Verdict(
        rules.record({
            "more state employment than China in each province": state[NORTHEAST].min() > nation,
            "less than China in Zhejiang": state["33"] < nation,
            "output per head fell relative to China": table.relative[2010] < table.relative[1978],
        }),
        f"State units employed {state[NORTHEAST].min():.0f} to {state[NORTHEAST].max():.0f} percent of staff in 2008, against {nation:.0f} in China and {state['33']:.0f} in "
        f"Zhejiang; output per head fell from {table.relative[1978]:.2f} to {table.relative[2010]:.2f} times China's between 1978 and 2010.",
        value=state[NORTHEAST].min(), low=state[NORTHEAST].min(), high=state[NORTHEAST].max(), unit="percent of staff in state units", grade="B",
    )  # fmt: skip
