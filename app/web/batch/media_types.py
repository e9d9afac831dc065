"""Kinds of bodies in which many points come and their answers go, and what is refused of them.

Nothing here needs pyarrow, which is slow to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.errors import UnsupportedMediaTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable


class MediaType(StrEnum):
    """Kinds of bodies."""

    JSON = "application/json"
    CSV = "text/csv"
    ARROW = "application/vnd.apache.arrow.stream"
    PARQUET = "application/vnd.apache.parquet"


ROW_BYTES: Final = 8
"""A row counts as at least so many bytes, for a small file may unpack to more rows than it has
bytes. Two numbers of four bytes are the least that a row usually has."""

_UTF8: Final = "utf8"
_ENCODINGS: Final = {
    "utf-8": _UTF8,
    "utf8": _UTF8,
    "us-ascii": _UTF8,
    # As others read it too: the older two are part of the newest.
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
}


@dataclass(frozen=True, slots=True)
class BodyType:
    """What a body is said to be.

    Attributes
    ----------
    kind : MediaType
    encoding : str
        Encoding of CSV, by Python's name.
    """

    kind: MediaType
    encoding: str = _UTF8


def parse_content_type(content_type: str, content_encoding: str) -> BodyType:
    """Read what a request says of its body.

    Parameters
    ----------
    content_type, content_encoding : str
        The headers; empty if there is none.

    Raises
    ------
    UnsupportedMediaTypeError
        The body is not of a `MediaType`, is compressed, or is CSV in an unknown encoding.
    """
    message = Message()
    message["Content-Type"] = content_type
    kind = _kind(content_type.partition(";")[0])
    if kind is None:
        raise UnsupportedMediaTypeError(
            f"Content-Type is {content_type[:60]!r}; it must be {_one_of(MediaType)}."
        )
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaTypeError(
            f"Content-Encoding is {content_encoding[:60]!r}; the body must not be compressed."
        )
    charset = message.get_content_charset() or _UTF8
    if kind is MediaType.CSV and charset not in _ENCODINGS:
        raise UnsupportedMediaTypeError(
            f"The charset of Content-Type is {charset[:60]!r}; it must be {_one_of(_ENCODINGS)}."
        )
    return BodyType(kind, _ENCODINGS.get(charset, _UTF8))


def parse_accept(accept: str, given: MediaType) -> MediaType:
    """Choose the kind of an answer.

    Parameters
    ----------
    accept : str
        The header; empty if there is none.
    given : MediaType
        Media type of the request.

    Returns
    -------
    MediaType
        The one that is liked best; `given` if none is named, or it is liked as well.
    """
    liked: dict[MediaType, float] = {}
    for part in accept.split(","):
        name, *parameters = part.split(";")
        kind = _kind(name)
        if kind is None and name.strip() in {"*/*", f"{given.partition('/')[0]}/*"}:
            kind = given
        if kind is not None:
            liked[kind] = max(_quality(parameters), liked.get(kind, 0.0))
    best = max(liked, key=lambda kind: (liked[kind], kind is given), default=given)
    return best if liked.get(best) else given


def _kind(name: str) -> MediaType | None:
    try:
        return MediaType(name.strip().lower())
    except ValueError:
        return None


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _one_of(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
