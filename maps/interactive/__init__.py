"""Maps on screen, by folium.

``folium_map`` puts them together from ``layers``; ``static/map.js`` is what they do in a browser.
"""
