"""One list of tables of points, for the kernel of bulk answers and for each way to reach it.

The kernel's answers are compared with those for single points; the batch of the API, the join of
files and the join on a cluster are compared with the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from geo.crs import Crs, from_wgs84
from geo.lookup.points import find_columns, read_points
from geo.lookup.table import Column, TableAnswers
from geo.model import COMMERCIAL, INDUSTRIAL
from tests.factories import LAT, LON
from tests.metric import SYSTEMS
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.edition import LoadedEdition
    from geo.model import Use

OUTSIDE: Final = (113.80, 33.20)
"""WGS84 longitude and latitude of a place in no region."""


@dataclass(frozen=True)
class TableCase:
    """A table with what is asked of it.

    Attributes
    ----------
    name : str
    table : pyarrow.Table
    crs, uses, columns, lon, lat
        The question, as in ``TableAnswers`` and ``read_points``.
    told : tuple of (str, str)
        Code and end of the message for each row, empty for a good one; () if all are good.
    """

    name: str
    table: pa.Table
    crs: Crs = Crs.WGS84
    uses: tuple[Use, ...] = tuple(USES)
    columns: tuple[Column, ...] = (Column.CODE, Column.GROUND_PRICE, Column.CERTAINTY)
    lon: str = "lon"
    lat: str = "lat"
    told: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.name


def _random_places() -> list[tuple[float, float]]:
    rng = np.random.default_rng(11)
    lon, lat = rng.uniform(113.93, 114.09, 40).round(6), rng.uniform(32.91, 33.06, 40).round(6)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


PLACES: Final = [(LON, LAT), OUTSIDE, *_random_places()]


def _table(points: Sequence[tuple[Any, Any]], **others: list[Any]) -> pa.Table:
    lon, lat = ([point[k] for point in points] for k in (0, 1))
    return pa.table({"lon": lon, "lat": lat, **others})


def _in(crs: Crs) -> pa.Table:
    return _table([from_wgs84(lon=lon, lat=lat, crs=crs) for lon, lat in PLACES])


_GOOD: Final = ("", "")
_NO_NUMBER: Final = ("not_a_number", "lon is 'x'; it must be a number.")
_MISSING: Final = ("missing", "lon is missing.")
_SWAPPED: Final = ("lon_lat_swapped", f"give lon={LON} and lat={LAT}.")
_INFINITE: Final = ("not_finite", "lon must be from -180 to 180 in wgs84, but is inf.")
_TOO_FAR_SOUTH: Final = ("out_of_range", "lat must be from -90 to 90 in wgs84, but is -91.5.")

_TEXTS: Final = (
    ((str(LON), str(LAT)), _GOOD),
    (("x", str(LAT)), _NO_NUMBER),
    (("1_14", str(LAT)), ("not_a_number", "lon is '1_14'; it must be a number.")),
    ((str(LON), None), ("missing", "lat is missing.")),
    ((" ", str(LAT)), _MISSING),
    (("181", str(LAT)), ("out_of_range", "lon must be from -180 to 180 in wgs84, but is 181.0.")),
    ((str(LON), "-91.5"), _TOO_FAR_SOUTH),
    ((str(LON), "nan"), ("not_finite", "lat must be from -90 to 90 in wgs84, but is nan.")),
    (("1e999", str(LAT)), _INFINITE),
    ((str(LAT), str(LON)), _SWAPPED),
    ((" 114.0127", "3.2993e1 "), _GOOD),
)
_NUMBERS: Final = (
    ((LON, LAT), _GOOD),
    ((None, LAT), _MISSING),
    ((np.inf, LAT), _INFINITE),
    ((LAT, LON), _SWAPPED),
    ((LON, -91.5), _TOO_FAR_SOUTH),
)


def _bad(name: str, rows: Sequence[tuple[tuple[Any, Any], tuple[str, str]]]) -> TableCase:
    points, told = zip(*rows, strict=True)
    return TableCase(name, _table(points), told=told)


GOOD_CASES: Final = (
    TableCase("places", _table(PLACES, note=[f"{i:03}" for i in range(len(PLACES))])),
    _bad("bad cells of text", _TEXTS),
    _bad("bad numbers", _NUMBERS),
    _bad("every row is bad", [(("", ""), _MISSING), (("x", ""), _NO_NUMBER)]),
    TableCase("no rows", _table([]).cast(pa.schema([("lon", pa.string()), ("lat", pa.string())]))),
    *(TableCase(f"in {crs}", _in(crs), crs=crs) for crs in SYSTEMS),
    *(TableCase(f"{use} alone", _table(PLACES), uses=(use,)) for use in USES),
    TableCase("two uses", _table(PLACES), uses=(INDUSTRIAL, COMMERCIAL)),
    TableCase(
        "columns in another order",
        _table(PLACES),
        columns=(Column.DISTANCE, Column.CODE, Column.RIGHT_TYPE),
    ),
    TableCase("every column", _table(PLACES), columns=tuple(Column)),
    TableCase(
        "coordinates by other names",
        pa.table({"经度": [str(LON)], "y": [str(LAT)], "lon": ["not this"]}),
        lon="经度",
        lat="y",
    ),
)


@dataclass(frozen=True)
class RefusedCase:
    """A table that is refused as a whole.

    Attributes
    ----------
    table : pyarrow.Table
    sentence : str
        What is said of it, without the name of a file.
    """

    table: pa.Table
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def is_text(self) -> bool:
        """Tell whether a file of text can hold the table as it is."""
        return all(pa.types.is_string(kind) for kind in self.table.schema.types)


def _named(*names: str) -> pa.Table:
    return pa.Table.from_arrays([pa.array(["1"])] * len(names), names=list(names))


REFUSED_CASES: Final = (
    RefusedCase(_named("x", "lat"), "The column 'lon' for lon is not in the columns x, lat."),
    RefusedCase(_named("lon", "y"), "The column 'lat' for lat is not in the columns lon, y."),
    RefusedCase(
        _named("lon", "lat", "lon"),
        "The column 'lon' for lon is there more than once among the columns lon, lat, lon.",
    ),
    RefusedCase(
        pa.table({"lon": [1.0], "lat": [True]}),
        "The column 'lat' for lat has bool; it must have numbers.",
    ),
)


def kernel_rows(edition: LoadedEdition, case: TableCase) -> list[dict[str, Any]]:
    """Return the answers of the kernel."""
    find_columns(case.table.schema, lon=case.lon, lat=case.lat)
    bulk = TableAnswers(edition, crs=case.crs, uses=case.uses, columns=case.columns)
    rows: list[dict[str, Any]] = []
    for batch in case.table.combine_chunks().to_batches():
        rows += bulk.answer(read_points(batch, lon=case.lon, lat=case.lat)).to_pylist()
    return rows
