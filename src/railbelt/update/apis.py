"""Three public interfaces, each read with suspicion: what is not exactly as documented is an error, not a figure.

World Bank
    Indicators API, version 2 (`datahelpdesk.worldbank.org/knowledgebase/articles/889392`). Answers are a list of a header
    and rows; mistakes in the question come back as HTTP 200 with a list of one message. ``lastupdated`` is the vintage.
UN Comtrade
    The public preview of the data API (`comtradedeveloper.un.org`). One period a request, at most 500 records without a
    word when there were more, mistakes as HTTP 200 with the field ``error``. The answer carries no date of release: the
    day of asking is the vintage.

Neither needs a key. What was left out, and why, is said in :data:`LEFT_OUT`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import urllib.parse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from railbelt.errors import FetchError
from railbelt.web import CAUTIOUS, Limits, get_json

__all__ = ["LEFT_OUT", "Key", "Series", "Values", "comtrade", "world_bank"]

Key: TypeAlias = tuple[Any, ...]
"""Primary key of a figure: country, year, ..."""

Values: TypeAlias = dict[Key, float]

WORLD_BANK = "https://api.worldbank.org/v2"
COMTRADE = "https://comtradeapi.un.org/public/v1/preview"
CHINA = 156
CAP = 500
"""Records that a preview of UN Comtrade returns at most, without saying that it cut."""
PAGES = 20

PARTNERS = {
    "ARE": 784, "AUS": 36, "BRA": 76, "CAN": 124, "CHL": 152, "DEU": 276, "ESP": 724, "FRA": 251, "GBR": 826, "HKG": 344,
    "IDN": 360, "IND": 699, "ITA": 380, "JPN": 392, "KAZ": 398, "KOR": 410, "MEX": 484, "MNG": 496, "MYS": 458, "NLD": 528,
    "NZL": 554, "PAK": 586, "PHL": 608, "POL": 616, "RUS": 643, "SAU": 682, "SGP": 702, "THA": 764, "TUR": 792, "TWN": 490,
    "USA": 842, "VNM": 704, "ZAF": 710,
}  # fmt: skip
"""UN Comtrade's codes of partners. They are not always those of ISO 3166: France 251, India 699, the United States 842,
and Taiwan is in “Other Asia, nes”, 490."""

LEFT_OUT = {
    "National Bureau of Statistics of China": "its query interface is undocumented and not meant for programs",
    "Statistics Bureau of Japan (e-Stat)": "its API asks for a registered key, and past censuses are not revised",
    "US Census Bureau": "its API asks for a key since May 2026, and past censuses are not revised",
    "Rosstat": "no stable documented interface",
    "Eurostat, OECD, IMF": "no table of this book rests on them",
}
"""Sources of the tables that have an interface, or seem to, and are not asked, with the reason."""


@dataclass(frozen=True)
class Series:
    """Figures of one source: values by key, the vintage, and where they came from.

    Parameters
    ----------
    name : str
        Code of the series at its source.
    values : dict
        From a key, such as ``("CHN", 2024)``, to a finite number.
    vintage : str
        Date of the last revision if the source tells it, otherwise of the request (ISO 8601).
    url : str
        Address of the first request.

    Examples
    --------
    >>> Series("NY.GDP.MKTP.CD", {("CHN", 2024): 1.87e13}, "2025-07-01", "https://api.worldbank.org/v2").values["CHN", 2024]
    18700000000000.0
    """

    name: str
    values: Values
    vintage: str
    url: str


def world_bank(
    indicator: str,
    countries: Sequence[str],
    first: int,
    last: int,
    base: str = WORLD_BANK,
    limits: Limits = CAUTIOUS,
) -> Series:
    """Ask for an indicator of some countries.

    Parameters
    ----------
    indicator : str
        For instance ``"NY.GDP.MKTP.CD"``.
    countries : sequence of str
        ISO 3166 codes of three letters.
    first, last : int
        Years, both included.
    base : str
        Address of the interface.
    limits : Limits
        Time, size and number of tries.

    Returns
    -------
    Series
        Keys are (country, year). What the source leaves empty is absent.

    Raises
    ------
    FetchError
        If the source fails or its answer is not what it documents.

    Examples
    --------
    >>> gdp = world_bank("NY.GDP.MKTP.CD", ["CHN", "RUS"], 2020, 2024)  # doctest: +SKIP
    >>> gdp.values["CHN", 2023] > gdp.values["RUS", 2023]  # doctest: +SKIP
    True
    """
    question = {"format": "json", "per_page": "1000", "date": f"{first}:{last}", "source": "2"}
    path = f"{base}/country/{';'.join(countries)}/indicator/{indicator}"
    values: Values = {}
    seen: set[tuple[str, int]] = set()
    header: dict[str, Any] = {}
    url, page = "", 1
    while page == 1 or page <= header["pages"]:
        address = f"{path}?{urllib.parse.urlencode({**question, 'page': page}, safe=':')}"
        body, answer = get_json(address, limits)
        url = url or answer.url
        new, rows = _world_bank_page(body, indicator)
        if page > 1 and new != {**header, "page": page}:
            raise FetchError(f"World Bank, {indicator}: page {page} belongs to another answer. Ask again.")
        header = new
        if header["page"] != page or header["pages"] > PAGES:
            raise FetchError(f"World Bank, {indicator}: page {header['page']} of {header['pages']} is not page {page}.")
        for row in rows:
            key, value = _world_bank_row(row, indicator, set(countries), first, last)
            if key in seen:
                raise FetchError(f"World Bank, {indicator}: {key[0]} {key[1]} stands twice in the answer.")
            seen.add(key)
            if value is not None:
                values[key] = value
        page += 1
    if len(seen) != header["total"]:
        raise FetchError(f"World Bank, {indicator}: {len(seen)} rows of {header['total']} came. Pages are missing.")
    return Series(indicator, values, header["lastupdated"], url)


def _world_bank_page(body: Any, indicator: str) -> tuple[dict[str, Any], list[Any]]:
    who = f"World Bank, {indicator}"
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict) and "message" in body[0]:
        message = body[0]["message"]
        first = message[0] if isinstance(message, list) and message and isinstance(message[0], dict) else {}
        raise FetchError(f"{who}: the source answers {_plain(first.get('value', message))!r}.")
    if not (isinstance(body, list) and len(body) == 2 and isinstance(body[0], dict)):
        raise FetchError(f"{who}: a list of header and rows was expected, {_shape(body)} came.")
    header, rows = body
    counts = {name: _whole(header.get(name), f"{who}, {name}") for name in ("page", "pages", "total")}
    vintage = header.get("lastupdated")
    if not isinstance(vintage, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", vintage):
        raise FetchError(f"{who}: lastupdated is {_plain(vintage)!r}, not a date.")
    if rows is None and counts["total"] == 0:
        rows = []
    if not isinstance(rows, list):
        raise FetchError(f"{who}: rows are {_shape(rows)}, not a list.")
    return {**counts, "lastupdated": vintage}, rows


def _world_bank_row(
    row: Any, indicator: str, countries: set[str], first: int, last: int
) -> tuple[tuple[str, int], float | None]:
    who = f"World Bank, {indicator}"
    if not isinstance(row, dict) or not isinstance(row.get("indicator"), dict):
        raise FetchError(f"{who}: a row is {_shape(row)} without an indicator.")
    if row["indicator"].get("id") != indicator:
        raise FetchError(f"{who}: a row belongs to {_plain(row['indicator'].get('id'))!r}.")
    country, year = row.get("countryiso3code"), row.get("date")
    if not isinstance(country, str) or country not in countries:
        raise FetchError(f"{who}: a row of {_plain(country)!r}, which was not asked for.")
    if not isinstance(year, str) or not re.fullmatch(r"[0-9]{4}", year) or not first <= int(year) <= last:
        raise FetchError(f"{who}: a row of the year {_plain(year)!r}, which was not asked for.")
    value = row.get("value")
    return (country, int(year)), None if value is None else _number(value, f"{who}, {country} {year}")


def comtrade(
    years: Iterable[int],
    partners: Sequence[str],
    commodities: Sequence[str] = ("TOTAL",),
    flows: Sequence[str] = ("X", "M"),
    base: str = COMTRADE,
    limits: Limits = CAUTIOUS,
    say: Callable[[str], None] = lambda line: None,
    pause_s: float = 1.5,
) -> tuple[Series, Series]:
    """Ask for China's trade in goods with some partners, a year at a time.

    Parameters
    ----------
    years : iterable of int
        Calendar years.
    partners : sequence of str
        ISO 3166 codes of three letters, of :data:`PARTNERS`.
    commodities : sequence of str
        Codes of the Harmonized System, or ``"TOTAL"``.
    flows : sequence of str
        ``"X"`` exports of China (free on board), ``"M"`` imports (with insurance and freight).
    base : str
        Address of the interface.
    limits : Limits
        Time, size and number of tries.
    say : callable
        Told what is being asked.
    pause_s : float
        Seconds between requests: the service allows about one a second.

    Returns
    -------
    values, weights : Series
        Dollars and kilograms, keys (partner, year, flow, commodity). Weights of zero, which stand for unknown, are absent.

    Raises
    ------
    FetchError
        If the source fails or its answer is not what it documents.

    Examples
    --------
    >>> dollars, kilograms = comtrade([2023], ["RUS"])  # doctest: +SKIP
    >>> dollars.values["RUS", 2023, "X", "TOTAL"]  # doctest: +SKIP
    """
    codes = {PARTNERS[partner]: partner for partner in partners}
    values: Values = {}
    weights: Values = {}
    first_url, day = "", ""
    for number, year in enumerate(years):
        if number:
            limits.sleep(pause_s)
        say(f"UN Comtrade {year}")
        question = {
            "reporterCode": CHINA,
            "period": year,
            "partnerCode": ",".join(map(str, codes)),
            "cmdCode": ",".join(commodities),
            "flowCode": ",".join(flows),
            "customsCode": "C00",
            "motCode": 0,
            "partner2Code": 0,
        }
        body, answer = get_json(f"{base}/C/A/HS?{urllib.parse.urlencode(question, safe=',')}", limits)
        first_url, day = first_url or answer.url, answer.day
        for row in _comtrade_rows(body, year):
            key, value, weight = _comtrade_row(row, year, codes, commodities, flows)
            if key is None:
                continue
            if key in values:
                raise FetchError(f"UN Comtrade, {year}: {' '.join(map(str, key))} stands twice in the answer.")
            values[key] = value
            if weight:
                weights[key] = weight
    name = "HS " + ",".join(commodities)
    day = day or dt.datetime.now(dt.UTC).date().isoformat()
    return Series(name, values, day, first_url), Series(f"{name}, net weight", weights, day, first_url)


def _comtrade_rows(body: Any, year: int) -> list[Any]:
    who = f"UN Comtrade, {year}"
    if not isinstance(body, dict):
        raise FetchError(f"{who}: an object was expected, {_shape(body)} came.")
    if body.get("error"):
        raise FetchError(f"{who}: the source answers {_plain(body['error'])!r}.")
    rows = body.get("data")
    if not isinstance(rows, list):
        raise FetchError(f"{who}: data is {_shape(rows)}, not a list.")
    if _whole(body.get("count"), f"{who}, count") != len(rows):
        raise FetchError(f"{who}: {len(rows)} records of {body['count']} came.")
    if len(rows) >= CAP:
        raise FetchError(
            f"{who}: {len(rows)} records, the most that a preview returns. Some are missing: ask for less."
        )
    return rows


def _comtrade_row(
    row: Any, year: int, codes: dict[int, str], commodities: Sequence[str], flows: Sequence[str]
) -> tuple[Key | None, float, float | None]:
    who = f"UN Comtrade, {year}"
    if not isinstance(row, dict):
        raise FetchError(f"{who}: a record is {_shape(row)}, not an object.")
    if row.get("reporterCode") != CHINA or str(row.get("period")) != str(year):
        raise FetchError(
            f"{who}: a record of reporter {_plain(row.get('reporterCode'))!r}, period {_plain(row.get('period'))!r}, "
            "which was not asked for."
        )
    if (row.get("customsCode"), row.get("motCode"), row.get("partner2Code")) != ("C00", 0, 0):
        return None, 0.0, None  # a part of a total that is there too
    partner, flow, commodity = row.get("partnerCode"), row.get("flowCode"), row.get("cmdCode")
    if not isinstance(partner, int) or partner not in codes or flow not in flows or commodity not in commodities:
        raise FetchError(
            f"{who}: a record of partner {_plain(partner)!r}, flow {_plain(flow)!r}, commodity {_plain(commodity)!r}, "
            "which was not asked for."
        )
    name = f"{who}, {codes[partner]} {flow} {commodity}"
    weight = row.get("netWgt")
    return (
        (codes[partner], year, flow, commodity),
        _number(row.get("primaryValue"), name),
        None if weight is None else _number(weight, f"{name}, net weight"),
    )


def _number(value: Any, name: str) -> float:
    """Return a finite number that is not negative, or say what came instead: text is not read as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FetchError(f"{name}: {_plain(value)!r} is {_shape(value)}, not a number.")
    if not math.isfinite(value) or not 0 <= value < 1e17:
        raise FetchError(f"{name}: {value!r} cannot be.")
    return float(value)


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**6:
        raise FetchError(f"{name}: {_plain(value)!r} is not a count.")
    return value


def _shape(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _plain(value: Any) -> str:
    """Return what a source sent, short and without control characters, for a message."""
    return re.sub(r"[^ -~]", "?", str(value))[:80]
