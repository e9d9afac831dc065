"""Map sheets on paper, as the gazette prints them, by matplotlib.

``draw`` is the way in: ``content`` says what a sheet shows, ``layout`` where; ``map`` and
``blocks`` draw it on a ``canvas`` in millimetres.
"""
