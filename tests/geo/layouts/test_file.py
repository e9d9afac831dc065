"""The file of an edition's layouts: written, read back by others, refused."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from geo.errors import ParcelsError
from geo.gazette.order import read_order
from geo.layouts.file import layouts_bytes, read_layouts
from geo.layouts.layouts import LAYOUTS_FILE, Layouts
from geo.lookup.edition import OpenEdition
from geo.network.ensemble.draw import LAYOUTS, draw_layouts
from geo.parcels import PARCELS_FILE, read_parcels
from tests.paths import DATA
from tests.synthetic import random_city

if TYPE_CHECKING:
    from pathlib import Path

SHA256 = "0" * 64


@cache
def drawn() -> Layouts:
    city = random_city(11, 0.5)
    constraints = read_order(city.sources().gazette.records, {})
    return draw_layouts(constraints, city.evidence, city.notice, count=40, seed=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / LAYOUTS_FILE
    path.write_bytes(layouts_bytes(drawn(), parcels_sha256=SHA256, attribution="synthetic"))
    return path


def test_what_is_written_is_read_again(path: Path) -> None:
    again = read_layouts(path, parcels_sha256=SHA256)
    assert set(again.names) == set(drawn().names)
    assert again.centre_m == drawn().centre_m
    for k, (one, other) in enumerate(zip(drawn().axes, again.axes, strict=True)):
        assert np.array_equal(one.stations_m, other.stations_m)
        assert np.allclose(one.fine_m, other.fine_m)
        assert [drawn().names[i] for i in one.numbers] == [again.names[i] for i in other.numbers]
        assert np.array_equal(one.courses_m, other.courses_m)
        assert np.array_equal(drawn().bounding(k), again.bounding(k))
        # To a hundredth of the spread, or what 16 bits hold.
        spread_m = one.across_m.std(axis=2).mean(axis=0)[:, None]
        largest_m = np.abs(one.across_m).max(axis=(0, 2))[:, None]
        off_m = np.abs(one.across_m - other.across_m).max(axis=(0,))
        assert (off_m <= np.maximum(spread_m / 200, largest_m / 64_000) * 1.01 + 1e-3).all()


def test_the_same_layouts_give_the_same_bytes(path: Path) -> None:
    again = layouts_bytes(drawn(), parcels_sha256=SHA256, attribution="synthetic")
    assert path.read_bytes() == again


def test_it_is_a_plain_table(path: Path) -> None:
    rows = [row for row in parquet.read_table(path).to_pylist() if row["bounds_regions"]]
    assert len(rows) == int(drawn().is_bounding.sum())
    for row in rows:
        k, i = drawn().place[row["name"]]
        assert row["axis"] == ("ns", "ew")[k]
        first_m = float(drawn().axes[k].across_m[0, i, 0])
        assert row["across"][0] * row["unit_m"] == pytest.approx(first_m, abs=row["unit_m"])
    about = json.loads(parquet.read_schema(path).metadata[b"landprice_layouts"])
    assert about["attribution"] == "synthetic"


def test_layouts_of_another_edition_are_refused(path: Path) -> None:
    with pytest.raises(ParcelsError, match=r"^layouts\.parquet is not of this edition: .* again"):
        read_layouts(path, parcels_sha256="1" * 64)


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_damaged_file_is_refused(path: Path, damage: str) -> None:
    content = path.read_bytes()
    path.write_bytes({"cut": content[: len(content) // 2], "text": b"x" * 99, "empty": b""}[damage])
    with pytest.raises(ParcelsError, match=r"^layouts\.parquet cannot be read: "):
        read_layouts(path, parcels_sha256=SHA256)


def test_another_parquet_file_is_refused(path: Path) -> None:
    parquet.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ParcelsError, match=r"^layouts\.parquet cannot be read: it lacks "):
        read_layouts(path, parcels_sha256=SHA256)


def test_an_edition_is_opened_with_its_layouts_or_not_at_all(tmp_path: Path) -> None:
    text = (DATA / PARCELS_FILE).read_text(encoding="utf-8")
    (tmp_path / PARCELS_FILE).write_text(text, encoding="utf-8")
    assert OpenEdition.read(tmp_path / PARCELS_FILE).layouts is None
    (tmp_path / LAYOUTS_FILE).write_bytes((DATA / LAYOUTS_FILE).read_bytes())
    assert OpenEdition.read(tmp_path / PARCELS_FILE).layouts is not None
    (tmp_path / PARCELS_FILE).write_text(text.replace("4415", "4416"), encoding="utf-8")
    with pytest.raises(ParcelsError, match=r"layouts\.parquet is not of this edition"):
        OpenEdition.read(tmp_path / PARCELS_FILE)


def test_the_shipped_layouts_are_small_and_of_the_shipped_edition() -> None:
    assert (DATA / LAYOUTS_FILE).stat().st_size <= 2_000_000
    checksum = read_parcels(DATA / PARCELS_FILE).sha256
    layouts = read_layouts(DATA / LAYOUTS_FILE, parcels_sha256=checksum)
    assert layouts.count == LAYOUTS
    assert int(layouts.is_bounding.sum()) == 59
