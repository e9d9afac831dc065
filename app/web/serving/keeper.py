"""Takes what is published, and keeps a checked copy of it for the workers of a service."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from app.web.edition import LoadedEdition
from app.web.served import Served
from app.web.serving.sources import source_of
from app.web.serving.state import State, read_state, write_state
from geo.editions.catalogue import check_together
from geo.editions.folder import EDITIONS_FOLDER, published_folders
from geo.editions.manifest import MANIFEST_FILE, check_files, edition_files
from geo.errors import CatalogueError, GeoError, StoreError
from geo.parcels import PARCELS_FILE

if TYPE_CHECKING:
    from collections.abc import Hashable
    from threading import Event

    from app.settings import Settings
    from app.web.serving.sources import Source
    from geo.editions.manifest import Manifest
    from geo.model import Edition

_LOG: Final = logging.getLogger("landprice")
_TRY_AGAIN_S: Final = 1.0


class Keeper:
    """Keeps a copy of what is published.

    Parameters
    ----------
    source : Source
    runtime : Path
        The service's own folder, for the copies.
    default_city : str
        The one that was published first if it is empty.
    """

    def __init__(self, source: Source, runtime: Path, default_city: str = "") -> None:
        self._source = source
        self._default_city = default_city
        self._runtime = runtime
        self._checked: dict[str, Edition] = {}  # by the checksum of their files
        self._state = State(taken=0)

    def start(self) -> None:
        """Take what is published, or the last before it that can be.

        Raises
        ------
        GeoError
            Nothing can be taken; it tells what is wrong with what is published now.
        """
        try:
            self._take(*self._source.find(self._scratch()))
        except GeoError as error:
            for found in self._source.find_earlier():
                try:
                    self._take(*found)
                except GeoError:
                    continue
                self._refuse(error)
                return
            raise

    def follow(self, stopped: Event) -> None:
        """Take whatever is published from now on, until stopped.

        What cannot be taken is logged and told to the workers, and the last copy stays.
        """
        known: Hashable = None
        for version in self._source.changes(stopped):
            if version == known:
                continue
            # Whoever watches a database is told of a publication once, and it may be away then.
            while not self._is_settled():
                if stopped.wait(_TRY_AGAIN_S):
                    return
            known = version

    def _is_settled(self) -> bool:
        """Take or refuse what is published; tell whether that is not to be tried again."""
        try:
            self._take(*self._source.find(self._scratch()))
        except (OSError, StoreError) as error:  # of the service's own folder, or the database
            self._refuse(error)
            return False
        except GeoError as error:
            self._refuse(error)
        return True

    def _scratch(self) -> Path:
        scratch = self._runtime / "fetched"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        return scratch

    def _take(self, manifest: Manifest, folders: dict[str, Path]) -> None:
        """Copy editions, check the copies, and tell the workers."""
        if self._default_city:
            manifest = manifest.model_copy(update={"default_city": self._default_city})
        if self._has_taken(manifest):
            for name, folder in folders.items():
                check_files(folder, name, manifest.editions[name])
            if self._state.refused is not None:
                self._tell(State(taken=self._state.taken))
            return
        state = State(taken=self._state.taken + 1)
        target = state.folder(self._runtime) / EDITIONS_FOLDER
        shutil.rmtree(target, ignore_errors=True)
        for name, folder in folders.items():
            self._copy(manifest, name, folder, target / name)
        checked = {manifest.digest(name): self._check(manifest, name, target) for name in folders}
        check_together(checked.values(), manifest.default_city)
        self._checked = checked
        (target / MANIFEST_FILE).write_text(manifest.text(), encoding="utf-8")
        self._tell(state)
        _LOG.info("Serving %s", ", ".join(manifest.editions))
        # Workers may still be reading the copy before this one.
        shutil.rmtree(self._runtime / str(state.taken - 2), ignore_errors=True)

    def _has_taken(self, manifest: Manifest) -> bool:
        """Tell whether the last copy is of the same publication."""
        if not self._state.taken:
            return False
        before, _ = published_folders(self._state.folder(self._runtime) / EDITIONS_FOLDER)
        return before == manifest

    def _copy(self, manifest: Manifest, name: str, folder: Path, target: Path) -> None:
        """Copy an edition; one that the last copy has is linked."""
        target.mkdir(parents=True)
        before = self._state.folder(self._runtime) / EDITIONS_FOLDER / name
        if manifest.digest(name) in self._checked and before.is_dir():
            for file in manifest.editions[name]:
                os.link(before / file, target / file)
        else:
            for file, content in edition_files(folder).items():
                (target / file).write_bytes(content)

    def _check(self, manifest: Manifest, name: str, target: Path) -> Edition:
        digest = manifest.digest(name)
        if digest not in self._checked:
            check_files(target / name, name, manifest.editions[name])
            edition = LoadedEdition.read(target / name / PARCELS_FILE).parcels.edition
            if edition.id != name:
                raise CatalogueError(f"the edition {name} is {edition.id}")
            return edition
        return self._checked[digest]

    def _refuse(self, error: Exception) -> None:
        if str(error) == self._state.refused:
            return
        _LOG.error("Not served: %s", error)
        self._tell(State(taken=self._state.taken, refused=str(error)))

    def _tell(self, state: State) -> None:
        write_state(self._runtime, state)
        self._state = state


def read_served(settings: Settings) -> Served:
    """Read what is published, once.

    Raises
    ------
    GeoError
        There is nothing, or it cannot be read.
    """
    city = settings.city or None
    if not settings.store:
        return Served.read(settings.data, default_city=city)
    with TemporaryDirectory(prefix="landprice-") as folder:
        runtime = Path(folder)
        Keeper(source_of(settings), runtime, settings.city).start()
        return Served.read(read_state(runtime).folder(runtime))
