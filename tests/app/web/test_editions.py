"""Editions of several years and cities over HTTP. All but 2022's are synthetic."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import csv

from app.settings import Settings
from app.web.app import create_app
from geo.editions.publish import publish
from tests.editions import another_city, write_edition
from tests.factories import LAT, LON
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import CheckAnswer, Start

CODE = "411700S50002"
EAST_DEG = 2.0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of the shipped city, and two of an invented one, published."""
    root = tmp_path_factory.mktemp("editions")
    other = {"admin_code": "999900", "city": "虚构市"}
    publish(
        [
            DATA,
            write_edition(root / "2021", 2021, share=-0.1, valid_to="2022-12-31"),
            write_edition(root / "2023", 2023, share=0.05),
            another_city(root / "a", 2022, **other, east_deg=EAST_DEG),
            another_city(root / "b", 2024, **other, east_deg=EAST_DEG),
        ],
        root / "data",
    )
    return root / "data"


@pytest.fixture(scope="module")
def client(data: Path, start: Start) -> Iterator[TestClient]:
    with start(create_app(Settings(data=data))) as client:
        yield client


def priced(client: TestClient, **query: str | float) -> dict[str, Any]:
    answer = client.get("/v1/price", params={"lon": LON, "lat": LAT, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("as_of", "edition", "price", "superseded"),
    [
        ("2021-07-01", "411700-2021", 3974, "411700-2022"),
        ("2023-05-01", "411700-2022", 4415, "411700-2023"),
        ("2023-07-01", "411700-2023", 4636, None),
    ],
)
def test_a_day_has_the_prices_of_its_edition(
    client: TestClient,
    check_answer: CheckAnswer,
    as_of: str,
    edition: str,
    price: int,
    superseded: str | None,
) -> None:
    answer = priced(client, as_of=as_of, use="commercial")
    check_answer(answer)
    assert answer["edition"]["id"] == edition
    assert answer["edition"]["superseded_by"] == superseded
    assert answer["prices"][0]["ground_price_cny_m2"] == price
    valued = int(edition[-4:])
    assert 0 < answer["edition"]["valuation_age_years"] < int(as_of[:4]) - valued + 1


def test_today_has_the_newest_edition(client: TestClient) -> None:
    answer = priced(client)
    assert answer["edition"]["id"] == "411700-2023"
    assert answer["edition"]["superseded_by"] is None
    assert answer["edition"]["valid_to"] is None


def test_each_price_has_the_one_before(client: TestClient) -> None:
    for as_of, previous in (
        ("2021-07-01", None),
        ("2023-05-01", ("411700-2021", 3974, 0.111)),
        ("2023-07-01", ("411700-2022", 4415, 0.05)),
    ):
        found = priced(client, as_of=as_of, use="commercial")["prices"][0]["previous"]
        if previous is None:
            assert found is None
        else:
            edition, price, change = previous
            assert (found["edition"], found["code"]) == (edition, CODE)
            assert found["ground_price_cny_m2"] == price
            assert found["change"] == pytest.approx(change, abs=1e-3)


@pytest.mark.parametrize("as_of", ["2021-06-30", "2023-04-23"])
def test_a_day_without_an_edition_is_refused(client: TestClient, as_of: str) -> None:
    for path in ("/v1/price?lon=114&lat=33&", "/v1/regions?", f"/v1/regions/{CODE}?"):
        answer = client.get(f"{path}as_of={as_of}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "no_edition"


def test_a_coordinate_finds_its_city(client: TestClient) -> None:
    answer = priced(client, lon=LON + EAST_DEG)
    assert answer["edition"]["city"] == "虚构市"
    assert answer["edition"]["id"] == "999900-2024"
    assert answer["prices"][0]["code"] == "999900S50002"
    assert answer["prices"][0]["previous"]["edition"] == "999900-2022"
    words = client.get("/v1/price", params={"at": f"{LON + EAST_DEG},{LAT}"}).json()
    assert words["edition"]["id"] == "999900-2024"


@pytest.mark.parametrize("city", ["999900", "虚构市"])
def test_a_city_may_be_named(client: TestClient, city: str) -> None:
    assert client.get("/v1/regions", params={"city": city}).json()["edition"]["city"] == "虚构市"
    one = client.get("/v1/regions/999900S50002", params={"city": city})
    assert one.json()["id"] == "999900S50002"
    assert client.get("/v1/regions/999900S50002").status_code == 404
    batch = client.post(
        "/v1/price/batch", params={"city": city}, json=[{"lon": LON + EAST_DEG, "lat": LAT}]
    ).json()
    assert batch["edition"]["id"] == "999900-2024"
    assert batch["answers"][0]["commercial"]["code"] == "999900S50002"
    export = client.get("/exports/landprice.csv", params={"city": city})
    assert "999900S50002" in export.text
    assert "411700" not in export.text


def test_a_city_that_there_is_not_is_refused(client: TestClient) -> None:
    for path in ("/v1/price?lon=114&lat=33&", "/v1/regions?", "/sheets/commercial.png?"):
        answer = client.get(f"{path}city=000000")
        assert answer.status_code == 422
        problem = answer.json()["error"]
        assert (problem["code"], problem["field"]) == ("unknown_city", "city")
        assert "411700 驻马店市, 999900 虚构市" in problem["message"]


def test_the_editions_are_listed(client: TestClient) -> None:
    found = client.get("/v1/editions").json()
    assert found["default_city"] == "411700"
    assert [(one["id"], one["in_force"]) for one in found["editions"]] == [
        ("411700-2021", False),
        ("411700-2022", False),
        ("411700-2023", True),
        ("999900-2022", False),
        ("999900-2024", True),
    ]
    assert found["editions"][0]["valid_to"] == "2022-12-31"
    assert found["editions"][0]["superseded_by"] == "411700-2022"


def test_a_region_has_its_history(client: TestClient) -> None:
    found = client.get(f"/v1/regions/{CODE}/history").json()
    assert [(one["edition"], one["ground_price_cny_m2"]) for one in found["entries"]] == [
        ("411700-2023", 4636),
        ("411700-2022", 4415),
        ("411700-2021", 3974),
    ]
    assert [one["change"] for one in found["entries"]] == [0.0501, 0.111, None]
    assert found["entries"][0]["bounds"]["east"] == "京广铁路"
    unknown = client.get("/v1/regions/none/history")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_region")


def test_two_editions_are_compared(client: TestClient) -> None:
    found = client.get("/v1/editions/411700-2022/diff/411700-2023").json()
    assert (found["before"], found["after"]) == ("411700-2022", "411700-2023")
    assert (found["added"], found["removed"], found["unchanged"]) == ([], [], 0)
    assert len(found["changed"]) == 66
    assert {one["redrawn"] for one in found["changed"]} == {False}
    assert [one["use"] for one in found["uses"]] == ["commercial", "residential", "industrial"]
    assert found["uses"][0]["median"] == pytest.approx(0.05, abs=1e-3)


def test_editions_that_cannot_be_compared(client: TestClient) -> None:
    cities = client.get("/v1/editions/411700-2022/diff/999900-2022")
    assert (cities.status_code, cities.json()["error"]["code"]) == (422, "different_cities")
    none = client.get("/v1/editions/411700-2022/diff/411700-1999")
    assert (none.status_code, none.json()["error"]["code"]) == (404, "unknown_edition")
    assert "411700-2021" in none.json()["error"]["message"]


def test_health_tells_what_was_published(client: TestClient) -> None:
    found = client.get("/v1/health").json()
    assert found["dataset"]["edition"]["id"] == "411700-2023"
    publication = found["publication"]
    assert publication["number"] == 1
    assert publication["published_at"].endswith("Z")
    assert len(publication["editions"]) == 5


def test_answers_of_the_page_are_of_the_edition_in_force(client: TestClient) -> None:
    page = client.get("/", params={"lon": LON, "lat": LAT}).text
    assert "4636" in page
    assert client.get("/ogc/collections/commercial/items").json()["numberMatched"] == 27


POINTS = [
    {"lon": LON, "lat": LAT},
    {"lon": LON + EAST_DEG, "lat": LAT},
    {"lon": LON, "lat": LAT + 3},
    {"lon": 200, "lat": LAT},
    {"lon": LON + EAST_DEG, "lat": LAT},
    {"lon": LAT, "lat": LON},
]


def test_each_point_of_a_batch_finds_its_city(client: TestClient) -> None:
    answer = client.post("/v1/price/batch", json=POINTS)
    assert answer.status_code == 200, answer.text
    found = answer.json()["answers"]
    assert [(one["lon"], one["lat"]) for one in found] == [(p["lon"], p["lat"]) for p in POINTS]
    codes = [one["commercial"] and one["commercial"]["code"] for one in found]
    assert codes == ["411700S50002", "999900S50002", None, None, "999900S50002", None]
    editions = [one["edition"] for one in found]
    assert editions[:3] == ["411700-2023", "999900-2024", "411700-2023"]
    assert [one["error"] and one["error"]["code"] for one in found] == [
        *(None, None, None, "out_of_range", None),
        "lon_lat_swapped",
    ]
    for point, one in zip(POINTS[:3], found, strict=False):
        single = priced(client, **point)
        expected = {price["use"]: price["code"] for price in reversed(single["prices"])}
        assert {use: one[use]["code"] for use in expected} == expected
        assert one["edition"] == single["edition"]["id"]


@pytest.mark.parametrize("kind", ["text/csv", "application/vnd.apache.arrow.stream"])
def test_a_table_of_several_cities(client: TestClient, kind: str) -> None:
    rows = "".join(f"{point['lon']},{point['lat']}\n" for point in POINTS[:3])
    answer = client.post(
        "/v1/price/batch",
        content=f"lon,lat\n{rows}",
        headers={"content-type": "text/csv", "accept": kind},
        params={"columns": "code,ground_price_cny_m2", "use": "commercial"},
    )
    assert answer.status_code == 200, answer.text
    if kind == "text/csv":
        table = csv.read_csv(BytesIO(answer.content))
    else:
        table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column("commercial_code").to_pylist()[:2] == ["411700S50002", "999900S50002"]
    assert table.column("commercial_ground_price_cny_m2").to_pylist()[0] == 4636
    assert table.column("edition").to_pylist()[:2] == ["411700-2023", "999900-2024"]


def test_a_batch_of_a_day_has_the_editions_of_that_day(client: TestClient) -> None:
    answer = client.post("/v1/price/batch?as_of=2023-05-01", json=POINTS[:2]).json()
    assert [one["edition"] for one in answer["answers"]] == ["411700-2022", "999900-2022"]
    # The invented city had no edition then: the default city answers that nothing is there.
    answer = client.post("/v1/price/batch?as_of=2021-12-01", json=POINTS[:2]).json()
    assert [one["edition"] for one in answer["answers"]] == ["411700-2021", "411700-2021"]
    assert answer["answers"][1]["commercial"] is None
