"""What the QR code of a certificate says: what was asked, of which data, and when.

It says no price: whoever follows it has them computed again.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from pydantic import TypeAdapter

from app.errors import ParameterError
from app.web.certificate.query import (
    CertificateQuery,
    PriceCertificateQuery,
    ValueCertificateQuery,
)
from app.web.parameters import SEVERAL, check_parameters
from geo.editions.catalogue import CHINA
from geo.editions.manifest import digest
from geo.layouts.layouts import LAYOUTS_FILE
from geo.parcels import PARCELS_FILE

if TYPE_CHECKING:
    from app.web.edition import LoadedEdition
    from app.web.served import Served

HASH_DIGITS: Final = 16
"""How much of a checksum a certificate prints, in hexadecimal digits."""

_KINDS: Final[dict[str, type[CertificateQuery]]] = {
    "price": PriceCertificateQuery,
    "value": ValueCertificateQuery,
}
_OWN: Final = ("kind", "edition", "sha256", "coefficients", "issued", "packed")
_FIXED: Final = frozenset({"city", "lang"})  # by the edition, or said beside it
_HASH: Final = re.compile(r"[0-9a-f]{16}")
_ISSUED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", re.ASCII)
_READABLE: Final = 400
"""Characters of what was asked from which on it is packed, so that the QR code can be scanned."""
_MOST_UNPACKED: Final = 20_000

Pairs = list[tuple[str, str]]
_PAIRS: Final = TypeAdapter(Pairs)


class Prints(NamedTuple):
    """Checksums of what an answer is computed from.

    Attributes
    ----------
    data : str
        Of the edition's regions and layouts: as ``sha256sum layouts.parquet parcels.geojson |
        sha256sum`` prints it, its first `HASH_DIGITS`. Both decide probabilities.
    coefficients : str
        Of the coefficients; empty where there are none, or none are used.
    """

    data: str
    coefficients: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says.

    Attributes
    ----------
    query : CertificateQuery
    edition : str
        Which, as ``411700-2022``.
    prints : Prints
        Of the data that the certificate was computed from.
    issued : datetime
        In China.
    """

    query: CertificateQuery
    edition: str
    prints: Prints
    issued: datetime


def prints_of(served: Served, edition: LoadedEdition, query: CertificateQuery) -> Prints:
    """Return the checksums of what a query is answered from."""
    files = served.publication.manifest.editions[edition.parcels.edition.id]
    decisive = {name: files[name] for name in (PARCELS_FILE, LAYOUTS_FILE) if name in files}
    used = edition.coefficients if isinstance(query, ValueCertificateQuery) else None
    return Prints(digest(decisive)[:HASH_DIGITS], "" if used is None else used.sha256[:HASH_DIGITS])


def link_text(link: Link) -> str:
    """Return a link as a query string."""
    is_value = isinstance(link.query, ValueCertificateQuery)
    own = [
        ("kind", "value" if is_value else "price"),
        ("edition", link.edition),
        ("sha256", link.prints.data),
        *([("coefficients", link.prints.coefficients)] if link.prints.coefficients else []),
        ("issued", link.issued.isoformat()),
        ("lang", link.query.lang),
    ]
    asked = _asked(link.query)
    text = urlencode(asked)
    if len(text) > _READABLE:
        text = urlencode({"packed": _packed(asked)})
    return f"{urlencode(own, safe=':')}&{text}"


def _asked(query: CertificateQuery) -> Pairs:
    """Return the properties of a query that decide its answer, as they are read again."""
    fixed = _FIXED if "date" in query.given else {*_FIXED, "as_of"}  # by the edition alone
    pairs: Pairs = []
    for name in type(query).model_fields:
        if name in query.given and name not in fixed:
            value = getattr(query, name)
            several = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(name, f"{one}") for one in several]
    return pairs


def read_link(text: str) -> Link:
    """Read the query string of a link.

    Raises
    ------
    ParameterError
        Something is missing, not known, there twice, or not as a certificate has it.
    ValidationError
        What was asked cannot be read.
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    packed = [value for name, value in pairs if name == "packed"]
    if packed:
        pairs += _unpacked(packed[0])
    given = dict(pairs)
    kind = _KINDS.get(_one(given, "kind"))
    if kind is None:
        raise _damaged("kind", given["kind"], "price or value")
    names = (*_OWN, *kind.model_fields)
    check_parameters([name for name, _ in pairs], names, several=SEVERAL)
    edition, sha256, issued = (_one(given, name) for name in ("edition", "sha256", "issued"))
    coefficients = given.get("coefficients", "")
    for name, print_ in (("sha256", sha256), ("coefficients", coefficients)):
        if not _HASH.fullmatch(print_) and (print_ or name == "sha256"):
            raise _damaged(name, print_, f"{HASH_DIGITS} hexadecimal digits")
    asked = {
        name: [one for other, one in pairs if other == name] if name in SEVERAL else value
        for name, value in pairs
        if name not in _OWN
    }
    query = kind.model_validate(asked)
    return Link(query, edition, Prints(sha256, coefficients), read_time("issued", issued))


def read_time(field: str, text: str) -> datetime:
    """Read a time in China, such as ``2026-01-31T10:00:00+08:00``.

    Raises
    ------
    ParameterError
        It is none.
    """
    try:
        found = datetime.fromisoformat(text) if _ISSUED.fullmatch(text) else None
    except ValueError:  # such as the 30th of February
        found = None
    if found is None:
        raise _damaged(field, text, "a time in China, such as 2026-01-31T10:00:00+08:00")
    return found


def now() -> datetime:
    """Return the time that it is in China, to the second."""
    return datetime.now(CHINA).replace(microsecond=0)


def _packed(pairs: Pairs) -> str:
    text = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
    packed = zlib.compress(text.encode(), 9, wbits=-15)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _unpacked(text: str) -> Pairs:
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacked = zlib.decompressobj(-15).decompress(content, _MOST_UNPACKED)
        return _PAIRS.validate_json(unpacked)
    except (zlib.error, ValueError) as error:  # base64's and pydantic's are among the latter
        raise _damaged("packed", text, "as the certificate has it") from error


def _one(given: dict[str, str], name: str) -> str:
    if name not in given:
        message = f"{name} is missing; follow the whole link of a certificate."
        raise ParameterError(message, code="missing", field=name)
    return given[name]


def _damaged(field: str, value: str, wanted: str) -> ParameterError:
    message = f"{field} is {value[:60]!r}; it must be {wanted}."
    return ParameterError(message, code="link_damaged", field=field)
