{% extends "layer.sld" %}
{% block rules %}
<se:FeatureTypeStyle>
  <se:Rule>
    <se:Name>标准宗地 standard parcel</se:Name>
    <se:Description>
      <se:Title>标准宗地 standard parcel</se:Title>
    </se:Description>
    <se:PointSymbolizer>
      <se:Graphic>
        <se:Mark>
          <se:WellKnownName>triangle</se:WellKnownName>
          <se:Fill>
            <se:SvgParameter name="fill">{{ ink }}</se:SvgParameter>
          </se:Fill>
          <se:Stroke>
            <se:SvgParameter name="stroke">{{ halo }}</se:SvgParameter>
            <se:SvgParameter name="stroke-width">{{ 0.2|pixels }}</se:SvgParameter>
          </se:Stroke>
        </se:Mark>
        <se:Size>{{ parcel_size_mm|pixels }}</se:Size>
      </se:Graphic>
    </se:PointSymbolizer>
  </se:Rule>
</se:FeatureTypeStyle>
{% endblock %}
