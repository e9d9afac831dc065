"""Paper to draw on: matplotlib with every length in mm from the lower left corner."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as DrawnPath
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from geo.symbology import INK
from maps.sheet.fonts import ASCENT_EM, DESCENT_EM, MM_PER_POINT, font, width_mm

if TYPE_CHECKING:
    from collections.abc import Sequence

_HALO_POINTS: Final = 3.6
_LIFT_EM: Final = (ASCENT_EM - DESCENT_EM) / 2  # from a baseline to the middle of a character


@dataclass(frozen=True, slots=True)
class Style:
    """How a line of text is set.

    Attributes
    ----------
    size_pt : float
    colour : str
    halo : str or None
        Colour of a rim around the characters that keeps them readable on lines and fills.
    """

    size_pt: float
    colour: str = INK
    halo: str | None = None

    @property
    def height_mm(self) -> float:
        """Height of a line of characters without leading."""
        return self.size_pt * MM_PER_POINT


class Canvas:
    """A sheet of paper, or a magnified part of one, see `magnified`."""

    def __init__(self, *, width_mm: float, height_mm: float) -> None:
        self.figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), facecolor="white")
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width_mm)
        self._axes.set_ylim(0, height_mm)
        self._axes.set_axis_off()
        self._origin = (0.0, 0.0)
        self._factor = 1.0

    def magnified(self, left: float, top: float, factor: float) -> Canvas:
        """Return the same paper with lengths, type and pens magnified from a point in mm.

        Parameters
        ----------
        left, top : float
            What is (0, 0) there.
        factor : float
        """
        part = copy.copy(self)
        (part._origin,) = self._placed([(left, top)]).tolist()  # noqa: SLF001 - of this class
        part._factor = self._factor * factor  # noqa: SLF001
        return part

    def _placed(self, points: Any) -> np.ndarray[Any, np.dtype[np.float64]]:  # noqa: ANN401
        """Return where points are on the paper, mm."""
        placed: np.ndarray[Any, np.dtype[np.float64]] = (
            np.asarray(points, dtype=float) * self._factor + self._origin
        )
        return placed

    def _pen(self, look: dict[str, Any]) -> dict[str, Any]:
        """Return a look with its line as wide as it is here."""
        return (
            look | {"linewidth": look["linewidth"] * self._factor} if "linewidth" in look else look
        )

    def text(
        self,
        text: str,
        style: Style,
        at: tuple[float, float],
        *,
        align: float = 0.0,
        rotation_deg: float = 0.0,
    ) -> None:
        """Set one line of text.

        Parameters
        ----------
        text : str
        style : Style
        at : tuple of (float, float)
            A point on the middle line of the characters, mm.
        align : float
            Where along the text that point is: 0 at its start, 0.5 in its middle, 1 at its end.
        rotation_deg : float
            Counterclockwise.
        """
        angle = math.radians(rotation_deg)
        style = replace(style, size_pt=style.size_pt * self._factor)
        back = -align * width_mm(text, style.size_pt)
        down = -_LIFT_EM * style.height_mm
        middle = self._placed(at)
        x = middle[0] + back * math.cos(angle) - down * math.sin(angle)
        y = middle[1] + back * math.sin(angle) + down * math.cos(angle)
        if style.halo is not None:
            # As a shape of its own: an effect on the text would turn the text itself into shapes.
            outline = TextPath((0, 0), text, size=style.size_pt, prop=font(style.size_pt))
            to_paper = Affine2D().scale(MM_PER_POINT).rotate(angle).translate(x, y)
            self._axes.add_artist(
                PathPatch(
                    outline.transformed(to_paper),
                    facecolor=style.halo,
                    edgecolor=style.halo,
                    linewidth=_HALO_POINTS,
                    joinstyle="round",
                    zorder=8,
                )
            )
        self._axes.text(
            x,
            y,
            text,
            fontproperties=font(style.size_pt),
            color=style.colour,
            rotation=rotation_deg,
            rotation_mode="anchor",
            ha="left",
            va="baseline",
            zorder=9,
            parse_math=False,
        )

    def fill(self, area: shapely.Geometry, *, zorder: float, **look: Any) -> None:  # noqa: ANN401
        """Fill a polygon of one or more parts in mm; `look` is matplotlib's."""
        # By the nonzero rule holes must run the other way.
        rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(area)))
        path = DrawnPath.make_compound_path(
            *(DrawnPath(self._placed(shapely.get_coordinates(ring)), closed=True) for ring in rings)
        )
        self._axes.add_artist(PathPatch(path, zorder=zorder, **self._pen(look)))

    def box(
        self,
        bounds: tuple[float, float, float, float],
        *,
        zorder: float,
        **look: Any,  # noqa: ANN401
    ) -> None:
        """Fill a rectangle of left, bottom, right and top in mm; `look` is matplotlib's."""
        self.fill(shapely.box(*bounds), zorder=zorder, **look)

    def stroke(
        self,
        points: Sequence[tuple[float, float]] | np.ndarray[Any, np.dtype[np.float64]],
        *,
        zorder: float,
        **look: Any,  # noqa: ANN401
    ) -> None:
        """Draw a line through points in mm; `look` is matplotlib's."""
        path = DrawnPath(self._placed(points))
        self._axes.add_artist(PathPatch(path, facecolor="none", zorder=zorder, **self._pen(look)))

    def strokes(
        self,
        lines: shapely.Geometry,
        *,
        zorder: float,
        **look: Any,  # noqa: ANN401
    ) -> None:
        """Draw the lines of a geometry in mm; `look` is matplotlib's."""
        parts = [part for part in shapely.get_parts(lines) if part.length > 0]
        if parts:
            paths = (DrawnPath(self._placed(shapely.get_coordinates(part))) for part in parts)
            path, pen = DrawnPath.make_compound_path(*paths), self._pen(look)
            self._axes.add_artist(PathPatch(path, facecolor="none", zorder=zorder, **pen))

    def texts(self) -> list[str]:
        """Return every text on the paper."""
        return [artist.get_text() for artist in self._axes.texts]
