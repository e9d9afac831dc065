"""One module a format, and what they share; ``geo.export`` is the way in."""
