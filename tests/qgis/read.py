"""Reads a GeoPackage as QGIS does and prints what it shows, as JSON; run by QGIS's own Python."""

import json
import os
import sys

from qgis.core import QgsApplication, QgsVectorLayer

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
shown = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    renderer = layer.renderer()
    kind = renderer.type()
    classes = []
    if kind == "graduatedSymbol":
        classes = [
            [r.lowerValue(), r.upperValue(), r.symbol().color().name(), r.label()]
            for r in renderer.ranges()
        ]
    elif kind == "categorizedSymbol":
        classes = [[c.value(), c.label()] for c in renderer.categories()]
    extent = layer.extent()
    shown[name] = {
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": kind,
        "classes": classes,
        "labelled": layer.labelsEnabled(),
        "title": layer.metadata().title(),
        "rights": layer.metadata().rights(),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "encoding": layer.dataProvider().encoding(),
    }
print(json.dumps(shown), flush=True)  # noqa: T201 - its answer
os._exit(0)  # QGIS may crash while it puts itself away
