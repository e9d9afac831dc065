"""``landprice publish``, ``rollback``, ``editions`` and ``diff``. All but 2022's are synthetic."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from tests.editions import write_edition
from tests.factories import LAT, LON
from tests.paths import DATA
from tests.renewed import renewal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke

CHINESE = {"LC_ALL": "zh_CN.UTF-8"}


@pytest.fixture
def data(tmp_path: Path, invoke: Invoke) -> Path:
    """A folder in which two years of the shipped city are published."""
    data = tmp_path / "data"
    data.mkdir()
    later = write_edition(tmp_path / "later", 2023, share=0.05)
    done = invoke("publish", str(DATA), str(later), data=data)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "publication 1 is in force, with 411700-2022, 411700-2023\n"
    return data


def test_publications_follow_each_other(data: Path, tmp_path: Path, invoke: Invoke) -> None:
    other = write_edition(tmp_path / "other", 2024)
    done = invoke("publish", str(other), data=data)
    assert done.stdout.startswith("publication 2 is in force, with 411700-2022, 411700-2023, ")
    done = invoke("rollback", data=data)
    assert done.stdout == "publication 1 is in force, with 411700-2022, 411700-2023\n"


def test_what_was_built_in_the_folder_is_published_without_an_argument(
    tmp_path: Path, invoke: Invoke
) -> None:
    data = write_edition(tmp_path / "data", 2023)
    done = invoke("publish", data=data)
    assert done.stdout == "publication 1 is in force, with 411700-2023\n"


def test_the_editions_are_listed(
    data: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = invoke("editions", data=data).stdout.splitlines()
    assert first.startswith(
        "411700-2022  past  驻马店市, 驻政〔2023〕13号, in force from 2023-04-24;"
    )
    assert second.startswith("411700-2023  in force  驻马店市, 虚政〔2023〕1号")
    found = json.loads(invoke("editions", "--json", data=data).stdout)
    assert [one["id"] for one in found["editions"]] == ["411700-2022", "411700-2023"]
    monkeypatch.setenv("LC_ALL", CHINESE["LC_ALL"])
    chinese = invoke("editions", data=data).stdout
    assert "411700-2022  历史  驻马店市，驻政〔2023〕13号，2023-04-24 起执行；66 个区域" in chinese


def test_what_changed_is_told(data: Path, tmp_path: Path, invoke: Invoke) -> None:
    told = invoke("diff", "411700-2022", "411700-2023", data=data).stdout.splitlines()
    assert told[0] == "411700-2022 → 411700-2023: 0 added, 0 removed, 66 changed, 0 unchanged"
    assert told[1] == "Commercial land: 27 regions, median +5.0%, +5.0% to +5.0%"
    assert "~ 411700S50002: 4415 → 4636 yuan/m² (+5.0%)" in told
    found = json.loads(invoke("diff", "--json", "411700-2022", "411700-2023", data=data).stdout)
    assert len(found["changed"]) == 66
    table, drawn = tmp_path / "changes.csv", tmp_path / "changes.html"
    options = ("--csv", str(table), "--map", str(drawn))
    done = invoke("diff", "411700-2022", "411700-2023", *options, data=data)
    assert done.exit_code == 0
    rows = list(csv.DictReader(StringIO(table.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 66
    [row] = [row for row in rows if row["code"] == "411700S50002"]
    assert (row["change"], row["field"]) == ("changed", "ground_price_cny_m2")
    assert (row["before"], row["after"]) == ("4415", "4636")
    assert "411700S50002" in drawn.read_text(encoding="utf-8")


def test_every_kind_of_change_is_told(tmp_path: Path) -> None:
    from app.commands.editions_text import difference_text  # noqa: PLC0415

    told = difference_text(renewal(tmp_path / "renewed"))
    for sign in ("\n+ ", "\n- ", "\n~ ", "redrawn: "):
        assert sign in told


def test_an_edition_that_there_is_not(data: Path, invoke: Invoke) -> None:
    done = invoke("diff", "411700-2022", "411700-1999", data=data)
    assert done.exit_code == 2
    assert "'411700-1999'" in done.stderr
    assert "411700-2023" in done.stderr


def test_publications_are_no_place_to_write(data: Path, invoke: Invoke) -> None:
    path = data / "editions" / "411700-2022" / "price_classes.toml"
    before = path.read_bytes()
    done = invoke("diff", "411700-2022", "411700-2023", "--csv", str(path), data=data)
    assert done.exit_code == 2
    assert path.read_bytes() == before


def test_a_price_is_of_the_edition_of_a_day(data: Path, invoke: Invoke) -> None:
    place = (str(LON), str(LAT), "--use=commercial")
    assert "4636" in invoke("price", *place, data=data).stdout
    told = invoke("price", *place, data=data).stdout
    assert "in the edition before (411700-2022) 4415 yuan/m², +5.0% since" in told
    assert "superseded" not in told
    told = invoke("price", *place, "--as-of=2023-05-01", data=data).stdout
    assert "4415" in told
    assert "valuation date 2022-01-01 (1.3 years ago), superseded by 411700-2023" in told
    assert "edition before" not in told
    done = invoke("price", *place, "--as-of=2020-01-01", data=data)
    assert (done.exit_code, done.stdout) == (2, "")
    assert invoke("price", *place, "--city=驻马店市", data=data).exit_code == 0
    assert "000000" in invoke("price", *place, "--city=000000", data=data).stderr
