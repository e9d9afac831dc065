"""Layers of a map to the element that it fills and the script that makes it, through folium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
from jinja2 import Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.model import Use
    from maps.interactive.base_maps import BaseMap


def drawn(
    install: str,
    *,
    uses: Mapping[Use, folium.GeoJson],
    classes: Mapping[Use, Sequence[Mapping[str, Any]]],
    lines: folium.GeoJson,
    data: Mapping[str, Any],
    bases: Mapping[BaseMap, folium.FeatureGroup] | None = None,
) -> tuple[str, str]:
    """Draw a map.

    Parameters
    ----------
    install : str
        The function in JavaScript that is given Leaflet's map and all that follows here.
    uses : mapping of Use to folium.GeoJson
        The regions of each use.
    classes : mapping of Use to sequence of mapping
        What the legend of each use tells: ``low``, ``high`` and ``colour``.
    lines : folium.GeoJson
    data : mapping
        What else the function needs; JSON.
    bases : mapping of BaseMap to folium.FeatureGroup, optional

    Returns
    -------
    div, script : str
        Without inline style or script; the same text for the same data.
    """
    bases = bases or {}
    bare = _Map(tiles=None, zoom_snap=0.25)
    for layer in (*uses.values(), lines, *bases.values()):
        bare.add_child(layer)
    bare.add_child(_Behaviour(install, uses, classes, lines, bases, data))
    return _rendered(bare)


class _Map(folium.Map):
    """A map whose page brings Leaflet itself, so that nothing comes from another host."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own attribute
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _Behaviour(folium.MacroElement):
    """Hands folium's layers over to the map's own script."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {{ this.install }}({{ this._parent.get_name() }}, {
            uses: {
                {%- for use, layer in this.uses.items() %}
                {{ use.code|tojson }}: {
                    layer: {{ layer.get_name() }}, classes: {{ this.classes[use]|tojson }},
                    name: {{ this.names[use]|tojson }},
                    shortName: {{ this.short_names[use]|tojson }}
                },
                {%- endfor %}
            },
            lines: {{ this.lines.get_name() }},
            bases: [
                {%- for base, layer in this.bases.items() %}
                { name: {{ base|tojson }}, label: {{ base.label|tojson }},
                  layer: {{ layer.get_name() }} },
                {%- endfor %}
            ],
            ...{{ this.data|tojson }},
        });
        {% endmacro %}
        """
    )

    def __init__(
        self,
        install: str,
        uses: Mapping[Use, folium.GeoJson],
        classes: Mapping[Use, Sequence[Mapping[str, Any]]],
        lines: folium.GeoJson,
        bases: Mapping[BaseMap, folium.FeatureGroup],
        data: Mapping[str, Any],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Behaviour"
        self.install, self.classes = install, classes
        self.uses, self.lines, self.bases, self.data = uses, lines, bases, data
        self.names = {use: {"zh": use.label, "en": f"{use.title_en} land"} for use in uses}
        self.short_names = {
            use: {"zh": use.label.removesuffix("用地"), "en": use.title_en} for use in uses
        }


def _rendered(bare: folium.Map) -> tuple[str, str]:
    figure = folium.Figure()
    figure.add_child(bare)
    figure.render()
    html, script = figure.html.render(), figure.script.render()
    # folium's ids are random: counted instead, the same data give the same bytes.
    for number, name in enumerate(_ids(bare.to_dict()), start=1):
        html, script = html.replace(name, str(number)), script.replace(name, str(number))
    return html.strip(), script.strip() + "\n"


def _ids(element: dict[str, Any]) -> list[str]:
    inner = (name for child in element["children"].values() for name in _ids(child))
    return [element["id"], *inner]
