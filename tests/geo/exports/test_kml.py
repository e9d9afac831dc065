"""KML, read back as XML and by GDAL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pyogrio
import pytest
import shapely

from geo.fields import REGION_FIELDS
from geo.model import COMMERCIAL
from geo.network.boundary_lines import boundary_lines
from tests.exports import (
    COUNTS,
    LAYERS,
    check_polygons,
    check_position,
    crossings,
    expected_rows,
    exported,
    shipped,
    shipped_classes,
    written,
)
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    from geo.model import Use

KML = {"": "http://www.opengis.net/kml/2.2"}


@pytest.fixture(scope="module")
def document() -> ET.Element:
    root = ET.fromstring(exported("kml"))  # noqa: S314 - our own
    found = root.find("Document", KML)
    assert found is not None
    return found


def folder(document: ET.Element, name: str) -> list[ET.Element]:
    return document.findall(f"Folder[@id='{name}']/Placemark", KML)


def data_of(element: ET.Element) -> dict[str, str]:
    items = element.findall("ExtendedData/Data", KML)
    return {item.get("name", ""): item.findtext("value", "", KML) for item in items}


def positions(text: str) -> list[tuple[float, float]]:
    pairs = [tuple(map(float, place.split(","))) for place in text.split()]
    return [(lon, lat) for lon, lat in pairs]


def test_it_is_utf_8_and_says_so() -> None:
    assert exported("kml").startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<kml ')
    assert "商服用地" in exported("kml").decode("utf-8")


@pytest.mark.parametrize("use", list(USES))
def test_regions_come_back_whole(document: ET.Element, use: Use) -> None:
    placemarks = folder(document, f"standard_regions_{use}")
    assert len(placemarks) == COUNTS[use]
    polygons = {}
    for placemark in placemarks:
        found = data_of(placemark)
        row = expected_rows(use)[found["code"]]
        assert found == {k: "" if v is None else str(v) for k, v in row.items()}
        name = placemark.findtext("name", "", KML)
        assert name == f"{row['code'][6:]} {row['ground_price_cny_m2']}元/㎡"
        text = placemark.findtext("Polygon/outerBoundaryIs/LinearRing/coordinates", "", KML)
        polygons[found["code"]] = shapely.Polygon(positions(text))
        assert polygons[found["code"]].exterior.is_ccw
        description = placemark.findtext("description", "", KML)
        table = ET.fromstring(description)  # noqa: S314 - our own
        cells = {tr.findtext("th"): tr.findtext("td") for tr in table.iter("tr")}
        assert cells == {f.title_zh: found[f.name] for f in REGION_FIELDS}
    check_polygons(polygons, use)


@pytest.mark.parametrize("use", list(USES))
def test_polygons_have_the_colour_of_their_class(document: ET.Element, use: Use) -> None:
    for placemark in folder(document, f"standard_regions_{use}"):
        price = int(data_of(placemark)["ground_price_cny_m2"])
        style = placemark.findtext("styleUrl", "", KML).removeprefix("#")
        colour = document.findtext(f"Style[@id='{style}']/PolyStyle/color", "", KML)
        assert re.fullmatch("[0-9a-f]{8}", colour)
        blue, green, red = colour[2:4], colour[4:6], colour[6:8]
        assert f"#{red}{green}{blue}" == shipped_classes()[use].of(price).colour


def test_lines_and_parcels_are_there(document: ET.Element) -> None:
    lines = boundary_lines(shipped().regions, shipped().spellings)
    for placemark, line in zip(folder(document, "boundary_lines"), lines, strict=True):
        parts = placemark.findall("MultiGeometry/LineString/coordinates", KML)
        found = shapely.MultiLineString([positions(part.text or "") for part in parts])
        assert shapely.equals_exact(found, line.geometry, 1e-9)
        assert placemark.findtext("name", "", KML) == line.name
        assert data_of(placemark)["kind"] == line.kind
    parcels = folder(document, "standard_parcels")
    assert {data_of(placemark)["code"] for placemark in parcels} == crossings().keys()
    for placemark in parcels:
        [place] = positions(placemark.findtext("Point/coordinates", "", KML))
        check_position(shapely.Point(place), data_of(placemark)["code"], "EPSG:4326")
        assert "not a surveyed parcel" in data_of(placemark)["position"]


def test_every_style_that_is_named_exists(document: ET.Element) -> None:
    styles = {style.get("id") for style in document.findall("Style", KML)}
    used = {url.text.removeprefix("#") for url in document.iterfind(".//styleUrl", KML) if url.text}
    assert used <= styles


def test_it_says_what_it_is(document: ET.Element) -> None:
    description = document.findtext("description", "", KML)
    parcels = shipped()
    assert document.findtext("name", "", KML) == parcels.edition.title
    for part in (parcels.edition.document, parcels.attribution, parcels.sha256, "not surveyed"):
        assert part in description
    assert data_of(document)["valuation_date"] == str(parcels.edition.valuation_date)


def test_gdal_reads_folders_as_layers(tmp_path: Path) -> None:
    path = written("kml", tmp_path)
    names = [name for name, _ in pyogrio.list_layers(path)]
    assert len(names) == len(LAYERS)
    frame = pyogrio.read_dataframe(path, layer=names[0])
    assert frame.crs.to_epsg() == 4326
    polygons = {
        code: shapely.force_2d(polygon)
        for code, polygon in zip(frame["code"], frame.geometry, strict=True)
    }
    check_polygons(polygons, COMMERCIAL)
    assert set(frame["use_name"]) == {"商服用地"}
