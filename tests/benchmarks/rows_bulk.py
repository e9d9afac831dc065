"""Rows of lookups in this process: many points at once, and one point at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geo import open_edition, prices
from geo.lookup.batch import CERTAINTIES
from geo.lookup.regions import RegionTable
from tests.benchmarks.inputs import MANY, index_of, many_regions, points, regions
from tests.benchmarks.measure import Bar, Comparison, Measured, alternate_rates
from tests.benchmarks.references import geopandas_join, sedona_join, time_zone_lookup
from tests.metric import METRIC
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from geo.model import Region
    from tests.benchmarks.measure import Scale

    Degrees = npt.NDArray[np.float64]
    Regions = npt.NDArray[np.int32]
    MakeJoin = Callable[[Sequence[Region], Degrees, Degrees], Callable[[], Any]]

_CHECKED: Final = 100_000
"""Points for which the reference has to give the same answers."""
_TABLE_CELLS: Final = 1_000_000
_FRAME_ROWS: Final = 1_000_000
_BULK: Final = "`BatchIndex.locate`, one thread"


def comparisons() -> tuple[Comparison, ...]:
    """Return the rows of this module."""
    gathers = {
        "gather": ("numpy `table[index]`, rows of 3 int32", Bar(0.25), _gathered_rows),
        "gather-take": ("numpy `table.take(index, axis=0)`, rows of 3 int32", None, _taken_rows),
        "gather-flat": ("numpy `table[index]`, one int32 each", None, _gathered_cells),
    }
    return (
        Comparison(
            "sjoin",
            _BULK,
            "`geopandas.sjoin`",
            Bar(50),
            partial(_against_join, geopandas_join),
        ),
        Comparison(
            "sedona",
            _BULK,
            "SedonaDB join, `target_partitions = 1`",
            Bar(10),
            partial(_against_join, sedona_join),
        ),
        *(
            Comparison(name, _BULK, against, bar, partial(_against_gather, gather))
            for name, (against, bar, gather) in gathers.items()
        ),
        Comparison(
            "frame",
            "`prices(frame)`, 1 million rows of pandas",
            "`BatchIndex.certify`, and its columns taken with numpy",
            Bar(1 / 1.5),
            _frame,
        ),
        Comparison(
            "many-regions",
            f"`BatchIndex.locate` in {MANY:,} regions",
            "in 66 regions",
            Bar(0.5),
            _many_regions,
        ),
        Comparison(
            "one-point",
            "`PolygonGrid.find`, one point a call",
            "`tzfpy.get_tz`",
            Bar(1),
            _one_point,
        ),
    )


def regions_by_use(
    indexed: Sequence[Region], pairs: tuple[npt.ArrayLike, npt.ArrayLike], count: int
) -> Regions:
    """Turn pairs of a point and a region into the first region of each use at each point.

    Parameters
    ----------
    indexed : sequence of Region
        In the order of the index, by use, then by code.
    pairs : pair of array_like, shape (m,)
        Numbers of points, and of the regions that hold them.
    count : int
        Points.

    Returns
    -------
    ndarray, shape (count, 3)
        As `BatchIndex.locate` returns it; -1 where no region of the use holds the point.
    """
    point, region = (np.asarray(numbers) for numbers in pairs)
    rank = np.array([USES.index(one.use) for one in indexed])
    found = np.full((count, len(USES)), len(indexed), dtype=np.int32)
    np.minimum.at(found, (point, rank[region]), region.astype(np.int32))
    return np.where(found == len(indexed), np.int32(-1), found)


def _against_join(make_join: MakeJoin, scale: Scale) -> Measured:
    table = RegionTable(regions(), USES, METRIC)
    index = index_of(table.regions)
    _check_answers(table, make_join)
    lon, lat = points(scale.points)
    join = make_join(table.regions, lon, lat)
    return alternate_rates(lambda: index.locate(lon=lon, lat=lat), join, scale.points, scale.rounds)


def _check_answers(table: RegionTable, make_join: MakeJoin) -> None:
    lon, lat = points(_CHECKED, seed=1)
    pairs = make_join(table.regions, lon, lat)()
    expected = regions_by_use(table.regions, (pairs["point"], pairs["region"]), _CHECKED)
    if not np.array_equal(index_of(table.regions).locate(lon=lon, lat=lat), expected):
        raise RuntimeError("the reference gives other answers")


def _against_gather(gather: Callable[[Scale], Callable[[], object]], scale: Scale) -> Measured:
    index = index_of(regions())
    lon, lat = points(scale.points)
    return alternate_rates(
        lambda: index.locate(lon=lon, lat=lat), gather(scale), scale.points, scale.rounds
    )


def _gathered_rows(scale: Scale) -> Callable[[], object]:
    table, index = _table(3), _random_cells(scale.points)
    return lambda: table[index]


def _taken_rows(scale: Scale) -> Callable[[], object]:
    table, index = _table(3), _random_cells(scale.points)
    return lambda: table.take(index, axis=0)


def _gathered_cells(scale: Scale) -> Callable[[], object]:
    table, index = _table(1)[:, 0], _random_cells(scale.points)
    return lambda: table[index]


def _table(columns: int) -> Regions:
    random = np.random.default_rng(2)
    return random.integers(0, 66, (_TABLE_CELLS, columns), dtype=np.int32)


def _random_cells(count: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(3).integers(0, _TABLE_CELLS, count)


def _frame(scale: Scale) -> Measured:
    edition = open_edition()
    count = min(scale.points, _FRAME_ROWS)
    lon, lat = points(count)
    frame = pd.DataFrame({"lon": lon, "lat": lat})
    regions_of = edition.regions
    codes = [region.code for region in regions_of]
    numbers = {
        column: np.array([getattr(r.record, column) for r in regions_of] + [None], dtype=float)
        for column in ("ground_price_cny_m2", "floor_price_cny_m2", "plot_ratio", "tenure_years")
    }

    def reference() -> pd.DataFrame:
        located = edition.batch_index.certify(lon=lon, lat=lat)
        made = {"lon": lon, "lat": lat}
        for use in USES:
            number = located.region[:, USES.index(use)]
            made[f"{use}_code"] = pd.Categorical.from_codes(number, codes)
            for column, values in numbers.items():
                made[f"{use}_{column}"] = values.take(number, mode="wrap")
            certainty = located.certainty[:, USES.index(use)]
            made[f"{use}_certainty"] = pd.Categorical.from_codes(certainty, list(CERTAINTIES))
        return pd.DataFrame(made)

    found = prices(frame, edition=edition)["commercial_code"].astype(object)
    if not found.equals(reference()["commercial_code"].astype(object)):
        raise RuntimeError("the reference gives other answers")
    return alternate_rates(lambda: prices(frame, edition=edition), reference, count, scale.rounds)


def _many_regions(scale: Scale) -> Measured:
    country = many_regions()
    many, few = (
        index_of(country),
        index_of(regions()),
    )
    country_lon, country_lat = points(scale.points, over=country)
    city_lon, city_lat = points(scale.points)
    return alternate_rates(
        lambda: many.locate(lon=country_lon, lat=country_lat),
        lambda: few.locate(lon=city_lon, lat=city_lat),
        scale.points,
        scale.rounds,
    )


def _one_point(scale: Scale) -> Measured:
    grid, time_zone = RegionTable(regions(), USES, METRIC).grid, time_zone_lookup()
    lon, lat = points(scale.single_points)
    places = list(zip(lon.tolist(), lat.tolist(), strict=True))
    find = grid.find

    def ours() -> None:
        for lon_, lat_ in places:
            find(lon=lon_, lat=lat_)

    def reference() -> None:
        for lon_, lat_ in places:
            time_zone(lon_, lat_)

    return alternate_rates(ours, reference, scale.single_points, scale.rounds)
