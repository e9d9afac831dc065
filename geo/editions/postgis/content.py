"""The files of one edition, checked: each by itself, and that they belong together."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.editions.checks import check_edition
from geo.editions.manifest import EDITION_FILES, digest
from geo.errors import ParcelsError, StoreError
from geo.network.files import read_network
from geo.parcels import NETWORK_FILE, PARCELS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.network.files import Line
    from geo.parcels import Parcels

EDITION_ID: Final = re.compile(r"[0-9]{6}-[0-9]{4}")
FILE_NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9]+")


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
    if PARCELS_FILE not in files or not files.keys() <= set(EDITION_FILES):
        raise StoreError(
            f"An edition has the files {', '.join(files) or 'none'}; it must have {PARCELS_FILE}"
            f" and may have {', '.join(EDITION_FILES[1:])}.",
            code="edition_files",
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        parcels = check_edition(folder).parcels
        lines = read_network(folder / NETWORK_FILE) if NETWORK_FILE in files else ()
    edition = parcels.edition
    if not EDITION_ID.fullmatch(edition.id):
        raise ParcelsError(
            f"{PARCELS_FILE}: admin_code is {edition.admin_code!r}; it must be the city's six-digit"
            " administrative code"
        )
    sha256 = digest({name: sha256_of(content) for name, content in files.items()})
    return Content(edition.id, sha256, files, parcels, lines)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()
