"""Measures what observed crossings gain on synthetic cities: planned ones, and random ones.

``python -m tests.observing --kind clustered --seeds 0-49`` prints figures.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.build.edition import build
from geo.gazette.order import read_order
from geo.lookup.edition import OpenEdition
from geo.model import Axis
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import Observation
from geo.survey.answers import SETTLED, corners_of
from geo.survey.plan import ERROR_M, plan
from tests.calibration import answers_of, likeliest
from tests.unlike import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from geo.layouts.layouts import Layouts
    from geo.survey.answers import Pair
    from tests.synthetic import City

    Said = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]

NOISE_M = 8.0
"""Standard deviation of where a phone has a crossing, each way."""

PLACES = 200
LAYOUTS = 300


def gain(
    seed: int,
    *,
    kind: str = "random",
    observed_share: float = 0.25,
    most: int = 12,
    outings: int = 3,
) -> dict[str, Said]:
    """Observe crossings of a city, and say how likely the answers are and whether they are right.

    Returns
    -------
    dict of str to (ndarray, ndarray)
        ``before``; after ``random`` crossings; after ``planned`` ones; and after as many that were
        planned outing by outing, with what was seen until then (``replanned``).
    """
    city = KINDS[kind](seed, observed_share)
    sources = city.sources()
    constraints = read_order(sources.gazette.records, {})

    def drawn(pairs: Iterable[Pair]) -> Layouts:
        rng = np.random.default_rng(seed)
        seen = [one for pair in pairs for one in _seen(city, pair, rng)]
        observations = (*sources.evidence.observations, *seen)
        evidence = replace(sources.evidence, observations=observations)
        return draw_layouts(constraints, evidence, sources.notice, count=LAYOUTS, seed=seed)

    before = drawn(())
    parcels = build(sources).parcels
    edition = OpenEdition.of(parcels, before)
    corners = corners_of(edition.regions, edition.parcels.spellings, before)
    chosen = np.random.default_rng(seed).permutation(len(corners))[:most].tolist()
    planned = [one.lines for one in plan(edition, most=most).crossings]
    step = max(1, most // outings)
    replanned = planned[:step]
    while len(replanned) < most:
        found = plan(OpenEdition.of(parcels, drawn(replanned)), most=step).crossings
        if not found:
            break
        replanned += [one.lines for one in found]
    return {
        "before": _said(city, before, seed),
        "random": _said(city, drawn(corners[i] for i in chosen), seed),
        "planned": _said(city, drawn(planned), seed),
        "replanned": _said(city, drawn(replanned), seed),
    }


def _said(city: City, layouts: Layouts, seed: int) -> Said:
    found = [likeliest(*one) for one in answers_of(city, layouts, seed, PLACES)]
    said, is_right = zip(*found, strict=True)
    return np.concatenate(said), np.concatenate(is_right)


def _seen(city: City, pair: Pair, rng: np.random.Generator) -> list[Observation]:
    """Return what somebody notes who stands at a crossing with a phone."""
    middle_m = np.mean([course.mean(axis=0) for course in city.truth.values()], axis=0)
    easting_m, northing_m = middle_m.tolist()
    for _ in range(6):  # the lines are nearly square to each other
        easting_m = float(city.true_across_m(pair[0], Axis.NS, np.array([northing_m]))[0])
        northing_m = float(city.true_across_m(pair[1], Axis.EW, np.array([easting_m]))[0])
    easting_m, northing_m = rng.normal((easting_m, northing_m), NOISE_M).tolist()
    return [Observation("", name, easting_m, northing_m, 0.0, ERROR_M, None) for name in pair]


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.observing", description=__doc__)
    parser.add_argument("--seeds", default="0-9", help="first and last, as 0-49")
    parser.add_argument("--observed", type=float, default=0.25, help="share of the lines")
    parser.add_argument("--kind", choices=KINDS, default="random")
    parser.add_argument("--crossings", type=int, default=12)
    parser.add_argument("--outings", type=int, default=3, help="of those that are planned anew")
    args = parser.parse_args()
    first, last = map(int, args.seeds.split("-"))
    found: dict[str, list[Said]] = {}
    for seed in range(first, last + 1):
        gained = gain(
            seed,
            kind=args.kind,
            observed_share=args.observed,
            most=args.crossings,
            outings=args.outings,
        )
        for name, one in gained.items():
            found.setdefault(name, []).append(one)
    for name, cities in found.items():
        said, is_right = (np.concatenate(part) for part in zip(*cities, strict=True))
        sure = said >= SETTLED
        sys.stdout.write(
            f"{name}: {len(said)} answers, right {is_right.mean():.3f}, said {said.mean():.3f};"
            f" {SETTLED} or more in {sure.mean():.3f}, of these right {is_right[sure].mean():.3f}\n"
        )


if __name__ == "__main__":
    _main()
