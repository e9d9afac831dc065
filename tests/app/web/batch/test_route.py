"""POST /v1/price/batch: tables of points in, the same with answers out, whatever is in them."""

from __future__ import annotations

import io
import itertools
import json
import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet
from starlette.testclient import TestClient

from app.errors import UnsupportedMediaTypeError
from app.settings import Settings
from app.web.app import create_app
from app.web.batch.json_out import JsonAnswerWriter
from app.web.batch.media_types import BodyType, MediaType, parse_accept, parse_content_type
from app.web.batch.models import BatchAnswers
from geo.crs import Crs
from geo.errors import ParcelsError
from geo.lookup.table import DEFAULT_COLUMNS, ERROR_COLUMNS, Column, TableAnswers
from tests.app.conftest import Problem, strict_json
from tests.app.web.batch.bodies import (
    ARROW,
    BOM,
    END_OF_STREAM,
    GOOD,
    MANY,
    PARQUET,
    PATH,
    POINTS,
    body_of,
    check_too_large,
    table_of_places,
)
from tests.factories import LAT, LON, alone
from tests.table_cases import (
    GOOD_CASES,
    REFUSED_CASES,
    RefusedCase,
    TableCase,
    kernel_rows,
)
from tests.uses import USE_CODES, USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import httpx2

    from app.web.edition import LoadedEdition
    from tests.app.conftest import Ask, Refused, Start

ANSWER_NAMES = [f"{use}_{column}" for use in USES for column in DEFAULT_COLUMNS]
ALL_NAMES = [*ANSWER_NAMES, *ERROR_COLUMNS]
BAD: list[tuple[dict[str, Any], str, str, str]] = [
    ({"lon": "x", "lat": LAT}, "not_a_number", "lon", "lon is 'x'; it must be a number."),
    ({"lon": LON}, "missing", "lat", "lat is missing."),
    ({"lon": None, "lat": LAT}, "missing", "lon", "lon is missing."),
    ({"lon": 181, "lat": LAT}, "out_of_range", "lon", "lon must be from -180 to 180 in wgs84"),
    ({"lon": LON, "lat": -91.5}, "out_of_range", "lat", "but is -91.5."),
    ({"lon": LAT, "lat": LON}, "lon_lat_swapped", "lon", f"give lon={LON} and lat={LAT}."),
]


