"""What GDAL and OWSLib make of the OGC API of a running service."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import httpx2
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features  # type: ignore[import-untyped]
from pyproj import CRS, Transformer

from geo.crs import Crs, from_wgs84
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

    from app.web.edition import LoadedEdition
    from geo.model import Region, Use
    from tests.processes import Service

# pygeoapi 0.21 dates its answers by a function that Python 3.12 deprecates.
pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

LAYERS: Final = ["commercial", "residential", "industrial", "boundary_lines", "likely_areas"]
CODE: Final = "411700S50002"
LINE: Final = "京广铁路"
EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
EARTH_M: Final = 2 * math.pi * 6_378_137  # the equator, as Web Mercator has it


@pytest.fixture(scope="session")
def ogc(service: Service) -> str:
    """Address of the OGC API of a service in a process of its own."""
    return f"{service.url}/ogc"


@pytest.fixture(scope="module")
def known(edition: LoadedEdition) -> Region:
    [region] = [one for one in edition.parcels.regions if one.code == CODE]
    return region


def read(ogc: str, layer: str, **options: Any) -> GeoDataFrame:  # noqa: ANN401
    """Read a layer by GDAL, which gives eastings and longitudes first whatever is served."""
    return pyogrio.read_dataframe(f"OAPIF:{ogc}", layer=layer, **options)


def plain(value: object) -> object:
    """Return a value of a data frame as JSON has it."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def test_gdal_lists_the_collections(ogc: str) -> None:
    found = pyogrio.list_layers(f"OAPIF:{ogc}")
    assert found[:, 0].tolist() == LAYERS
    assert found[:, 1].tolist() == [
        "Polygon",
        "Polygon",
        "Polygon",
        "MultiLineString",
        "MultiPolygon",
    ]


@pytest.mark.parametrize("options", [{}, {"PAGE_SIZE": "5"}])
@pytest.mark.parametrize("use", USES)
def test_gdal_reads_every_region(
    ogc: str, shipped: dict[str, Any], use: Use, options: dict[str, str]
) -> None:
    wanted = [one for one in shipped["features"] if one["properties"]["use"] == use.code]
    frame = read(ogc, use.code, **options)
    assert len(frame) == len(wanted) == {"industrial": 12}.get(use.code, 27)
    for one, (_, row) in zip(wanted, frame.iterrows(), strict=True):
        values = {name: plain(value) for name, value in row.drop(["geometry", "id"]).items()}
        assert values == one["properties"]
        assert row["id"] == one["id"]
        shape = shapely.geometry.shape(one["geometry"])
        assert shapely.equals_exact(row["geometry"], shape, tolerance=0.0)


def test_gdal_reads_every_boundary_line(ogc: str) -> None:
    frame = read(ogc, "boundary_lines", PAGE_SIZE="10")
    assert len(frame) == 59
    assert set(frame.columns) == {"id", "name", "kind", "accuracy_m", "geometry"}
    [rail] = frame[frame["name"] == LINE].itertuples()
    assert rail.kind == "rail"


@pytest.mark.parametrize("crs", [Crs.EPSG_4490, Crs.EPSG_4547, Crs.EPSG_4526])
def test_gdal_finds_regions_where_they_are(ogc: str, known: Region, crs: Crs) -> None:
    """GDAL swaps what a system declares to be swapped, so a wrong order would show here."""
    lon, lat = shapely.get_coordinates(known.polygon).T
    x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
    frame = read(ogc, "commercial", CRS=EPSG + crs.value.removeprefix("epsg:"))
    assert frame.crs == CRS(crs.value)
    [shape] = frame[frame["code"] == CODE].geometry
    little = 1e-9 if crs is Crs.EPSG_4490 else 1e-6
    assert shapely.equals_exact(shape, shapely.Polygon(np.column_stack([x, y])), tolerance=little)
    inside = known.polygon.representative_point()
    east, north = from_wgs84(lon=inside.x, lat=inside.y, crs=crs)
    around = (east - little, north - little, east + little, north + little)
    found = read(ogc, "commercial", CRS=EPSG + crs.value.removeprefix("epsg:"), bbox=around)
    assert found["code"].tolist() == [CODE]


