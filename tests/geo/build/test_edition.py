"""Builds: what is read, what is drawn against the truth of invented cities, what is refused."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Polygon

from geo.build.checks import overlaps
from geo.build.edition import Built, build, write_built
from geo.build.sources import Sources, read_sources
from geo.errors import EditionError, GazetteError, NetworkError, ParcelsError
from geo.model import (
    COMMERCIAL,
    RESIDENTIAL,
    Axis,
    FourBounds,
    GeometrySource,
    LineKind,
    Placement,
    Record,
    Region,
    Side,
)
from geo.network.evidence import CONTROL_POINTS, MANIFEST, Evidence, ObservedLine
from geo.network.files import GivenLine, Line, network_text, read_centrelines
from geo.parcels import NETWORK_FILE, PARCELS_FILE, parcels_text, read_parcels
from tests.metric import metric
from tests.paths import DATA, GAZETTE_ISSUE, ROOT
from tests.processes import WAIT_S
from tests.synthetic import Block, City, notice_text, random_city, regular_city, wgs84
from tests.uses import USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ATTRIBUTION = "© synthetic"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_edition(folder: Path, city: City, *, year: int = 2030) -> None:
    """Write a city's table and metadata the way ``data/gazette`` holds them."""
    write(folder / f"gazette/{year}.tsv", city.table)
    toml = notice_text(city.notice).replace("2030", str(year))
    write(folder / f"gazette/{year}.toml", toml)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data folder of the regular city, without evidence."""
    write_edition(tmp_path / "data", regular_city())
    return tmp_path / "data"


def write_network(path: Path, given: Iterable[GivenLine]) -> Path:
    lines = [
        Line(line.name, LineKind.ROAD, Axis.NS, line.accuracy_m, "survey", line.geometry)
        for line in given
    ]
    return write(path, network_text(lines, source=GeometrySource.CENTRELINES, attribution=""))


def surveyed(city: City, names: Iterable[str], accuracy_m: float = 0.0) -> Sources:
    """Return the city's sources with the true centrelines of some of its lines."""
    true = city.true_lines()
    given = {name: replace(true[name], accuracy_m=accuracy_m) for name in names}
    return replace(city.sources(evidence=Evidence(attribution=ATTRIBUTION)), given=given)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# What is read


def test_the_projects_table_is_read_with_its_metadata_and_evidence() -> None:
    sources = read_sources(DATA, None, None)
    assert len(sources.gazette.records) == 66
    assert sources.notice.edition.document == "驻政〔2023〕13号"
    assert sources.notice_path == DATA / "gazette/2022.toml"
    assert sources.evidence.observations
    assert sources.evidence.centrelines
    assert sources.given == {}
    read = [DATA / "gazette/2022.tsv", DATA / "gazette/2022.toml", *sources.evidence.files]
    assert {path.name for path in read} >= {MANIFEST, CONTROL_POINTS}
    assert sources.inputs == {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in read
    }


def test_the_newest_table_is_read(data: Path) -> None:
    write_edition(data, regular_city(), year=2031)
    write_edition(data, regular_city(), year=2029)
    sources = read_sources(data, None, None)
    assert sources.notice.edition.document == "虚政〔2031〕1号"
    assert set(sources.inputs) == {"gazette/2031.tsv", "gazette/2031.toml"}


def test_a_text_is_read_with_the_metadata_beside_it(tmp_path: Path) -> None:
    write_edition(tmp_path, regular_city())
    sources = read_sources(DATA, tmp_path / "gazette/2030.tsv", None)
    assert len(sources.gazette.records) == 32
    assert sources.notice_path == tmp_path / "gazette/2030.toml"
    # What was observed in the project's city says nothing of this one.
    assert sources.evidence == Evidence()
    assert set(sources.inputs) == {"gazette/2030.tsv", "gazette/2030.toml"}


def test_a_text_is_read_with_the_metadata_of_the_document_it_contains(
    data: Path, tmp_path: Path
) -> None:
    write_edition(data, regular_city(), year=2031)
    # Page breaks and spaces fall anywhere in a gazette issue.
    issue = write(tmp_path / "issue.txt", "虚政〔20\n30〕 1号\n附件1\n" + regular_city().table)
    sources = read_sources(data, issue, None)
    assert sources.notice_path == data / "gazette/2030.toml"
    assert set(sources.inputs) == {"gazette/issue.txt", "gazette/2030.toml"}


