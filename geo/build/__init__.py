"""From sources to an edition: ``landprice build`` and ``landprice audit``.

``sources`` reads them, ``edition`` builds: ``faces`` draws regions between lines, ``crossings``
places standard parcels, ``official`` takes polygons of the authority, ``checks`` refuses what
cannot be written. ``audit`` makes a ``report`` on the result.
"""
