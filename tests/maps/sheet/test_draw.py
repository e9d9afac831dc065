"""Gazette sheets, read back as files: scale, labels, text, fonts, and the same bytes each time."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pdfplumber
import pytest
import shapely
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.testing.compare import compare_images
from pdfminer.pdftypes import resolve1
from PIL import Image
from pyproj import Geod
from shapely import Polygon, affinity

from geo.model import COMMERCIAL, INDUSTRIAL, RESIDENTIAL, GeometrySource, Placement, Side, Use
from maps.errors import MapError, MissingGlyphError
from maps.sheet.draw import Sheet, draw_sheet, sheet_bytes
from tests.processes import run_script
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.text import Text

    from geo.model import Region
    from geo.parcels import Parcels
    from geo.symbology import PriceClasses

pytestmark = pytest.mark.slow

BASELINES = Path(__file__).parent / "baselines"
GEOD = Geod(ellps="GRS80")  # CGCS2000's ellipsoid but for a hair
MM_PER_POINT = 25.4 / 72
INK_MM = 0.15  # a rendered character may reach this far over the box its font declares
BESIDE = " beside the panel; 1:{} would do"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session")
def pages(pdfs: dict[Use, bytes]) -> Iterator[dict[Use, Any]]:
    """Return the page of each PDF, as an independent reader sees it."""
    files = {use: pdfplumber.open(BytesIO(content)) for use, content in pdfs.items()}
    yield {use: file.pages[0] for use, file in files.items()}
    for file in files.values():
        file.close()


@pytest.fixture(scope="session")
def texts(pages: dict[Use, Any]) -> dict[Use, str]:
    """Return what stands on each sheet, as the PDF's own text, row by row."""
    return {use: page.extract_text() for use, page in pages.items()}


@pytest.fixture(scope="session")
def running_texts(pages: dict[Use, Any]) -> dict[Use, str]:
    """Return the same in the order in which it was written."""
    return {use: "".join(char["text"] for char in page.chars) for use, page in pages.items()}


@pytest.fixture(scope="session")
def svgs(sheets: dict[Use, Sheet]) -> dict[Use, bytes]:
    return {use: sheet_bytes(sheet, "svg") for use, sheet in sheets.items()}


def of_use(parcels: Parcels, use: Use) -> list[Region]:
    return [region for region in parcels.regions if region.use is use]


def rendered(sheet: Sheet) -> list[tuple[Text, Polygon]]:
    """Return every text with the outline that matplotlib renders it in, in mm on the paper."""
    figure = sheet.canvas.figure
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    per_mm = figure.dpi / 25.4
    found = []
    for text in figure.axes[0].texts:
        degrees = text.get_rotation()
        anchor = figure.axes[0].transData.transform(text.get_position())
        text.set_rotation(0)
        box = text.get_window_extent(renderer)
        text.set_rotation(degrees)
        outline = affinity.rotate(shapely.box(*box.extents), degrees, origin=tuple(anchor))
        found.append((text, affinity.scale(outline, 1 / per_mm, 1 / per_mm, origin=(0, 0))))
    return found


def characters_of(label: Polygon, texts: list[tuple[Text, Polygon]]) -> list[Polygon]:
    """Return the rendered outlines of a label's characters."""
    return [outline for _, outline in texts if label.contains(outline.centroid)]


SIZES_MM = {COMMERCIAL: (594, 841), RESIDENTIAL: (594, 841), INDUSTRIAL: (841, 1189)}


@pytest.mark.parametrize("use", USES)
def test_a_sheet_is_the_smallest_that_holds_the_regions_at_1_to_20000(
    use: Use, pages: dict[Use, Any]
) -> None:
    size_mm = [float(points) * MM_PER_POINT for points in (pages[use].width, pages[use].height)]
    assert size_mm == pytest.approx(SIZES_MM[use], abs=0.1)


