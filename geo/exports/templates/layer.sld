<?xml version="1.0" encoding="UTF-8"?>{{ "\n" }}
<sld:StyledLayerDescriptor version="1.1.0" xmlns:sld="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <sld:NamedLayer>
    <se:Name>{{ name }}</se:Name>
    <sld:UserStyle>
      <se:Name>{{ name }}</se:Name>
      {% block rules %}{% endblock %}
    </sld:UserStyle>
  </sld:NamedLayer>
</sld:StyledLayerDescriptor>
