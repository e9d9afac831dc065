"""One simple line from the pieces that a real map has of it.

A road on a map comes in many pieces: one a carriageway, with crossovers between them, spurs into
side streets, and gaps where the name is missing. Its centreline is found in two passes of one
construction: the pieces are widened until they merge, what lies between carriageways is filled,
and the longest path along the medial axis of that shape is taken (`medial_axis`). The first
pass tells which parts run along the line; only those take part in the second, so crossovers and
the mouths of spurs do not pull the line aside.

Averaging carriageways at cross-sections of one of them was considered: it is as exact where both
run side by side but needs a rule for each way in which they part, meet, break off and turn, for
which the medial axis needs none. Simplifications of dual carriageways that work like this one are
parenx (Deakin and Lovelace, https://github.com/anisotropi4/parenx) and neatnet (Fleischmann,
Vybornova and Gaboardi, https://github.com/uscuni/neatnet).

Everything here is planar, in any CRS whose unit is the metre.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy.sparse.csgraph import minimum_spanning_tree
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.ops import substring

from geo.centrelines.medial_axis import medial_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

MAX_GAP_M: Final = 50.0
"""Gaps up to this are bridged unless the operator says otherwise: a wide crossing, or a short
stretch on which the name is missing."""

CARRIAGEWAYS_APART_M: Final = 60.0
"""Pieces up to this far apart are carriageways of one road: the width of a wide boulevard with
side roads, or of a roundabout. Around anything wider the line is forked."""

LONGEST_M: Final = 500_000.0
"""All pieces of a line together; what is longer has a misplaced vertex, or is no street. A hundred
kilometres take a second."""

LONGEST_SPUR_M: Final = 200.0
"""A side branch up to this may be dropped, if it is short beside the line."""

_SHORT_SHARE: Final = 0.25  # of a line: a spur this short is short beside it
_SPUR_SHARE: Final = 0.1  # of a long line: up to this a spur may be longer than 200 m
_HALF_WIDTH_M: Final = 10.0  # pieces are widened to strips of twice this
_CLOSED_M: Final = CARRIAGEWAYS_APART_M / 2 - _HALF_WIDTH_M
# Closing also rounds the inner side of a bend; at a right angle that is 0.215 × radius², 86 m².
# Such corners are left as they are, so that a street keeps its corner.
_CORNER_M2: Final = 100.0
_PIECE_M: Final = 4.0  # pieces are judged in parts of this length
_ALONG_COS: Final = 0.6  # parts within 53 degrees of the line's direction run along it
_FACING_COS: Final = 0.8  # ends that face each other within 37 degrees are one carriageway
_DIRECTION_M: Final = 15.0  # either side of a place, to tell the line's direction there
# Before a blunt end the axis leaves the middle for one of its corners. That is looked for over
# this length, and over at most this share of the distance from the middle to a carriageway.
_END_M: Final = 1.5 * CARRIAGEWAYS_APART_M
_END_SHARE: Final = 4.0
_LEAVES_M: Final = 0.5  # nearer to the edge by this than the middle is, the axis has left it
_SIMPLER_M: Final = 0.5
_BESIDE_M: Final = 2.0  # a centreline farther than this from every piece runs between carriageways
_SEAM_M: Final = 2 * _PIECE_M  # where a crossover was dropped no gap is bridged
# Of two carriageways that join at one end the axis is half as long as both together.
_MADE_SHARE: Final = 0.75


@dataclass(frozen=True, slots=True)
class Centreline:
    """A line made of pieces, and what was done to make it.

    Attributes
    ----------
    geometry : LineString
        From end to end, in the CRS of the pieces.
    pieces : int
        How many pieces it was made of.
    merged_m : float
        Length along which the line runs between carriageways.
    apart_m : float
        How far apart the two next to the line are at most; 0 where it runs along a piece, such as
        the middle one of three tracks.
    gaps_m : tuple of float
        Lengths of the gaps that were bridged.
    dropped_m : float
        Length of spurs, crossovers and stray pieces that were dropped.
    """

    geometry: LineString
    pieces: int
    merged_m: float
    apart_m: float
    gaps_m: tuple[float, ...]
    dropped_m: float


class NoCentrelineError(ValueError):
    """Pieces that cannot be made into one simple line.

    Parameters
    ----------
    reason : str
        Without the line's name, as in ``it forks``.
    place : Point or None
        Where, in the CRS of the pieces.
    """

    def __init__(self, reason: str, place: Point | None = None) -> None:
        super().__init__(reason)
        self.place = place


def make_centreline(pieces: Sequence[LineString], max_gap_m: float = MAX_GAP_M) -> Centreline:
    """Make one simple line of the pieces of a line.

    Parameters
    ----------
    pieces : sequence of LineString
        In any order and direction, in a metric CRS.
    max_gap_m : float
        The longest gap to bridge.

    Raises
    ------
    NoCentrelineError
        The pieces lie in parts farther apart than `max_gap_m`, fork, run around something wider
        than `CARRIAGEWAYS_APART_M`, or are too short or too long.
    """
    lines, spurs_m = _without_spurs(_merged(pieces))
    if not lines:
        raise NoCentrelineError("it has no length")
    if not (length_m := sum(line.length for line in lines)) <= LONGEST_M:
        raise NoCentrelineError(
            f"its pieces are {length_m / 1000:.0f} km long together; at most"
            f" {LONGEST_M / 1000:.0f} km are a line of a city, so a vertex may be misplaced"
        )
    shape, stray_m = _main_shape(lines, max_gap_m)
    if _is_made(lines, shape):
        return Centreline(lines[0], len(pieces), 0.0, 0.0, (), spurs_m)
    rough = _axis(shape)
    near = [line for line in lines if shape.intersects(line)]
    along, aside = _split(near, rough)
    if not along:
        raise NoCentrelineError("its pieces run along no common line", rough.centroid)
    _check_spurs(aside, rough)
    shape, lost_m = _main_shape(along, max(max_gap_m, CARRIAGEWAYS_APART_M))
    line = _straight_ends(_axis(shape), shape, along)
    gaps = _gaps(line, along, max_gap_m)
    merged_m, apart_m = _carriageways_m(line, along, gaps)
    return Centreline(
        geometry=line,
        pieces=len(pieces),
        merged_m=merged_m,
        apart_m=apart_m,
        gaps_m=tuple(end_m - start_m for start_m, end_m in gaps),
        dropped_m=spurs_m + stray_m + lost_m + sum(part.length for part in aside),
    )


def _merged(pieces: Sequence[LineString]) -> list[LineString]:
    """Node pieces where they touch, and join what then joins end to end."""
    noded = shapely.node(MultiLineString(list(pieces)))
    merged = shapely.line_merge(noded)
    return [part for part in shapely.get_parts(merged) if part.length > 0]


def _without_spurs(lines: list[LineString]) -> tuple[list[LineString], float]:
    """Drop short dead ends that leave a line which goes straight on; return their length too.

    Near the end of a line the longest path would follow a spur that is longer than what is left.
    """
    tips: dict[tuple[float, float], list[tuple[int, npt.NDArray[np.float64]]]] = defaultdict(list)
    for number, line in enumerate(lines):
        for tip, way in _tips(line):
            tips[tip].append((number, way))
    spurs = set()
    for leaving in tips.values():
        if len(leaving) < 3:
            continue
        ways = np.array([way for _, way in leaving])
        cosines = ways @ ways.T
        for k, (number, _) in enumerate(leaving):
            line = lines[number]
            free = any(len(tips[tip]) == 1 for tip, _ in _tips(line))
            others = np.delete(np.delete(cosines, k, axis=0), k, axis=1)
            straight_on = others.min() < -_FACING_COS
            aside = cosines[k].min() > -_FACING_COS
            if free and straight_on and aside and line.length <= CARRIAGEWAYS_APART_M:
                spurs.add(number)
    kept = [line for number, line in enumerate(lines) if number not in spurs]
    return _joined(kept), sum(lines[number].length for number in spurs)


def _tips(line: LineString) -> list[tuple[tuple[float, float], npt.NDArray[np.float64]]]:
    """Return both ends of a line, with the unit vector that leads from each into the line."""
    reach_m = min(_DIRECTION_M, line.length / 2)
    found = []
    for end_m, inner_m in ((0.0, reach_m), (line.length, line.length - reach_m)):
        tip = line.interpolate(end_m).coords[0]
        way = np.array(line.interpolate(inner_m).coords[0]) - tip
        found.append((tip, way / max(np.hypot(*way), 1e-9)))
    return found


def _is_made(lines: Sequence[LineString], shape: Polygon) -> bool:
    """Tell whether the pieces simply join to one line, and not to a there and back."""
    line = lines[0]
    if len(lines) > 1 or not line.is_simple or line.is_closed:
        return False
    if line.length <= CARRIAGEWAYS_APART_M:
        return True
    axis = medial_path(shape)
    return axis is not None and axis.length >= _MADE_SHARE * line.length


def _main_shape(lines: Sequence[LineString], max_gap_m: float) -> tuple[Polygon, float]:
    """Widen lines to one shape without holes; return it and the length of stray lines outside."""
    bridges = [*_facing(lines, max_gap_m), *_shortest_bridges(lines, max_gap_m)]
    strips = shapely.union_all(shapely.buffer([*lines, *bridges], _HALF_WIDTH_M))
    closed = strips.buffer(_CLOSED_M).buffer(-_CLOSED_M).union(strips)
    between = shapely.get_parts(closed.difference(strips))
    filled = [part for part in between if part.area > _CORNER_M2]
    shapes = shapely.get_parts(shapely.union_all([strips, *filled]))
    lengths_m = shapely.length(shapely.intersection(MultiLineString(list(lines)), shapes))
    main = int(lengths_m.argmax())
    others = np.delete(lengths_m, main)
    if others.max(initial=0.0) > _longest_spur_m(lengths_m[main]):
        second = int(np.argsort(lengths_m)[-2])
        gap = shapely.shortest_line(shapes[main], shapes[second])
        gap_m = gap.length + 2 * _HALF_WIDTH_M
        raise NoCentrelineError(
            f"it is in {len(shapes)} parts; the two longest, of {lengths_m[main]:.0f} m and"
            f" {lengths_m[second]:.0f} m, are {gap_m:.0f} m apart; --max-gap {math.ceil(gap_m)}"
            " bridges that",
            gap.centroid,
        )
    return _without_holes(shapes[main]), float(others.sum())


def _longest_spur_m(line_m: float) -> float:
    return max(min(LONGEST_SPUR_M, _SHORT_SHARE * line_m), _SPUR_SHARE * line_m)


def _without_holes(shape: Polygon) -> Polygon:
    for ring in shape.interiors:
        radius = shapely.maximum_inscribed_circle(Polygon(ring), tolerance=1.0)
        apart_m = 2 * (radius.length + _HALF_WIDTH_M)
        if apart_m > CARRIAGEWAYS_APART_M:
            raise NoCentrelineError(
                f"it runs around an area {apart_m:.0f} m wide; carriageways are at most"
                f" {CARRIAGEWAYS_APART_M:.0f} m apart",
                shapely.get_point(radius, 0),
            )
    return Polygon(shape.exterior)


def _axis(shape: Polygon) -> LineString:
    path = medial_path(shape)
    if path is None or path.length < CARRIAGEWAYS_APART_M / 2:
        raise NoCentrelineError("it is too short to have a course", shape.centroid)
    return path.simplify(_SIMPLER_M)


def _facing(lines: Sequence[LineString], max_gap_m: float) -> list[LineString]:
    """Bridge ends of lines that face each other."""
    found = [end for line in lines if not line.is_closed for end in _tips(line)]
    tips = np.array([tip for tip, _ in found]).reshape(-1, 2)
    ways = -np.array([way for _, way in found]).reshape(-1, 2)
    across = tips[None, :] - tips[:, None]
    apart_m = np.hypot(across[..., 0], across[..., 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = (across * ways[:, None]).sum(axis=2) / apart_m
    facing = (apart_m > 0) & (apart_m <= max_gap_m) & (ahead > _FACING_COS)
    return [LineString(tips[[i, j]]) for i, j in np.argwhere(facing & facing.T) if i < j]


def _shortest_bridges(lines: Sequence[LineString], max_gap_m: float) -> list[LineString]:
    """Join lines into as few groups as bridges of at most the given length can."""
    array = np.array(lines)
    apart_m = shapely.distance(array[:, None], array[None, :])
    tree = minimum_spanning_tree(np.where(apart_m <= max_gap_m, np.maximum(apart_m, 1e-9), 0.0))
    pairs = zip(*tree.nonzero(), strict=True)
    bridges = [shapely.shortest_line(array[i], array[j]) for i, j in pairs]
    return [bridge for bridge in bridges if bridge.length > 0]


def _split(
    lines: Sequence[LineString], rough: LineString
) -> tuple[list[LineString], list[LineString]]:
    """Tell the parts of lines that run along a rough centreline from those that lead aside."""
    vertices = [shapely.get_coordinates(line.segmentize(_PIECE_M)) for line in lines]
    starts = np.concatenate([part[:-1] for part in vertices])
    ends = np.concatenate([part[1:] for part in vertices])
    middles = shapely.points((starts + ends) / 2)
    places_m = shapely.line_locate_point(rough, middles)
    ways = _directions(rough, places_m)
    steps = ends - starts
    cosines = np.abs((steps * ways).sum(axis=1)) / np.maximum(np.hypot(*steps.T), 1e-9)
    near = shapely.distance(rough, middles) <= CARRIAGEWAYS_APART_M
    along = near & (cosines >= _ALONG_COS)
    parts = shapely.linestrings(np.stack([starts, ends], axis=1))
    return _joined(parts[along]), _joined(parts[~along])


def _joined(parts: Iterable[LineString]) -> list[LineString]:
    merged = shapely.line_merge(MultiLineString(list(parts)))
    return list(shapely.get_parts(merged))


def _directions(line: LineString, places_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return unit vectors along a line at places on it, over some length either side."""
    before = np.maximum(places_m - _DIRECTION_M, 0.0)
    after = np.minimum(places_m + _DIRECTION_M, line.length)
    ways = shapely.get_coordinates(shapely.line_interpolate_point(line, after))
    ways -= shapely.get_coordinates(shapely.line_interpolate_point(line, before))
    found: npt.NDArray[np.float64] = ways / np.maximum(np.hypot(*ways.T)[:, None], 1e-9)
    return found


