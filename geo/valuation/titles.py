"""Which columns of a table describe its parcels, by their titles or by name."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa

from geo.errors import TableError
from geo.lookup.points import one_called
from geo.valuation.cells import AREA_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

PARCEL_TITLES: Final = {
    "use": ("use", "land_use", "landuse", "用途", "土地用途", "规划用途"),
    "plot_ratio": ("plot_ratio", "far", "容积率", "规划容积率"),
    "remaining_years": (
        *("remaining_years", "剩余年期", "剩余年限", "剩余使用年期", "剩余使用年限"),
        *("剩余土地使用年期", "剩余土地使用年限"),
    ),
    "date": ("date", "valuation_date", "估价期日", "估价时点"),
    "development": ("development", "development_level", "开发程度", "土地开发程度"),
}
"""What columns of parcels are called, by what they say."""
_AREAS: Final = ("area", "land_area", "面积", "土地面积", "宗地面积", "用地面积")
_BEHIND: Final = ("{}", "_{}", " {}", "({})", "/{}", "[{}]")
"""How a title is followed by its unit."""

_TEXTS: Final = frozenset({"use", "development"})


class ParcelColumns(NamedTuple):
    """The columns that describe parcels; None where there is none.

    Attributes
    ----------
    use, plot_ratio, remaining_years, date, development, area : str or None
    """

    use: str | None = None
    plot_ratio: str | None = None
    remaining_years: str | None = None
    date: str | None = None
    development: str | None = None
    area: str | None = None

    def told(self) -> str:
        """Return which columns are read as what, in one sentence; empty if none is."""
        found = ", ".join(f"{field} {name!r}" for field, name in self._asdict().items() if name)
        return f"Read of each parcel: {found}." if found else ""


def find_parcel_columns(
    schema: pa.Schema, named: Mapping[str, str | None], *, area_unit: str
) -> ParcelColumns:
    """Find the columns that describe parcels.

    Parameters
    ----------
    schema : pyarrow.Schema
    named : mapping of str to (str or None)
        Columns by field of `ParcelColumns`; None for one that is found by its title, and the empty
        text for one that is not read.
    area_unit : str
        Of `AREA_UNITS`.

    Raises
    ------
    TableError
        A column is not there, or more than once, or several may be meant; or it can hold no such
        values, or the title of the area names another unit.
    """
    found: dict[str, str | None] = {}
    for field in ParcelColumns._fields:
        name = named.get(field)
        if name is None:
            titles = _area_titles(area_unit) if field == "area" else PARCEL_TITLES[field]
            name = one_called(schema, titles)
        if name:
            _check_column(schema, field, name)
        found[field] = name or None
    if named.get("area") != "":
        _check_area(schema, found["area"], area_unit)
    return ParcelColumns(**found)


def _area_titles(unit: str) -> tuple[str, ...]:
    return (f"area_{unit}", *_AREAS, *_with_unit(unit))


def _with_unit(unit: str) -> tuple[str, ...]:
    names = AREA_UNITS[unit].names
    return tuple(area + end.format(name) for area in _AREAS for end in _BEHIND for name in names)


def _check_area(schema: pa.Schema, found: str | None, unit: str) -> None:
    """Refuse an area in another unit than is assumed, also one that was passed over for it."""
    for name in schema.names if found is None else [found]:
        plain = unicodedata.normalize("NFKC", name).strip().casefold()
        for other in AREA_UNITS:
            if other != unit and plain in _with_unit(other):
                raise TableError(
                    f"The column {name!r} counts in {other} by its title, not in {unit}; say"
                    f" --area-unit {other}."
                )


def _check_column(schema: pa.Schema, field: str, name: str) -> None:
    count = len(schema.get_all_field_indices(name))
    if count != 1:
        there = "is not in" if count == 0 else "is there more than once among"
        columns = ", ".join(schema.names)
        raise TableError(f"The column {name!r} for {field} {there} the columns {columns}.")
    kind = schema.field(name).type
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not _can_be(field, value):
        wanted = "text" if field in _TEXTS else "days or text" if field == "date" else "numbers"
        raise TableError(f"The column {name!r} for {field} has {kind}; it must have {wanted}.")


def _can_be(field: str, kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        return True
    if field == "date":
        return bool(types.is_date(kind) or types.is_timestamp(kind))
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return bool(is_number and field not in _TEXTS)
