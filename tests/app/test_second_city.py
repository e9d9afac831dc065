"""A synthetic city elsewhere that prints another table: other uses, columns, units and their order.

It lies at 119 E, a degree from the central meridian of its zone.
"""

from __future__ import annotations

import math
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pyogrio
import pyproj
import pytest
import shapely

from app.settings import Settings
from app.web.app import create_app
from app.web.downloads import EXPORTS
from geo.crs import metric
from geo.errors import ExportError
from geo.exports.formats import FORMATS, parse_export_crs
from geo.exports.writers import export_bytes
from geo.parcels import Parcels, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from tests.synthetic import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import CityFolder, Invoke, Start

USES = {
    "commercial": "商业服务业用地",
    "residential": "居住用地",
    "mixed": "商住混合用地",
    "public": "公共服务用地",
    "leisure": "文旅用地",
}
LEISURE = """
[[uses]]
code = "leisure"
label = "文旅用地"
title_en = "Leisure"
colours = "green"
tenure_years = 40
floor_price = false
"""
TITLES = ("区域编号", "土地用途", "容积率", "地价（万元/亩）", "四至范围", "备注")


LON, LAT = 119.0, 32.98
ZONE, ZONE_NUMBERED = "EPSG:4549", "EPSG:4528"  # central meridian 120 E
EVIDENCE = """admin_code = "999900"
"""
POINTS = f"""id,line,lon,lat,crs,line_is,offset_m,error_m
a,经2路,{LON},{LAT},wgs84,at,0,1
b,纬2路,{LON},{LAT},wgs84,at,0,1
c,经3路,{LON + 0.02},{LAT},wgs84,at,0,1
"""

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "商服用地": ("商业服务业用地", "商住混合用地", "文旅用地"),
    "住宅用地": ("居住用地", "公共服务用地"),
}


def code_of(number: int) -> str:
    """Return the code of a region, which begins with that of its district."""
    return f"99010{number % 3}-S{number:03}"


def row(cells: dict[str, str], number: int) -> tuple[str, ...]:
    """Return a row of the other table; prices are synthetic."""
    some = OTHER_NAMES[cells["用途"]]
    use = some[number % len(some)]
    price = f"{int(next(v for k, v in cells.items() if k.startswith('地面'))) / 15:.4f}"
    bounds = cells["标定区域四至"].replace("、", "；") + "。"
    return code_of(number), use, "≤2", price, bounds, "/"


@pytest.fixture
def city(city_folder: CityFolder, invoke: Invoke) -> Parcels:
    rows = [line.split("\t") for line in city_folder.city.table.splitlines()[1:]]
    titles = HEADER.split("\t")
    table = [row(dict(zip(titles, cells, strict=True)), i) for i, cells in enumerate(rows)]
    text = "\n".join(["标定地价表", *("\t".join(cells) for cells in (TITLES, *table))])
    city_folder.table.write_bytes(text.encode("gb18030"))
    counts = {code: sum(one[1] == name for one in table) for code, name in USES.items()}
    notice = city_folder.table.with_suffix(".toml")
    before, _, rest = notice.read_text(encoding="utf-8").partition("[counts]")
    listed = "\n".join(f"{code} = {count}" for code, count in counts.items())
    maps = rest[rest.index("[maps]") :]
    before = re.sub(r"centre = .*", f"centre = {{ lon = {LON}, lat = {LAT} }}", before)
    network = city_folder.data / "network"
    network.mkdir()
    (network / "evidence.toml").write_text(EVIDENCE, encoding="utf-8")
    (network / "control_points.csv").write_text(POINTS, encoding="utf-8")
    before += "code_pattern = '9901[0-9]{2}-S[0-9]{3}'\n"
    notice.write_text(f"{before}[counts]\n{listed}\n{maps}{LEISURE}", encoding="utf-8")
    (city_folder.data / PRICE_CLASSES_FILE).unlink()
    result = invoke("build", "--layouts=40", data=city_folder.data)
    assert result.exit_code == 0, result.stderr
    assert "the column 备注 is not read" in result.stderr
    assert "plot_ratio is ≤2, taken as 2, as in all 32 rows" in result.stderr
    return read_parcels(city_folder.data / "parcels.geojson")


@pytest.fixture
def client(city: Parcels, city_folder: CityFolder, start: Start) -> Any:  # noqa: ANN401
    assert city.regions
    with start(create_app(Settings(data=city_folder.data))) as running:
        yield running


def test_the_edition_has_its_uses_and_prices(city: Parcels, city_folder: CityFolder) -> None:
    assert {use.code: use.label for use in city.uses} == USES
    assert city.uses[0].code == "leisure"  # listed before the standard ones
    printed = {
        code_of(number): int(line.split("\t")[11])
        for number, line in enumerate(city_folder.city.table.splitlines()[1:])
    }
    for region in city.regions:
        assert region.record.ground_price_cny_m2 == pytest.approx(printed[region.code], abs=1)
        assert region.record.plot_ratio == 2.0
        assert region.record.standard_parcel is None


