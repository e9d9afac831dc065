"""A plan as a file that a phone or a GIS opens."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import geopandas
import pyogrio

from geo.exports.formats import WGS84

if TYPE_CHECKING:
    from geo.survey.plan import Plan

FORMATS: Final = ("csv", "geojson", "gpx", "kml")

_DRIVERS: Final = {"geojson": "GeoJSON", "gpx": "GPX", "kml": "LIBKML"}
_LAYER: Final = "waypoints"  # as GPX names it
_SHARE: Final = 3  # decimals


def plan_bytes(plan: Plan, fmt: str) -> bytes:
    """Return a plan as a file of points, WGS84.

    Parameters
    ----------
    plan : Plan
        In the order in which it is to be walked.
    fmt : str
        One of `FORMATS`.
    """
    frame = _frame(plan)
    if fmt == "csv":
        table = frame.drop(columns="geometry").assign(lon=frame.geometry.x, lat=frame.geometry.y)
        text: str = table.to_csv(index=False)
        return text.encode("utf-8-sig")
    if fmt in {"gpx", "kml"}:
        said = "desc" if fmt == "gpx" else "description"
        frame = frame[["name", "about", "geometry"]].rename(columns={"about": said})
    content = BytesIO()
    pyogrio.write_dataframe(
        frame, content, driver=_DRIVERS[fmt], layer=_LAYER, geometry_type="Point"
    )
    return content.getvalue()


def _frame(plan: Plan) -> geopandas.GeoDataFrame:
    rows = [
        {
            "number": number,
            "rank": one.rank,
            "name": f"{number} {'与'.join(one.lines)}交叉口",
            "line_ns": one.lines[0],
            "line_ew": one.lines[1],
            "radius_m": round(one.radius_m),
            "settled": round(one.settled, _SHARE),
            "about": f"约在此处，可能偏差 {one.radius_m:.0f} 米 within some {one.radius_m:.0f} m",
        }
        for number, one in enumerate(plan.crossings, start=1)
    ]
    columns = ("number", "rank", "name", "line_ns", "line_ew", "radius_m", "settled", "about")
    points = geopandas.points_from_xy(
        [round(one.lon, 6) for one in plan.crossings], [round(one.lat, 6) for one in plan.crossings]
    )
    return geopandas.GeoDataFrame(rows, columns=list(columns), geometry=points, crs=WGS84)
