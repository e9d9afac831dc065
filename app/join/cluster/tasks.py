"""The tasks of a join: what a worker is told and does, and how all of them come to an end."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from app.errors import ClusterError
from app.join.cluster.client import PATIENCE_S, check_own_versions, check_versions
from app.join.cluster.errors import told
from app.join.formats import TableFormat, TableWriter
from app.join.geometry import GEO_KEY, parquet_geometry
from app.join.rows import JoinCounts, RowAnswers
from geo.errors import GeoError
from geo.lookup.edition import OpenEdition
from geo.lookup.table import check_names

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from distributed import Client, Future

    from app.join.cluster.sources import Files, Part
    from app.join.cluster.targets import Target
    from app.join.rows import Question

    _Task = Future[JoinCounts]

_LOOK_S: Final = 0.02
_LOOK_FOR_WORKERS_S: Final = 1.0


# What workers are told.


@dataclass(frozen=True, slots=True)
class Edition:
    """The file of an edition; two are equal if their checksums are.

    Attributes
    ----------
    sha256 : str
    content : bytes
    """

    sha256: str
    content: bytes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all parts.

    Attributes
    ----------
    edition : Edition
    question : Question
    files : Files
        Of the table.
    schema : pyarrow.Schema
        Of the table.
    target : Target
    """

    edition: Edition
    question: Question
    files: Files
    schema: pa.Schema
    target: Target


# What workers do.


def write_part(part: Part, job: Job, versions: Mapping[str, str | None]) -> JoinCounts:
    """Read a part, answer its rows, and write it.

    Parameters
    ----------
    part : Part
    job : Job
    versions : mapping of str to str or None
        What the worker must have.

    Returns
    -------
    JoinCounts

    Raises
    ------
    ClusterError
        The worker has another version of a package, or cannot write to the target.
    TableError
        A file is damaged.
    """
    check_own_versions(versions)
    join = TableJoin(job.schema, _loaded(job.edition), job.question)
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
def _loaded(edition: Edition) -> OpenEdition:
    """Build the index, once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "parcels.geojson")
        path.write_bytes(edition.content)
        return OpenEdition.read(path)


class TableJoin:
    """The join of any rows of a table.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the table.
    edition : OpenEdition
    question : Question

    Attributes
    ----------
    schema : pyarrow.Schema
        Of the result.

    Raises
    ------
    TableError
        The table has no coordinates, is in another CRS, or has a column that the result is to have.
    """

    def __init__(self, schema: pa.Schema, edition: OpenEdition, question: Question) -> None:
        self._rows = RowAnswers(schema, parquet_geometry(schema), edition, question)
        fields = [*schema, *self._rows.fields]
        check_names(schema.names, [field.name for field in fields], table="The table")
        metadata = {**self._rows.metadata, **_common_metadata(schema)}
        self.schema = pa.schema(fields, metadata=metadata)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, JoinCounts]:
        """Answer rows.

        Parameters
        ----------
        batch : pyarrow.RecordBatch

        Returns
        -------
        joined : pyarrow.RecordBatch
            The rows with their answers.
        counts : JoinCounts
        """
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


# How they come to an end.


def write_parts(
    client: Client, parts: Sequence[Part], job: Job, advance: Callable[[int], None]
) -> dict[str, JoinCounts]:
    """Have all parts written.

    Parameters
    ----------
    client : distributed.Client
    parts : sequence of Part
    job : Job
    advance : callable
        Told how many more rows are written.

    Returns
    -------
    dict of str to JoinCounts
        By the name of the part.

    Raises
    ------
    ClusterError
        The cluster has other versions or loses its workers, or a part cannot be written.
    TableError
        A file is damaged.
    """
    versions = check_versions(client)
    # The result of a task and not scattered: if its worker is lost, another one has it again.
    shared = client.submit(_same, job, pure=False)
    tasks = client.map(write_part, parts, job=shared, versions=versions, pure=False)
    names = {task.key: part.name for task, part in zip(tasks, parts, strict=True)}
    written = {}
    for task, result in _finished(client, tasks):
        name = names[task.key]
        written[name] = _counts(name, result)
        task.release()  # or it is done again if the worker is lost that still has the result
        advance(written[name].rows)
    return written


def _same(job: Job) -> Job:
    return job


def _finished(client: Client, tasks: Sequence[_Task]) -> Iterator[tuple[_Task, Any]]:
    """Yield tasks with their results as they finish, as long as there are workers."""
    from distributed import as_completed  # noqa: PLC0415 - optional

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
            elif now - last_seen > PATIENCE_S:
                raise ClusterError(f"No worker has been seen for {PATIENCE_S:.0f} s.")
            asked, count = now, _count_workers(client)
    finally:
        count.cancel()


def _count_workers(client: Client) -> concurrent.futures.Future[int]:
    async def count() -> int:
        return len(await client.nthreads())

    loop: Any = client.loop
    return asyncio.run_coroutine_threadsafe(count(), loop.asyncio_loop)


def _counts(name: str, result: Any) -> JoinCounts:  # noqa: ANN401 - or an error
    from distributed import KilledWorker  # noqa: PLC0415 - optional

    if isinstance(result, JoinCounts):
        return result
    if not isinstance(result, tuple):
        raise ClusterError("The connection to the Dask scheduler was lost.")
    _, error, _ = result
    if isinstance(error, GeoError):
        raise error
    if isinstance(error, KilledWorker):
        raise ClusterError(f"{name} was given up: every worker that began it was lost.")
    raise ClusterError(f"{name} was not written: {type(error).__name__}: {told(error)}") from error