def test_a_text_with_a_byte_order_mark_is_read(data: Path) -> None:
    table = data / "gazette/2030.tsv"
    table.write_text(regular_city().table, encoding="utf-8-sig")
    assert len(read_sources(data, table, None).gazette.records) == 32


def test_a_text_without_metadata_is_refused(data: Path, tmp_path: Path) -> None:
    issue = write(tmp_path / "issue.txt", "虚政〔2029〕1号\n" + regular_city().table)
    with pytest.raises(EditionError, match=r"^issue\.txt has no metadata: put issue\.toml beside"):
        read_sources(data, issue, None)


READS_EXCEPTIONS = (
    "_notice_path takes every *.toml in data/gazette for metadata, the known exceptions"
    " (2022.exceptions.toml) as well, and stops at the first that is none"
)


def test_a_text_without_metadata_is_refused_beside_known_exceptions(
    data: Path, tmp_path: Path
) -> None:
    write(data / "gazette/2030.exceptions.toml", "[[exceptions]]\n")
    issue = write(tmp_path / "issue.txt", "虚政〔2029〕1号\n" + regular_city().table)
    with pytest.raises(EditionError, match=r"^issue\.txt has no metadata: put issue\.toml beside"):
        read_sources(data, issue, None)


def test_known_exceptions_of_a_later_edition_do_not_hide_an_earlier_one(
    data: Path, tmp_path: Path
) -> None:
    write_edition(data, regular_city(), year=2031)
    write(data / "gazette/2031.exceptions.toml", "[[exceptions]]\n")
    issue = write(tmp_path / "issue.txt", "虚政〔2030〕1号\n" + regular_city().table)
    assert read_sources(data, issue, None).notice_path == data / "gazette/2030.toml"


@pytest.mark.parametrize("folder", ["data", "absent"])
def test_a_folder_without_a_table_is_refused(folder: str, tmp_path: Path) -> None:
    (tmp_path / "data/gazette").mkdir(parents=True)
    with pytest.raises(
        EditionError, match=r"^no gazette table \(\.tsv, .+\) in the folder gazette$"
    ):
        read_sources(tmp_path / folder, None, None)


def test_a_text_in_gb18030_is_read(data: Path) -> None:
    expected = read_sources(data, None, None).gazette
    (data / "gazette/2030.tsv").write_bytes(regular_city().table.encode("gb18030"))
    assert read_sources(data, None, None).gazette == expected


def test_a_text_in_no_known_encoding_is_refused(data: Path) -> None:
    (data / "gazette/2030.tsv").write_bytes(b"\xff\xff\xff")
    with pytest.raises(GazetteError, match=r"^2030\.tsv cannot be read as text: it is neither"):
        read_sources(data, None, None)


def test_a_missing_text_is_refused(data: Path) -> None:
    with pytest.raises(GazetteError, match=r"^absent\.txt cannot be read: No such file"):
        read_sources(data, data / "absent.txt", None)


def test_damaged_metadata_is_refused(data: Path) -> None:
    write(data / "gazette/2030.toml", "city = ")
    with pytest.raises(EditionError, match=r"^2030\.toml"):
        read_sources(data, None, None)


def test_a_damaged_table_is_refused(data: Path) -> None:
    table = data / "gazette/2030.tsv"
    write(table, regular_city().table.replace("北至", "", 1))
    with pytest.raises(GazetteError, match="line 2, bounds"):
        read_sources(data, None, None)


def test_centrelines_are_read_under_their_canonical_names(data: Path, tmp_path: Path) -> None:
    alias = '[[aliases]]\nname = "经壹路"\nline = "经1路"\n'
    write(data / f"network/{MANIFEST}", f'admin_code = "999900"\n{alias}')
    line = replace(regular_city().true_lines()["经1路"], name="经壹路")
    network = write_network(tmp_path / "survey.geojson", [line])
    sources = read_sources(data, None, network)
    assert list(sources.given) == ["经1路"]
    assert set(sources.inputs) == {
        "gazette/2030.tsv",
        "gazette/2030.toml",
        f"network/{MANIFEST}",
        "centrelines/survey.geojson",
    }
    digest = hashlib.sha256(network.read_bytes()).hexdigest()
    assert sources.inputs["centrelines/survey.geojson"] == digest


