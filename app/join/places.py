"""The places of a whole file at once, for what is asked of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.join.geometry import in_degrees
from app.join.rows import Question, point_reader
from app.join.source import open_source
from geo.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

    from geo.crs import Crs, FloatArray
    from geo.lookup.edition import OpenEdition


@dataclass(frozen=True)
class Places:
    """The rows of a file, with where each lies.

    Attributes
    ----------
    table : pyarrow.Table
        Every column of the file.
    lonlat : ndarray, shape (n, 2)
        WGS84 degrees.
    crs : Crs
        In which they were read.
    """

    table: pa.Table
    lonlat: FloatArray
    crs: Crs


def read_places(path: Path, edition: OpenEdition, question: Question) -> Places:
    """Read the places of a file.

    Parameters
    ----------
    path : Path
        Of any kind that is joined.
    edition : OpenEdition
    question : Question
        Of which the columns and the coordinate system are used.

    Raises
    ------
    TableError
        The file cannot be read, or a row has no coordinate; it is named.
    """
    source = open_source(path, question)
    read = point_reader(source.table.schema, source.geometry, question, edition)
    batches, parts = [], [np.empty((0, 2))]
    before = 0
    for batch in source.table.batches:
        points = read(batch)
        if points.problems:
            row, problem = min(points.problems.items())
            raise TableError(f"{path.name}, row {before + row + 1}: {problem}")
        parts.append(np.stack(in_degrees(points, read.crs), axis=1))
        batches.append(batch)
        before += batch.num_rows
    table = pa.Table.from_batches(batches, source.table.schema)
    return Places(table, np.concatenate(parts), read.crs)
