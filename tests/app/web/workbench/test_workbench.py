"""The workbench over HTTP: what is drawn, saved and refused, and that nobody else gets in."""

from __future__ import annotations

import csv
import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.app import create_app
from app.web.workbench.desk import Desk
from app.web.workbench.routes import create_workbench
from geo.crs import Crs, from_wgs84, to_wgs84
from geo.errors import NetworkError, NothingToObserveError
from geo.lookup.edition import OpenEdition
from geo.model import Axis
from geo.survey.notebook import read_entries
from geo.survey.plan import plan
from tests.built_city import copy_city, write_city
from tests.synthetic import random_city

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.synthetic import City

TOKEN = "a-token-of-tests"  # noqa: S105 - it opens nothing
ZONE = Crs.EPSG_4547
CITY = random_city(5, 0.25)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("city") / "data"
    write_city(CITY, data)
    return data


class Bench(NamedTuple):
    """A workbench that answers.

    Attributes
    ----------
    client : TestClient
    data : Path
        The city's folder.
    """

    client: TestClient
    data: Path

    def ask(self, path: str, expected: int = 200, /, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a body, and return what is answered."""
        response: Response = self.client.post(f"/{TOKEN}/{path}", json=body)
        assert response.status_code == expected, response.text
        return response.json()

    def refused(self, path: str, expected: int = 422, /, **body: Any) -> str:  # noqa: ANN401
        """Return the sentence of what must be refused."""
        message: str = self.ask(path, expected, **body)["error"]["message"]
        return message

    def observed(self) -> Any:  # noqa: ANN401 - JSON
        """Return what was saved."""
        response = self.client.get(f"/{TOKEN}/observed")
        assert response.status_code == 200
        return response.json()


@pytest.fixture
def bench(built: Path, tmp_path: Path) -> Iterator[Bench]:
    data = copy_city(built, tmp_path / "data")
    with opened(data) as client:
        yield Bench(client, data)


def opened(data: Path) -> TestClient:
    app = create_workbench(Desk(Settings(data=data)), token=TOKEN, who="张三")
    return TestClient(app, raise_server_exceptions=False)


def true_crossing(city: City, ns: str, ew: str) -> list[float]:
    """Return where two lines truly cross, WGS84 degrees."""
    north_m = float(city.truth[ew][:, 1].mean())
    for _ in range(6):
        east_m = float(city.true_across_m(ns, Axis.NS, np.array([north_m]))[0])
        north_m = float(city.true_across_m(ew, Axis.EW, np.array([east_m]))[0])
    return list(to_wgs84(lon=east_m, lat=north_m, crs=ZONE))


def crossing(ns: str, ew: str, **others: object) -> dict[str, Any]:
    """Return a hint, true unless it says otherwise."""
    words = f"{ns}与{ew}交叉口"
    place = {"kind": "place", "words": words, "lonlat": [true_crossing(CITY, ns, ew)]}
    return place | others


def some(bench: Bench, count: int) -> list[dict[str, Any]]:
    """Return what is true of the crossings that a plan names first."""
    found = plan(OpenEdition.read(bench.data / "parcels.geojson"), most=count)
    return [crossing(*one.lines) for one in found.crossings]


def files_of(folder: Path) -> dict[str, str]:
    """Return the checksum of every file of a folder, by name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def line_of(drawn: dict[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return where a line is drawn, EPSG:4547."""
    [found] = [
        one["geometry"]["coordinates"]
        for one in drawn["lines"]["features"]
        if one["properties"]["name"] == name and one["properties"]["part"] == "middle"
    ]
    lon, lat = np.array(found).T
    return np.column_stack(from_wgs84(lon=lon.copy(), lat=lat.copy(), crs=ZONE))


def test_only_who_has_the_token_gets_in(bench: Bench) -> None:
    paths = ("", "observed", "assets/workbench.js", "scan/a/turned.png")
    for path in paths:
        for before in ("", "wrong/", f"{TOKEN}x/", f"{TOKEN[:-1]}/"):
            assert bench.client.get(f"/{before}{path}").status_code == 404
    for path in ("draw", "save", "status", "plan", "read", "scan", "scan/a/fit", "find"):
        assert bench.client.post(f"/{path}", json={}).status_code == 404
    page = bench.client.get(f"/{TOKEN}/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert bench.client.get(f"/{TOKEN}/openapi.json").status_code == 404


def test_the_public_service_has_nothing_of_it(built: Path) -> None:
    with TestClient(create_app(Settings(data=built))) as client:
        for path in ("workbench", f"{TOKEN}/", "draw", "save", "observed"):
            assert client.get(f"/{path}").status_code == 404
        assert "workbench" not in client.get("/openapi.json").text
        assert "workbench" not in client.get("/").text


def test_a_drawing_without_hints_is_the_edition(bench: Bench) -> None:
    drawn = bench.ask("draw")
    assert drawn["settled"] == drawn["settled_before"]
    assert drawn["moves"] == []
    assert drawn["hints"] == []
    codes = {one["properties"]["code"] for one in drawn["regions"]["features"]}
    edition = OpenEdition.read(bench.data / "parcels.geojson")
    assert codes == {region.code for region in edition.regions}
    assert set(drawn["certainty"]) == {use.code for use in edition.uses}


def test_hints_move_lines_and_settle_answers(bench: Bench) -> None:
    hints = some(bench, 4)
    drawn = bench.ask("draw", hints=hints)
    assert drawn["settled"] > drawn["settled_before"] + 0.05
    assert drawn["moves"]
    moves = [one["move_m"] for one in drawn["moves"]]
    assert moves == sorted(moves, reverse=True)
    assert all(hint["counts"] and hint["reason"] is None for hint in drawn["hints"])
    assert not drawn["is_exact"]
    for hint, told in zip(hints, drawn["hints"], strict=True):
        for name in told["lines"]:
            at_m = np.array(
                from_wgs84(lon=hint["lonlat"][0][0], lat=hint["lonlat"][0][1], crs=ZONE)
            )
            course_m = line_of(drawn, name)
            off_m = np.hypot(*(course_m - at_m).T).min()
            assert off_m < 300  # of the nearest vertex, which are up to 250 m apart


@pytest.mark.slow
def test_drawing_anew_is_what_a_build_draws(bench: Bench) -> None:
    unchanged = bench.ask("draw-anew")
    assert unchanged["is_exact"]
    assert unchanged["moves"] == []
    hints = some(bench, 2)
    anew = bench.ask("draw-anew", hints=hints)
    quick = bench.ask("draw", hints=hints)
    assert quick["is_exact"]  # nothing is known beside what was drawn anew
    assert quick["settled"] == anew["settled"]
    more = bench.ask("draw", hints=[*hints, *some(bench, 3)[2:]])
    assert not more["is_exact"]
    # Without one of them nothing of the exact drawing may be left.
    fewer = bench.ask("draw", hints=hints[:1])
    assert not fewer["is_exact"]
    version = bench.observed()["version"]
    bench.ask("save", hints=hints, who="张三", version=version)
    saved = bench.ask("draw")
    assert saved["is_exact"]
    assert saved["settled"] == anew["settled"]


def test_what_is_doubtful_counts_once_it_is_confirmed(bench: Bench) -> None:
    [good] = some(bench, 1)
    lon, lat = good["lonlat"][0]
    far = good | {"lonlat": [[lon + 0.2, lat]]}
    drawn = bench.ask("draw", hints=[far])
    [told] = drawn["hints"]
    assert not told["counts"]
    assert told["reason"]["en"].endswith("m outside of where all else allows it")
    assert told["reason"]["zh"].endswith("米")
    assert drawn["moves"] == []
    drawn = bench.ask("draw", hints=[far | {"is_confirmed": True}])
    assert drawn["hints"][0]["counts"]
    assert drawn["moves"]


def test_what_is_saved_is_what_the_command_line_reads(bench: Bench) -> None:
    before = files_of(bench.data)
    hints = some(bench, 2)
    answer = bench.ask("save", hints=hints, who="李四", version=bench.observed()["version"])
    assert answer["ids"] == ["f1", "f2"]
    assert [entry["id"] for entry in answer["entries"]] == ["f2", "f1"]
    after = files_of(bench.data)
    assert {name for name in after if after[name] != before.get(name)} == {"network/survey.csv"}
    assert before.keys() <= after.keys()
    entries = read_entries(bench.data / "network")
    assert {entry.who for entry in entries} == {"李四"}
    assert {entry.how for entry in entries} == {"workbench"}
    with (bench.data / "network" / "survey.csv").open(encoding="utf-8") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["f1", "f1", "f2", "f2"]


def test_the_second_of_two_who_save_is_told(bench: Bench) -> None:
    one, other = some(bench, 2)
    version = bench.observed()["version"]
    bench.ask("save", hints=[one], who="李四", version=version)
    told = bench.refused("save", 409, hints=[other], who="王五", version=version)
    assert told == "meanwhile 李四 added f1; nothing was saved. Look at that, and save again."
    assert [entry["id"] for entry in bench.observed()["entries"]] == ["f1"]
    bench.ask("save", hints=[other], who="王五", version=bench.observed()["version"])
    assert [entry["who"] for entry in bench.observed()["entries"]] == ["王五", "李四"]


def test_many_save_at_once_and_nothing_is_lost(bench: Bench) -> None:
    [hint] = some(bench, 1)

    def save_until_done(number: int) -> int:
        for tries in range(1, 100):
            body = {
                "hints": [hint],
                "who": f"观测员{number}",
                "version": bench.observed()["version"],
            }
            response = bench.client.post(f"/{TOKEN}/save", json=body)
            if response.status_code == 200:
                return tries
            assert response.status_code == 409
        raise AssertionError("never saved")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save_until_done, range(8)))
    entries = bench.observed()["entries"]
    assert sorted(entry["who"] for entry in entries) == [f"观测员{number}" for number in range(8)]
    assert len({entry["id"] for entry in entries}) == 8


def test_an_observation_is_taken_back_and_confirmed(bench: Bench) -> None:
    hints = some(bench, 2)
    version = bench.observed()["version"]
    saved = bench.ask("save", hints=hints, who="张三", version=version)
    settled = bench.ask("draw")["settled"]
    old = {"ids": ["f1"], "status": "withdrawn", "version": version}
    assert bench.client.post(f"/{TOKEN}/status", json=old).status_code == 409
    after = bench.ask("status", ids=["f1"], status="withdrawn", version=saved["version"])
    assert [entry["status"] for entry in after["entries"]] == ["confirmed", "withdrawn"]
    assert bench.ask("draw")["settled"] < settled
    bench.ask("status", ids=["f1"], status="confirmed", version=after["version"])
    assert bench.ask("draw")["settled"] == settled


@pytest.mark.slow
def test_the_plan_knows_what_was_hinted(bench: Bench) -> None:
    first = bench.ask("plan", most=2)
    hints = [crossing(*one["lines"]) for one in first["crossings"]]
    then = bench.ask("plan", most=2, hints=hints)
    told = {tuple(one["lines"]) for one in first["crossings"]}
    assert not told & {tuple(one["lines"]) for one in then["crossings"]}


def test_places_that_are_watched(bench: Bench) -> None:
    lon, lat = true_crossing(CITY, CITY.lines[Axis.NS][6], CITY.lines[Axis.EW][6])
    places = [{"label": "地块 1", "lon": lon, "lat": lat}]
    drawn = bench.ask("draw", places=places, hints=some(bench, 6))
    [place] = drawn["places"]
    assert place["label"] == "地块 1"
    assert place["before"].keys() == place["now"].keys()
    assert any(place["before"][use] != place["now"][use] for use in place["now"])
    found = OpenEdition.read(bench.data / "parcels.geojson").point_index.look_up(lon=lon, lat=lat)
    for price in found.prices:
        if price.likeliest:
            told = place["before"][price.region.use.code]
            assert told["probability"] == pytest.approx(price.probability, abs=0.03)


@pytest.mark.parametrize(
    ("text", "crs", "is_near"),
    [("{lon}, {lat}", None, True), ("{lon}, {lat}", "gcj02", False), ("{words}", None, True)],
)
def test_a_place_that_is_typed(bench: Bench, text: str, crs: str | None, is_near: bool) -> None:
    ns, ew = CITY.lines[Axis.NS][3], CITY.lines[Axis.EW][4]
    lon, lat = true_crossing(CITY, ns, ew)
    written = text.format(lon=lon, lat=lat, words=f"{ns}与{ew}交叉口")
    found = bench.ask("find", text=written, **({"crs": crs} if crs else {}))
    if found["radius_m"] == 0:
        off_deg = np.hypot(found["lon"] - lon, found["lat"] - lat)
        assert (off_deg < 1e-9) == is_near
    else:
        assert is_near


BAD = {"kind": "place", "words": "经1路", "lonlat": [[113.5, 33.0]]}


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        (BAD | {"words": "不存在路"}, "hint 1: the place is "),
        (BAD | {"words": ""}, "hints.0.words is ''"),
        (BAD | {"words": "a\x1b[31m"}, "hints.0.words is "),
        (BAD | {"lonlat": []}, "hints.0.lonlat is "),
        (BAD | {"lonlat": [[113.5, 33.0], [113.6, 33.0]]}, "hints.0 is "),
        (
            BAD | {"lonlat": [[500.0, 33.0]]},
            "hint 1: lon must be from -180 to 180 in wgs84, but is 500.0.",
        ),
        (BAD | {"error_m": -1}, "hints.0.error_m is '-1'; it must be greater than or equal to 0."),
        (BAD | {"kind": "traced"}, "hints.0 is "),
        (
            BAD | {"colour": "red"},
            "hints.0.colour is 'red'; it must be left out, as there is no such field.",
        ),
        (
            {"kind": "traced", "words": "经1路", "lonlat": [[113.5, 33.0], [113.5, 33.0001]]},
            "the track along 经1路 is 11 m long",
        ),
    ],
)
def test_hints_that_cannot_be_used(bench: Bench, hint: dict[str, Any], message: str) -> None:
    told = bench.refused("draw", hints=[hint])
    assert told.startswith(message), told
    body = {"hints": [hint], "who": "张三", "version": bench.observed()["version"]}
    assert bench.refused("save", **body) == told
    assert bench.observed()["entries"] == []


def test_a_file_becomes_hints(bench: Bench) -> None:
    ns, ew = CITY.lines[Axis.NS][3], CITY.lines[Axis.EW][4]
    lon, lat = true_crossing(CITY, ns, ew)
    table = f"路口,经度,纬度\n{ns}与{ew}交叉口,{lon},{lat}\n".encode()
    read = f"/{TOKEN}/read?name=a.csv"
    refused = bench.client.post(read, content=table)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "unknown_crs"
    [hint] = bench.client.post(f"{read}&crs=wgs84", content=table).json()
    assert (hint["words"], hint["kind"]) == (f"{ns}与{ew}交叉口", "place")
    assert bench.ask("draw", hints=[hint])["hints"][0]["lines"] == [ns, ew]


def test_a_drive_becomes_the_middle_line_of_its_road(bench: Bench) -> None:
    line = CITY.lines[Axis.NS][2]
    south_m, end_m = np.quantile(CITY.truth[line][:, 1], [0.1, 0.9]).tolist()
    north_m = np.arange(south_m, end_m, 12.0)
    rng = np.random.default_rng(3)
    east_m = CITY.true_across_m(line, Axis.NS, north_m) + rng.normal(0, 10, north_m.size)
    lon, lat = to_wgs84(lon=east_m, lat=north_m, crs=ZONE)
    points = "".join(f'<trkpt lat="{y}" lon="{x}"/>' for x, y in zip(lon, lat, strict=True))
    gpx = (
        '<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>{line}</name><trkseg>{points}</trkseg></trk></gpx>"
    )
    [hint] = bench.client.post(f"/{TOKEN}/read?name=drive.gpx", content=gpx.encode()).json()
    assert hint["kind"] == "traced"
    assert len(hint["lonlat"]) < 60
    drawn = bench.ask("draw", hints=[hint])
    assert drawn["hints"][0]["counts"]
    seen = np.array(drawn["hints"][0]["lonlat"])
    east_m, north_m = from_wgs84(lon=seen[:, 0].copy(), lat=seen[:, 1].copy(), crs=ZONE)
    assert np.abs(east_m - CITY.true_across_m(line, Axis.NS, north_m)).max() < 5


GPX = (
    '<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
    '<wpt lat="33" lon="113.5"><name>{name}</name></wpt></gpx>'
)


def test_a_name_of_several_lines_is_one(bench: Bench) -> None:
    ns, ew = CITY.lines[Axis.NS][3], CITY.lines[Axis.EW][4]
    gpx = GPX.format(name=f"{ns}与{ew}\n  交叉口\t")
    name = f"{'long ' * 40}.gpx"
    [hint] = bench.client.post(f"/{TOKEN}/read", params={"name": name}, content=gpx.encode()).json()
    assert hint["words"] == f"{ns}与{ew} 交叉口"
    assert hint["how"].startswith("long long")
    assert bench.ask("draw", hints=[hint])["hints"][0]["lines"] == [ns, ew]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.gpx", b"<gpx", "file_damaged"),
        ("a.jpg", b"no picture", "file_damaged"),
        ("a.doc", b"text", "table_invalid"),
        ("../../a.gpx", b"<gpx", "file_damaged"),
        ("..", b"<gpx", "file_damaged"),
        (".", b"<gpx", "file_damaged"),
        ("a\0.gpx", b"<gpx", "file_damaged"),
        (f"{'驾' * 100}.gpx", b"<gpx", "file_damaged"),
        ("a.gpx", GPX.format(name="").encode(), "nothing_observed"),
        ("a.gpx", GPX.format(name="路" * 201).encode(), "nothing_observed"),
    ],
)
def test_files_that_cannot_be_read(bench: Bench, name: str, content: bytes, code: str) -> None:
    before = files_of(bench.data)
    response = bench.client.post(f"/{TOKEN}/read", params={"name": name}, content=content)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == code
    assert files_of(bench.data) == before


def test_a_scan_that_another_page_has_replaced(bench: Bench) -> None:
    names = []
    for colour in ("white", "grey"):
        content = BytesIO()
        Image.new("RGB", (40, 30), colour).save(content, format="PNG")
        response = bench.client.post(f"/{TOKEN}/scan", content=content.getvalue())
        names.append(response.json()["name"])
    point = {"lon": 113.5, "lat": 33.0, "column": 0, "row": 0}
    points = [point, point | {"lon": 113.6, "column": 40}]
    for name, status in zip(names, (404, 200), strict=True):
        body = {"points": points, "fit": "similarity"}
        assert bench.client.post(f"/{TOKEN}/scan/{name}/fit", json=body).status_code == status
        for picture in ("as-read", "turned"):
            response = bench.client.get(f"/{TOKEN}/scan/{name}/{picture}.png")
            assert response.status_code == status


def test_a_city_that_has_nowhere_to_write(built: Path, tmp_path: Path) -> None:
    data = copy_city(built, tmp_path / "data")
    (data / "network" / "evidence.toml").unlink()
    with pytest.raises(NetworkError, match=r"has no evidence\.toml"):
        Desk(Settings(data=data))


def test_an_edition_without_layouts(built: Path, tmp_path: Path) -> None:
    data = copy_city(built, tmp_path / "data")
    (data / "layouts.parquet").unlink()
    with pytest.raises(NothingToObserveError):
        Desk(Settings(data=data))
