"""The workbench in a browser: an operator traces a scanned map, and says where lines cross."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx2
import numpy as np
import pytest
import shapely
from PIL import Image
from playwright.sync_api import expect

from geo.build.edition import build
from geo.crs import Crs, from_wgs84, metric, to_wgs84
from geo.model import RESIDENTIAL, Axis
from geo.survey.notebook import read_entries
from geo.symbology import read_price_classes
from maps.sheet.draw import PNG_DPI, draw_sheet, sheet_bytes
from tests.browser.conftest import DESKTOP, PHONE, serious_violations
from tests.built_city import copy_city, write_city
from tests.processes import WAIT_S
from tests.synthetic import random_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from geo.crs import FloatArray
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

CITY = random_city(5, 0.25)
ZONE: Final = Crs.EPSG_4547
SCALE: Final = 50_000
TURN_DEG: Final = 2.0
SHRUNK: Final = 0.8
NOISE: Final = 14.0  # of 255
TRACED: Final = [*CITY.lines[Axis.NS][4:9], *CITY.lines[Axis.EW][4:9]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("city") / "data"
    write_city(CITY, data)
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    return copy_city(built, tmp_path / "data")


@pytest.fixture
def bench(command: str, data: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a workbench on a folder of its own."""
    with working(command, data, tmp_path / "log") as address:
        yield address