def test_damaged_centrelines_are_refused(data: Path, tmp_path: Path) -> None:
    network = write(tmp_path / "survey.geojson", "{}")
    with pytest.raises(NetworkError, match=r"^survey\.geojson: not a GeoJSON FeatureCollection"):
        read_sources(data, None, network)


def test_the_inputs_name_every_file_even_of_one_name(data: Path, tmp_path: Path) -> None:
    network = write_network(tmp_path / "2030.tsv", regular_city().true_lines().values())
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (network, data / "gazette/2030.tsv")
    }
    assert digests <= set(read_sources(data, None, network).inputs.values())


# What is drawn from the true centrelines


def cells_between(city: City) -> Iterator[tuple[Block, Polygon]]:
    """Yield each block with the true region between its lines, EPSG:4547.

    The true lines are cut at each other into cells; a cell belongs to a block if a point of it
    lies between the block's lines, by their true coordinates at that point.
    """
    noded = shapely.node(MultiLineString(list(city.truth.values())))
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    places = shapely.get_coordinates(shapely.point_on_surface(cells))
    ns, ew = city.lines[Axis.NS], city.lines[Axis.EW]
    east_of = [places[:, 0] > city.true_across_m(name, Axis.NS, places[:, 1]) for name in ns]
    north_of = [places[:, 1] > city.true_across_m(name, Axis.EW, places[:, 0]) for name in ew]
    for block in city.blocks:
        inside = east_of[block.west] & ~east_of[block.east]
        inside &= north_of[block.south] & ~north_of[block.north]
        yield block, shapely.union_all(cells[inside])


@pytest.mark.parametrize(
    "seed",
    [1, 3, 11, 17, 161],  # in the last two a corner lies millimetres from a vertex
)
def test_true_centrelines_give_the_true_regions(seed: int, tmp_path: Path) -> None:
    city = random_city(seed)
    sources = city.sources(surveyed=True)
    built = build(sources)
    path = tmp_path / PARCELS_FILE
    write_built(built, path)
    drawn = {region.code: region for region in built.parcels.regions}
    stored = {region.code: region for region in read_parcels(path).regions}
    assert len(drawn) == len(stored) == len(city.blocks)
    for record, (block, truth) in zip(sources.gazette.records, cells_between(city), strict=True):
        assert record.use is block.use
        for regions, tolerance_m in ((drawn, 0.001), (stored, 0.008)):
            polygon = metric(regions[record.code].polygon)
            assert shapely.hausdorff_distance(polygon.exterior, truth.exterior) < tolerance_m
            assert polygon.area == pytest.approx(truth.area, abs=tolerance_m * truth.length)
    for use in USES:
        layer = [region.polygon for region in stored.values() if region.use is use]
        assert shapely.is_valid(layer).all()
        assert shapely.coverage_is_valid(layer)
    assert built.relaxed == ()


def test_true_centrelines_need_no_evidence_and_carry_no_attribution() -> None:
    built = build(surveyed(regular_city(), regular_city().truth, accuracy_m=2.5))
    assert built.parcels.attribution == ""
    for region in built.parcels.regions:
        assert region.geometry_source is GeometrySource.CENTRELINES
        assert set(region.accuracy_m.values()) == {3.0}, "rounded up to whole metres"
    assert {line.source for line in built.lines.values()} == {"given centreline"}
    assert {line.accuracy_m for line in built.lines.values()} == {3.0}


def test_a_surveyed_network_can_be_handed_in_again(tmp_path: Path) -> None:
    city = regular_city()
    network_path = write_built(build(city.sources(surveyed=True)), tmp_path / PARCELS_FILE)
    assert network_path == tmp_path / NETWORK_FILE
    given = read_centrelines(network_path, {})
    again = build(replace(city.sources(), given=given)).parcels.regions
    for one, two in zip(again, read_parcels(tmp_path / PARCELS_FILE).regions, strict=True):
        drift_m = shapely.hausdorff_distance(metric(one.polygon), metric(two.polygon))
        assert drift_m < 0.015, "the network was rounded as well"


