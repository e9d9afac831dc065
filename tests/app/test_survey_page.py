"""The field page over HTTP: who finds it, and what becomes of its notes."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

import app.web.survey
from app.errors import SettingsError
from app.settings import PREFIX, Settings, read_settings
from app.web.app import create_app
from app.web.survey import content
from app.web.survey.notes import MOST_BYTES, UNCONFIRMED
from geo.build.sources import read_sources
from geo.network.evidence import Status
from geo.survey.notebook import read_entries, set_status
from geo.survey.plan import plan
from tests.app.conftest import Problem, strict_json
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.app.conftest import Invoke, Start

TOKEN = "Field-page_0123456789"  # noqa: S105 - of a test
HOME = f"/survey/{TOKEN}/"
BELOW = ("", "/", "/sw.js", "/plan.json", "/notes", "/assets/field/page.js", "/nothing")
ROOM = Path(app.web.survey.__file__).parent
SCRIPTS = [*(ROOM / "static").rglob("*.js"), ROOM.parent / "static" / "speech.js"]
TEXTS: dict[str, dict[str, str]] = json.loads(
    (ROOM / "templates" / "texts.json").read_text(encoding="utf-8")
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the shipped edition."""
    return shutil.copytree(DATA, tmp_path / "data")


@pytest.fixture
def network(data: Path) -> Path:
    """Where the notebook is."""
    return data / "network"


@pytest.fixture
def field(data: Path, start: Start) -> Iterator[TestClient]:
    """A service with a field page."""
    with start(create_app(Settings(data=data, survey_token=TOKEN))) as client:
        yield client


