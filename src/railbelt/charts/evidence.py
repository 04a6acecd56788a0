"""Charts of a literature: a map of who looked where and found what, forests of estimates, votes."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt import checks
from railbelt._signs import minus
from railbelt.charts._parts import CHARACTER, LINE, heading, room
from railbelt.charts._table import axis_limits, drawable, options
from railbelt.charts.theme import GREY, GRID, INK, MIST, PALETTE, PAPER, WIDE
from railbelt.errors import FigureError, suggest

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["SIGN_COLOURS", "evidence_map", "forest", "printed", "spanned", "votes"]

SIGN_COLOURS = {
    "positive": PALETTE["rail"][0],
    "null": PALETTE["mist"][0],
    "mixed": PALETTE["ochre"][0],
    "negative": PALETTE["rust"][0],
}
"""Blue for a gain, rust for a loss, grey for nothing, ochre for both."""


WORDS = "{positive: 'gain', null: 'nothing', mixed: 'both', negative: 'loss'}[datum.label]"
"""Signs in a reader's words, as a Vega expression."""


def printed(value: float, digits: int = 1) -> str:
    """Write a signed number as a person would: halves away from zero, a true minus sign, no sign on zero.

    Examples
    --------
    >>> printed(-8.45), printed(0.04), printed(45, 0)
    ('−8.5', '0.0', '+45')
    """
    from decimal import ROUND_HALF_UP, Context, Decimal

    value = checks.number(value, "value", -checks.LARGEST, checks.LARGEST)
    checks.whole(digits, "digits", 0, 15)
    step = Decimal(1).scaleb(-digits)
    number = Decimal(repr(value)).quantize(step, ROUND_HALF_UP, Context(prec=40))
    return f"{abs(number):.{digits}f}" if number == 0 else minus(f"{number:+.{digits}f}")


def spanned(value: float, low: float, high: float, digits: int = 2) -> str:
    """Write an estimate with its interval; an interval without ends says so.

    Examples
    --------
    >>> spanned(0.084, -0.245, 0.337), spanned(0.14, float("-inf"), float("inf"))
    ('+0.08 (−0.25 to +0.34)', '+0.14 (no bound)')
    """
    value, low, high = (checks.number(one, name) for one, name in ((value, "value"), (low, "low"), (high, "high")))
    if not low <= value <= high:
        raise FigureError(f"arguments 'low' and 'high': {low} to {high} does not hold {value}.")
    ends = (
        f"{printed(low, digits)} to {printed(high, digits)}"
        if math.isfinite(low) and math.isfinite(high)
        else "no bound"
    )
    return f"{printed(value, digits)} ({ends})"


def _fixed(domain: Sequence[float]) -> alt.Scale:
    """Return a scale that takes pixels as they are."""
    import altair as alt

    return alt.Scale(domain=list(domain), range=list(domain), nice=False, zero=False)


def _labels(
    texts: Iterable[str], x: Sequence[float], y: Sequence[float], size: tuple[int, float], **mark: Any
) -> alt.Chart:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame({"text": list(texts), "px": list(x), "py": list(y)})
    words: dict[str, Any] = {"lineBreak": "\n", "lineHeight": LINE, "fontSize": 12, "color": INK} | mark
    base = alt.Chart(frame).encode(
        x=alt.X("px:Q", scale=_fixed([0, size[0]]), axis=None),
        y=alt.Y("py:Q", scale=_fixed([0, size[1]]), axis=None),
        text=alt.Text("text:N"),
    )
    labels: alt.Chart = base.mark_text(**words)
    return labels


