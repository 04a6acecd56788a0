"""Refreshing: what the sources say is compared, doubted, reviewed, and written whole or not at all."""

import datetime as dt
import json
import math
import os
import re
import subprocess
import sys
import urllib.parse

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from railbelt import catalog, load, update, web
from railbelt.errors import FetchError, RailbeltError, UpdateError
from railbelt.update import __main__ as command
from railbelt.update import apis, write
from railbelt.update.targets import TARGETS

JSON = {"Content-Type": "application/json;charset=utf-8"}
QUICK = web.Limits(silence_s=2, deadline_s=5, tries=2, sleep=lambda seconds: None)
YEARS = range(2020, 2025)


def bank_rows(indicator, values):
    return [
        {
            "indicator": {"id": indicator, "value": "as the World Bank calls it"},
            "country": {"id": country[:2], "value": country},
            "countryiso3code": country,
            "date": str(year),
            "value": value,
            "unit": "",
            "obs_status": "",
            "decimal": 1,
        }
        for (country, year), value in values.items()
    ]


def bank(rows, page=1, pages=1, total=None, **header):
    head = {"page": page, "pages": pages, "per_page": 1000, "total": len(rows) if total is None else total}
    return [{**head, "sourceid": "2", "lastupdated": "2026-10-07", **header}, rows]


def trade_row(partner, year, flow, value, commodity="TOTAL", **other):
    return {
        "typeCode": "C", "freqCode": "A", "refPeriodId": year * 10_000 + 101, "refYear": year, "refMonth": 52,
        "period": str(year), "reporterCode": 156, "reporterISO": None, "flowCode": flow, "partnerCode": partner,
        "partner2Code": 0, "classificationCode": "H6", "cmdCode": commodity, "customsCode": "C00", "mosCode": "0",
        "motCode": 0, "qtyUnitCode": -1, "qty": 0, "netWgt": 0, "isNetWgtEstimated": False, "cifvalue": None,
        "fobvalue": value, "primaryValue": value, "legacyEstimationFlag": 0, "isReported": False, "isAggregate": True, **other,
    }  # fmt: skip


def trade(rows, **other):
    return {"elapsedTime": "0.1 secs", "count": len(rows), "data": rows, "error": "", **other}


def answer(body, status=200, **headers):
    return status, {**JSON, **headers}, json.dumps(body).encode()


