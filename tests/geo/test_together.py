"""Files of a build that fit each other, whatever ends the build and whoever reads meanwhile."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import stat
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pyarrow import parquet

from geo.atomic.together import read_together, write_together
from geo.errors import ParcelsError
from geo.layouts.layouts import LAYOUTS_FILE
from geo.lookup.edition import OpenEdition
from geo.model import COMMERCIAL
from geo.parcels import NETWORK_FILE, PARCELS_FILE, read_parcels
from tests.paths import DATA, ROOT
from tests.processes import run_script

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE)

WRITE = """
import os, shutil, signal, sys, warnings
from dataclasses import replace
from pathlib import Path

from geo.build.edition import build, draw_ensemble, write_built
from geo.errors import ParcelsError, WrittenError
from tests.synthetic import regular_city

sources = regular_city().sources()
plain = build(sources)
layouts = draw_ensemble(plain, sources, count=40)

def write(folder, name, with_layouts=True):
    credited = replace(
        plain, parcels=replace(plain.parcels, attribution=name), network_attribution=name
    )
    write_built(credited, folder / "parcels.geojson", layouts if with_layouts else None)
"""
"""What a process needs to write editions that only differ in whom they credit."""

INTERRUPT = (
    WRITE
    + """
TOUCHING = {"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}

def stopped(folder, number, harm, with_layouts):
    count = 0
    def hook(event, args):
        nonlocal count
        if event in TOUCHING and str(folder) in str(args[0]):
            count += 1
            if count == number and harm == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if count == number and harm == "error" or count >= number and harm == "errors":
                raise OSError(28, "No space left on device")
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 9
    try:
        sys.addaudithook(hook)
        write(folder, "new", with_layouts)
        status = 0 if count < number else 1
    except ParcelsError:
        status = 2
    except WrittenError:
        status = 3
    finally:
        os._exit(status)

where, harm, with_layouts = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "with"
old = where / "old"
old.mkdir()
write(old, "old")
number, status = 0, 1
while status:
    number += 1
    folder = where / "now"
    shutil.copytree(old, folder)
    status = stopped(folder, number, harm, with_layouts)
    shutil.copytree(folder, where / f"{number}-{status}")
    write(folder, "next")
    folder.rename(where / f"{number}-next")
"""
)
"""Writes again and again, and each time stops, or meets an error, a step later; until no more."""


class Stopped(NamedTuple):
    """A folder in which a writing was stopped, and as the next one left it."""

    folder: Path
    status: int
    next: Path


def stops(where: Path, harm: str, layouts: str) -> list[Stopped]:
    command = [sys.executable, "-c", INTERRUPT, str(where), harm, layouts]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own script
    found = []
    for folder in where.glob("*-next"):
        number = folder.name.removesuffix("-next")
        [stopped] = (path for path in where.glob(f"{number}-*") if path != folder)
        found.append(Stopped(stopped, int(stopped.name.removeprefix(f"{number}-")), folder))
    return found


def credited(folder: Path) -> dict[str, str]:
    """Return whom each file credits, by its name; the layouts must be of the regions."""
    found = {}
    for name in (PARCELS_FILE, NETWORK_FILE):
        if (folder / name).exists():
            found[name] = json.loads((folder / name).read_bytes())["attribution"]
    if (folder / LAYOUTS_FILE).exists():
        metadata = parquet.read_schema(folder / LAYOUTS_FILE).metadata
        about = json.loads(metadata[b"landprice_layouts"])
        found[LAYOUTS_FILE] = about["attribution"]
        content = (folder / PARCELS_FILE).read_bytes()
        assert about["parcels_sha256"] == hashlib.sha256(content).hexdigest()
    return found


def check_fits(folder: Path) -> str:
    """Check that what stands in a folder is of one build, and return whom that credits."""
    found = credited(folder)
    [name] = set(found.values())
    assert PARCELS_FILE in found
    return name


def what_is_read(folder: Path) -> tuple[str, bool]:
    """Return whom the edition credits that is read in a folder, and whether it has layouts."""
    edition = OpenEdition.read(folder / PARCELS_FILE)
    alone = read_parcels(folder / PARCELS_FILE)
    assert alone == edition.parcels
    return edition.parcels.attribution, edition.layouts is not None


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("layouts", ["with", "without"])
def test_a_build_that_is_killed_anywhere(tmp_path: Path, layouts: str) -> None:
    has_layouts = {"old": True, "new": layouts == "with"}
    seen: Counter[str] = Counter()
    stopped = stops(tmp_path, "kill", layouts)
    for folder, status, after in stopped:
        assert status in {-signal.SIGKILL, 0}
        in_place = check_fits(folder)
        read, with_layouts = what_is_read(folder)
        assert with_layouts == has_layouts[read]
        seen[f"{in_place} {read}"] += 1
        assert credited(after) == dict.fromkeys(NAMES, "next")
        assert hidden(after) == set()
    assert [one.status for one in stopped].count(0) == 1
    assert min(seen["old old"], seen["old new"], seen["new new"]) >= 3, seen


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["error", "errors"])
def test_an_error_anywhere_is_told_as_it_is(tmp_path: Path, harm: str) -> None:
    """Of a full disk or a broken one, once or from then on."""
    told: Counter[int] = Counter()
    for folder, status, after in stops(tmp_path, harm, "with"):
        told[status] += 1
        assert what_is_read(folder) == ("old" if status == 2 else "new", True)
        if status == 2:
            assert credited(folder) == dict.fromkeys(NAMES, "old")
        elif status == 3:
            check_fits(folder)
        else:
            assert credited(folder) == dict.fromkeys(NAMES, "new")
        assert credited(after) == dict.fromkeys(NAMES, "next")
        assert hidden(after) == set()
    assert told.keys() <= {0, 1, 2, 3}
    assert min(told[2], told[3]) >= 5, told


WRITE_OFTEN = (
    WRITE
    + """
for number in range(int(sys.argv[3])):
    write(Path(sys.argv[1]), f"{sys.argv[2]}{number}", with_layouts=number % 2 == 0)
    print(number, flush=True)
"""
)


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE_OFTEN, str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)  # noqa: S603


@pytest.mark.slow
def test_who_reads_while_two_write_reads_one_build(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 40) for name in "ab"]
    for one in writers:
        assert one.stdout is not None
        assert one.stdout.readline() == "0\n"
    reads = 0
    while any(one.poll() is None for one in writers):
        name, has_layouts = read_together(tmp_path / PARCELS_FILE, names_of)
        assert has_layouts == (int(name[1:]) % 2 == 0)
        reads += 1
    for one in writers:
        one.communicate()
        assert one.returncode == 0
    assert reads > 20
    assert check_fits(tmp_path) in {"a39", "b39"}
    assert hidden(tmp_path) == set()


def names_of(path: Path) -> tuple[str, bool]:
    """Read quickly whom files credit, which must be of one build."""
    beside = path.with_name(LAYOUTS_FILE)
    try:
        name = json.loads(path.read_bytes())["attribution"]
        if not beside.exists():
            return name, False
        about = json.loads(parquet.read_schema(beside).metadata[b"landprice_layouts"])
    except FileNotFoundError as error:
        raise ParcelsError("it has gone") from error
    if about["attribution"] != name:
        raise ParcelsError("they do not fit")
    return name, True


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A folder of which the newest edition is not in its place yet."""
    for name in (PARCELS_FILE, LAYOUTS_FILE):
        shutil.copy(DATA / name, tmp_path)
    newer = tmp_path / ".committed"
    newer.mkdir()
    text = (DATA / PARCELS_FILE).read_text(encoding="utf-8")
    (newer / PARCELS_FILE).write_text(text.replace("4415", "4416"), encoding="utf-8")
    return tmp_path


READ_ONLY = """
import os, sys
from pathlib import Path
from geo import open_edition

def refuse(event, args):
    changes = event in {"os.mkdir", "os.rename", "os.remove", "os.link", "os.chmod", "os.truncate"}
    if changes or (event == "open" and sys.argv[1] in str(args[0]) and "r" not in str(args[1])):
        raise PermissionError(f"{event} {args}")

sys.addaudithook(refuse)
edition = open_edition(sys.argv[1])
print(edition.parcels.sha256, edition.layouts)
"""


def test_reading_changes_nothing(committed: Path) -> None:
    said = run_script(READ_ONLY, str(committed))
    content = (committed / ".committed" / PARCELS_FILE).read_bytes()
    assert said == f"{hashlib.sha256(content).hexdigest()} None\n"


def test_another_edition_in_the_folder_is_read_where_it_is(committed: Path) -> None:
    other = committed / "other.geojson"
    shutil.copy(DATA / PARCELS_FILE, other)
    assert 4415 in read_parcels(other).prices_cny_m2[COMMERCIAL]


def test_a_damaged_edition_is_refused_once(committed: Path) -> None:
    (committed / ".committed" / PARCELS_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ParcelsError, match=r"parcels\.geojson is damaged"):
        OpenEdition.read(committed / PARCELS_FILE)


def test_links_stay_and_permissions_too(tmp_path: Path) -> None:
    real, folder = tmp_path / "real", tmp_path / "folder"
    for one in (real, folder):
        one.mkdir()
    for name, mode in ((PARCELS_FILE, 0o600), (LAYOUTS_FILE, 0o640)):
        (real / name).write_bytes(b"old")
        (real / name).chmod(mode)
        (folder / name).symlink_to(real / name)
    (folder / NETWORK_FILE).write_bytes(b"old")
    (folder / NETWORK_FILE).chmod(0o604)
    new = {NETWORK_FILE: b"2", LAYOUTS_FILE: b"3"}
    write_together(folder / PARCELS_FILE, b"1", new)
    assert [(folder / name).read_bytes() for name in NAMES] == [b"1", b"2", b"3"]
    modes = [stat.S_IMODE((folder / name).stat().st_mode) for name in NAMES]
    assert modes == [0o600, 0o604, 0o640]
    assert [(folder / name).is_symlink() for name in NAMES] == [True, False, True]
    assert sorted(path.name for path in real.iterdir()) == [LAYOUTS_FILE, PARCELS_FILE]
    assert hidden(folder) == set()


@pytest.mark.parametrize("in_the_way", [NETWORK_FILE, LAYOUTS_FILE, PARCELS_FILE])
def test_a_place_that_cannot_be_written_is_found_before_anything_changes(
    tmp_path: Path, in_the_way: str
) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(b"old")
    (tmp_path / in_the_way).unlink()
    (tmp_path / in_the_way).symlink_to(tmp_path / "absent" / "file")
    with pytest.raises(FileNotFoundError):
        write_together(
            tmp_path / PARCELS_FILE, b"new", {NETWORK_FILE: b"new", LAYOUTS_FILE: b"new"}
        )
    others = [name for name in NAMES if name != in_the_way]
    assert [(tmp_path / name).read_bytes() for name in others] == [b"old", b"old"]
    assert hidden(tmp_path) == set()
