"""Imports point one way: app to maps to geo, and settings alone read the environment.

What is slow to import is imported by what needs it alone.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.paths import ROOT
from tests.processes import run_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGES = ("geo", "maps", "app")

_TYPES = {"errors", "model"}
_FILE = {*_TYPES, "crs", "fields", "geojson", "parcels"}
_LINES = {*_FILE, "gazette", "layouts", "network"}
ROOMS = {
    "geo.errors": set(),
    "geo.gcj02": set(),
    "geo.atomic": {"errors"},
    "geo.fields": set(),
    "geo.model": {"errors"},
    "geo.crs": {"errors", "gcj02"},
    "geo.geojson": {"errors"},
    "geo.symbology": _TYPES,
    "geo.parcels": {*_TYPES, "atomic", "crs", "fields", "geojson"},
    "geo.layouts": {*_TYPES, "crs"},
    "geo.gazette": {*_TYPES, "crs", "fields"},
    "geo.network": _LINES - {"network", "parcels"},
    "geo.build": {*_LINES, "atomic"},
    "geo.centrelines": {*_LINES, "build"},  # a file of lines is checked by drawing regions
    "geo.lookup": {*_TYPES, "atomic", "crs", "gazette", "gcj02", "layouts", "parcels"},
    "geo.exports": {*_FILE, "lookup", "network", "symbology"},
    "geo.valuation": {*_TYPES, "lookup"},
    "geo.editions": {
        *_LINES - {"gazette"},
        *("atomic", "build", "lookup", "symbology", "valuation"),
    },
    "geo.survey": {*_LINES, "atomic", "exports", "lookup"},
    "maps": {"geo"},
    "app.errors": {"geo"},
    "app.settings": {"geo", "maps.interactive", "app.errors"},
    "app.join": {"geo", "app.errors"},
    "app.web": {"geo", "maps", "app.errors", "app.settings", "app.join"},
    "app.commands": {"geo", "maps", "app"},
    "app.cli": {"geo.errors", "app.commands"},
}
"""What each part of the product may import of it, beside itself; `geo`'s parts by their names."""

# A lookup answers from memory: it reads and writes no format of tables, and knows no protocol.
FORMATS = {"csv", "fastapi", "fiona", "fsspec", "http", "httptools", "ijson", "openpyxl"}
FORMATS |= {"pyarrow.csv", "pyarrow.dataset", "pyarrow.feather", "pyarrow.ipc", "pyarrow.parquet"}
FORMATS |= {"pyogrio", "sqlite3", "starlette", "urllib", "uvicorn"}
FRAMES = {"geopandas", "pandas", "pyogrio"}
DRAWING = {"folium", "matplotlib"}
SERVER = {"fastapi", "uvicorn"}


def product_modules() -> dict[str, Path]:
    modules = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


MODULES = product_modules()


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports anywhere, for types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


IMPORTS = {name: set(imported(path)) for name, path in MODULES.items()}


def is_in(module: str, rooms: Iterable[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str) -> None:
    names = {part if "." in part or part in PACKAGES else f"geo.{part}" for part in ROOMS[room]}
    inside = [module for module in MODULES if is_in(module, [room])]
    assert inside
    for module in inside:
        wrong = {
            one
            for one in IMPORTS[module]
            if is_in(one, (*PACKAGES, "tests")) and not is_in(one, {room, *names})
        }
        assert not wrong, f"{module} imports {wrong}"


def test_every_module_has_its_room() -> None:
    outside = [module for module in MODULES if not is_in(module, ROOMS)]
    assert sorted(outside) == ["app", "geo"]  # which hold a docstring, and the public names


def test_no_modules_import_each_other() -> None:
    graph = {module: sorted(MODULES.keys() & names) for module, names in IMPORTS.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a cycle: {error.args[1]}")


def test_a_lookup_knows_no_file_format_and_no_protocol() -> None:
    for module in MODULES:
        if is_in(module, ["geo.lookup"]):
            wrong = {one for one in IMPORTS[module] if is_in(one, FORMATS)}
            wrong -= {"urllib.parse"}  # links are among what people paste as a place
            assert not wrong, f"{module} imports {wrong}"


def test_modules_and_packages_are_seen_at_once() -> None:
    for module, path in MODULES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{module} has {lines}"
    for package, most in (("geo", 21), ("app", 7), ("maps", 8)):
        entries = [one.name for one in (ROOT / package).iterdir() if one.name != "__pycache__"]
        assert len(entries) <= most, entries


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modules", "unneeded"),
    [
        ("app.cli", {"numpy", "pydantic", "scipy", *FRAMES, *DRAWING, *SERVER}),
        ("app.commands.price", {"scipy", *FRAMES, *DRAWING, *SERVER}),
        ("app.commands.serve, app.web.app", {"pyarrow", "scipy", *FRAMES, *DRAWING}),
        ("app.commands.network", {*FRAMES, *DRAWING, *SERVER}),
    ],
)
def test_a_command_imports_no_more_than_it_needs(modules: str, unneeded: set[str]) -> None:
    script = f"import sys, {modules}; print(*sys.modules)"
    assert not unneeded.intersection(run_script(script).split())


def test_only_settings_reads_the_environment() -> None:
    """And what speaks the language of the terminal or binds OpenBLAS, which are no settings."""
    readers = {Path("app/settings.py"), Path("app/commands/language.py"), Path("app/__init__.py")}
    for path in MODULES.values():
        text = path.read_text(encoding="utf-8")
        reads = "os.environ" in text or "getenv" in text or "pydantic_settings" in text
        assert reads == (path.relative_to(ROOT) in readers), path


def test_nothing_in_the_code_knows_the_city() -> None:
    for path in MODULES.values():
        text = path.read_text(encoding="utf-8")
        assert "驻马店" not in text, path


def test_coordinates_are_keyword_only() -> None:
    """Swapped numbers in two columns would be found nowhere."""
    wrong = []
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for node in [*tree.body, *(node for one in classes for node in one.body)]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                names = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args)}
                if names & {"lon", "lat", "easting_m", "northing_m"}:
                    wrong.append(f"{module}: {node.name}")
    assert wrong == []
