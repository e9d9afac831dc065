"""Files that are complete or unchanged."""

from __future__ import annotations

import resource
import stat
from typing import TYPE_CHECKING

import pytest

from geo.atomic import write_files

if TYPE_CHECKING:
    from pathlib import Path


def listed(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_files_are_written_byte_for_byte(tmp_path: Path) -> None:
    write_files({tmp_path / "a.txt": b"\xff\n\r\n\x00", tmp_path / "b.txt": b""})
    assert (tmp_path / "a.txt").read_bytes() == b"\xff\n\r\n\x00"
    assert (tmp_path / "b.txt").read_bytes() == b""
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_replaced_and_its_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("an older and longer text", encoding="utf-8")
    found = []
    for _ in range(2):
        write_files({path: b"new\n"})
        found.append(path.read_bytes())
    assert found == [b"new\n", b"new\n"]


def test_a_written_file_is_readable_by_everyone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_files({path: b"served by another user\n"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("bad_first", [True, False])
def test_a_missing_folder_leaves_every_file_as_it_was(bad_first: bool, tmp_path: Path) -> None:
    good, new = tmp_path / "good.txt", tmp_path / "new.txt"
    good.write_text("old", encoding="utf-8")
    contents = {good: b"changed", new: b"changed", tmp_path / "absent/bad.txt": b"changed"}
    if bad_first:
        contents = dict(reversed(contents.items()))
    with pytest.raises(FileNotFoundError):
        write_files(contents)
    assert listed(tmp_path) == {"good.txt": "old"}


def test_a_full_disk_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # bytes a file
    try:
        with pytest.raises(OSError, match="File too large"):
            write_files({tmp_path / "a.txt": b"changed", tmp_path / "b.txt": b"x" * 2000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert listed(tmp_path) == {"a.txt": "old", "b.txt": "old"}


def test_a_folder_in_the_place_of_a_target_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    good, folder = tmp_path / "good.txt", tmp_path / "folder"
    good.write_text("old", encoding="utf-8")
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_files({good: b"changed", folder: b"changed"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "good.txt"]
    assert good.read_text(encoding="utf-8") == "old"
