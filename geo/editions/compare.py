"""What changed from one edition of a city to the next."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.crs import metric
from geo.errors import DifferentCitiesError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.lookup.edition import OpenEdition
    from geo.model import Edition, Region, Use

    Value = str | int | float | None

COMPARED: Final = (
    "ground_price_cny_m2",
    "floor_price_cny_m2",
    "plot_ratio",
    "tenure_years",
    "right_type",
    "development",
)
"""What a region of two editions is compared by, beside its bounds and its area."""

_REDRAWN: Final = 0.01
"""A region whose two drawings differ in more than this share of what either covers is redrawn."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A region that both editions have.

    Attributes
    ----------
    before, after : Region
    area_before_m2, area_m2 : float
    moved_share : float
        Of the ground that either drawing covers, what only one of them does.
    values : dict of str to (before, after)
        What differs, by its name: of `COMPARED`, or ``bound_east`` and so on.
    """

    before: Region
    after: Region
    area_before_m2: float
    area_m2: float
    moved_share: float
    values: Mapping[str, tuple[Value, Value]]

    @property
    def redrawn(self) -> bool:
        """Whether it covers other ground; of inferred lines, other evidence is reason enough."""
        return self.moved_share > _REDRAWN

    @property
    def price_change(self) -> float:
        """Change of its ground price, as a share of the one before."""
        return price_change(self.before, self.after)


@dataclass(frozen=True, slots=True)
class UseChange:
    """How the ground prices of a use changed, in the regions that both editions have.

    Attributes
    ----------
    use : Use
    regions : int
    median, lowest, highest : float
        Change as a share of the price before.
    """

    use: Use
    regions: int
    median: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one edition to another.

    Attributes
    ----------
    before, after : Edition
    added, removed : tuple of Region
        By code.
    common : tuple of Changed
        Regions of both, also those of which nothing changed, by code.
    uses : tuple of UseChange
    spellings : dict of str to str
        The one name of a line, by each other spelling of it in either edition.
    attribution : str
        Whom a work made of both has to credit.
    """

    before: Edition
    after: Edition
    added: tuple[Region, ...]
    removed: tuple[Region, ...]
    common: tuple[Changed, ...]
    uses: tuple[UseChange, ...]
    spellings: Mapping[str, str]
    attribution: str

    @property
    def changed(self) -> tuple[Changed, ...]:
        """The regions of both of which anything changed."""
        return tuple(one for one in self.common if one.values or one.redrawn)


def compare(before: OpenEdition, after: OpenEdition) -> Difference:
    """Compare two editions of a city, region by region, by their codes.

    Raises
    ------
    DifferentCitiesError
        They are of two cities.
    """
    old, new = before.parcels.edition, after.parcels.edition
    if old.admin_code != new.admin_code:
        raise DifferentCitiesError(
            f"{old.id} and {new.id} are editions of two cities, {old.city} and {new.city}; give two"
            " of one."
        )
    was = {region.code: region for region in before.regions}
    now = {region.code: region for region in after.regions}
    codes = sorted(was.keys() & now.keys())
    common = _changed([was[code] for code in codes], [now[code] for code in codes], after)
    uses = []
    for use in after.uses:
        shares = [one.price_change for one in common if one.after.use == use]
        if shares:
            median = statistics.median(shares)
            uses.append(UseChange(use, len(shares), median, min(shares), max(shares)))
    credited = dict.fromkeys(one.parcels.attribution for one in (before, after))
    return Difference(
        old,
        new,
        tuple(now[code] for code in sorted(now.keys() - was.keys())),
        tuple(was[code] for code in sorted(was.keys() - now.keys())),
        tuple(common),
        tuple(uses),
        before.parcels.spellings | after.parcels.spellings,
        "; ".join(filter(None, credited)),
    )


def predecessors(before: OpenEdition, after: OpenEdition) -> dict[str, Region]:
    """Find the region of the edition before that each region follows.

    Returns
    -------
    dict of str to Region
        By the code of the later region: the region of the same code and use; if there is none, the
        one of its use that covers more than half of it, as they are drawn. A region without either
        is not in it.
    """
    was = {(region.code, region.use.code): region for region in before.regions}
    found = {}
    for region in after.regions:
        same = was.get((region.code, region.use.code)) or _covering(region, before.regions)
        if same is not None:
            found[region.code] = same
    return found


def price_change(before: Region, after: Region) -> float:
    """Return the change of a region's ground price, as a share of the one before."""
    return after.record.ground_price_cny_m2 / before.record.ground_price_cny_m2 - 1


def _covering(region: Region, others: Sequence[Region]) -> Region | None:
    near = [
        one
        for one in others
        if one.use.code == region.use.code and one.polygon.intersects(region.polygon)
    ]
    shared = [one.polygon.intersection(region.polygon).area for one in near]
    best = int(np.argmax(shared)) if near else 0
    return near[best] if near and shared[best] > region.polygon.area / 2 else None


def _changed(was: Sequence[Region], now: Sequence[Region], after: OpenEdition) -> list[Changed]:
    crs = after.parcels.metric_crs
    old_m = metric(np.array([one.polygon for one in was], dtype=object), crs)
    new_m = metric(np.array([one.polygon for one in now], dtype=object), crs)
    either_m2 = shapely.area(shapely.union(old_m, new_m))
    moved = shapely.area(shapely.symmetric_difference(old_m, new_m)) / either_m2
    return [
        Changed(*row, _values(*row[:2]))
        for row in zip(
            was,
            now,
            shapely.area(old_m).tolist(),
            shapely.area(new_m).tolist(),
            moved.tolist(),
            strict=True,
        )
    ]


def _values(before: Region, after: Region) -> dict[str, tuple[Value, Value]]:
    both: dict[str, tuple[Value, Value]] = {
        name: (getattr(before.record, name), getattr(after.record, name)) for name in COMPARED
    }
    both |= {
        f"bound_{side}": (was, now)
        for (side, was), (_, now) in zip(before.record.bounds, after.record.bounds, strict=True)
    }
    return {name: values for name, values in both.items() if values[0] != values[1]}
