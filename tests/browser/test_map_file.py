"""The map as one file, opened from the disk without any network."""

from __future__ import annotations

import base64
import dataclasses
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from app.settings import Settings
from geo.model import FourBounds
from geo.network.boundary_lines import boundary_lines
from geo.parcels import flat_properties, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from maps.interactive.base_maps import BaseMap
from maps.interactive.folium_map import standalone_html
from tests.browser.conftest import (
    PHONE,
    click_map,
    outlined,
    serious_violations,
    use_shown,
)
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from geo.model import Region
    from geo.parcels import Parcels
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


PARCELS = read_parcels(Settings().parcels)
CLASSES = read_price_classes(Settings().data / PRICE_CLASSES_FILE, {key: [1000] for key in USES})
LINES = boundary_lines(PARCELS.regions, PARCELS.spellings)
REGIONS = {region.code: region for region in PARCELS.regions}
WORDS = {
    "schematic": "按公告文字推定，并非测量成果",
    "tied": "有依据",
    "free": "不固定",
    None: "未公布",
}
TILE = base64.b64decode(  # one white pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="
)
HOSTILE = "<img src=x onerror=\"document.title='taken'\">`${1}'</script><script>alert(1)</script>"


@pytest.fixture(scope="session")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(PARCELS, tmp_path_factory.mktemp("map") / "map.html")


def written(parcels: Parcels, path: Path) -> str:
    path.write_text(standalone_html(parcels, CLASSES), encoding="utf-8")
    return path.as_uri()


def search(page: Page, text: str) -> None:
    page.fill("#lp-search", text)
    page.keyboard.press("Enter")


def open_record(page: Page, code: str) -> None:
    search(page, code)
    expect(page.locator(".leaflet-popup h2")).to_contain_text(code[6:])


def check_record(page: Page, region: Region) -> None:
    """Look for every property of a region in its popup."""
    cells: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.leaflet-popup tr')]"
        ".map((row) => [...row.children].map((cell) => cell.textContent)))"
    )
    said = set(cells.values())
    properties = flat_properties(region)
    sides = {"east": "东至", "west": "西至", "south": "南至", "north": "北至"}
    for side, title in sides.items():
        name, accuracy_m = properties.pop(f"bound_{side}"), properties.pop(f"accuracy_{side}_m")
        assert cells[title] == f"{name} 可能偏差 ±{accuracy_m:g} 米"
    units = {"_cny_m2": " 元/平方米", "_years": " 年", "_area_m2": " 平方米"}
    del properties["use"]  # it says what use_name says, for programs
    for key, value in properties.items():
        unit = next((unit for end, unit in units.items() if key.endswith(end)), "")
        shown = f"{value:.10g}" if isinstance(value, int | float) else str(value)
        assert WORDS.get(value, shown + unit) in said, key
    assert len(cells) == len(properties) + len(sides)


def test_the_whole_record_of_a_region(visit: Open, map_file: str) -> None:
    opened = visit(map_file)
    for code in ("411700S50002", "411700Z70022", "411700G60001"):
        open_record(opened.page, code)
        check_record(opened.page, REGIONS[code])
        assert use_shown(opened.page) == REGIONS[code].use.code
    assert opened.asked == [map_file]


