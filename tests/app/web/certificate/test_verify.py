"""The page behind the QR code of a certificate; later editions are synthetic."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings import Settings
from app.web.app import create_app
from app.web.certificate.link import Link, Prints, link_text, read_link
from app.web.certificate.query import PriceCertificateQuery, ValueCertificateQuery
from geo.editions.publish import publish
from tests.app.web.certificate.reading import ISSUED, drawn_by_pdfium, link_of
from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.app.conftest import Start

PLACE: Final = {"lon": f"{LON}", "lat": f"{LAT}"}
PARCEL: Final = {**PLACE, "use": "commercial", "remaining_years": "20", "factor": "形状:0.98"}


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory, start: Start) -> Iterator[TestClient]:
    """A service of the shipped edition and of one that followed, with other prices."""
    root = tmp_path_factory.mktemp("renewed")
    publish([DATA, write_edition(root / "2024", 2024, share=0.1)], root / "data")
    with start(create_app(Settings(data=root / "data"))) as client:
        yield client


@pytest.fixture(scope="module")
def later_alone(tmp_path_factory: pytest.TempPathFactory, start: Start) -> Iterator[TestClient]:
    """A service of the later edition alone."""
    folder = write_edition(tmp_path_factory.mktemp("later") / "2024", 2024, share=0.1)
    with start(create_app(Settings(data=folder))) as client:
        yield client


def linked(client: TestClient, path: str, **asked: str) -> str:
    """Return the query string of a certificate's link, as its QR code has it."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    address = urlsplit(link_of(drawn_by_pdfium(answer.content, 300)))
    assert address.path == "/verify"
    return address.query


def page_of(client: TestClient, query: str, *, status: int = 200) -> str:
    answer = client.get(f"/verify?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert not re.search(r"<script|style=|<style| on\w+=", answer.text)
    return unescape(answer.text)


def changed(query: str, **others: str) -> str:
    return urlencode(dict(parse_qsl(query)) | others)


@pytest.mark.slow
def test_the_figures_are_computed_again(valuer: TestClient) -> None:
    query = linked(valuer, "/v1/price.pdf", **PLACE)
    page = page_of(valuer, query)
    assert "数据一致" in page
    assert "仍为现行版本" in page
    for price in valuer.get("/v1/price", params=PLACE).json()["prices"]:
        assert f"<strong>{price['ground_price_cny_m2']:,}</strong>" in page
        assert price["code"] in page
    english = page_of(valuer, changed(query, lang="en"))
    assert "The data is the same" in english
    assert '<html lang="en">' in english


@pytest.mark.slow
def test_a_valuation_is_computed_again(valuer: TestClient) -> None:
    page = page_of(valuer, linked(valuer, "/v1/appraise.pdf", **PARCEL))
    asked = PARCEL | {"factor": [PARCEL["factor"]]}
    answer = valuer.post("/v1/appraise", json=asked).json()
    whole, _, decimals = answer["expected"]["ground_price_cny_m2"].partition(".")
    assert f"<strong>{int(whole):,}.{decimals}</strong>" in page
    assert "数据一致" in page
    assert "虚构" in page
    assert "形状" in page


@pytest.mark.slow
def test_a_certificate_outlives_its_edition(
    valuer: TestClient, renewed: TestClient, later_alone: TestClient
) -> None:
    query = linked(valuer, "/v1/price.pdf", **PLACE)
    page = page_of(renewed, query)
    assert "数据一致" in page
    assert "已被 411700-2024 取代（2024年7月1日 起执行）" in page
    assert "<strong>4,415</strong>" in page  # the notice's own
    page = page_of(later_alone, query)
    assert "已不再提供" in page
    assert "数据一致" not in page
    assert f"<strong>{round(4415 * 1.1):,}</strong>" in page


@pytest.mark.slow
def test_a_day_that_no_certificate_is_given_for_is_not_verified(valuer: TestClient) -> None:
    parcel = {"code": "411700G60001", "remaining_years": "20"}  # of a use without an index
    query = linked(valuer, "/v1/appraise.pdf", **parcel, as_of="2024-05-01", date="2022-06-01")
    assert "数据一致" in page_of(valuer, query)  # for the edition was named
    alone = urlencode([pair for pair in parse_qsl(query) if pair[0] != "as_of"])
    page = page_of(valuer, alone, status=422)
    assert "no index carries the prices of 411700-2022 there" in page
    assert "数据一致" not in page


@pytest.mark.slow
def test_other_data_is_told(valuer: TestClient) -> None:
    query = linked(valuer, "/v1/appraise.pdf", **PARCEL)
    page = page_of(valuer, changed(query, sha256="0" * 16))
    assert "数据不一致" in page
    assert "数据一致" not in page
    page = page_of(valuer, changed(query, coefficients="0" * 16))
    assert "修正系数不一致" in page
    assert "数据一致" not in page


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"kind": "gift"}, "it must be price or value"),
        ({"sha256": "x"}, "16 hexadecimal digits"),
        ({"coefficients": "xyz"}, "16 hexadecimal digits"),
        ({"issued": "2026-02-30T10:00:00+08:00"}, "a time in China"),
        ({"issued": "2026-01-31"}, "a time in China"),
        ({"edition": "999999-2022"}, "it must be one of 411700"),
        ({"lat": "<b>"}, "it must be a number"),
        ({"as_of": "x"}, "a date like"),
        ({"price": "1"}, "price is not a parameter"),
        ({"packed": "%%%"}, "as the certificate has it"),
        ({"packed": "AAAA"}, "as the certificate has it"),
        ({"at": "文明大道东侧"}, "leave out"),
    ],
)
def test_a_damaged_link_is_told(client: TestClient, others: dict[str, str], says: str) -> None:
    query = link_text(
        Link(
            PriceCertificateQuery.model_validate(PLACE),
            "411700-2022",
            Prints("0" * 16, ""),
            ISSUED,
        )
    )
    page = page_of(client, changed(query, **others), status=422)
    assert "不能核验" in page
    assert says in page
    assert "<b>" not in page.replace("'<b>'", "")


def test_a_link_without_all_of_it_is_told(client: TestClient) -> None:
    assert "kind is missing" in page_of(client, "", status=422)
    assert "edition is missing" in page_of(client, "kind=price", status=422)
    assert "is given 2 times" in page_of(client, "kind=price&lon=1&lon=2", status=422)


TEXTS: Final = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)


@settings(deadline=None)
@given(
    names=st.lists(
        TEXTS.filter(lambda name: not {":", "："} & set(name)), unique=True, max_size=20
    ),
    lang=st.sampled_from(["zh", "en"]),
    known=st.lists(st.sampled_from(["north_of:开源大道", "east_of:文明大道"]), unique=True),
)
def test_a_link_is_read_as_it_was_written(names: list[str], lang: str, known: list[str]) -> None:
    asked = {
        **PLACE,
        "use": "商服用地",
        "crs": "gcj02",
        "plot_ratio": "2.50",
        "date": "2024-05-01",
        "factor": [f"{name}:0.98" for name in names],
        "known": known,
        "lang": lang,
    }
    query = ValueCertificateQuery.model_validate(asked)
    link = Link(query, "411700-2022", Prints("0" * 16, "1" * 16), ISSUED)
    text = link_text(link)
    found = read_link(text)
    assert found == link
    assert len(text) < 2900  # what a QR code holds
