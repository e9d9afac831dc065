"""An address with a token in it: nothing is there for whoever has another, and no log has it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from secrets import compare_digest
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Match, Mount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Scope

_LOGGERS: Final = ("landprice", "uvicorn.access", "uvicorn.error")
_HIDDEN: Final = "***"


class SecretMount(Mount):
    """Routes below ``/<path>/<token>``; with another token it does not match, as any unknown path.

    Parameters
    ----------
    path : str
    token : str
        In ASCII.
    routes : sequence of BaseRoute
        Their paths begin with ``/{token}``.
    """

    def __init__(self, path: str, token: str, routes: Sequence[BaseRoute]) -> None:
        super().__init__(path, routes=routes)
        self._token = token.encode()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for these routes."""
        match, child_scope = super().matches(scope)
        if match is not Match.NONE:
            below = scope["path"].removeprefix(child_scope["root_path"])
            given = below.split("/")[1]
            if compare_digest(given.encode(), self._token):
                return match, child_scope
        return Match.NONE, {}


@dataclass(frozen=True)
class _WithoutToken:
    """A filter that hides a token in what is logged."""

    token: str = field(repr=False)

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide it in the text of a record and in what the text is filled in with."""
        record.msg = self._hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._hidden, record.args))
        return True

    def _hidden(self, value: Any) -> Any:  # noqa: ANN401 - whatever is logged
        return value.replace(self.token, _HIDDEN) if isinstance(value, str) else value


def hide_in_logs(token: str) -> None:
    """Hide a token wherever the address of a request is logged.

    Parameters
    ----------
    token : str
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_WithoutToken(token))
