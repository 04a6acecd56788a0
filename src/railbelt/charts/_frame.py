"""The place of a projected map on a canvas: one scale for shapes, points and their labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railbelt.charts.theme import PALETTE, PAPER

if TYPE_CHECKING:
    import altair as alt
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

GeoJSON = Mapping[str, Any]
"""A geometry of GeoJSON: its ``type`` and ``coordinates``."""


class Frame:
    """A projected extent (left, bottom, right, top, in metres) drawn at some width in pixels."""

    def __init__(self, bounds: Sequence[float] | NDArray[np.float64], width: int) -> None:
        left, bottom, right, top = (float(bound) for bound in bounds)
        self.scale = width / (right - left)
        self.left, self.top, self.width, self.height = left, top, width, (top - bottom) * self.scale
        self.projection: dict[str, Any] = {
            "type": "identity",
            "reflectY": True,
            "scale": self.scale,
            "translate": [-left * self.scale, top * self.scale],
        }

    def features(
        self, geometries: Sequence[GeoJSON], properties: Sequence[Mapping[str, str]] | None = None
    ) -> alt.Chart:
        """Return a chart over shapes with their properties; mark and project it."""
        import altair as alt

        properties = properties or [{}] * len(geometries)
        features = [
            {"type": "Feature", "geometry": g, "properties": p} for g, p in zip(geometries, properties, strict=True)
        ]
        # Written as text, for Altair copies and checks every number of a list many times over.
        return alt.Chart(alt.InlineData(values=json.dumps(features), format=alt.JsonDataFormat(type="json")))

    def shapes(self, layer: gpd.GeoDataFrame | gpd.GeoSeries, **mark: Any) -> alt.Chart:
        """Return the shapes of a projected layer with one mark (properties of ``mark_geoshape``)."""
        drawn: alt.Chart = self.features(rounded(layer.geometry)).mark_geoshape(**mark)
        return drawn.project(**self.projection)

    def waters(self, layer: gpd.GeoDataFrame) -> list[alt.Chart]:
        """Return rivers as lines and lakes as areas."""
        areal = layer.geom_type.isin(["Polygon", "MultiPolygon"])
        colour = PALETTE["water"][0]
        return [
            self.shapes(layer[~areal], filled=False, stroke=colour, strokeWidth=1.3),
            self.shapes(layer[areal], fill=colour),
        ]

    def land(self, land: gpd.GeoDataFrame, context: gpd.GeoDataFrame | None, fill: str, edge: float) -> list[alt.Chart]:
        """Return outlines, with the neighbouring land behind them."""
        behind = (
            [] if context is None else [self.shapes(context, fill=PALETTE["land"][0], stroke=PAPER, strokeWidth=0.8)]
        )
        return [*behind, self.shapes(land, fill=fill, stroke=PAPER, strokeWidth=edge)]

    def placed(self, points: gpd.GeoDataFrame) -> pd.DataFrame:
        """Return points (with ``x`` and ``y`` in metres) as a table with their pixels ``px`` and ``py``."""
        return points.drop(
            columns=[name for name, kind in points.dtypes.items() if name == "geometry" or kind == "geometry"]
        ).assign(px=(points.x - self.left) * self.scale, py=(self.top - points.y) * self.scale)

    def at(self, table: pd.DataFrame, x: str = "px", y: str = "py") -> alt.Chart:
        """Return a chart over a table whose columns ``x`` and ``y`` are pixels of the canvas."""
        import altair as alt

        return alt.Chart(table).encode(
            x=alt.X(f"{x}:Q", scale=alt.Scale(domain=[0, self.width], range=[0, self.width]), axis=None),
            y=alt.Y(f"{y}:Q", scale=alt.Scale(domain=[0, self.height], range=[0, self.height]), axis=None),
        )


def around(*layers: gpd.GeoDataFrame | None) -> list[float]:
    """Return the bounds of several projected layers together."""
    bounds = [layer.total_bounds for layer in layers if layer is not None]
    return [min(float(b[i]) for b in bounds) for i in (0, 1)] + [max(float(b[i]) for b in bounds) for i in (2, 3)]


def rounded(geometries: gpd.GeoSeries) -> list[GeoJSON]:
    """Return GeoJSON geometries in whole metres: a page needs no more."""
    import shapely

    return [shapely.geometry.mapping(g) for g in shapely.transform(geometries.to_numpy(), lambda c: c.round())]
