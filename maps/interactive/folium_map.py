"""The interactive map: Leaflet through folium, one layer a use, coloured by class of price.

folium writes the layers and their styles. What the map does with them (legend, search, tooltips,
records) is ``static/map.js``, because folium's own tooltips, popups and controls put data into HTML
unescaped or need jQuery, and because the pages of the service allow no inline script.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.fields import FIELDS
from geo.model import GeometrySource, Use
from geo.symbology import ACCURACY_SIGNS, CERTAINTY_COLOURS, LINE_SIGNS
from maps.errors import MapError
from maps.interactive.base_maps import OWN_ATTRIBUTION, BaseMap
from maps.interactive.documents import TEMPLATES, standalone_document
from maps.interactive.drawing import drawn
from maps.interactive.layers import (
    RECORD,
    accuracy_style,
    base_layer,
    described,
    line_layer,
    line_style,
    region_layer,
)
from maps.interactive.places import places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.parcels import Parcels
    from geo.symbology import PriceClasses
    from maps.interactive.certainty import CertaintyPicture

_HERE: Final = Path(__file__).parent
_LEAFLET: Final = Path(str(files("xstatic.pkg.leaflet") / "data"))

SCRIPTS: Final = {
    "leaflet/leaflet.js": _LEAFLET / "leaflet.js",
    "measure.js": _HERE / "static" / "measure.js",
    "map.js": _HERE / "static" / "map.js",
}
"""Scripts that a map's own script needs before it, by their path below a service's ``assets/``."""

STYLES: Final = {
    "leaflet/leaflet.css": _LEAFLET / "leaflet.css",
    "map.css": _HERE / "static" / "map.css",
}
"""Style sheets of a map, by their path below a service's ``assets/``."""

ASSETS: Final = {
    **SCRIPTS,
    **STYLES,
    **{f"leaflet/images/{path.name}": path for path in (_LEAFLET / "images").glob("*.png")},
}
"""Everything that a map needs, by its path below a service's ``assets/``."""


@dataclass(frozen=True, slots=True)
class MapParts:
    """A map in parts that a page puts together; neither has inline style or script.

    Attributes
    ----------
    div : str
        The HTML element that the map fills; the page gives it its size.
    script : str
        JavaScript that makes the map in it, after all of `SCRIPTS`.
    """

    div: str
    script: str


def map_parts(
    parcels: Parcels,
    classes: Mapping[Use, PriceClasses],
    *,
    names: Mapping[str, str] | None = None,
    certainty: Mapping[Use, CertaintyPicture] | None = None,
    own_base_url: str | None = None,
    base_maps: Sequence[BaseMap] = (),
    tianditu_key: str = "",
) -> MapParts:
    """Draw the map of an edition.

    Parameters
    ----------
    parcels : Parcels
    classes : mapping of Use to PriceClasses
    names : mapping of str to str, optional
        Canonical names of lines, by all other names that people may look for.
    certainty : mapping of Use to CertaintyPicture, optional
        Pictures of how sure the map is.
    own_base_url : str, optional
        Where the service has a base map of its own (`maps.basemap`), which is shown at first.
    base_maps : sequence of BaseMap, optional
        Those that a reader may choose; none is shown before that.
    tianditu_key : str, optional
        The operator's key for Tianditu. It stands in the script, so every reader can see it.

    Returns
    -------
    MapParts
        The same text for the same data.

    Raises
    ------
    MapError
        Tianditu is among the base maps and there is no key for it.
    """
    if BaseMap.TIANDITU in base_maps and not tianditu_key:
        raise MapError("the base map tianditu needs a key from the operator, and there is none")
    data = {
        "facts": _facts(parcels),
        "fields": [described(FIELDS[name]) for name in RECORD],
        "lineSigns": _line_signs(),
        "places": places(parcels, parcels.spellings if names is None else names),
        "ownBase": own_base_url and {"url": own_base_url, "attribution": OWN_ATTRIBUTION},
        "certainty": {
            "colours": CERTAINTY_COLOURS,
            "images": {
                use.code: {"url": picture.url, "bounds": _corners(picture.bounds)}
                for use, picture in (certainty or {}).items()
            },
        },
    }
    return MapParts(
        *drawn(
            "landprice.install",
            uses={use: region_layer(parcels, use, classes[use]) for use in parcels.uses},
            classes={use: _legend(classes[use]) for use in parcels.uses},
            lines=line_layer(parcels),
            bases={base: base_layer(base, tianditu_key) for base in dict.fromkeys(base_maps)},
            data=data,
        )
    )


