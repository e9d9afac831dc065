"""Certificates as independent programs read them: Poppler, PDFium, pdfplumber, zxing."""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pdfplumber
import pytest
from pyproj import Transformer

from app.errors import BusyError
from app.web.certificate.making import make_certificate
from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from app.web.served import Served
from app.web.turns import Turns
from geo.editions.publish import publish
from tests.app.web.certificate.reading import (
    BASE,
    ISSUED,
    by_poppler,
    drawn_by_pdfium,
    drawn_by_poppler,
    link_of,
    text_of,
)
from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.renewed import OFFICIAL, renew

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.app.conftest import Invoke, Refused
    from tests.app.web.certificate.reading import Make

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdftocairo") is None, reason="needs poppler-utils"),
]

WORDS: Final = "文明大道与慎阳路交叉口西南角"
UNSURE: Final = {"lon": 114.05, "lat": 32.993}
PARCEL: Final = {
    **UNSURE,
    "use": "commercial",
    "area_m2": "5000",
    "plot_ratio": "2.5",
    "remaining_years": 30,
    "date": "2024-05-01",
}
LONG: Final = [f"{chr(0x4E00 + 37 * i) * 19}{chr(0x5E00 + 31 * i) * 19}{i:02d}" for i in range(20)]
CASES: Final[dict[str, dict[str, Any]]] = {
    "several uses": {"lon": LON, "lat": LAT},
    "alternatives": {**UNSURE, "lang": "en"},
    "known": {**UNSURE, "known": ["west_of:兴业大道"]},
    "words": {"at": WORDS},
    "outside": {"lon": 115.0, "lat": 33.5},
    "the other side of the world": {"lon": -66.0, "lat": -33.0, "lang": "en"},
    "another system": {"lon": 114.02, "lat": 32.99, "crs": "gcj02"},
    "region": {"code": "411700S50002", "plot_ratio": "2.5", "lang": "en"},
    "parcel": {**PARCEL, "factor": ["街角地 corner", "形状:0.98"]},
    "parcel outside": {"lon": 115.0, "lat": 33.5, "use": "industrial", "area_m2": 10},
    "twenty long factors": {**PARCEL, "factor": [f"{name}:0.99" for name in LONG]},
    "most of all": {
        **PARCEL,
        "area_m2": "999999999.9999",
        "lang": "en",
        "factor": [f"{'W' * 38}{i:02d}:0.987654" for i in range(20)],
    },
}


@pytest.mark.parametrize("name", CASES)
def test_every_certificate_is_one_a4_page(certify: Make, tmp_path: Path, name: str) -> None:
    pdf = certify(**CASES[name])
    with pdfplumber.open(BytesIO(pdf)) as file:
        [page] = file.pages
        assert (page.width, page.height) == pytest.approx((595.28, 841.89), abs=0.1)
        outside = [c for c in page.chars if c["x0"] < 40 or c["x1"] > 556 or c["bottom"] > 810]
        assert not outside
        level = [c for c in page.chars if c["matrix"][1] == 0 and c["text"].strip()]
        assert min(c["size"] for c in level) > 4
    _, _, *fonts = by_poppler(pdf, tmp_path, "pdffonts").decode().splitlines()
    assert fonts
    for font in fonts:
        assert re.search(r"yes yes yes +\d+ +\d+$", font), font  # embedded, a subset, Unicode
    assert link_of(drawn_by_pdfium(pdf, 300)).startswith(f"{BASE}/verify?kind=")


