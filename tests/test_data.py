"""The arithmetic of the data: what adds up must add up, what is cited must exist, what is weak must say so."""

import csv
import json
import re

import pandas as pd
import pytest

from railbelt import catalog, load
from railbelt.charts.figure import FORMULA

KNOWN_GAPS_2000 = ["15", "42", "44", "46", "51", "52", "53", "54", "62", "63", "65"]
"""Provinces of which some prefectures have no value for 2000; their sums fall short."""

KNOWN_GAPS_2010 = ["41", "42", "46", "61", "65"]
"""Provinces with units beside prefectures that the table lacks for 2010: Jiyuan, three cities and Shennongjia in Hubei,
Hainan's counties, Yangling, the cities of the Xinjiang corps."""

COMMUNIQUE_2010 = {"22": 9_482, "23": -1_767, "43": -17_129, "44": -16_885, "45": 2_939}
"""Provinces whose prefectures are those of the communiqué while the provincial total is the later tabulation."""


def prefecture_sums(year):
    census = load("city_census").query("year == @year").merge(load("cities"), on="city_code")
    sums = census.groupby("province_code").population_10k.sum() * 1e4
    if year == 2020:
        beside = load("census_other_units").query("counted_in_city_code.isna()", engine="python")
        sums = sums.add(beside.groupby("province_code").population_persons.sum(), fill_value=0)
    return sums


def provincial(year):
    return load("province_census").query("year == @year").set_index("province_code").population_persons


def test_prefectures_add_up_to_provinces_in_2020():
    """To the person, but for rounding to a ten-thousandth of 10,000; Sansha stands beside Hainan's prefectures."""
    gap = prefecture_sums(2020) - provincial(2020)
    assert gap.abs().max() <= 15, gap[gap.abs() > 15].to_dict()


def test_prefectures_add_up_to_provinces_in_2010():
    """Units printed to 100 or 1,000 people leave up to a thousand or so."""
    gap = prefecture_sums(2010) - provincial(2010)
    assert (gap[KNOWN_GAPS_2010] < -100_000).all()
    rest = gap.drop(KNOWN_GAPS_2010)
    rest = rest.sub(pd.Series(COMMUNIQUE_2010), fill_value=0)
    assert rest.abs().max() < 2_500, rest[rest.abs() >= 2_500].to_dict()


def test_prefectures_add_up_to_provinces_in_2000():
    gap = prefecture_sums(2000).reindex(provincial(2000).index, fill_value=0) - provincial(2000)
    assert (gap[KNOWN_GAPS_2000] < -100_000).all()
    rest = gap.drop(KNOWN_GAPS_2000)
    assert rest.abs().max() < 60, rest[rest.abs() >= 60].to_dict()


def test_liaoning_adds_up_to_the_person_in_every_census():
    for year in (2000, 2010, 2020):
        assert abs(prefecture_sums(year)["21"] - provincial(year)["21"]) < 5


@pytest.mark.parametrize(("year", "military"), [(1982, 4_238_210), (1990, 3_199_100), (2020, 2_000_000)])
def test_provinces_and_the_military_add_up_to_the_nation(year, military):
    """Service personnel are counted apart: published as 4,238,210 in 1982 and 3,199,100 in 1990, and round since."""
    nation = load("national").query("indicator == 'census_population' and year == @year").value.item()
    assert nation - provincial(year).sum() == pytest.approx(military, abs=7_000)


def test_the_tabulated_totals_of_2010_have_their_published_sum():
    """The tabulation leaves out the military and 4.65 million people without a fixed place of residence."""
    assert provincial(2010).sum() == 1_332_810_869


def test_boundary_transfers_keep_the_sum():
    """Moving Gongzhuling back changes two prefectures and not their province."""
    census = load("city_census").query("year == 2020 and city_code in ['2201', '2203']")
    moved = census.population_2010_boundary_10k - census.population_10k
    assert moved.sum() == pytest.approx(0, abs=1e-6)
    assert moved.abs().max() == pytest.approx(86.2313)


def test_sectors_add_up_to_gdp_of_their_vintage():
    parts = load("province_value_added")
    parts["total"] = parts[["primary_100m_yuan", "secondary_100m_yuan", "tertiary_100m_yuan"]].sum(axis=1)
    both = parts.merge(load("province_gdp"), on=["province_code", "year", "vintage"], how="left")
    gap = (both.total / both.gdp_100m_yuan - 1).abs()
    assert gap.max() < 0.002, both[gap >= 0.002][["province_code", "year", "total", "gdp_100m_yuan"]]
    alone = both[both.gdp_100m_yuan.isna()].set_index(["province_code", "year"]).total
    assert set(alone.index) == {(province, year) for province in ("21", "22", "23") for year in (2019, 2020)}
    revised = load("province_gdp").query("vintage == 'census2018'").set_index(["province_code", "year"]).gdp_100m_yuan
    assert (alone / revised.reindex(alone.index)).between(0.99, 1.01).all()


