"""Imports point one way: app to maps to geo, and only settings reads the environment.

What is slow to import is imported by what needs it alone.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.paths import ROOT
from tests.processes import run_script

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = {"geo": {"maps", "app", "tests"}, "maps": {"app", "tests"}, "app": {"tests"}}
FRAMES = {"geopandas", "pandas", "pyogrio"}
DRAWING = {"folium", "matplotlib"}
SERVER = {"fastapi", "uvicorn"}


def imported_packages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            assert node.module is not None
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    modules = list((ROOT / package).rglob("*.py"))
    assert modules
    for path in modules:
        wrong = FORBIDDEN[package].intersection(imported_packages(path))
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


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
    for package in FORBIDDEN:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            reads = "os.environ" in text or "getenv" in text or "pydantic_settings" in text
            assert reads == (path.relative_to(ROOT) == Path("app/settings.py")), path


def test_nothing_in_the_code_knows_the_city() -> None:
    for package in FORBIDDEN:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "驻马店" not in text, path


def test_coordinates_are_keyword_only() -> None:
    """Swapped numbers in two columns would be found nowhere."""
    wrong = []
    for package in FORBIDDEN:
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
            for node in [*tree.body, *(node for one in classes for node in one.body)]:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                    names = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args)}
                    if names & {"lon", "lat", "easting_m", "northing_m"}:
                        wrong.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert wrong == []