def test_a_price_certificate_says_what_the_service_answers(
    valuer: TestClient, certify: Make, tmp_path: Path
) -> None:
    answer = valuer.get("/v1/price", params=UNSURE).json()
    text = text_of(certify(**UNSURE), tmp_path)
    first = answer["prices"][0]
    assert f"{first['ground_price_cny_m2']:,} 元/平方米" in text
    assert f"{first['floor_price_cny_m2']:,} 元/平方米" in text
    assert f"概率 {100 * first['probability']:.1f} %" in text
    [other] = first["alternatives"]
    assert f"{other['code']} {other['ground_price_cny_m2']:,} 元/平方米" in text
    for bound in first["bounds"].values():
        assert f"{bound['line']}（距 {bound['distance_m']:,.0f} 米" in text
        assert f"±{bound['accuracy_m']:,.0f} 米" in text
    for told in ("411700-2022", "驻政〔2023〕13", "不是公文", "2026 年 1 月 31 日 10:00:00"):
        assert told.replace(" ", "") in text.replace(" ", "")
    to_zone = Transformer.from_crs("EPSG:4326", "EPSG:4547", always_xy=True)
    easting_m, northing_m = to_zone.transform(UNSURE["lon"], UNSURE["lat"])
    assert f"东 {easting_m:,.2f} 米" in text
    assert f"北 {northing_m:,.2f} 米" in text


def test_a_valuation_says_what_the_service_answers(
    valuer: TestClient, certify: Make, tmp_path: Path
) -> None:
    answer = valuer.post("/v1/appraise", json=PARCEL).json()
    text = text_of(certify(**PARCEL), tmp_path)
    for name in ("ground_price_cny_m2", "floor_price_cny_m2", "total_cny"):
        for one in ("expected", "low", "high"):
            whole, _, decimals = answer[one][name].partition(".")
            assert f"{int(whole):,}.{decimals}" in text
    for step in answer["candidates"][0]["steps"]:
        assert step["formula"] in text
    assert "修正系数为虚构的示例数据" in text
    assert answer["coefficients"]["sha256"][:16] in text


def test_inferred_is_never_sure_and_official_is_named(certify: Make, tmp_path: Path) -> None:
    text = text_of(certify(lon=LON, lat=LAT), tmp_path)
    assert "概率 99.9 %" in text
    assert "100" not in re.findall(r"概率 (\d+)", text)
    folder = write_edition(tmp_path / "official", 2022, change=renew)
    served = Served.read(folder)
    query = ValueCertificateQuery.model_validate({"code": OFFICIAL})
    made = make_certificate(served, query, issued=ISSUED, base_url=BASE)
    text = text_of(made, tmp_path)
    assert f"{OFFICIAL}（主管部门提供的界线）" in text
    assert "推定" not in text
    with pdfplumber.open(BytesIO(made)) as file:
        assert len(file.pages) == 1


def test_the_same_input_and_time_give_the_same_bytes(valued: Served, certify: Make) -> None:
    first, second = certify(**PARCEL), certify(**PARCEL)
    assert first == second
    query = ValueCertificateQuery.model_validate(PARCEL)
    later = ISSUED + timedelta(seconds=1)
    assert make_certificate(valued, query, issued=later, base_url=BASE) != first


def test_two_programs_draw_the_same_page_and_read_the_same_link(
    certify: Make, tmp_path: Path
) -> None:
    pdf = certify(**PARCEL)
    pages = [drawn_by_pdfium(pdf, 300), drawn_by_poppler(pdf, 300, tmp_path)]
    one, two = (np.asarray(page.convert("L").resize((200, 283)), float) for page in pages)
    assert np.abs(one - two).mean() < 2
    assert np.abs(one - two).max() < 60
    first, second = map(link_of, pages)
    assert first == second


def test_texts_are_no_markup(certify: Make, tmp_path: Path) -> None:
    text = text_of(
        certify(**UNSURE, use="商服用地", factor=["#panic(1) *a* $x$ @b <c>:1"]), tmp_path
    )
    assert "#panic(1) *a* $x$ @b <c>" in text


