"""``layouts.parquet``: the layouts of an edition, beside its ``parcels.geojson``.

A row a line. Columns: ``name``; ``axis``, ``ns`` or ``ew``; ``bounds_regions``; ``r_hat`` and
``effective``; ``unit_m``; ``across``, whole numbers of units, the stations of the first layout,
then those of the second and so on; ``course_m``, for a line with a centreline its course at closer
stations. The schema's metadata say at which stations, which edition the layouts are of by the
SHA-256 of its file, and whom to credit.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from geo.errors import ParcelsError
from geo.layouts.layouts import AXES, AxisLayouts, Layouts

if TYPE_CHECKING:
    from pathlib import Path

    from geo.crs import FloatArray

_VERSION: Final = 1
_KEY: Final = b"landprice_layouts"
_LARGEST: Final = 32_000
_FINEST: Final = 100.0
"""A line is written in this part of its standard deviation, or in what the largest number asks."""
_SCHEMA: Final = pa.schema(
    [
        ("name", pa.string()),
        ("axis", pa.string()),
        ("bounds_regions", pa.bool_()),
        ("r_hat", pa.float32()),
        ("effective", pa.float32()),
        ("unit_m", pa.float32()),
        ("across", pa.list_(pa.int16())),
        ("course_m", pa.list_(pa.float32())),
    ]
)


def layouts_bytes(layouts: Layouts, *, parcels_sha256: str, attribution: str) -> bytes:
    """Return the content of the file.

    Parameters
    ----------
    layouts : Layouts
    parcels_sha256 : str
        Checksum of the edition's ``parcels.geojson``.
    attribution : str
        Whom to credit.
    """
    rows: list[dict[str, Any]] = []
    for axis, one in zip(AXES, layouts.axes, strict=True):
        for i, number in enumerate(one.numbers.tolist()):
            across_m = one.across_m[:, i].T.astype(np.float64)
            largest_m = float(np.abs(across_m).max())
            unit_m = max(largest_m / _LARGEST, float(across_m.std(axis=0).mean()) / _FINEST, 1e-3)
            course_m = one.courses_m[:, i]
            rows.append(
                {
                    "name": layouts.names[number],
                    "axis": axis.value,
                    "bounds_regions": bool(layouts.is_bounding[number]),
                    "r_hat": layouts.r_hat[number],
                    "effective": layouts.effective[number],
                    "unit_m": np.float32(unit_m),
                    "across": np.rint(across_m / np.float32(unit_m)).astype(np.int16).ravel(),
                    "course_m": course_m if course_m.any() else course_m[:0],
                }
            )
    about = {
        "version": _VERSION,
        "parcels_sha256": parcels_sha256,
        "attribution": attribution,
        "other_names": dict(sorted(layouts.other_names.items())),
        "layouts": layouts.count,
        "centre_m": layouts.centre_m,
        "stations_m": [_described(one.stations_m) for one in layouts.axes],
        "fine_m": [_described(one.fine_m) for one in layouts.axes],
    }
    metadata = {_KEY: json.dumps(about, ensure_ascii=False).encode()}
    columns = {name: [row[name] for row in rows] for name in _SCHEMA.names}
    table = pa.Table.from_pydict(columns, schema=_SCHEMA.with_metadata(metadata))
    file = BytesIO()
    parquet.write_table(
        table,
        file,
        compression="zstd",
        compression_level=19,
        use_dictionary=["axis"],
        column_encoding={"across.list.element": "DELTA_BINARY_PACKED"},
    )
    return file.getvalue()


def read_layouts(path: Path, *, parcels_sha256: str) -> Layouts:
    """Read the layouts of an edition.

    Parameters
    ----------
    path : Path
    parcels_sha256 : str
        Checksum of the edition's ``parcels.geojson``.

    Raises
    ------
    ParcelsError
        The file cannot be read, or is of another edition.
    """
    try:
        table = parquet.read_table(path)
        about = json.loads((table.schema.metadata or {})[_KEY])
        if about["version"] != _VERSION:
            raise ValueError(f"its version is {about['version']}; this program reads {_VERSION}")
        fits = about["parcels_sha256"] == parcels_sha256
        layouts = _layouts(table.cast(_SCHEMA).to_pydict(), about) if fits else None
    except KeyError as error:
        raise ParcelsError(f"{path.name} cannot be read: it lacks {error}") from error
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise ParcelsError(f"{path.name} cannot be read: {error}") from error
    if layouts is None:
        raise ParcelsError(
            f"{path.name} is not of this edition: parcels.geojson has changed since it was made;"
            " run landprice build again, or take both files from one build"
        )
    return layouts


def _layouts(columns: dict[str, list[Any]], about: dict[str, Any]) -> Layouts:
    axes = []
    for k, axis in enumerate(AXES):
        stations_m, fine_m = _read(about["stations_m"][k]), _read(about["fine_m"][k])
        numbers = [i for i, value in enumerate(columns["axis"]) if value == axis.value]
        shape = (about["layouts"], stations_m.size)
        across_m = np.zeros((stations_m.size, len(numbers), about["layouts"]), dtype=np.float32)
        courses_m = np.zeros((fine_m.size, len(numbers)), dtype=np.float32)
        for i, number in enumerate(numbers):
            units = np.array(columns["across"][number], dtype=np.float32).reshape(shape)
            across_m[:, i] = units.T * np.float32(columns["unit_m"][number])
            if columns["course_m"][number]:
                courses_m[:, i] = columns["course_m"][number]
        axes.append(
            AxisLayouts(np.array(numbers, np.int64), stations_m, across_m, fine_m, courses_m)
        )
    easting_m, northing_m = about["centre_m"]
    return Layouts(
        names=tuple(columns["name"]),
        is_bounding=np.array(columns["bounds_regions"], dtype=bool),
        centre_m=(float(easting_m), float(northing_m)),
        axes=(axes[0], axes[1]),
        other_names=dict(about["other_names"]),
        r_hat=np.array(columns["r_hat"], dtype=np.float64),
        effective=np.array(columns["effective"], dtype=np.float64),
    )


def _described(stations_m: FloatArray) -> dict[str, float]:
    return {
        "first_m": float(stations_m[0]),
        "step_m": float(stations_m[1] - stations_m[0]),
        "count": len(stations_m),
    }


def _read(described: dict[str, float]) -> FloatArray:
    found: FloatArray = described["first_m"] + described["step_m"] * np.arange(described["count"])
    return found
