"""Maps on screen, by folium: ``folium_map`` makes them of ``layers``, ``static/map.js`` moves them."""
