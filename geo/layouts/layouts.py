"""Layouts of all lines, each as plausible as any other, and on which side of them places lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.model import Axis

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from geo.crs import FloatArray

    Flags = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[np.int64]

LAYOUTS_FILE: Final = "layouts.parquet"
"""Name of the file, beside ``parcels.geojson``."""

AXES: Final = (Axis.NS, Axis.EW)

_AT_A_TIME: Final = 8  # places, so that intermediate arrays stay in the processor's cache
_ASKED_INSIDE: Final = 0.8
_ELSEWHERE: Final = 4.0
_LEAST_WIDTH_M: Final = 500.0  # added to a city's, so that no layout counts without end


@dataclass(frozen=True)
class AxisLayouts:
    """The lines of one axis in all layouts.

    Attributes
    ----------
    numbers : ndarray of int, shape (lines,)
        Places of these lines in `Layouts.names`.
    stations_m : ndarray, shape (stations,)
        Places along the lines, metres from the centre, evenly spaced.
    across_m : ndarray of float32, shape (stations, lines, layouts)
        Where each line runs, metres across the axis: from the centre, or, for a line with a
        centreline, from that.
    fine_m : ndarray, shape (fine stations,)
        As `stations_m`, closer together.
    courses_m : ndarray of float32, shape (fine stations, lines)
        Centrelines, metres from the centre across the axis; 0 for lines that have none.
    """

    numbers: Numbers
    stations_m: FloatArray
    across_m: npt.NDArray[np.float32]
    fine_m: FloatArray
    courses_m: npt.NDArray[np.float32]

    def at(
        self, along_m: FloatArray, lines: Numbers | slice = slice(None)
    ) -> npt.NDArray[np.float32]:
        """Return where lines run.

        Parameters
        ----------
        along_m : ndarray, shape (n,)
            Metres from the centre along the axis; a line goes straight on beyond the stations.
        lines : ndarray of int or slice, optional
            Which of the axis; all if it is not given.

        Returns
        -------
        ndarray of float32, shape (n, lines, layouts)
            Metres from the centre across the axis.
        """
        found = np.empty((along_m.size, *self.across_m[0, lines].shape), dtype=np.float32)
        for places, line_m in self._stretches(along_m, lines):
            found[places] = line_m
        return found

    def in_each(self, along_m: FloatArray, lines: Numbers | slice = slice(None)) -> FloatArray:
        """Return where lines run in each layout at a place of its own.

        Parameters
        ----------
        along_m : ndarray, shape (layouts,)
            Metres from the centre along the axis.
        lines : ndarray of int or slice, optional
            Which of the axis; all if it is not given.

        Returns
        -------
        ndarray, shape (layouts, lines)
            Metres from the centre across the axis.
        """
        layout = np.arange(along_m.size)
        node, share = between(self.stations_m, along_m)
        fine, rest = between(self.fine_m, along_m)
        share, rest = share[:, None], rest[:, None]
        across_m, courses_m = self.across_m[:, lines], self.courses_m[:, lines]
        found: FloatArray = across_m[node, :, layout] * (1 - share)
        found += across_m[node + 1, :, layout] * share
        found += courses_m[fine] * (1 - rest) + courses_m[fine + 1] * rest
        return found

    def before(self, along_m: FloatArray, across_m: FloatArray, lines: Numbers) -> Flags:
        """Tell which lines lie before places: west of them, or south of them.

        Parameters
        ----------
        along_m, across_m : ndarray, shape (n,)
            Places, metres from the centre.
        lines : ndarray of int
            Which of the axis.

        Returns
        -------
        ndarray of bool, shape (n, lines, layouts)
        """
        found = np.empty((along_m.size, lines.size, self.across_m.shape[2]), dtype=bool)
        at_m = across_m.astype(np.float32)[:, None, None]
        for places, line_m in self._stretches(along_m, lines):
            found[places] = line_m <= at_m[places]
        return found

    def first_before(
        self, along_m: FloatArray, across_m: FloatArray, lines: Numbers
    ) -> npt.NDArray[np.int8]:
        """Tell from which place of a row on lines lie before the places, as `before` tells of each.

        A line crosses a row once, so only the ends of the row are computed.

        Parameters
        ----------
        along_m, across_m : ndarray, shape (rows, n)
            Straight rows across the lines, of places evenly spaced and less than 128.
        lines : ndarray of int
            Which of the axis.

        Returns
        -------
        ndarray of int8, shape (rows, lines, layouts)
            n where a line lies before none of them.
        """
        ends_m, last = across_m.astype(np.float32)[..., None, None], across_m.shape[1] - 1
        before_m = self.at(along_m[:, 0], lines) - ends_m[:, 0]
        behind_m = ends_m[:, -1] - self.at(along_m[:, -1], lines)
        crossed_at = before_m / (before_m + behind_m) * last
        first: npt.NDArray[np.int8] = np.clip(np.ceil(crossed_at), 0, last + 1).astype(np.int8)
        return first

    def _stretches(
        self, along_m: FloatArray, lines: Numbers | slice
    ) -> Iterator[tuple[Numbers, npt.NDArray[np.float32]]]:
        """Yield some places at a time that lie between the same stations, and the lines there."""
        node, share = between(self.stations_m, along_m)
        fine, rest = between(self.fine_m, along_m)
        rest32 = rest.astype(np.float32)[:, None]
        courses_m = self.courses_m[:, lines]
        course_m = courses_m[fine] * (1 - rest32) + courses_m[fine + 1] * rest32
        for one in np.unique(node).tolist():
            first = self.across_m[one, lines]
            step = self.across_m[one + 1, lines] - first
            mine = np.flatnonzero(node == one)
            for start in range(0, mine.size, _AT_A_TIME):
                places = mine[start : start + _AT_A_TIME]
                line_m = step * share[places].astype(np.float32)[:, None, None]
                line_m += first
                line_m += course_m[places][:, :, None]
                yield places, line_m


@dataclass(frozen=True)
class Layouts:
    """Layouts of all lines.

    Attributes
    ----------
    names : tuple of str
        The lines, canonical.
    is_bounding : ndarray of bool, shape (lines,)
        Whether each bounds a region.
    centre_m : pair of float
        Easting and northing from which metres are counted, Gauss-Kruger.
    axes : pair of AxisLayouts
        In the order of `AXES`.
    other_names : dict of str to str
        Spellings, old and short names of lines, to the canonical ones.
    r_hat, effective : ndarray, shape (lines,)
        How well each line's chains have mixed: split R-hat, and how many independent draws its
        positions are worth.
    """

    names: tuple[str, ...]
    is_bounding: Flags
    centre_m: tuple[float, float]
    axes: tuple[AxisLayouts, AxisLayouts]
    other_names: dict[str, str]
    r_hat: FloatArray
    effective: FloatArray
    place: dict[str, tuple[int, int]] = field(init=False, repr=False)
    """Axis of each line, and its place among the lines of that."""
    city: FloatArray = field(init=False, repr=False)
    """Weight of each layout at a place that its lines enclose, as they do all of the city."""
    elsewhere: float = field(init=False, repr=False)
    """The same at any other place."""

    def __post_init__(self) -> None:
        """Weigh the layouts.

        Who asks for a price mostly stands in the city that the notice covers. That a place is asked
        for says something of where the city ends: it is more plausible in layouts that reach
        there. Without this, "no region here" is said far too often near the edges of a city whose
        size is unknown.
        """
        place = {
            self.names[number]: (k, i)
            for k, axis in enumerate(self.axes)
            for i, number in enumerate(axis.numbers.tolist())
        }
        area_m2 = np.ones(self.count)
        for k, axis in enumerate(self.axes):
            middle_m = axis.at(np.array([np.median(axis.stations_m)]))[0]
            bounding = middle_m[self.bounding(k)]
            area_m2 *= (np.ptp(bounding, axis=0) if len(bounding) else 0.0) + _LEAST_WIDTH_M
        elsewhere = (1 - _ASKED_INSIDE) / (_ELSEWHERE * float(np.median(area_m2)))
        object.__setattr__(self, "place", place)
        object.__setattr__(self, "elsewhere", elsewhere)
        object.__setattr__(self, "city", _ASKED_INSIDE / area_m2 + elsewhere)

    @property
    def count(self) -> int:
        """Number of layouts."""
        return int(self.axes[0].across_m.shape[2])

    def name_of(self, axis: int, line: int) -> str:
        """Return the name of a line by its place among an axis' lines."""
        return self.names[int(self.axes[axis].numbers[line])]

    def bounding(self, axis: int) -> Numbers:
        """Return the places of an axis' lines that bound regions."""
        return np.flatnonzero(self.is_bounding[self.axes[axis].numbers])


def between(nodes_m: FloatArray, at_m: FloatArray) -> tuple[Numbers, FloatArray]:
    """Return the nodes before places, and which part of the way to the next they lie.

    Parameters
    ----------
    nodes_m : ndarray, shape (nodes,)
        Evenly spaced.
    at_m : ndarray
        Places beyond the ends are taken to be there.
    """
    place = np.clip((at_m - nodes_m[0]) / (nodes_m[1] - nodes_m[0]), 0.0, nodes_m.size - 1.001)
    node = place.astype(np.int64)
    return node, place - node