def _check_spurs(aside: Sequence[LineString], rough: LineString) -> None:
    longest = max(aside, key=lambda part: part.length, default=None)
    if longest is not None and longest.length > _longest_spur_m(rough.length):
        raise NoCentrelineError(
            f"it forks: a branch of {longest.length:.0f} m leaves its {rough.length:.0f} m",
            longest.interpolate(0.5, normalized=True),
        )


def _straight_ends(line: LineString, shape: Polygon, along: Sequence[LineString]) -> LineString:
    """Let a line run straight to its ends, where the axis of a blunt shape turns into a corner."""
    vertices = shapely.get_coordinates(list(along))
    for _ in range(2):  # one end, then the other
        last_m = line.length
        backwards_m = np.arange(0.0, min(_END_M, last_m), _PIECE_M / 2)
        tail = shapely.line_interpolate_point(line, last_m - backwards_m)
        halves_m = shapely.distance(shape.exterior, tail) - _HALF_WIDTH_M
        half_m = float(halves_m.max())
        leaves_m = backwards_m[np.argmax(halves_m > half_m - _LEAVES_M)] + _PIECE_M
        cut_m = min(float(leaves_m), _END_SHARE * half_m)
        if half_m > 1.0 and last_m > _END_SHARE * cut_m:
            kept = substring(line, 0, last_m - cut_m)
            way = _directions(kept, np.array([kept.length]))[0]
            base = np.array(kept.coords[-1])
            reach = vertices[np.hypot(*(vertices - base).T) < cut_m + _HALF_WIDTH_M]
            ahead_m = float(((reach - base) @ way).max(initial=0.0))
            line = LineString([*kept.coords, tuple(base + ahead_m * way)])
        line = line.reverse()
    return line


