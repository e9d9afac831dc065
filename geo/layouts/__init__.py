"""Some hundreds of layouts of all lines of an edition: what they are, and their file.

Drawn by ``geo.network.ensemble`` when an edition is built; asked by ``geo.lookup``.
"""
