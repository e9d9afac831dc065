"""A table of deals to their comparison with the standard land price, whoever asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from app.join.rows import Question, point_reader
from app.join.source import open_source
from app.web.valuation.compare.columns import DealColumns, found_columns
from app.web.valuation.compare.placing import Placed, named_region
from app.web.valuation.compare.rows import read_rows
from geo.editions.basis import Basis, check_carried, edition_on
from geo.editions.catalogue import today
from geo.errors import (
    CoefficientMissingError,
    GeoError,
    TableError,
    missing,
)
from geo.model import parse_use, uses_of
from geo.valuation.appraisal import appraise
from geo.valuation.deals.comparison import compare
from geo.valuation.deals.deal import ComparedDeal, NotValued
from geo.valuation.deals.study import Study, UsedEdition

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from app.join.formats import TableStream
    from app.join.geometry import Geometry
    from app.join.rows import PointReader
    from app.web.edition import LoadedEdition
    from app.web.served import Served
    from app.web.valuation.compare.placing import Held
    from app.web.valuation.compare.rows import Row
    from geo.lookup.points import Points
    from geo.model import Record
    from geo.valuation.parcel import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class DealQuestion:
    """What is asked of a table of deals.

    Attributes
    ----------
    points : Question
        Where places are, as a join reads them; its uses and columns are left out.
    columns : DealColumns
    use : str or None
        Of all deals, in the place of a column.
    city : str or None
        Code or name of the city of all deals; None if each place finds its own.
    unadjusted : bool
        Whether a deal whose coefficient is missing is compared with the price as it stands.
    """

    points: Question = field(default_factory=Question)
    columns: DealColumns = field(default_factory=DealColumns)
    use: str | None = None
    city: str | None = None
    unadjusted: bool = False


def compare_file(served: Served, path: Path, question: DealQuestion) -> tuple[Study, str]:
    """Compare the deals of a file with the standard land price.

    Parameters
    ----------
    served : Served
    path : Path
        Of any kind that is joined.
    question : DealQuestion

    Returns
    -------
    study : Study
    remark : str
        What the user should know of how the file is read; else empty.

    Raises
    ------
    TableError
        The file cannot be read, or lacks what must be there.
    UnknownCityError, UnknownUseError
        There is no such city or use.
    """
    source = open_source(path, question.points)
    study = compare_table(served, source.table, question, name=path.name, geometry=source.geometry)
    return study, source.remark


def compare_table(
    served: Served,
    table: TableStream,
    question: DealQuestion,
    *,
    name: str,
    geometry: Geometry | None = None,
) -> Study:
    """Compare the deals of a table; parameters and errors as for `compare_file`."""
    columns = found_columns(table.schema.names, question.columns, needs_use=question.use is None)
    comparer = _Comparer(served, question, columns, _reader(served, table, geometry, question))
    before = 0
    for batch in table.batches:
        comparer.take(batch, before)
        before += batch.num_rows
    return comparer.study(name)


def _reader(
    served: Served, table: TableStream, geometry: Geometry | None, question: DealQuestion
) -> PointReader | None:
    """Return what reads places; None of a table that only names regions."""
    edition = served.catalogue.in_force(served.catalogue.city(question.city))
    asked = question.points
    try:
        return point_reader(table.schema, geometry, asked, edition)
    except TableError:
        own = found_columns(table.schema.names, question.columns, needs_use=False).code
        if own is None or (asked.lon, asked.lat, asked.location) != (None,) * 3:
            raise
        return None


class _Comparer:
    """Compares deals, batch by batch."""

    def __init__(
        self,
        served: Served,
        question: DealQuestion,
        columns: DealColumns,
        reader: PointReader | None,
    ) -> None:
        self._catalogue = served.catalogue
        self._question = question
        self._columns = columns
        self._reader = reader
        self._city = None if question.city is None else self._catalogue.city(question.city)
        editions = self._catalogue.editions
        self._use = parse_use(question.use, uses_of(use for one in editions for use in one.uses))
        self._bases: dict[tuple[str, date], tuple[LoadedEdition, Basis]] = {}
        self._today = today()
        self._deals: list[ComparedDeal] = []
        self._not_valued: list[NotValued] = []

    def take(self, batch: pa.RecordBatch, before: int) -> None:
        """Compare the deals of a batch, before which there are so many rows."""
        rows = list(read_rows(batch, self._columns, before=before, latest=self._today))
        points = None if self._reader is None else self._reader(batch)
        together = defaultdict[str, list[int]](list)
        based: dict[int, tuple[LoadedEdition, Basis]] = {}
        for place, row in enumerate(rows):
            try:
                based[place] = self._based(row, points, place)
            except GeoError as error:
                self._refuse(row, error)
            else:
                together[based[place][0].parcels.edition.id].append(place)
        for places in together.values():
            edition = based[places[0]][0]
            placed = None
            if points is not None and self._reader is not None:
                placed = Placed(edition, points, self._reader.crs, places)
            for place in places:
                row = rows[place]
                try:
                    held = self._held(row, edition, placed, place)
                    self._deals.append(self._compared(row, edition, based[place][1], held))
                except GeoError as error:
                    self._refuse(row, error)

    def study(self, name: str) -> Study:
        """Return what was compared."""
        counts = Counter(deal.edition for deal in self._deals)
        used = [one for one in self._catalogue.editions if one.parcels.edition.id in counts]
        records: dict[str, Record] = {
            region.code: region.record for one in used for region in one.regions
        }
        assert self._columns.price_unit is not None  # noqa: S101 - it was found
        return Study(
            compare(self._deals, self._not_valued),
            name,
            self._columns.named,
            self._columns.price_unit,
            self._question.unadjusted,
            tuple(
                UsedEdition(
                    one.parcels.edition,
                    counts[one.parcels.edition.id],
                    None if one.coefficients is None else one.coefficients.synthetic,
                )
                for one in used
            ),
            records,
            "；".join(dict.fromkeys(one.parcels.attribution for one in used)),
        )

    def _refuse(self, row: Row, error: GeoError) -> None:
        self._not_valued.append(NotValued(row.number, row.name, error))

    def _based(self, row: Row, points: Points | None, place: int) -> tuple[LoadedEdition, Basis]:
        """Return the edition that a deal is compared with."""
        if row.problem is not None:
            raise row.problem
        assert row.parcel is not None  # noqa: S101 - for there is no problem
        day = row.parcel.date
        assert day is not None  # noqa: S101 - it was read
        city = self._city or self._city_of(row, points, place)
        if (city, day) not in self._bases:
            self._bases[city, day] = edition_on(self._catalogue, city, day)
        return self._bases[city, day]

    def _city_of(self, row: Row, points: Points | None, place: int) -> str:
        catalogue = self._catalogue
        if row.code is not None:
            return catalogue.city_of_region.get(row.code, catalogue.default_city)
        if len(catalogue.by_city) == 1 or points is None or points.words or self._reader is None:
            return catalogue.default_city
        lon, lat = float(points.lon[place]), float(points.lat[place])
        found = catalogue.at(lon=lon, lat=lat, crs=self._reader.crs)
        return found.parcels.edition.admin_code

    def _held(self, row: Row, edition: LoadedEdition, placed: Placed | None, place: int) -> Held:
        """Return the region that holds the parcel of a deal."""
        use = self._use or parse_use(row.use, edition.uses)
        if row.code is not None:
            named = named_region(edition, row.code, use)
            return named if placed is None else named._replace(lonlat=placed.lonlat(place))
        if use is None:
            raise missing("use")
        if placed is None:
            raise missing("code")
        return placed.at(place, use)

    def _compared(self, row: Row, edition: LoadedEdition, basis: Basis, held: Held) -> ComparedDeal:
        parcel, price, record = row.parcel, row.price_cny_m2, held.region.record
        assert parcel is not None  # noqa: S101 - for there is no problem
        assert parcel.date is not None  # noqa: S101
        assert price is not None  # noqa: S101
        value, unadjusted = self._value(record, parcel, edition, basis)
        return ComparedDeal(
            row.number,
            row.name,
            record.use,
            parcel.date,
            price,
            Decimal(record.ground_price_cny_m2),
            value,
            record.code,
            held.probability,
            edition.parcels.edition.id,
            by_index=basis is Basis.BY_INDEX,
            unadjusted=unadjusted,
            lonlat=held.lonlat,
        )

    def _value(
        self, record: Record, parcel: Parcel, edition: LoadedEdition, basis: Basis
    ) -> tuple[Decimal, bool]:
        """Return the value of a deal's parcel, and whether it is the price as it stands."""
        facts, coefficients = edition.parcels.edition, edition.coefficients_of(record.use)
        check_carried(basis, coefficients, facts, parcel.date)
        try:
            appraisal = appraise(record, parcel, coefficients, facts)
        except CoefficientMissingError:
            # A price that was not in force on the day says nothing of it as it stands.
            if not self._question.unadjusted or basis is Basis.BY_INDEX:
                raise
            return Decimal(record.ground_price_cny_m2), True
        return appraisal.amounts.ground_price_cny_m2, False
