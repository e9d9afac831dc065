"""What an audit finds in editions with one known flaw each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely import Polygon

from geo.build.audit import audit, check_points, read_exceptions
from geo.build.edition import build
from geo.build.report import CrossingPlace, PointCheck, Report
from geo.build.sources import read_sources
from geo.errors import EditionError
from geo.gazette.doubts import rounded_floor_price
from geo.gazette.table import SheetPrice
from geo.model import RESIDENTIAL, Side
from geo.network.evidence import Evidence, Observation
from tests.paths import DATA
from tests.synthetic import CENTRE_M, regular_city

if TYPE_CHECKING:
    from pathlib import Path

    from geo.build.edition import Built
    from geo.build.sources import Sources
    from geo.model import Record

SOURCES = regular_city().sources(surveyed=True)
BUILT = build(SOURCES)
CODES = [record.code for record in SOURCES.gazette.records]


def with_record(number: int, **changed: object) -> Sources:
    """The synthetic city with one record changed."""
    records = list(SOURCES.gazette.records)
    records[number] = replace(records[number], **changed)  # type: ignore[arg-type]
    return replace(SOURCES, gazette=replace(SOURCES.gazette, records=tuple(records)))


def keys(sources: Sources, built: Built | None = None) -> list[str]:
    report = audit(sources, built or build(sources), [], {})
    return [finding.key for finding in report.findings]


class TestCleanEdition:
    report = audit(SOURCES, BUILT, [], {})

    def test_nothing_is_found(self) -> None:
        assert self.report.findings == ()
        assert self.report.passed

    def test_sheets(self) -> None:
        commercial = self.report.sheets[0]
        assert (commercial.use, commercial.regions) == ("commercial", 16)
        assert commercial.area_m2 == pytest.approx(16e6, rel=1e-5)
        assert commercial.valid_coverage
        assert (commercial.gaps, commercial.slivers) == ((), ())

    def test_every_crossing_lies_on_an_edge(self) -> None:
        assert {crossing.place for crossing in self.report.crossings} == {CrossingPlace.ON_EDGE}

    def test_area_ratios(self) -> None:
        assert set(self.report.area_ratios) == set(CODES)
        assert self.report.area_ratios[CODES[0]] == pytest.approx(50.0, rel=1e-4)

    def test_lines(self) -> None:
        lines = {line.name: line for line in self.report.lines}
        assert len(lines) == 10
        assert lines["经0路"].source == "given centreline"
        assert (lines["经0路"].regions, lines["经1路"].regions) == (8, 16)


class TestFindings:
    def test_floor_price_that_is_not_the_quotient(self) -> None:
        record: Record = SOURCES.gazette.records[3]
        assert record.floor_price_cny_m2 is not None
        sources = with_record(3, floor_price_cny_m2=record.floor_price_cny_m2 + 1)
        assert keys(sources) == [f"floor_price:{record.code}"]

    @pytest.mark.parametrize(
        ("ground", "ratio", "floor"),
        [(4415, 2.0, 2208), (2230, 1.8, 1239), (5, 2.0, 3), (3, 1.2, 3)],
    )
    def test_floor_prices_are_rounded_half_up(self, ground: int, ratio: float, floor: int) -> None:
        record = replace(SOURCES.gazette.records[0], ground_price_cny_m2=ground, plot_ratio=ratio)
        assert rounded_floor_price(record) == floor

    def test_overlap_that_the_text_demands(self) -> None:
        bounds = SOURCES.gazette.records[0].bounds
        sources = with_record(5, bounds=bounds, parcel_location="某商场")
        built = build(sources)
        assert f"overlap:{CODES[0]}:{CODES[5]}" in keys(sources, built)
        report = audit(sources, built, [], {})
        assert any("by the gazette's own text: 1.000 km²" in f.message for f in report.findings)

    def test_crossing_outside_its_region(self) -> None:
        sources = with_record(0, parcel_location="经3路与纬3路交叉口东北角")
        report = audit(sources, build(sources), [], {})
        crossing = next(c for c in report.crossings if c.code == CODES[0])
        assert crossing.place is CrossingPlace.OUTSIDE
        assert crossing.note == "2828 m off"
        assert f"crossing:{CODES[0]}" in [finding.key for finding in report.findings]

    @pytest.mark.parametrize(
        ("location", "place", "note"),
        [
            ("经0路与纬1支路交叉口东北角", CrossingPlace.NOT_PLACED, "the network has no 纬1支路"),
            ("经0路东侧", CrossingPlace.NOT_PLACED, "no crossing is stated"),
            ("经0路与经1路东南侧", CrossingPlace.NOT_PLACED, "the two lines do not cross once"),
        ],
    )
    def test_crossing_that_cannot_be_placed(
        self, location: str, place: CrossingPlace, note: str
    ) -> None:
        sources = with_record(0, parcel_location=location)
        crossing = next(
            c for c in audit(sources, build(sources), [], {}).crossings if c.code == CODES[0]
        )
        assert (crossing.place, crossing.note) == (place, note)

    def test_crossing_inside_its_region(self) -> None:
        records = SOURCES.gazette.records
        wide = replace(
            records[0],
            bounds=replace(records[0].bounds, east=records[15].bounds.east, north="纬4路"),
            parcel_location="经2路与纬2路交叉口东北角",
        )
        sources = replace(SOURCES, gazette=replace(SOURCES.gazette, records=(wide,)))
        (crossing,) = audit(sources, build(sources), [], {}).crossings
        assert crossing.place is CrossingPlace.INSIDE

    def test_two_lines_on_one_course(self) -> None:
        given = dict(SOURCES.given)
        given["纬9路"] = replace(given["纬2路"], name="纬9路")
        records = [
            replace(r, bounds=replace(r.bounds, south="纬9路"), parcel_location="某商场")
            if r.bounds.south == "纬2路" and r.use is RESIDENTIAL
            else r
            for r in SOURCES.gazette.records
        ]
        sources = replace(
            SOURCES, given=given, gazette=replace(SOURCES.gazette, records=tuple(records))
        )
        found = keys(sources)
        assert found[0] == "coincide:纬2路:纬9路"
        assert {key.split(":")[0] for key in found[1:]} == {"unread"}

    def test_damaged_tables_under_the_maps(self) -> None:
        record = SOURCES.gazette.records[0]
        rows = (
            SheetPrice(7, record.code, record.ground_price_cny_m2),
            SheetPrice(8, CODES[1], 1),
            SheetPrice(9, "999900S59999", 1),
        )
        sources = replace(SOURCES, gazette=replace(SOURCES.gazette, sheet_prices=rows))
        assert keys(sources) == [f"sheet_price:{CODES[1]}", "sheet_code:999900S59999"]

    def test_gap_that_regions_enclose(self) -> None:
        kept = [r for r in BUILT.parcels.regions if r.code != CODES[5]]
        built = replace(BUILT, parcels=replace(BUILT.parcels, regions=tuple(kept)))
        report = audit(SOURCES, built, [], {})
        assert report.sheets[0].gaps == pytest.approx((1e6,), rel=1e-4)
        assert report.passed

    def test_sliver_between_two_regions(self) -> None:
        regions = list(BUILT.parcels.regions)
        region = regions[5]
        ring = np.array(region.polygon.exterior.coords)
        ring[ring[:, 0] == ring[:, 0].max(), 0] -= 5e-5  # some 5 m
        ring[np.isclose(ring[:, 0], ring[:, 0].max(), atol=1e-6), 0] -= 5e-5
        regions[5] = replace(region, polygon=Polygon(ring))
        built = replace(BUILT, parcels=replace(BUILT.parcels, regions=tuple(regions)))
        assert any(key.startswith("sliver:") for key in keys(SOURCES, built))

    def test_contradiction_in_a_location(self) -> None:
        sources = with_record(0, parcel_location="经1路与纬0路交叉口东北角")
        found = keys(sources)
        assert any(key.startswith("contradiction:") for key in found)

    def test_point_that_misses_by_more_than_the_line_claims(self) -> None:
        point = Observation("p1", "经0路", *CENTRE_M, 0.0, 50.0, None)
        sources = replace(SOURCES, evidence=Evidence(observations=(point,)))
        checks = [PointCheck("p1", "经0路", 10.0, miss_m, 100.0) for miss_m in (149.0, 151.0)]
        assert audit(sources, BUILT, checks[:1], {}).findings == ()
        (finding,) = audit(sources, BUILT, checks[1:], {}).findings
        assert finding.key == "point:p1:经0路"

    def test_relaxed_statements(self) -> None:
        built = replace(BUILT, relaxed=("经0路 is drawn 90 m from where it was observed",))
        (finding,) = audit(SOURCES, built, [], {}).findings
        assert finding.message.startswith("could not hold: 经0路")

    def test_what_was_not_read_is_listed(self) -> None:
        sources = with_record(0, parcel_location="甲路与乙路交叉口东北角")
        report: Report = audit(sources, build(sources), [], {})
        assert report.unread == (
            f"{CODES[0]}: 甲路, whose direction is not known",
            f"{CODES[0]}: 乙路, whose direction is not known",
        )


class TestPointChecks:
    def test_a_point_left_out_shows_how_well_the_others_place_its_line(self) -> None:
        city = regular_city()
        points = tuple(
            Observation(f"p{k}", f"经{k}路", CENTRE_M[0] + x, CENTRE_M[1], 0.0, 50.0, None)
            for k, x in ((0, -2_000.0), (2, 300.0), (4, 2_000.0))
        )
        limit = Observation("q", "纬1路", *CENTRE_M, 0.0, 0.0, Side.SOUTH)
        sources = city.sources(evidence=Evidence(observations=(*points, limit)))
        checks = {check.id: check for check in check_points(sources, build(sources).constraints)}
        assert set(checks) == {"p0", "p2", "p4"}
        assert checks["p2"].distance_m == pytest.approx(0.0, abs=1.0)
        assert checks["p2"].left_out_distance_m == pytest.approx(300.0, abs=100.0)
        assert checks["p2"].left_out_accuracy_m > 300.0

    def test_points_on_lines_the_gazette_does_not_name_are_passed_over(self) -> None:
        point = Observation("p", "别的路", *CENTRE_M, 0.0, 50.0, None)
        sources = regular_city().sources(evidence=Evidence(observations=(point,)))
        assert list(check_points(sources, build(sources).constraints)) == []


class TestExceptions:
    def test_they_explain_what_they_name_and_no_more(self) -> None:
        rows = (SheetPrice(8, CODES[1], 1), SheetPrice(9, CODES[2], 1))
        sources = replace(SOURCES, gazette=replace(SOURCES.gazette, sheet_prices=rows))
        one = audit(sources, BUILT, [], {f"sheet_price:{CODES[1]}": "known"})
        assert [finding.reason for finding in one.findings] == ["known", None]
        assert not one.passed
        assert audit(sources, BUILT, [], {"sheet_price:*": "known"}).passed

    def test_no_file_means_none(self, tmp_path: Path) -> None:
        assert read_exceptions(tmp_path / "none.toml") == {}

    def test_not_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(EditionError, match="not a list"):
            read_exceptions(tmp_path)

    @pytest.mark.parametrize(
        "text",
        ["[[exceptions]\n", "other = 1", "exceptions = 1", '[[exceptions]]\nfinding = "x"', "\xff"],
    )
    def test_damaged_file(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "2030.exceptions.toml"
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(EditionError, match=r"^2030\.exceptions\.toml: not a list"):
            read_exceptions(path)


class TestShippedEdition:
    sources = read_sources(DATA, None, None)
    built = build(sources)
    exceptions = read_exceptions(DATA / "gazette/2022.exceptions.toml")
    report = audit(sources, built, [], exceptions)

    def test_every_finding_is_explained(self) -> None:
        assert self.report.passed, [f for f in self.report.findings if f.reason is None]
        found = [finding.key for finding in self.report.findings]
        assert {key.split(":")[0] for key in found[5:-1]} == {"near_name", "unread"}
        assert [*found[:5], found[-1]] == [
            "overlap:411700S50003:411700S50015",
            "overlap:411700S50006:411700S50014",
            "overlap:411700S50007:411700S50014",
            "overlap:411700S50011:411700S50020",
            "crossing:411700Z70008",
            "relaxed:洪河大道 before 板桥路 (parcel of 411700Z70008) lacks 150 m",
        ]

    def test_only_the_parcel_that_is_let_go_lies_outside(self) -> None:
        outside = {c.code for c in self.report.crossings if c.place is CrossingPlace.OUTSIDE}
        assert outside == {"411700Z70008"}
        places = Counter(crossing.place for crossing in self.report.crossings)
        assert places[CrossingPlace.INSIDE] + places[CrossingPlace.ON_EDGE] >= 25
        assert places.total() == 66

    def test_all_floor_prices_are_the_quotient(self) -> None:
        assert self.report.floor_prices_checked == 54

    def test_only_the_commercial_layer_is_no_coverage(self) -> None:
        assert [sheet.valid_coverage for sheet in self.report.sheets] == [False, True, True]
        assert [sheet.slivers for sheet in self.report.sheets] == [(), (), ()]
