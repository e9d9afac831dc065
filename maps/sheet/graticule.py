"""The frame around a sheet's map, with ticks of longitude and latitude."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import to_wgs84
from geo.symbology import INK
from maps.sheet.canvas import Style
from maps.sheet.layout import EDGE_MM

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.crs import Crs
    from maps.sheet.canvas import Canvas
    from maps.sheet.layout import Layout

_TICK: Final = Style(7.0)
_TICK_MM: Final = 2.0
_BAND_MM: Final = 5.0  # between the two lines of the frame, where the labels stand
_STEPS_MIN: Final = (1, 2, 5, 10, 15, 30, 60)
_SPACING_MM: Final = 60.0
_MINUTE_M: Final = 1852.0  # of latitude; a minute of longitude is shorter
_SAMPLES: Final = 200  # along an edge, on which a degree is not evenly long


def draw_frame(canvas: Canvas, layout: Layout, *, scale: int, crs: Crs) -> None:
    """Draw the frame and its graticule ticks.

    Parameters
    ----------
    canvas : Canvas
    layout : Layout
        The paper is `crs` at `scale`, moved by the layout's shift.
    scale : int
        Denominator.
    crs : Crs
        A Gauss-Kruger zone.
    """
    width, height = layout.width_mm, layout.height_mm
    for inset, points in ((EDGE_MM - _BAND_MM, 2.0), (EDGE_MM, 0.7)):
        canvas.box(
            (inset, inset, width - inset, height - inset),
            zorder=6,
            facecolor="none",
            edgecolor=INK,
            linewidth=points,
        )
    ground = _Ground(layout, scale, crs)
    across = np.linspace(EDGE_MM, width - EDGE_MM, _SAMPLES)
    for edge, outwards in ((EDGE_MM, -1.0), (height - EDGE_MM, 1.0)):
        lon, _ = ground.degrees(across, np.full(_SAMPLES, edge))
        for minutes, x in _ticks(lon, across, scale):
            canvas.stroke(
                [(x, edge), (x, edge - _TICK_MM * outwards)],
                zorder=6,
                edgecolor=INK,
                linewidth=0.6,
            )
            canvas.text(
                f"{_degrees_text(minutes)}E", _TICK, (x, edge + outwards * _BAND_MM / 2), align=0.5
            )
    along = np.linspace(EDGE_MM, height - EDGE_MM, _SAMPLES)
    for edge, outwards in ((EDGE_MM, -1.0), (width - EDGE_MM, 1.0)):
        _, lat = ground.degrees(np.full(_SAMPLES, edge), along)
        for minutes, y in _ticks(lat, along, scale):
            canvas.stroke(
                [(edge, y), (edge - _TICK_MM * outwards, y)],
                zorder=6,
                edgecolor=INK,
                linewidth=0.6,
            )
            canvas.text(
                f"{_degrees_text(minutes)}N",
                _TICK,
                (edge + outwards * _BAND_MM / 2, y),
                align=0.5,
                rotation_deg=90.0,
            )


@dataclass(frozen=True, slots=True)
class _Ground:
    """The ground under the paper."""

    layout: Layout
    scale: int
    crs: Crs

    def degrees(
        self, x_mm: npt.NDArray[np.float64], y_mm: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return WGS84 longitude and latitude of places on the paper."""
        to_ground = self.scale / 1000.0
        lon, lat = to_wgs84(
            lon=(x_mm - self.layout.shift_mm[0]) * to_ground,
            lat=(y_mm - self.layout.shift_mm[1]) * to_ground,
            crs=self.crs,
        )
        return np.asarray(lon), np.asarray(lat)


def _ticks(
    degrees: npt.NDArray[np.float64], places_mm: npt.NDArray[np.float64], scale: int
) -> list[tuple[int, float]]:
    """Return whole minutes along an edge, and where they lie on it in mm."""
    minute_mm = _MINUTE_M * 1000 / scale
    step = next((step for step in _STEPS_MIN if step * minute_mm >= _SPACING_MM), _STEPS_MIN[-1])
    first, last = math.ceil(degrees[0] * 60 / step), math.floor(degrees[-1] * 60 / step)
    return [
        (number * step, float(np.interp(number * step / 60, degrees, places_mm)))
        for number in range(first, last + 1)
    ]


def _degrees_text(minutes: int) -> str:
    """Write minutes of arc as ``114°02′``."""
    return f"{minutes // 60}°{minutes % 60:02d}′"
