"""The field page: what to observe next on the spot, and notes from there.

It is there only where the operator has set a token, which its address has in it. Nothing else of
the service writes anything.
"""