def test_lengths_are_those_on_the_ground(city: Parcels) -> None:
    assert city.metric_crs.upper() == ZONE
    geod = pyproj.Geod(ellps="GRS80")
    for region in city.regions:
        metres = metric(region.polygon, city.metric_crs)
        ground_m = geod.geometry_length(region.polygon.exterior)
        assert metres.length == pytest.approx(ground_m, rel=2e-4)


def test_lines_run_where_they_were_observed(city: Parcels) -> None:
    place = metric(shapely.Point(LON, LAT), city.metric_crs)
    for wanted in ("经2路", "纬2路"):
        lines = [
            metric(region.side(side), city.metric_crs)
            for region in city.regions
            for side, name in region.record.bounds
            if name == wanted
        ]
        assert min(line.distance(place) for line in lines) < 0.1


def test_it_is_audited(city: Parcels, city_folder: CityFolder, invoke: Invoke) -> None:
    result = invoke("audit", "--json", data=city_folder.data)
    assert result.exit_code == 0, result.stdout
    assert all(f'"{use}"' in result.stdout for use in city.uses)


def test_prices_are_answered(city: Parcels, client: TestClient) -> None:
    for region in city.regions:
        place = region.polygon.representative_point()
        query = {"lon": place.x, "lat": place.y, "use": region.use.label}
        [price] = client.get("/v1/price", params=query).json()["prices"]
        assert (price["code"], price["use"]) == (region.code, region.use.code)
        assert price["tenure_years"] is None
        points = [[place.x, place.y]]
        [row_] = client.post("/v1/price/batch", json=points).json()["answers"]
        assert row_[region.use.code]["code"] == region.code
        assert row_.keys() >= {use.code for use in city.uses}
    health = client.get("/v1/health").json()
    assert health["dataset"]["counts"].keys() == {use.code for use in city.uses}


@pytest.mark.slow
@pytest.mark.parametrize("file", EXPORTS)
def test_every_export_is_made(client: TestClient, file: str) -> None:
    assert client.get(f"/exports/{file}").status_code == 200


def test_exports_are_in_its_zone(client: TestClient, city: Parcels, tmp_path: Path) -> None:
    classes = read_price_classes(tmp_path / "none.toml", city.prices_cny_m2)
    with ZipFile(BytesIO(client.get("/exports/landprice-shp.zip").content)) as archive:
        [prj, *_] = [name for name in archive.namelist() if name.endswith(".prj")]
        assert "China_2000" in archive.read(prj).decode()
    for crs in (ZONE, ZONE_NUMBERED):
        path = tmp_path / "city.gpkg"
        path.write_bytes(export_bytes(city, classes, FORMATS["gpkg"], crs))
        table = pyogrio.read_dataframe(path, layer="standard_regions_commercial")
        assert table.crs == crs
        easting_m, northing_m = pyproj.Transformer.from_crs(4490, crs, always_xy=True).transform(
            LON, LAT
        )
        west, south, east, north = table.total_bounds
        assert west < easting_m < east
        assert south < northing_m < north
        path.unlink()
    with pytest.raises(ExportError, match=f"{ZONE}, {ZONE_NUMBERED}"):
        parse_export_crs(FORMATS["dxf"], "EPSG:4547", city.metric_crs)


def test_metres_of_its_zone_are_answered(client: TestClient, city: Parcels) -> None:
    place = city.regions[0].polygon.representative_point()
    for crs in (ZONE, ZONE_NUMBERED, "EPSG:4547"):  # any zone's metres name a place
        to_crs = pyproj.Transformer.from_crs(4490, crs, always_xy=True)
        lon, lat = to_crs.transform(place.x, place.y)
        found = client.get("/v1/price", params={"lon": lon, "lat": lat, "crs": crs}).json()
        assert found["prices"][0]["code"] == city.regions[0].code
        off_m = found["prices"][0]["distance_to_boundary_m"]
        assert math.isfinite(off_m)
    text = client.get("/").text
    assert 'value="epsg:4549"' in text
    assert "东经 120°" in client.get("/assets/texts.js").text
    assert "4547" not in text


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_every_sheet_is_drawn(client: TestClient, use: str) -> None:
    assert client.get(f"/sheets/{use}.png").status_code == 200


def test_a_sheet_names_its_zone(client: TestClient) -> None:
    svg = client.get("/sheets/commercial.svg").text
    assert "中央经线120°E（EPSG:4549）" in "".join(re.findall(r"<text[^>]*>([^<]*)", svg))
    assert re.findall("11[89]°[0-9]+′E", svg)


def test_pages_and_collections_follow_the_uses(client: TestClient) -> None:
    for path in ("/", "/map"):
        assert client.get(path).status_code == 200
    assert all(name in client.get("/").text for name in USES.values())
    collections = client.get("/ogc/collections").json()["collections"]
    names = [one["id"] for one in collections]
    assert names == ["leisure", *list(USES)[:-1], "boundary_lines", "likely_areas"]
    served = {uri.rsplit("/", 1)[1] for uri in collections[0]["crs"]}
    assert served == {"CRS84", "4326", "4490", "4549", "4528"}
    items = client.get("/ogc/collections/leisure/items").json()
    assert {one["properties"]["use_name"] for one in items["features"]} == {"文旅用地"}
