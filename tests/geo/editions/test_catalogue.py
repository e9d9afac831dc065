"""Which edition answers: by city or place, and by day. All editions but 2022's are synthetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from geo.crs import Crs, from_wgs84
from geo.editions.catalogue import Catalogue, check_together, today
from geo.errors import CatalogueError, CoordinateError, NoEditionError, UnknownCityError
from geo.lookup.edition import OpenEdition
from geo.lookup.price import price_at, price_at_text
from geo.parcels import PARCELS_FILE
from tests.editions import another_city, write_edition
from tests.factories import EDITION, LAT, LON
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from geo.model import Edition

EAST_DEG = 2.0
"""How far to the east the invented city lies."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue[OpenEdition]:
    """Three years of the shipped city, and two of an invented one."""
    root = tmp_path_factory.mktemp("editions")
    folders = [
        write_edition(root / "2023", 2023, share=0.05),
        DATA,
        write_edition(root / "2021", 2021, share=-0.1, valid_to="2022-12-31"),
        another_city(root / "other", 2022, admin_code="999900", city="虚构市", east_deg=EAST_DEG),
        another_city(root / "later", 2024, admin_code="999900", city="虚构市", east_deg=EAST_DEG),
    ]
    editions = [OpenEdition.read(folder / PARCELS_FILE) for folder in folders]
    return Catalogue.of(editions, "411700")


def id_of(edition: OpenEdition) -> str:
    return edition.parcels.edition.id


def test_editions_are_in_order(catalogue: Catalogue[OpenEdition]) -> None:
    assert list(map(id_of, catalogue.editions)) == [
        *("411700-2021", "411700-2022", "411700-2023"),
        *("999900-2022", "999900-2024"),
    ]
    assert list(catalogue.by_city) == ["411700", "999900"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2021-07-01", "411700-2021"),
        ("2022-12-31", "411700-2021"),
        ("2023-04-24", "411700-2022"),
        ("2023-06-30", "411700-2022"),
        ("2023-07-01", "411700-2023"),
        ("2050-01-01", "411700-2023"),
    ],
)
def test_a_day_has_the_edition_in_force(
    catalogue: Catalogue[OpenEdition], day: str, expected: str
) -> None:
    assert id_of(catalogue.in_force("411700", date.fromisoformat(day))) == expected


@pytest.mark.parametrize(
    ("day", "told"),
    [("2021-06-30", "2021-07-01"), ("2023-01-01", "2022-12-31"), ("2023-04-23", "2022-12-31")],
)
def test_a_day_without_an_edition(catalogue: Catalogue[OpenEdition], day: str, told: str) -> None:
    with pytest.raises(NoEditionError, match=told):
        catalogue.in_force("411700", date.fromisoformat(day))


def test_without_a_day_the_newest_that_is_in_force_answers(
    catalogue: Catalogue[OpenEdition],
) -> None:
    assert id_of(catalogue.in_force("411700")) == "411700-2023"
    first = catalogue.by_id["411700-2021"]
    assert Catalogue.of([first]).in_force("411700") is first  # though its time has run out


def test_an_edition_to_come_does_not_answer_yet(tmp_path: Path) -> None:
    tomorrow = today() + timedelta(days=1)
    folder = write_edition(tmp_path / "next", tomorrow.year, effective_from=str(tomorrow))
    coming, now = (OpenEdition.read(one / PARCELS_FILE) for one in (folder, DATA))
    both = Catalogue.of([now, coming])
    assert both.in_force("411700") is now
    assert both.in_force("411700", tomorrow) is coming
    assert both.superseded_by(now, today()) is None
    assert both.superseded_by(now, tomorrow) is coming
    assert Catalogue.of([coming]).in_force("411700") is coming  # there is no other


def test_editions_before_and_after(catalogue: Catalogue[OpenEdition]) -> None:
    first, second, third, *_ = catalogue.editions
    assert catalogue.before(first) is None
    assert catalogue.before(second) is first
    assert catalogue.superseded_by(second, date(2023, 6, 30)) is None
    assert catalogue.superseded_by(second, date(2023, 7, 1)) is third
    assert catalogue.superseded_by(third, date(2050, 1, 1)) is None


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.GCJ02, Crs.BD09, Crs.EPSG_4547])
def test_a_coordinate_finds_its_city(catalogue: Catalogue[OpenEdition], crs: Crs) -> None:
    for east_deg, city in ((0.0, "411700"), (EAST_DEG, "999900")):
        lon, lat = from_wgs84(lon=LON + east_deg, lat=LAT, crs=crs)
        edition = catalogue.at(lon=lon, lat=lat, crs=crs)
        assert edition.parcels.edition.admin_code == city
        [first, *_] = price_at(edition, lon=lon, lat=lat, crs=crs).prices
        assert first.region.code == f"{city}S50002"


