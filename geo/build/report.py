"""The result of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CrossingPlace(StrEnum):
    """Where a standard parcel's stated crossing lies against its region."""

    INSIDE = "inside"
    ON_EDGE = "on its edge"
    OUTSIDE = "outside"
    NOT_PLACED = "cannot be placed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be, unless it is a known exception.

    Attributes
    ----------
    key : str
        Stable name, such as ``overlap:411700S50011:411700S50020``.
    message : str
    reason : str or None
        Why it is known and accepted; None if it is not.
    """

    key: str
    message: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A standard parcel's stated crossing.

    Attributes
    ----------
    code, location : str
    place : CrossingPlace
    note : str
        Why it cannot be placed, or how far it is from the region.
    """

    code: str
    location: str
    place: CrossingPlace
    note: str


@dataclass(frozen=True, slots=True)
class PointCheck:
    """A control point against a line it was observed on.

    Attributes
    ----------
    id, line : str
    distance_m : float
        From where the point puts the line to where it is drawn, across its axis.
    left_out_distance_m, left_out_accuracy_m : float
        The same for the line drawn without this point, and the accuracy that line claims there.
    """

    id: str
    line: str
    distance_m: float
    left_out_distance_m: float
    left_out_accuracy_m: float


@dataclass(frozen=True, slots=True)
class UseCoverage:
    """How one use covers the ground.

    Attributes
    ----------
    use : str
        Its code.
    regions : int
    area_m2 : float
        Area of all regions together.
    valid_coverage : bool
        Regions share edges vertex for vertex and do not overlap.
    gaps : tuple of float
        Areas enclosed by regions that belong to none, in m².
    slivers : tuple of str
        Codes of regions along a gap narrower than `SLIVER_WIDTH_M`.
    """

    use: str
    regions: int
    area_m2: float
    valid_coverage: bool
    gaps: tuple[float, ...]
    slivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineReport:
    """How well one line is known.

    Attributes
    ----------
    name, kind, axis, source : str
    accuracy_m : float
    regions : int
        How many regions it bounds.
    r_hat, effective : float or None
        How well the chains that drew its layouts have mixed; None where no layouts are at hand.
    """

    name: str
    kind: str
    axis: str
    source: str
    accuracy_m: float
    regions: int
    r_hat: float | None = None
    effective: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """An audit of one edition.

    Attributes
    ----------
    counts : dict of str to int
        Number of regions by code of the use.
    floor_prices_checked : int
    placements : dict of str to int
        Number of regions tied and free.
    sheets : tuple of UseCoverage
    crossings : tuple of Crossing
    area_ratios : dict of str to float
        Region area divided by its standard parcel's, by code.
    points : tuple of PointCheck
    lines : tuple of LineReport
    anomalies : tuple of str
        Oddities of the text that damage nothing.
    unread : tuple of str
        Pieces of parcels' locations that say nothing about a line.
    findings : tuple of Finding
    """

    counts: dict[str, int]
    floor_prices_checked: int
    placements: dict[str, int]
    sheets: tuple[UseCoverage, ...]
    crossings: tuple[Crossing, ...]
    area_ratios: dict[str, float]
    points: tuple[PointCheck, ...]
    lines: tuple[LineReport, ...]
    anomalies: tuple[str, ...]
    unread: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every finding is a known exception."""
        return all(finding.reason is not None for finding in self.findings)
