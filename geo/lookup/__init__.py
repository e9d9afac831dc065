"""From a coordinate to a price, for one point or millions; no file format and no HTTP.

``edition`` opens an edition, ``price`` answers for one point, ``table`` for the ``points`` of a
table and ``frames`` for pandas. ``index`` finds regions by ``grid`` (built by ``grid_tables``) and
``nearest``, and says how certain they are by ``uncertainty``.
"""
