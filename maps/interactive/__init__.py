"""Maps on screen, made by folium, with all they need in the file or from this service."""
