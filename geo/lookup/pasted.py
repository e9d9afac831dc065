"""A coordinate as people paste it: a link of a map service, JSON, WKT, degrees in any spelling.

Whatever it is, what is read says in which coordinate system it is and whether the text says so
itself. The order of two numbers never has to be guessed in China, where longitudes are 73 to 135,
latitudes 3 to 54, and northings at most a quarter of eastings with a zone number.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from geo.crs import IN_DEGREES, Crs, gauss_kruger, parse_crs, with_zone_number
from geo.errors import CoordinateError
from geo.gcj02 import bd09_from_metres
from geo.lookup.written import read_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 2000
"""Characters of a link or of JSON that is read; links of maps have some hundreds."""
_LONGEST_TEXT: Final = 200
"""Characters of any other text that is read as a coordinate; the longest spelling has some 60."""

_SERVICES: Final = {
    "amap": Crs.GCJ02,  # also uri.amap.com, and the schemes amapuri:, iosamap:, androidamap:
    "gaode": Crs.GCJ02,
    "autonavi": Crs.GCJ02,
    "qq.com": Crs.GCJ02,
    "qqmap": Crs.GCJ02,
    "baidu": Crs.BD09,
    "bdapp": Crs.BD09,
    "tianditu": Crs.CGCS2000,
    "openstreetmap": Crs.WGS84,
    "geo:": Crs.WGS84,  # RFC 5870
}
"""Coordinate systems of links, by a part of the host or scheme.

Sources: Amap's URI API (lbs.amap.com/api/uri-api), Tencent's (lbs.qq.com/uri_v1), Baidu's
(lbsyun.baidu.com, URI API), RFC 5870. Other services' links say nothing of their system: in China
some have WGS84 and some GCJ-02.
"""
_SHORT_LINKS: Final = re.compile(
    r"(?:surl\.amap\.com|j\.map\.baidu\.com|maps\.app\.goo\.gl|goo\.gl|url\.cn|w\.url\.cn)$"
)
_STATED: Final = ("coordinate", "coord_type", "coordtype", "crs", "dev")
"""Parameters of links that say in which system the coordinate is."""
_STATED_VALUES: Final = {
    "gaode": Crs.GCJ02,
    "bd09mc": Crs.BD09,
    "0": None,
    "1": Crs.WGS84,
    "3": Crs.BD09,
    "5": Crs.GCJ02,  # Amap's dev, Tencent's types
}
"""What the services' own values mean; None is the service's own system."""
_LON: Final = ("lng", "lon", "long", "longitude", "pointx", "mlon", "x")
_LAT: Final = ("lat", "latitude", "pointy", "mlat", "y")
_PAIRS: Final = (
    *("position", "location", "latlng", "marker", "markers", "coord", "to", "dest", "destination"),
    *("q", "query", "ll", "sll", "center", "c", "map", "loc", "point"),
)
_IN_PATH: Final = (  # the place itself, before the middle of the map
    re.compile(r"!3d(-?[\d.]+)!4d(-?[\d.]+)"),
    re.compile(r"@(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)"),
)
_ZOOM: Final = re.compile(r"^\d{1,2}(?:\.\d+)?/(?=[^/]+/)")  # 15/32.99/114.01
_NUMBERS: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*[,/;]\s*(-?\d+(?:\.\d+)?)(?![\d.])")

_LINK: Final = re.compile(
    r"(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]*://|geo:[-+\d]|(?:[a-z0-9-]+\.)+[a-z]{2,}/)\S*",
    re.IGNORECASE,
)
"""Begins at the text's start, or after what no link has: a name may stand right before it."""
_SRID: Final = re.compile(r"^SRID\s*=\s*(\d+)\s*;\s*", re.IGNORECASE)
_SYSTEM_WORDS: Final = {
    r"wgs[-_ ]?(?:19)?84(?:坐标系?)?|GPS(?:坐标)?": Crs.WGS84,
    r"gcj[-_ ]?02(?:坐标系?)?|火星坐标系?|高德(?:地图)?(?:坐标)?|腾讯(?:地图)?(?:坐标)?": Crs.GCJ02,
    r"bd[-_ ]?09(?:ll)?(?:坐标系?)?|百度(?:地图)?(?:坐标)?": Crs.BD09,
    r"cgcs[-_ ]?2000(?:坐标系?)?|国家?2000(?:坐标系?)?|天地图(?:坐标)?": Crs.CGCS2000,
}
_LABEL: Final = re.compile(
    r"^(?:(?:我的|当前)?(?:坐标|位置|定位|地址)|经纬度|coordinates?|location)\s*[:=]?\s*",
    re.IGNORECASE,
)
_HEIGHT: Final = re.compile(
    r"[,;\s]\s*(?:海拔|高程|高度|alt(?:itude)?|h)?\s*[:=]?\s*-?\d{1,4}(?:\.\d+)?\s*(?:m|米)?$",
    re.IGNORECASE,
)
_SURVEYED: Final = re.compile(
    r"[xX]\s*[:=]\s*(\d+(?:\.\d+)?)\s*[,;\s]*[yY]\s*[:=]\s*(\d+(?:\.\d+)?)"
)
_ISO_6709: Final = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?/?")
_OUTER: Final = "()[]{}<>（）【】「」\"'“”。.,，;；"
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_COORDINATE_WORDS: Final = re.compile(r"[东西]经|[南北]纬|经度|纬度|[度分秒]|[东北]坐标")


