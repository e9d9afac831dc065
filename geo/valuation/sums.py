"""Sums over many parcels, by use and region, exact."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geo.valuation.cells import AREA_PLACES
from geo.valuation.factors import PRICE_PLACES, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.valuation.cells import Flags, Integers

_PART_BITS: Final = 21
"""Of a number that is added as floats: exact for four thousand million rows."""


class Sum(NamedTuple):
    """Sum over parcels.

    Attributes
    ----------
    rows, valued : int
    area_m2, total_cny : Decimal
        Of the valued ones that state an area.
    """

    rows: int = 0
    valued: int = 0
    area_m2: Decimal = Decimal(0)
    total_cny: Decimal = Decimal(0)

    def plus(self, other: Sum) -> Sum:
        """Return the sum over both."""
        return Sum(
            self.rows + other.rows,
            self.valued + other.valued,
            self.area_m2 + other.area_m2,
            self.total_cny + other.total_cny,
        )

    @property
    def not_valued(self) -> int:
        """How many parcels could not be valued."""
        return self.rows - self.valued

    @property
    def mean_price_cny_m2(self) -> Decimal | None:
        """Mean of the ground prices by area; None without areas."""
        return rounded(self.total_cny / self.area_m2, PRICE_PLACES) if self.area_m2 else None


class Sums:
    """Sums by use and region, which grow by batches of rows.

    Attributes
    ----------
    by_region : dict of (str, str) to Sum
        By codes of a use and of a region; either is empty for rows without it.
    """

    def __init__(self) -> None:
        self.by_region: defaultdict[tuple[str, str], Sum] = defaultdict(Sum)

    def add(
        self,
        groups: Sequence[tuple[str, str]],
        of: Integers,
        *,
        valued: Flags,
        area_e4: Integers,
        total_fen: Integers,
        wide_fen: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Add rows.

        Parameters
        ----------
        groups : sequence of (str, str)
            Uses and regions.
        of : ndarray of int64, shape (n,)
            To which group each row belongs.
        valued : ndarray of bool, shape (n,)
        area_e4, total_fen : ndarray of int64, shape (n,)
            Area in m² times 10 000, 0 where it is not stated, and total in hundredths of a yuan;
            of valued rows.
        wide_fen : sequence of (int, int)
            Rows, and their totals in the place of those.
        """
        total_fen = np.where(valued, total_fen, 0)
        total_fen[[row for row, _ in wide_fen]] = 0
        count = len(groups)
        rows = np.bincount(of, minlength=count).tolist()
        good = np.bincount(of[valued], minlength=count).tolist()
        areas = _exact_sums(of, np.where(valued, area_e4, 0), count)
        totals = _exact_sums(of, total_fen, count)
        for row, value in wide_fen:
            totals[of[row]] += value
        for number, group in enumerate(groups):
            if rows[number]:
                area_m2 = Decimal(areas[number]).scaleb(-AREA_PLACES)
                total_cny = Decimal(totals[number]).scaleb(-PRICE_PLACES)
                one = Sum(rows[number], good[number], area_m2, total_cny)
                self.by_region[group] = self.by_region[group].plus(one)

    def by_use(self) -> dict[str, Sum]:
        """Return the sums by use."""
        found: defaultdict[str, Sum] = defaultdict(Sum)
        for (use, _), one in sorted(self.by_region.items()):
            found[use] = found[use].plus(one)
        return dict(found)

    def all(self) -> Sum:
        """Return the sum over all rows."""
        total = Sum()
        for one in self.by_region.values():
            total = total.plus(one)
        return total


def _exact_sums(of: Integers, values: Integers, count: int) -> list[int]:
    """Sum numbers, none negative, by group."""
    found = [0] * count
    for shift in range(0, 63, _PART_BITS):
        parts = (values >> shift) & ((1 << _PART_BITS) - 1)
        sums = np.bincount(of, weights=parts, minlength=count).tolist()
        found = [one + (int(part) << shift) for one, part in zip(found, sums, strict=True)]
    return found
