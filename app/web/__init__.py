"""The HTTP service; ``app`` puts it together.

``price`` answers ``GET /v1/price``, ``batch/`` ``POST /v1/price/batch``, ``ogc/`` the OGC APIs;
``downloads`` offers files, ``pages`` the page and the map. ``models`` describes the
bodies, ``errors`` turns exceptions into answers.
"""
