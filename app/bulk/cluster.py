"""The join of a table with an edition, spread over the workers of a Dask cluster.

The table is cut into parts of about a million rows. Each part is a task: it is read, answered and
written as one Parquet file, which is the same whenever and wherever that is done. So what a lost
worker had not finished another one begins anew.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import groupby, zip_longest
from multiprocessing import resource_tracker
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from app.answers import load_edition
from app.bulk.geometry import GEO_KEY, parquet_geometry
from app.bulk.join import JoinCounts, RowAnswers, check_names
from app.bulk.points import TableError
from app.bulk.tables import BATCH_ROWS, TableFormat, TableWriter, open_table
from geo.errors import GeoError

# Dask, and fsspec which comes with it, are imported where they are used: most installations do
# without them.

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from distributed import Client, Future, LocalCluster
    from fsspec import AbstractFileSystem

    from app.answers import LoadedEdition
    from app.bulk.geometry import Geometry
    from app.bulk.join import Question

    _Task = Future[JoinCounts]

TASK_ROWS: Final = 1 << 20
"""Rows of a part, at least, but for the last: row groups are gathered until there are as many."""

_SAME_PACKAGES: Final = ("zhumadian-landprice", "pyarrow", "distributed")
_PATIENCE_S: Final = 30.0
"""How long a cluster may be without any worker."""
_LOOK_S: Final = 0.02
_LOOK_FOR_WORKERS_S: Final = 1.0
_FILES_AT_ONCE: Final = 16
_READ_BYTES: Final = 1 << 20
_FORMAT: Final = re.compile(r"\.(?:(parquet)|csv(?:\.(?:gz|bz2|xz|zst))?)$", re.IGNORECASE)
_NAMES: Final = {TableFormat.PARQUET: "Parquet", TableFormat.CSV: "CSV"}
_UTF8: Final = "utf8"
_COMPLETE: Final = "_SUCCESS"


class ClusterError(GeoError):
    """A cluster that is missing or not fit, or a result that it cannot write."""

    code = "cluster_failed"


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A join of which everything was checked that can be before there is a cluster.

    Attributes
    ----------
    parts : tuple
        The tasks, in the order of their rows.
    job : object
        What is the same for all of them.
    """

    parts: tuple[_Part, ...]
    job: _Job

    @property
    def rows(self) -> int | None:
        """Of all parts, where the files say."""
        rows = [part.rows for part in self.parts]
        return None if None in rows else sum(filter(None, rows))


def plan_cluster_join(
    source: str, target: str, edition_path: Path, question: Question
) -> ClusterPlan:
    """Decide what each worker reads and writes, and refuse early what cannot be.

    Parameters
    ----------
    source : str
        A file, a folder of files, or a pattern such as ``2024-*.parquet``; a path, or a URL of any
        kind that fsspec knows, such as ``s3://bucket/points``. Files end in ``.parquet`` or
        ``.csv`` (or ``.csv.gz`` and the like), have the same columns, and follow one another by
        name; those in a folder whose names begin with a dot or an underscore are left out. Parquet
        is cut between row groups, and a file of CSV is one part however long it is.
    target : str
        The folder to write, a path or a URL. It must not be there yet, or be empty.
    edition_path : Path
        ``parcels.geojson``; workers need no copy of it.
    question : Question
        Without a layer.

    Returns
    -------
    ClusterPlan

    Raises
    ------
    ClusterError
        Dask is not installed, or a path or URL cannot be reached.
    TableError
        The source is no table, is damaged, or has no coordinates, another CRS or other columns than
        it must.
    ParcelsError
        The edition is missing or damaged.
    """
    _check_dask()
    if question.layer is not None:
        raise TableError("A cluster does not read GeoPackage; leave out --layer.")
    loaded = load_edition(edition_path)
    edition = _Edition(loaded.parcels.sha256, edition_path.read_bytes())
    files, schema, parts = _find_table(source, question.encoding)
    with _reached(target):
        where = _find_target(target)
    _Join(schema, loaded, question)  # may refuse
    return ClusterPlan(tuple(parts), _Job(edition, question, files, schema, where))


