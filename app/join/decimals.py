"""Exact decimals for GIS formats, which have binary numbers only."""

from __future__ import annotations

import pyarrow as pa


def numeric_field(field: pa.Field) -> pa.Field:
    """Return a field of binary numbers in the place of one of decimals; others as they are."""
    return field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field


def numeric(column: pa.Array) -> pa.Array:
    """Return decimals as the nearest binary numbers; other columns as they are."""
    if not pa.types.is_decimal(column.type):
        return column
    # By way of their texts: the direct cast misses the nearest number in one of seven.
    return column.cast(pa.string()).cast(pa.float64())