class Sources:
    """Both interfaces, answering what the tables hold, with what a test changes."""

    def __init__(self, server):
        self.server, self.changes, self.trade_changes = server, {}, {}
        self.bank_at = server.play("/v2", self.say_bank)
        self.trade_at = server.play("/preview", self.say_trade)

    def say_bank(self, path):
        parts = urllib.parse.urlsplit(path)
        _, _, _, countries, _, indicator = parts.path.split("/")
        first, last = map(int, urllib.parse.parse_qs(parts.query)["date"][0].split(":"))
        values = {(c, y): None for c in urllib.parse.unquote(countries).split(";") for y in range(first, last + 1)}
        if indicator == "PA.NUS.FCRF":
            values |= {("CHN", r.year): r.cny_per_usd for r in load("exchange_rates").itertuples()}
        if indicator == "NY.GDP.MKTP.CD":
            for r in load("gravity_panel").dropna(subset=["partner_gdp_usd_bn"]).itertuples():
                values |= {("CHN", r.year): r.china_gdp_usd_bn * 1e9}
                values |= {} if r.iso3 == "TWN" else {(r.iso3, r.year): r.partner_gdp_usd_bn * 1e9}
        if indicator == "IS.SHP.GOOD.TU":
            values["CHN", 2017] = 213_719_920
        if indicator == "NY.GDP.MKTP.CN":
            table = load("national").query("indicator == 'gdp' and vintage == 'census2023'")
            values |= {("CHN", r.year): r.value * 1e8 for r in table.itertuples()}
        values |= self.changes.get(indicator, {})
        return answer(bank(bank_rows(indicator, values)))

    def say_trade(self, path):
        asked = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).items()}
        assert asked["reporterCode"] == "156" and asked["customsCode"] == "C00" and asked["motCode"] == "0"
        year = int(asked["period"])
        codes = {str(code): iso3 for iso3, code in apis.PARTNERS.items()}
        values = {}
        if asked["cmdCode"] == "TOTAL":
            for r in load("gravity_panel").query("year == @year").itertuples():
                values |= {(r.iso3, "X", "TOTAL"): r.exports_usd_bn, (r.iso3, "M", "TOTAL"): r.imports_usd_bn}
            for r in load("russia_trade").query("year == @year").dropna(subset=["exports_usd_bn"]).itertuples():
                values |= {("RUS", "X", "TOTAL"): r.exports_usd_bn, ("RUS", "M", "TOTAL"): r.imports_usd_bn}
        else:
            names = {"crude oil": "2709", "liquefied natural gas": "271111"}
            for r in load("russia_trade_commodities").query("year == @year").itertuples():
                values["RUS", "M", names[r.commodity]] = r.value_usd_bn
        values |= {key[1:]: v for key, v in self.trade_changes.items() if key[0] == year}
        rows = [
            trade_row(int(code), year, flow, values[codes[code], flow, good] * 1e9, good)
            for code in asked["partnerCode"].split(",")
            for flow in asked["flowCode"].split(",")
            for good in asked["cmdCode"].split(",")
            if values.get((codes[code], flow, good)) is not None
        ]
        return answer(trade(rows))

    def check(self, *tables, **other):
        return update.check(tables or None, world_bank=self.bank_at, comtrade=self.trade_at, limits=QUICK, **other)


@pytest.fixture
def sources(server):
    return Sources(server)


@pytest.fixture
def clone(folder):
    """A copy of the data that git holds."""
    hidden = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for order in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "as it was"]):
        subprocess.run(["git", *order], cwd=folder, check=True, env=hidden)
    return folder


# The comparison


def test_sources_that_agree_change_nothing(sources):
    found = sources.check()
    assert found.failures == {}
    assert set(found.lines.table) == {target.table for target in TARGETS}
    differing = found.lines[found.lines.status != "unchanged"]
    allowed = {"quantity", "share_of_flow_pct", "total_usd_bn", "trade_usd_bn"}  # not played, or rounded sums
    assert set(differing.column) <= allowed, differing
    sums = differing[differing.column.isin(["total_usd_bn", "trade_usd_bn"])]
    parts_are_rounded = (sums.new - sums.old).abs() < 0.16
    assert parts_are_rounded.all() or set(sums[~parts_are_rounded].status) == {"vanished"}


def test_a_revised_figure_is_a_line_with_old_and_new(sources):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    line = sources.check("exchange_rates").lines.query("status == 'changed'").iloc[0]
    assert (line["key"], line["column"], line["old"], line["new"]) == ("year=2024", "cny_per_usd", 7.1217, 7.1957)
    assert line["change_pct"] == pytest.approx(1.04) and line["vintage"] == "2026-10-07" and line["flags"] == ""
    assert line["apply"] == ""


def test_a_newer_year_is_added_only_where_a_table_grows(sources):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2025): 7.19}
    sources.changes["IS.SHP.GOOD.TU"] = {("CHN", 2020): 2e8}
    lines = sources.check("exchange_rates", "country_totals").lines
    assert lines.query("status == 'added'").key.tolist() == ["year=2025"]


def test_a_figure_that_is_gone_is_told(sources):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2010): None}
    lines = sources.check("exchange_rates").lines
    assert lines.query("status == 'vanished'").key.tolist() == ["year=2010"]


