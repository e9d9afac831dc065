"""Publishes editions in a folder, all of them at once, and takes a publication back.

``editions`` is a link to ``.publications/<number>``. A publication is written beside those before
it and never changed; one rename of the link puts it in force. So a reader has one or the other,
whole, whatever ends the writer.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from geo.atomic.files import sync, sync_entry
from geo.atomic.lock import locked
from geo.editions.catalogue import check_together
from geo.editions.checks import check_edition
from geo.editions.folder import (
    EDITIONS_FOLDER,
    PUBLICATIONS_FOLDER,
    edition_folders,
    published_folders,
)
from geo.editions.manifest import (
    MANIFEST_FILE,
    Manifest,
    check_files,
    checksums,
    edition_files,
    read_manifest,
)
from geo.errors import CatalogueError
from geo.parcels import PARCELS_FILE, read_parcels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_KEPT: Final = 5
"""Publications that stay: the one in force, and those that were so before it."""

_LOCK: Final = ".lock"
_DRAFT: Final = ".draft-"


def publish(folders: Sequence[Path], data: Path) -> Manifest:
    """Publish editions in a city's folder; the others that it has stay in force.

    Parameters
    ----------
    folders : sequence of Path
        Each with an edition that was built: ``parcels.geojson`` and what belongs to it.
    data : Path
        The folder. If nothing was published there, the edition that was built there is published
        with the others, as it was served until now.

    Raises
    ------
    CatalogueError, NetworkError, ParcelsError, PriceClassesError
        An edition is not what it must be, contradicts another, or cannot be written; nothing has
        changed.
    """
    with _writing(data) as publications:
        default_city, found = _in_force(data)
        draft = publications / f"{_DRAFT}{uuid4().hex}"
        for folder in folders:
            given = _copy(folder, draft / "given")
            edition = check_edition(given).parcels.edition
            if (draft / edition.id).exists():
                raise CatalogueError(f"two of the folders have an edition {edition.id}")
            given.rename(draft / edition.id)
        for name, folder in found.items():
            if not (draft / name).exists():
                _copy(folder, draft / name)
        copies = sorted(draft.iterdir())
        editions = [read_parcels(copy / PARCELS_FILE).edition for copy in copies]
        default_city = default_city or editions[0].admin_code
        check_together(editions, default_city)
        manifest = Manifest(
            number=max(_numbers(publications), default=0) + 1,
            previous=_current(data),
            published_at=datetime.now(UTC).replace(microsecond=0),
            default_city=default_city,
            editions={copy.name: checksums(copy) for copy in copies},
        )
        (draft / MANIFEST_FILE).write_text(manifest.text(), encoding="utf-8")
        sync(draft)
        draft.rename(publications / str(manifest.number))
        sync_entry(publications)
        _put_in_force(data, manifest.number)
        _forget_old(publications, manifest.number)
        return manifest


def rollback(data: Path) -> Manifest:
    """Put the publication before the one in force in force again; the later one stays.

    Parameters
    ----------
    data : Path
        A city's folder.

    Raises
    ------
    CatalogueError
        There is none, or a file of it is not what was published.
    """
    with _writing(data) as publications:
        current = _current(data)
        previous = read_manifest(publications / str(current)).previous if current else 0
        if not previous:
            raise CatalogueError("there is no earlier publication to go back to")
        manifest, folders = published_folders(publications / str(previous))
        for name, folder in folders.items():
            check_files(folder, name, manifest.editions[name])
        _put_in_force(data, previous)
        return manifest


def _in_force(data: Path) -> tuple[str | None, dict[str, Path]]:
    """Return the default city of what is in force in a folder, and where its editions are."""
    if not _current(data) and not (data / PARCELS_FILE).exists():
        return None, {}
    manifest, folders = edition_folders(data)
    return manifest.default_city, folders


def _current(data: Path) -> int:
    """Return the number of the publication in force; 0 if nothing was published."""
    link = data / EDITIONS_FOLDER
    if not link.is_symlink():
        return 0
    return int(link.readlink().name)


def _numbers(publications: Path) -> list[int]:
    return [int(one.name) for one in publications.iterdir() if one.name.isdecimal()]


@contextmanager
def _writing(data: Path) -> Iterator[Path]:
    """Yield the folder of publications, in which nobody else publishes meanwhile."""
    link, publications = data / EDITIONS_FOLDER, data / PUBLICATIONS_FOLDER
    if link.exists() and not link.is_symlink():
        raise CatalogueError(
            f"{link} was not made by landprice publish; move it away, and publish what is in it"
        )
    try:
        publications.mkdir(parents=True, exist_ok=True)
        with locked(publications / _LOCK):
            _sweep(publications)  # of a publisher that was ended
            try:
                yield publications
            finally:
                _sweep(publications)
    except OSError as error:
        raise CatalogueError(f"{publications} cannot be written: {error.strerror}") from error


def _sweep(publications: Path) -> None:
    for draft in publications.glob(f"{_DRAFT}*"):
        if draft.is_symlink():
            draft.unlink()
        else:
            shutil.rmtree(draft)


def _copy(folder: Path, target: Path) -> Path:
    """Copy an edition's files; those that were published, and so never change, are linked."""
    target.mkdir(parents=True)
    if folder.parent.parent.name == PUBLICATIONS_FOLDER:
        try:
            for path in folder.iterdir():
                (target / path.name).hardlink_to(path)
        except OSError:  # not every file system has links
            shutil.rmtree(target)
            target.mkdir()
        else:
            return target
    for name, content in edition_files(folder).items():
        (target / name).write_bytes(content)
    return target


def _put_in_force(data: Path, number: int) -> None:
    """Lead the link to a publication."""
    link = data / PUBLICATIONS_FOLDER / f"{_DRAFT}{uuid4().hex}"
    link.symlink_to(Path(PUBLICATIONS_FOLDER) / str(number))
    link.replace(data / EDITIONS_FOLDER)
    sync_entry(data)


def _forget_old(publications: Path, current: int) -> None:
    """Remove what is not among the last that were in force."""
    kept: list[int] = []
    while current in _numbers(publications) and len(kept) < MOST_KEPT:
        kept.append(current)
        current = read_manifest(publications / str(current)).previous
    for number in set(_numbers(publications)).difference(kept):
        shutil.rmtree(publications / str(number), ignore_errors=True)
