"""What happens to pages on their way to HTML: formulas, chart data, the palette, the local Vega bundle."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes

from railbelt import catalog
from railbelt._signs import minus
from railbelt.book import figures, vega
from railbelt.charts.theme import PALETTE, stylesheet

__all__ = [
    "begin_vega",
    "externalise",
    "remove_orphans",
    "sign",
    "visit_math",
    "visit_math_block",
    "write_assets",
    "write_palette",
]


ENTRANCE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={page}">
<p><a href="{page}">{title}</a></p>
</html>
"""


AS_TYPED = (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.raw)
"""Nodes whose text is code or a formula."""


def sign(app: Any, doctree: nodes.document, docname: str) -> None:
    """Give the negative numbers of prose, typed or computed, a true minus sign; code keeps its hyphens."""
    for text in list(doctree.findall(nodes.Text)):
        if "-" in text and (shown := minus(text)) != text and not _within(text, AS_TYPED):
            text.parent.replace(text, nodes.Text(shown))


def _within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    up = node.parent
    while up is not None and not isinstance(up, kinds):
        up = up.parent
    return up is not None


def visit_math(translator: Any, node: Any) -> None:
    """Write an inline formula as MathML, which browsers draw without a script."""
    from latex2mathml.converter import convert

    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: Any) -> None:
    """Write a displayed formula as MathML."""
    from latex2mathml.converter import convert

    label = f' id="equation-{node["label"]}"' if node.get("label") else ""
    translator.body.append(f'<div class="math rb-math"{label}>{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def externalise(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Move chart data and interactive charts from the page into files beside it; the page keeps links."""
    body = context.get("body")
    if not body:
        return
    # A list without list items, and a role that no reader knows any more, confuse screen readers.
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    context["body"] = body = body.replace(' role="doc-biblioentry"', "")
    up = "../" * pagename.count("/")
    # The sliders come with a script of their own, on the pages that have them.
    for name in sorted(set(re.findall(r'<div class="rb-toy" data-script="([a-z-]+)"', body))):
        context["body"] = body = f'{body}\n<script defer src="{up}_static/{name}.js"></script>'
    if "rb-figure" in body:
        title = re.sub(r"<[^>]+>", "", context.get("title", ""))
        context["body"] = figures.externalise(
            body, pagename, Path(app.outdir), citation(app.config, pagename, title), kept(app) / "png"
        )


def citation(config: Any, page: str, title: str) -> str:
    """Return how to cite a figure of a page, with its title and name left to be filled in."""
    from railbelt import __version__

    address = f" {config.html_baseurl}{page}.html#fig-{{name}}." if config.html_baseurl else ""
    words = f"{config.author} ({config.copyright}). “{{title}}.” Figure in: {title}. {config.html_title}, version {__version__}."
    return f"{words}{address} CC BY 4.0."


def kept(app: Any) -> Path:
    """Return the folder of what is costly to make and the same in every build."""
    return Path(app.srcdir) / "_build" / ".kept"


def _vega(app: Any) -> Path:
    from importlib.metadata import version

    return kept(app) / f"vega-{version('vl-convert-python')}.js"


def begin_vega(app: Any) -> None:
    """Let the script of the interactive charts be made beside the build."""
    if app.builder.format == "html":
        vega.begin(_vega(app))


def write_palette(app: Any) -> None:
    """Write the style sheet that gives the colours of the charts their dark form."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        (static / "palette.css").write_text(stylesheet(), encoding="utf-8")


def remove_orphans(app: Any, exception: Exception | None) -> None:
    """Delete pages whose chapter is gone, which Sphinx leaves behind."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    kept = {f"{name}.html" for name in (*app.env.found_docs, "index", "genindex", "search")}
    for page in out.rglob("*.html"):
        name = page.relative_to(out).as_posix()
        if name not in kept and not name.startswith("_"):
            page.unlink()


def write_assets(app: Any, exception: Exception | None) -> None:
    """Write the tables for download, and the script that brings Vega, loaded only on demand."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    (out / "index.html").write_text(ENTRANCE.format(page=f"{app.config.master_doc}.html", title=app.config.html_title))
    tables = out / "_tables"
    shutil.rmtree(tables, ignore_errors=True)
    tables.mkdir()
    source = catalog.data_folder()
    for path in [*source.glob("*.csv"), source / "datapackage.json"]:
        shutil.copyfile(path, tables / path.name)
    bundle = out / "_vega" / "vega.js"
    names = {colour: name for name, (colour, _) in PALETTE.items()}
    bundle.parent.mkdir(exist_ok=True)
    (bundle.parent / "palette.js").write_text(f"window.railbeltPalette={json.dumps(names)};\n", encoding="utf-8")
    made = _vega(app)
    vega.wait(made)
    shutil.copyfile(made, bundle)
