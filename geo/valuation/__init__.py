"""From a standard land price to the value of a parcel, by the coefficient method.

``coefficients`` reads what the operator publishes, ``factors`` has the formulas, ``parcel`` is what
is valued, ``appraisal`` derives its value from the record of one region, and ``candidates`` does so
for each region that may hold a place. ``titles`` and ``cells`` read tables of parcels, ``table``
values them, and ``sums`` adds them up. All amounts are `Decimal`, or whole numbers of their last
place.
"""
