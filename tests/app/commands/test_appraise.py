"""``landprice appraise``; the coefficients are the example's, which are invented."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from tests.factories import LAT, LON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.app.conftest import Invoke, Landprice

SURE = (str(LON), str(LAT))
UNSURE = ("114.05", "32.993")
FACTOR = "街角地 corner"


@pytest.fixture(scope="module")
def valuer(valued_data: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=valued_data))) as client:
        yield client


def said(run: Invoke | Landprice, data: Path, *args: str) -> str:
    result = run("appraise", *args, data=data)
    assert result.stderr == ""
    text: str = result.stdout
    return text


@pytest.mark.parametrize(
    ("args", "body"),
    [
        (
            (*UNSURE, "--use", "商服", "--years", "30", "--area", "5000.5"),
            {"lon": 114.05, "lat": 32.993, "use": "商服", "remaining_years": 30, "area_m2": 5000.5},
        ),
        (
            (*UNSURE, "--use", "commercial", "--known", "north_of:东祥路", "--crs", "gcj02"),
            {"lon": 114.05, "lat": 32.993, "use": "commercial", "crs": "gcj02"}
            | {"known": ["north_of:东祥路"]},
        ),
        (
            ("文明大道与慎阳路交叉口西南角", "--use", "commercial", "--date", "2024-05-01"),
            {"at": "文明大道与慎阳路交叉口西南角", "use": "commercial", "date": "2024-05-01"},
        ),
        (
            (
                *("--code", "411700S50002", "--plot-ratio", "2.5", "--development", "五通一平"),
                *("--factor", FACTOR, "--factor", "形状:0.98", "--as-of", "2024-01-01"),
            ),
            {"code": "411700S50002", "plot_ratio": "2.5", "development": "五通一平"}
            | {"factor": [FACTOR, "形状:0.98"], "as_of": "2024-01-01"},
        ),
    ],
)
def test_json_is_the_body_over_http(
    invoke: Invoke,
    valued_data: Path,
    valuer: TestClient,
    args: tuple[str, ...],
    body: dict[str, Any],
) -> None:
    printed = json.loads(said(invoke, valued_data, *args, "--json"))
    response = valuer.post("/v1/appraise", json=body)
    assert response.status_code == 200, response.text
    assert printed == response.json()


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "C"])
def test_every_step_in_words(
    landprice: Landprice, valued_data: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("LC_ALL", lang)
    args = ("--code", "411700S50002", "--years", "30", "--area", "1000")
    factors = ("--factor", FACTOR, "--factor", "形状:0.98", "--development", "五通一平")
    text = said(landprice, valued_data, *args, *factors)
    assert "411700S50002" in text  # plot ratio 2
    steps = re.findall(r"^    ([^\s=].*?) (?:× |([+−]))([\d.]+)", text, re.MULTILINE)
    assert [name for name, _, _ in steps][3:5] == [FACTOR, "形状"]
    ground = Decimal(4415)
    for _, sign, value in steps:
        if sign:
            ground += Decimal(value) * (-1 if sign == "−" else 1)
        else:
            ground *= Decimal(value)
    ground, floor, wan = cents(ground), cents(cents(ground) / 2), cents(cents(ground) / 10)
    chinese = lang.startswith("zh")
    total = f"{ground * 1000:,} "
    total += f"元（{wan:,} 万元）" if chinese else f"yuan ({wan:,} × 10 000 yuan)"
    for amount in (
        f"{'地面单价' if chinese else 'ground price'} {ground:,}",
        f"{'楼面单价' if chinese else 'floor price'} {floor:,}",
        total,
        "(1 − 1/1.065^30) / (1 − 1/1.065^40)",
        "invented example",
        "修正系数为虚构的示例" if chinese else "the coefficients are invented",
        "现行版本" if chinese else "the edition in force today",
    ):
        assert amount in text
    assert "%" not in text  # the region was named


@pytest.mark.slow
def test_an_unsure_place_has_candidates_a_range_and_the_question(
    landprice: Landprice, valued_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    args = (*UNSURE, "--use", "commercial", "--years", "30", "--area", "5000")
    answer = json.loads(said(landprice, valued_data, *args, "--json"))
    text = said(landprice, valued_data, *args)
    assert text.startswith("114.05, 32.993（wgs84）\n")
    for one in answer["candidates"]:
        share = f"{100 * float(one['probability']):.1f}"
        assert f"{one['code']}（概率 {share}%）" in text
        assert f"地面单价 {Decimal(one['amounts']['ground_price_cny_m2']):,} 元" in text
    expected, low, high = (answer[name] for name in ("expected", "low", "high"))
    assert f"期望值：地面单价 {Decimal(expected['ground_price_cny_m2']):,} 元/平方米" in text
    least, most = (Decimal(one["ground_price_cny_m2"]) for one in (low, high))
    assert f"有 95% 的把握：地面单价 {least:,} 至 {most:,} 元/平方米，总价 " in text
    line = answer["place"]["question"]["line"]
    assert f"在{line}的哪一边？" in text
    assert f"--known north_of:{line}" in text


def test_without_a_region(invoke: Invoke, valued_data: Path) -> None:
    text = said(invoke, valued_data, "115.05", "32.993", "--use", "commercial")
    assert "no region here (with 99.9%), so that there is no value" in text


def test_without_coefficients(invoke: Invoke) -> None:
    result = invoke("appraise", *SURE, "--use", "commercial", "--area", "1000")
    assert result.exit_code == 0
    assert (
        "no coefficients: what differs from the standard parcel cannot be valued" in result.stdout
    )
    assert "total 4,415,000.00 yuan (441.50 × 10 000 yuan)" in result.stdout
    assert "411700S50002 (probability 99.9%)" in result.stdout  # nothing inferred is certain


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((*SURE,), "use is missing"),
        ((*SURE, "--use", "commercial", "--years", "41"), "at most 40"),
        ((*SURE, "--use", "commercial", "--plot-ratio", "2,5"), "plot_ratio is '2,5'"),
        ((*SURE, "--use", "commercial", "--area", "0"), "area_m2 is 0"),
        ((*SURE, "--use", "commercial", "--factor", "没有"), FACTOR),
        ((*SURE, "--use", "commercial", "--crs", "mars"), "crs is 'mars'"),
        ((*SURE, "--use", "commercial", "--date", "1999-01-01"), "date is 1999-01-01"),
        ((*SURE, "--use", "commercial", "--date", "5.1"), "does not match the format"),
        ((*SURE, "--code", "411700S50002"), "leave out lon"),
        (("--code", "411700S99999"), "no region '411700S99999'"),
        (("--use", "commercial"), "Give LON and LAT"),
        ((*SURE, "--at", "文明大道东侧"), "--at stands in the place of"),
        (("114", "--use", "commercial"), "114"),
    ],
)
def test_refusals(invoke: Invoke, valued_data: Path, args: tuple[str, ...], told: str) -> None:
    result = invoke("appraise", *args, data=valued_data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("landprice: ")
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
