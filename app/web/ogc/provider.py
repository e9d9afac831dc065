"""pygeoapi's provider of features: a layer in memory.

None of the providers that pygeoapi brings reads a file and understands CQL2, property filters by
type, sorting and a bbox together.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import shapely
from pygeoapi.provider.base import (  # type: ignore[import-untyped]
    BaseProvider,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
)

from app.web.ogc.crs import CRS84, to_served
from app.web.ogc.filters import FilterError, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pygeoapi.util import CrsTransformSpec  # type: ignore[import-untyped]

    from app.web.ogc.filters import Filter
    from app.web.ogc.layers import Collection

_INSTANT: Final = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?"
_TIME: Final = re.compile(rf"{_INSTANT}|({_INSTANT}|\.\.|)/({_INSTANT}|\.\.|)")


class LayerProvider(BaseProvider):  # type: ignore[misc]
    """Features of a layer.

    Parameters
    ----------
    provider_def : dict
        As in pygeoapi's configuration; ``data`` is the ``Collection``.
    """

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self._layer: Collection = self.data
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, str]]:
        """Return the JSON Schema type of each property."""
        # Each time anew, for pygeoapi writes more into it.
        self._fields = {name: {"type": kind} for name, kind in self._layer.fields.items()}
        return self._fields

    def query(  # noqa: PLR0913 - pygeoapi's signature
        self,
        *,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: Sequence[float] = (),
        datetime_: str | None = None,
        properties: Sequence[tuple[str, str]] = (),
        sortby: Sequence[dict[str, str]] = (),
        select_properties: Sequence[str] = (),
        skip_geometry: bool = False,
        q: str | None = None,
        filterq: Filter | None = None,
        crs_transform_spec: CrsTransformSpec | None = None,
        **_: object,
    ) -> dict[str, Any]:
        """Return the features that meet all conditions.

        Parameters
        ----------
        offset, limit : int
        resulttype : str
            ``hits`` for their number alone.
        bbox : sequence of float
            West, south, east, north, WGS84, or with heights in between, which are ignored;
            empty for everywhere.
        datetime_ : str, optional
            The features have no time, so all of them match any.
        properties : sequence of (str, str)
            Values that properties must have.
        sortby : sequence of dict
            ``property`` and ``order``, ``+`` or ``-``; nulls come last.
        select_properties : sequence of str
            The properties to return; empty for all.
        skip_geometry : bool
        q : str, optional
            Not supported.
        filterq : Filter, optional
        crs_transform_spec : CrsTransformSpec, optional

        Returns
        -------
        dict
            A GeoJSON feature collection.

        Raises
        ------
        ProviderInvalidQueryError
            A condition cannot be met by any feature because of its form.
        """
        if q is not None:
            raise _invalid("There is no parameter 'q'.")
        if datetime_ is not None and not _TIME.fullmatch(datetime_):
            raise _invalid("datetime is neither an RFC 3339 time nor an interval.")
        chosen = [True] * len(self._layer.properties)
        if filterq is not None:
            try:
                chosen = matches(self._layer, filterq)
            except FilterError as error:
                raise _invalid(str(error)) from error
        if bbox:
            near = shapely.intersects(self._layer.geometries, _box(bbox))
            chosen = [one and bool(two) for one, two in zip(chosen, near, strict=True)]
        wanted = [(name, self._typed(name, value)) for name, value in properties]
        found = [
            number
            for number, values in enumerate(self._layer.properties)
            if chosen[number] and all(values[name] == value for name, value in wanted)
        ]
        for key in reversed(sortby):
            found = self._sorted(found, key["property"], descending=key["order"] == "-")
        page = [] if resulttype == "hits" else found[offset : offset + limit]
        features = self._features(page, crs_transform_spec, select_properties)
        if skip_geometry:
            features = [feature | {"geometry": None} for feature in features]
        return {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": len(found),
            "numberReturned": len(features),
        }

    def get(
        self, identifier: str, *, crs_transform_spec: CrsTransformSpec | None = None, **_: object
    ) -> dict[str, Any]:
        """Return one feature.

        Returns
        -------
        dict
            A GeoJSON feature.

        Raises
        ------
        ProviderItemNotFoundError
            There is none with that id.
        """
        for number, properties in enumerate(self._layer.properties):
            if properties[self._layer.id_field] == identifier:
                return self._features([number], crs_transform_spec)[0]
        raise ProviderItemNotFoundError(user_msg=f"There is no item {identifier[:40]!r}.")

    def _features(
        self, numbers: Sequence[int], spec: CrsTransformSpec | None, select: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        uri = CRS84 if spec is None else spec.target_crs_uri
        shapes = to_served(self._layer.geometries[numbers], uri) if numbers else []
        found = [self._layer.properties[number] for number in numbers]
        return [
            {
                "type": "Feature",
                "id": properties[self._layer.id_field],
                "properties": {name: properties[name] for name in select or properties},
                "geometry": shapely.geometry.mapping(shape),
            }
            for properties, shape in zip(found, shapes, strict=True)
        ]

    def _typed(self, name: str, value: str) -> str | float:
        # Only with include_extra_query_parameters does pygeoapi pass on names that are no
        # property; without it a misspelt filter would select everything.
        if name not in self._layer.fields:
            raise _invalid(f"There is no parameter {name[:40]!r}.")
        if self._layer.fields[name] == "string":
            return value
        try:
            return float(value)
        except ValueError:
            raise _invalid(f"{name} is {value[:40]!r}; it must be a number.") from None

    def _sorted(self, found: Sequence[int], name: str, *, descending: bool) -> list[int]:
        values = {number: self._layer.properties[number][name] for number in found}
        with_value = [number for number in found if values[number] is not None]
        without = [number for number in found if values[number] is None]
        return sorted(with_value, key=values.__getitem__, reverse=descending) + without


def _invalid(message: str) -> ProviderInvalidQueryError:
    return ProviderInvalidQueryError(user_msg=message)


def _box(bbox: Sequence[float]) -> shapely.Geometry:
    half = len(bbox) // 2
    west, south, east, north = *bbox[:2], *bbox[half : half + 2]
    if not all(map(math.isfinite, bbox)):
        raise _invalid("bbox must be finite.")
    if west <= east:
        return shapely.box(west, south, east, north)
    # Across the antimeridian, as RFC 7946 has it.
    return shapely.union(
        shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)
    )
