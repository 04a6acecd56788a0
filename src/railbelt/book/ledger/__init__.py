"""The verdicts of the ledger for the pages of the book: computed once for each state of code and data, shown, and exported."""

from __future__ import annotations

import html
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railbelt._signs import minus
from railbelt.book import fresh
from railbelt.charts.figure import csv_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ARTICLES",
    "evidence_html",
    "filters_html",
    "number_html",
    "row_html",
    "stored",
    "verdict_html",
    "write_files",
]

ARTICLES = {
    "A": "The Diplomat, August 2023",
    "M": "MIT Technology Review, April 2021",
    "Z": "Zhang 2019, R-economy 5(3)",
}
HERE = Path(__file__).parent


def stored(root: Path, compute: Callable[[], pd.DataFrame] | None = None) -> pd.DataFrame:
    """Return all verdicts, from the build folder if package and data below ``root`` are as they were.

    Parameters
    ----------
    root : Path
        Root of the project.
    compute : callable, optional
        What returns them if they are not there; by default they are computed in this process.

    Returns
    -------
    DataFrame
        As :func:`railbelt.claims.verdicts` returns it.
    """
    import pandas as pd

    from railbelt.claims import verdicts

    folder = root / "_build" / ".ledger"
    path = folder / f"{fresh.digest(root)}.pkl"
    if path.exists():
        known: pd.DataFrame = pd.read_pickle(path)
        return known
    table = (compute or verdicts)()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.pkl"):
        old.unlink(missing_ok=True)
    # Pages are read side by side: whoever comes last replaces the same file by the same content.
    handle, name = tempfile.mkstemp(dir=folder)
    os.close(handle)
    table.to_pickle(name)
    os.replace(name, path)
    return table


def verdict_html(verdict: str) -> str:
    """Write a verdict as a mark that colour alone does not carry; a claim without a test gets a dash."""
    if not verdict:
        return '<span class="rb-verdict">–</span>'
    return f'<span class="rb-verdict rb-{verdict.replace(" ", "-")}">{verdict}</span>'


def evidence_html(row: Any) -> str:
    """Write the evidence of a verdict: the sentence, what is needed, the grade and the tables behind it."""
    if not row.verdict:
        return "No test yet."
    needed = f" Needed: {html.escape(row.needed)}" if row.needed else ""
    return (
        f'{html.escape(row.evidence)}{needed} <span class="rb-basis">Grade {row.grade}; data: {_tables(row)}; '
        f'code: <a href="ledger.html#claim-{row.Index}"><code>{html.escape(row.computed_by.removeprefix("railbelt."))}</code></a></span>'
    )


def number_html(row: Any) -> str:
    """Write the number that decides, its interval and unit, and the one that the article prints.

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> number_html(Row(value=2544.0, low=2493.1, high=2594.9, unit="billion yuan", printed_figure=600.0, printed_figure_to=None, printed_unit="billion yuan"))
    '2,544 (2,493 to 2,595) billion yuan<br><span class="rb-basis">printed: 600 billion yuan</span>'
    """
    import pandas as pd

    found = ""
    if pd.notna(row.value):
        between = "" if pd.isna(row.low) else f" ({_short(row.low, row.unit)} to {_short(row.high, row.unit)})"
        found = f"{_short(row.value, row.unit)}{between} {html.escape(row.unit)}"
    if pd.isna(row.printed_figure):
        return found
    to = "" if pd.isna(row.printed_figure_to) else f" to {_short(row.printed_figure_to, row.printed_unit)}"
    if row.printed_unit == "decade":
        return f'{found}<br><span class="rb-basis">printed: the {row.printed_figure:.0f}s</span>'
    printed = f"printed: {_short(row.printed_figure, row.printed_unit)}{to} {html.escape(row.printed_unit)}"
    return f'{found}<br><span class="rb-basis">{printed}</span>'


