"""What people look for on the map: regions, their standard parcels, lines by all their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pypinyin import Style, lazy_pinyin

from geo.gazette.names import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geo.parcels import Parcels


def places(parcels: Parcels, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what can be looked for, each with the words that find it.

    Parameters
    ----------
    parcels : Parcels
    names : mapping of str to str
        Canonical names of lines, by other names: spellings, old and short names.

    Returns
    -------
    list of dict
        Lines first. Each has ``kind``, ``id`` (a line's name or a region's code), ``names`` as
        people write them, folded, and ``pinyin`` of the first of them: in full, and initials.
        A region is also found by what its parcel's ``location`` has; its parcel is ``at`` a
        latitude and a longitude, WGS84, as far as a crossing is stated.
    """
    # As the layer of lines has them; a name of a drawn line finds that line alone.
    bounds = {
        parcels.spellings.get(name, name)
        for region in parcels.regions
        for _, name in region.record.bounds
    }
    return [*_lines(bounds, names), *_regions(parcels)]


def _lines(bounds: set[str], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in sorted(bounds):
        others = sorted(o for o, line in names.items() if line == name and o not in bounds)
        yield {
            "kind": "line",
            "id": name,
            "names": [name, *others],
            "pinyin": _pinyin(name),
        }


def _regions(parcels: Parcels) -> Iterator[dict[str, Any]]:
    for region in parcels.regions:
        record = region.record
        parcel = fold(record.standard_parcel or "").lower()
        location = fold(record.parcel_location or "").lower()
        short = record.code.removeprefix(parcels.edition.admin_code)
        yield {
            "kind": "region",
            "id": record.code,
            "names": [record.code.lower(), short.lower(), *filter(None, (parcel,))],
            "location": location,
            "pinyin": _pinyin(parcel),
            "at": region.parcel_crossing and [round(x, 6) for x in region.parcel_crossing[::-1]],
        }


def _pinyin(text: str) -> list[str]:
    """Return how a text is typed in Latin letters: in full, and the initials."""
    full = "".join(lazy_pinyin(text)).lower()
    initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()
    return [full, initials] if text else []
