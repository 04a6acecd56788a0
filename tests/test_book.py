"""The Sphinx extension: fresh builds, numbers for prose, pages that ask nobody else for anything."""

import os
import re
import shutil
from types import SimpleNamespace

import nbformat
import pytest

from railbelt.book import fresh, numbers, pages
from railbelt.errors import DataError


@pytest.fixture
def project(root, tmp_path):
    for entry in ("src", "data"):
        shutil.copytree(root / entry, tmp_path / entry, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(root / "requirements.txt", tmp_path / "requirements.txt")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "one.md").write_text("text")
    return tmp_path


@pytest.mark.parametrize("changed", ["data/province_gdp.csv", "src/railbelt/models/shares.py", "requirements.txt"])
def test_whatever_can_change_an_output_changes_the_digest(project, changed):
    before = fresh.digest(project)
    path = project / changed
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    assert fresh.digest(project) != before


def test_a_new_table_changes_the_digest_and_prose_and_style_do_not(project):
    before = fresh.digest(project)
    (project / "src" / "railbelt" / "book" / "static" / "railbelt.css").write_text("p {}")
    (project / "chapters" / "one.md").write_text("other text")
    assert fresh.digest(project) == before
    (project / "data" / "new.csv").write_text("a\n1\n")
    assert fresh.digest(project) != before


def test_an_executed_chapter_is_found_again_only_for_the_same_code(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1"), nbformat.v4.new_markdown_cell("words")])
    key = fresh.chapter_key(book, "digest")
    book.cells[1].source = "other words"
    assert fresh.chapter_key(book, "digest") == key
    assert fresh.chapter_key(book, "another") != key
    assert fresh.recall(tmp_path, key) is None
    fresh.keep(tmp_path, key, book)
    assert fresh.recall(tmp_path, key) == book
    (tmp_path / f"{key}.ipynb").write_text("{half")
    assert fresh.recall(tmp_path, key) is None
    book.cells[0].source = "1 + 2"
    assert fresh.chapter_key(book, "digest") != key


def test_chapters_used_long_ago_and_half_written_ones_are_forgotten(tmp_path):
    for number in range(5):
        path = tmp_path / f"{number}.ipynb"
        path.write_text("{}")
        os.utime(path, (number, number))
    (tmp_path / "x.part").write_text("half")
    fresh.forget(tmp_path, kept=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["3.ipynb", "4.ipynb"]


def test_numbers_keep_their_order_and_precision():
    assert numbers(b=1 / 3, a="Hegang").values.tolist() == [["b", "0.333333"], ["a", "Hegang"]]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_sentence_never_prints_nan(value):
    with pytest.raises(DataError, match=r"number 'share'.*cannot be printed"):
        numbers(share=value)


def test_chart_data_move_out_of_the_page(tmp_path):
    body = (
        '<figure class="rb-figure"><script type="application/json" class="rb-spec" data-name="one">{"a": 1}</script>'
        '<a download="one.csv" href="data:text/csv;charset=utf-8,year%2Cshare%0A2000%2C0.1%0A">CSV</a></figure>'
    )
    context = {"body": body}
    pages.externalise(SimpleNamespace(outdir=tmp_path), "chapters/one", "page.html", context, None)
    assert 'href="../_charts/one.csv"' in context["body"] and "<script" not in context["body"]
    assert (tmp_path / "_charts" / "one.csv").read_text() == "year,share\n2000,0.1\n"
    assert "['one']={\"a\": 1};" in (tmp_path / "_charts" / "one.js").read_text()
    again = dict(context)
    pages.externalise(SimpleNamespace(outdir=tmp_path), "chapters/one", "page.html", again, None)
    assert again == context


def test_pages_of_chapters_that_are_gone_disappear(tmp_path):
    for name in ("chapters/one.html", "chapters/old.html", "index.html", "_static/keep.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("page")
    app = SimpleNamespace(
        outdir=tmp_path, builder=SimpleNamespace(format="html"), env=SimpleNamespace(found_docs={"chapters/one"})
    )
    pages.remove_orphans(app, None)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html")}
    assert left == {"chapters/one.html", "index.html", "_static/keep.html"}


def test_pages_hold_formulas_as_mathml(site):
    text = (site / "chapters" / "rust-belt.html").read_text(encoding="utf-8")
    assert "<math" in text
    assert not [tag for tag in re.findall(r"<script[^>]*>", text) if "mathjax" in tag.lower()]


def test_the_appendix_offers_every_table(site):
    from railbelt import catalog

    text = (site / "chapters" / "data.html").read_text(encoding="utf-8")
    for name in catalog.tables().index:
        assert f'id="table-{name.replace("_", "-")}"' in text, name
    for resource in catalog.package()["resources"]:
        if "schema" in resource:
            assert (site / "_tables" / resource["path"]).exists()


def test_the_ledger_shows_and_exports_every_claim(site):
    import json

    import pandas as pd

    from railbelt import catalog
    from railbelt.claims import tested

    claims = catalog.load("claims").claim_id.tolist()
    text = (site / "chapters" / "ledger.html").read_text(encoding="utf-8")
    assert all(f'id="claim-{claim}"' in text for claim in claims)
    assert text.count("<summary>Code and data of") == len(tested())
    table = pd.read_csv(site / "_ledger" / "verdicts.csv")
    rows = json.loads((site / "_ledger" / "verdicts.json").read_text(encoding="utf-8"))
    assert table.claim_id.tolist() == [row["claim_id"] for row in rows] == claims
    assert table.verdict.tolist() == [row["verdict"] for row in rows]


def test_terms_are_linked_once_a_chapter_and_back(site):
    from railbelt.book.glossary import anchor

    page = (site / "chapters" / "glossary.html").read_text(encoding="utf-8")
    chapter = (site / "chapters" / "rust-belt.html").read_text(encoding="utf-8")
    links = re.findall(r'class="rb-term[^"]*" href="glossary.html#([^"]+)"', chapter)
    assert len(links) == len(set(links)) > 5
    assert all(f'id="{link}"' in page for link in links)
    entry = page[page.index(f'id="{anchor("economic census")}"') :]
    assert 'href="rust-belt.html"' in entry[: entry.index("</dd>")]


def test_a_term_is_found_as_a_whole_word_in_either_case():
    from railbelt.book.glossary import patterns

    find = patterns()["market access"]
    assert find.search("Market access rose") and find.search("the market access of")
    assert not find.search("supermarket access") and not find.search("market accession")
