"""A report on a built edition: what in it is odd, and how well each line is known."""

from __future__ import annotations

import fnmatch
import tomllib
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.build.checks import overlaps, region_area_m2
from geo.build.crossings import stated_crossing
from geo.build.report import (
    Crossing,
    CrossingPlace,
    Finding,
    LineReport,
    PointCheck,
    Report,
    UseCoverage,
)
from geo.crs import metric
from geo.errors import EditionError
from geo.gazette.doubts import doubts
from geo.model import Axis, Use
from geo.network.schematic import draw_schematic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from geo.build.edition import Built
    from geo.build.sources import Sources
    from geo.crs import Crs
    from geo.gazette.constraints import OrderConstraints
    from geo.layouts.layouts import Layouts
    from geo.model import Region
    from geo.network.evidence import Observation
    from geo.network.files import Line

SLIVER_WIDTH_M: Final = 20.0
"""A gap between regions that is narrower than this is a sliver: no street block is."""

_ON_EDGE_M: Final = 0.02  # a corner is written with 7 decimals, 11 mm
_DEGREE_M: Final = 100_000.0  # roughly; only to turn a sliver's width into degrees


def audit(
    sources: Sources,
    built: Built,
    points: Sequence[PointCheck],
    exceptions: dict[str, str],
    layouts: Layouts | None = None,
) -> Report:
    """Report on a built edition.

    Parameters
    ----------
    sources : Sources
    built : Built
    points : sequence of PointCheck
        From `check_points`, which takes a while.
    exceptions : dict of str to str
        Reasons, by key of the finding they accept; a key may hold ``*``.
    layouts : Layouts, optional
        Of its lines.
    """
    records, regions, uses = sources.gazette.records, built.parcels.regions, built.parcels.uses
    crs = built.parcels.metric_crs
    sheets = tuple(_sheet([r for r in regions if r.use == use], use, crs) for use in uses)
    crossings = tuple(_crossing(region, built) for region in regions)
    ratios = {
        r.code: region_area_m2(r, crs) / r.record.parcel_area_m2
        for r in regions
        if r.record.parcel_area_m2 is not None
    }
    findings = [
        *_overlap_findings(built),
        *_sheet_findings(sheets),
        *_crossing_findings(crossings),
        *_coincidence_findings(built),
        *_annex_2_findings(sources),
        *(
            Finding(f"official:{remark}", f"official polygons: {remark}")
            for remark in built.remarks
        ),
        *_point_findings(points, sources.evidence.observations),
        *(Finding(doubt.key, doubt.message) for doubt in doubts(records, built.constraints)),
        *(Finding(f"contradiction:{text[:12]}", text) for text in built.constraints.contradictions),
        *(
            Finding(f"relaxed:{statement}", f"could not hold: {statement}")
            for statement in built.relaxed
            if not statement.endswith("overlap")  # found in the polygons as well, with its area
        ),
    ]
    uses_of = Counter(name for four in built.constraints.bounds.values() for _, name in four)
    return Report(
        counts={use.code: sum(record.use == use for record in records) for use in uses},
        floor_prices_checked=sum(record.floor_price_cny_m2 is not None for record in records),
        placements=dict(Counter(region.placement.value for region in regions)),
        sheets=sheets,
        crossings=crossings,
        area_ratios=ratios,
        points=tuple(points),
        lines=tuple(_line(line, uses_of[line.name], layouts) for line in built.lines.values()),
        anomalies=tuple(str(anomaly) for anomaly in sources.gazette.anomalies),
        unread=tuple(_unread(built.constraints)),
        findings=tuple(replace(f, reason=known_reason(f.key, exceptions)) for f in findings),
    )


