"""The prices of every row of a table whose coordinates come from Amap. 高德坐标的整表查价。"""

import pandas as pd

from geo import prices

# Amap and Tencent hand out GCJ-02, some 600 m off here; Baidu's are "bd09".
shops = pd.DataFrame(
    {
        "shop": ["A", "B", "C"],
        "lng": [114.0186, 114.0500, 115.0],
        "lat": [32.9916, 32.9900, 95.0],  # the last one is no latitude
    }
)
priced = prices(shops, lon="lng", crs="gcj02", uses=["commercial"])

print(priced[["shop", "commercial_code", "commercial_ground_price_cny_m2"]].to_string(index=False))
for row in priced.dropna(subset="error").itertuples():
    print(f"{row.shop}: {row.error_message}")