def note(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - what a note has
    """Make a note of a new id that fits all else."""
    return {
        "id": str(uuid4()),
        "place": "文明大道东侧40米",
        "lon": 114.0114,
        "lat": 33.0,
        "accuracy_m": 8.4,
        "at": "2026-11-29T10:00:00.123Z",
        "who": "张三",
        **changed,
    }


def send(client: TestClient, body: dict[str, Any]) -> Response:
    return client.post(f"{HOME}notes", json=body)


def problem(response: Response, status: int) -> Problem:
    assert response.status_code == status, response.text
    body = strict_json(response.text)
    assert list(body) == ["error"]
    return Problem(**body["error"])


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Who finds it


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("below", BELOW)
def test_without_a_token_nothing_is_there(client: TestClient, below: str, method: str) -> None:
    for address in ("/survey", f"/survey/{TOKEN}{below}", f"/survey{below}"):
        assert client.request(method, address).status_code == 404


@pytest.mark.parametrize("token", ["x", TOKEN[:-1], f"{TOKEN}0", TOKEN.lower(), "%C3%A4" * 16])
def test_a_wrong_token_is_as_any_unknown_page(field: TestClient, token: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        unknown = field.request(method, "/nothing")
        del unknown.headers["x-request-id"]  # each answer has another
        for below in BELOW:
            answer = field.request(method, f"/survey/{token}{below}", follow_redirects=False)
            assert (answer.status_code, answer.content) == (404, unknown.content)
            del answer.headers["x-request-id"]
            assert answer.headers == unknown.headers


def test_the_page_is_there(field: TestClient) -> None:
    for below in ("", "sw.js", "assets/field/page.js"):
        assert field.get(f"{HOME}{below}").status_code == 200, below
    assert field.get(f"{HOME}nothing").status_code == 404
    assert field.get(f"{HOME}assets/nothing.js").status_code == 404
    assert field.get(f"{HOME}notes").status_code == 405


def test_the_slash_at_its_end_may_be_left_out(field: TestClient) -> None:
    """And what stands before the path, where there is a proxy, stays."""
    answer = field.get(HOME.rstrip("/"), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{TOKEN}/")


def test_below_a_prefix(data: Path) -> None:
    settings = Settings(data=data, survey_token=TOKEN)
    with TestClient(create_app(settings), root_path="/land") as client:
        assert client.get(f"/land{HOME}").status_code == 200
        assert client.get("/land/survey/another-token-0123/").status_code == 404
        assert client.post(f"/land{HOME}notes", json=note()).status_code == 201


def test_nobody_else_is_told_of_it(field: TestClient) -> None:
    for address in ("/", "/map", "/openapi.json", "/docs", "/v1/health", "/ogc?f=json"):
        text = field.get(address).text
        assert TOKEN not in text
        assert "survey/" not in text


@pytest.mark.parametrize(
    "token",
    ["short", "a" * 15, "sixteen letters.", "0123456789abcde/", "标定地价" * 4, f"{TOKEN}\n"],
)
def test_a_token_that_is_none(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(f"{PREFIX}SURVEY_TOKEN", token)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == (
        f"{PREFIX}SURVEY_TOKEN is not what it must be: it must be empty, or have 16 or more of"
        " A-Z, a-z, 0-9, - and _"
    )
    told = "".join(traceback.format_exception(caught.value))
    assert token not in told
    assert repr(token) not in told


def test_settings_do_not_show_it() -> None:
    assert Settings(survey_token=TOKEN).survey_token == TOKEN
    assert TOKEN not in repr(Settings(survey_token=TOKEN))


def test_no_log_has_it(
    field: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.web.survey.route.take", fail)
    with caplog.at_level(logging.DEBUG):
        assert send(field, note()).status_code == 500
        access = '%s - "%s %s HTTP/%s" %d'
        told = ("127.0.0.1:1", "GET", f"{HOME}sw.js", "1.1", 200)
        logging.getLogger("uvicorn.access").info(access, *told)
    ours = [one for one in caplog.records if one.name.startswith(("landprice", "uvicorn"))]
    said = [re.sub("[0-9a-f]{16}$", "ID", record.getMessage()) for record in ours]
    assert said == [
        "POST /survey/***/notes failed, request ID",
        '127.0.0.1:1 - "GET /survey/***/sw.js HTTP/1.1" 200',
    ]


# What it is


@pytest.mark.parametrize("address", [HOME, f"{HOME}?lang=en"])
def test_everything_the_page_names_is_relative_and_there(field: TestClient, address: str) -> None:
    page = field.get(address).text
    found = re.findall(r'\b(?:src|href)="([^"#]+)"', page)
    assert len(found) > 12
    for reference in found:
        assert not urlsplit(reference).scheme
        assert not reference.startswith("/")
        assert field.get(urljoin(address, reference)).status_code == 200, reference
    assert all(not text.strip() for text in re.findall(r"<script[^>]*>(.*?)</script>", page))
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)
    assert TOKEN not in page
    assert "{" not in re.sub(r"<[^>]*>", "", page)


def test_the_worker_keeps_all_that_the_page_names(field: TestClient) -> None:
    answer = field.get(f"{HOME}sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    shell = json.loads(answer.text.partition("\n")[0].removeprefix("const SHELL = ").rstrip(";"))
    kept = {urljoin(HOME, file) for file in shell["files"]}
    assert {f"{HOME}?lang=zh", f"{HOME}?lang=en"} < kept
    page = field.get(HOME).text
    named = {urljoin(HOME, one) for one in re.findall(r'\b(?:src|href)="(assets/[^"]+)"', page)}
    assert named < kept
    imported = {
        urljoin(address, one)
        for address in named
        if address.endswith(".js")
        for one in re.findall(r'from "(\./[^"]+)"', field.get(address).text)
    }
    assert len(imported) > 4
    assert imported < kept
    for address in kept:
        assert field.get(address).status_code == 200, address


def test_what_the_scripts_are_told_of_the_city(field: TestClient, data: Path) -> None:
    script = field.get(f"{HOME}assets/field/city.js").text
    city = json.loads(script.partition("\n")[0].removeprefix("export const CITY = ").rstrip(";"))
    assert city["lines"]["文明大道"] == "ns"
    assert city["lines"]["置地大道"] == "ew"
    assert city["base"] is None
    assert city["tiles"] == []
    (south, west), (north, east) = city["bounds"]
    assert 32 < south < north < 34
    assert 113 < west < east < 115


def test_base_maps_as_the_operator_has_them(data: Path, start: Start) -> None:
    (data / "basemap").mkdir()
    (data / "basemap" / "basemap.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    settings = Settings(data=data, survey_token=TOKEN, base_maps="tianditu", tianditu_key="a&b")
    with start(create_app(settings)) as client:
        script = client.get(f"{HOME}assets/field/city.js").text
        city = json.loads(script.partition("\n")[0].removeprefix("export const CITY = ")[:-1])
        assert client.get(urljoin(HOME, city["base"]["url"])).status_code == 200
    [tiles] = city["tiles"]
    assert tiles["label"] == "天地图"
    assert all(url.endswith("tk=a%26b") for url in tiles["urls"])


@pytest.mark.slow
def test_the_plan(field: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_MOST", 2)
    made: list[object] = []

    def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as they are
        made.append(args)
        return plan(*args, **kwargs)

    monkeypatch.setattr(content, "plan", counted)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(field.get, [f"{HOME}plan.json"] * 2)
    assert len(made) == 1
    assert one.headers["content-type"] == "application/json"
    assert one.json() == other.json()
    found = one.json()
    assert [crossing["rank"] for crossing in found["crossings"]] == [1, 2]
    assert 0 < found["settled"] < found["crossings"][-1]["settled"] < 1
    for crossing in found["crossings"]:
        taken = send(field, note(place=crossing["place"], lon=crossing["lon"], lat=crossing["lat"]))
        assert taken.json()["lines"] == crossing["lines"]


# Notes


def test_a_note_is_kept_as_doubtful(
    field: TestClient, data: Path, network: Path, invoke: Invoke
) -> None:
    before = read_sources(data, None, None).evidence.observations
    sent = note(place="文明大道东侧40米", who=" 张三 ")
    answer = send(field, sent)
    assert (answer.status_code, answer.json()) == (201, {"ids": ["f1"], "lines": ["文明大道"]})
    [entry] = read_entries(network)
    assert (entry.line, entry.lon, entry.lat, entry.crs) == (
        "文明大道",
        "114.0114000",
        "33.0000000",
        "wgs84",
    )
    assert (entry.place, entry.who, entry.at) == (
        sent["place"],
        "张三",
        "2026-11-29T10:00:00+00:00",
    )
    assert entry.how == f"field page, {sent['id']}"
    assert (entry.status, entry.reason) == ("doubtful", UNCONFIRMED)
    assert invoke("survey", "list", data=data).stdout.splitlines() == [
        "f1  文明大道  ±13 m  wgs84  张三  doubtful",
        "    noted on the field page; to be confirmed",
    ]
    assert read_sources(data, None, None).evidence.observations == before
    invoke("survey", "confirm", "f1", data=data)
    assert len(read_sources(data, None, None).evidence.observations) == len(before) + 1


def test_a_crossing_tells_of_two_lines(field: TestClient) -> None:
    answer = send(field, note(place="文明大道与置地大道交叉口"))
    assert answer.json() == {"ids": ["f1"], "lines": ["文明大道", "置地大道"]}


def test_why_else_a_note_is_doubtful(field: TestClient, network: Path) -> None:
    send(field, note(lon=114.3))
    [entry] = read_entries(network)
    assert entry.status == "doubtful"
    assert "outside of where all else allows it" in entry.reason


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_a_note_in_another_system(field: TestClient, network: Path, crs: str) -> None:
    assert send(field, note(crs=crs)).status_code == 201
    assert read_entries(network)[0].crs == crs


def test_a_note_that_is_sent_twice_is_kept_once(field: TestClient, network: Path) -> None:
    sent = note()
    first, second = send(field, sent), send(field, {**sent, "id": sent["id"].upper()})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(read_entries(network)) == 1


def test_a_note_that_was_withdrawn_does_not_come_back(field: TestClient, network: Path) -> None:
    sent = note()
    send(field, sent)
    set_status(network, ["f1"], Status.WITHDRAWN)
    assert send(field, sent).status_code == 200
    assert [entry.status for entry in read_entries(network)] == ["withdrawn"]


def test_several_phones_at_once(field: TestClient, network: Path) -> None:
    same, others = note(), [note(who=f"观测员{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda body: send(field, body), [*others, *[same] * 8]))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201] * 9
    entries = read_entries(network)
    assert len({entry.id for entry in entries}) == len(entries) == 9
    assert {entry.who for entry in entries} == {"张三", *(one["who"] for one in others)}


def test_nothing_but_the_notebook_changes(field: TestClient, data: Path) -> None:
    before = hashes(data)
    assert send(field, note()).status_code == 201
    problem(send(field, note(place="火星路东侧")), 422)
    after = hashes(data)
    assert {path for path in after if before.get(path) != after[path]} == {"network/survey.csv"}
    assert before.keys() < after.keys()


def test_text_that_a_table_would_trip_over(field: TestClient, network: Path) -> None:
    who = '=1+1,"x";\\'
    assert send(field, note(who=who)).status_code == 201
    assert read_entries(network)[0].who == who


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"id": "1"}, "note_invalid", "id is '1'; it must be a UUID such as "),
        ({"id": None}, "note_invalid", "id is 'None'; it must be a UUID such as "),
        ({"lon": "114"}, "note_invalid", "lon is '114'; it must be a number."),
        ({"lat": True}, "note_invalid", "lat is 'True'; it must be a number."),
        ({"lon": 190.0}, "out_of_range", "lon must be from -180 to 180 in wgs84, but is 190.0."),
        ({"lat": -95, "crs": "gcj02"}, "out_of_range", "lat must be from -90 to 90 in gcj02"),
        ({"crs": "epsg:4547"}, "note_invalid", "crs is 'epsg:4547'; it must be wgs84, gcj02 or"),
        ({"accuracy_m": -1}, "note_invalid", "accuracy_m is '-1'; it must be metres, from 0 to"),
        ({"accuracy_m": 10001}, "note_invalid", "accuracy_m is '10001'; it must be metres, from"),
        ({"at": "yesterday"}, "note_invalid", "at is 'yesterday'; it must be a time with its"),
        ({"at": "2026-11-29T10:00:00"}, "note_invalid", "at is '2026-11-29T10:00:00'; it must be"),
        ({"at": 1764410400}, "note_invalid", "at is '1764410400'; it must be a time with its zone"),
        ({"at": "0001-01-01T00:00:00+08:00"}, "note_invalid", "at is '0001-01-01T00:00:00+08:00'"),
        ({"who": "  "}, "note_invalid", "who is '  '; it must be 1 to 40 characters, none of"),
        ({"who": "张" * 41}, "note_invalid", f"who is '{'张' * 41}'; it must be 1 to 40 char"),
        ({"who": "a\nb"}, "note_invalid", r"who is 'a\nb'; it must be 1 to 40 characters, none"),
        ({"who": "a\x1b[31m"}, "note_invalid", r"who is 'a\x1b[31m'; it must be 1 to 40 char"),
        ({"who": "a\u202eb"}, "note_invalid", r"who is 'a\u202eb'; it must be 1 to 40 characters"),
        ({"place": "路" * 201}, "note_invalid", f"place is '{'路' * 60}'; it must be 1 to 200"),
        ({"place": "a\x00"}, "note_invalid", r"place is 'a\x00'; it must be 1 to 200 characters"),
        ({"place": "火星路东侧"}, "unknown_line", "place is '火星路东侧', but the notice names no"),
        ({"place": "东门口"}, "location_unreadable", "place is '东门口'"),
        ({"place": "文明大道北侧"}, "side_unknown", "place is '文明大道北侧'"),
        ({"place": "文明大道东侧3公里"}, "place_too_far", "place is '文明大道东侧3公里'; 3000 m"),
        ({"place": "北邻慎阳路、南邻文明大道"}, "", "place is '北邻慎阳路、南邻文明大道'"),
        ({"extra": 1}, "note_invalid", "extra is '1'; it must be left out, for a note has id,"),
    ],
)
def test_what_cannot_be_taken(
    field: TestClient, network: Path, changed: dict[str, Any], code: str, told: str
) -> None:
    refused = problem(send(field, note(**changed)), 422)
    assert refused.message.startswith(told)
    assert refused.message.endswith(".")
    assert "\n" not in refused.message
    assert refused.field == next(iter(changed))
    if code:
        assert refused.code == code
    assert read_entries(network) == ()


@pytest.mark.parametrize("name", ["id", "place", "lon", "lat", "accuracy_m", "at", "who"])
def test_what_is_missing(field: TestClient, name: str) -> None:
    body = {key: value for key, value in note().items() if key != name}
    assert problem(send(field, body), 422) == ("missing", f"{name} is missing.", name)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b'{"id": "\\ud800"}'])
def test_what_is_no_note(field: TestClient, body: bytes) -> None:
    refused = problem(field.post(f"{HOME}notes", content=body), 422)
    assert refused.code == "note_invalid"
    assert refused.message.startswith("The body is no note; it must be a JSON object with id, ")
    assert refused.field is None


def test_a_body_that_is_too_large(field: TestClient, network: Path) -> None:
    body = json.dumps(note()).encode()
    filled = body + b" " * (MOST_BYTES - len(body))
    refused = problem(field.post(f"{HOME}notes", content=filled + b" "), 413)
    told = "The note has more than 10 kB, which is the most; shorten it."
    assert refused == ("too_large", told, None)
    assert read_entries(network) == ()
    assert field.post(f"{HOME}notes", content=filled).status_code == 201


# A notebook that takes nothing


def no_manifest(network: Path) -> None:
    (network / "evidence.toml").unlink()


def no_folder(network: Path) -> None:
    shutil.rmtree(network)


def damaged(network: Path) -> None:
    (network / "survey.csv").write_text("no,columns\n", encoding="utf-8")


def not_writable(network: Path) -> None:
    (network / ".survey.lock").mkdir()  # root may write to any file, but to none that is a folder


@pytest.mark.parametrize("harm", [no_manifest, no_folder, damaged, not_writable])
def test_a_notebook_that_takes_nothing(
    field: TestClient,
    data: Path,
    caplog: pytest.LogCaptureFixture,
    harm: Any,  # noqa: ANN401
) -> None:
    """The observer hears that it is not his fault, the operator what is wrong."""
    harm(data / "network")
    before = {path: digest for path, digest in hashes(data).items() if ".lock" not in path}
    refused = problem(send(field, note()), 503)
    assert refused == (
        "notebook_unavailable",
        "The notebook takes no notes now; the operator finds why in the log.",
        None,
    )
    [record] = [record for record in caplog.records if record.name == "landprice"]
    assert record.getMessage().startswith("The notebook of the survey takes no notes: ")
    after = {path: digest for path, digest in hashes(data).items() if ".lock" not in path}
    assert after == before


def test_an_edition_without_layouts_has_nothing_to_observe(data: Path, start: Start) -> None:
    (data / "layouts.parquet").unlink()
    with start(create_app(Settings(data=data, survey_token=TOKEN))) as client:
        assert client.get(HOME).status_code == 200
        for answer in (send(client, note()), client.get(f"{HOME}plan.json")):
            assert problem(answer, 503).code == "nothing_to_observe"


# Texts


def test_every_text_is_in_both_languages() -> None:
    for key, words in TEXTS.items():
        assert set(words) == {"zh", "en"}, key
        assert all(words.values()), key
        names = [sorted(re.findall(r"{(\w+)}", text)) for text in words.values()]
        assert names[0] == names[1], key


def test_every_text_is_used_and_there() -> None:
    page = (ROOM / "templates" / "field.html").read_text(encoding="utf-8")
    script = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    named = {*re.findall(r"text\.(\w+)", page), *re.findall(r'\bt\("(\w+)"', script)}
    assert len(named) > 40
    assert named <= set(TEXTS)
    begun = ("notes_", "state_", "saved_", "refused_")
    assert all(f"{beginning}$" in script for beginning in begun)
    for key in TEXTS:
        spoken = f'"{key.removesuffix("_what")}"' in script
        assert spoken or key in named or key.startswith(begun), key