def _gaps(
    line: LineString, along: Sequence[LineString], max_gap_m: float
) -> list[tuple[float, float]]:
    """Return the stretches of a line beside which no piece runs, in metres from its start."""
    beside = [shapely.get_coordinates(part.segmentize(_PIECE_M / 2)) for part in along]
    places_m = np.sort(shapely.line_locate_point(line, shapely.points(np.concatenate(beside))))
    steps_m = np.diff(places_m)
    gaps = [(float(places_m[k]), float(places_m[k + 1])) for k in np.flatnonzero(steps_m > _SEAM_M)]
    start_m, end_m = max(gaps, key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))
    if end_m - start_m > max_gap_m + _PIECE_M:
        raise NoCentrelineError(
            f"it has a gap of {end_m - start_m:.0f} m; at most {max_gap_m:g} m are bridged",
            line.interpolate((start_m + end_m) / 2),
        )
    return gaps


def _carriageways_m(
    line: LineString, along: Sequence[LineString], gaps: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """Return the length along which a line runs between pieces, and how far these are apart."""
    places_m = np.linspace(0.0, line.length, int(line.length / _PIECE_M) + 2)
    stations = shapely.line_interpolate_point(line, places_m)
    aside_m = shapely.distance(MultiLineString(list(along)), stations)
    for start_m, end_m in gaps:
        aside_m[(places_m > start_m) & (places_m < end_m)] = 0.0
    between = aside_m > _BESIDE_M
    if not between.any():
        return 0.0, 0.0
    return float(between.mean() * line.length), float(2 * aside_m.max())