class Pasted(NamedTuple):
    """A coordinate as it was read.

    Attributes
    ----------
    lon, lat : float
        In `crs`: degrees, or the easting and the northing in metres.
    crs : Crs
    stated : bool
        Whether the text itself says the system; else it was assumed.
    """

    lon: float
    lat: float
    crs: Crs
    stated: bool


def read_pasted(text: str, *, zone: Crs, assumed: Crs = Crs.WGS84) -> Pasted | None:
    """Read a coordinate in any form in which people have it.

    Parameters
    ----------
    text : str
    zone : Crs
        The city's zone without a zone number: the system of metres that do not say theirs, unless
        `assumed` has metres.
    assumed : Crs, optional
        The system of numbers that do not say theirs.

    Returns
    -------
    Pasted or None
        None where the text is no coordinate but words.

    Raises
    ------
    CoordinateError
        It is a link without a coordinate, or numbers that are none; the field is ``at``.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(plain) > LONGEST:
        return None
    if link := _LINK.search(plain):
        return _read_link(link[0], assumed)
    found = _read_json(plain) or (_read_text(plain) if len(plain) <= _LONGEST_TEXT else None)
    if found is None:
        if re.search(r"\d", plain) and not _CHINESE.search(_COORDINATE_WORDS.sub("", plain)):
            raise CoordinateError(
                f"at is {text.strip()[:60]!r}, which is no coordinate; write two numbers such as"
                " 114.0127, 32.9930, or paste a link of a map.",
                code="not_a_number",
                field="at",
            )
        return None
    first, second, named, stated = found
    return _placed(first, second, named=named, stated=stated, zone=zone, assumed=assumed)


def _placed(
    first: float, second: float, *, named: bool, stated: Crs | None, zone: Crs, assumed: Crs
) -> Pasted:
    """Tell which number is which, and in what system they are."""
    if abs(first) <= 180 and abs(second) <= 180:
        if not named and abs(first) <= 90 < abs(second):
            first, second = second, first
        return Pasted(first, second, stated or assumed, stated is not None)
    # Metres: behind a zone number eastings are greater than all northings, else smaller.
    low, high = sorted((first, second))
    if high >= 25e6:
        number = int(high // 1e6)
        with_number = gauss_kruger(lon=3.0 * number) if number <= 45 else zone
        crs = with_zone_number(with_number)
        return Pasted(high, low, stated or crs, stated=True)
    crs = zone if assumed in IN_DEGREES else assumed
    return Pasted(low, high, stated or crs, stated is not None)


# Texts ------------------------------------------------------------------------------------------


def _read_text(plain: str) -> tuple[float, float, bool, Crs | None] | None:
    stated = None
    if match := _SRID.match(plain):
        stated, plain = parse_crs(f"epsg:{match[1]}"), plain[match.end() :]
    plain = _LABEL.sub("", plain)
    for words, crs in _SYSTEM_WORDS.items():
        at_either_end = rf"^\W*(?:{words})\W*?(?=[\s:：(\[\d东西南北NSEW])|[\s(,，]*(?:{words})\W*$"
        without, count = re.subn(at_either_end, "", plain, flags=re.IGNORECASE)
        if count and stated not in (None, crs):
            raise CoordinateError(
                f"at names two coordinate systems, {stated} and {crs}; leave the right one.",
                code="unknown_crs",
                field="at",
            )
        if count:
            stated, plain = crs, without
    plain = plain.strip().lstrip(":=").strip()
    if not re.match(r"POINT", plain, re.IGNORECASE):
        plain = plain.strip(_OUTER + " \t\n")
    if match := _SURVEYED.fullmatch(plain):  # in surveying x is to the north
        return float(match[2]), float(match[1]), True, stated
    if match := _ISO_6709.fullmatch(plain):
        return float(match[2]), float(match[1]), True, stated or Crs.WGS84
    for candidate in (plain, _HEIGHT.sub("", plain)):
        try:
            first, second, named = read_pair(candidate)
        except CoordinateError:
            continue
        if math.isfinite(first) and math.isfinite(second):
            return first, second, named, stated
    return None


def _read_json(plain: str) -> tuple[float, float, bool, Crs | None] | None:
    """Read an object with a longitude and a latitude, a GeoJSON point, or a list of two."""
    if plain[:1] not in ("{", "["):
        return None
    try:
        content = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict):
        geometry = content.get("geometry") or content
        if isinstance(geometry, dict) and "coordinates" in geometry:
            content = geometry["coordinates"]
        else:
            by_name = {str(name).lower(): value for name, value in content.items()}
            lon, lat = (_first_number(by_name, names) for names in (_LON, _LAT))
            return None if lon is None or lat is None else (lon, lat, True, None)
    if isinstance(content, list) and 2 <= len(content) <= 3:
        numbers = [_number(value) for value in content]
        if numbers[0] is not None and numbers[1] is not None:
            return numbers[0], numbers[1], False, None
    return None


def _first_number(values: dict[str, Any], names: tuple[str, ...]) -> float | None:
    return next((found for n in names if (found := _number(values.get(n))) is not None), None)


def _number(value: object) -> float | None:
    """Return a finite number, or None; JSON's true is none, though Python's is 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


