"""Every pattern that the product keeps ends soon on every text, however hostile."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
from typing import TYPE_CHECKING, Final

import pytest

import app
import geo
import maps

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATED: Final = 60
GUARD_S: Final = 20  # a pattern that doubles its work with each character takes years


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Return the patterns of every module, by where they are."""
    for package in (app, geo, maps):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                for number, one in enumerate(_inside(value)):
                    if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                        yield f"{found.name}.{name}[{number}]", one


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, tuple | list | frozenset) else [value]


FOUND: Final = dict(patterns())


def hostile(pattern: str) -> Iterator[str]:
    """Return texts that repeat what a pattern has in it, each with something wrong at its end."""
    parts = {
        *re.findall(r"[^\\\[\](){}|?*+^$:!=<>]", pattern),
        *re.findall(r"[A-Za-z0-9]{2,}|[\u4e00-\u9fff]{1,4}", pattern),
        *("1", "a", "A", " ", "1.", "a.", "路", "东"),
    }
    for part in sorted(parts):
        for between in ("", " ", ".", "1", "路"):
            for end in ("", "!"):
                yield (part + between) * REPEATED + end


@pytest.mark.parametrize("where", FOUND)
def test_every_pattern_ends(where: str) -> None:
    def stop(*_: object) -> None:
        pytest.fail(f"{where} takes longer and longer on {text!r}")

    text = ""
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(GUARD_S)
    try:
        for text in hostile(FOUND[where].pattern):
            FOUND[where].search(text)
            FOUND[where].fullmatch(text)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_patterns_are_found() -> None:
    assert any(where.startswith("geo.lookup.pasted._LINK") for where in FOUND)
    assert len(FOUND) > 50
