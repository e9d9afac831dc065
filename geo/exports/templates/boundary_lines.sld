{% extends "layer.sld" %}
{% block rules %}
{# A style for each level: casings of all kinds are drawn before the cores of any. #}
{% for level in [0, 1] %}
<se:FeatureTypeStyle>
  {% for kind, sign in signs.items() %}
  <se:Rule>
    <se:Name>{{ sign.title }}</se:Name>
    <se:Description>
      <se:Title>{{ sign.title }}</se:Title>
    </se:Description>
    <ogc:Filter>
      <ogc:PropertyIsEqualTo>
        <ogc:PropertyName>{{ names.kind }}</ogc:PropertyName>
        <ogc:Literal>{{ kind }}</ogc:Literal>
      </ogc:PropertyIsEqualTo>
    </ogc:Filter>
    <se:LineSymbolizer>
      {% set stroke = sign.gis[level] %}
      {% include "stroke.sld" %}
    </se:LineSymbolizer>
  </se:Rule>
  {% endfor %}
</se:FeatureTypeStyle>
{% endfor %}
<se:FeatureTypeStyle>
  {% set labelled, along_line = [names.name], true %}
  {% include "labels.sld" %}
</se:FeatureTypeStyle>
{% endblock %}
