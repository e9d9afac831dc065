"""Builds an edition: a gazette and what is known of its lines, to regions and a network."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import LineString, MultiLineString
from shapely.ops import substring

from geo.atomic.together import write_together
from geo.build.checks import check_parcels, overlaps, too_small
from geo.build.crossings import stated_crossing
from geo.build.faces import Course, Face, draw_regions
from geo.crs import metric, to_wgs84
from geo.errors import NetworkError, ParcelsError
from geo.geojson import rounded
from geo.layouts.file import layouts_bytes
from geo.layouts.layouts import LAYOUTS_FILE
from geo.model import Axis, GeometrySource, Placement, Record, Region, Side, kind_of
from geo.network.boundary_lines import boundary_lines
from geo.network.ensemble.draw import draw_layouts
from geo.network.evidence import constraints_of
from geo.network.files import GivenLine, Line, network_text
from geo.network.schematic import DrawnLine, Schematic, draw_schematic
from geo.parcels import NETWORK_FILE, Parcels, parcels_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from geo.build.sources import Sources
    from geo.crs import Crs
    from geo.gazette.constraints import OrderConstraints
    from geo.layouts.layouts import Layouts
    from geo.network.ensemble.sampler import Watch
    from geo.network.evidence import Evidence

_OVERHANG_DEG: Final = 0.002  # how far a line is drawn beyond the regions it bounds, some 200 m
_SAME_DEG: Final = 1e-9  # a corner computed on a line is on it within 0.1 mm
_CHECK_STEP_M: Final = 50.0  # a side is compared with its line at least this often
_JOINT_M: Final = 1.0  # an inferred vertex nearer to the end of a given line is that end


@dataclass(frozen=True)
class Built:
    """A built edition.

    Attributes
    ----------
    parcels : Parcels
    lines : dict of str to Line
        The lines that bound regions, by canonical name, each as far as it bounds any.
    courses : dict of str to LineString
        The same lines in full, and every other line that was given, WGS84.
    constraints : OrderConstraints
    network_source : GeometrySource
        Accuracy of the worst stretch of a line.
    network_attribution : str
        File of the lines; regions may have come without them.
    constraints : OrderConstraints
    relaxed : tuple of str
        Statements and observations that could not hold, in words.
    remarks : tuple of str
        What was repaired in official polygons, and where they are odd.
    """

    parcels: Parcels
    lines: dict[str, Line]
    courses: dict[str, LineString]
    network_source: GeometrySource
    network_attribution: str
    constraints: OrderConstraints
    relaxed: tuple[str, ...]
    remarks: tuple[str, ...]


def build(sources: Sources) -> Built:
    """Build an edition.

    Raises
    ------
    GazetteError
        The bounds contradict each other.
    NetworkError
        The lines do not bound the regions.
    ParcelsError
        The polygons fail a check; all failures are named.
    """
    records, aliases = sources.gazette.records, sources.evidence.aliases
    constraints = constraints_of(records, sources.evidence)
    missing = [name for name in constraints.bounding if name not in sources.given]
    if sources.given and missing == list(constraints.bounding):
        raise NetworkError(
            f"none of the {len(sources.given)} centrelines is named like one of the"
            f" {len(missing)} lines of the gazette, such as {missing[0]}"
        )
    crs = sources.notice.metric_crs
    schematic = Schematic({}, ())
    if missing:
        schematic = draw_schematic(constraints, _with_given(sources), sources.notice)
    courses = {
        name: _given_course(line, schematic.lines.get(name), crs)
        for name, line in sources.given.items()
    }
    courses |= {name: _drawn_course(schematic.lines[name], crs) for name in missing}
    faces = draw_regions(constraints.bounds, courses)
    full = {name: LineString(course.vertices) for name, course in courses.items()}
    drawn = tuple(
        _region(
            record,
            faces[record.code],
            stated_crossing(constraints.locations[record.code], full),
            constraints,
            sources,
        )
        for record in sorted(records, key=lambda record: record.code)
    )
    # What is checked is what will be stored.
    stored = [replace(region, polygon=rounded(region.polygon)) for region in drawn]
    if problems := check_parcels(stored):
        raise ParcelsError("\n".join(problems))
    regions = _with_official(drawn, sources, constraints)
    derived = any(region.geometry_source is not GeometrySource.OFFICIAL for region in regions)
    credits_ = [sources.evidence.attribution] if missing else []
    credits_ += [line.attribution for line in sources.given.values()]
    attribution = "; ".join(credit for credit in dict.fromkeys(credits_) if credit)
    printed = {name for record in records for _, name in record.bounds}
    return Built(
        parcels=Parcels(
            edition=sources.notice.edition,
            regions=regions,
            attribution=attribution if derived else "",
            inputs=sources.inputs,
            spellings={name: aliases[name] for name in printed & aliases.keys()},
            own_uses=sources.notice.own_uses,
        ),
        lines=_lines(constraints, courses, drawn, schematic, sources.given),
        courses=full,
        network_source=min(
            (region.geometry_source for region in drawn), key=list(GeometrySource).index
        ),
        network_attribution=attribution,
        constraints=constraints,
        relaxed=(*schematic.relaxed, *too_small(regions, crs)),
        remarks=(
            *sources.official.repairs,
            *_odd_official(regions, drawn, full, constraints, crs),
        ),
    )


def draw_ensemble(built: Built, sources: Sources, *, count: int, watch: Watch = iter) -> Layouts:
    """Draw layouts of a built edition's lines, from what it was built from.

    Parameters
    ----------
    built : Built
    sources : Sources
    count : int
        How many.
    watch : callable, optional
        Yields the steps that it is given, and may show how far it is.
    """
    evidence, notice = _with_given(sources), sources.notice
    return draw_layouts(built.constraints, evidence, notice, count=count, watch=watch)


def write_built(built: Built, parcels_path: Path, layouts: Layouts | None = None) -> Path:
    """Write the regions, and beside them the network and the layouts; all or nothing.

    They are read by `read_parcels` and `OpenEdition`.

    Parameters
    ----------
    built : Built
    parcels_path : Path
    layouts : Layouts, optional
        Without them, those of an earlier build are removed.

    Returns
    -------
    Path
        Where the network was written.

    Raises
    ------
    ParcelsError
        A file cannot be written; the old edition is as it was.
    WrittenError
        The new edition is what is read, but not every file is in its place.
    """
    content = parcels_text(built.parcels).encode()
    network = network_text(
        list(built.lines.values()),
        source=built.network_source,
        attribution=built.network_attribution,
    )
    drawn = None
    if layouts is not None:
        drawn = layouts_bytes(
            layouts,
            parcels_sha256=hashlib.sha256(content).hexdigest(),
            attribution=built.network_attribution,
        )
    beside = {NETWORK_FILE: network.encode(), LAYOUTS_FILE: drawn}
    try:
        write_together(parcels_path, content, beside)
    except OSError as error:
        raise ParcelsError(f"{parcels_path} cannot be written: {error.strerror}") from error
    return parcels_path.with_name(NETWORK_FILE)


def _with_given(sources: Sources) -> Evidence:
    """Take given centrelines as evidence for the lines that are not given."""
    others = [c for c in sources.evidence.centrelines if c.line not in sources.given]
    given = [line.as_evidence(sources.notice.metric_crs) for line in sources.given.values()]
    return replace(sources.evidence, centrelines=(*others, *given))


def _given_course(line: GivenLine, drawn: DrawnLine | None, crs: Crs) -> Course:
    """Take a line as it is given; among inferred lines it goes on as they do beyond its ends."""
    vertices = shapely.get_coordinates(line.geometry)
    given = Course(vertices, np.full(len(vertices), line.accuracy_m))
    if drawn is None:
        return given
    ends_m = shapely.get_coordinates(metric(line.geometry, crs))[[0, -1]]
    first_m, last_m = ends_m[:, 1 if drawn.axis is Axis.NS else 0]
    if first_m > last_m:
        given = Course(given.vertices[::-1], given.accuracy_m)
        first_m, last_m = last_m, first_m
    rest = _drawn_course(drawn, crs)
    before = drawn.stations_m < first_m - _JOINT_M
    after = drawn.stations_m > last_m + _JOINT_M
    return Course(
        np.concatenate([rest.vertices[before], given.vertices, rest.vertices[after]]),
        np.concatenate([rest.accuracy_m[before], given.accuracy_m, rest.accuracy_m[after]]),
    )


def _drawn_course(line: DrawnLine, crs: Crs) -> Course:
    along_across = (line.stations_m, line.across_m)
    eastings_m, northings_m = along_across if line.axis is Axis.EW else along_across[::-1]
    vertices = np.column_stack(to_wgs84(lon=eastings_m, lat=northings_m, crs=crs))
    return Course(vertices, line.accuracy_m)


def _region(
    record: Record,
    face: Face,
    crossing: shapely.Point | str,
    constraints: OrderConstraints,
    sources: Sources,
) -> Region:
    region = Region(
        record=record,
        polygon=face.polygon,
        corners=face.corners,
        geometry_source=GeometrySource.CENTRELINES,
        placement=_placement(face, sources.notice.metric_crs),
        # Rounded up, except for rounding errors: an accuracy must not shrink by being written down.
        accuracy_m={side: float(math.ceil(round(m, 2))) for side, m in face.accuracy_m.items()},
        parcel_crossing=_position(crossing),
    )
    if all(
        _is_given(region.side(side), sources.given.get(n))
        for side, n in constraints.bounds[record.code]
    ):
        return region
    return replace(region, geometry_source=GeometrySource.SCHEMATIC)


def _with_official(
    drawn: Sequence[Region], sources: Sources, constraints: OrderConstraints
) -> tuple[Region, ...]:
    """Take official polygons in the place of drawn ones."""
    official = sources.official
    taken = [
        replace(
            region,
            polygon=found.polygon,
            corners=found.corners,
            geometry_source=GeometrySource.OFFICIAL,
            placement=Placement.TIED,
            accuracy_m=dict.fromkeys(Side, official.accuracy_m),
        )
        for region in drawn
        if (found := official.regions.get(region.code))
    ]
    # A crossing is where the official sides on its two lines meet, or given centrelines.
    known: dict[str, LineString | MultiLineString] = {
        name: line.geometry for name, line in sources.given.items()
    }
    known |= {line.name: line.geometry for line in boundary_lines(taken, sources.evidence.aliases)}
    replaced = {
        region.code: replace(
            region,
            parcel_crossing=_position(stated_crossing(constraints.locations[region.code], known)),
        )
        for region in taken
    }
    return tuple(replaced.get(region.code, region) for region in drawn)


def _odd_official(
    regions: Sequence[Region],
    drawn: Sequence[Region],
    courses: Mapping[str, LineString],
    constraints: OrderConstraints,
    crs: Crs,
) -> Iterator[str]:
    """Say in words where official polygons overlap, or lie off the lines that bound them."""
    official = [r for r in regions if r.geometry_source is GeometrySource.OFFICIAL]
    for one, two, shared in overlaps(official):
        yield f"{one} and {two} overlap: {metric(shared, crs).area:.0f} m²"
    if not official:
        return
    courses_m = {name: metric(courses[name], crs) for name in constraints.bounding}
    for region, line_region in zip(regions, drawn, strict=True):
        if region.geometry_source is not GeometrySource.OFFICIAL:
            continue
        for side, name in constraints.bounds[region.code]:
            stretch = shapely.segmentize(metric(region.side(side), crs), _CHECK_STEP_M)
            vertices = shapely.points(shapely.get_coordinates(stretch))
            off_m = float(shapely.distance(vertices, courses_m[name]).max())
            claimed_m = line_region.accuracy_m[side]
            if off_m > claimed_m + region.accuracy_m[side]:
                yield (
                    f"{region.code}: its {side} side lies up to {off_m:.0f} m from {name} as the"
                    f" network has it, which claims {claimed_m:.0f} m"
                )


def _position(crossing: shapely.Point | str) -> tuple[float, float] | None:
    """Return a crossing as it is stored; None for the reason why there is none."""
    if isinstance(crossing, str):
        return None
    place = rounded(crossing)
    return place.x, place.y


def _is_given(side: LineString, line: GivenLine | None) -> bool:
    """Tell whether a whole side lies on a given line, and not where that line was continued."""
    vertices = shapely.points(shapely.get_coordinates(side))
    return line is not None and bool(shapely.dwithin(vertices, line.geometry, _SAME_DEG).all())


def _placement(face: Face, crs: Crs) -> Placement:
    """Call a region free if on one axis neither of its lines is fixed to better than its size."""
    west, south, east, north = metric(face.polygon, crs).bounds
    for size_m, sides in (
        (east - west, (Side.EAST, Side.WEST)),
        (north - south, (Side.SOUTH, Side.NORTH)),
    ):
        if min(face.accuracy_m[side] for side in sides) > size_m:
            return Placement.FREE
    return Placement.TIED


def _lines(
    constraints: OrderConstraints,
    courses: Mapping[str, Course],
    regions: Sequence[Region],
    schematic: Schematic,
    given: Mapping[str, GivenLine],
) -> dict[str, Line]:
    sides: dict[str, list[tuple[LineString, float]]] = {name: [] for name in constraints.bounding}
    for region in regions:
        for side, name in constraints.bounds[region.code]:
            sides[name].append((region.side(side), region.accuracy_m[side]))
    return {
        name: Line(
            name=name,
            kind=kind_of(name),
            axis=constraints.axes[name],
            accuracy_m=max(accuracy_m for _, accuracy_m in used),
            source="given centreline" if name in given else schematic.lines[name].source,
            geometry=_used_part(LineString(courses[name].vertices), [side for side, _ in used]),
        )
        for name, used in sides.items()
    }


def _used_part(line: LineString, sides: Sequence[LineString]) -> LineString:
    """Cut a line to where it bounds regions, with a little over at both ends."""
    along = [line.project(shapely.Point(end)) for side in sides for end in side.coords]
    return substring(line, max(min(along) - _OVERHANG_DEG, 0.0), max(along) + _OVERHANG_DEG)
