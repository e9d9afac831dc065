"""Query parameters: none is passed over, for what it says would be missing in the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.crs import Crs, from_wgs84
from tests.factories import LAT, LON

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.app.conftest import Ask, Refused

PLACE = f"lon={LON}&lat={LAT}"
POINTS = [[LON, LAT]]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CRS", "crs"),
        ("Crs", "crs"),
        ("coord_type", "crs"),
        ("srs", "crs"),
        ("csr", "crs"),
        ("%E5%9D%90%E6%A0%87%E7%B3%BB", "crs"),
        ("landuse", "use"),
        ("Use", "use"),
        ("date", "as_of"),
        ("as-of", "as_of"),
        ("as_of%20", "as_of"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_one_that_is_meant(
    client: TestClient, name: str, meant: str
) -> None:
    for answer in (
        client.get(f"/v1/price?{PLACE}&{name}=gcj02"),
        client.post(f"/v1/price/batch?{name}=gcj02", json=POINTS),
    ):
        problem = answer.json()["error"]
        assert (answer.status_code, problem["code"]) == (422, "unknown_parameter")
        assert problem["message"].endswith(
            f" is not a parameter of this address; did you mean {meant}?"
        )


@pytest.mark.parametrize("name", ["lng", "LON", "longitude", "x"])
def test_other_names_of_the_longitude(refused: Refused, name: str) -> None:
    problem = refused("/v1/price", {name: str(LON), "lat": str(LAT)}, status=422)
    assert (problem.code, problem.field) == ("unknown_parameter", name)
    assert problem.message.endswith("did you mean lon?")


@pytest.mark.parametrize(
    ("path", "name", "hint"),
    [
        (f"/v1/price?{PLACE}&zzz=1", "zzz", "it has lon, lat, use, as_of, city, crs, known, at."),
        (f"/v1/price?{PLACE}&=1", "''", "it has lon, lat, use, as_of, city, crs, known, at."),
        ("/v1/regions?usee=commercial", "usee", "did you mean use?"),
        ("/v1/regions?crs=gcj02", "crs", "it has use, city, as_of."),
        ("/v1/regions/411700S50002?crs=gcj02", "crs", "it has city, as_of."),
        ("/v1/health?zzz=1", "zzz", "it has none."),
        ("/exports/landprice.dxf?crs=epsg:4526", "crs", "it has city, as_of."),
        ("/sheets/commercial.png?scale=5000", "scale", "it has city, as_of."),
    ],
)
def test_every_address_refuses_what_it_does_not_know(
    client: TestClient, path: str, name: str, hint: str
) -> None:
    answer = client.get(path)
    message = f"{name} is not a parameter of this address; {hint}"
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"/v1/price?{PLACE}&crs=gcj02&crs=wgs84", "crs"),
        (f"/v1/price?{PLACE}&crs=wgs84&crs=wgs84", "crs"),
        (f"/v1/price?{PLACE}&l%6Fn=113", "lon"),
        ("/v1/regions?use=commercial&use=industrial", "use"),
    ],
)
def test_a_repeated_parameter_is_refused(client: TestClient, path: str, field: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    message = f"{field} is given 2 times; give it once."
    assert answer.json()["error"] == {
        "code": "repeated_parameter",
        "message": message,
        "field": field,
    }


def test_a_repeated_parameter_of_a_batch(client: TestClient) -> None:
    answer = client.post("/v1/price/batch?crs=gcj02&crs=wgs84&use=commercial", json=POINTS)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "repeated_parameter"


@pytest.mark.parametrize(
    "path",
    [
        "items?CRS=http://www.opengis.net/def/crs/EPSG/0/4547",
        "items?limit=1&limit=2",
        "items/411700S50002?Crs=x",
        "items/411700S50002?bbox=1,2,3,4",
        "queryables?limit=1",
        "tiles?zzz=1",
    ],
)
def test_the_ogc_api_refuses_them_too(client: TestClient, path: str) -> None:
    answer = client.get(f"/ogc/collections/commercial/{path}")
    assert answer.status_code == 400
    assert answer.json()["description"]


def test_empty_pairs_are_passed_over(client: TestClient) -> None:
    assert client.get(f"/v1/price?&{PLACE}&&").status_code == 200


@pytest.mark.parametrize(
    ("names", "crs"),
    [
        (("WGS84", "wgs-84", "WGS 84", "EPSG:4326", "4326", "CRS84", "OGC:CRS84"), Crs.WGS84),
        (("CGCS2000", "cgcs-2000"), Crs.CGCS2000),
        (("GCJ02", "GCJ-02", "gcj_02", "gcj02ll"), Crs.GCJ02),
        (("BD09", "BD-09", "bd09ll"), Crs.BD09),
        (("EPSG:4490", "epsg_4490", "4490"), Crs.EPSG_4490),
        (("EPSG:4547", "4547"), Crs.EPSG_4547),
        (("epsg:4526", "EPSG 4526"), Crs.EPSG_4526),
    ],
)
def test_usual_names_of_coordinate_systems(ask: Ask, names: tuple[str, ...], crs: Crs) -> None:
    lon, lat = from_wgs84(lon=LON, lat=LAT, crs=crs)
    expected = ask(lon=lon, lat=lat, crs=crs.value)
    for name in names:
        assert ask(lon=lon, lat=lat, crs=name) == expected


@pytest.mark.parametrize("name", ["bd09mc", "epsg:3857", "gcj03", "", "web mercator", "EPSG:32650"])
def test_other_systems_are_not_guessed(refused: Refused, name: str) -> None:
    query = {"lon": str(LON), "lat": str(LAT), "crs": name}
    assert refused("/v1/price", query, status=422).code == "unknown_crs"


@pytest.mark.parametrize("crs", [Crs.EPSG_4547, Crs.EPSG_4526])
@pytest.mark.parametrize(
    ("lon", "lat"), [(LON, LAT), (LAT, LON), (0.0, 0.0), (-180.0, 90.0), (114, 33)]
)
def test_degrees_in_a_projected_system_are_refused(
    client: TestClient, refused: Refused, crs: Crs, lon: float, lat: float
) -> None:
    problem = refused("/v1/price", {"lon": str(lon), "lat": str(lat), "crs": crs}, status=422)
    assert (problem.code, problem.field) == ("degrees", "crs")
    numbers = f"lon {float(lon)} and lat {float(lat)}"
    assert problem.message == f"crs is {crs}, which has metres, but {numbers} are degrees."
    [row] = client.post(f"/v1/price/batch?crs={crs}", json=[[lon, lat]]).json()["answers"]
    assert row["error"] == {"code": "degrees", "message": problem.message, "field": "crs"}


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("114°00'45.72\"E", "32°59'34.8\"N"),
        ("东经114度0分45.72秒", "北纬32度59分34.8秒"),
        ("E114.0127", "N32.9930"),
    ],
)
def test_degrees_as_people_write_them(client: TestClient, lon: str, lat: str) -> None:
    query = client.get("/v1/price", params={"lon": lon, "lat": lat}).json()["query"]
    assert (query["lon"], query["lat"]) == pytest.approx((114.0127, 32.9930), abs=1e-9)