def test_provinces_add_up_to_the_nation():
    """By vintage: after the 2018 census within two percent; before it the provinces overshoot, as is well known."""
    gdp = load("province_gdp").groupby(["vintage", "year"]).gdp_100m_yuan.agg(["sum", "count"])
    nation = load("national").query("indicator == 'gdp'").set_index(["vintage", "year"]).value
    ratio = gdp["sum"] / nation.reindex(gdp.index)
    assert ratio.loc["census2018"].between(0.97, 1.025).all()
    assert ratio.loc["first_release"].between(0.985, 1.01).all()
    assert ratio.loc["census2023"].dropna().between(0.98, 1.01).all()
    full = gdp["sum"].loc["pre_census2018"].loc[2005:2017] / nation.loc["census2018"].loc[2005:2017]
    assert (full > 1.0).all() and full.max() < 1.15


def test_year_end_people_add_up_to_the_nation_but_for_the_military():
    people = load("province_population").groupby(["vintage", "year"]).population_10k.sum()
    nation = load("national").query("indicator == 'population'").set_index(["vintage", "year"]).value
    gap = (nation.reindex(people.index) - people).loc["revised2020"]
    assert gap.between(190, 240).all(), gap.to_dict()


def test_every_vintage_is_one_series_without_gaps_or_jumps():
    for name, value in (("province_gdp", "gdp_100m_yuan"), ("province_population", "population_10k")):
        table = load(name)
        for (vintage, _), series in table.groupby(["vintage", "province_code"]):
            years = series.sort_values("year").year.diff().dropna()
            if vintage == "census2023":
                continue
            assert (years == 1).all(), (name, vintage)
            growth = series.sort_values("year")[value].pct_change().dropna()
            limit = (-0.3, 0.8) if name == "province_gdp" else (-0.13, 0.22)
            assert growth.between(*limit).all(), (
                name,
                vintage,
                series.province_code.iloc[0],
                growth[~growth.between(*limit)],
            )


def test_later_censuses_of_a_prefecture_are_plausible():
    wide = load("city_census").pivot(index="city_code", columns="year", values="population_2010_boundary_10k")
    assert (wide[2020] / wide[2010]).dropna().between(0.6, 1.8).all()
    assert (wide[2010] / wide[2000]).dropna().between(0.6, 1.75).all()


def test_known_figures_are_there():
    """A few figures every specialist knows, against slips in bulk work."""
    census = load("province_census").set_index(["province_code", "year"]).population_persons
    assert census["21", 2020] == 42_591_407 and census["22", 2020] == 24_073_453 and census["23", 2020] == 31_850_088
    assert census.xs(2010, level="year").reindex(["21", "22", "23"]).sum() == 109_513_129
    gdp = load("province_gdp").set_index(["province_code", "year", "vintage"]).gdp_100m_yuan
    assert gdp["21", 2014, "pre_census2018"] == pytest.approx(28_626.6, abs=0.5)
    assert gdp["21", 2014, "census2018"] == pytest.approx(20_025.7, abs=1)


def test_every_row_says_its_source_and_its_grade():
    for resource in catalog.package()["resources"]:
        if "schema" not in resource or resource["name"] in ("sources", "claims"):
            continue
        fields = {f["name"]: f for f in resource["schema"]["fields"]}
        cited = [f for f in fields.values() if f.get("listOf") == "sources.source_key"]
        assert cited and any(f["constraints"].get("required") for f in cited), resource["name"]
        assert "grade" in fields or resource["name"] == "indicators", resource["name"]


def test_terms_of_sources_are_of_the_kinds_that_the_licence_explains():
    kinds = r".*, (facts )?cited|facts cited|.*, .*re-tabulated|CC BY 4\.0|public domain|MIT|own \w+|.*compiled without a document.*"
    sources = load("sources")
    strange = sources[~sources.terms.str.fullmatch(kinds)]
    assert strange.empty, strange.terms
    copied = sources[sources.publisher.str.contains("Wikipedia")]
    assert copied.terms.str.startswith("CC BY-SA").all(), copied.terms


def test_no_row_is_graded_above_all_of_its_sources_without_reason():
    """A row rests on at least one source that is a document, unless it is graded C or a checksum proves it."""
    graded = load("sources").set_index("source_key").grade
    for name in catalog.tables().index:
        table = load(name)
        if "grade" not in table or "source" not in table or name == "sources":
            continue
        best = table.source.map(lambda keys: min(graded[key.strip()] for key in keys.split(";")))
        wrong = table[(table.grade == "A") & (best == "C")]
        assert wrong.empty, (name, wrong.head())


