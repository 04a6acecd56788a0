"""The catalog: what it returns, and what it says of damaged tables."""

import json
import subprocess
import sys

import frictionless
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import railbelt
from railbelt import catalog
from railbelt.errors import DataError, RailbeltError, suggest


def test_every_table_loads_with_the_types_of_its_description():
    for name in catalog.tables().index:
        table = railbelt.load(name)
        fields = catalog.describe(name)
        assert list(table.columns) == list(fields.index)
        assert len(table) == catalog.tables().rows[name]
        for column, kind in fields.type.items():
            dtype = str(table[column].dtype)
            expected = {
                "string": {"str"},
                "integer": {"int64", "Int64"},
                "year": {"int64", "Int64"},
                "number": {"float64"},
                "boolean": {"bool", "boolean"},
                "date": {"datetime64[s]"},
            }[kind]
            assert dtype in expected, f"{name}.{column} is {dtype}"


def test_every_numeric_field_has_a_unit_or_is_a_year_or_a_count():
    package = catalog.package()
    bare = [
        f"{r['name']}.{f['name']}"
        for r in package["resources"]
        if "schema" in r
        for f in r["schema"]["fields"]
        if f["type"] == "number" and not f.get("unit")
    ]
    assert bare == []


def test_an_independent_reader_agrees(monkeypatch):
    """Frictionless reads the package and finds every table valid."""
    monkeypatch.chdir(catalog.data_folder())
    package = frictionless.Package("datapackage.json")
    for resource in package.resources:
        if resource.schema.fields:
            report = resource.validate(limit_errors=5)
            assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])


def test_a_mistyped_name_suggests_the_right_one():
    with pytest.raises(DataError, match=r"no table 'citys'.*Did you mean 'cities'"):
        railbelt.load("citys")


@pytest.mark.parametrize("call", [catalog.describe, catalog.sources, catalog.grades])
def test_every_question_about_an_unknown_table_is_answered_alike(call):
    with pytest.raises(DataError, match="Did you mean 'provinces'"):
        call("province")


def replace_line(number, change):
    def apply(text):
        lines = text.split("\n")
        lines[number - 1] = change(lines[number - 1])
        return "\n".join(lines)

    return apply


def test_wrong_type(damage):
    folder = damage("provinces", replace_line(3, lambda line: line.replace("11967", "wide")))
    with pytest.raises(DataError, match=r"'provinces', column 'area_km2', line 3: 'wide' is not a"):
        railbelt.load("provinces", folder)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_numbers_that_are_none(damage, number):
    folder = damage("cities", replace_line(2, lambda line: line.replace("116.42", number)))
    with pytest.raises(DataError, match=rf"'cities', column 'lon', line 2: '{number}' is not a finite number"):
        railbelt.load("cities", folder)


def test_missing_column(damage):
    folder = damage("provinces", replace_line(1, lambda line: line.replace("macro_region", "region")))
    with pytest.raises(DataError, match=r"'provinces', column 'macro_region': missing"):
        railbelt.load("provinces", folder)


def test_empty_required_cell(damage):
    folder = damage("provinces", replace_line(2, lambda line: line.replace("Beijing", "", 1)))
    with pytest.raises(DataError, match=r"'provinces', column 'name_en', line 2: empty"):
        railbelt.load("provinces", folder)


def test_broken_foreign_key(damage):
    folder = damage("cities", replace_line(4, lambda line: line.replace(",13,", ",99,")))
    with pytest.raises(DataError, match=r"'cities', column 'province_code', line 4: '99' is not in table 'provinces'"):
        railbelt.load("cities", folder)


def test_duplicate_key(damage):
    def repeat(text):
        lines = text.rstrip("\n").split("\n")
        return "\n".join([*lines[:-1], lines[1], ""])

    folder = damage("provinces", repeat)
    with pytest.raises(
        DataError, match=r"'provinces', column 'province_code', line 32: the key 11 stands already on line 2"
    ):
        railbelt.load("provinces", folder)


def test_unknown_source(damage):
    source = railbelt.load("provinces").source[0]
    folder = damage("provinces", replace_line(2, lambda line: line.replace(source, "hearsay")))
    with pytest.raises(DataError, match=r"'provinces', column 'source', line 2: 'hearsay' is not in table 'sources'"):
        railbelt.load("provinces", folder)