def test_a_place_beside_all_cities_has_the_nearest(catalogue: Catalogue[OpenEdition]) -> None:
    assert id_of(catalogue.at(lon=LON + 0.4 * EAST_DEG, lat=LAT)) == "411700-2023"
    assert id_of(catalogue.at(lon=LON + 0.6 * EAST_DEG, lat=LAT)) == "999900-2024"


def test_swapped_numbers_are_found_in_the_other_city(catalogue: Catalogue[OpenEdition]) -> None:
    lon, lat = LAT, LON + EAST_DEG
    edition = catalogue.at(lon=lon, lat=lat)
    with pytest.raises(CoordinateError, match="虚构市") as refused:
        price_at(edition, lon=lon, lat=lat)
    assert refused.value.code == "lon_lat_swapped"


@pytest.mark.parametrize("lon", [float("nan"), float("inf"), 1e9])
def test_no_coordinate_is_refused_by_the_default_city(
    catalogue: Catalogue[OpenEdition], lon: float
) -> None:
    edition = catalogue.at(lon=lon, lat=33.0)
    assert edition.parcels.edition.admin_code == "411700"
    with pytest.raises(CoordinateError):
        price_at(edition, lon=lon, lat=33.0)


def test_cities_whose_extents_overlap_are_told_apart(tmp_path: Path) -> None:
    other = another_city(
        tmp_path / "other", 2022, admin_code="999900", city="虚构市", east_deg=0.05
    )
    editions = [OpenEdition.read(folder / PARCELS_FILE) for folder in (DATA, other)]
    both = Catalogue.of(editions)
    for edition in editions:
        own = {region.code for region in edition.regions}
        outer = max(edition.regions, key=lambda one: abs(one.polygon.centroid.x - 114.05))
        place = outer.polygon.representative_point()
        found = both.at(lon=place.x, lat=place.y)
        assert {one.region.code for one in price_at(found, lon=place.x, lat=place.y).prices} <= own


def test_a_text_finds_its_city_where_it_has_a_coordinate(
    catalogue: Catalogue[OpenEdition],
) -> None:
    text = f"{LON + EAST_DEG}, {LAT}"
    assert id_of(catalogue.at_text(text)) == "999900-2024"
    words = "文明大道与慎阳路交叉口西南角"
    assert id_of(catalogue.at_text(words)) == "411700-2023"
    edition = catalogue.at_text(text, as_of=date(2023, 1, 1))
    [first, *_] = price_at_text(edition, text).prices
    assert first.region.code == "999900S50002"


@pytest.mark.parametrize("name", ["999900", "虚构市"])
def test_a_city_that_is_named_answers(catalogue: Catalogue[OpenEdition], name: str) -> None:
    assert catalogue.city(name) == "999900"
    assert id_of(catalogue.at(lon=LON, lat=LAT, city=name)) == "999900-2024"


def test_a_city_that_there_is_not(catalogue: Catalogue[OpenEdition]) -> None:
    with pytest.raises(UnknownCityError, match=r"'000000'.*411700 驻马店市, 999900 虚构市"):
        catalogue.city("000000")


def facts(year: int, **changed: object) -> Edition:
    own = {"valuation_date": date(year, 1, 1), "effective_from": date(year, 7, 1)}
    return replace(EDITION, **{**own, **changed})  # type: ignore[arg-type]


def test_editions_of_two_cities_may_be_in_force_together() -> None:
    check_together([facts(2030), facts(2030, admin_code="999901")], "999900")
    check_together([facts(2030, valid_to=date(2031, 6, 30)), facts(2031)], "999900")


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (facts(2030, document="二"), "two editions are called 999900-2030"),
        (facts(2031, effective_from=date(2030, 7, 1)), "both in force from 2030-07-01"),
        (facts(2031, effective_from=date(2031, 3, 1)), "valid to 2031-03-01.*2031-03-01 already"),
    ],
)
def test_editions_of_a_city_that_overlap_are_refused(second: Edition, told: str) -> None:
    first = facts(2030, valid_to=date(2031, 3, 1))
    with pytest.raises(CatalogueError, match=told):
        check_together([second, first], "999900")


def test_a_catalogue_has_an_edition_of_its_default_city() -> None:
    with pytest.raises(CatalogueError, match="has no edition"):
        Catalogue.of([])
    with pytest.raises(CatalogueError, match="000000"):
        Catalogue.of([OpenEdition.read(DATA / PARCELS_FILE)], "000000")