NORTHEAST = ("21", "22", "23")
COMPUTED = re.compile(r"Computed: (\d+) km/h of (\d{4}) times ([\d.]+)/([\d.]+)\.")


def timetable_of(year):
    """The latest timetable with a published national mean: nothing was published for the network after 2007."""
    return max(y for y in (2000, 2004, 2007) if y <= year)


def northeastern(table):
    """The rows of a table of conventional lines that stop anywhere in the three provinces."""
    stops = load("conventional_stops")
    return load(table).query(
        "line_id in @ids", local_dict={"ids": set(stops[stops.node_code.str[:2].isin(NORTHEAST)].line_id)}
    )


def test_computed_speeds_follow_from_the_two_documents_they_name():
    """Each from a row that was read and from the national means of the two timetables, and from nothing else."""
    national = load("national").query("indicator == 'passenger_train_speed'").set_index("year").value
    speeds = load("conventional_speeds").set_index(["line_id", "year"])
    computed = speeds[speeds.source.str.contains("rail_speed_index")]
    assert len(computed) == 129
    for (line, year), row in computed.iterrows():
        speed, base_year, then, later = COMPUTED.match(row.note).groups()
        base = speeds.loc[line, int(base_year)]
        assert base.speed_kmh == int(speed) and base.grade in ("A", "B") and "rail_speed_index" not in base.source, line
        assert int(base_year) > year and set(base.source.split(";")) < set(row.source.split(";")), (line, year)
        assert float(then) == national[timetable_of(year)] and float(later) == national[timetable_of(int(base_year))]
        assert row.speed_kmh == int(float(speed) * float(then) / float(later) + 0.5) <= base.speed_kmh, (line, year)
        between = speeds.loc[line].loc[year + 1 : int(base_year) - 1]
        assert between.source.str.contains("rail_speed_index").all(), (line, year, "skips a speed that was read")


@pytest.mark.parametrize("table", ["conventional_lines", "conventional_speeds", "conventional_stops"])
def test_northeastern_railways_rest_on_documents(table):
    rows = northeastern(table)
    assert len(rows) > 40 and rows.grade.isin(["A", "B"]).all(), rows[rows.grade == "C"]


def test_every_source_is_cited_and_complete():
    listed = load("sources")
    cited = set()
    for name in catalog.tables().index:
        if name != "sources":
            fields = catalog.package()["resources"]
            resource = next(r for r in fields if r["name"] == name)
            for field in resource["schema"]["fields"]:
                if field.get("listOf") == "sources.source_key":
                    cited |= {
                        k.strip() for cell in load(name)[field["name"]].dropna() for k in cell.split(";") if k.strip()
                    }
    assert cited == set(listed.source_key)
    assert listed.url.dropna().str.match(r"(https?://|doi:)\S+$").all()


def test_the_folder_is_small_and_described():
    folder = catalog.data_folder()
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 6_000_000
    described = {r["path"] for r in catalog.package()["resources"]}
    present = {str(p.relative_to(folder)) for p in files if p.suffix in (".csv", ".json")} - {"datapackage.json"}
    assert described == present


def test_files_are_plain():
    for path in catalog.data_folder().glob("*.csv"):
        raw = path.read_bytes()
        assert b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\n"), path.name
        for line in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            for cell in line:
                assert cell == cell.strip(), (path.name, cell)
                assert re.fullmatch(r"-[0-9.]+(e-?[0-9]+)?", cell) or not cell.startswith(FORMULA), (path.name, cell)
        assert not re.search(rb"\d\.\d{12,}", raw), f"{path.name}: float noise"


def test_map_files_hold_only_what_is_described():
    for path in (catalog.data_folder() / "map").glob("*.json"):
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        assert all(
            set(f["properties"]) <= {"province_code", "name_en", "level", "country", "kind", "scale"} for f in features
        )


def test_bibliography_parses_and_has_what_a_reader_needs():
    from pybtex.database import parse_file

    entries = parse_file(str(catalog.data_folder() / "references.bib")).entries
    for key, entry in entries.items():
        assert "title" in entry.fields and (entry.persons or "organization" in entry.fields), key
        assert re.fullmatch(r"[a-z0-9_]+", key), key


def test_changing_a_number_that_a_checksum_covers_is_noticed(damage, monkeypatch):
    """The promise of the tests above: one digit changed in one census row breaks a sum."""
    text = load("province_census").query("province_code == '21' and year == 2020").population_persons.item()
    folder = damage("province_census", lambda t: t.replace(str(text), str(text + 1_000)))
    changed = pd.read_csv(folder / "province_census.csv", dtype={"province_code": str}).query("year == 2020")
    changed = changed.set_index("province_code").population_persons
    assert (prefecture_sums(2020) - changed).abs().max() > 15
