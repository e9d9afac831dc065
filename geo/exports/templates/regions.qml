<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>{{ "\n" }}
<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1" hasScaleBasedVisibilityFlag="0">
  <renderer-v2 type="graduatedSymbol" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1" attr="{{ names.ground_price_cny_m2 }}" graduatedMethod="GraduatedColor">
    {# A graduated renderer has no open classes: the ends are those of the field's 32 bits. #}
    <ranges>
      {% for one in classes %}
      <range lower="{{ "%.15f" % (one.low_cny_m2 or 0) }}" upper="{{ "%.15f" % (one.high_cny_m2 or 2147483647) }}" label="{{ one.label }}" symbol="{{ loop.index0 }}" render="true" />
      {% endfor %}
    </ranges>
    <symbols>
      {% for one in classes %}
      <symbol name="{{ loop.index0 }}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          {% set properties = {
            "color": one.colour|rgba,
            "style": "solid",
            "outline_color": outline.colour|rgba,
            "outline_style": "solid",
            "outline_width": outline.width,
            "outline_width_unit": "MM",
            "joinstyle": "bevel",
          } %}
          {% include "properties.qml" %}
        </layer>
        <layer class="LinePatternFill" enabled="1" locked="0" pass="0">
          {% set properties = {
            "angle": "45",
            "color": hatch.colour|rgba,
            "distance": "2",
            "distance_unit": "MM",
            "line_width": hatch.width,
            "line_width_unit": "MM",
            "offset": "0",
            "offset_unit": "MM",
          } %}
          {% include "properties.qml" %}
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value="" />
              <Option name="properties" type="Map">
                <Option name="enabled" type="Map">
                  <Option name="active" type="bool" value="true" />
                  <Option name="expression" type="QString" value="{{ "\"%s\" = 'free'" % names.placement }}" />
                  <Option name="type" type="int" value="3" />
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection" />
            </Option>
          </data_defined_properties>
          <symbol name="@{{ loop.index0 }}@1" type="line" alpha="1" clip_to_extent="1" force_rhr="0">
            {% set stroke, level = hatch, 0 %}
            {% include "stroke.qml" %}
          </symbol>
        </layer>
      </symbol>
      {% endfor %}
    </symbols>
  </renderer-v2>
  {% set expression = short_code ~ " || '\\n' || \"" ~ names.ground_price_cny_m2 ~ "\"" %}
  {% set placement = {"placement": "4"} %}{# horizontal, inside #}
  {% include "labels.qml" %}
  <previewExpression>{{ short_code ~ " || ' ' || \"" ~ names.ground_price_cny_m2 ~ "\"" }}</previewExpression>
  <mapTip>{{ tip }}</mapTip>
</qgis>
