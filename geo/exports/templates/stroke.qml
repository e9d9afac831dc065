<layer class="SimpleLine" enabled="1" locked="0" pass="{{ level }}">
  {% set properties = {
    "line_color": stroke.colour|rgba,
    "line_style": "solid",
    "line_width": stroke.width,
    "line_width_unit": "MM",
    "capstyle": "flat" if stroke.dash else "round",
    "joinstyle": "round",
    "use_custom_dash": "1" if stroke.dash else "0",
  } %}
  {% if stroke.dash %}
  {% set properties = dict(properties, customdash=stroke.dash|join(";"), customdash_unit="MM") %}
  {% endif %}
  {% include "properties.qml" %}
  {% if dash_by is defined and dash_by and level == 0 %}
  <data_defined_properties>
    <Option type="Map">
      <Option name="name" type="QString" value="" />
      <Option name="properties" type="Map">
        <Option name="customDash" type="Map">
          <Option name="active" type="bool" value="true" />
          <Option name="expression" type="QString" value="{{ dash_by }}" />
          <Option name="type" type="int" value="3" />
        </Option>
      </Option>
      <Option name="type" type="QString" value="collection" />
    </Option>
  </data_defined_properties>
  {% endif %}
</layer>