@contextmanager
def working(command: str, data: Path, log: Path) -> Iterator[str]:
    """Start a workbench as an operator does, and end it as Ctrl+C does."""
    environment = os.environ | {"LANDPRICE_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own command
            [command, "workbench", "--who", "张三"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", told)
            assert address, told + log.read_text(encoding="utf-8")
            yield address[0]
        finally:
            process.terminate()
            process.wait(timeout=WAIT_S)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def ready(page: Page) -> None:
    expect(page.locator("#settled")).not_to_be_empty()


def hints(page: Page) -> Locator:
    return page.locator("#hints > li:not(.empty)")


def crossing(ns: str, ew: str) -> tuple[float, float]:
    """Return where two lines truly cross, WGS84 degrees."""
    north_m = float(CITY.truth[ew][:, 1].mean())
    for _ in range(6):
        east_m = float(CITY.true_across_m(ns, Axis.NS, np.array([north_m]))[0])
        north_m = float(CITY.true_across_m(ew, Axis.EW, np.array([east_m]))[0])
    return to_wgs84(lon=east_m, lat=north_m, crs=ZONE)


def hint_crossing(page: Page, ns: str, ew: str) -> None:
    """Say where two lines cross, without a pointer on the map."""
    lon, lat = crossing(ns, ew)
    page.check("[name=tool][value=crossing]")
    page.fill("#line", ns)
    page.fill("#other-line", ew)
    page.fill("#typed", f"{lon:.6f}, {lat:.6f}")
    count = hints(page).count()
    page.press("#typed", "Enter")
    expect(hints(page)).to_have_count(count + 1)


# A scanned map ----------------------------------------------------------------------------------


class Scan(NamedTuple):
    """A sheet of the true city as it comes from a scanner.

    Attributes
    ----------
    jpeg : bytes
    width, height : int
    to_pixels : callable
        Easting and northing, shape (n, 2), to columns and rows.
    """

    jpeg: bytes
    width: int
    height: int
    to_pixels: Callable[[FloatArray], FloatArray]


@pytest.fixture(scope="module")
def scan() -> Scan:
    parcels = build(CITY.sources(surveyed=True)).parcels
    classes = read_price_classes(CITY.sources().notice_path, parcels.prices_cny_m2)
    sheet = draw_sheet(parcels, RESIDENTIAL, classes[RESIDENTIAL], scale=SCALE)
    with Image.open(BytesIO(sheet_bytes(sheet, "png"))) as drawn:
        image = drawn.convert("RGB")
    before = np.array(image.size)
    image = image.rotate(TURN_DEG, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    after = np.array(image.size)
    size = (round(image.width * SHRUNK), round(image.height * SHRUNK))
    image = image.resize(size, Image.Resampling.LANCZOS)
    rng = np.random.default_rng(1)
    noisy = np.asarray(image) + rng.normal(0, NOISE, (image.height, image.width, 3))
    content = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(content, format="JPEG", quality=85)
    turn = np.deg2rad(TURN_DEG)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def to_pixels(places_m: FloatArray) -> FloatArray:
        paper_mm = places_m * (1000.0 / SCALE) + sheet.layout.shift_mm
        pixels = paper_mm / 25.4 * PNG_DPI
        pixels[:, 1] = before[1] - pixels[:, 1]
        placed: FloatArray = ((pixels - before / 2) @ turned.T + after / 2) * (size / after)
        return placed

    return Scan(content.getvalue(), *size, to_pixels)


def press_scan(page: Page, at: tuple[float, float]) -> None:
    """Press a place on the scan, given as shares of its width and height, as near as one can."""
    box = page.locator("#scan-map").bounding_box()
    assert box is not None
    for step in (1, -1):  # first the whole scan, then near enough
        for _ in range(12):
            image = page.locator("#scan-map img.leaflet-image-layer").bounding_box()
            assert image is not None
            x, y = image["x"] + at[0] * image["width"], image["y"] + at[1] * image["height"]
            is_whole = image["width"] <= box["width"] and image["height"] <= box["height"]
            if is_whole if step > 0 else image["width"] > 5_000:
                break
            middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(*(middle if step > 0 else (x, y)))
            page.mouse.wheel(0, 180 * step)
            page.wait_for_timeout(120)  # Leaflet gathers what a wheel does
    assert box["x"] < x < box["x"] + box["width"]
    page.mouse.click(x, y)


@pytest.mark.slow
def test_ten_lines_are_traced_over_a_scanned_map(
    visit: Open, bench: str, data: Path, scan: Scan, tmp_path: Path
) -> None:
    path = tmp_path / "附图.jpg"
    path.write_bytes(scan.jpeg)
    page = visit(bench).page
    ready(page)
    page.locator("#scan > summary").click()
    page.set_input_files("#scan-file", path)
    page.click("#scan-form button")
    expect(page.locator("#scan-map img.leaflet-image-layer")).to_be_visible()
    page.wait_for_load_state("networkidle")
    # Three points whose coordinates the operator knows: corners of the sheet's grid of lines.
    ns, ew = CITY.lines[Axis.NS], CITY.lines[Axis.EW]
    corners = np.array([crossing(ns[2], ew[2]), crossing(ns[-3], ew[3]), crossing(ns[5], ew[-3])])
    corners_m = np.column_stack(from_wgs84(lon=corners[:, 0], lat=corners[:, 1], crs=ZONE))
    pixels = scan.to_pixels(corners_m)
    for number, (pixel, (lon, lat)) in enumerate(zip(pixels, corners.tolist(), strict=True), 1):
        page.locator("#scan-map").scroll_into_view_if_needed()
        press_scan(page, (pixel[0] / scan.width, pixel[1] / scan.height))
        expect(page.locator("#scan-told")).to_contain_text("请在地图上点同一处")
        page.fill("#typed", f"{lon:.6f}, {lat:.6f}")
        page.press("#typed", "Enter")
        expect(page.locator("#scan-points > li:not(.empty)")).to_have_count(number)
    expect(page.locator("#scan-told")).to_contain_text("中误差")
    told = re.search(r"中误差 ([\d.]+) 米，每像素 ([\d.]+) 米", page.inner_text("#scan-told"))
    assert told, page.inner_text("#scan-told")
    assert float(told[1]) < 15
    with page.expect_response("**/scan/*/fit") as answer:
        page.select_option("#fit", "affine")
    expect(page.locator("#scan-told")).to_contain_text("无法检核")
    with page.expect_response("**/scan/*/fit") as answer:
        page.select_option("#fit", "similarity")
    bounds = answer.value.json()["bounds"]
    page.click("#whole")
    trace_lines(page, bounds)
    for box in page.locator("#hints input[type=checkbox]").all():
        box.check()
    page.click("#save-button")
    expect(page.locator("#entries > li:not(.empty)")).to_have_count(len(TRACED))
    seen = read_entries(data / "network")
    assert {entry.line for entry in seen} == set(TRACED)
    for entry in seen:
        axis = Axis.NS if entry.line in ns else Axis.EW
        along, across = (1, 0) if axis is Axis.NS else (0, 1)
        at_m = from_wgs84(lon=float(entry.lon), lat=float(entry.lat), crs=ZONE)
        true_m = CITY.true_across_m(entry.line, axis, np.array([at_m[along]]))[0]
        assert abs(at_m[across] - true_m) < 30, entry.line
    with page.expect_response("**/draw") as answer:
        page.check("[name=tool][value=place]")
        page.locator("#map").click(position={"x": 200, "y": 200})
    check_regions_follow(answer.value.json())


def trace_lines(page: Page, bounds: list[list[float]]) -> None:
    """Trace lines where the scan, which lies between some bounds, shows them on the map."""
    for layer in ("bands", "regions"):
        page.uncheck(f"[name=layer][value={layer}]")
    page.check("[name=tool][value=trace]")
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(DESKTOP[0] / 3, DESKTOP[1] / 2)
    page.mouse.wheel(0, -92)  # twice as near, to see where a line runs
    page.wait_for_timeout(300)
    image = page.locator("#map .leaflet-scan-pane img").bounding_box()
    assert image is not None
    (south, west), (north, east) = bounds
    top, bottom = np.arcsinh(np.tan(np.deg2rad([north, south])))
    view = page.locator("#map").bounding_box()
    assert view is not None
    bottom_px = min(view["y"] + view["height"], DESKTOP[1])
    in_view = shapely.box(view["x"] + 60, view["y"], view["x"] + view["width"], bottom_px)
    for number, line in enumerate(TRACED, start=1):
        axis = Axis.NS if line in CITY.lines[Axis.NS] else Axis.EW
        along = 1 if axis is Axis.NS else 0
        low_m, high_m = np.quantile(CITY.truth[line][:, along], [0.2, 0.8])
        along_m = np.linspace(low_m, high_m, 9)
        across_m = CITY.true_across_m(line, axis, along_m)
        columns = (across_m, along_m) if axis is Axis.NS else (along_m, across_m)
        lon, lat = to_wgs84(lon=columns[0].copy(), lat=columns[1].copy(), crs=ZONE)
        up = np.arcsinh(np.tan(np.deg2rad(lat)))
        x = image["x"] + (lon - west) / (east - west) * image["width"]
        y = image["y"] + (top - up) / (top - bottom) * image["height"]
        page.fill("#line", line)
        for place in zip(x.tolist(), y.tolist(), strict=True):
            if in_view.contains(shapely.Point(place)):
                page.mouse.click(*place)
        page.click("#trace-done")
        expect(hints(page)).to_have_count(number)


def check_regions_follow(drawn: dict[str, Any]) -> None:
    """Check regions between four of the traced lines against their true polygons."""
    checked = 0
    truth = {region.code: region for region in build(CITY.sources(surveyed=True)).parcels.regions}
    for feature in drawn["regions"]["features"]:
        region = truth[feature["properties"]["code"]]
        if {name for _, name in region.record.bounds} <= set(TRACED):
            found = metric(shapely.geometry.shape(feature["geometry"]), ZONE)
            true = metric(region.polygon, ZONE)
            assert found.intersection(true).area > 0.9 * found.union(true).area
            checked += 1
    assert checked >= 4


# By hand ----------------------------------------------------------------------------------------


def planned(page: Page) -> list[tuple[str, str]]:
    """Return the crossings that the page's plan names."""
    page.click("#plan-ask")
    # It takes ten seconds of a machine that does nothing else.
    expect(page.locator("#plan > li").first).to_be_visible()
    names = page.locator("#plan > li > [lang=zh-CN]").all_inner_texts()
    return [(one, other) for one, other in (name.split(" × ") for name in names)]


def drag_line(page: Page, line: str, by_px: float) -> None:
    """Choose a line, and drag the dot on it."""
    page.check("[name=tool][value=line]")
    page.fill("#line", line)
    box = page.locator("#map .handle").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by_px, y, steps=5)
    page.mouse.up()


def test_a_line_is_dragged_undone_and_done_again(visit: Open, bench: str) -> None:
    page = visit(bench).page
    ready(page)
    drag_line(page, CITY.lines[Axis.NS][5], 6)
    expect(hints(page)).to_have_count(1)
    expect(page.locator("#moves > li:not(.empty)").first).to_be_visible()
    moves = page.inner_text("#moves")
    page.keyboard.press("Control+z")
    expect(hints(page)).to_have_count(0)
    expect(page.locator("#moves > li.empty")).to_be_visible()
    expect(page.locator("#undo")).to_be_disabled()
    page.click("#redo")
    expect(hints(page)).to_have_count(1)
    assert page.inner_text("#moves") == moves
    page.reload()  # nothing is lost
    expect(hints(page)).to_have_count(1)
    expect(page.locator("#status")).to_have_text("已恢复上次未保存的改动。")


@pytest.mark.slow
def test_planned_crossings_settle_answers_at_places_that_matter(
    visit: Open, bench: str, data: Path
) -> None:
    page = visit(bench).page
    ready(page)
    page.check("[name=tool][value=place]")
    page.locator("#map").click(position={"x": 400, "y": 330})
    expect(page.locator("#places > li:not(.empty)")).to_have_count(1)
    before = page.inner_text("#settled")
    for pair in planned(page)[:4]:
        hint_crossing(page, *pair)
    assert page.inner_text("#settled").startswith(f"{before} → ")
    was, now = re.findall(r"(\d+) %", page.inner_text("#settled"))
    assert int(now) > int(was)
    page.click("#draw-anew")
    expect(page.locator("#exactness")).to_have_text("精确")
    page.fill("#who", "李四")
    page.click("#save-button")
    expect(page.locator("#entries > li:not(.empty)")).to_have_count(4)
    assert {entry.who for entry in read_entries(data / "network")} == {"李四"}
    expect(page.locator("#status")).to_contain_text("已保存为 f1, f2, f3, f4")
    page.locator("#entries button", has_text="撤回").first.click()
    expect(page.locator("#entries .withdrawn")).to_have_count(1)


def test_the_second_who_saves_is_told(visit: Open, bench: str) -> None:
    one, other = visit(bench).page, visit(bench, refusals=1).page
    ns, ew = CITY.lines[Axis.NS], CITY.lines[Axis.EW]
    for number, page in enumerate((one, other)):
        ready(page)
        hint_crossing(page, ns[4 + number], ew[5])
    one.click("#save-button")
    expect(one.locator("#entries > li:not(.empty)")).to_have_count(1)
    answer = httpx2.get(f"{bench}observed").json()
    assert [entry["id"] for entry in answer["entries"]] == ["f1"]
    other.click("#save-button")
    expect(other.locator("#error")).to_contain_text("观测记录已被他人改动，本次没有保存。")
    expect(other.locator("#entries > li:not(.empty)")).to_have_count(1)  # what the other added
    expect(hints(other)).to_have_count(1)
    other.click("#save-button")
    expect(other.locator("#entries > li:not(.empty)")).to_have_count(2)


def test_without_a_pointer(visit: Open, bench: str) -> None:
    page = visit(bench).page
    ready(page)
    page.locator("[name=tool][value=look]").focus()
    page.keyboard.press("ArrowRight")  # a line runs here
    expect(page.locator("#tool-help")).to_contain_text("选一条线")
    page.locator("#line").focus()
    page.keyboard.type(CITY.lines[Axis.NS][5])
    page.locator("#map").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(hints(page)).to_have_count(1)
    page.locator("#hints button", has_text="删除").focus()
    page.keyboard.press("Enter")
    expect(hints(page)).to_have_count(0)


def test_what_is_refused_changes_nothing(visit: Open, bench: str) -> None:
    page = visit(bench, refusals=1).page
    ready(page)
    page.check("[name=tool][value=line]")
    page.locator("#map").click(position={"x": 300, "y": 300})
    expect(page.locator("#error")).to_have_text("请先从清单中选一条线。")
    page.fill("#typed", "不存在的路口")
    page.press("#typed", "Enter")
    expect(page.locator("#error")).to_contain_text("at is")
    expect(hints(page)).to_have_count(0)
    expect(page.locator("#undo")).to_be_disabled()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nobody_is_kept_out(visit: Open, bench: str, size: tuple[int, int], lang: str) -> None:
    page = visit(f"{bench}?lang={lang}", size=size).page
    ready(page)
    page.check("[name=tool][value=line]")
    page.fill("#line", CITY.lines[Axis.NS][5])
    assert serious_violations(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0]
    heading = page.inner_text("h1")
    assert heading.endswith("测绘工作台" if lang == "zh" else "Workbench")


def test_a_drive_is_imported(visit: Open, bench: str, data: Path, tmp_path: Path) -> None:
    line = CITY.lines[Axis.EW][6]
    west_m, end_m = np.quantile(CITY.truth[line][:, 0], [0.2, 0.8]).tolist()
    east_m = np.arange(west_m, end_m, 15.0)
    north_m = CITY.true_across_m(line, Axis.EW, east_m)
    lon, lat = to_wgs84(lon=east_m, lat=north_m, crs=ZONE)
    points = "".join(f'<trkpt lat="{y}" lon="{x}"/>' for x, y in zip(lon, lat, strict=True))
    path = tmp_path / "drive.gpx"
    path.write_text(
        '<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>{line}</name><trkseg>{points}</trkseg></trk></gpx>",
        encoding="utf-8",
    )
    page = visit(bench).page
    ready(page)
    page.locator("summary", has_text="导入文件").click()
    page.set_input_files("#file", path)
    page.click("#import button")
    expect(hints(page)).to_have_count(1)
    expect(hints(page)).to_contain_text("drive.gpx, GPX")
    page.click("#save-button")
    expect(page.locator("#entries > li:not(.empty)")).to_have_count(1)
    assert {(entry.line, entry.how) for entry in read_entries(data / "network")} == {
        (line, "drive.gpx, GPX")
    }


def test_a_finger_says_where_two_lines_cross(visit: Open, bench: str) -> None:
    page = visit(bench, size=PHONE).page
    ready(page)
    page.check("[name=tool][value=crossing]")
    page.fill("#line", CITY.lines[Axis.NS][6])
    page.fill("#other-line", CITY.lines[Axis.EW][6])
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(hints(page)).to_have_count(1)
    lines = f"{CITY.lines[Axis.NS][6]} × {CITY.lines[Axis.EW][6]}"
    expect(hints(page)).to_contain_text(lines)


def test_what_is_said_while_another_is_drawn_is_not_lost(visit: Open, bench: str) -> None:
    page = visit(bench).page
    ready(page)
    page.check("[name=tool][value=line]")
    page.fill("#line", CITY.lines[Axis.NS][5])
    for x in (300, 340, 380):
        page.locator("#map").click(position={"x": x, "y": 250})
    expect(hints(page)).to_have_count(3)
    for count in (2, 1, 0):
        hints(page).first.get_by_text("删除").click()
        expect(hints(page)).to_have_count(count)


def test_what_was_not_saved_outlives_a_build(
    visit: Open, command: str, data: Path, tmp_path: Path
) -> None:
    with working(command, data, tmp_path / "one") as address:
        page = visit(address).page
        ready(page)
        drag_line(page, CITY.lines[Axis.NS][5], 6)
        expect(hints(page)).to_have_count(1)
        kept = page.evaluate("Object.entries(localStorage)")
    [[key, _]] = kept
    assert CITY.notice.edition.admin_code in key  # and nothing that a build changes
