<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>{{ "\n" }}
<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1" hasScaleBasedVisibilityFlag="0">
  <renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          {% set properties = {
            "name": "triangle",
            "color": ink|rgba,
            "outline_color": halo|rgba,
            "outline_style": "solid",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
            "size": parcel_size_mm,
            "size_unit": "MM",
          } %}
          {% include "properties.qml" %}
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  {% set expression = "\"%s\"" % names.standard_parcel %}
  {% set placement = {"placement": "0", "dist": "1.5", "distUnits": "MM"} %}{# around the point #}
  {% include "labels.qml" %}
  <previewExpression>{{ short_code ~ " || ' ' || coalesce(\"" ~ names.standard_parcel ~ "\", '')" }}</previewExpression>
</qgis>
