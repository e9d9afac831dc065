"""An edition as files for GIS: one module a format, listed in ``formats``.

``layers`` are the tables that each format writes, ``styles`` their look in QGIS and others (from
``templates/``), ``writers`` the way in.
"""