@pytest.mark.parametrize("cut", [10, 100, 400])
def test_truncated_file(damage, cut):
    folder = damage("provinces", lambda text: text[:-cut])
    with pytest.raises(DataError, match=r"'provinces'.*line \d+.*truncated"):
        railbelt.load("provinces", folder)


def test_a_file_cut_at_the_end_of_a_line_is_noticed(damage):
    folder = damage("provinces", lambda text: "\n".join(text.split("\n")[:20]) + "\n")
    with pytest.raises(DataError, match=r"19 rows, the last on line 20, where datapackage.json says 31"):
        railbelt.load("provinces", folder)


def test_value_outside_its_range(damage):
    folder = damage("cities", replace_line(2, lambda line: line.replace("116.42", "416.42")))
    with pytest.raises(DataError, match=r"'cities', column 'lon', line 2: '416.42' is outside the allowed range"):
        railbelt.load("cities", folder)


def test_value_outside_its_vocabulary(damage):
    folder = damage("provinces", replace_line(2, lambda line: line.replace("East", "Eats")))
    with pytest.raises(DataError, match=r"column 'macro_region', line 2: 'Eats' is not allowed. Did you mean 'East'"):
        railbelt.load("provinces", folder)


def test_wrong_encoding(folder):
    path = folder / "provinces.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(DataError, match=r"'provinces'.*not UTF-8"):
        railbelt.load("provinces", folder)


def test_missing_file_and_missing_package(folder, tmp_path):
    (folder / "cities.csv").unlink()
    with pytest.raises(DataError, match=r"'cities': its file .* is missing"):
        railbelt.load("cities", folder)
    with pytest.raises(DataError, match="No data package"):
        railbelt.load("cities", tmp_path / "nowhere")


def test_descriptor_that_is_not_json(folder):
    (folder / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="not valid JSON"):
        railbelt.tables(folder)


def test_sources_of_a_table_count_its_rows():
    cited = railbelt.sources("provinces")
    assert cited.rows.sum() >= len(railbelt.load("provinces"))
    assert set(cited.grade) <= set(catalog.GRADES)


def test_the_import_is_light():
    """Nothing heavy is imported: pandas, geopandas, altair and statsmodels wait until they are used."""
    code = "import sys, railbelt; print([m for m in ('pandas','numpy','geopandas','altair','statsmodels') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@given(st.text(max_size=12))
def test_any_unknown_name_gives_our_error(name):
    if name not in catalog.tables().index:
        with pytest.raises(RailbeltError):
            railbelt.load(name)


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6))
def test_suggestions_never_fail(name, known):
    assert suggest(name, known).endswith((".", "?"))


@given(st.binary(min_size=1, max_size=60), st.integers(0, 1500))
def test_damaged_bytes_give_our_error_or_a_valid_table(tmp_path_factory, noise, position):
    folder = tmp_path_factory.mktemp("noise")
    original = catalog.data_folder()
    package = catalog.package()
    keep = [r for r in package["resources"] if r["name"] in ("provinces", "sources")]
    (folder / "datapackage.json").write_text(json.dumps({"resources": keep}), encoding="utf-8")
    (folder / "sources.csv").write_bytes((original / "sources.csv").read_bytes())
    content = (original / "provinces.csv").read_bytes()
    (folder / "provinces.csv").write_bytes(content[:position] + noise + content[position + len(noise) :])
    try:
        table = railbelt.load("provinces", folder)
    except RailbeltError:
        return
    assert isinstance(table, pd.DataFrame) and len(table) == 31


def test_a_table_read_twice_is_its_own_copy_and_a_changed_file_is_read_anew(damage):
    first = catalog.load("provinces")
    whole = first.copy(deep=True)
    first.index.name, first.columns.name = "row", "field"
    first.iloc[0, 0] = "ZZ"
    first["new"] = 1
    first.columns = [name.upper() for name in first.columns]
    again = catalog.load("provinces")
    pd.testing.assert_frame_equal(again, whole)
    assert again.index.name is None and again.columns.name is None
    folder = damage("provinces")
    assert catalog.load("provinces", folder).name_en[0] != "Elsewhere"
    damage("provinces", lambda text: text.replace(whole.name_en[0], "Elsewhere"))
    assert catalog.load("provinces", folder).name_en[0] == "Elsewhere"
