"""What the READMEs say, held against the product."""

from __future__ import annotations

import json
import pkgutil
import re

import click
import pytest

from app.cli import main
from app.settings import PREFIX, Settings
from app.web.edition import LoadedEdition
from geo.build.edition import build
from geo.build.sources import read_sources
from geo.model import Placement
from tests.factories import answer_at
from tests.paths import DATA, ROOT

READMES = ("README.md", "README.zh.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_readme_lists_every_setting_and_its_default(readme: str) -> None:
    text = text_of(readme)
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `{PREFIX}{name.upper()}` \|.*$", text, re.MULTILINE)
        assert row, name
        default = "data" if field.default_factory else field.default
        assert f"`{default}`" in row[0]


def test_readme_example_is_a_real_answer() -> None:
    text = text_of("README.md")
    query = re.search(r"curl 'localhost:8000/v1/price\?lon=([\d.]+)&lat=([\d.]+)'", text)
    assert query
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    edition = LoadedEdition.read(DATA / "parcels.geojson")
    answer = answer_at(edition, lon=float(query[1]), lat=float(query[2])).model_dump(mode="json")
    assert len(shown["prices"]) == len(answer["prices"])

    def contains(whole: object, part: object) -> None:
        if isinstance(part, dict):
            assert isinstance(whole, dict)
            for key, value in part.items():
                contains(whole[key], value)
        elif isinstance(part, list):
            assert isinstance(whole, list)
            for one, other in zip(whole, part, strict=True):
                contains(one, other)
        else:
            assert whole == part

    contains(answer, shown)


@pytest.mark.parametrize("readme", READMES)
def test_readme_counts_are_those_of_the_edition(readme: str) -> None:
    built = build(read_sources(DATA, None, None))
    regions = built.parcels.regions
    free = sum(region.placement is Placement.FREE for region in regions)
    tied = len(regions) - free
    sources = [line.source.split(" ")[0] for line in built.lines.values()]
    text = text_of(readme)
    sentences = (
        f"{tied} of the {len(regions)} regions are tied by facts, {free} are free",
        f"{len(regions)} 个区域中 {tied} 个位置有依据（tied），{free} 个不固定（free）",
    )
    assert sentences[READMES.index(readme)] in text
    rows = re.findall(r"^\| [^|]+ \| (\d+) \| [^|]*(?:m|米|km|公里)[^|]* \|$", text, re.MULTILINE)
    assert [int(row) for row in rows] == [
        sources.count(word) for word in ("OpenStreetMap", "control", "order")
    ]


def test_readmes_speak_of_every_command_line_word() -> None:
    assert isinstance(main, click.Group)
    for readme in READMES:
        text = text_of(readme)
        for command in main.commands:
            assert f"landprice {command}" in text, (readme, command)


def test_the_map_of_the_code_names_what_there_is() -> None:
    text = text_of("docs/architecture.md")
    names = set(re.findall(r"`((?:geo|maps|app)\.[\w.]+)`", text))
    assert len(names) > 15
    for name in names:
        assert pkgutil.resolve_name(name), name
    paths = set(re.findall(r"`((?:geo|maps|app|tests)/[\w/.]+)`", text))
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path).exists(), path