def test_a_click_shows_the_record(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    click_map(page, lon=114.0207, lat=32.9921)
    check_record(page, REGIONS["411700S50002"])
    [corner] = outlined(page)
    assert corner == pytest.approx(REGIONS["411700S50002"].polygon.bounds[:2], abs=1e-6)
    page.click(".leaflet-popup-close-button")
    assert outlined(page) == []
    click_map(page, lon=113.9562, lat=33.06)
    expect(page.locator(".leaflet-popup")).to_contain_text("此处没有该用途的标定区域")


def test_regions_that_overlap_are_both_shown(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    shared = REGIONS["411700S50011"].polygon.intersection(REGIONS["411700S50020"].polygon)
    inside = shared.representative_point()
    click_map(page, lon=inside.x, lat=inside.y)
    expect(page.locator(".leaflet-popup h2")).to_have_text(["S50011 商服用地", "S50020 商服用地"])


def test_the_keyboard_opens_records(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    page.evaluate("void landprice.map.map.setView([32.9921, 114.0207], 13, { animate: false })")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    check_record(page, REGIONS["411700S50002"])
    assert page.evaluate("document.activeElement.matches('.leaflet-popup-content')")
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_a_tooltip(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    box = page.locator(".folium-map").bounding_box()
    at = page.evaluate("landprice.map.map.latLngToContainerPoint([32.9921, 114.0207])")
    assert box is not None
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    said = page.locator(".lp-tooltip").inner_text()
    assert said.startswith("S50002 4415 元/平方米")
    assert all(name in said for _, name in REGIONS["411700S50002"].record.bounds)


def test_search_for_a_region(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    for text, code in (
        ("皇家驿站", "411700S50025"),  # of two parcels with this name, that of the use shown
        ("Z70027", "411700Z70027"),
        ("皇家驿站", "411700Z70027"),
        ("hjyz", "411700Z70027"),
        ("g60012", "411700G60012"),
        ("  巴黎春天 小区", "411700Z70007"),
        ("411700S50001", "411700S50001"),
    ):
        search(page, text)
        parcel = REGIONS[code].record.standard_parcel
        expect(page.locator(".lp-status")).to_have_text(f"已定位：{code[6:]} {parcel}")
        assert use_shown(page) == REGIONS[code].use.code
        [corner] = outlined(page)
        assert corner == pytest.approx(REGIONS[code].polygon.bounds[:2], abs=1e-6)
        west, south, east, north = REGIONS[code].polygon.bounds
        assert page.evaluate(
            "(corners) => landprice.map.map.getBounds().intersects(corners)",
            [[south, west], [north, east]],
        )
        assert page.evaluate("landprice.map.map.getZoom()") > 12
        check_record(page, REGIONS[code])


def test_search_for_a_line(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    before = page.evaluate("landprice.map.map.getZoom()")
    for text, name in (("京广铁路", "京广铁路"), ("栢城路", "柏城路")):
        search(page, text)
        expect(page.locator(".lp-status")).to_have_text(f"已定位：{name}")
        [line] = [line for line in LINES if line.name == name]
        [corner] = outlined(page)
        assert corner == pytest.approx(line.geometry.bounds[:2], abs=1e-6)
        assert page.evaluate("landprice.map.map.getZoom()") > before
    assert use_shown(page) == "commercial"


def test_search_for_nothing_that_exists(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    for text in ("不存在的路", "   "):
        search(page, text)
        expect(page.locator(".lp-status")).to_contain_text("没有找到")
        assert outlined(page) == []


def test_everything_can_be_searched(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    first = "(texts) => texts.map((text) => landprice.map.find(text)[0]?.ids[0])"
    names = [line.name for line in LINES]
    assert page.evaluate(first, names) == names
    codes = list(REGIONS)
    assert page.evaluate(first, codes) == codes
    parcels = [region.record.standard_parcel for region in REGIONS.values()]
    found = page.evaluate(first, parcels)
    assert [REGIONS[code].record.standard_parcel for code in found] == parcels


def test_several_places_are_offered(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    page.fill("#lp-search", "皇家")
    offered = page.locator("#lp-search-hits li")
    assert offered.count() == 2
    offered.nth(1).click()
    expect(page.locator(".lp-status")).to_have_text("已定位：Z70027 皇家驿站")
    page.fill("#lp-search", "wenming/xuesong")
    offered.first.click()
    expect(page.locator(".lp-status")).to_have_text("已定位：文明大道与雪松大道交叉口")
    assert len(outlined(page)) == 2


def test_uses_and_their_legends(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    for use in USES:
        page.check(f"[name=lp-use][value={use}]", force=True)
        assert use_shown(page) == use.code
        legend = page.locator(".lp-legend")
        expect(legend).to_contain_text(f"{use.label} 地面单价（元/平方米）")
        expect(legend).to_contain_text("估价期日 2022-01-01")
        regions = [region for region in PARCELS.regions if region.use is use]
        rows: list[list[Any]] = page.evaluate(
            "[...document.querySelectorAll('.lp-classes li')].map((row) => [row.children[1]"
            ".textContent, getComputedStyle(row.children[0]).backgroundColor,"
            " row.children[2].textContent])"
        )
        expected = []
        for one in reversed(CLASSES[use].classes):
            red, green, blue = bytes.fromhex(one.colour[1:])
            held = [r for r in regions if CLASSES[use].of(r.record.ground_price_cny_m2) is one]
            expected.append(
                [
                    one.label,
                    f"rgb({red}, {green}, {blue})",
                    f"{len(held)} 个",
                ]
            )
        assert rows == expected
        drawn: dict[str, str] = page.evaluate(
            "(use) => Object.fromEntries(landprice.map.uses[use].layer.getLayers().map((layer) =>"
            " [layer.feature.id, layer.getElement().getAttribute('fill')]))",
            use.code,
        )
        assert drawn == {
            region.code: CLASSES[use].of(region.record.ground_price_cny_m2).colour
            for region in regions
        }
        hatched = page.locator(".leaflet-hatch-pane path").count()
        assert hatched == sum(region.placement == "free" for region in regions)
        expect(legend).to_contain_text("位置不固定")


def test_lines_can_be_hidden(visit: Open, map_file: str) -> None:
    page = visit(map_file).page
    paths = page.locator(".leaflet-lines-pane path")
    assert paths.count() == len(LINES)
    accuracies = ["±150 米以内", "±600 米以内", "±600 米以上"]
    kinds = ["道路", "铁路", "河流", "规划道路"]
    expect(page.locator(".lp-kinds li")).to_have_text(accuracies + kinds)
    dashes = page.evaluate(
        "Object.fromEntries(landprice.map.lines.getLayers().map((line) =>"
        " [line.feature.id, line.getElement().getAttribute('stroke-dasharray')]))"
    )
    assert dashes == {
        line.name: None if line.accuracy_m <= 150 else "8 5" if line.accuracy_m <= 600 else "1 5"
        for line in LINES
    }
    page.uncheck("[name=lp-lines]")
    assert paths.count() == 0
    page.check("[name=lp-lines]")
    assert paths.count() == len(LINES)


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desktop", "phone"])
def test_what_always_stands_on_the_map(visit: Open, map_file: str, size: tuple[int, int]) -> None:
    page = visit(map_file, size=size).page
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator(".lp-note")).to_have_text("界线按公告文字推定，并非测量成果。")
    expect(page.locator(".lp-note")).to_be_in_viewport(ratio=1)
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_have_text(PARCELS.attribution)
    assert page.title() == "驻马店市标定地价图"
    assert serious_violations(page) == []
    click_map(page, lon=114.0127, lat=32.9930)
    expect(page.locator(".leaflet-popup")).to_be_visible()
    assert serious_violations(page) == []


def test_base_maps_are_asked_for_only_when_a_reader_chooses_one(
    visit: Open, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    html = standalone_html(PARCELS, CLASSES, base_maps=list(BaseMap), tianditu_key="0a1b")
    path.write_text(html, encoding="utf-8")
    opened = visit(path.as_uri())
    page = opened.page
    tiles: list[str] = []

    def answer(route: Route) -> None:
        tiles.append(route.request.url)
        route.fulfill(body=TILE, content_type="image/png")

    page.route(re.compile("^https:"), answer)
    expect(page.locator(".lp-bases label")).to_have_text(["无", "OpenStreetMap", "天地图"])
    pane = "getComputedStyle(document.querySelector('.leaflet-overlay-pane'))"
    blend = f"{pane}.mixBlendMode"
    for name, url in (
        ("osm", r"https://tile\.openstreetmap\.org/\d+/\d+/\d+\.png"),
        ("tianditu", r"https://t[0-7]\.tianditu\.gov\.cn/(vec|cva)_w/wmts\?.*&tk=0a1b"),
    ):
        assert page.evaluate(blend) == "normal"
        assert tiles == []
        page.check(f"[name=lp-base][value={name}]")
        expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
        assert page.evaluate(blend) == "multiply"
        expect(page.locator(".lp-told")).to_be_hidden()
        assert all(re.fullmatch(url, tile) for tile in tiles)
        page.check("[name=lp-base][value='']")
        expect(page.locator(".leaflet-tile")).to_have_count(0)
        tiles.clear()


def test_a_base_map_that_cannot_be_loaded_says_so(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    html = standalone_html(PARCELS, CLASSES, base_maps=[BaseMap.OSM])
    path.write_text(html, encoding="utf-8")
    page = visit(path.as_uri()).page
    broken = "https://tile.openstreetmap.org/"
    page.evaluate(
        "(broken) => { const [{ layer }] = landprice.map.bases;"
        " layer.eachLayer((tiles) => tiles.setUrl('data:text/plain,' + broken)); }",
        broken,
    )
    page.check("[name=lp-base][value=osm]")
    expect(page.locator(".lp-told")).to_contain_text("底图打不开")
    page.check("[name=lp-base][value='']")
    expect(page.locator(".lp-told")).to_be_hidden()


def hostile(region: Region) -> Region:
    record = region.record
    bounds = FourBounds(**{side.value: f"{HOSTILE}{name}" for side, name in record.bounds})
    record = dataclasses.replace(
        record,
        bounds=bounds,
        standard_parcel=f"{HOSTILE}{record.standard_parcel}",
        parcel_location=f"{HOSTILE}{record.parcel_location}",
        right_type=f"{HOSTILE}{record.right_type}",
        development=f"{HOSTILE}{record.development}",
    )
    return dataclasses.replace(region, record=record)


def test_names_are_never_read_as_html(visit: Open, tmp_path: Path) -> None:
    edition = dataclasses.replace(
        PARCELS.edition, city=HOSTILE, document=HOSTILE, publisher=HOSTILE
    )
    parcels = dataclasses.replace(
        PARCELS,
        edition=edition,
        regions=tuple(map(hostile, PARCELS.regions)),
        attribution=HOSTILE,
        spellings={},
    )
    page = visit(written(parcels, tmp_path / "map.html")).page
    page.on("dialog", lambda _: pytest.fail("a name has run as a script"))
    title = page.title()
    assert HOSTILE in title
    open_record(page, "411700S50002")
    expect(page.locator(".leaflet-popup")).to_contain_text(HOSTILE)
    expect(page.locator(".leaflet-control-attribution")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    for y in range(750, 150, -20):  # over regions and lines, for their tooltips
        page.mouse.move(640, y)
        expect(page.locator(".lp-tooltip img")).to_have_count(0)
    page.evaluate("void landprice.map.map.setZoom(14, { animate: false })")
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == title
