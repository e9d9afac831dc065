"""Where parts are written, and how they become a result that is whole."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from app.errors import ClusterError
from app.join.cluster.errors import reached, told
from app.join.cluster.sources import FILES_AT_ONCE, file_system, is_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from fsspec import AbstractFileSystem

    from app.join.cluster.sources import Part
    from app.join.rows import JoinCounts

_COMPLETE: Final = "_SUCCESS"


class Target(Protocol):
    """A folder to be, and what it is made in."""

    def start(self) -> None:
        """Refuse a target with something in it, and make ready for parts."""

    def part(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a file that becomes a part, whole, unless something is raised."""

    def part_names(self) -> set[str]:
        """List what was written."""

    def count_rows(self, name: str) -> int:
        """Read how many rows a part has."""

    def finish(self) -> None:
        """Make the parts the target."""

    def remove(self) -> None:
        """Leave nothing behind."""


def find_target(target: str) -> Target:
    """Find the target of a path or URL, with errors as `file_system`.

    Parameters
    ----------
    target : str

    Returns
    -------
    Target
        Of which nothing is made yet.
    """
    system, path = file_system(target)
    if not is_local(system):
        return _Prefix(system, path.rstrip("/"))
    folder = Path(path)
    return _Folder(folder, folder.with_name(f".{folder.name}.{uuid4().hex}"))


@contextmanager
def whole_or_nothing(target: Target) -> Iterator[Target]:
    """Have the parts of a target written, and make them the target.

    Parameters
    ----------
    target : Target

    Yields
    ------
    Target
        Ready for parts. After an error nothing of it is left.

    Raises
    ------
    ClusterError
        It is there already, or cannot be reached.
    """
    with reached(target):
        target.start()
    try:
        yield target
        with reached(target):
            target.finish()
    except BaseException:
        with suppress(Exception):  # what went wrong first is what there is to tell
            target.remove()
        raise


def check_complete(
    target: Target, parts: Sequence[Part], written: Mapping[str, JoinCounts]
) -> None:
    """Refuse a result that lacks something, or has more than it must.

    Parameters
    ----------
    target : Target
    parts : sequence of Part
        What is to be there.
    written : mapping of str to JoinCounts
        What workers say of each part, by its name.

    Raises
    ------
    ClusterError
        A part is not there, cannot be read or has another number of rows; or something else is
        there.
    """
    names = {part.name for part in parts}
    with reached(target):
        there = target.part_names()
    if there != names:
        odd = min(there ^ names)
        how = "is there, which nobody asked for" if odd in there else "was written, but is not here"
        raise ClusterError(f"{odd} {how}: do all workers write to the same folder as this machine?")
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        found = pool.map(partial(_count_rows, target), [part.name for part in parts])
        for part, rows in zip(parts, found, strict=True):
            expected = written[part.name].rows if part.rows is None else part.rows
            if rows != expected:
                raise ClusterError(f"{part.name} has {rows} rows; it should have {expected}.")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A target on a file system, made in a hidden folder beside it."""

    path: Path
    hidden: Path

    def __str__(self) -> str:
        return str(self.path)

    def start(self) -> None:
        if self.path.exists() and not (self.path.is_dir() and not any(self.path.iterdir())):
            raise _taken(self)
        self.hidden.mkdir()
        self._drafts.mkdir()
        self._parts.mkdir()

    @contextmanager
    def part(self, name: str) -> Iterator[BinaryIO]:
        # Two workers may be at the same part: one of them was given up too early.
        draft = self._drafts / f"{name}.{uuid4().hex}"
        try:
            with pa.OSFile(str(draft), "wb") as sink:
                yield sink
            draft.replace(self._parts / name)
        except OSError as error:
            raise _unwritten(self, error) from error

    def part_names(self) -> set[str]:
        return {path.name for path in self._parts.iterdir()}

    def count_rows(self, name: str) -> int:
        return int(parquet.read_metadata(self._parts / name).num_rows)

    def finish(self) -> None:
        if self.path.exists():
            self.path.rmdir()
        self._parts.rename(self.path)
        with suppress(OSError):
            self.remove()

    def remove(self) -> None:
        # Under another name first: a worker that is still busy cannot write to it while it goes.
        gone = self.hidden.rename(self.hidden.with_name(f"{self.hidden.name}.gone"))
        shutil.rmtree(gone, ignore_errors=True)

    @property
    def _drafts(self) -> Path:
        return self.hidden / "drafts"

    @property
    def _parts(self) -> Path:
        return self.hidden / "parts"


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A target in an object store, in which nothing can be moved, but every object is whole."""

    system: AbstractFileSystem
    path: str

    def __str__(self) -> str:
        return str(self.system.unstrip_protocol(self.path))

    def start(self) -> None:
        if self.system.exists(self.path) and self.system.find(self.path):
            raise _taken(self)

    @contextmanager
    def part(self, name: str) -> Iterator[BinaryIO]:
        # Not written to the object itself: after an error fsspec would keep the half of it.
        with tempfile.TemporaryDirectory() as folder:
            draft = Path(folder, name)
            with pa.OSFile(str(draft), "wb") as sink:
                yield sink
            try:
                self.system.put_file(str(draft), self._at(name))
            except Exception as error:  # each kind of file system has its own
                raise _unwritten(self, error) from error

    def part_names(self) -> set[str]:
        self.system.invalidate_cache()
        return {path.removeprefix(self._at("")) for path in self.system.find(self.path)}

    def count_rows(self, name: str) -> int:
        return int(parquet.read_metadata(self._at(name), filesystem=self.system).num_rows)

    def finish(self) -> None:
        self.system.pipe_file(self._at(_COMPLETE), b"")

    def remove(self) -> None:
        self.system.invalidate_cache()
        if self.system.exists(self.path):
            self.system.rm(self.path, recursive=True)

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}"


def _taken(target: Target) -> ClusterError:
    return ClusterError(f"{target} is there already; name a folder that is not, or that is empty.")


def _unwritten(target: Target, error: Exception) -> ClusterError:
    hint = "; do all reach it by that name?" if isinstance(error, FileNotFoundError) else "."
    return ClusterError(f"A worker cannot write to {target}: {told(error)}{hint}")


def _count_rows(target: Target, name: str) -> int:
    try:
        return target.count_rows(name)
    except Exception as error:  # each kind of file system has its own
        raise ClusterError(f"{name} was written, but cannot be read: {told(error)}") from error