# Links ------------------------------------------------------------------------------------------


def _read_link(link: str, assumed: Crs) -> Pasted:
    try:
        parts = urlsplit(link if "://" in link or link.startswith("geo:") else f"https://{link}")
    except ValueError:  # such as a host that opens a bracket
        raise CoordinateError(
            f"at is {link[:60]!r}, which is no address of a page; copy the link once more.",
            code="link_without_coordinate",
            field="at",
        ) from None
    host = parts.hostname or parts.scheme
    parameters = _parameters(parts.query, parts.fragment, parts.path)
    crs = next((crs for part, crs in _SERVICES.items() if part in f"{parts.scheme}:{host}"), None)
    for name in _STATED:
        if (value := parameters.get(name)) and not _NUMBERS.search(value):
            crs = _stated(name, value) or crs
    pairs = list(_pairs(parts.path, parameters))
    for first, second in pairs:
        if crs is Crs.BD09 and abs(first) > 180:  # in China eastings are the greater
            northing_m, easting_m = sorted((first, second))
            lon, lat = bd09_from_metres(easting_m=easting_m, northing_m=northing_m)
            return Pasted(lon, lat, crs, stated=True)
        if 0 < abs(first) <= 180 and 0 < abs(second) <= 180:
            lon, lat = (second, first) if abs(first) <= 90 < abs(second) else (first, second)
            return Pasted(lon, lat, crs or assumed, crs is not None)
    why = ", which hides it" if _SHORT_LINKS.search(host) else ""
    raise CoordinateError(
        f"at is a link of {host if host.isprintable() else repr(host)} without a coordinate{why};"
        " open it and copy the coordinate, or write the place in words.",
        code="link_without_coordinate",
        field="at",
    )


def _parameters(*texts: str) -> dict[str, str]:
    """Return the parameters of a link: of its query, of what follows #, and of geo: after ;."""
    found: dict[str, str] = {}
    for text in texts:
        for name, value in parse_qsl(text.lstrip("?/").replace(";", "&") if text else ""):
            found.setdefault(name.lower(), value)
    return found


def _stated(name: str, value: str) -> Crs | None:
    if value in _STATED_VALUES:
        return _STATED_VALUES[value]
    try:
        return parse_crs(value)
    except CoordinateError:
        raise CoordinateError(
            f"at is a link whose {name} is {value[:40]!r}, which is no coordinate system known"
            f" here; write the coordinate in {', '.join(sorted(IN_DEGREES))}.",
            code="unknown_crs",
            field="at",
        ) from None


def _pairs(path: str, parameters: dict[str, str]) -> Iterator[tuple[float, float]]:
    """Yield pairs of numbers of a link that may be its coordinate, the likeliest first."""
    lon, lat = _first_number(dict(parameters), _LON), _first_number(dict(parameters), _LAT)
    if lon is not None and lat is not None:
        yield lon, lat
    texts = [parameters[name] for name in _PAIRS if name in parameters]
    found = [match for pattern in _IN_PATH for match in pattern.finditer(unquote(path))]
    for text in (*texts, unquote(path)):
        found += _NUMBERS.finditer(_ZOOM.sub("", text))
    yield from ((float(match[1]), float(match[2])) for match in found)
