"""Coordinates of many points from JSON, read piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

import ijson
import pyarrow as pa

from geo.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Event = tuple[str, Any]

_READ_BYTES: Final = 1 << 16
_SILENT_READS: Final = 16
"""Reads in a row in which no value ends: none needs a megabyte, and none may fill the memory."""
_MAX_DEPTH: Final = 64
_BATCH_POINTS: Final = 1 << 13
_BOM: Final = b"\xef\xbb\xbf"
_FIELDS: Final = ("lon", "lat")
_OPENINGS: Final = {"start_map": "{…}", "start_array": "[…]"}
_CLOSINGS: Final = {"end_map", "end_array"}


def read_json_points(source: BinaryIO) -> Iterator[pa.RecordBatch]:
    """Read points.

    Parameters
    ----------
    source : binary file
        UTF-8: an array of objects with the members ``lon`` and ``lat``, or of arrays that begin
        with these two. What else there is in them is left out.

    Yields
    ------
    pyarrow.RecordBatch
        The columns ``lon`` and ``lat``, null where they are missing: numbers, or text if one of
        them is none.

    Raises
    ------
    TableError
        It is no such array.
    """
    events = _events(source)
    if next(events)[0] != "start_array":
        raise _damaged("it is no array")
    points: list[tuple[Any, Any]] = []
    for event, _ in events:
        if event != "end_array":
            points.append(_point(event, events))
            if len(points) == _BATCH_POINTS:
                yield _batch(points)
                points.clear()
    yield _batch(points)


def _point(opening: str, events: Iterator[Event]) -> tuple[Any, Any]:
    """Follow the parser to the end of a point, of whatever shape."""
    point: dict[str, Any] = dict.fromkeys(_FIELDS)
    if opening not in _OPENINGS:
        return None, None
    names = iter(_FIELDS)
    name = ""
    for event, value in events:
        if event == "map_key":
            name = value
            continue
        if event in _CLOSINGS:
            break
        if opening == "start_array":
            name = next(names, "")
        if name in point:
            point[name] = value if event == "number" else _plain(event, value)
        if event in _OPENINGS:
            _pass_over(events)
    return point["lon"], point["lat"]


def _pass_over(events: Iterator[Event]) -> None:
    """Follow the parser to the end of what it has just opened."""
    depth = 1
    for event, _ in events:
        depth += (event in _OPENINGS) - (event in _CLOSINGS)
        if depth == 0:
            return
        if depth > _MAX_DEPTH:
            raise _damaged("it is nested too deeply")


def _events(source: BinaryIO) -> Iterator[Event]:
    """Parse a file."""
    events: list[Event] = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    silent = 0
    data = source.read(_READ_BYTES).removeprefix(_BOM)
    while data:
        _feed(parser.send, data)
        silent = 0 if events else silent + 1
        if silent == _SILENT_READS:
            raise _damaged("a value in it is too long")
        yield from events
        events.clear()
        data = source.read(_READ_BYTES)
    _feed(parser.close)
    yield from events


def _feed(parse: Callable[..., None], *data: bytes) -> None:
    try:
        parse(*data)
    except ijson.JSONError as error:
        # Its first line; the others are a picture of the place.
        text = error.args[0]
        summary = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        raise _damaged(summary.partition("\n")[0].rstrip(".")) from error
    except (ArithmeticError, ValueError, SystemError) as error:
        # Python refuses to read it, which ijson does not always tell as it should.
        raise _damaged("a number in it is too long") from error


def _damaged(reason: str) -> TableError:
    return TableError(
        "The body cannot be read as a JSON array of points such as"
        f' {{"lon": 114.01, "lat": 32.99}} or [114.01, 32.99]: {reason}.'
    )


def _plain(event: str, value: Any) -> Any:  # noqa: ANN401 - what JSON has
    """Return a number as it is, and what is none as text; null is nothing."""
    if event in _OPENINGS:
        return _OPENINGS[event]
    return str(value).lower() if event == "boolean" else value


def _batch(points: Sequence[tuple[Any, Any]]) -> pa.RecordBatch:
    columns = zip(*points, strict=True) if points else ((), ())
    return pa.RecordBatch.from_arrays([_array(column) for column in columns], names=list(_FIELDS))


def _array(values: Sequence[Any]) -> pa.Array:
    try:
        if str not in set(map(type, values)):
            floats = [None if value is None else float(value) for value in values]
            return pa.array(floats, pa.float64())
    except OverflowError:  # an integer of hundreds of digits
        pass
    return pa.array([None if value is None else str(value) for value in values], pa.string())
