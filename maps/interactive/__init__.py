"""Maps on screen, by folium: ``folium_map`` makes them, ``static/map.js`` is what they do."""
