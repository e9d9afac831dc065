"""The notebook: nothing is lost, also with several writers and when one is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from geo.crs import Crs
from geo.errors import NetworkError, SurveyError
from geo.network.evidence import SURVEY, Status, read_evidence
from geo.survey.notebook import Entry, add_entries, add_once, read_entries, set_status
from tests.paths import ROOT
from tests.processes import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENTRY = Entry(
    id="",
    line="文明大道",
    lon="114.01",
    lat="33.0",
    crs="wgs84",
    line_is="at",
    offset_m="0",
    error_m="18",
    place='文明大道, "北段"',
    who="张三",
    at="2026-11-29T10:00:00",
    how="a.gpx",
    added="2026-11-29T11:00:00+00:00",
    status="confirmed",
    reason="",
)
ADD = """\
import sys
from pathlib import Path
from dataclasses import replace
from tests.geo.survey.test_notebook import ENTRY, add_entries
for number in range(int(sys.argv[3])):
    add_entries(Path(sys.argv[1]), [[replace(ENTRY, who=f"{sys.argv[2]}{number}")] * 2])
    print(number, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ADD, str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)  # noqa: S603


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    assert read_entries(tmp_path) == ()
    new = add_entries(tmp_path, [[ENTRY, ENTRY], [ENTRY]])
    assert [entry.id for entry in new] == ["f1", "f1", "f2"]
    assert read_entries(tmp_path) == new
    assert add_entries(tmp_path, [[ENTRY]])[0].id == "f3"


def test_what_is_there_is_not_added_again(tmp_path: Path) -> None:
    add_entries(tmp_path, [[ENTRY]])
    given: list[tuple[Entry, ...]] = []

    def make(known: tuple[Entry, ...]) -> list[list[Entry]]:
        given.append(known)
        return [[replace(ENTRY, how="note 7")] * 2]

    first, second = (add_once(tmp_path, "note 7", make) for _ in range(2))
    assert first == (read_entries(tmp_path)[1:], True)
    assert second == (first[0], False)
    assert [entry.id for entry in read_entries(tmp_path)] == ["f1", "f2", "f2"]
    assert [len(known) for known in given] == [1]


def test_nothing_is_added_that_cannot_be_made(tmp_path: Path) -> None:
    def fail(_: object) -> list[list[Entry]]:
        raise SurveyError("it cannot be read.", code="unknown_line")

    with pytest.raises(SurveyError, match="cannot be read"):
        add_once(tmp_path, "note 7", fail)
    assert read_entries(tmp_path) == ()
    assert add_entries(tmp_path, [[ENTRY]])[0].id == "f1"  # the lock is free


def test_what_is_taken_back_stays_and_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "evidence.toml").write_text('admin_code = "411700"\n', encoding="utf-8")
    add_entries(tmp_path, [[ENTRY], [ENTRY]])
    assert [o.id for o in read_evidence(tmp_path, "411700", Crs.EPSG_4547).observations] == [
        "f1",
        "f2",
    ]
    [changed] = set_status(tmp_path, ["f1"], Status.WITHDRAWN)
    assert changed.status == "withdrawn"
    assert [entry.status for entry in read_entries(tmp_path)] == ["withdrawn", "confirmed"]
    evidence = read_evidence(tmp_path, "411700", Crs.EPSG_4547)
    assert [observation.id for observation in evidence.observations] == ["f2"]
    assert tmp_path / SURVEY in evidence.files


def test_an_id_that_there_is_not(tmp_path: Path) -> None:
    add_entries(tmp_path, [[ENTRY]])
    with pytest.raises(SurveyError, match=r"no observation f7, f8; there are f1\."):
        set_status(tmp_path, ["f8", "f1", "f7"], Status.WITHDRAWN)
    assert [entry.status for entry in read_entries(tmp_path)] == ["confirmed"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: "id,line\nf1,文明大道\n", "its columns must be id, line"),
        (lambda text: text.replace("reason", "reason,remark", 1), "its columns must be id, line"),
        (lambda text: text.replace("\nf1,", "\np1,"), "line 2: id is 'p1'; it must be f and a num"),
        (
            lambda text: text.replace("confirmed", "Confirmed"),
            "line 2: status is 'Confirmed'; it m",
        ),
        (
            lambda text: text.removesuffix(",confirmed,\n"),
            "line 2 has other columns than the first",
        ),
        (lambda text: text[:-1] + ",more\n", "line 2 has other columns than the first"),
    ],
)
def test_a_notebook_that_somebody_has_spoilt(
    tmp_path: Path, spoil: Callable[[str], str], said: str
) -> None:
    add_entries(tmp_path, [[ENTRY]])
    path = tmp_path / SURVEY
    path.write_text(spoilt := spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(NetworkError, match=r"survey\.csv cannot be read") as refused:
        add_entries(tmp_path, [[ENTRY]])
    assert said in str(refused.value)
    assert path.read_text(encoding="utf-8") == spoilt


def test_a_status_that_there_is_not_is_no_evidence_lost(tmp_path: Path) -> None:
    (tmp_path / "evidence.toml").write_text('admin_code = "411700"\n', encoding="utf-8")
    add_entries(tmp_path, [[ENTRY]])
    path = tmp_path / SURVEY
    path.write_text(path.read_text(encoding="utf-8").replace("confirmed", "yes"), encoding="utf-8")
    with pytest.raises(NetworkError, match=r"line 2: status is 'yes'; it must be confirmed"):
        read_evidence(tmp_path, "411700", Crs.EPSG_4547)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SurveyError, match=r"survey\.csv cannot be written: No such file"):
        add_entries(tmp_path / "none", [[ENTRY]])


@pytest.mark.slow
def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 40) for name in "ab"]
    for one in writers:
        one.communicate(timeout=WAIT_S)
        assert one.returncode == 0
    entries = read_entries(tmp_path)
    assert {entry.who for entry in entries} == {f"{name}{i}" for name in "ab" for i in range(40)}
    assert [entry.id for entry in entries[::2]] == [f"f{number}" for number in range(1, 81)]


@pytest.mark.slow
@pytest.mark.parametrize("wait_s", [0.0, 0.003, 0.011])
def test_a_writer_that_is_killed_leaves_the_notebook_whole(tmp_path: Path, wait_s: float) -> None:
    with writer(tmp_path, "a", 10_000) as one:
        assert one.stdout is not None
        one.stdout.readline()
        time.sleep(wait_s)
        one.send_signal(signal.SIGKILL)
    entries = read_entries(tmp_path)
    assert len(entries) % 2 == 0
    assert [entry.who for entry in entries[::2]] == [f"a{i}" for i in range(len(entries) // 2)]
    assert add_entries(tmp_path, [[ENTRY]])[0].id == f"f{len(entries) // 2 + 1}"