def table_of(points: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return points as columns of text, for not all are numbers."""
    rows = list(points)
    texts = {
        name: [None if row.get(name) is None else str(row[name]) for row in rows]
        for name in ("lon", "lat")
    }
    return pa.table({name: pa.array(text, pa.string()) for name, text in texts.items()})


def rows_of(
    content: bytes, kind: MediaType, columns: Sequence[str] = DEFAULT_COLUMNS
) -> list[dict[str, Any]]:
    """Return an answer as a table's rows; of JSON too."""
    match kind:
        case MediaType.CSV:
            assert content.startswith(BOM)
            text = csv.ConvertOptions(
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                column_types=_csv_types(content),
            )
            return list(csv.read_csv(io.BytesIO(content), convert_options=text).to_pylist())
        case MediaType.ARROW:
            return list(pa.ipc.open_stream(content).read_all().to_pylist())
        case MediaType.PARQUET:
            return list(parquet.read_table(io.BytesIO(content)).to_pylist())
    answers = strict_json(content.decode())["answers"]
    return [_flat(answer, columns) for answer in answers]


def _csv_types(content: bytes) -> dict[str, pa.DataType]:
    """Return numbers for the answers' own columns of numbers, else text."""
    names = [field.strip('"') for field in content[len(BOM) :].decode().split("\r\n")[0].split(",")]
    numbers = {
        "_price_cny_m2": pa.int64(),
        "_tenure_years": pa.int64(),
        "_plot_ratio": pa.float64(),
        "_boundary_m": pa.float64(),
        "_probability": pa.float64(),
    }
    types = dict.fromkeys(names, pa.string())
    for name, (end, kind) in itertools.product(names, numbers.items()):
        if name.endswith(end):
            types[name] = kind
    return types


def _flat(answer: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    row = {"lon": answer["lon"], "lat": answer["lat"]}
    for use in USE_CODES:
        if use in answer:
            region = answer[use] or dict.fromkeys(columns)
            row |= {f"{use}_{column}": region[column] for column in region}
    error = answer["error"] or {}
    return row | {"error": error.get("code"), "error_message": error.get("message")}


def post(
    client: TestClient, content: bytes, kind: MediaType, accept: str = "*/*", **params: str
) -> httpx2.Response:
    headers = {"content-type": kind.value, "accept": accept}
    return client.post(PATH, content=content, headers=headers, params=params)


def answered(
    client: TestClient, content: bytes, kind: MediaType, *wanted_kind: MediaType, **params: str
) -> list[dict[str, Any]]:
    """Return the rows of a good answer."""
    [wanted] = wanted_kind or [kind]
    response = post(client, content, kind, wanted.value, **params)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].partition(";")[0] == wanted
    columns = params["columns"].split(",") if "columns" in params else DEFAULT_COLUMNS
    return rows_of(response.content, wanted, columns)


def refused_with(response: httpx2.Response, status: int) -> Problem:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = strict_json(response.text)
    assert list(body) == ["error"]
    problem = Problem(**body["error"])
    assert "\n" not in problem.message
    return problem


def expected_row(ask: Ask, *, lon: float, lat: float, **params: str) -> dict[str, Any]:
    """Return what the answer for the point alone amounts to."""
    row: dict[str, Any] = dict.fromkeys(ANSWER_NAMES)
    for price in reversed(ask(lon=lon, lat=lat, **params)["prices"]):
        row |= {f"{price['use']}_{column}": price[column] for column in DEFAULT_COLUMNS}
    return row | dict.fromkeys(ERROR_COLUMNS)


# Answers.


@pytest.mark.parametrize("kind", list(MediaType))
@pytest.mark.parametrize("case", [case for case in GOOD_CASES if len(case.uses) != 2], ids=str)
def test_every_case(
    client: TestClient, edition: LoadedEdition, case: TableCase, kind: MediaType
) -> None:
    """In every kind, the other columns first; a query asks for one use or for all."""
    params = {"crs": case.crs.upper(), "columns": ",".join(case.columns)}
    params |= {} if len(case.uses) == len(USES) else {"use": case.uses[0].code}
    params |= {"lon_column": case.lon, "lat_column": case.lat}
    table = case.table
    if kind is MediaType.JSON:  # in which names are fixed, and a number is never infinite
        columns = [table.column(name).cast(pa.string()) for name in (case.lon, case.lat)]
        table = pa.table(dict(zip(("lon", "lat"), columns, strict=True)))
    rows = answered(client, body_of(table, kind), kind, **params)
    expected = kernel_rows(edition, case)
    others = table.column_names
    answers = [{name: row[name] for name in row if name not in others} for row in rows]
    assert answers == expected
    assert all(list(row)[: len(others)] == others for row in rows)


@pytest.mark.parametrize("wanted", list(MediaType))
@pytest.mark.parametrize("given", list(MediaType))
def test_every_kind_is_answered_in_every_kind(
    client: TestClient, edition: LoadedEdition, ask: Ask, given: MediaType, wanted: MediaType
) -> None:
    points = table_of_places(edition, 40)
    rows = answered(client, body_of(points, given), given, wanted)
    assert len(rows) == 40
    for row, point in zip(rows, points.to_pylist(), strict=True):
        assert list(row) == ["lon", "lat", *ALL_NAMES]
        assert (float(row.pop("lon")), float(row.pop("lat"))) == (point["lon"], point["lat"])
        assert row == expected_row(ask, **point)


def test_the_json_of_an_answer(client: TestClient, ask: Ask) -> None:
    points: list[dict[str, Any]] = [*GOOD, *(point for point, *_ in BAD)]
    response = post(client, json.dumps(points).encode(), MediaType.JSON)
    body = strict_json(response.text)
    BatchAnswers.model_validate(body, extra="forbid")
    assert list(body) == ["edition", "answers"]
    assert body["edition"] == ask(lon=LON, lat=LAT)["edition"]
    known, outside, *bad = body["answers"]
    assert known == {
        "lon": LON,
        "lat": LAT,
        "commercial": {
            "code": "411700S50002",
            "ground_price_cny_m2": 4415,
            "floor_price_cny_m2": 2208,
            "plot_ratio": 2.0,
            "tenure_years": 40,
            "certainty": "inside",
            "probability": 1.0,
        },
        "residential": {
            "code": "411700Z70007",
            "ground_price_cny_m2": 5310,
            "floor_price_cny_m2": 1659,
            "plot_ratio": 3.2,
            "tenure_years": 70,
            "certainty": "inside",
            "probability": 1.0,
        },
        "industrial": None,
        "error": None,
    }
    assert '"plot_ratio":2.0' in response.text.replace(" ", "")
    nothing = {use.code: None for use in USES}
    assert outside == {**GOOD[1], **nothing, "error": None}
    for answer, (point, code, field, sentence) in zip(bad, BAD, strict=True):
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
        assert sentence in answer["error"]["message"]
        assert {answer[use] for use in USE_CODES} == {None}
        for name in ("lon", "lat"):
            value = point.get(name)
            assert answer[name] == (None if isinstance(value, str) else value)


@pytest.mark.parametrize(
    ("text", "lon", "lat", "code"),
    [
        ('{"lon": 114.0127, "lat": 32.993}', LON, LAT, None),
        ('{"lat": 32.993, "name": {"lon": [1, {"lat": 2}]}, "lon": 114.0127}', LON, LAT, None),
        ('{"lon": 1, "lon": 114.0127, "lat": 32.993}', LON, LAT, None),
        ('{"lon": "114.0127", "lat": " 32.993 "}', LON, LAT, None),
        ("[114.0127, 32.993]", LON, LAT, None),
        ('[114.0127, 32.993, 57.5, "x", [1, [2]], {"lon": 3}]', LON, LAT, None),
        ("[1.140127e2, 32993E-3]", LON, LAT, None),
        ("[114, 33]", 114.0, 33.0, None),
        ("[]", None, None, "missing"),
        ("[114.0127]", LON, None, "missing"),
        ("{}", None, None, "missing"),
        ("null", None, None, "missing"),
        ("114.0127", None, None, "missing"),
        ('"114.0127,32.993"', None, None, "missing"),
        ("true", None, None, "missing"),
        ('{"Lon": 114.0127, "lat": 32.993}', None, LAT, "missing"),
        ('{"lon": true, "lat": 32.993}', None, LAT, "not_a_number"),
        ('{"lon": [114.0127], "lat": 32.993}', None, LAT, "not_a_number"),
        ('{"lon": {"lon": 114.0127}, "lat": 32.993}', None, LAT, "not_a_number"),
        ('{"lon": "1_14", "lat": 32.993}', None, LAT, "not_a_number"),
        ('{"lon": "", "lat": 32.993}', None, LAT, "missing"),
        ('{"lon": "NaN", "lat": 32.993}', None, LAT, "not_finite"),
        ('{"lon": 1e999, "lat": 32.993}', None, LAT, "not_finite"),
        ('{"lon": ' + "9" * 400 + ', "lat": 32.993}', None, LAT, "not_finite"),
        ('{"lon": 1e-999, "lat": 32.993}', 0.0, LAT, None),
    ],
)
def test_a_point_in_json(
    client: TestClient, text: str, lon: float | None, lat: float | None, code: str | None
) -> None:
    """Between two others, which it does not disturb."""
    body = f"[[{LON}, {LAT}], {text}, [{LON}, {LAT}]]".encode()
    response = post(client, body, MediaType.JSON)
    assert response.status_code == 200, response.text
    before, answer, after = strict_json(response.text)["answers"]
    assert before == after
    assert before["commercial"]["code"] == "411700S50002"
    assert (answer["lon"], answer["lat"]) == (lon, lat)
    assert (answer["error"] or {}).get("code") == code


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", BOM + b"[]"])
def test_no_points_in_json(client: TestClient, body: bytes) -> None:
    response = post(client, body, MediaType.JSON)
    assert response.status_code == 200
    assert strict_json(response.text)["answers"] == []


def test_no_rows_change_nothing_in_json(edition: LoadedEdition) -> None:
    sink = io.BytesIO()
    bulk = TableAnswers(edition, crs=Crs.WGS84)
    empty = pa.RecordBatch.from_pylist([], schema=bulk.schema)
    with JsonAnswerWriter(
        sink, alone(edition).summary(edition), uses=tuple(USES), columns=DEFAULT_COLUMNS
    ) as writer:
        writer.write(empty)
    assert strict_json(sink.getvalue().decode())["answers"] == []


def test_text_of_csv_is_kept_as_it_came(client: TestClient) -> None:
    lines = [
        "编号,lat,备注,lon,空",
        f'007,{LAT},"a ""b"", c",{LON},',
        f'" 8",{LAT}0,"two\nlines", {LON} ,""',
        "NULL,,é,x,NaN",
    ]
    for body in (BOM + "\n".join(lines).encode(), "\r\n".join([*lines, ""]).encode()):
        rows = answered(client, body, MediaType.CSV)
        names = ["编号", "lat", "备注", "lon", "空"]
        kept = [[row[name] for name in names] for row in rows]
        assert kept[0] == ["007", str(LAT), 'a "b", c', str(LON), None]
        assert kept[1] == [" 8", f"{LAT}0", "two\nlines", f" {LON} ", ""]
        assert kept[2] == ["NULL", None, "é", "x", "NaN"]
        assert list(rows[0]) == [*names, *ALL_NAMES]
        assert [row["commercial_code"] for row in rows] == ["411700S50002"] * 2 + [None]
        assert [row["error"] for row in rows] == [None, None, "not_a_number"]


def test_csv_of_chinese_programs(client: TestClient) -> None:
    body = f"名称,lon,lat\n鼎盛新城,{LON},{LAT}\n".encode("gb18030")
    for charset in ("gb18030", "GBK", '"gb2312"'):
        headers = {"content-type": f"text/csv; charset={charset}"}
        response = client.post(PATH, content=body, headers=headers)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        [row] = rows_of(response.content, MediaType.CSV)
        assert (row["名称"], row["commercial_code"]) == ("鼎盛新城", "411700S50002")
    problem = refused_with(post(client, body, MediaType.CSV), 422)
    assert problem.code == "table_invalid"
    assert "UTF-8" in problem.message


@pytest.mark.parametrize("kind", [MediaType.ARROW, MediaType.PARQUET])
def test_columns_of_every_type_are_kept(client: TestClient, kind: MediaType) -> None:
    table = pa.table(
        {
            "id": pa.array([7, None], pa.int16()),
            "name": pa.array(["甲", None]).dictionary_encode(),
            "parts": pa.array([[1, 2], None]),
            "lon": pa.array([LON, math.nan]),
            "when": pa.array([0, 1], pa.timestamp("ms", tz="Asia/Shanghai")),
            "lat": pa.array([LAT, None], pa.float32()),
        }
    ).replace_schema_metadata({"source": "a survey"})
    response = post(client, body_of(table, kind), kind)
    if kind is MediaType.ARROW:
        answer = pa.ipc.open_stream(response.content).read_all()
    else:
        answer = parquet.read_table(io.BytesIO(response.content))
    assert answer.column_names == [*table.column_names, *ALL_NAMES]
    kept = answer.select(table.column_names)
    assert kept.schema.types == table.schema.types
    assert str(kept.to_pydict()) == str(table.to_pydict())  # NaN is not equal to itself
    assert answer.schema.metadata[b"source"] == b"a survey"
    facts = json.loads(answer.schema.metadata[b"landprice"])
    assert facts["edition"]["document"] == "驻政〔2023〕13号"
    assert answer.column("error").to_pylist() == [None, "missing"]


def test_many_batches_of_a_stream(client: TestClient, edition: LoadedEdition) -> None:
    """Small ones, large ones and empty ones; dictionaries come once."""
    table = table_of_places(edition, MANY)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for first, last in itertools.pairwise([0, 1, 1, 70_000, MANY]):
            writer.write_table(table.slice(first, last - first))
    response = post(client, sink.getvalue(), MediaType.ARROW)
    reader = pa.ipc.open_stream(response.content)
    answer = reader.read_all()
    answer.validate(full=True)
    assert answer.select(["lon", "lat"]).equals(table)
    assert reader.stats.num_dictionary_batches == 2 * len(USES)
    parts = [
        post(client, body_of(table.slice(i, 999), MediaType.ARROW), MediaType.ARROW)
        for i in (0, 69_500)
    ]
    for first, part in zip((0, 69_500), parts, strict=True):
        few = pa.ipc.open_stream(part.content).read_all()
        assert few.equals(answer.slice(first, 999).combine_chunks())


@pytest.mark.slow
@pytest.mark.parametrize("wanted", list(MediaType))
def test_order_is_kept_over_many_pieces(
    client: TestClient, edition: LoadedEdition, wanted: MediaType
) -> None:
    table = table_of_places(edition, MANY // 2)
    rows = answered(client, body_of(table, MediaType.CSV), MediaType.CSV, wanted)
    assert [float(row["lon"]) for row in rows] == table.column("lon").to_pylist()
    codes = post(client, body_of(table, MediaType.ARROW), MediaType.ARROW)
    expected = pa.ipc.open_stream(codes.content).read_all()
    for name in ("commercial_code", "industrial_certainty"):
        assert [row[name] for row in rows] == expected.column(name).to_pylist()


# Parameters.


def test_all_columns_as_json(client: TestClient, ask: Ask) -> None:
    response = post(client, b"[[114.0127,32.993]]", MediaType.JSON, columns=",".join(Column))
    BatchAnswers.model_validate_json(response.content, extra="forbid")
    [answer] = strict_json(response.text)["answers"]
    asked = ask(lon=LON, lat=LAT)
    for price in asked["prices"]:
        none = asked["chances"][price["use"]]["none_probability"]
        own = {**price, "none_probability": none}
        assert answer[price["use"]] == {column.value: own[column] for column in Column}


@pytest.mark.parametrize("as_of", ["2023-04-24", "2024-12-31"])
def test_as_of_a_day_in_force(client: TestClient, as_of: str) -> None:
    body = json.dumps(GOOD).encode()
    assert answered(client, body, MediaType.JSON, as_of=as_of) == answered(
        client, body, MediaType.JSON
    )


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"crs": "epsg:3857"}, 422),
        ({"use": "retail"}, 422),
        ({"use": "commercial,residential"}, 422),
        ({"as_of": "soon"}, 422),
        ({"as_of": "1735603200"}, 422),
        ({"as_of": "2023-04-23"}, 404),
    ],
)
def test_a_wrong_parameter_is_refused_as_for_one_point(
    client: TestClient, refused: Refused, params: dict[str, str], status: int
) -> None:
    expected = refused("/v1/price", {"lon": str(LON), "lat": str(LAT), **params}, status=status)
    assert refused_with(post(client, b"[]", MediaType.JSON, **params), status) == expected


