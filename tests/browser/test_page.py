"""The web page in a real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

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
    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Api, Open

pytestmark = pytest.mark.browser


SURE = {"lon": "114.0127", "lat": "32.9930", "crs": "wgs84"}
UNSURE = {"lon": "114.023", "lat": "32.972", "crs": "wgs84"}
OUTSIDE = {"lon": "113.9", "lat": "33.02", "crs": "wgs84"}
REGIONS = LoadedEdition.read(Settings().parcels).parcels.regions
USES = {"commercial": "商服用地", "residential": "住宅用地", "industrial": "工业用地"}
SIDES = {"east": "东", "west": "西", "south": "南", "north": "北"}
CERTAINTY = {
    "inside": "在该区域内（概率 {}）。",
    "likely": "很可能在该区域内（概率 {}）。",
    "uncertain": "不能确定（在该区域内的概率 {}）。",
    "on_boundary": "不能确定。该点正好落在所绘区域的边界上（概率 {}）。",
}


def at(home: str, place: dict[str, str], lang: str = "") -> str:
    query = "&".join(f"{name}={value}" for name, value in place.items())
    return f"{home}?{query}" + (f"&lang={lang}" if lang else "")


def metres(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.1f} 公里"
    return f"{value:.1f} 米" if value < 10 else f"{int(value + 0.5)} 米"


def percents(probability: float) -> str:
    if probability in {0.0, 1.0}:
        return f"{probability * 100:.0f} %"
    return f"{min(max(int(probability * 100 + 0.5), 1), 99)} %"


def texts(parts: Locator) -> list[str]:
    return [re.sub(r"\s+", " ", text).strip() for text in parts.all_inner_texts()]


def check_card(card: Locator, price: dict[str, Any]) -> None:
    """Compare a card with the API's answer, field by field."""
    field: dict[str, str] = card.evaluate(
        "(card) => Object.fromEntries([...card.querySelectorAll('[data-field]')]"
        ".map((part) => [part.dataset.field, part.textContent]))"
    )
    floor = price["floor_price_cny_m2"]
    parcel = price["standard_parcel"]
    assert card.get_attribute("data-use") == price["use"]
    assert card.locator("h3").inner_text() == USES[price["use"]] == price["use_name"]
    assert card.locator("header .code").inner_text() == price["code"]
    assert field == {
        "ground_price_cny_m2": str(price["ground_price_cny_m2"]),
        "floor_price_cny_m2": "公告未列" if floor is None else f"{floor} 元/平方米（建筑面积）",
        "plot_ratio": f"{price['plot_ratio']:g}",
        "tenure_years": f"{price['tenure_years']} 年",
        "right_type": price["right_type"],
        "development": price["development"],
        "to_boundary": metres(price["distance_to_boundary_m"]),
        "name": parcel["name"],
        "parcel_location": parcel["location"],
        "parcel_area_m2": f"{parcel['area_m2']:.10g} 平方米",
    }
    for side, title in SIDES.items():
        bound = price["bounds"][side]
        assert texts(card.locator(f"[data-side={side}] > *")) == [
            title,
            bound["line"],
            metres(bound["distance_m"]),
            f"±{metres(bound['accuracy_m'])}",
        ]
    certainty = card.locator(".certainty").inner_text()
    words = CERTAINTY[price["certainty"]].format(percents(price["probability"]))
    assert certainty.startswith(words)
    assert ("不含此点，但它最可能" in certainty) is not price["drawn"]
    assert ("另有区域更可能" in certainty) is not price["likeliest"]
    others = texts(card.locator(".certainty li"))
    assert others == [
        f"{other['code']} 概率 {percents(other['probability'])}，"
        f"地面单价 {other['ground_price_cny_m2']}"
        + (f"，楼面单价 {floor}" if (floor := other["floor_price_cny_m2"]) is not None else "")
        + " 元/平方米"
        for other in price["alternatives"]
    ]
    schematic = card.locator(".schematic").all_inner_texts()
    assert bool(schematic) is (price["geometry_source"] == "schematic")
    assert all("并非测量成果" in text for text in schematic)


