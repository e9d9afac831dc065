"""Publications: whole or not at all, whatever ends the writer. All but 2022's are synthetic."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from geo.editions.folder import (
    PUBLICATIONS_FOLDER,
    earlier_publications,
    read_publication,
    version_of,
)
from geo.editions.manifest import MANIFEST_FILE
from geo.editions.publish import MOST_KEPT, publish, rollback
from geo.errors import CatalogueError, GeoError, ParcelsError, PriceClassesError
from geo.layouts.layouts import LAYOUTS_FILE
from geo.lookup.edition import OpenEdition
from geo.parcels import NETWORK_FILE, PARCELS_FILE
from geo.symbology import PRICE_CLASSES_FILE
from tests.editions import write_edition
from tests.paths import DATA, ROOT
from tests.processes import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geo.editions.folder import Publication


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """An invented edition of the year after."""
    return write_edition(tmp_path / "later", 2023, share=0.05)


def read(data: Path) -> Publication[OpenEdition]:
    return read_publication(data, OpenEdition.read)


def names(data: Path) -> list[str]:
    return [edition.parcels.edition.id for edition in read(data).catalogue.editions]


def test_what_was_built_is_served_until_something_is_published(tmp_path: Path, later: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE):
        shutil.copyfile(DATA / name, data / name)
    before = read(data)
    assert before.manifest.number == 0
    manifest = publish([later], data)
    assert list(manifest.editions) == ["411700-2022", "411700-2023"]
    assert manifest.editions["411700-2022"] == before.manifest.editions["411700-2022"]
    assert names(data) == ["411700-2022", "411700-2023"]
    # From now on what is built there is work in progress.
    (data / PARCELS_FILE).write_text("{}", encoding="utf-8")
    assert names(data) == ["411700-2022", "411700-2023"]


def test_an_edition_is_whole_where_it_was_published(tmp_path: Path) -> None:
    publish([DATA], tmp_path)
    folder = tmp_path / "editions" / "411700-2022"
    for name in (PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE):
        assert (folder / name).read_bytes() == (DATA / name).read_bytes()
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        [PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE]
    )
    manifest = json.loads((tmp_path / "editions" / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert (manifest["number"], manifest["previous"], manifest["default_city"]) == (1, 0, "411700")
    [edition] = read(tmp_path).catalogue.editions
    assert edition.layouts is not None


def test_an_edition_is_replaced_and_brought_back(tmp_path: Path, later: Path) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    first = version_of(data)
    changed = write_edition(tmp_path / "changed", 2022, share=0.2)
    publish([changed], data)
    assert version_of(data) != first
    [edition] = read(data).catalogue.editions
    assert edition.parcels.regions[0].record.ground_price_cny_m2 == 433  # not 361
    publish([later], data)
    assert rollback(data).number == 2
    assert names(data) == ["411700-2022"]
    assert rollback(data).number == 1
    assert version_of(data) == first
    with pytest.raises(CatalogueError, match="no earlier publication"):
        rollback(data)


def test_a_publication_after_a_rollback_goes_back_to_where_it_began(
    tmp_path: Path, later: Path
) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    publish([later], data)
    rollback(data)
    other = write_edition(tmp_path / "other", 2024)
    assert publish([other], data).number == 3
    assert names(data) == ["411700-2022", "411700-2024"]
    assert rollback(data).number == 1


def test_only_the_last_publications_stay(tmp_path: Path) -> None:
    for _ in range(MOST_KEPT + 2):
        publish([DATA], tmp_path)
    kept = {one.name for one in (tmp_path / PUBLICATIONS_FOLDER).iterdir()}
    assert kept == {*map(str, range(3, MOST_KEPT + 3))}
    assert [manifest.number for manifest, _ in earlier_publications(tmp_path)] == [6, 5, 4, 3]


def test_unchanged_files_take_no_room_again(tmp_path: Path, later: Path) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    publish([later], data)
    first, second = (
        data / PUBLICATIONS_FOLDER / number / "411700-2022" / LAYOUTS_FILE for number in "12"
    )
    assert first.samefile(second)


def crossing_itself(collection: dict[str, Any]) -> None:
    [ring] = collection["features"][0]["geometry"]["coordinates"]
    ring[1], ring[2] = ring[2], ring[1]


def beside_its_neighbour(collection: dict[str, Any]) -> None:
    [found] = [one for one in collection["features"] if one["id"] == "411700Z70007"]
    [ring] = found["geometry"]["coordinates"]
    ring[1] = [ring[1][0] + 1e-4, ring[1][1]]


def with_a_bell(collection: dict[str, Any]) -> None:
    collection["features"][0]["properties"]["standard_parcel"] = "虚构\u0007宗地"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (crossing_itself, "411700G60001"),
        (beside_its_neighbour, "411700Z70007.*(overlap in a strip|does not match)"),
        (with_a_bell, "standard_parcel.*control character"),
    ],
)
def test_an_edition_that_is_not_right_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    before = version_of(data)
    wrong = write_edition(tmp_path / "wrong", 2023, change=change)
    with pytest.raises((CatalogueError, ParcelsError), match=told):
        publish([wrong], data)
    assert version_of(data) == before
    assert names(data) == ["411700-2022"]


def test_files_that_do_not_fit_are_refused(tmp_path: Path, later: Path) -> None:
    shutil.copyfile(DATA / LAYOUTS_FILE, later / LAYOUTS_FILE)
    with pytest.raises(ParcelsError, match=LAYOUTS_FILE):
        publish([later], tmp_path / "data")
    (later / LAYOUTS_FILE).unlink()
    (later / PRICE_CLASSES_FILE).write_text("commercial = [1]", encoding="utf-8")
    with pytest.raises(PriceClassesError):
        publish([later], tmp_path / "data")
    (later / PRICE_CLASSES_FILE).unlink()
    lines = json.loads((later / NETWORK_FILE).read_text(encoding="utf-8"))
    name = lines["features"].pop()["properties"]["name"]
    (later / NETWORK_FILE).write_text(json.dumps(lines), encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"{name} is not in {NETWORK_FILE}"):
        publish([later], tmp_path / "data")
    (later / NETWORK_FILE).unlink()
    assert list(publish([later], tmp_path / "data").editions) == ["411700-2023"]


def test_editions_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    same_day = write_edition(tmp_path / "same", 2023, effective_from="2023-04-24")
    with pytest.raises(CatalogueError, match="both in force from 2023-04-24"):
        publish([same_day], data)
    with pytest.raises(CatalogueError, match="two of the folders have an edition 411700-2023"):
        publish([same_day, same_day], data)
    assert names(data) == ["411700-2022"]


def test_a_folder_of_another_origin_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "editions").mkdir()
    (tmp_path / "editions" / "mine").write_text("kept", encoding="utf-8")
    with pytest.raises(CatalogueError, match="was not made by landprice publish"):
        publish([DATA], tmp_path)
    assert (tmp_path / "editions" / "mine").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("name", [PARCELS_FILE, NETWORK_FILE, LAYOUTS_FILE, PRICE_CLASSES_FILE])
def test_a_file_that_was_changed_is_not_read(tmp_path: Path, name: str) -> None:
    publish([DATA], tmp_path)
    path = tmp_path / "editions" / "411700-2022" / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(CatalogueError, match=f"411700-2022: {name} is not the file"):
        read(tmp_path)
    path.unlink()
    with pytest.raises(CatalogueError, match=f"411700-2022: {name} is missing"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"number": -1}', "[]"])
def test_a_damaged_manifest_is_not_read(tmp_path: Path, text: str) -> None:
    publish([DATA], tmp_path)
    (tmp_path / "editions" / MANIFEST_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"{MANIFEST_FILE} is damaged"):
        read(tmp_path)


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_no_bit_flips_unseen(tmp_path: Path, count: int) -> None:
    import numpy as np  # noqa: PLC0415

    publish([DATA], tmp_path)
    rng = np.random.default_rng(7)
    folder = tmp_path / "editions"
    paths = [folder / MANIFEST_FILE, *(folder / "411700-2022").iterdir()]
    contents = {path: path.read_bytes() for path in paths}
    for number in range(count):
        path = paths[number % len(paths)]
        content = bytearray(contents[path])
        content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        path.write_bytes(content)
        try:
            publication = read(tmp_path)
        except (GeoError, UnicodeDecodeError):
            pass
        else:  # of the manifest: another number or time, which change no answer
            assert path.name == MANIFEST_FILE
            [edition] = publication.catalogue.editions
            assert (
                edition.parcels.sha256 == publication.manifest.editions["411700-2022"][PARCELS_FILE]
            )
            assert list(publication.manifest.editions) == ["411700-2022"]
        path.write_bytes(contents[path])


KILLED = """
import os, signal, sys
from pathlib import Path
from geo.editions.publish import publish