@pytest.mark.parametrize("columns", ["", "price", "code,,certainty", "Code", "x" * 5000])
def test_a_column_that_does_not_exist(client: TestClient, columns: str) -> None:
    problem = refused_with(post(client, b"[]", MediaType.JSON, columns=columns), 422)
    assert (problem.code, problem.field) == ("unknown_column", "columns")
    assert problem.message.startswith("columns has '")
    assert problem.message.endswith(f"which is none of {', '.join(Column)}.")
    assert len(problem.message) < 300


# Kinds.


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", MediaType.CSV),
        ("*/*", MediaType.CSV),
        ("text/*", MediaType.CSV),
        ("text/html", MediaType.CSV),
        ("application/*", MediaType.CSV),
        ("application/json", MediaType.JSON),
        ("Application/JSON; charset=utf-8", MediaType.JSON),
        ("text/html, application/json;q=0.9, */*;q=0.1", MediaType.JSON),
        ("application/json, text/csv", MediaType.CSV),
        ("application/json;q=0.5, application/vnd.apache.parquet", MediaType.PARQUET),
        ("application/json;q=0", MediaType.CSV),
        ("application/json;q=x", MediaType.CSV),
        ("application/json;q=0.2, */*;q=0.1", MediaType.JSON),
        ("application/vnd.apache.arrow.stream", MediaType.ARROW),
        (",;q=,", MediaType.CSV),
    ],
)
def test_the_kind_that_is_liked_best(accept: str, expected: MediaType) -> None:
    assert parse_accept(accept, MediaType.CSV) is expected


