<se:Stroke>
  <se:SvgParameter name="stroke">{{ stroke.colour }}</se:SvgParameter>
  <se:SvgParameter name="stroke-width">{{ stroke.width|pixels }}</se:SvgParameter>
  {% if stroke.dash %}
  <se:SvgParameter name="stroke-dasharray">{{ stroke.dash|map("pixels")|join(" ") }}</se:SvgParameter>
  {% endif %}
</se:Stroke>
