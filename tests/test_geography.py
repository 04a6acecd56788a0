"""Where places are: outlines, projections, distances."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from railbelt import geography, load
from railbelt.errors import DataError


def test_every_province_has_an_outline():
    outlined = set(geography.outlines("provinces").province_code)
    assert set(load("provinces").province_code) <= outlined
    assert outlined - set(load("provinces").province_code) == {"71", "81", "82"}


def test_outlines_are_valid_and_provinces_do_not_overlap():
    for kind in ("provinces", "neighbours", "waters"):
        assert geography.outlines(kind).is_valid.all(), kind
    flat = geography.window(geography.outlines("provinces"), geography.CHINA)
    assert flat.area.sum() == pytest.approx(flat.union_all().area, rel=1e-6)


def test_areas_agree_with_the_published_ones():
    """Equal-area outlines come within five percent of the published area for the three provinces."""
    drawn = geography.outlines("provinces").to_crs(geography.NORTHEAST).set_index("province_code").area / 1e6
    published = load("provinces").set_index("province_code").area_km2
    for code in ("21", "22", "23"):
        assert drawn[code] == pytest.approx(published[code], rel=0.05)


def test_every_city_lies_in_its_province():
    """Generalised coasts and borders allow for 12 km.

    The one exception is real: Jiagedaqi, seat of Daxing'anling, is run by Heilongjiang on land of Inner Mongolia.
    """
    cities = geography.places(load("cities"), geography.CHINA)
    provinces = geography.outlines("provinces").to_crs(geography.CHINA).set_index("province_code").geometry
    away = [r.city_code for r in cities.itertuples() if provinces[r.province_code].distance(r.geometry) > 12_000]
    assert away == ["2327"]


def test_a_wrong_name_of_outlines_is_corrected():
    with pytest.raises(DataError, match=r"Did you mean 'provinces'"):
        geography.outlines("province")


def test_known_distances():
    """Geodesics on WGS 84: one degree of the equator, and a quarter of the meridian."""
    assert geography.distance_km(0, 0, 1, 0) == pytest.approx(111.319491, abs=1e-5)
    assert geography.distance_km(0, 0, 0, 90) == pytest.approx(10001.965729, abs=1e-5)


degrees = st.tuples(st.floats(-180, 180), st.floats(-89, 89))


@given(degrees, degrees, degrees)
def test_distance_is_a_metric(a, b, c):
    ab, ba, bc, ac = (float(geography.distance_km(*p, *q)) for p, q in ((a, b), (b, a), (b, c), (a, c)))
    assert ab == pytest.approx(ba, abs=1e-6) and ab >= 0
    assert ac <= ab + bc + 1e-6


def test_distances_broadcast():
    assert geography.distance_km(np.zeros(3), 0, [1, 2, 3], 0).shape == (3,)


@pytest.mark.parametrize(("column", "value"), [("lon", 200.0), ("lat", -91.0), ("lon", float("nan"))])
def test_impossible_places_are_named(column, value):
    table = pd.DataFrame({"lon": [1.0, 2.0], "lat": [3.0, 4.0]}, index=["a", "b"])
    table.loc["b", column] = value
    with pytest.raises(DataError, match=rf"column '{column}', row b"):
        geography.places(table)


def test_places_need_both_columns():
    with pytest.raises(DataError, match=r"column 'lat': missing"):
        geography.places(pd.DataFrame({"lon": [1.0]}))


def test_a_layer_without_a_geometry_is_refused():
    with pytest.raises(DataError, match="'frame': has no geometry"):
        geography.window(pd.DataFrame({"x": [1.0]}))
    with pytest.raises(DataError, match="not numbers"):
        geography.distance_km(10**400, 0, 0, 0)
