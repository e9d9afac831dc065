{% extends "layer.sld" %}
{% block rules %}
<se:FeatureTypeStyle>
  {% for one in classes %}
  <se:Rule>
    <se:Name>{{ one.label }}</se:Name>
    <se:Description>
      <se:Title>{{ one.label }}</se:Title>
    </se:Description>
    <ogc:Filter>
      {% set both = one.low_cny_m2 and one.high_cny_m2 %}
      {% if both %}
      <ogc:And>
      {% endif %}
      {% if one.low_cny_m2 %}
        <ogc:PropertyIsGreaterThanOrEqualTo>
          <ogc:PropertyName>{{ names.ground_price_cny_m2 }}</ogc:PropertyName>
          <ogc:Literal>{{ one.low_cny_m2 }}</ogc:Literal>
        </ogc:PropertyIsGreaterThanOrEqualTo>
      {% endif %}
      {% if one.high_cny_m2 %}
        <ogc:PropertyIsLessThanOrEqualTo>
          <ogc:PropertyName>{{ names.ground_price_cny_m2 }}</ogc:PropertyName>
          <ogc:Literal>{{ one.high_cny_m2 }}</ogc:Literal>
        </ogc:PropertyIsLessThanOrEqualTo>
      {% endif %}
      {% if both %}
      </ogc:And>
      {% endif %}
    </ogc:Filter>
    <se:PolygonSymbolizer>
      <se:Fill>
        <se:SvgParameter name="fill">{{ one.colour }}</se:SvgParameter>
      </se:Fill>
      {% set stroke = outline %}
      {% include "stroke.sld" %}
    </se:PolygonSymbolizer>
  </se:Rule>
  {% endfor %}
  {# A free region is crossed with the mark x, which every server has. #}
  <se:Rule>
    <se:Name>{{ free_title }}</se:Name>
    <se:Description>
      <se:Title>{{ free_title }}</se:Title>
    </se:Description>
    <ogc:Filter>
      <ogc:PropertyIsEqualTo>
        <ogc:PropertyName>{{ names.placement }}</ogc:PropertyName>
        <ogc:Literal>free</ogc:Literal>
      </ogc:PropertyIsEqualTo>
    </ogc:Filter>
    <se:PolygonSymbolizer>
      <se:Fill>
        <se:GraphicFill>
          <se:Graphic>
            <se:Mark>
              <se:WellKnownName>x</se:WellKnownName>
              {% set stroke = hatch %}
              {% include "stroke.sld" %}
            </se:Mark>
            <se:Size>8</se:Size>
          </se:Graphic>
        </se:GraphicFill>
      </se:Fill>
    </se:PolygonSymbolizer>
  </se:Rule>
  {% set labelled = [names.code, names.ground_price_cny_m2] %}
  {% include "labels.sld" %}
</se:FeatureTypeStyle>
{% endblock %}
