"""Every claim a tile: how the verdicts of a ledger fall, chapter by chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from railbelt import checks
from railbelt.charts._table import drawable, options
from railbelt.charts.theme import GREY, GRID, INK, PALETTE, RAIL, RUST, WIDE
from railbelt.errors import FigureError

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    from altair.typing import ChartType

__all__ = ["VERDICT_COLOURS", "verdict_tiles"]

VERDICT_COLOURS = {
    "supported": RAIL,
    "partly": PALETTE["rail-light"][0],
    "contradicted": RUST,
    "not testable": GRID,
}
"""Colour of each verdict, in order."""

TILE, GAP = 30, 3


def verdict_tiles(claims: pd.DataFrame, group: str, *, width: int = WIDE) -> ChartType:
    """Draw a tile for each claim, named and coloured by its verdict, in rows by group.

    Parameters
    ----------
    claims : DataFrame
        ``claim_id``, ``verdict`` and the column named by ``group``; the groups in the order wanted.
    group : str
        Column whose values head the rows.
    width : int
        Pixels.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> import pandas as pd
    >>> ledger = pd.DataFrame({"claim_id": ["A01", "A02"], "verdict": ["partly", "supported"], "chapter": ["rails"] * 2})
    >>> [layer.mark.type for layer in verdict_tiles(ledger, "chapter").layer]
    ['rect', 'text', 'text', 'rect', 'text']
    """
    import altair as alt
    import pandas as pd

    options(width=width)
    drawable(claims, [group, "claim_id", "verdict"], argument="claims")
    checks.once(claims, ["claim_id"], "claims")
    if not set(claims.verdict) <= set(VERDICT_COLOURS):
        raise FigureError("argument 'claims', column 'verdict': one is no verdict.")
    a_row = (width - 8) // (TILE + GAP)
    order = {verdict: i for i, verdict in enumerate(VERDICT_COLOURS)}
    tiles, heads, y = [], [], 34.0 if width > 500 else 58.0
    for name, mine in claims.groupby(group, sort=False):
        mine = mine.iloc[mine.verdict.map(order).argsort(kind="stable")]
        heads.append({"x": 0.0, "y": y + 7, "text": name})
        y += 18
        for i, row in enumerate(mine.itertuples()):
            tiles.append({
                "x": (i % a_row) * (TILE + GAP), "y": y + (i // a_row) * (22 + GAP), "id": row.claim_id, "verdict": row.verdict,
                "ink": "dark" if row.verdict in ("partly", "not testable") else "light",
            })  # fmt: skip
        y += ((len(mine) - 1) // a_row + 1) * (22 + GAP) + 6
    boxes = pd.DataFrame(tiles).assign(
        x2=lambda d: d.x + TILE, y2=lambda d: d.y + 22, xm=lambda d: d.x + TILE / 2, ym=lambda d: d.y + 11
    )
    counts = claims.verdict.value_counts()
    per_row = 4 if width > 500 else 2
    step = (width - 8) / per_row
    key = pd.DataFrame([
        {"x": (i % per_row) * step, "y": 6.0 + 24 * (i // per_row), "verdict": verdict, "text": f"{verdict} ({counts.get(verdict, 0)})"}
        for i, verdict in enumerate(VERDICT_COLOURS)
    ]).assign(x2=lambda d: d.x + 14, y2=lambda d: d.y + 14, xt=lambda d: d.x + 20, yt=lambda d: d.y + 7)  # fmt: skip
    across = alt.Scale(domain=[0, width], nice=False)
    down = alt.Scale(domain=[0, y], reverse=True, nice=False)
    fill = alt.Color(
        "verdict:N", scale=alt.Scale(domain=list(VERDICT_COLOURS), range=list(VERDICT_COLOURS.values())), legend=None
    )

    def axes(x: str, y_: str) -> dict[str, alt.X | alt.Y]:
        return {"x": alt.X(f"{x}:Q", scale=across, axis=None), "y": alt.Y(f"{y_}:Q", scale=down, axis=None)}

    inks = alt.Color("ink:N", scale=alt.Scale(domain=["dark", "light"], range=[INK, PALETTE["paper"][0]]), legend=None)
    layers = [
        alt.Chart(boxes).mark_rect(stroke=GREY, strokeWidth=0.5).encode(**axes("x", "y"), x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), fill=fill),
        alt.Chart(boxes).mark_text(fontSize=10.5).encode(**axes("xm", "ym"), text=alt.Text("id:N"), color=inks),
        alt.Chart(pd.DataFrame(heads)).mark_text(align="left", fontSize=12, fontWeight=600, color=INK).encode(**axes("x", "y"), text=alt.Text("text:N")),
        alt.Chart(key).mark_rect(stroke=GREY, strokeWidth=0.5).encode(**axes("x", "y"), x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), fill=fill),
        alt.Chart(key).mark_text(align="left", fontSize=12, color=INK).encode(**axes("xt", "yt"), text=alt.Text("text:N")),
    ]  # fmt: skip
    joined: ChartType = alt.layer(*layers).resolve_scale(color="independent", fill="shared")
    return joined.properties(width=width - 4, height=y)
