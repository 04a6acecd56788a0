"""Tests of the claims of the chapter *A double-edged sword*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt.claims import Load, Verdict, claim, rules, shared

if TYPE_CHECKING:
    import pandas as pd

NORTHEAST = ("21", "22", "23")
METROPOLES = ["2101", "2102", "2201", "2301"]
DRAWS = 8
RAIL = ("hsr_lines", "hsr_stops", "hsr_speeds", "conventional_lines", "conventional_stops", "conventional_speeds", "rail_nodes", "rail_parameters", "rail_line_pace", "rail_terminals")  # fmt: skip
MODEL = ("cities", "city_census", "city_gdp", "model_parameters", *RAIL)


def _signs(load: Load, outcomes: list[str], **where: str) -> pd.DataFrame:
    """Return one conclusion a study on high-speed rail: the preferred estimate of an outcome."""
    rows = load("hsr_effects")
    rows = rows[rows.outcome.isin(outcomes) & rows.preferred & (rows.infrastructure == "high-speed rail")]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows.drop_duplicates("study_key")


def _tally(signs: pd.Series) -> str:
    counts = signs.value_counts()
    return ", ".join(f"{counts[sign]} {sign}" for sign in ("positive", "negative", "mixed", "null") if sign in counts)


@shared
def _gains(load: Load) -> pd.DataFrame:
    """Return what high-speed rail to the end of 2025 changes in the prefectures of the Northeast, over a few draws."""
    from railbelt.models.gains import between, draw, effects, setting, summary
    from railbelt.network import on, only, travel_times

    census = load("city_census").pivot(index="city_code", columns="year", values="population_2010_boundary_10k")
    gdp = load("city_gdp").query("year == 2010 and series == 'preliminary'").set_index("city_code").gdp_100m_yuan
    place = setting(load("cities"), census[2010], census[2000], gdp)
    network = on("2025-12-31")
    without, full = (between(place, travel_times(n)) for n in (only(network, "conventional"), network))
    draws = draw(load("model_parameters").query("model == 'spatial'"), DRAWS)
    codes = [code for code in place.people.index if code[:2] in NORTHEAST]
    found = summary(effects(place, without, full, draws), codes)
    return found.assign(per_head=(place.output / place.people)[codes], metropole=found.index.isin(METROPOLES))


@claim("A26", section="double-edged-sword#day-trips")
def tourism(load: Load) -> Verdict:
    """HSR raises local tourism."""
    rows = _signs(load, ["tourism", "tourism_arrivals", "tourism_revenue"])
    rows = rows.sort_values("outcome").drop_duplicates("study_key")
    return Verdict(
        rules.consensus(rows.sign),
        f"Of {len(rows)} studies on visitors or their spending, {_tally(rows.sign)}; those on China that count arrivals find more of "
        "them, those on Spain mostly nothing. Votes, not sizes.",
        value=100 * (rows.sign == "positive").mean(), unit="percent of studies positive", grade="B",
    )  # fmt: skip


@claim("A27", section="double-edged-sword#day-trips")
def hotspots(load: Load) -> Verdict:
    """HSR shifts visitors from hotspots to nearby areas."""
    rows = _signs(load, ["tourism", "tourism_arrivals"], country="CHN")
    return Verdict(
        rules.NOT_TESTABLE,
        f"The {len(rows)} studies on China compare cities with and without a station; none follows visitors from one sight to another.",
        needed="Visitors by sight and month, before and after an opening, or mobile-phone traces.",
    )


@claim("A32", section="double-edged-sword#who-gains-from-what", also=RAIL)
def strength_of_the_economy(load: Load) -> Verdict:
    """The HSR effect depends on how strong the local economy already is."""
    from scipy.stats import spearmanr

    found = _gains(load)
    by_region = load("hsr_effects").query("study_key == 'niu_xin_2021'").set_index("sample").estimate
    rank, chance = spearmanr(found.per_head, found.welfare)
    return Verdict(
        rules.record({
            "effects differ by region within one study": by_region.max() - by_region.min() > 2,
            "the Northeast's is below the East's": by_region["northeast"] < by_region["east"],
            "in the model richer prefectures gain more, beyond chance": rank > 0 and chance < 0.05,
        }),
        f"Within one study night lights near stations rise by {by_region['east']:.0f} percent in the East and {by_region['northeast']:.1f} in the "
        f"Northeast; in the spatial model the gain in welfare has a rank correlation of {rank:+.2f} with output per head across the "
        f"{len(found)} prefectures (over {DRAWS} draws, fewer than in the chapter; p = {chance:.2f}): a weak link, and none that a cause could be read from.",
        value=float(rank), unit="rank correlation", grade="C",
    )  # fmt: skip


@claim("A34", section="double-edged-sword#who-gains-from-what")
def richer_regions_gain_more(load: Load) -> Verdict:
    """Richer regions gain more from HSR."""
    rows = load("hsr_effects")
    rows = rows[(rows.country == "CHN") & rows["sample"].isin(["east", "central", "west", "northeast"])]
    score = rows.sign.map({"positive": 1, "null": 0, "mixed": 0, "negative": -1})
    rows = rows.assign(score=rows.estimate.where(rows.estimate.notna(), score))
    by = rows.pivot_table(index="study_key", columns="sample", values="score")
    both = by.dropna(subset=["east"]).assign(rest=by.drop(columns="east").max(axis=1)).dropna(subset=["rest"])
    ahead = int((both.east > both.rest).sum())
    return Verdict(
        rules.record({f"{study}: the East first": east > rest for study, east, rest in both[["east", "rest"]].itertuples()}),
        f"Of {len(both)} studies with estimates for the East and for another region, {ahead} put the East ahead, {int((both.east < both.rest).sum())} another region, and "
        f"{int((both.east == both.rest).sum())} see no difference; so few studies decide little.",
        value=float(ahead), unit="studies", grade="B",
    )  # fmt: skip


@claim("A35", section="double-edged-sword#leaving-and-ageing", also=RAIL)
def brain_drain(load: Load) -> Verdict:
    """HSR worsens brain drain by easing exit."""
    rows = _signs(load, ["population"], country="CHN")
    found = _gains(load)
    small = found[~found.metropole]
    down = int((small.people_up < 0.5).sum())
    return Verdict(
        rules.record({
            "most studies of Chinese cities find fewer people": (rows.sign == "negative").mean() > 0.5,
            "in the model most small prefectures lose people": down > len(small) / 2,
            "the loss is as large as a tenth of what was observed": abs(small.people.median()) > 1.5,
        }),
        f"Of {len(rows)} studies on population in China, {_tally(rows.sign)}. In the model {down} of {len(small)} small prefectures lose people, by "
        f"{-small.people.median():.2f} percent in the middle: the direction holds, the size is a small part of the exodus, and censuses do not count talent.",
        value=small.people.median(), low=small.people_low.median(), high=small.people_high.median(), unit="percent of residents", grade="C",
    )  # fmt: skip


@claim("A36", section="double-edged-sword#day-trips")
def day_trips(load: Load) -> Verdict:
    """Day trips raise visits but lower local spending."""
    rows = load("hsr_effects").query("study_key == 'gao_su_wang_2019'").set_index("outcome").sign
    other = _signs(load, ["tourism_revenue"], country="CHN").query("study_key != 'gao_su_wang_2019'").sign
    return Verdict(
        rules.record({
            "arrivals rise": rows["tourism_arrivals"] == "positive",
            "spending per visitor falls": rows["tourism_spending"] == "negative",
            "local revenue falls": rows["tourism_revenue"] == "negative",
            "another study finds no gain in revenue": not (other == "positive").any(),
        }),
        "One study of Chinese cities, 2004–15: more arrivals, less spent by each, revenue unchanged; another finds revenue up. Spending per visitor "
        "falls, local spending does not.",
        value=float((rows == "negative").sum()), unit="falling outcomes of three", grade="B",
    )  # fmt: skip


@claim("A37", section="double-edged-sword#the-siphon-three-ways", also=RAIL)
def siphon(load: Load) -> Verdict:
    """Residents of small cities spend in metropolises, draining local money."""
    import numpy as np

    from railbelt.models.gains import between, door_to_door, setting
    from railbelt.models.huff import turnover
    from railbelt.network import on, only, travel_times

    census = load("city_census").pivot(index="city_code", columns="year", values="population_2010_boundary_10k")
    gdp = load("city_gdp").query("year == 2010 and series == 'preliminary'").set_index("city_code").gdp_100m_yuan
    near = load("cities").query("province_code in ['11', '12', '13', '15', '21', '22', '23']")
    place = setting(near, census[2010], census[2000], gdp)
    network = on("2025-12-31")
    rows = load("model_parameters")
    central = dict(zip(rows.parameter, rows.central, strict=True))
    without, full = (
        door_to_door(between(place, travel_times(n)), place.km, central | {"air_minutes": 1e6})
        for n in (only(network, "conventional"), network)
    )
    change = turnover(without, full, place.output.to_numpy(), central)
    small = np.array([code[:2] in NORTHEAST and code not in METROPOLES for code in place.people.index])
    leaks, falls = int((change["leakage"][small] < -0.05).sum()), int((change["net"][small] < 0).sum())
    retail = _signs(load, ["retail"]).sign
    return Verdict(
        rules.record({
            "money leaks from most small prefectures": leaks > small.sum() / 2,
            "it outweighs visitors and access in most": falls > small.sum() / 2,
            "retail studies find a fall": (retail == "negative").any(),
        }),
        f"In the day-trip model spending leaks from {leaks} of {small.sum()} small prefectures, but with the usual response to access turnover falls in only "
        f"{falls}; the one study of retail sales is mixed, and no census of shoppers exists.",
        value=float(falls), unit=f"of {small.sum()} prefectures", grade="C",
    )  # fmt: skip


@claim("A38", section="double-edged-sword#capital-and-small-town", also=RAIL)
def inequality(load: Load) -> Verdict:
    """HSR can widen regional inequality."""
    rows = _signs(load, ["inequality"], country="CHN")
    found = _gains(load)
    gap = found[found.metropole].people.median() - found[~found.metropole].people.median()
    return Verdict(
        rules.record({
            "some study finds that it does": (rows.sign == "positive").any(),
            "in the model people concentrate in the metropoles": gap > 0,
            "most studies find more inequality": (rows.sign == "positive").mean() > 0.5,
        }),
        f"Of {len(rows)} studies on China, {_tally(rows.sign)} (positive means more inequality). In the model the four metropoles gain "
        f"{gap:.2f} percent of residents on the small prefectures, while welfare rises in nearly all. That it can is true; that it does is not the rule.",
        value=gap, unit="percentage points of residents", grade="C",
    )  # fmt: skip
