"""Which columns of which tables an interface can speak about, and how its figures become ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from railbelt.update.apis import PARTNERS, Key, Series, Values, comtrade, world_bank
from railbelt.web import Limits

__all__ = ["SOURCES", "TARGETS", "Target", "ask", "questions"]

SOURCES = {
    "wb_wdi": {
        "source_key": "wb_wdi",
        "title": "World Development Indicators",
        "publisher": "World Bank",
        "year": "",
        "url": "https://data.worldbank.org/",
        "read_at": "the public interface api.worldbank.org",
        "terms": "CC BY 4.0",
        "grade": "B",
        "note": "",
    },
    "un_comtrade": {
        "source_key": "un_comtrade",
        "title": "UN Comtrade, China's reports of its trade in goods",
        "publisher": "United Nations Statistics Division",
        "year": "",
        "url": "https://comtradeplus.un.org/",
        "read_at": "the public preview of comtradeapi.un.org",
        "terms": "official statistics, facts cited",
        "grade": "B",
        "note": "",
    },
}
"""Rows of the table of sources that an update adds when it writes figures of that source."""


@dataclass(frozen=True)
class Target:
    """One column that an interface can speak about.

    Parameters
    ----------
    table, column : str
        Where the figures stand.
    question : str
        What to ask: a key of :func:`questions`.
    source : str
        Key of :data:`SOURCES`.
    series : str
        What the source calls it.
    read : callable
        From the answers to values by primary key, in the unit of the column.
    decimals : int
        As the column is written.
    replaces : frozenset of str
        Sources of a row that a figure of this one makes idle.
    source_column : str
        Where the row names its source.
    grows : bool
        Whether later years may be added; other tables hold chosen years.
    writes : bool
        Whether the figures may replace ours; otherwise they are a check of another vintage or definition.
    caution : str
        What somebody who reviews a difference should know.
    jump : float
        Relative change from which a difference is flagged.
    scope : callable
        Whether the source speaks about a row, given its primary key.

    Examples
    --------
    >>> target = next(t for t in TARGETS if t.question == "exchange_rate")
    >>> target.table, target.source
    ('exchange_rates', 'wb_wdi')
    """

    table: str
    column: str
    question: str
    source: str
    series: str
    read: Callable[[dict[str, Series]], Values]
    decimals: int
    replaces: frozenset[str] = frozenset()
    source_column: str = "source"
    grows: bool = False
    writes: bool = True
    caution: str = ""
    jump: float = 0.2
    scope: Callable[[Key], bool] = lambda key: True


def _indicator(name: str, scale: float, key: Callable[[str, int], Key | None]) -> Callable[[dict[str, Series]], Values]:
    def read(answers: dict[str, Series]) -> Values:
        found = {key(country, year): value / scale for (country, year), value in answers[name].values.items()}
        return {k: v for k, v in found.items() if k is not None}

    return read


def _china_gdp(answers: dict[str, Series]) -> Values:
    """Give China's product to every partner of the panel."""
    gdp = answers["gdp_usd"].values
    return {(year, p): v / 1e9 for (country, year), v in gdp.items() if country == "CHN" for p in PARTNERS}


def _trade(flows: str, russia: bool) -> Callable[[dict[str, Series]], Values]:
    def read(answers: dict[str, Series]) -> Values:
        values = answers["trade"].values
        found: Values = {}
        for partner, year in {(p, y) for p, y, _, _ in values}:
            parts = [values.get((partner, year, flow, "TOTAL")) for flow in flows]
            if None not in parts and (partner == "RUS" or not russia):
                found[(year,) if russia else (year, partner)] = sum(p for p in parts if p is not None) / 1e9
        return found

    return read


COMMODITIES = {"2709": "crude oil", "271111": "liquefied natural gas"}


def _commodity(what: str) -> Callable[[dict[str, Series]], Values]:
    def read(answers: dict[str, Series]) -> Values:
        money, weight, total = answers["commodities"], answers["commodities_kg"], answers["trade"].values
        found: Values = {}
        for key, dollars in money.values.items():
            partner, year, flow, code = key
            value = {
                "value": dollars / 1e9,
                "quantity": weight.values[key] / 1e9 if key in weight.values else None,
                "share": 100 * dollars / total[partner, year, flow, "TOTAL"]
                if total.get((partner, year, flow, "TOTAL"))
                else None,
            }[what]
            if value is not None:
                found[year, "imports_from_russia", COMMODITIES[code]] = value
        return found

    return read


REMEMBERED_GDP = frozenset({"ru_mem_wdi", "sql_wdi_2025"})
CUSTOMS = frozenset({"wiki_cn_partners_2017", "wiki_cn_partners_2023", "ru_mem_gacc"})
VALUATION = (
    "UN Comtrade publishes what customs report, with later corrections; first releases differ by a percent or two."
)

