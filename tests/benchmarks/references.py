"""What the product is compared with in this process, each as its own documentation uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa

from tests.benchmarks.inputs import SOMEWHERE
from tests.benchmarks.measure import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from geo.model import Region

    Degrees = npt.NDArray[np.float64]

_CRS = "EPSG:4326"


def geopandas_join(regions: Sequence[Region], lon: Degrees, lat: Degrees) -> Callable[[], Any]:
    """Prepare ``geopandas.sjoin`` of points with regions.

    Both frames, and the regions' spatial index, which GeoPandas keeps, are made here.

    Returns
    -------
    callable
        Joins; returns a frame with a row for each region that holds a point, and in it the columns
        ``point`` and ``region``, their numbers.
    """
    points = _point_frame(lon, lat)
    areas = _region_frame(regions)
    areas.sindex.query(points.geometry.iloc[:1])
    return lambda: gpd.sjoin(points, areas, how="inner", predicate="intersects")


def sedona_join(regions: Sequence[Region], lon: Degrees, lat: Degrees) -> Callable[[], Any]:
    """Prepare a spatial join by SedonaDB, which runs on one thread.

    Both tables lie in SedonaDB's memory, as WKB, before it runs; ``target_partitions`` is
    DataFusion's number of parallel streams of a query.

    Returns
    -------
    callable
        As `geopandas_join`, but the rows come as an Arrow table.

    Raises
    ------
    LackingError
        SedonaDB is not installed.
    """
    context = installed("sedonadb").connect()
    context.sql("SET datafusion.execution.target_partitions = 1").execute()
    context.create_data_frame(_point_frame(lon, lat)).to_view("points")
    context.create_data_frame(_region_frame(regions)).to_view("regions")
    query = """
        SELECT points.point, regions.region FROM points
        JOIN regions ON ST_Intersects(regions.geometry, points.geometry)
    """
    return lambda: pa.table(context.sql(query))


def time_zone_lookup() -> Callable[[float, float], str]:
    """Return ``tzfpy.get_tz``, its data loaded.

    Raises
    ------
    LackingError
        tzfpy is not installed.
    """
    look_up: Callable[[float, float], str] = installed("tzfpy").get_tz
    look_up(*SOMEWHERE)
    return look_up


def _point_frame(lon: Degrees, lat: Degrees) -> gpd.GeoDataFrame:
    number = {"point": np.arange(len(lon))}
    return gpd.GeoDataFrame(number, geometry=gpd.points_from_xy(lon, lat), crs=_CRS)


def _region_frame(regions: Sequence[Region]) -> gpd.GeoDataFrame:
    number = {"region": np.arange(len(regions), dtype=np.int32)}
    return gpd.GeoDataFrame(number, geometry=[region.polygon for region in regions], crs=_CRS)
