"""The sheet to take along, read back as PDF."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pdfplumber
import pytest

from geo.survey.plan import Crossing, Plan
from maps.errors import MapError
from maps.sheet.survey import MOST, survey_sheet

if TYPE_CHECKING:
    from geo.parcels import Parcels

CROSSING = Crossing(1, ("文明大道", "置地大道"), 114.0125, 33.0012, 87.4, 0.61)


def test_the_sheet_has_a_form_for_each_crossing(parcels: Parcels) -> None:
    plan = Plan(0.2, (CROSSING, Crossing(2, ("学院路", "顺河路"), 113.99, 33.05, 2333.2, 0.4)))
    content = survey_sheet(parcels, plan)
    with pdfplumber.open(BytesIO(content)) as file:
        [page] = file.pages
        text = page.extract_text()
        assert (page.width, page.height) == pytest.approx((595.28, 841.89), abs=0.01)
    for told in ("驻马店市界线观测计划", "20%", "61%", "文明大道 × 置地大道", "114.0125, 33.0012"):
        assert told in text
    assert "±2.3 km" in text
    assert content == survey_sheet(parcels, plan)


def test_a_full_page(parcels: Parcels) -> None:
    with pdfplumber.open(BytesIO(survey_sheet(parcels, Plan(0.2, (CROSSING,) * MOST)))) as file:
        assert len(file.pages) == 1


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_what_has_no_room_is_refused(parcels: Parcels, count: int) -> None:
    with pytest.raises(MapError, match=f"has {count} crossings; a sheet has room for 1 to {MOST}"):
        survey_sheet(parcels, Plan(0.2, (CROSSING,) * count))


def test_long_names_stay_in_their_column(parcels: Parcels) -> None:
    names = ("高新技术产业开发区东外环大道", "高新技术产业开发区南外环大道")
    crossing = Crossing(1, names, 114.0125, 33.0012, 87.4, 0.61)
    with pdfplumber.open(BytesIO(survey_sheet(parcels, Plan(0.2, (crossing,))))) as file:
        [page] = file.pages
        [word] = [one for one in page.extract_words() if one["text"].startswith("114.0125")]
        [last] = [one for one in page.extract_words() if one["text"].endswith(names[1])]
    assert last["x1"] < word["x0"]
