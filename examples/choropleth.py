"""A map of ground prices. 地面单价分布图。"""

import matplotlib as mpl

from geo import open_edition, regions

mpl.use("Agg")  # draws without a screen

frame = regions(open_edition())
commercial = frame[frame["use"] == "commercial"].to_crs("EPSG:4547")

axes = commercial.plot(
    column="ground_price_cny_m2",
    cmap="OrRd",
    edgecolor="0.5",
    legend=True,
    legend_kwds={"label": "Commercial land, yuan per m² of ground"},
    figsize=(8, 8),
)
axes.set_xlabel("easting, m (EPSG:4547)")
axes.set_ylabel("northing, m")
axes.ticklabel_format(style="plain", useOffset=False)
axes.set_title("Inferred from the gazette's words, not surveyed\n" + frame.attrs["attribution"])
axes.figure.savefig("choropleth.png", dpi=150, bbox_inches="tight")
print("choropleth.png")
