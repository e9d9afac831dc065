"""Measures how true the claimed accuracies and probabilities are, on synthetic cities.

``python -m tests.calibration --seeds 0-199 --observed 0.25 --kind clustered`` prints figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.build.edition import build
from geo.gazette.order import read_order
from geo.layouts.shares import RegionShares
from geo.lookup.edition import OpenEdition
from geo.lookup.price import price_at
from geo.model import Axis, Side
from geo.network.ensemble.draw import LAYOUTS, draw_layouts
from tests.metric import metric, to_metric
from tests.synthetic import City, random_city
from tests.unlike import KINDS
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from geo.build.edition import Built
    from geo.layouts.layouts import Layouts
    from geo.model import Region, Use


BANDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
"""Limits of probabilities by which answers are counted."""

LEAST_LIKELY = 1e-3
"""Probability that the log score takes for 0: a share of layouts has no finer steps."""

MOST_QUESTIONS = 3


@dataclass(frozen=True)
class Tally:
    """What was measured over some cities.

    Attributes
    ----------
    lines, lines_within : int
        Lines that bound regions, and those whose true course lies within the claimed accuracy
        wherever the line bounds a region.
    accuracies_m : tuple of float
        Claimed, of every line.
    """

    lines: int
    lines_within: int
    accuracies_m: tuple[float, ...]

    @property
    def share_within(self) -> float:
        """Share of lines that are where they claim to be."""
        return self.lines_within / self.lines

    def __str__(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.lines} lines, {self.share_within:.1%} within the claimed accuracy (median"
            f" {np.median(self.accuracies_m):.0f} m)"
        )


def calibrate(seeds: Iterable[int], *, observed_share: float = 0.25) -> Tally:
    """Build cities from order and evidence alone and compare with their truth."""
    found = [_measure(seed, observed_share) for seed in seeds]
    return Tally(
        lines=sum(tally.lines for tally in found),
        lines_within=sum(tally.lines_within for tally in found),
        accuracies_m=tuple(metres for tally in found for metres in tally.accuracies_m),
    )


@dataclass(frozen=True)
class Answers:
    """What the ensemble said at random places of some cities, and what is true there.

    Attributes
    ----------
    said : ndarray, shape (answers,)
        Probability of the likeliest answer: a region, or none.
    is_right : ndarray of bool, shape (answers,)
    brier : float
        Mean squared error over all that could be answered (Brier 1950), an answer.
    log_score : float
        Mean of minus the natural logarithm of the probability of what is true.
    """

    said: npt.NDArray[np.float64]
    is_right: npt.NDArray[np.bool_]
    brier: float
    log_score: float

    def band(self, low: float, high: float = 1.01) -> tuple[float, float, float]:
        """Return share, mean probability and share right of the answers in a band."""
        mine = (self.said >= low) & (self.said < high)
        if not mine.any():
            return 0.0, low, low
        return float(mine.mean()), float(self.said[mine].mean()), float(self.is_right[mine].mean())

    def __str__(self) -> str:
        """Return the figures, a line each."""
        total = (
            f"{len(self.said)} answers: said {self.said.mean():.3f}, right"
            f" {self.is_right.mean():.3f}; Brier {self.brier:.3f}, log score {self.log_score:.3f}"
        )
        lines = [total]
        for low, high in pairwise(BANDS):
            share, said, right = self.band(low, high)
            lines.append(
                f"  {low:.2f}-{min(high, 1):.2f}: {share:6.1%}  said {said:.3f} right {right:.3f}"
            )
        return "\n".join(lines)


def ask_ensemble(
    seeds: Iterable[int],
    *,
    kind: str = "random",
    observed_share: float = 0.25,
    places: int = 200,
    layouts: int = 300,
) -> Answers:
    """Draw ensembles for cities, and ask them for random places in the box around all regions."""
    said, right, errors, logs = [], [], [], []
    for seed in seeds:
        city = KINDS[kind](seed, observed_share)
        sources = city.sources()
        constraints = read_order(sources.gazette.records, {})
        drawn = draw_layouts(
            constraints, sources.evidence, sources.notice, count=layouts, seed=seed
        )
        for one, true in answers_of(city, drawn, seed, places):
            one_said, is_right = likeliest(one, true)
            said.append(one_said)
            right.append(is_right)
            errors.append(((one - true) ** 2).sum(axis=0))
            # Where two regions hold a place, either is true.
            logs.append(-np.log(np.maximum((one * true).max(axis=0), LEAST_LIKELY)))
    return Answers(
        np.concatenate(said),
        np.concatenate(right),
        float(np.concatenate(errors).mean()),
        float(np.concatenate(logs).mean()),
    )


def ask_again(
    seeds: Iterable[int],
    *,
    kind: str = "random",
    observed_share: float = 0.25,
    places: int = 40,
    layouts: int = LAYOUTS,
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """Ask the product itself, answer its questions truthfully, and ask again.

    Returns
    -------
    list of (ndarray, ndarray)
        What was said and whether it was right, after 0, 1, 2 and 3 questions.
    """
    found: list[tuple[list[float], list[bool]]] = [([], []) for _ in range(MOST_QUESTIONS + 1)]
    for seed in seeds:
        city = KINDS[kind](seed, observed_share)
        sources = city.sources()
        built = build(sources)
        drawn = draw_layouts(
            built.constraints, sources.evidence, sources.notice, count=layouts, seed=seed
        )
        edition = OpenEdition.of(built.parcels, drawn)
        surveyed = build(city.sources(surveyed=True)).parcels.regions
        polygons = {region.code: region.polygon for region in surveyed}
        box = shapely.total_bounds(list(polygons.values()))
        spots = np.random.default_rng(seed).uniform(box[:2], box[2:], (places, 2)).tolist()
        for lon, lat in spots:
            place = shapely.Point(lon, lat)
            held = {code for code, polygon in polygons.items() if polygon.covers(place)}
            for use in edition.uses:
                own = {region.code for region in surveyed if region.use == use} & held
                for step, (said, is_right) in enumerate(_asked(edition, city, lon, lat, use, own)):
                    found[step][0].append(said)
                    found[step][1].append(is_right)
    return [(np.array(said), np.array(is_right)) for said, is_right in found]


def _asked(
    edition: OpenEdition, city: City, lon: float, lat: float, use: Use, held: set[str]
) -> Iterator[tuple[float, bool]]:
    """Yield what is said of a place, and whether it is right, after each question."""
    easting_m, northing_m = to_metric(lon=lon, lat=lat)
    facts: list[str] = []
    for _ in range(MOST_QUESTIONS + 1):
        result = price_at(edition, lon=lon, lat=lat, use=use, known=facts)
        [chance] = result.chances
        likeliest = next((price for price in result.prices if price.likeliest), None)
        share = 0.0 if likeliest is None else likeliest.probability
        if likeliest is not None and share > chance.none_probability:
            yield share, likeliest.code in held
        else:
            yield chance.none_probability, not held
        if result.question is not None:
            line = result.question.line
            axis = Axis.NS if line in city.lines[Axis.NS] else Axis.EW
            along_m, across_m = (
                (northing_m, easting_m) if axis is Axis.NS else (easting_m, northing_m)
            )
            line_m = float(city.true_across_m(line, axis, np.array([along_m]))[0])
            beyond, short = ("east", "west") if axis is Axis.NS else ("north", "south")
            facts.append(f"{beyond if across_m > line_m else short}_of:{line}")


def answers_of(
    city: City, layouts: Layouts, seed: int, places: int
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """Ask layouts of a city for random places in the box around all regions.

    Returns
    -------
    list of (ndarray, ndarray)
        Probabilities and truth by use: a row a region and one for none, a column a place.
    """
    records = city.sources().gazette.records
    bounds = read_order(records, {}).bounds
    regions = build(city.sources(surveyed=True)).parcels.regions
    polygons = {region.code: region.polygon for region in regions}
    box = shapely.total_bounds(list(polygons.values()))
    lon, lat = np.random.default_rng(seed).uniform(box[:2], box[2:], (places, 2)).T
    easting_m, northing_m = to_metric(lon=lon.copy(), lat=lat.copy())
    uses = [USES.index(record.use) for record in records]
    asked = RegionShares(layouts, list(bounds.values()), uses, len(USES))
    area = asked.area(easting_m.min(), northing_m.min(), easting_m.max(), northing_m.max())
    share, none = asked.shares(area, easting_m=easting_m, northing_m=northing_m)
    held = dict(zip([records[i].code for i in area.regions], share.T, strict=True))
    points = shapely.points(lon, lat)
    found = []
    for use in USES:
        codes = [record.code for record in records if record.use == use]
        if codes:
            share = np.array([held.get(code, np.zeros(places)) for code in codes])
            true = np.array([shapely.covers(polygons[code], points) for code in codes])
            said = np.vstack([share, none[:, USES.index(use)]])
            found.append((said, np.vstack([true, ~true.any(axis=0)])))
    return found


def likeliest(
    said: npt.NDArray[np.float64], true: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the probability of the likeliest answer at each place, and whether it is right."""
    best, place = said.argmax(axis=0), np.arange(said.shape[1])
    return said[best, place], true[best, place]


