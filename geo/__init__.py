"""Standard land prices of a city's gazette: from bounds in words to polygons, and a price anywhere.

The names in `__all__` are the public interface, which stays stable::

    from geo import open_edition, price_at, prices, regions

Each is imported when it is first used, for most of what they need is slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from geo.crs import Crs
    from geo.errors import GeoError
    from geo.lookup.edition import OpenEdition, open_edition
    from geo.lookup.frames import prices, regions
    from geo.lookup.price import PriceResult, price_at, price_at_text, price_in_words
    from geo.lookup.result import Alternative, Chance, Nearest, RegionPrice
    from geo.model import Certainty, Use
    from geo.valuation.appraisal import Appraisal, appraise
    from geo.valuation.coefficients import UseCoefficients, read_coefficients
    from geo.valuation.parcel import Parcel

__all__ = [
    "Alternative",
    "Appraisal",
    "Certainty",
    "Chance",
    "Crs",
    "GeoError",
    "Nearest",
    "OpenEdition",
    "Parcel",
    "PriceResult",
    "RegionPrice",
    "Use",
    "UseCoefficients",
    "appraise",
    "open_edition",
    "price_at",
    "price_at_text",
    "price_in_words",
    "prices",
    "read_coefficients",
    "regions",
]

_MODULES: Final = {
    "Alternative": "geo.lookup.result",
    "Appraisal": "geo.valuation.appraisal",
    "Certainty": "geo.model",
    "Chance": "geo.lookup.result",
    "Crs": "geo.crs",
    "GeoError": "geo.errors",
    "Nearest": "geo.lookup.result",
    "OpenEdition": "geo.lookup.edition",
    "Parcel": "geo.valuation.parcel",
    "PriceResult": "geo.lookup.price",
    "RegionPrice": "geo.lookup.result",
    "Use": "geo.model",
    "UseCoefficients": "geo.valuation.coefficients",
    "appraise": "geo.valuation.appraisal",
    "open_edition": "geo.lookup.edition",
    "price_at": "geo.lookup.price",
    "price_at_text": "geo.lookup.price",
    "price_in_words": "geo.lookup.price",
    "prices": "geo.lookup.frames",
    "read_coefficients": "geo.valuation.coefficients",
    "regions": "geo.lookup.frames",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is public
    """Import a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
