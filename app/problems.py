"""Sentences about a coordinate that could not be read, for every way of asking."""

from __future__ import annotations

from geo.errors import CoordinateError


def missing(field: str) -> CoordinateError:
    """Return the error of a coordinate that was not given."""
    return CoordinateError(f"{field} is missing.", code="missing", field=field)


def not_a_number(field: str, value: object) -> CoordinateError:
    """Return the error of a coordinate that is no number."""
    message = f"{field} is {str(value)[:60]!r}; it must be a number."
    return CoordinateError(message, code="not_a_number", field=field)