def test_over_http(valuer: TestClient, refused: Refused) -> None:
    answer = valuer.get("/v1/price.pdf", params={"at": WORDS, "lang": "en"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert link_of(drawn_by_pdfium(answer.content, 300)).startswith("http://testserver/verify?")
    behind = {"x-forwarded-proto": "https", "x-forwarded-host": "land.example"}
    answer = valuer.get("/v1/appraise.pdf", params={"code": "411700S50002"}, headers=behind)
    assert link_of(drawn_by_pdfium(answer.content, 300)).startswith("https://land.example/verify?")
    for path, asked, code in (
        ("/v1/price.pdf", {"lon": "114"}, "missing"),
        ("/v1/price.pdf", {"lng": "114"}, "unknown_parameter"),
        ("/v1/price.pdf", {"lon": "114", "lat": "33", "lang": "fr"}, "invalid"),
        ("/v1/price.pdf", {"lon": "114", "lat": "33", "at": WORDS}, "at_and_coordinate"),
        ("/v1/appraise.pdf", {"lon": "114", "lat": "33"}, "missing"),
        ("/v1/appraise.pdf", {"code": "411700S50002", "plot_ratio": "0"}, "out_of_range"),
        ("/v1/appraise.pdf", {"code": "411700S50002", "factor": "😀:1"}, "glyph_missing"),
        ("/v1/appraise.pdf", {"code": "411700S50002", "area": "1"}, "unknown_parameter"),
    ):
        assert refused(path, asked, status=422).code == code


def test_who_would_wait_for_long_is_told_so(valued: Served) -> None:
    query = PriceCertificateQuery.model_validate(UNSURE)

    async def many() -> list[bytes | BaseException]:
        turns = Turns(8, "certificates are being made")

        async def made() -> bytes:
            with turns.turn():
                return await turns.run(
                    lambda: make_certificate(valued, query, issued=ISSUED, base_url=BASE)
                )

        found = await asyncio.gather(*(made() for _ in range(10)), return_exceptions=True)
        return [*found, await made()]  # whose turn it is again

    found = asyncio.run(many())
    assert [type(one) for one in found] == [*[bytes] * 8, *[BusyError] * 2, bytes]
    assert str(found[8]) == (
        "8 certificates are being made, the most at a time; try again in some seconds."
    )
    assert len({one for one in found if isinstance(one, bytes)}) == 1


def test_the_command_line_writes_the_same(
    certify: Make, invoke: Invoke, valued_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "of.pdf"
    options = ("--url", BASE, "--issued", ISSUED.isoformat(), "-o", str(path))
    written = invoke("certificate", WORDS, *options, data=valued_data)
    assert written.exit_code == 0, written.stderr
    assert path.read_bytes() == certify(at=WORDS)
    asked = ("--use", "commercial", "--area", "5000", "--date", "2024-05-01", "--lang", "en")
    written = invoke("certificate", "114.05", "32.993", *asked, *options, data=valued_data)
    assert written.exit_code == 0, written.stderr
    given = {"use": "commercial", "area_m2": "5000", "date": "2024-05-01", "lang": "en"}
    assert path.read_bytes() == certify(**UNSURE, **given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("114", "33", "--url", "land.example"), "https://"),
        (("114", "33", "--url", BASE, "--issued", "yesterday"), "2026-01-31T10:00:00+08:00"),
        (("114", "33", "--url", BASE, "--issued", "2026-02-30T10:00:00+08:00"), "a time in China"),
        (("114", "--at", WORDS, "--url", BASE), "in the place of LON and LAT"),
        (("114", "33", "--url", BASE, "--area", "5"), "use is missing"),
        (("114", "33", "--url", BASE, "--lang", "fr"), "'zh', 'en'"),
    ],
)
def test_the_command_line_refuses(
    invoke: Invoke, valued_data: Path, tmp_path: Path, given: tuple[str, ...], says: str
) -> None:
    path = tmp_path / "none.pdf"
    done = invoke("certificate", *given, "-o", str(path), data=valued_data)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not path.exists()


def test_the_edition_is_that_of_the_day_of_issue(invoke: Invoke, tmp_path: Path) -> None:
    folders = [write_edition(tmp_path / f"{year}", year) for year in (2022, 2024)]
    publish(folders, tmp_path / "data")
    path = tmp_path / "of.pdf"
    for issued, edition in (("2023-01-31", "411700-2022"), ("2025-01-31", "411700-2024")):
        options = ("--url", BASE, "--issued", f"{issued}T10:00:00+08:00", "-o", str(path))
        done = invoke("certificate", f"{LON}", f"{LAT}", *options, data=tmp_path / "data")
        assert done.exit_code == 0, done.stderr
        assert f"edition={edition}&" in link_of(drawn_by_pdfium(path.read_bytes(), 300))
        assert "出具时现行" in text_of(path.read_bytes(), tmp_path)
