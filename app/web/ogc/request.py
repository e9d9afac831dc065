"""A request as pygeoapi reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygeoapi import api as core  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from app.web.ogc.filters import Filter


class OgcRequest(core.APIRequest):  # type: ignore[misc]
    """A request as pygeoapi reads it, in one of the formats that are offered.

    The format comes from ``f`` alone: browsers ask for HTML, which is not offered, and get JSON.
    """

    def __init__(self, request: Request, locales: list[object], default_format: str) -> None:
        self._default_format = default_format
        super().__init__(request, locales)

    def _get_params(self, request: Request) -> _Parameters:
        return _Parameters(request.query_params)

    def _get_format(self, _: object) -> str:
        return (self._args.get("f") or "").strip() or self._default_format

    def _get_locale(self, headers: object, supported_locales: list[object]) -> tuple[object, ...]:
        try:
            found: tuple[object, ...] = super()._get_locale(headers, supported_locales)
        except (ValueError, ZeroDivisionError):  # pygeoapi divides by the weight in "de;q=0"
            return None, supported_locales[0]
        return found

    def set_filter(self, wanted: Filter) -> None:
        """Give pygeoapi a filter that has been read.

        It comes as the body, which pygeoapi decodes and gives to a parser that passes on what is
        parsed.
        """
        self._data = _Decoded(wanted)


class _Parameters(dict[str, str]):
    """Parameters of which some are listed, for pygeoapi repeats all in its links, but not found."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        super().__init__(parameters)
        self.hidden: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        return default if name in self.hidden else super().get(name, default)


class _Decoded:
    """A request's body that is decoded and parsed."""

    def __init__(self, wanted: Filter) -> None:
        self._filter = wanted

    def decode(self) -> Filter:
        return self._filter