def run_cluster_join(
    plan: ClusterPlan,
    scheduler: str | None,
    workers: int | None,
    advance: Callable[[int], None],
) -> JoinCounts:
    """Carry out a plan on a Dask cluster.

    The result is a folder of Parquet files ``part-00000.parquet``, ``part-00001.parquet``, … in the
    order of the table, with all its columns, then those of the answers, and the metadata of both.
    It is there whole or not at all: on a file system the parts are written to a hidden folder
    beside it, which takes its place at the end. Object stores cannot do that: there a file
    ``_SUCCESS`` is written last, and a folder without it is not whole.

    Parameters
    ----------
    plan : ClusterPlan
    scheduler : str or None
        Address of a running cluster, such as ``tcp://10.0.0.1:8786``. Its scheduler and its workers
        need this product in the same version, and reach the table and the target by the same names.
    workers : int or None
        Instead, start so many processes on this machine for this join.
    advance : callable
        Told how many more rows are written.

    Returns
    -------
    JoinCounts

    Raises
    ------
    ClusterError
        Not exactly one of `scheduler` and `workers` is given; the cluster is not there, has other
        versions, or loses its workers; the target is there already, cannot be written, or is not
        complete.
    TableError
        A file is damaged.
    """
    _check_cluster(scheduler, workers)
    with _whole_or_nothing(plan.job.target) as target:
        with _quiet(), _connected(scheduler, workers) as client:
            written = _write_parts(client, plan, advance)
        _check_complete(target, plan.parts, written)
    return sum(written.values(), start=JoinCounts())


# What workers are told.


@dataclass(frozen=True, slots=True)
class _Edition:
    """The file of an edition; two are equal if their checksums are."""

    sha256: str
    content: bytes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some row groups of a Parquet file, or a file of CSV."""

    path: str
    row_groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A task; of CSV nobody knows the rows before they are read."""

    name: str
    pieces: tuple[_Piece, ...]
    rows: int | None


@dataclass(frozen=True, slots=True)
class _Job:
    """What is the same for all parts."""

    edition: _Edition
    question: Question
    files: _Files
    schema: pa.Schema
    target: _Target


# What workers do.


def _write_part(part: _Part, job: _Job, versions: Mapping[str, str | None]) -> JoinCounts:
    from distributed import get_worker  # noqa: PLC0415 - see above

    # Workers that came late were not there to be asked.
    _check_versions(get_worker().address, versions, _versions())
    join = _Join(job.schema, _loaded(job.edition), job.question)
    counts = JoinCounts()
    with (
        job.target.part(part.name) as sink,
        TableWriter(sink, TableFormat.PARQUET, join.schema) as writer,
    ):
        for batch in job.files.batches(part):
            joined, more = join(batch)
            writer.write(joined)
            counts += more
    return counts


