"""The base map of a sheet: pale water and green around the regions, thin roads over all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from maps.basemap import Shape
    from maps.sheet.canvas import Canvas

_AREAS: Final = {"water": "#cfe3ef", "green": "#dcead4"}
_LINES: Final[dict[str, dict[str, Any]]] = {
    "water": {"edgecolor": "#4a90c2", "linewidth": 0.6},
    "minor": {"edgecolor": "#222222", "linewidth": 0.25},
    "middle": {"edgecolor": "#222222", "linewidth": 0.5},
    "major": {"edgecolor": "#222222", "linewidth": 0.9},
    "rail": {"edgecolor": "#222222", "linewidth": 0.8, "linestyle": (0, (4.0, 2.0))},
}
_FAINT: Final = 0.28  # so that prices and boundary lines stay in front
_UNDER_REGIONS: Final = 0.2
_OVER_REGIONS: Final = 1.5


def draw_base(
    canvas: Canvas,
    shapes: Sequence[Shape],
    on_paper: Callable[[shapely.Geometry], shapely.Geometry],
    free: shapely.Geometry,
) -> None:
    """Draw a base map.

    Parameters
    ----------
    canvas : Canvas
    shapes : sequence of Shape
        From the lowest up.
    on_paper : callable
        Brings a WGS84 geometry onto the paper, in mm.
    free : Geometry
        The part of the paper that it may take, mm.
    """
    for shape in shapes:
        cut = on_paper(shape.geometry).intersection(free)
        if cut.is_empty:
            continue
        if shapely.get_dimensions(cut) == 2:
            colour = _AREAS.get(shape.kind, "none")
            canvas.fill(cut, zorder=_UNDER_REGIONS, facecolor=colour, edgecolor="none")
        else:
            canvas.strokes(cut, zorder=_OVER_REGIONS, alpha=_FAINT, **_LINES[shape.kind])
