"""What a parcel is worth, over HTTP.

``query`` asks and values, ``models`` are the bodies of answers, ``route`` has the addresses.
"""
