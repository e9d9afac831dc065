"""The interactive map as text; what it does is tested in tests/browser."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.settings import Settings
from geo.model import INDUSTRIAL, GeometrySource
from geo.network.boundary_lines import boundary_lines
from geo.parcels import flat_properties, read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from maps.errors import MapError
from maps.interactive.base_maps import BaseMap
from maps.interactive.folium_map import SCRIPTS, STYLES, map_document, map_parts, standalone_html
from tests.uses import USES
from tests.written_maps import Elements, check_asks_for_nothing, check_policy, data_of, styles_of

if TYPE_CHECKING:
    from geo.parcels import Parcels

PARCELS = read_parcels(Settings().parcels)
CLASSES = read_price_classes(Settings().data / PRICE_CLASSES_FILE, {key: [1000] for key in USES})
HOSTILE = "<img src=x onerror=alert(1)>\"'`${1}</script><!--<script>"


@pytest.fixture(scope="module")
def script() -> str:
    return map_parts(PARCELS, CLASSES).script


@pytest.fixture(scope="module")
def page() -> str:
    return standalone_html(PARCELS, CLASSES)


def hostile_parcels() -> Parcels:
    edition = dataclasses.replace(PARCELS.edition, city=HOSTILE, document=HOSTILE)
    first, *others = PARCELS.regions
    bounds = dataclasses.replace(first.record.bounds, east=HOSTILE)
    record = dataclasses.replace(first.record, standard_parcel=HOSTILE, bounds=bounds)
    regions = (dataclasses.replace(first, record=record), *others)
    return dataclasses.replace(PARCELS, edition=edition, regions=regions, attribution=HOSTILE)


def test_the_same_data_give_the_same_bytes(page: str, script: str) -> None:
    assert standalone_html(PARCELS, CLASSES) == page
    assert map_parts(PARCELS, CLASSES).script == script
    assert not re.search(r"_[0-9a-f]{32}\b", script)


def test_ids_are_counted_and_the_data_left_alone() -> None:
    """Even a parcel whose name looks like folium's ids."""
    name = "map_" + "0123456789abcdef" * 2
    first, *others = PARCELS.regions
    record = dataclasses.replace(first.record, standard_parcel=name)
    regions = (dataclasses.replace(first, record=record), *others)
    parts = map_parts(dataclasses.replace(PARCELS, regions=regions), CLASSES)
    assert name in parts.script
    assert parts.div == '<div class="folium-map" id="map_1" ></div>'


def test_every_region_is_there_with_its_whole_record(script: str) -> None:
    layers = data_of(script)
    assert len(layers) == 4  # three uses, and the lines
    for use, layer in zip(USES, layers, strict=False):
        regions = [region for region in PARCELS.regions if region.use is use]
        assert [feature["id"] for feature in layer["features"]] == [r.code for r in regions]
        for feature, region in zip(layer["features"], regions, strict=True):
            assert feature["properties"] == json.loads(json.dumps(flat_properties(region)))
            ring = feature["geometry"]["coordinates"][0]
            for drawn, stored in zip(ring, region.polygon.exterior.coords, strict=True):
                assert drawn == pytest.approx(stored, abs=5.1e-7)
    assert sum(len(layer["features"]) for layer in layers[:3]) == len(PARCELS.regions) == 66


def test_colours_are_those_of_the_classes(script: str) -> None:
    for number, use in enumerate(USES):
        styles = styles_of(script, number)
        for region in (region for region in PARCELS.regions if region.use is use):
            style = styles[region.code]
            assert style["fillColor"] == CLASSES[use].of(region.record.ground_price_cny_m2).colour
            assert "dashArray" not in style


def test_every_line_is_there_coloured_by_kind_and_dashed_by_accuracy(script: str) -> None:
    lines = boundary_lines(PARCELS.regions, PARCELS.spellings)
    features = {feature["id"]: feature for feature in data_of(script)[3]["features"]}
    assert list(features) == [line.name for line in lines]
    styles = styles_of(script, 3)
    by_kind: dict[str, set[str]] = {}
    by_dash: dict[str, list[float]] = {}
    for line in lines:
        properties = features[line.name]["properties"]
        assert properties["kind"] == line.kind
        assert properties["accuracy_m"] == line.accuracy_m
        style = styles[line.name]
        by_kind.setdefault(line.kind, set()).add(f"{style['color']} {style['weight']}")
        by_dash.setdefault(style.get("dashArray", ""), []).append(line.accuracy_m)
    assert sorted(by_kind) == ["planned", "rail", "river", "road"]
    assert [len(found) for found in by_kind.values()] == [1, 1, 1, 1]
    assert len(set().union(*by_kind.values())) == 4
    assert max(by_dash[""]) <= 150 < min(by_dash["8 5"]) <= max(by_dash["8 5"]) <= 600
    assert min(by_dash["1 5"]) > 600


