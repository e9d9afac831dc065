"""DXF, read back by GDAL, by its tags, and by the library's own auditor."""

from __future__ import annotations

import dataclasses
from io import StringIO
from typing import TYPE_CHECKING, Any

import ezdxf
import pyogrio
import pytest
import shapely

from geo.errors import ExportError
from geo.exports.formats import FORMATS
from geo.exports.notes import notes_of
from geo.exports.writers import export_bytes
from geo.network.boundary_lines import boundary_lines
from tests.exports import (
    LAYERS,
    check_polygons,
    check_position,
    crossings,
    expected_rows,
    exported,
    placed,
    shipped,
    shipped_classes,
    written,
)
from tests.metric import METRIC
from tests.uses import USES

if TYPE_CHECKING:
    from ezdxf.document import Drawing


@pytest.fixture(scope="module", params=FORMATS["dxf"].crs(METRIC))
def crs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def entities(crs: str, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """Everything that is drawn, as GDAL reads it."""
    return pyogrio.read_dataframe(written("dxf", tmp_path_factory.mktemp("dxf"), crs))


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return ezdxf.read(StringIO(exported("dxf").decode("gbk")))  # type: ignore[attr-defined]


def drawn(drawing: Drawing, query: str) -> list[Any]:
    return list(drawing.modelspace().query(query))


def record_of(entity: Any) -> dict[str, str]:  # noqa: ANN401
    tags = entity.get_xdata("LANDPRICE")
    return dict(tag.value.split("=", 1) for tag in tags if tag.code == 1000)


def test_the_outlines_are_the_regions_in_metres(entities: Any, crs: str) -> None:  # noqa: ANN401
    """Outlines and texts, by GDAL alone: which price stands in which polygon."""
    for use in USES:
        layer = f"standard_regions_{use}"
        outlines = entities[entities["Layer"] == layer].geometry
        labels = entities[entities["Layer"] == f"{layer}_text"]
        rows = expected_rows(use)
        assert len(outlines) == len(labels) == len(rows)
        assert all(line.is_closed for line in outlines)
        texts = dict(zip(labels["Text"].str.split(" ").str[0], labels["Text"], strict=True))
        polygons = {}
        for code, outline in zip(rows, outlines, strict=True):
            polygons[code] = shapely.force_2d(shapely.Polygon(outline))
            price = rows[code]["ground_price_cny_m2"]
            assert texts[code[6:]] == f"{code[6:]} {price}"
        check_polygons(polygons, use, crs)


def test_every_attribute_is_extended_data_of_the_outline(drawing: Drawing) -> None:
    for use in USES:
        outlines = drawn(drawing, f'LWPOLYLINE[layer=="standard_regions_{use}"]')
        found = {record_of(outline)["code"]: record_of(outline) for outline in outlines}
        wanted = {
            code: {name: "" if value is None else str(value) for name, value in row.items()}
            for code, row in expected_rows(use).items()
        }
        assert found == wanted
        assert all(outline.closed for outline in outlines)


def test_chinese_is_gbk_as_the_file_says() -> None:
    content = exported("dxf")
    assert b"$DWGCODEPAGE\n  3\nANSI_936\n" in content
    assert "商服用地".encode("gbk") in content
    content.decode("gbk")


def test_a_character_beyond_gbk_is_escaped() -> None:
    first, *others = shipped().regions
    record = dataclasses.replace(first.record, standard_parcel="㐀é宗地©")
    parcels = dataclasses.replace(
        shipped(), regions=(dataclasses.replace(first, record=record), *others)
    )
    content = export_bytes(parcels, shipped_classes(), FORMATS["dxf"])
    assert "standard_parcel=\\U+3400é宗地(c)\n".encode("gbk") in content


def test_text_stands_in_its_region(drawing: Drawing) -> None:
    polygons = {r.code[6:]: placed(r.polygon, "EPSG:4547") for r in shipped().regions}
    for use in USES:
        for text in drawn(drawing, f'TEXT[layer=="standard_regions_{use}_text"]'):
            place = shapely.Point(*text.get_placement()[1].vec2)
            assert polygons[text.dxf.text.split()[0]].contains(place)


def test_lines_come_back_whole(entities: Any, crs: str) -> None:  # noqa: ANN401
    lines = boundary_lines(shipped().regions, shipped().spellings)
    drawn = entities[entities["Layer"] == "boundary_lines"].geometry
    wanted = [part for line in lines for part in placed(line.geometry, crs).geoms]
    assert len(drawn) == len(wanted)
    for one, other in zip(drawn, wanted, strict=True):
        assert shapely.equals_exact(shapely.force_2d(one), other, 0.001)
    names = entities[entities["Layer"] == "boundary_lines_text"]["Text"]
    assert list(names) == [line.name for line in lines], "Chinese is intact"


def test_parcels_lie_at_their_crossings(entities: Any, crs: str) -> None:  # noqa: ANN401
    points = entities[entities["Layer"] == "standard_parcels"].geometry
    for code, point in zip(crossings(), points, strict=True):
        check_position(shapely.force_2d(point), code, crs)


def test_the_drawing_is_sound_and_in_metres(drawing: Drawing) -> None:
    auditor = drawing.audit()
    assert not auditor.errors
    assert not auditor.fixes
    assert drawing.dxfversion == "AC1018"
    assert drawing.header["$INSUNITS"] == 6
    names = {layer.dxf.name for layer in drawing.layers}
    assert names >= {*LAYERS, *(f"{layer}_text" for layer in LAYERS), "notes"}
    assert drawing.layers.get("standard_regions_commercial").description.startswith("商服用地")


def test_one_use_is_visible_and_text_is_readable(drawing: Drawing) -> None:
    """Text in colour 7 is black on white and white on black."""
    shown = {layer.dxf.name for layer in drawing.layers if layer.is_on()}
    regions = {f"standard_regions_{use}" for use in USES}
    assert shown & regions == {"standard_regions_commercial"}
    assert {"boundary_lines", "standard_parcels", "notes"} <= shown
    for layer in drawing.layers:
        if layer.dxf.name.endswith("_text"):
            assert abs(layer.color) == 7
        assert abs(layer.color) != 2


def test_it_says_what_it_is(drawing: Drawing) -> None:
    notes = notes_of(shipped(), "EPSG:4547")
    values = {note.key: note.value.replace("©", "(c)") for note in notes}
    assert dict(drawing.header.custom_vars.properties) == values
    [text] = drawn(drawing, "MTEXT")
    said = text.plain_text()
    assert all(value in said for value in values.values())


def test_a_text_that_extended_data_cannot_hold_is_refused() -> None:
    first, *others = shipped().regions
    record = dataclasses.replace(first.record, parcel_location="路" * 120)
    parcels = dataclasses.replace(
        shipped(), regions=(dataclasses.replace(first, record=record), *others)
    )
    with pytest.raises(
        ExportError, match="parcel_location of 411700G60001 needs 256 bytes"
    ) as found:
        export_bytes(parcels, shipped_classes(), FORMATS["dxf"])
    assert found.value.code == "value_too_long"


def test_an_option_of_the_library_is_set_back() -> None:
    exported("dxf")
    assert not ezdxf.options.write_fixed_meta_data_for_testing  # type: ignore[attr-defined]