def row_html(row: Any, source: str) -> str:
    """Write one claim of the ledger as a row of its table."""
    search = html.escape(f"{row.Index} {row.claim} {row.locator} {row.evidence}".lower(), quote=True)
    where = ""
    if row.section:
        page, anchor = row.section.split("#")
        where = f'<a href="{page}.html#{anchor}">{page.replace("-", " ")}</a>'
    more = ""
    if row.verdict:
        needed = f"<br><em>Needed:</em> {html.escape(row.needed)}" if row.needed else ""
        more = (
            f"<br>{html.escape(row.evidence)}{needed}"
            f"<details><summary>Code and data of {row.Index}</summary><p>Grade {row.grade}; data: {_tables(row)}; "
            f"<code>{html.escape(row.computed_by)}</code></p><pre><code>{html.escape(source)}</code></pre></details>"
        )
    return (
        f'<tr id="claim-{row.Index}" data-article="{row.article}" data-kind="{row.kind}" data-chapter="{row.chapter}" '
        f'data-verdict="{row.verdict}" data-search="{search}"><th scope="row"><a href="#claim-{row.Index}">{row.Index}</a></th>'
        f'<td><span class="rb-narrow-only">{verdict_html(row.verdict)}<br></span>'
        f'<strong>{html.escape(row.claim)}.</strong> <span class="rb-locator">“{html.escape(row.locator)}”</span>{more}</td>'
        f"<td>{verdict_html(row.verdict)}</td><td>{number_html(row)}</td><td>{where}</td></tr>"
    )


def filters_html(table: pd.DataFrame) -> str:
    """Write the form that filters the ledger; without a script it stays hidden and all claims show."""
    from railbelt.claims import CHAPTERS
    from railbelt.claims.rules import VERDICTS

    choices = {
        "article": [(key, name) for key, name in ARTICLES.items()],
        "kind": [(kind, kind) for kind in dict.fromkeys(table.kind)],
        "chapter": [(chapter, chapter.replace("-", " ")) for chapter in CHAPTERS],
        "verdict": [(verdict, verdict) for verdict in VERDICTS],
    }
    selects = "".join(
        f'<label>{name.capitalize()} <select name="{name}"><option value="">all</option>'
        + "".join(f'<option value="{key}">{html.escape(text)}</option>' for key, text in options)
        + "</select></label>"
        for name, options in choices.items()
    )
    return (
        '<form class="rb-filter" id="rb-filter" role="search" aria-label="Filter the claims" hidden>'
        '<label>Words <input type="search" name="words" placeholder="a word of the article"></label>'
        f'{selects}<button type="reset">Show all</button></form>'
        f'<p class="rb-count" id="rb-count" role="status">{len(table)} claims.</p>'
    )


def write_files(app: Any, exception: Exception | None) -> None:
    """Write the ledger as CSV and JSON for download, and the script of its page."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_ledger"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    table = stored(Path(app.srcdir))
    (folder / "verdicts.csv").write_text(csv_text(table.reset_index()), encoding="utf-8")
    (folder / "verdicts.json").write_text(as_json(table), encoding="utf-8")
    shutil.copyfile(HERE / "static" / "ledger.js", folder / "ledger.js")


def as_json(table: pd.DataFrame) -> str:
    """Return the ledger as a JSON list, one object a claim, missing numbers as null."""
    rows = table.reset_index().astype(object)
    return (
        json.dumps(rows.where(rows.notna(), None).to_dict("records"), ensure_ascii=False, indent=1, allow_nan=False)
        + "\n"
    )


def _tables(row: Any) -> str:
    names = [name for name in row.tables.split("; ") if name]
    return ", ".join(f'<a href="data.html#table-{name.replace("_", "-")}">{name}</a>' for name in names)


def _short(value: float, unit: str) -> str:
    """Return a number with about three significant digits; years and days stay whole and without separators."""
    if value == int(value) and (unit in ("year", "decade") or unit.startswith("year")) and 1000 < value < 2200:
        return f"{value:.0f}"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return minus(f"{value:,.{digits}f}")
