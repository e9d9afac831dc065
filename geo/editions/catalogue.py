"""Which edition answers: by city or place, and by day."""

from __future__ import annotations

import functools
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import shapely

from geo.crs import Crs, check_range, to_wgs84
from geo.errors import CatalogueError, CoordinateError, NoEditionError, UnknownCityError
from geo.lookup.edition import OpenEdition
from geo.lookup.pasted import read_pasted
from geo.lookup.price import check_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.model import Edition

CHINA: Final = timezone(timedelta(hours=8))
"""The one time zone of the country, by which an edition comes into force."""

_Edition = TypeVar("_Edition", bound=OpenEdition)


def today() -> date:
    """Return the day that it is in China."""
    return datetime.now(CHINA).date()


@dataclass(frozen=True, eq=False)
class Catalogue(Generic[_Edition]):
    """Editions that are ready to answer.

    Attributes
    ----------
    editions : tuple of OpenEdition
        By city, then by the day from which they are in force.
    default_city : str
        Administrative code of the city that is meant where none is named.
    """

    editions: tuple[_Edition, ...]
    default_city: str

    @classmethod
    def of(
        cls, editions: Iterable[_Edition], default_city: str | None = None
    ) -> Catalogue[_Edition]:
        """Put editions in order.

        Parameters
        ----------
        editions : iterable of OpenEdition
        default_city : str, optional
            The city of the first edition if it is not given.

        Raises
        ------
        CatalogueError
            There is none, two are called the same or are in force at the same time, or the default
            city has none.
        """
        given = tuple(editions)
        facts = [edition.parcels.edition for edition in given]
        if default_city is None and facts:
            default_city = facts[0].admin_code
        check_together(facts, default_city)
        ordered = sorted(given, key=lambda edition: _by_city_and_day(edition.parcels.edition))
        return cls(tuple(ordered), str(default_city))

    @functools.cached_property
    def by_city(self) -> Mapping[str, tuple[_Edition, ...]]:
        """The editions of each city, by its code, the default city first."""
        found = defaultdict[str, list[_Edition]](list, {self.default_city: []})
        for edition in self.editions:
            found[edition.parcels.edition.admin_code].append(edition)
        return {code: tuple(editions) for code, editions in found.items()}

    @functools.cached_property
    def by_id(self) -> Mapping[str, _Edition]:
        """The editions by what they are called."""
        return {edition.parcels.edition.id: edition for edition in self.editions}

    @functools.cached_property
    def city_of_region(self) -> Mapping[str, str]:
        """The city of each region of any edition, by the region's code."""
        return {
            region.code: edition.parcels.edition.admin_code
            for edition in self.editions
            for region in edition.regions
        }

    def city(self, name: str | None) -> str:
        """Return the code of a city.

        Parameters
        ----------
        name : str or None
            Its code, or its name; None for the default city.

        Raises
        ------
        UnknownCityError
            No edition is of such a city.
        """
        if name is None:
            return self.default_city
        for code, editions in self.by_city.items():
            if name in {code, *(edition.parcels.edition.city for edition in editions)}:
                return code
        known = ", ".join(
            f"{code} {editions[-1].parcels.edition.city}" for code, editions in self.by_city.items()
        )
        raise UnknownCityError(f"city is {name[:40]!r}; it must be one of {known}.")

    def in_force(self, city: str, as_of: date | None = None) -> _Edition:
        """Return the edition of a city that was in force on a day.

        Parameters
        ----------
        city : str
            Administrative code.
        as_of : date, optional
            If it is not given, the newest that is in force today, also if its time has run out; or
            the first, if that is still to come.

        Raises
        ------
        NoEditionError
            None was in force on that day.
        """
        first, *later = self.by_city[city]
        found, day = first, as_of or today()
        for edition in later:
            if edition.parcels.edition.effective_from <= day:
                found = edition
        check_in_force(found, as_of)
        return found

    def in_force_everywhere(self, as_of: date | None = None) -> tuple[_Edition, ...]:
        """Return the edition of each city as `in_force` does, the default city's first.

        Cities that had none on that day are left out; the default city must have one.
        """
        found = [self.in_force(self.default_city, as_of)]
        for city in self.by_city:
            if city != self.default_city:
                with suppress(NoEditionError):
                    found.append(self.in_force(city, as_of))
        return tuple(found)

    def at(
        self,
        *,
        lon: float,
        lat: float,
        crs: Crs = Crs.WGS84,
        city: str | None = None,
        as_of: date | None = None,
    ) -> _Edition:
        """Return the edition that answers for a coordinate: of the city that holds it.

        Parameters
        ----------
        lon, lat : float
            In `crs`; any numbers.
        crs : Crs, optional
        city : str, optional
            Code or name of the city that is to answer, wherever the place is.
        as_of : date, optional
            As for `in_force`.

        Returns
        -------
        OpenEdition
            Of the nearest city if none holds the place; of the one that would hold it with its two
            numbers swapped if there is one, which refuses it; of the default city if it is no
            coordinate at all.

        Raises
        ------
        NoEditionError
            None of the city was in force on that day.
        UnknownCityError
            No edition is of such a city.
        """
        if city is not None or len(self.by_city) == 1:
            return self.in_force(self.city(city), as_of)
        return self.in_force(self._city_at(lon=lon, lat=lat, crs=crs), as_of)

    def at_text(
        self,
        text: str,
        *,
        crs: Crs = Crs.WGS84,
        city: str | None = None,
        as_of: date | None = None,
    ) -> _Edition:
        """Return the edition that answers for a place in any form in which people have it.

        Parameters
        ----------
        text : str
            As `geo.lookup.price.price_at_text` takes it. Only a coordinate tells its city; words
            are of the default city.
        crs : Crs, optional
            Of a coordinate that does not say its own system.
        city, as_of : optional
            As for `at`.

        Raises
        ------
        CoordinateError
            It is a coordinate that cannot be used.
        NoEditionError, UnknownCityError
            As for `at`.
        """
        code = self.city(city)
        if city is None and len(self.by_city) > 1:
            zone = self.by_city[code][0].point_index.zone
            if pasted := read_pasted(text, zone=zone, assumed=crs):
                return self.at(lon=pasted.lon, lat=pasted.lat, crs=pasted.crs, as_of=as_of)
        return self.in_force(code, as_of)

    def _city_at(self, *, lon: float, lat: float, crs: Crs) -> str:
        try:
            at_lon, at_lat = _place(lon=lon, lat=lat, crs=crs)
        except CoordinateError:
            return self._swapped(lon=lon, lat=lat, crs=crs) or self.default_city
        held = self._holding(lon=at_lon, lat=at_lat)
        if len(held) == 1:
            return held[0]
        if not held and (swapped := self._swapped(lon=lon, lat=lat, crs=crs)):
            return swapped
        place = shapely.Point(at_lon, at_lat)
        return min(held or self._areas, key=lambda code: shapely.distance(self._areas[code], place))

    def _swapped(self, *, lon: float, lat: float, crs: Crs) -> str | None:
        """Return the city in which a coordinate lies with its two numbers swapped."""
        try:
            at_lon, at_lat = _place(lon=lat, lat=lon, crs=crs)
        except CoordinateError:
            return None
        return next(iter(self._holding(lon=at_lon, lat=at_lat)), None)

    def _holding(self, *, lon: float, lat: float) -> list[str]:
        """Return the cities in whose extent a place lies."""
        return [
            code
            for code, (west, south, east, north) in self._extents.items()
            if west <= lon <= east and south <= lat <= north
        ]

    @functools.cached_property
    def _extents(self) -> Mapping[str, tuple[float, float, float, float]]:
        """West, south, east and north edge of what each city's editions cover, WGS84 degrees."""
        return {code: area.bounds for code, area in self._areas.items()}

    @functools.cached_property
    def _areas(self) -> Mapping[str, shapely.Geometry]:
        """What each city's editions cover, WGS84."""
        return {
            code: shapely.union_all([r.polygon for one in editions for r in one.regions])
            for code, editions in self.by_city.items()
        }

    def before(self, edition: _Edition) -> _Edition | None:
        """Return the edition of the same city before another."""
        return self._beside(edition, -1)

    def superseded_by(self, edition: _Edition, day: date) -> _Edition | None:
        """Return the edition that had taken another's place by a day, if one had."""
        after = self._beside(edition, 1)
        if after is None or after.parcels.edition.effective_from > day:
            return None
        return after

    def _beside(self, edition: _Edition, step: int) -> _Edition | None:
        own = self.by_city[edition.parcels.edition.admin_code]
        place = own.index(edition) + step
        return own[place] if 0 <= place < len(own) else None


