"""The public functions for one edition and one point."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import geo
from geo import Certainty, Crs, OpenEdition, open_edition, price_at
from geo.errors import CoordinateError, NoEditionError, ParcelsError, UnknownUseError
from geo.model import COMMERCIAL, INDUSTRIAL
from tests.paths import DATA
from tests.processes import run_script

if TYPE_CHECKING:
    from pathlib import Path

PLACE: dict[str, Any] = {"lon": 114.0127, "lat": 32.9930}


@pytest.fixture(scope="module")
def edition() -> OpenEdition:
    return open_edition()


@pytest.mark.parametrize("path", [DATA, str(DATA), DATA / "parcels.geojson"])
def test_an_edition_is_opened_by_its_file_or_folder(path: Path | str, edition: OpenEdition) -> None:
    assert open_edition(path).parcels == edition.parcels


def test_no_edition_there(tmp_path: Path) -> None:
    with pytest.raises(ParcelsError, match=r"parcels\.geojson"):
        open_edition(tmp_path)


def test_a_price(edition: OpenEdition) -> None:
    result = price_at(edition, **PLACE)
    assert (result.lon, result.lat, result.crs) == (*PLACE.values(), Crs.WGS84)
    assert result.covered
    assert result.edition.valuation_date == date(2022, 1, 1)
    commercial, residential = result.prices
    assert (commercial.code, commercial.use) == ("411700S50002", COMMERCIAL)
    assert (commercial.ground_price_cny_m2, commercial.floor_price_cny_m2) == (4415, 2208)
    assert (commercial.plot_ratio, commercial.tenure_years) == (2.0, 40)
    assert commercial.certainty is Certainty.INSIDE
    assert residential.code == "411700Z70007"
    assert [near.region.use for near in result.nearest] == [INDUSTRIAL]


def test_a_result_does_not_change(edition: OpenEdition) -> None:
    result: Any = price_at(edition, **PLACE)
    with pytest.raises(AttributeError):
        result.lon = 0.0
    with pytest.raises(AttributeError):
        result.prices[0].certainty = "inside"


@pytest.mark.parametrize("use", ["commercial", COMMERCIAL])
@pytest.mark.parametrize("crs", ["wgs84", "WGS84", Crs.WGS84, "cgcs2000"])
def test_names_stand_for_values(edition: OpenEdition, crs: str, use: str) -> None:
    result = price_at(edition, **PLACE, crs=crs, use=use)
    assert [price.code for price in result.prices] == ["411700S50002"]
    assert result.nearest == ()


def test_no_price_far_away(edition: OpenEdition) -> None:
    result = price_at(edition, lon=0.0, lat=0.0)
    assert not result.covered
    assert result.prices == ()
    assert len(result.nearest) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"lon": float("nan")}, CoordinateError, "lon must be from -180 to 180"),
        ({"lon": 32.9930, "lat": 114.0127}, CoordinateError, "swapped they lie in"),
        ({"crs": "wgs48"}, CoordinateError, "crs is 'wgs48', which is none of wgs84,"),
        ({"use": "farm"}, UnknownUseError, "use is 'farm'; it must be commercial, residential or"),
        ({"as_of": date(2020, 1, 1)}, NoEditionError, "the first edition is in force from"),
    ],
)
def test_what_is_refused(
    edition: OpenEdition, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        price_at(edition, **PLACE | arguments)


def test_public_names() -> None:
    assert dir(geo) == geo.__all__ == sorted(geo.__all__)
    assert all(getattr(geo, name).__doc__ for name in geo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'price'"):
        _ = geo.price


def test_the_package_alone_imports_nothing_slow() -> None:
    script = "import sys, geo; print(*sys.modules)"
    assert not {"numpy", "pandas", "shapely"} & set(run_script(script).split())
