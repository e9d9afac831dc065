"""Every example runs by itself and says what it should."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from geo import open_edition
from tests.processes import WAIT_S

pytestmark = pytest.mark.slow


EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TENURE = round((1 - 1.065**-30) / (1 - 1.065**-40), 4)
GROUND = round(4415 * TENURE * 1.1667, 2)
LINES = {
    "one_point": ["商服用地 411700S50002: 4415 yuan/m², plot ratio 2, 40 years, inside"],
    "one_parcel": [
        "standard price of 411700S50002: 4415 yuan/m²",
        "plot_ratio: 1.1667 K(2.5) / K(2.0) = 1.4875 / 1.2750",  # between 0.85 and 1.7
        f"{GROUND:.2f} yuan/m² of land, {GROUND / 2.5:.2f} of floor, {GROUND * 5000:.2f} yuan",
    ],
    "table_in_gcj02": ["C: lat must be from -90 to 90 in gcj02, but is 95.0."],
    "choropleth": ["choropleth.png"],
    "another_city": [
        "example-city/parcels.geojson: 2 regions, 0 of them official, 2 free in position"
    ],
}


def test_there_are_no_others() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == sorted(LINES)


@pytest.mark.parametrize("name", LINES)
def test_an_example_runs(name: str, command: str, tmp_path: Path) -> None:
    path = f"{Path(command).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env={**os.environ, "PATH": path},
        timeout=WAIT_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert set(LINES[name]) <= set(done.stdout.splitlines())
    if name == "choropleth":
        picture = matplotlib.image.imread(tmp_path / "choropleth.png")
        assert len(np.unique(picture.reshape(-1, picture.shape[-1]), axis=0)) > 100
    if name == "another_city":
        assert len(open_edition(tmp_path / "example-city").parcels.regions) == 2


@pytest.mark.parametrize("module", ["geo.lookup.frames", "geo.lookup.edition", "geo.lookup.price"])
def test_examples_in_docstrings_are_true(module: str) -> None:
    failed, tried = doctest.testmod(import_module(module))
    assert tried > 1
    assert failed == 0