def _measure(seed: int, observed_share: float) -> Tally:
    city = random_city(seed, observed_share)
    built = build(city.sources())
    return Tally(
        lines=len(built.lines),
        lines_within=_count_within(city, built),
        accuracies_m=tuple(line.accuracy_m for line in built.lines.values()),
    )


def _count_within(city: City, built: Built) -> int:
    worst_m = dict.fromkeys(built.lines, 0.0)
    for region in built.parcels.regions:
        for side, name in region.record.bounds:
            worst_m[name] = max(worst_m[name], _miss_m(city, name, side, region))
    return sum(worst_m[name] <= line.accuracy_m for name, line in built.lines.items())


def _miss_m(city: City, name: str, side: Side, region: Region) -> float:
    """How far the true line is from a drawn side, across its axis, at the worst place."""
    axis = Axis.NS if side in {Side.EAST, Side.WEST} else Axis.EW
    course = shapely.segmentize(metric(region.side(side)), 100.0)
    along, across = (1, 0) if axis is Axis.NS else (0, 1)
    points = shapely.get_coordinates(course)
    true_m = city.true_across_m(name, axis, points[:, along])
    return float(np.abs(true_m - points[:, across]).max())


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.calibration", description=__doc__)
    parser.add_argument("--seeds", default="0-9", help="first and last, as 0-199")
    parser.add_argument("--observed", type=float, default=0.25, help="share of the lines")
    parser.add_argument("--kind", choices=KINDS, default="random")
    parser.add_argument("--questions", action="store_true", help="also ask again, up to 3 times")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    first, last = map(int, args.seeds.split("-"))
    seeds, given = range(first, last + 1), {"kind": args.kind, "observed_share": args.observed}
    answers = ask_ensemble(seeds, **given)
    again = ask_again(seeds, **given) if args.questions else []
    if not args.json:
        sys.stdout.write(f"{answers}\n")
        for count, (said, is_right) in enumerate(again):
            sure = said >= 0.95
            sys.stdout.write(
                f"after {count} questions: right {is_right.mean():.3f}; said 0.95 or more in"
                f" {sure.mean():.3f}, of these right {is_right[sure].mean():.3f}\n"
            )
        return
    bands = [
        dict(zip(("low", "share", "said", "right"), (low, *answers.band(low, high)), strict=True))
        for low, high in pairwise(BANDS)
    ]
    figures = {
        "answers": len(answers.said),
        "said": float(answers.said.mean()),
        "right": float(answers.is_right.mean()),
        "brier": answers.brier,
        "log_score": answers.log_score,
        "bands": bands,
        "questions": [
            {"right": float(is_right.mean()), "sure": float((said >= 0.95).mean())}
            for said, is_right in again
        ],
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    _main()
