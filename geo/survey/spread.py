"""Where lines run in layouts, and how far they may be from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import shapely

    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.lookup.edition import OpenEdition

WITHIN: Final = (0.05, 0.5, 0.95)
"""Shares of layouts that have a line on one side of each edge of its band, and of its middle."""

_STEP_M: Final = 250.0


class Spread(NamedTuple):
    """A line that bounds regions.

    Attributes
    ----------
    name : str
    middle_m : ndarray, shape (n, 2)
        Easting and northing, Gauss-Kruger; half of the layouts have the line on either side.
    band_m : ndarray, shape (2 n, 2)
        A ring; nine of ten layouts have the line inside, at each place along it.
    error_m : float
        Half the width of the band, on average.
    """

    name: str
    middle_m: FloatArray
    band_m: FloatArray
    error_m: float


def spreads(
    edition: OpenEdition, layouts: Layouts, drawn: Mapping[str, shapely.Polygon]
) -> Iterator[Spread]:
    """Yield the lines that bound regions, as far as they do.

    Parameters
    ----------
    edition : OpenEdition
    layouts : Layouts
        Its own, or others of the same lines.
    drawn : mapping of str to Polygon
        The regions in the middle of the layouts, by code, Gauss-Kruger.
    """
    centre_m = np.array(layouts.centre_m)
    # A line at a time: an array of all of them would have hundreds of megabytes.
    for name, (low_m, high_m) in _reaches(edition, drawn).items():
        k, line = layouts.place[name]
        steps = int(np.ceil((high_m - low_m) / _STEP_M)) + 1
        along_m = np.linspace(low_m, high_m, steps) - centre_m[1 - k]
        across_m = layouts.axes[k].at(along_m, np.array([line]))[:, 0]
        edges_m = np.quantile(across_m, WITHIN, axis=1)
        one, inner, other = (
            np.column_stack((edge_m, along_m) if k == 0 else (along_m, edge_m)) + centre_m
            for edge_m in edges_m
        )
        error_m = float(np.mean(edges_m[2] - edges_m[0])) / 2
        yield Spread(name, inner, np.concatenate([one, other[::-1]]), error_m)


def _reaches(
    edition: OpenEdition, drawn: Mapping[str, shapely.Polygon]
) -> dict[str, tuple[float, float]]:
    """Return from where to where each line bounds regions, along it, Gauss-Kruger."""
    found: dict[str, tuple[float, float]] = {}
    for region in edition.regions:
        if region.code not in drawn:
            continue
        four = region.record.bounds.renamed(edition.parcels.spellings)
        west_m, south_m, east_m, north_m = drawn[region.code].bounds
        sides = (four.west, south_m, north_m), (four.east, south_m, north_m)
        for name, low_m, high_m in (
            *sides,
            (four.south, west_m, east_m),
            (four.north, west_m, east_m),
        ):
            lowest_m, highest_m = found.get(name, (low_m, high_m))
            found[name] = min(lowest_m, low_m), max(highest_m, high_m)
    return found
