"""Transactions compared with the standard land price.

``deal`` is one transaction and what it was compared with, ``statistics`` are those of assessors,
and ``comparison`` groups deals and says which groups deviate.
"""