@lru_cache(maxsize=1)
def _loaded(edition: _Edition) -> LoadedEdition:
    """Build the index, once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "parcels.geojson")
        path.write_bytes(edition.content)
        return load_edition(path)


class _Join:
    """The join of any rows of a table."""

    def __init__(self, schema: pa.Schema, edition: LoadedEdition, question: Question) -> None:
        self._rows = RowAnswers(schema, parquet_geometry(schema), edition, question)
        fields = [*schema, *self._rows.fields]
        check_names(schema.names, [field.name for field in fields], table="The table")
        metadata = {**self._rows.metadata, **_common_metadata(schema)}
        self.schema = pa.schema(fields, metadata=metadata)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, JoinCounts]:
        answered, counts = self._rows.answer(self._rows.read(batch))
        columns = [*batch.columns, *answered.columns]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema), counts


def _common_metadata(schema: pa.Schema) -> dict[bytes, bytes]:
    """Return what is said of a table, but for the extent of GeoParquet: each part has its own."""
    metadata: dict[bytes, bytes] = dict(schema.metadata or {})
    if GEO_KEY in metadata:
        geo = json.loads(metadata[GEO_KEY])
        for column in filter(None, geo["columns"].values()):
            column.pop("bbox", None)
        metadata[GEO_KEY] = json.dumps(geo, ensure_ascii=False).encode()
    return metadata


# What there is to read.


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a table, and how to read one."""

    system: AbstractFileSystem
    fmt: TableFormat
    encoding: str

    def head(self, path: str) -> _Head:
        with _sentences(path, self.fmt):
            if self.fmt is TableFormat.CSV:
                with self._open(path) as text:
                    schema = open_table(text, self.fmt, encoding=self.encoding).schema
                return _Head(path, schema, None, [])
            with self._open_parquet(path) as file:
                groups = range(file.num_row_groups)
                rows = [file.metadata.row_group(number).num_rows for number in groups]
                return _Head(path, file.schema_arrow, parquet_geometry(file.schema_arrow), rows)

    def batches(self, part: _Part) -> Iterator[pa.RecordBatch]:
        for piece in part.pieces:
            with _sentences(piece.path, self.fmt):
                if self.fmt is TableFormat.CSV:
                    with self._open(piece.path) as text:
                        yield from open_table(text, self.fmt, encoding=self.encoding).batches
                else:
                    with self._open_parquet(piece.path) as file:
                        yield from file.iter_batches(BATCH_ROWS, row_groups=piece.row_groups)

    def _open(self, path: str) -> AbstractContextManager[BinaryIO]:
        file: AbstractContextManager[BinaryIO]
        file = self.system.open(path, "rb", compression="infer")
        return file

    def _open_parquet(self, path: str) -> parquet.ParquetFile:
        return parquet.ParquetFile(
            path,
            filesystem=self.system,
            # Little memory, or few requests.
            buffer_size=_READ_BYTES if _is_local(self.system) else 0,
            pre_buffer=not _is_local(self.system),
            page_checksum_verification=True,
        )


@dataclass(frozen=True, slots=True)
class _Head:
    """What a file says of itself; `rows` are those of each row group of Parquet."""

    path: str
    schema: pa.Schema
    geometry: Geometry | None
    rows: Sequence[int]


@contextmanager
def _sentences(path: str, fmt: TableFormat) -> Iterator[None]:
    try:
        yield
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
    except Exception as error:  # each kind of file system has its own
        raise TableError(f"{path} cannot be read as {_NAMES[fmt]}: {_told(error)}") from error


