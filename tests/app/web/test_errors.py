"""Every error: its status, its code, its parameter, and one sentence that names the value."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.settings import Settings
from app.web.app import create_app
from geo.crs import Crs
from geo.errors import ParcelsError
from tests.app.conftest import strict_json
from tests.metric import SYSTEMS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.app.conftest import Problem, Refused, Start

PLACE = {"lon": "114.0127", "lat": "32.9930"}
DEGREES = [Crs.WGS84, Crs.CGCS2000, Crs.GCJ02, Crs.BD09, Crs.EPSG_4490]
SECRET = "/srv/secret/parcels.geojson"  # noqa: S105 - stands for what an exception may tell
LONGEST_MESSAGE = 300


def check(problem: Problem, *, code: str, field: str | None, value: str = "") -> None:
    """Check that a problem is of a kind and told in one sentence that names the value."""
    assert (problem.code, problem.field) == (code, field)
    assert problem.message.endswith(".")
    assert "\n" not in problem.message
    assert ". " not in problem.message
    assert field is None or problem.message.startswith((f"{field} ", "There is no "))
    assert value in problem.message
    assert len(problem.message) < LONGEST_MESSAGE


@pytest.mark.parametrize("field", ["lon", "lat"])
def test_missing(refused: Refused, field: str) -> None:
    query = {name: value for name, value in PLACE.items() if name != field}
    check(refused("/v1/price", query, status=422), code="missing", field=field)


@pytest.mark.parametrize("field", ["lon", "lat"])
@pytest.mark.parametrize("text", ["abc", "", "114,0127", "0x72", "--1", "true", "一百"])
def test_not_a_number(refused: Refused, text: str, field: str) -> None:
    problem = refused("/v1/price", {**PLACE, field: text}, status=422)
    check(problem, code="not_a_number", field=field, value=f"'{text}'")


def test_a_number_with_underscores_is_none(refused: Refused) -> None:
    for field, text in (("lon", "1_14.0127"), ("lat", "3_2.9930")):
        problem = refused("/v1/price", {**PLACE, field: text}, status=422)
        check(problem, code="not_a_number", field=field, value=f"'{text}'")


@pytest.mark.parametrize("field", ["lon", "lat"])
@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999"])
def test_not_finite(refused: Refused, text: str, crs: Crs, field: str) -> None:
    place = dict(PLACE)
    if crs is Crs.EPSG_4547:
        place = {"lon": "501869", "lat": "3650000"}
    elif crs is Crs.EPSG_4526:
        place = {"lon": "38501869", "lat": "3650000"}
    problem = refused("/v1/price", {**place, field: text, "crs": crs.value}, status=422)
    check(problem, code="not_finite", field=field, value=str(float(text)))


@pytest.mark.parametrize(
    ("crs", "lon", "lat", "field"),
    [
        *(
            (crs, *case)
            for crs in DEGREES
            for case in (
                (180.0000001, 33.0, "lon"),
                (-180.5, 33.0, "lon"),
                (1e300, 33.0, "lon"),
                (113.0, 90.0000001, "lat"),
                (113.0, -91.0, "lat"),
                (502063.5, 3652104.5, "lon"),  # metres, read as degrees
            )
        ),
        (Crs.EPSG_4547, -500001.5, 3650000.5, "lon"),
        (Crs.EPSG_4547, 1500001.5, 3650000.5, "lon"),
        (Crs.EPSG_4547, 38501869.5, 3650000.5, "lon"),  # of EPSG:4526
        (Crs.EPSG_4547, 501869.5, -1.5, "lat"),
        (Crs.EPSG_4547, 501869.5, 10000001.5, "lat"),
        (Crs.EPSG_4526, 37499999.5, 3650000.5, "lon"),
        (Crs.EPSG_4526, 39500001.5, 3650000.5, "lon"),
        (Crs.EPSG_4526, 501869.5, 3650000.5, "lon"),  # of EPSG:4547
        (Crs.EPSG_4526, 38501869.5, -1.5, "lat"),
        (Crs.EPSG_4526, 38501869.5, 10000001.5, "lat"),
    ],
)
def test_out_of_range(refused: Refused, crs: Crs, lon: float, lat: float, field: str) -> None:
    query = {"lon": repr(lon), "lat": repr(lat), "crs": crs.value}
    problem = refused("/v1/price", query, status=422)
    check(problem, code="out_of_range", field=field, value=query[field])
    assert f" in {crs.value}," in problem.message


@pytest.mark.parametrize(
    ("crs", "lon", "lat"),
    [
        (Crs.WGS84, 32.993, 114.0127),
        (Crs.CGCS2000, 32.993, 114.0127),
        (Crs.GCJ02, 32.993, 114.0127),
        (Crs.BD09, 32.999, 114.02),
        (Crs.EPSG_4490, 32.993, 114.0127),
        (Crs.EPSG_4547, 3650000.0, 501869.0),
        (Crs.EPSG_4526, 3650000.0, 38501869.0),
    ],
)
def test_lon_lat_swapped(refused: Refused, crs: Crs, lon: float, lat: float) -> None:
    query = {"lon": repr(lon), "lat": repr(lat), "crs": crs.value}
    problem = refused("/v1/price", query, status=422)
    check(problem, code="lon_lat_swapped", field="lon", value=f"give lon={lat} and lat={lon}")


@pytest.mark.parametrize("crs", ["", "4491", "EPSG:4327", "epsg:3857", "wgs", "火星"])
def test_unknown_crs(refused: Refused, crs: str) -> None:
    problem = refused("/v1/price", {**PLACE, "crs": crs}, status=422)
    check(problem, code="unknown_crs", field="crs", value=f"'{crs}'")
    for known in DEGREES:
        assert known.value in problem.message


@pytest.mark.parametrize("path", ["/v1/price", "/v1/regions"])
@pytest.mark.parametrize("use", ["", "Commercial", "commercial,residential", "retail", "农用地"])
def test_unknown_use(refused: Refused, use: str, path: str) -> None:
    place = PLACE if path == "/v1/price" else {}
    problem = refused(path, {**place, "use": use}, status=422)
    check(problem, code="unknown_use", field="use", value=f"'{use}'")
    assert "commercial, residential or industrial" in problem.message


@pytest.mark.parametrize(
    "as_of",
    [
        "",
        "soon",
        "nan",
        "1e300",
        "2024",
        "20241231",
        "2024/12/31",
        "31.12.2024",
        "2024-13-01",
        "2024-02-30",
        "0000-01-01",
        "10000-01-01",
        "2024-12-31T12:00:00",
        "9" * 50,
    ],
)
def test_not_a_date(refused: Refused, as_of: str) -> None:
    problem = refused("/v1/price", {**PLACE, "as_of": as_of}, status=422)
    check(problem, code="not_a_date", field="as_of", value=f"'{as_of}'")
    assert "a date like 2024-12-31" in problem.message


@pytest.mark.parametrize("as_of", ["0", "1735603200", "-86400"])
def test_a_number_is_no_date(refused: Refused, as_of: str) -> None:
    """Seconds since 1970 are nothing that a caller means by a day."""
    problem = refused("/v1/price", {**PLACE, "as_of": as_of}, status=422)
    check(problem, code="not_a_date", field="as_of", value=f"'{as_of}'")


def test_no_edition(refused: Refused) -> None:
    problem = refused("/v1/price", {**PLACE, "as_of": "2023-04-23"}, status=404)
    check(problem, code="no_edition", field="as_of", value="2023-04-23")
    assert "2023-04-24" in problem.message


def test_unknown_region(refused: Refused) -> None:
    problem = refused("/v1/regions/411700S59999", {}, status=404)
    check(problem, code="unknown_region", field="code", value="'411700S59999'")


@pytest.mark.parametrize("path", ["/nothing", "/redoc", "/v1", "/v2/price", "/v1/regions/a/b"])
def test_unknown_route(refused: Refused, path: str) -> None:
    check(refused(path, {}, status=404), code="not_found", field=None)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/price", "GET, HEAD, OPTIONS"),
        ("/v1/regions/411700S50002", "GET, HEAD, OPTIONS"),
        ("/v1/price/batch", "OPTIONS, POST"),
        ("/exports/landprice.csv", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_tell_the_methods(client: TestClient, path: str, methods: str) -> None:
    """Also without the headers that a browser adds before it lets a page ask."""
    response = client.options(path)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == methods


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", ["/v1/price", "/v1/regions", "/v1/health"])
def test_method_not_allowed(client: TestClient, path: str, method: str) -> None:
    response = client.request(method, path, params=PLACE)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["content-type"] == "application/json"
    assert strict_json(response.text) == {
        "error": {"code": "method_not_allowed", "message": "Method Not Allowed.", "field": None}
    }


@pytest.mark.parametrize(
    ("field", "status"), [("lon", 422), ("lat", 422), ("crs", 422), ("use", 422), ("as_of", 422)]
)
def test_a_long_value_is_cut_in_the_message(refused: Refused, field: str, status: int) -> None:
    problem = refused("/v1/price", {**PLACE, field: "x" * 5000}, status=status)
    assert problem.field == field
    assert "x" * 40 in problem.message
    assert "x" * 100 not in problem.message
    assert len(problem.message) < LONGEST_MESSAGE


def test_the_first_of_several_errors_is_told(refused: Refused) -> None:
    problem = refused("/v1/price", {"lat": "x", "use": "retail", "as_of": "soon"}, status=422)
    check(problem, code="missing", field="lon")
    problem = refused("/v1/price", {"lon": "1", "lat": "x", "use": "retail"}, status=422)
    check(problem, code="not_a_number", field="lat", value="'x'")


@pytest.mark.parametrize("error", [RuntimeError(SECRET), ParcelsError(SECRET)])
def test_an_unexpected_error_is_logged_and_not_shown(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    """The second kind is the product's own, but none that a request may cause."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("geo.lookup.point.PointIndex.look_up", fail)
    app = create_app(Settings(access_log="off"))
    with start(app) as client, caplog.at_level(logging.ERROR):
        response = client.get("/v1/price", params=PLACE)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/json"
    assert strict_json(response.text) == {
        "error": {
            "code": "internal_error",
            "message": "The service failed; the operator finds the reason in its log.",
            "field": None,
        }
    }
    assert SECRET not in str(response.headers)
    [record] = [record for record in caplog.records if record.name == "landprice"]
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "GET /v1/price failed, request -"
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_refused_request_is_not_logged_as_an_error(
    refused: Refused, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        refused("/v1/price", {**PLACE, "lon": "x"}, status=422)
        refused("/v1/price", {**PLACE, "lon": "181"}, status=422)
        refused("/v1/price", {**PLACE, "as_of": "2000-01-01"}, status=404)
        refused("/v1/regions/none", {}, status=404)
        refused("/nothing", {}, status=404)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
