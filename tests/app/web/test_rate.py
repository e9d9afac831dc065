"""Requests a minute: how many a client may make, who is a client, and what is never refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.rate import MOST_CLIENTS, Buckets

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "/v1/price?lon=114.0127&lat=32.993"
PER_MINUTE = 5
MINUTE_NS = 60_000_000_000


class Clock:
    """A time that only moves when it is told to."""

    def __init__(self) -> None:
        self.now_ns = 10**15

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture(scope="module")
def app() -> Iterator[TestClient]:
    """A service that answers five requests a minute."""
    with TestClient(create_app(Settings(requests_per_minute=PER_MINUTE))) as running:
        yield running


def asking_from(app: TestClient, address: str) -> TestClient:
    return TestClient(app.app, client=(address, 50_000))


@pytest.mark.parametrize("path", [PLACE, "/v1/regions/411700S50002", "/docs", "/nothing"])
def test_a_client_beyond_its_limit_is_told_when_to_come_again(app: TestClient, path: str) -> None:
    client = asking_from(app, f"198.51.100.{len(path)}")
    for _ in range(PER_MINUTE):
        assert client.get(path).status_code != 429
    refused = client.get(path)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60 / PER_MINUTE
    problem = refused.json()["error"]
    assert (problem["code"], problem["field"]) == ("too_many_requests", None)
    assert f"More than {PER_MINUTE} requests" in problem["message"]
    assert refused.headers["access-control-allow-origin"] == "*"  # so that pages can read it
    assert asking_from(app, "198.51.100.250").get(path).status_code != 429


@pytest.mark.parametrize(("host", "method"), [(1, "HEAD"), (2, "POST"), (3, "OPTIONS")])
def test_every_method_counts(app: TestClient, host: int, method: str) -> None:
    client = asking_from(app, f"198.51.101.{host}")
    statuses = [client.request(method, PLACE).status_code for _ in range(PER_MINUTE + 1)]
    assert statuses.index(429) == PER_MINUTE


@pytest.mark.parametrize("path", ["/v1/health", "/livez", "/readyz", "/metrics"])
def test_what_watches_the_service_is_never_refused(app: TestClient, path: str) -> None:
    client = asking_from(app, "198.51.102.1")
    assert {client.get(path).status_code for _ in range(3 * PER_MINUTE)} == {200}


def test_there_is_no_limit_unless_it_is_set(client: TestClient) -> None:
    assert {client.get(PLACE).status_code for _ in range(200)} == {200}


@given(per_minute=st.integers(1, 10_000), waits_ns=st.lists(st.integers(0, MINUTE_NS), max_size=50))
def test_no_more_than_a_full_bucket_and_what_flows_in(per_minute: int, waits_ns: list[int]) -> None:
    clock = Clock()
    began_ns = clock.now_ns
    buckets = Buckets(per_minute, clock)
    taken = 0
    for wait_ns in waits_ns:
        clock.now_ns += wait_ns
        taken += buckets.take("a") == 0
        passed = (clock.now_ns - began_ns) / MINUTE_NS
        assert taken <= per_minute * (1 + passed) + 1


@given(per_minute=st.integers(1, 1_000))
def test_a_token_is_there_when_it_was_said_to_be(per_minute: int) -> None:
    clock = Clock()
    buckets = Buckets(per_minute, clock)
    assert [buckets.take("a") for _ in range(per_minute)] == [0] * per_minute
    wait_s = buckets.take("a")
    assert 1 <= wait_s <= 60
    clock.now_ns += wait_s * 10**9
    assert buckets.take("a") == 0
    clock.now_ns += MINUTE_NS
    assert [buckets.take("a") for _ in range(per_minute)] == [0] * per_minute


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2:ffff", True),  # a /64 is what one household has
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unknown", "unknown", True),
        ("not:an:address", "another:one", False),
        ("", "unknown", False),
    ],
)
def test_who_is_one_client(one: str, other: str, is_same: bool) -> None:
    buckets = Buckets(1, Clock())
    assert buckets.take(one) == 0
    assert (buckets.take(other) > 0) == is_same


def test_memory_is_bounded_and_who_keeps_asking_is_not_forgotten() -> None:
    clock = Clock()
    buckets = Buckets(2, clock)
    for number in range(2 * MOST_CLIENTS):
        buckets.take(f"client {number}")
        if number % 1000 == 0:
            clock.now_ns += MINUTE_NS // 2
            assert buckets.take("the busy one") == 0
    assert len(buckets) == MOST_CLIENTS
    assert buckets.take("the busy one") == 0
    assert buckets.take("the busy one") > 0