def test_gdal_filters(ogc: str, known: Region) -> None:
    inside = known.polygon.representative_point()
    found = read(ogc, "commercial", bbox=(inside.x, inside.y, inside.x + 1e-9, inside.y + 1e-9))
    assert found["code"].tolist() == [CODE]
    assert read(ogc, "commercial", where="ground_price_cny_m2 = 4415")["code"].tolist() == [CODE]
    everything = read(ogc, "commercial")
    wanted = everything[
        (everything["bound_east"] == LINE) & (everything["ground_price_cny_m2"] > 4000)
    ]
    where = f"bound_east = '{LINE}' AND ground_price_cny_m2 > 4000"
    assert read(ogc, "commercial", where=where)["code"].tolist() == wanted["code"].tolist()


def test_owslib_reads_all(ogc: str, shipped: dict[str, Any]) -> None:
    api = Features(ogc)
    assert api.feature_collections() == LAYERS
    assert (
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs"
        in (api.conformance()["conformsTo"])
    )
    assert api.api()["servers"] == [{"url": ogc}]
    for use in USES:
        wanted = [one for one in shipped["features"] if one["properties"]["use"] == use.code]
        found, offset = [], 0
        while page := api.collection_items(use.code, limit=5, offset=offset)["features"]:
            found += page
            offset += 5
        assert [one["properties"] for one in found] == [one["properties"] for one in wanted]
        assert [one["geometry"] for one in found] == [one["geometry"] for one in wanted]
        assert set(wanted[0]["properties"]) < set(api.collection_queryables(use.code)["properties"])
    assert api.collection_item("commercial", CODE)["properties"]["ground_price_cny_m2"] == 4415
    assert api.collection_item("boundary_lines", LINE)["id"] == LINE


def test_owslib_filters(ogc: str, known: Region) -> None:
    api = Features(ogc)
    inside = known.polygon.representative_point()

    def codes(**query: object) -> list[str]:
        found = api.collection_items("commercial", **query)
        return [one["id"] for one in found["features"]]

    assert codes(bbox=[inside.x, inside.y, inside.x, inside.y]) == [CODE]
    for crs in (Crs.EPSG_4490, Crs.EPSG_4547):
        uri = EPSG + crs.value.removeprefix("epsg:")
        east, north = from_wgs84(lon=inside.x, lat=inside.y, crs=crs)
        little = 1e-9 if crs is Crs.EPSG_4490 else 1e-6
        bbox = [north - little, east - little, north + little, east + little]
        assert codes(bbox=bbox, **{"bbox-crs": uri}) == [CODE]
        at = f"S_INTERSECTS(geometry, POINT({north!r} {east!r}))"
        assert codes(filter=at, **{"filter-crs": uri}) == [CODE]
        [one] = api.collection_items("commercial", bbox=bbox, crs=uri, **{"bbox-crs": uri})[
            "features"
        ]
        corner = known.polygon.exterior.coords[0]
        east, north = from_wgs84(lon=corner[0], lat=corner[1], crs=crs)
        assert one["geometry"]["coordinates"][0][0] == pytest.approx([north, east], rel=1e-12)
    assert codes(ground_price_cny_m2=4415) == [CODE]
    text = f"bound_east = '{LINE}' AND S_INTERSECTS(geometry, {inside.wkt})"
    assert codes(filter=text) == [CODE]
    tree = {
        "op": "and",
        "args": [
            {"op": "=", "args": [{"property": "bound_east"}, LINE]},
            {
                "op": "s_intersects",
                "args": [{"property": "geometry"}, shapely.geometry.mapping(inside)],
            },
        ],
    }
    assert codes(filter=json.dumps(tree), **{"filter-lang": "cql2-json"}) == [CODE]
    dearest = api.collection_items("commercial", sortby=("ground_price_cny_m2", "desc"))["features"]
    prices = [one["properties"]["ground_price_cny_m2"] for one in dearest]
    assert prices == sorted(prices, reverse=True)


def tile_at(zoom: int, *, lon: float, lat: float) -> tuple[int, int]:
    """Return column and row of the Web Mercator tile that holds a point, WGS84."""
    column = int((lon + 180) / 360 * 2**zoom)
    mercator = math.asinh(math.tan(math.radians(lat)))
    return column, int((1 - mercator / math.pi) / 2 * 2**zoom)


def tile_box(zoom: int, column: int, row: int) -> shapely.Polygon:
    """Return a tile's edge, EPSG:3857."""
    size = EARTH_M / 2**zoom
    west, north = column * size - EARTH_M / 2, EARTH_M / 2 - row * size
    return shapely.box(west, north - size, west + size, north)


