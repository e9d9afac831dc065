"""The form on the page that values a parcel; the coefficients are the example's, invented ones."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from geo.editions.publish import publish
from tests.browser.conftest import PHONE, serious_violations, wait_for_answer
from tests.editions import another_city
from tests.factories import LAT, LON
from tests.processes import WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

EAST_DEG = 2.0
UNSURE = "lon=114.05&lat=32.993"
SURE = f"lon={LON}&lat={LAT}"
COMMON_PHONE = (390, 844)
SMALLEST_TOUCH = 44  # CSS pixels, as WCAG 2.5.5 has it
FACTOR = "街角地 corner"


@pytest.fixture(scope="module")
def valuing(
    command: str, valued_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a service of two cities, of which only the first has coefficients."""
    root = tmp_path_factory.mktemp("valuing")
    facts = {"admin_code": "999900", "city": "虚构市"}
    other = another_city(root / "other", 2024, **facts, east_deg=EAST_DEG)
    publish([valued_data, other], root / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDPRICE_DATA", str(root / "data"))
        with serving(root / "log", command, "serve") as service:
            yield f"{service.url}/"
            assert "Traceback" not in service.said()


def valued(home: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the service's own answer."""
    response = httpx2.post(f"{home}v1/appraise", json=asked, timeout=WAIT_S)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def money(amount: Decimal | str) -> str:
    value = Decimal(amount)
    return f"{value:,}" if value >= 10_000 else f"{value}"


def wan(total: str) -> str:
    return money((Decimal(total) / 10_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def fill_in(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.fill(f"#parcel [name={name}]", text)


def submit(page: Page) -> None:
    page.click("#parcel button[type=submit]")


def check_worth(page: Page, answer: dict[str, Any]) -> None:
    """Compare what the page says with the service's answer."""
    worth = page.locator(".worth")
    expected, low, high = (answer[name] for name in ("expected", "low", "high"))
    expect(worth.locator('[data-worth="headline"]')).to_have_text(wan(expected["total_cny"]))
    expect(worth.locator('[data-worth="total_cny"]')).to_contain_text(money(expected["total_cny"]))
    ground, floor = expected["ground_price_cny_m2"], expected["floor_price_cny_m2"]
    expect(worth.locator('[data-worth="ground"]')).to_contain_text(money(ground))
    expect(worth.locator('[data-worth="floor"]')).to_contain_text(money(floor))
    candidates = answer["candidates"]
    if len(candidates) > 1:
        told = worth.locator(".certainty.unsure").inner_text()
        assert wan(low["total_cny"]) in told
        assert wan(high["total_cny"]) in told
        values = [f"{wan(one['amounts']['total_cny'])} 万元" for one in candidates]
        assert worth.locator(".candidates strong").all_inner_texts()[: len(values)] == values
    for one in candidates:
        derived = worth.locator(f".derivation[data-code='{one['code']}']")
        rows = derived.locator("tbody tr")
        assert rows.count() == len(one["steps"]) + 2  # the standard price, and what comes of it
        for place, step in enumerate(one["steps"], start=1):
            told = rows.nth(place).evaluate("(row) => row.textContent")
            assert step["value"].removeprefix("-") in told
            assert step["formula"] in told
            assert step["source"] in told
        last = rows.last.evaluate("(row) => row.textContent")
        assert money(one["amounts"]["ground_price_cny_m2"]) in last


def test_without_coefficients_there_is_no_form(visit: Open, home: str, valuing: str) -> None:
    opened = visit(f"{home}?{SURE}")
    wait_for_answer(opened.page)
    expect(opened.page.locator("#valuation")).to_have_count(0)
    expect(opened.page.locator(".calculator")).to_have_count(1)
    # The form follows the edition that answers: the other city's has no coefficients.
    page = visit(f"{valuing}?lon={LON + EAST_DEG}&lat={LAT}").page
    wait_for_answer(page)
    expect(page.locator(".headline")).to_contain_text("2024-01-01 估价")
    expect(page.locator("#valuation")).to_have_count(0)


def test_a_parcel_is_valued_on_a_phone(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{UNSURE}", size=COMMON_PHONE).page
    expect(page.locator("#valuation > .invented")).to_be_visible()
    expect(page.locator(".calculator")).to_have_count(0)
    fill_in(page, plot_ratio="2.5", remaining_years="30", date="2024-05-01", area_m2="5000.5")
    page.select_option("[name=development]", "五通一平")
    page.check("[name=factor]")
    submit(page)
    answer = valued(
        valuing,
        lon=114.05,
        lat=32.993,
        use="commercial",
        plot_ratio="2.5",
        remaining_years="30",
        date="2024-05-01",
        area_m2="5000.5",
        development="五通一平",
        factor=[FACTOR],
    )
    check_worth(page, answer)
    total = wan(answer["expected"]["total_cny"])
    expect(page.locator("#status")).to_contain_text(f"估价结果：{total} 万元。")
    expect(page.locator(".worth .invented")).to_be_visible()
    expect(page.locator(".worth h4")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= COMMON_PHONE[0]
    for part in page.locator("#parcel :is(input:not([type=checkbox]), select, button)").all():
        box = part.bounding_box()
        assert box is not None
        assert box["height"] >= SMALLEST_TOUCH
    box = page.locator("#parcel label.factor").bounding_box()
    assert box is not None
    assert box["height"] >= SMALLEST_TOUCH


def test_the_certificate_is_asked_for_by_the_same_names(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{UNSURE}&known=north_of:东祥路").page
    fill_in(page, area_m2="5000", remaining_years="30")
    page.check("[name=factor]")
    submit(page)
    link = page.locator(".worth .certificate").get_attribute("href")
    assert link is not None
    path, _, query = link.partition("?")
    assert path == "v1/appraise.pdf"
    made = page.request.get(f"{valuing}{link}")
    assert (made.status, made.headers["content-type"]) == (200, "application/pdf")
    assert parse_qs(query, strict_parsing=True) == {
        "lon": ["114.05"],
        "lat": ["32.993"],
        "known": ["north_of:东祥路"],
        "use": ["commercial"],
        "area_m2": ["5000"],
        "remaining_years": ["30"],
        "factor": [FACTOR],
    }


def test_an_answer_has_a_certificate_in_its_language(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{UNSURE}&known=north_of:东祥路&lang=en").page
    link = page.locator(".tools .certificate")
    expect(link).to_have_text("Certificate (PDF)")
    href = link.get_attribute("href")
    assert href is not None
    path, _, query = href.partition("?")
    assert path == "v1/price.pdf"
    assert parse_qs(query, strict_parsing=True) == {
        "lon": ["114.05"],
        "lat": ["32.993"],
        "known": ["north_of:东祥路"],
        "lang": ["en"],
    }
    made = page.request.get(f"{valuing}{href}")
    assert (made.status, made.headers["content-type"]) == (200, "application/pdf")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("plot_ratio", "2,5", "请填一个数，例如 2.5。"),
        ("area_m2", "0", "这个数须大于 0，也不能过大，请检查。"),
        ("area_m2", "1.23456", "小数至多 4 位。"),
        ("remaining_years", "41", "不能超过该地价所设定的年期（40 年）。"),
        ("date", "1999-01-01", "这样填没有可用的修正系数。请改填，或留空（按标准宗地）。"),
    ],
)
def test_an_error_stands_beside_its_field(
    visit: Open, valuing: str, name: str, text: str, told: str
) -> None:
    page = visit(f"{valuing}?{SURE}", size=PHONE, refusals=1).page
    fill_in(page, **{name: text})
    submit(page)
    field = page.locator(f".field:has([name={name}])")
    expect(field.locator("label")).to_be_in_viewport()
    at, top = (part.bounding_box() for part in (field, page.locator(".ask")))
    assert at is not None
    assert top is not None
    assert at["y"] >= top["y"] + top["height"]  # the box on top does not cover it
    expect(field.locator(".problem")).to_have_text(told)
    wrong = page.locator("#parcel [aria-invalid=true]")
    expect(wrong).to_have_attribute("name", name)
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description(f"{field.locator('.hint').inner_text()} {told}")
    expect(page.locator("#status")).to_have_text(told)
    assert serious_violations(page) == []
    fill_in(page, **{name: ""})
    submit(page)
    expect(page.locator('[data-worth="headline"]')).to_have_text("4415.00")
    expect(page.locator(".problem")).to_have_count(0)
    expect(page.locator("#parcel [aria-invalid]")).to_have_count(0)


def test_by_keyboard_alone(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{SURE}").page
    page.locator("#parcel [name=area_m2]").wait_for()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "area_m2":
            break
    page.keyboard.type("1000")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    answer = valued(valuing, lon=LON, lat=LAT, use="commercial", area_m2=1000, remaining_years=30)
    check_worth(page, answer)
    expect(page.locator("#parcel [name=remaining_years]")).to_be_focused()
    page.locator(".derivation summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".derivation table")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_using_it(
    visit: Open, valuing: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    page = visit("about:blank", size=size, home=valuing).page
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{valuing}?{UNSURE}&appraise=1&area_m2=5000&remaining_years=30&lang=en")
    expect(page.locator(".worth h4")).to_have_text("What it is worth")
    for summary in page.locator(".derivation summary").all():
        summary.click()
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.emulate_media(color_scheme="null")


def test_a_valuation_is_shared_by_its_link(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{UNSURE}").page
    fill_in(page, area_m2="5000", remaining_years="30")
    page.check("[name=factor]")
    submit(page)
    worth = page.locator('[data-worth="headline"]')
    expect(worth).to_be_visible()
    total, address = worth.inner_text(), page.url
    assert parse_qs(urlsplit(address).query)["remaining_years"] == ["30"]
    page.go_back()
    expect(page.locator("#parcel")).to_be_visible()
    expect(worth).to_have_count(0)
    expect(page.locator("#parcel [name=area_m2]")).to_have_value("")
    other = visit(address, home=valuing).page
    expect(other.locator('[data-worth="headline"]')).to_have_text(total)
    expect(other.locator("#parcel [name=area_m2]")).to_have_value("5000")
    expect(other.locator("#parcel [name=factor]")).to_be_checked()
    # In the other language it is the same, and asks nothing again.
    other.click("#language")
    expect(other.locator(".worth h4")).to_have_text("What it is worth")
    expect(other.locator('[data-worth="headline"]')).to_have_text(total)
    assert "lang=en" in other.url


def test_what_is_copied_and_printed_has_the_value_without_the_form(
    visit: Open, valuing: str
) -> None:
    page = visit(f"{valuing}?{SURE}").page
    page.click("#copy-text")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    assert "给这块地估价" not in page.evaluate("navigator.clipboard.readText()")
    fill_in(page, area_m2="1000")
    submit(page)
    expect(page.locator(".worth h4")).to_be_visible()
    page.click("#copy-text")
    expect(page.locator("#copy-status")).to_have_text("已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "441.50\n万元" in copied
    assert "填了才有总价" not in copied
    expect(page.locator("#parcel")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#parcel")).to_be_hidden()
    expect(page.locator(".worth h4")).to_be_visible()


def test_what_settles_the_place_settles_the_value(visit: Open, valuing: str) -> None:
    opened = visit(f"{valuing}?{UNSURE}&appraise=1&area_m2=5000")
    page = opened.page
    expect(page.locator(".worth .derivation")).to_have_count(2)
    page.locator(".question [data-side]").first.click()
    expect(page.locator(".worth .certainty.unsure")).to_have_count(0)
    known = parse_qs(urlsplit(page.url).query)["known"]
    answer = valued(valuing, lon=114.05, lat=32.993, use="commercial", area_m2=5000, known=known)
    check_worth(page, answer)


def test_each_use_has_a_form_of_its_own(visit: Open, valuing: str) -> None:
    page = visit(f"{valuing}?{SURE}").page
    fill_in(page, area_m2="1000")
    submit(page)
    expect(page.locator(".worth h4")).to_be_visible()
    page.click("#tab-residential")
    expect(page.locator(".worth h4")).to_have_count(0)
    expect(page.locator("#parcel [name=area_m2]")).to_have_value("1000")
    expect(page.locator("#parcel [name=factor]")).to_have_count(0)  # only commercial land has one
    assert "appraise" not in page.url
    page.click("#tab-commercial")
    expect(page.locator(".worth h4")).to_be_visible()
    assert "appraise=1" in page.url