@settings(max_examples=100)
@given(text=st.text("*/;,=.q01 abcjson", max_size=40) | st.text(max_size=20))
@example(text="text/csv;charset")
def test_any_header_is_read(text: str) -> None:
    assert parse_accept(text, MediaType.ARROW) in MediaType
    with suppress(UnsupportedMediaTypeError):
        assert parse_content_type(text, "").kind in MediaType


def test_a_content_type_in_any_spelling() -> None:
    assert parse_content_type(" Text/CSV ; charset=UTF-8; header=present", "identity") == BodyType(
        MediaType.CSV
    )
    assert parse_content_type("application/json;charset=gbk", "").kind is MediaType.JSON


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "Content-Type is ''; it must be application/json, text/csv,"),
        ({"content-type": "application/x-www-form-urlencoded"}, "'application/x-www-form-url"),
        ({"content-type": "application/geo+json"}, "or application/vnd.apache.parquet."),
        ({"content-type": "x" * 5000}, "Content-Type is 'xxx"),
        ({"content-type": "text/csv; charset=zlib"}, "charset of Content-Type is 'zlib'; it must"),
        ({"content-type": "text/csv", "content-encoding": "gzip"}, "must not be compressed."),
    ],
)
def test_a_kind_that_is_not_taken(
    client: TestClient, headers: dict[str, str], sentence: str
) -> None:
    problem = refused_with(client.post(PATH, content=b"[]", headers=headers), 415)
    assert (problem.code, problem.field) == ("unsupported_media_type", None)
    assert sentence in problem.message
    assert len(problem.message) < 300


