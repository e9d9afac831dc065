"""What a parcel is worth, over HTTP; the coefficients are the example's, which are invented."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.web.valuation.models import AppraiseAnswer
from tests.factories import LAT, LON

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

UNSURE = {"lon": 114.05, "lat": 32.993, "use": "commercial"}
"""In one of two regions."""


def answered(client: TestClient, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    response = client.post("/v1/appraise", json=asked)
    assert response.status_code == 200, response.text
    AppraiseAnswer.model_validate_json(response.text)
    answer: dict[str, Any] = response.json()
    return answer


def refused(client: TestClient, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    response = client.post("/v1/appraise", json=asked)
    assert response.status_code in {404, 422}, response.text
    error: dict[str, Any] = response.json()["error"]
    assert error["message"][-1] in ".?"
    return error


def test_a_standard_parcel_without_coefficients(client: TestClient) -> None:
    answer = answered(client, lon=LON, lat=LAT, use="commercial", area_m2=1000)
    assert answer["coefficients"] is None
    assert answer["basis"] == "newest"
    assert answer["expected"]["ground_price_cny_m2"] == "4415.00"
    assert answer["expected"]["total_cny"] == "4415000.00"
    assert answer["low"] == answer["high"] == answer["expected"]
    [candidate] = answer["candidates"]
    assert {step["rule"] for step in candidate["steps"]} == {"as_standard"}
    assert answer["place"]["prices"][0]["code"] == candidate["code"] == "411700S50002"


def test_every_step_is_shown(valuer: TestClient) -> None:
    answer = answered(
        valuer,
        code="411700S50002",
        plot_ratio="2.5",
        remaining_years=20,
        date="2024-05-01",
        development="五通一平",
        factor=["街角地 corner", "形状：0.98"],
    )
    [candidate] = answer["candidates"]
    assert [(step["name"], step["rule"]) for step in candidate["steps"]] == [
        ("tenure", "capitalised"),
        ("plot_ratio", "table"),
        ("date", "index"),
        ("街角地 corner", "named"),
        ("形状", "stated"),
        ("development", "costs"),
    ]
    ground = Decimal(candidate["standard"]["ground_price_cny_m2"])
    for step in candidate["steps"]:
        value = Decimal(step["value"])
        ground = ground + value if step["name"] == "development" else ground * value
    shown = Decimal(candidate["amounts"]["ground_price_cny_m2"])
    assert abs(ground - shown) <= Decimal("0.005")
    assert answer["coefficients"]["synthetic"] is True
    assert answer["place"] is None


def test_an_unsure_place_has_each_candidate_and_the_range(valuer: TestClient) -> None:
    answer = answered(valuer, **UNSURE, remaining_years=30, area_m2=100)
    likely, other = answer["candidates"]
    assert Decimal(likely["probability"]) > Decimal(other["probability"]) > 0
    ground = [Decimal(one["amounts"]["ground_price_cny_m2"]) for one in (likely, other)]
    assert Decimal(answer["low"]["ground_price_cny_m2"]) == min(ground)
    assert Decimal(answer["high"]["ground_price_cny_m2"]) == max(ground)
    one, two = (Decimal(candidate["probability"]) for candidate in (likely, other))
    mean = (one * ground[0] + two * ground[1]) / (one + two)
    assert abs(mean - Decimal(answer["expected"]["ground_price_cny_m2"])) <= Decimal("0.005")
    assert answer["place"]["question"]["line"]


def test_what_is_known_settles_it(valuer: TestClient) -> None:
    question = answered(valuer, **UNSURE)["place"]["question"]
    side = next(iter(question["sides"]))
    answer = answered(valuer, **UNSURE, known=[f"{side}_of:{question['line']}"])
    assert answer["place"]["known"]["facts"] == [f"{side}_of:{question['line']}"]
    assert len(answer["candidates"]) == 1


def test_a_place_in_words(valuer: TestClient) -> None:
    answer = answered(valuer, at="文明大道与慎阳路交叉口西南角", use="商服用地", area_m2=10)
    assert answer["candidates"][0]["code"] == "411700S50005"
    assert answer["place"]["words"]["radius_m"] > 0


def test_nowhere_near(valuer: TestClient) -> None:
    answer = answered(valuer, lon=115.0, lat=33.5, use="commercial", area_m2=10)
    assert answer["candidates"] == []
    assert answer["expected"] is answer["low"] is answer["high"] is None
    assert answer["none_probability"] == "1.000"


@pytest.mark.parametrize(
    ("asked", "code", "field", "says"),
    [
        ({**UNSURE, "remaining_years": -3}, "out_of_range", "remaining_years", "is -3"),
        ({**UNSURE, "remaining_years": 41}, "more_than_tenure", "remaining_years", "at most 40"),
        ({**UNSURE, "plot_ratio": 0}, "out_of_range", "plot_ratio", "more than 0"),
        ({**UNSURE, "plot_ratio": "2,5"}, "not_a_number", "plot_ratio", "'2,5'"),
        ({**UNSURE, "plot_ratio": [2]}, "not_a_number", "plot_ratio", "a number"),
        ({**UNSURE, "plot_ratio": True}, "not_a_number", "plot_ratio", "'True'"),
        ({**UNSURE, "area_m2": 1.1234567}, "too_many_decimals", "area_m2", "at most 4 decimals"),
        ({**UNSURE, "development": "八通一平"}, "coefficient_missing", "development", "六通一平"),
        ({**UNSURE, "use": "forest"}, "unknown_use", "use", "residential"),
        ({**UNSURE, "use": None}, "missing", "use", "use is missing"),
        ({**UNSURE, "date": "1999-01-01"}, "coefficient_missing", "date", "from 2021-01-01"),
        ({**UNSURE, "date": "2024-1-1"}, "not_a_date", "date", "2024-12-31"),
        ({**UNSURE, "as_of": "1999-01-01"}, "no_edition", "as_of", "first edition"),
        ({**UNSURE, "lon": True}, "not_a_number", "lon", "a number"),
        ({**UNSURE, "crs": {}}, "unknown_crs", "crs", "gcj02"),
        ({**UNSURE, "at": "文明大道东侧"}, "at_and_coordinate", "lon", "leave out lon"),
        ({**UNSURE, "code": "411700S50002"}, "at_and_coordinate", "lon", "leave out lon"),
        ({"lon": 114.0, "use": "commercial"}, "missing", "lat", "lat is missing"),
        ({"use": "commercial"}, "missing", "lon", "lon is missing"),
        ({"code": "411700S99999"}, "unknown_region", "code", "411700-2022"),
        ({"code": "411700G60001", "use": "commercial"}, "use_of_region", "use", "industrial"),
        ({**UNSURE, "factor": ["形状:x"]}, "not_a_number", "factor", "'x'"),
        ({**UNSURE, "factor": ["形状:11"]}, "out_of_range", "factor", "at most 10"),
        ({**UNSURE, "factor": [":1"]}, "factor_unreadable", "factor", "a name"),
        ({**UNSURE, "factor": ["a:1", "a:2"]}, "repeated_factor", "factor", "twice"),
        ({**UNSURE, "factor": ["没有"]}, "coefficient_missing", "factor", "街角地"),
        ({**UNSURE, "factor": ["a:1"] * 21}, "repeated_parameter", "factor", "at most 20"),
        ({**UNSURE, "area": 3}, "unknown_parameter", "area", "did you mean area_m2?"),
        (
            {"code": "411700G60001", "date": "2020-01-01"},
            *("no_edition", "date", "no index carries the prices of 411700-2022"),
        ),
    ],
)
def test_refusals(
    valuer: TestClient, asked: dict[str, Any], code: str, field: str, says: str
) -> None:
    error = refused(valuer, **asked)
    assert (error["code"], error["field"]) == (code, field), error
    assert says in error["message"]


@pytest.mark.parametrize("missing", ["plot_ratio", "remaining_years", "date", "development"])
def test_without_coefficients_what_differs_is_refused(client: TestClient, missing: str) -> None:
    given = {"plot_ratio": 9.9, "remaining_years": 3, "date": "2024-01-01", "development": "三通"}
    error = refused(client, **UNSURE, **{missing: given[missing]})
    assert (error["code"], error["field"]) == ("coefficient_missing", missing)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "table_invalid"),
        (b"[]", "table_invalid"),
        (b"{", "table_invalid"),
        (b"[" * 50_000, "table_invalid"),
        (b'{"use": "\xff"}', "table_invalid"),
        (b'{"use": "commercial", "use": "residential"}', "repeated_parameter"),
        (b'{"use": "' + b"x" * 64_000 + b'"}', "too_large"),
    ],
)
def test_bodies_that_are_none(valuer: TestClient, body: bytes, code: str) -> None:
    response = valuer.post("/v1/appraise", content=body)
    assert response.status_code == (413 if code == "too_large" else 422)
    assert response.json()["error"]["code"] == code


def test_amounts_are_text_that_no_reader_rounds(valuer: TestClient) -> None:
    body = valuer.post("/v1/appraise", json={**UNSURE, "area_m2": "123456789.1234"}).text
    total = json.loads(body, parse_float=str)["expected"]["total_cny"]
    assert isinstance(total, str)
    assert Decimal(total).as_tuple().exponent == -2
