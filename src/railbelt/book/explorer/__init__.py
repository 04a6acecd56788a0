"""The scenario explorer as a part of a page: a directive that draws map and controls, and the files that bring it to life.

The page works from a folder without a server: plain scripts, the numbers in a script too, nothing fetched. d3-array and d3-contour
(``static/vendor/``, ISC licence, as published) draw the isochrones; the map itself is projected here.
"""

from __future__ import annotations

import html
import json
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive

from railbelt import explorer

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Explorer", "write_files"]

HERE = Path(__file__).parent
SCRIPTS = ("vendor/d3-array.min.js", "vendor/d3-contour.min.js", "data.js", "engine.js", "page.js")
LABELS = {
    "2101": "start", "2102": "start", "2201": "end", "2301": "end", "2302": "end", "2306": "end", "2310": "start", "2308": "start",
    "2311": "end", "2106": "start", "2205": "start", "2224": "end", "2307": "end", "1507": "start", "1504": "start",
    "Vladivostok": "end", "Khabarovsk": "end", "Blagoveshchensk": "start",
}  # fmt: skip
WEST, NORTH, EAST, SOUTH = -720, -860, 740, 860
"""The window of the map in kilometres of its projection, y downwards."""


class Explorer(Directive):
    """``{explorer}``: the scenario explorer of the Northeast."""

    def run(self) -> list[nodes.Node]:
        """Return map, controls and the scripts that answer them."""
        template = (HERE / "page.html").read_text(encoding="utf-8")
        scripts = "".join(f'<script src="../_explorer/{Path(name).name}" defer></script>' for name in SCRIPTS)
        return [nodes.raw("", template.replace("<!-- map -->", _map()) + scripts, format="html")]


def write_files(app: Any, exception: Exception | None) -> None:
    """Write scripts, style and numbers of the explorer, if the book has its page."""
    if exception or app.builder.format != "html" or "chapters/explorer" not in app.env.found_docs:
        return
    folder = Path(app.outdir) / "_explorer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in (*SCRIPTS, "page.css", "vendor/LICENSE"):
        if name != "data.js":
            shutil.copyfile(HERE / "static" / name, folder / Path(name).name)
    (folder / "data.js").write_text(script(), encoding="utf-8")


def script() -> str:
    """Return the numbers of the explorer as a script, those for the map included."""
    from railbelt.network import railways

    data = explorer.page_data()
    nodes, spots = _projected(railways().nodes), _projected(explorer.places())
    data["xy"] = [nodes.get(code) for code in data["nodes"]]
    for place in data["places"]:
        place["xy"] = spots.get(place["code"])
    return (
        "window.railbeltExplorer="
        + json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        + ";\n"
    )


def _projected(table: Any, margin: float = 60) -> dict[str, list[float]]:
    """Return kilometres of the map, east and south, of the points that lie on it."""
    from railbelt.geography import NORTHEAST, places

    points = places(table, NORTHEAST)
    inside = {}
    for code, x, y in zip(points.index, points.x / 1000, -points.y / 1000, strict=True):
        if WEST - margin < x < EAST + margin and NORTH - margin < y < SOUTH + margin:
            inside[code] = [round(float(x), 1), round(float(y), 1)]
    return inside


def _map() -> str:
    """Draw the land, the lines and the places as SVG, for the script to colour."""
    import geopandas as gpd
    import shapely

    from railbelt.geography import outlines, window
    from railbelt.network import railways

    rails, known, spots = railways(), explorer.lines(), explorer.places()
    land = {name: window(outlines(name), tolerance_km=6) for name in ("provinces", "neighbours", "waters")}
    home = _path(land["provinces"])
    # Drawn over the isochrones, the sea cuts them at the coast, which is faster than a clip.
    frame = shapely.box(1000 * WEST, 1000 * NORTH, 1000 * EAST, 1000 * SOUTH)
    sea = gpd.GeoDataFrame(geometry=[frame.difference(land["provinces"].union_all())])
    at = _projected(rails.nodes, margin=400)
    switch: list[str] = []
    fast: list[str] = []
    slow: list[str] = []
    for (line, _), stops in rails.stops.sort_values("seq").groupby(["line_id", "section"], sort=False):
        points = [at[code] for code in stops.node_code if code in at]
        if len(points) < 2:
            continue
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        if line in known.index:
            switch.append(f'<path class="rx-line" data-line="{line}" d="{path}"/>')
        else:
            section = rails.sections[rails.sections.line_id == line]
            (fast if section["mode"].iloc[0] == "hsr" else slow).append(path)
    centre = _projected(spots, margin=0)
    dots = "".join(
        f'<circle data-code="{code}" cx="{x:g}" cy="{y:g}" r="{_radius(spots.residents[code]):.1f}">'
        f"<title>{html.escape(spots.name[code])}</title></circle>"
        for code, (x, y) in centre.items()
    )
    words = "".join(
        f'<text x="{x + (1 if side == "start" else -1) * (_radius(spots.residents[code]) + 8):.0f}" y="{y + 12:.0f}" '
        f'text-anchor="{side}">{html.escape(spots.name[code])}</text>'
        for code, side in LABELS.items()
        if code in centre
        for x, y in [centre[code]]
    )
    return (
        f'<svg class="rx-map" viewBox="{WEST} {NORTH} {EAST - WEST} {SOUTH - NORTH}" role="img" aria-labelledby="rx-map-title rx-map-desc">'
        '<title id="rx-map-title">Map of the Northeast</title><desc id="rx-map-desc">Cities as circles by residents, with the fast lines.</desc>'
        f'<path class="rx-land" d="{home}"/><g class="rx-bands"></g><path class="rx-sea" d="{_path(sea)}"/>'
        f'<path class="rx-abroad" d="{_path(land["neighbours"])}"/><path class="rx-border" d="{home}"/>'
        f'<path class="rx-water" d="{_path(land["waters"])}"/>'
        f'<path class="rx-slow" d="{"".join(slow)}"/><path class="rx-fast" d="{"".join(fast)}"/>{"".join(switch)}'
        f'<g class="rx-drawn"></g><g class="rx-places">{dots}</g><g class="rx-words" aria-hidden="true">{words}</g></svg>'
    )


def _radius(residents: float) -> float:
    return 9 + 0.8 * math.sqrt(residents)


def _path(frame: gpd.GeoDataFrame) -> str:
    """Return the rings or strokes of shapes as one SVG path in kilometres."""
    import shapely

    parts = []
    for shape in shapely.get_parts(frame.geometry.values):
        rings = [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]
        for ring in rings:
            points = "L".join(f"{x / 1000:.0f} {-y / 1000:.0f}" for x, y in shapely.get_coordinates(ring))
            parts.append(f"M{points}" + ("Z" if shape.geom_type == "Polygon" else ""))
    return "".join(parts)
