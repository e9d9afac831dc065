"""CQL2 in both encodings, against the same conditions written in Python."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.web.ogc.crs import CRS84, from_served, served_crs, to_served
from app.web.ogc.filters import FilterError, matches, read_filter, within
from app.web.ogc.layers import Collection, layers_of
from geo.crs import Crs, from_wgs84
from geo.exports.layers import Layer
from geo.fields import Field
from tests.metric import METRIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.web.edition import LoadedEdition

    Holds = Callable[[dict[str, Any]], bool]

EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
POINT: Final = shapely.Point(114.0127, 32.9930)
AREA: Final = shapely.box(114.0, 32.98, 114.02, 33.0)


@pytest.fixture(scope="module")
def layers(edition: LoadedEdition) -> dict[str, Collection]:
    return {layer.name: layer for layer in layers_of(edition)}


def found(layer: Collection, text: str, language: str = "cql2-text", crs: str = CRS84) -> list[str]:
    chosen = matches(layer, read_filter(text, language, crs))
    return [
        one[layer.id_field] for one, holds in zip(layer.properties, chosen, strict=True) if holds
    ]


def wanted(layer: Collection, holds: Holds) -> list[str]:
    return [one[layer.id_field] for one in layer.properties if holds(one)]


def operation(name: str, *args: object) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


def named(name: str) -> dict[str, str]:
    return {"property": name}


def all_(_: dict[str, Any]) -> bool:
    return True


def none(_: dict[str, Any]) -> bool:
    return False


PRICE: Final = named("ground_price_cny_m2")
FLOOR: Final = named("floor_price_cny_m2")
EAST: Final = named("bound_east")
RATIO: Final = named("plot_ratio")

CONDITIONS: Final[list[tuple[str, dict[str, Any], Holds]]] = [
    (
        "ground_price_cny_m2 = 4415",
        operation("=", PRICE, 4415),
        lambda one: one["ground_price_cny_m2"] == 4415,
    ),
    (
        "ground_price_cny_m2 <> 4415",
        operation("<>", PRICE, 4415),
        lambda one: one["ground_price_cny_m2"] != 4415,
    ),
    (
        "4000 <= ground_price_cny_m2 and ground_price_cny_m2 < 5.0e3",
        operation("and", operation("<=", 4000, PRICE), operation("<", PRICE, 5000.0)),
        lambda one: 4000 <= one["ground_price_cny_m2"] < 5000,
    ),
    (
        "bound_east = '京广铁路'",
        operation("=", EAST, "京广铁路"),
        lambda one: one["bound_east"] == "京广铁路",
    ),
    (
        "standard_parcel > '商'",
        operation(">", named("standard_parcel"), "商"),
        lambda one: one["standard_parcel"] > "商",
    ),
    (
        "bound_east = bound_west OR bound_north <> bound_south",
        operation(
            "or",
            operation("=", EAST, named("bound_west")),
            operation("<>", named("bound_north"), named("bound_south")),
        ),
        all_,
    ),
    (  # AND binds closer than OR
        "bound_east = '京广铁路' OR placement = 'free' AND ground_price_cny_m2 > 3000",
        operation(
            "or",
            operation("=", EAST, "京广铁路"),
            operation(
                "and", operation("=", named("placement"), "free"), operation(">", PRICE, 3000)
            ),
        ),
        lambda one: (
            one["bound_east"] == "京广铁路"
            or (one["placement"] == "free" and one["ground_price_cny_m2"] > 3000)
        ),
    ),
    (
        "(bound_east = '京广铁路' OR placement = 'free') AND ground_price_cny_m2 > 3000",
        operation(
            "and",
            operation(
                "or", operation("=", EAST, "京广铁路"), operation("=", named("placement"), "free")
            ),
            operation(">", PRICE, 3000),
        ),
        lambda one: (
            (one["bound_east"] == "京广铁路" or one["placement"] == "free")
            and one["ground_price_cny_m2"] > 3000
        ),
    ),
    (
        "NOT (bound_east = '京广铁路' AND ground_price_cny_m2 > 3000)",
        operation(
            "not", operation("and", operation("=", EAST, "京广铁路"), operation(">", PRICE, 3000))
        ),
        lambda one: not (one["bound_east"] == "京广铁路" and one["ground_price_cny_m2"] > 3000),
    ),
    (  # NOT binds closer than AND
        "NOT bound_east = '京广铁路' AND ground_price_cny_m2 > 3000",
        operation(
            "and", operation("not", operation("=", EAST, "京广铁路")), operation(">", PRICE, 3000)
        ),
        lambda one: one["bound_east"] != "京广铁路" and one["ground_price_cny_m2"] > 3000,
    ),
    (
        "bound_east LIKE '%大道'",
        operation("like", EAST, "%大道"),
        lambda one: one["bound_east"].endswith("大道"),
    ),
    (
        "bound_east NOT LIKE '__大道'",
        operation("not", operation("like", EAST, "__大道")),
        lambda one: not (len(one["bound_east"]) == 4 and one["bound_east"].endswith("大道")),
    ),
    (
        "ground_price_cny_m2 BETWEEN 3000 AND 4000 AND plot_ratio BETWEEN -1 AND 9",
        operation(
            "and", operation("between", PRICE, 3000, 4000), operation("between", RATIO, -1, 9)
        ),
        lambda one: 3000 <= one["ground_price_cny_m2"] <= 4000,
    ),
    (
        "ground_price_cny_m2 NOT BETWEEN 3000 AND 4000",
        operation("not", operation("between", PRICE, 3000, 4000)),
        lambda one: not 3000 <= one["ground_price_cny_m2"] <= 4000,
    ),
    (
        "bound_east IN ('京广铁路', '文明大道')",
        operation("in", EAST, ["京广铁路", "文明大道"]),
        lambda one: one["bound_east"] in {"京广铁路", "文明大道"},
    ),
    (
        "bound_east NOT IN ('京广铁路')",
        operation("not", operation("in", EAST, ["京广铁路"])),
        lambda one: one["bound_east"] != "京广铁路",
    ),
    (
        "ground_price_cny_m2 / plot_ratio + 1 > 2 * 1000 - 1",
        operation(
            ">",
            operation("+", operation("/", PRICE, RATIO), 1),
            operation("-", operation("*", 2, 1000), 1),
        ),
        lambda one: one["ground_price_cny_m2"] / one["plot_ratio"] + 1 > 1999,
    ),
    ("floor_price_cny_m2 IS NULL", operation("isNull", FLOOR), none),
    (
        "floor_price_cny_m2 IS NOT NULL",
        operation("not", operation("isNull", FLOOR)),
        all_,
    ),
]


@pytest.mark.parametrize(("text", "tree", "holds"), CONDITIONS)
def test_conditions(
    layers: dict[str, Collection], text: str, tree: dict[str, Any], holds: Holds
) -> None:
    layer = layers["commercial"]
    expected = wanted(layer, holds)
    assert found(layer, text) == expected
    assert found(layer, json.dumps(tree), "cql2-json") == expected
    assert found(layer, json.dumps(tree, ensure_ascii=False), "cql2-json") == expected


@pytest.mark.parametrize(
    "tried", ["= 1", "<> 1", "< 1", "BETWEEN 1 AND 2", "IN (1)", "LIKE '1'", "+ 1 > 0"]
)
def test_what_is_said_of_nothing_is_unknown(layers: dict[str, Collection], tried: str) -> None:
    """And so is its contrary, as in SQL; industrial land has no floor price."""
    layer = layers["industrial"]
    condition = f"floor_price_cny_m2 {tried}"
    assert found(layer, condition) == []
    assert found(layer, f"NOT {condition}") == []
    assert found(layer, f"{condition} AND code = 'x'") == []
    assert found(layer, f"NOT ({condition} AND code = 'x')") == wanted(layer, all_)
    assert found(layer, f"{condition} OR code <> 'x'") == wanted(layer, all_)


RELATIONS: Final = (
    "intersects",
    "disjoint",
    "contains",
    "within",
    "touches",
    "crosses",
    "overlaps",
    "equals",
)


@pytest.mark.parametrize("relation", RELATIONS)
def test_geometries(layers: dict[str, Collection], relation: str) -> None:
    for layer in (layers["commercial"], layers["boundary_lines"]):
        for shape in (POINT, AREA, layer.geometries[0], shapely.MultiPoint([POINT, (114.0, 33.0)])):
            expected = [
                one[layer.id_field]
                for one, geometry in zip(layer.properties, layer.geometries, strict=True)
                if getattr(geometry, relation)(shape)
            ]
            text = f"S_{relation.upper()}(geometry, {shape.wkt})"
            assert found(layer, text) == expected
            tree = operation(f"s_{relation}", named("geometry"), shapely.geometry.mapping(shape))
            assert found(layer, json.dumps(tree), "cql2-json") == expected


def test_relations_say_which_is_within_which(layers: dict[str, Collection]) -> None:
    layer = layers["commercial"]
    city = "POLYGON((113 32, 115 32, 115 34, 113 34, 113 32))"
    assert len(found(layer, f"S_WITHIN(geometry, {city})")) == 27
    assert found(layer, f"S_CONTAINS(geometry, {city})") == []
    assert len(found(layer, f"S_CONTAINS({city}, geometry)")) == 27


@pytest.mark.parametrize("crs", served_crs(METRIC))
def test_filters_in_every_crs(layers: dict[str, Collection], crs: str) -> None:
    layer = layers["commercial"]
    point, area = to_served(POINT, crs), to_served(AREA, crs)
    assert found(layer, f"S_INTERSECTS(geometry,{point.wkt})", crs=crs) == ["411700S50002"]
    expected = found(layer, f"S_INTERSECTS(geometry,{AREA.wkt})")
    assert found(layer, f"S_INTERSECTS(geometry,{area.wkt})", crs=crs) == expected
    inner = shapely.box(*shapely.buffer(point, 1e-6).bounds)
    corners = list(map(float, inner.bounds))
    tree = operation("s_intersects", named("geometry"), {"bbox": corners})
    text = f"S_INTERSECTS(geometry, BBOX({','.join(map(repr, corners))}))"
    assert found(layer, text, crs=crs) == ["411700S50002"]
    assert found(layer, json.dumps(tree), "cql2-json", crs) == ["411700S50002"]
    assert matches(layer, within(corners, crs)).count(True) == 1


def test_an_edge_is_straight_in_its_own_crs() -> None:
    """Three degrees off the central meridian a square's edges bend by more than a metre."""
    easting, northing = from_wgs84(lon=117.0, lat=33.0, crs=Crs.EPSG_4547)
    box = shapely.box(northing, easting, northing + 50_000, easting + 50_000)
    drawn = from_served(box, EPSG + "4547")
    back = to_served(drawn, EPSG + "4547")
    assert back.hausdorff_distance(box) < 1e-6
    corners = shapely.Polygon(
        [drawn.exterior.coords[i] for i in range(0, len(drawn.exterior.coords), 32)]
    )
    middle = from_served(shapely.Point(northing, easting + 25_000), EPSG + "4547")
    assert drawn.exterior.distance(middle) < 1e-9
    assert corners.exterior.distance(middle) > 1e-5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not cql2-text"),
        ("code =", "not cql2-text"),
        ("code = 'x' code = 'y'", "not cql2-text"),
        ("code == 'x'", "not cql2-text"),
        ("S_INTERSECTS(geometry, SRID=4326;POINT(1 2))", "not cql2-text"),
        ("S_INTERSECTS(geometry, POINT(1e999 2))", "is not cql2-text"),
        ("S_INTERSECTS(geometry, POLYGON((1 2,3 4)))", "A geometry in the filter is wrong"),
        ("nothing = 1", "no property 'nothing'"),
        ("code = 1", "compares what cannot be compared"),
        ("ground_price_cny_m2 = '4415'", "compares what cannot be compared"),
        ("ground_price_cny_m2 = TRUE", "compares what cannot be compared"),
        ("geometry = 1", "compares what cannot be compared"),
        ("plot_ratio LIKE '2%'", "compares what cannot be compared"),
        ("code LIKE 1", "compares what cannot be compared"),
        ("code + 1 > 2", "compares what cannot be compared"),
        ("S_INTERSECTS(geometry, code)", "compares what cannot be compared"),
        ("S_INTERSECTS(geometry, ENVELOPE(1 2 3 4))", "is not cql2-text"),
        ("code T_BEFORE DATE('2020-01-01')", "is not cql2-text"),
    ],
)
def test_wrong_filters(layers: dict[str, Collection], text: str, told: str) -> None:
    with pytest.raises(FilterError, match=told):
        found(layers["commercial"], text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "null",
        "{}",
        '{"op": "=", "args": []}',
        '{"op": "between", "args": [1]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3]}]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": ["x", 2, 3, 4]}]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [NaN, 2, 3, 4]}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"type":"Point","coordinates":5}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"type":"Cube","coordinates":[]}]}',
        "[" * 50_000,
        '{"op":"not","args":[' * 3000 + "true" + "]}" * 3000,
    ],
)
def test_wrong_json(layers: dict[str, Collection], text: str) -> None:
    with pytest.raises(FilterError):
        found(layers["commercial"], text, "cql2-json")


