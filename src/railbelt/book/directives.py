"""Directives that print what the catalog knows: claims, provenance, the data appendix."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from docutils import nodes
from docutils.parsers.rst import Directive, directives

from railbelt import catalog
from railbelt._types import rows
from railbelt.book import ledger
from railbelt.charts.figure import table_html
from railbelt.errors import DataError

__all__ = ["Claims", "DataTables", "Ledger", "Provenance", "Verdicts"]

TOPICS = {
    "provinces": "Provinces and cities",
    "rail": "Railways",
    "megalopolis": "Megalopolis",
    "literature": "Literature and claims",
    "russia": "Sino-Russian links",
    "reference": "Sources",
}


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def _grid(caption: str, heads: list[str], lines: str, kind: str = "rb-claims") -> nodes.raw:
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    caption = html.escape(caption)
    return _raw(
        f'<div class="rb-scroll" role="region" tabindex="0" aria-label="{caption}"><table class="rb-table {kind}">'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


class _Chapter(Directive):
    """A directive about the claims of one chapter."""

    required_arguments: ClassVar[int] = 1

    def claims(self) -> pd.DataFrame:
        """Return the claims of the chapter with their verdicts."""
        known = ledger.stored(Path(self.state.document.settings.env.srcdir))
        mine = known[known.chapter == self.arguments[0]]
        if mine.empty:
            raise self.error(f"No claim of the table 'claims' belongs to the chapter '{self.arguments[0]}'.")
        return mine


class Claims(_Chapter):
    """``{claims} rust-belt``: the claims of the articles on the subject of a chapter, with their verdicts."""

    def run(self) -> list[nodes.Node]:
        """Return the table; each claim has the anchor ``claim-A01``."""
        mine = self.claims()
        lines = "".join(
            f'<tr id="claim-{c.Index}"><th scope="row"><a href="#claim-{c.Index}">{c.Index}</a></th>'
            f'<td>{html.escape(c.claim)}<br><span class="rb-locator">“{html.escape(c.locator)}”</span></td>'
            f"<td>{ledger.verdict_html(c.verdict)}</td></tr>"
            for c in rows(mine)
        )
        named = "; ".join(f"{letter}: {ledger.ARTICLES[letter]}" for letter in dict.fromkeys(mine.article))
        return [
            _grid(
                f"What the articles say on the subject of this chapter ({named})",
                ["Claim", "What it says", "Verdict"],
                lines,
            )
        ]


class Verdicts(_Chapter):
    """``{verdicts} rust-belt``: the verdicts on the claims of a chapter, with the evidence of each."""

    def run(self) -> list[nodes.Node]:
        """Return the table; each verdict has the anchor ``verdict-A01``."""
        lines = "".join(
            f'<tr id="verdict-{c.Index}"><th scope="row"><a href="#claim-{c.Index}">{c.Index}</a></th>'
            f"<td>{html.escape(c.claim)}.<br>{ledger.verdict_html(c.verdict)} {ledger.evidence_html(c)}</td></tr>"
            for c in rows(self.claims())
        )
        return [_grid("Verdicts on the claims of this chapter", ["Claim", "Verdict and evidence"], lines)]


class Ledger(Directive):
    """``{ledger}``: every claim with its verdict, evidence, code and data; filtered, sorted and downloaded in the page."""

    def run(self) -> list[nodes.Node]:
        """Return the form and the table; each claim has the anchor ``claim-A01``."""
        from railbelt.claims import source_of

        table = ledger.stored(Path(self.state.document.settings.env.srcdir))
        printed = catalog.load("claims").set_index("claim_id")[["printed_figure", "printed_figure_to", "printed_unit"]]
        lines = "".join(ledger.row_html(c, source_of(c.Index) if c.verdict else "") for c in rows(table.join(printed)))
        return [
            _raw(
                '<p>Download the ledger: <a href="../_ledger/verdicts.csv" download>verdicts.csv</a>, '
                '<a href="../_ledger/verdicts.json" download>verdicts.json</a>.</p>' + ledger.filters_html(table)
            ),
            _grid("The claims of the three articles", ["Claim", "What it says, and the evidence", "Verdict", "Found", "Told in"],
                  lines, "rb-claims rb-ledger"),
            _raw('<script src="../_ledger/ledger.js" defer></script>'),
        ]  # fmt: skip


class Provenance(Directive):
    """``{provenance} province_gdp cities``: vintage, grades and sources of the tables of a chapter."""

    required_arguments: ClassVar[int] = 1
    final_argument_whitespace: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Return the box."""
        known = catalog.tables()
        lines = []
        for name in self.arguments[0].split():
            if name not in known.index:
                raise self.error(f"There is no table '{name}'.")
            grades = catalog.grades(name)
            counted = ", ".join(f"{n} {g}" for g, n in grades.items() if n) or "not graded"
            anchor = f"data.html#table-{name.replace('_', '-')}"
            lines.append(
                f'<tr><th scope="row"><a href="{anchor}">{name}</a></th><td>{html.escape(known.title[name])}</td>'
                f"<td>{html.escape(known.vintage[name])}</td><td>{counted}</td></tr>"
            )
        caption = "Tables of this chapter, their vintage and the grades of their rows"
        return [
            _raw(
                f'<div class="rb-scroll" role="region" tabindex="0" aria-label="{caption}"><table class="rb-table">'
                f'<caption>{caption}</caption><thead><tr><th scope="col">Table</th><th scope="col">What it is</th>'
                '<th scope="col">Vintage</th><th scope="col">Rows by grade</th></tr></thead>'
                f"<tbody>{''.join(lines)}</tbody></table></div>"
            )
        ]