TARGETS = (
    Target(
        "exchange_rates",
        "cny_per_usd",
        "exchange_rate",
        "wb_wdi",
        "PA.NUS.FCRF",
        _indicator("exchange_rate", 1, lambda country, year: (year,)),
        4,
        frozenset({"ru_mem_nbs_fx"}),
        grows=True,
        jump=0.05,
        caution="The period average of the IMF; the mean published in China may differ in the third decimal.",
    ),
    Target(
        "gravity_panel",
        "partner_gdp_usd_bn",
        "gdp_usd",
        "wb_wdi",
        "NY.GDP.MKTP.CD",
        _indicator("gdp_usd", 1e9, lambda country, year: None if country == "CHN" else (year, country)),
        1,
        REMEMBERED_GDP,
        caution="Taiwan is not in the World Bank's data.",
        scope=lambda key: key[1] != "TWN",
    ),
    Target("gravity_panel", "china_gdp_usd_bn", "gdp_usd", "wb_wdi", "NY.GDP.MKTP.CD", _china_gdp, 1, REMEMBERED_GDP),
    *(
        Target(
            "gravity_panel",
            column,
            "trade",
            "un_comtrade",
            f"HS TOTAL, {flows}",
            _trade(flows, russia=False),
            1,
            CUSTOMS,
            caution=VALUATION,
        )
        for column, flows in (("trade_usd_bn", "XM"), ("exports_usd_bn", "X"), ("imports_usd_bn", "M"))
    ),
    *(
        Target(
            "russia_trade",
            column,
            "trade",
            "un_comtrade",
            f"HS TOTAL, {flows}",
            _trade(flows, russia=True),
            2,
            frozenset({"ru_mem_gacc"}),
            source_column=where,
            grows=True,
            caution=VALUATION,
        )
        for column, flows, where in (
            ("total_usd_bn", "XM", "source"),
            ("exports_usd_bn", "X", "split_source"),
            ("imports_usd_bn", "M", "split_source"),
        )
    ),
    *(
        Target(
            "russia_trade_commodities",
            column,
            "commodities",
            "un_comtrade",
            "HS 2709,271111, M",
            _commodity(what),
            decimals,
            frozenset({"ru_mem_gacc"}),
            caution="Quantities are net weights as reported.",
        )
        for column, what, decimals in (
            ("value_usd_bn", "value", 2),
            ("quantity", "quantity", 2),
            ("share_of_flow_pct", "share", 1),
        )
    ),
    Target(
        "country_totals",
        "value",
        "containers",
        "wb_wdi",
        "IS.SHP.GOOD.TU",
        _indicator("containers", 1, lambda country, year: (country, "containers", year)),
        0,
        frozenset({"teconomy_ports2017"}),
        caution="Only China's total rests on this series; those of Japan and the United States are other counts.",
        scope=lambda key: key[:2] == ("CHN", "containers"),
    ),
    Target(
        "national",
        "value",
        "gdp_yuan",
        "wb_wdi",
        "NY.GDP.MKTP.CN",
        _indicator("gdp_yuan", 1e8, lambda country, year: (year, "gdp", "census2023")),
        1,
        writes=False,
        jump=0.02,
        caution="A check: the World Bank carries the newest vintage of the National Bureau of Statistics, unnamed.",
        scope=lambda key: key[1:] == ("gdp", "census2023"),
    ),
)
"""Every column that can be checked, in the order of the report."""


def questions() -> dict[str, str]:
    """Return what is asked, by its short name, with the name that the source has for it.

    Examples
    --------
    >>> questions()["exchange_rate"]
    'PA.NUS.FCRF'
    """
    return {target.question: target.series for target in reversed(TARGETS)}


def ask(
    question: str,
    keys: dict[str, list[Key]],
    world_bank_at: str,
    comtrade_at: str,
    limits: Limits,
    say: Callable[[str], None],
    answers: dict[str, Series],
) -> None:
    """Ask one question and put the answers beside the earlier ones.

    Parameters
    ----------
    question : str
        A key of :func:`questions`.
    keys : dict
        Primary keys of each table, from which follow the countries and years to ask for.
    world_bank_at, comtrade_at : str
        Addresses of the interfaces.
    limits : Limits
        Time, size and number of tries.
    say : callable
        Told what is being asked.
    answers : dict
        Filled.

    Raises
    ------
    FetchError
        If the source fails or its answer is not what it documents.

    Examples
    --------
    >>> answers = {}
    >>> ask("exchange_rate", {}, "https://api.worldbank.org/v2", "", Limits(), print, answers)  # doctest: +SKIP
    """
    this_year = dt.datetime.now(dt.UTC).year
    if question in ("trade", "commodities"):
        panel = keys["gravity_panel"]
        chosen = {year for year, *_ in panel} | {year for year, *_ in keys["russia_trade_commodities"]}
        if question == "trade":
            partners = sorted({partner for _, partner in panel} | {"RUS"})
            years = sorted({year for (year,) in keys["russia_trade"]} | chosen)
            years += range(years[-1] + 1, this_year)
            answers["trade"], _ = comtrade(years, partners, base=comtrade_at, limits=limits, say=say)
            return
        if "trade" not in answers:
            ask("trade", keys, world_bank_at, comtrade_at, limits, say, answers)
        years = sorted({year for year, *_ in keys["russia_trade_commodities"]})
        answers["commodities"], answers["commodities_kg"] = comtrade(
            years, ["RUS"], list(COMMODITIES), ["M"], base=comtrade_at, limits=limits, say=say
        )
        return
    say(f"World Bank {questions()[question]}")
    panel = keys["gravity_panel"]
    countries, first, last = {
        "exchange_rate": (["CHN"], min(year for (year,) in keys["exchange_rates"]), this_year - 1),
        "gdp_usd": (
            sorted({p for _, p in panel} - {"TWN"} | {"CHN"}),
            min(y for y, _ in panel),
            max(y for y, _ in panel),
        ),
        "containers": (["CHN"], 2000, this_year - 1),
        "gdp_yuan": (["CHN"], 2015, this_year - 1),
    }[question]
    answers[question] = world_bank(questions()[question], countries, first, last, world_bank_at, limits)
