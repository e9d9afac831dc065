"""The pages as the service sends them; what they do is tested in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

import app.web.pages
from app.errors import SettingsError
from app.settings import PREFIX, Settings, read_settings
from app.web.app import create_app
from geo.crs import Crs, to_wgs84
from geo.fields import GAZETTE_FIELDS
from maps.interactive import folium_map
from tests.metric import SYSTEMS
from tests.processes import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.conftest import Refused, Start

PAGES = ("/", "/?lang=en", "/map", "/map?lang=en")
GENERATED = (*PAGES, "/assets/city.js", "/assets/texts.js", "/certainty/commercial.png")
STATIC = (
    "/assets/map.js",
    "/assets/map.css",
    "/assets/page.js",
    "/assets/page.css",
    "/assets/docs.css",
    "/assets/words.js",
    "/assets/speech.js",
    "/assets/place.js",
    "/assets/answer.js",
    "/assets/valuation.js",
    "/assets/valuation.css",
    "/assets/favicon.svg",
    "/assets/leaflet/leaflet.js",
    "/assets/leaflet/leaflet.css",
    "/assets/leaflet/images/layers.png",
)
MODULES = ("page.js", "answer.js", "valuation.js", "words.js", "speech.js", "place.js")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'self'"
)
ROOT = Path(app.web.pages.__file__).parent
TEXTS: dict[str, dict[str, str]] = json.loads(
    (ROOT / "templates" / "texts.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def with_tiles() -> Iterator[TestClient]:
    settings = Settings(base_maps="osm, tianditu", tianditu_key="0a1b")
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.mark.parametrize("path", [*PAGES, "/v1/health", "/assets/page.js", "/nothing"])
def test_every_answer_tells_browsers_what_it_may_do(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_api_page_may_run_its_own_script_alone(client: TestClient) -> None:
    response = client.get("/docs")
    [script] = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    expected = POLICY.replace("script-src 'self'", f"script-src 'self' 'sha256-{digest}'")
    assert response.headers["content-security-policy"] == expected
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_inline_script_or_style(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert all(not text.strip() for text in re.findall(r"<script[^>]*>(.*?)</script>", page))
    assert "<style" not in page
    assert not re.search(r"<[^>]*\s(style|on\w+)=", page)


@pytest.mark.parametrize("path", PAGES)
def test_everything_a_page_names_is_relative_and_there(client: TestClient, path: str) -> None:
    page = client.get(path).text
    found = re.findall(r'\b(?:src|href)="([^"]*)"', page)
    assert len(found) >= 6
    for reference in found:
        assert not urlsplit(reference).scheme
        assert not reference.startswith("/")
        if reference.startswith(("#", "sheets/")):
            continue
        assert client.get(urljoin(path, reference)).status_code == 200, reference
    assert "://" not in page


def test_scripts_name_no_absolute_place(client: TestClient) -> None:
    """So that the service may stand behind a prefix."""
    script = client.get("/assets/page.js").text
    asked = {"v1/price", "v1/regions/${code}", "place", "ogc/collections/likely_areas/items"}
    asked |= {"v1/editions", "v1/appraise"}
    assert set(re.findall(r"fetched\(`([^`?]*)", script)) == asked
    for name in MODULES:
        found = re.findall(r'from "([^"]*)"', client.get(f"/assets/{name}").text)
        assert set(found) <= {f"./{one}" for one in ("texts.js", *MODULES)}
    scripts = (*MODULES, "map.js", "city.js", "page.css", "valuation.css")
    for path in (f"/assets/{name}" for name in scripts):
        text = client.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(?m)(^|\s)//.*$", "", text), path
        assert "eval(" not in text
        assert "innerHTML =" not in text


@pytest.mark.parametrize("path", GENERATED)
def test_generated_answers_are_not_sent_twice(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    etag = response.headers["etag"]
    digest = hashlib.sha256(response.content).hexdigest()
    assert etag in {f'"{digest}"', f'"{digest}-gzip"'}
    assert response.headers["cache-control"] == "no-cache"
    for tags in (etag, f"W/{etag}", f'"other", {etag}'):
        again = client.get(path, headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["content-security-policy"] == POLICY
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == response.headers["content-length"]


@pytest.mark.parametrize("path", STATIC)
def test_files_are_not_sent_twice(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/page.html", "/assets/../main.py", "/assets/none.js", "/assets/interactive.py"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_media_types(client: TestClient) -> None:
    kinds = {"/": "text/html", "/map": "text/html", "/assets/city.js": "text/javascript"}
    kinds |= {"/assets/page.js": "text/javascript", "/assets/favicon.svg": "image/svg+xml"}
    for path, kind in kinds.items():
        assert client.get(path).headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    ("query", "lang", "title"),
    [
        ("", "zh-CN", "驻马店市标定地价查询"),
        ("?lang=zh", "zh-CN", "驻马店市标定地价查询"),
        ("?lang=en", "en", "Standard land prices · 驻马店市"),
        ("?lang=fr", "zh-CN", "驻马店市标定地价查询"),
    ],
)
def test_the_language_of_the_page(client: TestClient, query: str, lang: str, title: str) -> None:
    page = client.get(f"/{query}").text
    assert f'<html lang="{lang}">' in page
    assert re.findall(r"<title>([^<]*)</title>", page) == [title]
    assert re.findall(r'property="og:title" content="([^"]*)"', page) == [title]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (
            "?lon=114.0127&lat=32.9930",
            "商服用地 4415 元/平方米（概率 99 %）；住宅用地 5310 元/平方米",
        ),
        ("?at=文明大道与慎阳路交叉口西南角", "商服用地 3785 元/平方米（概率 99 %）"),
        (
            "?at=文明大道与慎阳路交叉口西南角&lang=en",
            "Commercial land 3785 yuan/m² (probability 99 %)",
        ),
        ("?lon=114.023&lat=32.972&known=north_of:中华大道", "商服用地 4520 元/平方米"),
        ("?lon=116.4&lat=39.9", "驻马店市标定地价查询"),
        ("?lon=x&lat=39.9", "驻马店市标定地价查询"),
        ("?at=东门口", "驻马店市标定地价查询"),
        ("?at=<script>", "驻马店市标定地价查询"),
    ],
)
def test_a_shared_link_tells_its_answer(client: TestClient, query: str, title: str) -> None:
    """To programs that show links and run no script."""
    page = client.get(f"/{query}").text
    [told] = re.findall(r"<title>([^<]*)</title>", page)
    assert told.startswith(title)
    [described] = re.findall(r'name="description" content="([^"]*)"', page)
    assert described.startswith(title if "米" in title or "yuan" in title else "点击地图")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_assets_are_kept_for_good_and_compressed(client: TestClient, encoding: str) -> None:
    page = client.get("/").text
    [script] = re.findall(r'type="module" src="([^"]*page\.js)"', page)
    assert re.fullmatch(r"assets/[0-9a-f]{12}/page\.js", script)
    response = client.get(f"/{script}", headers={"accept-encoding": encoding})
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["vary"] == "accept-encoding"
    assert response.headers.get("content-encoding") == (None if encoding == "identity" else "gzip")
    assert response.content == (ROOT / "static" / "page.js").read_bytes()
    assert client.get(script.replace("assets/", "assets/0")).status_code == 404


def test_the_first_answer_needs_few_bytes(client: TestClient) -> None:
    """At 400 kbit/s, 150 kB take three seconds."""
    page = client.get("/").text
    named = set(re.findall(r'(?:src|href)="(assets/[^"]*)"', page))
    assert len(named) > 9
    total = sum(
        int(client.get(path, headers={"accept-encoding": "gzip"}).headers["content-length"])
        for path in ("/", *named, "/v1/price?lon=114.0127&lat=32.993")
    )
    assert total < 150_000


def test_qr_codes_of_own_addresses_alone(client: TestClient, refused: Refused) -> None:
    own = "http://testserver/?lon=114.0127&lat=32.9930"
    response = client.get("/qr.svg", params={"text": own})
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.text.startswith("<?xml")
    others = ("http://evil.test/", own.replace("http:", "ftp:"), "http://[", "x")
    for text in (*others, own + "x" * 1000):
        assert refused("/qr.svg", {"text": text}, status=422).code == "not_own_address"


def test_a_base_map_of_the_citys_own(tmp_path: Path, start: Start, client: TestClient) -> None:
    """Shown only where the operator has imported one."""
    assert client.get("/basemap.json").status_code == 404
    assert '"ownBase": null' in client.get("/assets/city.js").text
    (tmp_path / "parcels.geojson").write_bytes(Settings().parcels.read_bytes())
    (tmp_path / "basemap").mkdir()
    content = '{"type": "FeatureCollection", "features": []}'
    (tmp_path / "basemap" / "basemap.geojson").write_text(content)
    with start(create_app(Settings(data=tmp_path))) as other:
        answer = other.get("/basemap.json")
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.text == content
        assert '"url": "basemap.json"' in other.get("/assets/city.js").text


def test_how_sure_the_map_is(client: TestClient) -> None:
    response = client.get("/certainty/residential.png")
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert client.get("/certainty/office.png").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_which_edition_it_answers_from(client: TestClient, lang: str) -> None:
    page = client.get(f"/?lang={lang}").text
    facts = ("驻政〔2023〕13号", "2022-01-01", "2023-04-24", "驻马店市自然资源和规划局")
    for fact in (*facts, "© OpenStreetMap contributors, ODbL 1.0"):
        assert fact in page
    for use in ("commercial", "residential", "industrial"):
        assert f'href="sheets/{use}.pdf"' in page
    assert 'href="docs"' in page


def test_every_text_is_in_both_languages() -> None:
    for key, words in TEXTS.items():
        assert set(words) == {"zh", "en"}, key
        assert all(words.values()), key
        names = [sorted(re.findall(r"{(\w+)}", text)) for text in words.values()]
        assert names[0] == names[1], key
        if not key.startswith(("value_", "other_language")):
            assert not re.search("[一-鿿]", words["en"]), key
            assert re.search("[一-鿿（），]", words["zh"]), key


def test_every_text_is_used_and_there() -> None:
    page = (ROOT / "templates" / "page.html").read_text(encoding="utf-8")
    script = "".join((ROOT / "static" / name).read_text(encoding="utf-8") for name in MODULES)
    named = {*re.findall(r't\("(\w*[a-z0-9])"', page), *re.findall(r'\bt\("(\w+)"', script)}
    assert len(named) > 40
    assert named <= {*TEXTS, *(field.name for field in GAZETTE_FIELDS)}
    begun = (
        "crs_",
        "about_",
        "use_",
        "value_",
        "certainty_",
        "error_",
        "sheet_",
        "known_",
        "term_",
        "parcel_",
        "worth_",
        "step_",
        "rule_",
        "basis_",
    )
    assert all(f"{beginning}$" in script or f't("{beginning}"' in page for beginning in begun)
    for key in TEXTS:
        assert f'"{key}"' in page + script or f" {key}" in script or key.startswith(begun), key


def test_every_error_of_a_coordinate_has_words() -> None:
    geo = ROOT.parents[1] / "geo"
    sources = [ROOT / "errors.py", geo / "crs.py"]
    sources += [geo / "lookup" / f"{name}.py" for name in ("price", "pasted", "words", "known")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'code="(\w+)"', text)) | {"missing", "not_a_number"}
    codes -= {"internal_error", "unknown_datum"}  # told as one; of files
    codes -= {"too_many_facts", "fact_unreadable"}  # of links, told as known
    assert "lon_lat_swapped" in codes
    assert {f"error_{code}" for code in codes} <= set(TEXTS)


@pytest.mark.parametrize("crs", [crs.value for crs in SYSTEMS])
def test_where_a_coordinate_is_on_the_map(client: TestClient, crs: str) -> None:
    places = {"epsg:4547": (501_186.95, 3_651_971.78), "epsg:4526": (38_501_186.95, 3_651_971.78)}
    lon, lat = places.get(crs, (114.0127, 32.9930))
    response = client.get("/place", params={"lon": lon, "lat": lat, "crs": crs})
    at_lon, at_lat = to_wgs84(lon=lon, lat=lat, crs=Crs(crs))
    assert response.json() == {"lon": at_lon, "lat": at_lat}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"lon": "x", "lat": "33", "crs": "wgs84"}, "not_a_number"),
        ({"lon": "nan", "lat": "33", "crs": "wgs84"}, "not_finite"),
        ({"lon": "114", "lat": "95", "crs": "gcj02"}, "out_of_range"),
        ({"lon": "114", "lat": "33", "crs": "nad83"}, "unknown_crs"),
        ({"lon": "114", "lat": "33"}, "missing"),
    ],
)
def test_what_is_nowhere_on_the_map(refused: Refused, params: dict[str, str], code: str) -> None:
    assert refused("/place", params, status=422).code == code


def test_base_maps_are_allowed_where_the_operator_lists_them(with_tiles: TestClient) -> None:
    hosts = "https://tile.openstreetmap.org https://*.tianditu.gov.cn"
    policy = with_tiles.get("/").headers["content-security-policy"]
    assert policy == POLICY.replace("img-src 'self' data:", f"img-src 'self' data: {hosts}")
    script = with_tiles.get("/assets/city.js").text
    assert "tk=0a1b" in script
    assert script.count("L.tileLayer(") == 3


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"BASE_MAPS": "osm,google"},
            "BASE_MAPS is 'osm,google': it must list no other base maps than osm and tianditu",
        ),
        (
            {"BASE_MAPS": "tianditu"},
            "TIANDITU_KEY is '': the base map tianditu needs the key that its operator gave you",
        ),
    ],
)
def test_base_maps_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], told: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == f"{PREFIX}{told}"


def test_base_maps_are_listed_with_commas() -> None:
    assert Settings().shown_base_maps == ()
    listed = Settings(base_maps=" tianditu ,osm,", tianditu_key="k").shown_base_maps
    assert [base.value for base in listed] == ["tianditu", "osm"]


@pytest.mark.slow
def test_starting_needs_no_folium() -> None:
    """It takes longer to import than all else, and only pages need it."""
    script = (
        "import sys\n"
        "from starlette.testclient import TestClient\n"
        "from app.web.app import create_app\n"
        "from app.settings import Settings\n"
        "with TestClient(create_app(Settings(access_log='off'))) as client:\n"
        "    assert client.get('/v1/health').status_code == 200\n"
        "    assert not {'folium', 'branca', 'matplotlib'} & set(sys.modules)\n"
        "    assert client.get('/').status_code == 200\n"
        "    assert 'folium' in sys.modules\n"
        "print('done')\n"
    )
    assert run_script(script) == "done\n"


def test_pages_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = folium_map.map_parts

    def counted(*args: object, **kwargs: object) -> folium_map.MapParts:
        made.append(args)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folium_map, "map_parts", counted)
    with TestClient(create_app(Settings())) as client, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(client.get, GENERATED * 3))
    assert {answer.status_code for answer in answers} == {200}
    assert len(made) == 1


def test_data_without_price_classes_have_a_page(tmp_path: Path, start: Start) -> None:
    (tmp_path / "parcels.geojson").write_bytes(Settings().parcels.read_bytes())
    with start(create_app(Settings(data=tmp_path))) as client:
        assert client.get("/").status_code == 200
        assert client.get("/v1/health").status_code == 200
