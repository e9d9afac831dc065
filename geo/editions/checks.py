"""What must hold of an edition before it is published, however long it takes to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.build.checks import check_parcels, overlaps
from geo.errors import CatalogueError
from geo.lookup.edition import OpenEdition
from geo.network.files import read_network
from geo.parcels import NETWORK_FILE, PARCELS_FILE
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from geo.valuation.coefficients import COEFFICIENTS_FILE, read_coefficients

if TYPE_CHECKING:
    from pathlib import Path

_STRIP: Final = 0.01
"""Regions that share less of the smaller one are not drawn along one line; what overlaps by a
notice's own words shares more."""


def check_edition(folder: Path) -> OpenEdition:
    """Check an edition's files.

    Parameters
    ----------
    folder : Path
        With ``parcels.geojson`` and what belongs to it.

    Returns
    -------
    OpenEdition
        What was checked.

    Raises
    ------
    CatalogueError
        Polygons are not valid or do not fit each other, or a line that bounds regions is not in the
        network; all problems are named.
    CoefficientsError, NetworkError, ParcelsError, PriceClassesError
        A file is missing or damaged, or the layouts are of another build.
    """
    edition = OpenEdition.read(folder / PARCELS_FILE)
    parcels = edition.parcels
    read_price_classes(folder / PRICE_CLASSES_FILE, parcels.prices_cny_m2)
    read_coefficients(folder / COEFFICIENTS_FILE, parcels.edition, parcels.uses)
    areas = {region.code: region.polygon.area for region in edition.regions}
    problems = check_parcels(edition.regions)
    problems += [
        f"{one} and {two} overlap in a strip along an edge"
        for one, two, shared in overlaps(edition.regions)
        if shared.area < _STRIP * min(areas[one], areas[two])
    ]
    if (network := folder / NETWORK_FILE).exists():
        drawn = {line.name for line in read_network(network)}
        bounding = {
            parcels.spellings.get(name, name)
            for region in edition.regions
            for _, name in region.record.bounds
        }
        problems += [f"{name} is not in {NETWORK_FILE}" for name in sorted(bounding - drawn)]
    if problems:
        raise CatalogueError(f"{parcels.edition.id}: " + "\n".join(problems))
    return edition
