"""Deals compared with the standard land price, over HTTP; deals and coefficients are invented."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.settings import Settings
from app.web.app import create_app
from app.web.valuation.compare.body import MOST_DEALS
from app.web.valuation.compare.models import CompareAnswer
from geo.editions.catalogue import today
from tests.factories import LAT, LON

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.app.conftest import Start

GOOD = {
    "lon": LON,
    "lat": LAT,
    "use": "commercial",
    "date": "2022-01-01",
    "price_cny_m2": 4500,
}
"""On the valuation date of the edition, before it was in force: carried there by its index."""
HELD = "411700S50002"


def compared(client: TestClient, *deals: dict[str, Any], **params: Any) -> dict[str, Any]:  # noqa: ANN401
    response = client.post("/v1/compare", json=list(deals), params=params)
    assert response.status_code == 200, response.text
    CompareAnswer.model_validate_json(response.text)
    answer: dict[str, Any] = response.json()
    return answer


def appraised(client: TestClient, **asked: Any) -> Decimal:  # noqa: ANN401 - JSON
    response = client.post("/v1/appraise", json=asked)
    assert response.status_code == 200, response.text
    return Decimal(response.json()["candidates"][0]["amounts"]["ground_price_cny_m2"])


def test_a_deal_is_compared_with_its_value(valuer: TestClient) -> None:
    terms = {"date": "2024-05-01", "plot_ratio": 2.5, "remaining_years": 30}
    answer = compared(valuer, {**GOOD, **terms, "development": "六通一平", "name": "甲"})
    [deal] = answer["deals"]
    value = appraised(valuer, code=HELD, **terms, development="六通一平")
    assert Decimal(deal["value_cny_m2"]) == value
    assert deal["standard_cny_m2"] == "4415"
    assert deal["price_cny_m2"] == "4500.00"
    assert deal["deviation"] == round(float(4500 / value - 1), 4)
    assert (deal["row"], deal["name"], deal["code"]) == (1, "甲", HELD)
    assert (deal["by_index"], deal["unadjusted"], deal["unsure"]) == (False, False, False)
    assert answer["editions"][0]["synthetic_coefficients"] is True
    assert answer["everything"]["deals"] == 1
    assert answer["everything"]["verdict"] == "too_few"
    assert answer["columns"]["price"] == "price_cny_m2"


def test_a_deal_before_the_first_edition_is_carried_there_by_an_index(valuer: TestClient) -> None:
    answer = compared(valuer, {**GOOD, "date": "2021-06-01"})
    assert answer["deals"][0]["by_index"] is True
    assert Decimal(answer["deals"][0]["value_cny_m2"]) == appraised(
        valuer, code=HELD, date="2021-06-01"
    )


def test_a_table_in_chinese(valuer: TestClient) -> None:
    text = (
        "宗地编号,经度,纬度,土地用途,成交日期,成交总价（万元）,土地面积（平方米）,容积率,剩余年期\n"
        f"甲,{LON},{LAT},商服用地,2024年5月1日,450,1000,2.5,30\n"
        f"乙,{LON},{LAT},商服用地,2024/5/1,450,1000,,\n"
    )
    for encoding in ("utf-8-sig", "gb18030"):
        charset = encoding.removesuffix("-sig")
        response = valuer.post(
            "/v1/compare",
            content=text.encode(encoding),
            headers={"content-type": f"text/csv; charset={charset}"},
        )
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer["price_unit"] == "wan"
        assert [one["price_cny_m2"] for one in answer["deals"]] == ["4500.00", "4500.00"]
        values = [Decimal(one["value_cny_m2"]) for one in answer["deals"]]
        assert values == [
            appraised(valuer, code=HELD, date="2024-05-01", plot_ratio=2.5, remaining_years=30),
            appraised(valuer, code=HELD, date="2024-05-01"),
        ]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"remaining_years": -3}, "out_of_range", "remaining_years is -3"),
    ({"remaining_years": 41}, "more_than_tenure", "at most 40"),
    ({"plot_ratio": 0}, "out_of_range", "plot_ratio is 0"),
    ({"plot_ratio": True}, "not_a_number", "'true'"),
    ({"plot_ratio": [2]}, "not_a_number", "plot_ratio"),
    ({"area_m2": "1e99"}, "out_of_range", "area_m2"),
    ({"use": "forest"}, "unknown_use", "'forest'"),
    ({"use": None}, "missing", "use is missing"),
    ({"development": "八通一平"}, "coefficient_missing", "八通一平"),
    ({"development": "通" * 61}, "value_too_long", "七通一平"),
    ({"date": "2020-12-31"}, "coefficient_missing", "from 2021-01-01"),
    ({"date": "2024-02-30"}, "not_a_date", "'2024-02-30'"),
    ({"date": "31/5/2024"}, "not_a_date", "2024-05-31"),
    ({"date": "2024-5.1"}, "not_a_date", "'2024-5.1'"),
    ({"date": f"{today().year + 1}-01-01"}, "out_of_range", "after today"),
    ({"date": None}, "missing", "date is missing"),
    ({"price_cny_m2": 4415.1234567}, "too_many_decimals", "4415.1234567"),
    ({"price_cny_m2": "四千"}, "not_a_number", "'四千'"),
    ({"price_cny_m2": None}, "missing", "price is missing"),
    ({"price_cny_m2": 0}, "out_of_range", "more than 0"),
    ({"lon": None}, "missing", "lon is missing"),
    ({"lon": 115.5, "lat": 34.5}, "no_region", "no region of commercial land"),
    ({"lon": LAT, "lat": LON}, "lon_lat_swapped", "swapped"),
    ({"lon": "x"}, "not_a_number", "lon is 'x'"),
    ({"code": "411700S99999"}, "unknown_region", "411700S99999"),
    ({"code": "411700G60001"}, "use_of_region", "industrial"),
    ({"code": "411700G60001", "use": None, "date": "2020-01-01"}, "no_edition", "no index"),
]


def test_what_cannot_be_valued_keeps_its_reason(valuer: TestClient) -> None:
    answer = compared(valuer, *({**GOOD, **wrong} for wrong, _, _ in BAD), GOOD)
    assert answer["rows"] == len(BAD) + 1
    assert [one["row"] for one in answer["deals"]] == [len(BAD) + 1]
    assert [one["row"] for one in answer["not_valued"]] == list(range(1, len(BAD) + 1))
    for one, (_, code, says) in zip(answer["not_valued"], BAD, strict=True):
        assert one["code"] == code, one
        assert says in one["message"]
        assert one["message"][-1] in ".?"
        assert one["message"].count("\n") == 0


def test_without_coefficients_a_deal_is_valued_only_as_it_stands_and_marked(
    client: TestClient,
) -> None:
    """The shipped edition has none; it is in force from 2023-04-24."""
    deal = {**GOOD, "date": "2024-05-01"}
    answer = compared(client, deal)
    assert answer["deals"] == []
    assert answer["not_valued"][0]["code"] == "coefficient_missing"
    assert answer["everything"] is None
    answer = compared(client, deal, {**deal, "date": "2022-06-01"}, unadjusted=True)
    [one] = answer["deals"]
    assert (one["unadjusted"], one["value_cny_m2"]) == (True, "4415")
    assert answer["everything"]["unadjusted"] == 1
    assert [one["code"] for one in answer["not_valued"]] == ["no_edition"]


def test_an_unsure_place_counts_for_no_region(valuer: TestClient) -> None:
    unsure = {**GOOD, "lon": 114.05, "lat": 32.993}
    answer = compared(valuer, unsure)
    [deal] = answer["deals"]
    candidates = valuer.post(
        "/v1/appraise", json={"lon": 114.05, "lat": 32.993, "use": "commercial"}
    ).json()["candidates"]
    assert deal["code"] == candidates[0]["code"]
    assert deal["probability"] == float(candidates[0]["probability"]) < 0.8
    assert deal["unsure"] is True
    assert answer["regions"] == []
    assert answer["uses"][0]["unsure"] == answer["everything"]["unsure"] == 1


def test_places_in_words_and_in_other_systems(valuer: TestClient) -> None:
    words = {**GOOD, "place": "文明大道与慎阳路交叉口西南角"}
    del words["lon"], words["lat"]
    answer = compared(valuer, words, {**words, "place": "火星路"}, at_column="place")
    assert [one["code"] for one in answer["deals"]] == ["411700S50005"]
    assert len(answer["not_valued"]) == 1
    metres = {**GOOD, "lon": 501_869, "lat": 3_650_000}
    assert compared(valuer, metres, crs="epsg:4547")["deals"]
    one = compared(valuer, GOOD, use="residential")["deals"][0]
    assert one["use"] == "residential"


@pytest.mark.parametrize(
    ("body", "params", "code", "says"),
    [
        ("", {}, "table_invalid", "not JSON"),
        ("{}", {}, "table_invalid", "array of objects"),
        ("[1]", {}, "table_invalid", "array of objects"),
        ("[" * 50_000, {}, "table_invalid", "not JSON"),
        ('[{"lon": 1, "lon": 2}]', {}, "table_invalid", "twice"),
        ('[{"use": "\\ud800"}]', {}, "table_invalid", "Unicode"),
        ("[]", {}, "table_invalid", "like a price"),
        ('[{"price": 1, "date": "2024-01-01", "code": "x"}]', {}, "table_invalid", "price unit"),
        ('[{"price_cny_m2": 1, "code": "x"}]', {}, "table_invalid", "the date of a deal"),
        ('[{"price_cny_m2": 1, "total_cny": 1, "date": ""}]', {}, "table_invalid", "both be meant"),
        ('[{"price_cny_m2": 1, "date": ""}]', {}, "table_invalid", "for lon is not in"),
        (
            '[{"price_cny_m2": 1, "date": "", "code": "x"}]',
            {"price_unit": "wan"},
            *("table_invalid", "says yuan_m2"),
        ),
        (
            '[{"成交价（元/坪）": 1, "date": "", "code": "x"}]',
            {},
            *("table_invalid", "unit that is not known"),
        ),
        ("[]", {"price_unit": "jin"}, "invalid", "yuan_m2"),
        ("[]", {"at_column": "a", "lon_column": "b"}, "at_and_coordinate", "lon_column"),
        ("[]", {"at_column": "a", "crs": "gcj02"}, "at_and_coordinate", "crs"),
        ("[]", {"prices": "x"}, "unknown_parameter", "did you mean price_unit?"),
    ],
)
def test_bodies_that_are_none(
    valuer: TestClient, body: str, params: dict[str, str], code: str, says: str
) -> None:
    response = valuer.post(
        "/v1/compare",
        content=body.encode(),
        params=params,
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 422, response.text
    error = response.json()["error"]
    assert (error["code"], says in error["message"]) == (code, True), error


def test_bodies_of_another_kind(valuer: TestClient) -> None:
    for kind in ("text/plain", "application/vnd.apache.parquet"):
        response = valuer.post("/v1/compare", content=b"[]", headers={"content-type": kind})
        assert response.status_code == 415


def test_too_much(valued_data: Path, start: Start) -> None:
    settings = Settings(data=valued_data, batch_max_mb=1, batch_columns_max=5)
    with start(create_app(settings)) as client:
        for content, says in (
            (json.dumps([{str(i): 1 for i in range(6)}]), "more than 5 columns"),
            ("[" + " " * 1_000_000, "more than 1 MB"),
        ):
            headers = {"content-type": "application/json"}
            response = client.post("/v1/compare", content=content.encode(), headers=headers)
            assert response.status_code == 413
            assert says in response.json()["error"]["message"]
        rows = "code,date,price_cny_m2\n" + "x,y,1\n" * (MOST_DEALS + 1)
        headers = {"content-type": "text/csv"}
        response = client.post("/v1/compare", content=rows.encode(), headers=headers)
        assert response.status_code == 413
        assert f"more than {MOST_DEALS} deals" in response.json()["error"]["message"]


def test_the_examples_are_answered(valuer: TestClient) -> None:
    operation = valuer.get("/openapi.json").json()["paths"]["/v1/compare"]["post"]
    for kind, described in operation["requestBody"]["content"].items():
        example = described["example"]
        content = example if isinstance(example, str) else json.dumps(example)
        response = valuer.post(
            "/v1/compare", content=content.encode(), headers={"content-type": kind}
        )
        assert [one["code"] for one in response.json()["deals"]] == [HELD], kind
