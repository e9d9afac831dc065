"""Official regions with holes and several parts, from the build to every answer. All synthetic."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import ezdxf
import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity

from app.settings import Settings
from app.web.app import create_app
from geo import OpenEdition, price_at
from geo.lookup.batch import CERTAINTIES
from geo.lookup.regions import NONE
from geo.model import Certainty
from geo.parcels import read_parcels
from tests.app.conftest import strict_json
from tests.metric import metric, to_metric

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import CityFolder, Invoke, Start

ACCURACY_M = 20.0
HOLED, PARTED, BOTH = "999900S50001", "999900S50006", "999900Z70003"


def reshaped(code: str, polygon: Polygon) -> Polygon | MultiPolygon:
    """Give some regions holes and parts; EPSG:4547."""
    west, south, _, _ = polygon.bounds
    hole = shapely.box(west + 300, south + 300, west + 500, south + 600)
    island = shapely.box(west + 350, south + 400, west + 450, south + 500)
    away = affinity.translate(polygon.centroid.buffer(200), 0, 4000)
    if code == HOLED:
        return polygon.difference(hole)
    if code == PARTED:
        return MultiPolygon([away, polygon])  # the main part last
    if code == BOTH:
        return MultiPolygon([island, polygon.difference(hole), away.difference(away.buffer(-80))])
    return polygon


@pytest.fixture
def edition(city_folder: CityFolder, invoke: Invoke, tmp_path: Path) -> OpenEdition:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    drawn = read_parcels(city_folder.data / "parcels.geojson").regions
    frame = geopandas.GeoDataFrame(
        {"code": [region.code for region in drawn]},
        geometry=[reshaped(region.code, metric(region.polygon)) for region in drawn],
        crs="EPSG:4547",
    )
    path = tmp_path / "official.gpkg"
    frame.to_file(path)
    args = ("build", "--layouts=40", "--regions", str(path), "--accuracy", str(ACCURACY_M))
    result = invoke(*args, data=city_folder.data)
    assert result.exit_code == 0, result.stderr
    edition = OpenEdition.read(city_folder.data / "parcels.geojson")
    for region, shape in zip(edition.parcels.regions, frame.geometry, strict=True):
        apart = metric(region.polygon).symmetric_difference(shape)
        assert apart.area < 0.05 * shape.length
    return edition


@pytest.fixture
def client(edition: OpenEdition, city_folder: CityFolder, start: Start) -> Any:  # noqa: ANN401
    assert edition.regions
    with start(create_app(Settings(data=city_folder.data))) as running:
        yield running


def kinds(edition: OpenEdition) -> dict[str, tuple[int, int]]:
    """Return the number of parts and holes of the regions that have several rings."""
    found = {}
    for region in edition.regions:
        parts = shapely.get_parts(region.polygon)
        holes = int(shapely.get_num_interior_rings(parts).sum())
        if len(parts) > 1 or holes:
            found[region.code] = (len(parts), holes)
    return found


def test_they_are_stored_as_they_are(edition: OpenEdition) -> None:
    assert kinds(edition) == {HOLED: (1, 1), PARTED: (2, 0), BOTH: (3, 2)}
    for region in edition.regions:
        parts = shapely.get_parts(region.polygon)
        assert shapely.area(parts).argmax() == 0, "the main part is the first"
        assert shapely.is_ccw(region.main_ring)


def test_100_000_points_are_answered_as_shapely_says(edition: OpenEdition) -> None:
    rng = np.random.default_rng(3)
    west, south, east, north = edition.extent
    lon, lat = rng.uniform(west, east, 100_000), rng.uniform(south, north, 100_000)
    drawn = edition.batch_index.locate(lon=lon, lat=lat)
    found = edition.batch_index.certify(lon=lon, lat=lat)
    points = shapely.points(lon, lat)
    places = shapely.points(*to_metric(lon=lon, lat=lat))
    for rank, use in enumerate(edition.uses):
        holding = np.full(len(lon), NONE)
        deep, shallow = np.zeros((2, len(lon)), dtype=bool)
        for number, region in reversed(list(enumerate(edition.regions))):
            if region.use == use:
                shapely.prepare(region.polygon)
                inside = shapely.intersects(region.polygon, points)
                holding[inside] = number
                off_m = shapely.distance(metric(region.polygon).boundary, places[inside])
                deep[inside], shallow[inside] = off_m >= 1.4 * ACCURACY_M, off_m <= ACCURACY_M
        np.testing.assert_array_equal(drawn[:, rank], holding)
        inside = found.certainty[:, rank] == CERTAINTIES.index(Certainty.INSIDE)
        assert inside[deep].all()
        assert not inside[shallow].any()
        np.testing.assert_array_equal(found.region[deep, rank], holding[deep])
    distances_m = edition.batch_index.distances_m(lon=lon, lat=lat, region=found.region)
    for i in rng.integers(0, len(lon), 2_000).tolist():
        for number, off_m in zip(found.region[i], distances_m[i], strict=True):
            if number != NONE:
                boundary = metric(edition.regions[number].polygon).boundary
                assert off_m == pytest.approx(boundary.distance(places[i]), abs=0.01)


def test_one_point_is_answered_as_many(edition: OpenEdition) -> None:
    rng = np.random.default_rng(4)
    odd = [region for region in edition.regions if region.code in {HOLED, PARTED, BOTH}]
    for region in odd:
        west, south, east, north = region.polygon.bounds
        lons, lats = rng.uniform(west, east, 300), rng.uniform(south, north, 300)
        many = edition.batch_index.certify(lon=lons, lat=lats)
        for i, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True)):
            result = price_at(edition, lon=lon, lat=lat, use=region.use)
            rank = edition.uses.index(region.use)
            number = many.region[i, rank]
            assert [price.code for price in result.prices][:1] == (
                [] if number == NONE else [edition.regions[number].code]
            )
            if result.prices:
                certainty = CERTAINTIES[many.certainty[i, rank]]
                assert result.prices[0].certainty is certainty
            place = shapely.Point(to_metric(lon=lon, lat=lat))
            for nearest in result.nearest:
                others = [r for r in edition.regions if r.use == region.use]
                least_m = min(metric(r.polygon).distance(place) for r in others)
                assert nearest.distance_m == pytest.approx(least_m, abs=0.01)
                if least_m > 2 * ACCURACY_M:
                    assert nearest.probability == 0.0
                if least_m <= ACCURACY_M:
                    assert nearest.within_accuracy


def test_places_in_a_hole(edition: OpenEdition) -> None:
    [region] = [region for region in edition.regions if region.code == HOLED]
    [hole] = region.polygon.interiors
    middle = Polygon(hole).centroid
    result = price_at(edition, lon=middle.x, lat=middle.y, use=region.use)
    assert result.prices == ()
    assert result.nearest[0].region.code == HOLED
    assert 90 < result.nearest[0].distance_m < 110
    assert not result.nearest[0].within_accuracy


def test_exports_are_read_back_whole(
    client: TestClient, edition: OpenEdition, tmp_path: Path
) -> None:
    areas = {region.code: metric(region.polygon).area for region in edition.regions}
    for name in ("landprice.gpkg", "landprice.fgb", "landprice.geojson", "landprice.parquet"):
        path = tmp_path / name
        path.write_bytes(client.get(f"/exports/{name}").content)
        if name.endswith("parquet"):
            frames = [geopandas.read_parquet(path)]
        else:
            layers = [one for one, kind in pyogrio.list_layers(path) if kind and "Polygon" in kind]
            frames = [pyogrio.read_dataframe(path, layer=layer) for layer in layers]
        found = {
            code: shape.area
            for frame in frames
            for code, shape in zip(frame["code"], frame.geometry.to_crs(4547), strict=True)
        }
        assert found == pytest.approx(areas, rel=1e-6)


def test_shapefiles_kml_and_dxf(client: TestClient, edition: OpenEdition, tmp_path: Path) -> None:
    content = client.get("/exports/landprice-shp.zip").content
    with ZipFile(BytesIO(content)) as archive:
        archive.extractall(tmp_path / "shp")
    rings = {code: parts + holes for code, (parts, holes) in kinds(edition).items()}
    found: dict[str, int] = {}
    for path in (tmp_path / "shp").rglob("*.shp"):
        frame = pyogrio.read_dataframe(path)
        if "Polygon" in frame.geom_type.iloc[0]:
            found |= {
                code: len(shapely.get_rings(shapely.get_parts(shape)))
                for code, shape in zip(frame["code"], frame.geometry, strict=True)
            }
    assert {code: count for code, count in found.items() if count > 1} == rings
    kml = tmp_path / "city.kml"
    kml.write_bytes(client.get("/exports/landprice.kml").content)
    count = 0
    for layer, _ in pyogrio.list_layers(kml):
        frame = pyogrio.read_dataframe(kml, layer=layer)
        shapes = [shape for shape in frame.geometry if "Polygon" in shape.geom_type]
        shapes += [
            part
            for shape in frame.geometry
            if shape.geom_type == "GeometryCollection"
            for part in shape.geoms
        ]
        count += len(shapely.get_rings(shapely.get_parts(shapes)))
    single = len(edition.regions) - len(rings)
    assert count == single + sum(rings.values())
    dxf = tmp_path / "city.dxf"
    dxf.write_bytes(client.get("/exports/landprice.dxf").content)
    layers = {f"standard_regions_{use}" for use in edition.uses}
    lines = ezdxf.readfile(dxf).modelspace().query("LWPOLYLINE")  # type: ignore[attr-defined]
    assert sum(line.dxf.layer in layers for line in lines) == count


def test_ogc_and_map_have_them(client: TestClient) -> None:
    items = client.get("/ogc/collections/commercial/items?limit=100").json()["features"]
    shapes = {one["properties"]["code"]: shapely.geometry.shape(one["geometry"]) for one in items}
    assert len(shapes[HOLED].geoms if shapes[HOLED].geom_type == "MultiPolygon" else [1]) == 1
    assert shapes[PARTED].geom_type == "MultiPolygon"
    tile = client.get("/ogc/collections/commercial/tiles/WebMercatorQuad/12/1638/3344?f=mvt")
    assert tile.status_code in {200, 204}
    assert client.get("/map").status_code == 200


@pytest.mark.slow
def test_sheets_have_them(client: TestClient) -> None:
    for use in ("commercial", "residential"):
        response = client.get(f"/sheets/{use}.png")
        assert response.status_code == 200


def test_the_audit_reads_them(
    edition: OpenEdition, city_folder: CityFolder, invoke: Invoke, tmp_path: Path
) -> None:
    assert edition.regions
    regions = ("--regions", str(tmp_path / "official.gpkg"), "--accuracy", str(ACCURACY_M))
    result = invoke("audit", "--json", *regions, data=city_folder.data)
    report = strict_json(result.stdout)
    holes = [gap for sheet in report["sheets"] for gap in sheet["gaps"]]
    assert any(gap == pytest.approx(200 * 300, rel=1e-3) for gap in holes)
    assert result.exit_code == (0 if report["passed"] else 1)
