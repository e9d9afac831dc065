"""Certificates of a price or a valuation: one A4 page each.

``content`` is what a page says, ``extract`` draws its map, and ``typeset`` makes the PDF.
"""
