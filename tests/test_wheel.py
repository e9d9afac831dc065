"""The wheel has all that the program needs, and works where there is nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest

from tests.paths import DATA, ROOT
from tests.processes import WAIT_S, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PACKAGES = ("app", "geo", "maps")
PATHS = (
    "/",
    "/assets/page.js",
    "/map",
    "/docs",
    "/ogc",
    "/sheets/industrial.svg",
    "/exports/landprice.csv",
)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*args: str | Path, cwd: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        args, capture_output=True, check=False, cwd=cwd, encoding="utf-8", timeout=WAIT_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with what is locked and without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation")
    run(*pip, "--wheel-dir", folder, ROOT, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


class Installed(NamedTuple):
    """An environment with the wheel, and an empty folder to use it in."""

    python: Path
    folder: Path

    @property
    def command(self) -> str:
        return str(self.python.with_name("landprice"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel in an environment that otherwise has the packages of the lock alone."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=environment)
    # The packages of this environment, without its .pth files and so without this checkout.
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "locked.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("empty")
        patch.chdir(folder)
        yield Installed(python, folder)


def files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}


def test_the_wheel_has_every_file_of_the_program_and_the_edition(wheel: Path) -> None:
    expected = set().union(*map(files, PACKAGES), (f"geo/{name}" for name in files("data")))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(
            f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/METADATA"
        )
    info = {name for name in names if ".dist-info/" in name}
    assert names - info == expected
    assert {Path(name).name for name in info} >= {"LICENSE", "LICENSE.md", "entry_points.txt"}
    lines = metadata.decode().splitlines()
    assert "License-Expression: MIT AND ODbL-1.0" in lines
    assert f"Requires-Python: {PROJECT['requires-python']}" in lines


def test_it_runs_from_its_own_files(installed: Installed) -> None:
    script = "import app, geo, maps; print(app.__file__, geo.__file__, maps.__file__)"
    for file in run(installed.python, "-c", script, cwd=installed.folder).split():
        assert installed.python.parent.parent in Path(file).parents
    version = run(installed.command, "--version", cwd=installed.folder)
    assert version.strip().endswith(PROJECT["version"])


def test_it_tells_a_price(installed: Installed) -> None:
    answer = run(installed.command, "price", "114.0127", "32.9930", "--json", cwd=installed.folder)
    assert json.loads(answer)["prices"][0]["code"] == "411700S50002"


def test_it_serves(installed: Installed, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "log", installed.command, "serve") as service,
        httpx2.Client(base_url=service.url, timeout=WAIT_S) as client,
    ):
        answer = client.get("/v1/price", params={"lon": "114.0127", "lat": "32.9930"})
        assert answer.json()["prices"][0]["code"] == "411700S50002"
        for path in PATHS:
            assert client.get(path).status_code == 200, path
        assert re.search(r"assets/\w+/page\.js", client.get("/").text)


def test_it_writes_nothing_into_the_installed_edition(installed: Installed) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [installed.command, "build"],
        capture_output=True,
        check=False,
        cwd=installed.folder,
        encoding="utf-8",
        timeout=WAIT_S,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("landprice: There is no data/gazette/ in this folder")
    target = installed.folder / "parcels.geojson"
    run(installed.command, "build", "-o", target, cwd=installed.folder)
    assert target.read_bytes() == (DATA / "parcels.geojson").read_bytes()


def test_a_city_in_the_current_folder_comes_first(installed: Installed, tmp_path: Path) -> None:
    text = (DATA / "parcels.geojson").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    own = text.replace('"ground_price_cny_m2":4415', '"ground_price_cny_m2":4414')
    (tmp_path / "data" / "parcels.geojson").write_text(own, encoding="utf-8")
    answer = json.loads(
        run(installed.command, "price", "114.0127", "32.9930", "--json", cwd=tmp_path)
    )
    assert answer["prices"][0]["ground_price_cny_m2"] == 4414


def test_the_citation_is_of_this_version() -> None:
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {PROJECT['version']}" in lines
