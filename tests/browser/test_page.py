"""The web page in a real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect
from pyproj import Geod

from app.settings import Settings
from app.web.edition import LoadedEdition
from geo.crs import Crs, to_wgs84
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    click_map,
    outlined,
    serious_violations,
    use_shown,
    wait_for_answer,
)

if TYPE_CHECKING:
    from playwright.sync_api import Geolocation, Locator, Page

    from tests.browser.conftest import Api, Open

pytestmark = pytest.mark.browser


SURE = {"lon": "114.0127", "lat": "32.9930", "crs": "wgs84"}
UNSURE = {"lon": "114.023", "lat": "32.972", "crs": "wgs84"}
OUTSIDE = {"lon": "113.9", "lat": "33.02", "crs": "wgs84"}
REGIONS = LoadedEdition.read(Settings().parcels).parcels.regions
USES = {"commercial": "商服用地", "residential": "住宅用地", "industrial": "工业用地"}
SIDES = {"east": "东", "west": "西", "south": "南", "north": "北"}
SHORT = {"commercial": "商服", "residential": "住宅", "industrial": "工业"}
CERTAINTY = {
    "inside": "可以确定（概率 {}）。",
    "likely": "很可能（概率 {}）。",
    "uncertain": "还不能确定（最可能的区域概率 {}）。",
    "on_boundary": "还不能确定：该点正好在所绘界线上（概率 {}）。",
}
CODE_LENGTH = 6


def at(home: str, place: dict[str, str], lang: str = "") -> str:
    query = "&".join(f"{name}={value}" for name, value in place.items())
    return f"{home}?{query}" + (f"&lang={lang}" if lang else "")


def metres(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.1f} 公里"
    return f"{value:.1f} 米" if value < 10 else f"{int(value + 0.5)} 米"


def percents(probability: float) -> str:
    return f"{min(max(int(probability * 100 + 0.5), 1), 99)} %"


def texts(parts: Locator) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in parts.all_inner_texts()]


def check_use(page: Page, answer: dict[str, Any], use: str) -> None:
    """Compare what the page says of one use with the API's answer."""
    panel = page.locator(f"#panel[data-use={use}]")
    prices = [price for price in answer["prices"] if price["use"] == use]
    if not prices:
        [nearest] = [one for one in answer["nearest"] if one["use"] == use]
        told = panel.locator(".nearest").inner_text()
        assert told.startswith(
            f"最近的区域 {nearest['code'][CODE_LENGTH:]} 距此 {metres(nearest['distance_m'])}。"
        )
        assert (percents(nearest["probability"]) in told) is (nearest["probability"] > 0)
        return
    price = prices[0]
    field: dict[str, str] = panel.evaluate(
        "(panel) => Object.fromEntries([...panel.querySelectorAll('[data-field]')]"
        ".map((part) => [part.dataset.field, part.textContent]))"
    )
    floor, parcel = price["floor_price_cny_m2"], price["standard_parcel"]
    heading = field.pop("ground_price_cny_m2").split(" 或 ")
    candidates = [price, *price["alternatives"]]
    together = 0.0
    expected: list[str] = []
    for one in candidates:
        if (text := str(one["ground_price_cny_m2"])) not in expected:
            expected.append(text)
        together += one["probability"]
        if together >= 0.8 or len(expected) == 2:
            break
    assert heading == expected
    assert field == {
        "floor_price_cny_m2": "公告未列" if floor is None else f"{floor} 元/平方米（建筑面积）",
        "plot_ratio": f"{price['plot_ratio']:g}",
        "tenure_years": f"{price['tenure_years']} 年",
        "right_type": price["right_type"],
        "development": price["development"],
        "name": parcel["name"],
        "parcel_location": parcel["location"],
        "parcel_area_m2": f"{parcel['area_m2']:,.10g} 平方米".replace(",", "")
        if parcel["area_m2"] < 10_000
        else f"{parcel['area_m2']:,.2f}".rstrip("0").rstrip(".") + " 平方米",
    }
    for side, title in SIDES.items():
        bound = price["bounds"][side]
        cells: list[str] = panel.locator(f"tr[data-side={side}]").evaluate(
            "(row) => [...row.children].map((cell) => cell.textContent)"
        )
        assert cells == [
            title,
            bound["line"],
            metres(bound["distance_m"]),
            f"±{metres(bound['accuracy_m'])}",
        ]
    certainty = panel.locator(".certainty").inner_text()
    words = CERTAINTY[price["certainty"]].format(percents(price["probability"]))
    assert certainty.startswith(words)
    chance = answer["chances"][use]
    shares = [percents(one["probability"]) for one in candidates]
    if chance["none_probability"]:
        shares.append(percents(chance["none_probability"]))
    if len(shares) > 1:
        assert texts(panel.locator(".candidates .share")) == shares
        codes = [one["code"][CODE_LENGTH:] for one in candidates]
        assert texts(panel.locator(".candidates .code")) == codes
    assert "并非测量成果" in panel.locator("p.muted").last.inner_text()


