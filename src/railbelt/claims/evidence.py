"""Tests of the claims of the chapter *HSR impact evidence*."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING, Any

from railbelt._types import rows
from railbelt.claims import Load, Verdict, claim, rules

if TYPE_CHECKING:
    import pandas as pd

BETWEEN = ("bernard_moxnes_saito_2019", "dong_zheng_kahn_2020", "duan_etal_2021", "lin_etal_2023", "ma_huang_2023")
"""Studies of what passes between linked cities: supplies, papers, venture capital, investment in firms."""


def _activity(load: Load, *infrastructure: str) -> pd.DataFrame:
    """Main results on economic activity, with their place; fast rail unless other kinds of link are named."""
    from railbelt.models.evidence import describe_estimates, main_results

    table = describe_estimates(main_results(load("hsr_effects"), *([list(infrastructure)] if infrastructure else [])))
    return table[table.topic != "Inequality"]


def _row(load: Load, estimate_id: str) -> Any:
    """Return the one row of an estimate, a named tuple."""
    (row,) = rows(load("hsr_effects").query("estimate_id == @estimate_id"))
    return row


@claim("A12", section="evidence#small-places-and-big-ones")
def linked_small_towns(load: Load) -> Verdict:
    """Poor links to big cities cause slow growth of rural towns, so that small places should gain from a link."""
    from railbelt.models.evidence import one_vote

    table = _activity(load, "high-speed rail", "upgraded rail", "road")
    signs = one_vote(table[table.place == "Small places"])
    gains, losses = (signs == "positive").sum(), (signs == "negative").sum()
    return Verdict(
        rules.consensus(signs),
        f"Of {len(signs)} studies of small or bypassed places that got a road or a fast railway, {gains} find gains throughout and {losses} losses; "
        "the gains are near very large cities, and most designs compare linked with unlinked places.",
        value=100 * gains / len(signs), unit="percent of studies with gains", grade="B",
    )  # fmt: skip


@claim("A13", section="evidence#like-with-like")
def roads_are_not_enough(load: Load) -> Verdict:
    """Roads alone do little; only fast transport has a large economic effect."""
    slow = load("hsr_effects").query("infrastructure in ['road', 'conventional rail'] and unit == 'percent'")
    largest = slow.iloc[int(slow.estimate.abs().argmax())]
    road, fast = _row(load, "asher_novosad_2020_02"), _row(load, "borusyak_hull_2023_02")
    return Verdict(
        rules.record({
            "village roads alone raised no incomes": road.sign == "null",
            "no slow link had a large effect": abs(largest.estimate) < 10,
            "the most careful estimate of fast rail excludes zero": fast.ci_low > 0,
        }),
        f"Village roads in India raised no incomes, which agrees; but slow railways and roads have moved a tenth and more of an outcome elsewhere "
        f"(up to {abs(largest.estimate):.0f} percent, of land values), and the most careful estimate of fast rail, {fast.estimate:.3f}, "
        f"has an interval from {fast.ci_low:.3f} to {fast.ci_high:.3f}.",
        value=float(fast.estimate), low=float(fast.ci_low), high=float(fast.ci_high),
        unit="percent more jobs for one percent more market access", grade="B",
    )  # fmt: skip


@claim("A23", section="evidence#small-places-and-big-ones")
def leading_driver_of_productivity(load: Load) -> Verdict:
    """Fast rail has spearheaded productivity elsewhere in China."""
    core, edge = _row(load, "yang_etal_2019_01"), _row(load, "yang_etal_2019_02")
    jobs = _row(load, "borusyak_hull_2023_02")
    return Verdict(
        rules.record({
            "firms in core cities gain": core.estimate > 0,
            "firms in peripheral cities gain": edge.estimate > 0,
            "the most careful national estimate excludes zero": jobs.ci_low > 0,
        }),
        f"Firms in core cities became {core.estimate:.1f} percent more productive and those in peripheral cities {-edge.estimate:.2f} percent less, "
        "without printed standard errors where we could read; the recentred estimate for jobs in all China cannot be told from zero.",
        value=float(core.estimate), unit="percent, firms in core cities", grade="C",
    )  # fmt: skip


@claim("A24", section="evidence#the-trail-of-the-nine-percent")
def nearly_nine_percent(load: Load) -> Verdict:
    """In the south and east a station adds nearly nine percent to the economy within four kilometres."""
    study = load("hsr_effects").query("study_key == 'niu_xin_2021'").set_index("sample")
    east, here = study.estimate["east"], study.estimate["northeast"]
    return Verdict(
        rules.record({
            "nearly nine percent in the East": rules.figure(9, east, precision="rounded") == rules.SUPPORTED,
            "the same in the South": "south" in study.index,
            "of the economy": study.outcome["east"].startswith("gdp"),
        }),
        f"The study has nearly {east:.0f} percent for the East and no South; it measures night light and not the economy, and its number for the "
        f"Northeast, {here:.1f} percent, is left out. Read through a press report, without standard errors.",
        value=float(east), unit="percent more night light, East", grade="B",
    )  # fmt: skip


@claim("A25", section="evidence#counting-votes-and-what-a-count-is-worth")
def research_agrees(load: Load) -> Verdict:
    """Research agrees that fast rail drives growth, with spillovers to lower-tier cities."""
    from railbelt.models.evidence import one_vote

    table = _activity(load)
    china = one_vote(table[(table.country == "CHN") & (table.place != "Small places")])
    small = one_vote(table[table.place == "Small places"])
    agree, spill = (china == "positive").mean(), (small == "positive").sum()
    return Verdict(
        rules.record({
            "four fifths of the studies of China see gains": rules.consensus(china) == rules.SUPPORTED,
            "four fifths of the studies of small places see gains": rules.consensus(small) == rules.SUPPORTED,
        }),
        f"{agree:.0%} of {len(china)} studies of China see gains throughout, short of the four fifths that we call agreement, and {spill} of "
        f"{len(small)} studies of small places do.",
        value=100 * agree, unit="percent of studies of China with gains", grade="B",
    )  # fmt: skip


@claim("A28", section="evidence#what-studies-found")
def cooperation_between_cities(load: Load) -> Verdict:
    """Fast rail raises cooperation of firms between cities."""
    from railbelt.models.evidence import one_vote

    table = _activity(load)
    signs = one_vote(table[table.study_key.isin(BETWEEN)])
    amount = _row(load, "lin_etal_2023_01").estimate
    return Verdict(
        rules.consensus(signs),
        f"{(signs == 'positive').sum()} of {len(signs)} studies of what passes between linked cities, from supplies to joint papers, see more of it; "
        f"investment between two Chinese cities grew by {amount:.0f} percent in amount once a direct fast train ran.",
        value=100 * (signs == "positive").mean(), unit="percent of studies with gains", grade="B",
    )  # fmt: skip


@claim("A29", section="evidence#what-studies-found")
def branches_and_headquarters(load: Load) -> Verdict:
    """Fast rail makes corporations decentralise, and so creates jobs in subsidiaries."""
    more, moved = _row(load, "lin_etal_2023_02"), _row(load, "charnoz_lelarge_trevien_2018_01")
    return Verdict(
        rules.record({
            "firms place more holdings in linked cities": more.estimate > 0,
            "management moves out to the branches": "to headquarters" not in moved.note,
        }),
        f"Chinese firms placed {more.estimate:.0f} percent more holdings in cities that a direct train reached; in France about {moved.estimate:.0f} "
        "managerial job an affiliate moved the other way, to headquarters: subsidiaries spread, control does not.",
        value=float(more.estimate), unit="percent more investments between linked cities", grade="B",
    )  # fmt: skip


MARGINAL = 0.05
"""An effect of at most a twentieth, either way, counts as marginal."""


def _northeast_lights(load: Load) -> pd.Series:
    """Effect of a first fast train on night lights of the Northeast's prefectures, with a wild bootstrap by line."""
    import numpy as np

    from railbelt.models.staggered import wild_bootstrap
    from railbelt.network import railways
    from railbelt.network.counterfactual import places_of

    rails = railways()
    stops = rails.stops.merge(rails.sections.query("mode == 'hsr'"), on=["line_id", "section"])
    stops = stops.assign(city_code=stops.node_code.map(places_of(rails))).sort_values("opened")
    first = stops.dropna(subset=["city_code"]).drop_duplicates("city_code").set_index("city_code")
    cities = load("cities").query("province_code in ['21', '22', '23']").city_code
    panel = load("city_lights")
    panel = panel[panel.city_code.isin(cities)]
    year = panel.city_code.map(first.opened.dt.year).fillna(0).astype(int)
    panel = panel.assign(
        lights=np.log(panel.lights_sum), year=panel.year.astype(int), opened=year,
        line=panel.city_code.map(first.line_id).where(year.between(2014, 2019), panel.city_code),
    )[~year.between(1, 2013)]  # fmt: skip
    return wild_bootstrap(panel, "lights", "city_code", "year", "opened", cluster="line")


