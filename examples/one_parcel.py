"""The value of a parcel by the coefficient method; the coefficients are invented. 一块宗地的估价（系数为虚构）。"""

from decimal import Decimal

from geo import Parcel, UseCoefficients, appraise, open_edition, price_at

# Invented (synthetic). Real ones stand in coefficients.toml; geo.read_coefficients reads it.
source = "invented for this example 为本例虚构"
coefficients = UseCoefficients.model_validate(
    {
        "tenure": {"method": "capitalised", "rate": "0.065", "source": source},
        "plot_ratio": {"method": "table", "table": [("1", "0.85"), ("3", "1.7")], "source": source},
    }
)
parcel = Parcel(plot_ratio=Decimal("2.5"), remaining_years=Decimal(30), area_m2=Decimal(5000))

edition = open_edition()
[price] = price_at(edition, lon=114.0127, lat=32.9930, use="commercial").prices
appraisal = appraise(price.region.record, parcel, coefficients, edition.parcels.edition)

print(f"standard price of {price.code}: {price.ground_price_cny_m2} yuan/m²")
for step in appraisal.steps:
    print(f"{step.name}: {step.value} {step.formula or step.rule}")
ground_price_cny_m2, floor_price_cny_m2, total_cny = appraisal.amounts
print(f"{ground_price_cny_m2} yuan/m² of land, {floor_price_cny_m2} of floor, {total_cny} yuan")