@pytest.mark.parametrize(
    "part", ["(", "NOT (", "NOT ", "-", "1+", "1^", "CASEI(", "code = (", "code = '))' AND ("]
)
def test_a_deep_filter_does_not_end_the_process(layers: dict[str, Collection], part: str) -> None:
    """The parser recurses until the stack is full, where the text may be long enough."""
    for length in (3_900, 5_000, 100_000):
        deep = part * (length // len(part) // 2)
        deep += "code = 'x'" + ")" * deep.count("(")
        with contextlib.suppress(FilterError):  # a wrong or a right filter, but an end
            found(layers["commercial"], deep)
    with pytest.raises(FilterError, match="at most 4000 characters"):
        found(layers["commercial"], part * 5_000)


def test_parentheses_change_nothing(layers: dict[str, Collection]) -> None:
    found_codes = found(layers["commercial"], "((((code = '411700S50002'))))")
    assert found_codes == ["411700S50002"]


def test_letters_of_any_case(layers: dict[str, Collection]) -> None:
    lower = "CASEI(code) = CASEI('411700s50002')"
    assert found(layers["commercial"], lower) == ["411700S50002"]


def test_other_languages_and_boxes() -> None:
    with pytest.raises(FilterError, match="cql2-text or cql2-json"):
        read_filter("code = 'x'", "cql-text", CRS84)
    with pytest.raises(FilterError, match="must be finite"):
        within([0.0, float("nan"), 1.0, 1.0], EPSG + "4547")
    with pytest.raises(ValueError, match="no place in the CRS"):
        from_served(shapely.Point(1e300, 1e300), EPSG + "4547")


_TEXTS: Final = st.text("abc'*?[]!\\%_ \n大道", max_size=8)


def _one(text: str) -> Collection:
    place = shapely.Point(114.0, 33.0)
    field = Field("name", "name", "名称", "Name")
    layer = Layer("one", "一", "one", CRS84, "Point", (field,), ({"name": text},), (place,))
    return Collection("one", "name", {"name": "string"}, place.bounds, lambda: layer)


@given(text=_TEXTS)
def test_any_text_can_be_quoted(text: str) -> None:
    quoted = text.replace("'", "''")
    assert found(_one(text), f"name = '{quoted}'") == [text]


@given(text=_TEXTS, start=st.integers(0, 8), end=st.integers(0, 8))
def test_like_takes_nothing_but_its_own_signs(text: str, start: int, end: int) -> None:
    def plain(part: str) -> str:
        return "".join(f"\\{one}" if one in "\\%_" else one for one in part)

    pattern = f"{plain(text[:start])}%{plain(text[start:])}"
    for tried, holds in (
        (plain(text), True),
        (pattern, True),
        ("_" * len(text), True),
        ("_" * (len(text) + 1), False),
        (plain(text[:end]), end >= len(text)),
    ):
        tree = operation("like", named("name"), tried)
        assert bool(found(_one(text), json.dumps(tree), "cql2-json")) is holds


def test_patterns_take_no_more_time_the_more_they_ask(layers: dict[str, Collection]) -> None:
    pattern = "%大" * 200
    assert found(layers["commercial"], f"parcel_location LIKE '{pattern}'") == []
    assert found(_one("大" * 5000), f"name LIKE '{pattern}x'") == []
