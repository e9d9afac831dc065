"""From a coordinate to a price, for one point or millions; no file format and no HTTP.

``edition`` opens an edition, ``price`` answers for one point, ``table`` for the ``points`` of a
table and ``frames`` for pandas. ``point`` and ``batch`` find regions by ``grid`` (built by
``grid_tables``) and ``nearest``. How likely they are says ``field``, from layouts of all lines or
the accuracies of ``edges``, for many points by ``cells``; ``result`` is what one point gets.
"""
