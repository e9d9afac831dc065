<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>{{ "\n" }}
<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1" hasScaleBasedVisibilityFlag="0">
  {# The layer's order: the likelier above the less likely. #}
  <renderer-v2 type="categorizedSymbol" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1" attr="{{ names.probability_at_least }}">
    <categories>
      {% for level in levels %}
      <category value="{{ level }}" label="{{ "≥ %.2f" % level }}" symbol="{{ loop.index0 }}" render="true" type="double" />
      {% endfor %}
    </categories>
    <symbols>
      {% for colour in levels.values() %}
      <symbol name="{{ loop.index0 }}" type="fill" alpha="0.6" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          {% set properties = {
            "color": colour|rgba,
            "style": "solid",
            "outline_color": outline.colour|rgba,
            "outline_style": "solid",
            "outline_width": outline.width,
            "outline_width_unit": "MM",
            "joinstyle": "bevel",
          } %}
          {% include "properties.qml" %}
        </layer>
      </symbol>
      {% endfor %}
    </symbols>
  </renderer-v2>
  {% set expression = short_code %}
  {% set placement = {"placement": "4"} %}{# horizontal, inside #}
  {% include "labels.qml" %}
  <previewExpression>{{ short_code ~ " || ' ≥ ' || \"" ~ names.probability_at_least ~ "\"" }}</previewExpression>
</qgis>
