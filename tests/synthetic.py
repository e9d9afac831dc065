"""Invented cities whose true lines are known, with the gazette their government would print.

Everything here is synthetic: no name, place or price is real.

A city starts as an uneven grid and is then bent by long waves and turned around one quarter, as
real cities are. Both maps are continuous and one-to-one, so lines keep their order and cross once.
The gazette's text and the observed points are drawn from the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from shapely import LineString

from geo.build.sources import Sources
from geo.gazette.notice import Notice
from geo.gazette.rows import text_rows
from geo.gazette.table import read_gazette
from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, Axis, Use
from geo.network.evidence import Evidence, Observation, ObservedLine
from geo.network.files import GivenLine
from tests.factories import EDITION
from tests.metric import from_metric
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    _Map = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

CENTRE_M = (500_000.0, 3_650_000.0)  # EPSG:4547
ADMIN_CODE = EDITION.admin_code  # no city has it
HEADER = (
    "序号\t用途\t标定区域编号\t标定区域四至\t标准宗地名称\t土地位置\t权利类型\t土地面积(m ²)\t"
    "设定容积率\t设定开发程度\t设定使用年期\t地面单价(元/m ²)\t楼面单价(元/m ²)"
)
_LETTERS = {
    COMMERCIAL: ("S5", 40),
    RESIDENTIAL: ("Z7", 70),
    INDUSTRIAL: ("G6", 50),
}
_REACH_M = 3_000.0  # how far a true line goes on beyond the city
_STEP_M = 50.0


@dataclass(frozen=True)
class Block:
    """A region before it has a name: ranges of grid lines."""

    use: Use
    west: int
    east: int
    south: int
    north: int


@dataclass
class City:
    """A synthetic city.

    Attributes
    ----------
    lines : dict of Axis to list of str
        Names, west to east or south to north.
    places : dict of str to float
        Grid coordinate of each line, in metres before the city is bent.
    blocks : list of Block
    truth : dict of str to ndarray, shape (n, 2)
        True course, EPSG:4547.
    table : str
        The gazette's table.
    evidence : Evidence
    """

    lines: dict[Axis, list[str]]
    places: dict[str, float]
    blocks: list[Block]
    truth: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    table: str = ""
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def notice(self) -> Notice:
        """Metadata for the table."""
        centre_lon, centre_lat = from_metric(easting_m=CENTRE_M[0], northing_m=CENTRE_M[1])
        return Notice(
            edition=EDITION,
            counts={use: sum(block.use is use for block in self.blocks) for use in USES},
            centre_lon=centre_lon,
            centre_lat=centre_lat,
        )

    def sources(self, *, evidence: Evidence | None = None, surveyed: bool = False) -> Sources:
        """Return what ``geo.build.edition.build`` takes, with the true centrelines if surveyed."""
        return Sources(
            gazette=read_gazette(text_rows(self.table), self.notice),
            notice=self.notice,
            evidence=self.evidence if evidence is None else evidence,
            given=self.true_lines() if surveyed else {},
            inputs={},
            notice_path=Path("synthetic.toml"),
        )

    def true_lines(self) -> dict[str, GivenLine]:
        """Return every true centreline, WGS84."""
        return {
            name: GivenLine(name, LineString(wgs84(course)), 0.0)
            for name, course in self.truth.items()
        }

    def true_across_m(
        self, name: str, axis: Axis, stations_m: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the true coordinate across a line's axis at stations along it, EPSG:4547."""
        along, across = (1, 0) if axis is Axis.NS else (0, 1)
        course = self.truth[name]
        true_m: npt.NDArray[np.float64]
        true_m = np.interp(stations_m, course[:, along], course[:, across])
        return true_m


def notice_text(notice: Notice) -> str:
    """Return a notice as the TOML file that an operator would write."""
    edition = notice.edition
    names = ("city", "admin_code", "title", "document", "publisher")
    lines = [
        *(f'{name} = "{getattr(edition, name)}"' for name in names),
        f"valuation_date = {edition.valuation_date}",
        f"effective_from = {edition.effective_from}",
        f"centre = {{ lon = {notice.centre_lon}, lat = {notice.centre_lat} }}",
        "[counts]",
        *(f"{use} = {count}" for use, count in notice.counts.items()),
        "[maps]",
        f'title = "{edition.map_title}"',
        f'compiler = "{edition.map_compiler}"',
        f'date = "{edition.map_date}"',
    ]
    return "\n".join(lines) + "\n"


