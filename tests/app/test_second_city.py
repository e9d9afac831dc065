"""A synthetic city that prints another table: other uses, columns, units and order of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.settings import Settings
from app.web.app import create_app
from app.web.downloads import EXPORTS
from geo.parcels import Parcels, read_parcels
from geo.symbology import PRICE_CLASSES_FILE
from tests.synthetic import HEADER

if TYPE_CHECKING:
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


OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "商服用地": ("商业服务业用地", "商住混合用地", "文旅用地"),
    "住宅用地": ("居住用地", "公共服务用地"),
}


def row(cells: dict[str, str], number: int) -> tuple[str, ...]:
    """Return a row of the other table; prices are synthetic."""
    some = OTHER_NAMES[cells["用途"]]
    use = some[number % len(some)]
    price = f"{int(next(v for k, v in cells.items() if k.startswith('地面'))) / 15:.4f}"
    bounds = cells["标定区域四至"].replace("、", "；") + "。"
    return cells["标定区域编号"], use, "≤2", price, bounds, "/"


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
    notice.write_text(f"{before}[counts]\n{listed}\n{maps}{LEISURE}", encoding="utf-8")
    (city_folder.data / PRICE_CLASSES_FILE).unlink()
    result = invoke("build", data=city_folder.data)
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
        cells[2]: int(cells[11])
        for cells in (line.split("\t") for line in city_folder.city.table.splitlines()[1:])
    }
    for region in city.regions:
        assert region.record.ground_price_cny_m2 == pytest.approx(printed[region.code], abs=1)
        assert region.record.plot_ratio == 2.0
        assert region.record.standard_parcel is None


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


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_every_sheet_is_drawn(client: TestClient, use: str) -> None:
    assert client.get(f"/sheets/{use}.png").status_code == 200


def test_pages_and_collections_follow_the_uses(client: TestClient) -> None:
    for path in ("/", "/map"):
        assert client.get(path).status_code == 200
    assert all(name in client.get("/").text for name in USES.values())
    collections = client.get("/ogc/collections").json()["collections"]
    assert [one["id"] for one in collections][:-1] == ["leisure", *list(USES)[:-1]]
    items = client.get("/ogc/collections/leisure/items").json()
    assert {one["properties"]["use_name"] for one in items["features"]} == {"文旅用地"}
