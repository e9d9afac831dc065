"""Certificates over HTTP: the PDF of a price or a valuation, and the page that verifies it.

``query`` is what is asked and how it is answered, ``link`` what the QR code says, ``content`` what
a certificate says, and ``verify`` the page behind the link.
"""
