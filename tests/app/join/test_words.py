"""Tables whose places are given in words, or of whose places more is known than a coordinate."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import geopandas
import pytest

from geo.lookup.edition import OpenEdition
from geo.lookup.price import price_at, price_in_words
from geo.parcels import PARCELS_FILE
from tests.paths import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Invoke

EDITION = OpenEdition.read(DATA / PARCELS_FILE)
COLUMNS = "--columns=code,certainty,probability,none_probability,distance_to_boundary_m"


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def joined(invoke: Invoke, source: Path, *args: str) -> list[dict[str, Any]]:
    target = source.with_name("out.csv")
    result = invoke("join", str(source), str(target), "--use=commercial", COLUMNS, *args)
    assert result.exit_code == 0, result.stderr
    with target.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_places_in_words_are_answered_as_one_by_one(invoke: Invoke, tmp_path: Path) -> None:
    texts = [region.record.parcel_location or "" for region in EDITION.regions[:20]]
    texts += ["文明路与置地大道交叉口东北角", "驿城大道东侧、置地大道北侧", "文明大道东侧"]
    source = table(tmp_path / "in.csv", "坐落", *(f'"{text}"' for text in texts))
    rows = joined(invoke, source, "--location", "坐落")
    assert [row["坐落"] for row in rows] == texts
    for row, text in zip(rows, texts, strict=True):
        found = price_in_words(EDITION, text, use="commercial")
        [chance] = found.chances
        assert float(row["commercial_none_probability"]) == chance.none_probability
        if found.prices:
            first = found.prices[0]
            assert row["commercial_code"] == first.code
            assert row["commercial_certainty"] == first.certainty
            assert float(row["commercial_probability"]) == first.probability
            off_m = float(row["commercial_distance_to_boundary_m"])
            assert off_m == pytest.approx(first.distance_to_boundary_m, abs=0.06)
        else:
            assert row["commercial_code"] == ""
        assert row["error"] == ""


def test_words_that_cannot_be_read_keep_their_reason(invoke: Invoke, tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv", "坐落,n", "东门口,1", ",2", "文明大道与雪山路交叉口,3")
    rows = joined(invoke, source, "--location", "坐落")
    assert [row["error"] for row in rows] == ["location_unreadable", "missing", "unknown_line"]
    assert [row["n"] for row in rows] == ["1", "2", "3"]
    assert {row["commercial_code"] for row in rows} == {""}


def test_a_layer_has_the_places_about_where_they_lie(invoke: Invoke, tmp_path: Path) -> None:
    source = table(tmp_path / "in.csv", "坐落", "文明大道与慎阳路交叉口西南角", "东门口")
    target = tmp_path / "out.gpkg"
    assert invoke("join", str(source), str(target), "--location", "坐落").exit_code == 0
    frame = geopandas.read_file(target)
    found = price_in_words(EDITION, "文明大道与慎阳路交叉口西南角")
    assert (frame.geometry[0].x, frame.geometry[0].y) == pytest.approx((found.lon, found.lat))
    assert frame.geometry[1] is None or frame.geometry[1].is_empty


def test_what_is_known_of_places_counts_row_by_row(invoke: Invoke, tmp_path: Path) -> None:
    known = ["", "练江河以北", "north_of:练江河;文明路以东", "south_of:练江河; "]
    source = table(
        tmp_path / "in.csv", "lon,lat,已知", *(f"114.02,32.955,{text}" for text in known)
    )
    rows = joined(invoke, source, "--known", "已知")
    for row, text in zip(rows, known, strict=True):
        facts = [one for one in text.split(";") if one.strip()]
        found = price_at(EDITION, lon=114.02, lat=32.955, use="commercial", known=facts)
        assert row["commercial_code"] == found.prices[0].code
        assert float(row["commercial_probability"]) == found.prices[0].probability
        assert row["error"] == ""
    assert len({row["commercial_code"] for row in rows}) == 2


def test_known_facts_that_cannot_be_used_keep_their_reason(invoke: Invoke, tmp_path: Path) -> None:
    source = table(
        *(tmp_path / "in.csv", "lon,lat,k"),
        *("114.02,32.955,north_of:雪山路", "114.02,32.955,京广铁路以北", "114.02,x,练江河以北"),
    )
    rows = joined(invoke, source, "--known", "k")
    assert [row["error"] for row in rows] == ["unknown_line", "side_unknown", "not_a_number"]
    assert {row["commercial_code"] for row in rows} == {""}


def test_known_facts_of_points_of_a_layer(invoke: Invoke, tmp_path: Path) -> None:
    source = tmp_path / "in.gpkg"
    points = geopandas.points_from_xy([114.02, 114.02], [32.955, 32.955])
    frame = geopandas.GeoDataFrame({"k": [None, "north_of:练江河"]}, geometry=points, crs=4326)
    frame.to_file(source)
    rows = joined(invoke, source, "--known", "k")
    assert [row["commercial_code"] for row in rows] == ["411700S50017", "411700S50010"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--location", "坐落", "--lon", "n"), "--location stands in the place of --lon"),
        (("--location", "坐落", "--known", "n"), "--location stands in the place of --lon"),
        (("--location", "地址"), "The column '地址' is not in the columns 坐落, n."),
        (("--known", "k", "--lon", "n", "--lat", "n"), "The column 'k' is not in the columns"),
    ],
)
def test_columns_that_are_not_there(
    invoke: Invoke, tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    source = table(tmp_path / "in.csv", "坐落,n", "东门口,1")
    result = invoke("join", str(source), str(tmp_path / "out.csv"), *args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