class DataTables(Directive):
    """``{data-tables}``: the data appendix, one section a topic and one a table."""

    option_spec: ClassVar[dict[str, Any]] = {"only": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        known = catalog.tables()
        strange = set(known.topic) - set(TOPICS)
        if strange:
            raise DataError(f"datapackage.json: unknown topics {sorted(strange)}. Known: {', '.join(TOPICS)}.")
        sections: list[nodes.Node] = []
        for topic, heading in TOPICS.items():
            section = nodes.section(ids=[f"topic-{topic}"])
            section += nodes.title("", heading)
            for name in known.index[known.topic == topic]:
                section += self._table(name, known.loc[name])
            sections.append(section)
        return sections

    def _table(self, name: str, row: Any) -> nodes.section:
        resource = next(r for r in catalog.package()["resources"] if r["name"] == name)
        section = nodes.section(ids=[f"table-{name.replace('_', '-')}"])
        section += nodes.title("", name)
        fields = catalog.describe(name).reset_index()
        keys = resource["schema"]["primaryKey"]
        keys = ", ".join([keys] if isinstance(keys, str) else keys)
        grades = ", ".join(f"{n} of grade {g}" for g, n in catalog.grades(name).items() if n)
        facts = f"{row.rows:,} rows; key: {keys}; vintage: {row.vintage}" + (f"; {grades}" if grades else "")
        sources = ""
        if name != "sources" and any(f.get("listOf") == "sources.source_key" for f in resource["schema"]["fields"]):
            cited = catalog.sources(name)
            sources = (
                f'<details class="rb-numbers"><summary>Sources of {name} ({len(cited)})</summary><ul>'
                + "".join(f"<li>{_source(str(key), s)}</li>" for key, s in cited.iterrows())
                + "</ul></details>"
            )
        section += _raw(
            f"<p><strong>{html.escape(row.title)}.</strong> {html.escape(resource['description'])}</p>"
            f'<p>{html.escape(facts)}. <a href="../_tables/{resource["path"]}" download>Download {resource["path"]}</a></p>'
            f'<details class="rb-numbers"><summary>Fields of {name} ({len(fields)})</summary>'
            f"{table_html(fields, f'Fields of {name}')}</details>{sources}"
        )
        return section


def _source(key: str, source: Any) -> str:
    """Write one source: who published what, when, where it was read, and how sure it is."""

    def text(value: Any) -> str:
        return "" if pd.isna(value) else html.escape(str(value))

    title = text(source.title)
    if text(source.url):
        title = f'<a href="{text(source.url)}" rel="external">{title}</a>'
    year = f", {source.year}" if text(source.year) else ""
    read = f" Read in: {text(source.read_at)}." if text(source.read_at) else ""
    note = f" {text(source.note)}" if text(source.note) else ""
    return (
        f"<code>{html.escape(key)}</code> {text(source.publisher)}{year}: {title}.{read} "
        f"Terms: {text(source.terms)}. Grade {source.grade}, {source.rows} rows.{note}"
    )
