"""From a standard land price to the value of a parcel, by the coefficient method.

``coefficients`` reads what the operator publishes, ``factors`` has the formulas, ``parcel`` is what
is valued, ``appraisal`` derives its value from the record of one region, and ``candidates`` does so
for each region that may hold a place. All amounts are `Decimal`.
"""
