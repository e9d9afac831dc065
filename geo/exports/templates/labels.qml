<labeling type="simple">
  <settings calloutType="simple">
    {# Font weight 50 is normal; a missing one is read as the thinnest. #}
    <text-style fieldName="{{ expression }}" isExpression="1" fontSize="8" fontSizeUnit="Point" fontWeight="50" fontKerning="1" textColor="{{ ink|rgba }}" textOpacity="1" textOrientation="{{ orientation|default("horizontal") }}" multilineHeight="1" blendMode="0">
      <text-buffer bufferDraw="1" bufferSize="0.6" bufferSizeUnits="MM" bufferColor="{{ halo|rgba }}" bufferOpacity="0.8" bufferNoFill="1" bufferJoinStyle="128" bufferBlendMode="0" />
    </text-style>
    <text-format multilineAlign="1" />
    <placement priority="5" {% for name, value in placement.items() %}{{ "" if loop.first else " " }}{{ name }}="{{ value }}"{% endfor %} />
  </settings>
</labeling>
<aliases>
  {% for field in fields %}
  <alias field="{{ names[field.name] }}" name="{{ field.title_zh }}" />
  {% endfor %}
</aliases>
