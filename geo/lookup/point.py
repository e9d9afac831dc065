"""The regions at one point: which hold it, how likely, and which are nearest."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from shapely import Point

from geo.crs import from_wgs84
from geo.errors import LocationError
from geo.gazette.names import fold
from geo.layouts.shares import FEWEST
from geo.lookup.grid_tables import UNRESOLVED
from geo.lookup.in_words import place_of_words
from geo.lookup.known import BEYOND, SIDES, Fact, Judged, Words
from geo.lookup.nearest import NearestPolygons, geodesic_m
from geo.lookup.ranking import by_share, certainty_of, others, to_name, within_range
from geo.lookup.result import Alternative, Chance, Found, Known, Nearest, Question, RegionPrice
from geo.lookup.shares import Shares, Sides, agreeing
from geo.lookup.words import facts_of, read_words, sides_of
from geo.model import LIKELY, SURE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from geo.crs import Crs
    from geo.lookup.field import ProbabilityField
    from geo.lookup.ranking import Ranked
    from geo.lookup.regions import Geometries, RegionTable
    from geo.model import Use

_METRIC_REACH_M: Final = 300_000.0
"""Farther from the regions than this the metric CRS distorts distances too much (1 in 1000), and
they are measured along the ellipsoid."""

_SQUARE_M: Final = 200.0
"""Width of the squares, Gauss-Kruger, for which the regions that may be nearest are cached."""
_CACHED_SQUARES: Final = 1 << 16

_CACHED_TEXTS: Final = 1 << 12
BLOCK_DEG: Final = 0.002
"""Width of the blocks, some 200 m, for which the best question is cached."""


class _Spot(NamedTuple):
    """A place, and the regions that are drawn there, or on whose edge it lies."""

    lon: float
    lat: float
    place: Point
    holding: tuple[int, ...]
    on_edge: Collection[int]


class _Answer(NamedTuple):
    """What can be said of one use at a place.

    Attributes
    ----------
    use : Use
    ranked : list of (float, int)
        See `geo.lookup.ranking`.
    held : list of int
        Regions that are drawn there.
    listed : list of (float, int)
        Regions to name.
    around : tuple of int
        Regions that may be nearest, where none is named.
    """

    use: Use
    ranked: Ranked
    held: list[int]
    listed: Ranked
    around: tuple[int, ...]


class PointIndex:
    """Lookup of one point.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    table : RegionTable
    field : ProbabilityField
    names : mapping of str to str
        Canonical names of lines, by other names.
    """

    def __init__(
        self, table: RegionTable, field: ProbabilityField, names: Mapping[str, str]
    ) -> None:
        self._table = table
        self._field = field
        self._names = names
        self._ranks: list[int] = table.ranks.tolist()
        self._used = [(rank, use) for rank, use in enumerate(table.uses) if rank in self._ranks]
        self._ask_around = functools.lru_cache(_CACHED_SQUARES)(self._find_around)
        self._in_words = functools.lru_cache(_CACHED_TEXTS)(self._find_in_words)
        self._in_square = functools.lru_cache(_CACHED_SQUARES)(self._find_in_square)
        self._outlines = functools.lru_cache(_CACHED_SQUARES)(self._find_outlines)

    @property
    def zone(self) -> Crs:
        """The Gauss-Kruger zone of the city, without a zone number."""
        return self._table.crs

    @functools.cached_property
    def words(self) -> Words:
        """What the edition says in words."""
        return Words(self._table.regions, self._names, self._field.axes)

    def look_up(
        self, *, lon: float, lat: float, use: Use | None = None, facts: Sequence[Fact] = ()
    ) -> Found:
        """Find the regions that hold a point or may, and the nearest of uses that have none.

        Parameters
        ----------
        lon, lat : float
            WGS84 degrees.
        use : Use or None
            Only this one.
        facts : sequence of Fact
            What is known of the point.
        """
        table = self._table
        holding, on_edge = self._drawn_at(lon, lat)
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=table.crs)
        if not (math.isfinite(easting_m) and math.isfinite(northing_m)):
            wanted = [one for _, one in self._used if use in {None, one}]
            nearest = tuple(self._nearest_faraway(one, lon, lat) for one in wanted)
            return Found((), nearest, tuple(Chance(one, 1.0, None) for one in wanted))
        known = None
        if facts:
            judged = self.words.judge(facts)
            asked = self._field.ask(lon=lon, lat=lat, ranks=(), facts=_lines_before(facts))
            shares = agreeing(asked.shares, judged, self._ranks)
            holding = tuple(i for i in holding if self._may_hold(i, judged))
            known = self._known(facts, asked.kept)
        else:
            shares = self._field.at(lon=lon, lat=lat)
        spot = _Spot(lon, lat, shapely.points((easting_m, northing_m)), holding, on_edge)
        found, open_ = self._named(shares, spot, use)
        question = None
        if open_ and facts:
            question = self._question(lon, lat, facts, open_)
        elif open_:
            question = self._ask_around(lon // BLOCK_DEG, lat // BLOCK_DEG, open_)
        return found._replace(question=question, known=known)

    def look_up_words(
        self, text: str, *, use: Use | None = None, facts: Sequence[Fact] = ()
    ) -> Found:
        """Find the regions that may hold a place that is given in words.

        Parameters
        ----------
        text : str
            As the notice writes a parcel's location: 文明大道与慎阳路交叉口西南角.
        use : Use or None
            Only this one.
        facts : sequence of Fact
            What else is known of the place.

        Raises
        ------
        LocationError
            It cannot be read; or the edition has no layouts, which say where lines run.
        """
        return self._in_words(text, use, tuple(facts))

    def _find_in_words(self, text: str, use: Use | None, facts: tuple[Fact, ...]) -> Found:
        own = self.words.own_locations.get(fold(text), frozenset())
        if own:  # the notice itself says which regions hold this place
            beside = sides_of(self.words.locations[min(own)], self.words.lines)
        else:
            beside = read_words(text, self.words.lines)
        told = (*facts_of(beside), *facts)
        if facts:
            self.words.check(told, said_by="at and known say")
        place = place_of_words(self._field, beside, _lines_before(facts))
        if place is None:
            raise LocationError(
                "at cannot be answered: this edition has no layouts.parquet, which says where lines"
                " run; give a coordinate.",
                code="no_layouts",
            )

        def told_so(shares: Shares, more: Sequence[Fact] = ()) -> Shares:
            judged = self.words.judge((*told, *more))
            judged = Judged(judged.excluded - own, judged.settled | own)
            return agreeing(shares, judged, self._ranks)

        shares = told_so(place.shares)
        lon, lat, _ = place.whereabouts
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=self._table.crs)
        drawn = self._drawn_at(lon, lat)[0]
        likeliest = {i for ranked in self._ranked(shares) for _, i in ranked[:1]}
        holding = tuple(i for i in drawn if i in likeliest)
        spot = _Spot(lon, lat, shapely.points((easting_m, northing_m)), holding, ())
        found, open_ = self._named(shares, spot, use)
        sides = place.ask(open_, self._askable(told)) if open_ else None
        return found._replace(
            whereabouts=place.whereabouts,
            question=None if sides is None else self._told_apart(sides, told_so, open_),
            known=self._known(facts, place.kept) if facts else None,
        )

    def _known(self, facts: Sequence[Fact], kept: int) -> Known:
        return Known(tuple(map(str, facts)), kept, self._field.layout_count, kept < FEWEST)

    def _named(self, shares: Shares, spot: _Spot, use: Use | None) -> tuple[Found, tuple[int, ...]]:
        """Name the regions of a place by use, and the uses whose answer is open."""
        ranks, place = self._ranks, spot.place
        square = (place.x // _SQUARE_M, place.y // _SQUARE_M)
        by_use = self._ranked(shares)
        answers, chances, open_ = [], [], []
        for rank, one in self._used:
            if use is not None and use != one:
                continue
            ranked, none = by_use[rank], shares.none[rank]
            held = [i for i in spot.holding if ranks[i] == rank]
            listed = to_name(ranked, none, held)
            around = () if listed else self._in_square(one, *square)
            answers.append(_Answer(one, ranked, held, listed, around))
            chances.append(Chance(one, none, self._price_range(ranked)))
            if listed[0][0] < SURE if listed else none < LIKELY:
                open_.append(rank)
        named = [i for answer in answers for _, i in answer.listed]
        near = [i for answer in answers for i in answer.around]
        # All of them at once: a call costs more than a distance.
        off_m = shapely.distance(self._outlines(tuple(named), tuple(near)), spot.place).tolist()
        prices, nearest = [], []
        at, end = 0, 4 * len(named)
        for answer in answers:
            for share, i in answer.listed:
                prices.append(self._price(i, share, off_m[at : at + 4], answer, spot.on_edge))
                at += 4
            if answer.around:
                start, end = end, end + len(answer.around)
                nearest.append(self._nearest(answer, off_m[start:end], spot))
        return Found(tuple(prices), tuple(nearest), tuple(chances)), tuple(open_)

    def _find_outlines(self, named: tuple[int, ...], near: tuple[int, ...]) -> Geometries:
        """Return the four sides of each of some regions, then the polygons of others."""
        sides = self._table.sides_m[list(named)].reshape(-1)
        outlines: Geometries = np.concatenate([sides, self._table.polygons_m[list(near)]])
        return outlines

    def _drawn_at(self, lon: float, lat: float) -> tuple[tuple[int, ...], Collection[int]]:
        """Return the regions that are drawn at a point, and those on whose edge it lies."""
        table = self._table
        number = table.grid.find(lon=lon, lat=lat)
        if number != UNRESOLVED:  # the grid knows every point that is not on an edge
            return table.grid.tables.sets[number], ()
        holding = table.holding(lon=lon, lat=lat)
        touched = shapely.intersects(table.edges[list(holding)], Point(lon, lat)).tolist()
        return holding, [i for i, touches in zip(holding, touched, strict=True) if touches]

    def _may_hold(self, number: int, judged: Judged) -> bool:
        settled = {i for i in judged.settled if self._ranks[i] == self._ranks[number]}
        return number not in judged.excluded and (not settled or number in settled)

    def _find_around(self, column: float, row: float, ranks: tuple[int, ...]) -> Question | None:
        """Find what to ask in the middle of a small block, for all points in it."""
        lon, lat = (column + 0.5) * BLOCK_DEG, (row + 0.5) * BLOCK_DEG
        return self._question(lon, lat, (), ranks)

    def _question(
        self, lon: float, lat: float, facts: Sequence[Fact], ranks: tuple[int, ...]
    ) -> Question | None:
        """Find what to ask about uses whose answer is open."""
        asked = self._field.ask(
            lon=lon,
            lat=lat,
            ranks=ranks,
            facts=_lines_before(facts),
            askable=self._askable(facts),
        )
        if asked.sides is None:
            return None

        def told_so(shares: Shares, more: Sequence[Fact]) -> Shares:
            return agreeing(shares, self.words.judge((*facts, *more)), self._ranks)

        return self._told_apart(asked.sides, told_so, ranks)

    def _askable(self, facts: Sequence[Fact]) -> Callable[[str], bool] | None:
        """Tell of which lines no answer would contradict facts."""
        return functools.partial(self.words.leaves_open, facts) if facts else None

    def _told_apart(
        self,
        sides: Sides,
        told_so: Callable[[Shares, Sequence[Fact]], Shares],
        ranks: tuple[int, ...],
    ) -> Question:
        """Return a line with the likeliest regions on either side of it.

        Parameters
        ----------
        sides : Sides
        told_so : callable
            Makes shares agree with the words and with what is known besides.
        ranks : tuple of int
            The uses to tell of.
        """
        beyond, short = SIDES[sides.axis]
        one, other = (
            (side, self._likeliest(told_so(shares, [Fact(side, sides.line)]), ranks))
            for side, shares in ((beyond, sides.beyond), (short, sides.short))
        )
        return Question(sides.line, (one, other))

    def _likeliest(self, told: Shares, ranks: tuple[int, ...]) -> tuple[Alternative, ...]:
        """Return the likeliest region of each use, where it is likelier than none."""
        by_use = self._ranked(told)
        own = [to_name(by_use[rank], told.none[rank], ()) for rank in ranks]
        return tuple(
            Alternative(self._table.regions[i], share) for listed in own for share, i in listed
        )

    def _ranked(self, shares: Shares) -> list[Ranked]:
        ranked: list[Ranked] = [[] for _ in shares.none]
        for i, share in zip(shares.regions, shares.shares, strict=True):
            if share:
                ranked[self._ranks[i]].append((share, i))
        for one in ranked:
            one.sort(key=by_share)
        return ranked

    def _price(
        self,
        number: int,
        share: float,
        off_m: list[float],
        answer: _Answer,
        on_edge: Collection[int],
    ) -> RegionPrice:
        regions, ranked = self._table.regions, answer.ranked
        return RegionPrice(
            regions[number],
            tuple(off_m),
            share,
            certainty_of(share, on_edge=number in on_edge),
            number in answer.held,
            bool(ranked) and number == ranked[0][1],
            tuple([Alternative(regions[j], p) for p, j in others(ranked, number)]),
        )

    def _price_range(self, ranked: Ranked) -> tuple[int, int] | None:
        prices = [self._table.regions[i].record.ground_price_cny_m2 for i in within_range(ranked)]
        return (min(prices), max(prices)) if prices else None

    def _nearest(self, answer: _Answer, off_m: list[float], spot: _Spot) -> Nearest:
        least_m = min(off_m)
        if least_m >= _METRIC_REACH_M:
            return self._nearest_faraway(answer.use, spot.lon, spot.lat)
        i = answer.around[off_m.index(least_m)]
        share = next((share for share, j in answer.ranked if j == i), 0.0)
        return Nearest(self._table.regions[i], least_m, share, share > 0)

    def _find_in_square(self, use: Use, column: float, row: float) -> tuple[int, ...]:
        west_m, south_m = column * _SQUARE_M, row * _SQUARE_M
        return self._searches[use].find(
            shapely.box(west_m, south_m, west_m + _SQUARE_M, south_m + _SQUARE_M)
        )

    def _nearest_faraway(self, use: Use, lon: float, lat: float) -> Nearest:
        regions = [self._table.regions[i] for i in self._table.of_use(use).tolist()]
        distances_m = [geodesic_m(region.polygon, lon=lon, lat=lat) for region in regions]
        least_m = min(distances_m)
        return Nearest(regions[distances_m.index(least_m)], least_m, 0.0, within_accuracy=False)

    @functools.cached_property
    def _searches(self) -> dict[Use, NearestPolygons]:
        """The search among the regions of each use that has some."""
        numbers = {use: self._table.of_use(use) for use in self._table.uses}
        return {
            use: NearestPolygons(self._table.polygons_m, own)
            for use, own in numbers.items()
            if len(own)
        }


def _lines_before(facts: Sequence[Fact]) -> list[tuple[str, bool]]:
    """Return lines, and whether each lies before the place of which facts tell."""
    return [(fact.line, fact.side in BEYOND) for fact in facts]