def places_of(script: str) -> dict[str, Any]:
    [data] = re.findall(r"\.\.\.(\{.*\}),\n", script)
    return {place["id"]: place for place in json.loads(data)["places"]}


def test_what_can_be_looked_for(script: str) -> None:
    found = places_of(script)
    assert len(found) == len(PARCELS.regions) + 59
    road = found["柏城路"]
    assert road == {
        "kind": "line",
        "id": "柏城路",
        "names": ["柏城路", "栢城路"],
        "pinyin": ["baichenglu", "bcl"],
    }
    region = found["411700S50005"]
    assert region["names"] == ["411700s50005", "s50005", "锦桂苑沿街商铺"]
    assert region["pinyin"] == ["jinguiyuanyanjieshangpu", "jgyyjsp"]
    assert region["location"] == "文明大道与慎阳路交叉口西南角"
    [placed] = [one for one in PARCELS.regions if one.code == "411700S50005"]
    assert placed.parcel_crossing is not None
    assert region["at"] == pytest.approx(list(placed.parcel_crossing[::-1]), abs=1e-6)
    names = {"京广线": "京广铁路", "铁路": "某铁路", "置地大道": "文明大道"}
    again = places_of(map_parts(PARCELS, CLASSES, names=names).script)
    assert again["京广铁路"]["names"] == ["京广铁路", "京广线"]
    drawn = {line.name for line in boundary_lines(PARCELS.regions, PARCELS.spellings)}
    assert drawn
    for found_in in (found, again):  # a drawn line is found as itself, whatever else it is called
        assert {id_ for id_, one in found_in.items() if one["kind"] == "line"} == drawn
    assert again["文明大道"]["names"] == ["文明大道"]


def test_the_legend_has_every_class_of_every_use(script: str) -> None:
    legends = re.findall(r'"(\w+)": \{\n\s*layer: geo_json_\d+, classes: (\[.*?\]),\n', script)
    assert {use: json.loads(classes) for use, classes in legends} == {
        use.code: [
            {"low": one.low_cny_m2, "high": one.high_cny_m2, "colour": one.colour}
            for one in CLASSES[use].classes
        ]
        for use in USES
    }


@pytest.mark.parametrize("source", [GeometrySource.SCHEMATIC, GeometrySource.OFFICIAL])
def test_the_map_knows_whether_anything_is_inferred(source: GeometrySource) -> None:
    regions = tuple(
        dataclasses.replace(region, geometry_source=GeometrySource.OFFICIAL)
        for region in PARCELS.regions[1:]
    )
    first = dataclasses.replace(PARCELS.regions[0], geometry_source=source)
    parcels = dataclasses.replace(PARCELS, regions=(first, *regions))
    said = source is GeometrySource.SCHEMATIC
    assert f'"schematic": {json.dumps(said)}' in map_parts(parcels, CLASSES).script


def test_a_use_without_regions_has_no_layer() -> None:
    regions = tuple(r for r in PARCELS.regions if r.use is not INDUSTRIAL)
    script = map_parts(dataclasses.replace(PARCELS, regions=regions), CLASSES).script
    assert len(data_of(script)) == 3
    assert '"industrial"' not in script


def test_the_file_asks_for_nothing(page: str) -> None:
    check_asks_for_nothing(page)
    assert not re.search(r"jQuery|bootstrap|cdnjs|jsdelivr|\$\(", page)


def test_the_policy_of_the_file_allows_what_is_in_it_alone(page: str) -> None:
    check_policy(page)


def test_language_and_title_of_the_file(page: str) -> None:
    elements = Elements(page)
    assert elements.all("html") == [{"lang": "zh-CN"}]
    assert elements.texts["title"] == elements.texts["h1"] == ["驻马店市标定地价图"]
    [viewport] = [meta for meta in elements.all("meta") if meta.get("name") == "viewport"]
    assert viewport["content"] == "width=device-width, initial-scale=1"


