"""How likely it is that a region holds a place: the share of layouts in which it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.crs import FloatArray
    from geo.layouts.layouts import Flags, Layouts, Numbers
    from geo.model import FourBounds

    Bits = npt.NDArray[np.uint8]  # flags, as `numpy.packbits` packs them
    Rows = npt.NDArray[Any]  # flags or bits
    Weights = npt.NDArray[np.float32]
    Amounts = npt.NDArray[np.floating[Any]]

FEWEST: Final = 20
"""Layouts that must be left of those that agree with what an asker knows."""

_ALWAYS, _NEVER = 0, 1  # rows for lines that lie on one side of an area in all layouts


@dataclass(frozen=True)
class Area:
    """What is known of an area before single places in it are asked for.

    Attributes
    ----------
    regions : ndarray of int, shape (r,)
        Numbers of the regions that may hold a place of it.
    lines : pair of ndarray of int
        By axis: places among the axis' lines of those that may run through it.
    sides : ndarray of int, shape (4, r)
        Rows of west, east, south and north side of each region, see `RegionShares.before`.
    bounding : pair of ndarray of int
        By axis: which of `lines` bound regions.
    rows : pair of ndarray of int
        By axis: the row of each of the axis' lines, see `RegionShares.before`.
    enclosed : pair of (bool, bool)
        By axis, whether surely a line that bounds regions lies before it, and behind it.
    telling : pair of ndarray of int
        By axis: which of `lines` the shares of the regions depend on.
    """

    regions: Numbers
    lines: tuple[Numbers, Numbers]
    sides: Numbers
    bounding: tuple[Numbers, Numbers]
    rows: tuple[Numbers, Numbers]
    enclosed: tuple[tuple[bool, bool], tuple[bool, bool]]
    telling: tuple[Numbers, Numbers]


@dataclass(frozen=True)
class Samples:
    """What holds a place, sample by sample, and by how much each counts.

    A sample is a layout, or a layout and one of the spots at which the place may lie in it.

    Attributes
    ----------
    regions : ndarray of int, shape (r,)
    held : ndarray, shape (r, samples)
        0 where the region does not hold the place.
    none : ndarray, shape (uses, samples)
        0 where some region of the use holds the place.
    total : ndarray, shape (samples,)
    """

    regions: Numbers
    held: Amounts
    none: Amounts
    total: Amounts

    def shares(self) -> tuple[FloatArray, FloatArray]:
        """Return how likely each region, and none of each use, holds the place."""
        everything = self.total.sum(dtype=np.float64)
        held, none = (
            one.sum(axis=1, dtype=np.float64) / everything for one in (self.held, self.none)
        )
        return held, none


class RegionShares:
    """Shares of layouts in which regions hold places.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    layouts : Layouts
    bounds : sequence of FourBounds
        Canonical names of each region's lines.
    ranks : sequence of int
        Number of each region's use.
    uses : int
        How many uses there are.
    """

    def __init__(
        self, layouts: Layouts, bounds: Sequence[FourBounds], ranks: Sequence[int], uses: int
    ) -> None:
        self.layouts = layouts
        self._bounds = tuple(bounds)
        self.ranks = np.array(ranks, dtype=np.int64)
        self._uses = uses
        sides = [
            [layouts.place[name][1] for name in (four.west, four.east, four.south, four.north)]
            for four in bounds
        ]
        self._sides = np.array(sides, dtype=np.int64).reshape(-1, 4).T
        self._lowest = [axis.across_m.min(axis=2) for axis in layouts.axes]
        self._highest = [axis.across_m.max(axis=2) for axis in layouts.axes]
        self._city = layouts.city.astype(np.float32)

    def among(self, layouts: Layouts) -> RegionShares:
        """Return shares of the same regions in other layouts of the same lines."""
        return RegionShares(layouts, self._bounds, self.ranks.tolist(), self._uses)

    def area(self, west_m: float, south_m: float, east_m: float, north_m: float) -> Area:
        """Find what is common to all places of a rectangle, Gauss-Kruger."""
        easting_m, northing_m = self.layouts.centre_m
        low_m = (west_m - easting_m, south_m - northing_m)
        high_m = (east_m - easting_m, north_m - northing_m)
        lines: list[Numbers] = []
        rows: list[Numbers] = []
        inside: list[Numbers] = []
        enclosed = []
        for k in range(len(self.layouts.axes)):
            lowest_m, highest_m = self._reach(k, low_m[1 - k], high_m[1 - k])
            through = np.flatnonzero((lowest_m <= high_m[k]) & (highest_m >= low_m[k]))
            row = np.where(highest_m < low_m[k], _ALWAYS, _NEVER)
            row[through] = 2 + np.arange(through.size)
            bounding = self.layouts.bounding(k)
            inside.append(np.flatnonzero(np.isin(through, bounding)))
            lines.append(through)
            rows.append(row)
            enclosed.append(
                (bool((row[bounding] == _ALWAYS).any()), bool((row[bounding] == _NEVER).any()))
            )
        west, east, south, north = self._sides
        sides = np.array([rows[0][west], rows[0][east], rows[1][south], rows[1][north]])
        possible = (sides[[0, 2]] != _NEVER).all(axis=0) & (sides[[1, 3]] != _ALWAYS).all(axis=0)
        regions = np.flatnonzero(possible)
        sides = sides[:, regions]
        telling = [
            np.union1d(ends[ends > _NEVER] - 2, inside[k][: 0 if all(enclosed[k]) else None])
            for k, ends in enumerate((sides[:2], sides[2:]))
        ]
        return Area(
            regions,
            (lines[0], lines[1]),
            sides,
            (inside[0], inside[1]),
            (rows[0], rows[1]),
            (enclosed[0], enclosed[1]),
            (telling[0], telling[1]),
        )

    def shares(
        self, area: Area, *, easting_m: FloatArray, northing_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return how likely each region of an area holds places of it, and that none does.

        Parameters
        ----------
        area : Area
        easting_m, northing_m : ndarray, shape (n,)
            Gauss-Kruger.

        Returns
        -------
        shares : ndarray, shape (n, r)
        none : ndarray, shape (n, uses)
        """
        place_m = self._from_centre(easting_m, northing_m)
        one, other = (
            axis.before(place_m[1 - k], place_m[k], area.lines[k][area.telling[k]])
            for k, axis in enumerate(self.layouts.axes)
        )
        return self._shares(area, _telling_bits(area, one, other))

    def grid_shares(
        self, area: Area, *, easting_m: FloatArray, northing_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the same as `shares` for the places of a grid, row by row; it takes less time.

        Parameters
        ----------
        area : Area
        easting_m, northing_m : ndarray, shape (rows, columns)
            Gauss-Kruger: straight rows from west to east and columns from south to north, evenly
            spaced.
        """
        east_m, north_m = self._from_centre(easting_m, northing_m)
        ns, ew = self.layouts.axes
        lines = [area.lines[k][area.telling[k]] for k in range(len(area.lines))]
        from_column = ns.first_before(north_m, east_m, lines[0])[:, None]
        from_row = ew.first_before(east_m.T, north_m.T, lines[1])
        row, column = (np.arange(size, dtype=np.int8) for size in easting_m.shape)
        one = column[:, None, None] >= from_column
        other = row[:, None, None, None] >= from_row
        one, other = (found.reshape(easting_m.size, *found.shape[2:]) for found in (one, other))
        return self._shares(area, _telling_bits(area, one, other))

    def _from_centre(
        self, easting_m: FloatArray, northing_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        return easting_m - self.layouts.centre_m[0], northing_m - self.layouts.centre_m[1]

    def before(
        self, area: Area, *, easting_m: FloatArray, northing_m: FloatArray
    ) -> tuple[Flags, Flags]:
        """Tell which lines lie before places: west of them, or south of them.

        Parameters
        ----------
        area : Area
        easting_m, northing_m : ndarray, shape (n,)
            Gauss-Kruger.

        Returns
        -------
        pair of ndarray of bool, shape (n, 2 + lines of the area, layouts)
            By axis; the first two rows are of lines that always do, and never.
        """
        place_m = self._from_centre(easting_m, northing_m)
        found = []
        for k, axis in enumerate(self.layouts.axes):
            lines = area.lines[k]
            rows = np.empty((place_m[k].size, 2 + lines.size, self.layouts.count), dtype=bool)
            rows[:, _ALWAYS], rows[:, _NEVER] = True, False
            rows[:, 2:] = axis.before(place_m[1 - k], place_m[k], lines)
            found.append(rows)
        return found[0], found[1]

    def shares_of(
        self, area: Area, before: tuple[Flags, Flags], weights: Weights
    ) -> tuple[FloatArray, FloatArray]:
        """Return the same as `shares`, with layouts weighed.

        Parameters
        ----------
        area : Area
        before : pair of ndarray of bool
            Of `before`.
        weights : ndarray of float32, shape (layouts,)
            By how much each layout counts.
        """
        one, other = (np.packbits(rows, axis=-1) for rows in before)
        return self._shares(area, (one, other), weights)

    def _shares(
        self, area: Area, before: tuple[Bits, Bits], weights: Weights | None = None
    ) -> tuple[FloatArray, FloatArray]:
        if weights is None:
            weights = np.ones(self._city.size, dtype=np.float32)
        holds, inside = _holds(area, before), _inside(area, before)
        beyond = self.layouts.elsewhere * weights
        city = self._city * weights
        total = beyond.sum(dtype=np.float64) + _sums(inside, _byte_sums(city - beyond))
        of_city = _byte_sums(city)
        shares = _sums(holds, of_city) / total[:, None]
        none = np.ones((len(total), self._uses))
        for rank in np.unique(self.ranks[area.regions]).tolist():
            some = np.bitwise_or.reduce(holds[:, self.ranks[area.regions] == rank], axis=1)
            none[:, rank] -= _sums(some, of_city) / total
        return shares, np.maximum(none, 0.0)

    def samples(self, area: Area, before: tuple[Flags, Flags], weights: Weights) -> Samples:
        """Return what holds one place of an area, layout by layout.

        Parameters
        ----------
        area : Area
        before : pair of ndarray of bool, shape (1, rows, layouts)
            Of `before`, for one place.
        weights : ndarray of float32, shape (layouts,)
            By how much each layout counts.
        """
        holds, total = _holds(area, before)[0], self._counts(area, before, weights)[0]
        return self._samples(holds, self._city * weights, total, area.regions)

    def samples_of_spots(self, before: tuple[Flags, Flags], weights: FloatArray) -> Samples:
        """Return what holds a place that lies elsewhere in each layout.

        Parameters
        ----------
        before : pair of ndarray of bool, shape (ways, layouts, lines of the axis)
            Which lines lie before the place: west or south of it.
        weights : ndarray, shape (ways, layouts)
            By how much each counts.
        """
        inside = np.ones(weights.shape, dtype=bool)
        for k in range(len(before)):
            rows = before[k][..., self.layouts.bounding(k)]
            inside &= rows.any(axis=-1) & ~rows.all(axis=-1)
        total = np.where(inside, self.layouts.city, self.layouts.elsewhere) * weights
        (one, other), (west, east, south, north) = before, self._sides
        holds = one[..., west] & ~one[..., east] & other[..., south] & ~other[..., north]
        holds = holds.reshape(-1, len(self.ranks)).T
        city = (self._city * weights).ravel()
        return self._samples(holds, city, total.ravel(), np.arange(len(self.ranks)))

    def _samples(self, holds: Flags, city: Amounts, total: Amounts, regions: Numbers) -> Samples:
        none = np.repeat(total[None], self._uses, axis=0)
        for rank in np.unique(self.ranks[regions]).tolist():
            none[rank] *= ~holds[self.ranks[regions] == rank].any(axis=0)
        return Samples(regions, holds * city, none, total)

    def _counts(self, area: Area, before: tuple[Flags, Flags], weights: Weights) -> FloatArray:
        """Return by how much each layout counts at places, shape (n, layouts)."""
        inside = _inside(area, before)
        counts: FloatArray = np.where(inside, self._city, np.float32(self.layouts.elsewhere))
        counts *= weights
        return counts

    def _reach(self, k: int, low_m: float, high_m: float) -> tuple[FloatArray, FloatArray]:
        """Return between which places each line of an axis runs along a stretch of it."""
        axis = self.layouts.axes[k]

        def nodes(stations_m: FloatArray) -> slice:
            ends = (np.array([low_m, high_m]) - stations_m[0]) / (stations_m[1] - stations_m[0])
            first, last = np.clip(np.floor(ends), 0, stations_m.size - 2).astype(int).tolist()
            return slice(first, last + 2)

        coarse, fine = nodes(axis.stations_m), nodes(axis.fine_m)
        lowest_m = self._lowest[k][coarse].min(axis=0) + axis.courses_m[fine].min(axis=0)
        highest_m = self._highest[k][coarse].max(axis=0) + axis.courses_m[fine].max(axis=0)
        return lowest_m, highest_m


def _telling_bits(area: Area, *before: Flags) -> tuple[Bits, Bits]:
    """Return rows as `RegionShares.before`, packed; those of lines that do not tell are empty."""
    found = []
    for lines, telling, flags in zip(area.lines, area.telling, before, strict=True):
        bits = np.packbits(flags, axis=-1)
        rows = np.zeros((len(bits), 2 + lines.size, bits.shape[-1]), dtype=np.uint8)
        rows[:, _ALWAYS] = 255
        rows[:, 2 + telling] = bits
        found.append(rows)
    return found[0], found[1]


def _inside(area: Area, before: tuple[Rows, Rows]) -> Rows:
    """Tell in which layouts bounding lines enclose places of an area, shape (n, layouts)."""
    inside: Rows = ~np.zeros_like(before[0][:, _NEVER])
    for k, (some_before, some_behind) in enumerate(area.enclosed):
        rows = before[k][:, 2 + area.bounding[k]]
        if not some_before:
            inside &= np.bitwise_or.reduce(rows, axis=1)
        if not some_behind:
            inside &= ~np.bitwise_and.reduce(rows, axis=1)
    return inside


def _byte_sums(amounts: Amounts) -> FloatArray:
    """Return what each value of each byte sums up to, shape (bytes, 256).

    Parameters
    ----------
    amounts : ndarray, shape (samples,)
        By bit, in the order of `numpy.packbits`.
    """
    padded = np.zeros((-(-amounts.size // 8), 8))
    padded.flat[: amounts.size] = amounts
    sums = np.zeros((len(padded), 1))
    for amount in padded.T[::-1, :, None]:
        sums = np.hstack([sums, sums + amount])
    return sums


def _sums(bits: Bits, byte_sums: FloatArray) -> FloatArray:
    """Return the sum of the amounts whose bits are set, shape (...).

    Parameters
    ----------
    bits : ndarray of uint8, shape (..., bytes)
    byte_sums : ndarray, shape (bytes, 256)
        Of `_byte_sums`.
    """
    sums: FloatArray = byte_sums.ravel()[256 * np.arange(len(byte_sums)) + bits].sum(axis=-1)
    return sums


def _holds(area: Area, before: tuple[Rows, Rows]) -> Rows:
    """Tell in which layouts each region of an area holds places, shape (n, r, layouts)."""
    (one, other), (west, east, south, north) = before, area.sides
    holds: Rows = one[:, west]
    holds &= ~one[:, east]
    holds &= other[:, south]
    holds &= ~other[:, north]
    return holds
