"""Other spellings of lines' names, from files that an operator writes."""

from __future__ import annotations

import csv
import tomllib
from io import StringIO
from typing import TYPE_CHECKING, Any

from geo.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TABLES = ("aliases", "centrelines")


def read_aliases(path: Path) -> dict[str, str]:
    """Read a table of spellings.

    Parameters
    ----------
    path : Path
        A CSV file with the columns ``name`` and ``line``; or a TOML file with tables
        ``[[aliases]]`` of these two keys. Such tables may also be called ``[[centrelines]]``, as
        in a city's evidence, which tells there under which name maps know a line.

    Returns
    -------
    dict of str to str
        Canonical name, by other spelling.

    Raises
    ------
    NetworkError
        The file cannot be read, an entry lacks one of the two, or two entries disagree.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = _toml_entries(text) if path.suffix == ".toml" else _csv_entries(text)
    except (OSError, ValueError, csv.Error) as error:
        raise NetworkError(f"{path.name}: not readable as a table of spellings: {error}") from error
    aliases: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        name, line = (entry.get(key) for key in ("name", "line"))
        if not (isinstance(name, str) and name and isinstance(line, str) and line):
            raise NetworkError(
                f"{path.name}, entry {number}: it must have name and line, the other spelling and"
                " the line's own name"
            )
        if aliases.setdefault(name, line) != line:
            raise NetworkError(f"{path.name}: {name} stands for {aliases[name]} and for {line}")
    return aliases


def _toml_entries(text: str) -> list[dict[str, Any]]:
    content = tomllib.loads(text)
    entries = [entry for table in _TABLES for entry in _listed(content.get(table, []))]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("aliases must be a list of tables [[aliases]]")
    return entries


def _listed(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _csv_entries(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(StringIO(text), strict=True))
