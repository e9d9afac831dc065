"""The map of what changed, opened from the disk without any network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from geo.symbology import CHANGE_COLOURS
from maps.interactive.change_map import change_map_html
from tests.browser.conftest import DESKTOP, PHONE, click_map, serious_violations, use_shown
from tests.renewed import ADDED, NEW_ROAD, OFFICIAL, REDRAWN, REMOVED, SECOND_PART, renewal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from geo.editions.compare import Difference
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def found(folder: Path) -> Difference:
    return renewal(folder / "2023")


@pytest.fixture(scope="module")
def change_file(folder: Path, found: Difference) -> str:
    path = folder / "changes.html"
    path.write_text(change_map_html(found), encoding="utf-8")
    return path.as_uri()


def cells(page: Page) -> dict[str, list[str]]:
    """Return the rows of the one record that is open, by their titles."""
    rows: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('.lp-terms tr')]"
        ".map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    return {title: values for title, *values in rows}


def open_record(page: Page, code: str) -> None:
    page.fill("#lp-search", code)
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_contain_text(code[6:])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it(
    visit: Open, change_file: str, size: tuple[int, int], scheme: str
) -> None:
    page = visit(change_file, size=size).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert page.title() == "驻马店市标定地价变动 2022 → 2023"
    expect(page.locator(".lp-header p")).to_contain_text("驻政〔2023〕13号 → 虚政〔2023〕1号")
    expect(page.locator(".lp-note")).to_be_in_viewport(ratio=1)
    if size == PHONE:
        page.click(".lp-details summary")
    expect(page.locator(".lp-legend")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert serious_violations(page) == []
    page.click(f".lp-codes button:text-is('{REDRAWN[6:]}')")
    popup = page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(f"{REDRAWN[6:]} 商服用地")
    expect(popup).to_be_in_viewport(ratio=1)
    if size == PHONE:  # nothing lies over a record
        expect(page.locator(".lp-body")).to_be_hidden()
        expect(page.locator(".leaflet-control-zoom")).to_be_hidden()
    assert serious_violations(page) == []


def test_a_use_at_a_time_with_its_legend(visit: Open, change_file: str, found: Difference) -> None:
    page = visit(change_file).page
    for use in found.uses:
        page.locator("[name=lp-use]:checked").focus()
        while use_shown(page) != use.use.code:
            page.keyboard.press("ArrowRight")
        legend = page.locator(".lp-legend")
        expect(legend).to_contain_text(f"{use.use.label} 地面单价变动")
        expect(legend).to_contain_text("估价期日 2022-01-01 → 2023-01-01")
        expect(legend).to_contain_text(f"两版共有 {use.regions} 个区域")
        rows: list[list[str]] = page.evaluate(
            "[...document.querySelectorAll('.lp-classes li')].map((row) =>"
            " [row.children[1].textContent, getComputedStyle(row.children[0]).backgroundColor,"
            " row.children[2].textContent])"
        )
        assert [row[0] for row in rows] == [
            "+10% 及以上",
            "+5% 至 +10%",
            "+1% 至 +5%",
            "±1% 以内",
            "−5% 至 −1%",
            "−10% 至 −5%",
            "−10% 及以下",
        ]
        assert [row[1] for row in rows] == [
            "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))
            for colour in reversed(CHANGE_COLOURS)
        ]
        assert sum(int(row[2].removesuffix(" 个")) for row in rows) == use.regions


def test_regions_of_one_edition_and_old_outlines_are_marked(visit: Open, change_file: str) -> None:
    page = visit(change_file).page
    expect(page.locator(".lp-sign")).to_have_text(
        ["新增1 个", "取消1 个", "旧界线（范围调整）1 个"]
    )
    dashes = {
        sign: page.locator(f"path.lp-{sign}").get_attribute("stroke-dasharray")
        for sign in ("added", "removed", "redrawn")
    }
    assert dashes["added"] is None
    assert dashes["removed"]
    assert dashes["redrawn"]
    assert dashes["removed"] != dashes["redrawn"]
    assert page.locator(".leaflet-hatch-pane path").count() == 1
    expect(page.locator(".lp-price").filter(has_text="新增")).to_have_count(1)
    page.check("[name=lp-use][value=industrial]", force=True)
    assert page.locator(".leaflet-outlines-pane path").count() == 0
    assert page.locator(".lp-sign").count() == 0


def test_a_record_says_what_changed(visit: Open, change_file: str, found: Difference) -> None:
    page = visit(change_file).page
    one = next(one for one in found.common if one.after.code == REDRAWN)
    inside = one.after.polygon.representative_point()
    click_map(page, lon=inside.x, lat=inside.y)
    was, now = (each.record for each in (one.before, one.after))
    told = cells(page)
    assert told == {
        "项目": ["2022", "2023"],
        "地面单价（元/平方米）": [f"{was.ground_price_cny_m2}", f"{now.ground_price_cny_m2}"],
        "楼面单价（元/平方米）": [f"{was.floor_price_cny_m2}"] * 2,
        "东至": ["京广铁路", NEW_ROAD],
        "图上面积（公顷）": told["图上面积（公顷）"],
    }
    old_ha, new_ha = map(float, told["图上面积（公顷）"])
    assert new_ha == pytest.approx(0.9 * old_ha, rel=1e-2)
    popup = page.locator(".leaflet-popup")
    change = f"{100 * one.price_change:+.1f}".replace("-", "−").removesuffix(".0")
    expect(popup.locator(".lp-change")).to_have_text(f"地面单价{change}%")
    expect(popup).to_contain_text("图上虚线为旧界线")
    expect(popup).to_contain_text("图形来源：按公告文字推定，并非测量成果。")
    open_record(page, "411700G60001")
    assert cells(page)["楼面单价（元/平方米）"] == ["未公布", "未公布"]


def test_a_region_of_two_parts_is_found_in_both(visit: Open, change_file: str) -> None:
    page = visit(change_file).page
    page.check("[name=lp-use][value=residential]", force=True)
    lon, lat = SECOND_PART
    click_map(page, lon=lon, lat=lat)
    expect(page.locator(".leaflet-popup h2")).to_have_text(f"{OFFICIAL[6:]} 住宅用地")
    told = cells(page)
    assert told["设定容积率"] == ["3.2", "9.5"]
    assert told["图形来源"] == ["按公告文字推定，并非测量成果", "官方图形"]
    expect(page.locator(".leaflet-popup")).to_contain_text("图形来源：官方图形。")


def test_where_one_region_follows_another_both_are_told(
    visit: Open, change_file: str, found: Difference
) -> None:
    page = visit(change_file).page
    inside = found.added[0].polygon.representative_point()
    click_map(page, lon=inside.x, lat=inside.y)
    titles = page.locator(".leaflet-popup h2")
    expect(titles).to_have_text([f"{ADDED[6:]} 商服用地", f"{REMOVED[6:]} 商服用地"])
    expect(page.locator(".lp-change")).to_have_text(["新增", "取消"])
    expect(page.locator(".lp-terms thead")).to_have_text(["项目2023", "项目2022"])


def test_the_keyboard_opens_a_record(visit: Open, change_file: str) -> None:
    page = visit(change_file).page
    page.locator(f".lp-codes button:text-is('{REMOVED[6:]}')").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h2")).to_have_text(f"{REMOVED[6:]} 商服用地")
    assert page.evaluate("document.activeElement.matches('.leaflet-popup-content')")
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_a_tooltip(visit: Open, change_file: str, found: Difference) -> None:
    page = visit(change_file).page
    one = next(one for one in found.common if one.after.code == REDRAWN)
    inside = one.after.polygon.representative_point()
    box = page.locator(".folium-map").bounding_box()
    at = page.evaluate(f"landprice.map.map.latLngToContainerPoint([{inside.y}, {inside.x}])")
    assert box is not None
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    was, now = (each.record.ground_price_cny_m2 for each in (one.before, one.after))
    expect(page.locator(".lp-tooltip")).to_contain_text(f"{was} → {now} 元/平方米")


def test_english_is_a_click_away(visit: Open, change_file: str) -> None:
    page = visit(change_file).page
    page.click(".lp-language")
    assert page.title() == "驻马店市 · Changes of standard land prices 2022 → 2023"
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator(".lp-legend")).to_contain_text("Commercial land change of the ground price")
    open_record(page, REDRAWN)
    assert cells(page)["East bound"] == ["京广铁路", NEW_ROAD]
    assert serious_violations(page) == []
    page.click(".lp-language")
    assert page.title() == "驻马店市标定地价变动 2022 → 2023"
    expect(page.locator(".lp-legend")).to_contain_text("商服用地 地面单价变动")