def test_lines_are_written_as_far_as_they_bound_regions_and_some_200_m_on() -> None:
    city = regular_city()
    built = build(city.sources(surveyed=True))
    for name, line in built.lines.items():
        assert line.axis is (Axis.NS if name in city.lines[Axis.NS] else Axis.EW)
        assert built.courses[name] == city.true_lines()[name].geometry
        corners = [
            shapely.Point(vertex)
            for region in built.parcels.regions
            for side, bound in region.record.bounds
            if bound == name
            for vertex in region.side(side).coords
        ]
        along = [line.geometry.project(corner) for corner in corners]
        assert min(along) == pytest.approx(0.002, abs=1e-9)
        assert max(along) == pytest.approx(line.geometry.length - 0.002, abs=1e-9)
        assert max(line.geometry.distance(corner) for corner in corners) < 1e-9


@pytest.mark.parametrize(
    ("north_south_m", "east_west_m", "placement"),
    [
        (0.0, 0.0, Placement.TIED),
        (990.0, 990.0, Placement.TIED),
        (1010.0, 0.0, Placement.FREE),
        (0.0, 1010.0, Placement.FREE),
        (5000.0, 5000.0, Placement.FREE),
    ],
)
def test_a_region_is_free_if_its_lines_are_known_worse_than_its_size(
    north_south_m: float, east_west_m: float, placement: Placement
) -> None:
    city = regular_city()  # its cells are a kilometre wide and high
    accuracies_m = {
        **dict.fromkeys(city.lines[Axis.NS], north_south_m),
        **dict.fromkeys(city.lines[Axis.EW], east_west_m),
    }
    given = {n: replace(g, accuracy_m=accuracies_m[n]) for n, g in city.true_lines().items()}
    built = build(replace(city.sources(), given=given))
    assert {region.placement for region in built.parcels.regions} == {placement}


def test_one_well_known_line_of_two_ties_a_region() -> None:
    city = regular_city()
    given = city.true_lines()
    given["经2路"] = replace(given["经2路"], accuracy_m=3000.0)
    built = build(replace(city.sources(), given=given))
    assert {region.placement for region in built.parcels.regions} == {Placement.TIED}
    for region in built.parcels.regions:
        bad = {side for side, name in region.record.bounds if name == "经2路"}
        assert {side for side, metres in region.accuracy_m.items() if metres == 3000.0} == bad
    assert built.lines["经2路"].accuracy_m == 3000.0


# What is drawn from order alone


def share_edge(one: Region, two: Region) -> bool:
    return bool(one.polygon.intersection(two.polygon).length > 1e-5)  # degrees; a metre


def side_by_side(one: FourBounds, two: FourBounds) -> list[tuple[str, str, str, str]]:
    """Return the extents of two regions along each line that bounds both from opposite sides."""
    found = []
    for a, b in ((one, two), (two, one)):
        if a.east == b.west:
            found.append((a.south, a.north, b.south, b.north))
        if a.north == b.south:
            found.append((a.west, a.east, b.west, b.east))
    return found


def test_order_alone_keeps_every_neighbour_of_the_regular_city() -> None:
    city = regular_city()
    sources = city.sources(evidence=Evidence())
    built = build(sources)
    blocks = dict(zip((r.code for r in sources.gazette.records), city.blocks, strict=True))
    pairs = 0
    for one, two in itertools.combinations(built.parcels.regions, 2):
        if one.use is two.use:
            a, b = blocks[one.code], blocks[two.code]
            apart = (abs(a.west - b.west), abs(a.south - b.south))
            assert share_edge(one, two) == (apart in {(0, 1), (1, 0)}), (one.code, two.code)
            pairs += share_edge(one, two)
    assert pairs == 2 * 24
    assert overlaps(built.parcels.regions) == []
    assert built.relaxed == ()


