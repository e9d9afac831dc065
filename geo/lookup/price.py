"""The prices at one coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.crs import Crs, check_range, parse_crs, to_wgs84
from geo.errors import CoordinateError, NoEditionError
from geo.lookup.pasted import read_pasted
from geo.model import parse_use

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geo.lookup.edition import OpenEdition
    from geo.lookup.result import Chance, Known, Nearest, Question, RegionPrice, Whereabouts
    from geo.model import Edition, Use


class PriceResult(NamedTuple):
    """The prices at a coordinate, and how sure they are.

    Attributes
    ----------
    lon, lat : float
        As they were asked for, in `crs`.
    crs : Crs
    edition : Edition
        Which edition the prices are of.
    prices : tuple of RegionPrice
        Price of every region whose closed polygon holds the point as it is drawn, and of the
        likeliest region where that is another: by use, the likeliest first, then by code.
    nearest : tuple of Nearest
        The nearest region of each use that has no price.
    chances : tuple of Chance
        By use: how likely it is that no region holds the point, and within which prices its own is.
    question : Question or None
        What would tell most, where the answer is not sure.
    known : Known or None
        What the asker knew.
    whereabouts : Whereabouts or None
        Of a place in words, which has these `lon` and `lat`.
    at : str or None
        The text, where one was asked for.
    crs_stated : bool or None
        Of a coordinate in a text: whether the text itself says its system.
    """

    lon: float
    lat: float
    crs: Crs
    edition: Edition
    prices: tuple[RegionPrice, ...]
    nearest: tuple[Nearest, ...]
    chances: tuple[Chance, ...]
    question: Question | None = None
    known: Known | None = None
    whereabouts: Whereabouts | None = None
    at: str | None = None
    crs_stated: bool | None = None

    @property
    def covered(self) -> bool:
        """Whether any region holds the point, as drawn or likely."""
        return bool(self.prices)


def price_at(
    edition: OpenEdition,
    *,
    lon: float,
    lat: float,
    crs: Crs | str = Crs.WGS84,
    use: Use | str | None = None,
    as_of: date | None = None,
    known: Sequence[str] = (),
) -> PriceResult:
    """Find the standard land prices at a coordinate.

    Parameters
    ----------
    edition : OpenEdition
        As `open_edition` returns it.
    lon, lat : float
        In `crs`; for a projected one the easting and the northing in metres.
    crs : Crs or str
        ``wgs84``, ``cgcs2000``, ``gcj02`` (Amap, Tencent), ``bd09`` (Baidu), ``epsg:4490``, or a
        3-degree zone such as ``epsg:4547``.
    use : Use or str, optional
        Only one of the edition's: its code, such as ``commercial``, or its Chinese name.
    as_of : date, optional
        The day the price must be in force; the edition at hand if it is not given.
    known : sequence of str, optional
        What is known of the place, each as ``north_of:开源大道`` or 开源大道以北. It beats the
        drawing.

    Raises
    ------
    KnownError
        What is known cannot be read, or cannot be true.
    CoordinateError
        The coordinate is not finite, out of the range of its system, or has its two numbers
        swapped; or there is no such system.
    UnknownUseError
        There is no such use.
    NoEditionError
        No edition was in force on that day.

    Examples
    --------
    >>> from geo import open_edition, price_at
    >>> result = price_at(open_edition(), lon=114.0127, lat=32.9930)
    >>> [(price.code, price.ground_price_cny_m2) for price in result.prices]
    [('411700S50002', 4415), ('411700Z70007', 5310)]
    """
    crs, use = parse_crs(crs), parse_use(use, edition.uses)
    check_in_force(edition, as_of)
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    inside = edition.holds(lon=at_lon, lat=at_lat)
    if crs is not Crs.WGS84 or not inside:
        check_coordinate(edition, lon=lon, lat=lat, crs=crs, inside=inside)
    at_lat = min(max(at_lat, -90.0), 90.0)  # BD-09 shifts the poles themselves by metres
    facts = edition.point_index.words.read_facts(known) if known else ()
    found = edition.point_index.look_up(lon=at_lon, lat=at_lat, use=use, facts=facts)
    return PriceResult(lon, lat, crs, edition.parcels.edition, *found)


def price_in_words(
    edition: OpenEdition,
    at: str,
    *,
    use: Use | str | None = None,
    as_of: date | None = None,
    known: Sequence[str] = (),
) -> PriceResult:
    """Find the standard land prices at a place that is given in words.

    Parameters
    ----------
    edition : OpenEdition
        As `open_edition` returns it.
    at : str
        As the notice writes a parcel's location: ``文明大道与慎阳路交叉口西南角``,
        ``文明大道东侧``, ``南邻置地大道、北邻开源大道``,
        ``雪松大道、天中山大道、文化路和学院路围合区域``.
    use, as_of, known
        As for `price_at`.

    Returns
    -------
    PriceResult
        Its coordinate is in the middle of where the place lies in all layouts, WGS84.

    Raises
    ------
    LocationError
        The words cannot be read, or the edition has no layouts.
    KnownError, UnknownUseError, NoEditionError
        As for `price_at`.

    Examples
    --------
    >>> from geo import open_edition, price_in_words
    >>> result = price_in_words(open_edition(), "文明大道与慎阳路交叉口西南角", use="commercial")
    >>> [(price.code, price.ground_price_cny_m2) for price in result.prices]
    [('411700S50005', 3785)]
    """
    use = parse_use(use, edition.uses)
    check_in_force(edition, as_of)
    facts = edition.point_index.words.read_facts(known) if known else ()
    found = edition.point_index.look_up_words(at, use=use, facts=facts)
    assert found.whereabouts is not None  # noqa: S101 - of every place in words
    lon, lat, _ = found.whereabouts
    return PriceResult(lon, lat, Crs.WGS84, edition.parcels.edition, *found, at=at.strip())


def price_at_text(
    edition: OpenEdition,
    at: str,
    *,
    crs: Crs | str | None = None,
    use: Use | str | None = None,
    as_of: date | None = None,
    known: Sequence[str] = (),
) -> PriceResult:
    """Find the standard land prices at a place in any form in which people have it.

    Parameters
    ----------
    edition : OpenEdition
        As `open_edition` returns it.
    at : str
        A coordinate as `geo.lookup.pasted.read_pasted` reads it, or a location in words as
        `price_in_words` does.
    crs : Crs or str, optional
        The system of a coordinate that does not say its own; else WGS84 is assumed, and for metres
        the city's zone.
    use, as_of, known
        As for `price_at`.

    Raises
    ------
    CoordinateError
        It is a coordinate that cannot be used, or says another system than `crs`.
    LocationError
        It is no coordinate, and cannot be read as words.
    KnownError, UnknownUseError, NoEditionError
        As for `price_at`.

    Examples
    --------
    >>> from geo import open_edition, price_at_text
    >>> result = price_at_text(open_edition(), "32°59′34.8″N 114°0′45.7″E", use="commercial")
    >>> [(price.code, price.ground_price_cny_m2) for price in result.prices]
    [('411700S50002', 4415)]
    """
    given = None if crs is None else parse_crs(crs)
    zone = edition.point_index.zone
    pasted = read_pasted(at, zone=zone, assumed=given or Crs.WGS84)
    if pasted is None:
        if given is not None:
            raise CoordinateError(
                f"crs is {given}, but at is in words, which have no coordinate system; leave it"
                " out.",
                code="crs_of_words",
                field="crs",
            )
        return price_in_words(edition, at, use=use, as_of=as_of, known=known)
    if given not in {None, pasted.crs}:
        raise CoordinateError(
            f"crs is {given}, but at has a coordinate in {pasted.crs}; leave crs out.",
            code="two_systems",
            field="crs",
        )
    lon, lat, system, stated = pasted
    result = price_at(edition, lon=lon, lat=lat, crs=system, use=use, as_of=as_of, known=known)
    return result._replace(at=at.strip(), crs_stated=stated)


def check_in_force(edition: OpenEdition, as_of: date | None) -> None:
    """Refuse a day on which no edition was in force.

    Parameters
    ----------
    edition : OpenEdition
    as_of : date or None
        None for the edition at hand.

    Raises
    ------
    NoEditionError
        It is before the edition is in force, or after it was.
    """
    if as_of is None:
        return
    effective_from, valid_to = (
        edition.parcels.edition.effective_from,
        edition.parcels.edition.valid_to,
    )
    if as_of < effective_from:
        raise NoEditionError(
            f"as_of is {as_of}, but the first edition is in force from {effective_from}."
        )
    if valid_to is not None and as_of > valid_to:
        raise NoEditionError(f"as_of is {as_of}, but the last edition is valid to {valid_to}.")


def check_coordinate(
    edition: OpenEdition, *, lon: float, lat: float, crs: Crs, inside: bool
) -> None:
    """Refuse a coordinate that cannot be meant.

    Parameters
    ----------
    edition : OpenEdition
    lon, lat : float
        In `crs`.
    crs : Crs
    inside : bool
        Whether the place lies in the extent of the regions.

    Raises
    ------
    CoordinateError
        It is not finite, out of the range of its system, or would lie in the city with its two
        numbers swapped.
    """
    problem = None
    try:
        check_range(lon=lon, lat=lat, crs=crs)
    except CoordinateError as error:
        problem = error
    if (problem or not inside) and lies_in(edition, lon=lat, lat=lon, crs=crs):
        raise CoordinateError(
            f"lon is {lon} and lat is {lat}; swapped they lie in {edition.parcels.edition.city}, so"
            f" give lon={lat} and lat={lon}.",
            code="lon_lat_swapped",
            field="lon",
        )
    if problem:
        raise problem


def lies_in(edition: OpenEdition, *, lon: float, lat: float, crs: Crs) -> bool:
    """Tell whether a coordinate, right or wrong, lies in the extent of the regions."""
    try:
        check_range(lon=lon, lat=lat, crs=crs)
    except CoordinateError:
        return False
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    return edition.holds(lon=at_lon, lat=at_lat)
