"""One handler answers before the framework routes, and behind it: the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.models import PriceAnswer
from app.web.served import Served
from geo.crs import Crs, from_wgs84
from tests.metric import SYSTEMS
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from app.web.edition import LoadedEdition
    from geo.model import Use
    from tests.app.conftest import CityFolder, Start

PLACE = "lon=114.0127&lat=32.993"

PARTS = [
    "lon=114.0127",
    "lat=32.993",
    "lon=32.993",
    "lat=114.0127",
    "lon=",
    "lat",
    "lon=nan",
    "lat=1e400",
    "lon=+114.0127",
    "lon=1_14",
    "lat=%33%32.993",
    "lon=１１４",
    "lon=181",
    "crs=gcj02",
    "crs=GCJ02",
    "crs=",
    "crs=epsg%3A4490",
    "crs=epsg:4490",
    "crs=mars",
    "use=commercial",
    "use=",
    "use=Commercial",
    "use=forest",
    "as_of=2024-12-31",
    "as_of=2020-01-01",
    "as_of=1",
    "other=1",
    "=",
    "&",
    "lon=114.0127;lat=32.993",
    "lat=.5",
    "lat=5.",
    "lon=-0",
    "lon=0114.0127",
    "lat=%2032.993",
]


@pytest.fixture(scope="module")
def behind() -> Iterator[TestClient]:
    """The documented route, which the service takes below a prefix."""
    prefixed = TestClient(create_app(Settings()), root_path="/prefix", base_url="http://testserver")
    with prefixed as client:
        yield client


def told(answer: Response) -> dict[str, str]:
    """Return the headers of an answer but for the id of its request, which each has anew."""
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


def same(client: TestClient, behind: TestClient, query: str) -> Response:
    quick, slow = client.get(f"/v1/price?{query}"), behind.get(f"/prefix/v1/price?{query}")
    assert quick.status_code == slow.status_code
    assert quick.content == slow.content
    assert told(quick) == told(slow)
    return quick


@settings(max_examples=150, deadline=None)
@given(
    lon=st.floats(113.9, 114.1),
    lat=st.floats(32.9, 33.1),
    crs=st.sampled_from(SYSTEMS),
    use=st.sampled_from([None, *USES]),
    digits=st.integers(0, 12),
)
def test_the_same_answer_as_behind_it(
    client: TestClient,
    behind: TestClient,
    lon: float,
    lat: float,
    crs: Crs,
    use: Use | None,
    digits: int,
) -> None:
    x, y = from_wgs84(lon=lon, lat=lat, crs=crs)
    query = f"lon={x:.{digits}f}&lat={y:.{digits}f}&crs={crs}" + (f"&use={use}" if use else "")
    answer = same(client, behind, query)
    assert answer.status_code == 200
    model = PriceAnswer.model_validate_json(answer.text)
    assert model.model_dump(mode="json") == answer.json()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(PARTS),
        max_size=5,
    )
)
def test_any_query_is_met_as_behind_it(
    client: TestClient, behind: TestClient, parts: list[str]
) -> None:
    same(client, behind, "&".join(parts))


@pytest.mark.parametrize(
    ("method", "status"), [("POST", 405), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 204)]
)
def test_other_methods_are_met_as_behind_it(
    client: TestClient, behind: TestClient, method: str, status: int
) -> None:
    quick = client.request(method, f"/v1/price?{PLACE}")
    slow = behind.request(method, f"/prefix/v1/price?{PLACE}")
    assert quick.status_code == slow.status_code == status
    assert told(quick) == told(slow)


def test_an_answer_is_kept_by_its_tag(
    client: TestClient, behind: TestClient, edition: LoadedEdition
) -> None:
    for one, path in ((client, "/v1/price"), (behind, "/prefix/v1/price")):
        url = f"{path}?{PLACE}"
        answer = one.get(url)
        tag = answer.headers["etag"]
        assert tag == Served.read(Settings().data).tag.etag
        assert answer.headers["cache-control"] == "public, max-age=300"
        for given_tags in (tag, f"W/{tag}", f'"other", {tag}'):
            again = one.get(url, headers={"if-none-match": given_tags})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        changed = one.get(url, headers={"if-none-match": '"other"'})
        assert (changed.status_code, changed.content) == (200, answer.content)
        wrong = one.get(f"{path}?lon=x&lat=1", headers={"if-none-match": tag})
        assert wrong.status_code == 422


def test_other_data_have_another_tag(
    city_folder: CityFolder, start: Start, edition: LoadedEdition, invoke: object
) -> None:
    assert callable(invoke)
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    with start(create_app(Settings(data=city_folder.data))) as client:
        lon, lat = 114.0, 33.0
        answer = client.get(f"/v1/price?lon={lon}&lat={lat}")
        assert answer.status_code == 200
        assert answer.headers["etag"] != Served.read(Settings().data).tag.etag
