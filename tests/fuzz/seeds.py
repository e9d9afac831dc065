"""Where fuzzing starts: small good files of every kind, made from the shipped data.

And some that are not good: what was found before, as the bytes that were changed in a good one.
"""

from __future__ import annotations

import html
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import ezdxf
import geopandas
import pyogrio
import shapely

from app.web.batch.media_types import MediaType
from tests.app.web.batch.bodies import POINTS, body_of
from tests.fuzz.files import (
    DOCUMENT,
    SHAPEFILE,
    SHEET,
    document_parts,
    packed,
    table,
    workbook_parts,
)
from tests.geo.survey.test_read import GPX, POSITION, photo
from tests.paths import DATA, GAZETTE_ISSUE

if TYPE_CHECKING:
    from collections.abc import Iterator

_REGIONS: Final = 12  # those of industrial land, a whole use
_WORDS: Final = (
    *("文明大道与慎阳路交叉口西南角", "文明大道东侧", "南邻置地大道、北邻开源大道"),
    *("甲路、乙路、丙路、丁路围合区域", "32°59′34.8″N 114°00′45.7″E", "114.0127, 32.9930"),
    *('{"lng": 114.0127, "lat": 32.993}', "SRID=4490;POINT (114.0127 32.9930)", "geo:33,114"),
    *("https://uri.amap.com/marker?position=114.0127,32.9930&name=x", "X=3652000 Y=501869"),
    *("https://api.map.baidu.com/marker?location=32.99,114.02&coord_type=bd09ll", "文明大道"),
    *("114.02 32.955\nnorth_of:练江河", "文明大道东侧\n开源大道以北"),
)

_LINK: Final = (
    "edition=411700-2022&sha256=89f05edfd093f3bb&issued=2026-01-31T10:00:00%2B08:00&lang=zh"
)
_LINKS: Final = (
    f"kind=price&{_LINK}&lon=114.0127&lat=32.993&known=north_of%3A%E5%BC%80%E6%BA%90%E5%A4%A7%E9%81%93",
    f"kind=value&{_LINK}&coefficients=ae34f291e18fe9bf&code=411700S50002&factor=a%3A1.1&factor=b",
    f"kind=value&{_LINK}&packed=i45WSs5PSVXSUTIxNDQ3MAg2NTAwMFKK1YlWSktMLskvAso83bvoedc2KwM9Swul2FgA",
)

_FOUND: Final[dict[str, tuple[bytes, bytes]]] = {
    "batch_parquet": (b"%\x02\x18\x03lon", b"%;\x18\x03lon"),
    "gazette_docx": (b"w:body", b"w:bodi"),
    "gazette_xlsx": (b'r="A1"', b'r="XFD1048576"'),
    "network_dxf": (b"\nB\n", b"\nC\n"),
    "network_geojson": (b"33.01 ", b"31.01 "),
    "regions_geojson": (b"[ [ [ 1", b"[ [ [ 2"),
    "survey_csv": (b"place", b"pl\x87ce"),
    "survey_geojson": (b"[ 114.0, 33.0 ]", b"[ 28.0, 33.0 ]"),
    "survey_gpx": (b'<trkpt lat="33.01" lon="114.002"></trkpt>', b""),
}


def seeds(target: str) -> list[bytes]:
    """Return where to start with a target, by its name."""
    good = _good(target)
    if target not in _FOUND:
        return good
    before, after = _FOUND[target]
    assert before in good[0], target
    return [*good, good[0].replace(before, after, 1)]


def _good(target: str) -> list[bytes]:
    kind, _, form = target.partition("_")
    match kind:
        case "notice":
            found = [(DATA / "gazette" / "2022.toml").read_bytes()]
        case "words":
            found = [text.encode() for text in _WORDS]
        case "link":
            found = [text.encode() for text in _LINKS]
        case "gazette":
            found = list(_gazettes(form))
        case "batch":
            found = list(_bodies(MediaType[form.upper()]))
        case "deals":
            found = [_deals(form)]
        case "survey":
            found = [_observed(form)]
        case "centrelines" | "network":
            found = [_lines(form or "geojson")]
        case _:
            found = [_polygons(form)]
    return found


def _deals(form: str) -> bytes:
    """Return some deals, which are invented."""
    deals = [
        {
            "lon": 114.0127,
            "lat": 32.993,
            "use": "商服用地",
            "date": "2024-05-01",
            "price_cny_m2": 45,
        },
        {"lon": "", "code": "411700S50002", "date": "2024年5月1日", "price_cny_m2": 4500.25},
    ]
    if form == "json":
        return json.dumps(deals, ensure_ascii=False).encode()
    names = ("lon", "lat", "code", "use", "date", "price_cny_m2", "plot_ratio", "remaining_years")
    lines = [",".join(str(deal.get(name, "")) for name in names) for deal in deals]
    return "\n".join([",".join(names), *lines]).encode()