def check_answer(page: Page, answer: dict[str, Any]) -> None:
    """Compare the page with the API's answer: use by use, what is said, and the map."""
    wait_for_answer(page)
    said = page.locator("#status").inner_text()
    for use, label in USES.items():
        page.click(f"#tab-{use}")
        check_use(page, answer, use)
        prices = [price for price in answer["prices"] if price["use"] == use]
        name = SHORT[use] if prices else f"{SHORT[use]} 无"
        assert page.inner_text(f"#tab-{use}") == name
        if prices:
            probability = percents(prices[0]["probability"])
            assert re.search(rf"{label} [\d 或]+ 元/平方米，概率 {probability}。", said)
        else:
            assert f"{label}无标定地价。" in said
        codes = {price["code"] for price in prices[:1]}
        corners = [region.polygon.bounds[:2] for region in REGIONS if region.code in codes]
        assert outlined(page) == [pytest.approx(corner, abs=1e-6) for corner in corners]
    page.click("#tab-commercial")


def corners_of(code: str) -> list[Any]:
    [region] = [region for region in REGIONS if region.code == code]
    return [pytest.approx(region.polygon.bounds[:2], abs=1e-6)]


def marked(page: Page) -> list[float]:
    place: list[float] = page.evaluate(
        "(({ lat, lng }) => [lng, lat])(landprice.map.point.getLatLng())"
    )
    return place


def place_in_address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def ask_in_form(page: Page, text: str, crs: str | None = None) -> None:
    if crs is not None:
        page.evaluate("document.querySelector('#system').open = true")
        page.select_option("#crs", crs)
    page.fill("#place", text)
    page.click("#form .primary")


@pytest.mark.parametrize(("lon", "lat"), [(114.0207, 32.9921), (114.0538, 33.0304)])
def test_a_click_on_a_region(visit: Open, home: str, api: Api, lon: float, lat: float) -> None:
    page = visit(home).page
    assert page.locator("#answer").is_hidden()
    click_map(page, lon=lon, lat=lat)
    wait_for_answer(page)
    place = place_in_address(page)
    assert place["crs"] == "wgs84"
    assert [float(place["lon"]), float(place["lat"])] == pytest.approx([lon, lat], abs=2e-4)
    assert marked(page) == [float(place["lon"]), float(place["lat"])]
    assert page.input_value("#place") == f"{place['lon']}, {place['lat']}"
    answer = api(**place)
    assert answer["covered"]
    check_answer(page, answer)


@pytest.mark.parametrize(
    ("place", "certainty"),
    [(SURE, {"inside"}), (UNSURE, {"uncertain"}), (OUTSIDE, set())],
    ids=["sure", "unsure", "outside"],
)
def test_a_link_to_a_place_answers(
    visit: Open, home: str, api: Api, place: dict[str, str], certainty: set[str]
) -> None:
    page = visit(at(home, place)).page
    answer = api(**place)
    assert {price["certainty"] for price in answer["prices"]} == certainty
    check_answer(page, answer)
    assert place_in_address(page) == place
    assert page.evaluate("landprice.map.map.getBounds().contains(landprice.map.point.getLatLng())")


def test_a_place_in_another_city(visit: Open, home: str) -> None:
    """It is said so; the map stays where its city is."""
    for lon, lat in (("116.39", "39.9"), ("-66", "-33")):
        page = visit(at(home, {"lon": lon, "lat": lat, "crs": "wgs84"})).page
        wait_for_answer(page)
        assert page.inner_text("#answer .outside").startswith("该处不在驻马店市：距最近的标定区域 ")
        assert page.inner_text("#status") == page.inner_text("#answer .outside")
        assert page.evaluate("landprice.map.point") is None
        assert page.evaluate("landprice.map.map.getBounds().contains(landprice.map.bounds())")


def test_a_point_on_a_boundary(visit: Open, home: str, api: Api) -> None:
    [region] = [region for region in REGIONS if region.code == "411700S50002"]
    lon, lat = region.polygon.exterior.coords[region.corners[0]]
    place = {"lon": repr(lon), "lat": repr(lat), "crs": "wgs84"}
    answer = api(**place)
    assert "on_boundary" in {price["certainty"] for price in answer["prices"]}
    check_answer(visit(at(home, place)).page, answer)


