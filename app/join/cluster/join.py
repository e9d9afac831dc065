"""The join of a table on a cluster: first a plan of it, then its run."""

from __future__ import annotations

import json
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from app.errors import ClusterError, error_summary
from app.join.cluster.client import (
    TIMEOUT_S,
    check_dask,
    check_versions,
    check_workers,
    connected,
    versions,
)
from app.join.cluster.sources import find_table
from app.join.cluster.target import new_target
from app.join.formats import TableFormat, TableWriter
from app.join.geometry import GEO_KEY, parquet_geometry
from app.join.rows import JoinCounts, RowAnswers
from geo.errors import GeoError, TableError
from geo.lookup.edition import OpenEdition
from geo.lookup.table import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from distributed import Client, Future

    from app.join.cluster.sources import Files, Part
    from app.join.cluster.target import Target
    from app.join.rows import Question


@dataclass(frozen=True, slots=True)
class TableJoin:
    """The join of any rows of a table; it is sent to the workers without the edition.

    Attributes
    ----------
    files : Files
        The files of the table.
    schema : pyarrow.Schema
        The columns of the table.
    question : Question
    """

    files: Files
    schema: pa.Schema
    question: Question

    def answers(self, edition: OpenEdition) -> tuple[RowAnswers, pa.Schema]:
        """Return what answers rows, and the schema of the result.

        Raises
        ------
        TableError
            The table has no coordinates, is in another CRS, or has a column that the result is to
            have.
        """
        rows = RowAnswers(self.schema, parquet_geometry(self.schema), edition, self.question)
        fields = [*self.schema, *rows.fields]
        check_names(self.schema.names, [field.name for field in fields], table="The table")
        return rows, pa.schema(fields, metadata={**rows.metadata, **_common_metadata(self.schema)})


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A join of which everything was checked that can be before there is a cluster.

    Attributes
    ----------
    target : str
    parts : tuple of Part
        The tasks, in the order of their rows.
    join : TableJoin
    edition : OpenEdition
    """

    target: str
    parts: tuple[Part, ...]
    join: TableJoin
    edition: OpenEdition

    @property
    def rows(self) -> int | None:
        """Number of rows of all parts; CSV does not say."""
        rows = [part.rows for part in self.parts]
        return None if None in rows else sum(filter(None, rows))


def plan_cluster_join(
    source: str, target: str, edition: OpenEdition, question: Question
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
    edition : OpenEdition
        It is sent to the workers, which need no copy of its file.
    question : Question
        Without a layer.

    Raises
    ------
    ClusterError
        Dask is not installed, or a path or URL cannot be reached.
    TableError
        The source is no table, is damaged, or has no coordinates, another CRS or other columns than
        it must.
    """
    check_dask()
    if question.layer is not None:
        raise TableError("A cluster reads no files with layers or sheets; leave out --layer.")
    files, schema, parts = find_table(source, question.encoding)
    join = TableJoin(files, schema, question)
    join.answers(edition)  # may refuse
    return ClusterPlan(target, tuple(parts), join, edition)


def run_cluster_join(
    plan: ClusterPlan,
    scheduler: str | None,
    workers: int | None,
    advance: Callable[[int], None],
) -> JoinCounts:
    """Carry out a plan on a Dask cluster.

    The result is a folder of Parquet files ``part-00000.parquet``, ``part-00001.parquet``, … in the
    order of the table, with all its columns, then those of the answers, and the metadata of both.
    It is complete or absent, as `new_target` says.

    Parameters
    ----------
    plan : ClusterPlan
    scheduler : str or None
        Address of a running cluster, such as ``tcp://10.0.0.1:8786``. Its scheduler and its workers
        need this product in the same version, and reach the table and the target by the same names.
    workers : int or None
        Instead, start so many processes on this machine for this join.
    advance : callable
        Called with the number of rows of each part that is written.

    Raises
    ------
    ClusterError
        Not exactly one of `scheduler` and `workers` is given; the cluster is not there, has other
        versions, or loses its workers; there is something at the target already, or it cannot be
        written.
    TableError
        A file is damaged.
    """
    counts = JoinCounts()
    rows = {}
    with new_target(plan.target) as target:
        with connected(scheduler, workers) as client:
            for part, written in _write_parts(client, plan, target):
                rows[part.name] = written.rows
                counts += written
                advance(written.rows)
        target.check(rows)
    return counts


def _write_parts(
    client: Client, plan: ClusterPlan, target: Target
) -> Iterator[tuple[Part, JoinCounts]]:
    """Have all parts written, and yield each as it is done."""
    from distributed import wait  # noqa: PLC0415 - optional

    # The result of a task and not scattered: if its worker is lost, another one has it again.
    edition = client.submit(OpenEdition.of, plan.edition.parcels, plan.edition.layouts, pure=False)
    tasks: Sequence[Future[JoinCounts]] = client.map(
        _write_part,
        plan.parts,
        join=plan.join,
        edition=edition,
        target=target,
        versions=versions(),
        pure=False,
    )
    parts = {task.key: part for task, part in zip(tasks, plan.parts, strict=True)}
    pending = set(tasks)
    while pending:
        try:
            done, pending = wait(pending, TIMEOUT_S, "FIRST_COMPLETED")
        except TimeoutError:
            check_workers(client)
            continue
        except CancelledError as error:
            raise ClusterError("The connection to the Dask scheduler was lost.") from error
        for task in done:
            part = parts[task.key]
            yield part, _result(task, part)
            task.release()  # or it is repeated if the worker is lost that still has the result


def _result(task: Future[JoinCounts], part: Part) -> JoinCounts:
    try:
        counts: JoinCounts = task.result()
    except GeoError:
        raise
    except Exception as error:  # of Dask, or not foreseen
        raise ClusterError(
            f"{part.name} was not written: {type(error).__name__}: {error_summary(error)}"
        ) from error
    return counts


def _write_part(
    part: Part,
    *,
    join: TableJoin,
    edition: OpenEdition,
    target: Target,
    versions: Mapping[str, str],
) -> JoinCounts:
    """Read a part, answer its rows, and write it; on a worker."""
    check_versions(versions)
    rows, schema = join.answers(edition)
    counts = JoinCounts()
    with (
        join.files.open(part.path, part.row_groups) as table,
        target.part(part.name) as path,
        pa.OSFile(str(path), "wb") as sink,
        TableWriter(sink, TableFormat.PARQUET, schema) as writer,
    ):
        for batch in table.batches:
            answered, _, more = rows.answer(batch, rows.read(batch))
            columns = [*batch.columns, *answered.columns]
            writer.write(pa.RecordBatch.from_arrays(columns, schema=schema))
            counts += more
    return counts


def _common_metadata(schema: pa.Schema) -> dict[bytes, bytes]:
    """Return the metadata of a table without the extent of GeoParquet: each part has its own."""
    metadata: dict[bytes, bytes] = dict(schema.metadata or {})
    if GEO_KEY in metadata:
        geo = json.loads(metadata[GEO_KEY])
        for column in filter(None, geo["columns"].values()):
            column.pop("bbox", None)
        metadata[GEO_KEY] = json.dumps(geo, ensure_ascii=False).encode()
    return metadata
