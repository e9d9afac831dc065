"""Whatever is asked, the answer is JSON of a documented shape and never a 5xx."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.app.conftest import Problem, strict_json
from tests.metric import SYSTEMS
from tests.uses import USE_CODES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.app.conftest import CheckAnswer, Invoke

BAD_REQUESTS = {
    "missing": {"lon", "lat"},
    "not_a_number": {"lon", "lat"},
    "not_finite": {"lon", "lat"},
    "out_of_range": {"lon", "lat"},
    "lon_lat_swapped": {"lon"},
    "unknown_crs": {"crs"},
    "unknown_use": {"use"},
    "not_a_date": {"as_of"},
    "degrees": {"crs"},
    "repeated_parameter": {"lon", "lat", "crs", "use", "as_of"},
}
NOT_FOUND = {"no_edition": "as_of", "unknown_region": "code", "not_found": None}

# Values that a caller may mean, and text that nobody means.
NUMBERS = st.one_of(
    st.floats(113.8, 114.3).map(repr),
    st.floats(32.8, 33.3).map(repr),
    st.floats(-180, 180).map(repr),
    st.floats().map(repr),
    st.integers().map(str),
    st.integers(0, 400).map(lambda count: "9" * count),
    st.sampled_from(["nan", "-inf", "1e999", "-0", "1e-400", " 114 ", "0x1p3", "١١٤", "1_0"]),
)
DATES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.sampled_from(["2023-04-23", "2023-04-24", "2024-02-30", "0", "-1", "1e300", "T", "P1D"]),
)
NOISE = st.one_of(
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=30)
)
VALUES = {
    "lon": NUMBERS,
    "lat": NUMBERS,
    "crs": st.sampled_from([*SYSTEMS, "WGS84", "epsg:3857"]),
    "use": st.sampled_from([*USE_CODES, "retail"]),
    "as_of": DATES,
}


def pairs(*names: str) -> st.SearchStrategy[list[tuple[str, bytes]]]:
    """Parameters of these names, each perhaps missing, repeated, or noise."""
    one = st.sampled_from(names).flatmap(
        lambda name: st.tuples(st.just(name), VALUES[name].map(str.encode) | NOISE)
    )
    return st.lists(one, max_size=8)


def query(parameters: list[tuple[str, bytes]]) -> str:
    return "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in parameters)


def check_error(body: Any, status: int) -> None:  # noqa: ANN401
    assert list(body) == ["error"]
    problem = Problem(**body["error"])
    if problem.code == "unknown_parameter":
        assert status == 422
        assert problem.field not in VALUES
    elif status == 422:
        assert problem.field in BAD_REQUESTS[problem.code]
    else:
        assert status == 404
        assert problem.field == NOT_FOUND[problem.code]
    assert problem.message.isprintable()
    assert problem.message.endswith((".", "?"))


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(
    parameters=st.one_of(
        pairs(*VALUES),
        st.tuples(NUMBERS, NUMBERS, pairs("crs", "use", "as_of")).map(
            lambda found: [("lon", found[0].encode()), ("lat", found[1].encode()), *found[2]]
        ),
    )
)
@example(parameters=[("lon", b"24"), ("lat", b"0")])
@example(parameters=[("lon", b"1"), ("lat", b"1"), ("as_of", b"9" * 4000)])
@example(parameters=[("lon", b"1" * 4000), ("lat", b"1")])
@example(parameters=[("lon", b"\xed\xa0\x80"), ("lat", b"\x00")])
@example(parameters=[("lon", b"1"), ("lon", b"2"), ("lat", b"1"), ("lat", b"x")])
def test_any_query_for_a_price(
    client: TestClient, check_answer: CheckAnswer, parameters: list[tuple[str, bytes]]
) -> None:
    response = client.get(f"/v1/price?{query(parameters)}")
    assert response.headers["content-type"] == "application/json"
    body = strict_json(response.text)
    if response.status_code == 200:
        check_answer(body)
    else:
        check_error(body, response.status_code)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80))
@example(text="lon=114.0127&lat=32.9930&&=&;%zz%")
@example(text="lon[]=1&lat[]=2")
def test_any_query_string_for_a_price(
    client: TestClient, check_answer: CheckAnswer, text: str
) -> None:
    response = client.get("/v1/price?" + text.replace("#", ""))
    body = strict_json(response.text)
    if response.status_code == 200:
        check_answer(body)
    else:
        check_error(body, response.status_code)


@settings(max_examples=40, deadline=None)
@given(parameters=pairs("use"))
def test_any_query_for_regions(client: TestClient, parameters: list[tuple[str, bytes]]) -> None:
    response = client.get(f"/v1/regions?{query(parameters)}")
    body = strict_json(response.text)
    if response.status_code == 200:
        assert response.headers["content-type"] == "application/geo+json"
        uses = {feature["properties"]["use"] for feature in body["features"]}
        assert uses == {dict(parameters).get("use", b"").decode()} or uses == set(USE_CODES)
    else:
        check_error(body, response.status_code)
        assert response.status_code == 422


@settings(max_examples=100, deadline=None)
@given(
    code=st.one_of(
        NOISE, st.from_regex(r"411700[SZG][567]00\d\d", fullmatch=True).map(str.encode)
    ).filter(lambda code: code not in (b"", b".", b".."))
)
@example(code=b"411700S50002")
@example(code=b"a/../b")
@example(code=b"\xed\xa0\x80")
@example(code=b"9" * 4000)
def test_any_code_of_a_region(client: TestClient, code: bytes) -> None:
    response = client.get(f"/v1/regions/{quote_from_bytes(code, safe='')}", follow_redirects=False)
    if response.status_code == 307:  # a code of slashes alone; it names a place of this service
        assert code.endswith(b"/")
        return
    body = strict_json(response.text)
    if response.status_code == 200:
        assert response.headers["content-type"] == "application/geo+json"
        assert body["id"].encode() == code
    else:
        check_error(body, response.status_code)
        assert response.status_code == 404


@settings(max_examples=40, deadline=None)
@given(
    args=st.tuples(NUMBERS, NUMBERS) | st.tuples(st.text(max_size=8), st.text(max_size=8)),
    crs=st.sampled_from([*SYSTEMS, "mars", ""]),
)
@example(args=("-inf", "nan"), crs="wgs84")
@example(args=("-h", "--"), crs="wgs84")
def test_any_place_on_the_command_line(invoke: Invoke, args: tuple[str, str], crs: str) -> None:
    result = invoke("price", f"--crs={crs}", *args)
    assert result.exit_code in (0, 2)
    assert "Traceback" not in result.stderr
    assert bool(result.stdout) is (result.exit_code == 0)
    assert bool(result.stderr) is (result.exit_code == 2)
    if result.exit_code == 0 and "--help" not in args:
        distances_m = [float(text) for text in re.findall(r" at (\S+) m\b", result.stdout)]
        assert all(math.isfinite(distance_m) for distance_m in distances_m)