def _legend(classes: PriceClasses) -> list[dict[str, Any]]:
    return [
        {"low": one.low_cny_m2, "high": one.high_cny_m2, "colour": one.colour}
        for one in classes.classes
    ]


def _corners(bounds: tuple[float, float, float, float]) -> tuple[tuple[float, float], ...]:
    """Return two corners, latitude first, as Leaflet has them."""
    west, south, east, north = bounds
    return (south, west), (north, east)


def map_document(parcels: Parcels, parts: MapParts, *, assets: str, lang: str) -> str:
    """Return the page of a service that has the map alone.

    Parameters
    ----------
    parcels : Parcels
    parts : MapParts
    assets : str
        Where the service has `SCRIPTS`, `STYLES`, and the script of `parts` as ``city.js``: what
        stands before their names, relative to the page.
    lang : {"zh-CN", "en"}

    Returns
    -------
    str
        HTML that finds everything else there.
    """
    return TEMPLATES.get_template("map.html").render(
        edition=parcels.edition,
        lang=lang,
        policy=None,
        styles=[],
        style_urls=[f"{assets}{name}" for name in STYLES],
        icon_url=f"{assets}favicon.svg",
        div=parts.div,
        scripts=[],
        script_urls=[f"{assets}{name}" for name in (*SCRIPTS, "city.js")],
    )


def standalone_html(
    parcels: Parcels,
    classes: Mapping[Use, PriceClasses],
    *,
    names: Mapping[str, str] | None = None,
    certainty: Mapping[Use, CertaintyPicture] | None = None,
    base_maps: Sequence[BaseMap] = (),
    tianditu_key: str = "",
) -> str:
    """Return the map as one file that needs no other and no network.

    Parameters
    ----------
    parcels : Parcels
    classes : mapping of Use to PriceClasses
    names, certainty
        As for `map_parts`.
    base_maps : sequence of BaseMap, optional
        Their tiles are the only thing that the file may ask of another host.
    tianditu_key : str, optional
        The operator's key for Tianditu; it stands in the file.

    Returns
    -------
    str
        HTML in Chinese, the same text for the same data.

    Raises
    ------
    MapError
        Tianditu is among the base maps and there is no key for it.
    """
    parts = map_parts(
        parcels,
        classes,
        names=names,
        certainty=certainty,
        base_maps=base_maps,
        tianditu_key=tianditu_key,
    )
    return standalone_document(
        "map.html",
        scripts=SCRIPTS.values(),
        script=parts.script,
        styles=STYLES.values(),
        image_sources=[base.tile_source for base in base_maps],
        edition=parcels.edition,
        div=parts.div,
    )


def _line_signs() -> dict[str, Any]:
    accuracies = [
        {
            "most": sign.most_m if math.isfinite(sign.most_m) else None,
            "style": accuracy_style(sign),
        }
        for sign in ACCURACY_SIGNS
    ]
    kinds = {kind: line_style(sign.screen) for kind, sign in LINE_SIGNS.items()}
    return {"kinds": kinds, "accuracies": accuracies}


def _facts(parcels: Parcels) -> dict[str, Any]:
    edition = parcels.edition
    sources = {region.geometry_source for region in parcels.regions}
    return {
        "admin_code": edition.admin_code,
        "attribution": parcels.attribution,
        "city": edition.city,
        "document": edition.document,
        "effective_from": str(edition.effective_from),
        "publisher": edition.publisher,
        "schematic": GeometrySource.SCHEMATIC in sources,
        "valuation_date": str(edition.valuation_date),
    }