@pytest.mark.parametrize(
    ("value", "flag"), [(0.0, "zero"), (71.9, "jump out-of-range"), (7.9, "jump"), (1e15, "jump out-of-range")]
)
def test_an_absurd_figure_is_flagged(sources, value, flag):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): value}
    line = sources.check("exchange_rates").lines.query("key == 'year=2024'").iloc[0]
    assert set(flag.split()) <= set(line["flags"].split())


def test_an_absurd_newer_year_is_flagged_beside_the_last(sources):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2025): 5.1}
    assert "jump" in sources.check("exchange_rates").lines.query("status == 'added'").iloc[0]["flags"]


def test_units_become_ours(sources):
    """Dollars become billions, with the decimals of the column."""
    sources.changes["NY.GDP.MKTP.CD"] = {("KAZ", 2023): 261_421_123_456.7}
    line = sources.check("gravity_panel").lines.query("key == 'year=2023; iso3=KAZ' and column == 'partner_gdp_usd_bn'")
    assert line.iloc[0]["status"] == "unchanged" and line.iloc[0]["new"] == 261.4
    sources.trade_changes[2023, "TWN", "M", "TOTAL"] = 210.04
    lines = sources.check("gravity_panel").lines.query("key == 'year=2023; iso3=TWN' and source == 'un_comtrade'")
    assert lines.set_index("column").new.to_dict() == {
        "trade_usd_bn": 278.5,
        "exports_usd_bn": 68.5,
        "imports_usd_bn": 210.0,
    }


def test_one_source_that_fails_leaves_the_other(sources, server):
    server.play("/preview", (503, {}, b""))
    found = sources.check()
    assert set(found.failures) == {"trade", "commodities"} and "HTTP 503" in found.failures["trade"]
    assert set(found.lines.source) == {"wb_wdi"}
    assert "Not answered" in update.report(found) and "HTTP 503" in update.report(found)


def test_both_fail(server):
    found = update.check(world_bank=server.url + "/x", comtrade=server.url + "/y", limits=QUICK)
    assert found.lines.empty and set(found.failures) == {target.question for target in TARGETS}
    assert "Nothing could be compared" in update.report(found)


def test_a_table_without_an_interface_is_refused():
    with pytest.raises(UpdateError, match=r"speaks about 'exchange_rate'\. Did you mean 'exchange_rates'"):
        update.check(["exchange_rate"])


def test_the_report_reads(sources):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    text = update.report(sources.check("exchange_rates"))
    assert "| exchange_rates | year=2024 | cny_per_usd | 7.1217 | 7.1957 | 1.04 |" in text
    assert "e-Stat" in text


# Answers that lie


BAD_BANK = {
    "an object": {"data": []},
    "an empty list": [],
    "a message": [{"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}],
    "a strange message": [{"message": "=cmd|' /C calc'!A0\x1b[31m"}],
    "rows that are text": bank("rows"),
    "no vintage": bank([], lastupdated=None, total=0),
    "a vintage that is a formula": bank([], lastupdated="=1+1", total=0),
    "a count that is text": bank([], total="many"),
    "a negative count": bank([], total=-1),
    "pages missing": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): 7.0}), total=25),
    "too many pages": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): 7.0}), pages=500),
    "another page": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): 7.0}), page=2, pages=2),
    "another indicator": bank(bank_rows("NY.GDP.MKTP.CD", {("CHN", 2020): 7.0})),
    "another country": bank(bank_rows("PA.NUS.FCRF", {("USA", 2020): 7.0})),
    "another year": bank(bank_rows("PA.NUS.FCRF", {("CHN", 1850): 7.0})),
    "a year in other digits": bank([{**bank_rows("PA.NUS.FCRF", {("CHN", 2020): 7.0})[0], "date": "２０２０"}]),
    "a year twice": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): 7.0}) * 2),
    "a number that is text": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): "7.0"})),
    "a formula": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): "=1+1"})),
    "true": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): True})),
    "a negative figure": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): -7.0})),
    "a giant figure": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): 1e300})),
    "a list": bank(bank_rows("PA.NUS.FCRF", {("CHN", 2020): [7.0]})),
    "a row that is null": bank([None]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BANK)