def test_names_cannot_become_html() -> None:
    parcels = hostile_parcels()
    page = standalone_html(parcels, CLASSES)
    elements = Elements(page)
    assert elements.texts["title"] == elements.texts["h1"] == [f"{HOSTILE}标定地价图"]
    assert {tag for tag, _ in elements.found} == {tag for tag, _ in Elements(page_of_all()).found}
    assert len(elements.all("script")) == len(SCRIPTS) + 1
    script = map_parts(parcels, CLASSES).script
    assert not re.search(r"[<>]", "".join(re.findall(r"_add\(.*", script)))
    first = data_of(script)[2]["features"][0]["properties"]
    assert first["standard_parcel"] == first["bound_east"] == HOSTILE


def page_of_all() -> str:
    return standalone_html(PARCELS, CLASSES)


def test_no_base_map_unless_asked_for(script: str) -> None:
    assert "tileLayer" not in script
    assert "http" not in script


def test_openstreetmap_as_base_map() -> None:
    page = standalone_html(PARCELS, CLASSES, base_maps=[BaseMap.OSM])
    assert "img-src data: https://tile.openstreetmap.org; " in page.replace("&#39;", "'")
    script = map_parts(PARCELS, CLASSES, base_maps=[BaseMap.OSM]).script
    [url] = re.findall(r"L\.tileLayer\(\s*\"([^\"]+)\"", script)
    assert url == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
    assert '"referrerPolicy": "strict-origin-when-cross-origin"' in script


def test_tianditu_as_base_map() -> None:
    """Map below labels, with the operator's key, which cannot break out of the address."""
    both = [BaseMap.TIANDITU, BaseMap.OSM, BaseMap.TIANDITU]
    script = map_parts(PARCELS, CLASSES, base_maps=both, tianditu_key='k&"{z}<').script
    urls = [json.loads(f'"{url}"') for url in re.findall(r"tileLayer\(\s*\"([^\"]+)\"", script)]
    assert [re.search(r"LAYER=(\w+)", url)[1] for url in urls[:2]] == ["vec", "cva"]  # type: ignore[index]
    assert len(urls) == 3
    for url in urls[:2]:
        assert re.match(r"https://t\{s\}\.tianditu\.gov\.cn/(vec|cva)_w/wmts\?", url)
        assert url.endswith("&tk=k%26%22%7Bz%7D%3C")
    assert re.findall(r"(\w+)_\d+\.addTo\(map_1\)", script) == ["geo_json"]  # the lines alone


def test_tianditu_needs_a_key() -> None:
    for make in (map_parts, standalone_html):
        with pytest.raises(MapError, match="tianditu needs a key") as caught:
            make(PARCELS, CLASSES, base_maps=[BaseMap.TIANDITU])
        assert caught.value.code == "map_invalid"


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_with_the_map_alone(lang: str) -> None:
    parts = map_parts(PARCELS, CLASSES)
    elements = Elements(map_document(PARCELS, parts, assets="assets/0a1b/", lang=lang))
    assert elements.all("html") == [{"lang": lang}]
    sources = [script.get("src") for script in elements.all("script")]
    assert sources == [f"assets/0a1b/{name}" for name in (*SCRIPTS, "city.js")]
    assert not any(elements.texts["script"])
    assert "style" not in elements.texts
    sheets = [link["href"] for link in elements.all("link") if link["rel"] == "stylesheet"]
    assert sheets == [f"assets/0a1b/{name}" for name in STYLES]


def test_the_parts_have_neither_style_nor_script_inside() -> None:
    parts = map_parts(PARCELS, CLASSES)
    [(tag, attributes)] = Elements(parts.div).found
    assert tag == "div"
    assert set(attributes) == {"class", "id"}
    assert "style=" not in parts.script
    assert "eval(" not in parts.script


def test_everything_the_map_needs_is_a_file() -> None:
    for path in (*SCRIPTS.values(), *STYLES.values()):
        assert path.is_file()
        text = path.read_text(encoding="utf-8")
        assert "innerHTML =" not in text or "leaflet" in path.name, path
        assert PARCELS.edition.city[:-1] not in text
