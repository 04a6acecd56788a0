"""The engine that draws charts of Vega-Lite."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["draw", "vegalite_to_svg"]

VEGA_LITE = "6.4"


def vegalite_to_svg(chart: str) -> str:
    """Return the SVG of a chart given as JSON, drawn in this process."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart, vl_version=VEGA_LITE))


draw: Callable[[str], str] = vegalite_to_svg
"""What draws the charts: here, unless the build of the book lets one process draw those of all chapters."""
