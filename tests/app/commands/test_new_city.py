"""``landprice new-city``: a skeleton that says what to fill in, and then builds."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from typing import TYPE_CHECKING

import pytest

from geo.fields import GAZETTE_FIELDS
from geo.gazette.columns import read_header
from geo.network.evidence import read_evidence
from geo.parcels import read_parcels
from tests.metric import METRIC
from tests.synthetic import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import CityFolder, Invoke

CITY = ("--year", "2030", "--city", '样"城\\市', "--admin-code", "999900")
CENTRE = ("--lon", "119", "--lat", "33")


def test_what_is_not_filled_in_is_told(invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "a city"
    result = invoke("new-city", str(folder), "--year", "2031")
    assert (result.exit_code, result.stderr) == (0, "")
    listed = result.stdout.splitlines()
    files = {str(path) for path in folder.rglob("*") if path.is_file()}
    assert set(listed[:-1]) == files
    assert listed[-1] == f"Next: {folder / 'README.md'}"
    assert f"LANDPRICE_DATA='{folder}' landprice build" in (folder / "README.md").read_text("utf-8")
    told = invoke("build", "--layouts=40", data=folder)
    assert told.exit_code == 2
    keys = re.findall(r"2031\.toml: (\w+)(?: of \w+)? is (?:empty|missing)", told.stderr)
    assert keys == [
        *("city", "admin_code", "title", "document", "publisher"),
        *("valuation_date", "effective_from", "centre", "compiler", "date"),
    ]


def test_it_builds_once_it_is_filled_in(
    invoke: Invoke, city_folder: CityFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    assert invoke("new-city", str(folder), *CITY, *CENTRE).exit_code == 0
    notice = folder / "gazette" / "2030.toml"
    text = notice.read_text(encoding="utf-8")
    facts = tomllib.loads(text)
    assert (facts["city"], facts["centre"]) == ('样"城\\市', {"lon": 119.0, "lat": 33.0})
    # As a person would: the comments become keys, and the empty texts are filled.
    text = re.sub(
        r"^# (valuation_date|effective_from|date|code_pattern) =", r"\1 =", text, flags=re.MULTILINE
    )
    text = text.replace('= ""', '= "样"').replace('"S[0-9]{3}"', '"[0-9]{6}[A-Z][0-9]{5}"')
    uses = text.index("# [[uses]]")
    text = text[:uses] + text[uses:].replace("\n# ", "\n").removeprefix("# ")
    notice.write_text(text, encoding="utf-8")
    table = folder / "gazette" / "2030.tsv"
    rows = city_folder.city.table.splitlines()[1:]
    table.write_text(table.read_text(encoding="utf-8") + "\n".join(rows), encoding="utf-8")
    built = invoke("build", "--layouts=40", data=folder)
    assert built.exit_code == 0, built.stderr
    parcels = read_parcels(folder / "parcels.geojson")
    assert len(parcels.regions) == len(rows)
    assert parcels.edition.map_date == "2030-01"
    assert invoke("audit", data=folder).exit_code == 0


def test_its_table_has_every_column(invoke: Invoke, tmp_path: Path) -> None:
    invoke("new-city", str(tmp_path / "new"), *CITY)
    titles = (tmp_path / "new" / "gazette" / "2030.tsv").read_text(encoding="utf-8").strip()
    assert unicodedata.normalize("NFKC", HEADER).replace("m 2", "m2") == titles
    header = read_header(titles.split("\t"))
    assert header is not None
    assert not header.remarks
    fields = {column.field for column in header.columns if column is not None}
    assert fields >= {field.name for field in GAZETTE_FIELDS}


def test_its_evidence_is_read(invoke: Invoke, tmp_path: Path) -> None:
    invoke("new-city", str(tmp_path / "new"), *CITY)
    folder = tmp_path / "new" / "network"
    assert not read_evidence(folder, "999900", METRIC).observations
    points = folder / "control_points.csv"
    [columns] = csv.reader(points.read_text(encoding="utf-8").splitlines())
    described = set(re.findall(r"`(\w+)`", (folder / "README.md").read_text(encoding="utf-8")))
    assert set(columns) <= described
    cells = ["a", "一街", "119", "33", "wgs84", "at", "0", "5", "", "", ""]
    points.write_text("\n".join([",".join(columns), ",".join(cells)]), encoding="utf-8")
    assert len(read_evidence(folder, "999900", METRIC).observations) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--lon", "119"), "The centre needs both --lon and --lat."),
        (("--lon", "33", "--lat", "119"), "lat must be from -90 to 90 in wgs84, but is 119.0."),
        (("--year", "26"), "Invalid value for '--year': 26 is not in the range 1980<=x<=2100."),
    ],
)
def test_what_is_refused(
    invoke: Invoke, tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    result = invoke("new-city", str(tmp_path / "new"), *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("landprice: ")
    assert message.split(" in wgs84", maxsplit=1)[0][:20] in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_left_alone(invoke: Invoke, tmp_path: Path) -> None:
    for name in ("file", "folder"):
        taken = tmp_path / name
        if name == "folder":
            taken.mkdir()
            (taken / "mine").touch()
        else:
            taken.touch()
        result = invoke("new-city", str(taken))
        assert result.stderr == (
            f"landprice: {taken} is there already; name a new folder, or an empty one.\n"
        )
    (tmp_path / "empty").mkdir()
    assert invoke("new-city", str(tmp_path / "empty")).exit_code == 0
    missing = tmp_path / "absent" / "new"
    result = invoke("new-city", str(missing))
    assert result.stderr == f"landprice: {missing} cannot be written: No such file or directory\n"
