"""Tables of transactions compared with the standard land price.

``columns`` finds what a table says of deals, ``rows`` reads them, ``study`` compares them, whoever
asks; ``route`` does so over HTTP, with the bodies of ``models``.
"""