def check_answer(page: Page, answer: dict[str, Any]) -> None:
    """Compare the page with the API's answer: cards, uses without a region, and the map."""
    wait_for_answer(page)
    cards = page.locator(".card")
    assert cards.count() == len(answer["prices"])
    for card, price in zip(cards.all(), answer["prices"], strict=True):
        check_card(card, price)
    near = texts(page.locator("[data-nearest]"))
    assert near == [
        f"该点没有标定区域。最近的区域 {nearest['code']} 距此 {metres(nearest['distance_m'])}。"
        + ("界线位置不确定，该点也可能属于该区域。" if nearest["within_accuracy"] else "")
        for nearest in answer["nearest"]
    ]
    said = page.locator("#status").inner_text()
    count = len(answer["prices"])
    assert said == (f"该点有 {count} 项标定地价。" if count else "该点不在任何已公布的标定区域内。")
    codes = {price["code"] for price in answer["prices"]}
    corners = [region.polygon.bounds[:2] for region in REGIONS if region.code in codes]
    assert sorted(outlined(page)) == [
        pytest.approx(corner, abs=1e-6) for corner in sorted(map(list, corners))
    ]


def marked(page: Page) -> list[float]:
    place: list[float] = page.evaluate(
        "(({ lat, lng }) => [lng, lat])(landprice.map.point.getLatLng())"
    )
    return place