def check_together(editions: Iterable[Edition], default_city: str | None) -> None:
    """Check that editions can be served together.

    Parameters
    ----------
    editions : iterable of Edition
        Of any cities. One that does not say until when it is valid is so until the next.
    default_city : str or None
        Administrative code of the city that is meant where none is named.

    Raises
    ------
    CatalogueError
        Two of a city are in force at the same time, or are called the same; or the default city has
        none.
    """
    ordered = sorted(editions, key=_by_city_and_day)
    if default_city not in {one.admin_code for one in ordered}:
        raise CatalogueError(f"the default city, {default_city}, has no edition")
    for first, second in pairwise(ordered):
        if first.admin_code != second.admin_code:
            continue
        if first.id == second.id:
            raise CatalogueError(f"two editions are called {first.id}")
        if first.effective_from == second.effective_from:
            raise CatalogueError(
                f"{first.id} and {second.id} are both in force from {first.effective_from}"
            )
        if first.valid_to is not None and first.valid_to >= second.effective_from:
            raise CatalogueError(
                f"{first.id} is valid to {first.valid_to}, but {second.id} is in force from"
                f" {second.effective_from} already"
            )


def _by_city_and_day(edition: Edition) -> tuple[str, date]:
    return edition.admin_code, edition.effective_from


def _place(*, lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    check_range(lon=lon, lat=lat, crs=crs)
    return to_wgs84(lon=lon, lat=lat, crs=crs)