def read_exceptions(path: Path) -> dict[str, str]:
    """Read known exceptions.

    Parameters
    ----------
    path : Path
        TOML with a table ``exceptions`` of entries with ``finding`` and ``reason``; no file means
        no exceptions.

    Returns
    -------
    dict of str to str
        Reason by key of the finding.

    Raises
    ------
    EditionError
        The file is not such TOML.
    """
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = content.pop("exceptions", [])
        if content:
            raise TypeError(f"it has {', '.join(content)}")
        return {str(entry["finding"]): str(entry["reason"]) for entry in entries}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise EditionError(
            f"{path.name}: not a list of [[exceptions]] with finding and reason: {error}"
        ) from error


def check_points(sources: Sources, constraints: OrderConstraints) -> Iterator[PointCheck]:
    """Compare each control point with the line drawn with it and without it.

    Yields
    ------
    PointCheck
        One for each point and line; points that only say on which side a line lies are left out.
    """
    evidence = sources.evidence
    drawn = draw_schematic(constraints, evidence, sources.notice).lines
    for id_ in dict.fromkeys(point.id for point in evidence.observations):
        others = tuple(point for point in evidence.observations if point.id != id_)
        left_out = draw_schematic(
            constraints, replace(evidence, observations=others), sources.notice
        ).lines
        for point in evidence.observations:
            if point.id != id_ or point.limit is not None or point.line not in drawn:
                continue
            axis = constraints.axes[point.line]
            at_m, seen_m = point.along_m(axis), point.across_m(axis)
            line, other = drawn[point.line], left_out[point.line]
            yield PointCheck(
                id=point.id,
                line=point.line,
                distance_m=abs(float(np.interp(at_m, line.stations_m, line.across_m)) - seen_m),
                left_out_distance_m=abs(
                    float(np.interp(at_m, other.stations_m, other.across_m)) - seen_m
                ),
                left_out_accuracy_m=float(np.interp(at_m, other.stations_m, other.accuracy_m)),
            )


def known_reason(key: str, exceptions: dict[str, str]) -> str | None:
    """Return why a finding is accepted; None if it is not.

    Parameters
    ----------
    key : str
        Of the finding.
    exceptions : dict of str to str
        From `read_exceptions`.
    """
    matching = (why for pattern, why in exceptions.items() if fnmatch.fnmatchcase(key, pattern))
    return next(matching, None)


def _line(line: Line, regions: int, layouts: Layouts | None) -> LineReport:
    report = LineReport(line.name, line.kind, line.axis, line.source, line.accuracy_m, regions)
    if layouts is None or line.name not in layouts.names:
        return report
    i = layouts.names.index(line.name)
    r_hat, effective = round(float(layouts.r_hat[i]), 3), round(float(layouts.effective[i]))
    return replace(report, r_hat=r_hat, effective=effective)


def _overlap_findings(built: Built) -> Iterator[Finding]:
    by_its_text = {frozenset(codes) for codes in built.constraints.overlapping}
    doubted = {frozenset(pair.codes): pair for pair in built.constraints.disjoint if pair.doubted}
    for one, two, shared in overlaps(built.parcels.regions):
        codes = frozenset((one, two))
        area_m2 = metric(shared, built.parcels.metric_crs).area
        cause = "by the gazette's own text" if codes in by_its_text else "in the geometry"
        if codes in doubted:
            streets = " or ".join(f"{a} and {b}" for a, b in doubted[codes].ways)
            cause = f"as printed, because {streets} are not one street"
        yield Finding(
            f"overlap:{one}:{two}", f"{one} and {two} overlap {cause}: {area_m2 / 1e6:.3f} km²"
        )


def _sheet(layer: Sequence[Region], use: Use, crs: Crs) -> UseCoverage:
    polygons = np.array([region.polygon for region in layer], dtype=object)
    covered = shapely.union_all(polygons)
    holes = [
        float(metric(shapely.Polygon(ring), crs).area)
        for part in shapely.get_parts(covered)
        for ring in part.interiors
    ]
    width_deg = SLIVER_WIDTH_M / _DEGREE_M
    narrow = shapely.coverage_invalid_edges(polygons, gap_width=width_deg)
    broken = shapely.coverage_invalid_edges(polygons)
    return UseCoverage(
        use=use.code,
        regions=len(layer),
        area_m2=float(metric(covered, crs).area),
        valid_coverage=bool(shapely.coverage_is_valid(polygons)),
        gaps=tuple(sorted(holes)),
        slivers=tuple(
            region.code
            for region, now, before in zip(layer, narrow, broken, strict=True)
            if not now.is_empty and before.is_empty
        ),
    )


