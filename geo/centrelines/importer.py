"""Centrelines made from what maps have of them: one line a name, and what was done to each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo.centrelines.ends import Meeting, meet
from geo.centrelines.make import MAX_GAP_M, Centreline, NoCentrelineError, make_centreline
from geo.crs import WGS84
from geo.errors import NetworkError
from geo.geojson import collection_text, rounded
from geo.model import GeometrySource, kind_of
from geo.network.files import CENTRELINE_ACCURACY_M

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely import Geometry, LineString

    from geo.centrelines.read import NamedPieces


@dataclass(frozen=True)
class ImportedLine:
    """A line as it will be written, and what was done to make it.

    Attributes
    ----------
    name : str
        Canonical name.
    spellings : tuple of str
        Its names in the file, where they are not its own alone.
    geometry : LineString
        WGS84, as it is stored.
    accuracy_m : float
        As the operator or the file states it, but at least half the distance between the
        carriageways next to the line: the boundary may run along either.
    length_m : float
    pieces : int
        How many pieces it was made of.
    merged_m, apart_m : float
        Length along which the line runs between carriageways, and how far apart the two next to
        it are at most.
    gaps_m : tuple of float
        Lengths of the gaps that were bridged.
    dropped_m : float
        Length of spurs, crossovers and stray pieces that were dropped.
    meetings : tuple of Meeting
        Ends that were brought to other lines.
    """

    name: str
    spellings: tuple[str, ...]
    geometry: LineString
    accuracy_m: float
    length_m: float
    pieces: int
    merged_m: float
    apart_m: float
    gaps_m: tuple[float, ...]
    dropped_m: float
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True)
class LeftOut:
    """A line that could not be made.

    Attributes
    ----------
    name : str
    pieces : int
    reason : str
        What is wrong with it, and where.
    """

    name: str
    pieces: int
    reason: str


class NetworkMaker:
    """Makes one centreline of each name in a file.

    Lengths are measured in a transverse Mercator projection around the middle of the data, whose
    scale is true to 1 in 100 000 within 28 km of that: a city anywhere.

    Parameters
    ----------
    pieces : NamedPieces
    max_gap_m : float
        The longest gap to bridge.
    accuracy_m : float
        Accuracy of a line for which the file states none.
    """

    def __init__(
        self,
        pieces: NamedPieces,
        *,
        max_gap_m: float = MAX_GAP_M,
        accuracy_m: float = CENTRELINE_ACCURACY_M,
    ) -> None:
        self._pieces = pieces
        self._max_gap_m = max_gap_m
        self._accuracy_m = accuracy_m
        west, south, east, north = shapely.total_bounds(
            [part for parts in pieces.by_name.values() for part in parts]
        )
        local = CRS.from_dict(
            {"proj": "tmerc", "lon_0": (west + east) / 2, "lat_0": (south + north) / 2}
        )
        self._projection = Transformer.from_crs(WGS84, local, always_xy=True)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._pieces.by_name)

    def centrelines(self) -> Iterator[tuple[str, Centreline | LeftOut]]:
        """Yield each name with its centreline in the local projection, or why there is none."""
        for name, parts in self._pieces.by_name.items():
            try:
                yield name, make_centreline([self._local(p) for p in parts], self._max_gap_m)
            except NoCentrelineError as error:
                yield name, LeftOut(name, len(parts), f"{error}{self._near(error.place)}")

    def network(
        self, made: Iterable[tuple[str, Centreline | LeftOut]]
    ) -> tuple[tuple[ImportedLine, ...], tuple[LeftOut, ...]]:
        """Join centrelines to a network.

        Parameters
        ----------
        made : iterable of (str, Centreline or LeftOut)
            What `centrelines` yields.

        Returns
        -------
        lines : tuple of ImportedLine
            Sorted by name.
        left_out : tuple of LeftOut

        Raises
        ------
        NetworkError
            No line could be made.
        """
        found = dict(made)
        left_out = [line for line in found.values() if isinstance(line, LeftOut)]
        centrelines = {n: line for n, line in found.items() if isinstance(line, Centreline)}
        met = meet({n: line.geometry for n, line in centrelines.items()})
        lines = []
        for name, centreline in centrelines.items():
            geometry, meetings = met[name]
            line = self._imported(name, replace(centreline, geometry=geometry), meetings)
            # Rounding to what is stored can fold a line over itself.
            if line.geometry.is_simple and line.geometry.length > 0:
                lines.append(line)
            else:
                left_out.append(LeftOut(name, centreline.pieces, "it runs over itself"))
        if not lines:
            summary = "\n".join(f"{line.name}: {line.reason}" for line in left_out)
            raise NetworkError(f"no line can be made\n{summary}")
        return tuple(lines), tuple(sorted(left_out, key=lambda line: line.name))

    def _imported(
        self, name: str, centreline: Centreline, meetings: tuple[Meeting, ...]
    ) -> ImportedLine:
        stated_m = self._pieces.accuracy_m.get(name, self._accuracy_m)
        return ImportedLine(
            name=name,
            spellings=self._pieces.spellings.get(name, ()),
            geometry=rounded(self._wgs84(centreline.geometry)),
            accuracy_m=max(stated_m, float(np.ceil(centreline.apart_m / 2))),
            length_m=centreline.geometry.length,
            pieces=centreline.pieces,
            merged_m=centreline.merged_m,
            apart_m=centreline.apart_m,
            gaps_m=centreline.gaps_m,
            dropped_m=centreline.dropped_m,
            meetings=meetings,
        )

    def _local(self, geometry: Geometry) -> Any:  # noqa: ANN401 - shapely has no types
        return shapely.transform(geometry, self._projection.transform, interleaved=False)

    def _wgs84(self, geometry: Geometry) -> Any:  # noqa: ANN401 - shapely has no types
        def back(x: Any, y: Any) -> Any:  # noqa: ANN401
            return self._projection.transform(x, y, direction="INVERSE")

        return shapely.transform(geometry, back, interleaved=False)

    def _near(self, place: shapely.Point | None) -> str:
        if place is None:
            return ""
        degrees = self._wgs84(place)
        return f" (near {degrees.x:.5f}, {degrees.y:.5f})"


def imported_text(lines: Iterable[ImportedLine], *, attribution: str, source: str) -> str:
    """Return imported lines as the GeoJSON text that ``landprice build --network`` reads.

    Parameters
    ----------
    lines : iterable of ImportedLine
    attribution : str
        Attribution of the data; may be empty.
    source : str
        What the lines were made from.

    Returns
    -------
    str
        A FeatureCollection in WGS84, one line of text a feature; the same bytes for the same
        lines.
    """
    features = (
        {
            "type": "Feature",
            "id": line.name,
            "properties": {
                "name": line.name,
                "kind": kind_of(line.name),
                "accuracy_m": line.accuracy_m,
                "source": source,
            },
            "geometry": line.geometry,
        }
        for line in lines
    )
    members = {"geometry_source": GeometrySource.CENTRELINES, "attribution": attribution}
    return collection_text(members, features)