def test_a_world_bank_answer_that_lies_is_an_error(server, name):
    at = server.play("/v2", answer(BAD_BANK[name]))
    with pytest.raises(FetchError) as caught:
        apis.world_bank("PA.NUS.FCRF", ["CHN"], 2000, 2024, at, QUICK)
    assert re.fullmatch(r"[ -~]+", str(caught.value)), "control characters of the source must not reach a terminal"


def test_pages_are_read_to_the_last(server):
    rows = bank_rows("PA.NUS.FCRF", {("CHN", year): 7.0 for year in YEARS})
    at = server.play("/v2", answer(bank(rows[:3], 1, 2, 5)), answer(bank(rows[3:], 2, 2, 5)))
    assert len(apis.world_bank("PA.NUS.FCRF", ["CHN"], 2000, 2024, at, QUICK).values) == 5
    at = server.play("/v3", answer(bank(rows[:3], 1, 2, 5)), answer(bank(rows[3:], 2, 2, 5, lastupdated="2026-10-08")))
    with pytest.raises(FetchError, match="page 2 belongs to another answer"):
        apis.world_bank("PA.NUS.FCRF", ["CHN"], 2000, 2024, at, QUICK)
    at = server.play("/v4", answer(bank(rows[:3], 1, 2, 5)))
    with pytest.raises(FetchError):
        apis.world_bank("PA.NUS.FCRF", ["CHN"], 2000, 2024, at, QUICK)


def test_nothing_found_is_not_an_error(server):
    at = server.play("/v2", answer(bank(None, 0 + 1, 1, 0)))
    assert apis.world_bank("PA.NUS.FCRF", ["CHN"], 2000, 2024, at, QUICK).values == {}


ROW = trade_row(643, 2023, "X", 1e9)
BAD_TRADE = {
    "a list": [],
    "an error with 200": trade([], error="Number of periods exceeds 1"),
    "no data": {"count": 0, "error": ""},
    "a count that is wrong": trade([ROW], count=3),
    "a preview that is full": trade([trade_row(643, 2023, "X", 1e9)] * 500),
    "another reporter": trade([{**ROW, "reporterCode": 842}]),
    "another year": trade([{**ROW, "period": "2022"}]),
    "another partner": trade([{**ROW, "partnerCode": 4}]),
    "a partner that is text": trade([{**ROW, "partnerCode": "643"}]),
    "another flow": trade([{**ROW, "flowCode": "RX"}]),
    "another commodity": trade([{**ROW, "cmdCode": "27"}]),
    "a flow twice": trade([ROW, ROW]),
    "a value that is text": trade([{**ROW, "primaryValue": "1000"}]),
    "a value that is missing": trade([{**ROW, "primaryValue": None}]),
    "a negative value": trade([{**ROW, "primaryValue": -1}]),
    "a negative weight": trade([{**ROW, "netWgt": -1}]),
    "a record that is text": trade(["=1+1"]),
}


@pytest.mark.parametrize("name", BAD_TRADE)
def test_a_comtrade_answer_that_lies_is_an_error(server, name):
    at = server.play("/preview", answer(BAD_TRADE[name]))
    with pytest.raises(FetchError):
        apis.comtrade([2023], ["RUS"], base=at, limits=QUICK)


def test_parts_of_a_total_are_left_out(server):
    rows = [ROW, {**ROW, "motCode": 2100, "primaryValue": 5e8}, {**ROW, "partner2Code": 156, "primaryValue": 1e8}]
    values, weights = apis.comtrade([2023], ["RUS"], base=server.play("/p", answer(trade(rows))), limits=QUICK)
    assert values.values == {("RUS", 2023, "X", "TOTAL"): 1e9} and weights.values == {}


