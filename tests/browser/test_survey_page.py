"""The field page in a real browser: on the spot, without a network, and back again."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import expect

from app.settings import PREFIX
from geo.survey.notebook import read_entries
from tests.browser.conftest import DESKTOP, PHONE, serious_violations
from tests.paths import DATA
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Geolocation, Page

    from geo.survey.notebook import Entry
    from tests.processes import Service

pytestmark = pytest.mark.browser

TOKEN = "Field-page_0123456789"  # noqa: S105 - of a test
HERE: Geolocation = {"longitude": 114.0563, "latitude": 32.9741, "accuracy": 8}
NOWHERE_NEAR: Geolocation = {**HERE, "accuracy": 250}
PLAN_MS = 180_000  # on a machine that does much else
EXPECTED = (
    "net::ERR_",
    "status of 404",
    "status of 422",
    "status of 500",
    "status of 503",
    "status of 504",
    "registration blocked by Playwright",
)
"""What Chromium and Playwright write of requests that fail, however well the page meets it."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebook is."""
    return shutil.copytree(DATA, tmp_path_factory.mktemp("field") / "data") / "network"


@pytest.fixture(scope="module")
def field(command: str, network: Path, chromium: Browser) -> Iterator[Service]:
    """A service with a field page, which says all it can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"{PREFIX}DATA", str(network.parent))
        patch.setenv(f"{PREFIX}SURVEY_TOKEN", TOKEN)
        patch.setenv(f"{PREFIX}LOG_LEVEL", "debug")
        patch.setenv(f"{PREFIX}ACCESS_LOG", "on")
        with serving(network.parent.parent / "log", command, "serve") as running:
            yield running
    assert "/survey/***/notes" in running.said()
    assert TOKEN not in running.said()
    assert "Traceback" not in running.said()


class Open(Protocol):
    """Opens the page on a phone of its own; afterwards its record must be clean."""

    def __call__(self, query: str = "", **context: Any) -> Page: ...  # noqa: ANN401


@pytest.fixture
def phone(chromium: Browser, field: Service) -> Iterator[Open]:
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    asked: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if not any(one in message.text for one in EXPECTED):
            complaints.append(f"{message.text} {message.location}")

    def opened(query: str = "", *, size: tuple[int, int] = PHONE, **given: Any) -> Page:  # noqa: ANN401
        width, height = size
        known: dict[str, Any] = {
            "geolocation": HERE,
            "permissions": ["geolocation"],
            "has_touch": size == PHONE,
        }
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **known | given
        )
        context.set_default_timeout(120_000)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{field.url}/survey/{TOKEN}/{query}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert asked
    assert [url for url in asked if not url.startswith((field.url, "data:"))] == []


def wait_for_plan(page: Page) -> None:
    expect(page.locator("#crossings li")).to_have_count(12, timeout=PLAN_MS)


def wait_until_kept(page: Page) -> None:
    """Wait until the browser has all that the page needs without a network."""
    wait_for_plan(page)
    page.wait_for_function(
        "async () => {"
        " if (!navigator.serviceWorker.controller) return false;"
        " const kept = await Promise.all(['plan.json', '../../v1/regions'].map("
        "   (path) => caches.match(new URL(path, location.href).href)));"
        " return kept.every(Boolean); }"
    )


def stand(page: Page, place: str, who: str) -> None:
    """Note that one stands at a place."""
    page.fill("#place", place)
    if page.is_visible("#who"):
        page.fill("#who", who)
    page.click("#stand")


def entries_of(network: Path, who: str) -> list[Entry]:
    return [entry for entry in read_entries(network) if entry.who == who]


def states(page: Page) -> list[str]:
    return page.locator("#notes .state").all_inner_texts()


def test_without_a_network(phone: Open, network: Path) -> None:
    page = phone()
    wait_until_kept(page)
    page.context.set_offline(True)
    page.reload()
    wait_for_plan(page)
    assert page.locator("#map path").count() > 66  # the outlines of the regions, and circles
    page.click("#crossings li:nth-child(4) button")
    page.fill("#who", "离线员")
    page.click("#stand")
    expect(page.locator("#status")).to_have_text(
        "已记下，待发送：兴业大道与中华大道交叉口，精度 8 米。"
    )
    expect(page.locator("#notes-told")).to_have_text("1 条待发送：现在没有网络，联网后自动送出。")
    page.click("#language")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#notes .state")).to_have_text("waiting")
    page.go_back()
    assert states(page) == ["待发送"]
    assert entries_of(network, "离线员") == []
    page.context.set_offline(False)
    expect(page.locator("#notes .state")).to_have_text("已送达")
    expect(page.locator("#notes-told")).to_have_text("全部已送达。")
    entries = entries_of(network, "离线员")
    assert [entry.line for entry in entries] == ["兴业大道", "中华大道"]
    assert {(entry.lon, entry.lat, entry.crs, entry.status) for entry in entries} == {
        ("114.0563000", "32.9741000", "wgs84", "doubtful")
    }
    assert f"编号 {entries[0].id}" in page.inner_text("#notes li")
    expect(page.locator("#crossings .done")).to_have_text("✓ 已记录")


def test_a_lost_answer_makes_no_second_note(phone: Open, network: Path) -> None:
    page = phone()

    def lose(route: Any) -> None:  # noqa: ANN401
        route.fetch()
        route.abort()

    page.context.route("**/notes", lose)
    stand(page, "文明大道东侧20米", "失联员")
    expect(page.locator("#notes-told")).to_contain_text("1 条待发送：现在没有网络")
    assert len(entries_of(network, "失联员")) == 1
    page.context.unroute("**/notes")
    page.reload()
    expect(page.locator("#notes .state")).to_have_text("已送达")
    assert len(entries_of(network, "失联员")) == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, "网址已失效"), (503, "服务暂时不能接收"), (500, "服务暂时不能接收")],
)
def test_a_service_that_takes_nothing(phone: Open, network: Path, status: int, told: str) -> None:
    page, who = phone(), f"等待员{status}"
    page.context.route("**/notes", lambda route: route.fulfill(status=status, body="{}"))
    stand(page, "文明大道东侧20米", who)
    expect(page.locator("#notes-told")).to_contain_text(told)
    assert states(page) == ["待发送"]
    page.context.unroute("**/notes")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    assert len(entries_of(network, who)) == 1


def test_a_poor_position_may_be_tried_again_or_kept(phone: Open, network: Path) -> None:
    page = phone(geolocation=NOWHERE_NEAR)
    stand(page, "文明大道东侧20米", "粗测员")
    expect(page.locator("#status")).to_contain_text("精度 250 米，还在提高")
    expect(page.locator("#stand")).to_have_text("就用现在的位置")
    page.click("#stand")
    expect(page.locator("#status")).to_have_text(
        "精度只有 250 米，太粗。请到空旷处再试一次；实在不行也可以保存。"
    )
    assert states(page) == []
    page.click("#keep")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    stand(page, "文明大道东侧20米", "粗测员")
    page.click("#stand")
    page.context.set_geolocation(HERE)
    page.click("#again")
    expect(page.locator("#notes .state")).to_have_text(["已送达", "已送达"])
    assert page.is_hidden("#choice")
    found = [entry.error_m for entry in entries_of(network, "粗测员")]
    assert found == ["250", "13"]


def test_a_refused_note_is_mended(phone: Open, network: Path) -> None:
    page = phone()
    stand(page, "火星路东侧", "改正员")
    expect(page.locator("#status")).to_have_text("被拒绝：火星路东侧。原因见“我的记录”，请改正。")
    expect(page.locator("#notes .error")).to_contain_text("公告中没有这条路，请检查路名。")
    expect(page.locator("#notes .error [lang=en]")).to_have_text(
        re.compile("^place is '火星路东侧', but the notice names no line 火星路")
    )
    page.reload()
    page.click("#notes button:has-text('改正')")
    assert page.evaluate("document.activeElement.id") == "place"
    assert page.input_value("#place") == "火星路东侧"
    page.context.set_geolocation({"longitude": 0, "latitude": 0, "accuracy": 1})
    page.fill("#place", "兴业大道东侧")
    page.click("#stand")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    [entry] = entries_of(network, "改正员")
    assert (entry.place, entry.lon) == ("兴业大道东侧", "114.0563000")  # where one stood


def test_a_refused_note_is_removed_on_purpose_alone(phone: Open) -> None:
    page = phone()
    stand(page, "火星路东侧", "移除员")
    expect(page.locator("#notes .state")).to_have_text("被拒绝")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#notes button:has-text('移除')")
    assert states(page) == ["被拒绝"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#notes button:has-text('移除')")
    assert states(page) == []
    expect(page.locator("#notes-told")).to_have_text("还没有记录。")


INSECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"


@pytest.mark.parametrize(
    ("permissions", "script", "told"),
    [
        ([], "", "没有获得定位权限：请在浏览器设置中允许，或在下面输入坐标。"),
        (
            ["geolocation"],
            INSECURE,
            "浏览器只在 https 网址下提供定位：请改用 https，或在下面输入坐标。",
        ),
    ],
)
def test_a_position_that_is_typed(
    phone: Open, network: Path, permissions: list[str], script: str, told: str
) -> None:
    page, who = phone(permissions=permissions), f"输入员{len(permissions)}"
    page.add_init_script(script)
    page.reload()
    stand(page, "兴业大道与中华大道交叉口", who)
    expect(page.locator("#status")).to_have_text(told)
    page.fill("#coordinate", "东经一百一十四度")
    page.click("#typed-form button")
    expect(page.locator("#status")).to_contain_text("看不懂这个坐标")
    assert page.get_attribute("#coordinate", "aria-invalid") == "true"
    page.fill("#coordinate", "214.0563，32.9741")
    page.select_option("#crs", "gcj02")
    page.click("#typed-form button")
    expect(page.locator("#notes .error")).to_contain_text("坐标超出范围")
    page.click("#notes button:has-text('改正')")
    assert page.input_value("#coordinate") == "214.0563, 32.9741"
    page.fill("#coordinate", "114.0563, 32.9741")
    page.click("#typed-form button")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    entries = entries_of(network, who)
    assert [(entry.lon, entry.crs) for entry in entries] == [("114.0563000", "gcj02")] * 2


def test_what_is_missing_is_asked_for(phone: Open) -> None:
    page = phone()
    page.click("#stand")
    expect(page.locator("#status")).to_contain_text("请先点选一个路口")
    assert page.evaluate("document.activeElement.id") == "place"
    page.fill("#place", "文明大道东侧20米")
    page.click("#stand")
    expect(page.locator("#status")).to_have_text("请先填写您的姓名。")
    assert page.evaluate("document.activeElement.id") == "who"
    page.fill("#who", "初来者")
    page.click("#stand")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    page.reload()  # the name is not asked for again
    expect(page.locator("#who-name")).to_have_text("观测人：初来者")
    assert page.is_hidden("#who")
    page.click("#who-change")
    assert page.evaluate("document.activeElement.id") == "who"


def test_names_of_lines_are_offered(phone: Open) -> None:
    page = phone()
    offered = "[...document.querySelectorAll('#places option')].map(({ value }) => value)"
    assert "文明大道" in page.evaluate(offered)
    page.fill("#place", "文明大道与")
    crossing = page.evaluate(offered)
    assert "文明大道与置地大道交叉口" in crossing
    assert "文明大道与学院路交叉口" not in crossing  # they run side by side


def test_keyboard_alone(phone: Open, network: Path) -> None:
    page = phone(size=DESKTOP)
    wait_for_plan(page)
    focused = "document.activeElement.dataset.place ?? document.activeElement.id"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "兴业大道与中华大道交叉口":
            break
    page.keyboard.press("Enter")
    assert page.get_attribute("#crossings li:nth-child(4) button", "aria-pressed") == "true"
    assert page.locator("#crossings [aria-pressed=true]").count() == 1
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "who":
            break
    page.keyboard.type("键盘员")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "stand"
    page.keyboard.press("Enter")
    expect(page.locator("#notes .state")).to_have_text("已送达")
    assert len(entries_of(network, "键盘员")) == 2


CHINESE_UNMARKED = """
    [...document.querySelectorAll("body *")]
      .filter((part) => !part.closest("[lang=zh-CN]"))
      .filter((part) => [...part.childNodes].some((one) => one.nodeType === 3 && /[一-鿿]/.test(one.data)))
      .map((part) => part.id || part.tagName)
