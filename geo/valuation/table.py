"""The value of many parcels, column by column: each as `appraise` has it, digit for digit.

Factors are computed once for each distinct value of a column, and multiplied as whole numbers of
their last place. What 64 bits cannot hold is computed by `appraise` itself, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from geo.errors import AppraisalError, CoefficientMissingError
from geo.lookup.regions import NONE
from geo.valuation.appraisal import (
    appraise,
    date_step,
    development_step,
    plot_ratio_step,
    standard_plot_ratio,
    tenure_step,
)
from geo.valuation.cells import AREA_PLACES, Cells
from geo.valuation.coefficients import NO_COEFFICIENTS
from geo.valuation.factors import FACTOR_PLACES, INDEX_PLACES, PRICE_PLACES
from geo.valuation.parcel import Parcel

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import date

    from geo.model import Edition, Record
    from geo.valuation.appraisal import Appraisal, Step
    from geo.valuation.cells import Areas, Flags, Integers
    from geo.valuation.coefficients import Coefficients, UseCoefficients

_T = TypeVar("_T")

_PRODUCT_PLACES: Final = 2 * FACTOR_PLACES + INDEX_PLACES
_TO_PRICE: Final = 10 ** (_PRODUCT_PLACES - PRICE_PLACES)
_RATIO_PLACES: Final = 8  # of a standard parcel's plot ratio, which the gazette prints with two
_MOST: Final = 4e18
"""Half of what 64 bits hold: two such numbers can be added."""
_WIDE: Final = 1 << 62
"""Stands for a factor that 64 bits do not hold; no product with it is less than `_MOST`."""
_KEPT: Final = 1 << 16
"""Factors that are remembered from batch to batch, of each kind."""


class Reasons:
    """Why rows cannot be valued: of each row the first reason.

    Parameters
    ----------
    count : int
        Rows.

    Attributes
    ----------
    of : ndarray of int64, shape (n,)
        Number of a sentence; `NONE` where there is none.
    """

    def __init__(self, count: int) -> None:
        self.of: Integers = np.full(count, NONE)
        self._texts: list[str | None] = []

    @property
    def none(self) -> Flags:
        """Which rows have no reason, shape (n,)."""
        flags: Flags = self.of == NONE
        return flags

    def add(self, texts: Sequence[str | None], of: Integers, rows: Integers | None = None) -> None:
        """Add reasons to the rows that have none.

        Parameters
        ----------
        texts : sequence of (str or None)
            None for no reason.
        of : ndarray of int64, shape (k,)
            Which of the texts each of the rows has; `NONE` for no reason.
        rows : ndarray of int64, shape (k,), optional
            All if they are not given.
        """
        if not any(texts):
            return
        first = len(self._texts)
        number = [NONE if text is None else first + i for i, text in enumerate(texts)]
        self._texts += texts
        found = np.array([*number, NONE])[of]
        rows = np.arange(len(self.of)) if rows is None else rows
        new = (found != NONE) & (self.of[rows] == NONE)
        self.of[rows[new]] = found[new]

    def texts(self) -> pa.Array:
        """Return the sentences of all rows; null where there is none."""
        if not self._texts:
            return pa.nulls(len(self.of), pa.string())
        number = pa.array(self.of, mask=self.none)
        return pa.DictionaryArray.from_arrays(number, pa.array(self._texts)).cast(pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """How each of many parcels differs from the standard parcel; empty cells are as that has it."""

    plot_ratio: Cells[Decimal]
    remaining_years: Cells[Decimal]
    date: Cells[date]
    development: Cells[str]
    area: Areas

    def at(self, row: int) -> Parcel:
        """Return one of them; what cannot be read is left out."""
        area = int(self.area.e4[row])
        return Parcel(
            plot_ratio=self.plot_ratio.at(row),
            remaining_years=self.remaining_years.at(row),
            date=self.date.at(row),
            development=self.development.at(row),
            area_m2=Decimal(area).scaleb(-AREA_PLACES) if area else None,
        )

    def take(self, rows: Integers) -> Parcels:
        """Return some of them."""
        return Parcels(
            plot_ratio=self.plot_ratio.take(rows),
            remaining_years=self.remaining_years.take(rows),
            date=self.date.take(rows),
            development=self.development.take(rows),
            area=self.area.take(rows),
        )

    def add_unread(self, reasons: Reasons) -> None:
        """Say why cells cannot be read."""
        for cells in (
            self.plot_ratio,
            self.remaining_years,
            self.date,
            self.development,
            self.area.unread,
        ):
            reasons.add(cells.problems, cells.of)


class Values(NamedTuple):
    """What many parcels are worth; each array of int64, shape (n,), whole numbers of a last place.

    Where a row has a reason not to be valued, all numbers mean nothing.

    Attributes
    ----------
    tenure, plot_ratio, date : ndarray
        Factors, of `FACTOR_PLACES`, `FACTOR_PLACES` and `INDEX_PLACES` decimals.
    development, ground, floor, total : ndarray
        Of `PRICE_PLACES` decimals; total only where an area is known.
    has_floor : ndarray of bool, shape (n,)
        Whether there is a floor price.
    wide : dict of int to Appraisal
        Rows whose numbers 64 bits do not hold, which are here in their place.
    """

    tenure: Integers
    plot_ratio: Integers
    date: Integers
    development: Integers
    ground: Integers
    floor: Integers
    total: Integers
    has_floor: Flags
    wide: dict[int, Appraisal]


class TableValuer:
    """Values many parcels by the regions of one edition.

    Parameters
    ----------
    records : sequence of Record
        Of the regions, in the order in which they are counted.
    coefficients : Coefficients or None
    edition : Edition
    """

    def __init__(
        self, records: Sequence[Record], coefficients: Coefficients | None, edition: Edition
    ) -> None:
        self._records, self._edition = records, edition
        self._coefficients = [
            NO_COEFFICIENTS if coefficients is None else coefficients.of(record.use)
            for record in records
        ]
        self._price = np.array([record.ground_price_cny_m2 for record in records], np.int64)
        self._has_floor = np.array([record.use.floor_price for record in records], bool)
        ratios = [standard_plot_ratio(record) for record in records]
        self._ratio = np.array([_whole(one or Decimal(0), _RATIO_PLACES) for one in ratios])
        # What the standard parcels of two regions have alike, a step has alike.
        self._tenure = _StepColumn[Decimal](
            self._of(tenure_step),
            FACTOR_PLACES,
            [(one.use, one.tenure_years) for one in records],
        )
        self._plot_ratio = _StepColumn[Decimal](
            self._of(plot_ratio_step),
            FACTOR_PLACES,
            [(one.use, one.plot_ratio) for one in records],
        )
        self._date = _StepColumn["date"](
            lambda region, day: date_step(
                records[region], day, self._coefficients[region], edition.valuation_date
            ),
            INDEX_PLACES,
            [one.use for one in records],
        )
        self._development = _StepColumn[str](
            self._of(development_step),
            PRICE_PLACES,
            [(one.use, one.development) for one in records],
            neutral=0,
        )

    def value(self, region: Integers, parcels: Parcels, reasons: Reasons) -> Values:
        """Value parcels.

        Parameters
        ----------
        region : ndarray of int64, shape (n,)
            By which region each is valued; `NONE` only where there is a reason.
        parcels : Parcels
        reasons : Reasons
            Gets why parcels cannot be valued; those that have a reason are passed over.
        """
        tenure = self._tenure.apply(region, parcels.remaining_years, reasons)
        ratio = self._plot_ratio.apply(region, parcels.plot_ratio, reasons)
        date_ = self._date.apply(region, parcels.date, reasons)
        development = self._development.apply(region, parcels.development, reasons)
        price, area = self._price[region], parcels.area.e4
        fits = _product(price, tenure, ratio, date_) < _MOST
        fits &= np.abs(_product(development, np.array(_TO_PRICE))) < _MOST
        product = price * tenure * ratio * date_ + development * _TO_PRICE
        ground = _half_up(product, _TO_PRICE)
        by = _own_ratio(parcels.plot_ratio, self._ratio[region])
        fits &= (ground > 0) & (by < _WIDE)
        fits &= _product(ground, np.array(2 * 10**_RATIO_PLACES)) < _MOST
        fits &= _product(ground, area) < _MOST
        has_floor = self._has_floor[region] & (by > 0)
        by = np.where(has_floor, by, 1)
        floor = np.where(has_floor, (2 * 10**_RATIO_PLACES * ground + by) // (2 * by), 0)
        total = _half_up(ground * area, 10**AREA_PLACES)
        wide = {}
        for row in np.flatnonzero(~fits & reasons.none).tolist():
            try:
                wide[row] = self._appraised(int(region[row]), parcels.at(row))
            except AppraisalError as error:
                reasons.add([str(error)], np.array([0]), np.array([row]))
        return Values(tenure, ratio, date_, development, ground, floor, total, has_floor, wide)

    def _of(self, step: Callable[[Record, _T, UseCoefficients], Step]) -> Callable[[int, _T], Step]:
        return lambda region, value: step(self._records[region], value, self._coefficients[region])

    def _appraised(self, region: int, parcel: Parcel) -> Appraisal:
        return appraise(self._records[region], parcel, self._coefficients[region], self._edition)


class _StepColumn(Generic[_T]):
    """One step of many derivations.

    Parameters
    ----------
    step : callable
        The step for a region and a value.
    places : int
        Decimals of its value.
    kinds : sequence
        What of each region decides about the step, beside its code in sentences.
    neutral : int, optional
        The step of a standard parcel; 1 if it is not given.
    """

    def __init__(
        self,
        step: Callable[[int, _T], Step],
        places: int,
        kinds: Sequence[Hashable],
        neutral: int | None = None,
    ) -> None:
        self._step = step
        self._neutral = 10**places if neutral is None else neutral
        number = {kind: i for i, kind in enumerate(dict.fromkeys(kinds))}
        self._kind = np.array([number[kind] for kind in kinds], np.int64)
        self._example = [kinds.index(kind) for kind in number]

        @lru_cache(_KEPT)
        def known(kind: int, value: _T) -> int | None:
            try:
                return _whole(step(self._example[kind], value).value, places)
            except (AppraisalError, CoefficientMissingError):
                return None

        self._known = known

    def apply(self, region: Integers, cells: Cells[_T], reasons: Reasons) -> Integers:
        """Return the value of the step for each row, as whole numbers of its last place."""
        found: Integers = np.full(len(region), self._neutral)
        rows = np.flatnonzero((cells.of != NONE) & reasons.none)
        if not len(rows):
            return found
        kinds, values, number = _pairs(self._kind[region[rows]], cells, rows)
        steps = [self._known(*pair) for pair in zip(kinds, values, strict=True)]
        found[rows] = np.array([NONE if one is None else one for one in steps])[number]
        refused = rows[np.array([one is None for one in steps])[number]]
        regions, values, number = _pairs(region[refused], cells, refused)
        texts = [self._refusal(*pair) for pair in zip(regions, values, strict=True)]
        reasons.add(texts, number, refused)
        return found

    def _refusal(self, region: int, value: _T) -> str:
        try:
            self._step(region, value)
        except (AppraisalError, CoefficientMissingError) as error:
            return str(error)
        raise AssertionError(f"{value} is refused elsewhere, but not in region {region}")


def _pairs(
    given: Integers, cells: Cells[_T], rows: Integers
) -> tuple[list[int], list[Any], Integers]:
    """Return the distinct pairs of a number and the value of a row, and which of them rows have."""
    count = max(1, len(cells.values))
    found = pa.array(given * count + cells.of[rows]).dictionary_encode()
    pairs = [divmod(pair, count) for pair in found.dictionary.to_pylist()]
    number = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return [one for one, _ in pairs], [cells.values[of] for _, of in pairs], number


def _own_ratio(cells: Cells[Decimal], standard: Integers) -> Integers:
    """Return the plot ratio of each parcel, as whole numbers of the last of `_RATIO_PLACES`."""
    own = [0 if one is None else _whole(one, _RATIO_PLACES) for one in cells.values]
    return np.where(cells.of == NONE, standard, np.array([*own, 0], np.int64)[cells.of])


def _whole(value: Decimal, places: int) -> int:
    """Return a number as a whole number of its last place; `_WIDE` if it is no such one."""
    scaled = value.scaleb(places)
    return int(scaled) if scaled == int(scaled) and abs(scaled) < _WIDE else _WIDE


def _product(*numbers: Integers) -> Any:  # noqa: ANN401 - an array of floats
    """Return about how large a product is."""
    found = numbers[0].astype(float)
    for one in numbers[1:]:
        found = found * one
    return found


def _half_up(values: Integers, unit: int) -> Integers:
    """Divide and round half up, numbers of more than 0."""
    return (values + unit // 2) // unit
