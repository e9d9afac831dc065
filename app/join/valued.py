"""The values of parcels, to be appended to the rows of a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from app.join.by_edition import FIELDS, SHORT_NAMES, EditionValuer
from app.join.rows import Answered, JoinCounts, point_reader
from geo.errors import TableError
from geo.lookup.regions import NONE
from geo.model import parse_use
from geo.valuation.cells import (
    AREA_UNITS,
    Cells,
    in_local_time,
    read_areas,
    read_cells,
    read_day,
    same_in_all,
)
from geo.valuation.parcel import read_number
from geo.valuation.table import Parcels
from geo.valuation.titles import find_parcel_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from app.join.by_edition import Grounds
    from app.join.geometry import Geometry
    from app.join.rows import Question
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points
    from geo.valuation.sums import Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What is asked of a table of parcels.

    Attributes
    ----------
    on : callable
        By what a parcel is valued for a day; None for a parcel without one.
    columns : mapping of str to (str or None)
        Named columns, as `find_parcel_columns` takes them.
    use : str or None
        The use of all parcels, a code or a Chinese name; None for what a column says.
    date : datetime.date or None
        The valuation date of all parcels; None for what a column says.
    area_unit : str
        Of `AREA_UNITS`.
    """

    on: Callable[[date | None], Grounds]
    columns: Mapping[str, str | None]
    use: str | None = None
    date: date | None = None
    area_unit: str = "m2"


class ValuedRows:
    """Values the rows of a table, and sums them up: what `app.join.rows.Appended` says.

    Parameters
    ----------
    schema : pyarrow.Schema
    geometry : Geometry or None
    edition : OpenEdition
        By which places are read.
    question : Question
        How the table is read; its uses and columns are not asked.
    portfolio : Portfolio
    sums : Sums
        What is valued is added there.

    Raises
    ------
    TableError
        The table has no coordinates, is in another CRS, or does not say the use; or a column is
        not what it must be.
    UnknownUseError
        The use of all parcels is none of the edition's.
    """

    def __init__(
        self,
        schema: pa.Schema,
        geometry: Geometry | None,
        edition: OpenEdition,
        question: Question,
        *,
        portfolio: Portfolio,
        sums: Sums,
    ) -> None:
        self.read = point_reader(schema, geometry, question, edition)
        self._portfolio, self._sums = portfolio, sums
        fixed = {"use": portfolio.use, "date": portfolio.date}
        passed_over = {name: "" for name, value in fixed.items() if value is not None}
        self._columns = find_parcel_columns(
            schema, {**portfolio.columns, **passed_over}, area_unit=portfolio.area_unit
        )
        if portfolio.use is None and self._columns.use is None:
            raise TableError(
                "It has no column for the use of the land; name one (--use-column), or say the use"
                " of all parcels (--use)."
            )
        parse_use(portfolio.use, edition.uses)
        self._valuers: dict[str, EditionValuer] = {}
        self.fields = list(FIELDS)
        self.short_names = list(SHORT_NAMES)
        facts = {"attribution": edition.parcels.attribution}
        self.metadata = {b"landprice": json.dumps(facts, ensure_ascii=False).encode()}
        self.remark = " ".join(filter(None, (self.read.remark, self._columns.told())))

    def answer(self, batch: pa.RecordBatch, points: Points) -> Answered:
        """Value each parcel.

        Returns
        -------
        Answered
            With the columns `fields`.
        """
        parcels, uses = self._parcels(batch)
        grounds = [self._portfolio.on(day) for day in (*parcels.date.values, None)]
        bases = [one.basis for one in grounds[:-1]]
        of = np.where(parcels.date.of == NONE, len(grounds) - 1, parcels.date.of)
        ids = np.array([one.edition.parcels.edition.id for one in grounds])
        parts, places = [], []
        for first in sorted(np.unique(ids, return_index=True)[1].tolist()):
            rows = np.flatnonzero((ids == ids[first])[of])
            if len(rows) or not len(of):
                every = len(rows) == len(of)
                some = (
                    (points, uses, parcels)
                    if every
                    else (points.take(rows), uses.take(rows), parcels.take(rows))
                )
                valuer = self._valuer(grounds[first])
                parts.append(valuer.value(*some, bases, self._sums))
                places.append(rows)
        columns, bad = parts[0].columns, parts[0].bad
        if len(parts) > 1:
            order = np.argsort(np.concatenate(places))
            whole = pa.Table.from_batches([part.columns for part in parts]).take(order)
            [columns] = whole.combine_chunks().to_batches()
            bad = np.concatenate([part.bad for part in parts])[order]
        covered = sum(part.covered for part in parts)
        counts = JoinCounts(len(of), covered, int(bad.sum()), points.latitude_first)
        return Answered(columns, pa.array(bad), counts)

    def _parcels(self, batch: pa.RecordBatch) -> tuple[Parcels, Cells[str]]:
        """Read what a batch says of its parcels, and of their uses."""
        columns, asked, count = self._columns, self._portfolio, len(batch)

        def read(name: str | None, how: Callable[[str], Any], fixed: object = None) -> Cells[Any]:
            if name is None:
                return same_in_all(fixed, count)
            return read_cells(in_local_time(batch.column(name)), how)

        def number(field: str) -> Callable[[str], Any]:
            return lambda text: read_number(field, text)

        area = pa.nulls(count, pa.int64()) if columns.area is None else batch.column(columns.area)
        parcels = Parcels(
            plot_ratio=read(columns.plot_ratio, number("plot_ratio")),
            remaining_years=read(columns.remaining_years, number("remaining_years")),
            date=read(columns.date, read_day, asked.date),
            development=read(columns.development, str),
            area=read_areas(area, AREA_UNITS[asked.area_unit]),
        )
        return parcels, read(columns.use, str, asked.use)

    def _valuer(self, grounds: Grounds) -> EditionValuer:
        name = grounds.edition.parcels.edition.id
        if name not in self._valuers:
            self._valuers[name] = EditionValuer(
                grounds.edition, grounds.coefficients, self.read.crs, self._portfolio.use
            )
        return self._valuers[name]