@pytest.mark.parametrize("zoom", [8, 11, 14, 16])
@pytest.mark.parametrize("layer", ["commercial", "industrial"])
def test_gdal_reads_a_tile(
    ogc: str, edition: LoadedEdition, tmp_path: Path, layer: str, zoom: int
) -> None:
    to_mercator = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    regions = {
        one.code: shapely.transform(one.polygon, to_mercator.transform, interleaved=False)
        for one in edition.parcels.regions
        if one.use.code == layer
    }
    known = next(one for one in edition.parcels.regions if one.use.code == layer)
    inside = known.polygon.representative_point()
    column, row = tile_at(zoom, lon=inside.x, lat=inside.y)
    answer = httpx2.get(
        f"{ogc}/collections/{layer}/tiles/WebMercatorQuad/{zoom}/{row}/{column}?f=mvt"
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    path = tmp_path / str(zoom) / str(column) / f"{row}.pbf"
    path.parent.mkdir(parents=True)
    path.write_bytes(answer.content)
    frame = pyogrio.read_dataframe(path, layer=layer, CLIP="NO")
    edge = tile_box(zoom, column, row)
    unit_m = EARTH_M / 2**zoom / 4096
    sides_m = edge.length / 4
    assert known.code in frame["code"].tolist()
    overlapping = {
        code for code, shape in regions.items() if shape.intersection(edge).area > sides_m * unit_m
    }
    assert set(frame["code"]) >= overlapping
    for one in frame.itertuples():
        assert one.use == layer
        drawn, true = one.geometry.intersection(edge), regions[one.code].intersection(edge)
        if one.code in overlapping:
            assert drawn.hausdorff_distance(true) < 1.5 * unit_m
    [found] = frame[frame["code"] == known.code].itertuples()
    assert found.ground_price_cny_m2 == known.record.ground_price_cny_m2
    assert found.standard_parcel == known.record.standard_parcel
    assert ("floor_price_cny_m2" in frame.columns) == (layer == "commercial")
    at = shapely.Point(to_mercator.transform(inside.x, inside.y))
    assert known.code in frame[frame.geometry.covers(at)]["code"].tolist()


def test_tiles_of_the_tile_documents(ogc: str) -> None:
    base = f"{ogc}/collections/boundary_lines/tiles"
    [tileset] = httpx2.get(base).json()["tilesets"]
    assert tileset["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    described = httpx2.get(f"{base}/WebMercatorQuad").json()
    assert described["crs"] == EPSG + "3857"
    [item] = [link for link in described["links"] if link["rel"] == "item"]
    tilejson = httpx2.get(f"{base}/WebMercatorQuad/metadata?f=tilejson").json()
    assert (tilejson["minzoom"], tilejson["maxzoom"]) == (8, 16)
    assert "OpenStreetMap" in tilejson["attribution"]
    west, south, east, north = tilejson["bounds"]
    assert [one["id"] for one in tilejson["vector_layers"]] == ["boundary_lines"]
    assert set(tilejson["vector_layers"][0]["fields"]) == {"name", "kind", "accuracy_m"}
    column, row = tile_at(12, lon=(west + east) / 2, lat=(south + north) / 2)
    urls = {
        item["href"].format(tileMatrix=12, tileRow=row, tileCol=column),
        tilejson["tiles"][0].format(z=12, x=column, y=row),
    }
    contents = {httpx2.get(url).content for url in urls}
    assert len(contents) == 1
    assert len(contents.pop()) > 1000


def test_tiles_that_are_not_there(ogc: str) -> None:
    base = f"{ogc}/collections/commercial/tiles"
    assert httpx2.get(f"{base}/WebMercatorQuad/12/0/0").status_code == 204
    assert httpx2.get(f"{base}/WebMercatorQuad/3/0/0").status_code == 204
    for path in (
        "WebMercatorQuad/12/4096/0",
        "WebMercatorQuad/12/0/4096",
        "WebMercatorQuad/99/0/0",
        "WebMercatorQuad/12/a/0",
        "WebMercatorQuad/12/-1/0",
        "WorldCRS84Quad/12/0/0",
        "WorldCRS84Quad",
        "WorldCRS84Quad/metadata",
        "..%2f..",
    ):
        answer = httpx2.get(f"{base}/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["code"] in {"NotFound", "NoApplicableCode"}
    column, row = tile_at(12, lon=114.0127, lat=32.9930)
    kept = httpx2.get(f"{base}/WebMercatorQuad/12/{row}/{column}")
    again = httpx2.get(str(kept.url), headers={"if-none-match": kept.headers["etag"]})
    assert (kept.status_code, again.status_code) == (200, 304)
