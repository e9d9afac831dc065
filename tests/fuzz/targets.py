"""What is fuzzed: readers of whatever somebody hands in, each from bytes.

A reader returns or raises a `GeoError`; anything else is a finding, and so is an input that takes
more than a second. The bytes are a file of one kind, or several that are packed into one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import ValidationError

from app.join.observed import read_any
from app.settings import Settings
from app.web.batch.media_types import BodyType, MediaType
from app.web.batch.stream import BatchQuestion, answer_body
from app.web.certificate.link import read_link
from app.web.edition import LoadedEdition
from app.web.valuation.compare.body import open_deals
from app.web.valuation.compare.study import DealQuestion, compare_table
from geo.build.official import read_official
from geo.build.sources import Sources, read_sources
from geo.build.vector import attribute_rows
from geo.centrelines.importer import NetworkMaker
from geo.centrelines.read import read_pieces
from geo.crs import Crs
from geo.errors import GeoError
from geo.gazette.notice import read_notice
from geo.gazette.rows import read_rows
from geo.gazette.table import read_gazette
from geo.lookup.price import price_at_text
from geo.lookup.table import Column
from geo.network.files import read_centrelines
from geo.survey.intake import take_in
from tests.factories import alone
from tests.fuzz.files import (
    DOCUMENT,
    SHAPEFILE,
    SHEET,
    document_parts,
    unpacked,
    workbook_parts,
    zipped,
)
from tests.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.gazette.notice import Notice

    Read = Callable[[Path], object]


class Target(NamedTuple):
    """A reader.

    Attributes
    ----------
    read : callable
        Takes the input; what a `GeoError` refuses is refused well.
    kind : str
        ``gazette``, ``importer``, ``batch`` or ``words``.
    """

    read: Callable[[bytes], None]
    kind: str


@cache
def edition() -> LoadedEdition:
    """Return the shipped edition."""
    return LoadedEdition.read(DATA / "parcels.geojson")


@cache
def sources() -> Sources:
    """Return what the shipped edition is built from."""
    return read_sources(DATA, None, None)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="fuzz-")


def _file(read: Read, suffix: str, content: bytes) -> None:
    path = Path(_folder().name, "given").with_suffix(suffix)
    path.write_bytes(content)
    with suppress(GeoError):
        read(path)


def _member(
    read: Read, suffix: str, parts: Mapping[str, bytes], member: str, content: bytes
) -> None:
    """Read a file of an office program of which one member is as given."""
    _file(read, suffix, zipped({**parts, member: content}))


def _shapefile(read: Read, content: bytes) -> None:
    path = Path(_folder().name, "shape.shp")
    for suffix, part in unpacked(content, SHAPEFILE).items():
        beside = path.with_suffix(suffix)
        beside.unlink(missing_ok=True)
        if part:
            beside.write_bytes(part)
    if path.exists():
        with suppress(GeoError):
            read(path)


# Readers ----------------------------------------------------------------------------------------


@cache
def notice() -> Notice:
    """Return the shipped notice, which announces no number of regions here."""
    return replace(sources().notice, counts={})


def _gazette(path: Path) -> None:
    read_gazette(read_rows(path), notice())


def _network(path: Path) -> None:
    crs = "EPSG:4490" if path.suffix == ".dxf" else None  # which no drawing declares
    pieces = read_pieces(path, {}, lines=("文明大道", "开源大道"), crs=crs)
    lengths_deg = [part.length for parts in pieces.by_name.values() for part in parts]
    if sum(lengths_deg) < 0.5:  # 50 km; a hundred take a second
        maker = NetworkMaker(pieces)
        maker.network(maker.centrelines())


def _centrelines(path: Path) -> None:
    read_centrelines(path, {})


def _regions(path: Path) -> None:
    read_official(path, sources().gazette.records, sources().notice, accuracy_m=10.0)


def _attributes(path: Path) -> None:
    with suppress(RuntimeError, ValueError, LookupError):  # as its caller does
        read_gazette(attribute_rows(path), notice())


def _observed(path: Path) -> None:
    crs = Crs.WGS84 if path.suffix == ".csv" else None  # which no table declares
    given = read_any(path, edition(), crs=crs, place=None, line=None, error_m=10.0)
    if len(given.notes) + len(given.tracks) < 50:
        take_in(given, edition(), (), who="who", added="2030-01-01T00:00:00+00:00")


_WANTED: Final = tuple(MediaType)


def _uncounted(_rows: int) -> None:
    pass


def _batch(kind: MediaType, content: bytes) -> None:
    """Answer a body whose first byte chooses the answer."""
    choice, content = content[:1], content[1:]
    number = choice[0] if choice else 0
    settings = Settings()
    question = BatchQuestion(
        edition=edition(),
        others=None,
        summary=alone(edition()).summary(edition()),
        crs=(Crs.WGS84, Crs.GCJ02, Crs.EPSG_4547, Crs.BD09)[number >> 2 & 3],
        uses=edition().uses,
        columns=(Column.CODE, Column.CERTAINTY),
        lon=None,
        lat=None,
        at="at" if number >> 4 & 3 == 1 and kind is not MediaType.JSON else None,
        known="known" if number >> 4 & 3 == 2 and kind is not MediaType.JSON else None,
        given=BodyType(kind, "gb18030" if number >> 6 == 1 else "utf8"),
        wanted=_WANTED[number & 3],
        max_bytes=1_000_000,
        max_columns=settings.batch_columns_max,
        max_cell_bytes=64_000,
        max_unfolded_bytes=10_000_000,
        count_rows=_uncounted,
    )
    with TemporaryFile() as body, suppress(GeoError):
        body.write(content)
        body.seek(0)
        for _ in answer_body(body, question):
            pass


def _deals(kind: MediaType, content: bytes) -> None:
    """Compare the deals of a body."""
    settings = Settings()
    with suppress(GeoError):
        table = open_deals(
            content, BodyType(kind), most_columns=settings.batch_columns_max, words=None
        )
        compare_table(alone(edition()), table, DealQuestion(unadjusted=True), name="fuzz")


def _words(content: bytes) -> None:
    """Look up a place in words or pasted, and behind the last line break what is known of it."""
    at, _, known = content.decode("utf-8", "replace").rpartition("\n")
    with suppress(GeoError):
        price_at_text(edition(), at or known, known=[known] if at else [])


def _link(content: bytes) -> None:
    """Read the query string of a certificate's link."""
    with suppress(GeoError, ValidationError):  # as the page does
        read_link(content.decode("latin-1"))


