"""Measures how true the claimed accuracies are, on synthetic cities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.build import build
from geo.index import Certainty, RegionIndex
from geo.parcels import metric
from geo.records import Axis, Side
from tests.synthetic import City, random_city

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Tally:
    """What was counted over some cities.

    Attributes
    ----------
    lines, lines_within : int
        Lines that bound regions, and those whose true course lies within the claimed accuracy
        wherever the line bounds a region.
    sides, sides_within : int
        The same for each side of each region, against that side's own accuracy.
    answers : int
        Regions that were answered for random points.
    inside, inside_wrong : int
        Answers called ``inside``, and those that name a region which does not hold the point.
    accuracies_m : tuple of float
        Claimed, of every line.
    """

    lines: int
    lines_within: int
    sides: int
    sides_within: int
    answers: int
    inside: int
    inside_wrong: int
    accuracies_m: tuple[float, ...]


def calibrate(seeds: Iterable[int], points_per_city: int = 1_000) -> Tally:
    """Build cities from order and evidence alone and compare with their truth."""
    found = [
        _measure(random_city(seed), np.random.default_rng(seed), points_per_city) for seed in seeds
    ]
    return Tally(
        lines=sum(tally.lines for tally in found),
        lines_within=sum(tally.lines_within for tally in found),
        sides=sum(tally.sides for tally in found),
        sides_within=sum(tally.sides_within for tally in found),
        answers=sum(tally.answers for tally in found),
        inside=sum(tally.inside for tally in found),
        inside_wrong=sum(tally.inside_wrong for tally in found),
        accuracies_m=tuple(metres for tally in found for metres in tally.accuracies_m),
    )


def _measure(city: City, rng: np.random.Generator, points: int) -> Tally:
    built = build(city.sources())
    truth = {r.code: r for r in build(city.sources(surveyed=True)).parcels.regions}
    worst_m = dict.fromkeys(built.lines, 0.0)
    sides = sides_within = 0
    for region in built.parcels.regions:
        for side, name in region.record.bounds:
            miss_m = _miss_m(city, name, side, metric(region.side(side)))
            worst_m[name] = max(worst_m[name], miss_m)
            sides += 1
            sides_within += miss_m <= region.accuracy_m[side]
    within = sum(worst_m[name] <= line.accuracy_m for name, line in built.lines.items())

    box = shapely.total_bounds([region.polygon for region in built.parcels.regions])
    index = RegionIndex(built.parcels.regions)
    answers = inside = wrong = 0
    for lon, lat in rng.uniform(box[:2], box[2:], (points, 2)):
        for match in index.matches(lon=lon, lat=lat):
            answers += 1
            if match.certainty is Certainty.INSIDE:
                inside += 1
                wrong += not truth[match.region.code].polygon.covers(shapely.Point(lon, lat))
    return Tally(
        lines=len(built.lines),
        lines_within=within,
        sides=sides,
        sides_within=sides_within,
        answers=answers,
        inside=inside,
        inside_wrong=wrong,
        accuracies_m=tuple(line.accuracy_m for line in built.lines.values()),
    )


def _miss_m(city: City, name: str, side: Side, course: shapely.LineString) -> float:
    """How far the true line is from a drawn side, across its axis, at the worst place."""
    axis = Axis.NS if side in {Side.EAST, Side.WEST} else Axis.EW
    points = shapely.get_coordinates(shapely.segmentize(course, 100.0))
    along, across = (1, 0) if axis is Axis.NS else (0, 1)
    true_m = city.true_across_m(name, axis, points[:, along])
    return float(np.abs(true_m - points[:, across]).max())