def before_by_bounds(records: Iterable[Record]) -> set[tuple[str, str]]:
    """Close over: a region's west line lies before its east line, its south before its north."""
    order = {pair for r in records for pair in opposite_bounds(r.bounds)}
    while True:
        more = {(a, d) for (a, b), (c, d) in itertools.product(order, order) if b == c} - order
        if not more:
            return order
        order |= more


def opposite_bounds(four: FourBounds) -> tuple[tuple[str, str], tuple[str, str]]:
    return (four.west, four.east), (four.south, four.north)


@pytest.mark.parametrize("seed", [0, 4, 10])
def test_order_alone_keeps_every_neighbour_that_the_statements_determine(seed: int) -> None:
    city = random_city(seed)
    sources = city.sources(evidence=Evidence())
    built = build(sources)
    assert built.relaxed == ()
    assert overlaps(built.parcels.regions) == []
    before = before_by_bounds(sources.gazette.records)
    touching = apart = 0
    for one, two in itertools.combinations(built.parcels.regions, 2):
        if one.use is not two.use:
            continue
        for low, high, other_low, other_high in side_by_side(one.record.bounds, two.record.bounds):
            if {(low, other_high), (other_low, high)} <= before:
                assert share_edge(one, two), (one.code, two.code)
                touching += 1
            elif any(a == b or (a, b) in before for a, b in ((high, other_low), (other_high, low))):
                assert not share_edge(one, two), (one.code, two.code)
                apart += 1
    assert touching > 50
    assert apart > 20


# What is drawn when some lines are given


PARTLY = [
    (regular_city(), ["经1路", "经2路", "纬1路", "纬2路"]),
    (regular_city(), ["经2路"]),
    *((city, sorted(city.truth)[::2]) for city in map(random_city, (2, 5))),
]


@pytest.mark.parametrize(("city", "names"), PARTLY, ids=["square", "one", "half", "half again"])
def test_given_lines_are_drawn_verbatim_and_the_others_around_them(
    city: City, names: list[str]
) -> None:
    sources = surveyed(city, names, accuracy_m=4.0)
    built = build(sources)
    assert overlaps(built.parcels.regions) == []
    assert built.parcels.attribution == ATTRIBUTION
    network = network_text(
        list(built.lines.values()), source=GeometrySource.SCHEMATIC, attribution=""
    )
    written = {f["id"]: f["geometry"]["coordinates"] for f in json.loads(network)["features"]}
    for name in set(names) & set(built.lines):
        given = sources.given[name].geometry
        course, coords = list(built.courses[name].coords), list(given.coords)
        first = course.index(coords[0])
        assert course[first : first + len(coords)] == coords
        assert (built.lines[name].source, built.lines[name].accuracy_m) == (
            "given centreline",
            4.0,
        )
        vertices = [tuple(vertex) for vertex in np.round(given.coords, 7).tolist()]
        inner = [tuple(vertex) for vertex in written[name][1:-1]]
        start = vertices.index(inner[0])
        assert inner == vertices[start : start + len(inner)]
        ends = shapely.points([written[name][0], written[name][-1]])
        assert shapely.distance(ends, given).max() < 1e-7
    for region in built.parcels.regions:
        for side, name in region.record.bounds:
            if name in sources.given:
                corners = shapely.points(shapely.get_coordinates(region.side(side)))
                assert shapely.distance(corners, sources.given[name].geometry).max() < 1e-9
                assert region.accuracy_m[side] == 4.0
            else:
                assert region.accuracy_m[side] > 4.0
                assert built.lines[name].source == "order alone"


@pytest.mark.parametrize("step", [1, -1], ids=["as surveyed", "the other way round"])
def test_a_given_line_goes_on_as_an_inferred_one_beyond_its_ends(step: int) -> None:
    city = regular_city()
    surveyed_part = city.truth["经2路"][2:5][::step]  # a kilometre to both sides of the centre
    line = GivenLine("经2路", LineString(wgs84(surveyed_part)), 4.0)
    built = build(replace(city.sources(), given={"经2路": line}))
    accuracies_m = {
        (region.record.bounds.south, side): region.accuracy_m[side]
        for region in built.parcels.regions
        for side, name in region.record.bounds
        if name == "经2路"
    }
    assert accuracies_m["纬1路", Side.EAST] == accuracies_m["纬2路", Side.WEST] == 4.0
    assert accuracies_m["纬0路", Side.EAST] > 4.0
    assert built.lines["经2路"].accuracy_m > 4.0
    assert overlaps(built.parcels.regions) == []


