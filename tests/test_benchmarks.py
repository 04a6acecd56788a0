"""Claims of speed and size: each stands in the table that the benchmarks write, and the page is that table."""

import importlib.util
import re

import pytest

QUANTITY = re.compile(r"(?<![\w.])(\d[\d,.]*)\s?(?:ms|s|seconds?|min|minutes?|kB|MB|GB|times faster)\b")


@pytest.fixture(scope="module")
def record():
    from pathlib import Path

    path = Path(__file__).parents[1] / "benchmarks" / "record.py"
    spec = importlib.util.spec_from_file_location("record", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_written_from_the_table(record, tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    stored = (record.RESULTS.parent / "README.md").read_text(encoding="utf-8")
    record.render()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == stored, "run python benchmarks/record.py"


def test_every_benchmark_has_its_rows_and_every_row_says_how_it_was_measured(record, root):
    rows = record.results()
    scripts = {path.name for path in (root / "benchmarks").glob("*.py")} - {"record.py", "browser.py"}
    assert scripts == set(record.TITLES)
    assert {row["script"] for row in rows} >= scripts - {"suite.py", "quickstart.py"}
    for row in rows:
        assert row["how"] and row["value"] and row["machine"] and "Python" in row["versions"], row


def test_every_figure_of_speed_or_size_in_the_readme_is_in_the_table(record, root):
    known = {float(row["value"].replace(",", "")) for row in record.results()}
    claimed = QUANTITY.findall((root / "README.md").read_text(encoding="utf-8"))
    assert [value for value in claimed if float(value.replace(",", "")) not in known] == []


def test_a_script_replaces_its_own_rows_alone(record, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results.csv")
    record.record("site.py", [("a", 1234.5, "ms", "", "x")])
    record.record("build.py", [("b", 0.123456, "s", "< 2 s", "y")])
    record.record("site.py", [("c", "11", "", "", "z")], "pytest")
    assert [(row["figure"], row["value"]) for row in record.results()] == [("b", "0.123"), ("c", "11")]
    assert "| c | 11 | – | z |" in (tmp_path / "README.md").read_text(encoding="utf-8")