data, folder, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def hook(event, args):
    global left
    if event in {"os.rename", "os.mkdir", "os.link", "os.symlink", "os.remove", "os.rmdir", "open"}:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
publish([folder], data)
"""


def killed_publication(data: Path, folder: Path, after: int) -> int:
    """Publish in a process of its own that is killed at the n-th change of files."""
    command = [sys.executable, "-c", KILLED, str(data), str(folder), str(after)]
    return subprocess.run(command, check=False, cwd=ROOT, timeout=WAIT_S).returncode  # noqa: S603


def test_a_kill_leaves_the_old_or_the_new(tmp_path: Path, later: Path) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    found = []
    after, ended = 1, -signal.SIGKILL
    steps = [*range(1, 40, 13), *range(40, 400, 7)]
    for after in steps:
        ended = killed_publication(data, later, after)
        found.append(names(data))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert ended == 0, "the publication has more steps than were tried"
    assert found[0] == ["411700-2022"]
    assert {tuple(one) for one in found} == {("411700-2022",), ("411700-2022", "411700-2023")}
    publish([later], data)
    left = [one.name for one in (data / PUBLICATIONS_FOLDER).iterdir()]
    assert not [name for name in left if name.startswith(".draft")]


def test_two_publish_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish([DATA], data)
    folders = [write_edition(tmp_path / str(year), year) for year in (2023, 2024, 2025)]
    command = os.path.join(os.path.dirname(sys.executable), "landprice")  # noqa: PTH118, PTH120
    running = [
        subprocess.Popen(  # noqa: S603 - our own command
            [command, "publish", str(folder)],
            env={**os.environ, "LANDPRICE_DATA": str(data)},
            stdout=subprocess.DEVNULL,
        )
        for folder in folders
    ]
    assert [one.wait(timeout=WAIT_S) for one in running] == [0, 0, 0]
    assert names(data) == [f"411700-{year}" for year in (2022, 2023, 2024, 2025)]
