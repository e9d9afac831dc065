"""Leaves each real observed point out in turn, and asks the ensemble where its lines run.

``python -m tests.left_out`` prints at which quantile of the layouts each left-out point lies. If
the layouts are as uncertain as they should be, quantiles are even between 0 and 1. It also prints
how likely the point's true regions are without it: those that are sure by all evidence and by the
sides of its lines on which the point is said to lie.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geo import open_edition
from geo.build.sources import read_sources
from geo.crs import to_wgs84
from geo.layouts.layouts import AXES
from geo.lookup.edition import OpenEdition
from geo.lookup.known import SIDES, Fact
from geo.lookup.price import price_at
from geo.model import SURE
from geo.network.ensemble.draw import LAYOUTS, draw_layouts
from geo.network.ensemble.observed import DEVIATION
from geo.network.evidence import constraints_of
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.build.sources import Sources
    from geo.layouts.layouts import Layouts
    from geo.network.evidence import Observation


@dataclass(frozen=True)
class LeftOut:
    """A point that the layouts did not know.

    Attributes
    ----------
    id, line : str
    off_m : float
        From the median of the layouts to the point, across the line.
    deviation_m : float
        Of the layouts there.
    quantile : float
        Share of the layouts in which the line lies before the point, give or take its error.
    """

    id: str
    line: str
    off_m: float
    deviation_m: float
    quantile: float


@dataclass(frozen=True)
class Truth:
    """A region that surely holds a left-out point, and how likely that is without the point."""

    id: str
    code: str
    probability: float


def leave_out(
    layouts: int = LAYOUTS, *, points: Iterable[str] | None = None, seed: int = 0
) -> Iterator[LeftOut | Truth]:
    """Leave points out in turn; one that was observed of two lines is left out for both.

    Parameters
    ----------
    layouts : int, optional
    points : iterable of str, optional
        Ids; all if they are not given.
    seed : int, optional
    """
    sources, edition = read_sources(DATA, None, None), open_edition()
    observed = [one for one in sources.evidence.observations if one.limit is None]
    for number in dict.fromkeys(one.id for one in observed) if points is None else points:
        mine = [one for one in observed if one.id == number]
        drawn = _drawn_without(sources, mine, layouts, seed)
        rng = np.random.default_rng(seed)
        for one in mine:
            if one.line in drawn.place:
                yield _left_out(drawn, one, rng)
        yield from _truths(edition, OpenEdition.of(edition.parcels, drawn), mine)


def _drawn_without(
    sources: Sources, left_out: list[Observation], layouts: int, seed: int
) -> Layouts:
    kept = tuple(one for one in sources.evidence.observations if one not in left_out)
    evidence = replace(sources.evidence, observations=kept)
    constraints = constraints_of(sources.gazette.records, evidence)
    return draw_layouts(constraints, evidence, sources.notice, count=layouts, seed=seed)


def _left_out(drawn: Layouts, one: Observation, rng: np.random.Generator) -> LeftOut:
    axis, line = drawn.place[one.line]
    along_m = one.along_m(AXES[axis]) - drawn.centre_m[1 - axis]
    line_m = drawn.axes[axis].at(np.array([along_m]), np.array([line]))[0, 0].astype(np.float64)
    error_m = DEVIATION * one.error_m * rng.standard_normal(line_m.size)
    off_m = one.across_m(AXES[axis]) - drawn.centre_m[axis] - line_m
    return LeftOut(
        one.id,
        one.line,
        float(np.median(off_m)),
        float(line_m.std()),
        float((error_m <= off_m).mean()),
    )


def _truths(edition: OpenEdition, without: OpenEdition, mine: list[Observation]) -> Iterator[Truth]:
    axes = edition.field.axes
    beside = [one for one in mine if one.offset_m and one.line in axes]
    if not beside:
        return
    lon, lat = to_wgs84(
        lon=mine[0].easting_m, lat=mine[0].northing_m, crs=edition.parcels.metric_crs
    )
    known = []
    for one in beside:
        beyond, short = SIDES[AXES.index(axes[one.line])]
        known.append(str(Fact(short if one.offset_m > 0 else beyond, one.line)))
    shares = without.field.at(lon=lon, lat=lat)
    share_of = dict(zip(shares.regions, shares.shares, strict=True))
    for price in price_at(edition, lon=lon, lat=lat, known=known).prices:
        if price.likeliest and price.probability >= SURE:
            number = edition.regions.index(price.region)
            yield Truth(mine[0].id, price.code, share_of.get(number, 0.0))


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.left_out", description=__doc__)
    parser.add_argument("--layouts", type=int, default=LAYOUTS)
    args = parser.parse_args()
    found, true = [], []
    for one in leave_out(args.layouts):
        if isinstance(one, Truth):
            true.append(one.probability)
            sys.stdout.write(f"{one.id} lies in {one.code}: {one.probability:.3f} without it\n")
            continue
        found.append(one.quantile)
        sys.stdout.write(
            f"{one.id} {one.line}: {one.off_m:+.0f} m from the median, layouts"
            f" {one.deviation_m:.0f} m; quantile {one.quantile:.2f}\n"
        )
        sys.stdout.flush()
    counts, _ = np.histogram(found, np.linspace(0.0, 1.0, 6))
    sys.stdout.write(f"{len(found)} quantiles, by fifths: {counts.tolist()}\n")
    sys.stdout.write(f"{len(true)} true regions, mean probability {np.mean(true):.3f}\n")


if __name__ == "__main__":
    _main()
