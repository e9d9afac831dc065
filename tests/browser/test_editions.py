"""The page of a service with several editions. All but 2022's are synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from geo.editions.publish import publish
from tests.editions import another_city, write_edition
from tests.factories import LAT, LON
from tests.paths import DATA
from tests.processes import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


def test_an_answer_tells_the_price_before(
    visit: Open, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    later = write_edition(tmp_path / "later", 2023, share=0.05)
    other = another_city(tmp_path / "other", 2024, admin_code="999900", city="虚构市", east_deg=2.0)
    publish([DATA, later, other], data)
    monkeypatch.setenv("LANDPRICE_DATA", str(data))
    with serving(tmp_path / "log", command, "serve") as service:
        page = visit(f"{service.url}/?lon={LON}&lat={LAT}").page
        before = page.locator('[data-field="previous"]')
        expect(before).to_have_text("上一版 4415 元/平方米，+5.0 %")
        expect(page.locator('[data-field="ground_price_cny_m2"]').first).to_have_text("4636")
        page.goto(f"{service.url}/?lang=en&lon={LON}&lat={LAT}")
        expect(before).to_have_text("the edition before: 4415 yuan per m², +5.0 % since")
        # A place in another city has that city's price, and the day on which it was valued.
        page.goto(f"{service.url}/?lon={LON + 2}&lat={LAT}")
        expect(page.locator(".headline")).to_contain_text("2024-01-01 估价")
        expect(before).to_have_count(0)
