"""The files of one edition, checked: each by itself, and that they belong together."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import shapely

from geo.errors import NetworkError, ParcelsError, StoreError
from geo.layouts.file import read_layouts
from geo.layouts.layouts import LAYOUTS_FILE
from geo.network.files import NETWORK_FILE, read_network
from geo.parcels import PARCELS_FILE, Parcels, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.network.files import Line

EDITION_ID: Final = re.compile(r"[0-9]{6}-[0-9]{4}")
FILE_NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9]+")

_FILES: Final = (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE)


@dataclass(frozen=True, slots=True)
class Content:
    """An edition that may be published.

    Attributes
    ----------
    id : str
        Administrative code and year, such as ``411700-2022``.
    sha256 : str
        See `digest`.
    files : mapping of str to bytes
        By name.
    parcels : Parcels
    lines : tuple of Line
        Empty without ``network.geojson``.
    """

    id: str
    sha256: str
    files: Mapping[str, bytes]
    parcels: Parcels
    lines: tuple[Line, ...]


def read_content(files: Mapping[str, bytes]) -> Content:
    """Read and check the files of an edition.

    Parameters
    ----------
    files : mapping of str to bytes
        By name: ``parcels.geojson``, and, where there are, ``network.geojson``,
        ``layouts.parquet`` and ``price_classes.toml``.

    Raises
    ------
    StoreError
        ``parcels.geojson`` is missing, or a file is none of these.
    ParcelsError, NetworkError, PriceClassesError
        A file is damaged, or of another edition.
    """
    if PARCELS_FILE not in files or not files.keys() <= set(_FILES):
        raise StoreError(
            f"An edition has the files {', '.join(files) or 'none'}; it must have {PARCELS_FILE}"
            f" and may have {', '.join(_FILES[1:])}.",
            code="edition_files",
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        parcels = read_parcels(folder / PARCELS_FILE)
        _check_polygons(parcels)
        if LAYOUTS_FILE in files:
            read_layouts(folder / LAYOUTS_FILE, parcels_sha256=parcels.sha256)
        lines: tuple[Line, ...] = ()
        if NETWORK_FILE in files:
            lines = read_network(folder / NETWORK_FILE)
            _check_lines(lines, parcels)
        read_price_classes(folder / PRICE_CLASSES_FILE, parcels.prices_cny_m2)
    edition = parcels.edition
    id_ = f"{edition.admin_code}-{edition.valuation_date.year}"
    if not EDITION_ID.fullmatch(id_):
        raise ParcelsError(
            f"{PARCELS_FILE}: admin_code is {edition.admin_code!r}; it must be the city's six-digit"
            " administrative code"
        )
    sha256 = digest((name, sha256_of(content)) for name, content in files.items())
    return Content(id_, sha256, files, parcels, lines)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def digest(files: Iterable[tuple[str, str]]) -> str:
    """Return the checksum of an edition: that of what ``sha256sum`` prints of its files by name.

    Parameters
    ----------
    files : iterable of (str, str)
        Name and SHA-256 of each.
    """
    return sha256_of("".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files)).encode())


def _check_polygons(parcels: Parcels) -> None:
    for region in parcels.regions:
        if not region.polygon.is_valid:
            reason = shapely.is_valid_reason(region.polygon)
            raise ParcelsError(
                f"{PARCELS_FILE} is damaged: {region.code}: the polygon is not valid: {reason}"
            )


def _check_lines(lines: Iterable[Line], parcels: Parcels) -> None:
    bounds = {name for region in parcels.regions for _, name in region.record.bounds}
    bounds = {parcels.spellings.get(name, name) for name in bounds}
    if bounds.isdisjoint(line.name for line in lines):
        raise NetworkError(
            f"{NETWORK_FILE} is not of this edition: none of its lines bounds a region of"
            f" {PARCELS_FILE}"
        )