def _sheet_findings(sheets: Iterable[UseCoverage]) -> Iterator[Finding]:
    for sheet in sheets:
        for code in sheet.slivers:
            yield Finding(f"sliver:{code}", f"{code}: a gap beside it is under {SLIVER_WIDTH_M} m")


def _crossing(region: Region, built: Built) -> Crossing:
    stated = stated_crossing(built.constraints.locations[region.code], built.courses)
    if isinstance(stated, str):
        place, note = CrossingPlace.NOT_PLACED, stated
    else:
        place, note = _place_crossing(region, stated, built.parcels.metric_crs)
    return Crossing(region.code, region.record.parcel_location or "", place, note)


def _place_crossing(region: Region, stated: shapely.Point, crs: Crs) -> tuple[CrossingPlace, str]:
    polygon, crossing = metric(region.polygon, crs), metric(stated, crs)
    if polygon.boundary.distance(crossing) <= _ON_EDGE_M:
        return CrossingPlace.ON_EDGE, ""
    if polygon.contains(crossing):
        return CrossingPlace.INSIDE, ""
    return CrossingPlace.OUTSIDE, f"{polygon.distance(crossing):.0f} m off"


def _crossing_findings(crossings: Iterable[Crossing]) -> Iterator[Finding]:
    for crossing in crossings:
        if crossing.place is CrossingPlace.OUTSIDE:
            yield Finding(
                f"crossing:{crossing.code}",
                f"{crossing.code}: {crossing.location} lies outside its region, {crossing.note}",
            )


def _coincidence_findings(built: Built) -> Iterator[Finding]:
    """Find different names on one course where both bound regions."""
    by_axis = {axis: [line for line in built.lines.values() if line.axis is axis] for axis in Axis}
    for lines in by_axis.values():
        for one, two in combinations(lines, 2):
            shared = one.geometry.intersection(two.geometry)
            length_m = metric(shared, built.parcels.metric_crs).length
            if length_m > 1.0:
                yield Finding(
                    f"coincide:{one.name}:{two.name}",
                    f"{one.name} and {two.name} are drawn as one line over {length_m / 1e3:.1f} km",
                )


def _annex_2_findings(sources: Sources) -> Iterator[Finding]:
    """Compare the tables under the maps with the table that counts."""
    prices = {record.code: record.ground_price_cny_m2 for record in sources.gazette.records}
    for row in sources.gazette.sheet_prices:
        if row.code not in prices:
            yield Finding(
                f"sheet_code:{row.code}", f"line {row.line}: Annex 1 has no region {row.code}"
            )
        elif row.price_cny_m2 != prices[row.code]:
            yield Finding(
                f"sheet_price:{row.code}",
                f"line {row.line}: {row.code} at {row.price_cny_m2}, Annex 1 says"
                f" {prices[row.code]}",
            )


def _point_findings(
    points: Iterable[PointCheck], observations: Iterable[Observation]
) -> Iterator[Finding]:
    errors_m = {(point.id, point.line): point.error_m for point in observations}
    for point in points:
        allowed_m = point.left_out_accuracy_m + errors_m[point.id, point.line]
        if point.left_out_distance_m > allowed_m:
            yield Finding(
                f"point:{point.id}:{point.line}",
                f"{point.id}: without it {point.line} is drawn {point.left_out_distance_m:.0f} m"
                f" away and claims {point.left_out_accuracy_m:.0f} m",
            )


def _unread(constraints: OrderConstraints) -> Iterator[str]:
    for code, location in constraints.locations.items():
        for piece in location.unread:
            yield f"{code}: {piece}"
        for line in location.lines:
            if line not in constraints.axes:
                yield f"{code}: {line}, whose direction is not known"
