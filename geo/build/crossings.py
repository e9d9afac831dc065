"""Where a standard parcel's stated crossing lies in a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapely import LineString, MultiLineString, Point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.gazette.locations import Location


def stated_crossing(
    location: Location, courses: Mapping[str, LineString | MultiLineString]
) -> Point | str:
    """Find the crossing at which a standard parcel is said to lie.

    Parameters
    ----------
    location : Location
        With canonical names.
    courses : mapping of str to LineString or MultiLineString
        Lines in full, WGS84, by canonical name.

    Returns
    -------
    Point or str
        The crossing, WGS84; or why there is none, in words.
    """
    if location.crossing is None:
        return "no crossing is stated"
    unknown = [name for name in location.crossing if name not in courses]
    if unknown:
        return f"the network has no {'、'.join(unknown)}"
    first, second = (courses[name] for name in location.crossing)
    crossing = first.intersection(second)
    if not isinstance(crossing, Point) or crossing.is_empty:
        return "the two lines do not cross once"
    return crossing
