"""Answers for many points of several cities, as columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from geo.crs import to_wgs84
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, TableAnswers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.crs import Crs
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points
    from geo.lookup.table import Column
    from geo.model import Use

EDITION_COLUMN: Final = "edition"
"""Which edition a row is answered from."""


class CityAnswers:
    """Answers for many points, each from the edition of the city that holds it.

    As `geo.lookup.table.TableAnswers`, with `EDITION_COLUMN`, and texts in place of dictionaries.

    Parameters
    ----------
    editions : sequence of OpenEdition
        One of each city; the first answers for points that none holds, and for those that cannot be
        read. Of several that hold a point the last does.
    crs : Crs
        CRS of the points.
    uses : sequence of Use
        Of any of the editions; null where a city has no such use.
    columns : sequence of Column, optional
    """

    def __init__(
        self,
        editions: Sequence[OpenEdition],
        *,
        crs: Crs,
        uses: Sequence[Use],
        columns: Sequence[Column] = DEFAULT_COLUMNS,
    ) -> None:
        self._editions = editions
        self._crs = crs
        self._answers = [
            TableAnswers(
                edition,
                crs=crs,
                uses=[use for use in edition.uses if use in uses],
                columns=columns,
            )
            for edition in editions
        ]
        plain = {
            field.name: pa.string() if pa.types.is_dictionary(field.type) else field.type
            for answers in self._answers
            for field in answers.schema
        }
        names = [f"{use}_{column}" for use in uses for column in columns]
        fields = [(name, plain[name]) for name in names]
        fields += [(EDITION_COLUMN, pa.string()), *((name, pa.string()) for name in ERROR_COLUMNS)]
        self.schema = pa.schema(fields, metadata=self._answers[0].schema.metadata)

    def answer(self, points: Points) -> pa.RecordBatch:
        """Answer for each point.

        Returns
        -------
        pyarrow.RecordBatch
            A row a point, in order, with the columns of `schema`.
        """
        chosen = self._chosen(points)
        parts, order = [], []
        for number in np.unique(chosen).tolist() or [0]:
            rows = np.flatnonzero(chosen == number)
            parts.append(self._part(number, points.take(rows)))
            order.append(rows)
        place = np.argsort(np.concatenate(order), kind="stable")
        table = pa.Table.from_batches(parts, schema=self.schema).combine_chunks()
        [batch] = table.take(pa.array(place)).combine_chunks().to_batches() or [parts[0]]
        return batch

    def _chosen(self, points: Points) -> npt.NDArray[np.int64]:
        """Return which edition answers each point."""
        lon, lat = to_wgs84(lon=points.lon, lat=points.lat, crs=self._crs)
        chosen = np.zeros(len(lon), dtype=np.int64)
        for number, edition in enumerate(self._editions):
            west, south, east, north = edition.extent
            chosen[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)] = number
        return chosen

    def _part(self, number: int, points: Points) -> pa.RecordBatch:
        answered = self._answers[number].answer(points)
        called = self._editions[number].parcels.edition.id
        columns = {EDITION_COLUMN: pa.array([called] * len(answered), pa.string())}
        for field in answered.schema:
            columns[field.name] = answered.column(field.name).cast(
                self.schema.field(field.name).type
            )
        arrays = [
            columns.get(field.name, pa.nulls(len(answered), field.type)) for field in self.schema
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)