def test_a_region_beyond_the_ends_of_its_given_lines_is_no_surveyed_one() -> None:
    city = regular_city()
    given = city.true_lines()
    del given["纬4路"]  # something must be inferred, or a short line is refused
    line = LineString(wgs84(city.truth["经2路"][2:5]))  # from the second to the fourth street
    given["经2路"] = GivenLine("经2路", line, 4.0)
    sources = {
        (region.record.bounds.west, region.record.bounds.south): region.geometry_source
        for region in build(replace(city.sources(), given=given)).parcels.regions
    }
    assert sources["经2路", "纬1路"] is sources["经0路", "纬0路"] is GeometrySource.CENTRELINES
    assert sources["经2路", "纬0路"] is sources["经1路", "纬0路"] is GeometrySource.SCHEMATIC
    assert sources["经0路", "纬3路"] is GeometrySource.SCHEMATIC


def test_a_given_line_replaces_what_was_observed_of_it() -> None:
    city = regular_city()
    shifted_m = city.truth["经2路"] + (30.0, 0.0)
    observed = Evidence(centrelines=(ObservedLine("经2路", (shifted_m,), 1.0, "an older survey"),))
    given = {"经2路": replace(city.true_lines()["经2路"], accuracy_m=300.0)}
    contradicted = build(replace(city.sources(evidence=observed), given=given))
    alone = build(replace(city.sources(evidence=Evidence()), given=given))
    assert contradicted.parcels.regions == alone.parcels.regions


def test_a_line_is_as_accurate_as_the_worst_side_it_bounds() -> None:
    built = build(random_city(3).sources())
    worst_m: dict[str, float] = {}
    for region in built.parcels.regions:
        for side, name in region.record.bounds:
            worst_m[name] = max(worst_m.get(name, 0.0), region.accuracy_m[side])
    assert {name: line.accuracy_m for name, line in built.lines.items()} == worst_m
    assert len(set(worst_m.values())) > 10


def test_a_region_is_schematic_if_any_of_its_lines_is() -> None:
    names = ["经1路", "经2路", "纬1路", "纬2路"]
    built = build(surveyed(regular_city(), names))
    centrelines = {
        (region.use, tuple(name for _, name in region.record.bounds))
        for region in built.parcels.regions
        if region.geometry_source is GeometrySource.CENTRELINES
    }
    middle = ("经2路", "经1路", "纬1路", "纬2路")
    assert centrelines == {(COMMERCIAL, middle), (RESIDENTIAL, middle)}
    others = {r.geometry_source for r in built.parcels.regions} - {GeometrySource.CENTRELINES}
    assert others == {GeometrySource.SCHEMATIC}


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ([], "schematic"),
        (["经1路", "纬2路"], "schematic"),
        (["经1路", "经2路", "纬1路", "纬2路"], "schematic"),
        (None, "centrelines"),
    ],
    ids=["none", "some", "those of a region", "all"],
)
def test_a_network_is_schematic_if_any_of_its_lines_is(
    names: list[str] | None, source: str, tmp_path: Path
) -> None:
    city = regular_city()
    built = build(surveyed(city, city.truth if names is None else names))
    network_path = write_built(built, tmp_path / PARCELS_FILE)
    assert json.loads(network_path.read_text(encoding="utf-8"))["geometry_source"] == source
    if source == "schematic":
        with pytest.raises(NetworkError, match="cannot replace itself"):
            read_centrelines(network_path, {})


# What is refused


def test_centrelines_that_name_none_of_the_lines_are_refused() -> None:
    city = regular_city()
    strange = {
        name: GivenLine(name, LineString([(114.0, 32.9), (114.0, 33.1)]), 10.0)
        for name in ("金水路", "花园路")
    }
    with pytest.raises(NetworkError) as refusal:
        build(replace(city.sources(), given=strange))
    assert str(refusal.value) == (
        "none of the 2 centrelines is named like one of the 10 lines of the gazette, such as 经1路"
    )


