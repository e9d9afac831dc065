"""The gazette's text to records, and what it says of the order of lines; nothing is measured.

``table`` reads the table, ``notice`` what stands beside it, ``locations`` the places of standard
parcels in words; ``order`` turns all of them into the ``constraints`` on lines.
"""
