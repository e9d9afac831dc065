"""The page and the map of a certificate, by themselves; what they say is synthetic."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pdfplumber
import pytest

from geo.editions.catalogue import CHINA
from geo.model import STANDARD_USES
from geo.symbology import ACCENTS
from maps.errors import MapError, MissingGlyphError
from maps.sheet.certificate.content import Block, Certificate, Column, Fact, Figure, Table
from maps.sheet.certificate.extract import Extract, draw_extract
from maps.sheet.certificate.typeset import LONGEST_CELL, certificate_pdf

if TYPE_CHECKING:
    from geo.parcels import Parcels

PLACE: Final = (114.0127, 32.993)
CODES: Final = ("411700S50002", "411700Z70007")
SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="98" height="74"/>'
FACTS: Final = tuple(
    Fact(f"名称{i}", "东至文明大道（距 1,234 米，±567 米）；" * 2) for i in range(7)
)


def certificate(*blocks: Block) -> Certificate:
    return Certificate(
        lang="zh",
        title="证明",
        subtitle="虚构市",
        issued=datetime(2026, 1, 31, 10, tzinfo=CHINA),
        place=FACTS[:5],
        blocks=blocks,
        basis=FACTS[:6],
        notes=("说明" * 60,) * 4,
        map_title="图",
        map_caption="图例",
        link="https://landprice.example/verify?kind=price",
        link_title="核验",
        link_text="landprice.example",
    )


def block(title: str, colour: str, *rows: tuple[str, ...]) -> Block:
    columns = (Column("项", share=1.0), Column("值", is_number=True))
    return Block(
        title=title,
        colour=colour,
        remark="很可能（概率 86.1 %）",
        figures=(Figure("地面单价", "4,415", "元"), Figure("楼面单价", "2,208", "元")),
        facts=FACTS,
        tables=(Table("表", columns, rows),) if rows else (),
        details=(Table("细节", columns, (("只在网页上", "1"),)),),
    )


def pages(pdf: bytes) -> list[str]:
    with pdfplumber.open(BytesIO(pdf)) as file:
        return [page.extract_text() for page in file.pages]


def test_all_uses_that_there_are_have_room() -> None:
    blocks = [block(use.label, ACCENTS[use.colours]) for use in STANDARD_USES]
    [text] = pages(certificate_pdf(certificate(*blocks), SVG))
    for use in STANDARD_USES:
        assert use.label in text
    assert "只在网页上" not in text


def test_more_than_a_page_holds_is_refused() -> None:
    rows = [("很长的一行" * 12, "1")] * 200
    with pytest.raises(MapError, match="more to say than one page holds"):
        certificate_pdf(certificate(block("用途", "#123456", *rows)), SVG)


def test_a_long_cell_is_cut() -> None:
    long = "甲" * LONGEST_CELL
    [text] = pages(certificate_pdf(certificate(block("用途", "#123456", (long, "1"))), SVG))
    assert text.count("甲") == LONGEST_CELL
    longer = certificate(block("用途", "#123456", (f"{long}甲", "1")))
    [text] = pages(certificate_pdf(longer, SVG))
    assert text.count("甲") == LONGEST_CELL - 1
    assert "…" in text


def test_a_character_that_the_font_lacks_is_refused() -> None:
    with pytest.raises(MissingGlyphError, match="U\\+1F600"):
        certificate_pdf(replace(certificate(), title="😀"), SVG)


def extract(parcels: Parcels, **others: Any) -> Extract:  # noqa: ANN401 - what an extract has
    regions = tuple(region for region in parcels.regions if region.code in CODES)
    return replace(Extract(parcels=parcels, regions=regions, place=PLACE), **others)


def test_the_map_names_regions_lines_and_their_errors(parcels: Parcels) -> None:
    drawn = draw_extract(extract(parcels))
    assert draw_extract(extract(parcels)) == drawn
    assert drawn.shows_place
    texts = "".join(re.findall(r">([^<>]+)</text>", drawn.svg.decode()))
    for region in extract(parcels).regions:
        code = region.code.removeprefix("411700")
        assert f"{code} {region.record.ground_price_cny_m2}" in texts
        for side, line in region.record.bounds:
            assert line in texts
            assert f"±{region.accuracy_m[side]:.0f} m" in texts
    assert f"1:{drawn.scale:,}".replace(",", " ") in texts


def test_a_place_far_away_is_not_shown(parcels: Parcels) -> None:
    assert not draw_extract(extract(parcels, place=(-66.0, -33.0))).shows_place
    assert not draw_extract(extract(parcels, place=None)).shows_place
    near = draw_extract(extract(parcels, place=(115.0, 33.5)))
    assert near.shows_place
    assert near.scale > 500_000


def test_a_place_in_words_has_room_for_its_extent(parcels: Parcels) -> None:
    exact, vague = draw_extract(extract(parcels)), draw_extract(extract(parcels, radius_m=9000.0))
    assert vague.scale > exact.scale
    assert 2 * 9000 * 1000 / vague.scale < 98
