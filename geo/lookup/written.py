"""Coordinates as people write them: decimal numbers, degrees with minutes, two in one text.

Degrees may be followed by minutes and seconds (``114°00′45.7″``, ``114度0分45.7秒``,
``114:00:45.7``), and letters or Chinese words may say which of the two it is: ``E``, ``东经``,
``N``, ``北纬``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from geo.errors import CoordinateError, missing, not_a_number

_LETTERS: Final = {"E": ("lon", 1), "W": ("lon", -1), "N": ("lat", 1), "S": ("lat", -1)}
_WORDS: Final = {
    **_LETTERS,
    **dict.fromkeys(("东经", "lon", "lng", "Lon", "Lng", "LON", "LNG"), ("lon", 1)),
    **dict.fromkeys(("北纬", "lat", "Lat", "LAT"), ("lat", 1)),
    "西经": ("lon", -1),
    "南纬": ("lat", -1),
}
_NUMBER: Final = r"(\d+(?:\.\d*)?|\.\d+)"
_FORMS: Final = tuple(
    re.compile(
        rf"({'|'.join(_WORDS)})?\s*[:=]?\s*([+-])?{form}\s*([{''.join(_LETTERS)}])?", re.ASCII
    )
    for form in (
        rf"{_NUMBER}\s*°?",
        rf"(\d+)\s*°\s*{_NUMBER}\s*'",
        rf"(\d+)\s*°\s*(\d+)\s*'\s*{_NUMBER}\s*\"",
        rf"(\d+)\s*[:\s]\s*(\d+)\s*[:\s]\s*{_NUMBER}",
    )
)
_MARKS: Final = str.maketrans(
    dict.fromkeys("′’‘´`分", "'")
    | dict.fromkeys("º˚度", "°")
    | dict.fromkeys("″”“秒", '"')
    | dict.fromkeys("−–", "-")
)
_LONGEST: Final = 200  # characters of two numbers
_BETWEEN: Final = re.compile(r"[,;、/]")
_IN_NUMBER: Final = re.compile(r"[\d.+-]")


class WrittenPair(NamedTuple):
    """Two numbers that were written in one text.

    Attributes
    ----------
    first, second : float
        In the text's order, or longitude and latitude if they are named.
    named : bool
        Whether letters say which is which.
    """

    first: float
    second: float
    named: bool


def read_coordinate(text: str, field: str) -> float:
    """Read one number, in degrees or metres.

    Parameters
    ----------
    text : str
    field : str
        ``lon`` or ``lat``.

    Raises
    ------
    CoordinateError
        It is empty, is no number, or says of itself that it is the other of the two.
    """
    if not text.strip():
        raise missing(field)
    found = _decimal(text) or _value(_plain(text))
    if found is None:
        raise not_a_number(field, text)
    value, said = found
    if said not in {field, None}:
        message = f"{field} is {text.strip()[:60]!r}, which says that it is the {said}."
        raise CoordinateError(message, code="lon_lat_swapped", field=field)
    return value


def read_pair(text: str) -> WrittenPair:
    """Read two numbers that stand in one text, as ``114.0127,32.9930``.

    Raises
    ------
    CoordinateError
        There are not two, or one of them may be the longitude as well as the latitude by its
        letters; the field is ``lon``.
    """
    if not text.strip():
        raise missing("lon")
    plain = re.sub(r"^(?i:POINT)\s*|[()\[\]]", "", _plain(text[:_LONGEST])).strip()
    marks = [(found.start(), found.end()) for found in _BETWEEN.finditer(plain)]
    places = marks or [
        (i, i)
        for i in range(1, len(plain))
        if not (_IN_NUMBER.match(plain[i - 1]) and _IN_NUMBER.match(plain[i]))
    ]
    pairs = {
        (one, two)
        for end, start in places
        if (one := _value(plain[:end].strip())) and (two := _value(plain[start:].strip()))
    }
    if len(pairs) == 1 and len(text) <= _LONGEST:
        [((first, said), (second, then))] = pairs
        if said is None and then is None:
            return WrittenPair(first, second, named=False)
        if said != then:
            lat_first = said == "lat" or then == "lon"
            lon, lat = (second, first) if lat_first else (first, second)
            return WrittenPair(lon, lat, named=True)
    message = f"lon is {text.strip()[:60]!r}; it must be two numbers with a comma between them."
    raise CoordinateError(message, code="not_a_number", field="lon")


def _plain(text: str) -> str:
    """Return a text with one sign for each mark."""
    text = text.replace("经度", "lon").replace("纬度", "lat")  # whose 度 is no degree
    # Before NFKC, which makes a space and an accent of some marks, and after it for wide ones.
    marked = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
    return re.sub(r"' ?'", '"', " ".join(marked.split()))


def _decimal(text: str) -> tuple[float, None] | None:
    """Read a number as programs write it."""
    try:
        return (float(text), None) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def _value(plain: str) -> tuple[float, str | None] | None:
    """Return a number, and which of the two its letters say it is."""
    found = next(filter(None, (form.fullmatch(plain) for form in _FORMS)), None)
    if found is None:
        return _decimal(plain)
    before, sign, *parts, after = found.groups()
    sizes = [float(part) for part in parts]
    words = [_WORDS[word] for word in (before, after) if word]
    if any(size >= 60 for size in sizes[1:]) or len({said for said, _ in words}) > 1:
        return None
    value = sum(size / 60**place for place, size in enumerate(sizes))
    for turn in (-1 if sign == "-" else 1, *(turn for _, turn in words)):
        value *= turn
    return value, words[0][0] if words else None