def _told(error: BaseException) -> str:
    """Return what an error says, in one line."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _find_table(source: str, encoding: str | None) -> tuple[_Files, pa.Schema, list[_Part]]:
    with _reached(source):
        system, path = _file_system(source)
        paths = _list_files(system, path)
    if not paths:
        raise TableError(f"{source} is no file, no folder of files, and no pattern of any.")
    formats = {_format(path) for path in paths}
    if len(formats) > 1:
        raise TableError(f"{source} has both Parquet and CSV; it must have one of them.")
    files = _Files(system, formats.pop(), encoding or _UTF8)
    if encoding is not None and files.fmt is not TableFormat.CSV:
        raise TableError(f"{source} is no CSV; leave out --encoding.")
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        heads = list(pool.map(files.head, paths))
    _check_same_columns(heads)
    return files, heads[0].schema, _parts(files.fmt, heads)


def _file_system(url: str) -> tuple[AbstractFileSystem, str]:
    from fsspec.core import url_to_fs  # noqa: PLC0415 - see above

    system, path = url_to_fs(url)
    return system, path


def _is_local(system: AbstractFileSystem) -> bool:
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - see above

    return isinstance(system, LocalFileSystem)


@contextmanager
def _reached(url: object) -> Iterator[None]:
    try:
        yield
    except GeoError:
        raise
    except Exception as error:  # each kind of file system has its own
        raise ClusterError(f"{url} cannot be reached: {_told(error)}") from error


def _list_files(system: AbstractFileSystem, path: str) -> list[str]:
    if system.isfile(path):
        return [path]
    if not system.isdir(path):
        found = system.glob(path, detail=True)
        return sorted(name for name, info in found.items() if info["type"] == "file")
    kinds = {info["name"].rstrip("/"): info["type"] for info in system.ls(path, detail=True)}
    shown = sorted(name for name in kinds if name.rsplit("/", 1)[-1][0] not in "._")
    for name in shown:
        if kinds[name] == "directory":
            raise TableError(f"{path} has a folder {name}; name the files with a pattern.")
    return shown


def _format(path: str) -> TableFormat:
    ending = _FORMAT.search(path)
    if ending is None:
        raise TableError(f"{path} ends neither in .parquet nor in .csv.")
    return TableFormat.PARQUET if ending[1] else TableFormat.CSV


def _parts(fmt: TableFormat, heads: Sequence[_Head]) -> list[_Part]:
    cuts: list[tuple[tuple[_Piece, ...], int | None]]
    if fmt is TableFormat.CSV:
        cuts = [((_Piece(head.path),), None) for head in heads]
    else:
        cuts = [(_pieces(groups), rows) for groups, rows in _gathered(heads)]
    width = max(5, len(str(len(cuts) - 1)))
    return [_Part(f"part-{i:0{width}}.parquet", *cut) for i, cut in enumerate(cuts)]


def _gathered(heads: Sequence[_Head]) -> Iterator[tuple[list[tuple[str, int]], int]]:
    """Gather row groups until they have enough rows, and yield those; at least once."""
    groups: list[tuple[str, int]] = []
    rows = 0
    cut = False
    for head in heads:
        for number, count in enumerate(head.rows):
            groups.append((head.path, number))
            rows += count
            if rows >= TASK_ROWS:
                yield groups, rows
                groups, rows, cut = [], 0, True
    if groups or not cut:
        yield groups, rows


def _pieces(groups: Sequence[tuple[str, int]]) -> tuple[_Piece, ...]:
    by_path = groupby(groups, itemgetter(0))
    return tuple(_Piece(path, tuple(number for _, number in some)) for path, some in by_path)


def _check_same_columns(heads: Sequence[_Head]) -> None:
    first = heads[0]
    for head in heads:
        for one, other in zip_longest(head.schema, first.schema):
            if one is None or other is None or not one.equals(other):
                raise TableError(
                    f"{head.path} has {_column_text(one)} where {first.path} has"
                    f" {_column_text(other)}; all files must have the same columns."
                )
        if head.geometry != first.geometry:
            raise TableError(f"{head.path} says other things of its geometry than {first.path}.")


def _column_text(column: pa.Field | None) -> str:
    if column is None:
        return "no column"
    return f"the column {column.name!r} ({column.type}{'' if column.nullable else ', not null'})"


# Where parts are written.


class _Target(Protocol):
    """A folder to be, and what it is made in."""

    def start(self) -> None:
        """Refuse a target with something in it, and make ready for parts."""

    def part(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a file that becomes a part, whole, unless something is raised."""

    def part_names(self) -> set[str]: ...

    def count_rows(self, name: str) -> int: ...

    def finish(self) -> None:
        """Make the parts the target."""

    def remove(self) -> None:
        """Leave nothing behind."""


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


def _taken(target: _Target) -> ClusterError:
    return ClusterError(f"{target} is there already; name a folder that is not, or that is empty.")


def _unwritten(target: _Target, error: Exception) -> ClusterError:
    hint = "; do all reach it by that name?" if isinstance(error, FileNotFoundError) else "."
    return ClusterError(f"A worker cannot write to {target}: {_told(error)}{hint}")


