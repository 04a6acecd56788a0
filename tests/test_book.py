"""The Sphinx extension: fresh builds, numbers for prose, pages that ask nobody else for anything."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree
from types import SimpleNamespace

import altair
import nbformat
import pandas as pd
import pytest
from docutils import nodes

from railbelt.book import api, figures, finish, fresh, numbers, pages, vega
from railbelt.book.words import SearchNames, keep_apart
from railbelt.charts import figure, theme
from railbelt.errors import BuildError, DataError


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


def test_chapters_import_nothing_that_their_digest_leaves_out(root):
    code = (
        "import sys, railbelt.book, railbelt.charts, railbelt.geography, railbelt.models, railbelt.network, railbelt.claims;"
        "railbelt.book.numbers(a='1'); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {f"railbelt.book.{name}" for name in fresh.SITE}
    folder = root / "src" / "railbelt" / "book"
    assert all((folder / f"{name}.py").exists() or (folder / name).is_dir() for name in fresh.SITE)


def test_a_figure_becomes_pictures_and_files(tmp_path):
    table = pd.DataFrame({"place": ["=HYPERLINK(1)", "Harbin"], "people": [-1.0, 10.0]})

    def draw(width):
        return altair.Chart(table).mark_bar(color=theme.RUST).encode(x="people", y="place").properties(width=width)

    shown = figure(
        draw,
        name="bars",
        title="Harbin has ten & a half",
        subtitle="Residents, million",
        alt="Two bars, one of them of Harbin, with ten million residents.",
        source="Census <2020>",
        tables=["city_census"],
        data=table,
        live=True,
    )
    body = figures.externalise(shown._repr_html_(), "chapters/one", tmp_path, "A ({title}) #{name}", tmp_path / "kept")
    files = {p.name: p for p in (tmp_path / "_charts").iterdir()}
    kinds = ("-wide.svg", "-narrow.svg", ".svg", ".png", ".csv", ".js")
    assert set(files) == {f"one-bars{kind}" for kind in kinds}
    assert "<svg" not in body and "<script" not in body and body.count("<img ") == 2
    assert 'loading="lazy"' in body and 'alt="Two bars' in body and "A (Harbin has ten &amp; a half) #bars" in body
    assert all(f'href="../_charts/one-bars.{kind}"' in body for kind in ("csv", "svg", "png"))
    assert files["one-bars.csv"].read_text().splitlines() == ["place,people", "'=HYPERLINK(1),-1.0", "Harbin,10.0"]
    assert f'[fill="{theme.RUST}"]{{fill:{theme.PALETTE["rust"][1]}}}' in files["one-bars-wide.svg"].read_text()
    for name in ("one-bars.svg", "one-bars-wide.svg", "one-bars-narrow.svg"):
        xml.etree.ElementTree.parse(files[name])
    assert "Census &lt;2020&gt;" in files["one-bars.svg"].read_text()
    assert figures.externalise(body, "chapters/one", tmp_path, "", tmp_path / "kept") == body


def test_layers_of_a_map_are_clipped_once_and_those_of_other_frames_apart():
    def layer(name, clip):
        return f'<g class="mark-shape role-mark {name}" clip-path="url(#{clip})"><path d="{name}"/></g>'

    frames = {"a": 9, "b": 9, "c": 5}
    defs = "".join(f'<clipPath id="{name}"><rect width="{width}"/></clipPath>' for name, width in frames.items())
    svg = f'<svg width="9" height="9"><g>{layer("one", "a")}{layer("two", "b")}</g><g>{layer("three", "c")}{layer("four", "a")}</g>{defs}</svg>'
    drawn = figures.sheet(svg, "Title", "Subtitle", "Source")
    assert [drawn.count(f"url(#{name})") for name in frames] == [2, 0, 1]
    assert 'url(#a)"><path d="one"/><path d="two"/></g></g><g>' in drawn and drawn.count("</g>") == 6
    assert drawn.index("three") < drawn.index("four")


def test_the_script_of_vega_is_made_beside_the_build_or_else_when_it_is_needed(tmp_path, monkeypatch):
    beside, later = tmp_path / "kept" / "vega.js", tmp_path / "later.js"
    vega.begin(beside)
    vega.wait(beside)
    assert "railbeltEmbed" in beside.read_text() and [p.name for p in beside.parent.iterdir()] == ["vega.js"]
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    vega.begin(later)
    vega.wait(later)
    assert later.read_bytes() == beside.read_bytes()


def test_a_page_allows_only_its_own_scripts():
    text = finish.finish(
        '<meta charset="utf-8" /><script defer src="x/fontawesome.js?d=1"></script><script>let a = 1;</script>'
        '<button onclick="window.print()">Print</button>'
    )
    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in text
    assert "unsafe" not in text and "fontawesome" not in text and "onclick" not in text


@pytest.mark.parametrize("left", ['<p style="color:red">', '<a onclick="x()">'])
def test_what_the_policy_forbids_stops_the_build(left):
    with pytest.raises(BuildError, match="forbids inline handlers and styles"):
        finish.finish(f'<meta charset="utf-8" />{left}')


def test_every_public_name_is_described_and_says_how_it_is_called():
    bare = [
        f"{module}.{name}"
        for module in api.modules()
        for name, value in api.public(module)
        if "<pre>" not in (shown := api.described(f"{module}.{name}", value)) or "<p>" not in shown
    ]
    assert bare == []


def test_feed_and_sitemap_are_well_formed():
    text = "## 1.1.0 (2027-02-03)\n\n- A & B <c>.\n\n## 1.0.0 (2027-01-01)\n\n- First.\n"
    atom = xml.etree.ElementTree.fromstring(finish.feed(text, "Book & more", "https://a.org/"))
    space = "{http://www.w3.org/2005/Atom}"
    assert [e.find(f"{space}updated").text for e in atom.iter(f"{space}entry")] == [
        "2027-02-03T00:00:00Z",
        "2027-01-01T00:00:00Z",
    ]
    urls = xml.etree.ElementTree.fromstring(finish.sitemap("https://a.org/", ["chapters/one"]))
    assert urls[0][0].text == "https://a.org/chapters/one.html"


def test_parts_of_chinese_names_are_words():
    assert {"沈阳市", "沈阳", "阳市"} <= set(SearchNames({}).split("in 沈阳市 (Shenyang)"))


def test_cells_of_a_table_are_words_of_their_own():
    page = nodes.container(
        "", nodes.raw("", "<td>Panjin</td><td>139</td>", format="html"), nodes.raw("", "a</td>b", format="latex")
    )
    keep_apart(None, page, "page")
    html, latex = page.children
    assert re.sub("<[^<]+?>", "", html.astext()).split() == ["Panjin", "139"] and latex.astext() == "a</td>b"


def test_words_are_searched_by_stem_and_numbers_as_they_are():
    assert [SearchNames({}).stem(word) for word in ("Railways", "2012", "沈阳")] == ["railwai", "2012", "沈阳"]


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


def test_negative_numbers_of_prose_get_a_minus_sign_and_code_does_not():
    from docutils.core import publish_doctree

    document = publish_doctree("From -0.5 to (-3) in 2010-20; ``x = -1`` and :math:`-2`.\n\nSo::\n\n  y = -4\n")
    pages.sign(None, document, "chapters/one")
    assert document.astext().split("\n\n") == ["From −0.5 to (−3) in 2010-20; x = -1 and -2.", "So:", "y = -4"]


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
    table = pd.read_csv(site / "_ledger" / "verdicts.csv", keep_default_na=False)
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


def test_the_reference_shows_no_address_in_memory():
    from random import Random

    from railbelt.book.api import described

    draw, thing = Random(1).random, object()

    def f(a=lambda: 1, b=draw, c=thing):
        """Do nothing."""

    assert "0x" not in described("f", f) and described("f", f).count("…") == 3
