{# Written twice, as QGIS 3.18 to 3.26 do: Option for later versions, prop for earlier ones. #}
<Option type="Map">
  {% for name, value in properties.items() %}
  <Option name="{{ name }}" type="QString" value="{{ value }}" />
  {% endfor %}
</Option>
{% for name, value in properties.items() %}
<prop k="{{ name }}" v="{{ value }}" />
{% endfor %}
