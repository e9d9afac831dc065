"""What the OGC API says of itself in OpenAPI."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from pygeoapi.openapi import get_oas  # type: ignore[import-untyped]

from app.web.ogc.crs import CRS84
from app.web.ogc.filters import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILTER_PARAMETERS: Final = {
    name: {"name": name, "in": "query", "required": False, "description": about, "schema": schema}
    for name, about, schema in (
        ("filter", "A condition in CQL2.", {"type": "string"}),
        (
            "filter-lang",
            "The encoding of the filter.",
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        ),
        (
            "filter-crs",
            "The coordinate reference system of geometries in the filter.",
            {"type": "string", "format": "uri", "default": CRS84},
        ),
    )
}


def openapi_of(config: dict[str, Any], served: Sequence[str]) -> dict[str, Any]:
    """Return pygeoapi's description, such that it says what is offered, and no more.

    Parameters
    ----------
    config : dict
        Its configuration.
    served : sequence of str
        URIs of the coordinate systems.
    """
    document: dict[str, Any] = get_oas(config)
    components = document["components"]["parameters"]
    components["f"]["schema"]["enum"] = ["json"]
    components |= copy.deepcopy(_FILTER_PARAMETERS)
    for name in ("crs", "bbox-crs", "filter-crs"):
        components[name]["schema"]["enum"] = list(served)
    del components["vendorSpecificParameters"]  # parameters that are not described are refused
    free = {"$ref": "#/components/parameters/vendorSpecificParameters"}
    document["paths"] = {
        path: operations
        for path, operations in document["paths"].items()
        if not path.startswith(("/jobs", "/processes"))
    }
    for path, operations in document["paths"].items():
        operations.pop("options", None)
        if path.endswith("/items"):
            parameters = operations["get"]["parameters"]
            parameters.remove(free)
            parameters.extend(
                {"$ref": f"#/components/parameters/{name}"} for name in _FILTER_PARAMETERS
            )
    info = document["info"]
    del info["termsOfService"]
    if not info["license"]["url"]:
        del info["license"]
    return document