def test_only_post(client: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        response = client.request(method, PATH)
        assert refused_with(response, 405).code == "method_not_allowed"
        assert response.headers["allow"] == "OPTIONS, POST"


# Damage.


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        (MediaType.JSON, b"", "premature EOF"),
        (MediaType.JSON, b"lon,lat", "lexical error"),
        (MediaType.JSON, b'{"type": "FeatureCollection", "features": []}', "it is no array"),
        (MediaType.JSON, b"114.0", "it is no array"),
        (MediaType.JSON, b"[[114, 33]", "premature EOF"),
        (MediaType.JSON, b"[[114, 33],]", "unallowed token"),
        (MediaType.JSON, b"[[114, 33]] x", "trailing garbage"),
        (MediaType.JSON, b"[[NaN, 33]]", "lexical error"),
        (MediaType.JSON, b'["\xff"]', "invalid bytes in UTF8"),
        (MediaType.JSON, b"[[" + b"9" * 5000 + b", 33]]", "a number in it is too long"),
        (MediaType.JSON, b"[[1e99999999999999999999, 33]]", "a number in it is too long"),
        (MediaType.JSON, b"[" * 5000, "nested too deeply"),
        (MediaType.JSON, b'[{"lon": "' + b"x" * 2_000_000 + b'"}]', "a value in it is too long"),
        (MediaType.CSV, b"", "cannot be read as CSV"),
        (MediaType.CSV, b"\n\n", "cannot be read as CSV"),
        (MediaType.CSV, b"lon,lat\n1,2\n1,2,3\n", "Expected 2 columns, got 3"),
        (MediaType.CSV, b"lon,lat\n\xff\xfe,1\n", "UTF-8"),
        (MediaType.ARROW, b"", "cannot be read as an Arrow stream"),
        (MediaType.ARROW, b"PK\x03\x04" * 100, "cannot be read as an Arrow stream"),
        (MediaType.ARROW, ARROW[:-60], "cannot be read as an Arrow stream"),
        (MediaType.PARQUET, b"", "cannot be read as Parquet"),
        (MediaType.PARQUET, PARQUET[:-1], "cannot be read as Parquet"),
        (MediaType.PARQUET, ARROW, "cannot be read as Parquet"),
    ],
)
def test_a_damaged_body(client: TestClient, kind: MediaType, body: bytes, sentence: str) -> None:
    for wanted in MediaType:
        problem = refused_with(post(client, body, kind, wanted.value), 422)
        assert (problem.code, problem.field) == ("table_invalid", None)
        assert sentence in problem.message
        assert len(problem.message) < 400


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_every_case_that_is_refused(client: TestClient, case: RefusedCase) -> None:
    for kind in [MediaType.ARROW, MediaType.PARQUET, *([MediaType.CSV] if case.is_text() else [])]:
        problem = refused_with(post(client, body_of(case.table, kind), kind), 422)
        assert (problem.code, problem.field) == ("table_invalid", None)
        assert problem.message == case.sentence


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(MediaType), cut=st.integers(0, 400), put=st.binary(max_size=6))
@example(kind=MediaType.ARROW, cut=ARROW.index(b"lon"), put=b"\x80")
def test_any_body(client: TestClient, kind: MediaType, cut: int, put: bytes) -> None:
    """Whatever comes, it is answered row by row or refused as a whole."""
    body = body_of(POINTS, kind)
    response = post(client, body[:cut] + put + body[cut + len(put) :], kind)
    if response.status_code == 200:
        assert isinstance(rows_of(response.content, kind), list)
    else:
        assert refused_with(response, 422).code == "table_invalid"