def test_no_centrelines_at_all_are_refused(data: Path, tmp_path: Path) -> None:
    network = write_network(tmp_path / "survey.geojson", [])
    with pytest.raises(NetworkError):
        build(read_sources(data, None, network))


def test_bounds_that_contradict_each_other_are_refused() -> None:
    city = regular_city()
    swapped = city.table.replace("南至纬0路、北至纬1路", "南至纬0路、北至经3路", 1)
    with pytest.raises(GazetteError, match="经3路 bounds other regions as a line across this one"):
        build(replace(city, table=swapped).sources())


def test_given_lines_that_do_not_cross_are_refused() -> None:
    city = regular_city()
    given = city.true_lines()
    west, east = given["纬4路"].geometry.coords[0], given["纬4路"].geometry.coords[1]
    given["纬4路"] = replace(given["纬4路"], geometry=LineString([west, east]))
    with pytest.raises(NetworkError) as refusal:
        build(replace(city.sources(), given=given))
    # Four regions a use end at the line with two corners each; it still reaches the first corner.
    lines = str(refusal.value).splitlines()
    assert len(lines) == 2 * (4 * 2 - 1)
    assert all("and 纬4路 do not cross; a corner needs one crossing" in line for line in lines)


def test_polygons_that_fail_a_check_are_refused_with_all_failures() -> None:
    """One road under two names, digitised from opposite ends: a corner on one is none on the other.

    A tall region lies west of the road, two low ones east of it.
    """
    sources = regular_city().sources()
    bounds = (
        FourBounds(west="甲路", east="乙路", south="一街", north="三街"),
        FourBounds(west="乙旧路", east="丙路", south="一街", north="二街"),
        FourBounds(west="乙旧路", east="丙路", south="二街", north="三街"),
    )
    records = tuple(
        replace(record, bounds=four)
        for record, four in zip(sources.gazette.records[:3], bounds, strict=True)
    )
    roads = {"甲路": 114.0, "乙路": 114.01, "乙旧路": 114.01, "丙路": 114.02}
    streets = {"一街": 33.0, "二街": 33.01, "三街": 33.02}
    courses = {name: [(lon, 32.9), (lon, 33.1)] for name, lon in roads.items()}
    courses |= {name: [(113.9, lat), (114.1, lat)] for name, lat in streets.items()}
    courses["乙旧路"].reverse()
    given = {name: GivenLine(name, LineString(ends), 1.0) for name, ends in courses.items()}
    gazette = replace(sources.gazette, records=records)
    with pytest.raises(ParcelsError) as refusal:
        build(replace(sources, gazette=gazette, given=given))
    assert str(refusal.value).splitlines() == [
        f"{record.code}: an edge does not match its neighbour's" for record in records
    ]


def test_a_region_without_room_for_its_parcel_is_told() -> None:
    city = regular_city()
    sources = city.sources(surveyed=True)
    records = sources.gazette.records
    vast = replace(records[5], parcel_area_m2=2e6)
    gazette = replace(sources.gazette, records=(*records[:5], vast, *records[6:]))
    built = build(replace(sources, gazette=gazette))
    [told] = built.relaxed
    assert told.startswith(f"{vast.code} has ")
    assert told.endswith("its standard parcel 2000000 m²")


# What is written


def rebuild(data: Path) -> Path:
    return write_built(build(read_sources(data, None, None)), data / PARCELS_FILE)


def test_a_build_writes_the_regions_and_the_network_beside_them(data: Path) -> None:
    before = contents(data)
    network_path = rebuild(data)
    assert network_path == data / "network.geojson"
    assert set(contents(data)) - set(before) == {PARCELS_FILE, NETWORK_FILE}
    parcels = read_parcels(data / PARCELS_FILE)
    assert len(parcels.regions) == 32
    assert parcels.edition.document == "虚政〔2030〕1号"
    assert set(parcels.inputs) == {"gazette/2030.tsv", "gazette/2030.toml"}
    assert len(json.loads(network_path.read_text(encoding="utf-8"))["features"]) == 10


