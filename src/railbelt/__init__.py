"""Data, models and charts behind *High-speed rail and the future of China's Northeast*.

``import railbelt`` is light: pandas, geopandas, altair and statsmodels are imported by the functions that use them.

Examples
--------
>>> import railbelt
>>> cities = railbelt.load("cities")
>>> cities.loc[cities.city_code == "2301", "name_en"].item()
'Harbin'
"""

from railbelt.catalog import describe, load, sources, tables
from railbelt.errors import DataError, FigureError, RailbeltError

__version__ = "0.1.0"
__all__ = ["DataError", "FigureError", "RailbeltError", "describe", "load", "sources", "tables"]
