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
</layer>
