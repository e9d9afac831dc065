"""Reads everything that an edition is built from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.build.official import (
    NO_OFFICIAL_REGIONS,
    OFFICIAL_ACCURACY_M,
    OfficialRegions,
    read_official,
)
from geo.errors import EditionError, RegionsError
from geo.gazette.notice import read_notice
from geo.gazette.rows import TABLE_SUFFIXES, Row, read_rows
from geo.gazette.table import Gazette, read_gazette
from geo.network.evidence import Evidence, read_evidence
from geo.network.files import GivenLine, read_centrelines
from geo.parcels import GAZETTE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from geo.gazette.notice import Notice


@dataclass(frozen=True)
class Sources:
    """Everything an edition is built from.

    Attributes
    ----------
    gazette : Gazette
    notice : Notice
    evidence : Evidence
    given : dict of str to GivenLine
        Centrelines that the operator handed in, by canonical name.
    inputs : dict of str to str
        SHA-256 of each file that was read, by name.
    notice_path : Path
        Where the notice was read from; the edition's known exceptions lie beside it.
    official : OfficialRegions
        Polygons that the operator handed in.
    """

    gazette: Gazette
    notice: Notice
    evidence: Evidence
    given: dict[str, GivenLine]
    inputs: dict[str, str]
    notice_path: Path
    official: OfficialRegions = NO_OFFICIAL_REGIONS


def read_sources(
    data: Path,
    gazette: Path | None,
    network: Path | None,
    regions: Path | None = None,
    *,
    accuracy_m: float = OFFICIAL_ACCURACY_M,
    crs: str | None = None,
    encoding: str | None = None,
) -> Sources:
    """Read an edition's sources from files.

    Parameters
    ----------
    data : Path
        The city's folder, with ``gazette/`` and ``network/``.
    gazette : Path or None
        A gazette text or table; None for the newest table in ``data/gazette``, or for the
        attributes of `regions` where there is no table.
    network : Path or None
        Centrelines that replace the schematic network, wholly or line by line.
    regions : Path or None
        Official polygons that replace regions, use by use.
    accuracy_m : float
        How far the official boundaries may be off.
    crs, encoding : str or None
        Of `regions`, where the file does not say.

    Raises
    ------
    EditionError, GazetteError, NetworkError, RegionsError
        A file is missing or damaged.
    """
    folder = data / GAZETTE_FOLDER
    table = gazette or _newest_table(folder)
    if table is not None:
        rows = read_rows(table)
        text = "\n".join(cell for row in rows for cell in row.cells)
        notice_path = _notice_path(table, text, folder)
    elif regions is not None:
        rows, notice_path = _attributes(regions, encoding), _newest_notice(folder)
    else:
        ends = ", ".join(TABLE_SUFFIXES)
        raise EditionError(f"no gazette table ({ends}) in the folder {folder.name}")
    notice = read_notice(notice_path)
    evidence = read_evidence(data / "network", notice.edition.admin_code, notice.metric_crs)
    files = {f"gazette/{path.name}": path for path in (table, notice_path) if path is not None}
    files |= {f"network/{path.name}": path for path in evidence.files}
    given: dict[str, GivenLine] = {}
    if network is not None:
        given = read_centrelines(network, evidence.aliases)
        files[f"centrelines/{network.name}"] = network
    contents = read_gazette(rows, notice, {*evidence.aliases, *evidence.aliases.values()})
    official = NO_OFFICIAL_REGIONS
    if regions is not None:
        official = read_official(
            regions,
            contents.records,
            notice,
            accuracy_m=accuracy_m,
            crs=crs,
            encoding=encoding,
        )
        files[f"regions/{regions.name}"] = regions
    return Sources(
        gazette=contents,
        notice=notice,
        evidence=evidence,
        given=given,
        inputs={name: _sha256(path) for name, path in files.items()},
        notice_path=notice_path,
        official=official,
    )


def _sha256(path: Path) -> str:
    """Return the checksum of a file; of a folder, that of all its files by name."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    content = b"".join(one.read_bytes() for one in paths if one.is_file())
    return hashlib.sha256(content).hexdigest()


def _attributes(regions: Path, encoding: str | None) -> list[Row]:
    from geo.build.vector import attribute_rows  # noqa: PLC0415 - brings pandas

    try:
        return attribute_rows(regions, encoding=encoding)
    except (RuntimeError, ValueError, LookupError) as error:
        raise RegionsError(f"{regions.name} cannot be read: {error}") from error


def _newest_notice(folder: Path) -> Path:
    found = [path for path in folder.glob("*.toml") if path.suffixes == [".toml"]]
    if not found:
        raise EditionError(f"no metadata (YEAR.toml) in the folder {folder.name}")
    return max(found)


def _newest_table(folder: Path) -> Path | None:
    """Return the table of the latest name, in the form that is preferred; None if there is none."""
    tables = [
        (path.stem, -TABLE_SUFFIXES.index(path.suffix.lower()), path)
        for path in folder.glob("*")
        if path.suffix.lower() in TABLE_SUFFIXES and path.name[0] not in "._~"
    ]
    return max(tables)[-1] if tables else None


def _notice_path(table: Path, text: str, folder: Path) -> Path:
    """Find the metadata of a gazette: beside it, else that of the document it contains."""
    beside = table.with_suffix(".toml")
    if beside.exists():
        return beside
    compact = "".join(text.split())
    for path in sorted(folder.glob("*.toml"), reverse=True):
        if path.suffixes == [".toml"] and read_notice(path).edition.document in compact:
            return path
    raise EditionError(
        f"{table.name} has no metadata: put {beside.name} beside it, with the keys of"
        " data/gazette/2022.toml"
    )
