<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>{{ "\n" }}
<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1" hasScaleBasedVisibilityFlag="0">
  {# By levels, so that streets open into one another: all casings, then all cores. #}
  <renderer-v2 type="categorizedSymbol" symbollevels="1" forceraster="0" enableorderby="0" referencescale="-1" attr="{{ names.kind }}">
    <categories>
      {% for kind, sign in signs.items() %}
      <category value="{{ kind }}" label="{{ sign.title }}" symbol="{{ loop.index0 }}" render="true" type="string" />
      {% endfor %}
    </categories>
    <symbols>
      {% for kind, sign in signs.items() %}
      <symbol name="{{ loop.index0 }}" type="line" alpha="1" clip_to_extent="1" force_rhr="0">
        {% for stroke in sign.gis %}
        {% set level, dash_by = loop.index0, dashes if kind == "road" else "" %}
        {% include "stroke.qml" %}
        {% endfor %}
      </symbol>
      {% endfor %}
    </symbols>
  </renderer-v2>
  {% set expression = "\"%s\"" % names.name %}
  {# Along the line, on it; names of lines that run north are written from top to bottom. #}
  {% set placement, orientation = {"placement": "2", "placementFlags": "9"}, "rotation-based" %}
  {% include "labels.qml" %}
  <previewExpression>{{ "\"%s\"" % names.name }}</previewExpression>
</qgis>
