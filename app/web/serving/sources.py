"""Where editions are published: in a city's folder, or in a database that services share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from geo.editions.folder import earlier_publications, edition_folders, version_of
from geo.editions.manifest import Manifest, checksums
from geo.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path
    from threading import Event

    from app.settings import Settings

_LOOK_EVERY_S: Final = 0.5


class Source(Protocol):
    """Where editions are published."""

    def changes(self, stopped: Event) -> Iterator[Hashable]:
        """Yield what is published now, and again whenever it may be another, until stopped."""

    def find(self, scratch: Path) -> tuple[Manifest, dict[str, Path]]:
        """Return what is published now, and where the files of each edition are.

        Parameters
        ----------
        scratch : Path
            An empty folder for those that are fetched from elsewhere.

        Raises
        ------
        GeoError
            There is nothing, or it cannot be read.
        """

    def find_earlier(self) -> Iterator[tuple[Manifest, dict[str, Path]]]:
        """Yield what was published before, the latest first."""


class FolderSource:
    """A city's folder.

    Parameters
    ----------
    data : Path
    """

    def __init__(self, data: Path) -> None:
        self._data = data

    def changes(self, stopped: Event) -> Iterator[Hashable]:
        """Yield what is published now, and again whenever it may be another, until stopped."""
        while True:
            yield version_of(self._data)
            if stopped.wait(_LOOK_EVERY_S):
                return

    def find(self, scratch: Path) -> tuple[Manifest, dict[str, Path]]:  # noqa: ARG002
        """Return what is published now, and where the files of each edition are."""
        return edition_folders(self._data)

    def find_earlier(self) -> Iterator[tuple[Manifest, dict[str, Path]]]:
        """Yield what was published before, the latest first."""
        yield from earlier_publications(self._data)


class DatabaseSource:
    """A PostGIS database.

    Parameters
    ----------
    dsn : str
        ``postgresql://…``.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def changes(self, stopped: Event) -> Iterator[Hashable]:
        """Yield what is published now, and again whenever it may be another, until stopped."""
        from geo.editions.postgis.watch import watch  # noqa: PLC0415 - needs an extra

        yield from watch(self._dsn, stopped)

    def find(self, scratch: Path) -> tuple[Manifest, dict[str, Path]]:
        """Return what is published now, and where the files of each edition were fetched to."""
        from geo.editions.postgis.fetch import current, fetch  # noqa: PLC0415 - needs an extra

        number = current(self._dsn)
        if number is None:
            raise CatalogueError(
                "nothing was published in the database yet: run landprice publish --to it first"
            )
        fetch(self._dsn, number, scratch)
        folders = {folder.name: folder for folder in sorted(scratch.iterdir())}
        manifest = Manifest(
            number=number,
            published_at=None,
            default_city=next(iter(folders))[:6],
            editions={name: checksums(folder) for name, folder in folders.items()},
        )
        return manifest, folders

    def find_earlier(self) -> Iterator[tuple[Manifest, dict[str, Path]]]:
        """Yield nothing: what the database has was checked when it was published."""
        yield from ()


def source_of(settings: Settings) -> Source:
    """Return where the editions are published that are to be served."""
    return DatabaseSource(settings.store) if settings.store else FolderSource(settings.data)
