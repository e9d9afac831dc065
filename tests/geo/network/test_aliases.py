"""Tables of spellings: both formats and every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.errors import NetworkError
from geo.network.aliases import read_aliases

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
admin_code = "999900"
[[centrelines]]
file = "rail.geojson"
name = "甲乙线"
line = "甲乙铁路"
[[aliases]]
name = "甲大道"
line = "甲路"
reason = "short form"
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_both_formats_are_read(tmp_path: Path) -> None:
    expected = {"甲乙线": "甲乙铁路", "甲大道": "甲路"}
    assert read_aliases(written(tmp_path, "a.toml", TOML)) == expected
    table = "\ufeffname,line,reason\n甲大道,甲路,\n甲乙线,甲乙铁路,seen\n"
    assert read_aliases(written(tmp_path, "a.csv", table)) == expected


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.toml", "[[aliases", "a.toml: not readable as a table of spellings: "),
        ("a.toml", "aliases = 7", "a.toml: not readable as a table of spellings: aliases must"),
        ("a.toml", '[[aliases]]\nname = "甲"', "a.toml, entry 1: it must have name and line"),
        ("a.toml", '[[aliases]]\nname = 7\nline = "甲"', "a.toml, entry 1: it must have"),
        ("a.csv", "name,other\n甲,乙\n", "a.csv, entry 1: it must have name and line"),
        ("a.csv", "name,line\n甲,乙\n甲\n", "a.csv, entry 2: it must have name and line"),
        ("a.csv", "name,line\n甲,乙\n甲,丙\n", "a.csv: 甲 stands for 乙 and for 丙"),
    ],
)
def test_what_is_no_table_is_refused(name: str, text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkError) as refusal:
        read_aliases(written(tmp_path, name, text))
    assert str(refusal.value).startswith(reason)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"^a\.csv: not readable"):
        read_aliases(tmp_path / "a.csv")


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name,line\n甲,乙\n".encode("gbk"))
    with pytest.raises(NetworkError, match=r"^a\.csv: not readable"):
        read_aliases(tmp_path / "a.csv")
