"""Wrap a chart with what a reader needs: a finding as title, the measure, a text alternative, a source, the numbers."""

from __future__ import annotations

import contextlib
import html
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from railbelt import checks
from railbelt._signs import minus
from railbelt.charts import _drawing
from railbelt.charts.theme import CONFIG, NARROW, ROOM, STACKED, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["Figure", "Table", "csv_text", "figure", "table", "table_html"]

SHOWN_ROWS = 60
CONTROL = re.compile(r"(?<!\\)(?:\\\\)*\\(?:u00[01]|[bf])|[\ufffe\uffff]")
"""Control characters as JSON writes them, and two that are none: not allowed in XML."""
UNCHANGED = {"config", "data", "encoding", "mark", "projection", "title", "transform"}
"""Properties of charts that Altair replaces but never changes."""
MIME = "application/vnd.vegalite.v6+json"


@dataclass(frozen=True)
class Figure:
    """A chart with its words and numbers; made by :func:`figure`.

    Attributes
    ----------
    name : str
        Identifier within the book, for links.
    draw : callable
        ``draw(width)`` returns the Altair chart at a width in pixels.
    title, subtitle, alt, source : str
        The finding; measure, unit, place and period; what the chart shows, in words; who published the figures.
    tables : tuple of str
        Tables of the catalog behind the figure.
    data : DataFrame
        The numbers shown.
    note : str
        A caveat printed below the source.
    live : bool
        Whether the page offers the interactive form.

    Examples
    --------
    >>> import pandas as pd
    >>> from railbelt.charts import lines
    >>> years = pd.DataFrame({"year": [2000, 2010], "share": [0.1, 0.07], "place": ["Northeast", "Northeast"]})
    >>> one = figure(
    ...     lambda width: lines(years, "year", "share", "place", width=width), name="share", title="The share fell by 3 points",
    ...     subtitle="Share of the Northeast in China's output, 2000-10", alt="A line falls from 10 percent in 2000 to 7 in 2010.",
    ...     source="National Bureau of Statistics", tables=["province_gdp"], data=years,
    ... )  # fmt: skip
    >>> one.svg().startswith("<svg"), one.data.equals(years)
    (True, True)
    """

    name: str
    draw: Callable[[int], ChartType]
    title: str
    subtitle: str
    alt: str
    source: str
    tables: tuple[str, ...]
    data: pd.DataFrame
    note: str = ""
    live: bool = False

    def chart(self, width: int = WIDE) -> ChartType:
        """Return the Altair chart with the theme of the book."""
        import altair as alt

        with _swiftly():
            chart = self.draw(width - ROOM)
            chart.config = alt.Config(**CONFIG)  # as configure() does, which copies the chart
        return chart

    def svg(self, width: int = WIDE) -> str:
        """Return the chart as a stand-alone, accessible SVG document."""
        return self._drawn(self._spec(width), width)

    def _drawn(self, spec: dict[str, Any], width: int) -> str:
        return _accessible(to_svg(spec), f"{self.name}-{width}", self.title, self.alt)

    def _specs(self) -> dict[str, dict[str, Any]]:
        return {"wide": self._spec(WIDE), "narrow": self._spec(NARROW)}

    def _spec(self, width: int) -> dict[str, Any]:
        chart = self.chart(width)
        with _swiftly():
            # The phone's form differs in sizes alone: to validate it as well would take half the time of a page.
            spec: dict[str, Any] = chart.to_dict(validate=width == WIDE)
        # Altair leaves what is missing among texts as NaN, which is no JSON.
        spec["datasets"] = {
            name: rows
            if isinstance(rows, str)
            else [{k: None if v is None or v != v else v for k, v in row.items()} for row in rows]
            for name, rows in spec.get("datasets", {}).items()
        }
        if width == NARROW:
            spec["config"]["legend"] = {**spec["config"]["legend"], "layout": STACKED}
        return spec

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        specs = self._specs()
        bundle: dict[str, Any] = {"text/html": self._html(specs), "text/plain": f"Figure: {self.title}"}
        if self.live:
            bundle[MIME] = specs["wide"]
        return bundle

    def _repr_html_(self) -> str:
        return self._html(self._specs())

    def _html(self, specs: dict[str, dict[str, Any]]) -> str:
        escape = html.escape
        drawings = "".join(
            f'<div class="rb-{kind}">{self._drawn(specs[kind], width)}</div>'
            for kind, width in (("wide", WIDE), ("narrow", NARROW))
        )
        live = ""
        if self.live:
            payload = json.dumps(specs, ensure_ascii=False, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
            live = (
                f'<script type="application/json" class="rb-spec" data-name="{self.name}">'
                f"{payload}</script>"
                '<button type="button" class="rb-live" hidden>Explore this chart</button>'
            )
        csv = urllib.parse.quote(csv_text(self.data))
        links = ", ".join(f'<a href="data.html#table-{t.replace("_", "-")}">{t}</a>' for t in self.tables)
        note = f" {escape(self.note)}" if self.note else ""
        return (
            f'<figure class="rb-figure" id="fig-{self.name}" aria-labelledby="fig-{self.name}-title">'
            f'<figcaption><p class="rb-title" id="fig-{self.name}-title">{escape(self.title)}</p>'
            f'<p class="rb-subtitle">{escape(self.subtitle)}</p></figcaption>'
            f'<div class="rb-chart">{drawings}</div>{live}'
            f'<p class="rb-source">Source: {escape(self.source)}.{note} Data: {links}.</p>'
            f'<details class="rb-numbers"><summary>Show the numbers</summary>'
            f'<p><a download="{self.name}.csv" href="data:text/csv;charset=utf-8,{csv}">Download as CSV</a></p>'
            f"{table_html(self.data, f'Numbers behind: {self.title}', limit=SHOWN_ROWS)}</details></figure>"
        )


@contextlib.contextmanager
def _swiftly() -> Iterator[None]:
    """Let Altair validate the finished chart, not each of its parts too, and share what no chart changes of another.

    It copies each chart that is put into another one, to the last property of the last encoding, and all of them again and
    again while the whole is written.
    """
    from altair.utils import schemapi

    # Another version of Altair may copy in another way, and is then left to do so.
    copy: Callable[..., Any] = getattr(schemapi, "_deep_copy", lambda part, by_ref: part)

    def shallower(part: Any, by_ref: set[str]) -> Any:
        return copy(part, by_ref | UNCHANGED)

    with schemapi.debug_mode(False), mock.patch.object(schemapi, "_deep_copy", shallower, create=True):
        yield


def to_svg(spec: dict[str, Any]) -> str:
    """Draw a chart of Vega-Lite; refuse text that no SVG may hold, at which the renderer would end the whole process.

    Raises
    ------
    FigureError
        If a text holds a control character or half a character.
    """
    try:
        text = json.dumps(spec, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError as error:
        raise FigureError(f"the chart holds infinity, or half a character ({str(error)[:60]}).") from None
    if CONTROL.search(text):
        raise FigureError("the chart holds a control character in a text. Clean the text.")
    try:
        return _drawing.draw(text)
    except ValueError as error:
        raise FigureError(f"the chart cannot be drawn: {str(error)[:200]}") from None


def figure(
    draw: Callable[[int], ChartType],
    *,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    source: str,
    tables: Sequence[str],
    data: pd.DataFrame,
    note: str = "",
    live: bool = False,
) -> Figure:
    """Wrap a chart so that it can be read alone; refuse one that cannot.

    Parameters
    ----------
    draw : callable
        ``draw(width)`` returns an Altair chart for a width in pixels; called for a desktop page and for a phone.
    name : str
        Identifier: lower-case letters, digits and hyphens.
    title : str
        The finding, as a sentence.
    subtitle : str
        Measure, unit, place and period.
    alt : str
        What the chart shows, in at least forty characters, for somebody who cannot see it.
    source : str
        Publisher and publication, without a full stop.
    tables : sequence of str
        Names of the tables the figures come from.
    data : DataFrame
        The numbers shown; offered as a table and as CSV.
    note : str
        A caveat that a reader of the figure alone must know.
    live : bool
        Offer the interactive form, where it adds something.

    Returns
    -------
    Figure
        Displays itself in a notebook and in the book.

    Raises
    ------
    FigureError
        If a part is missing or empty; the message names it.

    Examples
    --------
    >>> import pandas as pd, altair
    >>> table = pd.DataFrame({"place": ["Harbin"], "people": [10.0]})
    >>> shown = figure(
    ...     lambda width: altair.Chart(table).mark_bar().encode(x="people", y="place").properties(width=width),
    ...     name="one-bar", title="Harbin has ten million people", subtitle="Residents, million, 2020",
    ...     alt="One bar: Harbin, ten million residents in 2020.", source="Census 2020", tables=["city_census"],
    ...     data=table,
    ... )
    >>> shown.svg().startswith("<svg")
    True
    """
    texts = {"title": title, "subtitle": subtitle, "alt": alt, "source": source}
    for argument, text in {**texts, "note": note}.items():
        if BROKEN.search(text):
            raise FigureError(
                f"figure '{name!r}', argument '{argument}': a control character, or half of one. Clean it."
            )
    for column in data.columns if len(data) else ():
        broken = "" if _is_numeric(data[column]) else next((v for v in data[column] if BROKEN.search(str(v))), "")
        if broken or BROKEN.search(str(column)):
            raise FigureError(f"figure '{name!r}', column {column!r}: a control character, or half of one. Clean it.")
    for argument, text in texts.items():
        if not text.strip():
            raise FigureError(f"figure '{name}', argument '{argument}': empty. A figure must be readable alone.")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise FigureError(f"figure '{name}', argument 'name': use lower-case letters, digits and hyphens.")
    if len(alt) < 40 or alt.strip() == title.strip():
        raise FigureError(f"figure '{name}', argument 'alt': say in a sentence what the chart shows, beyond its title.")
    if not tables:
        raise FigureError(f"figure '{name}', argument 'tables': name the tables behind the figure.")
    if data.empty:
        raise FigureError(f"figure '{name}', argument 'data': no rows. Pass the numbers that the chart shows.")
    title, subtitle, alt, source = (minus(text) for text in (title, subtitle, alt, source))
    numbers = data.reset_index(drop=True)
    return Figure(name, draw, title, subtitle, alt, source, tuple(tables), numbers, minus(note), live)


@dataclass(frozen=True)
class Table:
    """A small table with a caption; made by :func:`table`.

    Examples
    --------
    >>> import pandas as pd
    >>> table(pd.DataFrame({"place": ["Harbin"], "people": [10.0]}), "Residents, million").caption
    'Residents, million'
    """

    data: pd.DataFrame
    caption: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": table_html(self.data, self.caption), "text/plain": self.data.to_string(index=False)}


def table(data: pd.DataFrame, caption: str) -> Table:
    """Show a table as the book shows tables: captioned, with scoped headers.

    Parameters
    ----------
    data : DataFrame
        At most as many rows as a reader can take in.
    caption : str
        What the table holds, with units.

    Returns
    -------
    Table

    Examples
    --------
    >>> import pandas as pd
    >>> table(pd.DataFrame({"place": ["Harbin"]}), "One city").caption
    'One city'
    """
    return Table(data, minus(caption))


def table_html(data: pd.DataFrame, caption: str, limit: int | None = None) -> str:
    """Return a table as HTML with a caption and scoped headers, in a box that scrolls by keyboard.

    Parameters
    ----------
    data : DataFrame
        Column names become headers, with underscores as spaces.
    caption : str
        What the table holds, for screen readers.
    limit : int, optional
        Longest table to show in full.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> "<th scope='col' class='rb-n'>people</th>" in table_html(pd.DataFrame({"people": [1234.5]}), "One").replace('"', "'")
    True
    """
    escape = html.escape
    shown = data if limit is None else data.head(checks.whole(limit, "limit", 1))
    columns = [
        [minus(cell) for cell in _written(shown.iloc[:, i])] for i in range(shown.shape[1])
    ]  # by place: two may share a name
    numeric = [_is_numeric(shown.iloc[:, i]) for i in range(shown.shape[1])]
    marks = [' class="rb-n"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{mark}>{escape(str(name).replace("_", " "))}</th>'
        for name, mark in zip(data.columns, marks, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{mark}>{escape(cell)}</td>" for cell, mark in zip(row, marks, strict=True)) + "</tr>"
        for row in zip(*columns, strict=True)
    )
    rest = f"<p>The first {len(shown)} of {len(data)} rows; the CSV holds all.</p>" if len(shown) < len(data) else ""
    return (
        f'<div class="rb-scroll" role="region" tabindex="0" aria-label="{escape(caption, quote=True)}">'
        f'<table class="rb-table"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{rest}"
    )


BROKEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no page, SVG or CSV may hold."""

FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that some spreadsheet takes for a formula; the last four are the wide forms of the first."""


def csv_text(data: pd.DataFrame) -> str:
    """Return a table as CSV that no spreadsheet mistakes for formulas.

    Parameters
    ----------
    data : DataFrame
        Any table; the index is left out.

    Returns
    -------
    str
        Texts and column names that begin as a formula does are led by an apostrophe; numbers stay numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> csv_text(pd.DataFrame({"place": ["=1+1", "Harbin"], "change": [-0.5, 2.0]})).splitlines()
    ['place,change', "'=1+1,-0.5", 'Harbin,2.0']
    """

    def tame(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.replace("\r\n", "\n").replace("\r", "\n")  # a lone carriage return would end the row
        return f"'{text}" if text.startswith(FORMULA) else text

    tamed = data.apply(lambda column: column if _is_numeric(column) else column.map(tame))
    return str(tamed.rename(columns=tame).to_csv(index=False))


def _is_numeric(column: pd.Series) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _written(column: pd.Series) -> list[str]:
    """Write the cells of a column as a reader wants them: years as they are, one number of decimals, thousands apart."""
    import math

    import pandas as pd

    if not _is_numeric(column):
        return ["" if pd.isna(value) else str(value) for value in column]
    finite = [float(v) for v in column if not pd.isna(v) and math.isfinite(v)]
    whole = all(v.is_integer() for v in finite)
    years = whole and all(1000 <= v < 3000 for v in finite)
    largest = max(map(abs, finite), default=0)
    decimals = 0 if whole else max(0, 2 - math.floor(math.log10(largest or 1)))
    return [
        "" if pd.isna(v) else "∞" if v == math.inf else f"{v:.0f}" if years else f"{v:,.{min(decimals, 4)}f}"
        for v in column
    ]


def _accessible(svg: str, prefix: str, title: str, description: str) -> str:
    """Give an SVG a title and a description, drop what would confuse a screen reader, and shorten its coordinates."""
    svg = re.sub(r' stroke="[^"]*" stroke-width="0"', "", svg)
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)
    # Their numbers would count the charts that were drawn before.
    ids = dict.fromkeys(re.findall(r'id="((?:clip|gradient)[^"]*)"', svg))
    names = {name: f"{prefix}-{number}" for number, name in enumerate(ids)}
    svg = re.sub(r'(id="|url\(#)((?:clip|gradient)[^")]*)', lambda found: found[1] + names[found[2]], svg)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d+\.\d{2})\d+", r"\1", tag.group()), svg)  # not what people read
    svg = re.sub(r">[^<]*-[^<]*<", lambda found: minus(found.group()), svg)
    words = (
        f'<title id="{prefix}-title">{html.escape(title)}</title>'
        f'<desc id="{prefix}-desc">{html.escape(description)}</desc>'
    )
    start, end = svg.split(">", 1)
    return f'{start} role="img" aria-labelledby="{prefix}-title" aria-describedby="{prefix}-desc">{words}{end}'