@pytest.mark.parametrize("repetition", [b";", b"\x00", b"\x04", b"\x7f"])
def test_parquet_whose_metadata_contradict_each_other(
    client: TestClient, repetition: bytes
) -> None:
    """What of a column is optional, or a list, is said twice; pyarrow ended the process."""
    assert PARQUET.count(b"%\x02\x18\x03lon") == 1
    body = PARQUET.replace(b"%\x02\x18\x03lon", b"%" + repetition + b"\x18\x03lon")
    assert refused_with(post(client, body, MediaType.PARQUET), 422).code == "table_invalid"


def test_a_column_that_the_answer_has_too(client: TestClient) -> None:
    """But for JSON, in which the table's own columns are not repeated."""
    body = b"lon,lat,error\n114,33,x\n"
    for wanted in (MediaType.CSV, MediaType.ARROW, MediaType.PARQUET):
        problem = refused_with(post(client, body, MediaType.CSV, wanted.value), 422)
        assert problem.code == "table_invalid"
        assert problem.message == "The table has a column 'error' already, as the answers do."
    [row] = answered(client, body, MediaType.CSV, MediaType.JSON)
    assert row["error"] is None


def test_a_table_in_a_table_is_no_csv(client: TestClient) -> None:
    nested = pa.table({"lon": [LON], "lat": [LAT], "parts": [[1]]})
    problem = refused_with(
        post(client, body_of(nested, MediaType.ARROW), MediaType.ARROW, MediaType.CSV), 422
    )
    assert problem.code == "table_invalid"
    assert "'parts'" in problem.message


