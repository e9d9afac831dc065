"""The values of parcels by one edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa

from geo.editions.basis import Basis, check_carried
from geo.errors import AppraisalError, UnknownUseError
from geo.lookup.regions import NONE
from geo.lookup.table import ERROR_COLUMNS, Column, TableAnswers
from geo.model import parse_use
from geo.valuation.cells import AREA_PLACES, decimal_type, decimals
from geo.valuation.coefficients import NO_COEFFICIENTS
from geo.valuation.factors import FACTOR_PLACES, INDEX_PLACES, PRICE_PLACES
from geo.valuation.table import Reasons, TableValuer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from geo.crs import Crs, FloatArray
    from geo.lookup.edition import OpenEdition
    from geo.lookup.points import Points
    from geo.valuation.appraisal import Appraisal
    from geo.valuation.cells import Cells, Flags, Integers
    from geo.valuation.coefficients import Coefficients
    from geo.valuation.sums import Sums
    from geo.valuation.table import Parcels, Values

_COLUMNS: Final = (
    ("use", "use", pa.string()),
    ("code", "code", pa.string()),
    ("probability", "prob", pa.float64()),
    ("standard_price_cny_m2", "standard", pa.int64()),
    ("tenure_factor", "tenure", decimal_type(FACTOR_PLACES)),
    ("plot_ratio_factor", "ratio", decimal_type(FACTOR_PLACES)),
    ("date_factor", "date", decimal_type(INDEX_PLACES)),
    ("development_cny_m2", "devel", decimal_type(PRICE_PLACES)),
    ("ground_price_cny_m2", "ground", decimal_type(PRICE_PLACES)),
    ("floor_price_cny_m2", "floor", decimal_type(PRICE_PLACES)),
    ("area_m2", "area", decimal_type(AREA_PLACES)),
    ("total_cny", "total", decimal_type(PRICE_PLACES)),
    ("edition", "edition", pa.string()),
    ("synthetic", "synth", pa.bool_()),
    ("error", "error", pa.string()),
)
FIELDS: Final = tuple(pa.field(f"value_{name}", kind) for name, _, kind in _COLUMNS)
"""What is appended to a row."""
SHORT_NAMES: Final = tuple(f"v_{short}" for _, short, _ in _COLUMNS)
"""Names of `FIELDS` for Shapefiles, which hold ten bytes of a name."""

_MISSING_USE: Final = "use is missing; give the use of the land, such as commercial."


class Grounds(NamedTuple):
    """What a parcel is valued by.

    Attributes
    ----------
    edition : OpenEdition
    coefficients : Coefficients or None
        Of the edition; None if the operator gives none.
    basis : Basis
        Why that edition.
    """

    edition: OpenEdition
    coefficients: Coefficients | None
    basis: Basis


class ValuedBatch(NamedTuple):
    """The values of parcels.

    Attributes
    ----------
    columns : pyarrow.RecordBatch
        With `FIELDS`.
    bad : ndarray of bool, shape (n,)
        Whether a row has no place.
    covered : int
        Rows in a region of their use.
    """

    columns: pa.RecordBatch
    bad: Flags
    covered: int


@dataclass(frozen=True, slots=True)
class _Located:
    """Where parcels lie: numbers of uses and regions, or `NONE`; each array of shape (n,)."""

    use: Integers
    region: Integers
    probability: FloatArray
    bad: Flags


class EditionValuer:
    """Values parcels by one edition.

    Parameters
    ----------
    edition : OpenEdition
    coefficients : Coefficients or None
    crs : Crs
        Of the places.
    use : str or None
        The use of all parcels, if they have one.
    """

    def __init__(
        self, edition: OpenEdition, coefficients: Coefficients | None, crs: Crs, use: str | None
    ) -> None:
        self._edition, self._coefficients = edition, coefficients
        asked = parse_use(use, edition.uses)
        self._uses = edition.uses if asked is None else (asked,)
        regions = edition.regions
        self._codes = [region.code for region in regions]
        self._prices = np.array([one.record.ground_price_cny_m2 for one in regions], np.int64)
        self._answers = TableAnswers(
            edition, crs=crs, uses=self._uses, columns=(Column.CODE, Column.PROBABILITY)
        )
        self._valuer = TableValuer(
            [region.record for region in regions], coefficients, edition.parcels.edition
        )

    def value(
        self,
        points: Points,
        uses: Cells[str],
        parcels: Parcels,
        bases: Sequence[Basis],
        sums: Sums,
    ) -> ValuedBatch:
        """Value parcels.

        Parameters
        ----------
        points : Points
            Where they are.
        uses : Cells
            Their uses, codes or Chinese names.
        parcels : Parcels
        bases : sequence of Basis
            Why this edition is the one of each of the dates that parcels have.
        sums : Sums
            The values are added there.
        """
        reasons = Reasons(len(points.lon))
        located = self._locate(points, uses, reasons)
        parcels.add_unread(reasons)
        self._add_not_carried(located, parcels, bases, reasons)
        nowhere = [
            f"the place is in no {use} region, nor is it likely to be in one." for use in self._uses
        ]
        reasons.add(nowhere, np.where(located.region == NONE, located.use, NONE))
        values = self._valuer.value(located.region, parcels, reasons)
        self._sum_up(sums, located, parcels, values, reasons.none)
        covered = int((located.region != NONE).sum())
        return ValuedBatch(self._columns(located, parcels, values, reasons), located.bad, covered)

    def _locate(self, points: Points, uses: Cells[str], reasons: Reasons) -> _Located:
        answers = self._answers.answer(points)
        problems = answers.column(ERROR_COLUMNS[1])
        bad = problems.is_valid().to_numpy(zero_copy_only=False)
        if bad.any():
            texts = problems.dictionary_encode()
            reasons.add(texts.dictionary.to_pylist(), _numbers(texts.indices))
        use = self._numbers_of_uses(uses, reasons)
        region, probability = np.full(len(bad), NONE), np.full(len(bad), np.nan)
        for number, one in enumerate(self._uses):
            codes = answers.column(f"{one}_{Column.CODE}")
            places = [self._codes.index(code) for code in codes.dictionary.to_pylist()]
            of_use = use == number
            found = np.array([*places, NONE])[_numbers(codes.indices)]
            chance = answers.column(f"{one}_{Column.PROBABILITY}").fill_null(np.nan)
            np.copyto(region, found, where=of_use)
            np.copyto(probability, chance.to_numpy(zero_copy_only=False), where=of_use)
        return _Located(use, region, probability, bad)

    def _numbers_of_uses(self, uses: Cells[str], reasons: Reasons) -> Integers:
        """Return the place of each row's use among those of the edition."""
        numbers: list[int] = []
        problems: list[str | None] = []
        for name in uses.values:
            try:
                numbers.append(self._uses.index(parse_use(name, self._uses)))
                problems.append(None)
            except UnknownUseError as error:
                numbers.append(NONE)
                problems.append(str(error))
        reasons.add([_MISSING_USE], np.where(uses.of == NONE, 0, NONE))
        reasons.add(problems, uses.of)
        return np.array([*numbers, NONE])[uses.of]

    def _add_not_carried(
        self, located: _Located, parcels: Parcels, bases: Sequence[Basis], reasons: Reasons
    ) -> None:
        """Refuse days on which no edition was in force, and to which no index carries prices."""
        days, count = parcels.date.values, len(parcels.date.values)
        if Basis.BY_INDEX not in bases:
            return
        texts: list[str | None] = []
        for use in self._uses:
            of_use = self._coefficients.of(use) if self._coefficients else NO_COEFFICIENTS
            for day, basis in zip(days, bases, strict=True):
                try:
                    check_carried(basis, of_use, self._edition.parcels.edition, day)
                    texts.append(None)
                except AppraisalError as error:
                    texts.append(str(error))
        known = (parcels.date.of != NONE) & (located.use != NONE)
        reasons.add(texts, np.where(known, located.use * count + parcels.date.of, NONE))

    def _columns(
        self, located: _Located, parcels: Parcels, values: Values, reasons: Reasons
    ) -> pa.RecordBatch:
        valued, count = reasons.none, len(located.region)
        region, inside = located.region, located.region != NONE
        area = parcels.area.e4
        wide = values.wide

        def exact(numbers: Integers, places: int, of: Flags, name: str) -> pa.Array:
            wider = [(row, _last_places(_named(one, name), places)) for row, one in wide.items()]
            return decimals(numbers, places, of, wider)

        facts = self._edition.parcels.edition
        columns = [
            _texts(list(map(str, self._uses)), located.use),
            _texts(self._codes, region),
            pa.array(located.probability, mask=~inside),
            pa.array(self._prices[region], mask=~inside),
            exact(values.tenure, FACTOR_PLACES, valued, "tenure"),
            exact(values.plot_ratio, FACTOR_PLACES, valued, "plot_ratio"),
            exact(values.date, INDEX_PLACES, valued, "date"),
            exact(values.development, PRICE_PLACES, valued, "development"),
            exact(values.ground, PRICE_PLACES, valued, "ground_price_cny_m2"),
            exact(values.floor, PRICE_PLACES, valued & values.has_floor, "floor_price_cny_m2"),
            decimals(area, AREA_PLACES, area > 0),
            exact(values.total, PRICE_PLACES, valued & (area > 0), "total_cny"),
            _texts([facts.id], np.zeros(count, np.int64)),
            self._synthetic(count),
            reasons.texts(),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=pa.schema(FIELDS))

    def _synthetic(self, count: int) -> pa.Array:
        known = self._coefficients
        return pa.repeat(pa.scalar(None if known is None else known.synthetic, pa.bool_()), count)

    def _sum_up(
        self, sums: Sums, located: _Located, parcels: Parcels, values: Values, valued: Flags
    ) -> None:
        codes = ["", *self._codes]
        totals = [(row, one.amounts.total_cny) for row, one in values.wide.items()]
        sums.add(
            [(use, code) for use in ("", *map(str, self._uses)) for code in codes],
            (located.use + 1) * len(codes) + located.region + 1,
            valued=valued,
            area_e4=parcels.area.e4,
            total_fen=values.total,
            wide_fen=[(row, _last_places(one, PRICE_PLACES)) for row, one in totals],
        )


def _named(appraisal: Appraisal, name: str) -> Decimal | None:
    """Return a step or an amount of an appraisal."""
    for step in appraisal.steps:
        if step.name == name:
            return step.value
    found: Decimal | None = getattr(appraisal.amounts, name)
    return found


def _last_places(value: Decimal | None, places: int) -> int:
    return 0 if value is None else int(value.scaleb(places))


def _numbers(indices: pa.Array) -> Integers:
    found: Integers = indices.cast(pa.int64()).fill_null(NONE).to_numpy(zero_copy_only=False)
    return found


def _texts(texts: Sequence[str], of: Integers) -> pa.Array:
    """Return one of some texts for each row; null for `NONE`."""
    numbers = pa.array(of, mask=of == NONE)
    return pa.DictionaryArray.from_arrays(numbers, pa.array(texts, pa.string())).cast(pa.string())
