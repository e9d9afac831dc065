"""The API's documentation in Chinese beside English."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER: Final = Path(__file__).parent
_CHINESE: Final[dict[str, str]] = json.loads((_FOLDER / "zh.json").read_text(encoding="utf-8"))
"""Sentences of the documentation in Chinese, by the English ones that stand in the code."""

_TEXTS: Final = ("summary", "description")


def text_of(name: str) -> str:
    """Return a text in Markdown: ``api`` or ``batch``."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def bilingual(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the Chinese before every English sentence of an OpenAPI document."""
    return {key: _translated(key, value) for key, value in schema.items()}


def list_names(document: dict[str, Any], parameter: str, names: Iterable[str]) -> None:
    """Say in an OpenAPI document which values a parameter can have in what is served."""
    for item in document["paths"].values():
        for operation in item.values():
            for described in operation.get("parameters", ()):
                if described["name"] == parameter:
                    described["schema"]["enum"] = list(names)


def _translated(key: str, value: Any) -> Any:  # noqa: ANN401 - what JSON has
    if isinstance(value, dict):
        return bilingual(value)
    if isinstance(value, list):
        return [_translated(key, one) for one in value]
    if key in _TEXTS and value in _CHINESE:
        return f"{_CHINESE[value]} {value}"
    return value
