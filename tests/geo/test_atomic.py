"""Files that are complete or unchanged."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from geo.atomic.files import atomic_path, write_files
from tests.paths import ROOT
from tests.processes import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask unlike the usual one."""
    mask = 0o027
    before = os.umask(mask)
    yield mask
    os.umask(before)


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path, umask: int) -> None:
    write_files({tmp_path / "a.txt": b"new"})
    assert mode(tmp_path / "a.txt") == 0o666 & ~umask
    with atomic_path(tmp_path / "folder") as draft:
        draft.mkdir()
    assert mode(tmp_path / "folder") == 0o777 & ~umask


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("before", [0o600, 0o664, 0o444, 0o755])
def test_what_is_replaced_keeps_its_permissions(tmp_path: Path, before: int) -> None:
    path, folder = tmp_path / "a.txt", tmp_path / "folder"
    path.touch()
    folder.mkdir()
    for one in (path, folder):
        one.chmod(before | 0o200)
    write_files({path: b"new"})
    with atomic_path(folder) as draft:
        draft.mkdir()
    assert (mode(path), mode(folder)) == (before | 0o200, before | 0o200)


def test_a_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.txt"
    real.write_bytes(b"old")
    link, dangling = tmp_path / "link", tmp_path / "dangling"
    link.symlink_to(real)
    dangling.symlink_to(tmp_path / "real" / "b.txt")
    write_files({link: b"new", dangling: b"new"})
    assert (link.readlink(), real.read_bytes()) == (real, b"new")
    assert dangling.is_symlink()
    assert dangling.read_bytes() == b"new"
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == ["a.txt", "b.txt"]


def test_a_link_to_itself_is_no_target(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        write_files({loop: b"new"})
    assert list(tmp_path.iterdir()) == [loop]


def test_the_other_files_of_one_come_with_it(tmp_path: Path) -> None:
    target = tmp_path / "a.shp"
    with atomic_path(target) as path:
        for one in (path, path.with_suffix(".dbf"), path.with_name("b.shp")):
            one.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dbf", "a.shp"]


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


FAILING = """
import sys
from pathlib import Path
from geo.atomic.files import atomic_path, write_files
from geo.errors import GeoError

folder, failing = Path(sys.argv[1]), sys.argv[2]
def fail(event, args):
    renames = event == "os.rename" and str(args[1]) == failing
    if renames or event == "open" and str(args[0]) == failing:
        raise OSError(5, "Input/output error")

sys.addaudithook(fail)
try:
    if failing.endswith("a.shp"):
        with atomic_path(folder / "a.shp") as path:
            for one in (path, path.with_suffix(".dbf")):
                one.touch()
    else:
        write_files({folder / "a.txt": b"new", folder / "b.txt": b"new"})
except (OSError, GeoError) as error:
    print(error)
"""


def test_what_is_written_before_an_error_is_told(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    said = run_script(FAILING, str(tmp_path), str(one))
    assert said == "[Errno 5] Input/output error\n"
    assert listed(tmp_path) == {"a.txt": "old", "b.txt": "old"}
    said = run_script(FAILING, str(tmp_path), str(two))
    assert said == f"{one} is written, but {two} cannot be: Input/output error\n"
    assert listed(tmp_path) == {"a.txt": "new", "b.txt": "old"}
    said = run_script(FAILING, str(tmp_path), str(tmp_path))  # when it is to be written to the disk
    assert said == f"{one} is written, but may be lost if the power fails: Input/output error\n"
    assert listed(tmp_path) == {"a.txt": "new", "b.txt": "new"}


def test_the_other_files_of_one_go_with_it(tmp_path: Path) -> None:
    said = run_script(FAILING, str(tmp_path), str(tmp_path / "a.shp"))
    assert said == "[Errno 5] Input/output error\n"
    assert list(tmp_path.iterdir()) == []


HOLD = """
import sys
from pathlib import Path
from geo.atomic.files import atomic_path

with atomic_path(Path(sys.argv[1])) as path:
    path.write_text("new")
    print(path, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(target: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Have another process write to a target; it ends when its input does. Yield its draft, too."""
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", HOLD, str(target)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        draft = target.parent / process.stdout.readline().strip()
        yield process, draft.parent


def test_the_draft_of_a_killed_writer_is_removed_by_the_next(tmp_path: Path) -> None:
    with holding(tmp_path / "killed.txt") as (process, draft):
        process.kill()
    assert draft.is_dir()
    write_files({tmp_path / "a.txt": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_draft_of_a_living_writer_stays(tmp_path: Path) -> None:
    with holding(tmp_path / "b.txt") as (process, draft):
        make_old(draft)
        write_files({tmp_path / "a.txt": b"new"})
        assert draft.is_dir()
        process.communicate("")
    assert listed(tmp_path) == {"a.txt": "new", "b.txt": "new"}


def test_the_draft_of_another_machine_stays_while_it_may_be_written(tmp_path: Path) -> None:
    """Whose locks are not seen; or of this one, before it was started anew."""
    with holding(tmp_path / "b.txt") as (process, draft):
        process.kill()
    machine = draft.name.split("-")[-2]
    other = draft.rename(str(draft).replace(machine, "0" * 8))
    write_files({tmp_path / "a.txt": b"new"})
    assert other.is_dir()
    os.utime(other, (0, 0))
    write_files({tmp_path / "a.txt": b"new"})
    assert other.is_dir()  # a file in it is new
    make_old(other)
    write_files({tmp_path / "a.txt": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_no_draft_stays(tmp_path: Path) -> None:
    for name in (".git", ".a.draft-1", "a.draft-00000000-000000000000", ".old"):
        (tmp_path / name).mkdir()
        make_old(tmp_path / name)
    before = set(tmp_path.iterdir())
    write_files({tmp_path / "a.txt": b"new"})
    assert set(tmp_path.iterdir()) == {*before, tmp_path / "a.txt"}


def make_old(folder: Path) -> None:
    """Let nothing in a folder have changed for two days."""
    for path in (folder, *folder.iterdir()):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)
