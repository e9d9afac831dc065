"""An edition as files for GIS: one module a format, listed in ``formats``.

``layers`` are the tables that each format writes, ``writers`` the way in.
"""
