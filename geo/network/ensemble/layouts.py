"""Layouts of all lines, and how likely it is that a place lies in a region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.network.ensemble.courses import bendings, between, draw_courses
from geo.network.ensemble.observed import AXES, observed_of
from geo.network.ensemble.sampler import Drawn, draw_positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.gazette.constraints import OrderConstraints
    from geo.gazette.notice import Notice
    from geo.model import FourBounds
    from geo.network.ensemble.observed import Observed
    from geo.network.evidence import Evidence

LAYOUTS: Final = 400
"""How many layouts an ensemble has, unless told otherwise."""

_STATIONS_M: Final = 1_000.0
_MARGIN_M: Final = 1_500.0  # how far beyond the outermost lines a line is drawn
_RARELY: Final = 0.002  # share of the drawn lines on either side that may lie farther out
_ASKED_INSIDE: Final = 0.8
_ELSEWHERE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Layouts:
    """Some hundreds of layouts of all lines, each as plausible as any other.

    Attributes
    ----------
    names : tuple of str
        The lines.
    axis : ndarray of int, shape (lines,)
        Place of each line's axis in `AXES`.
    is_bounding : ndarray of bool, shape (lines,)
    centre_m : pair of float
        Easting and northing from which metres are counted, Gauss-Kruger.
    stations_m : pair of ndarray
        By axis: places along its lines, metres from the centre, evenly spaced.
    across_m : pair of ndarray, shape (layouts, lines of the axis, stations)
        By axis: where each line runs, metres from the centre across the axis.
    """

    names: tuple[str, ...]
    axis: npt.NDArray[np.int64]
    is_bounding: npt.NDArray[np.bool_]
    centre_m: tuple[float, float]
    stations_m: tuple[FloatArray, FloatArray]
    across_m: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

    @property
    def count(self) -> int:
        """Number of layouts."""
        return len(self.across_m[0])


def draw_layouts(
    constraints: OrderConstraints,
    evidence: Evidence,
    notice: Notice,
    *,
    count: int = LAYOUTS,
    seed: int = 0,
) -> Layouts:
    """Draw layouts of all lines in the proportions in which they are plausible.

    Parameters
    ----------
    constraints : OrderConstraints
    evidence : Evidence
    notice : Notice
    count : int, optional
    seed : int, optional
        The same seed gives the same layouts.
    """
    rng = np.random.default_rng(seed)
    observed = observed_of(constraints, evidence, notice)
    drawn = draw_positions(constraints, observed, count, rng)
    stations_m = (_stations(drawn, observed, 1), _stations(drawn, observed, 0))
    across_m = tuple(
        np.empty((count, int((observed.axis == k).sum()), stations_m[k].size), dtype=np.float32)
        for k in range(len(AXES))
    )
    strengths = bendings(observed)
    for number in np.unique(drawn.bending).tolist():
        mine = drawn.bending == number
        for k in range(len(AXES)):
            across_m[k][mine] = draw_courses(
                observed, k, drawn.positions_m[:, mine], strengths[number], stations_m[k], rng
            )
    return Layouts(
        names=observed.names,
        axis=observed.axis,
        is_bounding=observed.is_bounding,
        centre_m=observed.centre_m,
        stations_m=stations_m,
        across_m=(across_m[0], across_m[1]),
    )


def lines_before(
    layouts: Layouts, *, easting_m: FloatArray, northing_m: FloatArray
) -> npt.NDArray[np.bool_]:
    """Tell which lines lie before places: west of them, or south of them.

    Parameters
    ----------
    layouts : Layouts
    easting_m, northing_m : ndarray, shape (n,)
        Gauss-Kruger.

    Returns
    -------
    ndarray of bool, shape (lines, layouts, n)
    """
    place_m = (easting_m - layouts.centre_m[0], northing_m - layouts.centre_m[1])
    found = np.empty((len(layouts.names), layouts.count, easting_m.size), dtype=bool)
    for k in range(len(AXES)):
        stations_m = layouts.stations_m[k]
        station, share = between(stations_m, place_m[1 - k])
        part = share.astype(np.float32)
        across_m = layouts.across_m[k]
        line_m = across_m[..., station] * (1 - part) + across_m[..., station + 1] * part
        found[layouts.axis == k] = (line_m <= place_m[k]).transpose(1, 0, 2)
    return found


def layout_weights(layouts: Layouts, before: npt.NDArray[np.bool_]) -> FloatArray:
    """Return how much each layout counts at places.

    Who asks for a price mostly stands in the city that the notice covers. That a place is asked for
    says something of where the city ends: it is more plausible in layouts that reach there. Without
    this, "no region here" is said far too often near the edges of a city whose size is unknown.

    Parameters
    ----------
    layouts : Layouts
    before : ndarray of bool, shape (lines, layouts, n)
        Of `lines_before`.

    Returns
    -------
    ndarray, shape (layouts, n)
        Each column adds up to 1.
    """
    inside = np.ones(before.shape[1:], dtype=bool)
    area_m2 = np.ones(layouts.count)
    for k in range(len(AXES)):
        bounding = layouts.is_bounding & (layouts.axis == k)
        inside &= before[bounding].any(axis=0) & ~before[bounding].all(axis=0)
        rows_m = np.median(layouts.across_m[k][:, bounding[layouts.axis == k]], axis=2)
        area_m2 *= np.ptp(rows_m, axis=1) + 500.0
    weights = _ASKED_INSIDE * inside / area_m2[:, None]
    weights += (1 - _ASKED_INSIDE) / (_ELSEWHERE * np.median(area_m2))
    found: FloatArray = weights / weights.sum(axis=0)
    return found


def region_holds(
    layouts: Layouts, before: npt.NDArray[np.bool_], bounds: Mapping[str, FourBounds]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Tell in which layouts each region holds places.

    Parameters
    ----------
    layouts : Layouts
    before : ndarray of bool, shape (lines, layouts, n)
        Of `lines_before`.
    bounds : mapping of str to FourBounds
        Canonical names of each region's lines, by code.

    Returns
    -------
    dict of str to ndarray of bool, shape (layouts, n)
    """
    number = {name: i for i, name in enumerate(layouts.names)}
    return {
        code: before[number[four.west]]
        & ~before[number[four.east]]
        & before[number[four.south]]
        & ~before[number[four.north]]
        for code, four in bounds.items()
    }


def _stations(drawn: Drawn, observed: Observed, axis: int) -> FloatArray:
    """Lay stations over all places that lines of an axis can reach."""
    mine = drawn.positions_m[observed.axis == axis]
    if not mine.size:
        mine = np.zeros(1)
    low, high = np.quantile(mine, [_RARELY, 1 - _RARELY])
    first = np.floor((low - _MARGIN_M) / _STATIONS_M)
    last = np.ceil((high + _MARGIN_M) / _STATIONS_M)
    return np.arange(first, last + 1) * _STATIONS_M