def _docx(content: bytes) -> None:
    _member(_gazette, ".docx", document_parts(), DOCUMENT, content)


def _xlsx(content: bytes) -> None:
    _member(_gazette, ".xlsx", workbook_parts(), SHEET, content)


TARGETS: Final[dict[str, Target]] = {
    **{
        f"gazette_{suffix[1:]}": Target(partial(_file, _gazette, suffix), "gazette")
        for suffix in (".tsv", ".csv", ".html")
    },
    "gazette_docx": Target(_docx, "gazette"),
    "gazette_xlsx": Target(_xlsx, "gazette"),
    "notice": Target(partial(_file, read_notice, ".toml"), "gazette"),
    "centrelines": Target(partial(_file, _centrelines, ".geojson"), "importer"),
    **{
        f"network_{suffix[1:]}": Target(partial(_file, _network, suffix), "importer")
        for suffix in (".geojson", ".dxf", ".osm")
    },
    "network_shp": Target(partial(_shapefile, _network), "importer"),
    **{
        f"regions_{suffix[1:]}": Target(partial(_file, _regions, suffix), "importer")
        for suffix in (".geojson", ".kml")
    },
    "regions_shp": Target(partial(_shapefile, _regions), "importer"),
    "attributes_shp": Target(partial(_shapefile, _attributes), "importer"),
    **{
        f"survey_{suffix[1:]}": Target(partial(_file, _observed, suffix), "importer")
        for suffix in (".gpx", ".kml", ".geojson", ".csv", ".jpg")
    },
    **{f"batch_{kind.name.lower()}": Target(partial(_batch, kind), "batch") for kind in MediaType},
    **{
        f"deals_{kind.name.lower()}": Target(partial(_deals, kind), "batch")
        for kind in (MediaType.JSON, MediaType.CSV)
    },
    "words": Target(_words, "words"),
    "link": Target(_link, "words"),
}
"""By name."""