@pytest.mark.parametrize(
    ("crs", "lon", "lat"),
    [
        ("gcj02", "114.0185", "32.9909"),
        ("bd09", "114.025", "32.9969"),
        ("epsg:4547", "501186.95", "3651971.78"),
        ("epsg:4526", "38501186.95", "3651971.78"),
        ("cgcs2000", "114.0127", "32.993"),
        ("wgs84", "114.0127", "32.993"),
    ],
)
def test_typed_coordinates_of_every_system(
    visit: Open, home: str, api: Api, crs: str, lon: str, lat: str
) -> None:
    page = visit(home).page
    ask_in_form(page, f" {lon}，{lat} ", crs)
    expect(page.locator(".point")).to_contain_text(lon)
    check_answer(page, api(lon=lon, lat=lat, crs=crs))
    assert place_in_address(page) == {"lon": lon, "lat": lat, "crs": crs}
    expected = to_wgs84(lon=float(lon), lat=float(lat), crs=Crs(crs))
    assert marked(page) == pytest.approx(list(expected), abs=1e-9)
    assert marked(page) == pytest.approx([114.0127, 32.9930], abs=5e-4)
    page.reload()  # what was chosen is remembered, for words it does no harm
    assert page.input_value("#crs") == crs
    ask_in_form(page, "文明大道与慎阳路交叉口")
    expect(page.locator(".point")).to_contain_text("文明大道与慎阳路交叉口")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            "32°59′34.8″N, 114°0′45.72″E",
            {"lon": "114.0127", "lat": "32.993", "crs": "wgs84"},
            "按 WGS84 读取",
        ),
        (
            "501186.95 3651971.78",
            {"lon": "501186.95", "lat": "3651971.78", "crs": "epsg:4547"},
            "EPSG:4547",
        ),
        (
            "https://uri.amap.com/marker?position=114.0185,32.9909",
            {"lon": "114.0185", "lat": "32.9909", "crs": "gcj02"},
            "（GCJ-02）",
        ),
    ],
)
def test_pasted_coordinates(
    visit: Open, home: str, text: str, place: dict[str, str], said: str
) -> None:
    """All forms are in tests/geo/lookup/test_pasted.py."""
    page = visit(home).page
    ask_in_form(page, text)
    expect(page.locator(".point")).to_contain_text(said)
    assert place_in_address(page) == place
    assert page.input_value("#place") == text
    assert page.inner_text("[data-field=ground_price_cny_m2]") == "4415"


