"""The exported GeoPackage in a real QGIS: named, styled and correctly placed layers at once."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import shapely

from geo import open_edition
from geo.exports.areas import LEVELS, likely_areas
from geo.exports.formats import parse_format
from geo.exports.qgis_project import PROJECT
from geo.exports.writers import export_bytes
from geo.network.boundary_lines import boundary_lines
from geo.parcels import read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from tests.metric import metric
from tests.paths import DATA
from tests.processes import WAIT_S
from tests.uses import USES

if TYPE_CHECKING:
    from geo.model import Region, Use

pytestmark = pytest.mark.qgis


PARCELS: Final = read_parcels(DATA / "parcels.geojson")
CLASSES: Final = read_price_classes(DATA / PRICE_CLASSES_FILE, {key: [1000] for key in USES})
LAYERS: Final = (
    *(f"standard_regions_{use}" for use in USES),
    "boundary_lines",
    "standard_parcels",
    "likely_areas",
)
AREAS: Final = likely_areas(open_edition().field)
PYTHON: Final = "/usr/bin/python3"  # Debian's, for which python3-qgis is made


def of_use(use: Use) -> list[Region]:
    return [region for region in PARCELS.regions if region.use is use]


def has_qgis() -> bool:
    probe = [PYTHON, "-c", "import qgis.core"]
    return Path(PYTHON).exists() and not subprocess.run(probe, capture_output=True).returncode  # noqa: PLW1510, S603


@pytest.fixture(scope="module", params=["EPSG:4490", "EPSG:4547"])
def crs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def package(crs: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not has_qgis():
        told = "this test needs QGIS: Debian's packages python3-qgis and qgis-providers"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    path = tmp_path_factory.mktemp("qgis") / "prices.gpkg"
    content = export_bytes(PARCELS, CLASSES, parse_format("gpkg"), crs, AREAS, path.name)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def shown(package: Path) -> dict[str, Any]:
    return told_by_qgis("read.py", str(package), *LAYERS)


@pytest.fixture(scope="module")
def project(package: Path) -> dict[str, Any]:
    return told_by_qgis("read_project.py", str(package), PROJECT)


def told_by_qgis(script: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own script
        [PYTHON, str(Path(__file__).with_name(script)), *arguments],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        timeout=WAIT_S,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_every_layer_opens_named_and_where_it_should(shown: dict[str, Any], crs: str) -> None:
    lines = boundary_lines(PARCELS.regions, PARCELS.spellings)
    crossings = sum(region.parcel_crossing is not None for region in PARCELS.regions)
    counts = [*(len(of_use(use)) for use in USES), len(lines), crossings, len(AREAS)]
    assert [shown[name]["count"] for name in LAYERS] == counts
    for name in LAYERS:
        assert shown[name]["valid"]
        assert shown[name]["crs"] == crs
        assert "ODbL" in " ".join(shown[name]["rights"])
        assert shown[name]["labelled"]
    for use in USES:
        layer = shown[f"standard_regions_{use}"]
        polygons = [region.polygon for region in of_use(use)]
        placed = polygons if crs == "EPSG:4490" else [metric(polygon) for polygon in polygons]
        assert layer["extent"] == pytest.approx(
            shapely.total_bounds(placed).tolist(), abs=1e-6 if crs == "EPSG:4490" else 0.002
        )
        assert layer["title"].startswith(use.label)
        assert layer["aliases"]["ground_price_cny_m2"] == "地面单价（元/平方米）"


def test_the_project_shows_one_use_at_a_time(project: dict[str, Any], crs: str) -> None:
    assert project["read"]
    assert project["title"] == "驻马店市标定地价"
    assert project["crs"] == crs
    lines, uses = project["children"]
    assert lines["name"] == "标定区域界线"
    assert [group["name"] for group in uses["children"]] == [use.label for use in USES]
    assert [group["visible"] for group in uses["children"]] == [True, False, False]
    for group, use in zip(uses["children"], USES, strict=True):
        parcels, areas, regions = group["children"]
        assert regions["count"] == len(of_use(use))
        of_this_use = [one for one in AREAS if one.region.use == use]
        placed = [region for region in of_use(use) if region.parcel_crossing is not None]
        assert (parcels["count"], areas["count"]) == (len(placed), len(of_this_use))
        for layer in (parcels, areas, regions, lines):
            assert layer["valid"]
            assert layer["crs"] == crs
            assert layer["attribution"] == PARCELS.attribution
        assert not areas["visible"]
        assert regions["renderer"] == "graduatedSymbol"
        assert "code" in regions["display"]
        assert "ground_price_cny_m2" in regions["display"]
        assert "东至" in regions["tip"]


def test_regions_have_the_sheets_classes(shown: dict[str, Any]) -> None:
    for use in USES:
        layer = shown[f"standard_regions_{use}"]
        assert layer["renderer"] == "graduatedSymbol"
        expected = [[c.low_cny_m2, c.high_cny_m2, c.colour, c.label] for c in CLASSES[use].classes]
        found = layer["classes"]
        assert [row[2:] for row in found] == [row[2:] for row in expected]
        assert [row[0] for row in found[1:]] == [row[0] for row in expected[1:]]
        assert [row[1] for row in found[:-1]] == [row[1] for row in expected[:-1]]


def test_areas_are_drawn_by_probability(shown: dict[str, Any]) -> None:
    assert shown["likely_areas"]["renderer"] == "categorizedSymbol"
    assert [float(value) for value, _ in shown["likely_areas"]["classes"]] == list(LEVELS)


def test_lines_are_drawn_by_kind(shown: dict[str, Any]) -> None:
    assert shown["boundary_lines"]["renderer"] == "categorizedSymbol"
    kinds = {value for value, _ in shown["boundary_lines"]["classes"]}
    assert kinds >= {"road", "rail", "river", "planned"}
