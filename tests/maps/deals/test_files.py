"""Reports, workbooks and maps of deals, as files; all deals and coefficients are invented."""

from __future__ import annotations

import base64
import datetime
import re
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from geo.parcels import PARCELS_FILE, read_parcels
from geo.symbology import CHANGE_COLOURS, DEVIATION_BREAKS_PERCENT
from geo.valuation.deals.comparison import compare
from geo.valuation.deals.study import Study
from maps.deals.report import report_html
from maps.deals.words import percent
from maps.deals.workbook import workbook
from maps.interactive.deal_map import deal_map_html
from tests.deals import BIASED, HOSTILE, invented_study
from tests.editions import valued_folder
from tests.written_maps import Elements, check_asks_for_nothing, check_policy

if TYPE_CHECKING:
    from pathlib import Path

    from geo.parcels import Parcels

pytestmark = pytest.mark.slow

MADE = datetime.date(2026, 1, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deals")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return invented_study(valued_folder(folder / "data"), folder)


@pytest.fixture(scope="module")
def drawn_parcels(study: Study, folder: Path) -> Parcels:
    return read_parcels(folder / "data" / PARCELS_FILE)


@pytest.fixture(scope="module")
def report(study: Study) -> str:
    return report_html(study, made=MADE, reason_zh=lambda code: f"〔{code}〕")


def test_the_invented_study_has_all_there_is_to_show(study: Study) -> None:
    found = study.comparison
    assert [one.code for one in found.deviating] == [BIASED]
    assert found.outliers[0].name == HOSTILE
    assert [one.row for one in found.not_valued] == [2, 3, 4]
    assert any(not one.sure for one in found.deals)


def test_a_report_needs_nothing_else_and_is_always_the_same(study: Study, report: str) -> None:
    addresses = {"src", "href", "srcset", "action", "data", "poster"}
    for tag, attributes in Elements(report).found:
        for name in addresses & set(attributes):
            assert str(attributes[name]).startswith("data:image/svg+xml;base64,"), (tag, name)
    assert not re.search(r"https?://|url\(", report)
    check_policy(report)
    assert report == report_html(study, made=MADE, reason_zh=lambda code: f"〔{code}〕")
    assert HOSTILE not in report
    assert not Elements(report).all("img")[0].get("onerror")


def test_a_report_says_what_was_found(study: Study, report: str) -> None:
    text = re.sub(r"<[^>]+>", "", report)
    found = study.comparison
    for group in found.groups:
        assert percent(group.median) in text
    assert "系数为虚构" in text
    assert "2026-01-02" in text
    for one in found.not_valued:
        assert f"〔{one.reason.code}〕" in text
    assert text.count("成交高于价值") >= 2
    assert "成交.csv" in text


def test_charts_are_drawings_with_type_of_their_own(report: str) -> None:
    found = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", report)
    assert len(found) == 6
    for content in found:
        svg = base64.b64decode(content)
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own
        assert root.tag.endswith("}svg")
        assert not list(root.iter("{http://www.w3.org/2000/svg}text"))


def test_a_report_without_deals(study: Study) -> None:
    empty = compare([], study.comparison.not_valued)
    nothing = Study(empty, "x.csv", {}, study.price_unit, False, (), {}, "")
    page = report_html(nothing, made=MADE, reason_zh=str)
    assert "没有一组成交多到可以检验" in page
    assert not Elements(page).all("img")
    names = openpyxl.load_workbook(BytesIO(workbook(nothing, reason_zh=str))).sheetnames
    assert len(names) == 4


def test_a_workbook_read_by_two_readers(study: Study, folder: Path) -> None:
    path = folder / "deals.xlsx"
    path.write_bytes(workbook(study, reason_zh=lambda code: f"〔{code}〕"))
    book = openpyxl.load_workbook(path)
    found = study.comparison
    groups, deals, others, method = book.worksheets
    assert (groups.max_row, deals.max_row, others.max_row) == (
        len(found.groups) + 1,
        len(found.deals) + 1,
        len(found.not_valued) + 1,
    )
    row = [cell.value for cell in deals[2]]
    first = found.deals[0]
    assert row[0] == first.row
    assert row[7:10] == [
        float(amount) for amount in (first.price_cny_m2, first.standard_cny_m2, first.value_cny_m2)
    ]
    assert row[10] == pytest.approx(first.deviation)
    assert row[3].date() == first.date
    assert others.cell(4, 2).value == "=1+1"
    assert others.cell(4, 2).data_type == "s"
    assert len(groups._charts) == len(deals._charts) == 1
    assert "Holm" in str([cell.value for cell in method["A"]])
    other = CalamineWorkbook.from_path(path)
    assert other.sheet_names == book.sheetnames
    rows = other.get_sheet_by_index(1).to_python()
    assert [one[0] for one in rows[1:]] == [deal.row for deal in found.deals]
    assert [one[9] for one in rows[1:]] == [float(deal.value_cny_m2) for deal in found.deals]
    medians = {one[1]: one[7] for one in other.get_sheet_by_index(0).to_python()[1:]}
    for group in found.regions:
        assert medians[str(group.code)] == pytest.approx(group.median)


def test_a_map_needs_nothing_else(study: Study, drawn_parcels: Parcels) -> None:
    page = deal_map_html(study, drawn_parcels, drawn_parcels.spellings)
    check_asks_for_nothing(page)
    check_policy(page)
    assert page == deal_map_html(study, drawn_parcels, drawn_parcels.spellings)
    assert HOSTILE not in page
    for colour in CHANGE_COLOURS:
        assert colour in page
    assert len(CHANGE_COLOURS) == 2 * len(DEVIATION_BREAKS_PERCENT) + 1
