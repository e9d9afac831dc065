"""What an asker knows, over HTTP and on the command line: the same answers, the same refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.web.models import PriceAnswer

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.app.conftest import Invoke

UNSURE = {"lon": "114.02", "lat": "32.955"}


def test_an_unsure_answer_has_a_question(client: TestClient) -> None:
    answer = client.get("/v1/price", params={**UNSURE, "use": "commercial"}).json()
    PriceAnswer.model_validate(answer, extra="forbid")
    assert answer["known"] is None
    assert answer["prices"][0]["probability"] < 0.99
    line, sides = answer["question"]["line"], answer["question"]["sides"]
    assert set(sides) in ({"north", "south"}, {"east", "west"})
    for side, likeliest in sides.items():
        known = {**UNSURE, "use": "commercial", "known": f"{side}_of:{line}"}
        then = client.get("/v1/price", params=known).json()
        PriceAnswer.model_validate(then, extra="forbid")
        assert then["known"]["facts"] == [f"{side}_of:{line}"]
        assert then["prices"][0]["code"] == likeliest[0]["code"]
        assert then["prices"][0]["probability"] > answer["prices"][0]["probability"]


def test_facts_add_up(client: TestClient) -> None:
    facts = ["north_of:练江河", "south_of:中华路", "文明路以东", "west_of:京广铁路"]
    answer = client.get("/v1/price", params={**UNSURE, "known": facts}).json()
    assert answer["known"]["facts"] == [
        *("north_of:练江河", "south_of:中华大道", "east_of:文明大道", "west_of:京广铁路"),
    ]
    assert [price["code"] for price in answer["prices"]] == ["411700S50010", "411700Z70017"]
    assert {price["certainty"] for price in answer["prices"]} == {"inside"}


@pytest.mark.parametrize(
    ("known", "code", "said"),
    [
        (["north_of:雪山路"], "unknown_line", "the notice names no line 雪山路"),
        (["east_of:开源大道"], "side_unknown", "开源大道 runs east-west"),
        (["north_of:开源大道", "south_of:开源大道"], "facts_contradict", "cannot both be true"),
        (["north_of:开源大道"] * 50, "too_many_facts", "given 50 times; give at most 20 facts."),
        (["x" * 5_000], "fact_unreadable", "it must be a side and a line"),
        ([""], "fact_unreadable", "it must be a side and a line"),
    ],
)
def test_refusals(client: TestClient, known: list[str], code: str, said: str) -> None:
    response = client.get("/v1/price", params={**UNSURE, "known": known})
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, "known")
    assert said in error["message"]
    assert len(error["message"]) < 300


def test_other_parameters_are_still_given_once(client: TestClient) -> None:
    response = client.get("/v1/price?lon=114&lat=33&lat=33&known=a&known=b")
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "repeated_parameter"


def test_the_command_line_says_the_same(invoke: Invoke, client: TestClient) -> None:
    facts = ("--known", "north_of:练江河", "--known", "文明路以东")
    told = invoke("price", *UNSURE.values(), *facts, "--json")
    assert told.exit_code == 0
    answer = client.get("/v1/price", params={**UNSURE, "known": ["north_of:练江河", "文明路以东"]})
    assert json.loads(told.stdout) == answer.json()
    words = invoke("price", *UNSURE.values(), *facts).stdout
    known = answer.json()["known"]
    true_in = f"true in {known['layouts']} of {known['of']} layouts\n"
    assert f"known: north_of:练江河, east_of:文明大道; {true_in}" in words
    refused = invoke("price", *UNSURE.values(), "--known", "east_of:开源大道")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("landprice: known is 'east_of:开源大道', but 开源大道 runs")


def test_the_question_in_words(invoke: Invoke) -> None:
    lines = invoke("price", *UNSURE.values()).stdout.splitlines()
    first = lines.index("On which side of 练江河? If you know, add one of:")
    assert lines[first + 1].startswith("  --known north_of:练江河  commercial 2500 (")
    assert lines[first + 2].startswith("  --known south_of:练江河  commercial 1925 (")


AT = "文明大道与慎阳路交叉口西南角"


def test_a_price_for_words(client: TestClient, invoke: Invoke) -> None:
    answer = client.get("/v1/price", params={"at": AT, "use": "commercial"}).json()
    PriceAnswer.model_validate(answer, extra="forbid")
    assert answer["words"]["at"] == AT
    assert answer["query"]["crs"] == "wgs84"
    assert 50 < answer["words"]["radius_m"] < 1_000
    assert [price["code"] for price in answer["prices"]] == ["411700S50005"]
    told = invoke("price", "--at", AT, "--use", "commercial", "--json")
    assert json.loads(told.stdout) == answer
    words = invoke("price", "--at", AT).stdout
    assert (
        f"{AT}: about {answer['query']['lon']:.4f}, {answer['query']['lat']:.4f} (wgs84)" in words
    )


def test_what_is_known_of_a_place_in_words(client: TestClient) -> None:
    """Two answers settle what the words leave open, and the words themselves stay true."""
    params: dict[str, Any] = {"at": "文明大道与开源大道交叉口", "use": "residential", "known": []}
    said = []
    for _ in range(3):
        answer = client.get("/v1/price", params=params).json()
        said.append(max(price["probability"] for price in answer["prices"]))
        if answer["question"] is None:
            break
        side = next(iter(answer["question"]["sides"]))
        params["known"] = [*params["known"], f"{side}_of:{answer['question']['line']}"]
    assert said[0] < 0.6
    assert said[-1] >= 0.99
    assert answer["known"]["facts"] == params["known"]
    assert answer["words"]["at"] == params["at"]


def test_a_coordinate_in_a_text(client: TestClient) -> None:
    plain = client.get("/v1/price", params={"lon": 114.0127, "lat": 32.993}).json()
    for text, stated in (("32.9930, 114.0127", False), ("geo:32.9930,114.0127", True)):
        answer = client.get("/v1/price", params={"at": text}).json()
        PriceAnswer.model_validate(answer, extra="forbid")
        assert answer["pasted"] == {"at": text, "crs_stated": stated}
        assert answer == plain | {"pasted": answer["pasted"]}
    link = "https://uri.amap.com/marker?position=114.0127,32.9930"
    amap = client.get("/v1/price", params={"at": link}).json()
    gcj02 = client.get("/v1/price", params={"lon": 114.0127, "lat": 32.993, "crs": "gcj02"}).json()
    assert amap == gcj02 | {"pasted": {"at": link, "crs_stated": True}}
    assert amap["prices"] != plain["prices"]


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"at": "东门口"}, "location_unreadable", "at"),
        ({"at": "文明大道与雪山路交叉口"}, "unknown_line", "at"),
        ({"at": "路" * 5_000}, "location_too_long", "at"),
        ({"at": ""}, "location_unreadable", "at"),
        ({"at": AT, "lon": "114"}, "at_and_coordinate", "lon"),
        ({"at": AT, "crs": "wgs84"}, "crs_of_words", "crs"),
        ({"at": "geo:32.99,114.01", "crs": "gcj02"}, "two_systems", "crs"),
        ({"at": "501186, 3651934", "crs": "gcj02"}, "two_systems", "crs"),
        ({"at": "https://surl.amap.com/ab"}, "link_without_coordinate", "at"),
        ({"at": "114.0127"}, "not_a_number", "at"),
        ({"at": AT, "known": "east_of:文明大道"}, "facts_contradict", "known"),
        ({"at": AT, "use": "office"}, "unknown_use", "use"),
        ({"lon": "114"}, "missing", "lat"),
        ({}, "missing", "lon"),
    ],
)
def test_words_that_are_refused(
    client: TestClient, params: dict[str, str], code: str, field: str
) -> None:
    response = client.get("/v1/price", params=params)
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, field)


def test_words_that_the_command_refuses(invoke: Invoke) -> None:
    for args in (("--at", AT, "114", "33"), ("--at", AT, "--known", "x"), ()):
        assert invoke("price", *args).exit_code == 2
    told = invoke("price", "--at", "东门口")
    assert told.exit_code == 2
    assert told.stderr.startswith("landprice: at is '东门口', of which '东门口' cannot be read")