def place_in_address(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def ask_in_form(page: Page, text: str, crs: str | None = None) -> None:
    if crs:
        page.select_option("#crs", crs)
    page.fill("#coordinate", text)
    page.click("#form button")


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
    assert page.input_value("#coordinate") == f"{place['lon']}, {place['lat']}"
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


def test_a_place_on_the_other_side_of_the_world(visit: Open, home: str, api: Api) -> None:
    place = {"lon": "-66", "lat": "-33", "crs": "wgs84"}
    page = visit(at(home, place)).page
    check_answer(page, api(**place))
    assert page.evaluate("landprice.map.map.getBounds().contains(landprice.map.point.getLatLng())")


def test_a_point_on_a_boundary(visit: Open, home: str, api: Api) -> None:
    [region] = [region for region in REGIONS if region.code == "411700S50002"]
    lon, lat = region.polygon.exterior.coords[region.corners[0]]
    place = {"lon": repr(lon), "lat": repr(lat), "crs": "wgs84"}
    answer = api(**place)
    assert "on_boundary" in {price["certainty"] for price in answer["prices"]}
    check_answer(visit(at(home, place)).page, answer)


def test_typed_coordinates_of_every_system(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    for crs, lon, lat in (
        ("gcj02", "114.0185", "32.9909"),
        ("bd09", "114.0250", "32.9969"),
        ("epsg:4547", "501186.95", "3651971.78"),
        ("epsg:4526", "38501186.95", "3651971.78"),
        ("cgcs2000", "114.0127", "32.9930"),
        ("wgs84", "114.0127", "32.9930"),
    ):
        ask_in_form(page, f" {lon}，{lat} ", crs)
        expect(page.locator(".point")).to_contain_text(lon)
        check_answer(page, api(lon=lon, lat=lat, crs=crs))
        assert place_in_address(page) == {"lon": lon, "lat": lat, "crs": crs}
        expected = to_wgs84(lon=float(lon), lat=float(lat), crs=Crs(crs))
        assert marked(page) == pytest.approx(list(expected), abs=1e-9)
        assert marked(page) == pytest.approx([114.0127, 32.9930], abs=5e-4)


def test_every_system_is_explained_in_both_languages(visit: Open, home: str) -> None:
    page = visit(home).page
    for _ in range(2):
        said = []
        for crs in ("wgs84", "cgcs2000", "gcj02", "bd09", "epsg:4547", "epsg:4526"):
            page.select_option("#crs", crs)
            said.append((page.inner_text("#crs-about"), page.inner_text("#coordinate-hint")))
        assert len({about for about, _ in said}) == 6
        assert [hint == said[0][1] for _, hint in said] == [True] * 4 + [False] * 2
        page.click("#language")


def test_the_question_settles_the_price_and_can_be_taken_back(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    assert page.inner_text(".question h3") == "您在中华大道的哪一侧？"
    north, south = page.locator(".sides button").all()
    assert north.inner_text().split("\n") == [
        "中华大道以北",
        "商服用地 4520 元/平方米",
        "住宅用地 5355 元/平方米",
    ]
    assert "商服用地 3400 元/平方米" in south.inner_text()
    north.click()
    expect(page.locator(".known li")).to_contain_text("中华大道以北")
    assert page.locator(".question").count() == 0
    assert page.inner_text(".card [data-field=ground_price_cny_m2] >> nth=0") == "4520"
    assert page.inner_text(".certainty >> nth=0").startswith("在该区域内")
    assert place_in_address(page) == UNSURE | {"known": "north_of:中华大道"}
    page.reload()
    wait_for_answer(page)
    page.click(".known button")
    expect(page.locator(".question")).to_be_visible()
    assert place_in_address(page) == UNSURE


def test_a_place_in_words(visit: Open, home: str) -> None:
    page = visit(home).page
    page.fill("#coordinate", "文明大道与慎阳路交叉口西南角")
    page.click("#form button")
    wait_for_answer(page)
    assert page.locator(".card").first.get_attribute("data-code") == "411700S50005"
    assert re.search(r"交叉口西南角（约在图上该点 \d+ 米 以内）", page.inner_text(".point"))
    assert place_in_address(page) == {"at": "文明大道与慎阳路交叉口西南角"}
    page.reload()
    wait_for_answer(page)
    assert page.input_value("#coordinate") == "文明大道与慎阳路交叉口西南角"
    assert len(outlined(page)) == page.locator(".card").count()


def test_words_that_cannot_be_read(visit: Open, home: str) -> None:
    page = visit(home, refusals=4).page
    for text, told in (
        ("我家门口", "看不懂这处位置"),
        ("文明大道与未知路交叉口", "公告中没有这条路"),
        ("文明大道北侧", "没有所写的这一侧"),
        ("文明大道、" * 40, "位置太长"),
    ):
        page.fill("#coordinate", text)
        page.click("#form button")
        expect(page.locator("#answer .error")).to_contain_text(told)


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
        ("x, 33", "wgs84", "输入的不是数字"),
        ("114.0127 95", "wgs84", "超出所选坐标系的范围"),
        ("nan, 33", "wgs84", "不是有限的数"),
        ("114.0127, 32.9930", "epsg:4526", "输入的是经纬度（度）"),
    ):
        ask_in_form(page, text, crs)
        expect(page.locator("#answer .error")).to_contain_text(told)
        assert told in page.inner_text("#status")
        assert page.get_attribute("#coordinate", "aria-invalid") == "true"
        assert page.locator(".card").count() == 0
        assert outlined(page) == []
        assert page.evaluate("landprice.map.point") is None
        page.click("#language")
        assert re.search("[a-z]{4}", page.inner_text("#answer .error"))
        assert not re.search("[一-鿿]", page.inner_text("#answer"))
        page.click("#language")


def test_what_is_not_two_numbers_is_not_asked(visit: Open, home: str) -> None:
    opened = visit(home)
    for text in ("", "114.0127", "114.0127, 32.9930, 3"):
        ask_in_form(opened.page, text)
        expect(opened.page.locator("#answer .error")).to_contain_text("请输入两个数")
        opened.page.evaluate("document.querySelector('#answer').replaceChildren()")
    assert opened.questions == []


def test_links_that_are_wrong(visit: Open, home: str) -> None:
    page = visit(f"{home}?lon=114", refusals=1).page
    expect(page.locator("#answer .error")).to_contain_text("缺少一个数")
    page = visit(at(home, SURE | {"crs": "nad83"}), refusals=1).page
    expect(page.locator("#answer .error")).to_contain_text("坐标系无法识别")


def test_swapped_numbers(visit: Open, home: str, api: Api) -> None:
    page = visit(home, refusals=1).page
    ask_in_form(page, "32.9930, 114.0127")
    expect(page.locator("#answer .error")).to_contain_text("颠倒")
    page.click("#swap")
    check_answer(page, api(**SURE))
    assert place_in_address(page) == SURE
    assert page.get_attribute("#coordinate", "aria-invalid") is None


def test_a_service_out_of_reach(visit: Open, home: str, api: Api) -> None:
    opened = visit(home)
    opened.page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('offline')); }")
    ask_in_form(opened.page, "114.0127, 32.9930")
    expect(opened.page.locator("#answer .error")).to_contain_text("连接不上")


