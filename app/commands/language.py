"""The language of the terminal: Chinese where its locale is Chinese, else English."""

from __future__ import annotations

import functools
import json
import os
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")

# The first of these that is set decides (POSIX, 8.2 Internationalization Variables).
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_HERE: Final = Path(__file__).parent


def is_chinese() -> bool:
    """Tell whether the locale of messages is Chinese."""
    chosen = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    return chosen.lower().startswith("zh")


def say(zh: _T, en: _T) -> _T:
    """Return the one of the two that the terminal's reader understands."""
    return zh if is_chinese() else en


def translated(command: click.Command) -> click.Command:
    """Return a command with its help in Chinese, that of its subcommands too.

    Parameters
    ----------
    command : click.Command

    Returns
    -------
    click.Command
        The same one in another locale.
    """
    return _in_chinese(command, _catalogue("help")) if is_chinese() else command


def refusal(code: str, message: str) -> str:
    """Return what is wrong; where the reader is Chinese, first in general and then exactly.

    Parameters
    ----------
    code : str
        An error's, or ``usage``.
    message : str
        Its sentence.
    """
    if not is_chinese():
        return message
    return f"{general(code)}\n{message}"


def general(code: str) -> str:
    """Return in Chinese what an error of a code is in general."""
    chinese = _catalogue("errors")
    return chinese.get(code, chinese["error"])


@functools.cache
def _catalogue(name: str) -> dict[str, str]:
    path = _HERE / f"{name}_zh.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _in_chinese(command: click.Command, chinese: Mapping[str, str]) -> click.Command:
    command = copy(command)
    command.help = chinese.get(plain(command.help), command.help)
    command.params = list(map(copy, command.params))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = chinese.get(plain(parameter.help), parameter.help)
    if isinstance(command, click.Group):
        inner = command.commands.items()
        command.commands = {name: _in_chinese(one, chinese) for name, one in inner}
    return command


def plain(text: str | None) -> str:
    """Return a help text on one line, as the catalogue has it."""
    return " ".join((text or "").split())
