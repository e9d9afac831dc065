"""Batches whose places are given in words, or of whose places more is known than a coordinate."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

CSV = {"content-type": "text/csv"}
COLUMNS = {"columns": "code,probability,none_probability", "use": "commercial"}


def answered(client: TestClient, body: str, **params: str) -> list[dict[str, Any]]:
    response = client.post(
        "/v1/price/batch", params={**COLUMNS, **params}, content=body.encode(), headers=CSV
    )
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))


def test_places_in_words(client: TestClient) -> None:
    texts = ["文明大道与慎阳路交叉口西南角", "文明路与置地大道交叉口东北角", "东门口", ""]
    rows = answered(
        client, "\n".join(["坐落,n", *(f"{text},1" for text in texts)]), at_column="坐落"
    )
    for row, text in zip(rows[:2], texts, strict=False):
        one = client.get("/v1/price", params={"at": text, "use": "commercial"}).json()
        assert row["commercial_code"] == one["prices"][0]["code"]
        assert float(row["commercial_probability"]) == one["prices"][0]["probability"]
    assert [row["error"] for row in rows] == ["", "", "location_unreadable", "missing"]


def test_what_is_known(client: TestClient) -> None:
    known = ["", "练江河以北", "north_of:练江河;文明路以东", "north_of:雪山路"]
    body = "\n".join(["lon,lat,k", *(f"114.02,32.955,{text}" for text in known)])
    rows = answered(client, body, known_column="k")
    for row, text in zip(rows[:3], known, strict=False):
        facts = "".join(f"&known={fact}" for fact in text.split(";") if fact)
        one = client.get(f"/v1/price?lon=114.02&lat=32.955&use=commercial{facts}").json()
        assert row["commercial_code"] == one["prices"][0]["code"]
        assert float(row["commercial_probability"]) == one["prices"][0]["probability"]
    assert rows[3]["error"] == "unknown_line"


@pytest.mark.parametrize(
    ("params", "kind", "code", "field"),
    [
        ({"at_column": "坐落", "lon_column": "n"}, "text/csv", "at_and_coordinate", "lon_column"),
        ({"at_column": "坐落", "crs": "gcj02"}, "text/csv", "at_and_coordinate", "crs"),
        (
            {"at_column": "坐落", "known_column": "n"},
            "text/csv",
            "at_and_coordinate",
            "known_column",
        ),
        ({"at_column": "坐落"}, "application/json", "not_for_json", "at_column"),
        ({"known_column": "k"}, "application/json", "not_for_json", "known_column"),
    ],
)
def test_refusals(
    client: TestClient, params: dict[str, str], kind: str, code: str, field: str
) -> None:
    response = client.post(
        "/v1/price/batch",
        params=params,
        content="坐落,n\n甲,1\n".encode(),
        headers={"content-type": kind},
    )
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, field)


def test_a_column_that_is_not_there(client: TestClient) -> None:
    for params in ({"at_column": "地址"}, {"known_column": "地址"}):
        response = client.post(
            "/v1/price/batch", params=params, content=b"lon,lat\n114,33\n", headers=CSV
        )
        assert response.status_code == 422
        assert (
            "The column '地址' is not in the columns lon, lat."
            in response.json()["error"]["message"]
        )


def test_more_than_a_request_may_have(client: TestClient) -> None:
    body = "lon,lat,k\n" + "114.02,32.955,练江河以北\n" * 5_001
    response = client.post(
        "/v1/price/batch", params={"known_column": "k"}, content=body.encode(), headers=CSV
    )
    assert response.status_code == 413
    assert "More than 5000 rows have a place in words" in response.json()["error"]["message"]