def _find_target(target: str) -> _Target:
    system, path = _file_system(target)
    if not _is_local(system):
        return _Prefix(system, path.rstrip("/"))
    folder = Path(path)
    return _Folder(folder, folder.with_name(f".{folder.name}.{uuid4().hex}"))


@contextmanager
def _whole_or_nothing(target: _Target) -> Iterator[_Target]:
    with _reached(target):
        target.start()
    try:
        yield target
        with _reached(target):
            target.finish()
    except BaseException:
        with suppress(Exception):  # what went wrong first is what there is to tell
            target.remove()
        raise


def _check_complete(
    target: _Target, parts: Sequence[_Part], written: Mapping[str, JoinCounts]
) -> None:
    names = {part.name for part in parts}
    with _reached(target):
        there = target.part_names()
    if there != names:
        odd = min(there ^ names)
        how = "is there, which nobody asked for" if odd in there else "was written, but is not here"
        raise ClusterError(f"{odd} {how}: do all workers write to the same folder as this machine?")
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        found = pool.map(partial(_count_rows, target), [part.name for part in parts])
        for part, rows in zip(parts, found, strict=True):
            expected = written[part.name].rows if part.rows is None else part.rows
            if rows != expected:
                raise ClusterError(f"{part.name} has {rows} rows; it should have {expected}.")


def _count_rows(target: _Target, name: str) -> int:
    try:
        return target.count_rows(name)
    except Exception as error:  # each kind of file system has its own
        raise ClusterError(f"{name} was written, but cannot be read: {_told(error)}") from error


# The cluster.


def _check_dask() -> None:
    try:
        import distributed  # noqa: F401, PLC0415 - see above
    except ImportError as error:
        raise ClusterError(
            "A cluster needs Dask: install it with pip install 'zhumadian-landprice[cluster]'."
        ) from error