# How much.


@pytest.fixture(scope="module")
def small() -> Iterator[TestClient]:
    """A service that takes 1 MB at a time."""
    with TestClient(create_app(Settings(batch_max_mb=1))) as client:
        yield client


def in_parts(body: bytes, size: int = 10_000) -> Iterator[bytes]:
    """Return a body that is sent without saying how long it is."""
    for first in range(0, len(body), size):
        yield body[first : first + size]


def test_a_body_of_just_the_most(small: TestClient) -> None:
    body = b"[[114.0127,32.993]" + b" " * (1_000_000 - 19) + b"]"
    assert len(body) == 1_000_000
    headers = {"content-type": MediaType.JSON.value}
    for content in (body, in_parts(body)):
        assert small.post(PATH, content=content, headers=headers).status_code == 200
    for more in (b" " + body, in_parts(b" " + body)):
        response = small.post(PATH, content=more, headers=headers)
        check_too_large(refused_with(response, 413), "1 MB")


def test_a_small_file_of_very_many_rows(small: TestClient) -> None:
    """Rows count, too: what packs well may unpack to anything."""
    zeros = pa.table({"lon": pa.array(np.zeros(125_001)), "lat": pa.array(np.zeros(125_001))})
    for table, status in ((zeros.slice(1), 200), (zeros, 413)):
        packed = body_of(table, MediaType.PARQUET)
        sink = io.BytesIO()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        for body, kind in ((packed, MediaType.PARQUET), (sink.getvalue(), MediaType.ARROW)):
            assert len(body) < 10_000
            response = post(small, body, kind, use="industrial", columns="code")
            assert response.status_code == status
            if status == 413:
                check_too_large(refused_with(response, 413), "125000 rows")


