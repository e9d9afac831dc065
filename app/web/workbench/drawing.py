"""A drawing of the city as the workbench's page shows it, beside the edition as it was built."""

from __future__ import annotations

import base64
import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from geo.crs import from_wgs84, parse_crs, to_wgs84
from geo.network.evidence import Status
from geo.survey.doubts import in_chinese
from geo.survey.plan import settled_share
from geo.survey.redraw import moves_m, outlines
from geo.survey.spread import spreads
from geo.symbology import read_price_classes
from maps.certainty import quick_grid
from maps.interactive.certainty import pictures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.web.workbench.desk import Desk, Drawn
    from app.web.workbench.models import OwnPlace
    from geo.crs import FloatArray
    from geo.layouts.layouts import Layouts
    from geo.layouts.shares import RegionShares
    from geo.model import Region
    from geo.survey.notebook import Entry
    from geo.survey.plan import Plan

_WORTH_SAYING_M: Final = 20.0
_DECIMALS: Final = 6
_SHARE: Final = 3  # decimals


class _Before(NamedTuple):
    """The edition as it was built."""

    outlines: dict[str, shapely.Polygon]
    settled: float


class Drawings:
    """Draws a desk's city.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._edition = desk.edition
        self._zone = desk.edition.parcels.metric_crs
        parcels = desk.edition.parcels
        self._classes = read_price_classes(desk.settings.price_classes, parcels.prices_cny_m2)

    @functools.cached_property
    def _before(self) -> _Before:
        layouts = self._desk.shares.layouts
        return _Before(outlines(self._edition, layouts), settled_share(self._edition, layouts))

    def of(self, drawn: Drawn, places: Sequence[OwnPlace]) -> dict[str, Any]:
        """Return all that the page shows of some layouts.

        Returns
        -------
        dict
            ``lines`` and ``regions`` as GeoJSON, WGS84; ``certainty``, a picture a use; the shares
            ``settled_before`` and ``settled``; ``moves``, those that move most first; ``hints``,
            what became of each; ``places``, what is likely at each before and now.
        """
        layouts = drawn.layouts
        regions = outlines(self._edition, layouts)
        shares = self._desk.shares.among(layouts)
        moves = moves_m(self._before.outlines, regions)
        far = sorted((-move_m, code) for code, move_m in moves.items() if move_m > _WORTH_SAYING_M)
        grid = quick_grid(self._edition, shares)
        west, south, east, north = grid.bounds
        return {
            "is_exact": drawn.is_exact,
            "settled_before": round(self._before.settled, _SHARE),
            "settled": round(settled_share(self._edition, layouts), _SHARE),
            "lines": self._lines(layouts, regions),
            "regions": self._regions(regions),
            "certainty": {
                use.code: f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
                for use, png in pictures(grid).items()
            },
            "bounds": [[south, west], [north, east]],
            "moves": [{"code": code, "move_m": round(-move_m)} for move_m, code in far],
            "hints": [self._hint(group) for group in drawn.groups],
            "places": self._places(places, shares),
        }

    def _lines(self, layouts: Layouts, regions: dict[str, shapely.Polygon]) -> dict[str, Any]:
        features = []
        for name, middle_m, band_m, error_m in spreads(self._edition, layouts, regions):
            shapes = {"middle": shapely.linestrings(middle_m), "band": shapely.polygons(band_m)}
            features += [
                {
                    "type": "Feature",
                    "properties": {"name": name, "part": part, "error_m": round(error_m)},
                    "geometry": self._geojson(shape),
                }
                for part, shape in shapes.items()
            ]
        return {"type": "FeatureCollection", "features": features}

    def _regions(self, regions: dict[str, shapely.Polygon]) -> dict[str, Any]:
        features = []
        for region in self._edition.regions:
            shape = regions.get(region.code)
            price = region.record.ground_price_cny_m2
            features.append(
                {
                    "type": "Feature",
                    "properties": {
                        "code": region.code,
                        "use": region.use.code,
                        "price": price,
                        "colour": self._classes[region.use].of(price).colour,
                    },
                    "geometry": shapely.geometry.mapping(region.polygon)
                    if shape is None
                    else self._geojson(shape),
                }
            )
        return {"type": "FeatureCollection", "features": features}

    def _geojson(self, shape: shapely.Geometry) -> dict[str, Any]:
        def to_degrees(places_m: FloatArray) -> FloatArray:
            lon, lat = to_wgs84(
                lon=places_m[:, 0].copy(), lat=places_m[:, 1].copy(), crs=self._zone
            )
            return np.column_stack([lon, lat]).round(_DECIMALS)

        found: dict[str, Any] = shapely.geometry.mapping(shapely.transform(shape, to_degrees))
        return found

    def _hint(self, group: Sequence[Entry]) -> dict[str, Any]:
        return {
            "lines": list(dict.fromkeys(entry.line for entry in group)),
            "lonlat": [list(place) for place in dict.fromkeys(_in_wgs84(one) for one in group)],
            "error_m": float(group[0].error_m),
            "reason": _reason(group),
            "counts": all(entry.status == Status.CONFIRMED for entry in group),
        }

    def _places(self, places: Sequence[OwnPlace], after: RegionShares) -> list[dict[str, Any]]:
        lon = np.array([place.lon for place in places])
        lat = np.array([place.lat for place in places])
        easting_m, northing_m = from_wgs84(lon=lon, lat=lat, crs=self._zone)
        return [
            {
                "label": place.label,
                "before": self._likeliest(self._desk.shares, east_m, north_m),
                "now": self._likeliest(after, east_m, north_m),
            }
            for place, east_m, north_m in zip(
                places, easting_m.tolist(), northing_m.tolist(), strict=True
            )
        ]

    def _likeliest(
        self, shares: RegionShares, east_m: float, north_m: float
    ) -> dict[str, dict[str, Any]]:
        """Return by use the likeliest region of a place, or that none is."""
        area = shares.area(east_m, north_m, east_m, north_m)
        at = {"easting_m": np.array([east_m]), "northing_m": np.array([north_m])}
        (held,), (none,) = shares.shares(area, **at)
        found = {}
        for rank, use in enumerate(self._edition.uses):
            likely: list[tuple[float, Region | None]] = [(float(none[rank]), None)]
            likely += [
                (float(share), self._inferred[number])
                for number, share in zip(area.regions.tolist(), held.tolist(), strict=True)
                if shares.ranks[number] == rank
            ]
            share, region = max(likely, key=lambda one: one[0])
            found[use.code] = {
                "code": None if region is None else region.code,
                "price": None if region is None else region.record.ground_price_cny_m2,
                "probability": round(share, _SHARE),
            }
        return found

    @functools.cached_property
    def _inferred(self) -> list[Region]:
        """The regions that the shares number."""
        field = self._edition.field
        return [self._edition.regions[i] for i in field.inferred.tolist()]


def plan_answer(found: Plan) -> dict[str, Any]:
    """Return a plan as the page shows it."""
    return {
        "settled": round(found.settled, _SHARE),
        "crossings": [
            {
                "lines": list(one.lines),
                "lon": round(one.lon, _DECIMALS),
                "lat": round(one.lat, _DECIMALS),
                "radius_m": round(one.radius_m),
                "settled": round(one.settled, _SHARE),
            }
            for one in found.crossings
        ],
    }


def entries_answer(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return what was observed as the page lists it, the newest first."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    return [
        {
            "id": number,
            "lines": list(dict.fromkeys(entry.line for entry in group)),
            "lonlat": [list(place) for place in dict.fromkeys(_in_wgs84(one) for one in group)],
            "error_m": group[0].error_m,
            "who": group[0].who,
            "at": group[0].at or group[0].added,
            "how": group[0].how,
            "status": group[0].status,
            "reason": _reason(group),
        }
        for number, group in reversed(groups.items())
    ]


def _reason(group: Sequence[Entry]) -> dict[str, str] | None:
    """Return why one of the entries is doubtful, in both languages."""
    reason = next((entry.reason for entry in group if entry.reason), "")
    return {"zh": in_chinese(reason), "en": reason} if reason else None


def _in_wgs84(entry: Entry) -> tuple[float, float]:
    crs = parse_crs(entry.crs)
    lon, lat = to_wgs84(lon=float(entry.lon), lat=float(entry.lat), crs=crs)
    return round(lon, _DECIMALS), round(lat, _DECIMALS)
