"""Prices and regions as tables of pandas and geopandas."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyarrow as pa

from geo.crs import WGS84, Crs, parse_crs
from geo.errors import TableError
from geo.lookup.edition import OpenEdition, open_edition
from geo.lookup.points import (
    DEGREES,
    Points,
    declared_crs,
    find_columns,
    geometry_points,
    read_points,
)
from geo.lookup.table import (
    DEFAULT_COLUMNS,
    Column,
    TableAnswers,
    check_names,
    parse_columns,
)
from geo.model import Use, parse_use
from geo.parcels import flat_properties

if TYPE_CHECKING:
    from collections.abc import Sequence

LON, LAT = "lon", "lat"
"""Names of the columns with the coordinates, where no others are given."""

_NULLABLE = {pa.int32(): pd.Int32Dtype()}
"""Whole numbers stay whole where some are missing."""


def prices(
    frame: pd.DataFrame,
    *,
    edition: OpenEdition | None = None,
    lon: str = LON,
    lat: str = LAT,
    crs: Crs | str | None = None,
    uses: Sequence[Use | str] | None = None,
    columns: Sequence[Column | str] | None = None,
) -> pd.DataFrame:
    """Append the standard land prices at each row's point to a table.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        The points of a GeoDataFrame are its geometry, those of a DataFrame two of its columns.
    edition : OpenEdition, optional
        As `open_edition` returns it; the shipped edition if it is not given.
    lon, lat : str
        Names of the columns with the coordinates, numbers or text; for a projected `crs` the
        easting and the northing in metres. Not for a GeoDataFrame.
    crs : Crs or str, optional
        CRS of the coordinates, a name that `price_at` takes; WGS84 if not given. A GeoDataFrame is
        read in the CRS that it declares; only where it declares none, as GCJ-02 and BD-09 have
        no EPSG code, `crs` says what it is in.
    uses : sequence of Use or str, optional
        Any of ``commercial``, ``residential``, ``industrial``; all if not given.
    columns : sequence of Column or str, optional
        What to tell of the region of each use: of ``code``, ``ground_price_cny_m2``,
        ``floor_price_cny_m2``, ``plot_ratio``, ``tenure_years``, ``certainty``, ``probability``
        (these if it is not given), ``none_probability``, ``right_type``, ``development``,
        ``geometry_source``, ``placement`` and ``distance_to_boundary_m``, which takes some times as
        long as all others.

    Returns
    -------
    DataFrame or GeoDataFrame
        The rows and columns of `frame`, then ``{use}_{column}`` for each use and column: of the
        likeliest region, or of the one that is drawn at the point where it is likelier that none
        holds it; missing where there is no such region.
        Then ``error`` and ``error_message``: missing in good rows; else a stable code and a
        sentence that says what is wrong with the coordinate. `frame` itself stays as it is.

    Raises
    ------
    TableError
        The columns with the coordinates are not there or can hold no numbers, `frame` has a column
        of the answer already, or the CRS of a GeoDataFrame is not known or is not `crs`.
    CoordinateError, UnknownUseError, UnknownColumnError
        There is no such coordinate system, use or column.

    Examples
    --------
    >>> import pandas as pd
    >>> from geo import prices
    >>> shops = pd.DataFrame({"lon": [114.0127], "lat": [32.9930]})
    >>> prices(shops, uses=["commercial"])["commercial_code"].tolist()
    ['411700S50002']
    """
    asked_crs = None if crs is None else parse_crs(crs)
    opened = edition or _shipped_edition()
    found = [parse_use(name, opened.uses) for name in uses or ()]
    asked_uses = [use for use in found if use is not None] or None
    wanted = DEFAULT_COLUMNS if columns is None else parse_columns(columns)
    if isinstance(frame, geopandas.GeoDataFrame):
        points, asked_crs = _geometry_points(frame, lon, lat, asked_crs, opened.extent)
    else:
        points = _column_points(frame, lon, lat)
    answers = TableAnswers(opened, crs=asked_crs or Crs.WGS84, uses=asked_uses, columns=wanted)
    given = list(map(str, frame.columns))
    check_names(given, [*given, *answers.schema.names], table="The frame")
    answered = answers.answer(points).to_pandas(types_mapper=_NULLABLE.get)
    answered.index = frame.index
    return frame.assign(**{name: answered[name] for name in answered})


def regions(edition: OpenEdition) -> geopandas.GeoDataFrame:
    """Return the regions of an edition as a table.

    Parameters
    ----------
    edition : OpenEdition
        As `open_edition` returns it.

    Returns
    -------
    GeoDataFrame
        A row a region, indexed by its code and in that order; the columns are the properties of
        ``parcels.geojson``, the geometry is in WGS84. ``attrs["attribution"]`` says whom to credit.

    Examples
    --------
    >>> from geo import open_edition, regions
    >>> frame = regions(open_edition())
    >>> int(frame.loc["411700S50002", "ground_price_cny_m2"])
    4415
    """
    found = edition.parcels.regions
    frame = geopandas.GeoDataFrame(
        [flat_properties(region) for region in found],
        geometry=[region.polygon for region in found],
        crs=WGS84,
    )
    for name in ("use", "geometry_source", "placement"):  # enumerations become plain text
        frame[name] = frame[name].map(str)
    frame["floor_price_cny_m2"] = frame["floor_price_cny_m2"].astype("Int64")
    frame.attrs["attribution"] = edition.parcels.attribution
    return frame.set_index("code")


@cache
def _shipped_edition() -> OpenEdition:
    return open_edition()


def _geometry_points(
    frame: geopandas.GeoDataFrame,
    lon: str,
    lat: str,
    crs: Crs | None,
    extent: tuple[float, float, float, float],
) -> tuple[Points, Crs]:
    """Read the points of a GeoDataFrame, and their CRS."""
    if (lon, lat) != (LON, LAT):
        raise TableError(
            "A GeoDataFrame is asked about its geometry; leave out lon and lat, or drop the"
            " geometry."
        )
    points = geometry_points(frame.geometry.to_numpy())
    if frame.crs is None:
        if crs is None:
            raise TableError("The geometry declares no CRS; set it, or give crs.")
        return points, crs
    declared, transformer = declared_crs(frame.crs, extent)
    if crs in {Crs.GCJ02, Crs.BD09} and declared in DEGREES:
        return points, crs  # which no file can declare, for they have no code
    if crs is not None and (transformer is not None or crs is not declared):
        raise TableError(f"The geometry declares that it is in {frame.crs.name}; leave out crs.")
    if transformer is not None:
        at_lon, at_lat = transformer.transform(points.lon, points.lat)
        points = Points(lon=at_lon, lat=at_lat, problems=points.problems)
    return points, declared


def _column_points(frame: pd.DataFrame, lon: str, lat: str) -> Points:
    """Read the points of two columns."""
    arrays = [
        _array(str(name), series) if name in {lon, lat} else None for name, series in frame.items()
    ]
    names = list(map(str, frame.columns))
    kinds = [pa.null() if array is None else array.type for array in arrays]
    find_columns(pa.schema(zip(names, kinds, strict=True)), lon=lon, lat=lat)
    found = {name: array for name, array in zip(names, arrays, strict=True) if array is not None}
    return read_points(pa.RecordBatch.from_pydict(found), lon=lon, lat=lat)


def _array(name: str, series: pd.Series) -> pa.Array:
    try:
        array = pa.array(series, from_pandas=True)
    except pa.ArrowInvalid:
        raise TableError(
            f"The column {name!r} has values of several types; it must have numbers."
        ) from None
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
