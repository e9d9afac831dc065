{% extends "layer.sld" %}
{% block rules %}
<se:FeatureTypeStyle>
  {% for level, colour in levels.items() %}
  <se:Rule>
    <se:Name>{{ "≥ %.2f" % level }}</se:Name>
    <se:Description>
      <se:Title>{{ "≥ %.2f" % level }}</se:Title>
    </se:Description>
    <ogc:Filter>
      <ogc:PropertyIsEqualTo>
        <ogc:PropertyName>{{ names.probability_at_least }}</ogc:PropertyName>
        <ogc:Literal>{{ level }}</ogc:Literal>
      </ogc:PropertyIsEqualTo>
    </ogc:Filter>
    <se:PolygonSymbolizer>
      <se:Fill>
        <se:SvgParameter name="fill">{{ colour }}</se:SvgParameter>
        <se:SvgParameter name="fill-opacity">0.6</se:SvgParameter>
      </se:Fill>
      {% set stroke = outline %}
      {% include "stroke.sld" %}
    </se:PolygonSymbolizer>
  </se:Rule>
  {% endfor %}
  {% set labelled = [names.code] %}
  {% include "labels.sld" %}
</se:FeatureTypeStyle>
{% endblock %}