@pytest.mark.parametrize("kind", [MediaType.CSV, MediaType.ARROW, MediaType.PARQUET])
def test_a_table_of_very_many_columns(client: TestClient, kind: MediaType) -> None:
    for count, status in ((2_000, 200), (2_001, 413), (300_000, 413)):
        if kind is not MediaType.CSV and count > 10_000:
            continue  # which takes a minute to write
        names = ["lon", "lat", *(f"c{number}" for number in range(count - 2))]
        if kind is MediaType.CSV:
            body = f"{','.join(names)}\n114.0127,32.993{',' * (count - 2)}\n".encode()
        else:
            cells = [[114.0127], [32.993], *([None] for _ in names[2:])]
            body = body_of(pa.table(dict(zip(names, cells, strict=True))), kind)
        response = post(client, body, kind, use="industrial", columns="code")
        assert response.status_code == status
        if status == 413:
            check_too_large(refused_with(response, 413), "2000 columns")


def test_the_cap_is_documented(small: TestClient) -> None:
    description = small.get("/openapi.json").json()["paths"][PATH]["post"]["description"]
    assert "at most 1 MB" in description
    assert "125000 rows" in description


# Errors on the way.


@pytest.mark.slow
def test_damage_that_is_found_late_leaves_the_answer_unfinished(
    client: TestClient, edition: LoadedEdition, caplog: pytest.LogCaptureFixture
) -> None:
    table = table_of_places(edition, MANY)
    whole = body_of(table, MediaType.JSON)
    response = post(client, whole[:-1], MediaType.JSON)
    assert response.status_code == 200  # which was sent before the end was read
    assert not response.text.rstrip().endswith("]}")
    answer = post(client, whole[:-1], MediaType.JSON, MediaType.ARROW.value).content
    assert not answer.endswith(END_OF_STREAM)
    told = [record.getMessage() for record in caplog.records if record.name == "landprice"]
    assert len(told) == 2
    assert "premature EOF" in told[0]


def test_a_failure_before_the_answer(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = ParcelsError("/srv/secret")

    def fail(*_: object) -> None:
        raise secret

    monkeypatch.setattr("app.web.batch.stream.read_points", fail)
    with start(create_app(Settings())) as client:
        problem = refused_with(post(client, b"[[114,33]]", MediaType.JSON), 500)
    assert problem.code == "internal_error"
    [record] = [record for record in caplog.records if record.name == "landprice"]
    assert re.fullmatch(f"POST {PATH} failed, request [0-9a-f]{{16}}", record.getMessage())


def test_columns_called_like_coordinates_are_found(client: TestClient) -> None:
    for text in ("经度,纬度\n114.0127,32.9930\n", '坐标\n"东经114.0127，北纬32.9930"\n'):
        response = client.post(
            "/v1/price/batch", content=text.encode(), headers={"content-type": "text/csv"}
        )
        assert response.status_code == 200, response.text
        assert "411700S50002" in response.text
