"""The price at one point, and how sure it is. 一个坐标的地价，有多大把握。"""

from geo import open_edition, price_at

edition = open_edition()  # the shipped one; open_edition("data") for your own
result = price_at(edition, lon=114.0127, lat=32.9930)

print(result.edition.document, result.edition.valuation_date)
for price in result.prices:
    print(
        f"{price.use.label} {price.code}: {price.ground_price_cny_m2} yuan/m²,"
        f" plot ratio {price.plot_ratio:g}, {price.tenure_years} years, {price.certainty}"
    )
for near in result.nearest:
    print(f"{near.region.use.label}: nearest is {near.region.code}, {near.distance_m:.0f} m away")
