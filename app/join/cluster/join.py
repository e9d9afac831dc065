"""The join of a table on a cluster: first a plan of it, then its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.join.cluster.client import check_cluster, check_dask, connected, quiet
from app.join.cluster.errors import reached
from app.join.cluster.sources import find_table
from app.join.cluster.targets import check_complete, find_target, whole_or_nothing
from app.join.cluster.tasks import Edition, Job, TableJoin, write_parts
from app.join.rows import JoinCounts
from geo.errors import TableError
from geo.lookup.edition import OpenEdition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.join.cluster.sources import Part
    from app.join.rows import Question


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A join of which everything was checked that can be before there is a cluster.

    Attributes
    ----------
    parts : tuple of Part
        The tasks, in the order of their rows.
    job : Job
        What is the same for all of them.
    """

    parts: tuple[Part, ...]
    job: Job

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
    check_dask()
    if question.layer is not None:
        raise TableError("A cluster does not read GeoPackage; leave out --layer.")
    loaded = OpenEdition.read(edition_path)
    edition = Edition(loaded.parcels.sha256, edition_path.read_bytes())
    files, schema, parts = find_table(source, question.encoding)
    with reached(target):
        where = find_target(target)
    TableJoin(schema, loaded, question)  # may refuse
    return ClusterPlan(tuple(parts), Job(edition, question, files, schema, where))


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
    check_cluster(scheduler, workers)
    with whole_or_nothing(plan.job.target) as target:
        with quiet(), connected(scheduler, workers) as client:
            written = write_parts(client, plan.parts, plan.job, advance)
        check_complete(target, plan.parts, written)
    return sum(written.values(), start=JoinCounts())
