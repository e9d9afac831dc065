<se:Rule>
  <se:TextSymbolizer>
    <se:Label>
      {% for name in labelled %}
      {{ "" if loop.first else "\n" }}<ogc:PropertyName>{{ name }}</ogc:PropertyName>
      {% endfor %}
    </se:Label>
    <se:Font>
      <se:SvgParameter name="font-family">Noto Sans CJK SC</se:SvgParameter>
      <se:SvgParameter name="font-size">11</se:SvgParameter>
    </se:Font>
    {% if along_line is defined %}
    <se:LabelPlacement>
      <se:LinePlacement />
    </se:LabelPlacement>
    {% endif %}
    <se:Halo>
      <se:Radius>2</se:Radius>
      <se:Fill>
        <se:SvgParameter name="fill">{{ halo }}</se:SvgParameter>
      </se:Fill>
    </se:Halo>
    <se:Fill>
      <se:SvgParameter name="fill">{{ ink }}</se:SvgParameter>
    </se:Fill>
  </se:TextSymbolizer>
</se:Rule>