def test_the_language_switch(visit: Open, home: str) -> None:
    page = visit(at(home, UNSURE)).page
    wait_for_answer(page)
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.click("#language")
    assert page.get_attribute("html", "lang") == "en"
    assert place_in_address(page) == UNSURE | {"lang": "en"}
    assert page.title() == page.inner_text("h1") == "Standard land prices · 驻马店市"
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
    assert page.title() == "驻马店市标定地价查询"
    assert "不能确定" in page.inner_text("#answer")


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
    expect(page.locator(".outside")).to_be_visible()
    page.go_back()
    expect(page.locator(".card")).to_have_count(2)
    check_answer(page, api(**SURE))
    assert page.input_value("#coordinate") == "114.0127, 32.9930"
    page.go_back()
    expect(page.locator("#answer")).to_be_hidden()
    assert page.input_value("#coordinate") == ""
    assert outlined(page) == []
    page.go_forward()
    expect(page.locator(".card")).to_have_count(2)


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
    small = page.evaluate(
        "[...document.querySelectorAll('a, button, select, summary, label, input:not([type=radio])"
        ":not([type=checkbox])')].filter((part) => part.checkVisibility() && !part.matches('.skip,"
        " form > label, .lp-search > label, .leaflet-control-attribution a'))"
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
    expect(page.locator("#answer-heading")).to_be_in_viewport()
    expect(page.locator(".card .price").first).to_be_in_viewport()


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
    wanted = {"map_1", "lp-use", "lp-search", "lp-lines", "crs", "coordinate", "full-map"}
    assert wanted <= set(reached)
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the skip link
    assert page.evaluate("document.activeElement.id") == "coordinate"
    page.keyboard.type("114.0127, 32.9930")
    page.keyboard.press("Enter")
    check_answer(page, api(**SURE))


def test_enter_on_the_map_asks_at_its_centre(visit: Open, home: str, api: Api) -> None:
    page = visit(home).page
    crosshair = page.locator(".lp-crosshair")
    assert crosshair.is_hidden()
    for _ in range(3):
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
    page.emulate_media(media="print")
    for part in ("h1", "#answer-heading", ".point", ".card", ".nearest"):
        expect(page.locator(part).first).to_be_visible()
    for part in (".map", "#form", ".tools", "#language", "footer nav"):
        expect(page.locator(part)).to_be_hidden()


def test_copies(visit: Open, home: str) -> None:
    page = visit(at(home, SURE)).page
    wait_for_answer(page)
    page.click("#copy-link")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    assert page.evaluate("navigator.clipboard.readText()") == at(home, SURE)
    page.evaluate("document.querySelector('#copy-status').textContent = ''")
    page.click("#copy-text")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in ("411700S50002", "4415", "411700Z70007", "5310", "驻政〔2023〕13号", page.url):
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
    assert page.evaluate("window.kept.readText()") == at(home, SURE)


def test_codes_show_regions_on_the_map(visit: Open, home: str) -> None:
    page = visit(at(home, SURE)).page
    wait_for_answer(page)
    assert use_shown(page) == "commercial"
    page.click(".card[data-use=residential] header .code")
    assert use_shown(page) == "residential"
    [corner] = outlined(page)
    [region] = [region for region in REGIONS if region.code == "411700Z70007"]
    assert corner == pytest.approx(list(region.polygon.bounds[:2]), abs=1e-6)


def test_the_search_asks_nothing(visit: Open, home: str) -> None:
    opened = visit(home)
    opened.page.fill("#lp-search", "Z70022")
    opened.page.keyboard.press("Enter")
    expect(opened.page.locator(".lp-status")).to_have_text("已定位：Z70022 信合壹号院")
    assert use_shown(opened.page) == "residential"
    assert opened.page.locator(".leaflet-popup").count() == 0
    assert opened.questions == []


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
    expect(page.locator(".outside")).to_be_visible()
    page.wait_for_timeout(600)
    assert page.locator(".outside").is_visible()
    assert page.locator(".card").count() == 0


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
    page = visit(at(home, place, lang), size=size).page
    if place:
        wait_for_answer(page)
    assert serious_violations(page) == []


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