def wgs84(course_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return EPSG:4547 vertices of shape (n, 2) in WGS84."""
    easting_m, northing_m = course_m.T
    return np.column_stack(from_metric(easting_m=easting_m.copy(), northing_m=northing_m.copy()))


def regular_city() -> City:
    """Return a straight, even city of 4 by 4 cells, every cell a region of two uses."""
    axes = {Axis.NS: [f"经{i}路" for i in range(5)], Axis.EW: [f"纬{j}路" for j in range(5)]}
    places = {name: 1000.0 * (k - 2) for names in axes.values() for k, name in enumerate(names)}
    blocks = [
        Block(use, i, i + 1, j, j + 1)
        for use in (COMMERCIAL, RESIDENTIAL)
        for i in range(4)
        for j in range(4)
    ]
    city = City(axes, places, blocks)
    for axis, names in axes.items():
        for name in names:
            ends = np.linspace(-3000.0, 3000.0, 7)
            across = np.full(7, places[name])
            grid = (across, ends) if axis is Axis.NS else (ends, across)
            city.truth[name] = np.column_stack(grid) + CENTRE_M
    city.table = _table(city, [_corner_location(city, block) for block in blocks])
    return city


def random_city(seed: int, observed_share: float = 0.25) -> City:
    """Return a bent, locally turned, uneven city of which some lines were observed."""
    return city_of(np.random.default_rng(seed), observed_share)


def log_normal_gaps_m(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Return distances of neighbouring lines."""
    return np.clip(rng.lognormal(np.log(700.0), 0.5, count), 220.0, 1900.0)


def city_of(
    rng: np.random.Generator,
    observed_share: float,
    *,
    bend: Callable[[np.random.Generator, float, float], _Map] | None = None,
    gaps_m: Callable[[np.random.Generator, int], npt.NDArray[np.float64]] = log_normal_gaps_m,
    counts: Mapping[Axis, tuple[int, int]] = MappingProxyType({Axis.NS: (8, 16), Axis.EW: (8, 16)}),
) -> City:
    """Return a city with some spacing of its lines and some way to bend them.

    Parameters
    ----------
    rng : numpy.random.Generator
    observed_share : float
        Of the lines.
    bend : callable, optional
        Makes a continuous one-to-one map of the plane, for a city of some width and height.
    gaps_m : callable, optional
        Draws distances of neighbouring lines.
    counts : mapping of Axis to (int, int), optional
        Least number of lines of each axis, and one more than the most.
    """
    axes: dict[Axis, list[str]] = {Axis.NS: [], Axis.EW: []}
    places: dict[str, float] = {}
    for axis, word in ((Axis.NS, "经"), (Axis.EW, "纬")):
        count = int(rng.integers(*counts[axis]))
        at_m = np.concatenate([[0.0], np.cumsum(gaps_m(rng, count - 1))])
        for k, place in enumerate(at_m - at_m.mean()):
            name = f"{word}{k}路"
            axes[axis].append(name)
            places[name] = float(place)
    grid = [np.array([places[name] for name in axes[axis]]) for axis in (Axis.NS, Axis.EW)]
    blocks = _blocks(rng, grid[0], grid[1])
    city = City(axes, places, blocks)
    bent = (bend or Bend)(rng, float(np.ptp(grid[0])), float(np.ptp(grid[1])))
    for axis, names in axes.items():
        other = grid[1] if axis is Axis.NS else grid[0]
        ends = np.arange(other[0] - _REACH_M, other[-1] + _REACH_M, _STEP_M)
        for name in names:
            across = np.full(ends.size, places[name])
            points = (across, ends) if axis is Axis.NS else (ends, across)
            city.truth[name] = bent(np.column_stack(points)) + CENTRE_M
    city.table = _table(city, [_random_location(rng, city, block) for block in blocks], rng)
    city.evidence = _evidence(rng, city, observed_share)
    return city


class Bend:
    """Long waves and one turned quarter: a continuous one-to-one map of the plane."""

    def __init__(self, rng: np.random.Generator, width_m: float, height_m: float) -> None:
        self._wave_m = rng.uniform(5_000.0, 12_000.0, 2)
        # Steepest slope of a wave: up to 8 degrees.
        self._height_m = np.tan(np.radians(rng.uniform(2.0, 8.0, 2))) * self._wave_m / (2 * np.pi)
        self._phase = rng.uniform(0.0, 2 * np.pi, 2)
        self._pivot_m = rng.uniform(-0.4, 0.4, 2) * (width_m, height_m)
        self._turn = np.radians(rng.uniform(5.0, 16.0)) * rng.choice([-1.0, 1.0])
        self._radius_m = rng.uniform(1_500.0, 3_000.0)

    def __call__(self, grid_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        waves = self._height_m * np.sin(2 * np.pi * grid_m[:, ::-1] / self._wave_m + self._phase)
        arm = grid_m + waves - self._pivot_m
        turn = self._turn * np.exp(-((arm / self._radius_m) ** 2).sum(axis=1) / 2)
        x, y = arm.T
        turned: npt.NDArray[np.float64] = np.column_stack(
            [x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]
        )
        return turned + self._pivot_m


def _blocks(
    rng: np.random.Generator, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]
) -> list[Block]:
    """Cut the grid into regions, once a use, and leave some out."""
    found = []
    for use, kept in ((COMMERCIAL, 0.85), (RESIDENTIAL, 0.85), (INDUSTRIAL, 0.4)):
        for west, east, south, north in _cut(rng, (0, len(xs) - 1, 0, len(ys) - 1), xs, ys):
            if rng.random() < kept:
                found.append(Block(use, west, east, south, north))
    return found


def _cut(
    rng: np.random.Generator,
    box: tuple[int, int, int, int],
    xs: npt.NDArray[np.float64],
    ys: npt.NDArray[np.float64],
) -> list[tuple[int, int, int, int]]:
    west, east, south, north = box
    wide, high = east - west, north - south
    small = wide * high <= 6 and max(xs[east] - xs[west], ys[north] - ys[south]) < 3_300.0
    if (small and rng.random() < 0.7) or (wide == 1 and high == 1):
        return [box]
    if high == 1 or (wide > 1 and rng.random() < wide / (wide + high)):
        at = int(rng.integers(west + 1, east))
        boxes = [(west, at, south, north), (at, east, south, north)]
    else:
        at = int(rng.integers(south + 1, north))
        boxes = [(west, east, south, at), (west, east, at, north)]
    return [part for half in boxes for part in _cut(rng, half, xs, ys)]


def _corner_location(city: City, block: Block) -> str:
    ns, ew = city.lines[Axis.NS], city.lines[Axis.EW]
    return f"{ns[block.west]}与{ew[block.south]}交叉口东北角"


def _random_location(rng: np.random.Generator, city: City, block: Block) -> str:
    """Say truly where a parcel in a random cell of the block lies, in one of the forms in use."""
    ns, ew = city.lines[Axis.NS], city.lines[Axis.EW]
    i = int(rng.integers(block.west, block.east))
    j = int(rng.integers(block.south, block.north))
    form = rng.random()
    if form < 0.1:
        return f"{ns[i]}、{ew[j]}、{ns[i + 1]}、{ew[j + 1]}围合区域"
    if form < 0.2:
        return f"{ns[i]}东侧、南邻{ew[j]}、北邻{ew[j + 1]}"
    east, north = rng.random(2) < 0.5
    x, y = ns[i + int(not east)], ew[j + int(not north)]
    if form < 0.3:
        return f"{x}{'东' if east else '西'}侧"
    if form < 0.4:  # a side street that bounds no region
        y = f"纬{j}支路"
    corner = ("东" if east else "西") + ("北" if north else "南")
    return f"{x}与{y}交叉口{corner}角" if form < 0.9 else f"{y}与{x}{corner}侧"


def _table(city: City, locations: Sequence[str], rng: np.random.Generator | None = None) -> str:
    rows = [HEADER]
    ns, ew = city.lines[Axis.NS], city.lines[Axis.EW]
    serials = dict.fromkeys(USES, 0)
    for block, location in zip(city.blocks, locations, strict=True):
        serials[block.use] += 1
        letter, tenure = _LETTERS[block.use]
        area_m2 = 20_000.0 if rng is None else round(float(rng.uniform(1_000.0, 35_000.0)), 2)
        price = 1_000 + 10 * len(rows)
        bounds = (
            f"东至{ns[block.east]}、西至{ns[block.west]}、南至{ew[block.south]}、"
            f"北至{ew[block.north]}"
        )
        floor = "--" if block.use is INDUSTRIAL else str(price // 2)
        code = f"{ADMIN_CODE}{letter}{serials[block.use]:04d}"
        rows.append(
            f"{len(rows)}\t{block.use.label}\t{code}\t{bounds}\t虚构宗地{len(rows)}\t{location}\t"
            f"出让\t{area_m2}\t2\t七通一平\t{tenure}\t{price}\t{floor}"
        )
    return "\n".join(rows) + "\n"


def _evidence(rng: np.random.Generator, city: City, share: float) -> Evidence:
    """Observe a share of the lines: one in five of them whole, the others at a few points."""
    names = [(name, axis) for axis in Axis for name in city.lines[axis]]
    chosen = rng.choice(len(names), size=round(len(names) * share), replace=False)
    observations: list[Observation] = []
    centrelines: list[ObservedLine] = []
    for k in chosen:
        name, axis = names[int(k)]
        along, across = (1, 0) if axis is Axis.NS else (0, 1)
        course = city.truth[name]
        if rng.random() < 0.2:
            seen = course[:: int(250.0 / _STEP_M)].copy()
            wave = np.sin(seen[:, along] / rng.uniform(300.0, 3_000.0))
            seen[:, across] += rng.uniform(0.0, 100.0) * wave
            centrelines.append(ObservedLine(name, (seen,), 100.0, "synthetic survey"))
            continue
        low, high = course[[0, -1], along] + (_REACH_M, -_REACH_M)
        for at_m in rng.uniform(low, high, int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
            error_m = float(rng.choice([50.0, 100.0, 150.0]))
            true_m = float(np.interp(at_m, course[:, along], course[:, across]))
            seen_m = true_m + float(rng.uniform(-error_m, error_m))
            east_m, north_m = (seen_m, at_m) if axis is Axis.NS else (at_m, seen_m)
            number = f"p{len(observations):02d}"
            observations.append(Observation(number, name, east_m, north_m, 0.0, error_m, None))
    return Evidence(tuple(observations), tuple(centrelines))