def strokes(page: Any, width_pt: float, grey: float) -> list[np.ndarray]:  # noqa: ANN401
    """Return the paths of a width and colour in mm from the lower left corner."""
    return [
        np.array([(x, float(page.height) - y) for x, y in shape["pts"]]) * MM_PER_POINT
        for shape in [*page.curves, *page.lines]
        if shape["linewidth"] == pytest.approx(width_pt)
        and np.ravel(shape["stroking_color"]).tolist() == pytest.approx([grey], abs=1e-3)
    ]


def test_distances_on_paper_are_those_on_the_ground(
    parcels: Parcels, pages: dict[Use, Any]
) -> None:
    # The two railways, found in the PDF by their sign, against the geodesic on the ellipsoid.
    paper = sorted(strokes(pages[COMMERCIAL], 3.0, 0x22 / 255), key=lambda path: float(path[0, 0]))
    long = [path for path in paper if np.ptp(path[:, 1]) > 50]
    assert len(long) == 2, "one path for each railway"
    feet_mm = [path[np.argmin(path[:, 1])] for path in long]
    heads_mm = [path[np.argmax(path[:, 1])] for path in long]

    def ends(name: str) -> tuple[tuple[float, float], tuple[float, float]]:
        sides = [
            region.side(side)
            for region in of_use(parcels, COMMERCIAL)
            for side in (Side.EAST, Side.WEST)
            if getattr(region.record.bounds, side) == name
        ]
        positions = sorted(
            np.concatenate([side.coords for side in sides]).tolist(), key=lambda p: p[1]
        )
        return tuple(positions[0]), tuple(positions[-1])

    west, east = ends("石武高铁"), ends("京广铁路")
    for one_mm, other_mm, one, other in (
        (feet_mm[0], feet_mm[1], west[0], east[0]),
        (heads_mm[0], heads_mm[1], west[1], east[1]),
        (feet_mm[0], heads_mm[0], *west),
        (feet_mm[1], heads_mm[1], *east),
    ):
        on_paper_m = math.dist(one_mm, other_mm) * 20_000 / 1000
        _, _, on_ground_m = GEOD.inv(*one, *other)
        assert on_paper_m == pytest.approx(on_ground_m, rel=0.001)


@pytest.mark.parametrize("use", USES)
def test_every_code_price_and_parcel_is_text_of_the_pdf(
    use: Use, parcels: Parcels, texts: dict[Use, str]
) -> None:
    regions = of_use(parcels, use)
    assert len(regions) == {"commercial": 27, "residential": 27, "industrial": 12}[use.code]
    for region in regions:
        record = region.record
        row = [
            region.code[6:],
            str(record.standard_parcel),
            f"{record.plot_ratio:.1f}",
            str(record.ground_price_cny_m2),
        ]
        if record.floor_price_cny_m2 is not None:
            row.append(str(record.floor_price_cny_m2))
        assert " ".join(row) in texts[use], "the table's row"
        assert texts[use].count(region.code[6:]) >= 2, "and on the map"


