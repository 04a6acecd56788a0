"""Sphinx extension: what the HTML of the book needs beyond Jupyter Book.

It keeps the build fresh, draws formulas as MathML, generates the tables of claims, provenance and data, keeps large
chart data out of the pages, and serves Vega from the site itself.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from railbelt.book.numbers import numbers

__all__ = ["numbers", "setup"]


def setup(app: Any) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    import pybtex.plugin
    from nbformat.v4 import nbbase

    from railbelt.book import (
        api,
        directives,
        execute,
        explorer,
        finish,
        glossary,
        ledger,
        notebooks,
        pages,
        places,
        words,
    )

    app.add_config_value("railbelt_digest", "", "env")
    # Jupyter Book sets it for sphinx_comments, which the book leaves out.
    app.add_config_value("comments_config", {}, "")
    app.connect("config-inited", _place_cache, priority=1)
    app.connect("builder-inited", _declare_parallel)
    # For each citation the same plugin is looked up among all installed packages.
    pybtex.plugin.find_plugin = functools.cache(pybtex.plugin.find_plugin)
    # Each cell and each output is checked against the schema of notebooks when it is made, and the whole again later.
    nbbase.validate = lambda node, ref=None: None
    app.connect("env-before-read-docs", execute.prepare)
    app.connect("config-inited", _add_static)
    app.connect("config-inited", places.tell_sphinx)
    app.connect("builder-inited", pages.begin_vega)
    app.connect("builder-inited", pages.write_palette)
    app.add_html_math_renderer("mathml", (pages.visit_math, None), (pages.visit_math_block, None))
    app.add_directive("claims", directives.Claims)
    app.add_directive("verdicts", directives.Verdicts)
    app.add_directive("ledger", directives.Ledger)
    app.add_directive("provenance", directives.Provenance)
    app.add_directive("explorer", explorer.Explorer)
    app.add_directive("glossary-terms", glossary.Glossary)
    app.add_directive("city-names", glossary.Cities)
    app.connect("doctree-resolved", glossary.link_terms)
    app.connect("doctree-resolved", pages.sign)
    app.add_directive("api", api.Api)
    app.add_directive("data-tables", directives.DataTables)
    app.add_search_language(words.SearchNames)
    app.connect("doctree-resolved", words.keep_apart)
    app.add_css_file("railbelt.css")
    app.add_css_file("icons.css")
    app.add_css_file("palette.css")
    app.add_js_file("railbelt.js", loading_method="defer")
    app.connect("html-page-context", pages.externalise, priority=900)
    app.connect("build-finished", pages.remove_orphans)
    app.connect("build-finished", pages.write_assets, priority=900)
    app.connect("build-finished", explorer.write_files)
    app.connect("build-finished", ledger.write_files)
    app.connect("build-finished", notebooks.write_notebooks, priority=940)
    app.connect("build-finished", finish.finish_all, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _place_cache(app: Any, config: Any) -> None:
    from railbelt.book import fresh

    # Pages are read anew when anything changes, chapters executed when something changes that they can see.
    config.railbelt_digest = fresh.digest(Path(app.srcdir), unread=("__pycache__",))
    config.nb_execution_cache_path = str(Path(app.doctreedir).parent / ".executed")


def _declare_parallel(app: Any) -> None:
    """Let Sphinx read pages side by side: the extensions that do not say so keep nothing between pages."""
    for extension in app.extensions.values():
        if extension.parallel_read_safe is None:
            extension.parallel_read_safe = True


def _add_static(app: Any, config: Any) -> None:
    config.html_static_path.append(str(Path(__file__).parent / "static"))
