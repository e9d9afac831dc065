"""Synthetic cities unlike those of `tests.synthetic`, on which nothing was tuned.

Two grids at an angle; a ribbon along an oblique axis; an old town that the grid bends around;
streets crowded in the middle and far apart outside; streets that change their names on the way;
locations that are not quite true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.model import Axis
from tests.synthetic import Bend, city_of, random_city

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from tests.synthetic import City

    Array = npt.NDArray[np.float64]


def two_grids(seed: int, observed_share: float) -> City:
    """Return a city whose grid turns by 18 to 35 degrees across one of its streets."""
    rng = np.random.default_rng([seed, 1])
    return city_of(rng, observed_share, bend=_kink)


def ribbon(seed: int, observed_share: float) -> City:
    """Return a long, narrow city at 15 to 30 degrees to the axes."""
    rng = np.random.default_rng([seed, 2])
    counts = {Axis.NS: (5, 8), Axis.EW: (16, 24)}
    return city_of(rng, observed_share, bend=_turned, counts=counts)


def old_town(seed: int, observed_share: float) -> City:
    """Return a city whose streets are dense in the middle and bend around it."""
    rng = np.random.default_rng([seed, 3])

    def gaps_m(rng: np.random.Generator, count: int) -> Array:
        inside = np.abs((np.arange(count) + 0.5) / count - 0.5) < 0.25
        wide, narrow = rng.uniform(600.0, 1_600.0, count), rng.uniform(200.0, 450.0, count)
        return np.where(inside, narrow, wide)

    return city_of(rng, observed_share, bend=_around, gaps_m=gaps_m)


def clustered(seed: int, observed_share: float) -> City:
    """Return a city with streets 100 to 250 m apart inside and 1.5 to 3 km outside."""
    rng = np.random.default_rng([seed, 4])

    def gaps_m(rng: np.random.Generator, count: int) -> Array:
        place = (np.arange(count) + 0.5) / count
        inside = np.abs(place - rng.uniform(0.3, 0.7)) < rng.uniform(0.2, 0.3)
        wide, narrow = rng.uniform(1_500.0, 3_000.0, count), rng.uniform(100.0, 250.0, count)
        return np.where(inside, narrow, wide)

    return city_of(rng, observed_share, gaps_m=gaps_m)


def renamed(seed: int, observed_share: float) -> City:
    """Return a city in which three of ten streets have another name on one half of their way."""
    rng = np.random.default_rng([seed, 5])
    city = random_city(seed, observed_share)
    others = {Axis.NS: city.lines[Axis.EW], Axis.EW: city.lines[Axis.NS]}
    halves = {
        name: (axis, int(rng.integers(2, len(others[axis]) - 2)))
        for axis in Axis
        for name in city.lines[axis]
        if rng.random() < 0.3
    }
    head, *rows, end = city.table.split("\n")
    for number, (row, block) in enumerate(zip(rows, city.blocks, strict=True)):
        middles = {
            Axis.NS: (block.south + block.north) / 2,
            Axis.EW: (block.west + block.east) / 2,
        }
        cells = row.split("\t")
        for name, (axis, half) in halves.items():
            if middles[axis] > half:
                for k in (3, 5):  # bounds and location
                    cells[k] = cells[k].replace(name, _renamed(name))
        rows[number] = "\t".join(cells)
    city.table = "\n".join([head, *rows, end])
    for name, (axis, _) in halves.items():
        city.lines[axis].append(_renamed(name))
        city.truth[_renamed(name)] = city.truth[name]
    return city


def loose(seed: int, observed_share: float) -> City:
    """Return a city of whose locations three in a hundred name a crossing one street too far."""
    rng = np.random.default_rng([seed, 6])
    city = random_city(seed, observed_share)
    ns, ew = city.lines[Axis.NS], city.lines[Axis.EW]
    head, *rows, end = city.table.split("\n")
    for number, (row, block) in enumerate(zip(rows, city.blocks, strict=True)):
        if rng.random() < 0.03:
            east, north = min(block.east + 1, len(ns) - 1), min(block.north + 1, len(ew) - 1)
            cells = row.split("\t")
            cells[5] = f"{ns[east]}与{ew[north]}交叉口西南角"
            rows[number] = "\t".join(cells)
    city.table = "\n".join([head, *rows, end])
    return city


def _renamed(name: str) -> str:
    return f"新{name}"


def _kink(rng: np.random.Generator, width_m: float, height_m: float) -> Callable[[Array], Array]:
    axis = int(rng.integers(2))
    turn = np.tan(np.radians(rng.uniform(18.0, 35.0))) * rng.choice([-1.0, 1.0])
    at_m = rng.uniform(-0.25, 0.25) * (width_m, height_m)[axis]
    reach_m = rng.uniform(300.0, 900.0)

    def bend(grid_m: Array) -> Array:
        beyond_m = reach_m * np.logaddexp(0.0, (grid_m[:, axis] - at_m) / reach_m)
        bent = grid_m.copy()
        bent[:, 1 - axis] += turn * beyond_m
        return bent

    return bend


def _turned(rng: np.random.Generator, width_m: float, height_m: float) -> Callable[[Array], Array]:
    angle = np.radians(rng.uniform(15.0, 30.0)) * rng.choice([-1.0, 1.0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    waves = Bend(rng, width_m, height_m)

    def bend(grid_m: Array) -> Array:
        bent: Array = waves(grid_m) @ turn
        return bent

    return bend


def _around(rng: np.random.Generator, width_m: float, height_m: float) -> Callable[[Array], Array]:
    radius_m, strength = rng.uniform(800.0, 1_600.0), rng.uniform(0.3, 0.6)
    middle_m = rng.uniform(-0.2, 0.2, 2) * (width_m, height_m)

    def bend(grid_m: Array) -> Array:
        arm = grid_m - middle_m
        pushed = 1 + strength * np.exp(-(arm**2).sum(axis=1) / (2 * radius_m**2))
        bent: Array = middle_m + arm * pushed[:, None]
        return bent

    return bend


KINDS: Final[dict[str, Callable[[int, float], City]]] = {
    "random": random_city,
    "two_grids": two_grids,
    "ribbon": ribbon,
    "old_town": old_town,
    "clustered": clustered,
    "renamed": renamed,
    "loose": loose,
}
"""Ways to make a city from a seed and the share of its lines that is observed."""