@pytest.mark.parametrize("use", USES)
def test_a_sheet_says_what_it_is_and_how_far_to_trust_it(
    use: Use, parcels: Parcels, running_texts: dict[Use, str]
) -> None:
    text = running_texts[use]
    free = sum(region.placement is Placement.FREE for region in of_use(parcels, use))
    for expected in (
        f"驻马店市中心城区{use.label}标定区域与标定地价图",
        "估价期日：2022年1月1日",
        "1:20 000",
        "元/平方米",
        "驻政〔2023〕13号",
        "驻马店市自然资源和规划局",
        "二〇二二年十二月",
        "EPSG:4547",
        "© OpenStreetMap contributors, ODbL 1.0",
        parcels.sha256[:12],
        "审图号",
        "北",
        "千米",
        f"{free}个",
        "推定",
        "不是测量成果",
        "114°01′E",
        "33°00′N",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("use", USES)
def test_legend_has_every_class_with_the_number_of_its_regions(
    use: Use, parcels: Parcels, classes: dict[Use, PriceClasses], texts: dict[Use, str]
) -> None:
    prices = [region.record.ground_price_cny_m2 for region in of_use(parcels, use)]
    for price_class in classes[use].classes:
        low, high = price_class.low_cny_m2 or 0, price_class.high_cny_m2 or 10**9
        count = sum(low <= price <= high for price in prices)
        assert re.search(
            rf"{re.escape(price_class.label)} {f'{count} 个区域' if count else '无'}", texts[use]
        )


@pytest.mark.parametrize("use", USES)
def test_every_boundary_line_is_named_on_the_map(
    use: Use, parcels: Parcels, sheets: dict[Use, Sheet]
) -> None:
    named = {label.text for label in sheets[use].labels if label.region is None}
    bounds = {
        parcels.spellings.get(name, name)
        for region in of_use(parcels, use)
        for _, name in region.record.bounds
    }
    assert bounds <= named


@pytest.mark.parametrize("use", USES)
def test_no_two_labels_overlap_and_each_lies_in_its_region(
    use: Use, parcels: Parcels, sheets: dict[Use, Sheet]
) -> None:
    sheet = sheets[use]
    texts = rendered(sheet)
    labels = [(label, characters_of(label.outline, texts)) for label in sheet.labels]
    assert all(characters for _, characters in labels), "a label that is not rendered"
    for (one, inks), (other, other_inks) in combinations(labels, 2):
        clash = shapely.union_all(inks).intersection(shapely.union_all(other_inks))
        assert clash.area == 0, (one.text, other.text)
    codes = set()
    for label, characters in labels:
        if label.region is not None:
            area = sheet.areas[label.region].buffer(INK_MM)
            assert not label.beside
            assert all(area.contains(ink) for ink in characters), label.text
            codes.add(label.text.split()[0])
    assert codes >= {region.code[6:] for region in of_use(parcels, use)}


@pytest.mark.parametrize("use", USES)
def test_nothing_is_written_across_the_panel_or_off_the_paper(
    use: Use, sheets: dict[Use, Sheet]
) -> None:
    check_texts(sheets[use])


@pytest.mark.parametrize("name", ["驻马店市驿城区某某房地产开发有限公司" * 3, "WAREHOUSE" * 8])
def test_long_names_of_parcels_are_wrapped(
    name: str, parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    regions = [
        replace(region, record=replace(region.record, standard_parcel=name))
        if i % 3 == 0
        else region
        for i, region in enumerate(parcels.regions)
    ]
    sheet = draw_sheet(replace(parcels, regions=tuple(regions)), COMMERCIAL, classes[COMMERCIAL])
    check_texts(sheet)
    written = "".join(text.get_text() for text, _ in rendered(sheet))
    assert written.count(name[:6]) >= 9


def check_texts(sheet: Sheet) -> None:
    """Check that all texts are on the paper, and none across another."""
    texts = rendered(sheet)
    paper = shapely.box(0, 0, sheet.layout.width_mm, sheet.layout.height_mm)
    assert all(paper.contains(outline) for _, outline in texts)
    tree = shapely.STRtree([outline for _, outline in texts])
    for index, (text, outline) in enumerate(texts):
        # Lines of type are set closer than the full height that a font declares.
        core = affinity.scale(outline, 0.98, 0.6)
        for other in tree.query(core):
            clash = affinity.scale(texts[other][1], 0.98, 0.6).intersection(core)
            assert other == index or clash.area == 0, (text.get_text(), texts[other][0].get_text())


def test_small_regions_get_a_label_beside_them_with_a_leader_line(
    parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    sheet = draw_sheet(parcels, RESIDENTIAL, classes[RESIDENTIAL], scale=100_000)
    texts = rendered(sheet)
    beside = [label for label in sheet.labels if label.beside]
    assert len(beside) >= 5
    for label in beside:
        assert label.region is not None
        assert not label.outline.intersects(sheet.areas[label.region])
        assert label.outline.distance(sheet.areas[label.region]) < 40
    outlines = [shapely.union_all(characters_of(label.outline, texts)) for label in sheet.labels]
    for (one, ink), (other, other_ink) in combinations(zip(sheet.labels, outlines, strict=True), 2):
        assert ink.intersection(other_ink).area == 0, (one.text, other.text)
    labelled = {label.text.split()[0] for label in sheet.labels}
    assert labelled >= {region.code[6:] for region in of_use(parcels, RESIDENTIAL)}


def test_standard_parcels_are_marked_where_the_network_places_them(
    parcels: Parcels, sheets: dict[Use, Sheet]
) -> None:
    placed = [region for region in parcels.regions if region.parcel_crossing]
    assert len(placed) == 28
    names = {(label.region, label.text) for sheet in sheets.values() for label in sheet.labels}
    named = [(region.code, region.record.standard_parcel) in names for region in placed]
    assert sum(named) >= 25, "a name is left out only where it has no room"


@pytest.mark.parametrize("use", USES)
def test_pdf_embeds_its_fonts_and_carries_no_time(use: Use, pdfs: dict[Use, bytes]) -> None:
    with pdfplumber.open(BytesIO(pdfs[use])) as file:
        fonts: Any = resolve1(file.pages[0].page_obj.resources["Font"])
        assert fonts
        for reference in fonts.values():
            font = resolve1(reference)
            assert font["Subtype"].name == "Type3", "its glyphs are in the file"
            assert resolve1(font["CharProcs"])
            assert "ToUnicode" in font
        assert file.metadata["Title"].endswith("标定地价图")
        assert "CreationDate" not in file.metadata


@pytest.mark.parametrize("use", USES)
def test_svg_keeps_text_as_text_and_embeds_what_it_needs_of_the_font(
    use: Use, parcels: Parcels, svgs: dict[Use, bytes]
) -> None:
    root = ET.fromstring(svgs[use])  # noqa: S314 - our own file
    size_mm = [
        float((root.get(name) or "").removesuffix("pt")) * MM_PER_POINT
        for name in ("width", "height")
    ]
    assert size_mm == pytest.approx(SIZES_MM[use], abs=0.1)
    written = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    for region in of_use(parcels, use):
        assert region.code[6:] in written
        assert str(region.record.ground_price_cny_m2) in written
        assert region.record.standard_parcel in written
    style = "".join(element.text or "" for element in root.iter(f"{SVG}style"))
    content = re.search(r"data:font/woff;base64,([^)]*)", style)
    assert content
    with TTFont(BytesIO(base64.b64decode(content[1]))) as font:
        assert {ord(c) for text in written for c in text if c != "\n"} <= set(font.getBestCmap())
    assert all("Noto Sans CJK SC" in (e.get("style") or "") for e in root.iter(f"{SVG}text"))
    links = [e.get("href") or e.get("{http://www.w3.org/1999/xlink}href") for e in root.iter()]
    assert all(link.startswith("#") for link in links if link), "nothing from another host"


@pytest.mark.parametrize("use", USES)
def test_png_looks_as_it_did(use: Use, sheets: dict[Use, Sheet], tmp_path: Path) -> None:
    seen = tmp_path / f"{use}.png"
    sheets[use].canvas.figure.savefig(seen, dpi=50)
    baseline = BASELINES / f"{use}.png"
    assert baseline.exists(), f"look at {seen} and keep it as {baseline}"
    difference = compare_images(str(baseline), str(seen), tol=2.0)
    assert difference is None, f"{difference}\nif {seen} is right, keep it as {baseline}"


def test_png_has_300_dots_an_inch(sheets: dict[Use, Sheet]) -> None:
    with Image.open(BytesIO(sheet_bytes(sheets[COMMERCIAL], "png"))) as image:
        assert image.size == tuple(int(mm / 25.4 * 300) for mm in SIZES_MM[COMMERCIAL])
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


DRAW = """\
import sys
from pathlib import Path
from geo import open_edition
from geo.symbology import read_price_classes
from geo.model import INDUSTRIAL
from maps.certainty import certainty_grid
from maps.sheet.draw import draw_sheet, sheet_bytes
edition = open_edition()
parcels = edition.parcels
classes = read_price_classes(Path("data/price_classes.toml"), parcels.prices_cny_m2)
certainty = certainty_grid(edition)
sheet = draw_sheet(parcels, INDUSTRIAL, classes[INDUSTRIAL], certainty=certainty)
for fmt in ("pdf", "svg"):
    Path(sys.argv[1], f"sheet.{fmt}").write_bytes(sheet_bytes(sheet, fmt))
"""


def test_another_process_draws_the_same_bytes(
    sheets: dict[Use, Sheet], pdfs: dict[Use, bytes], svgs: dict[Use, bytes], tmp_path: Path
) -> None:
    run_script(DRAW, str(tmp_path), PYTHONHASHSEED="7", TZ="Asia/Shanghai")
    assert (tmp_path / "sheet.pdf").read_bytes() == pdfs[INDUSTRIAL]
    assert (tmp_path / "sheet.svg").read_bytes() == svgs[INDUSTRIAL]
    assert sheet_bytes(sheets[INDUSTRIAL], "pdf") == pdfs[INDUSTRIAL], "and once more here"


def with_record(parcels: Parcels, code: str, **changes: Any) -> Parcels:  # noqa: ANN401
    """Return an edition of the industrial regions, one of them changed."""
    regions = [
        replace(region, record=replace(region.record, **changes))
        if region.code[6:] == code
        else region
        for region in of_use(parcels, INDUSTRIAL)
    ]
    return replace(parcels, regions=tuple(regions))


def test_a_character_the_font_lacks_stops_the_sheet(
    parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    odd = with_record(parcels, "G60005", standard_parcel="楔形𒀀厂")
    with pytest.raises(MissingGlyphError, match=r"U\+12000"):
        draw_sheet(odd, INDUSTRIAL, classes[INDUSTRIAL])


def test_text_that_looks_like_mathematics_is_printed_as_it_is(
    parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    odd = with_record(parcels, "G60005", standard_parcel="甲$x^2$厂_{a}")
    sheet = draw_sheet(odd, INDUSTRIAL, classes[INDUSTRIAL])
    with pdfplumber.open(BytesIO(sheet_bytes(sheet, "pdf"))) as file:
        assert "甲$x^2$厂_{a}" in file.pages[0].extract_text()


def test_an_edition_with_true_lines_has_no_word_of_inferred_ones(
    parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    regions = [
        replace(region, geometry_source=GeometrySource.OFFICIAL, placement=Placement.TIED)
        for region in of_use(parcels, INDUSTRIAL)
    ]
    surveyed = replace(parcels, regions=tuple(regions), attribution="")
    texts = draw_sheet(surveyed, INDUSTRIAL, classes[INDUSTRIAL]).canvas.texts()
    assert not any("推定" in text or "没有依据" in text or "无依据" in text for text in texts)
    assert "数据许可" not in texts
    assert "其他用途区域的界线" not in texts


@pytest.mark.parametrize(
    ("scale", "size", "message"),
    [
        (0, None, "scale is 0; it must be a positive whole number, such as 20000"),
        (20_000, "A5", "size is 'A5'; it must be one of A4, A3, A2, A1, A0"),
        (
            20_000,
            "A2",
            "at 1:20000 the regions take 548 × 871 mm, which A2 does not hold"
            + BESIDE.format(50000),
        ),
        (
            5_000,
            None,
            "at 1:5000 the regions take 2194 × 3483 mm, which A0 does not hold"
            + BESIDE.format(20000),
        ),
    ],
)
def test_a_sheet_that_cannot_be(
    scale: int,
    size: str | None,
    message: str,
    parcels: Parcels,
    classes: dict[Use, PriceClasses],
) -> None:
    with pytest.raises(MapError) as caught:
        draw_sheet(parcels, INDUSTRIAL, classes[INDUSTRIAL], scale=scale, size=size)
    assert str(caught.value) == message


def test_a_use_that_the_edition_does_not_have(
    parcels: Parcels, classes: dict[Use, PriceClasses]
) -> None:
    no_industry = replace(parcels, regions=tuple(of_use(parcels, COMMERCIAL)))
    with pytest.raises(MapError, match=r"^the edition has no industrial regions to draw$"):
        draw_sheet(no_industry, INDUSTRIAL, classes[INDUSTRIAL])
