"""pygeoapi's provider of vector tiles: a layer as GDAL cuts it, kept in memory."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import geopandas
import pyogrio
from pygeoapi.models.provider.base import (  # type: ignore[import-untyped]
    TileMatrixSetEnum,
    TilesMetadataFormat,
)
from pygeoapi.provider.base_mvt import BaseMVTProvider  # type: ignore[import-untyped]
from pygeoapi.provider.mvt_tippecanoe import (  # type: ignore[import-untyped]
    MVTTippecanoeProvider,
)
from pygeoapi.provider.tile import (  # type: ignore[import-untyped]
    ProviderTilesetIdNotFoundError,
)

from geo.crs import WGS84

if TYPE_CHECKING:
    from app.web.ogc.layers import Collection

MIN_ZOOM: Final = 8
MAX_ZOOM: Final = 16
"""A tile has 4096 units, here of some 0.13 m: far finer than any boundary is known."""

_SCHEME: Final = TileMatrixSetEnum.WEBMERCATORQUAD.value


@dataclass(frozen=True)
class Tileset:
    """All tiles of a layer.

    Attributes
    ----------
    tiles : dict of (int, int, int) to bytes
        Mapbox vector tile by zoom, column and row; none where there is nothing.
    vector_layers : list of dict
        As TileJSON has them.
    """

    tiles: dict[tuple[int, int, int], bytes]
    vector_layers: list[dict[str, Any]]


def cut_tiles(layer: Collection) -> Tileset:
    """Cut a layer into vector tiles, in the Web Mercator quad tree."""
    frame = geopandas.GeoDataFrame(
        list(layer.properties), geometry=layer.geometries, crs=WGS84, columns=list(layer.fields)
    )
    # A null among integers would make all of them floats.
    integers = [name for name, kind in layer.fields.items() if kind == "integer"]
    frame = frame.astype(dict.fromkeys(integers, "Int64"))
    with tempfile.TemporaryDirectory(prefix="landprice-tiles-") as folder:
        target = Path(folder) / layer.name
        pyogrio.write_dataframe(
            frame,
            target,
            driver="MVT",
            layer=layer.name,
            dataset_options={
                "FORMAT": "DIRECTORY",
                "MINZOOM": MIN_ZOOM,
                "MAXZOOM": MAX_ZOOM,
                "COMPRESS": "NO",
            },
        )
        tiles = {
            (int(path.parts[-3]), int(path.parts[-2]), int(path.stem)): path.read_bytes()
            for path in target.glob("*/*/*.pbf")
        }
        metadata = json.loads((target / "metadata.json").read_text(encoding="utf-8"))
    return Tileset(tiles, json.loads(metadata["json"])["vector_layers"])


class LayerTiles:
    """The tiles of a layer, cut when they are first asked for.

    Parameters
    ----------
    layer : Collection
    attribution : str
        What a map must show beside the tiles.
    """

    def __init__(self, layer: Collection, attribution: str) -> None:
        self.layer = layer
        self.attribution = attribution
        self._lock = Lock()
        self._cut: Tileset | None = None

    def __deepcopy__(self, _: object) -> LayerTiles:
        """Return itself: pygeoapi copies its configuration, and a lock cannot be."""
        return self

    def cut(self) -> Tileset:
        """Return all tiles."""
        with self._lock:
            if self._cut is None:
                self._cut = cut_tiles(self.layer)
            return self._cut


class TileProvider(MVTTippecanoeProvider):  # type: ignore[misc]
    """Vector tiles of a layer; the documents about them are those of pygeoapi's own provider.

    Parameters
    ----------
    provider_def : dict
        As in pygeoapi's configuration; ``data`` is the ``LayerTiles``.
    """

    def __init__(self, provider_def: dict[str, Any]) -> None:
        # Not MVTTippecanoeProvider's own, which wants a folder of files.
        BaseMVTProvider.__init__(self, provider_def)
        self._tiles: LayerTiles = self.data

    def get_layer(self) -> str:
        """Return the name of the layer within each tile."""
        return self._tiles.layer.name

    def get_tiles(self, *, tileset: str, z: int, y: int, x: int, **_: object) -> bytes | None:
        """Return a tile.

        Parameters
        ----------
        tileset : str
            Name of the tile matrix set.
        z, y, x : int
            Zoom, row from the north, and column.

        Returns
        -------
        bytes or None
            None where there is nothing.

        Raises
        ------
        ProviderTilesetIdNotFoundError
            There is no such tile matrix set, or no such tile in it.
        """
        _check_scheme(tileset)
        if z >= len(_SCHEME.tileMatrices) or max(y, x) >= 2**z:
            raise ProviderTilesetIdNotFoundError(user_msg=f"There is no tile {z}/{y}/{x}.")
        return self._tiles.cut().tiles.get((z, x, y))

    def get_metadata(self, **about: Any) -> dict[str, Any]:  # noqa: ANN401
        """Describe the tiles, as an OGC tileset or as TileJSON.

        Parameters
        ----------
        **about : Any
            As pygeoapi gives it.

        Raises
        ------
        ProviderTilesetIdNotFoundError
            There is no such tile matrix set.
        """
        _check_scheme(about["tileset"])
        as_tilejson = about["metadata_format"] == TilesMetadataFormat.TILEJSON.value.lower()
        describe = self.get_vendor_metadata if as_tilejson else self.get_default_metadata
        metadata: dict[str, Any] = describe(keywords=None, **about)
        for link in metadata.get("links", []):
            link["type"] = link.pop("type_")  # a name that pydantic made necessary
        return metadata

    def get_vendor_metadata(
        self, dataset: str, server_url: str, *, title: str, description: str, **_: object
    ) -> dict[str, Any]:
        """Describe the tiles as TileJSON 3.0.

        pygeoapi's own has one template where maps expect a list, with OGC's names of its
        variables.

        Parameters
        ----------
        dataset : str
            Name of the collection.
        server_url : str
        title, description : str
        """
        tileset = f"{server_url}/collections/{dataset}/tiles/{_SCHEME.tileMatrixSet}"
        return {
            "tilejson": "3.0.0",
            "name": title,
            "description": description,
            "attribution": self._tiles.attribution,
            "tiles": [tileset + "/{z}/{y}/{x}?f=mvt"],
            "minzoom": MIN_ZOOM,
            "maxzoom": MAX_ZOOM,
            "bounds": self._tiles.layer.bounds,
            "vector_layers": self._tiles.cut().vector_layers,
        }


def _check_scheme(name: object) -> None:
    if name != _SCHEME.tileMatrixSet:
        raise ProviderTilesetIdNotFoundError(
            user_msg=f"There is no tile matrix set {str(name)[:40]!r}."
        )