def test_requests_keep_their_distance(server):
    waits = []
    limits = web.Limits(sleep=waits.append)
    apis.comtrade([2021, 2022, 2023], ["RUS"], base=server.play("/p", answer(trade([]))), limits=limits)
    assert waits == [1.5, 1.5] and len(server.asked) == 3


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["=1+1", "CHN", "2020", "C00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROW, "data", "count", "page", "message"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(body=JUNK, field=st.sampled_from(sorted(ROW)), value=JUNK)
def test_any_json_is_figures_or_our_error(monkeypatch, body, field, value):
    """Whatever an interface answers, there are finite figures that are not negative, or our error."""
    row = bank_rows("I", {("CHN", 2020): 1.0})[0]
    place = sorted(row)[len(field) % len(row)]
    for sent in (body, bank([{**row, place: value}]), [body, body], trade([{**ROW, field: value}]), trade([body])):
        monkeypatch.setattr(
            apis, "get_json", lambda url, limits, sent=sent: (sent, web.Answer(b"", "", url, "2026-01-01"))
        )
        for asking in (
            lambda: [apis.world_bank("I", ["CHN"], 2000, 2024)],
            lambda: apis.comtrade([2023], ["RUS"], limits=QUICK),
        ):
            try:
                found = asking()
            except RailbeltError:
                continue
            for series in found:
                assert all(math.isfinite(v) and v >= 0 for v in series.values.values())


# Writing


def chosen(found, word="yes", **query):
    lines = found.lines.copy()
    mask = lines.status.isin(["added", "changed"])
    for column, value in query.items():
        mask &= lines[column] == value
    lines.loc[mask, "apply"] = word
    return lines


def test_nothing_is_written_without_a_choice(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    before = {p.name: p.read_bytes() for p in clone.iterdir() if p.is_file()}
    assert update.apply(sources.check("exchange_rates", folder=clone).lines, clone) == []
    assert {p.name: p.read_bytes() for p in clone.iterdir() if p.is_file()} == before


def test_a_chosen_line_is_written_with_its_source_and_a_remark(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957, ("CHN", 2025): 7.19}
    before = (clone / "exchange_rates.csv").read_text()
    said = update.apply(chosen(sources.check("exchange_rates", folder=clone)), clone, dt.date(2026, 11, 25))
    assert len(said) == 2
    after = (clone / "exchange_rates.csv").read_text()
    assert after.startswith(before.split("2024,")[0]), "rows that nobody chose stay as they are, to the byte"
    assert after.endswith("2024,7.1957,wb_wdi,B\n2025,7.19,wb_wdi,B\n")
    assert load("exchange_rates", clone).cny_per_usd.iloc[-2:].tolist() == [7.1957, 7.19]
    assert "wb_wdi" in load("sources", clone).source_key.tolist()
    remarks = (clone / "CHANGES.md").read_text()
    assert (
        "### 2026-11-25" in remarks
        and "`cny_per_usd` 7.1217 → 7.1957 (World Bank, PA.NUS.FCRF, vintage 2026-10-07)" in remarks
    )
    old = subprocess.run(["git", "show", "HEAD:exchange_rates.csv"], cwd=clone, capture_output=True, text=True).stdout
    assert old == before, "the old vintage stays in git"
    assert not list(clone.glob(".*.csv*")), "no half-written file stays behind"


def test_a_source_that_nothing_cites_any_longer_goes(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {
        ("CHN", r.year): r.cny_per_usd + 0.01 for r in load("exchange_rates").itertuples()
    }
    update.apply(chosen(sources.check("exchange_rates", folder=clone)), clone)
    table = load("exchange_rates", clone)
    assert set(table.source) == {"wb_wdi"} and set(table.grade) == {"B"}
    assert "ru_mem_nbs_fx" not in load("sources", clone).source_key.tolist()


def test_a_source_stays_while_another_figure_of_the_row_rests_on_it(sources, clone):
    sources.trade_changes[2023, "KAZ", "X", "TOTAL"] = 25.2
    found = sources.check("gravity_panel", folder=clone)
    lines = chosen(found, column="exports_usd_bn")
    lines.loc[lines.column == "imports_usd_bn", "status"] = "vanished"
    update.apply(lines, clone)
    row = load("gravity_panel", clone).query("year == 2023 and iso3 == 'KAZ'").iloc[0]
    assert "ru_mem_gacc" in row.source and "un_comtrade" in row.source and row.exports_usd_bn == 25.2


def test_a_new_year_of_trade_is_a_whole_row(sources, clone):
    sources.trade_changes |= {(2025, "RUS", "X", "TOTAL"): 103.0, (2025, "RUS", "M", "TOTAL"): 125.0}
    found = sources.check("russia_trade", folder=clone)
    update.apply(chosen(found, key="year=2025"), clone)
    row = load("russia_trade", clone).set_index("year").loc[2025]
    assert (row.exports_usd_bn, row.imports_usd_bn, row.total_usd_bn) == (103.0, 125.0, 228.0)
    assert row.split_source == "un_comtrade"


def test_a_flagged_line_needs_more_than_a_yes(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.9}
    found = sources.check("exchange_rates", folder=clone)
    with pytest.raises(UpdateError, match=r"flagged jump.*sure"):
        update.apply(chosen(found), clone)
    assert len(update.apply(chosen(found, "sure"), clone)) == 1


def test_what_a_table_cannot_hold_is_not_written(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 71.9}
    before = (clone / "exchange_rates.csv").read_bytes()
    with pytest.raises(UpdateError, match=r"would break a table.*outside the allowed range"):
        update.apply(chosen(sources.check("exchange_rates", folder=clone), "sure"), clone)
    assert (clone / "exchange_rates.csv").read_bytes() == before


def test_a_check_is_never_written(sources, clone):
    sources.changes["NY.GDP.MKTP.CN"] = {("CHN", 2024): 1.4e14}
    with pytest.raises(UpdateError, match="only a check of national"):
        update.apply(chosen(sources.check("national", folder=clone), "sure"), clone)


def test_a_review_that_aged_is_refused(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    lines = chosen(sources.check("exchange_rates", folder=clone))
    update.apply(lines, clone)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "new"], cwd=clone, check=True)
    with pytest.raises(UpdateError, match=r"now holds 7\.1957, the review says 7\.1217"):
        update.apply(lines, clone)


def test_figures_that_git_does_not_hold_are_not_overwritten(sources, clone):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    lines = chosen(sources.check("exchange_rates", folder=clone))
    with (clone / "CHANGES.md").open("a") as file:
        file.write("- mine\n")
    with pytest.raises(UpdateError, match="Commit or restore these first"):
        update.apply(lines, clone)


def test_outside_git_nothing_is_written(sources, folder, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    with pytest.raises(UpdateError, match="not in git"):
        update.apply(chosen(sources.check("exchange_rates", folder=folder)), folder)


@pytest.mark.parametrize("fatal", [1, 2, 3])
def test_a_disk_that_fails_leaves_everything_as_it_was(sources, clone, monkeypatch, fatal):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957, ("CHN", 2025): 7.19}
    lines = chosen(sources.check("exchange_rates", folder=clone))
    before = {p.name: p.read_bytes() for p in clone.iterdir() if p.is_file()}
    real, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == fatal:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(write.os, "replace", failing)
    with pytest.raises(UpdateError, match=r"No space left.*as they were"):
        update.apply(lines, clone)
    assert {p.name: p.read_bytes() for p in clone.iterdir() if p.is_file()} == before


HOSTILE = {
    "apply": ["perhaps", "=1+1"],
    "table": ["provinces", "../../etc/passwd", "=cmd"],
    "key": ["year=1492", "", "year", "iso3=RUS", "year=2024; year=2024", "year==1+1"],
    "column": ["year", "source", "\x00"],
    "status": ["vanished", "unchanged", "new"],
    "old": ["1", "=1+1", "", "1e999"],
    "new": ["nan", "inf", "-1", "=1+1", "", "0x10", "7,1957", "1e400"],
    "flags": ["jump"],
}


@pytest.mark.parametrize(("column", "value"), [(c, v) for c, values in HOSTILE.items() for v in values])
def test_a_review_that_was_tampered_with_is_refused(folder, column, value):
    line = dict.fromkeys(update.review.COLUMNS, "") | {
        "apply": "yes", "table": "exchange_rates", "key": "year=2024", "column": "cny_per_usd", "status": "changed",
        "old": "7.1217", "new": "7.1957", "source": "wb_wdi", "series": "PA.NUS.FCRF", "vintage": "2026-10-07",
    }  # fmt: skip
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    with pytest.raises(UpdateError, match=r"^Line 2"):
        update.apply(pd.DataFrame([{**line, column: value}], index=[2]), folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", "apply,table\n".encode("utf-16"), b"\xff\xfe\x00", (",".join(update.review.COLUMNS) + "\nyes,\n").encode(),
     (",".join(update.review.COLUMNS) + '\n"yes').encode()],
)  # fmt: skip
def test_a_file_that_is_no_review_is_refused(tmp_path, content):
    (tmp_path / "review.csv").write_bytes(content)
    with pytest.raises(UpdateError):
        update.read_review(tmp_path / "review.csv")
    with pytest.raises(UpdateError, match="cannot be read"):
        update.read_review(tmp_path / "nowhere.csv")


def test_every_table_is_written_as_it_was_read():
    """Rewriting a table whose figures stay changes no byte, so that a difference in git shows the figures alone."""
    for name in {target.table for target in TARGETS} | {"sources"}:
        path = catalog.data_folder() / f"{name}.csv"
        assert write._csv(write._cells(path)) == path.read_text(encoding="utf-8")
    path = catalog.data_folder() / "datapackage.json"
    assert write._descriptor(catalog.data_folder(), {}) == path.read_text(encoding="utf-8")


def test_every_target_is_a_described_column():
    for target in TARGETS:
        assert target.column in catalog.describe(target.table).index
        assert target.source in write.SOURCES
        assert target.replaces <= set(load("sources").source_key), target
    assert list(write.SOURCES["wb_wdi"]) == list(catalog.describe("sources").index)


# The command


def test_the_command_asks_reviews_and_writes(sources, clone, tmp_path, capsys):
    sources.changes["PA.NUS.FCRF"] = {("CHN", 2024): 7.1957}
    common = ["exchange_rates", "--data", str(clone), "--to", str(tmp_path), "--world-bank", sources.bank_at]
    assert command.main(common, QUICK) == 0
    assert "The data are as they were" in capsys.readouterr().out
    review = tmp_path / "review.csv"
    assert command.main(["--apply", str(review), "--data", str(clone)]) == 0
    assert "nothing is written" in capsys.readouterr().out
    review.write_text(re.sub(r"^,(exchange_rates,year=2024,)", r"yes,\1", review.read_text(), flags=re.MULTILINE))
    assert command.main(["--apply", str(review), "--data", str(clone)]) == 0
    assert load("exchange_rates", clone).cny_per_usd.iloc[-1] == 7.1957


def test_the_command_says_what_failed(server, tmp_path, capsys):
    at = server.play("/v2", (500, {}, b""))
    assert command.main(["exchange_rates", "--to", str(tmp_path), "--world-bank", at], QUICK) == 1
    assert "HTTP 500" in capsys.readouterr().out
    assert command.main(["nonsense", "--to", str(tmp_path)]) == 2
    assert "No public interface" in capsys.readouterr().err


def test_the_import_stays_light():
    code = "import sys, railbelt.update; print([m for m in ('pandas', 'numpy', 'requests') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
