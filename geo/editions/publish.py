"""Publishes editions in a folder, all of them at once, and takes a publication back.

``editions`` is a link to ``.publications/<number>``. A publication is written beside those before
it and never changed; one rename of the link puts it in force. So a reader has one or the other,
whole, whatever ends the writer.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from geo.editions.catalogue import check_together
from geo.editions.checks import check_edition
from geo.editions.folder import EDITIONS_FOLDER, edition_folders, published_folders
from geo.editions.manifest import MANIFEST_FILE, Manifest, check_files, checksums, read_manifest
from geo.errors import CatalogueError
from geo.parcels import PARCELS_FILE, read_parcels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PUBLICATIONS_FOLDER: Final = ".publications"
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
    with _locked(data) as publications:
        default_city, found = _in_force(data)
        given: dict[str, Path] = {}
        for folder in folders:
            edition = check_edition(folder).parcels.edition
            if edition.id in given:
                raise CatalogueError(
                    f"{given[edition.id]} and {folder} both have an edition {edition.id}"
                )
            given[edition.id] = folder
        found |= given
        editions = [read_parcels(folder / PARCELS_FILE).edition for folder in found.values()]
        default_city = default_city or editions[0].admin_code
        check_together(editions, default_city)
        number = max(_numbers(publications), default=0) + 1
        manifest = Manifest(
            number=number,
            previous=_current(data),
            published_at=datetime.now(UTC).replace(microsecond=0),
            default_city=default_city,
            editions={name: checksums(folder) for name, folder in sorted(found.items())},
        )
        try:
            _write(publications, manifest, found)
            _put_in_force(data, number)
        except OSError as error:
            raise CatalogueError(f"{publications} cannot be written: {error.strerror}") from error
        _forget_old(publications, number)
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
    with _locked(data) as publications:
        current = _current(data)
        previous = read_manifest(publications / str(current)).previous if current else 0
        if not previous:
            raise CatalogueError("there is no earlier publication to go back to")
        manifest, folders = published_folders(publications / str(previous))
        for name, folder in folders.items():
            check_files(folder, name, manifest.editions[name])
        try:
            _put_in_force(data, previous)
        except OSError as error:
            raise CatalogueError(f"{data} cannot be written: {error.strerror}") from error
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
def _locked(data: Path) -> Iterator[Path]:
    """Yield the folder of publications, in which nobody else publishes meanwhile."""
    link, publications = data / EDITIONS_FOLDER, data / PUBLICATIONS_FOLDER
    if link.exists() and not link.is_symlink():
        raise CatalogueError(
            f"{link} was not made by landprice publish; move it away, and publish what is in it"
        )
    try:
        publications.mkdir(parents=True, exist_ok=True)
        lock = os.open(publications / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CatalogueError(f"{publications} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in publications.glob(f"{_DRAFT}*"):  # of a publisher that was ended
            draft.unlink() if draft.is_symlink() else shutil.rmtree(draft)
        yield publications
    finally:
        os.close(lock)


def _write(publications: Path, manifest: Manifest, folders: Mapping[str, Path]) -> None:
    """Write a publication beside the others, and have it on the disk when this returns."""
    draft = publications / f"{_DRAFT}{uuid4().hex}"
    try:
        for name, expected in manifest.editions.items():
            (draft / name).mkdir(parents=True)
            for file in expected:
                _copy(folders[name] / file, draft / name / file)
            check_files(draft / name, name, expected)
            _sync(draft / name)
        (draft / MANIFEST_FILE).write_text(manifest.text(), encoding="utf-8")
        _sync(draft / MANIFEST_FILE)
        _sync(draft)
        draft.rename(publications / str(manifest.number))
        _sync(publications)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a file; one that was published before, and so never changes, is linked."""
    if PUBLICATIONS_FOLDER in source.parts:
        with suppress(OSError):  # not every file system has links
            target.hardlink_to(source)
            return
    shutil.copyfile(source, target)
    _sync(target)


def _put_in_force(data: Path, number: int) -> None:
    """Lead the link to a publication."""
    link = data / PUBLICATIONS_FOLDER / f"{_DRAFT}{uuid4().hex}"
    link.symlink_to(Path(PUBLICATIONS_FOLDER) / str(number))
    link.replace(data / EDITIONS_FOLDER)
    _sync(data)


def _forget_old(publications: Path, current: int) -> None:
    """Remove what is not among the last that were in force."""
    kept: list[int] = []
    while current in _numbers(publications) and len(kept) < MOST_KEPT:
        kept.append(current)
        current = read_manifest(publications / str(current)).previous
    for number in set(_numbers(publications)).difference(kept):
        shutil.rmtree(publications / str(number), ignore_errors=True)


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