@pytest.mark.parametrize(
    ("was", "is_now", "error"),
    [
        ("\t出让\t", "\t", GazetteError),
        ("商服用地", "耕地", GazetteError),
        ("999900S50001", "999900S50002", GazetteError),
        ("北至纬1路", "北至经3路", GazetteError),
        ("四至", "面积", GazetteError),
    ],
)
def test_nothing_is_written_when_the_gazette_is_damaged(
    was: str, is_now: str, error: type[Exception], data: Path
) -> None:
    rebuild(data)
    table = data / "gazette/2030.tsv"
    write(table, table.read_text(encoding="utf-8").replace(was, is_now, 1))
    before = contents(data)
    with pytest.raises(error):
        rebuild(data)
    assert contents(data) == before


@pytest.fixture(scope="module")
def built() -> Built:
    return build(regular_city().sources())


@pytest.mark.parametrize("folder", ["absent", "file"])
def test_an_unwritable_folder_is_refused(folder: str, built: Built, tmp_path: Path) -> None:
    write(tmp_path / "file", "not a folder")
    target = tmp_path / folder / PARCELS_FILE
    with pytest.raises(ParcelsError, match=r"parcels\.geojson cannot be written: \w+"):
        write_built(built, target)
    assert contents(tmp_path) == {"file": b"not a folder"}


def test_the_regions_stay_when_the_network_cannot_be_written(built: Built, tmp_path: Path) -> None:
    write(tmp_path / PARCELS_FILE, "old")
    write(tmp_path / NETWORK_FILE / "file", "in the way")
    before = contents(tmp_path)
    with pytest.raises(ParcelsError):
        write_built(built, tmp_path / PARCELS_FILE)
    assert contents(tmp_path) == before


BUILD_TWO_CITIES = f"""
import sys
from pathlib import Path
from geo.build.edition import build, write_built
from geo.build.sources import read_sources
from tests.synthetic import random_city
from geo.model import COMMERCIAL, RESIDENTIAL
from tests.uses import USES
for city, sources in (
    ("project", read_sources(Path("data"), None, None)),
    ("synthetic", random_city(11).sources()),
):
    folder = Path(sys.argv[1]) / city
    folder.mkdir(parents=True)
    write_built(build(sources), folder / "{PARCELS_FILE}")
"""


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return folders with the same two cities, built by processes that hash text differently."""
    folders = [tmp_path_factory.mktemp("process") for _ in range(2)]
    running = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-W", "error", "-c", BUILD_TWO_CITIES, str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for seed, folder in enumerate(folders)
    ]
    assert [process.wait(timeout=WAIT_S) for process in running] == [0, 0]
    return folders


def test_the_same_inputs_give_the_same_bytes_in_any_process(processes: list[Path]) -> None:
    one, two = map(contents, processes)
    assert len(one) == 4
    assert one == two
    here = parcels_text(build(random_city(11).sources()).parcels)
    assert one[f"synthetic/{PARCELS_FILE}"] == here.encode()


def test_the_whole_gazette_issue_builds_the_same_regions_as_its_table(
    processes: list[Path], tmp_path: Path
) -> None:
    write_built(build(read_sources(DATA, GAZETTE_ISSUE, None)), tmp_path / PARCELS_FILE)
    from_issue = read_parcels(tmp_path / PARCELS_FILE)
    from_table = read_parcels(processes[0] / "project" / PARCELS_FILE)
    assert set(from_table.inputs) - set(from_issue.inputs) == {"gazette/2022.tsv"}
    assert len(from_table.regions) == 66
    assert from_issue == replace(from_table, inputs=from_issue.inputs, sha256=from_issue.sha256)
    network = (processes[0] / "project" / NETWORK_FILE).read_bytes()
    assert (tmp_path / NETWORK_FILE).read_bytes() == network


def test_whom_given_centrelines_say_to_credit_is_credited(tmp_path: Path) -> None:
    city = regular_city()
    write_edition(tmp_path, city)
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "LineString", "coordinates": list(line.geometry.coords)},
        }
        for name, line in city.true_lines().items()
    ]
    collection = {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}
    network = write(tmp_path / "lines.geojson", json.dumps(collection))
    built = build(read_sources(tmp_path, None, network))
    assert built.parcels.attribution == ATTRIBUTION
    assert built.network_attribution == ATTRIBUTION