@claim("A33", section="evidence#openings-year-by-year-in-lights", also=("hsr_lines", "hsr_stops"))
def marginal_in_the_northeast(load: Load) -> Verdict:
    """In the Northeast fast rail has only a marginal effect."""
    table = _activity(load)
    here = table[table.place == "Northeast"]
    there = table[table.study_key == "niu_xin_2021"].set_index("place").estimate
    ours = _northeast_lights(load)
    small, large = ours.low >= -MARGINAL and ours.high <= MARGINAL, ours.low > MARGINAL or ours.high < -MARGINAL
    decided = small or large
    return Verdict(
        rules.record({"the whole interval is marginal": small}) if decided else rules.NOT_TESTABLE,
        f"Our own estimate on night lights is {expm1(ours.estimate):+.1%}, from {expm1(ours.low):+.0%} to {expm1(ours.high):+.0%}, which allows for none, a marginal and a sizeable "
        f"effect; {here.study_key.nunique()} published studies of the region report gains, one of them {there['Northeast']:.1f} percent more light near "
        f"stations against the East's {there['East']:.0f} and the Centre's {there['Central']:.1f}, none with a standard error we could read.",
        value=100 * float(ours.estimate), low=100 * float(ours.low), high=100 * float(ours.high),
        unit="log points of night light, Northeast", grade="B",
        needed="" if decided else "smaller units than prefectures, and more of them: counties or firms of the region, on both sides of a line's opening",
    )  # fmt: skip