def _gazettes(form: str) -> Iterator[bytes]:
    rows = table()
    match form:
        case "tsv":
            yield "\n".join("\t".join(cells) for cells in rows).encode()
            yield "\n".join("|".join(["", *cells, ""]) for cells in rows).encode("gb18030")
            yield GAZETTE_ISSUE.read_bytes()[:6000]
        case "csv":
            yield "\n".join(",".join(cells) for cells in rows).encode("gb18030")
        case "html":
            lines = ("".join(f"<td>{html.escape(c)}</td>" for c in cells) for cells in rows)
            yield ("<table><tr>" + "<tr>".join(lines) + "</table>").encode()
            yield b"<table><tr><td rowspan=2 colspan=3>x<td>y<tr><td>z</table>"
        case "docx":
            yield document_parts()[DOCUMENT]
        case "xlsx":
            yield workbook_parts()[SHEET]


def _bodies(kind: MediaType) -> Iterator[bytes]:
    body = body_of(POINTS, kind)
    for choice in range(4):
        yield bytes([choice]) + body
    if kind is MediaType.CSV:
        yield b"\x10at,x\n" + "文明大道东侧,1\n".encode()
        yield b"\x20lon,lat,known\n" + "114.02,32.955,north_of:练江河\n".encode()


def _observed(form: str) -> bytes:
    if form == "gpx":
        return GPX.encode()
    if form == "csv":
        return "place,lon,lat,error_m\n文明大道与置地大道交叉口,114.01,33.0,5\n".encode()
    course = shapely.LineString([(114.0, 33.0), (114.001, 33.02), (114.0, 33.04)])
    features = {"name": ["文明大道", "学院路东侧"], "error_m": [10.0, 20.0]}
    frame = geopandas.GeoDataFrame(
        features, geometry=[course, shapely.Point(114.0, 33.0)], crs="EPSG:4326"
    )
    if form == "jpg":
        with TemporaryDirectory() as folder:
            path = photo(
                Path(folder, "文明大道与置地大道交叉口.jpg"), POSITION, "2026:11:29 10:00:00"
            )
            return path.read_bytes()
    return _written(frame, form)


def _lines(form: str) -> bytes:
    """Return two streets that cross, in several pieces."""
    courses = {
        "文明大道": [[(114.0, 32.99), (114.0, 33.0)], [(114.0, 33.0), (114.001, 33.01)]],
        "开源大道": [[(113.99, 33.0), (114.01, 33.0)]],
    }
    pieces = [(name, piece) for name, parts in courses.items() for piece in parts]
    if form == "dxf":
        drawing = ezdxf.new("R2000")  # type: ignore[attr-defined]
        space = drawing.modelspace()
        for name, piece in pieces:
            space.add_lwpolyline(piece, dxfattribs={"layer": name})
        block = drawing.blocks.new("B")
        block.add_line((0, 0), (0.001, 0))
        space.add_blockref("B", (114, 33), dxfattribs={"layer": "开源大道"})
        text = io.StringIO()
        drawing.write(text)
        return text.getvalue().encode()
    if form == "osm":
        return _openstreetmap(pieces)
    frame = geopandas.GeoDataFrame(
        {"name": [name for name, _ in pieces], "accuracy_m": 5.0},
        geometry=[shapely.LineString(piece) for _, piece in pieces],
        crs="EPSG:4326",
    )
    return _written(frame, form)


def _openstreetmap(pieces: list[tuple[str, list[tuple[float, float]]]]) -> bytes:
    nodes = list[str]()
    ways = list[str]()
    number = 0
    for name, piece in pieces:
        references = []
        for lon, lat in piece:
            number += 1
            nodes.append(f'<node id="{number}" lat="{lat}" lon="{lon}"/>')
            references.append(f'<nd ref="{number}"/>')
        tags = f'<tag k="name" v="{name}"/><tag k="highway" v="primary"/>'
        ways.append(f'<way id="{len(ways) + 1}">{"".join(references)}{tags}</way>')
    return f'<osm version="0.6">{"".join((*nodes, *ways))}</osm>'.encode()


def _polygons(form: str) -> bytes:
    """Return the polygons of a whole use, with their codes."""
    content: dict[str, Any] = json.loads((DATA / "parcels.geojson").read_text(encoding="utf-8"))
    features = [one for one in content["features"] if one["properties"]["use"] == "industrial"]
    assert len(features) == _REGIONS
    frame = geopandas.GeoDataFrame(
        {"code": [one["properties"]["code"] for one in features], "name": "工业用地"},
        geometry=[shapely.geometry.shape(one["geometry"]) for one in features],
        crs="EPSG:4326",
    )
    return _written(frame, form)


def _written(frame: geopandas.GeoDataFrame, form: str) -> bytes:
    drivers = {"geojson": "GeoJSON", "kml": "LIBKML", "shp": "ESRI Shapefile"}
    with TemporaryDirectory() as folder:
        path = Path(folder, f"written.{form}")
        pyogrio.write_dataframe(frame, path, driver=drivers[form])
        if form != "shp":
            return path.read_bytes()
        return packed({suffix: path.with_suffix(suffix).read_bytes() for suffix in SHAPEFILE})
