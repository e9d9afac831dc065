"""GET /sheets/{use}.{format}: the gazette sheets over HTTP."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pdfplumber
import pytest
from PIL import Image

from app.settings import Settings
from app.web.app import create_app
from geo.symbology import PRICE_CLASSES_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import CityFolder, Invoke, Refused, Start

PDF = "/sheets/industrial.pdf"


@pytest.mark.slow
def test_a_sheet_is_what_the_command_line_writes(
    client: TestClient, invoke: Invoke, tmp_path: Path
) -> None:
    answer = client.get(PDF)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    written = invoke("sheet", "industrial", "-o", str(tmp_path / "sheet.pdf"))
    assert written.exit_code == 0
    assert (tmp_path / "sheet.pdf").read_bytes() == answer.content


@pytest.mark.slow
def test_every_format_is_what_it_says(
    invoke: Invoke, start: Start, city_folder: CityFolder
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    with start(create_app(Settings(data=city_folder.data))) as client:
        pdf, svg, png = (client.get(f"/sheets/commercial.{f}") for f in ("pdf", "svg", "png"))
    assert pdf.headers["content-type"] == "application/pdf"
    with pdfplumber.open(BytesIO(pdf.content)) as file:
        assert "S50016" in file.pages[0].extract_text()
    assert svg.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(svg.content).tag.endswith("svg")  # noqa: S314 - our own file
    assert png.headers["content-type"] == "image/png"
    with Image.open(BytesIO(png.content)) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.slow
def test_a_sheet_has_a_strong_etag_and_costs_nothing_when_it_is_known(client: TestClient) -> None:
    answer = client.get(PDF)
    etag = answer.headers["etag"]
    assert etag == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    known = client.get(PDF, headers={"if-none-match": f'"other", {etag}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    changed = client.get(PDF, headers={"if-none-match": '"other"'})
    assert changed.status_code == 200
    head = client.head(PDF)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == etag


@pytest.mark.slow
def test_many_who_ask_at_once_get_the_same_sheet_and_prices_meanwhile(start: Start) -> None:
    with start(create_app(Settings())) as fresh, ThreadPoolExecutor(48) as crowd:
        waiting = [crowd.submit(fresh.get, PDF) for _ in range(45)]
        price = crowd.submit(fresh.get, "/v1/price?lon=114.0127&lat=32.9930").result()
        assert price.status_code == 200
        assert not all(answer.done() for answer in waiting), "the price came before the sheets"
        assert len({answer.result().content for answer in waiting}) == 1


@pytest.mark.parametrize(
    "name", ["rural.pdf", "industrial.gif", "industrial.PDF", "INDUSTRIAL.pdf", "x.y.pdf"]
)
def test_a_sheet_that_there_is_not(refused: Refused, name: str) -> None:
    problem = refused(f"/sheets/{name}", {}, status=404)
    assert problem.code == "unknown_sheet"
    assert problem.message == (
        f"There is no sheet {name}; there are commercial, residential, industrial, each as"
        " pdf, svg, png."
    )


def test_a_use_that_the_edition_does_not_have(
    invoke: Invoke, start: Start, city_folder: CityFolder
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    with start(create_app(Settings(data=city_folder.data))) as client:
        answer = client.get(PDF)
        assert answer.status_code == 404
        assert "there are commercial, residential, each as" in answer.json()["error"]["message"]


def test_without_price_classes_some_are_chosen(
    invoke: Invoke, start: Start, city_folder: CityFolder
) -> None:
    assert invoke("build", "--layouts=40", data=city_folder.data).exit_code == 0
    (city_folder.data / PRICE_CLASSES_FILE).unlink()
    with start(create_app(Settings(data=city_folder.data))) as client:
        assert client.get("/sheets/commercial.pdf").status_code == 200
