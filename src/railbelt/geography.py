"""Outlines, projections and distances: where the places of the tables are.

Outlines are Natural Earth's (public domain), drawn neutrally: they show no opinion on any disputed boundary. Prefectures
are points, because no polygon source with clear terms exists.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from railbelt.catalog import data_folder
from railbelt.checks import degrees, number
from railbelt.errors import DataError, suggest

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike

    from railbelt._types import FloatArray

__all__ = ["CHINA", "NORTHEAST", "distance_km", "outlines", "places", "window"]

CHINA = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +datum=WGS84 +units=m"
"""Albers equal-area projection for maps of China."""

NORTHEAST = "+proj=laea +lat_0=46 +lon_0=126 +datum=WGS84 +units=m"
"""Lambert azimuthal equal-area projection for the Northeast and the Russian Far East."""

WINDOWS = {
    CHINA: (-2_700_000, -2_000_000, 2_250_000, 2_150_000),
    NORTHEAST: (-720_000, -860_000, 740_000, 860_000),
}


def outlines(kind: str) -> gpd.GeoDataFrame:
    """Read one set of map outlines.

    Parameters
    ----------
    kind : {"provinces", "neighbours", "waters"}
        China's 34 province-level units (``province_code``, ``name_en``); Russian federal subjects and neighbouring
        countries (``name_en``, ``level``, ``country``); rivers and lakes (``name_en``, ``kind``).

    Returns
    -------
    GeoDataFrame
        In longitude and latitude (WGS 84).

    Raises
    ------
    DataError
        If there is no such set.

    Examples
    --------
    >>> len(outlines("provinces"))
    34
    """
    import geopandas as gpd

    folder = data_folder() / "map"
    known = [path.stem for path in folder.glob("*.json")]
    if kind not in known:
        raise DataError(f"There are no outlines '{kind}'. {suggest(kind, known)}")
    features = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
    return gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")


def window(frame: gpd.GeoDataFrame, crs: str = NORTHEAST, tolerance_km: float = 4) -> gpd.GeoDataFrame:
    """Project outlines, thin them for the scale of a page, and cut them to the window of the map.

    Shared borders stay shared: polygons are simplified as a coverage (Visvalingam-Whyatt), so that no slivers open.

    Parameters
    ----------
    frame : GeoDataFrame
        Outlines with a coordinate system.
    crs : str
        :data:`NORTHEAST` or :data:`CHINA`; any other projection is not cut.
    tolerance_km : float
        Detail below this size is dropped.

    Returns
    -------
    GeoDataFrame
        In metres of the projection; what lies outside the window is gone.

    Examples
    --------
    >>> window(outlines("provinces")).crs.is_projected
    True
    """
    import shapely

    number(tolerance_km, "tolerance_km", 0, 1e4)
    flat = projected(frame, crs)
    areal = flat.geom_type.isin(["Polygon", "MultiPolygon"])
    if areal.all():
        flat = flat.set_geometry(shapely.coverage_simplify(flat.geometry.values, tolerance_km * 1000), crs=crs)
    else:
        flat = flat.set_geometry(flat.simplify(tolerance_km * 1000))
    if crs in WINDOWS:
        flat = flat.clip(WINDOWS[crs], keep_geom_type=bool(areal.all()))
    return flat[~flat.is_empty]


def places(table: pd.DataFrame, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """Turn a table with ``lon`` and ``lat`` into points.

    Parameters
    ----------
    table : DataFrame
        With ``lon`` (degrees east) and ``lat`` (degrees north).
    crs : str
        The coordinate system to project to.

    Returns
    -------
    GeoDataFrame
        The same rows; with a projected system also ``x`` and ``y`` in metres.

    Raises
    ------
    DataError
        If a coordinate is missing or impossible; the message names the row.

    Examples
    --------
    >>> import pandas as pd
    >>> places(pd.DataFrame({"lon": [126.0], "lat": [46.0]}), NORTHEAST)[["x", "y"]].round(3).abs().values.tolist()
    [[0.0, 0.0]]
    """
    import geopandas as gpd

    found = degrees(table)
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(found.lon, found.lat), crs="EPSG:4326")
    points = projected(points, crs)
    if points.crs is not None and points.crs.is_projected:
        points = points.assign(x=points.geometry.x, y=points.geometry.y)
    return points


def projected(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a layer in another coordinate system, or say that there is none of that name."""
    if getattr(frame, "crs", None) is None:
        raise DataError("argument 'frame': has no geometry with a coordinate system. Pass a GeoDataFrame.")
    try:
        return frame.to_crs(crs)
    except (RuntimeError, ValueError, UnicodeError) as error:
        raise DataError(f"argument 'crs': {str(crs)[:60]!r} is not a coordinate system ({str(error)[:80]}).") from None


def distance_km(lon_1: ArrayLike, lat_1: ArrayLike, lon_2: ArrayLike, lat_2: ArrayLike) -> FloatArray:
    """Return the length of the geodesic between points, on the WGS 84 ellipsoid.

    Parameters
    ----------
    lon_1, lat_1, lon_2, lat_2 : array_like
        Degrees; broadcast against each other.

    Returns
    -------
    ndarray
        Kilometres.

    Raises
    ------
    DataError
        If a coordinate is missing or impossible, or shapes do not fit.

    References
    ----------
    Karney, C. F. F. (2013). Algorithms for geodesics. *Journal of Geodesy*, 87, 43-55.

    Examples
    --------
    >>> round(float(distance_km(116.41, 39.90, 126.63, 45.75)))
    1057
    """
    import numpy as np
    import pyproj

    try:
        arrays = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (lon_1, lat_1, lon_2, lat_2)))
    except (TypeError, ValueError, OverflowError):
        raise DataError("arguments 'lon' and 'lat': not numbers, or of shapes that do not fit each other.") from None
    for name, angles, limit in zip(("lon_1", "lat_1", "lon_2", "lat_2"), arrays, (360, 90, 360, 90), strict=True):
        if not (np.abs(angles) <= limit).all():
            raise DataError(f"argument '{name}': a coordinate is missing or beyond {limit} degrees.")
    from_lon, from_lat, to_lon, to_lat = arrays
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(from_lon, from_lat, to_lon, to_lat)
    return np.asarray(metres, dtype=float) / 1000
