"""What places in words say of where lines run."""

from __future__ import annotations

import pytest

from geo import open_edition
from geo.errors import LocationError, SurveyError
from geo.survey.marks import Mark, read_marks

LINES = open_edition().point_index.words.lines


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("文明大道与置地大道交叉口", (Mark("文明大道", 0, 10), Mark("置地大道", 0, 10))),
        ("12 文明大道与置地大道交叉口", (Mark("文明大道", 0, 10), Mark("置地大道", 0, 10))),
        # The place lies west of the one and south of the other, which lie east and north of it.
        ("文明大道与置地大道交叉口西南角", (Mark("文明大道", 25, 25), Mark("置地大道", 25, 25))),
        ("文明大道", (Mark("文明大道", 0, 10),)),
        ("文明大道东侧", (Mark("文明大道", -25, 25),)),
        ("文明大道以西40米", (Mark("文明大道", 40, 10),)),
        ("置地大道北侧约0.3公里", (Mark("置地大道", -300, 30),)),
        ("置地大道南侧300m", (Mark("置地大道", 300, 30),)),
    ],
)
def test_what_is_read(text: str, marks: tuple[Mark, ...]) -> None:
    assert read_marks(text, LINES) == marks


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("东门口", "location_unreadable"),
        ("", "location_unreadable"),
        ("长安街东侧", "unknown_line"),
        ("文明大道北侧", "side_unknown"),
        ("文明大道东侧3公里", "place_too_far"),
        ("文明大道、学院路、置地大道、开源大道围合区域", "place_between"),
        ("东邻文明大道、西邻学院路", "place_between"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises((LocationError, SurveyError)) as refused:
        read_marks(text, LINES)
    assert refused.value.code == code