def evidence_map(
    data: pd.DataFrame,
    row: str,
    column: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    sign: str = "sign",
    shape: str = "design",
    shapes: Sequence[str] = (),
    focus: str = "",
    width: int = WIDE,
) -> ChartType:
    """Lay estimates out in a grid, one mark each: where it stands says what and where, colour what was found, shape how.

    Parameters
    ----------
    data : DataFrame
        One row an estimate.
    row, column : str
        Columns of ``data``: group of the vertical and of the horizontal direction.
    rows, columns : sequence of str
        The groups in order; an empty cell stays empty and is part of the finding.
    sign : str
        Column with ``positive``, ``null``, ``mixed`` or ``negative``.
    shape : str
        Column whose values have a shape each.
    shapes : sequence of str
        Values of ``shape`` in order: circle, diamond, square.
    focus : str
        Column group that is framed.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"topic": ["Jobs"], "place": ["Cities"], "sign": ["positive"], "design": ["panel"]})
    >>> chart = evidence_map(found, "topic", "place", rows=["Jobs"], columns=["Cities", "Towns"], shapes=["panel"])
    >>> len(chart.to_dict()["layer"]) > 2
    True
    """
    import altair as alt
    import pandas as pd

    options(width=width)
    drawable(data, [row, column, sign, shape])
    rows, columns = checks.texts(rows, "rows"), checks.texts(columns, "columns")
    for name, listed in (("rows", rows), ("columns", columns)):
        if not listed or len(set(listed)) < len(listed):
            raise FigureError(f"argument '{name}': name at least one, and none twice.")
    if focus and focus not in columns:
        raise FigureError(f"argument 'focus': no column '{focus}'. {suggest(focus, columns)}")
    marks = checks.texts(shapes, "shapes") or list(dict.fromkeys(data[shape]))
    for name, known in ((row, rows), (column, columns), (sign, list(SIGN_COLOURS)), (shape, marks)):
        lost = set(data[name]) - set(known)
        if lost:
            raise FigureError(
                f"argument 'data', column '{name}': {min(map(str, lost))!r} has no place. {suggest('', known)}"
            )
    if len(marks) > 3:
        raise FigureError("argument 'shapes': there are three shapes, circle, diamond and square.")
    phone = width < 500
    side = 84 if phone else 168
    step = 9 if phone else 13
    cell = (width - 12 - side) / len(columns)
    across = max(1, int((cell - 6) // step))
    order = {name: i for i, name in enumerate(SIGN_COLOURS)}
    table = data.assign(_o=data[sign].map(order)).sort_values([row, column, shape, "_o"], kind="stable")
    table = table.assign(_i=table.groupby([row, column]).cumcount())
    deepest = (table.groupby(row)._i.max() // across + 1).reindex(list(rows)).fillna(1).astype(int)
    wrapped = {name: textwrap.wrap(name, 12 if phone else 24) for name in rows}
    heights = [max(deepest[name] * step + 10, LINE * len(wrapped[name]) + 8) for name in rows]
    words = {name: [name] if phone else textwrap.wrap(name, max(1, int((cell - 8) / 5.9))) for name in columns}
    head = 58 if phone else 14 + LINE * max(map(len, words.values()))
    tops = dict(zip(rows, [head, *(head + h for h in itertools.accumulate(heights[:-1]))], strict=True))
    height = head + sum(heights)
    lefts = {name: side + i * cell for i, name in enumerate(columns)}
    table = table.assign(
        px=[lefts[c] + 3 + (i % across + 0.5) * step for c, i in zip(table[column], table._i, strict=True)],
        py=[tops[r] + 5 + (i // across + 0.5) * step for r, i in zip(table[row], table._i, strict=True)],
    )
    size = (width - 12, height)
    x = alt.X("px:Q", scale=_fixed([0, size[0]]), axis=None)
    y = alt.Y("py:Q", scale=_fixed([0, height]), axis=None)
    lines = pd.DataFrame({"py": [tops[name] for name in rows], "px": 0, "end": size[0]})
    layers: list[alt.Chart] = []
    if focus:
        frame = pd.DataFrame({"px": [lefts[focus]], "end": [lefts[focus] + cell], "py": [0], "low": [height]})
        layers.append(
            alt.Chart(frame)
            .mark_rect(fill=PALETTE["land"][0], stroke=None)
            .encode(x=x, x2=alt.X2("end:Q"), y=y, y2=alt.Y2("low:Q"))
        )
    layers.append(alt.Chart(lines).mark_rule(color=GRID).encode(x=x, x2=alt.X2("end:Q"), y=y))
    layers.append(
        _labels(
            ["\n".join(wrapped[name]) for name in rows],
            [0] * len(rows),
            [tops[name] + 6 for name in rows],
            size,
            align="left",
            baseline="top",
            fontSize=11 if phone else 12,
        )
    )
    for name in columns:
        turned = {"angle": 300, "align": "left"} if phone else {"align": "left", "baseline": "bottom"}
        at = (lefts[name] + (cell / 2 if phone else 4), head - 7 - LINE * (len(words[name]) - 1))
        weight = 700 if name == focus else "normal"
        layers.append(
            _labels(["\n".join(words[name])], [at[0]], [at[1]], size, fontWeight=weight, fontSize=11, **turned)
        )
    layers.append(
        alt.Chart(table)
        .mark_point(filled=True, opacity=1, size=38 if phone else 84)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                f"{sign}:N",
                scale=alt.Scale(domain=list(SIGN_COLOURS), range=list(SIGN_COLOURS.values())),
                legend=alt.Legend(title=None, columns=4, labelExpr=WORDS, columnPadding=14, symbolStrokeWidth=0),
            ),
            shape=alt.Shape(
                f"{shape}:N",
                scale=alt.Scale(domain=marks, range=["circle", "diamond", "square"][: len(marks)]),
                legend=alt.Legend(
                    title=None,
                    orient="bottom",
                    columns=1 if phone else 3,
                    symbolFillColor=GREY,
                    symbolStrokeWidth=0,
                    labelLimit=300,
                    columnPadding=44,
                ),
            ),
            tooltip=[c for c in ("study_key", "outcome", "method", sign) if c in table],
        )
    )
    return alt.layer(*layers, width=size[0], height=height)


def forest(
    data: pd.DataFrame,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    kind: str = "kind",
    shown: str = "shown",
    group: str | None = None,
    colour: str | None = None,
    colours: Mapping[str, str] | None = None,
    unit: str = "+.0f",
    domain: tuple[float, float] | None = None,
    reference: float = 0,
    axis: str = "",
    title: str = "",
    width: int = WIDE,
) -> ChartType:
    """Estimates one below the other with what is known of their uncertainty.

    A full dot with a thin line is an estimate with its interval; a broad pale bar a published range; a hollow dot an
    estimate of which the document gives no uncertainty.

    Parameters
    ----------
    data : DataFrame
        One row an estimate, in order.
    label, value, low, high : str
        Columns: name, estimate and limits (missing for a bare point).
    kind : str
        Column with ``interval``, ``range`` or ``point``.
    shown : str
        Column with the estimate in words, written at the right.
    group : str, optional
        Column whose values become headings.
    colour : str, optional
        Column that decides the colour; its values need one in ``colours``.
    colours : mapping, optional
        Colours by value.
    unit : str
        Format of the axis (d3-format).
    domain : pair of float, optional
        Limits of the axis; what lies beyond is cut off, with an arrow.
    reference : float
        Value with a rule.
    axis, title : str
        Title of the axis; title of the panel.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"study": "A (2020)", "b": 1.2, "low": 0.4, "high": 2.0, "kind": "interval", "shown": "1.2 (0.4 to 2.0)"}
    >>> chart = forest(pd.DataFrame([row]), label="study", value="b", low="low", high="high", axis="percent")
    >>> [layer["mark"]["type"] for layer in chart.to_dict()["layer"]].count("circle")
    1
    """
    import altair as alt
    import pandas as pd

    options(width=width, unit=unit, title=title, colours=colours)
    drawable(data, [label, kind, group, colour], [value], [low, high, shown])
    axis_limits(domain)
    checks.number(reference, "reference", -checks.LARGEST, checks.LARGEST)
    ends = data.assign(**{name: checks.figures(data, name, missing=True) for name in (low, high)})
    if ends[value].isna().any() or ((ends[low] > ends[value]) | (ends[value] > ends[high])).any():
        raise FigureError(f"argument 'data': an estimate is missing, or outside its limits '{low}' to '{high}'.")
    if colour and not set(data[colour].astype(str)) <= set(colours or {}):
        raise FigureError(f"argument 'colours': a value of column '{colour}' has none.")
    if not set(data[kind]) <= {"interval", "range", "point"}:
        raise FigureError(f"argument 'data', column '{kind}': expected interval, range or point.")
    phone = width < 500
    row = 38 if phone else 24
    right = CHARACTER * max(len(str(text)) for text in data[shown]) + 8
    names = [str(name) for name in data[label]]
    side = 0.0 if phone else room(names, 290, pad=14)
    plot = width - 16 - side - (0 if phone else right)
    y_at: list[float] = []
    heads: list[tuple[str, float]] = []
    at = 26.0 if axis else 22.0
    at += 14 if axis else 0
    previous = None
    for entry in data[group] if group else [None] * len(data):
        if group and entry != previous:
            at += 8 if heads else 2
            heads.append((str(entry), at + 8))
            at += 22
            previous = entry
        y_at.append(at + (26 if phone else row / 2))
        at += row
    height = at + 6
    size = (width - 16, height)
    if domain is None:
        values = pd.concat([data[value], data[low], data[high]]).dropna()
        pad = 0.06 * ((values.max() - values.min()) or 1)
        domain = (min(values.min(), reference) - pad, max(values.max(), reference) + pad)
    span = domain[1] - domain[0]
    place = side + 6
    reach = plot - 12

    def pixel(number: float) -> float:
        return place + reach * (min(max(number, domain[0]), domain[1]) - domain[0]) / span

    table = data.assign(
        py=y_at,
        px=[pixel(v) for v in data[value]],
        left=[pixel(v) if pd.notna(v) else math.nan for v in data[low]],
        right=[pixel(v) if pd.notna(v) else math.nan for v in data[high]],
        tone=[(colours or {}).get(str(c), GREY) for c in data[colour]] if colour else PALETTE["rail"][0],
        over=[bool(pd.notna(v) and v > domain[1]) for v in data[high]],
    )
    x = alt.X("px:Q", scale=_fixed([0, size[0]]), axis=None)
    y = alt.Y("py:Q", scale=_fixed([0, height]), axis=None)
    tone = alt.Color("tone:N", scale=None)
    ticks = _ticks(domain, 4 if phone else 6)
    first = y_at[0] - row * 0.9 if not group else heads[0][1] + 2
    try:
        words = [minus(format(t, unit)) if t else format(0, unit.lstrip("+")) for t in ticks]
    except ValueError:
        raise FigureError(f"argument 'unit': {unit!r} does not suit the numbers of an axis. Try '+.0f'.") from None
    bands = [(p - 10, p + 10) for p in y_at] if phone else [(first, height)]
    frame = pd.DataFrame({"px": [pixel(t) for t in ticks], "text": words})
    rules = pd.DataFrame([{"px": pixel(t), "py": a, "end": b} for t in ticks for a, b in bands])
    zero = pd.DataFrame([{"px": pixel(reference), "py": a, "end": b} for a, b in bands])
    layers = [
        alt.Chart(rules).mark_rule(color=GRID).encode(x=x, y=y, y2=alt.Y2("end:Q")),
        alt.Chart(frame.assign(py=20 if axis else 12))
        .mark_text(color=GREY, fontSize=11)
        .encode(x=x, y=y, text=alt.Text("text:N")),
        alt.Chart(zero).mark_rule(color=INK).encode(x=x, y=y, y2=alt.Y2("end:Q")),
    ]
    if axis:
        layers.append(_labels([axis], [place], [6], size, align="left", color=GREY, fontSize=11))
    if heads:
        layers.append(
            _labels([h for h, _ in heads], [0] * len(heads), [p for _, p in heads], size, align="left", fontWeight=700)
        )
    spans = table[table.left.notna()]
    thin, broad = spans[spans[kind] == "interval"], spans[spans[kind] == "range"]
    marks: list[tuple[pd.DataFrame, dict[str, Any]]]
    marks = [(thin, {"strokeWidth": 2.2}), (broad, {"strokeWidth": 8, "opacity": 0.5})]
    for part, mark in marks:
        if len(part):
            layers.append(
                alt.Chart(part)
                .mark_rule(**mark)
                .encode(x=alt.X("left:Q", scale=_fixed([0, size[0]]), axis=None), x2=alt.X2("right:Q"), y=y, color=tone)
            )
    cut = spans[spans.over]
    if len(cut):
        layers.append(
            alt.Chart(cut.assign(px=cut.right, text="▶"))
            .mark_text(fontSize=10, dx=-2)
            .encode(x=x, y=y, text=alt.Text("text:N"), color=tone)
        )
    full, hollow = table[table[kind] == "interval"], table[table[kind] == "point"]
    if len(full):
        layers.append(alt.Chart(full).mark_circle(size=70, opacity=1).encode(x=x, y=y, color=tone))
    if len(hollow):
        layers.append(
            alt.Chart(hollow)
            .mark_point(size=56, filled=True, fill=PAPER, strokeWidth=2, opacity=1)
            .encode(x=x, y=y, stroke=alt.Stroke("tone:N", scale=None))
        )
    text_y = [p - 19 for p in y_at] if phone else y_at
    layers.append(
        _labels(names, [0] * len(names), text_y, size, align="left", limit=(size[0] - right) if phone else side - 6)
    )
    layers.append(_labels(data[shown], [size[0]] * len(names), text_y, size, align="right", color=GREY))
    return alt.layer(*layers, width=size[0], height=height, title=heading(title, ""))


def _ticks(domain: tuple[float, float], count: int) -> list[float]:
    """Return round numbers within the limits, about ``count`` of them.

    Examples
    --------
    >>> _ticks((-3, 11), 4)
    [0.0, 5.0, 10.0]
    """
    rough = (domain[1] - domain[0]) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(domain[0] / step - 1e-9)
    last = math.floor(domain[1] / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def votes(
    counts: pd.DataFrame,
    *,
    order: Sequence[str],
    focus: str = "",
    width: int = WIDE,
    row_height: int = 30,
) -> ChartType:
    """Votes as bars about a centre: losses to the left, gains to the right, neither in the middle.

    Parameters
    ----------
    counts : DataFrame
        Indexed by group, with columns ``positive``, ``null``, ``mixed`` and ``negative`` (numbers of votes).
    order : sequence of str
        Groups from top to bottom.
    focus : str
        Group whose name is bold.
    width, row_height : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame({"positive": [7], "null": [2], "mixed": [1], "negative": [3]}, index=["Jobs"])
    >>> votes(counts, order=["Jobs"]).to_dict()["height"] > 0
    True
    """
    import altair as alt
    import pandas as pd

    options(width=width, row_height=row_height)
    order = checks.texts(order, "order")
    checks.columns(counts, list(SIGN_COLOURS), "counts")
    checks.once(counts.assign(group_=counts.index), ["group_"], "counts")
    counts = counts.assign(**{kind: checks.figures(counts, kind, "counts") for kind in SIGN_COLOURS})
    votes_ = counts[list(SIGN_COLOURS)]
    if ((votes_ < 0) | (votes_ > 1e9) | (votes_ % 1 != 0)).any(axis=None):
        raise FigureError("argument 'counts': expected whole numbers of votes.")
    for name in order:
        if name not in counts.index:
            raise FigureError(f"argument 'order': no group '{name}'. {suggest(name, counts.index)}")
    if not votes_.loc[order].any(axis=None):
        raise FigureError("argument 'counts': nobody votes.")
    phone = width < 500
    side = 92 if phone else 180
    table = counts.loc[list(order)]
    middle = table.null + table.mixed
    left, right = (table.negative + middle / 2).max(), (table.positive + middle / 2).max()
    plot = width - 12 - side - 8
    scale = plot / (left + right)
    rows = []
    for i, (name, vote) in enumerate(table.iterrows()):
        start = -(vote.negative + (vote.null + vote.mixed) / 2)
        for kind in ("negative", "mixed", "null", "positive"):
            end = start + vote[kind]
            if vote[kind]:
                a, b = side + (start + left) * scale, side + (end + left) * scale
                rows.append(
                    {"group": name, "sign": kind, "n": int(vote[kind]), "px": a, "end": b, "py": 6 + i * row_height}
                )
            start = end
    bars = pd.DataFrame(rows).assign(low=lambda d: d.py + row_height - 9, mid=lambda d: (d.px + d.end) / 2)
    height = 6 + row_height * len(table)
    size = (width - 12, height)
    x = alt.X("px:Q", scale=_fixed([0, size[0]]), axis=None)
    y = alt.Y("py:Q", scale=_fixed([0, height]), axis=None)
    colour = alt.Color(
        "sign:N",
        scale=alt.Scale(
            domain=["negative", "mixed", "null", "positive"],
            range=[SIGN_COLOURS[k] for k in ("negative", "mixed", "null", "positive")],
        ),
        legend=alt.Legend(title=None, symbolType="square", columns=4, labelExpr=WORDS, columnPadding=14),
    )
    zero = pd.DataFrame({"px": [side + left * scale], "py": [0], "end": [height]})
    layers = [
        alt.Chart(zero).mark_rule(color=MIST, strokeDash=[3, 3]).encode(x=x, y=y, y2=alt.Y2("end:Q")),
        alt.Chart(bars)
        .mark_rect(stroke=PAPER, strokeWidth=1)
        .encode(x=x, x2=alt.X2("end:Q"), y=y, y2=alt.Y2("low:Q"), color=colour),
    ]
    room = bars[bars.end - bars.px >= 13]
    inside = room.assign(px=room.mid, py=room.py + (row_height - 9) / 2)
    for kinds, tone in ((("positive", "negative", "mixed"), PAPER), (("null",), INK)):
        part = inside[inside.sign.isin(kinds)]
        if len(part):
            layers.append(
                alt.Chart(part)
                .mark_text(fontSize=11, fontWeight=600, color=tone)
                .encode(x=x, y=y, text=alt.Text("n:Q"))
            )
    for i, name in enumerate(table.index):
        layers.append(
            _labels([name], [0], [6 + i * row_height + (row_height - 9) / 2], size, align="left",
                    fontWeight=700 if name == focus else "normal", fontSize=11 if phone else 12, limit=side - 6)
        )  # fmt: skip
    return alt.layer(*layers, width=size[0], height=height)
