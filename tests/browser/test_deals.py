"""The report and the map of deals, opened from the disk; deals and coefficients are invented."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from app.commands.language import general
from geo.parcels import PARCELS_FILE, read_parcels
from maps.deals.report import report_html
from maps.interactive.deal_map import deal_map_html
from tests.browser.conftest import DESKTOP, PHONE, serious_violations, use_shown
from tests.deals import BIASED, HOSTILE, invented_study
from tests.editions import valued_folder

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from geo.valuation.deals.study import Study
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deals")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return invented_study(valued_folder(folder / "data"), folder)


@pytest.fixture(scope="module")
def report_file(folder: Path, study: Study) -> str:
    path = folder / "report.html"
    html = report_html(study, made=datetime.date(2026, 1, 2), reason_zh=general)
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def map_file(folder: Path, study: Study) -> str:
    path = folder / "map.html"
    parcels = read_parcels(folder / "data" / PARCELS_FILE)
    path.write_text(deal_map_html(study, parcels, parcels.spellings), encoding="utf-8")
    return path.as_uri()


def violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everyone_can_read_the_report(visit: Open, report_file: str, size: tuple[int, int]) -> None:
    page = visit(report_file, size=size).page
    assert page.title() == "成交与标定地价比较 · 成交.csv"
    expect(page.locator("h1")).to_have_text("成交与标定地价比较", use_inner_text=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator(".findings li")).to_have_count(1)
    expect(page.locator(".findings li")).to_contain_text(BIASED[6:])
    loaded = page.evaluate(
        "Promise.all([...document.images].map(async (one) => {"
        " await one.decode(); return [one.currentSrc.length, one.naturalWidth]; }))"
    )
    assert len(loaded) == 3
    assert all(width > 0 for _, width in loaded)
    expect(page.get_by_role("rowheader", name=HOSTILE).first).to_be_attached()
    assert violations(page) == []
    page.click(".language")
    assert page.title() == "Deals and the standard land price · 成交.csv"
    expect(page.locator("h1")).to_have_text(
        "Deals and the standard land price", use_inner_text=True
    )
    assert violations(page) == []
    page.click(".language")
    assert page.title() == "成交与标定地价比较 · 成交.csv"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_the_map(
    visit: Open, map_file: str, size: tuple[int, int], scheme: str
) -> None:
    page = visit(map_file, size=size).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert page.title() == "驻马店市成交与标定地价"
    if size == PHONE:
        page.click(".lp-details summary")
    expect(page.locator(".lp-legend")).to_contain_text("成交价对价值的偏差")
    expect(page.locator(".lp-legend")).to_contain_text("修正系数为虚构")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert serious_violations(page) == []


def test_a_deal_tells_its_price_and_value(visit: Open, map_file: str, study: Study) -> None:
    page = visit(map_file).page
    outlier = study.comparison.outliers[0]
    page.check(f"[name=lp-use][value={outlier.use}]", force=True)
    assert use_shown(page) == outlier.use.code
    assert outlier.lonlat is not None
    lon, lat = outlier.lonlat
    # It deviates most, so that it lies on top of those at the same place.
    at = page.evaluate(
        "([lat, lon]) => { const box = landprice.map.map.getContainer().getBoundingClientRect();"
        " const at = landprice.map.map.latLngToContainerPoint([lat, lon]);"
        " return [box.x + at.x, box.y + at.y]; }",
        [lat, lon],
    )
    page.mouse.click(*at)
    popup = page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(f"第 1 行 {HOSTILE}")
    for amount in (outlier.price_cny_m2, outlier.value_cny_m2, outlier.standard_cny_m2):
        expect(popup).to_contain_text(str(amount))
    expect(popup).to_contain_text("极端")
    page.keyboard.press("Escape")


def test_a_region_tells_of_its_deals_in_both_languages(
    visit: Open, map_file: str, study: Study
) -> None:
    page = visit(map_file).page
    group = next(one for one in study.comparison.regions if one.code == BIASED)
    page.fill("#lp-search", BIASED)
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    expect(popup.locator("h2")).to_have_text(f"{BIASED[6:]} 商服用地")
    expect(popup).to_contain_text(f"成交宗数{group.deals}")
    expect(popup).to_contain_text("成交高于价值")
    page.click(".lp-language")
    assert page.title() == "驻马店市 · Deals and standard land prices"
    page.fill("#lp-search", BIASED)
    page.keyboard.press("Enter")
    expect(popup).to_contain_text("above values")
    assert serious_violations(page) == []