def _check_cluster(scheduler: str | None, workers: int | None) -> None:
    if (scheduler is None) == (workers is None):
        raise ClusterError("A cluster is an address of a scheduler or a number of workers.")
    if workers is not None and workers < 1:
        raise ClusterError(f"The number of workers is {workers}; it must be 1 or more.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the logs of Dask from what the user is told."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _connected(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    from distributed import Client  # noqa: PLC0415 - see above
    from distributed.versions import VersionMismatchWarning  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        cluster: LocalCluster | str
        if scheduler is None:
            assert workers is not None  # noqa: S101 - one of the two is given
            cluster = stack.enter_context(_local_cluster(workers))
        else:
            _check_scheduler(scheduler)
            cluster = scheduler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # those that matter are refused
            client = stack.enter_context(Client(cluster, set_as_default=False))
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError as error:
            raise ClusterError(f"The Dask scheduler at {cluster} has no workers.") from error
        yield client


def _check_scheduler(address: str) -> None:
    """Refuse an address that has no scheduler: a client of it waits for ever, and longer to end."""
    try:
        kind = asyncio.run(_ask_kind(address))
    except Exception as error:  # what listens there may answer anything
        # Of other services, the first bytes are taken for a length.
        other = isinstance(error, (TimeoutError, MemoryError))
        told = "something else may be there" if other else _told(error)
        raise ClusterError(f"No Dask scheduler answers at {address}: {told}") from error
    if kind != "Scheduler":
        raise ClusterError(f"No Dask scheduler answers at {address}: it is a {kind}")


async def _ask_kind(address: str) -> str:
    from distributed import Security, rpc  # noqa: PLC0415 - see above

    how = Security().get_connection_args("client")
    async with asyncio.timeout(_PATIENCE_S), rpc(address, connection_args=how) as server:
        identity = await server.identity()
    return str(identity["type"])


@contextmanager
def _local_cluster(workers: int) -> Iterator[LocalCluster]:
    import dask  # noqa: PLC0415 - see above
    from distributed import LocalCluster  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(dask.config.set({"distributed.worker.profile.enabled": False}))
        with _uninterrupted():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                scheduler_kwargs={"dashboard": False},
                dashboard_address="127.0.0.1:0",  # Dask serves something even without one
                memory_limit=0,  # a part is read batch by batch
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
        yield cluster


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait, and never reach the threads and processes that are begun meanwhile."""
    pressed: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    resource_tracker.ensure_running()  # which would let it pass again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # Threads that are there already still take it, and have this one act on it.
    handler = signal.signal(signal.SIGINT, lambda *_: pressed.append(1)) if is_main else None
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def _versions() -> dict[str, str | None]:
    from distributed.versions import get_versions  # noqa: PLC0415 - see above

    packages: dict[str, str | None] = get_versions(_SAME_PACKAGES)["packages"]
    return packages


def _check_versions(
    where: str, expected: Mapping[str, str | None], found: Mapping[str, str | None]
) -> None:
    for name in _SAME_PACKAGES:
        if found.get(name) != expected[name]:
            raise ClusterError(
                f"{where} has {name} {found.get(name) or 'not at all'}, this machine has"
                f" {expected[name]}: install the same version on all."
            )


def _write_parts(
    client: Client, plan: ClusterPlan, advance: Callable[[int], None]
) -> dict[str, JoinCounts]:
    asked: Any = client.get_versions(packages=list(_SAME_PACKAGES))
    versions = asked["client"]["packages"]
    for where, found in {"The Dask scheduler": asked["scheduler"], **asked["workers"]}.items():
        _check_versions(where, versions, found["packages"])
    # The result of a task and not scattered: if its worker is lost, another one has it again.
    job = client.submit(_same, plan.job, pure=False)
    tasks = client.map(_write_part, plan.parts, job=job, versions=versions, pure=False)
    names = {task.key: part.name for task, part in zip(tasks, plan.parts, strict=True)}
    written = {}
    for task, result in _finished(client, tasks):
        name = names[task.key]
        written[name] = _counts(name, result)
        task.release()  # or it is done again if the worker is lost that still has the result
        advance(written[name].rows)
    return written


def _same(job: _Job) -> _Job:
    return job


def _finished(client: Client, tasks: Sequence[_Task]) -> Iterator[tuple[_Task, Any]]:
    """Yield tasks with their results as they finish, as long as there are workers."""
    from distributed import as_completed  # noqa: PLC0415 - see above

    waiting = as_completed(tasks, loop=client.loop, with_results=True)
    asked = last_seen = time.monotonic()
    # Not waited for: it takes long if the scheduler is lost, of which the tasks tell at once.
    count = _count_workers(client)
    try:
        while not waiting.is_empty():
            yield from waiting.next_batch(block=False)
            time.sleep(_LOOK_S)
            now = time.monotonic()
            if now - asked < _LOOK_FOR_WORKERS_S or not count.done():
                continue
            if count.exception() is None and count.result():
                last_seen = now
            elif now - last_seen > _PATIENCE_S:
                raise ClusterError(f"No worker has been seen for {_PATIENCE_S:.0f} s.")
            asked, count = now, _count_workers(client)
    finally:
        count.cancel()


def _count_workers(client: Client) -> concurrent.futures.Future[int]:
    async def count() -> int:
        return len(await client.nthreads())

    loop: Any = client.loop
    return asyncio.run_coroutine_threadsafe(count(), loop.asyncio_loop)


def _counts(name: str, result: Any) -> JoinCounts:  # noqa: ANN401 - or an error
    from distributed import KilledWorker  # noqa: PLC0415 - see above

    if isinstance(result, JoinCounts):
        return result
    if not isinstance(result, tuple):
        raise ClusterError("The connection to the Dask scheduler was lost.")
    _, error, _ = result
    if isinstance(error, GeoError):
        raise error
    if isinstance(error, KilledWorker):
        raise ClusterError(f"{name} was given up: every worker that began it was lost.")
    raise ClusterError(f"{name} was not written: {type(error).__name__}: {_told(error)}") from error
