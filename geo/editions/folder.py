"""Editions in a city's folder: those that were published there, or the one that was built."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from geo.editions.catalogue import Catalogue
from geo.editions.manifest import (
    EDITION_FILES,
    MANIFEST_FILE,
    Manifest,
    check_files,
    checksums,
    read_manifest,
)
from geo.errors import CatalogueError
from geo.lookup.edition import OpenEdition
from geo.parcels import PARCELS_FILE, read_parcels

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from pathlib import Path

EDITIONS_FOLDER: Final = "editions"
"""In a city's folder: a link to the publication that is in force."""

PUBLICATIONS_FOLDER: Final = ".publications"
"""In a city's folder: the publications, by their numbers."""

_Edition = TypeVar("_Edition", bound=OpenEdition)


@dataclass(frozen=True, eq=False)
class Publication(Generic[_Edition]):
    """Editions that are in force together.

    Attributes
    ----------
    manifest : Manifest
    catalogue : Catalogue
    """

    manifest: Manifest
    catalogue: Catalogue[_Edition]

    @property
    def by_digest(self) -> dict[str, _Edition]:
        """The editions by the checksum of their files."""
        by_id = self.catalogue.by_id
        return {self.manifest.digest(one): by_id[one] for one in self.manifest.editions}


def version_of(data: Path) -> Hashable:
    """Return what changes when a folder's editions do: cheap, for those who watch it.

    Parameters
    ----------
    data : Path
        A city's folder.
    """
    link = data / EDITIONS_FOLDER
    if (link / MANIFEST_FILE).exists():
        return link.resolve()
    return tuple(_stamp(data / name) for name in EDITION_FILES)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def edition_folders(data: Path) -> tuple[Manifest, dict[str, Path]]:
    """Find the editions of a city's folder.

    Parameters
    ----------
    data : Path
        Where something was published, only that counts; else ``parcels.geojson`` and what is beside
        it does.

    Returns
    -------
    manifest : Manifest
    folders : dict of str to Path
        Where the files of each edition are.

    Raises
    ------
    CatalogueError, ParcelsError
        The manifest, or ``parcels.geojson``, is missing or damaged.
    """
    # Resolved once: a publication meanwhile changes nothing of what is read.
    published = (data / EDITIONS_FOLDER).resolve()
    if (published / MANIFEST_FILE).exists():
        return published_folders(published)
    edition = read_parcels(data / PARCELS_FILE).edition
    manifest = Manifest(
        number=0,
        published_at=None,
        default_city=edition.admin_code,
        editions={edition.id: checksums(data)},
    )
    return manifest, {edition.id: data}


def earlier_publications(data: Path) -> Iterator[tuple[Manifest, dict[str, Path]]]:
    """Yield what was published in a folder before, as `published_folders` does, latest first."""
    publication = (data / EDITIONS_FOLDER).resolve()
    previous = int(publication.name) - 1 if publication.name.isdecimal() else 0
    with suppress(CatalogueError):
        previous = read_manifest(publication).previous
    while previous:
        try:
            manifest, folders = published_folders(publication.with_name(str(previous)))
        except CatalogueError:
            return
        yield manifest, folders
        previous = manifest.previous


def published_folders(publication: Path) -> tuple[Manifest, dict[str, Path]]:
    """Find the editions of a publication.

    Returns
    -------
    manifest : Manifest
    folders : dict of str to Path
        Where the files of each edition are.

    Raises
    ------
    CatalogueError
        The manifest is missing or damaged.
    """
    manifest = read_manifest(publication)
    return manifest, {one: publication / one for one in manifest.editions}


def read_publication(
    data: Path,
    read: Callable[[Path], _Edition],
    *,
    default_city: str | None = None,
    kept: Mapping[str, _Edition] | None = None,
) -> Publication[_Edition]:
    """Read the editions of a city's folder, and check them against what was published.

    Parameters
    ----------
    data : Path
    read : callable
        Reads an edition from its ``parcels.geojson`` and what is beside it.
    default_city : str, optional
        The one that was published first if it is not given.
    kept : mapping of str to OpenEdition, optional
        Editions that are at hand, by the checksum of their files; they are not read again.

    Raises
    ------
    CatalogueError
        A file is not what was published, or the editions contradict each other.
    ParcelsError, PriceClassesError
        An edition cannot be read.
    """
    manifest, folders = edition_folders(data)
    editions = []
    for name, folder in folders.items():
        edition = (kept or {}).get(manifest.digest(name))
        if edition is None:
            check_files(folder, name, manifest.editions[name])
            edition = read(folder / PARCELS_FILE)
        if edition.parcels.edition.id != name:
            raise CatalogueError(f"the edition {name} is {edition.parcels.edition.id}")
        editions.append(edition)
    return Publication(manifest, Catalogue.of(editions, default_city or manifest.default_city))
