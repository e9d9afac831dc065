"""A gazette sheet, drawn and written, against an empty sheet of the same paper by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from matplotlib.figure import Figure

from geo.parcels import read_parcels
from geo.symbology import PRICE_CLASSES_FILE, read_price_classes
from maps.sheet.draw import FORMATS, PNG_DPI, draw_sheet, sheet_bytes
from tests.paths import DATA
from tests.uses import USES

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from geo.model import Use

PARCELS = read_parcels(DATA / "parcels.geojson")
CLASSES = read_price_classes(DATA / PRICE_CLASSES_FILE, {key: [1000] for key in USES})


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_sheet(benchmark: BenchmarkFixture, fmt: str, use: Use) -> None:
    benchmark.group = f"{fmt} of A1 paper"

    def draw() -> bytes:
        return sheet_bytes(draw_sheet(PARCELS, use, CLASSES[use]), fmt)

    assert benchmark.pedantic(draw, rounds=3, warmup_rounds=1)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_sheet(benchmark: BenchmarkFixture, fmt: str, tmp_path: Path) -> None:
    benchmark.group = f"{fmt} of A1 paper"

    def draw() -> None:
        figure = Figure(figsize=(594 / 25.4, 841 / 25.4))
        figure.savefig(tmp_path / f"empty.{fmt}", dpi=PNG_DPI)

    benchmark.pedantic(draw, rounds=3, warmup_rounds=1)  # type: ignore[no-untyped-call]
    assert (tmp_path / f"empty.{fmt}").stat().st_size > 0
