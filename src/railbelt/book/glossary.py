"""The glossary of the book: its page, and the links to it from the first use of a term in each chapter."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive

from railbelt import catalog
from railbelt._types import rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cities", "Glossary", "link_terms", "patterns", "used_in"]

PAGE = "chapters/glossary"
UNLINKED = (nodes.reference, nodes.literal, nodes.raw)
"""Nodes inside which no term is linked."""


def anchor(term: str) -> str:
    """Return the anchor of a term.

    Examples
    --------
    >>> anchor("Zipf's law")
    'term-zipf-s-law'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return for each term what finds it in a text: the term or one of its forms as whole words, the first letter in either case.

    Examples
    --------
    >>> bool(patterns()["market access"].search("Market access rose."))
    True
    """
    found = {}
    for row in rows(catalog.load("glossary")):
        forms = [row.term, *(row.forms or "").split(";")] if isinstance(row.forms, str) else [row.term]
        words = sorted((form for form in forms if form), key=len, reverse=True)
        either = [f"[{form[0].upper()}{form[0].lower()}]{re.escape(form[1:])}" for form in words]
        found[row.term] = re.compile(rf"(?<![\w-])(?:{'|'.join(either)})(?![\w-])")
    return found


def used_in(folder: Path) -> dict[str, list[str]]:
    """Return the chapters whose prose uses each term.

    Parameters
    ----------
    folder : Path
        The folder of the chapters.

    Returns
    -------
    dict
        By term the stems of the chapters, in alphabetical order.
    """
    prose = {}
    for path in sorted(folder.glob("*.md")):
        if path.stem != "glossary":
            text = re.sub(r"(`{3,}).*?\1", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            prose[path.stem] = re.sub(r"^#.*$|\]\([^)]*\)|`[^`]*`", " ", text, flags=re.MULTILINE)
    return {term: [stem for stem, text in prose.items() if find.search(text)] for term, find in patterns().items()}


class Glossary(Directive):
    """``{glossary-terms}``: the terms with their Chinese names, definitions and the chapters that use them."""

    def run(self) -> list[nodes.Node]:
        """Return the list; each term has an anchor."""
        env = self.state.document.settings.env
        env.note_reread()
        uses = used_in(Path(env.srcdir) / "chapters")
        items = []
        for row in rows(catalog.load("glossary")):
            zh = f' <span lang="zh">{html.escape(row.term_zh)}</span>' if isinstance(row.term_zh, str) else ""
            links = ", ".join(
                f'<a href="{stem}.html">{html.escape(stem.replace("-", " "))}</a>'
                for stem in uses[row.term]
                if f"chapters/{stem}" in env.found_docs
            )
            where = f' <span class="rb-basis">In: {links}.</span>' if links else ""
            items.append(
                f'<dt id="{anchor(row.term)}">{html.escape(row.term)}{zh}</dt>'
                f"<dd>{html.escape(row.definition)}{where}</dd>"
            )
        return [nodes.raw("", f'<dl class="rb-glossary">{"".join(items)}</dl>', format="html")]


class Cities(Directive):
    """``{city-names}``: the cities of the region in English and Chinese, and those of the Russian Far East in Russian."""

    def run(self) -> list[nodes.Node]:
        """Return two tables."""
        from railbelt.charts.figure import table_html

        provinces = catalog.load("provinces").set_index("province_code").name_en
        cities = catalog.load("cities")
        home = cities[
            cities.province_code.isin(["21", "22", "23"]) | cities.city_code.isin(["1504", "1505", "1507", "1522"])
        ]
        home = home.assign(province=home.province_code.map(provinces))[["name_en", "name_zh", "province", "city_code"]]
        home.columns = ["City", "Chinese", "Province", "Code"]
        abroad = catalog.load("far_east_cities")[["name_en", "name_ru", "region"]]
        abroad.columns = ["City", "Russian", "Region"]
        tables = "".join(
            f"<details class='rb-numbers'><summary>{title} ({len(table)})</summary>{table_html(table, title)}</details>"
            for title, table in (("Cities of the Northeast", home), ("Cities of the Russian Far East", abroad))
        )
        return [nodes.raw("", tables, format="html")]


def link_terms(app: Any, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term in the paragraphs of a chapter to the glossary, its definition at hand."""
    if app.builder.format != "html" or not docname.startswith("chapters/") or docname == PAGE:
        return
    if PAGE not in app.env.found_docs:
        return
    told = catalog.load("glossary").set_index("term").definition
    left = dict(patterns())
    for paragraph in list(doctree.findall(nodes.paragraph)):
        for text in list(paragraph.findall(nodes.Text)):
            if not any(isinstance(up, UNLINKED) for up in _above(text, paragraph)):
                _link(text, left, told)


def _above(node: nodes.Node, top: nodes.Node) -> list[nodes.Node]:
    found = []
    while (node := node.parent) is not None and node is not top:
        found.append(node)
    return found


def _link(text: nodes.Text, left: dict[str, re.Pattern[str]], told: pd.Series) -> None:
    """Replace a text by itself with links at the first uses of the terms that are left, the longest match first."""
    hits: list[tuple[int, int, str]] = []
    for term, find in left.items():
        hit = find.search(text)
        if hit:
            hits.append((hit.start(), hit.end(), term))
    chosen: list[tuple[int, int, str]] = []
    for start, end, term in sorted(hits, key=lambda one: (one[0] - one[1], one[0])):
        if all(end <= a or start >= b for a, b, _ in chosen):
            chosen.append((start, end, term))
    if not chosen:
        return
    parts: list[nodes.Node] = []
    done = 0
    for start, end, term in sorted(chosen):
        left.pop(term)
        link = nodes.reference("", "", internal=True, refuri=f"glossary.html#{anchor(term)}", reftitle=told[term])
        link["classes"].append("rb-term")
        link += nodes.inline("", text[start:end])
        parts += [nodes.Text(text[done:start]), link]
        done = end
    parts.append(nodes.Text(text[done:]))
    # Equal texts may stand side by side: the place is that of this very node.
    parent = text.parent
    place = next(i for i, child in enumerate(parent.children) if child is text)
    parent[place : place + 1] = [part for part in parts if not isinstance(part, nodes.Text) or part]
