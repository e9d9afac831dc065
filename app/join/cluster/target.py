"""The folder of a result, wherever fsspec reaches it: complete or absent."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pyarrow import parquet

from app.errors import ClusterError, error_summary
from app.join.cluster.sources import FILES_AT_ONCE, file_system, is_local, reaching
from geo.atomic.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fsspec import AbstractFileSystem


@dataclass(frozen=True, slots=True)
class Target:
    """Where workers write parts.

    Attributes
    ----------
    url : str
        The path or URL of the result, as errors name it.
    system : fsspec.AbstractFileSystem
    folder : str
        Where the parts are written.
    drafts : str or None
        A folder from which a part can be moved there; None where nothing can be moved.
    """

    url: str
    system: AbstractFileSystem
    folder: str
    drafts: str | None

    @contextmanager
    def part(self, name: str) -> Iterator[Path]:
        """Yield a path to write to; it becomes the part when the block ends without an error.

        Two workers may write the same part, if one of them was given up too early: the last one
        replaces a complete file by the same.

        Raises
        ------
        ClusterError
            It cannot be written.
        """
        drafts = nullcontext(self.drafts) if self.drafts else tempfile.TemporaryDirectory()
        with drafts as folder:
            draft = Path(folder, f"{name}.{uuid4().hex}")
            try:
                yield draft
                if self.drafts:
                    draft.replace(Path(self.folder, name))
                else:
                    self.system.put_file(str(draft), f"{self.folder}/{name}")
            except OSError as error:
                raise ClusterError(
                    f"A worker cannot write to {self.url}: {error_summary(error)}; do all workers"
                    " reach it by that name?"
                ) from error

    def check(self, rows: Mapping[str, int]) -> None:
        """Check that all parts arrived, given the number of rows of each.

        Raises
        ------
        ClusterError
            A part is missing, cannot be read or has another number of rows.
        """
        self.system.invalidate_cache()
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            names = sorted(rows)
            for name, found in zip(names, pool.map(self._count_rows, names), strict=True):
                if found != rows[name]:
                    raise ClusterError(f"{name} has {found} rows; it should have {rows[name]}.")

    def _count_rows(self, name: str) -> int:
        try:
            with self.system.open(f"{self.folder}/{name}") as file:
                return int(parquet.read_metadata(file).num_rows)
        except Exception as error:  # each kind of file system has its own
            raise ClusterError(
                f"{name} was written, but cannot be read: {error_summary(error)}; do all workers"
                " write to the same folder as this machine?"
            ) from error


@contextmanager
def new_target(url: str) -> Iterator[Target]:
    """Yield where to write parts; they become the result when the block ends without an error.

    On a file system they are written to a hidden folder, which is moved in place. Object stores
    cannot move: there a file ``_SUCCESS`` is written last.

    Raises
    ------
    ClusterError
        There is something at the path or URL already, or it cannot be reached.
    """
    with ExitStack() as stack:
        with reaching(url):
            system, path = file_system(url)
            with suppress(FileNotFoundError):
                if system.ls(path):
                    raise ClusterError(
                        f"{url} is there already; name a folder that is not, or that is empty."
                    )
            if is_local(system):
                folder = stack.enter_context(atomic_path(Path(path)))
                folder.mkdir()
                target = Target(url, system, str(folder), str(folder.parent))
            else:
                path = path.rstrip("/")
                stack.enter_context(_all_or_none(system, path))
                target = Target(url, system, path, None)
        yield target


@contextmanager
def _all_or_none(system: AbstractFileSystem, path: str) -> Iterator[None]:
    try:
        yield
        with reaching(system.unstrip_protocol(path)):
            system.pipe_file(f"{path}/_SUCCESS", b"")
    except BaseException:
        system.invalidate_cache()
        with suppress(Exception):  # the first error is the one to report
            system.rm(path, recursive=True)
        raise