def test_both_systems_where_they_differ(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    ask_in_form(page, "114.0145, 32.9830")
    expect(page.locator(".other")).to_contain_text("GCJ-02")
    there = api(lon="114.0145", lat="32.9830", crs="gcj02")["prices"][0]["ground_price_cny_m2"]
    here = api(lon="114.0145", lat="32.9830")["prices"][0]["ground_price_cny_m2"]
    assert there != here
    assert f"价格为 {there} 元/平方米" in page.inner_text(".other")
    page.click("#other-system-ask")
    expect(page.locator(".other")).to_have_count(0)
    assert place_in_address(page)["crs"] == "gcj02"
    assert page.inner_text("[data-field=ground_price_cny_m2]").startswith(str(there))


def test_every_system_is_explained_in_both_languages(visit: Open, home: str) -> None:
    page = visit(home).page
    page.click("#system summary")
    for _ in range(2):
        said = []
        for crs in ("", "wgs84", "cgcs2000", "gcj02", "bd09", "epsg:4547", "epsg:4526"):
            page.select_option("#crs", crs)
            said.append(page.inner_text("#crs-about"))
        assert len(set(said)) == 7
        page.click("#language")


def test_the_question_settles_the_price_and_can_be_taken_back(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    assert page.inner_text(".question h3") == "您的位置在中华大道的哪一边？"
    assert page.inner_text("[data-field=ground_price_cny_m2]") == "3400 或 4520"
    north, south, unknown = page.locator(".sides button").all()
    assert north.inner_text().split("\n") == [
        "中华大道以北",
        "商服用地 4520 元",
        "住宅用地 5355 元",
    ]
    assert "商服用地 3400 元" in south.inner_text()
    unknown.click()
    assert "可向驻马店市自然资源和规划局核实" in page.inner_text(".question .help")
    north.click()
    expect(page.locator(".known li")).to_contain_text("中华大道以北")
    assert page.locator(".question").count() == 0
    assert page.inner_text("[data-field=ground_price_cny_m2]") == "4520"
    assert page.inner_text(".certainty").startswith("可以确定")
    assert place_in_address(page) == UNSURE | {"known": "north_of:中华大道"}
    page.reload()
    wait_for_answer(page)
    page.click(".known button")
    expect(page.locator(".question")).to_be_visible()
    assert place_in_address(page) == UNSURE


def test_a_place_in_words(visit: Open, home: str) -> None:
    page = visit(home).page
    ask_in_form(page, "文明大道与慎阳路交叉口西南角")
    wait_for_answer(page)
    assert outlined(page) == corners_of("411700S50005")
    assert re.search(r"交叉口西南角（约在图上该点 \d+ 米 以内）", page.inner_text(".point"))
    assert place_in_address(page) == {"at": "文明大道与慎阳路交叉口西南角"}
    page.reload()
    wait_for_answer(page)
    assert page.input_value("#place") == "文明大道与慎阳路交叉口西南角"


def test_words_that_cannot_be_read(visit: Open, home: str) -> None:
    page = visit(home, refusals=5).page
    for text, told in (
        ("我家门口", "看不懂这处位置"),
        ("文明大道与未知路交叉口", "公告中没有这条路"),
        ("文明大道北侧", "没有所写的这一侧"),
        ("文明大道、" * 40, "位置太长"),
        ("https://surl.amap.com/1aB", "这个链接里没有坐标"),
    ):
        ask_in_form(page, text)
        expect(page.locator("#answer .error")).to_contain_text(told)


def hits(page: Page) -> list[str]:
    return texts(page.locator("#place-hits li"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("文明", ["文明大道"]),
        ("wenming", ["文明大道"]),
        ("wmdd", ["文明大道"]),
        ("京广线", ["京广铁路 又名 京广线"]),
        ("朗陵路", ["郎陵路 又名 朗陵路"]),
        ("天中山路", ["天中山大道 又名 天中山路"]),
        ("S50005", ["S50005 锦桂苑沿街商铺 商服 3785"]),
        ("411700s50005", ["S50005 锦桂苑沿街商铺 商服 3785"]),
        ("锦桂苑", ["S50005 锦桂苑沿街商铺 商服 3785"]),
        ("文明大道与雪松大道", ["文明大道与雪松大道交叉口"]),
        ("wenming xuesong", ["文明大道与雪松大道交叉口"]),
        ("文明路/慎阳", ["文明大道与慎阳路交叉口"]),
    ],
)
def test_what_the_box_offers(visit: Open, home: str, text: str, expected: list[str]) -> None:
    page = visit(home).page
    page.fill("#place", text)
    assert hits(page)[: len(expected)] == expected


def test_every_line_and_every_street_of_a_location_is_found(visit: Open, home: str) -> None:
    page = visit(home).page
    find = "(texts) => texts.filter((text) => !landprice.map.find(text).length)"
    lines = {name for region in REGIONS for _, name in region.record.bounds}
    streets = {
        street
        for region in REGIONS
        for street in re.findall(
            r"[^与和、，\s邻侧]+?[路道街]", region.record.parcel_location or ""
        )
    }
    assert len(lines) > 50
    assert len(streets) > 50
    assert page.evaluate(find, sorted(lines | streets)) == []


def test_choosing_with_the_keys(visit: Open, home: str) -> None:
    opened = visit(home)
    page = opened.page
    page.focus("#place")
    page.keyboard.type("路")
    assert len(hits(page)) == 8
    assert page.get_attribute("#place", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#place", "aria-activedescendant")
    assert active == "place-hits-1"
    assert page.get_attribute(f"#{active}", "aria-selected") == "true"
    page.keyboard.press("Escape")
    assert hits(page) == []
    assert page.get_attribute("#place", "aria-expanded") == "false"
    page.fill("#place", "Z70022")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#answer h2")).to_have_text("区域 Z70022 · 住宅用地")
    assert use_shown(page) == "residential"
    assert [one for one in opened.questions if "price" in one] == []


def test_a_line_alone_is_shown_and_what_crosses_it_asked_for(visit: Open, home: str) -> None:
    opened = visit(home)
    ask_in_form(opened.page, "文明路")
    expect(opened.page.locator("#answer")).to_contain_text("输入与它相交的另一条路")
    assert len(outlined(opened.page)) == 1
    assert opened.questions == []


def test_a_region_by_its_link(visit: Open, home: str) -> None:
    page = visit(f"{home}?region=411700S50005").page
    expect(page.locator("#answer h2")).to_have_text("区域 S50005 · 商服用地")
    assert outlined(page) == corners_of("411700S50005")
    assert page.inner_text("[data-field=ground_price_cny_m2]") == "3785"
    expect(page.locator("#areas-note")).to_be_visible()
    dashed = "landprice.map.areas.getLayers().length"
    assert page.evaluate(dashed) == 4
    page.click("#ask-parcel")
    expect(page.locator("#tab-commercial")).to_be_visible()
    assert page.inner_text(".certainty").startswith("可以确定")
    page.go_back()
    expect(page.locator("#answer h2")).to_have_text("区域 S50005 · 商服用地")
    page = visit(f"{home}?region=411700S59999").page
    expect(page.locator("#answer .error")).to_contain_text("没有这个区域编号")


def test_a_link_keeps_the_use_and_the_view(visit: Open, home: str) -> None:
    page = visit(at(home, SURE | {"use": "residential", "view": "33.01,114.02,14"})).page
    wait_for_answer(page)
    assert use_shown(page) == "residential"
    assert page.get_attribute("#tab-residential", "aria-selected") == "true"
    centre = page.evaluate("(({ lat, lng }) => [lat, lng])(landprice.map.map.getCenter())")
    assert centre == pytest.approx([33.01, 114.02], abs=1e-3)
    assert page.evaluate("landprice.map.map.getZoom()") == 14
    page.click("#copy-link")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(copied).query)["use"] == ["residential"]
    lat, lon, zoom = map(float, parse_qs(urlsplit(copied).query)["view"][0].split(","))
    assert [lat, lon, zoom] == pytest.approx([33.01, 114.02, 14], abs=1e-3)


def test_land_is_reckoned_up(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    page.fill("#area", "1000")
    assert page.inner_text(".calculator output").startswith("约 340 或 452 万元")
    assert "约 227 或 301 万元/亩" in page.inner_text(".headline")


def test_the_citys_own_base_map(visit: Open, home: str) -> None:
    """Drawn under the prices, named where there is room; without it the map goes on."""
    page = visit(home).page
    road = [[114.0, 33.0], [114.03, 33.001]]
    feature = {
        "type": "Feature",
        "properties": {"kind": "major", "name": "无名大街"},
        "geometry": {"type": "LineString", "coordinates": road},
    }
    page.evaluate(
        "(data) => { const told = { loaded() { landprice.map.placeLabels(); }, failed() {} };"
        " window.fetch = async () => new Response(JSON.stringify(data));"
        " const { map } = landprice.map;"
        " const layer = landprice.vectorBase(map, { url: 'x', attribution: 'y' }, told);"
        " landprice.map.bases = [{ name: 'own', layer }]; landprice.map.showBase('own');"
        " map.setView([33.0, 114.015], 15, { animate: false }); }",
        {"type": "FeatureCollection", "features": [feature]},
    )
    expect(page.locator(".lp-name.lp-base")).to_have_text("无名大街")
    assert page.locator(".leaflet-base-pane canvas").count() == 1
    assert "与推定的界线不合属正常" in page.inner_text(".lp-note")
    assert "y" in page.inner_text(".leaflet-control-attribution")


@pytest.mark.parametrize("width", [320, 639, 660, 700, 719, 721, 900])
def test_the_whole_city_is_in_view_at_every_width(visit: Open, home: str, width: int) -> None:
    page = visit(home, size=(width, 800)).page
    assert page.evaluate("landprice.map.map.getBounds().contains(landprice.map.bounds())")
    assert page.evaluate("landprice.map.map.getZoom()") >= 10


def test_the_legend_has_the_colours_of_the_map(visit: Open, home: str) -> None:
    page = visit(home).page
    drawn = page.evaluate(
        "[...document.querySelectorAll('.leaflet-overlay-pane path')].map(path =>"
        " getComputedStyle(path)).filter(style => style.fill.startsWith('rgb')"
        " && style.fillOpacity === '1').map(style => style.fill)"
    )
    explained = page.evaluate(
        "[...document.querySelectorAll('.lp-classes .lp-swatch')].map(swatch =>"
        " getComputedStyle(swatch).backgroundColor)"
    )
    assert set(drawn) <= set(explained)
    assert len(set(drawn)) >= 5


def test_bad_input(visit: Open, home: str) -> None:
    page = visit(at(home, SURE), refusals=4).page
    wait_for_answer(page)
    for text, crs, told in (
        ("x, 33", "", "看不懂这个坐标"),
        ("114.0127 95", "wgs84", "超出所选坐标系的范围"),
        ("114.0127", "", "看不懂这个坐标"),
        ("114.0127, 32.9930", "epsg:4526", "输入的是经纬度（度）"),
    ):
        ask_in_form(page, text, crs)
        expect(page.locator("#answer .error")).to_contain_text(told)
        assert told in page.inner_text("#status")
        assert page.get_attribute("#place", "aria-invalid") == "true"
        assert page.locator("#panel").count() == 0
        assert outlined(page) == []
        assert page.evaluate("landprice.map.point") is None
        page.click("#language")
        assert re.search("[a-z]{4}", page.inner_text("#answer .error"))
        assert not re.search("[一-鿿]", page.inner_text("#answer"))
        page.click("#language")
    page.select_option("#crs", "")


def test_nothing_is_asked_of_an_empty_box(visit: Open, home: str) -> None:
    opened = visit(home)
    ask_in_form(opened.page, "  ")
    assert opened.page.evaluate("document.activeElement.id") == "place"
    assert opened.questions == []


def test_links_that_are_wrong(visit: Open, home: str) -> None:
    page = visit(f"{home}?lon=114", refusals=1).page
    expect(page.locator("#answer .error")).to_contain_text("缺少一个数")
    page = visit(at(home, SURE | {"crs": "nad83"}), refusals=1).page
    expect(page.locator("#answer .error")).to_contain_text("坐标系无法识别")


def test_swapped_numbers(visit: Open, home: str, api: Api) -> None:
    """In a link; in the box longitude and latitude are told apart."""
    page = visit(at(home, {"lon": "32.9930", "lat": "114.0127", "crs": "wgs84"}), refusals=1).page
    expect(page.locator("#answer .error")).to_contain_text("颠倒")
    page.click("#swap")
    check_answer(page, api(**SURE))
    assert place_in_address(page) == SURE
    assert page.get_attribute("#place", "aria-invalid") is None


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Promise.reject(new TypeError('offline'))", "连接不上"),
        ("Promise.resolve(new Response('<h1>502</h1>', { status: 502 }))", "与您的网络无关"),
    ],
)
def test_a_service_that_fails(visit: Open, home: str, reply: str, told: str) -> None:
    opened = visit(home)
    opened.page.evaluate(f"() => {{ window.fetch = () => {reply}; }}")
    ask_in_form(opened.page, "114.0127, 32.9930")
    expect(opened.page.locator("#answer .error")).to_contain_text(told)


def test_the_language_switch(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.click("#language")
    assert page.get_attribute("html", "lang") == "en"
    assert place_in_address(page) == UNSURE | {"lang": "en"}
    assert page.inner_text("h1") == "Standard land prices · 驻马店市"
    assert page.title().startswith("Commercial land 3400 or 4520 yuan/m² · Standard land")
    words = page.evaluate(
        "[...document.querySelectorAll('body *')].filter((part) => !part.closest('[lang|=zh],"
        " script, noscript, .lp-label') && /[\\u4e00-\\u9fff]/.test([...part.childNodes]"
        ".filter((node) => node.nodeType === 3).map((node) => node.data).join('')))"
        ".map((part) => part.textContent.trim())"
    )
    names = ("驻马店市自然资源和规划局", "驻政〔2023〕13号", "驻马店市", "(出让)", "(七通一平)")
    assert not [
        word
        for word in words
        if re.search("[一-鿿]", re.sub("|".join(map(re.escape, names)), "", word))
    ]
    page.reload()
    wait_for_answer(page)
    assert page.get_attribute("html", "lang") == "en"
    assert "Not certain" in page.inner_text("#answer")
    page.click("#language")
    assert place_in_address(page) == UNSURE
    assert page.title() == "商服用地 3400 或 4520 元/平方米 · 驻马店市标定地价查询"
    assert "还不能确定" in page.inner_text("#answer")


def test_both_ways_to_a_language_are_the_same(visit: Open, home: str) -> None:
    """What the service writes into the page and what the page's script writes."""
    switched = visit(home).page
    switched.click("#language")
    opened = visit(f"{home}?lang=en").page
    assert switched.inner_text("body") == opened.inner_text("body")


def test_back_and_forward(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    ask_in_form(page, "114.0127, 32.9930")
    check_answer(page, api(**SURE))
    ask_in_form(page, "113.9, 33.02")
    expect(page.locator(".price.none")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-field=ground_price_cny_m2]")).to_have_text("4415")
    check_answer(page, api(**SURE))
    assert page.input_value("#place") == "114.0127, 32.993"
    page.go_back()
    expect(page.locator("#answer")).to_be_hidden()
    assert page.input_value("#place") == ""
    assert outlined(page) == []
    page.go_forward()
    expect(page.locator("#panel")).to_be_visible()


@pytest.mark.parametrize(
    ("place", "lang"),
    [(SURE, "zh"), (UNSURE, "en"), (OUTSIDE, "zh")],
    ids=["sure", "en", "outside"],
)
def test_a_phone(visit: Open, home: str, place: dict[str, str], lang: str) -> None:
    page = visit(at(home, place, lang), size=PHONE).page
    wait_for_answer(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.click(".lp-details summary")
    page.click("#system summary")
    small = page.evaluate(
        "[...document.querySelectorAll('a, button, select, summary, label, input:not([type=radio])"
        ":not([type=checkbox])')].filter((part) => part.checkVisibility() && !part.matches('.skip,"
        " label[for], .leaflet-control-attribution a'))"
        ".map((part) => [part.outerHTML.slice(0, 80), part.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 43.5).map(([html, box]) => `${box.height} ${html}`)"
    )
    assert small == []
    height = page.evaluate("landprice.map.map.getContainer().getBoundingClientRect().height")
    assert 0.4 * PHONE[1] < height < 0.5 * PHONE[1]


def test_on_a_phone_the_answer_comes_into_sight(visit: Open, home: str) -> None:
    page = visit(home, size=PHONE).page
    click_map(page, lon=114.0127, lat=32.9930)
    wait_for_answer(page)
    expect(page.locator("#place")).to_be_in_viewport()
    expect(page.locator(".price strong")).to_be_in_viewport()


def test_keyboard_alone(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    focused = "document.activeElement"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(f"{focused}.id || {focused}.name || {focused}.className"))
        style = page.evaluate(
            f"(({{ outlineStyle, outlineWidth }}) => [outlineStyle, outlineWidth])"
            f"(getComputedStyle({focused}.matches('[name=lp-use]')"
            f" ? {focused}.nextElementSibling : {focused}))"
        )
        assert style[0] != "none", reached
        assert style[1] != "0px", reached
        if page.evaluate(f"{focused}.matches('footer li:last-child a')"):
            break
    assert reached[:2] == ["skip", "language"]
    wanted = {"place", "locate", "map_1", "lp-use", "lp-lines", "full-map"}
    assert wanted <= set(reached)
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the skip link
    assert page.evaluate("document.activeElement.id") == "place"
    page.keyboard.type("114.0127, 32.9930")
    page.keyboard.press("Enter")
    check_answer(page, api(**SURE))


def test_enter_on_the_map_asks_at_its_centre(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    crosshair = page.locator(".lp-crosshair")
    assert crosshair.is_hidden()
    page.focus("#system summary")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "map_1"
    assert crosshair.is_visible()
    centre = "(({ lat, lng }) => [lng, lat])(landprice.map.map.getCenter())"
    before = page.evaluate(centre)
    page.keyboard.press("ArrowLeft")
    lon, lat = page.evaluate(centre)
    assert lon < before[0]
    page.keyboard.press("Enter")
    wait_for_answer(page)
    place = place_in_address(page)
    assert [float(place["lon"]), float(place["lat"])] == pytest.approx([lon, lat], abs=1e-6)
    check_answer(page, api(**place))


def test_print(visit: Open, home: str) -> None:
    page = visit(at(home, SURE)).page
    wait_for_answer(page)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    page.wait_for_function("window.printed")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for part in ("h1", ".map", ".point", ".price", "details.bounds table", ".qr", ".address"):
        expect(page.locator(part).first).to_be_visible()
    for part in ("#form", ".tools", "#language", "footer nav", ".lp-panel"):
        expect(page.locator(part)).to_be_hidden()
    assert page.evaluate("document.querySelector('.qr').naturalWidth") > 0
    assert page.inner_text(".address") == page.url
    content = page.pdf(format="A4")
    assert content.count(b"/Type /Page\n") == 1
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#answer details[open]").count() == 0


def test_copies(visit: Open, home: str) -> None:
    page = visit(at(home, SURE)).page
    wait_for_answer(page)
    page.click("#copy-link")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    assert page.evaluate("navigator.clipboard.readText()").startswith(at(home, SURE) + "&view=")
    page.evaluate("document.querySelector('#copy-status').textContent = ''")
    page.click("#copy-text")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in ("4415", "可以确定", "114.0127", "驻政〔2023〕13号", page.url, "按公告文字推绘"):
        assert part in copied
    assert "复制" not in copied


def test_copies_without_a_clipboard(visit: Open, home: str) -> None:
    """As over plain HTTP from another machine, where browsers have none."""
    page = visit(at(home, SURE)).page
    wait_for_answer(page)
    page.evaluate("void (window.kept = navigator.clipboard)")
    page.evaluate("void Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.click("#copy-link")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    assert page.evaluate("window.kept.readText()").startswith(at(home, SURE))


def test_codes_show_regions(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    page.click(".candidates li:nth-child(2) .code")
    expect(page.locator("#answer h2")).to_contain_text("区域 S50001")
    assert outlined(page) == corners_of("411700S50001")
    assert place_in_address(page) == {"region": "411700S50001"}


POSITION: Geolocation = {"latitude": 32.972, "longitude": 114.023, "accuracy": 35}


def settled(page: Page) -> None:
    """Check that the page is sure of a commercial price."""
    expect(page.locator(".certainty")).to_contain_text("可以确定")
    assert re.fullmatch(r"\d{4}", page.inner_text("[data-field=ground_price_cny_m2]"))


def test_a_settled_price_by_keyboard_alone(visit: Open, home: str) -> None:
    """An action is a word typed with Enter behind it, or a button reached with Tab."""
    page = visit(home).page
    for text in ("114.023, 32.972", "中华大道与骏马路交叉口"):
        page.goto(home)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # 1: to the box
        page.keyboard.type(text)
        page.keyboard.press("Enter")  # 2: ask
        wait_for_answer(page)
        for _ in range(2):  # 3 and 4: at most two questions
            if "可以确定" in page.inner_text(".certainty"):
                break
            before = page.url
            while not page.evaluate("document.activeElement.matches('.sides button')"):
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_function("(before) => location.href !== before", arg=before)
            wait_for_answer(page)
        settled(page)


def test_a_settled_price_by_touch(visit: Open, home: str) -> None:
    page = visit(home, size=PHONE).page
    page.context.grant_permissions(["geolocation", "clipboard-read", "clipboard-write"])
    page.context.set_geolocation(POSITION)
    page.tap("#locate")  # 1
    expect(page.locator("#tab-commercial")).to_be_visible()
    assert page.evaluate("landprice.map.circle.getRadius()") == POSITION["accuracy"]
    page.tap(".sides button >> nth=0")  # 2
    settled(page)
    page.goto(home)
    page.fill("#place", "中华大道与骏马")
    page.tap("#place-hits li >> nth=0")  # 1
    wait_for_answer(page)
    page.tap(".sides button >> nth=0")  # 2
    expect(page.locator(".known li")).to_have_count(1)
    if page.locator(".sides").count():
        page.tap(".sides button >> nth=0")  # 3
    settled(page)


def test_a_position_that_the_browser_does_not_tell(visit: Open, home: str) -> None:
    page = visit(home).page
    page.context.clear_permissions()
    page.click("#locate")
    expect(page.locator("#answer .error")).to_contain_text("没有获得定位权限")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def test_later_answers_are_not_overtaken(visit: Open, home: str) -> None:
    page = visit(home).page
    page.evaluate(
        "() => { const real = window.fetch; let first = true;"
        " window.fetch = async (...all) => { const slow = first; first = false;"
        " const answer = await real(...all);"
        " if (slow) await new Promise((done) => setTimeout(done, 400)); return answer; }; }"
    )
    ask_in_form(page, "114.0127, 32.9930")
    ask_in_form(page, "113.9, 33.02")
    expect(page.locator(".price.none")).to_be_visible()
    page.wait_for_timeout(600)
    assert page.locator(".price.none").is_visible()


@pytest.mark.parametrize(
    ("size", "place", "lang"),
    [
        (DESKTOP, {}, "zh"),
        (DESKTOP, UNSURE, "en"),
        (PHONE, SURE, "zh"),
        (PHONE, OUTSIDE, "en"),
    ],
    ids=["empty", "english", "phone", "outside"],
)
def test_axe_finds_no_barrier(
    visit: Open, home: str, size: tuple[int, int], place: dict[str, str], lang: str
) -> None:
    for scheme in ("light", "dark"):
        page = visit(at(home, place, lang), size=size).page
        page.emulate_media(color_scheme=scheme)
        if place:
            wait_for_answer(page)
        assert serious_violations(page) == [], scheme


@pytest.mark.parametrize(
    "path", ["ogc", "ogc/collections", "ogc/collections/commercial/items?limit=3", "docs"]
)
def test_axe_finds_no_barrier_elsewhere(visit: Open, home: str, path: str) -> None:
    page = visit(home).page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{home}{path}")
        page.wait_for_load_state("networkidle")
        assert serious_violations(page) == [], scheme


def test_the_map_alone_knows_where_one_is(visit: Open, home: str) -> None:
    page = visit(f"{home}map", home=home).page
    page.context.grant_permissions(["geolocation", "clipboard-read", "clipboard-write"])
    page.context.set_geolocation(POSITION)
    page.click(".lp-buttons [data-name=locate]")
    expect(page.locator(".leaflet-popup h2")).to_contain_text("S5000")
    assert page.evaluate("landprice.map.circle.getRadius()") == POSITION["accuracy"]
    assert page.get_attribute(".lp-buttons [data-name=fullScreen]", "aria-label") == "全屏"
    page.emulate_media(color_scheme="dark")
    assert serious_violations(page) == []


def test_the_map_alone_measures(visit: Open, home: str) -> None:
    page = visit(f"{home}map", home=home).page
    page.click(".lp-buttons [data-name=measure]")
    expect(page.locator(".lp-told")).to_contain_text("逐点量距离")
    corners = [(114.00, 32.98), (114.02, 32.98), (114.02, 33.0)]
    for lon, lat in corners:
        click_map(page, lon=lon, lat=lat)
    geodesic = Geod(ellps="WGS84")
    # Where the pixels are that were clicked.
    places = page.evaluate("landprice.map.measure.places.map(({ lng, lat }) => [lng, lat])")
    assert np.abs(np.array(places) - corners).max() < 2e-4
    lons, lats = zip(*places, strict=True)
    area_m2, _ = geodesic.polygon_area_perimeter(lons, lats)
    told = page.inner_text(".lp-told")
    [length, hectares, mu] = (float(number) for number in re.findall(r"[\d.]+", told))
    assert length * 1000 == pytest.approx(geodesic.line_length(lons, lats), rel=0.01)
    assert hectares * 10_000 == pytest.approx(abs(area_m2), rel=0.01)
    assert mu == pytest.approx(15 * hectares, rel=0.01)
    assert not page.locator(".leaflet-popup").count()
    assert serious_violations(page) == []
    page.locator(".folium-map").focus()
    page.keyboard.press("Backspace")
    expect(page.locator(".lp-told")).not_to_contain_text("公顷")
    page.click(".lp-buttons [data-name=measure]")
    expect(page.locator(".lp-told")).to_be_hidden()
    click_map(page, lon=114.0207, lat=32.9921)
    expect(page.locator(".leaflet-popup h2")).to_have_text("S50002 商服用地")


def test_the_map_alone(visit: Open, home: str) -> None:
    opened = visit(f"{home}map?lang=en", home=home)
    page = opened.page
    assert page.get_attribute("html", "lang") == "en"
    click_map(page, lon=114.0207, lat=32.9921)
    expect(page.locator(".leaflet-popup h2")).to_have_text("S50002 Commercial land")
    assert serious_violations(page) == []


def test_the_api_page_under_its_policy(visit: Open, home: str, api: Api) -> None:
    opened = visit(home)
    page = opened.page
    page.goto(f"{home}docs")
    page.click(".opblock-summary-path[data-path*=price]")
    page.click("button.try-out__btn")
    page.fill("[data-param-name=lon] input", "114.0127")
    page.fill("[data-param-name=lat] input", "32.993")
    page.click("button.execute")
    shown = page.locator(".live-responses-table .highlight-code code").first
    expect(shown).to_contain_text("411700S50002")
    assert json.loads(shown.inner_text())["prices"] == api(lon="114.0127", lat="32.993")["prices"]
