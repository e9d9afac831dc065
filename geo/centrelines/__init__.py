"""Real maps to the centrelines that replace inferred lines: the tools of ``landprice network``.

``read`` takes lines from any GIS file, ``make`` turns carriageways into one centreline with
``medial_axis`` and ``ends``; ``importer`` runs them, ``check`` draws regions with the result.
``overpass`` writes the query for OpenStreetMap.
"""