"""  # noqa: E501 - JavaScript


def test_in_english(phone: Open) -> None:
    page = phone("?lang=en")
    wait_for_plan(page)
    expect(page.locator("#plan-told")).to_have_text(
        "Of the published area, 18 % is settled now (probability 0.95 or more);"
        " 52 % is expected to be once all are observed."
    )
    assert page.locator("#crossings li").nth(3).inner_text().split("\n")[1] == "兴业大道 × 中华大道"
    stand(page, "兴业大道与中华大道交叉口", "Zhang San")
    expect(page.locator("#status")).to_have_text(
        "Noted and delivered: 兴业大道与中华大道交叉口, good to 8 m."
    )
    outside = page.evaluate(CHINESE_UNMARKED)
    assert set(outside) <= {"status", "H1", "TITLE"}  # which name a place


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
@pytest.mark.parametrize("query", ["", "?lang=en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(phone: Open, size: tuple[int, int], query: str, scheme: str) -> None:
    page = phone(query, size=size, color_scheme=scheme)
    wait_for_plan(page)
    page.click("#crossings li:nth-child(4) button")
    stand(page, "兴业大道与中华大道交叉口", "axe")
    expect(page.locator("[data-state=sent]")).to_have_count(1)
    stand(page, "火星路东侧", "axe")
    expect(page.locator("[data-state=refused]")).to_have_count(1)
    page.evaluate("document.querySelector('#typed').open = true")
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_the_button_is_always_at_hand(phone: Open, size: tuple[int, int]) -> None:
    page = phone(size=size)
    wait_for_plan(page)
    for _ in range(2):
        box = page.locator("#stand").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size[1]
        assert box["height"] >= 44
        page.locator("#typed").scroll_into_view_if_needed()
    shown = page.locator("#typed summary").bounding_box()
    assert shown is not None
    bar = page.locator("#form").bounding_box()
    assert bar is not None
    assert shown["y"] + shown["height"] <= bar["y"] + 1


def test_a_plan_that_is_not_there_yet(phone: Open) -> None:
    """A proxy may not wait for it; without a network there is none."""
    page = phone(service_workers="block")
    page.context.route("**/plan.json", lambda route: route.fulfill(status=504, body=""))
    page.reload()
    expect(page.locator("#notes-told")).not_to_be_empty()
    with page.expect_response("**/plan.json"):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#plan-told")).to_contain_text("正在计算")
    page.context.route("**/plan.json", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#plan-told")).to_contain_text("现在取不到清单")
    page.context.unroute("**/plan.json")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_for_plan(page)


def test_a_crossing_is_shown_on_the_map(phone: Open) -> None:
    page = phone()
    wait_for_plan(page)
    page.locator("#crossings li:nth-child(11) button").click()
    assert page.input_value("#place") == "兴业大道与工业一路交叉口"
    chosen = page.locator("#map .chosen")
    expect(chosen).to_have_text("11")
    expect(chosen).to_be_in_viewport()
    page.locator("#map .field-number:has-text('5') >> nth=0").dispatch_event("click")
    assert page.input_value("#place") == "丰华路与东河路交叉口"
    expect(page.locator("#map .chosen")).to_have_text("5")
